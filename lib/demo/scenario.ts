import { isDeepStrictEqual } from "node:util";

import { parseUnits } from "ethers";
import { curse, localAccount, mineAt, now, sendAll, uncurse } from "ccip-localnet";
import type { Delivery, LocalCcip } from "ccip-localnet";
import { describeRevert } from "ccip-localnet/protocol";
import type { CcipChain, Message } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../config/localAccounts";
import { abi, contractAt } from "../core/abis";
import { growthFactor } from "../core/growth";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import type { Progress } from "../core/progress";
import { isConverged, staleSatellites } from "../core/syncStatus";
import { readIndexes } from "../mesh/readIndex";

import { HOLDERS, addressOf, formatBalances, ledgerLine, readBalances } from "./ledger";
import type { HolderBalances, HolderName, LedgerLine } from "./ledger";
import { broadcast, sendTransfer } from "./transactions";

/** The mesh and the local network that the scenario runs on. */
export interface ScenarioContext {
  readonly mesh: Mesh;
  readonly chains: readonly CcipChain[];
  readonly ccip: LocalCcip;
  readonly progress: Progress;
  /** Filled with the highest gas of each kind of transaction, in order of first appearance. */
  readonly gas: Map<string, bigint>;
  /** Filled with a line for each action. */
  readonly lines: LedgerLine[];
}

/** The context, with its chains by their part in the scenario. */
interface ScenarioRun extends ScenarioContext {
  readonly home: HomeChain;
  readonly first: SatelliteChain;
  readonly second: SatelliteChain;
}

/** An invariant of the scenario did not hold. */
export class InvariantViolationError extends Error {
  override readonly name = "InvariantViolationError";
}

const tokens = (amount: string) => parseUnits(amount, 18);

/**
 * Runs the scenario on a wired mesh with two satellites or more and checks every invariant in it: two
 * rebases, transfers that cross them, a cursed lane, and everything home again.
 * @throws InvariantViolationError when something did not hold.
 */
export async function runScenario(context: ScenarioContext): Promise<void> {
  const { mesh, progress, lines } = context;
  const [first, second] = mesh.satellites;
  if (!first || !second) {
    throw new Error("The scenario needs two satellites: start three chains or more.");
  }
  const run: ScenarioRun = { ...context, home: mesh.home, first, second };
  /** Runs one action, and audits the shares after it. */
  const record = <T>(event: string, action: () => Promise<T>): Promise<T> =>
    progress.during(event, async () => {
      const result = await action();
      const line = await ledgerLine(mesh, event);
      lines.push(line);
      const { difference } = line.audit;
      ensure(difference === 0n, `${event}: ${difference} shares are not accounted for`);
      return result;
    });
  await record("genesis broadcast", () => requireConverged(mesh));
  await record("mint to three holders", () => mint(run));
  await record("tokens reach both satellites", async () => {
    await transfer(run, "alice", mesh.home, first, tokens("400"));
    await transfer(run, "bob", mesh.home, second, tokens("200"));
    await deliver(run);
  });
  await record("satellite to satellite", async () => {
    await transfer(run, "alice", first, second, tokens("150"));
    await deliver(run);
  });
  const crossing = await record("two transfers leave", () => leaveInFlight(run));
  const effectiveAt = await record("+5 % scheduled and broadcast", () => schedule(run, "5"));
  const before = await record("one second before", () => advanceTo(run, effectiveAt - 1));
  await record("the very second", () => takeEffect(run, effectiveAt, before));
  await record("the two transfers arrive", () => arrive(run, crossing));
  await record("-2 % with a cursed lane", () => rebaseDownWithCursedLane(run));
  await record("a third party re-broadcasts", () => rebroadcast(run));
  await record("every token comes home", () => returnAll(run));
}

async function mint({ home, gas }: ScenarioRun): Promise<void> {
  const amounts = { alice: "1000", bob: "500", carol: "250" };
  const receipts = await sendAll(
    localAccount(LOCAL_ROLES.issuer, home.provider),
    HOLDERS.map((name) => ({
      label: `mint ${amounts[name]} to ${name}`,
      to: home.contracts.token,
      data: abi.token.encodeFunctionData("mint", [addressOf(name), tokens(amounts[name])]),
    })),
  );
  receipts.forEach(({ gasUsed }) => noteGas(gas, "mint", gasUsed));
}

/** One transfer is committed and not executed, another not even committed. */
async function leaveInFlight(run: ScenarioRun): Promise<Message[]> {
  const { ccip, home, first, second } = run;
  const committed = await transfer(run, "bob", second, home, tokens("50"));
  await ccip.verify(ccip.lane(second.name, home.name));
  const uncommitted = await transfer(run, "carol", home, first, tokens("100"));
  return [committed, uncommitted];
}

/** The broadcast overtakes the transfer that left before it on the same lane. */
async function schedule(run: ScenarioRun, percent: string): Promise<number> {
  const { ccip, mesh, home, gas, progress } = run;
  const effectiveAt = await rebase(run, percent);
  const deployer = localAccount(0, home.provider);
  const { receipt, messages } = await broadcast(home, mesh.satellites, deployer);
  noteGas(gas, "broadcast", receipt.gasUsed);
  for (const { name, selector } of mesh.satellites) {
    const lane = ccip.lane(home.name, name);
    await ccip.verify(lane);
    const mine = messages.filter(({ destinationSelector }) => destinationSelector === selector);
    requireSuccess(gas, await ccip.execute(lane, mine), 1);
  }
  await requireConverged(mesh);
  progress.note(`effective at ${new Date(effectiveAt * 1_000).toISOString()} on every chain`);
  return effectiveAt;
}

async function advanceTo(
  { chains, mesh, progress }: ScenarioRun,
  time: number,
): Promise<HolderBalances[]> {
  const earlier = await readBalances(mesh);
  await mineAt(chains, time);
  const balances = await readBalances(mesh);
  ensure(isDeepStrictEqual(earlier, balances), `a balance changed before ${time + 1}`);
  const indexes = await readIndexes(mesh);
  ensure(
    indexes.every(({ timestamp }) => timestamp === BigInt(time)),
    `not every chain has a block at ${time}`,
  );
  progress.note(formatBalances(balances));
  return balances;
}

async function takeEffect(
  { chains, mesh, progress }: ScenarioRun,
  time: number,
  before: readonly HolderBalances[],
): Promise<void> {
  await mineAt(chains, time);
  const indexes = await readIndexes(mesh);
  const index = indexes[0]?.sharesPerToken ?? 1n;
  ensure(
    indexes.every(
      ({ timestamp, sharesPerToken, next }) =>
        timestamp === BigInt(time) && sharesPerToken === next && sharesPerToken === index,
    ),
    `the chains do not share one index at ${time}`,
  );
  const after = await readBalances(mesh);
  for (const { holder, balances } of after) {
    for (const [chain, { amount, shares }] of balances) {
      const earlier = before.find((line) => line.holder === holder)?.balances.get(chain);
      ensure(
        shares === earlier?.shares && amount === shares / index,
        `${holder} on ${chain} has ${amount}, not what ${shares} shares are worth`,
      );
    }
  }
  progress.note(formatBalances(after));
}

async function arrive(run: ScenarioRun, crossing: readonly Message[]): Promise<void> {
  const ids = (await deliver(run)).map(({ messageId }) => messageId);
  ensure(
    crossing.every(({ messageId }) => ids.includes(messageId)),
    "a transfer that crossed the rebase did not arrive",
  );
}

async function rebaseDownWithCursedLane(run: ScenarioRun): Promise<void> {
  const { ccip, mesh, home, second, gas, progress, chains } = run;
  await curse(ccip.lane(home.name, second.name));
  const effectiveAt = await rebase(run, "-2");
  const deployer = localAccount(0, home.provider);
  const { failed, receipt } = await broadcast(home, mesh.satellites, deployer);
  noteGas(gas, "broadcast with a dead lane", receipt.gasUsed);
  const isOnlySecond = (found: readonly { readonly chain: string }[]) =>
    found.length === 1 && found[0]?.chain === second.name;
  ensure(isOnlySecond(failed), "the cursed lane was not reported");
  requireSuccess(gas, await ccip.deliver(), mesh.satellites.length - 1);
  if (effectiveAt > (await now(chains))) await mineAt(chains, effectiveAt);
  const behind = staleSatellites(await readIndexes(mesh));
  ensure(isOnlySecond(behind), "the cursed satellite should be the only one behind");
  progress.note(`${second.name} is stale: ${describeRevert(failed[0]?.reason ?? "0x")}`);
}

async function rebroadcast(run: ScenarioRun): Promise<void> {
  const { ccip, mesh, home, second, gas } = run;
  await uncurse(ccip.lane(home.name, second.name));
  const thirdParty = localAccount(LOCAL_HOLDERS.thirdParty, home.provider);
  const { receipt } = await broadcast(home, [second], thirdParty);
  noteGas(gas, "broadcast to one", receipt.gasUsed);
  await deliver(run);
  await requireConverged(mesh);
}

async function returnAll(run: ScenarioRun): Promise<void> {
  const { mesh, home, progress } = run;
  for (const satellite of mesh.satellites) {
    const token = contractAt.token(satellite.contracts.token, satellite.provider);
    for (const name of HOLDERS) {
      const balance = await token.balanceOf(addressOf(name));
      if (balance > 0n) await transfer(run, name, satellite, home, balance);
    }
  }
  await deliver(run);
  const rest = await readBalances(mesh);
  const dust = rest.flatMap(({ holder, balances }) =>
    [...balances]
      .filter(([chain]) => chain !== home.name)
      .map(([chain, balance]) => ({ holder, chain, ...balance })),
  );
  ensure(
    dust.every(({ amount }) => amount === 0n),
    "a token stayed on a satellite",
  );
  const left = dust
    .filter(({ shares }) => shares > 0n)
    .map(({ holder, chain, shares }) => `${holder} ${shares} shares on ${chain}`);
  progress.note(formatBalances(rest));
  progress.note(
    left.length === 0
      ? "no dust stays behind"
      : `dust, each less than one unit: ${left.join(", ")}`,
  );
}

/** Schedules a rebase as soon as the controller lets the operator. */
async function rebase({ home, chains, gas }: ScenarioRun, percent: string): Promise<number> {
  const { contracts, provider } = home;
  const controller = contractAt.controller(contracts.controller, provider);
  const token = contractAt.token(contracts.token, provider);
  const [earliest, { delay }, epoch] = await Promise.all([
    controller.earliestEffectiveAt(),
    controller.getConfig(),
    token.epoch(),
  ]);
  const from = Number(earliest - delay);
  if (from > (await now(chains))) await mineAt(chains, from);
  const operator = localAccount(LOCAL_ROLES.rebaseOperator, provider);
  const args: [bigint, bigint] = [growthFactor(percent), epoch + 1n];
  const data = abi.controller.encodeFunctionData("rebase", args);
  const label = `rebase by ${percent} %`;
  const [receipt] = await sendAll(operator, [{ label, to: contracts.controller, data }]);
  noteGas(gas, "rebase", receipt?.gasUsed ?? 0n);
  const { effectiveAt } = await token.indexState();
  return Number(effectiveAt);
}

async function transfer(
  { gas }: ScenarioRun,
  name: HolderName,
  source: MeshChain,
  destination: MeshChain,
  amount: bigint,
): Promise<Message> {
  const { message, receipt } = await sendTransfer(
    { source, destination, receiver: addressOf(name), amount },
    localAccount(LOCAL_HOLDERS[name], source.provider),
  );
  noteGas(gas, "ccipSend of tokens", receipt.gasUsed);
  return message;
}

async function deliver({ ccip, gas }: ScenarioRun): Promise<Delivery[]> {
  const deliveries = await ccip.deliver();
  requireSuccess(gas, deliveries, deliveries.length);
  return deliveries;
}

function requireSuccess(
  gas: ScenarioRun["gas"],
  deliveries: readonly Delivery[],
  count: number,
): void {
  for (const { messageId, destination, state, returnData, gasUsed } of deliveries) {
    ensure(
      state === "success",
      `message ${messageId} failed on ${destination}: ${describeRevert(returnData)}`,
    );
    noteGas(gas, "message executed", gasUsed);
  }
  ensure(deliveries.length === count, `${deliveries.length} of ${count} messages executed`);
}

async function requireConverged(mesh: Mesh): Promise<void> {
  ensure(isConverged(await readIndexes(mesh)), "a satellite does not hold the home's index state");
}

function noteGas(gas: ScenarioRun["gas"], kind: string, used: bigint): void {
  if (used > (gas.get(kind) ?? 0n)) gas.set(kind, used);
}

function ensure(holds: boolean, broken: string): void {
  if (!holds) throw new InvariantViolationError(broken);
}
