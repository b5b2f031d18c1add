import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import {
  allowedSteps,
  bandText,
  isUndecided,
  quarantineRecovery,
  quarantineText,
} from "../../mesh/components/circuitBreaker";
import type { OperatorContext } from "../../mesh/operator";
import { among, eachThatAnswers, unreadDocument } from "../../mesh/unread";
import type { UnreadChains } from "../../mesh/unread";
import { readReceiver } from "../../rebase/quarantine";
import { readHomeStatus } from "../../rebase/status";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { confirmedText } from "../rebase/status";
import { formatTable, unreadLines } from "../text";

/**
 * Prints what receivers believe, what they hold back, and when home last confirmed their index.
 * @returns the satellites that hold back a broadcast that nobody has decided about, and the chains that were not read.
 */
export async function showReceivers(
  { mesh, unreachable }: OperatorContext,
  { chains, json }: { readonly chains: readonly SatelliteChain[]; readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<{ readonly undecided: readonly string[]; readonly unread: UnreadChains }> {
  const satellites = await eachThatAnswers(chains, among(chains, unreachable), readReceiver);
  const receivers = [...satellites.read.values()];
  const held = receivers.filter(({ quarantined }) => quarantined);
  // Home is only what the held ones are compared with.
  const homes = held.length > 0 && !json ? [mesh.home] : [];
  const atHome = await eachThatAnswers(homes, among(homes, unreachable), (home) =>
    readHomeStatus(home),
  );
  const unread = new Map([...satellites.unread, ...atHome.unread]);
  for (const line of unreadLines(unread)) log(line);
  const { name } = mesh.config;
  const undecided = receivers.filter(isUndecided).map(({ chain }) => chain.name);
  if (json) {
    const documents = receivers.map(({ chain, sharesPerToken, ...receiver }) => ({
      ...receiver,
      chain: chain.name,
      growthIndex: growthIndex(sharesPerToken),
      allowedSteps: allowedSteps(receiver, receiver.timestamp),
      quarantined: receiver.quarantined ?? null,
    }));
    stdout(toJson({ mesh: name, unread: unreadDocument(unread), chains: documents }));
    return { undecided, unread };
  }
  const home = atHome.read.get(mesh.home.name);
  stdout(
    [
      formatTable(
        ["satellite", "epoch", "generation", "growth index", "confirmed by home", "band"],
        receivers.map((receiver) => [
          receiver.chain.name,
          String(receiver.epoch),
          String(receiver.generation),
          formatGrowthIndex(receiver.sharesPerToken),
          confirmedText(receiver),
          bandText(receiver.band),
        ]),
        6,
      ),
      ...receivers
        .filter(({ band }) => band.maxSteps > 0n)
        .map(({ chain, anchor, timestamp, ...receiver }) => {
          const steps = allowedSteps({ anchor, ...receiver }, timestamp);
          return `${chain.name}: measured from growth index ${formatGrowthIndex(anchor.sharesPerToken)} of epoch ${anchor.epoch} at ${timeText(anchor.time)}; a broadcast may be ${steps} ${steps === 1n ? "step" : "steps"} away now, at most one for each epoch.`;
        }),
      ...held.flatMap(({ chain, quarantined }) =>
        quarantined
          ? [
              `${chain.name} holds back ${quarantineText(quarantined)}: ${quarantineRecovery(name, chain.name, quarantined, home)}`,
            ]
          : [],
      ),
    ].join("\n"),
  );
  return { undecided, unread };
}
