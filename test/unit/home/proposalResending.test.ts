import { setBalance, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash, parseEther } from "ethers";
import { ethers } from "hardhat";

import { PayerWithoutReceive__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { FEE, SELECTOR, unsentProposalFixture } from "../../shared/proposalSenderFixture";

const SOMEONE = "0x000000000000000000000000000000000000bEEF";

const isWord = (value: string): boolean => value.length === 66 && value !== ZeroHash;

describe("ProposalSender: sending again", () => {
  for (const [what, value] of [
    ["exactly the fee", FEE],
    ["more, of which the change comes back", FEE + 7n],
  ] as const) {
    it(`is anyone's, at their own expense, with ${what} [K11]`, async () => {
      const { sender, router, thirdParty, payload } = await loadFixture(unsentProposalFixture);
      const resend = sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value });
      await expect(resend).to.changeEtherBalances([thirdParty, sender, router], [-FEE, 0n, FEE]);
      await expect(resend)
        .to.emit(sender, "ProposalSent")
        .withArgs(SELECTOR, 1n, isWord, ZeroAddress, FEE);
    });
  }

  it("reverts when the payer does not take its change", async () => {
    const { sender, admin, payload } = await loadFixture(unsentProposalFixture);
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
      const { sender, link, router, spender, payload } = await loadFixture(unsentProposalFixture);
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
    const { sender, router, thirdParty, payload } = await loadFixture(unsentProposalFixture);
    await router.setFault(SELECTOR, 2);
    const reason = router.interface.encodeErrorResult("LaneBroken", [SELECTOR]);
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value: FEE }))
      .to.be.revertedWithCustomError(sender, "LaneFailed")
      .withArgs(SELECTOR, reason);
  });

  it("is allowed until the last second that the proposal is valid, and refused after it", async () => {
    const { sender, thirdParty, payload } = await loadFixture(unsentProposalFixture);
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
    const { sender, thirdParty, payload } = await loadFixture(unsentProposalFixture);
    const forged = payload.replace(/.$/, "1");
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, forged, { value: FEE }))
      .to.be.revertedWithCustomError(sender, "UnknownProposal")
      .withArgs(SELECTOR, 1n);
  });

  it("is refused for a chain that is no destination any more", async () => {
    const { sender, thirdParty, payload } = await loadFixture(unsentProposalFixture);
    await sender.setDestination(SELECTOR, ZeroAddress, 0);
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value: FEE }))
      .to.be.revertedWithCustomError(sender, "UnknownDestination")
      .withArgs(SELECTOR);
  });

  it("is paid by the treasury in LINK and native alone", async () => {
    const { sender, spender, payload } = await loadFixture(unsentProposalFixture);
    await expect(
      sender.connect(spender).resendFromTreasury(SELECTOR, 1n, payload, SOMEONE, FEE),
    ).to.be.revertedWithCustomError(sender, "UnsupportedFeeToken");
  });

  it("is quoted at what the router asks, for a chain that is a destination", async () => {
    const { sender, link, payload } = await loadFixture(unsentProposalFixture);
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
