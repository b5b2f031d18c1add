import { isDeepStrictEqual } from "node:util";

import { curse, localAccount, mineAt, now, uncurse } from "ccip-localnet";
import { describeRevert } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS } from "../../config/localAccounts";
import { contractAt } from "../core/abis";
import { staleSatellites } from "../core/syncStatus";
import { readIndexes } from "../mesh/readIndex";

import {
  broadcastToAll,
  deliver,
  mint,
  rebase,
  requireConverged,
  requireSuccess,
  tokens,
  transfer,
} from "./actions";
import { HOLDERS, addressOf, formatBalances, readBalances } from "./ledger";
import type { HolderBalances } from "./ledger";
import { ensure, noteGas } from "./scenario";
import type { ScenarioRun } from "./scenario";
import { broadcast } from "./transactions";

/**
 * Runs the first chapter: two rebases, transfers that cross them, a cursed lane, and everything home again.
 * @throws InvariantViolationError when something did not hold.
 */
export async function rebaseChapter(run: ScenarioRun): Promise<void> {
  const { mesh, first, second, record } = run;
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
  const { mesh, progress } = run;
  const effectiveAt = await rebase(run, percent);
  await broadcastToAll(run);
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
