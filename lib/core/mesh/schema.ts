import { formatUnits } from "ethers";
import { z } from "zod";

import { UNCHANGED } from "../growth";
import { parseAddress } from "../input/address";
import { parseAmount, parseFactor, within } from "../input/decimal";
import { typedText } from "../input/schema";
import {
  MAX_BAND_FACTOR,
  MAX_GROWTH_FACTOR,
  MAX_SECONDS,
  MIN_BAND_FACTOR,
  TOKEN_DECIMALS,
  parseBucketAmount,
} from "../units";

const address = typedText((text) => parseAddress(text), "0x and 40 hexadecimal digits");

/** Fields that are invalid themselves are not compared with each other. */
const when = ({ issues }: { readonly issues: readonly unknown[] }) => issues.length === 0;

/** An account, or the chain's deployer or Safe. */
const holder = typedText(
  (text) => (text === "deployer" || text === "safe" ? text : parseAddress(text)),
  '0x and 40 hexadecimal digits, or "deployer", or "safe"',
);

const tokens = typedText((text) => parseBucketAmount(text), 'an amount of tokens, "1000" or "0.5"');

/** A growth factor within bounds, in 1e27. */
const factorWithin = (bounds: { readonly least?: bigint; readonly most: bigint }) =>
  typedText(
    (text) =>
      within(parseFactor(text), text, { ...bounds, format: (bound) => formatUnits(bound, 27) }),
    'a factor, "1.05" for +5 %',
  );

const growthFactor = factorWithin({ most: MAX_GROWTH_FACTOR });

/** An amount of a fee token, as the broadcaster stores it. */
const fees = typedText((text) => parseAmount(text, 18), 'an amount of a fee token, "0.1"').refine(
  (value) => value < 2n ** 96n,
  {
    message: "is more than the broadcaster can count: write at most 79228162514",
    when,
  },
);

const seconds = z.int().min(0).max(Number(MAX_SECONDS));

const limit = z
  .strictObject({
    /** The capacity of the bucket, in whole tokens. */
    capacity: tokens,
    /** The refill rate of the bucket, in tokens per second. */
    rate: tokens,
  })
  .refine(({ capacity, rate }) => rate > 0n && rate <= capacity, {
    message: "the rate must be above 0 and at most the capacity: CCIP's limiter divides by it",
    when,
  });

/** A bucket, and the one at the other end unless it is derived from this one. */
export const bucketSet = limit.safeExtend({ inbound: limit.optional() });

const limitSet = z.union([bucketSet, z.enum(["unlimited", "closed"])], {
  error: 'is not a valid limit: write "unlimited", "closed", or a capacity and rate',
});

/** A lane's limit: by name, or as an object. */
const limitChoice = z.union([limitSet, z.string().min(1)], {
  error:
    'is not a valid limit: write "unlimited", "closed", the name of a set in lanes.limits, or a capacity and rate',
});

/** Faster-than-finality transfers on one lane: the required finality, and separate limits. */
const fastTransfers = bucketSet.safeExtend({
  /** "safe", or a number of source blocks. */
  finality: z.union([z.literal("safe"), z.int().min(1).max(65_535)], {
    error: 'is not a valid finality: write "safe" or a number of blocks from 1 to 65535',
  }),
});

/** The verifiers that a lane requires for tokens in addition to the lane's defaults. */
const laneVerifiers = z.strictObject({
  source: z.array(address),
  destination: z.array(address),
});

/** Settings of single lanes, by `source -> destination`. */
export const byLane = {
  /** Limits other than the default one. */
  pairs: z.record(z.string(), limitChoice).optional(),
  /** Lanes of CCIP 2.0 on which a transfer may request less than full finality; a reorg may create this much twice. */
  fast: z.record(z.string(), fastTransfers).optional(),
  /** Verifiers that lanes of CCIP 2.0 require for tokens in addition to the lane's defaults. */
  verifiers: z.record(z.string(), laneVerifiers).optional(),
};

const roles = z.strictObject({
  issuer: holder,
  rebaseOperator: holder,
  guardian: holder,
  /** Unpauses, proposes to the timelock and executes its proposals, withdraws from the treasury. */
  operations: holder,
  treasurySpender: holder,
  rateLimitAdmin: holder,
});

/** Gas limit that the broadcaster buys for a satellite, within `MIN_GAS_LIMIT` and `MAX_GAS_LIMIT` of the contract. */
const gasLimit = z.int().min(125_000).max(3_000_000);

/** Gas with which a notifier calls a listener, within the bounds of the contract. */
const listenerGas = z.int().min(10_000).max(2_000_000);

/** Gas limit of `ccipReceive` of a proposal, within the bounds of the sender. */
const proposalGas = z.int().min(150_000).max(3_000_000);

/** Gas limit of `ccipReceive` of a wrapped transfer, within the bounds of the bridge. */
const wrappedGas = z.int().min(400_000).max(3_000_000);

/** Bounds of the index on a satellite; a step is the most that one rebase may move it. */
const band = z
  .strictObject({
    minGrowthFactor: factorWithin({ least: MIN_BAND_FACTOR, most: MAX_GROWTH_FACTOR }),
    maxGrowthFactor: factorWithin({ most: MAX_BAND_FACTOR }),
    /** Seconds after which another step is allowed. */
    minInterval: seconds.min(1),
    /** The most steps at once, for a satellite that missed rebases. */
    maxSteps: z.int().min(1).max(32),
    /** The most steps that the unpauser may accept by hand; more is for the timelock. */
    maxStepsByHand: z.int().min(1).max(32),
  })
  .refine(({ maxSteps, maxStepsByHand }) => maxSteps <= maxStepsByHand, {
    message: "maxStepsByHand is below maxSteps: raise it",
    when,
  });

const gwei = typedText(
  (text) => parseAmount(text, 9, { positive: true }),
  'a gas price in gwei, "50" or "0.5"',
);

/** Overrides for one chain. */
const chainSettings = z.strictObject({
  /** The Safe that signs on this chain; "safe" under roles refers to it. */
  safe: address.optional(),
  /** Role holders that differ from those of the mesh. */
  roles: roles.partial().optional(),
  /** A replacement pool that is withdrawn: the older pool in the deployment records becomes active again. */
  withdrawnPool: address.optional(),
  /** Gas limit of `ccipReceive` on this satellite. */
  gasLimit: gasLimit.optional(),
  /** Number of blocks that confirm a transaction on this chain, including its own. */
  confirmations: z.int().min(1).max(1_000).optional(),
  /** The maximum gas price on this chain; without it, any price is paid. */
  maxGasPriceGwei: gwei.optional(),
  /** Contracts that the notifier of this chain calls after a rebase, beside those of the mesh: address and gas. */
  listeners: z.array(z.strictObject({ address, gas: listenerGas })).optional(),
  /** Uniswap-V2-style pairs that the PairSyncer of this chain syncs. */
  pairs: z.array(address).optional(),
});

/** A mesh file. */
export const meshSchema = z.strictObject({
  /** The name of the mesh on the command line. */
  name: z.string().min(1),
  /** True if it runs on mainnets or public testnets: asks before sending. */
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
    /** The outbound bucket of every lane that is not listed under `pairs`. */
    outbound: limitChoice,
    /** Named limits. */
    limits: z.record(z.string(), limitSet).optional(),
    ...byLane,
    /** Margin of inbound buckets over outbound ones, in basis points. */
    inboundHeadroomBps: z.int().min(500),
    /** Satellites from which no more may come home than went there; only where satellites have no lanes to each other. */
    contained: z.array(z.string().min(1)).optional(),
    /** Number of rebases that a full-size message must tolerate: gains in flight, or losses that its destination lacks. */
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
    /** Gas limit of `ccipReceive` on each satellite. */
    gasLimit,
    /** The maximum that the treasury's spender may pay to CCIP per UTC day, in whole units; none if omitted. */
    treasuryBudgetPerDay: z
      .strictObject({ native: fees.default(0n), link: fees.default(0n) })
      .default({ native: 0n, link: 0n }),
  }),
  /** Satellites hold back a broadcast whose index is outside of this band; none without it. */
  receiver: z.strictObject({ band }).optional(),
  /** A notifier on every chain, which tells contracts of the index that counts; none without it. */
  listeners: z
    .strictObject({
      /** Syncs Uniswap-V2-style pairs that hold the token; the pairs are named by chain. */
      pairSyncer: z.strictObject({ gas: listenerGas }).optional(),
      /** Has the rate feed record each index, so that earlier rounds can be read. */
      rateFeed: z.strictObject({ gas: listenerGas }).optional(),
    })
    .optional(),
  /** The token whose balances no rebase changes, on every chain; none without it. */
  wrapper: z
    .strictObject({
      name: z.string().min(1),
      symbol: z.string().min(1),
      /** Bridges that send wrapped units over CCIP. */
      bridge: z.strictObject({ gasLimit: wrappedGas }).optional(),
    })
    .optional(),
  /** The growth index as a Chainlink price feed, on every chain. */
  rateFeed: z.literal(true).optional(),
  /** Contracts by which home's timelock proposes to the timelocks of satellites; none without it. */
  proposals: z
    .strictObject({
      /** Gas limit of `ccipReceive` of a proposal. */
      gasLimit: proposalGas,
      /** Seconds after which a proposal that has not arrived is not scheduled any more. */
      validFor: seconds.min(3_600),
    })
    .optional(),
  /** The place where steps of a satellite's timelock are proposed: there, or at home, which sends them; there unless given. */
  governance: z.enum(["local", "home"]).optional(),
  admin: z.strictObject({
    /** Delay of a default admin hand-over, in seconds. */
    handoverDelay: seconds,
    /** Delay of proposals of the timelock, which holds every admin permission, in seconds. */
    timelockDelay: seconds,
  }),
  roles,
  /** Overrides for single chains, by network name. */
  chains: z.record(z.string(), chainSettings).optional(),
  /** Network names of chains that may join as satellites: known, deployable, not wired. */
  ready: z.array(z.string().min(1)).optional(),
});

/** A mesh as written in a file: amounts and factors as decimal strings. */
export type MeshInput = z.input<typeof meshSchema>;

/** A parsed mesh: amounts in token units (wei), factors in 1e27. */
export type MeshConfig = z.output<typeof meshSchema>;

/** A parsed limit. */
export type LimitSet = z.output<typeof limitSet>;

/** A limit as written in a mesh file. */
export type LimitSetInput = z.input<typeof limitSet>;

/** A limit by name, or as an object. */
export type LimitChoice = z.output<typeof limitChoice>;

/** Name of a role in the mesh file. */
export type RoleName = keyof MeshConfig["roles"];
