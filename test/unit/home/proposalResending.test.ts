import { setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash, parseEther } from "ethers";
import { ethers } from "hardhat";

import { PayerWithoutReceive__factory, ProposalSender__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import {
  FEE,
  SELECTOR,
  batchOfOne,
  proposalSenderFixture,
} from "../../shared/proposalSenderFixture";

const SOMEONE = "0x000000000000000000000000000000000000bEEF";

/** A sender with LINK and native, whose first proposal no lane has taken: it was told to pay nothing. */
async function unsentFixture() {
  const world = await proposalSenderFixture();
  const { sender, link } = world;
  await link.transfer(sender, 5n * FEE);
  const request = { selector: SELECTOR, validFor: 3_600n, batch: batchOfOne() };
  await sender.propose([request], ZeroAddress, 0n);
  const [created] = await sender.queryFilter(sender.filters.ProposalCreated());
  return { ...world, payload: created?.args.payload ?? "" };
}

const isWord = (value: string): boolean => value.length === 66 && value !== ZeroHash;

describe("ProposalSender: sending again", () => {
  for (const [what, value] of [
    ["exactly the fee", FEE],
    ["more, of which the change comes back", FEE + 7n],
  ] as const) {
    it(`is anyone's, at their own expense, with ${what} [K11]`, async () => {
      const { sender, router, thirdParty, payload } = await loadFixture(unsentFixture);
      const resend = sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value });
      await expect(resend).to.changeEtherBalances([thirdParty, sender, router], [-FEE, 0n, FEE]);
      await expect(resend)
        .to.emit(sender, "ProposalSent")
        .withArgs(SELECTOR, 1n, isWord, ZeroAddress, FEE);
    });
  }

  it("reverts when the payer does not take its change", async () => {
    const { sender, admin, payload } = await loadFixture(unsentFixture);
    const payer = await new PayerWithoutReceive__factory(admin).deploy();
    const signer = await ethers.getImpersonatedSigner(await payer.getAddress());
    await setBalance(signer.address, parseEther("10"));
    const { resend } = sender.connect(signer);
    await expect(resend(SELECTOR, 1n, payload, { value: FEE + 3n }))
      .to.be.revertedWithCustomError(sender, "RefundFailed")
      .withArgs(signer.address, 3n);
    await expect(resend(SELECTOR, 1n, payload, { value: FEE })).to.emit(sender, "ProposalSent");
  });

  for (const payment of ["native", "LINK"] as const) {
    it(`is paid by the treasury in ${payment} when its spender asks`, async () => {
      const { sender, link, router, spender, payload } = await loadFixture(unsentFixture);
      const feeToken = payment === "native" ? ZeroAddress : await link.getAddress();
      const terms = [SELECTOR, 1n, payload, feeToken] as const;
      const { resendFromTreasury } = sender.connect(spender);
      await expect(resendFromTreasury(...terms, FEE - 1n))
        .to.be.revertedWithCustomError(sender, "LaneFailed")
        .withArgs(SELECTOR, sender.interface.encodeErrorResult("FeeAboveMaximum", [FEE, FEE - 1n]));
      const resend = resendFromTreasury(...terms, FEE);
      await expect(resend).to.emit(sender, "ProposalSent");
      if (payment === "native") await expect(resend).to.changeEtherBalance(sender, -FEE);
      // This router takes no LINK: what it may take is what it asked for.
      else expect(await link.allowance(sender, router)).to.equal(FEE);
    });
  }

  it("is refused with the lane's reason while the lane is broken, and takes nothing", async () => {
    const { sender, router, thirdParty, payload } = await loadFixture(unsentFixture);
    await router.setFault(SELECTOR, 2);
    const reason = router.interface.encodeErrorResult("LaneBroken", [SELECTOR]);
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value: FEE }))
      .to.be.revertedWithCustomError(sender, "LaneFailed")
      .withArgs(SELECTOR, reason);
  });

  it("is allowed until the last second that the proposal is valid, and refused after it", async () => {
    const { sender, thirdParty, payload } = await loadFixture(unsentFixture);
    const [created] = await sender.queryFilter(sender.filters.ProposalCreated());
    const validUntil = created?.args.validUntil ?? 0n;
    const { resend } = sender.connect(thirdParty);
    await time.setNextBlockTimestamp(validUntil);
    await expect(resend(SELECTOR, 1n, payload, { value: FEE })).to.emit(sender, "ProposalSent");
    await time.setNextBlockTimestamp(validUntil + 1n);
    await expect(resend(SELECTOR, 1n, payload, { value: FEE }))
      .to.be.revertedWithCustomError(sender, "ProposalOutdated")
      .withArgs(validUntil);
  });

  it("is refused with another payload than was proposed", async () => {
    const { sender, thirdParty, payload } = await loadFixture(unsentFixture);
    const forged = payload.replace(/.$/, "1");
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, forged, { value: FEE }))
      .to.be.revertedWithCustomError(sender, "UnknownProposal")
      .withArgs(SELECTOR, 1n);
  });

  it("is quoted at what the router asks, for a chain that is a destination", async () => {
    const { sender, link, payload } = await loadFixture(unsentFixture);
    expect(await sender.quote(SELECTOR, payload, ZeroAddress)).to.equal(FEE);
    expect(await sender.quote(SELECTOR, payload, link)).to.equal(FEE);
    for (const [selector, feeToken, error] of [
      [1n, ZeroAddress, "UnknownDestination"],
      [SELECTOR, SOMEONE, "UnsupportedFeeToken"],
    ] as const) {
      await expect(sender.quote(selector, payload, feeToken)).to.be.revertedWithCustomError(
        sender,
        error,
      );
    }
  });
});

describe("ProposalSender: settings and treasury", () => {
  it("is deployed with LINK, or not at all", async () => {
    const { router, admin } = await loadFixture(unsentFixture);
    const factory = new ProposalSender__factory(admin);
    await expect(factory.deploy(router, ZeroAddress, admin, 0)).to.be.revertedWithCustomError(
      factory,
      "ZeroValue",
    );
  });

  it("names its router and LINK", async () => {
    const { sender, router, link } = await loadFixture(unsentFixture);
    expect(await sender.getRouter()).to.equal(await router.getAddress());
    expect(await sender.getLink()).to.equal(await link.getAddress());
  });

  it("keeps proposals that were not sent when only the gas of their destination changes", async () => {
    const { sender, thirdParty, payload } = await loadFixture(unsentFixture);
    await sender.setDestination(SELECTOR, thirdParty, 300_000);
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value: FEE })).to.emit(
      sender,
      "ProposalSent",
    );
  });

  for (const gas of [149_999n, 3_000_001n]) {
    it(`refuses ${gas.toLocaleString("en")} gas for a destination`, async () => {
      const { sender } = await loadFixture(unsentFixture);
      await expect(sender.setDestination(SELECTOR, SOMEONE, gas))
        .to.be.revertedWithCustomError(sender, "GasLimitOutOfBounds")
        .withArgs(gas, 150_000n, 3_000_000n);
    });
  }

  it("refuses a batch with a value too few", async () => {
    const { sender } = await loadFixture(unsentFixture);
    const request = { selector: SELECTOR, validFor: 1n, batch: batchOfOne({ values: [] }) };
    await expect(sender.propose([request], ZeroAddress, 0n))
      .to.be.revertedWithCustomError(sender, "InvalidBatch")
      .withArgs(1, 0, 1);
  });

  it("pays out LINK and native to an account, which has to be one", async () => {
    const { sender, link, withdrawer } = await loadFixture(unsentFixture);
    const { withdraw } = sender.connect(withdrawer);
    await expect(withdraw(link, SOMEONE, 7n)).to.changeTokenBalances(
      link,
      [sender, SOMEONE],
      [-7n, 7n],
    );
    await expect(withdraw(ZeroAddress, SOMEONE, 7n)).to.changeEtherBalances(
      [sender, SOMEONE],
      [-7n, 7n],
    );
    await expect(withdraw(link, ZeroAddress, 7n)).to.be.revertedWithCustomError(
      sender,
      "ZeroValue",
    );
  });
});
