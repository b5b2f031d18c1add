import { ZeroAddress, dataLength, dataSlice, getAddress, id } from "ethers";
import { z } from "zod";
import { decodeEvent, readOne, readRampVersion, released, topicOf } from "ccip-localnet/protocol";
import type {
  CcipAddresses,
  CcipVersion,
  ChainView,
  Lane,
  Message,
  Message20,
} from "ccip-localnet/protocol";

import { readLogsThrough } from "../rpc/logCache";
import type { LogStore } from "../rpc/logs";

import { isContractError } from "../core/revert/contractError";

/** The part of a chain that is needed to find the ramps of its lanes. */
export interface RoutedChain extends Omit<ChainView, "ccip"> {
  readonly chainId: bigint;
  readonly ccip: Pick<CcipAddresses, "router">;
  /** No message of ours is older than this block. */
  readonly deployedAt?: number;
}

/**
 * A chain at one end of a lane, with the ramp that the lane has there and its version. The chain's ramp
 * of the other direction has no part in the lane and is the zero address.
 */
export type LaneEnd<C> = C & Pick<ChainView, "ccip">;

/** A lane in one direction, through the two ramps that it has in one version of CCIP. */
export type RampLane<C extends RoutedChain> = Lane<LaneEnd<C>>;

/** A ramp that a router names. */
export interface NamedRamp {
  readonly kind: "OnRamp" | "OffRamp";
  readonly address: string;
  /** Undefined when it says that it is of no known one. */
  readonly version?: CcipVersion | undefined;
}

const router = released("router").interface;
const RAMP_EVENTS = ["OnRampSet", "OffRampAdded", "OffRampRemoved"] as const;
const onRampEvent = z.object({ destChainSelector: z.bigint(), onRamp: z.string() });
const offRampEvent = z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() });
const offRamps = z.array(offRampEvent);
const sourceConfig = z.union([
  z.object({ onRamp: z.string() }),
  z.object({ onRamps: z.array(z.string()) }),
]);

/**
 * The lanes of CCIP as they are and were, each direction by itself: lanes of one chain may run different
 * versions, and CCIP may move a lane from one to the other while messages are on their way. What an
 * OnRamp sent arrives through an OffRamp that takes it from that very OnRamp, and each pair counts its
 * messages anew: another OffRamp would return the state of another message.
 *
 * The router of the source names the OnRamp that messages take now. The OffRamps are those that the router
 * of the destination names, and those that its events say it has named since deployment; each says itself
 * which OnRamps it takes from. No message of ours arrived through any other, because a pool takes
 * nothing from an OffRamp that the router does not name.
 */
export class RampLanes<C extends RoutedChain> {
  private readonly onRamps = new Map<string, Promise<string>>();
  private readonly named = new Map<string, Promise<string[]>>();
  private readonly changes = new Map<string, Promise<RampChanges>>();
  private readonly intakes = new Map<string, Promise<Intake>>();
  private readonly versions = new Map<string, Promise<CcipVersion | undefined>>();

  constructor(private readonly store?: LogStore) {}

  /** Reads the OnRamp that the router of a chain names for a destination now; the zero address when it has no such lane. */
  onRampTo({ name, provider, ccip }: C, destination: bigint): Promise<string> {
    return once(this.onRamps, `${name}-${destination}`, () => {
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
  offRampsFrom({ name, ccip, provider }: C, source: bigint): Promise<string[]> {
    return once(this.named, `${source}-${name}`, async () => {
      const contract = { address: ccip.router, interface: router };
      const all = await readOne(provider, contract, "getOffRamps", [], offRamps);
      return all
        .filter(({ sourceChainSelector }) => sourceChainSelector === source)
        .map(({ offRamp }) => offRamp);
    });
  }

  /** Reads every ramp that the router of a chain names now for lanes with these peers. */
  async rampsOf(chain: C, peers: readonly Pick<C, "selector">[]): Promise<NamedRamp[]> {
    const [outgoing, incoming] = await Promise.all([
      Promise.all(peers.map(({ selector }) => this.onRampTo(chain, selector))),
      Promise.all(peers.map(({ selector }) => this.offRampsFrom(chain, selector))),
    ]);
    const ramp = async (kind: NamedRamp["kind"], address: string): Promise<NamedRamp> => ({
      kind,
      address,
      version: await this.versionOf(chain, address),
    });
    const onRamps = new Set(outgoing.filter((address) => address !== ZeroAddress));
    return Promise.all([
      ...[...onRamps].map((address) => ramp("OnRamp", address)),
      ...[...new Set(incoming.flat())].map((address) => ramp("OffRamp", address)),
    ]);
  }

  /**
   * Finds the lane that a message took; undefined when no OffRamp that the router of the destination names, or
   * has named since our contracts are there, takes what its OnRamp sends.
   */
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
    if (!isOurs) return undefined;
    return {
      source: laneEnd(source, { version, onRamp }),
      destination: laneEnd(destination, { version, offRamp }),
    };
  }

  /** Returns whether the router of a chain names an OnRamp for a destination, or has since our contracts were deployed. */
  async hasSentTo(chain: C, destination: bigint, onRamp: string): Promise<boolean> {
    if ((await this.onRampTo(chain, destination)) === onRamp) return true;
    const { onRamps } = await this.changesOn(chain);
    return onRamps.some(
      (change) => change.destChainSelector === destination && change.onRamp === onRamp,
    );
  }

  /** The lanes that end at an OffRamp, one for each OnRamp that it takes from; none when the router has never named it for that source. */
  async into(source: C, destination: C, offRamp: string): Promise<RampLane<C>[]> {
    return (await this.isNamed(destination, source.selector, offRamp))
      ? this.lanesOf(source, destination, [offRamp])
      : [];
  }

  /** Returns whether the router of a chain names an OffRamp for a source, or has since our contracts are there. */
  private async isNamed(chain: C, source: bigint, offRamp: string): Promise<boolean> {
    return (
      (await this.offRampsFrom(chain, source)).includes(offRamp) ||
      (await this.previousOffRamps(chain, source)).includes(offRamp)
    );
  }

  /** Reads every lane whose OffRamp the router names now. */
  async current(source: C, destination: C): Promise<RampLane<C>[]> {
    const ramps = await this.offRampsFrom(destination, source.selector);
    return this.lanesOf(source, destination, ramps);
  }

  /** Every lane whose OffRamp the router named since our contracts are there, and names no more. */
  async replaced(source: C, destination: C): Promise<RampLane<C>[]> {
    const ramps = await this.previousOffRamps(destination, source.selector);
    return this.lanesOf(source, destination, ramps);
  }

  /** Every lane, current and replaced. */
  async all(source: C, destination: C): Promise<RampLane<C>[]> {
    const lanes = await Promise.all([
      this.current(source, destination),
      this.replaced(source, destination),
    ]);
    return lanes.flat();
  }

  /**
   * One of these lanes for each OnRamp, and one for the OnRamp that the router of the source names now, from
   * which there may be no OffRamp yet that takes anything.
   */
  async sending(source: C, destination: C, known: readonly RampLane<C>[]): Promise<RampLane<C>[]> {
    const onRamp = await this.onRampTo(source, destination.selector);
    const lanes = new Map(known.map((lane) => [lane.source.ccip.onRamp, lane]));
    if (onRamp === ZeroAddress || lanes.has(onRamp)) return [...lanes.values()];
    const version = await this.versionOf(source, onRamp);
    const untaken = {
      source: laneEnd(source, { version, onRamp }),
      destination: laneEnd(destination, { version }),
    };
    return [...lanes.values(), untaken];
  }

  private async lanesOf(
    source: C,
    destination: C,
    ramps: readonly string[],
  ): Promise<RampLane<C>[]> {
    const lanes = await Promise.all(
      ramps.map(async (offRamp) => {
        const { version, onRamps } = await this.intakeOf(source, destination, offRamp);
        return onRamps.map((onRamp) => ({
          source: laneEnd(source, { version, onRamp }),
          destination: laneEnd(destination, { version, offRamp }),
        }));
      }),
    );
    return lanes.flat();
  }

  private async previousOffRamps(chain: C, source: bigint): Promise<string[]> {
    const [{ offRamps: changes }, known] = await Promise.all([
      this.changesOn(chain),
      this.offRampsFrom(chain, source),
    ]);
    const seen = changes
      .filter(({ sourceChainSelector }) => sourceChainSelector === source)
      .map(({ offRamp }) => offRamp);
    return [...new Set(seen)].filter((offRamp) => !known.includes(offRamp));
  }

  /** Reads every ramp that was added to or removed from the router of a chain since deployment. */
  private changesOn({ chainId, name, ccip, provider, deployedAt = 0 }: C): Promise<RampChanges> {
    return once(this.changes, name, async () => {
      const range = {
        address: ccip.router,
        topics: [RAMP_EVENTS.map((event) => topicOf(router, event))],
        fromBlock: deployedAt,
        toBlock: await provider.getBlockNumber(),
      };
      const logs = await readLogsThrough(provider, range, {
        store: this.store,
        key: `${chainId}-ramps-${id(ccip.router).slice(2, 18)}`,
      });
      const told = <T>(event: (typeof RAMP_EVENTS)[number], schema: z.ZodType<T>) =>
        logs
          .filter(({ topics }) => topics[0] === topicOf(router, event))
          .map((log) => decodeEvent(router, event, log, schema));
      return {
        onRamps: told("OnRampSet", onRampEvent),
        offRamps: [...told("OffRampAdded", offRampEvent), ...told("OffRampRemoved", offRampEvent)],
      };
    });
  }

  /** The OnRamps that an OffRamp takes messages from; none when it is of no known version of CCIP. */
  private intakeOf({ selector }: C, destination: C, address: string): Promise<Intake> {
    const { name, provider } = destination;
    return once(this.intakes, `${selector}-${name}-${address}`, async () => {
      const version = await this.versionOf(destination, address);
      if (version === undefined) return { version, onRamps: [] };
      const contract = { address, interface: released("offRamp", version).interface };
      const args = [selector];
      const config = await readOne(provider, contract, "getSourceChainConfig", args, sourceConfig);
      const onRamps = "onRamps" in config ? config.onRamps : [config.onRamp];
      const ofEvm = onRamps.filter((onRamp) => dataLength(onRamp) === 32);
      return { version, onRamps: ofEvm.map((onRamp) => getAddress(dataSlice(onRamp, 12))) };
    });
  }

  private versionOf({ name, provider }: C, address: string): Promise<CcipVersion | undefined> {
    return once(this.versions, `${name}-${address}`, async () => {
      try {
        return await readRampVersion(provider, address);
      } catch (error) {
        if (isContractError(error)) return undefined;
        throw error;
      }
    });
  }
}

/** Changes of ramps that the router of a chain has logged. */
interface RampChanges {
  readonly onRamps: readonly z.output<typeof onRampEvent>[];
  readonly offRamps: readonly z.output<typeof offRampEvent>[];
}

/** The OnRamps from which an OffRamp takes messages. */
interface Intake {
  readonly version: CcipVersion | undefined;
  readonly onRamps: readonly string[];
}

/** A chain at the end of a lane with one ramp of this version. */
export function laneEnd<C extends RoutedChain>(
  chain: C,
  {
    version,
    onRamp = ZeroAddress,
    offRamp = ZeroAddress,
  }: {
    readonly version: CcipVersion | undefined;
    readonly onRamp?: string;
    readonly offRamp?: string;
  },
): LaneEnd<C> {
  const { deployedAt, firstBlock = deployedAt ?? 0 } = chain;
  return { ...chain, firstBlock, ccip: { ...chain.ccip, version, onRamp, offRamp } };
}

/** Reads once; a failed read is repeated. */
function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(key) ?? ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}
