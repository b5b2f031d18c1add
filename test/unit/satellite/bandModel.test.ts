import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import fc from "fast-check";
import { ethers } from "hardhat";

import { BAND, breakerFixture, deliver, valuesOf } from "../../shared/breakerFixture";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, MAX_INDEX, ceilDiv } from "../../shared/indexes";
import { min } from "../../shared/minmax";
import { propertyRuns } from "../../shared/propertyRuns";
import type { ReceiverWorld } from "../../shared/receiverFixture";
import { Breaker } from "../../chaos/breaker";
import { counting } from "../../chaos/types";
import type { Index, Told } from "../../chaos/types";

const MILLION = 1_000_000n;
const LONGEST_DELAY = 90n * 86_400n;

/** A receiver, and the same in plain arithmetic. */
interface Satellite {
  readonly world: ReceiverWorld;
  readonly breaker: Breaker;
  index: Index;
}

/** One message or decision, some time after the one before. */
interface Step {
  readonly wait: bigint;
  readonly act: "tell" | "accept" | "accept as the owner" | "reject";
  /** The epoch: so many after the satellite's, or after the one that is held back. */
  readonly after: "the local one" | "the held one";
  readonly epochs: bigint;
  /** The index from which the new one is so many steps of the band away, and so many shares beyond. */
  readonly from: "counting" | "next" | "anchor";
  readonly growths: bigint;
  readonly losses: bigint;
  readonly beyond: bigint;
  readonly current: "counting" | "next" | "the new one";
  /** Seconds until the new one counts; undefined for a time of zero. */
  readonly delay: bigint | undefined;
  readonly age: bigint;
}

for (const band of [BAND, { ...BAND, minInterval: 1n, maxSteps: 4n }]) {
  const { minInterval } = band;

  const steps = fc.array(
    fc.record<Step>({
      wait: fc.constantFrom(
        1n,
        2n,
        minInterval,
        minInterval + 1n,
        2n * minInterval,
        9n * minInterval,
      ),
      act: fc.constantFrom(
        "tell",
        "tell",
        "tell",
        "tell",
        "accept",
        "accept as the owner",
        "reject",
      ),
      after: fc.constantFrom("the local one", "the local one", "the held one"),
      epochs: fc.constantFrom(-1n, 0n, 1n, 1n, 1n, 2n, 4n, 1_000n, 1_001n),
      from: fc.constantFrom("counting", "counting", "next", "anchor"),
      growths: fc.constantFrom(0n, 0n, 1n, 1n, 2n, 3n, 5n),
      losses: fc.constantFrom(0n, 0n, 0n, 1n, 2n, 5n),
      beyond: fc.constantFrom(0n, 0n, 0n, 1n, -1n, 10n ** 22n),
      current: fc.constantFrom("counting", "next", "the new one"),
      delay: fc.constantFrom(
        undefined,
        undefined,
        0n,
        1n,
        2n,
        minInterval,
        LONGEST_DELAY,
        LONGEST_DELAY + 1n,
      ),
      age: fc.constantFrom(0n, 1n, 3_600n, -1n),
    }),
    { minLength: 4, maxLength: 14 },
  );

  describe(`A receiver with a band of an interval of ${minInterval} s`, () => {
    it("agrees with plain arithmetic about every sequence of messages and decisions [I17]", async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (sequence) => {
          const satellite = await begin();
          for (const step of sequence) {
            const now = BigInt(await time.latest()) + step.wait;
            await time.setNextBlockTimestamp(now);
            await (step.act === "tell" ? tell(satellite, step, now) : decide(satellite, step, now));
            await expectAgreement(satellite, now);
          }
        }),
        propertyRuns(100),
      );
    });
  });

  async function begin(): Promise<Satellite> {
    const world = await loadFixture(breakerFixture);
    const { receiver, token } = world;
    await receiver.setBand(band);
    const [, { sharesPerToken, epoch, time: at }] = await receiver.getBand();
    const anchor = { sharesPerToken, epoch, time: at };
    expect([sharesPerToken, epoch], "the anchor").to.deep.equal([GENESIS_INDEX, 5n]);
    const breaker = new Breaker(band, anchor, await receiver.lastConfirmed());
    const [localEpoch, current, next, effectiveAt] = await token.indexState();
    return { world, breaker, index: { epoch: localEpoch, current, next, effectiveAt } };
  }
}

async function tell(satellite: Satellite, step: Step, now: bigint): Promise<void> {
  const told = messageOf(satellite, step, now);
  const { world, breaker, index } = satellite;
  await deliver(world, told);
  satellite.index = breaker.receive(told, index, now);
}

function messageOf({ breaker, index }: Satellite, step: Step, now: bigint): Told {
  const { band } = breaker;
  const known = {
    counting: counting(index, now),
    next: index.next,
    anchor: breaker.anchorAt(index, now).sharesPerToken,
  };
  let next = known[step.from];
  for (let i = 0n; i < step.growths; i++) next = (next * MILLION) / (MILLION + band.maxGrowth);
  for (let i = 0n; i < step.losses; i++) next = ceilDiv(next * MILLION, MILLION - band.maxLoss);
  next = min(next + step.beyond, MAX_INDEX);
  const last = step.after === "the held one" ? (breaker.held?.epoch ?? index.epoch) : index.epoch;
  return {
    epoch: last + step.epochs,
    current: step.current === "the new one" ? next : known[step.current],
    next,
    effectiveAt: step.delay === undefined ? 0n : now + step.delay,
    sentAt: now - step.age,
  };
}

/** A person decides about what is held back, or about something else while nothing is. */
async function decide(satellite: Satellite, { act }: Step, now: bigint): Promise<void> {
  const { world, breaker, index } = satellite;
  const { receiver, owner, broadcaster: guardian, thirdParty: unpauser } = world;
  const values = valuesOf(breaker.held ?? index);
  if (act === "reject") {
    const rejected = receiver.connect(guardian).reject(...values);
    if (breaker.held) breaker.held.isRejected = true;
    await (breaker.held
      ? rejected
      : expect(rejected).to.be.revertedWithCustomError(receiver, "NotQuarantined"));
    return;
  }
  const isOwner = act === "accept as the owner";
  const outcome = breaker.accept(index, now, isOwner);
  const accepted = receiver.connect(isOwner ? owner : unpauser).accept(...values);
  if (typeof outcome === "string") {
    await expect(accepted).to.be.revertedWithCustomError(receiver, outcome);
  } else {
    await accepted;
    satellite.index = outcome;
  }
}

async function expectAgreement({ world, breaker, index }: Satellite, now: bigint): Promise<void> {
  const { receiver, token } = world;
  expect((await ethers.provider.getBlock("latest"))?.timestamp).to.equal(Number(now));
  const { held } = breaker;
  const [state, quarantined, confirmed, [, anchor]] = await Promise.all([
    token.indexState(),
    receiver.getQuarantined(),
    receiver.lastConfirmed(),
    receiver.getBand({ blockTag: "latest" }),
  ]);
  expect([...state], "the token's index").to.deep.equal([...valuesOf(index)]);
  expect([...quarantined], "what is held back").to.deep.equal(
    held
      ? [
          held.epoch,
          held.effectiveAt,
          held.sentAt,
          held.since,
          held.isRejected,
          held.current,
          held.next,
        ]
      : [0n, 0n, 0n, 0n, false, 0n, 0n],
  );
  expect(confirmed, "the last confirmation").to.equal(breaker.lastConfirmed);
  const { sharesPerToken, epoch, time: at } = breaker.anchorAt(index, now);
  expect([...anchor], "the anchor").to.deep.equal([sharesPerToken, epoch, at]);
}
