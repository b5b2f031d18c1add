import { toBeHex } from "ethers";
import { describe, expect, it } from "vitest";

import type { Message } from "../../lib/ccip/message";
import type { ChainIndex } from "../../lib/mesh/follow";
import { sharesInFlight } from "../../lib/supply/inFlight";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "../src/model/messages";
import { conserve, isConserved, lagCause, lagInWords, meshVerdict } from "../src/model/verdict";

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

const broadcast = (state: MessageState, epoch: bigint, reason?: string) =>
  ({ kind: "broadcast", state, epoch, reason }) as TrackedMessage;

describe("the verdict", () => {
  const home = "local-home";

  it("says that all chains agree", () => {
    const indexes = [index(home, 42n), index("local-sat1", 42n), index("local-sat2", 42n)];
    expect(meshVerdict({ indexes, home, silent: [], lags: [] })).toMatchObject({
      tone: "good",
      headline: "All 3 chains tell epoch 42",
    });
  });

  it("names the one that is behind, why and for how long", () => {
    const lags = [{ chain: "op-sepolia", epochs: 1n, seconds: 185, cause: "message executing" }];
    const indexes = [index(home, 42n), index("op-sepolia", 41n)];
    expect(meshVerdict({ indexes, home, silent: [], lags })).toMatchObject({
      tone: "wait",
      headline: "OP Sepolia is 1 epoch behind: message executing, 3 min",
    });
  });

  it("counts several that are behind and tells of each", () => {
    const indexes = [index(home, 42n), index("local-sat1", 40n), index("local-sat2", 41n)];
    const verdict = meshVerdict({ indexes, home, silent: [], lags: [] });
    expect(verdict.headline).toBe("2 of 3 chains are behind epoch 42");
    expect(verdict.details).toEqual([
      "Satellite 1 is 2 epochs behind.",
      "Satellite 2 is 1 epoch behind.",
      expect.stringContaining("No share is touched."),
    ]);
  });

  it("does not claim to know what a silent chain tells", () => {
    const verdict = meshVerdict({
      indexes: [index(home, 3n), index("local-sat1", 3n)],
      home,
      silent: ["local-sat2"],
      lags: [],
    });
    expect(verdict).toMatchObject({
      tone: "unknown",
      headline: "2 of 3 chains tell epoch 3, one does not answer",
    });
  });

  it("follows nobody when home is silent", () => {
    const verdict = meshVerdict({
      indexes: [index("local-sat1", 3n)],
      home,
      silent: [home],
      lags: [],
    });
    expect(verdict.tone).toBe("unknown");
    expect(verdict.headline).toContain("Home does not answer");
  });

  it("raises the alarm when one epoch has two indexes", () => {
    const verdict = meshVerdict({
      indexes: [index(home, 3n), index("local-sat1", 3n, 1n)],
      home,
      silent: [],
      lags: [],
    });
    expect(verdict).toMatchObject({
      tone: "bad",
      headline: "Satellite 1 tells another index than home for epoch 3",
    });
  });

  it.each([
    ["not broadcast yet", [], false],
    ["message sent, not committed yet", [broadcast("sent", 4n)], false],
    ["message executing", [broadcast("committed", 4n)], false],
    ["message failed, it ran out of gas", [broadcast("failed", 4n, "it ran out of gas")], false],
    ["message executed without effect", [broadcast("executed", 4n)], false],
    ["not broadcast yet", [broadcast("executed", 3n)], false],
    ["the lane is cursed, no message could leave", [broadcast("executed", 3n)], true],
    ["the lane is cursed, its message waits", [broadcast("sent", 4n)], true],
  ] as const)("gives the cause of a lag: %s", (words, messages, isCursed) => {
    expect(lagCause(4n, messages, isCursed)).toBe(words);
  });

  it("says that a broadcast never left, unless a newer one did", () => {
    const refusal = (epoch: bigint): RefusedBroadcast => ({
      kind: "refused",
      source: "local-home",
      destination: "local-sat1",
      epoch,
      reason: "it ran out of gas",
      sentAt: 1,
      transactionHash: "0x",
    });
    const words = "the broadcast never left";
    expect(lagCause(4n, [], false, [refusal(4n)])).toBe(words);
    expect(lagCause(4n, [], false, [refusal(3n)])).toBe("not broadcast yet");
    expect(lagCause(4n, [broadcast("committed", 4n)], false, [refusal(4n)])).toBe(
      "message executing",
    );
  });

  it("leaves out what it does not know", () => {
    expect(lagInWords({ chain: "local-sat1", epochs: 3n, seconds: undefined, cause: "" })).toBe(
      "Satellite 1 is 3 epochs behind",
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

  describe("shares in flight", () => {
    const [pool, former, stranger, token] = ["0xa", "0xf", "0x5", "0x7"];
    const word = toBeHex((1n << 248n) | (18n << 240n) | (1n << 208n) | 7n, 32);
    const sites = [
      { name: "a", selector: 1n, contracts: { pool }, formerPools: [former] },
      { name: "b", selector: 2n, contracts: { pool: "0xb" } },
    ];
    const inFlight = (sourcePool: string, extraData: string) => {
      const message = {
        messageId: "0x1",
        sequenceNumber: 1n,
        tokens: [
          { sourcePool, extraData, destinationToken: token, amount: 5n, destinationGas: 0n },
        ],
      } as unknown as Message;
      const journals = new Map([
        [1n, { sent: () => [message], execution: () => undefined }],
        [2n, { sent: () => [], execution: () => undefined }],
      ]);
      return sharesInFlight(sites, journals).map(({ shares }) => shares);
    };

    it("counts what the pool of the token sends, and what a pool sent that was replaced", () => {
      expect(inFlight(pool, word)).toEqual([7n]);
      expect(inFlight(former, word)).toEqual([7n]);
    });

    it.each(["0x", word, toBeHex(18n, 32), `0x${"11".repeat(64)}`])(
      "counts nothing of a stranger's pool that names the token, whatever it brings: %s",
      (extraData) => {
        expect(inFlight(stranger, extraData)).toEqual([]);
      },
    );

    it.each(["0x", toBeHex(18n, 32), `0x${"11".repeat(64)}`])(
      "tells what nobody can account for, and adds up the rest: %s",
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
