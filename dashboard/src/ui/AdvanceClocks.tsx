import { useMutation, useQueryClient } from "@tanstack/react-query";
import { numberToHex } from "viem";

import { clientOf } from "../data/client";
import { useMesh } from "../data/mesh";
import type { DeployedChain } from "../deployments";

const HOUR = 3_600;

/** Shows a button that advances the clocks of all chains, on local networks. */
export function AdvanceClocks() {
  const { mesh } = useMesh();
  const queries = useQueryClient();
  const advance = useMutation({
    mutationFn: () => advanceClocks(mesh.chains, HOUR),
    onSettled: () => queries.invalidateQueries(),
  });
  if (mesh.live) return null;
  return (
    <div className="clocks">
      <button
        type="button"
        className="quiet small"
        disabled={advance.isPending}
        onClick={() => advance.mutate()}
      >
        Move all clocks 1 h ahead
      </button>
      <small role={advance.isError ? "alert" : "status"}>
        {advance.isError && `The clocks were not all moved: ${advance.error.message}. Try again.`}
        {advance.isSuccess &&
          `All chains are at ${new Date(advance.data * 1_000).toLocaleString()}.`}
      </small>
    </div>
  );
}

/** Advances every chain to the same second and mines a block there; a retried request does not advance it twice. */
async function advanceClocks(chains: readonly DeployedChain[], seconds: number): Promise<number> {
  const blocks = await Promise.all(chains.map((chain) => clientOf(chain).getBlock()));
  const latest = Math.max(...blocks.map(({ timestamp }) => Number(timestamp)));
  const target = latest + seconds;
  await Promise.all(
    chains.map(async (chain) => {
      const node = clientOf(chain) as unknown as Node;
      await node.request({ method: "evm_setNextBlockTimestamp", params: [numberToHex(target)] });
      await node.request({ method: "evm_mine", params: [] });
    }),
  );
  return target;
}

/** The methods of a development node, which public nodes lack. */
interface Node {
  request(call: { readonly method: string; readonly params: readonly unknown[] }): Promise<unknown>;
}
