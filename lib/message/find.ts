import { isHexString, toBeHex } from "ethers";
import type { TransactionReceipt } from "ethers";

import { topicOf } from "../ccip/abi";
import { RampJournal } from "../ccip/journal";
import { MESSAGE_SENT, decodeMessage, messagesIn } from "../ccip/message";
import type { Message } from "../ccip/message";
import { released } from "../ccip/releases";
import { abi } from "../mesh/contracts";
import { chainsOf, peersOf } from "../mesh/mesh";
import type { HomeChain, Mesh, MeshChain } from "../mesh/mesh";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs } from "../rpc/logs";
import type { PlainLog } from "../rpc/logs";
import { searchBack } from "../rpc/search";
import type { Search } from "../rpc/search";

/** A message, and the two chains of the mesh that it travels between. */
export interface FoundMessage {
  readonly kind: "message";
  readonly message: Message;
  readonly source: MeshChain;
  readonly destination: MeshChain;
}

/** A transaction that was mined and undone. */
export interface FoundRevert {
  readonly kind: "reverted";
  readonly chain: MeshChain;
  readonly receipt: TransactionReceipt;
}

/** A lane that did not take a broadcast, within a transaction that others took. */
export interface RefusedLane {
  readonly kind: "refused lane";
  readonly home: HomeChain;
  /** CCIP selector. */
  readonly selector: bigint;
  readonly epoch: bigint;
  /** What the lane reverted with, as the broadcaster kept it. */
  readonly reason: string;
  readonly transactionHash: string;
}

/** A transaction that no block holds yet. */
export interface PendingTransaction {
  readonly kind: "pending";
  readonly chain: MeshChain;
  readonly transactionHash: string;
}

export type Found = FoundMessage | FoundRevert | RefusedLane | PendingTransaction;

/** Where to look. */
export interface FindOptions {
  /** Network name of the chain that sent it; any unless named. Transactions are looked up on all. */
  readonly chain?: string;
  /** The block of `chain` before which it was not sent. */
  readonly since?: number;
}

/** Clocks of two chains may differ by so many seconds. */
export const CLOCK_SKEW_SECONDS = 900n;

/**
 * Finds what a hash is about: the messages of a transaction, or the message of that id. Cheap where it
 * can be: receipts, then events that index the message id, then the receipts of our own transfers; a
 * scan of the OnRamp comes last, and on live chains only from a block that is named.
 * @throws when it is nowhere to be found, with what would help.
 */
export async function findAll(
  mesh: Mesh,
  hash: string,
  options: FindOptions = {},
): Promise<Found[]> {
  if (!isHexString(hash, 32)) {
    throw new Error(
      `"${hash}" is neither a message id nor a transaction hash: both are 0x and 64 hex digits.`,
    );
  }
  const sources = sourcesNamed(mesh, options);
  const inTransaction = await findInTransaction(mesh, chainsOf(mesh), hash);
  if (inTransaction.length > 0) return inTransaction;
  const finder = new Finder(mesh, hash, await firstBlocks(mesh, options));
  return [await finder.find(sources, options)];
}

/** The chains that may have sent it. */
function sourcesNamed(mesh: Mesh, { chain, since }: FindOptions): MeshChain[] {
  const all = chainsOf(mesh);
  if (chain === undefined) {
    if (since === undefined) return all;
    throw new Error("--since is a block of one chain: name it with --chain.");
  }
  const named = all.find(({ name }) => name === chain);
  if (named) return [named];
  throw new Error(
    `${chain} is not in mesh ${mesh.config.name}: name one of ${all.map(({ name }) => name).join(", ")}.`,
  );
}

/** By network name, the first block of each chain that may matter. */
async function firstBlocks(
  mesh: Mesh,
  { chain, since }: FindOptions,
): Promise<ReadonlyMap<string, number>> {
  const all = chainsOf(mesh);
  const deployed = new Map(all.map(({ name, deployedAt = 0 }) => [name, deployedAt]));
  const named = all.find(({ name }) => name === chain);
  if (!named || since === undefined) return deployed;
  const time = (await timeOfBlock(named.provider, since)) - CLOCK_SKEW_SECONDS;
  const blocks = await Promise.all(
    all.map(async ({ name, provider, deployedAt = 0 }) => {
      if (name === named.name) return [name, since] as const;
      const toBlock = await provider.getBlockNumber();
      const within = { fromBlock: deployedAt, toBlock };
      return [name, await firstBlockAt(provider, time, within)] as const;
    }),
  );
  return new Map(blocks);
}

async function findInTransaction(
  mesh: Mesh,
  chains: readonly MeshChain[],
  hash: string,
): Promise<Found[]> {
  const receipts = await Promise.all(
    chains.map(async (chain) => {
      const receipt = await chain.provider.getTransactionReceipt(hash);
      return receipt ? [{ chain, receipt }] : [];
    }),
  );
  const mined = receipts.flat();
  if (mined.length === 0) return findPending(chains, hash);
  const found = (await Promise.all(mined.map((one) => readReceipt(mesh, one)))).flat();
  if (found.length > 0) return found;
  const [first] = mined;
  const place = mined.find(({ chain, receipt }) => isAddressed(chain, receipt.to)) ?? first;
  if (place?.receipt.status === 0) return [{ kind: "reverted", ...place }];
  throw new Error(
    `Transaction ${hash} on ${place?.chain.name} succeeded, and neither sent nor executed a message of this mesh: there is nothing to diagnose.`,
  );
}

async function findPending(
  chains: readonly MeshChain[],
  hash: string,
): Promise<PendingTransaction[]> {
  const known = await Promise.all(chains.map(({ provider }) => provider.getTransaction(hash)));
  const chain = chains.find((_, i) => known[i]);
  return chain ? [{ kind: "pending", chain, transactionHash: hash }] : [];
}

/** What a receipt tells of this chain: chains may share a node, and addresses tell them apart. */
async function readReceipt(
  mesh: Mesh,
  { chain, receipt }: { readonly chain: MeshChain; readonly receipt: TransactionReceipt },
): Promise<Found[]> {
  const sent = messagesIn(receipt, chain).flatMap((message) => {
    const destination = chainsOf(mesh).find(
      ({ selector }) => selector === message.destinationSelector,
    );
    return destination ? [{ kind: "message", message, source: chain, destination } as const] : [];
  });
  const { executed } = new RampJournal(chain).add(receipt.logs);
  const arrived = await Promise.all(
    executed.map(({ sourceSelector, sequenceNumber }) =>
      sentMessage(mesh, chain, sourceSelector, sequenceNumber),
    ),
  );
  return [...sent, ...arrived.flat(), ...refusedLanes(chain, receipt)];
}

function refusedLanes(chain: MeshChain, receipt: TransactionReceipt): RefusedLane[] {
  if (chain.role !== "home") return [];
  return receipt.logs.flatMap((log) => {
    const event =
      log.address === chain.contracts.broadcaster ? abi.broadcaster.parseLog(log) : null;
    if (event?.name !== "BroadcastFailed") return [];
    const [selector, epoch, reason] = event.args.toArray() as [bigint, bigint, string];
    const transactionHash = receipt.hash;
    return [{ kind: "refused lane", home: chain, selector, epoch, reason, transactionHash }];
  });
}

/** The message of a lane by its sequence number, which its OnRamp indexes. */
async function sentMessage(
  mesh: Mesh,
  destination: MeshChain,
  sourceSelector: bigint,
  sequenceNumber: bigint,
): Promise<FoundMessage[]> {
  const source = chainsOf(mesh).find(({ selector }) => selector === sourceSelector);
  if (!source) return [];
  const [log] = await searchBack([
    logSearch(source, source.deployedAt ?? 0, await source.provider.getBlockNumber(), {
      address: source.ccip.onRamp,
      topics: [sentTopic(), toBeHex(destination.selector, 32), toBeHex(sequenceNumber, 32)],
    }),
  ]);
  return log ? [{ kind: "message", message: decodeMessage(log), source, destination }] : [];
}

class Finder {
  constructor(
    private readonly mesh: Mesh,
    private readonly messageId: string,
    private readonly first: ReadonlyMap<string, number>,
  ) {}

  /** The message of this id, sent from one of the chains. */
  async find(sources: readonly MeshChain[], { since, chain }: FindOptions): Promise<FoundMessage> {
    const mayScan = since !== undefined || !this.mesh.config.live;
    const found =
      (await this.byIndexedId()) ??
      (await this.amongTransfers(sources)) ??
      (mayScan ? await this.onRamps(sources) : undefined);
    if (found) return found;
    const where = chain ?? `any chain of mesh ${this.mesh.config.name}`;
    throw new Error(
      `${this.messageId} is neither a transaction nor a message that was sent from ${where}${since === undefined ? "" : ` since block ${since}`}. ` +
        (mayScan
          ? "Check it, the mesh and the chain."
          : "If it is a message that has not been executed, name the chain that sent it and a block before: --chain <network> --since <block>. The hash of its transaction is quicker."),
    );
  }

  /** Executions and broadcasts name the id in a topic. */
  private async byIndexedId(): Promise<FoundMessage | undefined> {
    const { home } = this.mesh;
    const executed = topicOf(released("offRamp").interface, "ExecutionStateChanged");
    const sent = topicOf(abi.broadcaster, "BroadcastSent");
    const places = [
      ...chainsOf(this.mesh).map((chain) => ({
        chain,
        address: chain.ccip.offRamp,
        topics: [executed, null, null, this.messageId],
      })),
      {
        chain: home,
        address: home.contracts.broadcaster,
        topics: [sent, null, this.messageId],
      },
    ];
    const searches = await Promise.all(
      places.map(
        async ({ chain, ...which }): Promise<Search<{ chain: MeshChain; log: PlainLog }>> => {
          const search = await this.search(chain, which);
          return {
            ...search,
            read: async (from, to) => (await search.read(from, to)).map((log) => ({ chain, log })),
          };
        },
      ),
    );
    for (const { chain, log } of await searchBack(searches)) {
      const messages =
        log.topics[0] === executed
          ? await sentMessage(
              this.mesh,
              chain,
              BigInt(log.topics[1] ?? 0),
              BigInt(log.topics[2] ?? 0),
            )
          : await this.inReceipts(chain, [log]);
      if (messages[0]) return messages[0];
    }
    return undefined;
  }

  /** A transfer of ours is found by its pool's event; its receipt names the id. */
  private async amongTransfers(sources: readonly MeshChain[]): Promise<FoundMessage | undefined> {
    const burned = topicOf(abi.pool, "LockedOrBurned");
    const searches = await Promise.all(
      sources.map(async (chain): Promise<Search<FoundMessage>> => {
        const search = await this.search(chain, {
          address: chain.contracts.pool,
          topics: [burned],
        });
        return {
          ...search,
          read: async (from, to) => this.inReceipts(chain, await search.read(from, to)),
        };
      }),
    );
    return (await searchBack(searches))[0];
  }

  /** Everything that was sent between chains of the mesh, whoever sent it. */
  private async onRamps(sources: readonly MeshChain[]): Promise<FoundMessage | undefined> {
    const searches = await Promise.all(
      sources.map(async (source): Promise<Search<FoundMessage>> => {
        const peers = peersOf(this.mesh, source);
        const search = await this.search(source, {
          address: source.ccip.onRamp,
          topics: [sentTopic(), peers.map(({ selector }) => toBeHex(selector, 32))],
        });
        return {
          ...search,
          read: async (from, to) =>
            this.ofId(source, (await search.read(from, to)).map(decodeMessage)),
        };
      }),
    );
    return (await searchBack(searches))[0];
  }

  /** Reads receipts, newest first, until one holds the message. */
  private async inReceipts(source: MeshChain, logs: readonly PlainLog[]): Promise<FoundMessage[]> {
    const hashes = new Set(logs.map(({ transactionHash }) => transactionHash).reverse());
    for (const hash of hashes) {
      const receipt = await source.provider.getTransactionReceipt(hash);
      const found = receipt ? this.ofId(source, messagesIn(receipt, source)) : [];
      if (found.length > 0) return found;
    }
    return [];
  }

  private ofId(source: MeshChain, messages: readonly Message[]): FoundMessage[] {
    const message = messages.find(({ messageId }) => messageId === this.messageId);
    const destination = chainsOf(this.mesh).find(
      ({ selector }) => selector === message?.destinationSelector,
    );
    return message && destination ? [{ kind: "message", message, source, destination }] : [];
  }

  private async search(
    chain: MeshChain,
    which: Pick<Parameters<typeof readLogs>[1], "address" | "topics">,
  ): Promise<Search<PlainLog>> {
    const latest = await chain.provider.getBlockNumber();
    return logSearch(chain, this.first.get(chain.name) ?? 0, latest, which);
  }
}

function logSearch(
  { provider }: MeshChain,
  fromBlock: number,
  toBlock: number,
  which: Pick<Parameters<typeof readLogs>[1], "address" | "topics">,
): Search<PlainLog> {
  return {
    fromBlock,
    toBlock,
    read: (from, to) => readLogs(provider, { ...which, fromBlock: from, toBlock: to }),
  };
}

function sentTopic(): string {
  return topicOf(released("onRamp").interface, MESSAGE_SENT);
}

function isAddressed({ contracts, ccip }: MeshChain, to: string | null): boolean {
  const addresses: unknown[] = [...Object.values({ ...contracts }), ...Object.values({ ...ccip })];
  return addresses.includes(to);
}
