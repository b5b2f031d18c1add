import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroHash } from "ethers";

import { loadFixture } from "../../shared/fixture";
import {
  DELAY,
  proposalMessage,
  proposalReceiverFixture,
} from "../../shared/proposalReceiverFixture";

const State = { scheduled: 1n, cancelled: 2n, expired: 3n } as const;

/** A receiver at whose timelock one proposal waits, and to which another came too late. */
async function scheduledFixture() {
  const world = await proposalReceiverFixture();
  const { receiver, router } = world;
  await receiver.connect(router).ccipReceive(proposalMessage(world, { nonce: 1n }));
  const late = proposalMessage(world, { nonce: 2n, validUntil: 1n });
  await receiver.connect(router).ccipReceive(late);
  return { ...world, operation: (await receiver.getProposal(1n)).id };
}

describe("ProposalReceiver: cancelling", () => {
  it("takes a proposal that waits back from the timelock, once [K10]", async () => {
    const { receiver, timelock, canceller, operation } = await loadFixture(scheduledFixture);
    const { cancelProposal } = receiver.connect(canceller);
    expect(await receiver.getProposal(1n)).to.deep.equal([State.scheduled, operation]);
    await expect(cancelProposal(1n))
      .to.emit(receiver, "ProposalCancelled")
      .withArgs(1n, operation)
      .and.to.emit(timelock, "Cancelled")
      .withArgs(operation);
    expect(await timelock.isOperation(operation)).to.equal(false);
    expect(await receiver.getProposal(1n)).to.deep.equal([State.cancelled, operation]);
    await expect(cancelProposal(1n))
      .to.be.revertedWithCustomError(receiver, "NothingToCancel")
      .withArgs(1n);
  });

  it("has nothing to do for one that came too late", async () => {
    const { receiver, canceller } = await loadFixture(scheduledFixture);
    expect(await receiver.getProposal(2n)).to.deep.equal([State.expired, ZeroHash]);
    await expect(receiver.connect(canceller).cancelProposal(2n))
      .to.be.revertedWithCustomError(receiver, "NothingToCancel")
      .withArgs(2n);
  });

  it("only marks one that was cancelled at the timelock already", async () => {
    const { receiver, timelock, canceller, operation } = await loadFixture(scheduledFixture);
    await timelock.connect(canceller).cancel(operation);
    await expect(receiver.connect(canceller).cancelProposal(1n))
      .to.emit(receiver, "ProposalCancelled")
      .withArgs(1n, operation);
    expect(await receiver.getProposal(1n)).to.deep.equal([State.cancelled, operation]);
  });

  it("is refused by the timelock for one that was executed", async () => {
    const world = await loadFixture(scheduledFixture);
    const { receiver, timelock, canceller, admin, home, operation } = world;
    await time.increase(DELAY);
    const [salted] = await timelock.queryFilter(timelock.filters.CallSalt());
    const salt = salted?.args.salt ?? ZeroHash;
    await timelock.connect(admin).executeBatch([home], [0n], ["0x"], ZeroHash, salt);
    expect(await timelock.isOperationDone(operation)).to.equal(true);
    await expect(receiver.connect(canceller).cancelProposal(1n)).to.be.revertedWithCustomError(
      timelock,
      "TimelockUnexpectedOperationState",
    );
    expect((await receiver.getProposal(1n)).state).to.equal(State.scheduled);
  });
});
