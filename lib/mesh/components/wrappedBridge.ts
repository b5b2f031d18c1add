import { ZeroAddress, id } from "ethers";
import { z } from "zod";
import { decodeEvent } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../core/abis";
import { chainsOf, peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { LogReading } from "../../rpc/logCache";
import { readProvenLogs } from "../../rpc/newestBlocks";
import type { PinnedChain } from "../../rpc/pinned";
import type { Step } from "../step";
import { chainText, change, stepOn, who } from "../stepBuilders";
import { OWNED } from "./owned";
import type { Owners } from "./owned";
import { byOwner, oldRouterSteps, readRouting, routerStep } from "./routing";
import type { RoutedContract, Routing } from "./routing";

/** The wiring of a chain's wrapped bridge. */
export interface WrappedBridgeState extends Routing {
  /** The bridges of other chains by selector, without chains that have none. */
  readonly remotes: ReadonlyMap<bigint, { readonly bridge: string; readonly gasLimit: bigint }>;
}

const remoteSet = z.object({ selector: z.bigint() });

/** Reads the wiring of a chain's wrapped bridge; undefined where it has none. */
export async function readWrappedBridge(
  mesh: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<WrappedBridgeState | undefined> {
  const { wrappedBridge: address } = chain.contracts;
  if (address === undefined) return undefined;
  const peers = peersOf(mesh, chain);
  const [routing, named] = await Promise.all([
    readRouting(peers, chain.ccip, address, pinned),
    readNamed(chain, address, pinned, reading),
  ]);
  const bridge = contractAt.wrappedBridge(address, pinned);
  const remotes = [...new Set([...peers.map((peer) => peer.selector), ...named])].map(
    async (selector) => {
      const remote = await bridge.getRemote(selector);
      return [selector, { bridge: remote.bridge, gasLimit: remote.gasLimit }] as const;
    },
  );
  const known = (await Promise.all(remotes)).filter(([, remote]) => remote.bridge !== ZeroAddress);
  return { ...routing, remotes: new Map(known) };
}

/** Reads the selectors of all chains for which the bridge was ever given a remote one. */
async function readNamed(
  { name, chainId, deployedAt = 0 }: MeshChain,
  address: string,
  pinned: PinnedChain,
  reading: LogReading,
): Promise<bigint[]> {
  const { topicHash } = abi.wrappedBridge.getEvent("RemoteSet");
  const range = {
    address,
    topics: [topicHash],
    fromBlock: deployedAt,
    toBlock: pinned.blockNumber,
  };
  const key = `${chainId}-remotes-${id(address).slice(2, 18)}`;
  const logs = await readProvenLogs(name, pinned, range, { ...reading, key });
  return logs.map((log) => decodeEvent(abi.wrappedBridge, "RemoteSet", log, remoteSet).selector);
}

/** A chain of a mesh, and the state that the steps of its wrapped bridge depend on. */
interface Bridged {
  readonly mesh: Mesh;
  readonly chain: MeshChain;
  readonly now: { readonly owners: Owners; readonly wrappedBridge?: WrappedBridgeState };
}

/** Returns the steps that pair a chain's wrapped bridge with CCIP's router and the bridges of its peers. */
export function wrappedBridgeSteps({ mesh, chain, now }: Bridged): Step[] {
  const contract = bridgeOf(chain, now);
  if (!contract || !now.wrappedBridge) return [];
  const gasLimit = BigInt(mesh.config.wrapper?.bridge?.gasLimit ?? 0);
  const { remotes } = now.wrappedBridge;
  return [
    routerStep(chain, contract, now.wrappedBridge),
    ...peersOf(mesh, chain).flatMap((peer) => {
      const { selector, name, contracts } = peer;
      const bridge = contracts.wrappedBridge;
      if (bridge === undefined) return [];
      const known = remotes.get(selector);
      const data = abi.wrappedBridge.encodeFunctionData("setRemote", [selector, bridge, gasLimit]);
      return [
        stepOn(chain, `${contract.part}/remote ${name}`, {
          title: `exchange wrapped units with ${name}, with ${gasLimit} gas`,
          changes: [
            change("bridge", who(known?.bridge), bridge),
            change("gas limit", String(known?.gasLimit ?? 0n), String(gasLimit)),
          ],
          call: byOwner(contract, data),
          // What an unpaired bridge sent is kept for it, and it cannot claim.
          ...(known && known.bridge !== bridge && { rejects: laneFrom(peer, chain) }),
        }),
      ];
    }),
  ];
}

/** Returns the steps that remove the bridges of chains outside of the mesh, and the previous router. */
export function formerBridgeSteps({ mesh, chain, now }: Bridged): Step[] {
  const contract = bridgeOf(chain, now);
  if (!contract || !now.wrappedBridge) return [];
  const { remotes, oldSources } = now.wrappedBridge;
  const members = new Set(chainsOf(mesh).map(({ selector }) => selector));
  const former = [...remotes].filter(([selector]) => !members.has(selector));
  const sources = peersOf(mesh, chain).filter(({ selector }) => oldSources.includes(selector));
  const [first, ...others] = sources.map((source) => laneFrom(source, chain));
  return [
    ...former.map(([selector, { bridge }]) => {
      const name = chainText(mesh, selector);
      const data = abi.wrappedBridge.encodeFunctionData("setRemote", [selector, ZeroAddress, 0n]);
      return stepOn(chain, `${contract.part}/unknown chain ${selector}`, {
        title: `stop exchanging wrapped units with ${name}, which is not in the mesh`,
        changes: [change("bridge", bridge, "none")],
        call: byOwner(contract, data),
        rejects: { source: name, destination: chain.name },
      });
    }),
    ...oldRouterSteps(chain, contract, now.wrappedBridge, {
      ...(first && { rejects: { ...first, others, drains: true } }),
    }),
  ];
}

function bridgeOf(
  { contracts }: MeshChain,
  { owners }: Bridged["now"],
): RoutedContract | undefined {
  const { wrappedBridge: address } = contracts;
  const { wrappedBridge: state } = owners;
  if (address === undefined || !state) return undefined;
  return { part: OWNED.wrappedBridge, address, owner: state.owner };
}

function laneFrom({ name: source }: MeshChain, { name: destination }: MeshChain) {
  return { source, destination };
}
