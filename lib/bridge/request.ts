import { OperatorError } from "../core/errors";
import { parseOptionalAddress } from "../core/input/address";
import { requireLane } from "../core/mesh/members";
import { requireChain } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";
import { parseTokenAmount } from "../core/units";

import type { FeeToken, Transfer } from "./quote";

/** A transfer as typed on the command line. */
export interface TransferInput {
  /** Network names. */
  readonly from: string;
  readonly to: string;
  /** In tokens, or in wrapped units: `12.5`. */
  readonly amount: string;
  /** Send wrapped units, which are wrapped again on arrival. */
  readonly wrapped?: boolean;
  /** The least wrapped units that have to arrive. */
  readonly minimum?: string;
  /** The sending account unless given. */
  readonly receiver?: string;
  /** The sender; the account with an available key unless given. */
  readonly account?: string;
  readonly feeToken?: string;
}

/** A parsed transfer, ready to be quoted. */
export interface TransferRequest extends Transfer {
  readonly account: string;
  readonly feeToken: FeeToken;
}

/**
 * Parses a transfer.
 * @throws InputError naming the invalid option and the expected format.
 */
export function parseTransfer(mesh: Mesh, input: TransferInput): TransferRequest {
  const typed = typedTransfer(mesh.config, input);
  const { account = mesh.operator, receiver = account } = typed;
  const source = requireChain(mesh, input.from, "--from");
  const destination = requireChain(mesh, input.to, "--to");
  return { ...typed, source, destination, receiver, account };
}

/**
 * Parses the part of a transfer that needs no chain.
 * @throws InputError naming the invalid option and the expected format.
 */
export function typedTransfer(
  config: MeshConfig,
  input: TransferInput,
): Pick<TransferRequest, "amount" | "unit" | "minimum" | "feeToken"> &
  Partial<Pick<TransferRequest, "receiver" | "account">> {
  requireLane(config, input);
  const { wrapped = false, minimum } = input;
  if (wrapped && !config.wrapper?.bridge) {
    throw new OperatorError(
      "INVALID_OPTION",
      `--wrapped needs wrapped bridges, and mesh ${config.name} has none: declare wrapper.bridge in its mesh file, deploy, and run mesh apply.`,
    );
  }
  if (minimum !== undefined && !wrapped) {
    throw new OperatorError(
      "INVALID_OPTION",
      `--minimum ${minimum} is for wrapped units: add --wrapped, or leave it out.`,
    );
  }
  const { feeToken = "native" } = input;
  if (feeToken !== "native" && feeToken !== "link") {
    throw new OperatorError(
      "INVALID_OPTION",
      `--fee-token ${feeToken} is not a fee token: write native or link.`,
    );
  }
  return {
    amount: parseTokenAmount(input.amount, { option: "--amount" }),
    unit: wrapped ? "wrapped" : "tokens",
    minimum: minimum === undefined ? undefined : parseTokenAmount(minimum, { option: "--minimum" }),
    receiver: parseOptionalAddress(input.receiver, { option: "--receiver" }),
    account: parseOptionalAddress(input.account, { option: "--account" }),
    feeToken,
  };
}
