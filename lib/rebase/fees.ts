import { Interface, ZeroAddress } from "ethers";

import { readCurse } from "../ccip/rmn";
import { abi, contractAt } from "../core/abis";
import type { HomeChain, Mesh, SatelliteChain } from "../core/mesh/mesh";
import { tryCall } from "../core/revert/contractError";
import { revertText } from "../core/revert/revertChain";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** The current cost of a broadcast over one lane. */
export interface LaneFee {
  /** The satellite's network name. */
  readonly chain: string;
  readonly selector: bigint;
  /** In wei of native; 0 when the lane quotes none. */
  readonly native: bigint;
  /** In wei of LINK; 0 when the lane quotes none. */
  readonly link: bigint;
  /** The decoded reason why a fee is 0: the lane accepts no message paid in that token. */
  readonly down?: string;
  /** Revert data of the lane, if it reverted. */
  readonly revertData?: string;
}

/** The number of broadcasts that the broadcaster's own balance covers. */
export type Runway = Awaited<ReturnType<typeof readRunway>>;

/** The maximum fee that the broadcaster accepts, in wei of the fee token: a lane that quotes more is broken. */
const MAX_FEE = 2n ** 96n - 1n;

/** A payload of the index state's length: its content does not affect the fee. */
const PAYLOAD = `0x${"00".repeat(64)}`;

/** The revert of an OnRamp on a cursed lane. */
const CURSED = new Interface(["error CursedByRMN(uint64 destChainSelector)"]);

/** Quotes the lanes to some satellites, all at one block. A lane that the broadcaster does not know is down. */
export async function readLaneFees(
  { home }: Mesh,
  satellites: readonly SatelliteChain[],
  pinned?: PinnedChain,
): Promise<LaneFee[]> {
  const at = pinned ?? (await pinLatest(home.name, home.provider));
  const broadcaster = contractAt.broadcaster(home.contracts.broadcaster, at);
  const known = await broadcaster.getDestinations();
  const selectors = satellites
    .map(({ selector }) => selector)
    .filter((selector) => known.includes(selector));
  const [natives, links] = await Promise.all(
    [ZeroAddress, home.ccip.link].map((token) => broadcaster.quote(selectors, token)),
  );
  return Promise.all(
    satellites.map(async ({ name: chain, selector }): Promise<LaneFee> => {
      const i = selectors.indexOf(selector);
      const [native = 0n, link = 0n] = [natives?.fees[i], links?.fees[i]];
      const fee = { chain, selector, native, link };
      if (i < 0) return { ...fee, down: 'the broadcaster does not know it: run "mesh apply"' };
      if (native > 0n && link > 0n) {
        // A CCIP 2.0 lane also quotes a fee under a curse, but rejects messages.
        if (!(await readCurse(at, home.ccip.rmnProxy, selector))) return fee;
        const revertData = CURSED.encodeErrorResult("CursedByRMN", [selector]);
        return { ...fee, native: 0n, link: 0n, down: revertText(revertData), revertData };
      }
      const revertData = await refusalOfLane(
        home,
        at,
        selector,
        native > 0n ? home.ccip.link : ZeroAddress,
      );
      if (revertData === undefined) return { ...fee, down: "it quotes no fee" };
      return { ...fee, down: revertText(revertData), revertData };
    }),
  );
}

/** Reads how many broadcasts to every satellite the treasury covers. */
export async function readRunway(mesh: Mesh) {
  const { home, satellites } = mesh;
  const at = await pinLatest(home.name, home.provider);
  const { broadcaster } = home.contracts;
  const [native, link, fees] = await Promise.all([
    at.getBalance(broadcaster),
    contractAt.token(home.ccip.link, at).balanceOf(broadcaster),
    readLaneFees(mesh, satellites, at),
  ]);
  const nativePerBroadcast = sumOfFees(fees, "native");
  const linkPerBroadcast = sumOfFees(fees, "link");
  return {
    /** Balance of the broadcaster, in wei. */
    native,
    link,
    /** Fee of one broadcast to every satellite, in wei, without lanes that are down. */
    nativePerBroadcast,
    linkPerBroadcast,
    /** Number of such broadcasts that the balance covers; undefined when no lane quotes a fee. */
    nativeBroadcasts: nativePerBroadcast > 0n ? native / nativePerBroadcast : undefined,
    linkBroadcasts: linkPerBroadcast > 0n ? link / linkPerBroadcast : undefined,
  };
}

/** Sums the fees of lanes, in wei of the token. */
export function sumOfFees(fees: readonly LaneFee[], token: "native" | "link"): bigint {
  return fees.reduce((sum, fee) => sum + fee[token], 0n);
}

/** Simulates the broadcaster's send over one lane, whose error `quote` swallows. */
async function refusalOfLane(
  { contracts: { broadcaster: to } }: HomeChain,
  pinned: PinnedChain,
  selector: bigint,
  feeToken: string,
): Promise<string | undefined> {
  const payment = { feeToken, payer: ZeroAddress, value: 0n, maxFee: MAX_FEE };
  const data = abi.broadcaster.encodeFunctionData("sendLane", [selector, PAYLOAD, payment]);
  const asked = await tryCall(pinned, { from: to, to, data });
  return asked.outcome === "refused" ? asked.returnData : undefined;
}
