import fc from "fast-check";

import { COMMAND_NAMES } from "./command";
import { bridgingCommands } from "./commands/bridging";
import { changeCommands } from "./commands/changes";
import { conditionCommands } from "./commands/conditions";
import { deliveryCommands } from "./commands/delivery";
import { quarantineCommands } from "./commands/quarantine";
import { rebasingCommands } from "./commands/rebasing";
import { tokenCommands } from "./commands/tokens";
import { settle } from "./settle";
import type { System } from "./system";
import type { ChaosWorld } from "./world";

/** The most commands of one sequence, after which everything is settled and the chains begin anew. */
const SEQUENCE = 100;

const COMMANDS = fc.oneof(
  ...tokenCommands,
  ...bridgingCommands,
  ...deliveryCommands,
  ...rebasingCommands,
  ...conditionCommands,
  ...quarantineCommands,
  ...changeCommands,
);

/** A run that is to be repeated: as a failure prints it. */
export interface Replay {
  readonly path: string;
  readonly commands: string;
}

/** Number of times that a command was taken as a step, and that it was not refused. */
export interface Tally {
  taken: number;
  effective: number;
}

/** Steps in which every kind of command has to have an effect. */
const LONG = 5_000;

export interface ChaosResult {
  readonly sequences: number;
  readonly steps: number;
  readonly tallies: ReadonlyMap<string, Tally>;
  /** Commands of which none had an effect, in a run that is long enough for all of them. */
  readonly idle: readonly string[];
  readonly failure: ChaosFailure | undefined;
}

/** The shortest sequence that was found to break something. */
export interface ChaosFailure extends Replay {
  readonly sequence: string;
  readonly error: unknown;
}

/** Takes at least so many random steps on a mesh, in sequences that each begin with the same one. */
export async function runChaos(
  world: ChaosWorld,
  { seed, steps, replay }: { seed: number; steps: number; replay?: Replay | undefined },
): Promise<ChaosResult> {
  const tallies = new Map<string, Tally>();
  let [taken, sequences] = [0, 0];
  let failedAt: "a step" | "the end" | undefined;
  const commands = fc.commands([COMMANDS], {
    maxCommands: SEQUENCE,
    size: "max",
    ...(replay && { replayPath: replay.commands }),
  });
  const property = fc.asyncProperty(commands, async (sequence) => {
    if (!failedAt && taken >= steps) return;
    const { model, real } = await world.begin();
    let reached: typeof failedAt = "a step";
    try {
      await fc.asyncModelRun(() => ({ model, real }), sequence);
      reached = "the end";
      // A shorter sequence is to fail as the first one did: most of them need not be settled then.
      if (failedAt !== "a step") await settle(model, real);
    } catch (error) {
      failedAt ??= reached;
      throw error;
    } finally {
      if (!failedAt) {
        sequences += 1;
        taken += real.steps.length;
        count(tallies, real);
      }
    }
  });
  const details = await fc.check(property, {
    seed,
    // More sequences than the steps can come to: those that remain are not run.
    numRuns: replay ? 1 : Math.ceil(steps / 5) + 1,
    endOnFailure: replay !== undefined,
    ...(replay && { path: replay.path }),
  });
  const text = fc.stringify(details.counterexample?.[0]);
  return {
    sequences,
    steps: taken,
    tallies,
    idle: taken < LONG ? [] : [...COMMAND_NAMES].filter((name) => !tallies.get(name)?.effective),
    failure: details.failed
      ? {
          path: details.counterexamplePath ?? "",
          commands: /replayPath="([^"]*)"/.exec(text)?.[1] ?? "",
          sequence: text.replace(/ *\/\*replayPath.*$/, ""),
          error: details.errorInstance,
        }
      : undefined,
  };
}

function count(tallies: Map<string, Tally>, { steps }: System): void {
  for (const { name, refusal } of steps) {
    const tally = tallies.get(name) ?? { taken: 0, effective: 0 };
    tallies.set(name, tally);
    tally.taken += 1;
    if (refusal === undefined) tally.effective += 1;
  }
}
