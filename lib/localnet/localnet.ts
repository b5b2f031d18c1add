import path from "node:path";

import { parseEther } from "ethers";
import {
  connectLanes,
  deployCcip,
  feeTokenCode,
  localAccount,
  LocalCcip,
  sendAll,
  startAnvil,
} from "ccip-localnet";
import type { Anvil, FeeTokenCode, LaneSettings } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { localChains } from "../../config/localChains";
import type { LocalChain } from "../../config/localChains";
import { removeDeployments } from "./deployments";
import { HeldLanes, writeHolds } from "./holds";
import {
  PROJECT_DIRECTORY,
  localnetDirectory,
  readManifest,
  removeManifest,
  writeManifest,
} from "./manifest";
import type { Manifest } from "./manifest";
import { PublishedVerifications } from "./verifications";

/** A chain of the local network. */
export interface LocalnetChain extends CcipChain {
  readonly role: LocalChain["role"];
  readonly url: string;
  readonly logFile: string;
  /** The node's process id. */
  readonly pid: number;
}

/** A running local network. */
export interface Localnet {
  /** The home chain first. */
  readonly chains: readonly LocalnetChain[];
  /** Not started: step it with `deliver()`, or let it run with `start()`. */
  readonly ccip: LocalCcip;
  readonly manifest: Manifest;
  /** Below which its files are. */
  readonly directory: string;
  /** Ends CCIP and the nodes, and removes manifest and deployments. Repeating it does nothing. */
  stop(): Promise<void>;
}

/** How a local network is set up. */
export interface LocalnetOptions {
  /** How many chains, the home included; 3 unless named. */
  readonly chains?: number;
  /** Below which `.localnet` and `deployments` are written; the project unless named. */
  readonly directory?: string;
  /** The version of CCIP that every lane runs; 1.6 unless named. */
  readonly ccip?: CcipVersion;
  readonly lanes?: LaneSettings;
}

/** LINK that the deployer starts with; the rest of the supply stays with CCIP's owner. */
const DEPLOYER_LINK = parseEther("1000000");

/**
 * Starts the nodes, deploys CCIP on each, opens every lane in both directions and writes down where
 * everything is.
 * @throws when a local network runs already in that directory.
 */
export async function startLocalnet(options: LocalnetOptions = {}): Promise<Localnet> {
  const { directory = PROJECT_DIRECTORY, ccip: version = "1.6", lanes } = options;
  const definitions = localChains(options.chains);
  refuseSecond(directory);
  const feeTokens = feeTokenCode();
  // What an earlier network left behind when it was killed describes contracts that are gone.
  removeManifest(directory);
  removeDeployments(directory);

  const nodes = await startNodes(definitions, directory);
  try {
    const chains = await Promise.all(
      nodes.map(([definition, node]) => deployChain(definition, node, version, feeTokens)),
    );
    await connectLanes(lanesBetween(chains), lanes);
    const manifest = describe(chains);
    writeManifest(directory, manifest);
    // What was held on an earlier network is not meant for this one.
    writeHolds(directory, []);
    const published = new PublishedVerifications(directory);
    published.begin();
    const ccip = new LocalCcip(chains, {
      faults: new HeldLanes(directory),
      publish: (messageId, answers) => published.publish(messageId, answers),
    });
    const end = async (): Promise<void> => {
      // First out of sight, then out of life: nobody should be sent to a dying node.
      removeManifest(directory);
      writeHolds(directory, []);
      await ccip.stop();
      published.clear();
      await stopNodes(nodes);
      removeDeployments(directory);
    };
    let ended: Promise<void> | undefined;
    return { chains, ccip, manifest, directory, stop: () => (ended ??= end()) };
  } catch (error) {
    await stopNodes(nodes);
    removeDeployments(directory);
    throw error;
  }
}

type Node = readonly [definition: LocalChain, anvil: Anvil];

/** Starts all nodes at once, or none: when one fails, the others are ended again. */
async function startNodes(definitions: readonly LocalChain[], directory: string): Promise<Node[]> {
  const starts = await Promise.allSettled(
    definitions.map(async (definition): Promise<Node> => {
      const logFile = path.join(localnetDirectory(directory), `${definition.name}.log`);
      return [definition, await startAnvil({ ...definition, logFile })];
    }),
  );
  const nodes = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const failure = starts.find((start) => start.status === "rejected");
  if (failure) {
    await stopNodes(nodes);
    throw failure.reason;
  }
  return nodes;
}

async function stopNodes(nodes: readonly Node[]): Promise<void> {
  await Promise.all(nodes.map(([, anvil]) => anvil.stop()));
}

async function deployChain(
  definition: LocalChain,
  node: Anvil,
  version: CcipVersion,
  feeTokens: FeeTokenCode,
): Promise<LocalnetChain> {
  const { provider, url, pid, logFile } = node;
  const owner = localAccount(LOCAL_ACCOUNTS.ccipOwner, provider);
  const { selector } = definition;
  const ccip = await deployCcip({ signer: owner, selector, version });
  const { address: deployer } = localAccount(LOCAL_ACCOUNTS.deployer);
  await sendAll(owner, [
    {
      label: `LINK for ${deployer}`,
      to: ccip.link,
      data: feeTokens.link.interface.encodeFunctionData("transfer", [deployer, DEPLOYER_LINK]),
    },
  ]);
  return {
    name: definition.name,
    role: definition.role,
    selector: definition.selector,
    chainId: BigInt(definition.chainId),
    provider,
    owner,
    transmitter: localAccount(LOCAL_ACCOUNTS.donTransmitter, provider),
    ccip,
    url,
    logFile,
    pid,
  };
}

function describe(chains: readonly LocalnetChain[]): Manifest {
  return {
    version: 1,
    pid: process.pid,
    chains: chains.map(({ name, role, chainId, selector, url, pid, logFile, ccip }) => ({
      name,
      role,
      chainId: Number(chainId),
      selector: selector.toString(),
      url,
      pid,
      logFile,
      ccip,
    })),
  };
}

function refuseSecond(directory: string): void {
  const running = readManifest(directory);
  if (!running) return;
  throw new Error(
    `A local network runs already in ${directory} (process ${running.pid}): use it, or end it with ` +
      `Ctrl-C in its terminal or \`kill ${running.pid}\`.`,
  );
}
