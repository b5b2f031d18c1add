import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Hex } from "viem";
import { getTransaction } from "viem/actions";
import { useConfig } from "wagmi";
import type { Config } from "wagmi";
import { getConnection, getConnectorClient, sendTransaction, switchChain } from "wagmi/actions";

import { clientOf } from "../data/client";
import { ownErrors, useMesh } from "../data/mesh";
import { hex, nativeSymbol } from "../deployments";
import type { DeployedChain } from "../deployments";
import { explain } from "../model/explain";
import { chainLabel, short } from "../model/words";
import { Notice } from "../ui/kit";
import { follow, syncStatusOf } from "./follow";
import type { Outcome } from "./follow";
import { useAccountAddress } from "./wallet";

/** A transaction to be signed by the connected account. */
export interface Call {
  /** Name of the step, where it is one of several: "approve 12.5 RUSD". */
  readonly step?: string;
  readonly chain: DeployedChain;
  readonly to: string;
  readonly data: Hex;
  readonly value?: bigint;
  /** Minimum gas: an estimate may be too low, as CCIP's calls forward 63/64 of theirs. */
  readonly minGas?: bigint;
  /** Gas beside an estimate, for calls without which the transaction succeeds as well. */
  readonly optionalGas?: bigint;
  /** Returns the part that failed although the transaction succeeded. */
  readonly unmet?: (hash: Hex) => Promise<string | undefined>;
}

/** Progress of an action. */
export type Progress =
  | { readonly step: "idle" }
  | { readonly step: "switching" | "checking" | "signing"; readonly what: string }
  | {
      readonly step: "mining";
      readonly what: string;
      readonly isAnswering: boolean;
      /** True when the hash has been unknown to all nodes for long. */
      readonly isUnseen: boolean;
      /** Stops tracking: a wallet may never send what it has signed. */
      stop(): void;
    }
  | { readonly step: "done"; readonly what: string; readonly isSpedUp: boolean }
  /** The user cancelled it, which is not an error. */
  | { readonly step: "cancelled"; readonly reason: string }
  | { readonly step: "failed"; readonly reason: string };

/**
 * Thrown when the wallet stayed on its network. A rejection by the user and an unknown chain are indistinguishable,
 * and the fix is the same.
 */
class NetworkNotSwitched extends Error {
  override readonly name = "SwitchChainError";
  constructor(readonly reason: unknown) {
    super("The wallet did not switch its network.");
  }
}

const MARGIN_PERCENT = 130n;

/** Sends transactions one after the other, each once the previous one is done, and reports their progress. */
export function useTransactions() {
  const config = useConfig();
  const { mesh } = useMesh();
  const account = useAccountAddress();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>({ step: "idle" });
  const pollMs = mesh.live ? 4_000 : 200;

  const send = useCallback(
    async (what: string, prepare: () => Promise<readonly Call[]> | readonly Call[]) => {
      if (!account) return undefined;
      let chain: DeployedChain | undefined;
      const done: string[] = [];
      try {
        setProgress({ step: "checking", what });
        const calls = await prepare();
        let last: Outcome | undefined;
        for (const [i, call] of calls.entries()) {
          chain = call.chain;
          const words =
            call.step && calls.length > 1 ? `${call.step} (${i + 1} of ${calls.length})` : what;
          const ledger = clientOf(chain);
          await switchTo(config, chain, setProgress);
          setProgress({ step: "checking", what: words });
          const request = await checked(call, account);
          const before = await syncStatusOf(ledger, account);
          setProgress({ step: "signing", what: words });
          const hash = await sendTransaction(config, request);
          const following = new AbortController();
          const stop = () => following.abort();
          // Reported as sent once a node knows it: from then on it is tracked whatever replaces it.
          last = await follow(
            ledger,
            { hash, account, before, request },
            {
              pollMs,
              askWallet: async (sought) =>
                getTransaction(await getConnectorClient(config), { hash: sought }),
              onAttempt: (attempt) =>
                setProgress({ step: "mining", what: words, ...attempt, stop }),
              signal: following.signal,
            },
          );
          if (last.kind !== "done") {
            setProgress(ending(last, calls, i));
            await queries.invalidateQueries();
            return undefined;
          }
          const unmet = await call.unmet?.(last.hash);
          if (unmet !== undefined) {
            setProgress({ step: "failed", reason: [unmet, ...whatStays(done)].join(" ") });
            await queries.invalidateQueries();
            return undefined;
          }
          if (call.step) done.push(call.step);
        }
        if (last?.kind !== "done") throw new Error("There was nothing to send.");
        setProgress({ step: "done", what, isSpedUp: last.isSpedUp });
        await queries.invalidateQueries();
        return last.hash;
      } catch (error) {
        const reason = explain(error, ownErrors(mesh), chain && nativeSymbol(chain));
        setProgress({ step: "failed", reason: [reason, ...whatStays(done)].join(" ") });
        return undefined;
      }
    },
    [account, config, mesh, pollMs, queries],
  );
  const isBusy = ["switching", "checking", "signing", "mining"].includes(progress.step);
  return { send, progress, isBusy };
}

async function switchTo(
  config: Config,
  chain: DeployedChain,
  setProgress: (progress: Progress) => void,
): Promise<void> {
  if (getConnection(config).chainId === chain.chainId) return;
  setProgress({ step: "switching", what: `switch your wallet to ${chainLabel(chain.name)}` });
  await switchChain(config, { chainId: chain.chainId }).catch((cause: unknown) => {
    throw new NetworkNotSwitched(cause);
  });
}

/** Simulates the call first, so that a failing one costs nothing and has a reason. */
async function checked({ chain, to, data, value = 0n, ...gas }: Call, account: Hex) {
  const client = clientOf(chain);
  const request = { account, to: hex(to), data, value };
  await client.call(request);
  return {
    ...request,
    chainId: chain.chainId,
    gas: gasLimit(await client.estimateGas(request), gas),
  };
}

/** Returns the gas limit of a call, given its estimate. */
export function gasLimit(
  estimate: bigint,
  { minGas = 0n, optionalGas = 0n }: Pick<Call, "minGas" | "optionalGas">,
): bigint {
  const generous = (estimate * MARGIN_PERCENT) / 100n + optionalGas;
  return generous > minGas ? generous : minGas;
}

/** Describes the outcome of an action whose last transaction was not mined as requested. */
export function ending(
  outcome: Exclude<Outcome, { kind: "done" }>,
  calls: readonly Pick<Call, "step">[],
  index: number,
): Progress {
  const step = calls.length > 1 ? calls[index]?.step : undefined;
  const done = calls.slice(0, index).flatMap((call) => call.step ?? []);
  const rest = [
    ...(step ? [`Step ${index + 1} of ${calls.length} is not done: ${step}.`] : []),
    ...whatStays(done),
  ];
  const say = (reason: string) => [reason, ...rest].join(" ");
  switch (outcome.kind) {
    case "cancelled":
      return { step: "cancelled", reason: say("You cancelled it: nothing was sent.") };
    case "replaced":
      return {
        step: "cancelled",
        reason: say(
          `Your wallet put another transaction in its place, ${short(outcome.by)}: this one was not sent.`,
        ),
      };
    case "altered":
      return {
        step: "failed",
        reason: [
          `Your wallet sent another transaction than it was asked to, ${short(outcome.by)}: whether it does what was meant is not known here. Nothing more is sent; look at it before you try again.`,
          ...(step ? [`Step ${index + 1} of ${calls.length} was: ${step}.`] : []),
          ...whatStays(done),
        ].join(" "),
      };
    case "reverted":
      return {
        step: "failed",
        reason: say("It was mined and reverted: nothing changed but the gas spent."),
      };
    case "unknown":
      return {
        step: "failed",
        reason: say(
          outcome.other
            ? `No node knows the transaction, and your account has had another one mined since, ${short(outcome.other)}: it was replaced, or is still to come. Nothing more is sent; look in your wallet before you try again.`
            : "It is not known whether the transaction was mined. Nothing more is sent; look in your wallet before you try again.",
        ),
      };
  }
}

/** Lists the steps of an action that are done although it was not completed. */
export function whatStays(done: readonly string[]): string[] {
  return done.length > 0 ? [`What was done before it stays: ${done.join(", ")}.`] : [];
}

/** Shows the progress of an action. */
export function ProgressLine({ progress }: { progress: Progress }) {
  switch (progress.step) {
    case "idle":
      return null;
    case "failed":
      return <Notice tone="bad">{progress.reason}</Notice>;
    case "cancelled":
      return <Notice tone="wait">{progress.reason}</Notice>;
    case "done":
      return (
        <Notice tone="good">
          Done: {progress.what}
          {progress.isSpedUp && ", as your wallet sped it up"}
        </Notice>
      );
    case "switching":
    case "checking":
    case "signing":
      return (
        <Notice tone="wait">
          {WAITING[progress.step]}: {progress.what}
        </Notice>
      );
    case "mining":
      return (
        <div className="progress">
          <Notice tone="wait">
            {progress.isUnseen
              ? "No node knows the transaction that your wallet returned. A Safe returns a proposal, which is sent once its owners have signed it there; otherwise look in your wallet whether it was sent"
              : progress.isAnswering
                ? "Sent, waiting to be mined"
                : "Sent, but the chain does not answer; it is asked again"}
            : {progress.what}
          </Notice>
          <button type="button" className="quiet small" onClick={() => progress.stop()}>
            Stop waiting
          </button>
        </div>
      );
  }
}

const WAITING = {
  switching: "Waiting for your wallet",
  checking: "Checking",
  signing: "Waiting for your signature",
} as const;
