import { id } from "ethers";
import type { TransactionReceipt } from "ethers";

import { RebaseToken__factory } from "../../typechain-types";
import { abi } from "../mesh/contracts";
import type { Desk } from "../mesh/desk/desk";
import { readHolders } from "../mesh/grants";
import { holderOf } from "../mesh/mesh";
import { pinLatest } from "../rpc/pinned";
import { sendTransaction } from "../tx/send";

import { MissingRoleError } from "./pause";

/** Tokens that are issued at home. */
export interface Issue {
  readonly to: string;
  /** Token units (wei). */
  readonly amount: bigint;
  /** Who issues; the issuer of the mesh file unless named. */
  readonly account?: string;
  /** Issue although a rebase is scheduled that the new tokens would earn, or lose by. */
  readonly whilePending: boolean;
}

/**
 * Looks at everything that may be in the way of an issue.
 * @returns the account that may issue.
 * @throws naming what it is and what to do.
 */
export async function checkIssue(
  { mesh, store }: Desk,
  { account = holderOf(mesh, "issuer", mesh.home.name), whilePending }: Issue,
): Promise<string> {
  const { home } = mesh;
  const pinned = await pinLatest(home.name, home.provider);
  const token = RebaseToken__factory.connect(home.contracts.token, pinned);
  const [mayIssue, paused, pending] = await Promise.all([
    token.hasRole(id("ISSUER_ROLE"), account),
    token.paused(),
    token.pendingRebase(),
  ]);
  if (!mayIssue) {
    const holders = await readHolders(home, pinned, store);
    throw new MissingRoleError(
      account,
      "ISSUER_ROLE",
      home.name,
      holders.filter(({ role }) => role === "ISSUER_ROLE").map((grant) => grant.account),
    );
  }
  if (paused) {
    throw new Error(
      `The token is paused on ${home.name}, so nothing can be issued: unpause it with \`npx hardhat token unpause --chain ${home.name} --mesh ${mesh.config.name}\`.`,
    );
  }
  if (pending.pending && !whilePending) {
    const from = new Date(Number(pending.effectiveAt) * 1_000).toISOString();
    throw new Error(
      `A rebase counts from ${from}: what is issued before takes part in it. Wait until then, or add --while-pending if that is priced in.`,
    );
  }
  return account;
}

/**
 * Issues tokens at home.
 * @param account whom {@link checkIssue} found fit to.
 * @throws TransactionError when the home refuses it, NoKeyError when the account's key is elsewhere.
 */
export async function issueTokens(
  desk: Desk,
  { to, amount }: Pick<Issue, "to" | "amount">,
  account: string,
  onSent?: (label: string, hash: string) => void,
): Promise<TransactionReceipt> {
  const { home } = desk.mesh;
  const transaction = {
    label: `${home.name}/token/mint`,
    to: home.contracts.token,
    data: abi.token.encodeFunctionData("mint", [to, amount]),
  };
  const signer = await desk.signerFor(home, account);
  return sendTransaction(home, signer, transaction, { ...desk.sendOptions(home), onSent });
}
