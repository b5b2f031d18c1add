import { REASONS, explainRevert } from "../core/reasons/catalogue";
import { meshNames } from "../core/reasons/reason";
import { roleName } from "../core/roles";
import { innermost } from "../core/revert/revert";
import { decode } from "../core/revert/revertChain";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import { pinLatest } from "../rpc/pinned";
import { RevertedError, TransactionError } from "../tx/errors";

import { readHolders } from "./components/grants";
import type { Step } from "./step";

/** Returns why a step failed and, where a role was missing, the accounts that have it. */
export async function explainFailure(mesh: Mesh, step: Step, error: Error): Promise<string> {
  const reason = error instanceof TransactionError ? error.reason : error.message;
  const chain = chainsOf(mesh).find(({ name }) => name === step.chain);
  if (!(error instanceof RevertedError) || !chain) return reason;
  const revert = innermost(decode(error.revertData));
  if (!REASONS[revert.name]) return reason;
  const context = {
    mesh: meshNames(mesh.config),
    direction: "send",
    chain: chain.name,
    peer: "the other chain",
    at: 0n,
  } as const;
  const { why } = explainRevert(context, revert);
  if (revert.name !== "AccessControlUnauthorizedAccount") return `${reason}. ${why}`;
  const role = roleName(revert.values.neededRole ?? "0x");
  const pinned = await pinLatest(chain.name, chain.provider);
  const holders = (await readHolders(chain, pinned))
    .filter((holder) => holder.role === role)
    .map(({ account, contract }) => `${account} (${contract})`);
  const who = holders.length > 0 ? `it is held by ${holders.join(", ")}` : "no account holds it";
  return `${reason}. ${why.replace(/\.$/, "")}; ${who}`;
}
