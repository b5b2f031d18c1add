import { ZeroAddress, formatEther } from "ethers";

import { OperatorError } from "./errors";
import { feeSymbol } from "./chains";
import { parseAmount } from "./input/decimal";
import type { Mesh } from "./mesh/mesh";
import { holderOf } from "./mesh/mesh";

/** The payment of a broadcast: the fee token, and the account that it is taken from. */
export interface Payment {
  readonly token: "native" | "link";
  /** `caller`: the account that signs. `treasury`: the balance of the broadcaster. */
  readonly from: "caller" | "treasury";
}

/** Payments by the name that `--fee-token` takes. */
export const PAYMENTS: Readonly<Record<string, Payment>> = {
  native: { token: "native", from: "caller" },
  link: { token: "link", from: "caller" },
  treasury: { token: "native", from: "treasury" },
  "treasury-link": { token: "link", from: "treasury" },
};

/** Returns a payment by its name; throws an error that lists the names. */
export function paymentByName(name: string): Payment {
  const payment = PAYMENTS[name];
  if (payment) return payment;
  const message = `"${name}" is not a way to pay for a broadcast: use one of ${Object.keys(PAYMENTS).join(", ")}.`;
  throw new OperatorError("INVALID_OPTION", message);
}

/** Returns the name of a payment, as `--fee-token` takes it. */
export function paymentName({ token, from }: Payment): string {
  if (from === "caller") return token;
  return token === "link" ? "treasury-link" : "treasury";
}

/** Parses the ceiling of a broadcast's total fees, in wei of the fee token; throws an InputError when it is not an amount. */
export function feeCeilingOf(text: string | undefined): bigint | undefined {
  return text === undefined ? undefined : parseAmount(text, 18, { option: "--fee-ceiling" });
}

/** Returns the address of the fee token for the broadcaster; the zero address stands for native. */
export function feeTokenAddress({ home }: Mesh, { token }: Payment): string {
  return token === "link" ? home.ccip.link : ZeroAddress;
}

/** Returns the account that signs a broadcast: the treasury spender, or the operator. */
export function payerOf(mesh: Mesh, { from }: Payment): string {
  return from === "treasury" ? holderOf(mesh, "treasurySpender", mesh.home.name) : mesh.operator;
}

/** Formats a fee, in wei, with the network's symbol: "0.0013 AVAX", "0.2 LINK"; at most six decimals, rounded up. */
export function formatFee(fee: bigint, token: Payment["token"], network: string): string {
  const unit = 10n ** 12n;
  const rounded = ((fee + unit - 1n) / unit) * unit;
  return `${formatEther(rounded).replace(/\.0$/, "")} ${feeSymbol(network, token)}`;
}
