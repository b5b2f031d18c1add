import { getAddress, isAddress, parseUnits } from "ethers";
import { z } from "zod";

/** Decimals of the token on every chain. */
export const TOKEN_DECIMALS = 18;

/** The factor that leaves balances as they are, in the controller's unit. */
export const UNCHANGED_GROWTH = 10n ** 27n;

/** Basis points of a whole. */
const BASIS_POINTS = 10_000n;

const address = z
  .string()
  .refine((value) => isAddress(value))
  .transform((value) => getAddress(value));

/** Fields with mistakes of their own are not compared with each other. */
const when = ({ issues }: { readonly issues: readonly unknown[] }) => issues.length === 0;

/** An account, or the word for whoever deploys: a testnet's default, never a live mesh's. */
const holder = z.union([z.literal("deployer"), address], {
  error: 'is no account: write 0x and 40 hexadecimal digits, or "deployer"',
});

const tokens = z
  .string()
  .regex(/^\d+(\.\d{1,18})?$/, 'is no amount of tokens: write for example "1000" or "0.5"')
  .transform((value) => parseUnits(value, TOKEN_DECIMALS));

const growthFactor = z
  .string()
  .regex(/^\d+(\.\d{1,27})?$/, 'is no factor: write for example "1.05" for +5 %')
  .transform((value) => parseUnits(value, 27));

const seconds = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const limit = z
  .strictObject({
    /** The most tokens in one burst, in whole tokens. */
    capacity: tokens,
    /** Tokens per second by which the bucket refills. */
    rate: tokens,
  })
  .refine(({ capacity, rate }) => rate > 0n && rate <= capacity, {
    message: "the rate must be above 0 and at most the capacity: CCIP's limiter divides by it",
    when,
  });

const mesh = z.strictObject({
  /** What the mesh is called on the command line. */
  name: z.string().min(1),
  /** Whether real money or a public testnet is behind it: asks before sending. */
  live: z.boolean(),
  token: z.strictObject({ name: z.string().min(1), symbol: z.string().min(1) }),
  /** Network name of the home chain. */
  home: z.string().min(1),
  /** Network names of the satellites. */
  satellites: z.array(z.string().min(1)),
  lanes: z.strictObject({
    /** The outbound bucket of every lane, or no limit at all. */
    outbound: z.union([z.literal("unlimited"), limit], {
      error: 'is no limit: write "unlimited", or a capacity and rate',
    }),
    /** By how much an inbound bucket is larger than the outbound one, in basis points. */
    inboundHeadroomBps: z.int().min(500),
    /** How many rebases of the largest growth a full-size message must survive on its way. */
    rebasesInFlight: z.int().min(0).max(10),
  }),
  controller: z
    .strictObject({
      minGrowthFactor: growthFactor,
      maxGrowthFactor: growthFactor,
      minInterval: seconds,
      delay: seconds,
      maxDelay: seconds,
    })
    .refine((value) => value.delay <= value.maxDelay, {
      message: "the delay is above maxDelay: lower it",
      when,
    })
    .refine(
      (value) =>
        value.minGrowthFactor > 0n &&
        value.minGrowthFactor <= UNCHANGED_GROWTH &&
        value.maxGrowthFactor >= UNCHANGED_GROWTH,
      {
        message: 'the bounds must enclose "1": a rebase that changes nothing is always allowed',
        when,
      },
    ),
  broadcaster: z.strictObject({
    /** Gas for `ccipReceive` on each satellite. */
    gasLimit: z.int().min(110_000).max(3_000_000),
  }),
  admin: z.strictObject({
    /** Seconds that a hand-over of the default admin takes. */
    handoverDelay: seconds,
    /** Seconds that the timelock, which holds every lasting power, makes a proposal wait. */
    timelockDelay: seconds,
  }),
  roles: z.strictObject({
    issuer: holder,
    rebaseOperator: holder,
    guardian: holder,
    /** Unpauses, proposes to and executes at the timelock, withdraws the treasury. */
    operations: holder,
    treasurySpender: holder,
    rateLimitAdmin: holder,
  }),
});

/** A mesh as it is written in a file: amounts and factors as decimal strings. */
export type MeshInput = z.input<typeof mesh>;

/** A mesh as the code uses it: amounts in token units (wei), factors in 1e27. */
export type MeshConfig = z.output<typeof mesh>;

/** A role holder of the mesh by its name. */
export type RoleName = keyof MeshConfig["roles"];

/** A mesh file with a mistake in it. */
export class MeshConfigError extends Error {
  override readonly name = "MeshConfigError";
}

/**
 * Checks a mesh file.
 * @throws MeshConfigError naming the path of every mistake and what to write instead.
 */
export function parseMesh(input: unknown): MeshConfig {
  const result = mesh.safeParse(input);
  if (!result.success) {
    const lines = result.error.issues.map(
      ({ path, message }) => `  ${path.join(".") || "mesh"} = ${valueAt(input, path)}: ${message}`,
    );
    throw new MeshConfigError(`The mesh file has mistakes:\n${lines.join("\n")}`);
  }
  const { home, satellites } = result.data;
  if (satellites.includes(home)) {
    throw new MeshConfigError(
      `satellites: "${home}" is the home already: remove it from the list.`,
    );
  }
  const repeated = satellites.find((name, i) => satellites.indexOf(name) !== i);
  if (repeated) throw new MeshConfigError(`satellites: "${repeated}" stands twice: remove one.`);
  return result.data;
}

/** What a mesh file says at a path, as it is written there. */
function valueAt(input: unknown, path: readonly PropertyKey[]): string {
  let value = input;
  for (const key of path) {
    value =
      typeof value === "object" && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined;
  }
  return value === undefined ? "nothing" : JSON.stringify(value);
}

/** A CCIP rate limiter's setting, in token units (wei); disabled means unlimited. */
export interface RateLimit {
  readonly isEnabled: boolean;
  readonly capacity: bigint;
  readonly rate: bigint;
}

const UNLIMITED: RateLimit = { isEnabled: false, capacity: 0n, rate: 0n };

/** The bucket through which tokens leave on every lane. */
export function outboundLimit(config: MeshConfig): RateLimit {
  const { outbound } = config.lanes;
  return outbound === "unlimited" ? UNLIMITED : { isEnabled: true, ...outbound };
}

/**
 * The bucket through which tokens arrive: the outbound one, raised by the headroom and by every
 * rebase of the largest growth that a message may meet, so that a full-size one always fits.
 */
export function inboundLimit(config: MeshConfig): RateLimit {
  const { outbound, inboundHeadroomBps, rebasesInFlight } = config.lanes;
  if (outbound === "unlimited") return UNLIMITED;
  const raise = (amount: bigint) => {
    let raised = ceilDiv(amount * (BASIS_POINTS + BigInt(inboundHeadroomBps)), BASIS_POINTS);
    for (let i = 0; i < rebasesInFlight; i++) {
      raised = ceilDiv(raised * config.controller.maxGrowthFactor, UNCHANGED_GROWTH);
    }
    return raised;
  };
  return { isEnabled: true, capacity: raise(outbound.capacity), rate: raise(outbound.rate) };
}

function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
