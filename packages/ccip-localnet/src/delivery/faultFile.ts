import { rmSync } from "node:fs";
import path from "node:path";

import { z } from "zod";

import { BrokenStateFileError, readState, writeState } from "../files";
import type { ChainView, Lane } from "../protocol/chain";

import { Faults } from "./faults";
import type { LaneFault } from "./faults";

const faultSchema = z.strictObject({
  hold: z.literal(true).optional(),
  holdExecution: z.literal(true).optional(),
  verifierDown: z.literal(true).optional(),
  wrongSignature: z.literal(true).optional(),
  /** Decimal, for JSON knows no bigint. */
  executorGas: z
    .string()
    .regex(/^\d+$/)
    .transform((gas) => BigInt(gas))
    .optional(),
  delay: z
    .union([
      z.strictObject({ seconds: z.number().int().nonnegative() }),
      z.strictObject({ rounds: z.number().int().nonnegative() }),
    ])
    .optional(),
  reorder: z.literal(true).optional(),
  drop: z.literal(true).optional(),
});

const requestSchema = z.strictObject({
  from: z.string().optional(),
  to: z.string().optional(),
  fault: faultSchema,
});

/** All lanes that begin and end where it says; any chain where an end is left out. */
export interface LaneSelection {
  /** Chain names. */
  readonly from?: string;
  readonly to?: string;
}

/** A fault of some lanes. */
export interface FaultRequest extends LaneSelection {
  readonly fault: LaneFault;
}

/** A fault cannot be cleared on some lanes while it stays on others that it was requested with. */
export class WiderFaultError extends Error {
  override readonly name = "WiderFaultError";

  constructor(
    lanes: LaneSelection,
    readonly wider: LaneSelection,
  ) {
    super(`${laneText(lanes)} is part of a fault on ${laneText(wider)}: clear all of that.`);
  }
}

/**
 * Reads the faults that were requested, from whichever terminal.
 * @param directory where the network keeps its files.
 * @throws BrokenStateFileError
 */
export function readFaults(directory: string): FaultRequest[] {
  const what = "list of faults; remove it to have none";
  return readState(faultFile(directory), z.array(requestSchema), what) ?? [];
}

/** Replaces all requested faults; the new ones apply from the next round of delivery. */
export function writeFaults(directory: string, requests: readonly FaultRequest[]): void {
  const file = faultFile(directory);
  if (requests.length === 0) return rmSync(file, { force: true });
  const plain = requests.map(({ fault: { executorGas, ...fault }, ...ends }) => ({
    ...ends,
    fault: { ...fault, ...(executorGas !== undefined && { executorGas: String(executorGas) }) },
  }));
  writeState(file, plain);
}

/** Adds a fault to those that the lanes have. Of the two kinds of hold, the last one applies. */
export function addFault(directory: string, { from, to }: LaneSelection, fault: LaneFault): void {
  const requests = readFaults(directory);
  const isSame = (other: LaneSelection) => other.from === from && other.to === to;
  const { hold, holdExecution, ...kept } = requests.find(isSame)?.fault ?? {};
  const held = fault.hold || fault.holdExecution ? {} : { hold, holdExecution };
  writeFaults(directory, [
    ...requests.filter((request) => !isSame(request)),
    { from, to, fault: { ...kept, ...held, ...fault } },
  ]);
}

/**
 * Clears the faults of the named lanes, all faults by default.
 * @returns whether there was one.
 * @throws WiderFaultError
 */
export function clearFaults(directory: string, lanes: LaneSelection = {}): boolean {
  const requests = readFaults(directory);
  const left = requests.filter((request) => !isPart(request, lanes));
  const wider = left.find((request) => overlap(request, lanes));
  if (wider) throw new WiderFaultError(lanes, wider);
  if (left.length === requests.length) return false;
  writeFaults(directory, left);
  return true;
}

/** Formats lanes: `chain-1 -> every chain`. */
export function laneText({ from, to }: LaneSelection): string {
  if (from === undefined && to === undefined) return "all lanes";
  return `${from ?? "every chain"} -> ${to ?? "every chain"}`;
}

/** Returns whether all lanes of a request are among the named ones. */
function isPart(request: LaneSelection, { from, to }: LaneSelection): boolean {
  return (from === undefined || request.from === from) && (to === undefined || request.to === to);
}

function overlap(a: LaneSelection, b: LaneSelection): boolean {
  return (["from", "to"] as const).every(
    (end) => a[end] === undefined || b[end] === undefined || a[end] === b[end],
  );
}

/** Faults that other processes can change, through a file that is read for every lane and round. */
export class RequestedFaults extends Faults {
  private requests: readonly FaultRequest[] = [];

  constructor(private readonly directory: string) {
    super();
  }

  override of(lane: Lane<ChainView>): LaneFault {
    const { source, destination } = lane;
    return this.requested()
      .filter(({ from = source.name, to = destination.name }) => {
        return from === source.name && to === destination.name;
      })
      .reduce<LaneFault>((all, { fault }) => ({ ...all, ...fault }), super.of(lane));
  }

  /** The faults that were requested last: a broken file clears nothing. */
  private requested(): readonly FaultRequest[] {
    try {
      this.requests = readFaults(this.directory);
    } catch (error) {
      if (!(error instanceof BrokenStateFileError)) throw error;
    }
    return this.requests;
  }
}

function faultFile(directory: string): string {
  return path.join(directory, "faults.json");
}
