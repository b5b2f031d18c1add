import { expect } from "chai";
import fc from "fast-check";

import type { ChainRole } from "../shared/scenario";

import { expectInvariants } from "./invariants";
import type { Model } from "./model";
import { HOLDERS, LANES, ROLES } from "./names";
import type { Refusal } from "./names";
import type { Outcome, System } from "./system";

/** The parts of a command. */
interface Definition<T> {
  /** False when there is nothing to do, for instance no message to execute; always possible if omitted. */
  possible?(model: Model, args: T): boolean;
  /** Does it to the mesh and to the model, and compares; returns why it was refused. */
  run(model: Model, real: System, args: T): Promise<Refusal>;
}

/** One step of a run: a command with its arguments. */
export class ChaosCommand<T> implements fc.AsyncCommand<Model, System> {
  constructor(
    private readonly name: string,
    private readonly args: T,
    private readonly definition: Definition<T>,
  ) {}

  check(model: Readonly<Model>): boolean {
    return this.definition.possible?.(model, this.args) ?? true;
  }

  async run(model: Model, real: System): Promise<void> {
    const refusal = await this.definition.run(model, real, this.args);
    real.steps.push({ name: this.name, refusal });
    await expectInvariants(model, real);
  }

  toString(): string {
    const args = this.args === undefined ? "" : ` ${fc.stringify(this.args)}`;
    return `\n  ${this.name}${args}`;
  }
}

/** The names of all kinds of commands. */
export const COMMAND_NAMES = new Set<string>();

export type Commands = fc.Arbitrary<ChaosCommand<unknown>>;

/** A kind of command: its name in reports, the arguments to draw, and what it does. */
export function command<T>(
  name: string,
  args: fc.Arbitrary<T>,
  definition: Definition<T>,
): Commands {
  COMMAND_NAMES.add(name);
  return args.map((drawn) => new ChaosCommand(name, drawn, definition) as ChaosCommand<unknown>);
}

/**
 * Has a chain answer to a transaction, and the model at the time of its block.
 * @returns the refusal on which both agree.
 */
export async function both(
  model: Model,
  real: System,
  role: ChainRole,
  action: Promise<Outcome>,
  predict: (outcome: Outcome) => Refusal,
): Promise<Refusal> {
  const outcome = await action;
  model.chains[role].now = await real.now(role);
  return agreed(outcome.refusal, predict(outcome));
}

/** Expects a refusal to be the one of the model. */
export function agreed(refusal: Refusal, expected: Refusal): Refusal {
  if (expected === undefined)
    expect(refusal, "refused, and the model sees no reason").to.equal(undefined);
  else expect(refusal ?? "it went through", "the refusal").to.contain(expected);
  return expected;
}

// What commands draw

export const anyRole = fc.constantFrom(...ROLES);
export const anyHolder = fc.constantFrom(...HOLDERS);
export const anyLane = fc.constantFrom(...LANES);
/** The place of an item in a list of any length. */
export const anyPlace = fc.nat(99);

/** The item of a list at a drawn place. */
export function at<T>(items: readonly T[], place: number): T | undefined {
  return items[place % items.length];
}

/** A part of what somebody has: all or some of it, a few units of dust, or more than it is. */
export const anyPart = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      permille: fc.constantFrom(1_000n, 500n, 333n, 1n),
      plus: fc.constant(0n),
    }),
  },
  { weight: 3, arbitrary: fc.record({ permille: fc.constant(0n), plus: fc.bigInt(1n, 9n) }) },
  { weight: 1, arbitrary: fc.record({ permille: fc.constant(1_000n), plus: fc.bigInt(1n, 9n) }) },
);
