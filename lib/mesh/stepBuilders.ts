import { ZeroAddress, formatUnits } from "ethers";

import { LIVE_CHAINS } from "../core/chains";
import { isClosed } from "../core/mesh/limit";
import type { RateLimit } from "../core/mesh/limit";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { chainsOf } from "../core/mesh/mesh";
import type { Call, Change, Step, StepStatus } from "./step";
import { TOKEN_DECIMALS } from "../core/units";

export const DONE: StepStatus = { kind: "done" };
export const TO_DO: StepStatus = { kind: "todo" };

/** Returns the status of a step: done, or to do. */
export const when = (done: boolean): StepStatus => (done ? DONE : TO_DO);

/**
 * Returns a step on a chain; unless its status is given, it is done when no value changes.
 * @param id the part of its id after the network name.
 * @param parts its values are compared: equal ones are left out.
 */
export function stepOn(
  { name }: Pick<MeshChain, "name">,
  id: string,
  parts: Omit<Step, "id" | "chain" | "status" | "after"> & Partial<Pick<Step, "status" | "after">>,
): Step {
  const changes = parts.changes.filter(({ before, after }) => before !== after);
  const status = when(changes.length === 0);
  return { status, after: [], ...parts, id: `${name}/${id}`, chain: name, changes };
}

/** Returns a transaction from an account with a permission. */
export function call(from: string, as: string, to: string, data: string, value = 0n): Call {
  return { from, as, to, data, value };
}

/** Returns a change of one value. */
export function change(what: string, before: string, after: string): Change {
  return { what, before, after };
}

/** Formats an address, or "nobody". */
export function who(account: string | undefined): string {
  return account === undefined || account === ZeroAddress ? "nobody" : account;
}

/** Formats a bucket: "100000 tokens, +100/s". */
export function limitText(limit: RateLimit | undefined): string {
  if (!limit) return "none";
  if (!limit.isEnabled) return "unlimited";
  if (isClosed(limit)) return "closed";
  const tokens = (amount: bigint) => formatUnits(amount, TOKEN_DECIMALS).replace(/\.0$/, "");
  return `${tokens(limit.capacity)} tokens, +${tokens(limit.rate)}/s`;
}

/** Formats a bucket of fast transfers: a disabled one rejects them. */
export function fastLimitText(limit: RateLimit | undefined): string {
  return limit?.isEnabled ? limitText(limit) : "none";
}

/** Formats verifiers, or "none". */
export function verifiersText(verifiers: readonly string[]): string {
  return verifiers.join(", ") || "none";
}

/** Returns the name of a chain by its selector, or the selector of an unknown one. */
export function chainText(mesh: Mesh, selector: bigint): string {
  if (selector === 0n) return "nobody";
  return (
    chainsOf(mesh).find((chain) => chain.selector === selector)?.name ??
    LIVE_CHAINS.find((chain) => chain.selector === selector)?.network ??
    `selector ${selector}`
  );
}
