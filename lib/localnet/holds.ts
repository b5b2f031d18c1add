import { rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";
import { Faults } from "ccip-localnet";
import type { LaneFault } from "ccip-localnet";
import type { ChainView, Lane } from "ccip-localnet/protocol";

import { writeWhole } from "../cli/files";
import { BrokenFileError, readJsonFile } from "../cli/jsonFile";

import { localnetDirectory } from "./manifest";

const holdSchema = z.object({
  /** Network names; any chain where one is missing. */
  from: z.string().optional(),
  to: z.string().optional(),
  /** `execution`: commit, but do not execute. */
  what: z.enum(["everything", "execution"]),
});

/** Lanes on which the DON of a local network is kept from delivering. */
export type Hold = z.output<typeof holdSchema>;

/**
 * The holds that somebody has asked for in another terminal.
 * @throws BrokenFileError
 */
export function readHolds(directory: string): Hold[] {
  const holds = readJsonFile(holdsFile(directory), z.array(holdSchema), {
    what: "list of held lanes",
    remedy: "Remove it to hold none",
  });
  return holds ?? [];
}

/** Asks for holds, instead of all before: whoever reads sees the old ones or the new ones. */
export function writeHolds(directory: string, holds: readonly Hold[]): void {
  const file = holdsFile(directory);
  if (holds.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  writeWhole(file, `${JSON.stringify(holds, undefined, 2)}\n`);
}

/** The faults of a DON that another terminal has a say in, through a file that is read every round. */
export class HeldLanes extends Faults {
  private holds: readonly Hold[] = [];

  constructor(private readonly directory: string) {
    super();
  }

  override of(lane: Lane<ChainView>): LaneFault {
    const own = super.of(lane);
    return this.asked()
      .filter(({ from = lane.source.name, to = lane.destination.name }) => {
        return from === lane.source.name && to === lane.destination.name;
      })
      .reduce<LaneFault>(
        (fault, { what }) => ({
          ...fault,
          ...(what === "everything" ? { hold: true } : { holdExecution: true }),
        }),
        own,
      );
  }

  /** What was asked for last: a file that somebody has broken releases nothing. */
  private asked(): readonly Hold[] {
    try {
      this.holds = readHolds(this.directory);
    } catch (error) {
      if (!(error instanceof BrokenFileError)) throw error;
    }
    return this.holds;
  }
}

function holdsFile(directory: string): string {
  return path.join(localnetDirectory(directory), "holds.json");
}
