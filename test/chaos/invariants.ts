import { expect } from "chai";

import type { ChainRole } from "../shared/scenario";

import type { Figures } from "./chainReader";
import type { Model, ModelChain } from "./model";
import { ACCOUNTS, HOLDERS, ROLES, SATELLITES, UNIT } from "./names";
import type { System } from "./system";
import { counting } from "./types";
import type { Base } from "./types";
import { figure } from "./world";

/** The figures of all chains after a command. */
type Reading = Readonly<Record<ChainRole, Figures>>;

/** Something that holds on all chains after every command. */
interface Invariant {
  readonly id: string;
  readonly says: string;
  readonly check: (reading: Reading, real: System, model: Model) => void;
}

/** A million, in which the growth and the loss of a step are given. */
const MILLION = 1_000_000n;

/** Intervals of a band after which the moves of a satellite are measured from anew. */
const WINDOW = 10n;

/** Those of the threats that a random run can break, by their ids. */
const INVARIANTS: readonly Invariant[] = [
  {
    id: "I1",
    says: "the shares of all accounts are all shares of a chain",
    check: (reading) => {
      for (const role of ROLES) {
        const shares = ACCOUNTS.map((account) => figure(reading[role], `shares of ${account}`));
        expect(sum(shares), role).to.equal(figure(reading[role], "totalShares"));
      }
    },
  },
  {
    id: "I2",
    says: "the supply is what all shares are worth, and balances come to it less their dust",
    check: (reading) => {
      for (const role of ROLES) {
        const read = reading[role];
        const supply = figure(read, "totalSupply");
        expect(supply, role).to.equal(figure(read, "totalShares") / figure(read, "sharesPerToken"));
        const balances = sum(ACCOUNTS.map((account) => figure(read, `balance of ${account}`)));
        expect(balances <= supply && supply < balances + BigInt(ACCOUNTS.length), role).to.equal(
          true,
        );
      }
    },
  },
  {
    id: "I17",
    says: "no epoch falls",
    check: (reading, { epochs }) => {
      for (const role of ROLES) {
        const [epoch = 0n] = stateOf(reading[role]);
        expect(epoch >= epochs[role], role).to.equal(true);
        epochs[role] = epoch;
      }
    },
  },
  {
    id: "I19",
    says: "a satellite has no index that home never had, but those that its band cannot tell from home's",
    check: (reading, { published }) => {
      for (const role of ROLES) {
        expect(published, role).to.include(stateOf(reading[role]).join());
      }
    },
  },
  {
    id: "I20",
    says: "no satellite is ahead of what was said at home",
    check: (reading, { newest }) => {
      for (const role of ROLES) {
        const [epoch = 0n] = stateOf(reading[role]);
        expect(epoch <= newest, role).to.equal(true);
      }
    },
  },
  {
    id: "K1",
    says: "messages move a satellite by a step an interval, and by what it may have missed",
    check: (reading, { bases }) => {
      for (const role of SATELLITES) {
        const [, current = 0n, next = 0n] = stateOf(reading[role]);
        const [lowest, highest] = current < next ? [current, next] : [next, current];
        const now = { lowest, highest, time: figure(reading[role], "time") };
        const [maxGrowth = 0n, maxLoss = 0n, minInterval = 0n, maxSteps = 0n] =
          reading[role].get("getBand") ?? [];
        const base = bases.get(role) ?? now;
        const intervals = (now.time - base.time) / minInterval;
        // The index may be away from its anchor at first, and again at last, and the anchor may not have followed for a long time.
        const steps = 3n * maxSteps + 1n + intervals;
        expectWithin(base, now, { maxGrowth, maxLoss, steps });
        bases.set(role, intervals < WINDOW ? base : now);
      }
    },
  },
  {
    id: "I22",
    says: "every issued share is on a chain or in flight",
    check: (reading, { ledger }) => {
      const flying = [...ledger.values()].filter(({ arrived }) => !arrived);
      const onChains = sum(ROLES.map((role) => figure(reading[role], "totalShares")));
      expect(onChains + sum(flying.map(({ shares }) => shares))).to.equal(
        figure(reading.home, "issuedShares"),
      );
    },
  },
  {
    id: "I23",
    says: "a satellite has what arrived, less what left",
    check: (reading, real) => {
      for (const role of ["sat1", "sat2"] as const) {
        expect(figure(reading[role], "totalShares"), role).to.equal(
          real.given[role] + movedTo(role, real),
        );
      }
    },
  },
  {
    id: "I24",
    says: "home counts as outstanding what left it and did not return, and never less than nothing",
    check: (reading, real) => {
      const outstanding =
        figure(reading.home, "issuedShares") - figure(reading.home, "totalShares");
      expect(outstanding).to.equal(real.outstanding - movedTo("home", real));
      expect(outstanding >= 0n).to.equal(true);
    },
  },
  {
    id: "I33",
    says: "nothing is left in a pool, a router or a bridge",
    check: (reading) => {
      for (const role of ROLES) {
        for (const account of ["pool", "router", "wrappedBridge"] as const) {
          expect(figure(reading[role], `shares of ${account}`), `${account} of ${role}`).to.equal(
            0n,
          );
        }
      }
    },
  },
  {
    id: "I39",
    says: "the wrapper has the shares of every wrapped unit",
    check: (reading) => {
      for (const role of ROLES) {
        expect(figure(reading[role], "shares of wrapper"), role).to.equal(
          figure(reading[role], "wrapped") * UNIT,
        );
      }
    },
  },
  {
    id: "the model",
    says: "all of it is what the model says",
    check: (reading, _, model) => {
      for (const role of ROLES)
        expect(shown(reading[role]), role).to.deep.equal(modelled(model.chains[role]));
      expect(figure(reading.home, "issuedShares")).to.equal(model.issued);
    },
  },
];

/** Reads all chains, and expects every invariant to hold. */
export async function expectInvariants(model: Model, real: System): Promise<void> {
  const reading = await real.read();
  for (const role of ROLES) model.chains[role].now = figure(reading[role], "time");
  real.publish(model.home.index);
  for (const { id, says, check } of INVARIANTS) {
    try {
      check(reading, real, model);
    } catch (error) {
      if (error instanceof Error) error.message = `${id}, ${says}: ${error.message}`;
      throw error;
    }
  }
}

/**
 * Expects indexes not to be further from others than some steps, in fractions: no step divides the index by more than
 * 1 + maxGrowth or by less than 1 - maxLoss. Rounding adds at most one for each step.
 */
function expectWithin(
  base: Base,
  { lowest, highest }: Base,
  { maxGrowth, maxLoss, steps }: { maxGrowth: bigint; maxLoss: bigint; steps: bigint },
): void {
  const least = base.lowest * MILLION ** steps;
  expect((lowest + steps) * (MILLION + maxGrowth) ** steps >= least, "the lowest").to.equal(true);
  const most = (base.highest + steps) * MILLION ** steps;
  expect(highest * (MILLION - maxLoss) ** steps <= most, "the highest").to.equal(true);
}

/** Shares that have arrived on a chain, less those that left it. */
function movedTo(role: ChainRole, { ledger }: System): bigint {
  const entries = [...ledger.values()];
  const arrived = entries.filter(({ to, arrived: has }) => has && to === role);
  return (
    sum(arrived.map(({ shares }) => shares)) -
    sum(entries.filter(({ from }) => from === role).map(({ shares }) => shares))
  );
}

function stateOf(read: Figures): readonly bigint[] {
  return read.get("indexState") ?? [];
}

/** Returns the figures of a chain in the terms of the model. */
function shown(read: Figures): Record<string, unknown> {
  const [, , , , , ...anchor] = read.get("getBand") ?? [];
  return {
    index: stateOf(read),
    sharesPerToken: figure(read, "sharesPerToken"),
    paused: figure(read, "paused") === 1n,
    shares: Object.fromEntries(ACCOUNTS.map((name) => [name, figure(read, `shares of ${name}`)])),
    wrapped: Object.fromEntries(HOLDERS.map((name) => [name, figure(read, `wrapped of ${name}`)])),
    ...(read.has("getBand") && {
      anchor,
      held: read.get("getQuarantined"),
      lastConfirmed: figure(read, "lastConfirmed"),
    }),
  };
}

function modelled({
  index,
  breaker,
  now,
  paused,
  shares,
  wrapped,
}: ModelChain): Record<string, unknown> {
  const { epoch, current, next, effectiveAt } = index;
  return {
    index: [epoch, current, next, effectiveAt],
    sharesPerToken: counting(index, now),
    paused,
    shares: { ...shares },
    wrapped: { ...wrapped },
    ...(breaker && {
      anchor: Object.values(breaker.anchorAt(index, now)),
      held: heldBy(breaker),
      lastConfirmed: breaker.lastConfirmed,
    }),
  };
}

function heldBy({ held }: NonNullable<ModelChain["breaker"]>): bigint[] {
  if (!held) return [0n, 0n, 0n, 0n, 0n, 0n, 0n];
  const { epoch, effectiveAt, sentAt, since, isRejected, current, next } = held;
  return [epoch, effectiveAt, sentAt, since, isRejected ? 1n : 0n, current, next];
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}
