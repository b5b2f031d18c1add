import { useAccountAddress, useRoles } from "../wallet/wallet";
import { BroadcastPanel } from "./operate/BroadcastPanel";
import { PausePanel } from "./operate/PausePanel";
import { PendingPanel } from "./operate/PendingPanel";
import { RebasePanel } from "./operate/RebasePanel";

/** What role holders do, and the broadcast that anyone may pay for. */
export default function Operate() {
  const account = useAccountAddress();
  const roles = useRoles();
  return (
    <>
      <h1 tabIndex={-1}>Operate</h1>
      {!account ? (
        <p className="lead">
          Connect a wallet. A broadcast is open to anyone who pays; the rest is shown to those who
          hold the role.
        </p>
      ) : (
        <>
          {roles && <PendingPanel isAdmin={roles.isControllerAdmin} />}
          {roles?.isOperator && <RebasePanel />}
          <BroadcastPanel />
          {roles && (roles.pauses.length > 0 || roles.unpauses.length > 0) && (
            <PausePanel pauses={roles.pauses} unpauses={roles.unpauses} />
          )}
          {roles &&
            !roles.isOperator &&
            !roles.isControllerAdmin &&
            roles.pauses.length === 0 &&
            roles.unpauses.length === 0 && (
              <p className="foot">
                This account holds no role of the token: it can broadcast, and nothing else here.
              </p>
            )}
        </>
      )}
    </>
  );
}
