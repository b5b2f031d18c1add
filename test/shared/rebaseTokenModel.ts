import { MAX_SHARES } from "./indexes";

/** A movement, a rebase, or time that passes: what can happen to a token, as data. */
export type Operation =
  | { kind: "transfer"; from: number; to: number; part: Part }
  | { kind: "transferFrom"; from: number; to: number; spender: number; part: Part; allowed: Part }
  | { kind: "transferShares"; from: number; to: number; part: Part }
  | { kind: "mint"; to: number; amount: bigint }
  | { kind: "burn"; from: number; part: Part }
  | { kind: "bridgeMint"; to: number; part: Part }
  | { kind: "bridgeBurn"; part: Part }
  | { kind: "rebase"; next: bigint; delaySeconds: bigint }
  | { kind: "wait"; seconds: bigint };

/** A part of what there is: `permille / 1000` of it, and a little more or less. */
export interface Part {
  readonly permille: bigint;
  readonly plus: bigint;
}

/** The amount that a part of a whole is, never less than nothing. */
export function partOf(whole: bigint, { permille, plus }: Part): bigint {
  const amount = (whole * permille) / 1_000n + plus;
  return amount < 0n ? 0n : amount;
}

/** Name of the error with which the token refuses. */
export type Refusal =
  | "ERC20InsufficientAllowance"
  | "ERC20InsufficientBalance"
  | "InsufficientShares"
  | "SharesExceedOutstanding"
  | "SharesExceedRange"
  | "NotHome";

/** The outcome of an operation: its amount, and whether it is refused. */
export interface Outcome {
  readonly refusal: Refusal | undefined;
  /** Token units, or shares where the operation is about shares. */
  readonly amount: bigint;
  /** Allowance of the spender before the operation. */
  readonly allowance: bigint;
}

/** The seconds that an operation takes: an approval before it is a block of its own. */
export function secondsOf(operation: Operation): bigint {
  if (operation.kind === "wait") return operation.seconds;
  return operation.kind === "transferFrom" || operation.kind === "burn" ? 2n : 1n;
}

/** The token in plain arithmetic: what the contract does, without its storage. */
export class RebaseTokenModel {
  readonly isHome: boolean;
  /** The number of the holder through whose account units leave for other chains. */
  readonly bridge: number;
  /** The outstanding shares that a satellite receives, a part of them at a time. */
  readonly inFlight: bigint;
  readonly shares: bigint[];
  totalShares = 0n;
  issuedShares = 0n;
  epoch: bigint;
  current: bigint;
  next: bigint;
  effectiveAt = 0n;
  now: bigint;

  constructor(start: {
    isHome: boolean;
    holders: number;
    bridge: number;
    inFlight: bigint;
    epoch: bigint;
    sharesPerToken: bigint;
    now: bigint;
  }) {
    this.isHome = start.isHome;
    this.bridge = start.bridge;
    this.inFlight = start.inFlight;
    this.shares = Array.from({ length: start.holders }, () => 0n);
    this.epoch = start.epoch;
    this.current = start.sharesPerToken;
    this.next = start.sharesPerToken;
    this.now = start.now;
  }

  sharesPerToken(): bigint {
    return this.now < this.effectiveAt ? this.current : this.next;
  }

  sharesOf(holder: number): bigint {
    return this.shares[holder] ?? 0n;
  }

  balanceOf(holder: number): bigint {
    return this.sharesOf(holder) / this.sharesPerToken();
  }

  balances(): bigint[] {
    return this.shares.map((shares) => shares / this.sharesPerToken());
  }

  totalSupply(): bigint {
    return this.totalShares / this.sharesPerToken();
  }

  outstanding(): bigint {
    return this.isHome ? this.issuedShares - this.totalShares : this.inFlight;
  }

  /** Lets time pass and the operation happen, at the end of its time. */
  run(operation: Operation): Outcome {
    this.now += secondsOf(operation);
    const k = this.sharesPerToken();
    switch (operation.kind) {
      case "transfer": {
        const { from, to } = operation;
        const amount = partOf(this.balanceOf(from), operation.part);
        if (amount > this.balanceOf(from)) return refused("ERC20InsufficientBalance", amount);
        this.#give(from, -amount * k);
        this.#give(to, amount * k);
        return done(amount);
      }
      case "transferFrom": {
        const { from, to } = operation;
        const amount = partOf(this.balanceOf(from), operation.part);
        const allowance = partOf(this.balanceOf(from), operation.allowed);
        if (amount > allowance) return refused("ERC20InsufficientAllowance", amount, allowance);
        if (amount > this.balanceOf(from)) {
          return refused("ERC20InsufficientBalance", amount, allowance);
        }
        this.#give(from, -amount * k);
        this.#give(to, amount * k);
        return done(amount, allowance);
      }
      case "transferShares": {
        const { from, to } = operation;
        const shares = partOf(this.sharesOf(from), operation.part);
        if (shares > this.sharesOf(from)) return refused("InsufficientShares", shares);
        this.#give(from, -shares);
        this.#give(to, shares);
        return done(shares);
      }
      case "mint": {
        const { to, amount } = operation;
        if (!this.isHome) return refused("NotHome", amount);
        this.#give(to, amount * k);
        this.totalShares += amount * k;
        this.issuedShares += amount * k;
        return done(amount);
      }
      case "burn": {
        const { from } = operation;
        const amount = partOf(this.balanceOf(from), operation.part);
        if (!this.isHome) return refused("NotHome", amount, amount);
        if (amount > this.balanceOf(from)) {
          return refused("ERC20InsufficientBalance", amount, amount);
        }
        this.#give(from, -amount * k);
        this.totalShares -= amount * k;
        this.issuedShares -= amount * k;
        return done(amount, amount);
      }
      case "bridgeMint": {
        const shares = partOf(this.outstanding(), operation.part);
        if (this.isHome && shares > this.outstanding())
          return refused("SharesExceedOutstanding", shares);
        if (shares > MAX_SHARES - this.totalShares) return refused("SharesExceedRange", shares);
        this.#give(operation.to, shares);
        this.totalShares += shares;
        return done(shares);
      }
      case "bridgeBurn": {
        const amount = partOf(this.balanceOf(this.bridge), operation.part);
        if (amount > this.balanceOf(this.bridge)) {
          return refused("ERC20InsufficientBalance", amount);
        }
        this.#give(this.bridge, -amount * k);
        this.totalShares -= amount * k;
        return done(amount);
      }
      case "rebase":
        this.current = k;
        this.next = operation.next;
        this.effectiveAt = this.now + operation.delaySeconds;
        this.epoch += 1n;
        return done(0n);
      case "wait":
        return done(0n);
    }
  }

  #give(holder: number, shares: bigint): void {
    this.shares[holder] = this.sharesOf(holder) + shares;
  }
}

function done(amount: bigint, allowance = 0n): Outcome {
  return { refusal: undefined, amount, allowance };
}

function refused(refusal: Refusal, amount: bigint, allowance = 0n): Outcome {
  return { refusal, amount, allowance };
}
