import { toJson } from "../../core/json";
import type { MeshChain } from "../../core/mesh/mesh";
import { withoutSecrets } from "../../files/secrets";
import type { Notification } from "../../mesh/notification";
import type { OperatorContext } from "../../mesh/operator";
import { notifyListeners, readListeners } from "../../rebase/listeners";
import { NonceManager } from "../../tx/nonces";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";

/** Options of {@link notifyChains}. */
export interface NotifyOptions extends SendingTaskOptions {
  readonly chains: readonly MeshChain[];
}

/** The outcome on one chain. */
export type NotifyOutcome = { readonly chain: string } & (
  | ({ readonly status: "notified"; readonly hash: string } & Notification)
  | { readonly status: "nothing to tell" | "no notifier" }
  | { readonly status: "failed"; readonly error: string }
);

/**
 * Has the notifiers of chains call the listeners that were not told. A chain that fails stops no other.
 * @returns the outcome on each chain.
 */
export async function notifyChains(
  context: OperatorContext,
  { chains, confirm, json }: NotifyOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<readonly NotifyOutcome[]> {
  const { mesh, unreachable } = context;
  const outcomes = new Map<string, NotifyOutcome>();
  const due: MeshChain[] = [];
  const keeping = async (chain: MeshChain, act: () => Promise<NotifyOutcome>) => {
    outcomes.set(chain.name, await act().catch((error: unknown) => failed(chain.name, error)));
  };
  await Promise.all(
    chains.map((chain) =>
      keeping(chain, async () => {
        const unread = unreachable?.get(chain.name);
        if (unread) throw unread;
        const found = await readListeners(mesh, chain);
        if (!found) return { chain: chain.name, status: "no notifier" };
        if (found.listeners.some(({ isUntold }) => isUntold)) due.push(chain);
        return { chain: chain.name, status: "nothing to tell" };
      }),
    ),
  );
  if (due.length > 0) {
    await confirm(`Tell the listeners of ${due.map(({ name }) => name).join(", ")}?`);
  }
  const nonces = new NonceManager();
  for (const chain of due) {
    await keeping(chain, async () => {
      const onSent = (label: string, hash: string) => log(`sent     ${label} ${hash}`);
      const notification = await notifyListeners(context, chain, { nonces, onSent });
      return { chain: chain.name, status: "notified", ...notification };
    });
  }
  const results = chains.flatMap(({ name }) => outcomes.get(name) ?? []);
  stdout(
    json
      ? toJson({ mesh: mesh.config.name, chains: results })
      : results.flatMap(outcomeLines).join("\n"),
  );
  return results;
}

/** Returns whether a listener was called, or should have been, and has not been told. */
export function isLeftUntold(outcome: NotifyOutcome): boolean {
  return outcome.status === "notified" && outcome.failed.length + outcome.skipped.length > 0;
}

function failed(chain: string, error: unknown): NotifyOutcome {
  const message = withoutSecrets(error instanceof Error ? error.message : String(error));
  return { chain, status: "failed", error: message };
}

function outcomeLines(outcome: NotifyOutcome): string[] {
  const { chain, status } = outcome;
  switch (status) {
    case "notified":
      return [
        `${chain}: called the listeners that were not told (${outcome.hash})`,
        ...outcome.told.map((listener) => `  told     ${listener}`),
        ...outcome.failed.map(({ listener, reason }) => `  failed   ${listener}: ${reason}`),
        ...outcome.skipped.map((listener) => `  skipped  ${listener}: too little gas was left`),
      ];
    case "nothing to tell":
      return [`${chain}: every listener was told of the index that counts, nothing to send`];
    case "no notifier":
      return [`${chain}: no notifier, the mesh file has no section listeners`];
    case "failed":
      return [`${chain}: failed: ${outcome.error}`];
  }
}
