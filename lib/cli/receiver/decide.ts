import { formatGrowthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import type { OperatorContext } from "../../mesh/operator";
import { decideHeld, readReceivers, requireHeld } from "../../rebase/quarantine";
import type { Decision } from "../../rebase/quarantine";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

/** Options of {@link decideReceiver}. */
export interface DecideOptions extends SendingTaskOptions {
  readonly chain: SatelliteChain;
  readonly decision: Decision;
  /** The account that signs; operations (or the guardian) of the mesh file by default. */
  readonly account?: string | undefined;
}

const EFFECTS: Readonly<Record<Decision, string>> = {
  accept:
    "Accepted, it becomes the index of this satellite, and later broadcasts are measured from it.",
  reject:
    "Rejected, it does not come back by itself; a newer broadcast inside of the band goes on.",
};

/**
 * Accepts or rejects the broadcast that a satellite holds back.
 * @throws OperatorError when nothing is held back, or the account may not.
 */
export async function decideReceiver(
  context: OperatorContext,
  { chain, decision, account, confirm, json }: DecideOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<void> {
  const held = await requireHeld(context, chain);
  const [now] = await readReceivers(context, [chain]);
  log(
    `${chain.name} holds back epoch ${held.epoch} since ${timeText(held.since)}: growth index ${formatGrowthIndex(held.current)}, and ${formatGrowthIndex(held.next)} from ${timeText(held.effectiveAt)} on; in force is ${formatGrowthIndex(now?.sharesPerToken ?? 0n)}.`,
  );
  log(EFFECTS[decision]);
  await confirm(
    `${decision === "accept" ? "Accept" : "Reject"} epoch ${held.epoch} on ${chain.name}?`,
  );
  const hash = await decideHeld(context, chain, decision, held, account);
  const { name: mesh } = context.mesh.config;
  if (json) stdout(toJson({ mesh, chain: chain.name, decision, epoch: held.epoch, hash }));
  else stdout(`${chain.name}: epoch ${held.epoch} ${decision}ed (${hash})`);
}
