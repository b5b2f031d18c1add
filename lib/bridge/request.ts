import { OperatorError } from "../core/errors";
import { parseOptionalAddress } from "../core/input/address";
import { requireLane } from "../core/mesh/members";
import { requireChain } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";
import { parseTokenAmount } from "../core/units";

import type { FeeToken } from "./quote";

/** A transfer as somebody types it. */
export interface TransferInput {
  /** Network names. */
  readonly from: string;
  readonly to: string;
  /** In tokens: `12.5`. */
  readonly amount: string;
  /** The sending account unless named. */
  readonly receiver?: string;
  /** The sender; the account whose key is at hand unless named. */
  readonly account?: string;
  readonly feeToken?: string;
}

/** The part of a transfer that is read without asking a chain. */
interface TypedTransfer extends Pick<TransferRequest, "amount" | "feeToken"> {
  readonly receiver: string | undefined;
  readonly account: string | undefined;
}

/** A transfer that can be quoted. */
export interface TransferRequest {
  readonly source: MeshChain;
  readonly destination: MeshChain;
  /** Token units (wei). */
  readonly amount: bigint;
  readonly receiver: string;
  readonly account: string;
  readonly feeToken: FeeToken;
}

/**
 * Takes a transfer at its words.
 * @throws naming the word and what to write instead.
 */
export function parseTransfer(mesh: Mesh, words: TransferInput): TransferRequest {
  const { amount, feeToken, ...typed } = typedTransfer(mesh.config, words);
  const account = typed.account ?? mesh.operator;
  return {
    source: requireChain(mesh, words.from, "--from"),
    destination: requireChain(mesh, words.to, "--to"),
    amount,
    receiver: typed.receiver ?? account,
    account,
    feeToken,
  };
}

/**
 * Reads what somebody types of a transfer, as far as no chain has to be asked.
 * @throws naming the word and what to write instead.
 */
export function typedTransfer(config: MeshConfig, words: TransferInput): TypedTransfer {
  requireLane(config, words);
  const { feeToken = "native" } = words;
  if (feeToken !== "native" && feeToken !== "link") {
    throw new OperatorError(
      "INVALID_OPTION",
      `--fee-token ${feeToken} is no fee token: write native or link.`,
    );
  }
  return {
    amount: parseTokenAmount(words.amount, { option: "--amount" }),
    receiver: parseOptionalAddress(words.receiver, { option: "--receiver" }),
    account: parseOptionalAddress(words.account, { option: "--account" }),
    feeToken,
  };
}
