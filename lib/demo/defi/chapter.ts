import {
  deliver,
  mint,
  requireConverged,
  tokens,
  transfer,
  broadcastToAll,
  rebase,
} from "../actions";
import { ensure } from "../scenario";
import type { ScenarioRun } from "../scenario";
import { notifyListeners } from "./listeners";
import { closePool, openPool, showPools, skimPool } from "./pool";
import { executeUpgrades, proposeUpgrades } from "./proposals";
import { correct, countFrom, rebaseByMistake } from "./quarantine";
import { bridgeWrapped } from "./wrapped";

/** Findings of the second chapter. Amounts and indexes are in their smallest units. */
export type DefiFindings = Awaited<ReturnType<typeof defiChapter>>;

/**
 * Runs the second chapter: the wrapper in a pool through rebases, listeners told on every chain, an index that satellites hold back, an upgrade
 * of all satellites decided at home, and wrapped units on another chain.
 * @throws InvariantViolationError when something did not hold.
 */
export async function defiChapter(run: ScenarioRun) {
  const { mesh, home, first, second, record } = run;
  await record("genesis broadcast", () => requireConverged(mesh));
  await record("mint to three holders", () => mint(run));
  const opened = await record("a pool of wrapped tokens", () => openPool(run));
  await record("+5 % takes effect", async () => {
    const effectiveAt = await rebase(run, "5");
    await broadcastToAll(run);
    await requireConverged(mesh);
    await countFrom(run, effectiveAt);
  });
  const listeners = await record("listeners are told", () => notifyListeners(run));
  const quarantined = await record("+60 % by mistake", () => rebaseByMistake(run));
  await record("transfers go on meanwhile", async () => {
    await transfer(run, "alice", home, first, tokens("100"));
    await transfer(run, "bob", home, second, tokens("100"));
    await deliver(run);
  });
  await record("+6 % in its place", () => correct(run));
  const grown = await record("nothing to skim", async () => {
    const state = await skimPool(run, opened);
    showPools(run, [
      ["opened", opened],
      ["after two rebases", state],
    ]);
    return state;
  });
  const proposals = await record("an upgrade is proposed", () => proposeUpgrades(run));
  const crossing = await record("two transfers leave", async () => [
    await transfer(run, "alice", first, second, tokens("40")),
    await transfer(run, "carol", home, first, tokens("30")),
  ]);
  await record("both satellites upgrade", () => executeUpgrades(run, proposals));
  await record("the two transfers arrive", async () => {
    const ids = (await deliver(run)).map(({ messageId }) => messageId);
    ensure(
      crossing.every(({ messageId }) => ids.includes(messageId)),
      "a transfer that crossed the upgrade did not arrive",
    );
  });
  const wrapped = await record("wrapped tokens travel", () => bridgeWrapped(run));
  await record("the pool pays its growth", () => closePool(run, opened));
  return {
    pool: { opened, grown },
    listeners,
    quarantined,
    proposals: proposals.map(({ chain, nonce, operation, implementation }) => ({
      chain,
      nonce,
      operation,
      implementation,
    })),
    wrapped,
  };
}
