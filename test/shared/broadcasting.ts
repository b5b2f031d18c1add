import { expect } from "chai";
import { ZeroAddress, concat, id, parseEther, toBeHex } from "ethers";
import type { Interface, TransactionReceipt } from "ethers";
import { connectLanes, mineAt } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { describeRevert, messagesIn } from "ccip-localnet/protocol";
import type { Execution, Message } from "ccip-localnet/protocol";

import { abi } from "../../lib/core/abis";
import type { MeshChain, SatelliteChain } from "../../lib/core/mesh/mesh";
import { LinkToken__factory } from "../../typechain-types";
import type { LinkToken } from "../../typechain-types";

import { gasOfCallsTo } from "./callTrace";
import { Scenario, mined, reasonOf } from "./scenario";
import { deploySatellite } from "./world";

/** The fee token of a broadcast. */
export type FeeToken = "native" | "LINK";

/** Gas for a broadcast to every satellite: each lane must have its limit to itself. */
export const BROADCAST_GAS = 4_000_000n;

/** The index state of a chain, as a broadcast carries it. */
export interface IndexState {
  readonly epoch: bigint;
  readonly current: bigint;
  readonly next: bigint;
  readonly effectiveAt: bigint;
}

/** The index state of a chain. */
export async function indexOf(s: Scenario, chain: MeshChain): Promise<IndexState> {
  const [epoch, current, next, effectiveAt] = await s.tokenOn(chain).indexState();
  return { epoch, current, next, effectiveAt };
}

/** The route of a broadcast. */
export function fromHome(s: Scenario, to: SatelliteChain) {
  return { from: s.home, to };
}

// Paying

/** The address that stands for a fee token. */
export function feeTokenOf(s: Scenario, feeToken: FeeToken): string {
  return feeToken === "native" ? ZeroAddress : s.ccipChain(s.home).ccip.link;
}

/** LINK at home, held by the third party that pays for broadcasts. */
export function link(s: Scenario): LinkToken {
  return LinkToken__factory.connect(s.ccipChain(s.home).ccip.link, s.signer(s.home, "thirdParty"));
}

/** Gives an account LINK at home, the third party unless another is named. */
export async function giveLink(
  s: Scenario,
  to: string = s.address("thirdParty"),
  amount = parseEther("100"),
): Promise<void> {
  await mined(link(s).connect(s.ccipChain(s.home).owner).transfer(to, amount));
}

/** Allows the broadcaster to take this much of the third party's LINK. */
export async function approveLink(s: Scenario, amount: bigint): Promise<void> {
  await mined(link(s).approve(s.home.contracts.broadcaster, amount));
}

/** Balances of an account at home, in wei of each fee token. */
export interface Balances {
  readonly native: bigint;
  readonly LINK: bigint;
}

/** Reads the balances of an account at home. */
export async function balancesOf(s: Scenario, account: string): Promise<Balances> {
  const [native, LINK] = await Promise.all([
    s.home.provider.getBalance(account),
    link(s).balanceOf(account),
  ]);
  return { native, LINK };
}

/** Reads the router's quote for each satellite, in wei of the fee token. */
export async function feesOf(s: Scenario, feeToken: FeeToken): Promise<readonly bigint[]> {
  const selectors = s.mesh.satellites.map(({ selector }) => selector);
  return (await s.broadcaster().quote(selectors, feeTokenOf(s, feeToken))).fees;
}

// Broadcasting

/** A broadcast as its payer sees it. */
export interface Sent {
  readonly receipt: TransactionReceipt;
  readonly messages: readonly Message[];
  /** Each lane in turn: the fee that it took, or why it took none. */
  readonly lanes: readonly LaneOutcome[];
  /** Returns the amount that the third party paid, without the gas of the transaction. */
  readonly paid: Balances;
}

/** The outcome of one lane. */
export type LaneOutcome =
  | {
      readonly chain: string;
      readonly epoch: bigint;
      readonly feeToken: string;
      readonly fee: bigint;
    }
  | { readonly chain: string; readonly epoch: bigint; readonly reason: string };

/**
 * Broadcasts the home's index state to satellites as a third party, to all unless some are named.
 * @param value native to send along; what is quoted unless named, nothing for LINK.
 * @param maxFee the most that the fees may come to; twice what is quoted unless named.
 */
export async function pay(
  s: Scenario,
  feeToken: FeeToken,
  {
    value,
    maxFee,
    to = s.mesh.satellites,
  }: { value?: bigint; maxFee?: bigint; to?: readonly SatelliteChain[] } = {},
): Promise<Sent> {
  const selectors = to.map(({ selector }) => selector);
  const token = feeTokenOf(s, feeToken);
  const broadcaster = s.broadcaster("thirdParty");
  const { total } = await broadcaster.quote(selectors, token);
  const sendsValue = value ?? (feeToken === "native" ? total : 0n);

  const overrides = { value: sendsValue, gasLimit: BROADCAST_GAS };
  // Anvil mines what reverts and does not say why; asked beforehand, every node does.
  const ceiling = maxFee ?? 2n * total;
  await broadcaster.broadcast.staticCall(selectors, token, ceiling, overrides);

  const payer = s.address("thirdParty");
  const before = await balancesOf(s, payer);
  const receipt = await mined(broadcaster.broadcast(selectors, token, ceiling, overrides));
  const after = await balancesOf(s, payer);
  return {
    receipt,
    messages: messagesIn(receipt),
    lanes: lanesIn(s, receipt),
    paid: {
      native: before.native - after.native - receipt.gasUsed * receipt.gasPrice,
      LINK: before.LINK - after.LINK,
    },
  };
}

/** Reads the broadcaster's events of each lane in a transaction. */
export function lanesIn(s: Scenario, receipt: TransactionReceipt): LaneOutcome[] {
  const { broadcaster } = s.home.contracts;
  return eventsIn(receipt, broadcaster, abi.broadcaster).flatMap(
    ({ name, args }): LaneOutcome[] => {
      const selector = BigInt(String(args.selector));
      const chain =
        s.mesh.satellites.find((satellite) => satellite.selector === selector)?.name ??
        String(selector);
      const epoch = BigInt(String(args.epoch));
      if (name === "BroadcastFailed") {
        return [{ chain, epoch, reason: describeRevert(String(args.reason), [abi.broadcaster]) }];
      }
      if (name !== "BroadcastSent") return [];
      return [{ chain, epoch, feeToken: String(args.feeToken), fee: BigInt(String(args.fee)) }];
    },
  );
}

// Arriving

/** An event of a receiver during an execution, with its arguments by name. */
export type Verdict = readonly [event: string, args: Readonly<Record<string, unknown>>];

/** Reads the event of a satellite's receiver for one executed message. */
export async function verdictOn(
  chain: SatelliteChain,
  { transactionHash, messageId }: Pick<Delivery | Execution, "transactionHash" | "messageId">,
): Promise<Verdict> {
  const receipt = await chain.provider.getTransactionReceipt(transactionHash);
  if (!receipt) throw new Error(`${chain.name} does not know the transaction ${transactionHash}.`);
  const mine = eventsIn(receipt, chain.contracts.receiver, abi.receiver).filter(
    ({ args }) => args.messageId === messageId,
  );
  const [event] = mine;
  expect(mine, `events of ${messageId}`).to.have.length(1);
  if (!event) throw new Error("A message without an event.");
  const args = Object.entries(event.args).filter(([name]) => name !== "messageId");
  return [event.name, Object.fromEntries(args)];
}

/** Outcomes as tables compare them: the state, and the reason of a failure. */
export function outcomesOf(deliveries: readonly (Delivery | Execution)[]): string[] {
  return deliveries.map((delivery) =>
    delivery.state === "success" ? "success" : `failure: ${reasonOf(delivery)}`,
  );
}

/**
 * At each of these seconds, mined on all chains, the satellites use the home's index.
 * @param seconds ascending, later than every block so far.
 * @returns the indexes of home, in order.
 */
export async function expectAgreement(
  s: Scenario,
  satellites: readonly SatelliteChain[],
  seconds: readonly bigint[],
): Promise<bigint[]> {
  const indexes: bigint[] = [];
  for (const second of seconds) {
    await mineAt(s.chains, Number(second));
    const [home, ...others] = await Promise.all(
      [s.home, ...satellites].map((chain) => s.tokenOn(chain).sharesPerToken()),
    );
    if (home === undefined) throw new Error("Home has no index.");
    expect(others, `at ${second}`).to.deep.equal(satellites.map(() => home));
    indexes.push(home);
  }
  return indexes;
}

/** The seconds around a moment that are still to come: one before it to one after, and a day later. */
export async function secondsAround(s: Scenario, pinnedBlock: bigint): Promise<bigint[]> {
  const now = BigInt(await s.now());
  return [-1n, 0n, 1n, 86_400n].map((off) => pinnedBlock + off).filter((time) => time > now);
}

/** Every second from the next one to two after a moment. */
export async function everySecondUntil(s: Scenario, pinnedBlock: bigint): Promise<bigint[]> {
  const first = BigInt(await s.now()) + 1n;
  expect(pinnedBlock, "a moment to come").to.be.at.least(first);
  return Array.from({ length: Number(pinnedBlock + 3n - first) }, (_, i) => first + BigInt(i));
}

/**
 * The mesh with fresh contracts on the second satellite: paired, known to the broadcaster, and
 * without an index, for nothing was broadcast to it yet.
 */
export async function withUnsyncedSatellite(s: Scenario): Promise<Scenario> {
  const fresh = await deploySatellite(s.mesh.config, s.ccipChain(s.sat2));
  const { token, receiver } = fresh.contracts;
  const mesh = { ...s.mesh, satellites: [s.sat1, fresh] };
  const next = new Scenario({ mesh, chains: s.chains });
  const deployer = next.signer(fresh, "deployer");
  await mined(next.tokenOn(fresh, deployer).grantRole(id("REBASER_ROLE"), receiver));
  await mined(
    next.receiverOn(fresh, deployer).setSource(s.home.selector, s.home.contracts.broadcaster),
  );
  const admin = next.broadcaster(await next.timelock(next.home));
  await mined(admin.setDestination(fresh.selector, receiver, s.mesh.config.broadcaster.gasLimit));
  expect(await next.tokenOn(fresh).epoch(), `epoch of ${token}`).to.equal(0n);
  return next;
}

/** The events of one contract in a transaction, with their arguments by name. */
export function eventsIn(
  receipt: TransactionReceipt,
  address: string,
  contract: Interface,
): { name: string; args: Record<string, unknown> }[] {
  return receipt.logs.flatMap((log) => {
    const event = log.address === address ? contract.parseLog(log) : null;
    return event ? [{ name: event.name, args: event.args.toObject() }] : [];
  });
}

/** Of lanes that exist on home alone. */
const FIRST_SELECTOR = 7_000_000_000_000_000_000n;

/**
 * Gives the broadcaster more destinations, each with a lane of its own. Behind them all is the first satellite.
 * @returns their selectors.
 */
export async function addDestinations(s: Scenario, count: number): Promise<readonly bigint[]> {
  const [source, destination] = [s.ccipChain(s.home), s.ccipChain(s.sat1)];
  const selectors = Array.from({ length: count }, (_, i) => FIRST_SELECTOR + BigInt(i));
  await connectLanes(
    selectors.map((selector) => ({ source, destination: { ...destination, selector } })),
  );
  const admin = s.broadcaster(await s.timelock(s.home));
  for (const selector of selectors) {
    await mined(admin.setDestination(selector, s.sat1.contracts.receiver, 150_000n));
  }
  return selectors;
}

/**
 * Broadcasts twice, each time after a rebase and with the third party's money, the second time over lanes that
 * have carried one.
 * @returns gas of the second broadcast, and of the same call repeated where it names no destinations.
 */
export async function broadcastOver(
  s: Scenario,
  selectors: readonly bigint[],
  feeToken: FeeToken,
  destinations: "named" | "pending" = "named",
): Promise<{ sent: bigint; again: bigint }> {
  const { broadcast, broadcastPending, quote } = s.broadcaster("thirdParty");
  const token = feeTokenOf(s, feeToken);
  let [sent, again] = [0n, 0n];
  for (const percent of ["5", "-2"]) {
    await s.rebaseHome(percent);
    const { total } = await quote([...selectors], token);
    const overrides = { value: feeToken === "native" ? total : 0n, gasLimit: 12_000_000n };
    const send = () =>
      destinations === "pending"
        ? broadcastPending(token, total, 0, overrides)
        : broadcast([...selectors], token, total, overrides);
    ({ gasUsed: sent } = await mined(send()));
    if (destinations === "pending") ({ gasUsed: again } = await mined(send()));
  }
  return { sent, again };
}

/** Gas of broadcasts to all satellites, paid in LINK: the first that destinations ever got, and a later one. */
export async function broadcastGas(s: Scenario): Promise<{ first: bigint; steady: bigint }> {
  const admin = s.broadcaster(await s.timelock(s.home));
  for (const { selector, contracts } of s.mesh.satellites) {
    const { gasLimit } = await admin.getDestination(selector);
    // A destination that comes back has no record of what was sent.
    await mined(admin.removeDestination(selector));
    await mined(admin.setDestination(selector, contracts.receiver, gasLimit));
  }
  await giveLink(s);
  await approveLink(s, parseEther("100"));
  const first = (await pay(s, "LINK")).receipt.gasUsed;
  await s.rebaseHome("5");
  const steady = (await pay(s, "LINK")).receipt.gasUsed;
  return { first, steady };
}

/** Gas of `ccipReceive` as the router measures it, for a delivery in process. */
export async function receiveGas(
  { contracts }: SatelliteChain,
  { transactionHash }: Pick<Delivery, "transactionHash">,
): Promise<bigint> {
  const calls = await gasOfCallsTo(transactionHash, contracts.receiver);
  // The ERC-165 questions come first, ccipReceive last.
  return BigInt(calls[calls.length - 1] ?? 0);
}

/** An index state as contracts/libraries/BroadcastCodec.sol packs it, sent at a time in unix seconds. */
export function encodeBroadcast(
  { epoch, current, next, effectiveAt }: IndexState,
  sentAt = 0n,
): string {
  const header = (2n << 248n) | (epoch << 216n) | (effectiveAt << 160n) | (sentAt << 104n);
  return concat([toBeHex(header, 32), toBeHex((current << 96n) | next, 32)]);
}
