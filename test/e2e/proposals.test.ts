import { expect } from "chai";
import { AbiCoder, ZeroAddress, ZeroHash, keccak256, parseEther } from "ethers";
import type { TransactionReceipt } from "ethers";

import type { ProposedBatch } from "../../lib/ccip/proposalData";
import type { SatelliteChain } from "../../lib/core/mesh/mesh";
import { RebaseTokenNext__factory } from "../../typechain-types";
import type { ProposalReceiver, RebaseTokenNext } from "../../typechain-types";
import { executeManually } from "../shared/executeManually";
import { batchFor, deployGovernance, timelockOf } from "../shared/proposing";
import type { Governance } from "../shared/proposing";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const WEEK = 604_800n;
const State = { unknown: 0n, scheduled: 1n, cancelled: 2n, expired: 3n } as const;

/** The salt that the timelock sees. */
function saltOf(nonce: bigint, salt: string): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(["uint64", "bytes32"], [nonce, salt]));
}

describe(`Proposals of home for its satellites (${WORLD_NAME})`, () => {
  let governance: Governance;
  const scenario = useWorld(async (s) => {
    governance = await deployGovernance(s);
  });

  const receiverOf = (satellite: SatelliteChain): ProposalReceiver => {
    const receiver = governance.receivers.get(satellite);
    if (!receiver) throw new Error(`No receiver was deployed on ${satellite.name}.`);
    return receiver;
  };

  /** Proposes a batch for each satellite, and returns what the sender logged. */
  async function propose(
    s: Scenario,
    batches: readonly (readonly [SatelliteChain, ProposedBatch])[],
    validFor = WEEK,
  ) {
    const { sender } = governance;
    const requests = batches.map(([{ selector }, batch]) => ({
      selector,
      validFor,
      batch: {
        ...batch,
        targets: [...batch.targets],
        values: [...batch.values],
        payloads: [...batch.payloads],
      },
    }));
    const receipt = await mined(
      sender.connect(await s.timelock(s.home)).propose(requests, ZeroAddress, parseEther("10")),
    );
    return eventsOf(receipt);
  }

  function eventsOf(receipt: TransactionReceipt) {
    return receipt.logs.flatMap((log) => {
      const event = governance.sender.interface.parseLog(log);
      return event ? [event] : [];
    });
  }

  async function deliver(s: Scenario, to: SatelliteChain): Promise<void> {
    const route = { from: s.home, to };
    await s.verify(route);
    expectSuccess(await s.execute(route));
  }

  /** Executes an operation that is due, as the mesh file's executor. */
  async function execute(
    s: Scenario,
    satellite: SatelliteChain,
    nonce: bigint,
    batch: ProposedBatch,
  ) {
    const salt = saltOf(nonce, batch.salt);
    const { targets, values, payloads, predecessor } = batch;
    const executor = s.signer(satellite, "operations");
    return mined(
      timelockOf(satellite)
        .connect(executor)
        .executeBatch([...targets], [...values], [...payloads], predecessor, salt),
    );
  }

  it("are scheduled at each, with the id that home knows, and executed after the local delay", async () => {
    const s = scenario();
    const batches = s.mesh.satellites.map((one) => [one, batchFor(one)] as const);
    const events = await propose(s, batches);
    for (const [satellite, batch] of batches) {
      await deliver(s, satellite);
      const created = events.find(
        ({ name, args }) => name === "ProposalCreated" && args.selector === satellite.selector,
      );
      const [state, operation] = await receiverOf(satellite).getProposal(1n);
      expect([state, operation]).to.deep.equal([State.scheduled, created?.args.id]);
      const timelock = timelockOf(satellite);
      expect(await timelock.isOperationPending(operation)).to.equal(true);
      expect(await timelock.isOperationReady(operation)).to.equal(false);

      await s.waitUntil(await timelock.getTimestamp(operation));
      await execute(s, satellite, 1n, batch);
      expect(await timelock.getMinDelay()).to.equal(77n);
    }
  });

  it("upgrade the token of every satellite by one decision at home, while transfers are in flight [I35]", async () => {
    const s = scenario();
    await s.give(s.home, "alice", parseEther("100"));
    const batches = [];
    for (const satellite of s.mesh.satellites) {
      const next = await new RebaseTokenNext__factory(s.signer(satellite, "deployer")).deploy();
      await next.waitForDeployment();
      const token = s.tokenOn(satellite);
      const data = token.interface.encodeFunctionData("upgradeToAndCall", [
        await next.getAddress(),
        "0x",
      ]);
      const batch = batchFor(satellite, { targets: [await token.getAddress()], payloads: [data] });
      batches.push([satellite, batch] as const);
    }
    await propose(s, batches);
    for (const satellite of s.mesh.satellites) await deliver(s, satellite);
    const shares = new Map<SatelliteChain, bigint>();
    for (const [satellite, batch] of batches) {
      const { message } = await s.send({ from: s.home, to: satellite }, "alice", parseEther("10"));
      shares.set(satellite, s.sharesIn(message));
      const [, operation] = await receiverOf(satellite).getProposal(1n);
      await s.waitUntil(await timelockOf(satellite).getTimestamp(operation));
      await execute(s, satellite, 1n, batch);
    }
    for (const satellite of s.mesh.satellites) {
      await deliver(s, satellite);
      const token: RebaseTokenNext = RebaseTokenNext__factory.connect(
        satellite.contracts.token,
        satellite.provider,
      );
      expect(await token.sharesOf(s.address("alice"))).to.equal(shares.get(satellite));
    }
    await s.expectConserved();
  });

  it("wait as long as asked, but no longer than the cap", async () => {
    const s = scenario();
    const { sat1 } = s;
    const minimum = await timelockOf(sat1).getMinDelay();
    for (const [nonce, asked, delay] of [
      [1n, minimum + 5n, minimum + 5n],
      [2n, 0n, minimum],
      [3n, 2n ** 255n, 30n * 86_400n],
    ] as const) {
      await propose(s, [[sat1, batchFor(sat1, { delay: asked })]]);
      await deliver(s, sat1);
      const [, operation] = await receiverOf(sat1).getProposal(nonce);
      const scheduled = await receiverOf(sat1).queryFilter(
        receiverOf(sat1).filters.ProposalScheduled(nonce),
      );
      expect(scheduled.map(({ args }) => [args.id, args.delay])).to.deep.equal([
        [operation, delay],
      ]);
    }
  });

  it("are never scheduled twice, nor again after they were cancelled, whoever executes what copy when [K10]", async () => {
    const s = scenario();
    const { sat1 } = s;
    const { sender } = governance;
    const [created] = await propose(s, [[sat1, batchFor(sat1)]]);
    const payload = String(created?.args.payload);
    const fee = await sender.quote(sat1.selector, payload, ZeroAddress);
    const thirdParty = s.signer(s.home, "thirdParty");
    const before = await s.home.provider.getBalance(sender);
    await mined(
      sender
        .connect(thirdParty)
        .resend(sat1.selector, 1n, payload, { value: fee + parseEther("1") }),
    );
    expect(await s.home.provider.getBalance(sender)).to.equal(before);

    const route = { from: s.home, to: sat1 };
    const [first, second] = await s.verify(route);
    if (!first || !second) throw new Error("Two copies were sent.");
    expectSuccess(await s.ccip.execute(s.lane(route), [first]));
    const timelock = timelockOf(sat1);
    const [, operation] = await receiverOf(sat1).getProposal(1n);
    await mined(receiverOf(sat1).connect(s.signer(sat1, "guardian")).cancelProposal(1n));
    expect(await timelock.isOperation(operation)).to.equal(false);

    await s.waitUntil(BigInt(await s.now()) + 86_400n);
    await executeManually(
      s.lane(route),
      second.messageId,
      s.signer(sat1, "thirdParty"),
      {},
      s.ccip,
    );
    expect(await timelock.isOperation(operation)).to.equal(false);
    expect((await receiverOf(sat1).getProposal(1n)).state).to.equal(State.cancelled);
    await expect(
      receiverOf(sat1).connect(s.signer(sat1, "guardian")).cancelProposal.staticCall(1n),
    ).to.be.revertedWithCustomError(receiverOf(sat1), "NothingToCancel");
  });

  it("are blocked by a cancellation that comes before them [K10]", async () => {
    const s = scenario();
    const { sat1 } = s;
    const receiver = receiverOf(sat1);
    await mined(receiver.connect(s.signer(sat1, "guardian")).cancelProposal(1n));
    await propose(s, [[sat1, batchFor(sat1)]]);
    await deliver(s, sat1);
    expect(await receiver.getProposal(1n)).to.deep.equal([State.cancelled, ZeroHash]);
    await expect(
      receiver.connect(s.signer(sat1, "thirdParty")).cancelProposal.staticCall(2n),
    ).to.be.revertedWithCustomError(receiver, "NotCanceller");
  });

  it("expire, with success, so that nobody schedules them months later [K10]", async () => {
    const s = scenario();
    const { sat1 } = s;
    const { sender } = governance;
    const [created] = await propose(s, [[sat1, batchFor(sat1)]], 3_600n);
    await s.verify({ from: s.home, to: sat1 });
    await s.waitUntil(BigInt(await s.now()) + 3_601n);
    expectSuccess(await s.execute({ from: s.home, to: sat1 }));
    expect((await receiverOf(sat1).getProposal(1n)).state).to.equal(State.expired);
    await expect(
      sender.resend.staticCall(sat1.selector, 1n, String(created?.args.payload)),
    ).to.be.revertedWithCustomError(sender, "ProposalOutdated");
  });

  it("go on over the other lanes when one is cursed, and are sent again by anyone [K11]", async () => {
    const s = scenario();
    const { sender } = governance;
    const dead = { from: s.home, to: s.sat1 };
    await s.curse(dead);
    const events = await propose(s, [
      [s.sat1, batchFor(s.sat1)],
      [s.sat2, batchFor(s.sat2)],
    ]);
    expect(events.map(({ name }) => name)).to.deep.equal([
      "ProposalCreated",
      "ProposalFailed",
      "ProposalCreated",
      "ProposalSent",
    ]);
    await deliver(s, s.sat2);
    expect((await receiverOf(s.sat2).getProposal(1n)).state).to.equal(State.scheduled);

    await s.uncurse(dead);
    const payload = String(events[0]?.args.payload);
    const thirdParty = sender.connect(s.signer(s.home, "thirdParty"));
    const forged = payload.replace(/.$/, "1");
    await expect(
      thirdParty.resend.staticCall(s.sat1.selector, 1n, forged),
    ).to.be.revertedWithCustomError(sender, "UnknownProposal");
    await expect(
      thirdParty.resend.staticCall(s.sat1.selector, 1n, payload, { value: 1n }),
    ).to.be.revertedWithCustomError(sender, "LaneFailed");
    const value = await sender.quote(s.sat1.selector, payload, ZeroAddress);
    await mined(thirdParty.resend(s.sat1.selector, 1n, payload, { value }));
    await deliver(s, s.sat1);
    expect((await receiverOf(s.sat1).getProposal(1n)).state).to.equal(State.scheduled);
  });

  it("are proposed by home's timelock alone", async () => {
    const s = scenario();
    const { sender } = governance;
    for (const account of ["deployer", "guardian", "rebaseOperator", "thirdParty"] as const) {
      const caller = s.signer(s.home, account);
      await expect(sender.connect(caller).propose.staticCall([], ZeroAddress, 0n))
        .to.be.revertedWithCustomError(sender, "AccessControlUnauthorizedAccount")
        .withArgs(s.address(account), ZeroHash);
    }
  });
});
