import { ZeroAddress, dataLength } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import type { PinnedChain } from "../rpc/pinned";
import { abi, ccipAbi, contractAt } from "../core/abis";
import { implementationOf } from "./components/implementation";

import { isCcipReceiver } from "./erc165";
import { readPoolGeneration } from "./components/pool";
import { laneKey } from "../core/mesh/limit";
import { peersOf } from "../core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { RampLanes } from "../ccip/ramps";
import { isContractError } from "../core/revert/contractError";

/** Something that is not as declared and that no transaction of a plan can mend. */
export interface Drift {
  /** Unique on its chain: `pool/RMN proxy`. */
  readonly id: string;
  readonly found: string;
  readonly expected: string;
  /** What somebody has to do, in words. */
  readonly recovery: string;
}

/** What was built into the contracts of a chain, or broken in them, and does not fit the mesh. */
export async function readDrift(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const facts = await Promise.all([
    readToken(mesh, chain, pinned),
    readPool(chain, pinned),
    readBridgeBurn(chain, pinned),
    readTimelock(chain, pinned),
    readLanes(mesh, chain, pinned),
    chain.role === "home" ? readHome(chain, pinned) : readSatellite(chain, pinned),
  ]);
  return facts.flat().filter(({ found, expected }) => found !== expected);
}

async function readToken({ config }: Mesh, chain: MeshChain, pinned: PinnedChain) {
  const token = contractAt.token(chain.contracts.token, pinned);
  const [name, symbol, implementation] = await Promise.all([
    token.name(),
    token.symbol(),
    implementationOf(pinned.provider, chain.contracts.token, pinned.blockNumber),
  ]);
  const named = "correct the mesh file, or deploy the token again";
  const { implementation: onRecord } = chain;
  const isKnown = [onRecord?.address, ...(onRecord?.previous ?? [])].includes(implementation);
  return [
    fact("token/name", name, config.token.name, named),
    fact("token/symbol", symbol, config.token.symbol, named),
    fact(
      "token/implementation",
      implementation,
      onRecord && !isKnown ? onRecord.address : implementation,
      "if it was upgraded from elsewhere, get the newer records of the chain; if not, read its code before anything else: it can do anything to every balance",
    ),
  ];
}

async function readPool({ contracts, ccip }: MeshChain, pinned: PinnedChain) {
  const pool = contractAt.pool(contracts.pool, pinned);
  const [token, rmnProxy] = await Promise.all([pool.getToken(), pool.getRmnProxy()]);
  const again = "deploy another pool and put it in its place";
  return [
    fact("pool/token", token, contracts.token, again),
    fact("pool/RMN proxy", rmnProxy, ccip.rmnProxy, again),
  ];
}

/** Returns the id of the fault of a lane whose CCIP has neither finality nor verifiers to choose. */
function lanesDriftId(peer: Pick<MeshChain, "name">): string {
  return `lane to ${peer.name}/CCIP version`;
}

/**
 * A pool of generation 2 needs the epoch that `bridgeBurn` returns after the shares; before it is used, the pool in
 * use can be asked, which may call it. Nothing is found while that reverts, because the token is paused for instance.
 */
async function readBridgeBurn({ contracts, ccip }: MeshChain, pinned: PinnedChain) {
  const { token, pool } = contracts;
  if ((await readPoolGeneration(pinned, pool)) !== 2) return [];
  const registry = { address: ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const from = await readOne(pinned, registry, "getPool", [token], z.string());
  if (from === ZeroAddress) return [];
  const data = abi.token.encodeFunctionData("bridgeBurn", [0n]);
  const answer = await pinned.call({ from, to: token, data }).catch((error: unknown) => {
    if (isContractError(error)) return undefined;
    throw error;
  });
  if (answer === undefined) return [];
  const found = dataLength(answer) === 64 ? "shares and epoch" : "shares alone";
  return [
    fact(
      "token/bridgeBurn",
      found,
      "shares and epoch",
      "upgrade the token before its pool of generation 2 is used: that one could burn nothing",
    ),
  ];
}

/** The id of the fault of a pool of generation 1 on a lane that chooses finality or verifiers. */
const GENERATION_FAULT = "pool/generation";

/**
 * Returns the ids of the steps that wait for people before a chain may let messages leave for a peer with other
 * finality or verifiers: CCIP 2.0 on that lane, and a pool of generation 2 at both ends.
 */
export function laneDriftIds(
  chain: Pick<MeshChain, "name">,
  now: { readonly drift: readonly Drift[] },
  peer: Pick<MeshChain, "name">,
  there: { readonly drift: readonly Drift[] } | undefined,
): string[] {
  const own = now.drift.filter(({ id }) => [lanesDriftId(peer), GENERATION_FAULT].includes(id));
  const others = there?.drift.filter(({ id }) => id === GENERATION_FAULT) ?? [];
  return [
    ...own.map(({ id }) => `${chain.name}/${id}`),
    ...others.map(({ id }) => `${peer.name}/${id}`),
  ];
}

/** Finality and verifiers are a lane's to choose in CCIP 2.0 alone, and through pools of generation 2. */
async function readLanes(mesh: Mesh, chain: MeshChain, pinned: PinnedChain) {
  const { fast = {}, verifiers = {} } = mesh.config.lanes;
  const chosen = new Set([...Object.keys(fast), ...Object.keys(verifiers)]);
  const names = (source: MeshChain, destination: MeshChain) =>
    chosen.has(laneKey({ source: source.name, destination: destination.name }));
  const peers = peersOf(mesh, chain);
  const outgoing = peers.filter((peer) => names(chain, peer));
  if (outgoing.length === 0 && !peers.some((peer) => names(peer, chain))) return [];
  const remove = "remove the lane from lanes.fast and lanes.verifiers of the mesh file";
  const ramps = new RampLanes<MeshChain>();
  const [generation, versions] = await Promise.all([
    readPoolGeneration(pinned, chain.contracts.pool),
    Promise.all(outgoing.map((peer) => ramps.versionTo(chain, peer.selector))),
  ]);
  return [
    fact(GENERATION_FAULT, String(generation), "2", `replace the pool first, or ${remove}`),
    ...outgoing.map((peer, i) =>
      fact(
        lanesDriftId(peer),
        versions[i] ?? "none",
        "2.0",
        `CCIP 1.6 knows neither: ${remove}, until CCIP has moved it`,
      ),
    ),
  ];
}

async function readTimelock({ contracts }: MeshChain, pinned: PinnedChain) {
  const timelock = contractAt.timelock(contracts.timelock, pinned);
  const governsItself = await timelock.hasRole(
    await timelock.DEFAULT_ADMIN_ROLE(),
    contracts.timelock,
  );
  return [
    fact(
      "timelock/DEFAULT_ADMIN_ROLE",
      governsItself ? contracts.timelock : "not the timelock's own",
      contracts.timelock,
      "its proposers can never change again: deploy another timelock and hand everything over to it",
    ),
  ];
}

async function readHome({ contracts, ccip }: HomeChain, pinned: PinnedChain) {
  const controller = contractAt.controller(contracts.controller, pinned);
  const broadcaster = contractAt.broadcaster(contracts.broadcaster, pinned);
  const [decidesOn, driftOf, link] = await Promise.all([
    controller.getToken(),
    broadcaster.getToken(),
    broadcaster.getLink(),
  ]);
  const again = "deploy another broadcaster and pair the receivers with it";
  return [
    fact("controller/token", decidesOn, contracts.token, "deploy another controller"),
    fact("broadcaster/token", driftOf, contracts.token, again),
    fact("broadcaster/LINK", link, ccip.link, again),
  ];
}

async function readSatellite({ contracts }: SatelliteChain, pinned: PinnedChain) {
  const receiver = contractAt.receiver(contracts.receiver, pinned);
  const [token, answers] = await Promise.all([
    receiver.getToken(),
    isCcipReceiver(pinned, contracts.receiver),
  ]);
  const again = "deploy another receiver and broadcast to it";
  return [
    fact("receiver/token", token, contracts.token, again),
    fact(
      "receiver/ERC-165",
      answers ? "a CCIP receiver" : "no CCIP receiver within 30,000 gas",
      "a CCIP receiver",
      `CCIP would count its messages as successes without calling it: ${again}`,
    ),
  ];
}

function fact(name: string, found: string, expected: string, recovery: string): Drift {
  return { id: name, found, expected, recovery };
}
