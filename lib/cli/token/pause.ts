import { groupBy } from "ccip-localnet/protocol";

import { toJson } from "../../core/json";
import { withoutSecrets } from "../../files/secrets";
import type { SendingTaskOptions } from "../confirm";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { parseOptionalAddress } from "../../core/input/address";
import type { MeshChain } from "../../core/mesh/mesh";
import { NonceManager } from "../../tx/nonces";
import { changePause, isPaused } from "../../token/pause";
import type { ChainsContext, PauseAction } from "../../token/pause";

/** Options of {@link pauseTokens}. */
export interface PauseOptions extends SendingTaskOptions {
  /** The account that signs; the guardian (or operations) of the mesh file by default. */
  readonly account?: string;
}

/** The outcome on one chain. */
export interface PauseOutcome {
  readonly chain: string;
  readonly status: "done" | "already" | "failed";
  readonly hash?: string;
  readonly error?: string;
}

/** Explanation that is shown before the confirmation. */
const EFFECTS: Readonly<Record<PauseAction, string>> = {
  pause: `A paused token stops on its chain every transfer, mint and burn, and what leaves or arrives through CCIP.
What arrives meanwhile fails there and is not lost: once unpaused, execute it by hand ("message doctor <id>" says how).
It does not stop: rebases, broadcasts and syncs; approvals; the other chains.`,
  unpause: `An unpaused token moves again at once, at the index that counts now.
What failed to arrive while it was paused stays failed until it is executed by hand ("message doctor <id>" says how).`,
};

/**
 * Pauses or unpauses the tokens of chains, all at once. A chain that fails stops no other.
 * @returns the outcome on each chain.
 */
export async function pauseTokens(
  context: ChainsContext,
  action: PauseAction,
  options: PauseOptions,
  { stdout, log }: Output = consoleOutput,
): Promise<readonly PauseOutcome[]> {
  const { json } = options;
  const account = parseOptionalAddress(options.account, { option: "--account" });
  const outcomes = new Map<string, PauseOutcome>();
  /** Keeps the outcome of an action on a chain; its error stops no other chain. */
  const keeping = async (chain: string, act: () => Promise<Omit<PauseOutcome, "chain">>) => {
    const outcome = await act().catch((error: unknown) => {
      const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
      return { status: "failed" as const, error: reason };
    });
    outcomes.set(chain, { chain, ...outcome });
  };
  const todo: MeshChain[] = [];
  await Promise.all(
    context.chains.map(({ name, chain, error }) =>
      keeping(name, async () => {
        if (!chain) throw error;
        if ((await isPaused(chain)) !== (action === "pause")) todo.push(chain);
        return { status: "already" };
      }),
    ),
  );
  if (todo.length > 0) {
    log(EFFECTS[action]);
    const names = todo.map(({ name }) => name).sort();
    await options.confirm(
      `${action === "pause" ? "Pause" : "Unpause"} the token on ${names.join(", ")}?`,
    );
  }
  const nonces = new NonceManager();
  // Chains on one provider share their accounts' nonces: in turn there, at once elsewhere.
  await Promise.all(
    [...groupBy(todo, ({ provider }) => provider).values()].map(async (chains) => {
      for (const chain of chains) {
        await keeping(chain.name, async () => {
          const hash = await changePause(context, chain, action, {
            ...context.sendOptions(chain),
            // What gas costs is no reason to let an attack go on.
            ...(action === "pause" && { maxPrice: undefined }),
            account,
            nonces,
            onSent: (label, sent) => log(`sent     ${label} ${sent}`),
          });
          return { status: "done", hash };
        });
      }
    }),
  );
  const results = context.chains.flatMap(({ name }) => outcomes.get(name) ?? []);
  stdout(
    json
      ? toJson({ mesh: context.config.name, action, chains: results })
      : results.map((outcome) => outcomeText(action, outcome)).join("\n"),
  );
  return results;
}

function outcomeText(action: PauseAction, { chain, status, hash, error }: PauseOutcome): string {
  const state = action === "pause" ? "paused" : "not paused";
  switch (status) {
    case "done":
      return `${chain}: ${state} now (${hash})`;
    case "already":
      return `${chain}: ${state} already, nothing to do`;
    case "failed":
      return `${chain}: failed: ${error}`;
  }
}
