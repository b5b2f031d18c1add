import { time } from "@nomicfoundation/hardhat-network-helpers";
import { loadFixture } from "../../shared/fixture";
import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { ListenerOfTests__factory, RebaseNotifier__factory } from "../../../typechain-types";
import type { ListenerOfTests, RebaseNotifier } from "../../../typechain-types";
import { CONFIG, UNCHANGED, controllerFixture, nextEpoch } from "../../shared/controllerFixture";
import type { ControllerWorld } from "../../shared/controllerFixture";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { GENESIS_INDEX } from "../../shared/indexes";
import { withLeastGas } from "../../shared/leastGas";

interface World extends ControllerWorld {
  readonly notifier: RebaseNotifier;
  readonly listener: ListenerOfTests;
}

async function fixture(): Promise<World> {
  const world = await controllerFixture();
  const { admin, token, controller } = world;
  const notifier = await new RebaseNotifier__factory(admin).deploy(token, admin);
  const listener = await new ListenerOfTests__factory(admin).deploy();
  await notifier.setListener(listener, 200_000);
  await expect(controller.setNotifier(notifier))
    .to.emit(controller, "NotifierSet")
    .withArgs(await notifier.getAddress());
  return { ...world, notifier, listener };
}

describe("RebaseController with a notifier", () => {
  it("tells the listeners of a loss that counts at once, in its own transaction", async () => {
    const world = await loadFixture(fixture);
    const { controller, operator, notifier, listener, token } = world;
    const rebase = controller
      .connect(operator)
      .rebaseAfter((99n * UNCHANGED) / 100n, 0, await nextEpoch(controller));
    await expect(rebase).to.emit(notifier, "ListenerNotified");
    const { toldEpoch, toldSharesPerToken } = await notifier.getListener(listener);
    expect([toldEpoch, toldSharesPerToken]).to.deep.equal([2n, await token.sharesPerToken()]);
  });

  it("leaves a scheduled rebase to whoever comes first after its time", async () => {
    const world = await loadFixture(fixture);
    const { controller, operator, notifier, listener, thirdParty } = world;
    await controller
      .connect(operator)
      .rebase((105n * UNCHANGED) / 100n, await nextEpoch(controller));
    expect(await listener.s_calls()).to.equal(0n);
    await time.increase(CONFIG.delay);
    await expect(notifier.connect(thirdParty).notify()).to.emit(notifier, "ListenerNotified");
  });

  it("tells of a cancellation that it is the old index that counts", async () => {
    const world = await loadFixture(fixture);
    const { controller, operator, notifier, listener } = world;
    await controller
      .connect(operator)
      .rebase((105n * UNCHANGED) / 100n, await nextEpoch(controller));
    await expect(controller.cancelPending(await nextEpoch(controller)))
      .to.emit(notifier, "ListenerNotified")
      .withArgs(await listener.getAddress(), 3n, GENESIS_INDEX, GENESIS_INDEX);
  });

  it("rebases when a listener reverts, and when too little gas is left to tell it", async () => {
    const world = await loadFixture(fixture);
    const { controller, operator, notifier, listener, token } = world;
    await controller.setConfig({ ...CONFIG, minInterval: 0 });
    await listener.setBehaviour(1);
    const loss = (99n * UNCHANGED) / 100n;
    const rebase = controller.connect(operator).rebaseAfter;
    await expect(rebase(loss, 0, 2n)).to.emit(notifier, "ListenerFailed");
    await expect(withLeastGas((gasLimit) => rebase(loss, 0, 3n, { gasLimit }))).to.emit(
      controller,
      "NotificationFailed",
    );
    expect(await token.epoch()).to.equal(3n);
  });

  it("is given a notifier of its own token, or none", async () => {
    const { controller, admin, notifier } = await loadFixture(fixture);
    const other = await deployRebaseToken(admin, { isHome: true });
    const another = await new RebaseNotifier__factory(admin).deploy(other, admin);
    await expect(controller.setNotifier(another))
      .to.be.revertedWithCustomError(controller, "NotifierOfAnotherToken")
      .withArgs(await another.getAddress());
    expect(await controller.getNotifier()).to.equal(await notifier.getAddress());
    await controller.setNotifier(ZeroAddress);
    expect(await controller.getNotifier()).to.equal(ZeroAddress);
  });
});
