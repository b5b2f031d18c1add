import { dataLength, dataSlice, getAddress, id, toBeHex } from "ethers";
import { z } from "zod";
import { decodeEvent, readOne, readRampVersion, released, topicOf } from "ccip-localnet/protocol";
import type { CcipAddresses, CcipVersion, ChainView, Lane } from "ccip-localnet/protocol";

import { readLogsThrough } from "../rpc/logCache";
import type { LogStore } from "../rpc/logs";

import { isSilent } from "./silent";

/** What has to be known of a chain to find the ramps that its messages went through. */
export interface RampedChain extends ChainView {
  readonly chainId: bigint;
  readonly ccip: ChainView["ccip"] & Pick<CcipAddresses, "router">;
  /** No message of ours is older than this block. */
  readonly deployedAt?: number;
}

const router = released("router").interface;
const offRampEvent = z.object({ offRamp: z.string() });
const offRamps = z.array(z.object({ sourceChainSelector: z.bigint(), offRamp: z.string() }));
const sourceConfig = z.union([
  z.object({ onRamp: z.string() }),
  z.object({ onRamps: z.array(z.string()) }),
]);

/**
 * The lanes of CCIP as they are and were. CCIP may replace the ramps of a chain while messages are on
 * their way: what an OnRamp sent arrives through the OffRamp that takes it from that very OnRamp, and
 * both count their messages anew. Whoever asks a message's state of another OffRamp is told of another
 * message. A lane names its ramps as those of its two chains.
 */
export class RampLanes<C extends RampedChain> {
  private readonly named = new Map<string, Promise<string[]>>();
  private readonly former = new Map<string, Promise<string[]>>();
  private readonly onRamps = new Map<string, Promise<Intake>>();

  constructor(private readonly store?: LogStore) {}

  /**
   * The lane that begins at an OnRamp; undefined when no OffRamp that the router of the destination
   * names, or has named since our contracts are there, takes what it sends.
   */
  async through(source: C, destination: C, onRamp: string): Promise<Lane<C> | undefined> {
    const own = await this.lanesOf(source, destination, [destination.ccip.offRamp]);
    const begins = ({ source: { ccip } }: Lane<C>) => ccip.onRamp === onRamp;
    return (
      own.find(begins) ??
      (await this.current(source, destination)).find(begins) ??
      (await this.replaced(source, destination)).find(begins)
    );
  }

  /** The lane that ends at an OffRamp; undefined when the router has never named it for that source. */
  async into(source: C, destination: C, offRamp: string): Promise<Lane<C> | undefined> {
    const own = offRamp === destination.ccip.offRamp ? [offRamp] : [];
    const isNamed = async () =>
      (await this.offRampsOf(source, destination)).includes(offRamp) ||
      (await this.formerOffRamps(source, destination)).includes(offRamp);
    if (own.length === 0 && !(await isNamed())) return undefined;
    return (await this.lanesOf(source, destination, [offRamp]))[0];
  }

  /** Every lane whose OffRamp the router names now. */
  async current(source: C, destination: C): Promise<Lane<C>[]> {
    return this.lanesOf(source, destination, await this.offRampsOf(source, destination));
  }

  /** Every lane whose OffRamp the router named since our contracts are there, and names no more. */
  async replaced(source: C, destination: C): Promise<Lane<C>[]> {
    return this.lanesOf(source, destination, await this.formerOffRamps(source, destination));
  }

  private async lanesOf(source: C, destination: C, ramps: readonly string[]): Promise<Lane<C>[]> {
    const lanes = await Promise.all(
      ramps.map(async (offRamp) => {
        const { version, onRamps } = await this.onRampsOf(source, destination, offRamp);
        return onRamps.map((onRamp) => ({
          source: { ...source, ccip: { ...source.ccip, version, onRamp } },
          destination: { ...destination, ccip: { ...destination.ccip, version, offRamp } },
        }));
      }),
    );
    return lanes.flat();
  }

  private offRampsOf({ selector }: C, { name, ccip, provider }: C): Promise<string[]> {
    return once(this.named, `${selector}-${name}`, async () => {
      const contract = { address: ccip.router, interface: router };
      const all = await readOne(provider, contract, "getOffRamps", [], offRamps);
      return all
        .filter(({ sourceChainSelector }) => sourceChainSelector === selector)
        .map(({ offRamp }) => offRamp);
    });
  }

  private formerOffRamps(source: C, destination: C): Promise<string[]> {
    const { chainId, name, ccip, provider, deployedAt = 0 } = destination;
    const { selector } = source;
    return once(this.former, `${selector}-${name}`, async () => {
      const key = id([ccip.router, selector].join()).slice(2, 18);
      const range = {
        address: ccip.router,
        topics: [
          [topicOf(router, "OffRampAdded"), topicOf(router, "OffRampRemoved")],
          toBeHex(selector, 32),
        ],
        fromBlock: deployedAt,
        toBlock: await provider.getBlockNumber(),
      };
      const logs = await readLogsThrough(provider, range, {
        store: this.store,
        key: `${chainId}-offramps-${key}`,
      });
      const known = await this.offRampsOf(source, destination);
      const seen = logs.map((log) => {
        const isAdded = log.topics[0] === topicOf(router, "OffRampAdded");
        const event = isAdded ? "OffRampAdded" : "OffRampRemoved";
        return decodeEvent(router, event, log, offRampEvent).offRamp;
      });
      return [...new Set(seen)].filter((offRamp) => !known.includes(offRamp));
    });
  }

  /** The OnRamps that an OffRamp takes messages from; none when it is of no known version of CCIP. */
  private onRampsOf({ selector }: C, { name, provider }: C, address: string): Promise<Intake> {
    return once(this.onRamps, `${selector}-${name}-${address}`, async () => {
      try {
        const version = await readRampVersion(provider, address);
        if (version === undefined) return NO_INTAKE;
        const contract = { address, interface: released("offRamp", version).interface };
        const args = [selector];
        const config = await readOne(
          provider,
          contract,
          "getSourceChainConfig",
          args,
          sourceConfig,
        );
        const onRamps = "onRamps" in config ? config.onRamps : [config.onRamp];
        const ofEvm = onRamps.filter((onRamp) => dataLength(onRamp) === 32);
        return { version, onRamps: ofEvm.map((onRamp) => getAddress(dataSlice(onRamp, 12))) };
      } catch (error) {
        if (isSilent(error)) return NO_INTAKE;
        throw error;
      }
    });
  }
}

/** What an OffRamp takes messages from. */
interface Intake {
  readonly version?: CcipVersion | undefined;
  readonly onRamps: readonly string[];
}

const NO_INTAKE: Intake = { onRamps: [] };

/** Asks once; what failed is asked again. */
function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(key) ?? ask();
  known.set(key, asked);
  asked.catch(() => known.delete(key));
  return asked;
}
