import { loadFixture } from "../../shared/fixture";
import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, id } from "ethers";

import { ListenerOfTests__factory, RebaseNotifier__factory } from "../../../typechain-types";
import type { ListenerOfTests, RebaseNotifier } from "../../../typechain-types";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { GENESIS_INDEX, GROWN_INDEX } from "../../shared/indexes";
import { leastGasOf, withLeastGas } from "../../shared/leastGas";
import { HOME_SELECTOR, abiEncodedAddress, receiverFixture } from "../../shared/receiverFixture";
import type { ReceiverWorld } from "../../shared/receiverFixture";

/** Outcomes for a listener, by the gas that is left for it. */
const OUTCOMES = ["NotificationFailed", "ListenerSkipped", "ListenerNotified"];

interface World extends ReceiverWorld {
  readonly notifier: RebaseNotifier;
  readonly listener: ListenerOfTests;
}

/** A synced satellite whose receiver tells one listener. */
async function fixture(): Promise<World> {
  const world = await receiverFixture();
  const { owner, token, receiver } = world;
  const notifier = await new RebaseNotifier__factory(owner).deploy(token, owner);
  const listener = await new ListenerOfTests__factory(owner).deploy();
  await deliver(world, 5n, GENESIS_INDEX);
  await notifier.setListener(listener, 200_000);
  await receiver.setNotifier(notifier);
  return { ...world, notifier, listener };
}

async function deliver(world: ReceiverWorld, epoch: bigint, index: bigint, gasLimit?: bigint) {
  const message = await messageOf(world, epoch, index);
  return world.receiver
    .connect(world.router)
    .ccipReceive(message, { ...(gasLimit !== undefined && { gasLimit }) });
}

/** Prepares a delivery that changes nothing. */
async function deliveryOf(world: ReceiverWorld, epoch: bigint, index: bigint) {
  const message = await messageOf(world, epoch, index);
  const { ccipReceive } = world.receiver.connect(world.router);
  return (options: { gasLimit: bigint }) => ccipReceive.staticCall(message, options);
}

async function messageOf({ codec, broadcaster }: ReceiverWorld, epoch: bigint, index: bigint) {
  return {
    messageId: id("message"),
    sourceChainSelector: HOME_SELECTOR,
    sender: abiEncodedAddress(broadcaster.address),
    data: await codec.encodeBroadcast(epoch, index, index, 0, 1),
    destTokenAmounts: [],
  };
}

describe("RebaseReceiver with a notifier", () => {
  it("tells the listeners in the transaction that sets the index, and not of what changes nothing", async () => {
    const world = await loadFixture(fixture);
    const { notifier, listener } = world;
    await expect(deliver(world, 6n, GROWN_INDEX))
      .to.emit(notifier, "ListenerNotified")
      .withArgs(await listener.getAddress(), 6n, GENESIS_INDEX, GROWN_INDEX);
    await expect(deliver(world, 6n, GROWN_INDEX)).not.to.emit(notifier, "ListenerNotified");
    expect(await listener.s_calls()).to.equal(1n);
  });

  it("syncs with any gas that is enough to sync, whether listeners can be told or not", async () => {
    const world = await loadFixture(fixture);
    const { receiver, notifier, listener, token } = world;
    let epoch = 6n;
    const outcomes: string[] = [];
    for (let gasLimit = 80_000n; gasLimit < 450_000n; gasLimit += gasLimit / 50n) {
      const isEnough = await deliver(world, epoch, GROWN_INDEX, gasLimit).then(
        async (delivery) => {
          const receipt = await delivery.wait();
          const names = (receipt?.logs ?? []).map(
            (log) => (receiver.interface.parseLog(log) ?? notifier.interface.parseLog(log))?.name,
          );
          outcomes.push(...OUTCOMES.filter((name) => names.includes(name)));
          return true;
        },
        () => false,
      );
      // What is enough to sync stays enough, whatever becomes of the listener.
      expect(isEnough || outcomes.length === 0, `with ${gasLimit} gas`).to.equal(true);
      if (!isEnough) continue;
      expect(await token.epoch()).to.equal(epoch);
      epoch += 1n;
    }
    expect(outcomes).to.have.length(Number(epoch - 6n));
    expect(new Set(outcomes)).to.deep.equal(new Set(OUTCOMES));
    await notifier.notify();
    expect((await notifier.getListener(listener)).toldEpoch).to.equal(epoch - 1n);
  });

  it("syncs when its listener reverts", async () => {
    const world = await loadFixture(fixture);
    const { notifier, listener, token } = world;
    await listener.setBehaviour(1);
    await expect(deliver(world, 6n, GROWN_INDEX)).to.emit(notifier, "ListenerFailed");
    expect(await token.epoch()).to.equal(6n);
  });

  it("logs that listeners could not be told, which anyone can do later", async () => {
    const world = await loadFixture(fixture);
    const { receiver, notifier, listener, thirdParty } = world;
    const delivery = withLeastGas((gasLimit) => deliver(world, 6n, GROWN_INDEX, gasLimit));
    await expect(delivery).to.emit(receiver, "NotificationFailed");
    await notifier.connect(thirdParty).notify();
    expect(await listener.s_calls()).to.equal(1n);
  });

  it("syncs with any gas that is enough, when the notifier burns all that it gets", async () => {
    const world = await loadFixture(fixture);
    await setCode(await world.notifier.getAddress(), "0xfe");
    const call = await deliveryOf(world, 6n, GROWN_INDEX);
    const least = await leastGasOf((gasLimit) => call({ gasLimit }));
    for (let more = 0n; more < 600_000n; more += 20_000n) {
      await expect(call({ gasLimit: least + more }), `${more} gas more`).not.to.be.reverted;
    }
  });

  it("needs hardly more gas to sync with a notifier that it cannot call than without one", async () => {
    const world = await loadFixture(fixture);
    const call = await deliveryOf(world, 6n, GROWN_INDEX);
    const withOne = await leastGasOf((gasLimit) => call({ gasLimit }));
    await world.receiver.setNotifier(ZeroAddress);
    expect(withOne - (await leastGasOf((gasLimit) => call({ gasLimit })))).to.be.lessThan(7_000n);
  });

  it("is given a notifier of its own token, or none", async () => {
    const { receiver, notifier, owner } = await loadFixture(fixture);
    const other = await deployRebaseToken(owner, { isHome: false });
    const another = await new RebaseNotifier__factory(owner).deploy(other, owner);
    await expect(receiver.setNotifier(another))
      .to.be.revertedWithCustomError(receiver, "NotifierOfAnotherToken")
      .withArgs(await another.getAddress());
    expect(await receiver.getNotifier()).to.equal(await notifier.getAddress());
    await expect(receiver.setNotifier(ZeroAddress))
      .to.emit(receiver, "NotifierSet")
      .withArgs(ZeroAddress);
    expect(await receiver.getNotifier()).to.equal(ZeroAddress);
  });
});
