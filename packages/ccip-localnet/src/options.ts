import { createHash } from "node:crypto";

import { DEFAULT_CCIP_VERSION } from "./config";
import { CCIP_VERSIONS } from "./protocol/releases";
import type { CcipVersion } from "./protocol/releases";

/** A chain to run; omitted settings follow from its position. */
export interface ChainOptions {
  /** `chain-1`, `chain-2`, … unless named. */
  readonly name?: string;
  /** 1337133700 and up unless named, that of the remote chain for a fork. */
  readonly chainId?: number;
  /** CCIP chain selector; derived from the chain id unless named. */
  readonly selector?: bigint;
  /** Port on 127.0.0.1; a free one unless named here or counted from the network's `port`. */
  readonly port?: number;
  /** Runs the chain as a fork of the one behind this RPC url. CCIP is deployed on it anew. */
  readonly fork?: Fork;
}

/** A remote chain to begin from. */
export interface Fork {
  readonly url: string;
  /** The newest one unless named. */
  readonly blockNumber?: number;
}

/** A lane that does not run the network's version of CCIP. */
export interface LaneOptions {
  /** Names of chains. */
  readonly from: string;
  readonly to: string;
  readonly ccip: CcipVersion;
  /** Leaves the lane back alone. */
  readonly oneWay?: boolean;
}

/** The chains and lanes of a network. */
export interface NetworkOptions {
  /** Their number, or each with its settings; 2 by default. */
  readonly chains?: number | readonly ChainOptions[];
  /** The version of every lane that `lanes` does not name; 2.0 unless named. */
  readonly ccip?: CcipVersion;
  readonly lanes?: readonly LaneOptions[];
  /** Port of the first chain; the others take the next ones. Free ports unless named. */
  readonly port?: number;
}

/** A chain with every setting known but the id of a fork. */
export interface ChainPlan {
  readonly name: string;
  readonly chainId: number | undefined;
  readonly selector: bigint | undefined;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly fork?: Fork;
  /** The versions that its lanes run, the newest first. */
  readonly versions: readonly CcipVersion[];
}

/** A lane in one direction and its version. */
export interface LanePlan {
  readonly from: string;
  readonly to: string;
  readonly ccip: CcipVersion;
}

/** Settings with which no network can run; the message names them and the allowed values. */
export class LocalnetOptionsError extends RangeError {
  override readonly name = "LocalnetOptionsError";
}

/** The maximum number of chains of one network. */
export const MAX_CHAINS = 16;

const DEFAULT_CHAINS = 2;
const FIRST_CHAIN_ID = 1_337_133_700;
const MAX_SELECTOR = 2n ** 64n - 1n;

/**
 * Plans a network: every chain, and a lane between every two.
 * @throws LocalnetOptionsError
 */
export function planNetwork({
  chains: wanted = DEFAULT_CHAINS,
  ccip = DEFAULT_CCIP_VERSION,
  lanes: exceptions = [],
  port,
}: NetworkOptions): { readonly chains: ChainPlan[]; readonly lanes: LanePlan[] } {
  const options = typeof wanted === "number" ? counted(wanted) : wanted;
  requireChainCount(options.length);
  const chains = options.map((chain, i) => ({ ...planChain(chain, i, port), versions: [ccip] }));
  refuseTwice(chains, "name");
  refuseTwice(chains, "chainId");
  refuseTwice(chains, "selector");
  refuseTwice(chains, "port");
  const versions = new Map(exceptions.flatMap((lane) => exceptionsOf(lane, chains)));
  const lanes = chains.flatMap(({ name: from }) =>
    chains
      .filter(({ name }) => name !== from)
      .map(({ name: to }) => ({ from, to, ccip: versions.get(key(from, to)) ?? ccip })),
  );
  const versionsAt = (name: string): CcipVersion[] => {
    const own = lanes.filter(({ from, to }) => from === name || to === name);
    return CCIP_VERSIONS.filter((version) => own.some((lane) => lane.ccip === version)).reverse();
  };
  return {
    chains:
      lanes.length === 0 ? chains : chains.map((c) => ({ ...c, versions: versionsAt(c.name) })),
    lanes,
  };
}

/** Returns a CCIP selector for a chain id, from its hash, so that it does not equal a live chain's. */
export function selectorOf(chainId: number): bigint {
  return createHash("sha256").update(`ccip-localnet ${chainId}`).digest().readBigUInt64BE();
}

function counted(count: number): ChainOptions[] {
  requireChainCount(count);
  return Array.from({ length: count }, () => ({}));
}

/** @throws LocalnetOptionsError when a network cannot have so many chains. */
export function requireChainCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CHAINS) return;
  throw new LocalnetOptionsError(
    `Cannot run ${count} chains: name a whole number from 1 to ${MAX_CHAINS}.`,
  );
}

function planChain(
  chain: ChainOptions,
  index: number,
  firstPort: number | undefined,
): Omit<ChainPlan, "versions"> {
  const { name = `chain-${index + 1}`, fork } = chain;
  const chainId = chain.chainId ?? (fork ? undefined : FIRST_CHAIN_ID + index);
  const selector = chain.selector ?? (chainId === undefined ? undefined : selectorOf(chainId));
  const port = chain.port ?? (firstPort ? firstPort + index : 0);
  if (!/^[a-z0-9][a-z0-9_-]*$/i.test(name)) {
    throw new LocalnetOptionsError(`"${name}" is not a chain name: use letters, digits, - and _.`);
  }
  if (chainId !== undefined && !(Number.isSafeInteger(chainId) && chainId > 0)) {
    throw new LocalnetOptionsError(
      `${chainId} is not a chain id for ${name}: use a whole number above 0.`,
    );
  }
  if (selector !== undefined && (selector < 1n || selector > MAX_SELECTOR)) {
    throw new LocalnetOptionsError(
      `${selector} is not a CCIP selector for ${name}: use a number from 1 to ${MAX_SELECTOR}.`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new LocalnetOptionsError(`${port} is not a port for ${name}: use one from 1 to 65535.`);
  }
  return { name, chainId, selector, port, ...(fork && { fork }) };
}

function refuseTwice(
  chains: readonly ChainPlan[],
  setting: "name" | "chainId" | "selector" | "port",
): void {
  const seen = new Map<ChainPlan[typeof setting], string>();
  for (const chain of chains) {
    const value = chain[setting];
    if (value === undefined || value === 0) continue;
    const other = seen.get(value);
    if (other !== undefined) {
      throw new LocalnetOptionsError(
        `${other} and ${chain.name} both have the ${setting} ${value}: give each its own.`,
      );
    }
    seen.set(value, chain.name);
  }
}

function exceptionsOf(
  { from, to, ccip, oneWay = false }: LaneOptions,
  chains: readonly ChainPlan[],
): [string, CcipVersion][] {
  for (const end of [from, to]) requireChain(chains, end);
  if (from === to) {
    throw new LocalnetOptionsError(
      `The lane ${from}:${to} begins and ends on one chain: name two.`,
    );
  }
  const there: [string, CcipVersion] = [key(from, to), ccip];
  return oneWay ? [there] : [there, [key(to, from), ccip]];
}

/**
 * Finds a chain by its name.
 * @throws LocalnetOptionsError naming the chains there are.
 */
export function requireChain<C extends { readonly name: string }>(
  chains: readonly C[],
  name: string,
): C {
  const chain = chains.find((candidate) => candidate.name === name);
  if (chain) return chain;
  throw new LocalnetOptionsError(
    `There is no chain "${name}" in this network: use ${chains.map((one) => one.name).join(", ")}.`,
  );
}

function key(from: string, to: string): string {
  return `${from}:${to}`;
}
