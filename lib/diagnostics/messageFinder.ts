import { toBeHex } from "ethers";
import { sentTopics, topicOf } from "ccip-localnet/protocol";

import type { NamedRamp } from "../ccip/ramps";
import { readPools } from "../ccip/sent";
import { abi } from "../core/abis";
import { pairsOf, peersOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { LogRange, PlainLog } from "../rpc/logs";
import { searchBack } from "../rpc/search";
import type { Search } from "../rpc/search";

import type { FoundMessage } from "./found";
import { decoded, logSearch, topics } from "./receiptReader";
import type { ReceiptReader } from "./receiptReader";

/** Finds the message with an id, cheapest reads first. */
export class MessageFinder {
  constructor(
    private readonly mesh: Mesh,
    /** The chains that answer. */
    private readonly chains: readonly MeshChain[],
    private readonly messageId: string,
    private readonly first: ReadonlyMap<string, number>,
    private readonly reader: ReceiptReader,
  ) {}

  /**
   * Finds the message with this id.
   * @param sources the possible source chains.
   * @param mayScan whether all messages of the OnRamps may be scanned.
   */
  async find(sources: readonly MeshChain[], mayScan: boolean): Promise<FoundMessage | undefined> {
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

  /** Searches events that index the id: executions, broadcasts, and sends of CCIP 2.0 OnRamps. */
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

  /** Searches sends of CCIP 2.0 OnRamps by id; those of 1.6 do not index it. */
  private sentById(chain: MeshChain, onRamps: readonly string[]): Promise<Search<FoundMessage>> {
    return this.search(
      chain,
      { address: onRamps, topics: [sentTopics()["2.0"], null, null, this.messageId] },
      async (logs) => (await Promise.all(logs.map((log) => this.reader.sentBy(chain, log)))).flat(),
    );
  }

  /** Searches the mesh's own transfers: the pool's event leads to the receipt, which contains the id. */
  private amongTransfers(sources: readonly MeshChain[]): Promise<FoundMessage | undefined> {
    return this.newest(sources.map((chain) => this.burns(chain, [chain.contracts.pool])));
  }

  /** Searches transfers through previous pools. */
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

  /** Searches ramps that CCIP has replaced. */
  private async throughPreviousRamps(
    sources: readonly MeshChain[],
    mayScan: boolean,
  ): Promise<FoundMessage | undefined> {
    const { lanes } = this.reader;
    // An OnRamp that its router no longer names may have an OffRamp that is still listed.
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

  /** Returns the ramps that routers name now, by chain and kind. */
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

  /** Searches all messages between chains of the mesh. */
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
            topics: [topics.sent(), peers.map(({ selector }) => toBeHex(selector, 32))],
          },
          async (logs) => {
            const found = logs.filter((log) => decoded(log)?.messageId === this.messageId);
            return (await Promise.all(found.map((log) => this.reader.sentBy(source, log)))).flat();
          },
        );
      }),
    );
  }

  /** Searches executions of the id by OffRamps of a chain. */
  private executions(chain: MeshChain, offRamps: readonly string[]): Promise<Search<FoundMessage>> {
    return this.search(
      chain,
      { address: offRamps, topics: [topics.executed(), null, null, this.messageId] },
      async (logs) =>
        (await Promise.all(logs.map((log) => this.reader.executedBy(chain, log)))).flat(),
    );
  }

  /** Reads the receipts of logs, newest first, until one contains the message. */
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
