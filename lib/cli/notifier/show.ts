import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { toJson } from "../../core/json";
import type { MeshChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import type { OperatorContext } from "../../mesh/operator";
import { among, eachThatAnswers, unreadDocument } from "../../mesh/unread";
import type { UnreadChains } from "../../mesh/unread";
import { countingText, readListeners } from "../../rebase/listeners";
import type { ListenerReport, ListenersOfChain } from "../../rebase/listeners";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { counted, formatTable, unreadLines } from "../text";

/**
 * Prints the listeners of chains: what they were told last, and which fail.
 * @returns the number of listeners that were not told of the index that counts, and the chains that were not read.
 */
export async function showListeners(
  { mesh, unreachable }: OperatorContext,
  { chains, json }: { readonly chains: readonly MeshChain[]; readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<{ readonly untold: number; readonly unread: UnreadChains }> {
  const { read, unread } = await eachThatAnswers(chains, among(chains, unreachable), (chain) =>
    readListeners(mesh, chain),
  );
  const found = [...read.values()].filter((one) => one !== undefined);
  const untold = found.flatMap(({ listeners }) => listeners.filter((one) => one.isUntold)).length;
  const { name } = mesh.config;
  if (json) {
    const documents = found.map(listenersDocument);
    stdout(toJson({ mesh: name, unread: unreadDocument(unread), chains: documents }));
  } else if (found.length > 0 || unread.size === 0) {
    stdout(showText(name, found));
  }
  for (const line of unreadLines(unread)) log(line);
  return { untold, unread };
}

/** Returns the listeners of a chain for a JSON document. */
export function listenersDocument({ chain, blockNumber, counting, listeners }: ListenersOfChain) {
  return {
    chain,
    block: blockNumber,
    countingEpoch: counting.epoch,
    growthIndex: indexOrNull(counting.sharesPerToken),
    listeners: listeners.map(listenerDocument),
  };
}

/** Returns a listener for a JSON document. */
export function listenerDocument({
  toldSharesPerToken,
  isUntold,
  failing,
  ...listener
}: ListenerReport) {
  return {
    ...listener,
    toldGrowthIndex: indexOrNull(toldSharesPerToken),
    isTold: !isUntold,
    failing: failing ?? null,
  };
}

function indexOrNull(sharesPerToken: bigint): bigint | null {
  return sharesPerToken === 0n ? null : growthIndex(sharesPerToken);
}

function showText(mesh: string, found: readonly ListenersOfChain[]): string {
  if (found.length === 0) {
    return `mesh ${mesh} has no notifier: its file has no section listeners.`;
  }
  return formatTable(
    ["chain", "counts", "listener", "was told", "gas", "failures", "next try"],
    found.flatMap(({ chain, counting, listeners }) => {
      const rows = listeners.map((one) => [...rowOf(one)]);
      const none = ["no listener", "", "", "", ""];
      const now = counting.sharesPerToken === 0n ? "unsynced" : countingText(counting.epoch);
      return (rows.length > 0 ? rows : [none]).map((row, i) =>
        i === 0 ? [chain, now, ...row] : ["", "", ...row],
      );
    }),
    4,
  ).concat(...found.flatMap(({ chain, listeners }) => failureLines(chain, listeners)));
}

function rowOf({ name, gas, isUntold, failures, retryAt, ...told }: ListenerReport): string[] {
  return [
    name,
    `${toldText(told)}${isUntold ? ", due" : ""}`,
    String(gas),
    failures === 0 ? "" : String(failures),
    retryAt === 0n ? "" : timeText(retryAt),
  ];
}

/** Describes what a listener was told last: "epoch 5, growth index 1.05". */
export function toldText({
  toldEpoch,
  toldSharesPerToken,
}: Pick<ListenerReport, "toldEpoch" | "toldSharesPerToken">): string {
  if (toldSharesPerToken === 0n) return "nothing yet";
  return `${countingText(toldEpoch)}, growth index ${formatGrowthIndex(toldSharesPerToken)}`;
}

function failureLines(chain: string, listeners: readonly ListenerReport[]): string[] {
  return listeners.flatMap((listener) => {
    const text = failingText(listener);
    return text === undefined ? [] : [`\n${chain}: listener ${listener.name} ${text}`];
  });
}

/** Describes the failed calls of a listener: "fails since ... (3 calls): the reason". */
export function failingText({ failures, failing }: ListenerReport): string | undefined {
  if (failures === 0) return undefined;
  const calls = counted(failures, "call");
  if (!failing) return `has failed (${calls}); its endpoint leaves out the logs of it`;
  return `has failed since ${timeText(failing.since)} (${calls}): ${failing.reason}`;
}
