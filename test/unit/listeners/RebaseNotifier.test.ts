import { setBalance, setCode, time } from "@nomicfoundation/hardhat-network-helpers";
import { IS_INSTRUMENTED, loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { concat, dataLength, parseEther } from "ethers";
import type { Log } from "ethers";
import { ethers } from "hardhat";

import { ListenerOfTests__factory, RebaseNotifier__factory } from "../../../typechain-types";
import type { ListenerOfTests, RebaseNotifier } from "../../../typechain-types";
import { GENESIS_INDEX, GROWN_INDEX, SHRUNK_INDEX } from "../../shared/indexes";
import { shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";
import { genesisFixture, scheduleIndex, unsyncedFixture } from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const GAS = 200_000n;
/** Behaviours of a listener of the tests. */
const Behaviour = { listen: 0, revert: 1, burnGas: 2, returnBomb: 3, notifyAgain: 4 } as const;

interface NotifierWorld extends TokenWorld {
  readonly notifier: RebaseNotifier;
  readonly listeners: readonly [ListenerOfTests, ListenerOfTests, ListenerOfTests];
}

async function withListeners(world: TokenWorld): Promise<NotifierWorld> {
  const { admin, token } = world;
  const notifier = await new RebaseNotifier__factory(admin).deploy(token, admin);
  const deploy = () => new ListenerOfTests__factory(admin).deploy();
  const listeners = [await deploy(), await deploy(), await deploy()] as const;
  for (const listener of listeners) await notifier.setListener(listener, GAS);
  return { ...world, notifier, listeners };
}

const homeWorld = async (): Promise<NotifierWorld> => withListeners(await genesisFixture());
const satelliteWorld = async (): Promise<NotifierWorld> => {
  const world = await unsyncedFixture();
  await world.token.connect(world.rebaser).sync(5, GENESIS_INDEX, GENESIS_INDEX, 0);
  return withListeners(world);
};

const sync = ({ token, rebaser }: TokenWorld, epoch: bigint, index: bigint): Promise<unknown> =>
  token.connect(rebaser).sync(epoch, index, index, 0);

const callsOf = ({ listeners }: NotifierWorld): Promise<bigint[]> =>
  Promise.all(listeners.map((listener) => listener.s_calls()));

/** The logs of a call with so much gas, which is undone afterwards. */
async function logsWith(notifier: RebaseNotifier, gasLimit: bigint): Promise<readonly Log[]> {
  const snapshot: unknown = await ethers.provider.send("evm_snapshot", []);
  const receipt = await (await notifier.notify({ gasLimit })).wait();
  await ethers.provider.send("evm_revert", [snapshot]);
  return receipt?.logs ?? [];
}

describe("RebaseNotifier", () => {
  it("is deployed for a token of this kind, which it names", async () => {
    const { notifier, token, admin, listeners } = await loadFixture(satelliteWorld);
    expect(await notifier.getToken()).to.equal(await token.getAddress());
    const factory = new RebaseNotifier__factory(admin);
    await expect(factory.deploy(listeners[0], admin)).to.be.reverted;
  });

  it("tells each listener once of an index that counts, with the index it was told before", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    await notifier.notify();
    expect(await callsOf(world)).to.deep.equal([0n, 0n, 0n]);

    await sync(world, 6n, GROWN_INDEX);
    const [first] = listeners;
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(await first.getAddress(), 6n, GENESIS_INDEX, GROWN_INDEX)
      .and.to.emit(first, "Heard");
    expect(await notifier.getListener(first)).to.deep.equal([6n, GROWN_INDEX, GAS, 0n, 0n]);
    await notifier.notify();
    expect(await callsOf(world)).to.deep.equal([1n, 1n, 1n]);
  });

  it("answers how many it has told", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    await sync(world, 6n, GROWN_INDEX);
    expect(await notifier.notify.staticCall()).to.equal(3n);
    await listeners[1].setBehaviour(Behaviour.revert);
    expect(await notifier.notify.staticCall()).to.equal(2n);
  });

  it("tells of a pending index when it counts, and not before", async () => {
    const world = await loadFixture(homeWorld);
    const { notifier, listeners } = world;
    await scheduleIndex(world, GROWN_INDEX);
    await notifier.notify();
    expect(await callsOf(world)).to.deep.equal([0n, 0n, 0n]);
    await time.increase(3_600);
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(await listeners[1].getAddress(), 2n, GENESIS_INDEX, GROWN_INDEX);
  });

  it("tells of both when a satellite skips an epoch and the next one is pending [K7]", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, token, rebaser, listeners } = world;
    const effectiveAt = (await time.latest()) + 3_600;
    await token.connect(rebaser).sync(7, GROWN_INDEX, SHRUNK_INDEX, effectiveAt);
    const address = await listeners[0].getAddress();
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(address, 6n, GENESIS_INDEX, GROWN_INDEX);
    await time.increase(3_600);
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(address, 7n, GROWN_INDEX, SHRUNK_INDEX);
    expect(await callsOf(world)).to.deep.equal([2n, 2n, 2n]);
  });

  it("tells of the index before when a replacement arrives after the rebase that it replaced has counted", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, token, rebaser, listeners } = world;
    const soon = (await time.latest()) + 600;
    await token.connect(rebaser).sync(6, GENESIS_INDEX, GROWN_INDEX, soon);
    await time.increaseTo(soon);
    const address = await listeners[0].getAddress();
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(address, 6n, GENESIS_INDEX, GROWN_INDEX);
    await token.connect(rebaser).sync(7, GENESIS_INDEX, SHRUNK_INDEX, soon + 7_200);
    expect(await notifier.checkUpkeep("0x")).to.deep.equal([true, "0x"]);
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(address, 6n, GROWN_INDEX, GENESIS_INDEX);
    await expect(notifier.notify()).not.to.emit(notifier, "ListenerNotified");
  });

  it("tells of an index that returns to what it was, and of an older epoch of a new generation [K7]", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, token, listeners } = world;
    await sync(world, 6n, GROWN_INDEX);
    await sync(world, 7n, GENESIS_INDEX);
    const address = await listeners[0].getAddress();
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(address, 7n, GENESIS_INDEX, GENESIS_INDEX);
    await token.resync(5, SHRUNK_INDEX, SHRUNK_INDEX, 0);
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerNotified")
      .withArgs(address, (1n << 32n) | 5n, GENESIS_INDEX, SHRUNK_INDEX);
  });

  it("says nothing while the token is unsynced, and tells of the first index", async () => {
    const world = await withListeners(await unsyncedFixture());
    await world.notifier.notify();
    expect(await callsOf(world)).to.deep.equal([0n, 0n, 0n]);
    expect(await world.notifier.checkUpkeep("0x")).to.deep.equal([false, "0x"]);
    await sync(world, 9n, GROWN_INDEX);
    await expect(world.notifier.notify())
      .to.emit(world.notifier, "ListenerNotified")
      .withArgs(await world.listeners[0].getAddress(), 9n, 0n, GROWN_INDEX);
  });

  for (const behaviour of ["revert", "burnGas", "returnBomb"] as const) {
    it(`tells the others when one does this: ${behaviour}, and tries it again`, async () => {
      const world = await loadFixture(satelliteWorld);
      const { notifier, listeners } = world;
      const [, broken] = listeners;
      const address = await broken.getAddress();
      await broken.setBehaviour(Behaviour[behaviour]);
      await sync(world, 6n, GROWN_INDEX);
      const call = await notifier.notify();
      const receipt = await call.wait();
      await expect(call).to.emit(notifier, "ListenerFailed");
      expect(receipt?.gasUsed).to.be.lessThan(1_000_000n);
      expect(await callsOf(world)).to.deep.equal([1n, 0n, 1n]);
      const { toldEpoch, failures } = await notifier.getListener(broken);
      expect([toldEpoch, failures]).to.deep.equal([5n, 1n]);

      await broken.setBehaviour(Behaviour.listen);
      await expect(notifier.notify())
        .to.emit(notifier, "ListenerNotified")
        .withArgs(address, 6n, GENESIS_INDEX, GROWN_INDEX);
      expect(await callsOf(world)).to.deep.equal([1n, 1n, 1n]);
      expect((await notifier.getListener(broken)).failures).to.equal(0n);
    });
  }

  it("logs the reason of a failure, cut to 132 bytes", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    const [broken] = listeners;
    const address = await broken.getAddress();
    await broken.setBehaviour(Behaviour.revert);
    await sync(world, 6n, GROWN_INDEX);
    const reason = broken.interface.encodeErrorResult("ListenerRefused", [7]);
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerFailed")
      .withArgs(address, 6n, reason);
    await broken.setBehaviour(Behaviour.returnBomb);
    await expect(notifier.notify())
      .to.emit(notifier, "ListenerFailed")
      .withArgs(address, 6n, (cut: string) => dataLength(cut) === 132);
  });

  it("is not confused by a listener that calls it again", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    for (const listener of listeners) await listener.setBehaviour(Behaviour.notifyAgain);
    await sync(world, 6n, GROWN_INDEX);
    // Each is called inside the one before: their gas limits have to nest.
    for (const [i, listener] of listeners.entries()) {
      await notifier.setListener(listener, 600_000n - BigInt(i) * 200_000n);
    }
    await notifier.notify();
    expect(await callsOf(world)).to.deep.equal([1n, 1n, 1n]);
  });

  for (const { what, count, gas } of [
    { what: "three listeners", count: 3, gas: GAS },
    { what: "one that has all of the gas", count: 1, gas: 2_000_000n },
  ]) {
    it(`gives each listener exactly its gas, or does not call it: ${what}`, async () => {
      const world = await loadFixture(satelliteWorld);
      const { notifier, listeners } = world;
      for (const removed of listeners.slice(count)) await notifier.deleteListener(removed);
      for (const listener of listeners.slice(0, count)) await notifier.setListener(listener, gas);
      await sync(world, 6n, GROWN_INDEX);
      const enough = (await notifier.getNotifyGas()) + 21_500n;
      for (let gasLimit = 120_000n; gasLimit < enough; gasLimit += 20_000n) {
        const logs = await logsWith(notifier, gasLimit);
        for (const log of logs) {
          const heard = listeners[0].interface.parseLog(log);
          if (heard?.name === "Heard") expect(heard.args.gasGiven).to.be.within(gas - 1_000n, gas);
        }
        const names = logs.map((log) => notifier.interface.parseLog(log)?.name);
        expect(names, `with ${gasLimit} gas`).not.to.include("ListenerFailed");
        expect(names.filter((name) => name !== undefined)).to.have.length(count);
      }
    });
  }

  it("has gas left to log every failure and every listener that it skips, however much it is given", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners, admin } = world;
    for (const removed of listeners) await notifier.deleteListener(removed);
    for (let i = 0; i < 8; i++) {
      const listener = await new ListenerOfTests__factory(admin).deploy();
      await listener.setBehaviour(Behaviour.burnGas);
      await notifier.setListener(listener, 30_000);
    }
    await sync(world, 6n, GROWN_INDEX);
    // Counting the lines takes gas that the notifier does not know of.
    if (IS_INSTRUMENTED) return;
    const enough = (await notifier.getNotifyGas()) + 21_500n;
    for (let gasLimit = 180_000n; gasLimit < enough; gasLimit += 1_000n) {
      const logs = await logsWith(notifier, gasLimit);
      const names = logs.map((log) => notifier.interface.parseLog(log)?.name);
      expect(names, `with ${gasLimit} gas`).to.have.length(8);
    }
  });

  it("fails a listener that is no contract any more, and tells the others", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    const gone = await listeners[1].getAddress();
    await setCode(gone, "0x");
    await sync(world, 6n, GROWN_INDEX);
    await expect(notifier.notify()).to.emit(notifier, "ListenerFailed").withArgs(gone, 6n, "0x");
    expect([await listeners[0].s_calls(), await listeners[2].s_calls()]).to.deep.equal([1n, 1n]);
    expect((await notifier.getListener(gone)).failures).to.equal(1n);
  });

  it("does not call a listener that the one before has removed", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    const [first, second, third] = await Promise.all(listeners.map((one) => one.getAddress()));
    if (!first || !second || !third) throw new Error("three listeners are deployed");
    await notifier.transferOwnership(first);
    const owner = await ethers.getImpersonatedSigner(first);
    await setBalance(first, parseEther("1"));
    await notifier.connect(owner).acceptOwnership();
    // It calls the notifier with what follows its own code.
    const call = notifier.interface.encodeFunctionData("deleteListener", [second]);
    await setCode(first, concat(["0x6024601560003960006000602460006000335af100", call]));
    await sync(world, 6n, GROWN_INDEX);
    await expect(notifier.notify()).not.to.emit(notifier, "ListenerFailed");
    expect(await notifier.getListener(second)).to.deep.equal([0n, 0n, 0n, 0n, 0n]);
    expect([...(await notifier.getListeners())]).to.have.members([first, third]);
    expect([await listeners[1].s_calls(), await listeners[2].s_calls()]).to.deep.equal([0n, 1n]);
  });

  it("names 40,000 gas, 25,000 for each listener, and their own with a 63rd more", async () => {
    const { notifier } = await loadFixture(satelliteWorld);
    const total = 3n * GAS;
    const gas = 40_000n + 3n * 25_000n + total + total / 63n;
    expect(await notifier.getNotifyGas()).to.equal(gas);
  });

  for (const count of [1, 2, 3]) {
    it(`calls all listeners with the gas that it names, whatever they use: ${count}`, async () => {
      const { notifier, listeners, ...world } = await loadFixture(satelliteWorld);
      for (const removed of listeners.slice(count)) await notifier.deleteListener(removed);
      for (const listener of listeners) await listener.setBehaviour(Behaviour.burnGas);
      await sync(world, 6n, GROWN_INDEX);
      const counting = IS_INSTRUMENTED ? 100_000n : 0n;
      const gasLimit = (await notifier.getNotifyGas()) + 21_500n + counting;
      await expect(notifier.notify({ gasLimit })).not.to.emit(notifier, "ListenerSkipped");
      for (const listener of listeners.slice(0, count)) {
        expect((await notifier.getListener(listener)).failures).to.equal(1n);
      }
    });
  }

  it("is an upkeep that pauses longer after each failure, up to a day, and is not held up by it", async () => {
    const world = await loadFixture(satelliteWorld);
    const { notifier, listeners } = world;
    const [broken] = listeners;
    expect((await notifier.checkUpkeep("0x")).upkeepNeeded).to.equal(false);
    await broken.setBehaviour(Behaviour.revert);
    await sync(world, 6n, GROWN_INDEX);
    for (const pause of [60n, 120n, 240n, 480n]) {
      expect((await notifier.checkUpkeep("0x")).upkeepNeeded).to.equal(true);
      await notifier.performUpkeep("0x");
      const { retryAt } = await notifier.getListener(broken);
      expect(retryAt).to.equal(BigInt(await time.latest()) + pause);
      expect((await notifier.checkUpkeep("0x")).upkeepNeeded).to.equal(false);
      await time.setNextBlockTimestamp(retryAt - 1n);
      await notifier.performUpkeep("0x");
      expect((await notifier.getListener(broken)).retryAt).to.equal(retryAt);
      await time.increaseTo(retryAt);
    }
    for (let i = 0; i < 300; i++) await notifier.notify();
    const { retryAt, failures } = await notifier.getListener(broken);
    expect([retryAt, failures]).to.deep.equal([BigInt(await time.latest()) + 86_400n, 255n]);
    expect(await callsOf(world)).to.deep.equal([0n, 1n, 1n]);
  });

  for (const which of [0, 1, 2] as const) {
    it(`is an upkeep also for listener ${which + 1} of 3 alone`, async () => {
      const world = await loadFixture(satelliteWorld);
      const { notifier, listeners } = world;
      await listeners[which].setBehaviour(Behaviour.revert);
      await sync(world, 6n, GROWN_INDEX);
      await notifier.performUpkeep("0x");
      await time.increase(60);
      expect((await notifier.checkUpkeep("0x")).upkeepNeeded).to.equal(true);
    });
  }

  describe("a listener", () => {
    it("is told from its registration on, and no more after its removal", async () => {
      const world = await loadFixture(satelliteWorld);
      const { notifier, listeners } = world;
      const [removed] = listeners;
      await sync(world, 6n, GROWN_INDEX);
      await expect(notifier.deleteListener(removed))
        .to.emit(notifier, "ListenerRemoved")
        .withArgs(await removed.getAddress());
      await expect(notifier.deleteListener(removed)).to.be.revertedWithCustomError(
        notifier,
        "UnknownListener",
      );
      await notifier.setListener(removed, GAS);
      await notifier.notify();
      expect(await callsOf(world)).to.deep.equal([0n, 1n, 1n]);
    });

    it("keeps what it was told when its gas changes", async () => {
      const world = await loadFixture(satelliteWorld);
      const { notifier, listeners } = world;
      await sync(world, 6n, GROWN_INDEX);
      await expect(notifier.setListener(listeners[0], GAS + 1n))
        .to.emit(notifier, "ListenerSet")
        .withArgs(await listeners[0].getAddress(), GAS + 1n);
      await notifier.notify();
      expect(await callsOf(world)).to.deep.equal([1n, 1n, 1n]);
    });

    it("has code", async () => {
      const { notifier, alice } = await loadFixture(satelliteWorld);
      await expect(notifier.setListener(alice, GAS))
        .to.be.revertedWithCustomError(notifier, "NotAContract")
        .withArgs(alice.address);
    });

    it("has at least 10,000 gas, and all of them 2,000,000 together", async () => {
      const { notifier, listeners } = await loadFixture(satelliteWorld);
      const left = 2_000_000n - 2n * GAS;
      for (const gas of [9_999n, left + 1n]) {
        await expect(notifier.setListener(listeners[0], gas))
          .to.be.revertedWithCustomError(notifier, "ListenerGasOutOfBounds")
          .withArgs(gas, 10_000n, left);
      }
      await notifier.setListener(listeners[0], left);
      await notifier.setListener(listeners[0], 10_000n);
      await notifier.deleteListener(listeners[1]);
      await notifier.setListener(listeners[0], left + GAS);
    });
  });

  describe("who may call which function", () => {
    interface World extends RolesWorld<"owner" | "next owner" | "third party"> {
      readonly notifier: RebaseNotifier;
      readonly listener: ListenerOfTests;
    }
    async function rolesFixture(): Promise<World> {
      const { notifier, listeners, admin, alice, bob } = await satelliteWorld();
      await notifier.transferOwnership(alice);
      const actors = { owner: admin, "next owner": alice, "third party": bob };
      return { contract: notifier, notifier, listener: listeners[0], actors };
    }
    const everyone = ["owner", "next owner", "third party"] as const;
    const refusal = (caller: string) => ["OwnableUnauthorizedAccount", caller] as const;
    const owner = { allowed: ["owner"] as const, refusal };
    shouldAllowExactly<keyof World["actors"], World>(
      RebaseNotifier__factory.createInterface(),
      rolesFixture,
      {
        notify: { allowed: everyone },
        performUpkeep: { allowed: everyone, args: () => ["0x"] },
        setListener: { ...owner, args: (_, { listener }) => [listener, GAS] },
        deleteListener: { ...owner, args: (_, { listener }) => [listener] },
        transferOwnership: { ...owner, args: (caller) => [caller] },
        renounceOwnership: owner,
        acceptOwnership: { allowed: ["next owner"], refusal },
      },
    );
  });
});
