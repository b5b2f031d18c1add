import { expect } from "chai";
import { parseEther } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import { showStatus } from "../../../lib/cli/bridge/status";
import { signerFor } from "../../../lib/localnet/wiring";
import { abi, ccipAbi } from "../../../lib/core/abis";
import { requireChain } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { auditSupply, isConserved } from "../../../lib/supply/audit";
import { alive, diagnose, executeByHand } from "../../shared/doctorFixture";
import { deployForger } from "../../shared/forger";
import { withNewPools } from "../../shared/newPools";
import { forget, replaceRamps, retire } from "../../shared/ramps";
import { deployRouter } from "../../shared/routers";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";
import type { Scenario } from "../../shared/scenario";

const AMOUNT = parseEther("12.5");

describe("Messages through ramps that CCIP has since replaced", () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
    await s.refillBuckets();
  });

  for (const isRetired of [false, true]) {
    const how = isRetired ? "that the router has forgotten" : "that the router still knows";
    it(`in flight to an OffRamp ${how}: found by transaction and by id, and counted`, async () => {
      const old = scenario();
      const route = { from: old.home, to: old.sat1 };
      const { message, receipt } = await old.send(route, "alice", AMOUNT);
      const s = await replaceRamps(old);
      if (isRetired) await retire(old);
      for (const hash of [receipt.hash, message.messageId]) {
        expect(await statusOf(s.mesh, hash)).to.deep.equal([message.messageId, "final"]);
        const { reports, text } = await diagnose(s.mesh, hash);
        expect(reports).to.have.length(1);
        expect(text).to.include(message.messageId).and.to.include("local-home -> local-sat1");
      }
      const audit = await s.audit();
      expect(audit.inFlight.map((item) => item.message.messageId)).to.deep.equal([
        message.messageId,
      ]);
      expect(isConserved(audit)).to.equal(true);
    });
  }

  it("executed: found by both transactions and by id, and counted once beside those of the new ramps", async () => {
    const old = scenario();
    const { message, receipt } = await old.send({ from: old.sat1, to: old.home }, "alice", AMOUNT);
    const s = await replaceRamps(old);
    const [delivery] = await old.deliver();
    await retire(old);
    const next = await s.send({ from: s.sat1, to: s.home }, "alice", AMOUNT);
    expect(next.message.sequenceNumber).to.equal(1n);
    for (const hash of [receipt.hash, delivery?.transactionHash ?? "", message.messageId]) {
      expect(await statusOf(s.mesh, hash)).to.deep.equal([message.messageId, "executed"]);
    }
    const audit = await s.audit();
    expect(audit.inFlight.map((item) => item.message.messageId)).to.deep.equal([
      next.message.messageId,
    ]);
    expect(isConserved(audit)).to.equal(true);
    expectSuccess(await s.deliver());
    expect(isConserved(await s.audit())).to.equal(true);
  });

  it("through an OnRamp that its OffRamp no longer accepts: is in flight, and reported", async () => {
    const old = scenario();
    const route = { from: old.sat1, to: old.home };
    const { message, receipt } = await old.send(route, "alice", AMOUNT);
    const s = await replaceRamps(old);
    await forget(old.lane(route), s.ccipChain(s.sat1).ccip.onRamp);
    const audit = await s.audit();
    expect(audit.inFlight.map((item) => item.message.messageId)).to.deep.equal([message.messageId]);
    expect(audit.unreadable).to.deep.equal([]);
    expect(isConserved(audit)).to.equal(true);
    for (const hash of [receipt.hash, message.messageId]) {
      // In CCIP 1.6 there is no further information, in 2.0 the message names its OffRamp.
      const told = await diagnose(s.mesh, hash).then(
        ({ text }) => text,
        (error: Error) => error.message,
      );
      expect(told).to.include(message.messageId);
    }
  });

  it("through ramps that no router of the mesh has ever named: the burn is reported", async () => {
    const old = scenario();
    const route = { from: old.home, to: old.sat1 };
    const { message, receipt } = await old.send(route, "alice", AMOUNT);
    const s = await replaceRamps(old);
    await retire(old);
    const { declared: atHome } = await deployRouter(s, s.home);
    const { declared } = await deployRouter(atHome, atHome.sat1);
    const { inFlight, unreadable } = await declared.audit();
    expect(inFlight.map((item) => item.message.messageId)).not.to.include(message.messageId);
    expect(unreadable).to.deep.include({
      source: "local-home",
      transactionHash: receipt.hash,
      reason: `a pool burned tokens for CCIP, and they left through ${message.onRamp}, from which no OffRamp takes anything that its router has named since deployment`,
    });
  });

  it("from a fake OnRamp: are neither counted nor reported", async () => {
    const s = scenario();
    const route = { from: s.home, to: s.sat1 };
    const { message, receipt } = await s.send(route, "alice", AMOUNT);
    const before = await s.audit();
    const log = receipt.logs.find(({ address }) => address === message.onRamp);
    if (!log) return expect.fail("An OnRamp tells of what it sends.");
    const forger = await deployForger(s, s.home, s.address("alice"), log);
    await mined(s.tokenOn(s.home, "alice").approve(forger, AMOUNT));
    const response = await s.signer(s.home, "alice").sendTransaction({ to: forger });
    const forged = await s.home.provider.getTransactionReceipt(response.hash);
    expect(forged?.logs.map(({ topics }) => topics[0])).to.deep.equal([
      abi.token.getEvent("Transfer").topicHash,
      abi.token.getEvent("TransferShares").topicHash,
      log.topics[0],
    ]);
    const audit = await s.audit();
    expect(audit.inFlight.length).to.equal(before.inFlight.length);
    expect(isConserved(audit)).to.equal(true);
    await expect(diagnose(s.mesh, response.hash)).to.be.rejectedWith(
      "none that CCIP's routers name",
    );
  });

  it("failed: is executed by hand through the OffRamp that it failed on", async () => {
    const old = scenario();
    const message = await failed(old);
    const s = await replaceRamps(old);
    const { results } = await executeByHand(s, message.messageId, {}, [], old.ccip);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    expect(isConserved(await s.audit())).to.equal(true);
  });

  it("failed on an OffRamp that the router has removed: is reported as repairable only by CCIP's owner", async () => {
    const old = scenario();
    const message = await failed(old);
    const s = await replaceRamps(old);
    await retire(old);
    const { text, verdict, commands } = await diagnose(s.mesh, message.messageId, {}, old.ccip);
    expect(verdict).to.equal("blocked");
    expect(text).to.match(/CCIP's router on local-sat1 no longer knows the OffRamp 0x\w{40}/);
    expect(commands).to.deep.equal([
      `npx hardhat message execute ${message.messageId} --mesh local`,
    ]);
    await expect(executeByHand(s, message.messageId, {}, [], old.ccip)).to.be.rejectedWith(
      "CCIP's router on local-sat1 no longer knows the OffRamp",
    );
  });
});

describe("Messages of a pool that is being replaced", () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
    await s.refillBuckets();
  });

  for (const { where, network, isRegistered } of [
    { where: "at its source, and not in use yet", network: "local-sat1", isRegistered: false },
    { where: "at its source", network: "local-sat1", isRegistered: true },
    { where: "at its end, and not in use yet", network: "local-home", isRegistered: false },
  ]) {
    it(`${where}: found by id without a scan, counted, with the amount that arrived`, async () => {
      const s = scenario();
      const { message } = await s.send({ from: s.sat1, to: s.home }, "alice", AMOUNT);
      const { mesh } = await withNewPools({ mesh: s.mesh }, network);
      if (isRegistered) await register(s, requireChain(mesh, network));

      const audit = await auditSupply(mesh);
      expect(audit.inFlight.map((item) => item.message.messageId)).to.deep.equal([
        message.messageId,
      ]);
      expect(isConserved(audit)).to.equal(true);
      const { reports, verdict } = await diagnose(alive(mesh), message.messageId);
      expect(verdict).to.equal("waiting");
      const [found] = reports;
      if (found?.kind !== "message" || found.facts.payload.kind !== "transfer") {
        return expect.fail("It is a transfer.");
      }
      expect(found.facts.payload.isOurs).to.equal(true);
      const [, { capacity }] = await s
        .poolOn(s.home)
        .getCurrentRateLimiterState(s.sat1.selector, false);
      expect(found.facts.payload.limits.inbound?.capacity).to.equal(capacity);
      expectSuccess(await s.deliver());
      const arrived = await diagnose(alive(mesh), message.messageId);
      expect(arrived.text).to.match(/executed: .* got 12\.\d\d RUSD/);
      expect(await statusOf(alive(mesh), message.messageId)).to.include("executed");
      expect(isConserved(await auditSupply(mesh))).to.equal(true);
    });
  }
});

/** Registers a pool of a chain in CCIP's registry, whatever its state is. */
async function register(s: Scenario, chain: MeshChain): Promise<void> {
  const { token, pool } = chain.contracts;
  const data = ccipAbi.registry.encodeFunctionData("setPool", [token, pool]);
  const admin = await s.timelock(chain);
  await (await admin.sendTransaction({ to: chain.ccip.tokenAdminRegistry, data })).wait();
}

/** Returns a transfer from home to the first satellite that failed for a cause that is fixed since. */
async function failed(s: Scenario): Promise<Message> {
  await mined(s.tokenOn(s.sat1, "guardian").pause());
  const { message } = await s.send({ from: s.home, to: s.sat1 }, "alice", AMOUNT);
  await s.deliver();
  await mined(s.tokenOn(s.sat1, "operations").unpause());
  return message;
}

/** Returns the id and the stage of the only message that is found. */
async function statusOf(mesh: Mesh, hash: string) {
  const context = { mesh, signerFor, sendOptions: () => ({}) };
  const output = { stdout: () => undefined, log: () => undefined };
  const [status] = await showStatus(context, { hash, json: false }, output);
  if (status?.kind !== "message") return expect.fail(`${hash} was not found.`);
  return [status.message.messageId, status.reached?.stage];
}
