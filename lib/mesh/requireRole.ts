import { id } from "ethers";

import { contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import type { MeshChain } from "../core/mesh/mesh";
import { readHolders } from "./components/grants";
import type { LogStore } from "../rpc/logs";
import type { PinnedChain } from "../rpc/pinned";

/**
 * Makes sure that an account holds a role of a chain's token.
 * @throws OperatorError naming the accounts that hold it.
 */
export async function requireRole(
  chain: MeshChain,
  pinned: PinnedChain,
  role: string,
  account: string,
  store: LogStore | undefined,
): Promise<void> {
  if (await contractAt.token(chain.contracts.token, pinned).hasRole(id(role), account)) return;
  const grants = await readHolders(chain, pinned, { store });
  const holders = grants.filter((grant) => grant.contract === "token" && grant.role === role);
  const names = holders.map((grant) => grant.account).join(", ");
  const who = names
    ? `it is held by ${names}; name one with --account`
    : "nobody holds it; the token's default admin has to grant it";
  throw new OperatorError(
    "MISSING_ROLE",
    `${account} lacks ${role} of the token on ${chain.name}: ${who}.`,
  );
}
