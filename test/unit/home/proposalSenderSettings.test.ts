import { expect } from "chai";
import { ZeroAddress } from "ethers";

import { HostileRouter__factory, ProposalSender__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import {
  FEE,
  SELECTOR,
  proposalSenderFixture,
  unsentProposalFixture,
} from "../../shared/proposalSenderFixture";

const SOMEONE = "0x000000000000000000000000000000000000bEEF";

describe("ProposalSender: settings and treasury", () => {
  it("have LINK from the beginning", async () => {
    const { router, admin } = await loadFixture(unsentProposalFixture);
    const factory = new ProposalSender__factory(admin);
    await expect(factory.deploy(router, ZeroAddress, admin, 0)).to.be.revertedWithCustomError(
      factory,
      "ZeroValue",
    );
  });

  it("name the router and LINK", async () => {
    const { sender, router, link } = await loadFixture(unsentProposalFixture);
    expect(await sender.getRouter()).to.equal(await router.getAddress());
    expect(await sender.getLink()).to.equal(await link.getAddress());
  });

  it("keep proposals that were not sent when only the gas of their destination changes", async () => {
    const { sender, thirdParty, payload } = await loadFixture(unsentProposalFixture);
    await sender.setDestination(SELECTOR, thirdParty, 300_000);
    await expect(sender.connect(thirdParty).resend(SELECTOR, 1n, payload, { value: FEE })).to.emit(
      sender,
      "ProposalSent",
    );
  });

  for (const gas of [149_999n, 3_000_001n]) {
    it(`refuse ${gas.toLocaleString("en")} gas for a destination`, async () => {
      const { sender } = await loadFixture(proposalSenderFixture);
      await expect(sender.setDestination(SELECTOR, SOMEONE, gas))
        .to.be.revertedWithCustomError(sender, "GasLimitOutOfBounds")
        .withArgs(gas, 150_000n, 3_000_000n);
    });
  }

  for (const [what, receiver, gas] of [
    ["150,000 gas for a destination", SOMEONE, 150_000n],
    ["3,000,000 gas for a destination", SOMEONE, 3_000_000n],
    ["a destination without a receiver, which is none any more", ZeroAddress, 0n],
  ] as const) {
    it(`accept ${what}, and say so`, async () => {
      const { sender } = await loadFixture(proposalSenderFixture);
      await expect(sender.setDestination(SELECTOR, receiver, gas))
        .to.emit(sender, "DestinationSet")
        .withArgs(SELECTOR, receiver, gas);
      expect(await sender.getDestination(SELECTOR)).to.deep.equal([receiver, gas, 0n]);
    });
  }

  it("have another router, and say which one was before", async () => {
    const { sender, router, admin } = await loadFixture(proposalSenderFixture);
    const next = await new HostileRouter__factory(admin).deploy();
    await expect(sender.setRouter(next)).to.emit(sender, "RouterSet").withArgs(next, router);
    expect(await sender.getRouter()).to.equal(await next.getAddress());
  });

  it("pay out LINK and native to an account, which has to be one", async () => {
    const { sender, link, withdrawer } = await loadFixture(unsentProposalFixture);
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
