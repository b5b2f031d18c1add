import { expect } from "chai";
import hre from "hardhat";

import { OperatorError } from "../../../lib/core/errors";
import { replacedByWallet, reorganised, silentFrom } from "../../shared/faults/chainFaults";
import type { End } from "../../shared/faults/chainFaults";
import { PASSING_FAULTS } from "../../shared/faults/endpointFaults";
import {
  eventsSince,
  expectTold,
  memoryStore,
  runTask,
  sinceNow,
  transactionsSince,
} from "../../shared/faults/runs";
import type { RunOutcome } from "../../shared/faults/runs";
import { meshOf, titleOf } from "../../shared/faults/sendingTask";
import { NOT_IN_TABLE, SENDING_TASKS } from "../../shared/faults/sendingTasks";
import { holdings } from "../../shared/faults/situations";
import { serveChain } from "../../shared/faults/throughEndpoint";
import type { ServedChain } from "../../shared/faults/throughEndpoint";
import { useWorld } from "../../shared/scenario";
import type { Scenario } from "../../shared/scenario";
import { completeWorld } from "../../shared/world";

/** All cases take an hour or more, so the suite runs some of each task, and others of the next one. */
const isComplete = process.env.FAULTS === "all";
const chosenTasks = SENDING_TASKS.filter(
  (task) => (isComplete || !task.long) && new RegExp(process.env.TASK ?? "").test(titleOf(task)),
);

/** Returns some of the items, beginning at another one for each task. */
function sample<T>(items: readonly T[], count: number, turn: number): readonly T[] {
  if (isComplete || items.length <= count) return items;
  return Array.from({ length: count }, (_, i) => items[(turn * count + i) % items.length] as T);
}

describe("The tasks that send", () => {
  it("include one that TASK names", () => {
    expect(chosenTasks.map(titleOf), `TASK=${process.env.TASK ?? ""}`).not.to.be.empty;
  });

  it("are all in the table, or named with the reason why not", () => {
    const scoped = Object.values(hre.scopes).flatMap(({ name, tasks }) =>
      Object.values(tasks).map((task) => ({ name: `${name} ${task.name}`, task })),
    );
    const alone = Object.values(hre.tasks).map((task) => ({ name: task.name, task }));
    const asking = [...scoped, ...alone]
      .filter(({ task }) => "yes" in task.paramDefinitions)
      .map(({ name }) => name);
    // It is for cron, and asks nothing.
    const known = SENDING_TASKS.map(({ task }) => task).filter((task) => task !== "rebase keep");
    expect([...asking].sort()).to.deep.equal(
      [...new Set([...known, ...Object.keys(NOT_IN_TABLE)])].sort(),
    );
  });
});

for (const [turn, task] of chosenTasks.entries()) {
  describe(`${titleOf(task)}, through an endpoint that`, function () {
    // An endpoint that stops answering at each of a hundred requests takes minutes.
    if (isComplete) this.timeout(0);
    let mesh: Scenario["mesh"] | undefined;
    let found = "";
    const scenario = useWorld(async (s) => {
      await holdings(s);
      const given = await task.given?.(s);
      if (typeof given === "string") found = given;
      else if (given) mesh = given;
    }, completeWorld);
    let chain: ServedChain;
    /** The events of a run that meets no fault. */
    let wanted: readonly string[];
    let sent: number;
    /** The number of requests of that run, and of those that send. */
    let requests = 0;
    let sends = 0;

    before(async () => {
      chain = await serveChain();
    });
    after(() => chain.close());

    const opened = (s: Scenario) => chain.open(mesh ?? meshOf(s, task));

    /** Runs it again on an endpoint that answers: it goes on, or sees that nothing is left to do. */
    async function runAgain(s: Scenario, store = memoryStore()): Promise<RunOutcome> {
      chain.rpc.inject(() => "pass");
      const again = await runTask(task, s, await opened(s), found, { store });
      const isRefusal = again.error instanceof OperatorError;
      expect(again.done || isRefusal, again.error?.stack ?? again.text).to.equal(true);
      return again;
    }

    async function expectOnce(s: Scenario, since: { block: number }, text: string, more = 0) {
      expect(await eventsSince(s, since), text).to.deep.equal(wanted);
      expect(await transactionsSince(s, since), text).to.have.length(sent + more);
    }

    it("answers", async () => {
      const s = scenario();
      const since = await sinceNow(s);
      chain.rpc.inject(() => "pass");
      const through = await opened(s);
      const first = chain.rpc.requests.length;
      const outcome = await runTask(task, s, through, found);
      expect(outcome.error).to.equal(undefined);
      expect(outcome.done).to.equal(true);
      wanted = await eventsSince(s, since);
      const hashes = await transactionsSince(s, since);
      sent = hashes.length;
      expect(sent).to.be.greaterThan(0);
      expectTold(hashes, outcome);
      const own = chain.rpc.requests.slice(first);
      requests = own.length;
      sends = own.filter((calls) =>
        calls.some(({ method }) => method === "eth_sendRawTransaction"),
      ).length;
    });

    for (const { title, begin } of sample(PASSING_FAULTS, 1, turn)) {
      it(title, async () => {
        const s = scenario();
        const since = await sinceNow(s);
        const through = await opened(s);
        chain.rpc.inject(begin());
        const outcome = await runTask(task, s, through, found);
        expect(outcome.done, outcome.error?.stack ?? outcome.text).to.equal(true);
        expectTold(await transactionsSince(s, since), outcome);
        await expectOnce(s, since, outcome.text);
      });
    }

    if (isComplete) {
      for (const by of ["the same", "nothing"] as const) {
        it(`has ${by} from a wallet in the place of the first transaction`, async () => {
          const s = scenario();
          const since = await sinceNow(s);
          const through = await opened(s);
          chain.rpc.inject(replacedByWallet(by));
          const outcome = await runTask(task, s, through, found);
          expect(outcome.error?.message ?? "").not.to.match(/nothing was sent|it was not sent/i);
          const again = outcome.done ? outcome : await runAgain(s);
          await expectOnce(
            s,
            since,
            `${outcome.text}\n---\n${again.text}`,
            by === "nothing" ? 1 : 0,
          );
        });
      }

      it("drops the block of each transaction once", async () => {
        const s = scenario();
        const since = await sinceNow(s);
        const through = await opened(s);
        chain.rpc.inject(reorganised(s.ccipChain(s.home).provider));
        const outcome = await runTask(task, s, through, found, { sending: { confirmations: 2 } });
        // A node that mines at once queues nothing: it refuses what follows a dropped transaction of the same account.
        const isRefused = task.atOnce && /Nonce too high/.test(outcome.error?.message ?? "");
        expect(outcome.done || isRefused, outcome.error?.stack ?? outcome.text).to.equal(true);
        const again = isRefused ? await runAgain(s) : outcome;
        await expectOnce(s, since, `${outcome.text}\n---\n${again.text}`);
      });
    }

    it("stops answering", async () => {
      const places = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
      const ends: readonly End[] = [
        ...(isComplete
          ? places(requests).map((request) => ({ request, isHeard: false }))
          : sample(places(sends), 1, turn).map((send) => ({ send, isHeard: false }))),
        ...sample(places(sends), 1, turn).map((send) => ({ send, isHeard: true })),
      ];
      expect(ends, "the run without a fault, before this one, counts the requests").not.to.be.empty;
      const s = scenario();
      const node = s.ccipChain(s.home).provider;
      for (const end of ends) {
        const point: unknown = await node.send("evm_snapshot", []);
        const since = await sinceNow(s);
        const through = await opened(s);
        chain.rpc.inject(silentFrom(end));
        const store = memoryStore();
        const sending = { times: { giveUpAfter: 40, recheckEvery: 10 } };
        const outcome = await runTask(task, s, through, found, { store, sending });
        const hashes = await transactionsSince(s, since);
        if (end.isHeard) expect(hashes, outcome.text).not.to.be.empty;
        expectTold(hashes, outcome);
        if (/nothing was sent/i.test(outcome.error?.message ?? "")) expect(hashes).to.be.empty;
        const again = await runAgain(s, store);
        const text = [JSON.stringify(end), outcome.text, "---", again.text].join("\n");
        await expectOnce(s, since, text);
        await node.send("evm_revert", [point]);
      }
    });
  });
}
