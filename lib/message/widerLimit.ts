import { TOKEN_DECIMALS } from "../mesh/units";

import type { Bucket } from "./facts";
import { command, duration } from "./remedy";
import type { Remedy } from "./remedy";

const ONE_TOKEN = 10n ** BigInt(TOKEN_DECIMALS);

/** An amount that does not fit through a bucket of a lane. */
export interface Misfit {
  readonly mesh: string;
  /** Network names. */
  readonly from: string;
  readonly to: string;
  /** Token units. */
  readonly requested: bigint;
  readonly bucket: Bucket;
}

/** The limit that lets an amount through: its capacity, in whole tokens, and the rate raised alike. */
export function widerLimit({ mesh, from, to, requested, bucket }: Misfit): Remedy {
  const capacity = ceilTokens(requested);
  const rate = ceilTokens((bucket.rate * requested) / bucket.capacity);
  const missing = requested - bucket.tokens;
  const wait = missing > 0n ? missing / (rate * ONE_TOKEN) + 1n : 0n;
  return {
    command: command("limits set", { from, to, capacity, rate, mesh }),
    note: `lets it through, once the bucket has filled (about ${duration(wait)})`,
  };
}

/** Whole tokens, rounded up. */
function ceilTokens(units: bigint): bigint {
  return (units + ONE_TOKEN - 1n) / ONE_TOKEN;
}
