import { OperatorError } from "../core/errors";
import { parseOptionalAddress } from "../core/input/address";
import { requireLane } from "../core/mesh/members";
import { requireChain } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";
import { parseTokenAmount } from "../core/units";

import type { FeeToken } from "./quote";

/** A transfer as typed on the command line. */
export interface TransferInput {
  /** Network names. */
  readonly from: string;
  readonly to: string;
  /** In tokens: `12.5`. */
  readonly amount: string;
  /** The sending account unless given. */
  readonly receiver?: string;
  /** The sender; the account with an available key unless given. */
  readonly account?: string;
  readonly feeToken?: string;
}

/** The part of a transfer that is parsed without reading a chain. */
interface TypedTransfer extends Pick<TransferRequest, "amount" | "feeToken"> {
  readonly receiver: string | undefined;
  readonly account: string | undefined;
}

/** A parsed transfer, ready to be quoted. */
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
 * Parses a transfer.
 * @throws InputError naming the invalid option and the expected format.
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
 * Parses the part of a transfer that needs no chain.
 * @throws InputError naming the invalid option and the expected format.
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
