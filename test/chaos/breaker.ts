import { ceilDiv, MIN_INDEX } from "../shared/indexes";

import { counting, indexOf, isSame } from "./types";
import type { Band } from "../../lib/mesh/components/circuitBreaker";
import type { Anchor, Held, Index, Told } from "./types";

const MILLION = 1_000_000n;
const MOST_EPOCHS_AHEAD = 1_000n;
const LONGEST_DELAY = 90n * 86_400n;

const min = (a: bigint, b: bigint) => (a < b ? a : b);
const max = (a: bigint, b: bigint) => (a > b ? a : b);

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
    if (told.epoch < local.epoch) return local;
    if (told.epoch === local.epoch) {
      if (isSame(told, local)) this.#confirm(told.sentAt, now);
      return local;
    }
    const isFar = told.epoch - local.epoch > MOST_EPOCHS_AHEAD;
    if (isFar || told.effectiveAt > now + LONGEST_DELAY || told.next < MIN_INDEX) return local;
    if (!this.#isAllowed(told, local, now)) {
      this.#hold(told, now);
      return local;
    }
    if (now >= told.effectiveAt) this.#follow(told.next, told.epoch, this.#clock(now));
    if (this.held && told.epoch >= this.held.epoch) this.held = undefined;
    this.#confirm(told.sentAt, now);
    return indexOf(told);
  }

  /** The unpauser accepts what is held back, or the owner does; returns the token's index, or the refusal. */
  accept(local: Index, now: bigint, isOwner: boolean): Index | string {
    const { held } = this;
    if (!held) return "NotQuarantined";
    if (!isOwner && held.isRejected) return "BroadcastWasRejected";
    if (!isOwner) this.anchor = this.anchorAt(local, now);
    const steps = this.band.maxStepsByHand;
    if (!isOwner && !this.#isWithin(held, local, steps)) return "BeyondBandByHand";
    this.#confirm(held.sentAt, now);
    this.anchor = { sharesPerToken: held.next, epoch: held.epoch, time: now };
    this.held = undefined;
    return indexOf(held);
  }

  /** The anchor once it has followed the index that counts. */
  anchorAt(local: Index, now: bigint): Anchor {
    const index = counting(local, now);
    const before = { ...this.anchor };
    if (index === this.anchor.sharesPerToken) this.anchor.epoch = local.epoch;
    else if (index === local.next)
      this.#follow(index, local.epoch, min(this.#clock(now), local.effectiveAt));
    const after = this.anchor;
    this.anchor = before;
    return after;
  }

  #isAllowed(told: Told, local: Index, now: bigint): boolean {
    if (this.held?.epoch === told.epoch) return false;
    const before = this.anchor;
    this.anchor = this.anchorAt(local, now);
    const elapsed = this.#clock(now) - this.anchor.time;
    const steps = min(
      min(1n + elapsed / this.band.minInterval, told.epoch - this.anchor.epoch),
      this.band.maxSteps,
    );
    const isAllowed = this.#isWithin(told, local, steps);
    // A message that is held back leaves the anchor as it was, unless it is the first to be stored.
    if (!isAllowed && this.held && told.epoch < this.held.epoch) this.anchor = before;
    return isAllowed;
  }

  #isWithin({ current, next }: Index, local: Index, steps: bigint): boolean {
    const isKnown = (index: bigint) => index === local.next || index === local.current;
    return [current, next].every(
      (index) =>
        isKnown(index) || this.#nearest(this.anchor.sharesPerToken, index, steps) === index,
    );
  }

  #hold(told: Told, now: bigint): void {
    const { held } = this;
    if (held && told.epoch <= held.epoch) return;
    this.held = { ...told, since: !held || held.isRejected ? now : held.since, isRejected: false };
  }

  #nearest(from: bigint, index: bigint, steps: bigint): bigint {
    const { maxGrowth, maxLoss } = this.band;
    const isBefore = (bound: bigint) => (index < from ? bound > index : bound < index);
    let bound = from;
    for (let left = steps; left > 0n && isBefore(bound); left--) {
      bound *= MILLION;
      bound = index < from ? bound / (MILLION + maxGrowth) : ceilDiv(bound, MILLION - maxLoss);
    }
    return isBefore(bound) ? bound : index;
  }

  #follow(index: bigint, epoch: bigint, clock: bigint): void {
    const { minInterval, maxSteps } = this.band;
    const { anchor } = this;
    const intervals = (clock - anchor.time) / minInterval;
    if (intervals <= 0n) return;
    const steps = min(intervals, maxSteps);
    const followed = this.#nearest(anchor.sharesPerToken, index, steps);
    this.anchor = {
      sharesPerToken: followed,
      epoch: followed === index ? epoch : min(anchor.epoch + steps, epoch - 1n),
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
