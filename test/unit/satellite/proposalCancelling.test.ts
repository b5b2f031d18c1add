import { setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, ZeroHash, id, parseEther, zeroPadValue } from "ethers";
import { ethers } from "hardhat";

import { ProposalReceiver__factory, TimelockController__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { newRouter } from "../../shared/receiverFixture";

const SELECTOR = 4_711n;
const DELAY = 60n;
const State = { scheduled: 1n, cancelled: 2n, expired: 3n } as const;

/** A receiver that proposes and cancels at its timelock, at which one proposal waits, and one came too late. */
async function scheduledFixture() {
  const [admin, guardian, home] = await ethers.getSigners();
  if (!admin || !guardian || !home) throw new Error("too few accounts");
  const router = await newRouter(admin);
  const timelock = await new TimelockController__factory(admin).deploy(DELAY, [], [], admin);
  const receiver = await new ProposalReceiver__factory(admin).deploy(router, timelock);
  for (const role of ["PROPOSER_ROLE", "CANCELLER_ROLE"]) {
    await timelock.grantRole(id(role), receiver);
  }
  await timelock.grantRole(id("CANCELLER_ROLE"), guardian);
  await timelock.grantRole(id("EXECUTOR_ROLE"), admin);
  const owner = await ethers.getImpersonatedSigner(await timelock.getAddress());
  await setBalance(owner.address, parseEther("10"));
  await receiver.connect(owner).setSource(SELECTOR, home);
  await setBalance(owner.address, 0n);

  const batch = [[await timelock.getAddress()], [0n], ["0x"], ZeroHash, ZeroHash, 0n] as const;
  const receive = (nonce: bigint, validUntil: bigint) =>
    receiver.connect(router).ccipReceive({
      messageId: ZeroHash,
      sourceChainSelector: SELECTOR,
      sender: zeroPadValue(home.address, 32),
      data: AbiCoder.defaultAbiCoder().encode(
        ["uint8", "uint64", "uint64", "tuple(address[],uint256[],bytes[],bytes32,bytes32,uint256)"],
        [1n, nonce, validUntil, batch],
      ),
      destTokenAmounts: [],
    });
  await receive(1n, 2n ** 63n);
  await receive(2n, 1n);
  const [scheduled] = await timelock.queryFilter(timelock.filters.CallScheduled());
  const operation = scheduled?.args.id ?? ZeroHash;
  return { admin, guardian, timelock, receiver, operation };
}

describe("ProposalReceiver: cancelling", () => {
  it("takes a proposal that waits back from the timelock, once [K10]", async () => {
    const { receiver, timelock, guardian, operation } = await loadFixture(scheduledFixture);
    const { cancelProposal } = receiver.connect(guardian);
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
    const { receiver, guardian } = await loadFixture(scheduledFixture);
    expect(await receiver.getProposal(2n)).to.deep.equal([State.expired, ZeroHash]);
    await expect(receiver.connect(guardian).cancelProposal(2n))
      .to.be.revertedWithCustomError(receiver, "NothingToCancel")
      .withArgs(2n);
  });

  it("only marks one that was cancelled at the timelock already", async () => {
    const { receiver, timelock, guardian, operation } = await loadFixture(scheduledFixture);
    await timelock.connect(guardian).cancel(operation);
    await expect(receiver.connect(guardian).cancelProposal(1n))
      .to.emit(receiver, "ProposalCancelled")
      .withArgs(1n, operation);
    expect(await receiver.getProposal(1n)).to.deep.equal([State.cancelled, operation]);
  });

  it("is refused by the timelock for one that was executed", async () => {
    const world = await loadFixture(scheduledFixture);
    const { receiver, timelock, guardian, admin, operation } = world;
    await time.increase(DELAY);
    const [scheduled] = await timelock.queryFilter(timelock.filters.CallSalt());
    const salt = scheduled?.args.salt ?? ZeroHash;
    const target = await timelock.getAddress();
    await timelock.connect(admin).executeBatch([target], [0n], ["0x"], ZeroHash, salt);
    expect(await timelock.isOperationDone(operation)).to.equal(true);
    await expect(receiver.connect(guardian).cancelProposal(1n)).to.be.revertedWithCustomError(
      timelock,
      "TimelockUnexpectedOperationState",
    );
    expect((await receiver.getProposal(1n)).state).to.equal(State.scheduled);
  });
});
