import { expect } from "chai";
import { parseEther } from "ethers";

import { coreMesh } from "../../../config/meshes/local";
import { obstaclesOf } from "../../../lib/bridge/obstacles";
import type { Obstacle, ObstacleOptions } from "../../../lib/bridge/obstacles";
import type { Quote, TransferEnd } from "../../../lib/bridge/quote";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { MAX_SHARES } from "../../../lib/core/units";

const [ALICE, BOB] = ["0x00000000000000000000000000000000000000a1", "0xb0"];
const INDEX = 10n ** 24n;
const TEN = parseEther("10");

/** Returns an end of a lane that nothing is wrong with. */
function end(chain: string, change: Partial<TransferEnd> = {}): TransferEnd {
  return {
    chain,
    blockNumber: 7,
    timestamp: 1_800_000_000n,
    paused: false,
    epoch: 2n,
    sharesPerToken: INDEX,
    pool: `the pool of ${chain}`,
    knowsPeer: true,
    curse: undefined,
    bucket: undefined,
    ...change,
  };
}

const bucket = (capacity: bigint, tokens: bigint, rate = 1n) => ({
  bucket: { isEnabled: true, capacity, tokens, rate },
});
const source = (change: Partial<TransferEnd>) => ({ source: end("local-home", change) });
const destination = (change: Partial<TransferEnd>) => ({ destination: end("local-sat1", change) });
const balances = (change: Partial<NonNullable<Quote["balances"]>>) => ({
  balances: {
    account: ALICE,
    balance: TEN,
    native: 5n,
    link: 5n,
    allowance: 0n,
    linkAllowance: 0n,
    nonce: 0,
    ...change,
  },
});

/** Returns the wrapped units of a quote, of which some arrive. */
const wrapped = (amount: bigint, arriving: bigint) => ({
  wrapped: {
    amount,
    units: TEN,
    arriving,
    least: 1n,
    staying: 0n,
    loose: 0n,
    pairing: { source: true, destination: true },
  },
});

/** Returns the quote of ten tokens, unless a case overrides that. */
function quote(change: Partial<Quote> = {}): Quote {
  return {
    amount: TEN,
    receiver: BOB,
    shares: TEN * INDEX,
    fees: { native: { amount: 5n }, link: { amount: 5n } },
    ...source({}),
    ...destination({}),
    arriving: TEN,
    ...change,
  };
}

describe("The obstacles of a transfer of ten tokens", () => {
  interface Case {
    readonly what: string;
    readonly change: Partial<Quote>;
    readonly options?: Partial<ObstacleOptions>;
    readonly codes: Obstacle["code"][];
    readonly says?: string;
  }
  const cases: Case[] = [
    { what: "that nothing prevents", change: {}, codes: [] },
    { what: "with as much left to leave", change: source(bucket(TEN, TEN)), codes: [] },
    {
      what: "with a unit less",
      change: source(bucket(TEN, TEN - 1n, 2n)),
      codes: ["limit"],
      says: "1 s",
    },
    {
      what: "that has to wait for a part of a second",
      change: source(bucket(TEN, TEN - 5n, 2n)),
      codes: ["limit"],
      says: "3 s",
    },
    {
      what: "above the capacity",
      change: source(bucket(TEN - 1n, TEN - 1n)),
      codes: ["limit"],
      says: "--capacity 10 ",
    },
    {
      what: "of which less arrives than there is room for",
      change: { ...destination(bucket(TEN, TEN - 1n)), arriving: TEN - 1n },
      codes: [],
    },
    {
      what: "of which more arrives than there is room for",
      change: { ...destination(bucket(2n * TEN, TEN)), arriving: TEN + 1n },
      codes: ["limit"],
    },
    {
      what: "to the pool in use, which is not on record",
      change: { receiver: "the pool of local-sat1" },
      codes: ["receiver"],
    },
    { what: "of all that the account has", change: balances({}), codes: [] },
    { what: "of a unit more", change: balances({ balance: TEN - 1n }), codes: ["funds"] },
    {
      what: "with as much as the fee",
      change: balances({ native: 1n }),
      options: { feeToken: "link" },
      codes: [],
    },
    {
      what: "with less than the fee",
      change: balances({ link: 4n }),
      options: { feeToken: "link" },
      codes: ["funds"],
    },
    {
      what: "with nothing to pay gas with",
      change: balances({ native: 0n }),
      options: { feeToken: "link" },
      codes: ["funds"],
    },
    {
      what: "of more wrapped units than the account has",
      change: { ...wrapped(TEN + 1n, TEN), ...balances({}) },
      codes: ["funds"],
    },
    {
      what: "of wrapped units, of which the least arrives",
      change: wrapped(TEN, 9n),
      options: { minimum: 9n },
      codes: [],
    },
    {
      what: "of wrapped units, of which less arrives",
      change: wrapped(TEN, 8n),
      options: { minimum: 9n },
      codes: ["amount"],
    },
    { what: "of wrapped units, of which none arrives", change: wrapped(1n, 0n), codes: ["amount"] },
    { what: "of as many shares as may exist", change: { shares: MAX_SHARES }, codes: [] },
    { what: "of more", change: { shares: MAX_SHARES + 1n }, codes: ["amount"] },
  ];
  for (const { what, change, options, codes, says } of cases) {
    it(`${what}: ${codes.join(", ") || "none"}`, () => {
      const config = parseMesh(coreMesh());
      const sinks = { token: "the token", pool: "the pool on record" };
      const found = obstaclesOf(quote(change), { config, sinks, ...options });
      expect(found.map(({ code }) => code)).to.deep.equal(codes);
      if (says) expect(found.map((one) => `${one.what} ${one.recovery}`).join()).to.include(says);
    });
  }
});
