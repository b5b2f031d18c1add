import { pinLatest } from "../rpc/pinned";
import { RevertedError, TransactionError } from "../tx/errors";

import { abi } from "../core/abis";
import { readHolders, roleName } from "./grants";
import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import type { Step } from "./step";

/** Why a step failed and, where a role was missing, who has it. */
export async function explainFailure(mesh: Mesh, step: Step, error: Error): Promise<string> {
  const reason = error instanceof TransactionError ? error.reason : error.message;
  const missing = error instanceof RevertedError ? missingRole(error.revertData) : undefined;
  const chain = chainsOf(mesh).find(({ name }) => name === step.chain);
  if (!missing || !chain) return reason;
  const pinned = await pinLatest(chain.name, chain.provider);
  const holders = (await readHolders(chain, pinned))
    .filter(({ role }) => role === missing.role)
    .map(({ account, contract }) => `${account} (${contract})`);
  return `${reason}. ${missing.account} lacks ${missing.role} on ${chain.name}; ${
    holders.length > 0 ? `it is held by ${holders.join(", ")}` : "nobody holds it"
  }`;
}

function missingRole(revertData: string): { account: string; role: string } | undefined {
  const error = revertData === "0x" ? null : abi.timelock.parseError(revertData);
  if (error?.name !== "AccessControlUnauthorizedAccount") return undefined;
  const [account, role] = error.args.toArray() as [string, string];
  return { account, role: roleName(role) };
}
