import { RampJournal } from "ccip-localnet/protocol";
import type { ExecutionState } from "ccip-localnet/protocol";

import { isConverged } from "../core/syncStatus";
import { readIndexes } from "../mesh/readIndex";
import { chainsOf, pairsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";
import { auditSupply } from "../supply/audit";

import type { LedgerLine } from "./ledger";

/** The result of the demo as a document. Integers are bigints here and strings in JSON. */
export interface DemoReport {
  /** True if everything held. */
  readonly ok: boolean;
  /** The reason, if not. */
  readonly reason?: string;
  readonly seconds: number;
  readonly chains: readonly {
    readonly name: string;
    readonly chainId: bigint;
    readonly selector: bigint;
    readonly role: "home" | "satellite";
    readonly epoch: bigint;
    readonly sharesPerToken: bigint;
    readonly totalShares: bigint;
    readonly totalSupply: bigint;
  }[];
  readonly issuedShares: bigint;
  readonly sharesInFlight: bigint;
  /** True if every share was accounted for at every line of the story and at its end. */
  readonly conserved: boolean;
  /** True if every satellite holds the home's whole index state. */
  readonly converged: boolean;
  readonly messages: readonly MessageReport[];
  /** The highest gas of each kind of transaction. */
  readonly gas: Readonly<Record<string, bigint>>;
}

/** A message that was sent over CCIP. */
export interface MessageReport {
  readonly messageId: string;
  /** Chain names. */
  readonly source: string;
  readonly destination: string;
  readonly kind: "broadcast" | "transfer";
  readonly state: ExecutionState;
}

/** Reads the chains and sums up what the story has shown. */
export async function reportDemo(
  mesh: Mesh,
  told: {
    readonly lines: readonly LedgerLine[];
    readonly gas: Readonly<Record<string, bigint>>;
    readonly seconds: number;
    readonly reason?: string;
  },
): Promise<DemoReport> {
  const [indexes, audit, messages] = await Promise.all([
    readIndexes(mesh),
    auditSupply(mesh),
    reportMessages(mesh),
  ]);
  const conserved =
    audit.difference === 0n && told.lines.every((line) => line.audit.difference === 0n);
  const converged = isConverged(indexes);
  return {
    ok: told.reason === undefined && conserved && converged,
    ...(told.reason === undefined ? {} : { reason: told.reason }),
    seconds: told.seconds,
    chains: chainsOf(mesh).flatMap(({ name, chainId, selector, role }, i) => {
      const index = indexes[i];
      if (!index) return [];
      const { epoch, sharesPerToken, totalShares, totalSupply } = index;
      return [{ name, chainId, selector, role, epoch, sharesPerToken, totalShares, totalSupply }];
    }),
    issuedShares: audit.issuedShares,
    sharesInFlight: audit.sharesInFlight,
    conserved,
    converged,
    messages,
    gas: told.gas,
  };
}

async function reportMessages(mesh: Mesh): Promise<MessageReport[]> {
  const ramps = new RampLanes<MeshChain>();
  const lanes = await Promise.all(
    pairsOf(chainsOf(mesh)).map(({ source, destination }) => ramps.current(source, destination)),
  );
  const reports = await Promise.all(
    lanes.flat().map(async ({ source, destination }) => {
      const [departures, arrivals] = [new RampJournal(source), new RampJournal(destination)];
      await Promise.all([departures.refresh(), arrivals.refresh()]);
      return departures.sent(destination.selector).map(({ messageId, sequenceNumber, tokens }) => ({
        messageId,
        source: source.name,
        destination: destination.name,
        kind: tokens.length > 0 ? ("transfer" as const) : ("broadcast" as const),
        state: arrivals.execution(source.selector, sequenceNumber)?.state ?? "untouched",
      }));
    }),
  );
  return reports.flat();
}
