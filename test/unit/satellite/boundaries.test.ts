import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";

import { DAY, at, breakerFixture, deliver } from "../../shared/breakerFixture";
import type { Message } from "../../shared/breakerFixture";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, ceilDiv } from "../../shared/indexes";
import type { ReceiverWorld } from "../../shared/receiverFixture";

/** The index after two growths at the bound of the band, rounded up as home rounds. */
const GROWN_TWICE = [1n, 2n].reduce(
  (index) => ceilDiv(index * 1_000_000n, 1_050_000n),
  GENESIS_INDEX,
);

/** The time of the next block, and what arrives in it. */
type Arrival = (world: ReceiverWorld) => Promise<readonly [time: bigint, message: Message]>;

const soon = async (): Promise<bigint> => BigInt(await time.latest()) + 60n;

const pendingFor =
  (seconds: bigint): Arrival =>
  async () => {
    const now = await soon();
    return [now, { ...at(6n, GENESIS_INDEX), effectiveAt: now + seconds }];
  };

const twoStepsAfter =
  (seconds: bigint): Arrival =>
  async ({ receiver }) => {
    const [, anchor] = await receiver.getBand();
    return [anchor.time + seconds, at(7n, GROWN_TWICE)];
  };

const sentAfterResync =
  (seconds: bigint): Arrival =>
  async ({ token }) => {
    await token.resync(5n, GENESIS_INDEX, GENESIS_INDEX, 0n);
    const { resyncedAt } = await token.generation();
    return [await soon(), { ...at(6n, GENESIS_INDEX), sentAt: resyncedAt + seconds }];
  };

describe("RebaseReceiver's boundaries", () => {
  const rows: [what: string, arrival: Arrival, event: string][] = [
    ["a rebase that is pending for 90 days", pendingFor(90n * DAY), "BroadcastApplied"],
    ["one that is pending a second longer", pendingFor(90n * DAY + 1n), "BroadcastDropped"],
    [
      "the 1,000th epoch after the local one",
      async () => [await soon(), at(1_005n, GENESIS_INDEX)],
      "BroadcastApplied",
    ],
    [
      "the epoch after that",
      async () => [await soon(), at(1_006n, GENESIS_INDEX)],
      "BroadcastDropped",
    ],
    [
      "two steps a second before the interval ends",
      twoStepsAfter(DAY - 1n),
      "BroadcastQuarantined",
    ],
    ["two steps when the interval ends", twoStepsAfter(DAY), "BroadcastApplied"],
    ["what was sent in the second of a resync", sentAfterResync(0n), "BroadcastOutdated"],
    ["what was sent in the second after it", sentAfterResync(1n), "BroadcastApplied"],
  ];
  for (const [what, arrival, event] of rows) {
    it(`${what}: ${event}`, async () => {
      const world = await loadFixture(breakerFixture);
      const [timestamp, message] = await arrival(world);
      await time.setNextBlockTimestamp(timestamp);
      await expect(deliver(world, message)).to.emit(world.receiver, event);
    });
  }

  it("is stale a second after the age that is asked for", async () => {
    const { receiver } = await loadFixture(breakerFixture);
    await time.setNextBlockTimestamp((await receiver.lastConfirmed()) + 1_000n);
    expect(await receiver.isStale(1_000n, { blockTag: "pending" })).to.equal(false);
    expect(await receiver.isStale(999n, { blockTag: "pending" })).to.equal(true);
  });
});
