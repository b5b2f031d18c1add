import { ceilDiv, MIN_INDEX } from "../shared/indexes";
import { max, min } from "../shared/minmax";

import { counting, indexOf, isSame } from "./types";
import type { Band } from "../../lib/mesh/components/circuitBreaker";
import type { Anchor, Held, Index, Told } from "./types";

const MILLION = 1_000_000n;
const MOST_EPOCHS_AHEAD = 1_000n;
const LONGEST_DELAY = 90n * 86_400n;

/** The receiver of a satellite: what it takes over from a message, and what it holds back. */
export class Breaker {
  held: Held | undefined;

  constructor(
    readonly band: Band,
    public anchor: Anchor,
    public lastConfirmed: bigint,
  ) {}

  /** Takes a message at a time; returns the token's index afterwards. */
  receive(told: Told, local: Index, now: bigint): Index {
    if (told.epoch === local.epoch && isSame(told, local)) this.#confirm(told.sentAt, now);
    if (told.epoch <= local.epoch) return local;
    const isFar = told.epoch - local.epoch > MOST_EPOCHS_AHEAD;
    if (isFar || told.effectiveAt > now + LONGEST_DELAY || told.next < MIN_INDEX) return local;

    const anchor = this.anchorAt(local, now);
    const clock = this.#clock(now);
    const byClock = 1n + (clock - anchor.time) / this.band.minInterval;
    const steps = min(byClock, told.epoch - anchor.epoch, this.band.maxSteps);
    if (this.held?.epoch === told.epoch || !this.#isWithin(anchor, told, local, steps)) {
      this.#hold(told, anchor, now);
      return local;
    }
    const isPending = now < told.effectiveAt;
    this.anchor = isPending ? anchor : this.#followed(anchor, told.next, told.epoch, clock);
    if (this.held && told.epoch >= this.held.epoch) this.held = undefined;
    this.#confirm(told.sentAt, now);
    return indexOf(told);
  }

  /** The unpauser accepts what is held back, or the owner does; returns the token's index, or the refusal. */
  accept(local: Index, now: bigint, isOwner: boolean): Index | string {
    const { held, band } = this;
    if (!held) return "NotQuarantined";
    if (!isOwner && held.isRejected) return "BroadcastWasRejected";
    const isWithin = this.#isWithin(this.anchorAt(local, now), held, local, band.maxStepsByHand);
    if (!isOwner && !isWithin) return "BeyondBandByHand";
    this.#confirm(held.sentAt, now);
    this.anchor = { sharesPerToken: held.next, epoch: held.epoch, time: now };
    this.held = undefined;
    return indexOf(held);
  }

  /** The anchor once it has followed the index that counts. */
  anchorAt(local: Index, now: bigint): Anchor {
    const { anchor } = this;
    const index = counting(local, now);
    if (index === anchor.sharesPerToken) return { ...anchor, epoch: local.epoch };
    if (index !== local.next) return anchor;
    return this.#followed(anchor, index, local.epoch, min(this.#clock(now), local.effectiveAt));
  }

  #isWithin(anchor: Anchor, { current, next }: Index, local: Index, steps: bigint): boolean {
    const isKnown = (index: bigint) => index === local.next || index === local.current;
    return [current, next].every(
      (index) => isKnown(index) || this.#nearest(anchor.sharesPerToken, index, steps) === index,
    );
  }

  /** Holds back what is newer than what is held already; then alone the anchor is stored. */
  #hold(told: Told, anchor: Anchor, now: bigint): void {
    const { held } = this;
    if (held && told.epoch <= held.epoch) return;
    this.anchor = anchor;
    this.held = { ...told, since: !held || held.isRejected ? now : held.since, isRejected: false };
  }

  #nearest(from: bigint, index: bigint, steps: bigint): bigint {
    const { maxGrowth, maxLoss } = this.band;
    let [lowest, highest] = [from, from];
    for (let step = 0n; step < steps; step++) {
      lowest = (lowest * MILLION) / (MILLION + maxGrowth);
      highest = ceilDiv(highest * MILLION, MILLION - maxLoss);
    }
    return max(lowest, min(index, highest));
  }

  #followed(anchor: Anchor, index: bigint, epoch: bigint, clock: bigint): Anchor {
    const { minInterval, maxSteps } = this.band;
    const intervals = (clock - anchor.time) / minInterval;
    if (intervals <= 0n) return anchor;
    const steps = min(intervals, maxSteps);
    const sharesPerToken = this.#nearest(anchor.sharesPerToken, index, steps);
    return {
      sharesPerToken,
      epoch: sharesPerToken === index ? epoch : min(anchor.epoch + steps, epoch - 1n),
      time: anchor.time + intervals * minInterval,
    };
  }

  #clock(now: bigint): bigint {
    return !this.held || this.held.isRejected ? now : this.held.since;
  }

  #confirm(sentAt: bigint, now: bigint): void {
    this.lastConfirmed = max(this.lastConfirmed, min(sentAt, now));
  }
}
