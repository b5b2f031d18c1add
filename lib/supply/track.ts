import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { readSent } from "../bridge/sent";
import type { SendingChain, SentMessage } from "../bridge/sent";
import { readOne } from "../ccip/abi";
import { released } from "../ccip/releases";
import { executionState } from "../ccip/status";
import type { ExecutionState } from "../ccip/status";
import type { MeshChain } from "../mesh/mesh";
import { inChunks } from "../rpc/chunks";
import type { LogStore } from "../rpc/logs";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** A message with tokens of a mesh, and what its destination knows of it. */
export interface TrackedMessage extends SentMessage {
  /** Network name. */
  readonly source: string;
  /** Network name; the CCIP selector of a chain that is not in the mesh. */
  readonly destination: string;
  /** Whether the source had sent it in the block that is recorded of the source. */
  readonly hasLeft: boolean;
  /** In the block that is recorded of the destination; undefined when it is not in the mesh. */
  readonly state: ExecutionState | undefined;
}

/** What travelled between some chains, each of them at one recorded block. */
export interface Tracking {
  /** By network name. */
  readonly pins: ReadonlyMap<string, PinnedChain>;
  /** Every message that counts for these blocks, chain by chain, oldest first. */
  readonly messages: readonly TrackedMessage[];
  /** What was sent and is no message that could be followed. */
  readonly unreadable: readonly {
    readonly source: string;
    readonly transactionHash: string;
    readonly reason: string;
  }[];
}

/** What has to be known of a chain to track its messages. */
export type TrackedChain = SendingChain & Pick<MeshChain, "selector">;

const sourceConfig = z.object({ minSeqNr: z.bigint() });

/** How long an endpoint may lag behind what other chains have heard of its chain. */
const LAG = { attempts: 40, pauseMs: 500 } as const;

/**
 * Tracks every message with tokens since deployment.
 *
 * Chains have no common block, so the recorded ones may be of different moments. For a message from S
 * to D, sent in S's block s and executed in D's block d, with the blocks S' and D' recorded:
 * s <= S' and d <= D': arrived, its shares are counted on D;
 * s <= S' and d > D', or not executed: in flight, its shares are counted on neither;
 * s > S' and d > D': not sent yet, its shares are counted on S;
 * s > S' and d <= D': its shares are counted on both. Fast lanes and lagging endpoints bring that about,
 * and no order in which chains are pinned rules it out, for lanes lead both ways. So S is read beyond S',
 * as far as any D' has committed from it: nothing is executed before it is committed, so no such
 * message escapes, and it is returned as one that arrived and has not left.
 * @param notBefore blocks by network name before which no chain may be pinned: they are known already.
 */
export async function track(
  chains: readonly TrackedChain[],
  store?: LogStore,
  notBefore?: ReadonlyMap<string, number>,
): Promise<Tracking> {
  const pins = new Map(
    await Promise.all(
      chains.map(
        async ({ name, provider }) =>
          [name, await pinLatest(name, provider, notBefore?.get(name))] as const,
      ),
    ),
  );
  const pinOf = ({ name }: TrackedChain) => {
    const pin = pins.get(name);
    if (!pin) throw new Error(`${name} was not pinned.`);
    return pin;
  };
  const sent = await Promise.all(
    chains.map(async (source) => {
      const destinations = chains
        .filter((chain) => chain !== source)
        .map((chain) => ({ chain, pin: pinOf(chain) }));
      const upTo = await blockBeyond(source, pinOf(source), destinations);
      return { source, ...(await readSent(source, upTo, store)) };
    }),
  );
  const messages = await Promise.all(
    sent.map(({ source, messages: ofSource }) =>
      inChunks(ofSource, async (item): Promise<TrackedMessage> => {
        const { destinationSelector, blockNumber } = item.message;
        const destination = chains.find(({ selector }) => selector === destinationSelector);
        return {
          ...item,
          source: source.name,
          destination: destination?.name ?? destinationSelector.toString(),
          hasLeft: blockNumber <= pinOf(source).blockNumber,
          state:
            destination &&
            (await executionState(
              { provider: pinOf(destination), ccip: destination.ccip },
              item.message,
            )),
        };
      }),
    ),
  );
  return {
    pins,
    messages: messages.flat().filter(({ hasLeft, state }) => hasLeft || state === "success"),
    unreadable: sent.flatMap(({ source, unreadable }) =>
      unreadable.map((item) => ({ source: source.name, ...item })),
    ),
  };
}

/** Whether a message has left its source and not arrived, for the recorded blocks. */
export function isInFlight({ hasLeft, state }: TrackedMessage): boolean {
  return hasLeft && state !== "success";
}

/** A block of a source, not before its pin, that holds all that destinations have committed from it. */
async function blockBeyond(
  source: TrackedChain,
  pin: PinnedChain,
  destinations: readonly { readonly chain: TrackedChain; readonly pin: PinnedChain }[],
): Promise<number> {
  const committed = await Promise.all(
    destinations.map(async ({ chain, pin: destination }) => {
      const offRamp = { address: chain.ccip.offRamp, interface: released("offRamp").interface };
      const args = [source.selector];
      return (await readOne(destination, offRamp, "getSourceChainConfig", args, sourceConfig))
        .minSeqNr;
    }),
  );
  const onRamp = { address: source.ccip.onRamp, interface: released("onRamp").interface };
  for (let attempt = 1; ; attempt++) {
    const latest = await pinLatest(source.name, source.provider, pin.blockNumber);
    const next = await Promise.all(
      destinations.map(({ chain }) =>
        readOne(latest, onRamp, "getExpectedNextSequenceNumber", [chain.selector], z.bigint()),
      ),
    );
    if (next.every((number, i) => number >= (committed[i] ?? 0n))) return latest.blockNumber;
    if (attempt >= LAG.attempts) {
      throw new Error(
        `The RPC endpoint of ${source.name} is at block ${latest.blockNumber}, in which messages are not sent yet that other chains have received: it lags. Try again later, or use another url.`,
      );
    }
    await sleep(LAG.pauseMs);
  }
}
