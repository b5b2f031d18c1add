import { describe, expect, it } from "vitest";

import { bandBounds } from "core/indexBand";
import { heartbeatFinding, heldFinding, isWithinHand, obstaclesTo } from "../src/model/heldBack";
import type { ByHand, HeldBack } from "../src/model/heldBack";

const ONE = 10n ** 24n;
const DAY = 86_400;

const held: HeldBack = {
  epoch: 7n,
  current: ONE,
  next: (ONE * 10n) / 16n,
  effectiveAt: 500n,
  since: 400,
  isRejected: false,
};
const local = { epoch: 6n, current: ONE, next: ONE, effectiveAt: 0n };
const band: ByHand = { maxGrowth: 100_000n, maxLoss: 100_000n, maxStepsByHand: 5, anchor: ONE };

describe("The band of a receiver", () => {
  it.each([
    { steps: 0, lowest: ONE, highest: ONE },
    {
      steps: 1,
      lowest: 909_090_909_090_909_090_909_090n,
      highest: 1_111_111_111_111_111_111_111_112n,
    },
    {
      steps: 2,
      lowest: 826_446_280_991_735_537_190_081n,
      highest: 1_234_567_901_234_567_901_234_569n,
    },
  ])("rounds outwards in $steps steps, as the contract does", ({ steps, lowest, highest }) => {
    expect(bandBounds(band, ONE, steps)).toEqual({ lowest, highest });
  });

  it("has an upper end at the largest index of the token", () => {
    const loss = { maxGrowth: 0n, maxLoss: 999_999n };
    expect(bandBounds(loss, ONE, 3).highest).toBe(2n ** 96n - 1n);
  });

  it.each([
    { what: "+60 % in five steps of 10 %", next: (ONE * 10n) / 16n, isByHand: true },
    { what: "+70 % in five steps of 10 %", next: (ONE * 10n) / 17n, isByHand: false },
    { what: "a loss of half", next: 2n * ONE, isByHand: false },
    { what: "the index that the satellite has", next: local.next, isByHand: true },
  ])("lets the unpauser accept $what: $isByHand", ({ next, isByHand }) => {
    expect(isWithinHand({ ...held, next }, local, band)).toBe(isByHand);
  });

  it("checks the index before the change too", () => {
    expect(isWithinHand({ ...held, current: 3n * ONE, next: ONE }, local, band)).toBe(false);
  });

  it("lets a return to the local index pass, however far the anchor is", () => {
    const far = { ...band, anchor: 100n * ONE };
    expect(isWithinHand({ ...held, next: ONE }, local, far)).toBe(true);
    const pending = { ...local, current: 2n * ONE };
    expect(isWithinHand({ ...held, next: 2n * ONE }, pending, far)).toBe(true);
  });

  it("measures from the anchor, not from the index that the satellite has by now", () => {
    const nearer = { ...local, next: (ONE * 10n) / 12n };
    expect(isWithinHand({ ...held, next: (ONE * 10n) / 17n }, nearer, band)).toBe(false);
  });
});

describe("A decision about a broadcast that is held back", () => {
  const nobody = { isOwner: false, isUnpauser: false, isGuardian: false };
  it.each([
    { who: "the unpauser", powers: { isUnpauser: true }, accept: true, reject: false },
    { who: "the guardian", powers: { isGuardian: true }, accept: false, reject: true },
    { who: "the owner", powers: { isOwner: true }, accept: true, reject: true },
    { who: "anybody else", powers: {}, accept: false, reject: false },
  ])("is $who's: accept $accept, reject $reject", ({ powers, accept, reject }) => {
    const obstacles = obstaclesTo(held, true, { ...nobody, ...powers });
    expect(obstacles.accept === undefined).toBe(accept);
    expect(obstacles.reject === undefined).toBe(reject);
    expect(obstacles.isForTimelock).toBe(false);
  });

  it.each([
    { case: "beyond the band by hand", isRejected: false, isByHand: false },
    { case: "after it was rejected", isRejected: true, isByHand: true },
  ])("is the timelock's alone $case", ({ isRejected, isByHand }) => {
    const refused = obstaclesTo({ ...held, isRejected }, isByHand, { ...nobody, isUnpauser: true });
    expect(refused.accept).toContain("only the timelock may accept it");
    expect(refused.isForTimelock).toBe(true);
    const owner = obstaclesTo({ ...held, isRejected }, isByHand, { ...nobody, isOwner: true });
    expect(owner).toMatchObject({ accept: undefined, isForTimelock: false });
  });
});

describe("A finding about a satellite", () => {
  it("names what is held back and who decides, when home has that index", () => {
    expect(heldFinding("local-sat1", held, held)).toMatchObject({
      tone: "bad",
      headline: "Satellite 1 holds back epoch 7",
      detail: expect.stringContaining("growth index of 1.6") as string,
    });
    expect(heldFinding("local-sat1", held, held).detail).toContain("Accept or reject it");
  });

  it.each([
    { home: local, why: "an epoch that home has not reached" },
    { home: { ...held, next: ONE }, why: "another index than home's for the epoch" },
  ])("says to reject $why", ({ home }) => {
    const { tone, detail } = heldFinding("local-sat1", held, home);
    expect(tone).toBe("bad");
    expect(detail).toContain(`home, at epoch ${home.epoch}, does not have that index. Reject it`);
  });

  it("only waits for a newer one once it is rejected", () => {
    expect(heldFinding("local-sat1", { ...held, isRejected: true }, held)).toMatchObject({
      tone: "wait",
      headline: "Satellite 1 holds back epoch 7, which was rejected",
    });
  });

  it("mentions a confirmation that is older than a day", () => {
    expect(heartbeatFinding("local-sat1", 0, 9 * DAY)).toBeUndefined();
    expect(heartbeatFinding("local-sat1", DAY, 2 * DAY)).toBeUndefined();
    expect(heartbeatFinding("local-sat1", DAY, 4 * DAY)).toMatchObject({
      tone: "good",
      headline: "Home has confirmed the index of Satellite 1 3 days ago",
    });
  });
});
