import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Hex } from "viem";
import {
  createConfig,
  http,
  injected,
  useConfig,
  useConnect,
  useConnection,
  useConnectors,
  useDisconnect,
} from "wagmi";
import type { Config } from "wagmi";
import { getConnection, sendTransaction, switchChain } from "wagmi/actions";

import { clientOf, viemChain } from "../data/client";
import { ownErrors, useMesh } from "../data/mesh";
import { hex } from "../deployments";
import type { DeployedChain, MeshDescription } from "../deployments";
import { explain } from "../model/explain";
import { chainLabel, short } from "../model/words";

/** Wallets that the browser carries, on the chains of the mesh. No key is ever held here. */
export function walletConfig(mesh: MeshDescription): Config {
  const [first, ...others] = mesh.chains.map(viemChain);
  if (!first) throw new Error("The deployments export names no chain.");
  return createConfig({
    chains: [first, ...others],
    connectors: [injected()],
    transports: Object.fromEntries(
      mesh.chains.map(({ chainId, rpcUrl }) => [chainId, http(rpcUrl)]),
    ),
    multiInjectedProviderDiscovery: true,
  });
}

/** A transaction to be signed by the connected account. */
export interface Call {
  readonly chain: DeployedChain;
  readonly to: string;
  readonly data: Hex;
  readonly value?: bigint;
  /** What an estimate may lack: CCIP's calls forward 63/64 of their gas. */
  readonly minGas?: bigint;
}

/** Where a transaction stands. */
export type Progress =
  | { readonly step: "idle" }
  | { readonly step: "switching" | "checking" | "signing" | "mining"; readonly what: string }
  | { readonly step: "done"; readonly what: string; readonly hash: string }
  | { readonly step: "failed"; readonly reason: string };

/**
 * The wallet stayed on its network. Whether somebody refused or the wallet does not know the chain cannot
 * be told apart, and the remedy is the same.
 */
class NetworkNotSwitched extends Error {
  override readonly name = "SwitchChainError";
  constructor(readonly reason: unknown) {
    super("The wallet did not switch its network.");
  }
}

const MARGIN_PERCENT = 130n;

/** The connected account, if there is one. */
export function useAccountAddress(): Hex | undefined {
  return useConnection().address;
}

/** Sends transactions one after the other and says how they fare. */
export function useTransactions() {
  const config = useConfig();
  const { mesh } = useMesh();
  const account = useAccountAddress();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress>({ step: "idle" });
  const send = useCallback(
    async (what: string, prepare: () => Promise<readonly Call[]> | readonly Call[]) => {
      if (!account) return undefined;
      try {
        setProgress({ step: "checking", what });
        let hash: Hex | undefined;
        for (const call of await prepare()) {
          const { chain, to, data, value = 0n, minGas = 0n } = call;
          if (getConnection(config).chainId !== chain.chainId) {
            setProgress({
              step: "switching",
              what: `switch your wallet to ${chainLabel(chain.name)}`,
            });
            await switchChain(config, { chainId: chain.chainId }).catch((cause: unknown) => {
              throw new NetworkNotSwitched(cause);
            });
          }
          setProgress({ step: "checking", what });
          const client = clientOf(chain);
          const request = { account, to: hex(to), data, value };
          // Asked first, so that what would fail costs nothing and says why.
          await client.call(request);
          const estimate = ((await client.estimateGas(request)) * MARGIN_PERCENT) / 100n;
          setProgress({ step: "signing", what });
          hash = await sendTransaction(config, {
            account,
            chainId: chain.chainId,
            to: hex(to),
            data,
            value,
            gas: estimate > minGas ? estimate : minGas,
          });
          setProgress({ step: "mining", what });
          const receipt = await client.waitForTransactionReceipt({
            hash,
            pollingInterval: mesh.live ? 4_000 : 200,
          });
          if (receipt.status !== "success")
            throw new Error("It was mined and reverted: nothing changed but the gas spent.");
        }
        if (!hash) throw new Error("There was nothing to send.");
        setProgress({ step: "done", what, hash });
        await queries.invalidateQueries();
        return hash;
      } catch (error) {
        setProgress({ step: "failed", reason: explain(error, ownErrors(mesh)) });
        return undefined;
      }
    },
    [account, config, mesh, queries],
  );
  const isBusy = ["switching", "checking", "signing", "mining"].includes(progress.step);
  return { send, progress, isBusy, reset: () => setProgress({ step: "idle" }) };
}

/** How a transaction fares, told as it happens. */
export function ProgressLine({ progress }: { progress: Progress }) {
  if (progress.step === "idle") return null;
  if (progress.step === "failed") {
    return (
      <p className="notice notice-bad" role="alert">
        <span aria-hidden="true">!</span> {progress.reason}
      </p>
    );
  }
  const words = {
    switching: "Waiting for your wallet",
    checking: "Checking",
    signing: "Waiting for your signature",
    mining: "Sent, waiting to be mined",
    done: "Done",
  }[progress.step];
  return (
    <p className={`notice notice-${progress.step === "done" ? "good" : "wait"}`} role="status">
      <span aria-hidden="true">{progress.step === "done" ? "✓" : "◷"}</span> {words}:{" "}
      {progress.what}
    </p>
  );
}

/** Connects and disconnects. */
export function ConnectButton() {
  const { address, chainId } = useConnection();
  const connectors = useConnectors();
  const connect = useConnect();
  const disconnect = useDisconnect();
  const { mesh } = useMesh();
  const network = mesh.chains.find((chain) => chain.chainId === chainId);
  if (address) {
    return (
      <div className="account">
        <p>
          <span className="num" title={address}>
            {short(address)}
          </span>
          <small>{network ? `on ${chainLabel(network.name)}` : "on another network"}</small>
        </p>
        <button type="button" className="quiet" onClick={() => disconnect.mutate({})}>
          Disconnect
        </button>
      </div>
    );
  }
  const announced = connectors.filter(({ id }) => id !== "injected");
  const choices = announced.length > 0 ? announced : connectors;
  return (
    <div className="account">
      {choices.map((connector) => (
        <button
          key={connector.uid}
          type="button"
          disabled={connect.isPending}
          onClick={() => connect.mutate({ connector })}
        >
          {connector.id === "injected" ? "Connect wallet" : `Connect ${connector.name}`}
        </button>
      ))}
      {connect.error && (
        <small role="alert">
          {/provider not found/i.test(connect.error.message)
            ? "This browser has no wallet. Install one, or open this page in a wallet's browser."
            : explain(connect.error)}
        </small>
      )}
    </div>
  );
}
