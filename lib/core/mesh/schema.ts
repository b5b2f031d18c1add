import { formatUnits } from "ethers";
import { z } from "zod";

import { UNCHANGED } from "../growth";
import { parseAddress } from "../input/address";
import { within } from "../input/bounds";
import { parseAmount, parseFactor } from "../input/decimal";
import { typedText } from "../input/schema";
import { MAX_GROWTH_FACTOR, MAX_SECONDS, TOKEN_DECIMALS, parseBucketAmount } from "../units";

/** The gas limits of a destination that the broadcaster accepts. */
const GAS_LIMIT = { min: 110_000, max: 3_000_000 } as const;

const address = typedText((text) => parseAddress(text), "0x and 40 hexadecimal digits");

/** Decimals of the unit that gas is priced in, against wei. */
const GWEI_DECIMALS = 9;

/** Decimals of native money and of LINK. */
const FEE_DECIMALS = 18;

/** Fields with mistakes of their own are not compared with each other. */
const when = ({ issues }: { readonly issues: readonly unknown[] }) => issues.length === 0;

/** An account, or the deployer or the Safe of the chain. */
const holder = typedText(
  (text) => (text === "deployer" || text === "safe" ? text : parseAddress(text)),
  '0x and 40 hexadecimal digits, or "deployer", or "safe"',
);

const tokens = typedText((text) => parseBucketAmount(text), 'an amount of tokens, "1000" or "0.5"');

const growthFactor = typedText(
  (text) =>
    within(parseFactor(text), text, {
      most: MAX_GROWTH_FACTOR,
      format: (bound) => formatUnits(bound, 27),
    }),
  'a factor, "1.05" for +5 %',
);

/** An amount of a fee token, as the broadcaster stores it. */
const fees = typedText(
  (text) => parseAmount(text, FEE_DECIMALS),
  'an amount of a fee token, "0.1"',
).refine((value) => value < 2n ** 96n, {
  message: "is more than the broadcaster can count: write at most 79228162514",
  when,
});

const seconds = z.int().min(0).max(Number(MAX_SECONDS));

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

/** A bucket, and the one at the other end unless it follows from this one. */
export const bucketSet = limit.safeExtend({ inbound: limit.optional() });

const limitSet = z.union([bucketSet, z.enum(["unlimited", "closed"])], {
  error: 'is not a valid limit: write "unlimited", "closed", or a capacity and rate',
});

/** A limit as a lane has it: by its name, or written out. */
const limitChoice = z.union([limitSet, z.string().min(1)], {
  error:
    'is not a valid limit: write "unlimited", "closed", the name of a set in lanes.limits, or a capacity and rate',
});

/** Faster-than-finality transfers on one lane: how much finality they wait for, and a limit of their own. */
const fastTransfers = bucketSet.safeExtend({
  /** "safe", or a number of blocks of the source. */
  finality: z.union([z.literal("safe"), z.int().min(1).max(65_535)], {
    error: 'is not a valid finality: write "safe" or a number of blocks from 1 to 65535',
  }),
});

/** The verifiers that tokens on one lane need beside the lane's own. */
const laneVerifiers = z.strictObject({
  source: z.array(address),
  destination: z.array(address),
});

const roles = z.strictObject({
  issuer: holder,
  rebaseOperator: holder,
  guardian: holder,
  /** Unpauses, proposes to and executes at the timelock, withdraws the treasury. */
  operations: holder,
  treasurySpender: holder,
  rateLimitAdmin: holder,
});

/** Gas that the broadcaster buys for a satellite: its own bounds, see `MIN_GAS_LIMIT`. */
const gasLimit = z.int().min(GAS_LIMIT.min).max(GAS_LIMIT.max);

const gwei = typedText(
  (text) => parseAmount(text, GWEI_DECIMALS, { positive: true }),
  'a gas price in gwei, "50" or "0.5"',
);

/** The settings of one chain that differ from the mesh's. */
const chainSettings = z.strictObject({
  /** The Safe that signs on this chain: "safe" under roles means it. */
  safe: address.optional(),
  /** Role holders that differ from the mesh's. */
  roles: roles.partial().optional(),
  /**
   * A pool that took the place of an older one and is withdrawn: the older one that the deployments name
   * takes its place again. Without it, such deployments are taken for ones that are behind.
   */
  withdrawnPool: address.optional(),
  /** Gas for `ccipReceive` on this satellite. */
  gasLimit: gasLimit.optional(),
  /** Blocks that count a transaction on this chain, its own included. */
  confirmations: z.int().min(1).max(1_000).optional(),
  /**
   * The most that a unit of gas may cost on this chain. What is asked for differs a thousandfold
   * between chains, so that none is assumed: without one any price is paid.
   */
  maxGasPriceGwei: gwei.optional(),
});

/** A mesh file. */
export const meshSchema = z.strictObject({
  /** The name of the mesh on the command line. */
  name: z.string().min(1),
  /** Whether real money or a public testnet is behind it: asks before sending. */
  live: z.boolean(),
  token: z.strictObject({
    name: z.string().min(1),
    symbol: z.string().min(1),
    decimals: z
      .literal(TOKEN_DECIMALS, {
        error: `the token has ${TOKEN_DECIMALS} decimals on every chain, and its pools refuse another number: write ${TOKEN_DECIMALS} or leave it out`,
      })
      .optional(),
  }),
  /** Network name of the home chain. */
  home: z.string().min(1),
  /** Network names of the satellites. */
  satellites: z.array(z.string().min(1)),
  lanes: z.strictObject({
    /** The outbound bucket of every lane that is not named under `pairs`. */
    outbound: limitChoice,
    /** Limits by a name of one's own. */
    limits: z.record(z.string(), limitSet).optional(),
    /** Limits of single lanes, by `source -> destination`. */
    pairs: z.record(z.string(), limitChoice).optional(),
    /**
     * Lanes of CCIP 2.0 on which a transfer may wait for less than full finality, by `source -> destination`. A
     * reorganisation of the source may then create shares twice, up to this limit.
     */
    fast: z.record(z.string(), fastTransfers).optional(),
    /** Verifiers that tokens on lanes of CCIP 2.0 need beside the lane's own, by `source -> destination`. */
    verifiers: z.record(z.string(), laneVerifiers).optional(),
    /** By how much an inbound bucket is larger than the outbound one, in basis points. */
    inboundHeadroomBps: z.int().min(500),
    /**
     * How many rebases a full-size message must survive: of the largest growth on its way, or of the largest
     * loss that its destination has not heard of.
     */
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
        value.minGrowthFactor <= UNCHANGED &&
        value.maxGrowthFactor >= UNCHANGED,
      {
        message: 'the bounds must enclose "1": a rebase that changes nothing is always allowed',
        when,
      },
    ),
  broadcaster: z.strictObject({
    /** Gas for `ccipReceive` on each satellite. */
    gasLimit,
    /**
     * The most that the treasury's spender may pay CCIP between midnight and midnight, UTC, in whole units of
     * each fee token. What is not named is nothing.
     */
    treasuryBudgetPerDay: z
      .strictObject({ native: fees.default(0n), link: fees.default(0n) })
      .default({ native: 0n, link: 0n }),
  }),
  admin: z.strictObject({
    /** Seconds that a hand-over of the default admin takes. */
    handoverDelay: seconds,
    /** Seconds that the timelock, which holds every lasting power, makes a proposal wait. */
    timelockDelay: seconds,
  }),
  roles,
  /** The settings of single chains, by network name. */
  chains: z.record(z.string(), chainSettings).optional(),
  /** Network names of chains that may join as satellites: known, deployable, not wired. */
  ready: z.array(z.string().min(1)).optional(),
});

/** A mesh as it is written in a file: amounts and factors as decimal strings. */
export type MeshInput = z.input<typeof meshSchema>;

/** A mesh as the code uses it: amounts in token units (wei), factors in 1e27. */
export type MeshConfig = z.output<typeof meshSchema>;

/** A limit as it is declared. */
export type LimitSet = z.output<typeof limitSet>;

/** Faster-than-finality transfers as a lane declares them. */
export type FastTransfers = z.output<typeof fastTransfers>;

/** A limit as it is written in a mesh file. */
export type LimitSetInput = z.input<typeof limitSet>;

/** A limit by its name, or written out. */
export type LimitChoice = z.output<typeof limitChoice>;

/** A role holder of the mesh by its name. */
export type RoleName = keyof MeshConfig["roles"];
