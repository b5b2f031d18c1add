import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { z } from "zod";

import { claimDirectory } from "./directoryClaim";
import { RequestedFaults, writeFaults } from "./delivery/faultFile";
import { LocalCcip } from "./delivery/local";
import type { LaneSettings } from "./contracts/lanes";
import { writeState } from "./files";
import { LOCAL_MNEMONIC } from "./config";
import { manifestFile, readManifest, removeManifest } from "./manifest";
import type { Manifest } from "./manifest";
import { deployOn, lanesOf, migrateLane, openLanes, runningOn } from "./network";
import type { MigratedLane } from "./network";
import { startAnvil } from "./nodes/anvil";
import type { Anvil } from "./nodes/anvil";
import { LocalnetOptionsError, planNetwork, selectorOf } from "./options";
import type { ChainPlan, NetworkOptions } from "./options";
import type { Ccip16Addresses, CcipAddresses, CcipChain } from "./protocol/chain";
import { removeSdkRegistration, writeSdkRegistration } from "./sdk";
import { PublishedVerifications } from "./verifications";

/** Options of a network of nodes. */
export interface LocalnetOptions extends NetworkOptions {
  /** Directory of logs and state; a temporary one that is removed with the network by default. */
  readonly directory?: string;
  /** Settings of every lane that differ from CCIP's defaults. */
  readonly laneSettings?: LaneSettings;
  /** Saved state of another network with the same chains and lanes, to continue from instead of deploying CCIP. */
  readonly saved?: SavedNetwork;
}

/** The saved state of all chains of a network. */
export interface SavedNetwork {
  /** In the order of the network. */
  readonly chains: readonly SavedChain[];
}

/** The saved state of one chain, dumped by its node. */
interface SavedChain {
  readonly state: string;
  /** Time of its latest block, unix seconds. */
  readonly timestamp: number;
  /** Once for each version of CCIP, the newest first. */
  readonly ccip: readonly CcipAddresses[];
}

/** A chain of a network, run by a node of its own. */
export interface LocalnetChain extends CcipChain {
  readonly url: string;
  readonly logFile: string;
  /** The node's process id. */
  readonly pid: number;
}

/** A running network. */
export interface Localnet {
  /** Each chain once, with the newest version of CCIP that its lanes run. */
  readonly chains: readonly LocalnetChain[];
  /** Delivers messages: round by round with `deliver()`, or by itself from `start()` on. */
  readonly ccip: LocalCcip;
  /** The description of the network that other processes read. */
  readonly manifest: Manifest;
  readonly directory: string;
  /** Moves the lane between two chains from CCIP 1.6 to 2.0 under traffic: see `migrateLane`. */
  migrateLane(from: string, to: string): Promise<MigratedLane>;
  /** Saves what is on its chains, for `startLocalnet` to go on from. States before the latest block are left out. */
  save(): Promise<SavedNetwork>;
  /** Resolves with the reason once a node has ended: the network cannot go on then. */
  readonly failure: Promise<Error>;
  /** Ends CCIP and the nodes. Repeating it does nothing. */
  stop(): Promise<void>;
}

/** A node, and its chain once for each version of CCIP. */
interface RunningChain {
  readonly node: Anvil;
  readonly versions: readonly CcipChain[];
}

/**
 * Starts a node for each chain, deploys CCIP on all of them and opens the lanes. The nodes end with this
 * process, however that ends.
 * @throws LocalnetOptionsError for settings with which nothing can run.
 * @throws when a network runs already in that directory, or a node does not start.
 */
export async function startLocalnet(options: LocalnetOptions = {}): Promise<Localnet> {
  const plan = planNetwork(options);
  const directory = path.resolve(
    options.directory ?? mkdtempSync(path.join(tmpdir(), "ccip-localnet-")),
  );
  mkdirSync(directory, { recursive: true });
  const release = claimDirectory(directory);
  try {
    refuseSecond(directory);
    return await startIn(directory, plan, options);
  } finally {
    release();
  }
}

async function startIn(
  directory: string,
  plan: ReturnType<typeof planNetwork>,
  options: LocalnetOptions,
): Promise<Localnet> {
  // Faults that were requested of an earlier, killed network do not apply to this one.
  removeManifest(directory);
  writeFaults(directory, []);
  const published = new PublishedVerifications(directory);
  published.begin();

  const nodes = await startNodes(plan.chains, directory);
  const stopNodes = () => Promise.all(nodes.map((node) => node.stop()));
  try {
    const { saved } = options;
    const running = await Promise.all(
      nodes.map((node, i) => begin(node, plan.chains[i], saved && savedChain(saved, i))),
    );
    const all = running.flatMap(({ versions }) => versions);
    refuseOneSelector(all);
    const lanes = lanesOf(all, plan.lanes);
    if (!saved) await openLanes(lanes, options.laneSettings);
    let manifest = describe(running, plan.lanes);
    const publishManifest = () => {
      writeState(manifestFile(directory), manifest);
      writeSdkRegistration(directory, manifest);
    };
    publishManifest();
    const ccip = new LocalCcip(all, {
      lanes,
      faults: new RequestedFaults(directory),
      publish: (messageId, answers) => published.publish(messageId, answers),
    });
    const end = async (): Promise<void> => {
      // The manifest is removed first, so that no process connects to a node that is about to end.
      removeManifest(directory);
      writeFaults(directory, []);
      await ccip.stop();
      published.clear();
      removeSdkRegistration(directory);
      await stopNodes();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    };
    const migrate = async (from: string, to: string): Promise<MigratedLane> => {
      const migrated = await migrateLane(ccip, from, to);
      manifest = describe(
        running.map(({ node }) => ({ node, versions: versionsOn(ccip, node.name) })),
        manifest.lanes.map((lane) =>
          [lane.from, lane.to].every((end) => end === from || end === to)
            ? { ...lane, ccip: "2.0" }
            : lane,
        ),
      );
      publishManifest();
      return migrated;
    };
    let ended: Promise<void> | undefined;
    const chains = running.map(nodeOf);
    return {
      chains,
      ccip,
      get manifest() {
        return manifest;
      },
      directory,
      failure: Promise.race(nodes.map(failureOf)),
      migrateLane: migrate,
      save: async () => ({
        chains: await Promise.all(nodes.map((node) => save(node, versionsOn(ccip, node.name)))),
      }),
      stop: () => (ended ??= end()),
    };
  } catch (error) {
    removeManifest(directory);
    await stopNodes();
    throw error;
  }
}

async function failureOf({ name, logFile, exited }: Anvil): Promise<Error> {
  await exited;
  return new Error(`The node of ${name} has ended: see ${logFile}, and start the network again.`);
}

/** Starts all nodes in parallel; when one fails, the others are stopped. */
async function startNodes(plans: readonly ChainPlan[], directory: string): Promise<Anvil[]> {
  const starts = await Promise.allSettled(
    plans.map((plan) => startAnvil({ ...plan, logFile: path.join(directory, `${plan.name}.log`) })),
  );
  const nodes = starts.flatMap((start) => (start.status === "fulfilled" ? [start.value] : []));
  const failure = starts.find((start) => start.status === "rejected");
  if (!failure) return nodes;
  await Promise.all(nodes.map((node) => node.stop()));
  throw failure.reason;
}

/** Restores the saved CCIP of a node, or deploys CCIP. */
async function begin(
  node: Anvil,
  plan: ChainPlan | undefined,
  saved: SavedChain | undefined,
): Promise<RunningChain> {
  const { name, chainId, provider } = node;
  if (!plan) throw new Error(`No chain was planned for the node ${name}.`);
  const { selector = selectorOf(chainId) } = plan;
  const firstBlock = plan.fork ? (await provider.getBlockNumber()) + 1 : 0;
  const site = { name, chainId: BigInt(chainId), selector, provider, firstBlock };
  if (!saved) return { node, versions: await deployOn(site, plan.versions) };
  await provider.send("anvil_loadState", [saved.state]);
  // Loading a state does not move the node's clock, which may then be behind the chain's.
  if (saved.timestamp > Date.now() / 1000) await provider.send("evm_setTime", [saved.timestamp]);
  return { node, versions: saved.ccip.map((ccip) => runningOn(site, ccip)) };
}

async function save(
  { name, provider }: Anvil,
  versions: readonly CcipChain[],
): Promise<SavedChain> {
  const state = z.string().parse(await provider.send("anvil_dumpState", []));
  const block = await provider.getBlock("latest");
  if (!block) throw new Error(`${name} has no blocks: is its node still running?`);
  return { state, timestamp: block.timestamp, ccip: versions.map(({ ccip }) => ccip) };
}

function savedChain({ chains }: SavedNetwork, index: number): SavedChain {
  const chain = chains[index];
  if (chain) return chain;
  throw new LocalnetOptionsError(
    `The saved network has ${chains.length} chains and not ${index + 1}: start as many as it had.`,
  );
}

/** Returns a chain once for each version of CCIP that it runs, the newest first. */
function versionsOn({ chains }: LocalCcip, name: string): CcipChain[] {
  return chains
    .filter((chain) => chain.name === name)
    .sort((a, b) => b.ccip.version.localeCompare(a.ccip.version));
}

function newest({ node, versions }: RunningChain): CcipChain {
  const [chain] = versions;
  if (!chain) throw new Error(`${node.name} runs no version of CCIP.`);
  return chain;
}

function nodeOf(chain: RunningChain): LocalnetChain {
  const { url, logFile, pid } = chain.node;
  return { ...newest(chain), url, logFile, pid };
}

function describe(running: readonly RunningChain[], lanes: Manifest["lanes"]): Manifest {
  return {
    version: 1,
    pid: process.pid,
    mnemonic: LOCAL_MNEMONIC,
    chains: running.map((chain) => {
      const { name, chainId, selector, ccip, url, pid, logFile, firstBlock = 0 } = nodeOf(chain);
      const older = chain.versions.map((one) => one.ccip).find(is16);
      return {
        name,
        chainId: Number(chainId),
        selector: selector.toString(),
        url,
        pid,
        logFile,
        firstBlock,
        ccip,
        ...(older && ccip.version === "2.0" && { ccip16: older }),
      };
    }),
    lanes: lanes.map((lane) => ({ ...lane })),
  };
}

function is16(ccip: CcipChain["ccip"]): ccip is Ccip16Addresses {
  return ccip.version === "1.6";
}

/** Rejects equal ids and selectors: two forks of one chain have the same id, and by default the same selector. */
function refuseOneSelector(chains: readonly CcipChain[]): void {
  for (const { name, selector } of chains) {
    const other = chains.find((chain) => chain.selector === selector && chain.name !== name);
    if (!other) continue;
    throw new LocalnetOptionsError(
      `${other.name} and ${name} both have the selector ${selector}: name one for each fork.`,
    );
  }
}

function refuseSecond(directory: string): void {
  const running = readManifest(directory);
  if (!running) return;
  throw new Error(
    `A local network runs already in ${directory} (process ${running.pid}): use it, or end it with ` +
      `Ctrl-C in its terminal or \`kill ${running.pid}\`.`,
  );
}
