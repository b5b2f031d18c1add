import { toBeHex } from "ethers";
import { describe, expect, it } from "vitest";
import type { CcipVersion, ExecutionState, Message } from "ccip-localnet/protocol";

import { failedSince, readAt, unread } from "../src/model/reading";
import type { ChainIndex } from "core/syncStatus";
import { sharesInFlight } from "../src/model/inFlight";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "../src/model/messages";
import { conserve, isConserved, lagCause, lagText, meshHealth } from "../src/model/health";
import type { IndexReading } from "../src/model/health";

function index(chain: string, epoch: bigint, next = 10n ** 24n): ChainIndex {
  return {
    chain,
    epoch,
    next,
    blockNumber: 1,
    timestamp: 1n,
    sharesPerToken: next,
    current: 10n ** 24n,
    effectiveAt: 0n,
    totalShares: 0n,
    totalSupply: 0n,
  };
}

const at = (chain: string) => ({ source: chain, block: 7n, time: 1_000 });
const silence = (source: string) => ({
  source,
  since: 2_000,
  reason: "its endpoint cannot be reached",
});

const read = (...args: Parameters<typeof index>): IndexReading => ({
  chain: args[0],
  index: readAt(index(...args), at(args[0])),
});
const waiting = (chain: string): IndexReading => ({ chain, index: unread(chain) });
const dead = (chain: string): IndexReading => ({
  chain,
  index: failedSince<ChainIndex>(unread(chain), silence(chain)),
});
const gone = (...args: Parameters<typeof index>): IndexReading => ({
  chain: args[0],
  index: failedSince(read(...args).index, silence(args[0])),
});

const broadcast = (
  state: MessageState,
  epoch: bigint,
  reason?: string,
  version: CcipVersion = "1.6",
) =>
  ({
    message: { version },
    kind: "broadcast",
    destination: "local-sat1",
    state: readAt(state, at("local-sat1")),
    epoch,
    reason,
  }) as TrackedMessage;
const whole = (value: readonly TrackedMessage[]) =>
  ({ extent: "whole", value, failures: [] }) as const;

describe("The health", () => {
  const home = "local-home";

  it("reports that all chains are at one epoch", () => {
    const chains = [read(home, 42n), read("local-sat1", 42n), read("local-sat2", 42n)];
    expect(meshHealth(chains, home, [])).toEqual({
      tone: "good",
      headline: "All 3 chains are at epoch 42",
      details: [],
    });
  });

  it.each([
    { tone: "good", at: 42n, health: "good", headline: "All 2 chains are at epoch 42" },
    { tone: "wait", at: 42n, health: "wait", headline: "rejected" },
    { tone: "bad", at: 42n, health: "bad", headline: "rejected" },
    { tone: "wait", at: 41n, health: "wait", headline: "Sat is stale by 1 epoch" },
    { tone: "bad", at: 41n, health: "bad", headline: "rejected" },
  ] as const)(
    "is $health with a finding that is $tone, of a chain at epoch $at",
    ({ tone, at: epoch, health, headline }) => {
      const finding = { tone, headline: "rejected", detail: "It was rejected." };
      const chains = [read(home, 42n), read("sat", epoch)];
      const result = meshHealth(chains, home, [], [finding]);
      expect(result).toMatchObject({ tone: health, headline });
      expect(result.details[0]).toBe("It was rejected.");
    },
  );

  it("names the gravest finding, and counts those that weigh as much", () => {
    const finding = (tone: "good" | "bad", headline: string) => ({
      tone,
      headline,
      detail: headline,
    });
    const findings = [finding("good", "old"), finding("bad", "held"), finding("bad", "too")];
    expect(meshHealth([read(home, 42n)], home, [], findings)).toEqual({
      tone: "bad",
      headline: "held, and 1 more",
      details: ["old", "held", "too", "The only chain is at epoch 42."],
    });
  });

  it("names the stale chain, the reason and the duration", () => {
    const lags = [{ chain: "op-sepolia", epochs: 1n, seconds: 185, cause: "message executing" }];
    expect(meshHealth([read(home, 42n), read("op-sepolia", 41n)], home, lags)).toMatchObject({
      tone: "wait",
      headline: "OP Sepolia is stale by 1 epoch: message executing, 3 min",
    });
  });

  it("counts several stale chains and lists each", () => {
    const chains = [read(home, 42n), read("local-sat1", 40n), read("local-sat2", 41n)];
    const health = meshHealth(chains, home, []);
    expect(health.headline).toBe("2 of 3 chains are stale: home is at epoch 42");
    expect(health.details).toEqual([
      "Satellite 1 is stale by 2 epochs.",
      "Satellite 2 is stale by 1 epoch.",
      expect.stringContaining("No share is touched."),
    ]);
  });

  it.each<[string, IndexReading, string]>([
    ["was not read yet", waiting("local-sat2"), "Satellite 2 has not been read yet."],
    [
      "never answered",
      dead("local-sat2"),
      "Satellite 2 has never been read: its endpoint cannot be reached, since",
    ],
    ["answers no more", gone("local-sat2", 3n), "It was at epoch 3 in block 7."],
  ])("is not positive while a chain %s", (_, third, words) => {
    const health = meshHealth([read(home, 3n), read("local-sat1", 3n), third], home, []);
    expect(health).toMatchObject({
      tone: "unknown",
      headline: "2 of 3 chains are at epoch 3, Satellite 2 is not read",
    });
    expect(health.details).toEqual([expect.stringContaining(words)]);
  });

  it("names a stale chain and an unread one", () => {
    const chains = [read(home, 3n), read("local-sat1", 2n), dead("local-sat2")];
    const health = meshHealth(chains, home, []);
    expect(health.headline).toBe("Satellite 1 is stale by 1 epoch");
    expect(health.details.at(-1)).toContain("Satellite 2 has never been read");
  });

  it.each<[string, IndexReading]>([
    ["was not read", waiting(home)],
    ["never answered", dead(home)],
    ["answers no more", gone(home, 3n)],
  ])("is unknown while home %s", (_, first) => {
    const health = meshHealth([first, read("local-sat1", 3n)], home, []);
    expect(health).toMatchObject({
      tone: "unknown",
      headline: "Whether the satellites are synced is unknown until Home is read",
    });
  });

  it.each<[string, Partial<ChainIndex>]>([
    ["has two indexes", { next: 10n ** 23n }],
    ["begins with another index", { current: 10n ** 23n }],
    ["counts from another time", { effectiveAt: 1n }],
  ])("raises an alarm when one epoch %s", (_, change) => {
    const other = { ...index("local-sat1", 3n), ...change };
    const there = { chain: "local-sat1", index: readAt(other, at("local-sat1")) };
    expect(meshHealth([read(home, 3n), there], home, [])).toMatchObject({
      tone: "bad",
      headline: "Satellite 1 has diverged from home at epoch 3",
    });
  });

  it("waits for the first answer", () => {
    expect(meshHealth([waiting(home), waiting("local-sat1")], home, []).headline).toBe(
      "Reading every chain…",
    );
  });

  it.each([
    ["not broadcast yet", [], false],
    ["message sent, not committed yet", [broadcast("sent", 4n)], false],
    ["message sent, not executed yet", [broadcast("sent", 4n, "", "2.0")], false],
    ["message executing", [broadcast("committed", 4n)], false],
    ["message executing", [broadcast("verified", 4n, "", "2.0")], false],
    ["message failed, it ran out of gas", [broadcast("failed", 4n, "it ran out of gas")], false],
    ["message executed without effect", [broadcast("executed", 4n)], false],
    ["not broadcast yet", [broadcast("executed", 3n)], false],
    ["the lane is cursed, no message could be sent", [broadcast("executed", 3n)], true],
    ["the lane is cursed, its message waits", [broadcast("sent", 4n)], true],
  ] as const)("gives the cause of a lag: %s", (words, messages, isCursed) => {
    expect(lagCause(4n, whole(messages), isCursed)).toBe(words);
  });

  it("reports a missing broadcast unless a newer one was sent", () => {
    const refusal = (epoch: bigint): RefusedBroadcast => ({
      kind: "refused",
      source: "local-home",
      destination: "local-sat1",
      epoch,
      reason: "it ran out of gas",
      sentAt: 1,
      transactionHash: "0x",
    });
    const words = "the broadcast was not sent";
    expect(lagCause(4n, whole([]), false, [refusal(4n)])).toBe(words);
    expect(lagCause(4n, whole([]), false, [refusal(3n)])).toBe("not broadcast yet");
    expect(lagCause(4n, whole([broadcast("committed", 5n)]), false, [refusal(4n)])).toBe(
      "message executing",
    );
  });

  it("does not report a missing broadcast before home's logs were read", () => {
    const nothing = { extent: "part", known: [], missing: ["local-home"], failures: [] } as const;
    expect(lagCause(4n, nothing, false)).toBe(
      "whether it was broadcast is unknown until Home is read",
    );
  });

  it("does not report a message's progress before its destination was read", () => {
    const sent = { ...broadcast("sent", 4n), state: unread("local-sat1") };
    expect(lagCause(4n, whole([sent]), false)).toBe(
      "message sent, what became of it is unknown until Satellite 1 is read",
    );
  });

  it("leaves out unknown values", () => {
    expect(lagText({ chain: "local-sat1", epochs: 3n, seconds: undefined, cause: "" })).toBe(
      "Satellite 1 is stale by 3 epochs",
    );
  });

  it("adds up shares to the unit", () => {
    const message = { messageId: "0x", source: "a", destination: "b", shares: 7n };
    const issued = 10n ** 45n;
    const sum = conserve(
      issued,
      [
        { chain: "a", shares: issued - 8n },
        { chain: "b", shares: 0n },
      ],
      [message],
    );
    expect(sum).toMatchObject({ sharesInFlight: 7n, difference: 1n });
  });

  describe("Shares in flight", () => {
    const [pool, previous, thirdParty, token] = ["0xa", "0xf", "0x5", "0x7"];
    const word = toBeHex((1n << 248n) | (18n << 240n) | (1n << 208n) | 7n, 32);
    const sites = [
      { name: "a", selector: 1n, contracts: { pool }, previousPools: [previous] },
      { name: "b", selector: 2n, contracts: { pool: "0xb" } },
    ];
    const inFlight = (sourcePool: string, extraData: string, state?: ExecutionState) => {
      const message = {
        messageId: "0x1",
        destinationSelector: 2n,
        tokens: [
          { sourcePool, extraData, destinationToken: token, amount: 5n, destinationGas: 0n },
        ],
      } as unknown as Message;
      const journals = new Map([
        [1n, { sent: [message], executions: new Map() }],
        [2n, { sent: [], executions: new Map(state && [["0x1", { state }]]) }],
      ]);
      return sharesInFlight(sites, journals).map(({ shares }) => shares);
    };

    it("include the messages of the token's pool and of replaced pools", () => {
      expect(inFlight(pool, word)).toEqual([7n]);
      expect(inFlight(previous, word)).toEqual([7n]);
    });

    it.each<[ExecutionState, readonly bigint[]]>([
      ["untouched", [7n]],
      ["failure", [7n]],
      ["success", []],
    ])("end with an execution that succeeds: %s", (state, shares) => {
      expect(inFlight(pool, word, state)).toEqual(shares);
    });

    it.each(["0x", word, toBeHex(18n, 32), `0x${"11".repeat(64)}`])(
      "exclude a third party's pool that names the token: %s",
      (extraData) => {
        expect(inFlight(thirdParty, extraData)).toEqual([]);
      },
    );

    it.each(["0x", toBeHex(18n, 32), `0x${"11".repeat(64)}`])(
      "report unaccounted shares, and add up the rest: %s",
      (extraData) => {
        const unclear = inFlight(pool, extraData);
        expect(unclear).toEqual([undefined]);
        const sum = conserve(
          10n,
          [{ chain: "a", shares: 3n }],
          [...unclear, 7n].map((shares) => ({
            messageId: "0x",
            source: "a",
            destination: "b",
            shares,
          })),
        );
        expect(sum).toMatchObject({ sharesInFlight: 7n, difference: 0n });
        expect(sum.undecodable).toHaveLength(1);
        expect(isConserved(sum)).toBe(false);
      },
    );
  });
});
