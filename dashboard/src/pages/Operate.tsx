import { useMesh } from "../data/mesh";
import { useRoles } from "../wallet/roles";
import type { Roles } from "../wallet/roles";
import { unknownUntil } from "../model/words";
import { useAccountAddress } from "../wallet/wallet";
import { BroadcastPanel } from "./operate/BroadcastPanel";
import { HeldBackPanel } from "./operate/HeldBackPanel";
import { PausePanel } from "./operate/PausePanel";
import { PendingPanel } from "./operate/PendingPanel";
import { RebasePanel } from "./operate/RebasePanel";

/** Shows the actions of role holders, and the broadcast that any account may pay for. */
export default function Operate() {
  const account = useAccountAddress();
  const roles = useRoles();
  return (
    <>
      <h1 tabIndex={-1}>Operate</h1>
      {!account || !roles ? (
        <p className="lead">
          Connect a wallet. A broadcast is open to anyone who pays; the rest is shown to those who
          hold the role.
        </p>
      ) : (
        <Panels roles={roles} />
      )}
    </>
  );
}

function Panels({ roles: { controller, tokens } }: { roles: Roles }) {
  const { mesh } = useMesh();
  const unread = [
    ...(controller.state === "read" ? [] : [mesh.home]),
    ...tokens.flatMap(({ chain, roles }) => (roles.state === "read" ? [] : [chain])),
  ].filter((chain, i, every) => every.indexOf(chain) === i);
  const isPauser = tokens.some(
    ({ roles }) => roles.state === "read" && (roles.value.mayPause || roles.value.mayUnpause),
  );
  const isNobody =
    unread.length === 0 &&
    controller.state === "read" &&
    !controller.value.isOperator &&
    !controller.value.isAdmin &&
    !isPauser;
  return (
    <>
      {unread.length > 0 && (
        <p className="unknown">
          What this account may do is {unknownUntil(unread.map(({ name }) => name))}.
        </p>
      )}
      <HeldBackPanel tokens={tokens} />
      {controller.state === "read" && <PendingPanel isAdmin={controller.value.isAdmin} />}
      {controller.state === "read" && controller.value.isOperator && <RebasePanel />}
      <BroadcastPanel />
      {isPauser && <PausePanel tokens={tokens} />}
      {isNobody && (
        <p className="foot">
          This account holds no role of the token: it can broadcast, and nothing else here.
        </p>
      )}
    </>
  );
}
