import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { ZeroAddress, id } from "ethers";

import { ListenerOfTests__factory, RebaseNotifier__factory } from "../../../typechain-types";
import type { ListenerOfTests, RebaseNotifier } from "../../../typechain-types";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { GENESIS_INDEX, GROWN_INDEX } from "../../shared/indexes";
import { withLeastGas } from "../../shared/leastGas";
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

async function deliver(
  { receiver, codec, router, broadcaster }: ReceiverWorld,
  epoch: bigint,
  index: bigint,
  gasLimit?: bigint,
) {
  const data = await codec.encodeBroadcast(epoch, index, index, 0, 1);
  return receiver.connect(router).ccipReceive(
    {
      messageId: id("message"),
      sourceChainSelector: HOME_SELECTOR,
      sender: abiEncodedAddress(broadcaster.address),
      data,
      destTokenAmounts: [],
    },
    { ...(gasLimit !== undefined && { gasLimit }) },
  );
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
