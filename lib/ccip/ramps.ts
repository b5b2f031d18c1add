import { ZeroAddress, dataLength, dataSlice, getAddress, id } from "ethers";
import { z } from "zod";
import { readOne, readRampVersion, released, topicOf } from "ccip-localnet/protocol";
import type {
  CcipAddresses,
  CcipVersion,
  ChainView,
  Lane,
  Message,
  Message20,
} from "ccip-localnet/protocol";

import { isContractError } from "../core/revert/contractError";
import { readLogsThrough } from "../rpc/logCache";
import type { LogStore } from "../rpc/logs";

/** The part of a chain that is needed to find the ramps of its lanes. */
export interface RoutedChain extends Omit<ChainView, "ccip"> {
  readonly chainId: bigint;
  readonly ccip: Pick<CcipAddresses, "router">;
  /** No message of ours is older than this block. */
  readonly deployedAt?: number;
}

/** A chain at one end of a lane, with the lane's ramp there; the zero address stands for any other ramp. */
export type RampEnd<C> = C & Pick<ChainView, "ccip">;

/** A lane in one direction, through the two ramps that it has in one version of CCIP. */
export type RampLane<C extends RoutedChain> = Lane<RampEnd<C>>;

/** A ramp that a router names. */
export interface NamedRamp {
  readonly kind: "OnRamp" | "OffRamp";
  readonly address: string;
  /** CCIP version; undefined when its `typeAndVersion` is not a known one. */
  readonly version?: CcipVersion | undefined;
}

/** A ramp that was added to or removed from the router of a chain, for a remote chain. */
type RampChange = Pick<NamedRamp, "kind" | "address"> & { readonly remote: bigint };

const router = released("router").interface;
const RAMP_EVENTS = ["OnRampSet", "OffRampAdded", "OffRampRemoved"] as const;
const rampEvent = z.tuple([z.bigint(), z.string()]);
const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));
const sourceConfig = z.union([
  z.object({ onRamp: z.string() }).transform(({ onRamp }) => [onRamp]),
  z.object({ onRamps: z.array(z.string()) }).transform(({ onRamps }) => onRamps),
]);

/**
 * The lanes of CCIP as they are and were, each direction by itself: lanes of one chain may run different versions, and
 * CCIP may move a lane while messages are on their way. What an OnRamp sent arrives through an OffRamp that takes it
 * from that very OnRamp, and each pair numbers its messages from 1: another OffRamp would return the state of another
 * message.
 *
 * The router of the source names the OnRamp that messages take now. The OffRamps are those that the router of the
 * destination names, or has named since deployment; each says itself which OnRamps it takes from. No message of ours
 * arrived through any other, because a pool takes nothing from an OffRamp that the router does not name.
 */
export class RampLanes<C extends RoutedChain> {
  private readonly known = new Map<string, Promise<unknown>>();

  constructor(private readonly store?: LogStore) {}

  /** Reads the OnRamp that the router of a chain names for a destination now; the zero address when it has no such lane. */
  onRampTo({ name, provider, ccip }: C, destination: bigint): Promise<string> {
    return this.once(`OnRamp ${name} ${destination}`, () => {
      const contract = { address: ccip.router, interface: router };
      return readOne(provider, contract, "getOnRamp", [destination], z.string());
    });
  }

  /** Reads the version of the OnRamp that messages to a destination take now; undefined when there is none. */
  async versionTo(chain: C, destination: bigint): Promise<CcipVersion | undefined> {
    const onRamp = await this.onRampTo(chain, destination);
    return onRamp === ZeroAddress ? undefined : this.versionOf(chain, onRamp);
  }

  /** Reads every OffRamp that the router of a chain names for a source now. */
  async offRampsFrom({ name, ccip, provider }: C, source: bigint): Promise<string[]> {
    const all = await this.once(`OffRamps ${name}`, () => {
      const contract = { address: ccip.router, interface: router };
      return readOne(provider, contract, "getOffRamps", [], offRamps);
    });
    return all
      .filter(({ sourceChainSelector }) => sourceChainSelector === source)
      .map(({ offRamp }) => offRamp);
  }

  /** Reads every ramp that the router of a chain names now for lanes with these peers. */
  async rampsOf(chain: C, peers: readonly Pick<C, "selector">[]): Promise<NamedRamp[]> {
    const [outgoing, incoming] = await Promise.all([
      Promise.all(peers.map(({ selector }) => this.onRampTo(chain, selector))),
      Promise.all(peers.map(({ selector }) => this.offRampsFrom(chain, selector))),
    ]);
    const kinds = new Map<string, NamedRamp["kind"]>();
    for (const onRamp of outgoing) if (onRamp !== ZeroAddress) kinds.set(onRamp, "OnRamp");
    for (const offRamp of incoming.flat()) kinds.set(offRamp, "OffRamp");
    return Promise.all(
      [...kinds].map(async ([address, kind]) => {
        return { kind, address, version: await this.versionOf(chain, address) };
      }),
    );
  }

  /** Finds the lane that a message took; undefined when no OffRamp that is or was named takes what its OnRamp sends. */
  async through(
    source: C,
    destination: C,
    message: Pick<Message, "version" | "onRamp"> & Partial<Pick<Message20, "offRamp">>,
  ): Promise<RampLane<C> | undefined> {
    const { version, onRamp, offRamp } = message;
    const isTaken = (lane: RampLane<C>) =>
      lane.source.ccip.onRamp === onRamp &&
      lane.source.ccip.version === version &&
      // A message of CCIP 2.0 names the OffRamp that it is for.
      (offRamp === undefined || lane.destination.ccip.offRamp === offRamp);
    const lane =
      (await this.current(source, destination)).find(isTaken) ??
      (await this.replaced(source, destination)).find(isTaken);
    if (lane || offRamp === undefined) return lane;
    // An OffRamp of CCIP 2.0 may be configured to take no more from an OnRamp whose messages it has executed.
    const isOurs =
      (await this.isNamed(destination, source.selector, offRamp)) &&
      (await this.hasSentTo(source, destination.selector, onRamp));
    return isOurs ? rampLane(source, destination, version, onRamp, offRamp) : undefined;
  }

  /** Returns whether the router of a chain names an OnRamp for a destination, or has since our contracts were deployed. */
  async hasSentTo(chain: C, destination: bigint, onRamp: string): Promise<boolean> {
    if ((await this.onRampTo(chain, destination)) === onRamp) return true;
    const changes = await this.changesOn(chain);
    return changes.some(({ remote, address }) => remote === destination && address === onRamp);
  }

  /** Reads the lanes that end at an OffRamp, one for each OnRamp that it takes from; none when the router has never named it for that source. */
  async into(source: C, destination: C, offRamp: string): Promise<RampLane<C>[]> {
    return (await this.isNamed(destination, source.selector, offRamp))
      ? this.lanesOf(source, destination, [offRamp])
      : [];
  }

  /** Reads every lane whose OffRamp the router names now. */
  async current(source: C, destination: C): Promise<RampLane<C>[]> {
    return this.lanesOf(source, destination, await this.offRampsFrom(destination, source.selector));
  }

  /** Reads every lane, those included whose OffRamp the router has named since our contracts were deployed. */
  async all(source: C, destination: C): Promise<RampLane<C>[]> {
    const lanes = [this.current(source, destination), this.replaced(source, destination)];
    return (await Promise.all(lanes)).flat();
  }

  /** Returns a known lane for each OnRamp, and one for the current OnRamp, from which no OffRamp may take yet. */
  async sending(source: C, destination: C, known: readonly RampLane<C>[]): Promise<RampLane<C>[]> {
    const onRamp = await this.onRampTo(source, destination.selector);
    const lanes = new Map(known.map((lane) => [lane.source.ccip.onRamp, lane]));
    if (onRamp !== ZeroAddress && !lanes.has(onRamp)) {
      const version = await this.versionOf(source, onRamp);
      lanes.set(onRamp, rampLane(source, destination, version, onRamp));
    }
    return [...lanes.values()];
  }

  private async replaced(source: C, destination: C): Promise<RampLane<C>[]> {
    const ramps = await this.previousOffRamps(destination, source.selector);
    return this.lanesOf(source, destination, ramps);
  }

  private async isNamed(chain: C, source: bigint, offRamp: string): Promise<boolean> {
    if ((await this.offRampsFrom(chain, source)).includes(offRamp)) return true;
    return (await this.previousOffRamps(chain, source)).includes(offRamp);
  }

  private async previousOffRamps(chain: C, source: bigint): Promise<string[]> {
    const known = await this.offRampsFrom(chain, source);
    const named = (await this.changesOn(chain))
      .filter(({ kind, remote }) => kind === "OffRamp" && remote === source)
      .map(({ address }) => address);
    return [...new Set(named)].filter((offRamp) => !known.includes(offRamp));
  }

  /** Reads every ramp that was added to or removed from the router of a chain since deployment. */
  private changesOn({ chainId, name, ccip, provider, deployedAt = 0 }: C): Promise<RampChange[]> {
    return this.once(`changes ${name}`, async () => {
      const range = {
        address: ccip.router,
        topics: [RAMP_EVENTS.map((event) => topicOf(router, event))],
        fromBlock: deployedAt,
        toBlock: await provider.getBlockNumber(),
      };
      const key = `${chainId}-ramps-${id(ccip.router).slice(2, 18)}`;
      const logs = await readLogsThrough(provider, range, { store: this.store, key });
      return logs.map((log): RampChange => {
        const event = router.parseLog(log);
        const [remote, address] = rampEvent.parse(event?.args.toArray());
        return { kind: event?.name === "OnRampSet" ? "OnRamp" : "OffRamp", remote, address };
      });
    });
  }

  /** Reads the lanes into some OffRamps; none into one that is of no known version of CCIP. */
  private async lanesOf(
    source: C,
    destination: C,
    ramps: readonly string[],
  ): Promise<RampLane<C>[]> {
    const { name, provider } = destination;
    const read = async (address: string) => {
      const version = await this.versionOf(destination, address);
      if (version === undefined) return [];
      const onRamps = await this.once(`intake ${source.selector} ${name} ${address}`, () => {
        const contract = { address, interface: released("offRamp", version).interface };
        const args = [source.selector];
        return readOne(provider, contract, "getSourceChainConfig", args, sourceConfig);
      });
      return onRamps
        .filter((onRamp) => dataLength(onRamp) === 32)
        .map((onRamp) => getAddress(dataSlice(onRamp, 12)))
        .map((onRamp) => rampLane(source, destination, version, onRamp, address));
    };
    return (await Promise.all(ramps.map(read))).flat();
  }

  private versionOf({ name, provider }: C, address: string): Promise<CcipVersion | undefined> {
    return this.once(`version ${name} ${address}`, async () => {
      try {
        return await readRampVersion(provider, address);
      } catch (error) {
        if (isContractError(error)) return undefined;
        throw error;
      }
    });
  }

  /** Reads a value once and caches it by key; a failed read is repeated. The key determines the type. */
  private once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const asked = (this.known.get(key) as Promise<T> | undefined) ?? ask();
    this.known.set(key, asked);
    asked.catch(() => this.known.delete(key));
    return asked;
  }
}

/** Returns a lane with its ramps; the zero address stands for an unknown OffRamp. */
export function rampLane<C extends RoutedChain>(
  source: C,
  destination: C,
  version: CcipVersion | undefined,
  onRamp: string,
  offRamp = ZeroAddress,
): RampLane<C> {
  const end = (chain: C, ramps: Pick<CcipAddresses, "onRamp" | "offRamp">): RampEnd<C> => {
    const { deployedAt, firstBlock = deployedAt ?? 0 } = chain;
    return { ...chain, firstBlock, ccip: { ...chain.ccip, version, ...ramps } };
  };
  return {
    source: end(source, { onRamp, offRamp: ZeroAddress }),
    destination: end(destination, { onRamp: ZeroAddress, offRamp }),
  };
}
