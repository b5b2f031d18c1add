import { toBeHex } from "ethers";
import { sentTopics, topicOf } from "ccip-localnet/protocol";

import type { NamedRamp } from "../ccip/ramps";
import { readPools } from "../ccip/sent";
import { abi } from "../core/abis";
import { pairsOf, peersOf } from "../core/mesh/mesh";
import type { MeshChain } from "../core/mesh/mesh";
import { readLogs } from "../rpc/logs";
import type { LogRange } from "../rpc/logs";
import { searchBack } from "../rpc/search";
import type { Search } from "../rpc/search";

import type { FoundMessage } from "./found";
import { topics } from "./messageReader";
import type { MessageReader } from "./messageReader";

/** The chains and blocks in which a message is searched. */
export interface SearchRange {
  /** The possible source chains. */
  readonly sources: readonly MeshChain[];
  /** The first block of each chain, by network name. */
  readonly first: ReadonlyMap<string, number>;
  /** True if all messages of the OnRamps may be read. */
  readonly mayScan: boolean;
}

/** Contracts of a chain whose logs lead to messages. */
interface Emitters {
  readonly chain: MeshChain;
  readonly onRamps: readonly string[];
  readonly offRamps: readonly string[];
  readonly pools: readonly string[];
  readonly broadcasters: readonly string[];
  /** Senders of proposals. */
  readonly proposers: readonly string[];
}

/** Logs of a chain that hold the message, or whose transactions do. */
interface Trace extends Pick<LogRange, "topics"> {
  readonly chain: MeshChain;
  readonly address: readonly string[];
  readonly inReceipts?: boolean;
}

/**
 * Finds the message with an id, cheapest reads first: by events that index it (executions, broadcasts, sends of
 * CCIP 2.0), by the receipts of the mesh's own transfers, then among all messages; all that again for contracts
 * that have been replaced.
 */
export async function findById(
  reader: MessageReader,
  messageId: string,
  { sources, first, mayScan }: SearchRange,
): Promise<FoundMessage | undefined> {
  const newest = async (traces: readonly Trace[]) => {
    // No address would stand for any.
    const known = traces.filter(({ address }) => address.length > 0);
    const searches = await Promise.all(
      known.map((trace) => searchFor(trace, reader, messageId, first)),
    );
    return (await searchBack(searches))[0];
  };
  const current = await currentEmitters(reader);
  for (const emitters of [() => current, () => previousEmitters(reader, current)]) {
    const all = await emitters();
    const sending = all.filter(({ chain }) => sources.some(({ name }) => name === chain.name));
    const stages: readonly (readonly Trace[])[] = [
      all.flatMap(({ chain, offRamps, onRamps, broadcasters, proposers }) => [
        { chain, address: offRamps, topics: [topics.executed(), null, null, messageId] },
        { chain, address: onRamps, topics: [sentTopics()["2.0"], null, null, messageId] },
        { chain, address: broadcasters, topics: [BROADCAST, null, messageId], inReceipts: true },
        { chain, address: proposers, topics: [PROPOSAL, null, null, messageId], inReceipts: true },
      ]),
      sending.map(({ chain, pools }) => ({
        chain,
        address: pools,
        topics: [TRANSFER],
        inReceipts: true,
      })),
      (mayScan ? sending : []).map(({ chain, onRamps }) => {
        const selectors = peersOf(reader.mesh, chain).map(({ selector }) => toBeHex(selector, 32));
        return { chain, address: onRamps, topics: [topics.sent(), selectors] };
      }),
    ];
    for (const traces of stages) {
      const found = await newest(traces);
      if (found) return found;
    }
  }
  return undefined;
}

const BROADCAST = topicOf(abi.broadcaster, "BroadcastSent");
const PROPOSAL = topicOf(abi.proposalSender, "ProposalSent");
const TRANSFER = topicOf(abi.pool, "LockedOrBurned");

async function searchFor(
  { chain, address, topics: eventTopics, inReceipts }: Trace,
  reader: MessageReader,
  messageId: string,
  first: ReadonlyMap<string, number>,
): Promise<Search<FoundMessage>> {
  const { name, provider } = chain;
  return {
    fromBlock: first.get(name) ?? 0,
    toBlock: await provider.getBlockNumber(),
    read: async (fromBlock, toBlock) => {
      const range = { address, topics: eventTopics, fromBlock, toBlock };
      const logs = await readLogs(provider, range);
      if (!inReceipts) return reader.messagesIn(chain, logs, messageId);
      for (const hash of new Set(logs.map(({ transactionHash }) => transactionHash).reverse())) {
        const receipt = await provider.getTransactionReceipt(hash);
        const found = await reader.messagesIn(chain, receipt?.logs ?? [], messageId);
        if (found.length > 0) return found;
      }
      return [];
    },
  };
}

/** Returns the contracts of the mesh file, and the ramps that routers name now. */
function currentEmitters({ mesh, lanes, chains }: MessageReader): Promise<Emitters[]> {
  return Promise.all(
    chains.map(async (chain) => {
      const ramps = await lanes.rampsOf(chain, peersOf(mesh, chain));
      const addresses = (kind: NamedRamp["kind"]) =>
        ramps.filter((ramp) => ramp.kind === kind).map(({ address }) => address);
      return {
        chain,
        onRamps: addresses("OnRamp"),
        offRamps: addresses("OffRamp"),
        pools: [chain.contracts.pool],
        broadcasters: chain.role === "home" ? [chain.contracts.broadcaster] : [],
        proposers: [chain.contracts.proposalSender ?? []].flat(),
      };
    }),
  );
}

/** Returns the pools and ramps that have been replaced. An OnRamp that no router names may have an OffRamp that one does. */
async function previousEmitters(
  { lanes, chains }: MessageReader,
  current: readonly Emitters[],
): Promise<Emitters[]> {
  const all = await Promise.all(
    pairsOf(chains).map(({ source, destination }) => lanes.all(source, destination)),
  );
  const others = (known: readonly string[], found: readonly string[]) =>
    [...new Set(found)].filter((address) => !known.includes(address));
  const endsAt = (end: "source" | "destination", chain: MeshChain) =>
    all.flat().flatMap((lane) => (lane[end].name === chain.name ? [lane[end].ccip] : []));
  return Promise.all(
    current.map(async ({ chain, onRamps, offRamps, pools }) => ({
      chain,
      onRamps: others(
        onRamps,
        endsAt("source", chain).map(({ onRamp }) => onRamp),
      ),
      offRamps: others(
        offRamps,
        endsAt("destination", chain).map(({ offRamp }) => offRamp),
      ),
      pools: others(pools, await readPools(chain, await chain.provider.getBlockNumber())),
      broadcasters: [],
      proposers: [],
    })),
  );
}
