import { useMesh } from "../../data/mesh";
import { Listeners } from "./Listeners";
import { WrappedSupply } from "./WrappedSupply";

/** Shows the contracts that only some meshes have. */
export default function OptionalPanels() {
  const { mesh } = useMesh();
  return (
    <>
      {mesh.wrapper && <WrappedSupply symbol={mesh.wrapper.symbol} />}
      {mesh.chains.some(({ contracts }) => contracts.notifier) && <Listeners />}
    </>
  );
}
