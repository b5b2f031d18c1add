import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import type { Message } from "ccip-localnet/protocol";

import { localMesh } from "../../../config/meshes/local";
import {
  StalePlanError,
  readPlanFile,
  requireFresh,
  writePlan,
} from "../../../lib/cli/mesh/planFile";
import { showMesh } from "../../../lib/cli/mesh/show";
import { isLeftUntold, notifyChains } from "../../../lib/cli/notifier/notify";
import { showListeners } from "../../../lib/cli/notifier/show";
import { decideQuarantine } from "../../../lib/cli/receiver/decide";
import { changePending } from "../../../lib/cli/rebase/pending";
import { showStatus } from "../../../lib/cli/rebase/status";
import { abi, contractAt } from "../../../lib/core/abis";
import { growthFactor } from "../../../lib/core/growth";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { notificationIn } from "../../../lib/mesh/notification";
import { readPlan } from "../../../lib/mesh/read";
import { readMesh } from "../../../lib/mesh/state";
import { scheduleRebase } from "../../../lib/rebase/controller";
import { readListeners } from "../../../lib/rebase/listeners";
import { NonceManager } from "../../../lib/tx/nonces";
import { CCIP_VERSION } from "../../shared/ccipVersion";
import { diagnose } from "../../shared/doctorFixture";
import { loadFixture } from "../../shared/fixture";
import { deployListener, listenerAt } from "../../shared/listeners";
import { byTimelock } from "../../shared/keeper";
import { apply } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { contextAt, silent } from "../../shared/operatorContext";
import { Scenario, mined } from "../../shared/scenario";
import { thinProvider } from "../../shared/thinProvider";
import { completeIn } from "../../shared/world";

/** Behaviours of the listener of tests. */
const [LISTEN, REVERT, BURN_GAS] = [0, 1, 2];

const NOTIFY = "npx hardhat notifier notify --chain local-sat1 --mesh local";

interface ListeningWorld extends MeshWorld {
  readonly input: MeshInput;
  /** A listener of the first satellite, besides the shipped ones. */
  readonly listener: string;
}

async function listeningFixture(): Promise<ListeningWorld> {
  const world = await loadFixture(completeIn[CCIP_VERSION]);
  const [sat1] = world.mesh.satellites;
  if (!sat1) throw new Error("The mesh has no satellite.");
  const deployer = new Scenario(world).signer(sat1, "deployer");
  const listener = await (await deployListener(deployer)).getAddress();
  const chains = { [sat1.name]: { listeners: [{ address: listener, gas: 100_000 }] } };
  const input: MeshInput = { ...localMesh(), chains };
  const mesh: Mesh = { ...world.mesh, config: parseMesh(input) };
  const listening = { ...world, mesh, input, listener };
  const { open } = await apply(listening);
  expect(open).to.be.empty;
  return listening;
}

/** The world, an operator's context in it, and the calls of these tests. */
async function prepared() {
  const world = await loadFixture(listeningFixture);
  const s = new Scenario(world, world.ccip);
  const { listener, input, mesh } = world;
  const { context, output, printed } = contextAt(world, input);
  const confirm = () => Promise.resolve();
  return {
    s,
    mesh,
    context,
    printed,
    listener,
    behave: (behaviour: number) =>
      mined(listenerAt(listener, s.signer(s.sat1, "deployer")).setBehaviour(behaviour)),
    show: async (chains: readonly MeshChain[] = chainsOf(mesh)) => {
      const { untold } = await showListeners(context, { chains, json: false }, output);
      return { untold, text: printed.at(-1) ?? "" };
    },
    notify: async (chains: readonly MeshChain[] = chainsOf(mesh)) => {
      const outcomes = await notifyChains(context, { chains, confirm, json: false }, output);
      return { outcomes, text: printed.at(-1) ?? "" };
    },
    status: async () => {
      await showStatus(context, { json: false }, output);
      return printed.at(-1) ?? "";
    },
    output,
  };
}

/** A loss that counts at once, broadcast to the first satellite and executed there. Returns the message's id. */
async function loseAtOnce(s: Scenario): Promise<string> {
  const controller = s.controller("rebaseOperator");
  await s.waitUntil(await controller.earliestEffectiveAt());
  await mined(controller.rebaseAfter(growthFactor("-1"), 0, await s.nextEpoch()));
  const { messages } = await s.broadcastAll([s.sat1]);
  const route = { from: s.home, to: s.sat1 };
  await s.verify(route);
  await s.ccip.execute(s.lane(route), messages);
  return messages[0]?.messageId ?? "";
}

describe("Listeners in the hands of an operator", () => {
  it("of a scheduled rebase are due once it counts: shown, told by one command, and then nothing is sent", async () => {
    const { s, show, notify, status, mesh } = await prepared();
    const all = chainsOf(mesh);
    expect(await show()).to.deep.include({ untold: 0 });
    expect(await status()).not.to.include("not told");

    await s.rebase("5");
    const due = await show();
    expect(due.untold).to.equal(7);
    expect(due.text).to.match(/local-sat1.*epoch 2.*pair syncer.*epoch 1, growth index 1\.0+, due/);
    const told = await status();
    for (const { name } of all) {
      expect(told).to.include(`${name}: not told of the index that counts: `);
      expect(told).to.include(`npx hardhat notifier notify --chain ${name} --mesh local`);
    }

    const { outcomes, text } = await notify();
    expect(outcomes.map(({ status: is }) => is)).to.deep.equal(all.map(() => "notified"));
    expect(outcomes.some(isLeftUntold)).to.equal(false);
    expect(text).to.include("  told     rate feed");
    const after = await show();
    expect(after.untold).to.equal(0);
    expect(after.text).to.match(
      /local-sat1.*epoch 2.*pair syncer.*epoch 2, growth index 1\.049999999 /,
    );

    const sent = () => s.home.provider.getTransactionCount(mesh.operator);
    const before = await sent();
    const again = await notify();
    expect(again.outcomes.map(({ status: is }) => is)).to.deep.equal(
      all.map(() => "nothing to tell"),
    );
    expect(again.text).to.include("local-home: every listener was told of the index that counts");
    expect(await sent()).to.equal(before);
  });

  it("that fail are named with the reason and since when, and told once they are fixed", async () => {
    const { s, show, notify, status, behave, listener, context, output, printed } =
      await prepared();
    await behave(REVERT);
    await s.rebase("5");
    const { outcomes, text } = await notify([s.sat1]);
    expect(outcomes.some(isLeftUntold)).to.equal(true);
    expect(text).to.include("  told     rate feed").and.include(`  failed   ${listener}: `);
    await notify([s.sat1]);

    const found = await readListeners(context.mesh, s.sat1);
    const failing = found?.listeners.find(({ address }) => address === listener);
    expect(failing).to.deep.include({ isUntold: true, failures: 2, toldEpoch: 1n });
    const shown = await show([s.sat1]);
    expect(shown.untold).to.equal(1);
    expect(shown.text).to.match(
      new RegExp(`local-sat1: listener ${listener} has failed since \\S+Z \\(2 calls\\): `),
    );
    expect(await status()).to.include(`${listener} (2 failed calls); ${NOTIFY}`);
    await showMesh(context, { json: false }, output);
    expect(printed.at(-1)).to.match(
      /epoch 1, growth index 1\.0+; has failed since \S+ \(2 calls\)/,
    );
    await showMesh(context, { json: true }, output);
    const { chains } = JSON.parse(printed.at(-1) ?? "") as {
      chains: { listeners: { address: string; isTold: boolean; failures: number }[] }[];
    };
    expect(chains[1]?.listeners.find(({ address }) => address === listener)).to.deep.include({
      isTold: false,
      failures: 2,
    });

    await behave(LISTEN);
    expect((await notify([s.sat1])).text).to.include(`  told     ${listener}`);
    expect(await show([s.sat1])).to.deep.include({ untold: 0 });
  });

  it("and pairings are shown, and make a saved plan stale, but not what listeners were told", async () => {
    const { s, context, output, printed, listener, notify } = await prepared();
    const { mesh } = context;
    await showMesh(context, { json: false }, output);
    const text = printed.at(-1);
    expect(text).to.match(
      /local-sat1 +│ \+10 % to -10 % per 60 s, 3 steps at once, 10 by hand +│ [\w ]+ ago +│ 0 +│ nothing/,
    );
    expect(text).to.match(
      /proposal sender +│ local-home +│ local-sat1 with 500000 gas, local-sat2 with 500000 gas/,
    );
    expect(text).to.match(/proposal receiver +│ local-sat1 +│ local-home /);
    expect(text).to.match(
      /wrapped bridge +│ local-sat1 +│ local-home with 500000 gas, local-sat2 with 500000 gas/,
    );
    await showMesh(context, { json: true }, output);
    const [home, sat1] = (JSON.parse(printed.at(-1) ?? "") as { chains: Record<string, unknown>[] })
      .chains;
    expect(home).to.not.have.property("receiver");
    expect(sat1?.receiver).to.deep.include({ generation: "0", quarantined: null });
    expect(sat1?.receiver).to.have.nested.property("band.maxGrowth", "100000");
    expect(sat1?.proposalsWith).to.deep.equal([
      { chain: "local-home", address: s.home.contracts.proposalSender },
    ]);

    const file = path.join(mkdtempSync(path.join(tmpdir(), "plan-")), "plan.json");
    writePlan(file, mesh, await readPlan(mesh));
    await s.rebase("5");
    await notify();
    requireFresh(readPlanFile(file), mesh, await readMesh(mesh));
    const { notifier = "", wrappedBridge = "" } = s.sat1.contracts;
    const removed = abi.notifier.encodeFunctionData("deleteListener", [listener]);
    await byTimelock(s.sat1, notifier, removed);
    const args: [bigint, string, number] = [s.home.selector, listener, 500_000];
    const renamed = abi.wrappedBridge.encodeFunctionData("setRemote", args);
    await byTimelock(s.sat1, wrappedBridge, renamed);
    const state = await readMesh(mesh);
    expect(() => requireFresh(readPlanFile(file), mesh, state)).to.throw(
      StalePlanError,
      [
        "The plan is out of date:",
        `  local-sat1 listeners.${listener}: 100000 -> none`,
        `  local-sat1 wrappedBridge.remotes.local-home.bridge: ${s.home.contracts.wrappedBridge} -> ${listener}`,
        "Plan again",
      ].join("\n"),
    );
    await showMesh(context, { json: false }, output);
    expect(printed.at(-1)).to.include(`${listener} on local-home with 500000 gas`);
  });

  it("that fail within a broadcast are named by the doctor, whose command tells them", async () => {
    const { s, mesh, behave, notify, listener } = await prepared();
    await behave(REVERT);
    const messageId = await loseAtOnce(s);
    const sick = await diagnose(mesh, messageId);
    expect(sick.verdict).to.equal("executed");
    expect(sick.text).to.include(`It did not tell listener ${listener}: `);
    expect(sick.commands).to.deep.equal([NOTIFY]);

    await behave(LISTEN);
    await notify([s.sat1]);
    const healed = await diagnose(mesh, messageId);
    expect(healed.text).to.include("It has been told since.");
    expect(healed.commands).to.be.empty;
  });

  it("for which a broadcast has too little gas are named by the doctor", async () => {
    const { s, mesh, listener, notify } = await prepared();
    const admin = s.broadcaster(await s.timelock(s.home));
    const { receiver } = s.sat1.contracts;
    await mined(admin.setDestination(s.sat1.selector, receiver, 150_000));
    const messageId = await loseAtOnce(s);
    const { text, commands } = await diagnose(mesh, messageId);
    for (const name of ["pair syncer", "rate feed", listener]) {
      expect(text).to.include(`listener ${name}: too little gas was left to call it.`);
    }
    expect(commands).to.deep.equal([NOTIFY]);
    expect((await notify([s.sat1])).outcomes.some(isLeftUntold)).to.equal(false);
    expect((await diagnose(mesh, messageId)).commands).to.be.empty;
  });

  it("that a broadcast could not call at all are named by the doctor", async () => {
    const { s, mesh, listener } = await prepared();
    const { notifier = "" } = s.sat1.contracts;
    const code = await s.sat1.provider.getCode(notifier);
    await setCode(notifier, "0x60006000fd");
    const messageId = await loseAtOnce(s);
    await setCode(notifier, code);
    const { text, commands } = await diagnose(mesh, messageId);
    for (const name of ["pair syncer", "rate feed", listener]) {
      expect(text).to.include(`listener ${name}: too little gas was left to call it.`);
    }
    expect(commands).to.deep.equal([NOTIFY]);
  });

  it("that fail within one of two broadcasts that CCIP 1.6 executes together are named for that one alone", async () => {
    const world = await loadFixture(completeIn["1.6"]);
    const s = new Scenario(world, world.ccip);
    const { rateFeed = "" } = s.sat1.contracts;
    await setCode(rateFeed, "0x60006000fd");
    await s.rebaseHome("5");
    const [scheduled] = (await s.broadcastAll([s.sat1])).messages;
    const admin = s.controller(await s.timelock(s.home));
    await mined(admin.cancelPending(await s.nextEpoch()));
    const [cancelled] = (await s.broadcastAll([s.sat1])).messages;
    const route = { from: s.home, to: s.sat1 };
    await s.verify(route);
    const deliveries = await s.execute(route);
    expect(new Set(deliveries.map(({ transactionHash }) => transactionHash)).size).to.equal(1);
    const textOf = async (message: Message | undefined) =>
      (await diagnose(s.mesh, message?.messageId ?? "")).text;
    expect(await textOf(scheduled)).not.to.include("It did not tell");
    expect(await textOf(cancelled)).to.include("It did not tell listener rate feed");
  });

  it("at home are told in the transaction of a rebase that counts at once, whatever an estimate says", async () => {
    const { s, context, mesh } = await prepared();
    await s.waitUntil(await s.controller().earliestEffectiveAt());
    const request = { growthFactor: growthFactor("-1"), delay: 0n };
    const sending = { nonces: new NonceManager(), onSent: () => undefined };
    const { transactionHash } = await scheduleRebase(context, 2n, request, sending);
    const receipt = await s.home.provider.getTransactionReceipt(transactionHash);
    expect(notificationIn(mesh, s.home, receipt?.logs ?? [])).to.deep.equal({
      told: ["pair syncer", "rate feed"],
      failed: [],
      skipped: [],
    });
  });

  it("at home are told in the transaction that cancels a pending rebase", async () => {
    const { s, context, output } = await prepared();
    await s.rebaseHome("5");
    const from = await s.home.provider.getBlockNumber();
    const confirm = () => Promise.resolve();
    await changePending(context, { json: false, wait: false, confirm }, output);
    const { notifier = "" } = s.home.contracts;
    const logs = await s.home.provider.getLogs({ address: notifier, fromBlock: from + 1 });
    expect(notificationIn(context.mesh, s.home, logs)).to.deep.equal({
      told: ["pair syncer", "rate feed"],
      failed: [],
      skipped: [],
    });
  });

  it("are told in the transaction that accepts what was held back", async () => {
    const { s, context, output, listener } = await prepared();
    // Five gains of which the satellite hears at once: more than its band allows.
    for (let gain = 0; gain < 5; gain++) await s.waitUntil(await s.rebaseHome("9"));
    const { messages } = await s.broadcastAll([s.sat1]);
    const route = { from: s.home, to: s.sat1 };
    await s.verify(route);
    await s.ccip.execute(s.lane(route), messages);
    const from = await s.sat1.provider.getBlockNumber();
    const confirm = () => Promise.resolve();
    const options = {
      chain: s.sat1,
      decision: "accept",
      json: false,
      wait: false,
      confirm,
    } as const;
    await decideQuarantine(context, options, output);
    const { notifier = "" } = s.sat1.contracts;
    const logs = await s.sat1.provider.getLogs({ address: notifier, fromBlock: from + 1 });
    expect(notificationIn(context.mesh, s.sat1, logs)).to.deep.equal({
      told: ["pair syncer", "rate feed", listener],
      failed: [],
      skipped: [],
    });
  });

  it("are shown and told on the chains that answer", async () => {
    const { s, mesh, context, output, printed } = await prepared();
    await s.rebase("5");
    const unreachable = new Map([[s.home.name, new Error("It does not answer.")]]);
    const partial = { ...silent(context, s.home.name), unreachable };
    const chains = chainsOf(partial.mesh);
    const shown = await showListeners(partial, { chains, json: false }, output);
    expect([...shown.unread.keys()]).to.deep.equal([s.home.name]);
    expect(shown.untold).to.equal(5);
    expect(printed.at(-1)).to.include("local-sat1").and.not.to.include(s.home.name);
    const confirm = () => Promise.resolve();
    const outcomes = await notifyChains(partial, { chains, json: false, confirm }, output);
    expect(outcomes.map(({ status: is }) => is)).to.deep.equal(
      chainsOf(mesh).map(({ name }) => (name === s.home.name ? "failed" : "notified")),
    );
  });

  it("with too little gas for their pairs are told what to change", async () => {
    const { s, notify, listener } = await prepared();
    const timelock = await s.timelock(s.sat1);
    const { notifier = "", pairSyncer = "" } = s.sat1.contracts;
    await mined(contractAt.pairSyncer(pairSyncer, timelock).addPair(listener));
    await mined(contractAt.notifier(notifier, timelock).setListener(pairSyncer, 50_000));
    await s.rebase("5");
    expect((await notify([s.sat1])).text).to.match(
      /failed {3}pair syncer: NotEnoughGas.*raise listeners\.pairSyncer\.gas in the mesh file/,
    );
  });

  it("that fail do so since the first call after the last that succeeded, each for its own last reason", async () => {
    const { s, mesh, notify, behave, listener } = await prepared();
    const timelock = await s.timelock(s.sat1);
    const { notifier = "", pairSyncer = "" } = s.sat1.contracts;
    const failing = async (provider = s.sat1.provider) => {
      const found = await readListeners(mesh, { ...s.sat1, provider });
      const of = (one: string) => found?.listeners.find(({ address }) => address === one)?.failing;
      return [of(listener), of(pairSyncer)];
    };
    const notifyAt = async () => {
      await notify([s.sat1]);
      return (await s.sat1.provider.getBlock("latest")) ?? expect.fail("There is no block.");
    };
    await s.rebase("5");
    await behave(REVERT);
    await notifyAt();
    await behave(LISTEN);
    await notifyAt();
    expect(await failing()).to.deep.equal([undefined, undefined]);

    await mined(contractAt.pairSyncer(pairSyncer, timelock).addPair(listener));
    await mined(contractAt.notifier(notifier, timelock).setListener(pairSyncer, 50_000));
    await behave(REVERT);
    await s.rebase("5");
    const first = await notifyAt();
    await behave(BURN_GAS);
    await notifyAt();
    const [own, pairs] = await failing();
    const since = BigInt(first.timestamp);
    expect([own?.since, pairs?.since]).to.deep.equal([since, since]);
    expect(own?.reason).to.include("no reason given").and.not.include("ListenerRefused");
    expect(pairs?.reason).to.include("NotEnoughGas");

    const leaveOut = ({ blockNumber }: { blockNumber: number }) => blockNumber === first.number;
    const thin = thinProvider(s.sat1.provider, { leaveOut });
    expect(await failing(thin.provider)).to.deep.equal([undefined, undefined]);
  });

  it("are not there without the section: said, and nothing is sent", async () => {
    const { context, output, printed, mesh } = await prepared();
    const bare = { ...mesh.home, contracts: { ...mesh.home.contracts, notifier: undefined } };
    await showListeners(context, { chains: [bare], json: false }, output);
    expect(printed.at(-1)).to.equal(
      "mesh local has no notifier: its file has no section listeners.",
    );
    const confirm = () => Promise.reject(new Error("Nothing should be asked."));
    const outcomes = await notifyChains(context, { chains: [bare], json: false, confirm }, output);
    expect(outcomes).to.deep.equal([{ chain: "local-home", status: "no notifier" }]);
  });

  it("in JSON have numbers as strings, and what became of each", async () => {
    const { s, context, output, printed, behave, listener } = await prepared();
    await behave(REVERT);
    await s.rebase("5");
    const chains = [s.sat1];
    const confirm = () => Promise.resolve();
    await notifyChains(context, { chains, json: true, confirm }, output);
    const [notified] = (JSON.parse(printed.at(-1) ?? "") as { chains: Record<string, unknown>[] })
      .chains;
    expect(notified).to.deep.include({
      chain: "local-sat1",
      status: "notified",
      told: ["pair syncer", "rate feed"],
      skipped: [],
    });
    await showListeners(context, { chains, json: true }, output);
    const [shown] = (
      JSON.parse(printed.at(-1) ?? "") as { chains: { listeners: Record<string, unknown>[] }[] }
    ).chains;
    expect(shown).to.deep.include({ countingEpoch: "2", growthIndex: "1049999999999999999" });
    expect(shown?.listeners.find(({ address }) => address === listener)).to.deep.include({
      gas: "100000",
      toldEpoch: "1",
      toldGrowthIndex: "1000000000000000000",
      isTold: false,
      failures: 1,
    });
  });
});
