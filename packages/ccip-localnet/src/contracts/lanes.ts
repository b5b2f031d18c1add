import { localCommittee } from "../accounts";
import { groupBy, laneName } from "../protocol/chain";
import type { CcipChain, Lane } from "../protocol/chain";
import type { Committee } from "../protocol/verification";
import { sendAll } from "../send";
import type { LabelledTransaction } from "../send";

import { incoming16, outgoing16 } from "./deploy16";
import { incoming20, outgoing20 } from "./deploy20";
import { call } from "./transactions";

/** USD with 18 decimals per unit of gas: 1 gwei at 3,000 USD an ether. */
export const USD_PER_UNIT_GAS = 3_000n * 10n ** 9n;

/** Settings that differ from lane to lane. */
export interface LaneSettings {
  /**
   * Seconds after which a gas price is stale and the lane takes no message; 0, the default, is
   * CCIP's own way to switch that off. A live DON reports prices continuously, but a test that
   * moves the clock by days skips those reports. CCIP 1.6 only.
   */
  readonly gasPriceStalenessSeconds?: number;
  /** True if messages must allow out-of-order execution, as some live lanes demand. CCIP 1.6 only. */
  readonly enforceOutOfOrder?: boolean;
  /** USD with 18 decimals per unit of the destination's gas. */
  readonly usdPerUnitGas?: bigint;
  /** The committee that signs messages in CCIP 2.0; the local one by default. */
  readonly committee?: Committee;
}

/** Opens a lane in one direction. Repeating it sets the same again. */
export async function connectLane(
  source: CcipChain,
  destination: CcipChain,
  lane: LaneSettings = {},
): Promise<void> {
  await connectLanes([{ source, destination }], lane);
}

/**
 * Opens lanes, all of them at once, each in the version of its two ends: a few transactions a chain,
 * whatever their number. This also migrates a lane under traffic, as CCIP's owner does: from then on the
 * routers send over these ramps where they used others before, and messages in flight arrive through
 * the OffRamps that they know already, until {@link retireLanes}.
 * @throws RangeError when the ends of a lane are of different versions, or have no such setting.
 */
export async function connectLanes(
  lanes: readonly Lane[],
  settings: LaneSettings = {},
): Promise<void> {
  const pending = new Map<CcipChain, LabelledTransaction[]>();
  const add = (chain: CcipChain, transactions: LabelledTransaction[]): void => {
    pending.set(chain, [...(pending.get(chain) ?? []), ...transactions]);
  };
  lanes.forEach(requireOneVersion);
  for (const [source, outgoing] of groupBy(lanes, (lane) => lane.source)) {
    add(source, outgoingSettings(source, outgoing, settings));
  }
  for (const [destination, incoming] of groupBy(lanes, (lane) => lane.destination)) {
    add(destination, incomingSettings(destination, incoming, settings));
  }
  await sendInTurn(pending);
}

/** Removes the OffRamps of lanes from the routers at their destinations: no message arrives through them afterwards. */
export async function retireLanes(lanes: readonly Lane[]): Promise<void> {
  const pending = new Map<CcipChain, LabelledTransaction[]>();
  for (const [destination, incoming] of groupBy(lanes, (lane) => lane.destination)) {
    const gone = offRampsOf(destination, incoming);
    pending.set(destination, [
      call(destination.ccip, "router", "applyRampUpdates", [[], gone, []]),
    ]);
  }
  await sendInTurn(pending);
}

/** Chains on one provider share the owner's nonce: in turn there, at once across providers. */
async function sendInTurn(
  pending: ReadonlyMap<CcipChain, readonly LabelledTransaction[]>,
): Promise<void> {
  const byProvider = groupBy([...pending.entries()], ([chain]) => chain.provider);
  await Promise.all(
    [...byProvider.values()].map(async (group) => {
      for (const [chain, transactions] of group) await sendAll(chain.owner, transactions);
    }),
  );
}

function requireOneVersion(lane: Lane): void {
  const [from, to] = [lane.source.ccip.version, lane.destination.ccip.version];
  if (from === to) return;
  throw new RangeError(
    `The lane ${laneName(lane)} begins at CCIP ${from} and ends at CCIP ${to}: deploy one version ` +
      `at both ends.`,
  );
}

function outgoingSettings(
  { ccip }: CcipChain,
  lanes: readonly Lane[],
  settings: LaneSettings,
): LabelledTransaction[] {
  const { gasPriceStalenessSeconds = 0, enforceOutOfOrder = false } = settings;
  const { usdPerUnitGas = USD_PER_UNIT_GAS, committee = localCommittee() } = settings;
  const selectors = lanes.map(({ destination }) => destination.selector);
  if (ccip.version === "2.0" && (gasPriceStalenessSeconds > 0 || enforceOutOfOrder)) {
    throw new RangeError(
      "CCIP 2.0 knows no stale prices and no ordered messages: leave gasPriceStalenessSeconds and " +
        "enforceOutOfOrder out.",
    );
  }
  return [
    ...(ccip.version === "1.6"
      ? outgoing16(ccip, lanes, { gasPriceStalenessSeconds, enforceOutOfOrder })
      : outgoing20(ccip, lanes, committee)),
    call(ccip, "feeQuoter", "updatePrices", [
      {
        tokenPriceUpdates: [],
        gasPriceUpdates: selectors.map((destChainSelector) => ({
          destChainSelector,
          usdPerUnitGas,
        })),
      },
    ]),
    call(ccip, "router", "applyRampUpdates", [
      selectors.map((destChainSelector) => ({ destChainSelector, onRamp: ccip.onRamp })),
      [],
      [],
    ]),
  ];
}

function incomingSettings(
  destination: CcipChain,
  lanes: readonly Lane[],
  { committee = localCommittee() }: LaneSettings,
): LabelledTransaction[] {
  const { ccip } = destination;
  return [
    ...(ccip.version === "1.6" ? incoming16(ccip, lanes) : incoming20(ccip, lanes, committee)),
    call(ccip, "router", "applyRampUpdates", [[], [], offRampsOf(destination, lanes)]),
  ];
}

function offRampsOf({ ccip }: CcipChain, lanes: readonly Lane[]): Record<string, unknown>[] {
  return lanes.map(({ source }) => ({
    sourceChainSelector: source.selector,
    offRamp: ccip.offRamp,
  }));
}
