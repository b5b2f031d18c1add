import { describe, expect, it } from "vitest";

import type { DeployedChain } from "../src/deployments";
import { transferObstacle } from "../src/model/obstacle";
import type { TransferFacts } from "../src/model/obstacle";

const ONE = 10n ** 18n;
const chain = (name: string) => ({ name }) as DeployedChain;
const bucket = (held: bigint) => ({
  isEnabled: true,
  tokens: held * ONE,
  capacity: 100n * ONE,
  rate: ONE,
});

/** A transfer of all that the account has, for all of its native currency, up to both limits: nothing is in the way. */
const SOUND: TransferFacts = {
  source: chain("local-home"),
  destination: chain("local-sat1"),
  symbol: "RUSD",
  amount: 50n * ONE,
  balance: 50n * ONE,
  isCursed: false,
  isPaused: { here: false, there: false },
  outbound: bucket(50n),
  inbound: bucket(50n),
  fee: { quoted: ONE, held: ONE },
  feeSymbol: "ETH",
  otherCurrency: undefined,
};

describe("A transfer", () => {
  it.each<[string, Partial<TransferFacts>]>([
    ["just fits", {}],
    ["has no fee yet", { fee: { quoted: undefined, held: 0n } }],
    ["has no limit", { outbound: { ...bucket(0n), isEnabled: false } }],
  ])("is not hindered when it %s", (_, change) => {
    expect(transferObstacle({ ...SOUND, ...change })).toBeUndefined();
  });

  it.each<[string, Partial<TransferFacts>]>([
    ["has cursed this lane", { isCursed: true, isPaused: { here: true, there: true } }],
    ["is paused on Home: nothing moves", { isPaused: { here: true, there: true } }],
    ["is paused on Satellite 1: a transfer would wait", { isPaused: { here: false, there: true } }],
    ["You have 49.000000 RUSD on Home: send at most that", { balance: 49n * ONE }],
    [
      "Only 40.00 RUSD can leave over this lane now: send less, or wait 10 s",
      { outbound: bucket(40n), inbound: bucket(30n) },
    ],
    [
      "Only 30.00 RUSD can arrive over this lane now: send less, or wait 20 s",
      { inbound: bucket(30n) },
    ],
    [
      "At most 100.00 RUSD can leave over this lane in one go",
      { amount: 101n * ONE, balance: 101n * ONE },
    ],
    [
      "The fee is 1.000000 ETH, you have 0.999999: top it up.",
      { fee: { quoted: ONE, held: ONE - 1n } },
    ],
    [
      "you have 0.999999: top it up, or pay in LINK.",
      { fee: { quoted: ONE, held: ONE - 1n }, otherCurrency: "LINK" },
    ],
  ])("is hindered: %s", (words, change) => {
    expect(transferObstacle({ ...SOUND, ...change })).toContain(words);
  });
});
