import { expect } from "chai";

import type { ControllerState } from "../../../lib/rebase/controller";
import { formatGrowth, growthFactor } from "../../../lib/core/growth";
import { checkGuards } from "../../../lib/rebase/guards";
import type { GuardResult } from "../../../lib/rebase/guards";
import { keeperOptionsOf } from "../../../lib/rebase/keeperOptions";
import { decide, parsePolicy } from "../../../lib/rebase/policy";
import type { PolicyInput } from "../../../lib/rebase/policy";
import type { RebaseRequest } from "../../../lib/rebase/request";
import type { ChainStatus } from "../../../lib/rebase/status";

const HOUR = 3_600n;
const DAY = 24n * HOUR;
const NOW = 1_800_000_000n;
const GENESIS = 10n ** 24n;

/** The index from which a loss of 10 % leads to the largest one, 2^96 - 1. */
const WIDEST_AT_MOST = ((2n ** 96n - 1n) * 9n) / 10n;

/** Returns the state of home: a rebase took effect an hour ago, unless a case overrides that. */
function homeAt(change: Partial<ChainStatus> = {}): ChainStatus {
  const pending = (change.effectiveAt ?? 0n) > NOW;
  return {
    chain: "local-home",
    blockNumber: 7,
    timestamp: NOW,
    epoch: 2n,
    current: GENESIS,
    next: GENESIS,
    effectiveAt: NOW - HOUR,
    sharesPerToken: GENESIS,
    pending,
    ...change,
  };
}

/** Returns a controller with a delay of ten minutes and the time of its last rebase, 0 for none. */
function controllerWith(lastEffectiveAt: bigint, minInterval = HOUR): ControllerState {
  return {
    config: {
      minGrowthFactor: growthFactor("-10"),
      maxGrowthFactor: growthFactor("10"),
      minInterval,
      delay: 600n,
      maxDelay: DAY,
    },
    earliestEffectiveAt: lastEffectiveAt === 0n ? 0n : lastEffectiveAt + minInterval,
    ...(lastEffectiveAt > 0n && { lastEffectiveAt }),
  };
}

describe("A rebase policy", () => {
  interface Case {
    readonly policy: PolicyInput;
    /** Seconds since the last rebase took effect; undefined before the first. */
    readonly since?: bigint;
    readonly minInterval?: bigint;
    /** The growth when it is due, otherwise the reason why it is not. */
    readonly expected: string | RegExp;
  }
  const cases: Case[] = [
    { policy: { percent: "0.1" }, expected: "+0.1 %" },
    { policy: { percent: "-2" }, since: DAY, expected: "-2 %" },
    { policy: { percent: "0.1" }, since: HOUR - 600n, expected: "+0.1 %" },
    { policy: { percent: "0.1" }, since: HOUR - 601n, expected: /due at 2027-01-15T08:00:01Z/ },
    {
      policy: { percent: "0.1", every: "1d" },
      since: 23n * HOUR,
      expected: /the next rebase is due/,
    },
    { policy: { percent: "0.1", every: "1d" }, since: DAY, expected: "+0.1 %" },
    { policy: { percent: "0.1", every: "1m" }, since: 60n, expected: /the next rebase is due/ },
    { policy: { percent: "0.1", every: "0s" }, since: HOUR - 600n, expected: "+0.1 %" },
    // A tenth of a year gives exactly a tenth of the yield, including the delay.
    { policy: { annualPercent: "10" }, since: 3_153_600n - 600n, expected: "+1 %" },
    { policy: { annualPercent: "36.5" }, since: DAY - 600n, expected: "+0.1 %" },
    // The first rebase has no predecessor: it covers one interval.
    { policy: { annualPercent: "36.5", every: "1d" }, expected: "+0.1 %" },
    { policy: { annualPercent: "0" }, since: DAY, expected: /no change/ },
    { policy: { percent: "1", every: "1d" }, since: DAY, minInterval: 0n, expected: "+1 %" },
  ];
  for (const { policy, since, minInterval = HOUR, expected } of cases) {
    const when = since === undefined ? "before the first" : `${since} s after the last`;
    it(`${JSON.stringify(policy)} ${when}, interval ${minInterval} s: ${String(expected)}`, () => {
      const last = since === undefined ? 0n : NOW - since;
      const home = homeAt({ effectiveAt: last });
      const decision = decide(
        parsePolicy(policy, "a test"),
        home,
        controllerWith(last, minInterval),
      );
      if (typeof expected === "string") {
        expect(decision.due && formatGrowth(decision.growthFactor)).to.equal(expected);
      } else {
        expect(decision.due).to.equal(false);
        expect(decision.reason).to.match(expected);
      }
    });
  }

  it("waits while a rebase is pending", () => {
    const home = homeAt({ effectiveAt: NOW + 1n });
    const policy = parsePolicy({ percent: "1" }, "a test");
    expect(decide(policy, home, controllerWith(NOW + 1n)).due).to.equal(false);
  });

  it("waits for the interval after a cancellation, and then covers the time since the last rebase", () => {
    const policy = parsePolicy({ annualPercent: "36.5" }, "a test");
    const cancelledAt = (cancelled: bigint): ControllerState => ({
      ...controllerWith(NOW - DAY + 600n),
      earliestEffectiveAt: cancelled + HOUR,
    });
    const waiting = decide(policy, homeAt(), cancelledAt(NOW - 60n));
    expect(waiting).to.deep.include({ due: false, dueAt: NOW - 60n + HOUR - 600n });
    const due = decide(policy, homeAt(), cancelledAt(NOW - HOUR));
    expect(due.due && formatGrowth(due.growthFactor)).to.equal("+0.1 %");
  });

  it("uses the token's state when the controller is new and has no history", () => {
    const policy = parsePolicy({ percent: "1", every: "1d" }, "a test");
    expect(decide(policy, homeAt(), controllerWith(0n)).due).to.equal(false);
  });

  it("requires an interval: otherwise every run would rebase", () => {
    const policy = parsePolicy({ percent: "1" }, "a test");
    expect(() => decide(policy, homeAt(), controllerWith(NOW - DAY, 0n))).to.throw('set "every"');
  });

  for (const [input, mistake] of [
    [{}, "name either percent or annualPercent"],
    [{ percent: "1", annualPercent: "1" }, "name either percent or annualPercent"],
    [{ percent: "1,5" }, 'percent = "1,5": may mean 1.5 or 15'],
    [{ percent: "1", every: "daily" }, 'every = "daily": is not a span of time'],
    [{ percent: "1", evry: "1d" }, "evry"],
  ] as const) {
    it(`refuses ${JSON.stringify(input)}: ${mistake}`, () => {
      expect(() => parsePolicy(input, "config/policies/x.json"))
        .to.throw(mistake)
        .with.property("message")
        .that.includes("config/policies/x.json");
    });
  }
});

describe("The guards of a rebase", () => {
  const OPERATOR = { account: "0xA", holders: ["0xA"] };
  interface Case {
    readonly what: string;
    readonly request?: Partial<RebaseRequest>;
    readonly home?: Partial<ChainStatus>;
    readonly last?: bigint;
    readonly operator?: { account: string; holders: string[] };
    readonly refusing: GuardResult["guard"][];
    readonly detail?: string;
  }
  const cases: Case[] = [
    { what: "a gain within the bounds", refusing: [] },
    { what: "the largest gain", request: { growthFactor: growthFactor("10") }, refusing: [] },
    {
      what: "more than the largest gain",
      request: { growthFactor: growthFactor("10") + 1n },
      refusing: ["bounds"],
    },
    { what: "the largest loss", request: { growthFactor: growthFactor("-10") }, refusing: [] },
    {
      what: "more than the largest loss",
      request: { growthFactor: growthFactor("-10") - 1n },
      refusing: ["bounds"],
    },
    {
      what: "a factor of zero",
      request: { growthFactor: 0n },
      refusing: ["bounds", "index"],
    },
    {
      what: "a loss beyond the range of an index",
      request: { growthFactor: growthFactor("-10") },
      home: { sharesPerToken: 2n ** 96n - 1n },
      refusing: ["index"],
    },
    ...(
      [
        ["-10", WIDEST_AT_MOST, []],
        ["-10", WIDEST_AT_MOST + 1n, ["index"]],
        ["10", 11n * 10n ** 17n, []],
        ["10", 11n * 10n ** 17n - 2n, ["index"]],
      ] as const
    ).map(([percent, sharesPerToken, refusing]) => ({
      what: `${percent} % from an index of ${sharesPerToken}`,
      request: { growthFactor: growthFactor(percent) },
      home: { sharesPerToken },
      refusing: [...refusing],
    })),
    { what: "the longest delay", request: { delay: DAY }, refusing: [] },
    { what: "a longer delay", request: { delay: DAY + 1n }, refusing: ["delay"] },
    {
      what: "a gain a second sooner than the controller's delay",
      request: { delay: 599n },
      refusing: ["delay"],
      detail: "599 s, a gain at least 600 s, at most 86400 s",
    },
    { what: "a gain after the controller's delay", request: { delay: 600n }, refusing: [] },
    {
      what: "a loss at once",
      request: { growthFactor: growthFactor("-1"), delay: 0n },
      refusing: [],
    },
    {
      what: "no change at once",
      request: { growthFactor: growthFactor("0"), delay: 0n },
      refusing: [],
    },
    {
      what: "while another one is pending",
      home: { effectiveAt: NOW + 60n },
      last: NOW - DAY,
      refusing: ["pending"],
      detail: "epoch 2 takes effect at",
    },
    { what: "at the earliest second", last: NOW + 600n - HOUR, refusing: [] },
    { what: "a second too early", last: NOW + 601n - HOUR, refusing: ["interval"] },
    {
      what: "early, with a delay that makes up for it",
      last: NOW,
      request: { delay: HOUR },
      refusing: [],
    },
    {
      what: "early, a loss without delay",
      last: NOW,
      request: { growthFactor: growthFactor("-1"), delay: 0n },
      refusing: ["interval"],
    },
    {
      what: "by another account",
      operator: { account: "0xA", holders: ["0xB", "0xC"] },
      refusing: ["role"],
      detail: "0xA lacks REBASE_OPERATOR_ROLE on the controller; 0xB, 0xC has it",
    },
    {
      what: "when no account has the role",
      operator: { account: "0xA", holders: [] },
      refusing: ["role"],
      detail: "nobody has it",
    },
  ];
  for (const { what, request, home, last = 0n, operator = OPERATOR, refusing, detail } of cases) {
    const outcome = refusing.length === 0 ? "pass" : `refuse (${refusing.join(", ")})`;
    it(`${what}: ${outcome}`, () => {
      const verdicts = checkGuards(
        homeAt(home),
        controllerWith(last),
        { growthFactor: growthFactor("1.5"), ...request },
        operator,
      );
      const refused = verdicts.filter(({ passes }) => !passes);
      expect(refused.map(({ guard }) => guard)).to.deep.equal(refusing);
      if (detail !== undefined)
        expect(refused.map((item) => item.detail).join()).to.include(detail);
    });
  }
});

describe("A keeper's arguments", () => {
  it("come from the command line first, then from the environment, and have defaults", () => {
    const env = { REBASE_MESH: "testnet", REBASE_PERCENT: "1", REBASE_ATTEMPTS: "7" };
    const args = keeperOptionsOf({ mesh: "local", percent: "-2" }, env);
    expect(args).to.deep.equal({
      mesh: "local",
      policy: { percent: -2n * 10n ** 25n, annualPercent: undefined, every: undefined },
      payment: { token: "native", from: "caller" },
      ceiling: undefined,
      dryRun: false,
      attempts: 7,
      overdueAfterSeconds: 2_700n,
      followMs: undefined,
    });
  });

  it("accept a size in percent with its sign and its unit, and a time in two units", () => {
    const words = { percent: "+1 %", every: "1h30m", feeCeiling: "1,000" };
    const spans = { overdueAfter: "1h30m", followFor: "2m" };
    expect(keeperOptionsOf({ ...words, ...spans }, {})).to.deep.include({
      overdueAfterSeconds: 5_400n,
      followMs: 120_000,
      policy: { percent: 10n ** 25n, annualPercent: undefined, every: 5_400n },
      ceiling: 1_000n * 10n ** 18n,
    });
  });

  it("use the policy of the mesh unless another is named", () => {
    const policy = { annualPercent: 45n * 10n ** 24n, every: 72_000n };
    expect(keeperOptionsOf({ mesh: "testnet" }, {})).to.deep.include({ policy });
  });

  for (const [words, mistake] of [
    [{ feeToken: "gold" }, '"gold" is not a way to pay'],
    [{ feeCeiling: "lots" }, '--fee-ceiling "lots" is not an amount'],
    [{ mesh: "nosuch" }, "There is no policy in"],
    [{ attempts: "0" }, '--attempts "0" is too little: write at least 1'],
    [{ followFor: "long" }, '--follow-for "long" is not a span of time'],
    [{ percent: "much" }, 'percent = "much": is not a percentage'],
    [{ percent: "1,5" }, 'percent = "1,5": may mean 1.5 or 15'],
    [{ feeCeiling: "0,05" }, '--fee-ceiling "0,05" may mean 0.05 or 5'],
    [{ overdueAfter: "90" }, '--overdue-after "90" may mean 90s or 90m'],
  ] as const) {
    it(`${JSON.stringify(words)}: ${mistake}`, () => {
      expect(() => keeperOptionsOf(words, {})).to.throw(mistake);
    });
  }
});
