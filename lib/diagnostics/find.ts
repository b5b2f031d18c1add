import { toBeHex } from "ethers";
import type { TransactionReceipt } from "ethers";
import { decodeMessage, executedTopics, sentTopics, topicOf } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { OperatorError } from "../core/errors";
import { readPools } from "../ccip/sent";
import { abi } from "../core/abis";
import { parseHash } from "../core/input/hash";
import { requireChain, chainsOf, pairsOf, peersOf } from "../core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain } from "../core/mesh/mesh";
import { RampLanes, laneEnd } from "../ccip/ramps";
import type { LaneEnd, NamedRamp, RampLane } from "../ccip/ramps";
import type { UnreadChains } from "../mesh/unread";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs } from "../rpc/logs";
import type { LogRange, PlainLog } from "../rpc/logs";
import { searchBack } from "../rpc/search";
import type { Search } from "../rpc/search";

/**
 * A message, and the two chains of the mesh that it travels between, with the ramps that it travels
 * through: CCIP may have replaced them since.
 */
export interface FoundMessage {
  readonly kind: "message";
  readonly message: Message;
  readonly source: LaneEnd<MeshChain>;
  readonly destination: LaneEnd<MeshChain>;
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
  /** Chains that do not answer: nothing is looked for there. */
  readonly unread?: UnreadChains;
}

/** Clocks of two chains may differ by so many seconds. */
export const CLOCK_SKEW_SECONDS = 900n;

/**
 * Finds what a hash is about: the messages of a transaction, or the message of that id. Cheap where it
 * can be: receipts, then events that index the message id, then the receipts of our own transfers; a
 * scan of the OnRamp comes last, and on live chains only from a block that is named. Pools and ramps that
 * were replaced are looked at as well.
 * @returns nothing when it is not on any chain that answers, and there are others.
 * @throws when it is nowhere to be found, with what would help.
 */
export async function findAll(
  mesh: Mesh,
  hash: string,
  options: FindOptions = {},
): Promise<Found[]> {
  parseHash(hash);
  const { unread = new Map<string, Error>() } = options;
  const answers = ({ name }: MeshChain) => !unread.has(name);
  const sources = sourcesOf(mesh, options).filter(answers);
  const chains = chainsOf(mesh).filter(answers);
  const reader = new ReceiptReader(mesh, unread);
  const inTransaction = await findInTransaction(reader, chains, hash);
  if (inTransaction) return inTransaction;
  const finder = new Finder(mesh, chains, hash, await firstBlocks(mesh, options), reader);
  const found = await finder.find(sources, options);
  if (found) return [found];
  if (unread.size > 0) return [];
  throw notFound(mesh, hash, options);
}

/** The chains that may have sent it. */
function sourcesOf(mesh: Mesh, { chain, since }: FindOptions): MeshChain[] {
  const all = chainsOf(mesh);
  if (chain === undefined) {
    if (since === undefined) return all;
    throw new OperatorError(
      "INVALID_OPTION",
      "--since is a block of one chain: name it with --chain.",
    );
  }
  return [requireChain(mesh, chain, "--chain")];
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

/** @returns undefined when no chain knows such a transaction; nothing when the other end of what it did is unread. */
async function findInTransaction(
  reader: ReceiptReader,
  chains: readonly MeshChain[],
  hash: string,
): Promise<Found[] | undefined> {
  const receipts = await Promise.all(
    chains.map(async (chain) => {
      const receipt = await chain.provider.getTransactionReceipt(hash);
      return receipt ? [{ chain, receipt }] : [];
    }),
  );
  const mined = receipts.flat();
  if (mined.length === 0) return findPending(chains, hash);
  const found = (await Promise.all(mined.map((one) => reader.read(one)))).flat();
  if (found.length > 0) return found;
  const [first] = mined;
  const addressed = await Promise.all(mined.map((one) => reader.isAddressed(one)));
  const place = mined.find((_, i) => addressed[i]) ?? first;
  if (place?.receipt.status === 0) return [{ kind: "reverted", ...place }];
  if (reader.unread.size > 0) return [];
  throw new OperatorError(
    "NOT_FOUND",
    `Transaction ${hash} on ${place?.chain.name} succeeded, and neither sent nor executed a message of this mesh: ${reader.thirdParties.size > 0 ? `its ramps ${[...reader.thirdParties].join(", ")} are none that CCIP's routers name, or have named since deployment.` : "there is nothing to diagnose."}`,
  );
}

async function findPending(
  chains: readonly MeshChain[],
  hash: string,
): Promise<PendingTransaction[] | undefined> {
  const known = await Promise.all(chains.map(({ provider }) => provider.getTransaction(hash)));
  const chain = chains.find((_, i) => known[i]);
  return chain && [{ kind: "pending", chain, transactionHash: hash }];
}

/** Finds messages in receipts, with the ramps that they go through. */
class ReceiptReader {
  /** Ramps of receipts that are none of CCIP's, as far as its routers say. */
  readonly thirdParties = new Set<string>();
  readonly lanes = new RampLanes<MeshChain>();

  constructor(
    private readonly mesh: Mesh,
    readonly unread: UnreadChains,
  ) {}

  /** What a receipt tells of this chain: chains may share a node, and addresses tell them apart. */
  async read(place: {
    readonly chain: MeshChain;
    readonly receipt: TransactionReceipt;
  }): Promise<Found[]> {
    const { chain, receipt } = place;
    const arrived = await Promise.all(receipt.logs.map((log) => this.executedBy(chain, log)));
    return [
      ...(await this.sentIn(chain, receipt)),
      ...arrived.flat(),
      ...refusedLanes(chain, receipt),
    ];
  }

  /** Whether a transaction is for a contract of this chain: chains may share a node. */
  async isAddressed({
    chain,
    receipt: { to },
  }: {
    readonly chain: MeshChain;
    readonly receipt: TransactionReceipt;
  }): Promise<boolean> {
    const { contracts, ccip } = chain;
    const addresses: unknown[] = [
      ...Object.values({ ...contracts }),
      ...Object.values({ ...ccip }),
    ];
    if (addresses.includes(to)) return true;
    const ramps = await this.lanes.rampsOf(chain, peersOf(this.mesh, chain));
    return ramps.some(({ address }) => address === to);
  }

  /** The messages that a transaction sent to chains of the mesh. */
  async sentIn(source: MeshChain, { logs }: TransactionReceipt): Promise<FoundMessage[]> {
    const found = await Promise.all(logs.map((log) => this.sentBy(source, log)));
    return found.flat();
  }

  /** The message that an OnRamp tells of, if it is one that CCIP uses or has used. */
  async sentBy(source: MeshChain, log: PlainLog): Promise<FoundMessage[]> {
    if (!sent().includes(log.topics[0] ?? "")) return [];
    const message = decoded(log);
    if (message?.sourceSelector !== source.selector) return [];
    const destination = chainsOf(this.mesh).find(
      ({ selector }) => selector === message.destinationSelector,
    );
    if (!destination) return [];
    const { version, onRamp } = message;
    const isNamed = async () => this.lanes.hasSentTo(source, destination.selector, onRamp);
    // What CCIP's own OnRamp tells of was sent, whether or not the other end can be asked.
    if (this.unread.has(destination.name)) {
      if (!(await isNamed())) return [];
      const unread = laneEnd(destination, { version });
      return [
        {
          kind: "message",
          message,
          source: laneEnd(source, { version, onRamp }),
          destination: unread,
        },
      ];
    }
    const lane = await this.lanes.through(source, destination, message);
    if (lane) return [{ kind: "message", message, ...lane }];
    if (await isNamed()) {
      throw new OperatorError(
        "CCIP_LANE_MISSING",
        `Message ${message.messageId} went through the OnRamp ${log.address} of ${source.name}, and no OffRamp that CCIP's router on ${destination.name} names takes what that sends: CCIP is replacing its ramps. Nothing can be said of the message until that is done.`,
      );
    }
    this.thirdParties.add(log.address);
    return [];
  }

  /** The message that an OffRamp tells to have executed, if it is one that CCIP uses or has used. */
  async executedBy(destination: MeshChain, log: PlainLog): Promise<FoundMessage[]> {
    const [topic = "", selector = "0x0", number = "0x0", messageId = "0x0"] = log.topics;
    if (!executed().includes(topic)) return [];
    const source = chainsOf(this.mesh).find((chain) => chain.selector === BigInt(selector));
    if (!source || source.name === destination.name || this.unread.has(source.name)) return [];
    const lanes = await this.lanes.into(source, destination, log.address);
    if (lanes.length === 0) this.thirdParties.add(log.address);
    const key = { number: BigInt(number), messageId };
    return (await Promise.all(lanes.map((lane) => sentMessage(lane, key)))).flat();
  }
}

/** A message as its log tells it; undefined when it is for no chain of ours. */
function decoded(log: PlainLog): Message | undefined {
  try {
    return decodeMessage(log);
  } catch {
    // Whoever this OnRamp is, its log is no message between EVM chains.
    return undefined;
  }
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

/** The message of a lane by what its OnRamp indexes: the number in CCIP 1.6, the id in 2.0. */
async function sentMessage(
  { source, destination }: RampLane<MeshChain>,
  { number, messageId }: { readonly number: bigint; readonly messageId: string },
): Promise<FoundMessage[]> {
  const { version = "1.6" } = source.ccip;
  const indexed = version === "1.6" ? [toBeHex(number, 32)] : [null, messageId];
  const [log] = await searchBack([
    logSearch(source, source.deployedAt ?? 0, await source.provider.getBlockNumber(), {
      address: source.ccip.onRamp,
      topics: [sentTopics()[version], toBeHex(destination.selector, 32), ...indexed],
    }),
  ]);
  return log ? [{ kind: "message", message: decodeMessage(log), source, destination }] : [];
}

/** Whether everything that OnRamps have sent is looked through. */
function isScanned({ config }: Mesh, { since }: FindOptions): boolean {
  return since !== undefined || !config.live;
}

function notFound(mesh: Mesh, messageId: string, options: FindOptions): Error {
  const { since, chain } = options;
  const where = chain ?? `any chain of mesh ${mesh.config.name}`;
  return new OperatorError(
    "NOT_FOUND",
    `${messageId} is neither a transaction nor a message that was sent from ${where}${since === undefined ? "" : ` since block ${since}`}. ` +
      (isScanned(mesh, options)
        ? "Check it, the mesh and the chain. An endpoint may lag or leave it out: that it is not found is no proof that nothing was sent."
        : "If it is a message that has not been executed, name the chain that sent it and a block before: --chain <network> --since <block>. The hash of its transaction is quicker. That it is not found is no proof that nothing was sent."),
  );
}

class Finder {
  constructor(
    private readonly mesh: Mesh,
    /** Those that answer. */
    private readonly chains: readonly MeshChain[],
    private readonly messageId: string,
    private readonly first: ReadonlyMap<string, number>,
    private readonly reader: ReceiptReader,
  ) {}

  /** The message of this id, sent from one of the chains; undefined when it is not found. */
  async find(
    sources: readonly MeshChain[],
    options: FindOptions,
  ): Promise<FoundMessage | undefined> {
    const mayScan = isScanned(this.mesh, options);
    return (
      (await this.byIndexedId()) ??
      (await this.amongTransfers(sources)) ??
      (await this.amongPreviousTransfers(sources)) ??
      (await this.throughPreviousRamps(sources, mayScan)) ??
      (mayScan
        ? await this.onRamps(
            (await this.currentRamps(sources)).map(({ chain, onRamps }) => [chain, onRamps]),
          )
        : undefined)
    );
  }

  /** Executions, broadcasts, and the OnRamps of CCIP 2.0 name the id in a topic. */
  private async byIndexedId(): Promise<FoundMessage | undefined> {
    const { home } = this.mesh;
    const ramps = await this.currentRamps(this.chains);
    return this.newest([
      ...ramps.map(({ chain, offRamps }) => this.executions(chain, offRamps)),
      ...ramps.map(({ chain, onRamps }) => this.sentById(chain, onRamps)),
      ...(this.chains.includes(home)
        ? [
            this.receipts(home, {
              address: home.contracts.broadcaster,
              topics: [topicOf(abi.broadcaster, "BroadcastSent"), null, this.messageId],
            }),
          ]
        : []),
    ]);
  }

  /** What OnRamps of CCIP 2.0 sent under the id; one of 1.6 has no such event. */
  private sentById(chain: MeshChain, onRamps: readonly string[]): Promise<Search<FoundMessage>> {
    return this.search(
      chain,
      { address: onRamps, topics: [sentTopics()["2.0"], null, null, this.messageId] },
      async (logs) => (await Promise.all(logs.map((log) => this.reader.sentBy(chain, log)))).flat(),
    );
  }

  /** A transfer of ours is found by its pool's event; its receipt names the id. */
  private amongTransfers(sources: readonly MeshChain[]): Promise<FoundMessage | undefined> {
    return this.newest(sources.map((chain) => this.burns(chain, [chain.contracts.pool])));
  }

  /** The same by the events of pools that the present ones have replaced. */
  private async amongPreviousTransfers(
    sources: readonly MeshChain[],
  ): Promise<FoundMessage | undefined> {
    const searches = await Promise.all(
      sources.map(async (chain) => {
        const pools = await readPools(chain, await chain.provider.getBlockNumber());
        const previous = pools.filter((pool) => pool !== chain.contracts.pool);
        return previous.length > 0 ? [this.burns(chain, previous)] : [];
      }),
    );
    return this.newest(searches.flat());
  }

  private burns(chain: MeshChain, pools: readonly string[]): Promise<Search<FoundMessage>> {
    const burned = topicOf(abi.pool, "LockedOrBurned");
    return this.receipts(chain, { address: pools, topics: [burned] });
  }

  /** What CCIP's former ramps have said. */
  private async throughPreviousRamps(
    sources: readonly MeshChain[],
    mayScan: boolean,
  ): Promise<FoundMessage | undefined> {
    const { lanes } = this.reader;
    // An OnRamp that its router names no more may still have an OffRamp that is named.
    const known = await Promise.all(
      pairsOf(this.chains).map(({ source, destination }) => lanes.all(source, destination)),
    );
    const current = (await this.currentRamps(this.chains)).flatMap(({ onRamps, offRamps }) => [
      ...onRamps,
      ...offRamps,
    ]);
    const previous = known
      .flat()
      .filter(
        ({ source, destination }) =>
          !current.includes(source.ccip.onRamp) || !current.includes(destination.ccip.offRamp),
      );
    const indexed = await this.newest([
      ...previous.map(({ destination }) =>
        this.executions(destination, [destination.ccip.offRamp]),
      ),
      ...previous.map(({ source }) => this.sentById(source, [source.ccip.onRamp])),
    ]);
    if (indexed || !mayScan) return indexed;
    return this.onRamps(
      previous
        .filter(({ source }) => sources.some(({ name }) => name === source.name))
        .map(({ source }) => [source, [source.ccip.onRamp]]),
    );
  }

  /** The ramps that routers name now, by chain and kind. */
  private currentRamps(chains: readonly MeshChain[]) {
    return Promise.all(
      chains.map(async (chain) => {
        const ramps = await this.reader.lanes.rampsOf(chain, peersOf(this.mesh, chain));
        const addresses = (kind: NamedRamp["kind"]) =>
          ramps.filter((ramp) => ramp.kind === kind).map(({ address }) => address);
        return { chain, onRamps: addresses("OnRamp"), offRamps: addresses("OffRamp") };
      }),
    );
  }

  /** Everything that was sent between chains of the mesh, whoever sent it. */
  private onRamps(
    ramps: readonly (readonly [source: MeshChain, onRamps: readonly string[]])[],
  ): Promise<FoundMessage | undefined> {
    return this.newest(
      ramps.map(([source, onRamps]) => {
        const peers = peersOf(this.mesh, source);
        return this.search(
          source,
          {
            address: onRamps,
            topics: [sent(), peers.map(({ selector }) => toBeHex(selector, 32))],
          },
          async (logs) => {
            const found = logs.filter((log) => decoded(log)?.messageId === this.messageId);
            return (await Promise.all(found.map((log) => this.reader.sentBy(source, log)))).flat();
          },
        );
      }),
    );
  }

  /** Executions of the id by OffRamps of a chain. */
  private executions(chain: MeshChain, offRamps: readonly string[]): Promise<Search<FoundMessage>> {
    return this.search(
      chain,
      { address: offRamps, topics: [executed(), null, null, this.messageId] },
      async (logs) =>
        (await Promise.all(logs.map((log) => this.reader.executedBy(chain, log)))).flat(),
    );
  }

  /** Reads the receipts of what is found, newest first, until one holds the message. */
  private receipts(
    source: MeshChain,
    which: Pick<LogRange, "address" | "topics">,
  ): Promise<Search<FoundMessage>> {
    return this.search(source, which, async (logs) => {
      const hashes = new Set(logs.map(({ transactionHash }) => transactionHash).reverse());
      for (const hash of hashes) {
        const receipt = await source.provider.getTransactionReceipt(hash);
        const found = receipt ? await this.reader.sentIn(source, receipt) : [];
        const mine = found.filter(({ message }) => message.messageId === this.messageId);
        if (mine.length > 0) return mine;
      }
      return [];
    });
  }

  private async search(
    chain: MeshChain,
    which: Pick<LogRange, "address" | "topics">,
    read: (logs: readonly PlainLog[]) => Promise<FoundMessage[]>,
  ): Promise<Search<FoundMessage>> {
    const latest = await chain.provider.getBlockNumber();
    const search = logSearch(chain, this.first.get(chain.name) ?? 0, latest, which);
    return { ...search, read: async (from, to) => read(await search.read(from, to)) };
  }

  private async newest(
    searches: readonly Promise<Search<FoundMessage>>[],
  ): Promise<FoundMessage | undefined> {
    return (await searchBack(await Promise.all(searches)))[0];
  }
}

function logSearch(
  { provider }: MeshChain,
  fromBlock: number,
  toBlock: number,
  which: Pick<LogRange, "address" | "topics">,
): Search<PlainLog> {
  return {
    fromBlock,
    toBlock,
    read: (from, to) => readLogs(provider, { ...which, fromBlock: from, toBlock: to }),
  };
}

function executed(): string[] {
  return Object.values(executedTopics());
}

function sent(): string[] {
  return Object.values(sentTopics());
}
