import { RampJournal } from "ccip-localnet/protocol";

import { RampLanes } from "../ccip/ramps";
import { chainsOf, pairsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { isConverged } from "../core/syncStatus";
import { readIndexes } from "../mesh/readIndex";
import { auditSupply } from "../supply/audit";

import type { DefiFindings } from "./defi/chapter";
import type { ScenarioContext } from "./scenario";

/** The result of the demo as a document. Integers are bigints here and strings in JSON. */
export type DemoReport = Awaited<ReturnType<typeof reportDemo>> & {
  /** Findings of the second chapter. */
  readonly defi?: DefiFindings;
};

/**
 * Reads the chains and sums up what the scenario has shown.
 * @param gas the highest gas of each kind of transaction.
 * @param reason what did not hold, if anything.
 */
export async function reportDemo(
  mesh: Mesh,
  { lines, gas }: Pick<ScenarioContext, "lines" | "gas">,
  seconds: number,
  reason: string | undefined,
) {
  const [indexes, audit, messages] = await Promise.all([
    readIndexes(mesh),
    auditSupply(mesh),
    reportMessages(mesh),
  ]);
  const conserved = [audit, ...lines.map((line) => line.audit)].every(
    ({ difference }) => difference === 0n,
  );
  const converged = isConverged(indexes);
  return {
    ok: reason === undefined && conserved && converged,
    reason,
    seconds,
    chains: chainsOf(mesh).flatMap(({ name, chainId, selector, role }, i) => {
      const index = indexes[i];
      if (!index) return [];
      const { epoch, sharesPerToken, totalShares, totalSupply } = index;
      return [{ name, chainId, selector, role, epoch, sharesPerToken, totalShares, totalSupply }];
    }),
    issuedShares: audit.issuedShares,
    sharesInFlight: audit.sharesInFlight,
    /** True if every share was accounted for at every line of the story and at its end. */
    conserved,
    /** True if every satellite holds the home's whole index state. */
    converged,
    messages,
    gas: Object.fromEntries(gas),
  };
}

/** Reads every message that was sent over CCIP, by chain names. */
async function reportMessages(mesh: Mesh) {
  const ramps = new RampLanes<MeshChain>();
  const lanes = await Promise.all(
    pairsOf(chainsOf(mesh)).map(({ source, destination }) => ramps.current(source, destination)),
  );
  const reports = await Promise.all(
    lanes.flat().map(async ({ source, destination }) => {
      const [departures, arrivals] = [new RampJournal(source), new RampJournal(destination)];
      await Promise.all([departures.refresh(), arrivals.refresh()]);
      return departures
        .sent(destination.selector)
        .map(({ messageId, sequenceNumber, receiver, tokens }) => ({
          messageId,
          source: source.name,
          destination: destination.name,
          kind: kindOf(destination, receiver, tokens.length > 0),
          state: arrivals.execution(source.selector, sequenceNumber)?.state ?? "untouched",
        }));
    }),
  );
  return reports.flat();
}

function kindOf({ contracts }: MeshChain, receiver: string, withTokens: boolean) {
  if (withTokens) return "transfer" as const;
  return receiver === contracts.proposalReceiver ? ("proposal" as const) : ("broadcast" as const);
}
