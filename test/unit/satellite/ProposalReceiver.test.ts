import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash, zeroPadValue } from "ethers";

import { ProposalCodec__factory, ProposalReceiver__factory } from "../../../typechain-types";
import type { ProposalReceiver } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import {
  HOME,
  proposalMessage,
  proposalReceiverFixture,
} from "../../shared/proposalReceiverFixture";
import { shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";

describe("ProposalReceiver", () => {
  type Actor = "timelock" | "canceller" | "third party" | "router";
  interface World extends RolesWorld<Actor> {
    readonly contract: ProposalReceiver;
  }

  async function rolesFixture(): Promise<World> {
    const { receiver, owner, canceller, home, router } = await proposalReceiverFixture();
    const actors = { timelock: owner, canceller, "third party": home, router };
    return { contract: receiver, actors };
  }

  const refusal = (caller: string) => ["OwnableUnauthorizedAccount", caller] as const;
  const byOwner = { allowed: ["timelock" as const], refusal };
  shouldAllowExactly<Actor, World>(ProposalReceiver__factory.createInterface(), rolesFixture, {
    cancelProposal: {
      allowed: ["canceller"],
      args: () => [1],
      refusal: (caller) => ["NotCanceller", caller],
    },
    ccipReceive: {
      allowed: [],
      args: (caller) => [
        {
          messageId: ZeroHash,
          sourceChainSelector: HOME,
          sender: zeroPadValue(caller, 32),
          data: "0x",
          destTokenAmounts: [],
        },
      ],
      refusal: (caller, { actors }) =>
        caller === (actors.router as { address?: string }).address
          ? ["UnexpectedSource", HOME, zeroPadValue(caller, 32).toLowerCase()]
          : ["InvalidRouter", caller],
    },
    setSource: { ...byOwner, args: (caller) => [HOME, caller] },
    setRouter: {
      ...byOwner,
      args: () => [ZeroAddress],
      allowed: [],
      refusal: (caller, { actors }) =>
        caller === (actors.timelock as { address?: string }).address
          ? ["NotARouter", ZeroAddress]
          : refusal(caller),
    },
    dropPreviousRouter: {
      allowed: [],
      refusal: (caller, { actors }) =>
        caller === (actors.timelock as { address?: string }).address
          ? ["NoPreviousRouter"]
          : refusal(caller),
    },
    transferOwnership: { ...byOwner, args: (caller) => [caller] },
    renounceOwnership: byOwner,
    acceptOwnership: { allowed: [], refusal },
  });

  it("counts the nonces of each chain apart: a home that moves may have its sender at the same address", async () => {
    const world = await loadFixture(proposalReceiverFixture);
    const { receiver, owner, home, router } = world;
    const propose = (sourceChainSelector: bigint) =>
      receiver.connect(router).ccipReceive(proposalMessage(world, { sourceChainSelector }));
    await expect(propose(HOME)).to.emit(receiver, "ProposalScheduled");
    await expect(propose(HOME)).to.emit(receiver, "ProposalIgnored");

    await receiver.connect(owner).setSource(HOME + 1n, home);
    expect(await receiver.getProposal(1n)).to.deep.equal([0n, ZeroHash]);
    await expect(propose(HOME + 1n)).to.emit(receiver, "ProposalScheduled");
  });

  it("announces what was cancelled before it came, and what came too late", async () => {
    const world = await loadFixture(proposalReceiverFixture);
    const { receiver, canceller, router } = world;
    await expect(receiver.connect(canceller).cancelProposal(1n))
      .to.emit(receiver, "ProposalCancelled")
      .withArgs(1n, ZeroHash);
    const receive = receiver.connect(router).ccipReceive;
    await expect(receive(proposalMessage(world, { nonce: 1n })))
      .to.emit(receiver, "ProposalIgnored")
      .withArgs(1n, ZeroHash);
    const validUntil = BigInt(await time.latest()) - 1n;
    await expect(receive(proposalMessage(world, { nonce: 2n, validUntil })))
      .to.emit(receiver, "ProposalExpired")
      .withArgs(2n, validUntil, ZeroHash);
  });

  it("schedules a proposal in the last second of its validity, and not in the next", async () => {
    for (const [late, event] of [
      [0n, "ProposalScheduled"],
      [1n, "ProposalExpired"],
    ] as const) {
      const world = await loadFixture(proposalReceiverFixture);
      const { receiver, router } = world;
      const validUntil = BigInt(await time.latest()) + 100n;
      await time.setNextBlockTimestamp(validUntil + late);
      const message = proposalMessage(world, { validUntil });
      await expect(receiver.connect(router).ccipReceive(message)).to.emit(receiver, event);
    }
  });

  for (const version of [0n, 2n, 255n]) {
    it(`refuses a proposal of version ${version}, which can be executed again after an upgrade [D8, G12]`, async () => {
      const world = await loadFixture(proposalReceiverFixture);
      const { receiver, router } = world;
      await expect(receiver.connect(router).ccipReceive(proposalMessage(world, { version })))
        .to.be.revertedWithCustomError(
          { interface: ProposalCodec__factory.createInterface() },
          "UnsupportedProposalVersion",
        )
        .withArgs(version);
      expect((await receiver.getProposal(1n)).state).to.equal(0n);
    });
  }

  it("names its timelock, and knows no proposal before one arrives", async () => {
    const { receiver, timelock } = await loadFixture(proposalReceiverFixture);
    expect(await receiver.getTimelock()).to.equal(await timelock.getAddress());
    expect(await receiver.getProposal(1n)).to.deep.equal([0n, ZeroHash]);
    expect(await receiver.typeAndVersion()).to.equal("ProposalReceiver 1.0.0");
  });
});
