import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { ZeroAddress, ZeroHash, id, parseEther } from "ethers";
import { ethers } from "hardhat";

import {
  HostileRouter__factory,
  LinkToken__factory,
  ProposalSender__factory,
} from "../../typechain-types";
import type { HostileRouter, LinkToken, ProposalSender } from "../../typechain-types";

/** CCIP selector of the one destination. */
export const SELECTOR = 4_711n;
/** The fee of the router for a message, in wei. */
export const FEE = parseEther("1");
export const SPENDER = id("TREASURY_SPENDER_ROLE");
export const WITHDRAWER = id("TREASURY_WITHDRAWER_ROLE");

/** A sender with 5 ether behind a router that can be told to fail; its destination's receiver is the third party. */
export interface ProposalSenderWorld {
  readonly sender: ProposalSender;
  readonly router: HostileRouter;
  readonly link: LinkToken;
  readonly admin: HardhatEthersSigner;
  readonly nextAdmin: HardhatEthersSigner;
  readonly spender: HardhatEthersSigner;
  readonly withdrawer: HardhatEthersSigner;
  readonly thirdParty: HardhatEthersSigner;
}

export async function proposalSenderFixture(): Promise<ProposalSenderWorld> {
  const [admin, nextAdmin, spender, withdrawer, thirdParty] = await ethers.getSigners();
  if (!admin || !nextAdmin || !spender || !withdrawer || !thirdParty) throw new Error("too few");
  const router = await new HostileRouter__factory(admin).deploy();
  const link = await new LinkToken__factory(admin).deploy();
  const sender = await new ProposalSender__factory(admin).deploy(router, link, admin, 0);
  await sender.grantRole(SPENDER, spender);
  await sender.grantRole(WITHDRAWER, withdrawer);
  await sender.setDestination(SELECTOR, thirdParty, 200_000);
  await admin.sendTransaction({ to: sender, value: 5n * FEE });
  await sender.beginDefaultAdminTransfer(nextAdmin);
  await time.increase(1);
  return { sender, router, link, admin, nextAdmin, spender, withdrawer, thirdParty };
}

/** A sender with LINK and native, whose first proposal no lane has taken: it was told to pay nothing. */
export async function unsentProposalFixture() {
  const world = await proposalSenderFixture();
  const { sender, link } = world;
  await link.transfer(sender, 5n * FEE);
  const request = { selector: SELECTOR, validFor: 3_600n, batch: batchOfOne() };
  await sender.propose([request], ZeroAddress, 0n);
  const [created] = await sender.queryFilter(sender.filters.ProposalCreated());
  return { ...world, payload: created?.args.payload ?? "" };
}

/** A batch of one call that does nothing, with changes. */
export const batchOfOne = (change: object = {}) => ({
  targets: [ZeroAddress],
  values: [0n],
  payloads: ["0x"],
  predecessor: ZeroHash,
  salt: ZeroHash,
  delay: 0n,
  ...change,
});
