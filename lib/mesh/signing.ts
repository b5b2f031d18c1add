import { ZeroAddress } from "ethers";
import type { Signer } from "ethers";

import { CodedError, OperatorError } from "../core/errors";

/** Thrown when the key of an account is not available: its owner has to sign elsewhere. */
export class NoKeyError extends CodedError {
  override readonly name = "NoKeyError";
  readonly code = "MISSING_KEY";

  constructor(
    readonly account: string,
    readonly chain: string,
  ) {
    super(
      `There is no key for ${account} at hand to sign on ${chain}: it has to be signed elsewhere.`,
    );
  }
}

/** An account with a permission. */
export interface Permission {
  readonly account: string;
  /** "owner of the pool" */
  readonly as: string;
}

/** Thrown for a call that no available key may sign, with the permitted accounts and the calldata. */
export class SignElsewhereError extends CodedError {
  override readonly name = "SignElsewhereError";
  readonly code = "MISSING_KEY";

  constructor(
    readonly chain: string,
    readonly permissions: readonly Permission[],
    readonly call: { readonly to: string; readonly data: string },
  ) {
    super(
      `No key at hand may do this on ${chain}. It has to be signed by ${permissionsText(permissions)}: to ${call.to}, value 0, data ${call.data}`,
    );
  }
}

/** The available signers. */
interface Signers<C> {
  signerFor(chain: C, account: string): Promise<Signer>;
}

/**
 * Returns a signer for the first permitted account whose key is available.
 * @param account the only account that may sign, if given.
 * @throws SignElsewhereError when no key is available, or an error when the account lacks the permission.
 */
export async function signerWith<C extends { readonly name: string }>(
  signers: Signers<C>,
  chain: C,
  permissions: readonly Permission[],
  call: { readonly to: string; readonly data: string },
  account?: string,
): Promise<Signer> {
  const held = permissions.filter((permission) => permission.account !== ZeroAddress);
  const able =
    account === undefined ? held : held.filter((permission) => permission.account === account);
  if (able.length === 0) {
    throw new OperatorError(
      "MISSING_ROLE",
      `${account ?? "Nobody"} may not do this on ${chain.name}: ${permissionsText(held)} may.`,
    );
  }
  for (const permission of able) {
    try {
      return await signers.signerFor(chain, permission.account);
    } catch (error) {
      if (!(error instanceof NoKeyError)) throw error;
    }
  }
  throw new SignElsewhereError(chain.name, able, call);
}

function permissionsText(permissions: readonly Permission[]): string {
  return permissions.map(({ account, as }) => `${account} (${as})`).join(" or ") || "nobody";
}
