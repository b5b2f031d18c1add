import { formatGrowthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import { bandText } from "../../mesh/components/receiver";
import type { OperatorContext } from "../../mesh/operator";
import { readReceivers } from "../../rebase/quarantine";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { formatTable } from "../text";

/**
 * Prints what receivers believe, what they hold back, and when home last confirmed their index.
 * @returns the number of receivers that hold something back.
 */
export async function showReceivers(
  context: OperatorContext,
  { chains, json }: { readonly chains: readonly SatelliteChain[]; readonly json: boolean },
  { stdout }: Output = consoleOutput,
): Promise<{ readonly held: number }> {
  const receivers = await readReceivers(context, chains);
  const held = receivers.filter(({ receiver }) => receiver.quarantined).length;
  if (json) {
    const { name: mesh } = context.mesh.config;
    stdout(
      toJson({
        mesh,
        chains: receivers.map(({ chain, blockNumber, epoch, receiver }) => {
          const { band, quarantined, lastConfirmed } = receiver;
          return {
            chain: chain.name,
            block: blockNumber,
            epoch,
            band,
            quarantined: quarantined ?? null,
            lastConfirmed,
          };
        }),
      }),
    );
    return { held };
  }
  stdout(
    formatTable(
      ["satellite", "epoch", "growth index", "band", "confirmed by home", "held back"],
      receivers.map(({ chain, epoch, sharesPerToken, receiver }) => {
        const { band, quarantined, lastConfirmed } = receiver;
        return [
          chain.name,
          String(epoch),
          formatGrowthIndex(sharesPerToken),
          bandText(band),
          lastConfirmed === 0n ? "never" : timeText(lastConfirmed),
          quarantined
            ? `epoch ${quarantined.epoch}, growth index ${formatGrowthIndex(quarantined.next)}${quarantined.isRejected ? ", rejected" : ""}`
            : "nothing",
        ];
      }),
      6,
    ),
  );
  return { held };
}
