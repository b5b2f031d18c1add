import { formatUnits } from "ethers";

import { abi, contractAt } from "../../core/abis";
import { UNCHANGED } from "../../core/growth";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import type { Step } from "../step";
import { chainText, change, stepOn, who } from "../stepBuilders";
import { byOwner, oldRouterSteps, readRouting, routerStep } from "./routing";
import type { RoutedContract, Routing } from "./routing";
import type { TokenState } from "./token";

export interface ReceiverState extends Routing {
  readonly owner: string;
  readonly pendingOwner: string;
  readonly sourceSelector: bigint;
  readonly broadcaster: string;
  readonly band: Band;
  /** The broadcast that is held back because its index is outside of the band. */
  readonly quarantined: Quarantined | undefined;
  /** Time at which home sent the newest state that was accepted, unix seconds; 0 before the first. */
  readonly lastConfirmed: bigint;
  /** The notifier that it calls after a sync; zero for none. */
  readonly notifier: string;
}

/** Bounds of the index: growth and loss of a step in millionths, the interval in seconds; all 0 for no bounds. */
export interface Band {
  readonly maxGrowth: bigint;
  readonly maxLoss: bigint;
  readonly minInterval: bigint;
  readonly maxSteps: bigint;
  readonly maxStepsByHand: bigint;
}

/** A broadcast that is held back: indexes in shares per token unit, times in unix seconds. */
export interface Quarantined {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt: bigint;
  readonly since: bigint;
  readonly isRejected: boolean;
}

/** Reads the receiver of a satellite, and the messages that CCIP still delivers through its old router. */
export async function readReceiver(
  { home }: Mesh,
  chain: SatelliteChain,
  pinned: PinnedChain,
): Promise<ReceiverState> {
  const address = chain.contracts.receiver;
  const receiver = contractAt.receiver(address, pinned);
  const [owner, pendingOwner, source, routing, [band], held, lastConfirmed, notifier] =
    await Promise.all([
      receiver.owner(),
      receiver.pendingOwner(),
      receiver.getSource(),
      readRouting([home], chain.ccip, address, pinned),
      // The token that is built into it counts in the answer, and may be none.
      unlessReverted(receiver.getBand(), [NO_BAND]),
      receiver.getQuarantined(),
      receiver.lastConfirmed(),
      receiver.getNotifier(),
    ]);
  return {
    owner,
    pendingOwner,
    sourceSelector: source.selector,
    broadcaster: source.sender,
    ...routing,
    band: bandOf(band),
    quarantined: quarantinedOf(held),
    lastConfirmed,
    notifier,
  };
}

function bandOf({ maxGrowth, maxLoss, minInterval, maxSteps, maxStepsByHand }: Band): Band {
  return { maxGrowth, maxLoss, minInterval, maxSteps, maxStepsByHand };
}

function quarantinedOf(held: Quarantined): Quarantined | undefined {
  const { epoch, current, next, effectiveAt, since, isRejected } = held;
  return epoch === 0n ? undefined : { epoch, current, next, effectiveAt, since, isRejected };
}

const NO_BAND: Band = {
  maxGrowth: 0n,
  maxLoss: 0n,
  minInterval: 0n,
  maxSteps: 0n,
  maxStepsByHand: 0n,
};

/** A millionth of a factor in 1e27. */
const MILLIONTH = 10n ** 21n;

/** Returns the band that a mesh file declares, its factors rounded outwards to millionths. */
export function declaredBand({ config }: Mesh): Band {
  if (!config.receiver) return NO_BAND;
  const { minGrowthFactor, maxGrowthFactor, ...others } = config.receiver.band;
  const millionths = (difference: bigint) => (difference + MILLIONTH - 1n) / MILLIONTH;
  return {
    maxGrowth: millionths(maxGrowthFactor - UNCHANGED),
    maxLoss: millionths(UNCHANGED - minGrowthFactor),
    minInterval: BigInt(others.minInterval),
    maxSteps: BigInt(others.maxSteps),
    maxStepsByHand: BigInt(others.maxStepsByHand),
  };
}

/** Describes a band: "+10 % to -10 % per 3600 s, 3 steps at once, 10 by hand". */
export function bandText({
  maxGrowth,
  maxLoss,
  minInterval,
  maxSteps,
  maxStepsByHand,
}: Band): string {
  if (maxSteps === 0n) return "none";
  const percent = (millionths: bigint) => `${formatUnits(millionths, 4).replace(/\.0$/, "")} %`;
  return `+${percent(maxGrowth)} to -${percent(maxLoss)} per ${minInterval} s, ${maxSteps} steps at once, ${maxStepsByHand} by hand`;
}

/** Returns the step that bounds what a satellite believes; home's controller waits for it when it is widened. */
export function bandStep(mesh: Mesh, chain: SatelliteChain, now: ReceiverState): Step {
  const declared = declaredBand(mesh);
  return stepOn(chain, "receiver/band", {
    title: "bound what a broadcast may say",
    changes: [change("band", bandText(now.band), bandText(declared))],
    call: byOwner(routed(chain, now), abi.receiver.encodeFunctionData("setBand", [declared])),
  });
}

/** Returns the steps that pair a receiver with CCIP's router and the home's broadcaster. */
export function receiverSteps(mesh: Mesh, chain: SatelliteChain, now: ReceiverState): Step[] {
  const { selector, name, contracts } = mesh.home;
  const args: [bigint, string] = [selector, contracts.broadcaster];
  return [
    routerStep(chain, routed(chain, now), now),
    stepOn(chain, "receiver/source", {
      title: `listen to the broadcaster of ${name}`,
      changes: [
        change("source chain", chainText(mesh, now.sourceSelector), chainText(mesh, selector)),
        change("broadcaster", who(now.broadcaster), contracts.broadcaster),
      ],
      call: byOwner(routed(chain, now), abi.receiver.encodeFunctionData("setSource", args)),
    }),
    bandStep(mesh, chain, now),
  ];
}

function routed({ contracts }: SatelliteChain, { owner }: ReceiverState): RoutedContract {
  return { part: "receiver", address: contracts.receiver, owner };
}

/**
 * Returns the step that removes a receiver's old router, once CCIP delivers through another one and the messages that it
 * may still deliver are older than the index.
 */
export function previousRouterSteps(
  chain: SatelliteChain,
  { token, receiver }: { readonly token: TokenState; readonly receiver: ReceiverState },
  home: { readonly token: TokenState } | undefined,
): Step[] {
  const isSynced = home !== undefined && token.epoch >= home.token.epoch;
  const reason = `a broadcast that brings ${chain.name} to the home's epoch: an older one may still come through ${receiver.oldRouter}`;
  return oldRouterSteps(
    chain,
    routed(chain, receiver),
    receiver,
    isSynced ? {} : { status: { kind: "waiting", reason } },
  );
}
