import { startLocalnet } from "../localnet";
import type { Manifest } from "../manifest";
import { requireChainCount } from "../options";
import type { ChainOptions, Fork, LaneOptions, NetworkOptions } from "../options";
import { parseCcipVersion } from "../protocol/version";
import { runningNetwork } from "../running";
import { endingSignal, serveLocalnet } from "../serve";

import type { Typed } from "./arguments";
import { UsageError, parseCount, print, say } from "./text";

/** Starts a network, shows it, and delivers messages until Ctrl-C. */
export async function startCommand(typed: Typed): Promise<void> {
  const { directory, json } = typed;
  const localnet = await startLocalnet({ directory, ...optionsOf(typed) });
  // Listens before printing: a reader of the output may end the network at once.
  const ended = endingSignal();
  show(json, localnet.manifest);
  say("Messages are delivered. Ctrl-C ends the network.");
  await serveLocalnet(localnet, say, ended);
}

/** Returns the network that a command line describes. */
export function optionsOf(typed: Omit<Typed, "directory" | "json">): NetworkOptions {
  const { port, ccip, lane = [], "one-way-lane": oneWay = [] } = typed;
  return {
    chains: chainsOf(typed),
    ...(ccip !== undefined && { ccip: versionOf(ccip) }),
    lanes: [
      ...lane.map((text) => laneOf(text, false)),
      ...oneWay.map((text) => laneOf(text, true)),
    ],
    ...(port !== undefined && { port: parseCount("port", port) }),
  };
}

/** Shows the network that runs. */
export function statusCommand({ directory, json }: Typed): void {
  show(json, runningNetwork(directory));
}

function show(json: boolean, manifest: Manifest): void {
  const { chains, lanes } = manifest;
  const rows = chains.flatMap(({ name, url, chainId, selector, ccip }) => [
    `${name}  ${url}  chain id ${chainId}  selector ${selector}`,
    `  router ${ccip.router}`,
    `  LINK   ${ccip.link}`,
  ]);
  const versions = new Map<string, string[]>();
  for (const { from, to, ccip } of lanes) {
    versions.set(ccip, [...(versions.get(ccip) ?? []), `${from} -> ${to}`]);
  }
  const laneRows = [...versions].map(([version, names]) => `CCIP ${version}: ${names.join(", ")}`);
  const accounts = `Accounts: the first 20 of "${manifest.mnemonic}"`;
  print(json, manifest, [...rows, ...laneRows, accounts].join("\n"));
}

function chainsOf({
  chain: texts = [],
  chains,
  fork = [],
}: Parameters<typeof optionsOf>[0]): ChainOptions[] {
  if (texts.length > 0 && chains !== undefined) {
    throw new UsageError("--chains counts chains and --chain describes them: use one of them.");
  }
  const count = chains === undefined ? 2 : parseCount("chains", chains);
  requireChainCount(count);
  const described =
    texts.length > 0
      ? texts.map(chainOf)
      : Array.from({ length: count }, (_, i) => ({ name: `chain-${i + 1}` }));
  const forks = new Map(fork.map(forkOf));
  for (const name of forks.keys()) {
    if (described.some((chain) => chain.name === name)) continue;
    throw new UsageError(
      `--fork names "${name}", which is not a chain here: use ${described.map((c) => c.name).join(", ")}.`,
    );
  }
  return described.map((chain) => {
    const own = forks.get(chain.name);
    return own ? { ...chain, fork: own } : chain;
  });
}

function chainOf(text: string): ChainOptions & { readonly name: string } {
  const [name = "", chainId, selector, ...rest] = text.split(":");
  if (rest.length > 0)
    throw new UsageError(`--chain ${text}: write name, name:id or name:id:selector.`);
  return {
    name,
    ...(chainId !== undefined && { chainId: parseCount("chain", chainId) }),
    ...(selector !== undefined && { selector: selectorOf(selector) }),
  };
}

function selectorOf(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new UsageError(`"${text}" is not a CCIP selector: write digits only.`);
}

function forkOf(text: string): [name: string, fork: Fork] {
  const [, name, url, block] = /^([^=]+)=(https?:\/\/\S+?)(?:@(\d+))?$/.exec(text) ?? [];
  // The url may carry a key, so it is not repeated.
  if (!name || !url)
    throw new UsageError("--fork wants name=url or name=url@block, with http(s)://.");
  return [name, { url, ...(block !== undefined && { blockNumber: Number(block) }) }];
}

function laneOf(text: string, oneWay: boolean): LaneOptions {
  const [, from, to, version] = /^([^:=]+):([^:=]+)=(.+)$/.exec(text) ?? [];
  if (!from || !to || !version) {
    throw new UsageError(`"${text}" is not a lane: write from:to=version, chain-1:chain-2=1.6.`);
  }
  return { from, to, ccip: versionOf(version), oneWay };
}

function versionOf(text: string) {
  try {
    return parseCcipVersion(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
