import { formatUnits, parseUnits } from "ethers";
import type { Provider } from "ethers";

import { OperatorError } from "../core/errors";

/** The gas price of a transaction, wei: EIP-1559, or one price where a chain has no base fee. */
export type GasFees =
  | { readonly type: 2; readonly maxFeePerGas: bigint; readonly maxPriorityFeePerGas: bigint }
  | { readonly type: 0; readonly gasPrice: bigint };

/** Nodes take another transaction with the same nonce only if it pays at least 10 % more. */
const REPLACEMENT_PERCENT = 125n;

/** Reads the current fees of a chain, with room for the base fee to double. */
export async function feesNow(provider: Provider): Promise<GasFees> {
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = await provider.getFeeData();
  if (maxFeePerGas !== null && maxPriorityFeePerGas !== null) {
    return { type: 2, maxFeePerGas, maxPriorityFeePerGas };
  }
  if (gasPrice !== null) return { type: 0, gasPrice };
  throw new OperatorError(
    "ENDPOINT_INCOMPLETE",
    "The endpoint returned no gas price: use another one.",
  );
}

/**
 * Returns fees that replace a transaction which pays `fees`: at least a quarter more, or the current fees.
 * @param least the minimum gas price that the node named, wei.
 */
export function raised(fees: GasFees, now: GasFees, least = 0n): GasFees {
  const up = (paid: bigint, ...asked: bigint[]) =>
    max((paid * REPLACEMENT_PERCENT) / 100n + 1n, ...asked);
  if (fees.type === 0) {
    const asked = now.type === 0 ? now.gasPrice : now.maxFeePerGas;
    return { type: 0, gasPrice: up(fees.gasPrice, asked, least) };
  }
  const asked = now.type === 2 ? now : { maxFeePerGas: now.gasPrice, maxPriorityFeePerGas: 0n };
  const tip = up(fees.maxPriorityFeePerGas, asked.maxPriorityFeePerGas, least);
  return {
    type: 2,
    maxFeePerGas: up(fees.maxFeePerGas, asked.maxFeePerGas - asked.maxPriorityFeePerGas + tip),
    maxPriorityFeePerGas: tip,
  };
}

/** The highest price, wei, that is accepted from a node's error message where no ceiling is set. */
const MOST_NAMED = 100_000_000_000n;

/** Cosmos chains name the fee of the whole transaction: "insufficient fee; got: 1aevmos required: 7aevmos". */
const WHOLE_FEE = /insufficient fees?\b.*\brequired\b/is;

const NAMED_LEAST =
  /(?:needed|needs to be higher than|at least|minimum(?! needed)|minimal|required)[^0-9]{0,40}?(\d+)(\.\d{1,9})?(?: *(gwei))?/gi;

/** Reads the minimum gas price, wei, from a node's error message; 0 when it names none, or an implausible one. */
export function leastNamed(reason: string, ceiling: PriceCeiling | undefined): bigint {
  if (WHOLE_FEE.test(reason)) return 0n;
  const named = max(
    ...[...reason.matchAll(NAMED_LEAST)].map(([, whole = "0", part = "", unit = "wei"]) =>
      // A fraction of a wei is none.
      parseUnits(unit === "wei" ? whole : whole + part, unit.toLowerCase()),
    ),
  );
  return named <= (ceiling?.wei ?? MOST_NAMED) ? named : 0n;
}

function max(...values: bigint[]): bigint {
  return values.reduce((most, value) => (value > most ? value : most), 0n);
}

/** The most that a unit of gas may cost. */
export interface PriceCeiling {
  readonly wei: bigint;
  /** The setting that holds it, for the error. */
  readonly setting: string;
}

/** Returns the price of a unit of gas at the current base fee, wei. */
export function priceNow(fees: GasFees): bigint {
  return fees.type === 2 ? (fees.maxFeePerGas + fees.maxPriorityFeePerGas) / 2n : fees.gasPrice;
}

/**
 * Cuts fees down to a ceiling. Returns undefined when gas costs more than that already, or when the result does
 * not exceed `paid`, the fees that they replace.
 */
export function cappedAt(
  { wei }: PriceCeiling,
  fees: GasFees,
  paid?: GasFees,
): GasFees | undefined {
  const least = (price: bigint) => (price < wei ? price : wei);
  const capped: GasFees =
    fees.type === 0
      ? { type: 0, gasPrice: least(fees.gasPrice) }
      : {
          type: 2,
          maxFeePerGas: least(fees.maxFeePerGas),
          maxPriorityFeePerGas: least(fees.maxPriorityFeePerGas),
        };
  if (!paid) return priceNow(fees) > wei ? undefined : capped;
  const isBetter = priceOf(capped) > priceOf(paid) || tipOf(capped) > tipOf(paid);
  return isBetter ? capped : undefined;
}

function tipOf(fees: GasFees): bigint {
  return fees.type === 2 ? fees.maxPriorityFeePerGas : 0n;
}

/** The most that a unit of gas may cost, wei. */
export function priceOf(fees: GasFees): bigint {
  return fees.type === 2 ? fees.maxFeePerGas : fees.gasPrice;
}

/** Formats a gas price: "1.5 gwei". */
export function gweiText(wei: bigint): string {
  return `${formatUnits(wei, "gwei").replace(/\.0$/, "")} gwei`;
}
