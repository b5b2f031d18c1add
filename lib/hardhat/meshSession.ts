import path from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { localnetRoot, recordsOf } from "../../config/env";
import { meshByName } from "../../config/meshes";
import { CHAINLINK_INDEXERS, IndexerResults, parseIndexers } from "../ccip/indexer";
import { ResultSources } from "../ccip/results";
import { consoleOutput } from "../cli/consoleOutput";
import { liveChain } from "../core/chains";
import { chosenMembers, membersOf, requireMember } from "../core/mesh/members";
import { chainsOf } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";
import { Problems } from "../core/problems";
import { LocalResults } from "../localnet/verifications";
import { passTimeOn } from "../localnet/waiting";
import { inspectChain, inspectMember } from "../mesh/inspect";
import { deployersOf, openChain, openMesh, requireDeployed } from "../mesh/open";
import type { OperatorContext } from "../mesh/operator";
import { orUnreachable } from "../mesh/unread";
import { AbsentProvider } from "../rpc/provider";
import type { ChainsContext, ReachedChain } from "../token/pause";
import type { SendOptions } from "../tx/send";

import { keysAtHand, signerAmong } from "./keys";
import type { Key } from "./keys";
import { fileLogStore } from "./logStore";
import { connect, openNetwork, placeOf } from "./networkConfig";
import type { ConnectedNetwork } from "./networkConfig";

/** The connections of a task. */
interface Session {
  /** True for mainnets and public testnets: then nothing is sent without confirmation. */
  readonly live: boolean;
  /** Closes the connections: a process with open ones never ends. */
  close(): void;
}

/** A mesh that a task works on, with the signers of the available keys. */
export type MeshSession = OperatorContext & Session;

/** Options of {@link openSession}. */
export interface SessionOptions {
  /**
   * Network names of the chains that are needed besides the home: the others may be unreachable, and
   * are left out of the session's mesh. All by default.
   */
  readonly only?: readonly string[];
  /**
   * Checks typed options against the mesh file, before any chain is read.
   * @throws naming the invalid option.
   */
  readonly check?: (config: MeshConfig) => unknown;
  /** True if chains that do not answer are left out, as long as one answers. */
  readonly partly?: boolean;
}

/** Confirmations on a live chain, unless the mesh file sets another number. */
const LIVE_CONFIRMATIONS = 2;

/**
 * Opens the mesh called `name`: checks its file, connects to every chain, and checks its deployed contracts. Reading
 * needs no key.
 * @throws naming everything that is missing, and the remedies.
 */
export async function openSession(
  hre: HardhatRuntimeEnvironment,
  name: string,
  { only, check, partly = false }: SessionOptions = {},
): Promise<MeshSession> {
  const whole = meshByName(name);
  check?.(whole);
  for (const network of only ?? []) requireMember(whole, network);
  const satellites = whole.satellites.filter((network) => only?.includes(network) ?? true);
  const config = { ...whole, satellites };
  const deployments = recordsOf(config.name);
  const names = membersOf(config);
  const problems = new Problems();
  const unreachable = partly ? new Map<string, Error>() : undefined;
  const keys = await problems.noting(() => keysAtHand(config.home));
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
  const session = sessionOf(hre, config, names, { keys, connections });
  try {
    for (const network of names) {
      await problems.noting(() => requireDeployed(config, network, deployments));
    }
    if (unreachable?.size === names.length) unreachable.forEach((error) => problems.note(error));
    problems.throwAny();
    const mesh = openMesh(config, { deployments, connections, operator: keys?.[0]?.address });
    await Promise.all(
      chainsOf(mesh).map((chain) =>
        orUnreachable(unreachable, chain.name, () => inspectMember(mesh, chain)),
      ),
    );
    const isLocal = session.store === undefined;
    return {
      mesh,
      ...session,
      ...(unreachable && { unreachable }),
      ...(isLocal && { passTime: passTimeOn(connections) }),
      verifications: resultSources(isLocal),
    };
  } catch (error) {
    session.close();
    throw error;
  }
}

/**
 * Opens one chain of the mesh called `name`, or all, independently of each other. A chain that does not answer, or is not
 * as expected, is returned with its error, and stops none of the others.
 * @throws when the mesh, the choice or the key is wrong.
 */
export async function openChains(
  hre: HardhatRuntimeEnvironment,
  name: string,
  choice: { readonly chain?: string; readonly all: boolean },
): Promise<ChainsContext & Session> {
  const config = meshByName(name);
  const networks = chosenMembers(config, choice);
  const deployments = recordsOf(config.name);
  const keys = await keysAtHand(config.home);
  const connections: ConnectedNetwork[] = [];
  const chains = await Promise.all(
    networks.map(async (network): Promise<ReachedChain> => {
      try {
        const connected = await openNetwork(network);
        connections.push(connected);
        const chain = openChain(config, connected, deployments);
        await inspectChain(config.name, chain);
        return { name: network, chain };
      } catch (error) {
        return { name: network, error: error instanceof Error ? error : new Error(String(error)) };
      }
    }),
  );
  return {
    config,
    ...deployersOf(config, deployments),
    chains,
    ...sessionOf(hre, config, networks, { keys, connections }),
  };
}

/** Returns the common part of sessions; the cache of logs is only for live chains. */
function sessionOf(
  hre: HardhatRuntimeEnvironment,
  config: MeshConfig,
  networks: readonly string[],
  opened: { readonly keys?: readonly Key[]; readonly connections: readonly ConnectedNetwork[] },
): Session & Pick<OperatorContext, "signerFor" | "sendOptions" | "store"> {
  const isLocal = networks.every((network) => liveChain(network) === undefined);
  const logs = path.join(hre.config.paths.cache, "logs");
  return {
    // A mesh file that says `live: false` does not make a live chain a local one.
    live: config.live || !isLocal,
    close: () => opened.connections.forEach(({ provider }) => provider.destroy()),
    signerFor: (chain, account) => signerAmong(opened.keys ?? [], chain, account),
    sendOptions: ({ name: network }) => sendOptionsOn(config, network),
    ...(!isLocal && { store: fileLogStore(logs, consoleOutput.log) }),
  };
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
