import type { Hex } from "viem";
import {
  createConfig,
  injected,
  useConnect,
  useConnection,
  useConnectors,
  useDisconnect,
} from "wagmi";
import type { Config } from "wagmi";

import { ANSWER_TIMEOUT_MS, viemChain } from "../data/client";
import { useMesh } from "../data/mesh";
import { endpoint } from "../data/transport";
import type { MeshDescription } from "../deployments";
import { explain } from "../model/explain";
import { chainLabel, short } from "../model/words";

/** Returns the wallet configuration: the browser's wallets, on the chains of the mesh. No keys are held here. */
export function walletConfig(mesh: MeshDescription): Config {
  const [first, ...others] = mesh.chains.map(viemChain);
  if (!first) throw new Error("The deployments export names no chain.");
  return createConfig({
    chains: [first, ...others],
    connectors: [injected()],
    transports: Object.fromEntries(
      mesh.chains.map((chain) => [
        chain.chainId,
        endpoint(chain, { answerTimeoutMs: ANSWER_TIMEOUT_MS, together: true }),
      ]),
    ),
    multiInjectedProviderDiscovery: true,
  });
}

/** Returns the address of the connected account, if there is one. */
export function useAccountAddress(): Hex | undefined {
  return useConnection().address;
}

/** Connects and disconnects a wallet. */
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
