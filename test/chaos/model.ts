import { UNCHANGED } from "../../lib/core/growth";
import { ceilDiv } from "../shared/indexes";
import type { ChainRole } from "../shared/scenario";

import type { Breaker } from "./breaker";
import { pairKey, UNIT } from "./names";
import type { Account, Holder, LaneName, Refusal, Satellite } from "./names";
import { counting } from "./types";
import type { Flight, Index, Limits } from "./types";

/** A chain: who has which shares, and by which index they count. */
export class ModelChain {
  readonly wrapped: Record<Holder, bigint> = { alice: 0n, bob: 0n, carol: 0n };
  paused = false;
  /** The number of the pool in use, and the pools of each other chain that it knows. */
  pool = 0;
  readonly known = { home: new Set([0]), sat1: new Set([0]), sat2: new Set([0]) };

  constructor(
    public now: bigint,
    public index: Index,
    readonly breaker: Breaker | undefined,
    readonly shares: Record<Account, bigint>,
  ) {}

  get k(): bigint {
    return counting(this.index, this.now);
  }

  balanceOf(account: Account): bigint {
    return this.shares[account] / this.k;
  }

  refusesToMove(from: Account | undefined, shares: bigint, short = "short"): Refusal {
    if (this.paused) return "EnforcedPause";
    return from && this.shares[from] < shares ? short : undefined;
  }

  /** Moves shares that are there, unless the chain is paused; from or to nobody where they begin or end. */
  move(from: Account | undefined, to: Account | undefined, shares: bigint, short: string): Refusal {
    const refusal = this.refusesToMove(from, shares, short);
    if (refusal) return refusal;
    if (from) this.shares[from] -= shares;
    if (to) this.shares[to] += shares;
    return undefined;
  }

  wrap(holder: Holder, units: bigint): Refusal {
    const refusal = this.move(holder, "wrapper", units * UNIT, "InsufficientShares");
    if (!refusal) this.wrapped[holder] += units;
    return refusal;
  }

  unwrap(holder: Holder, units: bigint): Refusal {
    if (this.wrapped[holder] < units) return "ERC20InsufficientBalance";
    const refusal = this.move("wrapper", holder, units * UNIT, "InsufficientShares");
    if (!refusal) this.wrapped[holder] -= units;
    return refusal;
  }
}

/** The whole mesh in plain arithmetic: what its contracts and CCIP do, without their storage. */
export class Model {
  readonly flights: Flight[] = [];
  readonly cursed = new Set<string>();
  readonly held = new Set<string>();
  /** The number of the ramps that routers send over, by pair. */
  readonly ramps = new Map<string, number>();
  /** The newest epoch that each satellite was sent. */
  readonly sent: Record<Satellite, bigint> = { sat1: 1n, sat2: 1n };
  /** Times at which the newest rebase counts and the one before, and of the newest cancellation; zero for none. */
  lastEffectiveAt = 0n;
  previousEffectiveAt = 0n;
  cancelledAt = 0n;
  readonly home: ModelChain;

  constructor(
    readonly chains: Readonly<Record<ChainRole, ModelChain>>,
    readonly limits: Limits,
    public issued: bigint,
  ) {
    this.home = chains.home;
  }

  isCursed(lane: LaneName): boolean {
    return this.cursed.has(pairKey(lane));
  }

  rampsOf(lane: LaneName): number {
    return this.ramps.get(pairKey(lane)) ?? 0;
  }

  issue(holder: Holder, amount: bigint): Refusal {
    const refusal = this.home.move(undefined, holder, amount * this.home.k, "");
    if (!refusal) this.issued += amount * this.home.k;
    return refusal;
  }

  redeem(holder: Holder, amount: bigint): Refusal {
    const shares = amount * this.home.k;
    const refusal = this.home.move(holder, undefined, shares, "ERC20InsufficientBalance");
    if (!refusal) this.issued -= shares;
    return refusal;
  }

  leave(id: string, lane: LaneName, content: Flight["content"]): void {
    const { pool } = this.chains[lane.from];
    this.flights.push({ ...lane, id, content, pool, ramps: this.rampsOf(lane), state: "sent" });
  }

  /** By how much the balance of a message's receiver rises at its destination; undefined for an index. */
  increaseBy({ to, content }: Flight): bigint | undefined {
    if (content.kind === "index") return undefined;
    const { k, shares } = this.chains[to];
    const held = content.kind === "wrapped" ? 0n : shares[content.receiver];
    return (held + content.shares) / k - held / k;
  }

  /** The reason for which a message cannot arrive at its destination now. */
  refuses({ from, to, pool, content }: Flight): Refusal {
    if (content.kind === "index") return undefined;
    const { paused, known } = this.chains[to];
    if (paused) return "EnforcedPause";
    return known[from].has(pool) ? undefined : "InvalidSourcePoolAddress";
  }

  /** A message is executed at its destination: it arrives whole, or fails. */
  arrive(flight: Flight): Refusal {
    const to = this.chains[flight.to];
    const { content } = flight;
    const refusal = this.refuses(flight);
    flight.state = refusal ? "failed" : "done";
    if (refusal) return refusal;
    if (content.kind !== "index") to.shares[content.receiver] += content.shares;
    else if (to.breaker) to.index = to.breaker.receive(content.told, to.index, to.now);
    if (content.kind === "wrapped") to.wrap(content.receiver, content.shares / UNIT);
    return undefined;
  }

  /** The earliest time at which the operator's next rebase may count. */
  get earliest(): bigint {
    const last = this.lastEffectiveAt > this.cancelledAt ? this.lastEffectiveAt : this.cancelledAt;
    return last === 0n ? 0n : last + this.limits.interval;
  }

  get isPending(): boolean {
    return this.home.now < this.home.index.effectiveAt;
  }

  rebase(factor: bigint, delay: bigint): Refusal {
    if (this.isPending) return "RebasePending";
    const isEarly = this.home.now + delay < this.earliest;
    const refusal = refusesRebase(this.limits, factor, delay, isEarly);
    if (refusal) return refusal;
    this.previousEffectiveAt = this.lastEffectiveAt;
    return schedule(this, factor, delay);
  }

  replace(factor: bigint, delay: bigint): Refusal {
    if (!this.isPending) return "NoRebasePending";
    return refusesRebase(this.limits, factor, delay, false) ?? schedule(this, factor, delay);
  }

  cancel(): Refusal {
    if (!this.isPending) return "NoRebasePending";
    schedule(this, UNCHANGED, 0n);
    this.lastEffectiveAt = this.previousEffectiveAt;
    this.cancelledAt = this.home.now;
    return undefined;
  }
}

function refusesRebase(limits: Limits, factor: bigint, delay: bigint, isEarly: boolean): Refusal {
  if (delay > limits.maxDelay) return "DelayTooLong";
  if (factor > UNCHANGED && delay < limits.delay) return "DelayTooShort";
  if (isEarly) return "IntervalNotElapsed";
  const isWithin = limits.min <= factor && factor <= limits.max;
  return isWithin ? undefined : "GrowthFactorOutOfBounds";
}

/** Home rounds its index up. */
function schedule(model: Model, factor: bigint, delay: bigint): Refusal {
  const { index, k, now } = model.home;
  const effectiveAt = now + delay;
  model.lastEffectiveAt = effectiveAt;
  const next = ceilDiv(k * UNCHANGED, factor);
  model.home.index = { epoch: index.epoch + 1n, current: k, next, effectiveAt };
  return undefined;
}
