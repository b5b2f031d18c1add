import { id } from "ethers";

import { CodedError } from "../core/errors";
import { abi, contractAt } from "../core/abis";
import { readHolders } from "../mesh/components/grants";
import { holderOf } from "../core/mesh/mesh";
import type { MeshChain } from "../core/mesh/mesh";
import { signerWith } from "../mesh/signing";
import { pinLatest } from "../rpc/pinned";
import { sendTransaction } from "../tx/send";
import type { SendOptions } from "../tx/send";

import type { ChainsContext } from "./operator";

/** The action: stop every movement of shares, or let them move again. */
export type PauseAction = "pause" | "unpause";

const ROLES = {
  pause: { role: "GUARDIAN_ROLE", holder: "guardian" },
  unpause: { role: "UNPAUSER_ROLE", holder: "operations" },
} as const;

/** The account that should do it lacks the role. */
export class MissingRoleError extends CodedError {
  override readonly name = "MissingRoleError";
  readonly code = "MISSING_ROLE";

  constructor(
    readonly account: string,
    readonly role: string,
    readonly chain: string,
    readonly holders: readonly string[],
  ) {
    super(
      `${account} lacks ${role} of the token on ${chain}: ${
        holders.length > 0
          ? `it is held by ${holders.join(", ")}; name one with --account`
          : "nobody holds it; the token's default admin has to grant it"
      }.`,
    );
  }
}

/** Returns whether a chain's token is paused. */
export async function isPaused({ name, provider, contracts }: MeshChain): Promise<boolean> {
  const pinned = await pinLatest(name, provider);
  return contractAt.token(contracts.token, pinned).paused();
}

/**
 * Pauses or unpauses the token of one chain.
 * @param account who signs; the guardian (or operations) of the mesh file unless named.
 * @returns the hash of the transaction.
 * @throws MissingRoleError telling who could; SignElsewhereError when the key is somewhere else.
 */
export async function changePause(
  context: ChainsContext,
  chain: MeshChain,
  action: PauseAction,
  { account, ...send }: SendOptions & { readonly account?: string },
): Promise<string> {
  const { role, holder } = ROLES[action];
  const from = account ?? holderOf(context, holder, chain.name);
  const pinned = await pinLatest(chain.name, chain.provider);
  const { token } = chain.contracts;
  if (!(await contractAt.token(token, pinned).hasRole(id(role), from))) {
    const holders = await readHolders(chain, pinned, { store: context.store });
    const able = holders.filter((grant) => grant.contract === "token" && grant.role === role);
    throw new MissingRoleError(
      from,
      role,
      chain.name,
      able.map((grant) => grant.account),
    );
  }
  const call = {
    to: token,
    data:
      action === "pause"
        ? abi.token.encodeFunctionData("pause")
        : abi.token.encodeFunctionData("unpause"),
  };
  const signer = await signerWith(
    context,
    chain,
    [{ account: from, as: `${role} of the token` }],
    call,
  );
  const label = `${chain.name}/token/${action}`;
  const receipt = await sendTransaction(chain, signer, { label, ...call }, send);
  return receipt.hash;
}
