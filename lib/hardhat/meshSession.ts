import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { localnetRoot, recordsOf } from "../../config/env";
import { meshByName } from "../../config/meshes";
import { liveChain } from "../core/chains";
import { Problems } from "../core/problems";
import { consoleOutput } from "../cli/consoleOutput";
import { CHAINLINK_INDEXERS, IndexerResults, parseIndexers } from "../ccip/indexer";
import { ResultSources } from "../ccip/results";
import { LocalResults } from "../localnet/verifications";
import { passTimeOn } from "../localnet/waiting";
import type { OperatorContext } from "../mesh/operator";
import { inspectCcip, inspectMember } from "../mesh/inspect";
import { requireMember } from "../core/mesh/members";
import { chainCcip, chainsOf } from "../core/mesh/mesh";
import { openMesh, orUnreachable, requireDeployed } from "../mesh/open";
import type { MeshConfig } from "../core/mesh/schema";
import { AbsentProvider } from "../rpc/absent";
import type { SendOptions } from "../tx/send";

import { keysAtHand, signerAmong } from "./keyring";
import { fileLogStore } from "./logStore";
import { connect, placeOf } from "./networkConfig";
import type { ConnectedNetwork } from "./networkConfig";

/** A mesh that a task works on, and the keys at hand. */
export interface MeshSession extends OperatorContext {
  /** True if real money or a public testnet is behind it: then nothing is sent without confirmation. */
  readonly live: boolean;
  /** Ends the connections: a task that leaves them open never ends. */
  close(): void;
}

/** Options of {@link openSession}. */
export interface SessionOptions {
  /**
   * Network names of the chains that are needed beside the home: the others may be out of reach, and
   * are left out of the session's mesh. All unless named.
   */
  readonly only?: readonly string[];
  /**
   * Checks what was typed against the mesh file, before any chain is asked.
   * @throws naming what is wrong.
   */
  readonly check?: (config: MeshConfig) => unknown;
  /** True if chains that do not answer are done without, as long as one does. */
  readonly partly?: boolean;
}

/** Blocks that count a transaction on a live chain, unless the mesh file says otherwise. */
const LIVE_CONFIRMATIONS = 2;

/**
 * Opens the mesh called `name`: checks its file, connects to every chain, looks up what is deployed
 * and whether it is what it should be. Reading takes no key.
 * @throws naming all that is missing, and the remedies.
 */
export async function openSession(
  hre: HardhatRuntimeEnvironment,
  name: string,
  { only, check, partly = false }: SessionOptions = {},
): Promise<MeshSession> {
  const whole = meshByName(name);
  check?.(whole);
  const config = part(whole, only);
  const deployments = recordsOf(config.name);
  const names = [config.home, ...config.satellites];
  const problems = new Problems();
  const unreachable = partly ? new Map<string, Error>() : undefined;
  const keys = await problems.noting(() => keysAtHand(config));
  const opened = await Promise.all(
    names.map((network) =>
      problems.noting(async (): Promise<ConnectedNetwork> => {
        const place = placeOf(network);
        const connected = await orUnreachable(unreachable, network, () => connect(place));
        return connected ?? { ...place, provider: new AbsentProvider(network, place.chainId) };
      }),
    ),
  );
  const connections = opened.filter((connected) => connected !== undefined);
  const close = () => connections.forEach(({ provider }) => provider.destroy());
  try {
    for (const network of names) {
      await problems.noting(() => requireDeployed(config, network, deployments));
    }
    if (unreachable?.size === names.length) unreachable.forEach((error) => problems.note(error));
    problems.throwAny();
    await Promise.all(
      connections.map(({ name: network, provider, ccip }) =>
        orUnreachable(unreachable, network, () =>
          inspectCcip(network, provider, { ...chainCcip(ccip) }),
        ),
      ),
    );
    const mesh = openMesh(config, { deployments, connections, operator: keys?.[0]?.address });
    await Promise.all(
      chainsOf(mesh).map((chain) =>
        orUnreachable(unreachable, chain.name, () => inspectMember(mesh, chain)),
      ),
    );
    const isLocal = connections.every((connected) => !liveChain(connected.name));
    return {
      mesh,
      ...(unreachable && { unreachable }),
      // A mesh file that says `live: false` does not make a live chain a local one.
      live: config.live || !isLocal,
      close,
      signerFor: (chain, account) => signerAmong(keys ?? [], chain, account),
      sendOptions: ({ name: network }) => sendOptionsOn(config, network),
      ...(isLocal
        ? {
            passTime: passTimeOn(connections),
          }
        : { store: fileLogStore(path.join(hre.config.paths.cache, "logs"), consoleOutput.log) }),
      verifications: resultSources(isLocal),
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Returns the sources of verifier results: the local network's files, Chainlink's indexers, or those that are named. */
function resultSources(isLocal: boolean): ResultSources {
  const named = parseIndexers(process.env.CCIP_INDEXER_URL ?? "");
  const indexers = named.length > 0 || isLocal ? named : CHAINLINK_INDEXERS;
  return new ResultSources([
    ...(isLocal ? [new LocalResults(localnetRoot())] : []),
    ...indexers.map((url) => new IndexerResults(url)),
  ]);
}

/** Returns the options of sending to a chain: confirmations and the ceiling of the gas price. */
export function sendOptionsOn({ name, chains, live }: MeshConfig, network: string): SendOptions {
  const { confirmations, maxGasPriceGwei } = chains?.[network] ?? {};
  const isLive = live || liveChain(network) !== undefined;
  return {
    confirmations: confirmations ?? (isLive ? LIVE_CONFIRMATIONS : 1),
    ...(maxGasPriceGwei !== undefined && {
      maxPrice: {
        wei: maxGasPriceGwei,
        setting: `chains.${network}.maxGasPriceGwei in the file of mesh ${name}`,
      },
    }),
  };
}

function part(config: MeshConfig, only: readonly string[] | undefined): MeshConfig {
  if (!only) return config;
  for (const network of only) requireMember(config, network);
  return { ...config, satellites: config.satellites.filter((network) => only.includes(network)) };
}
