import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, ZeroHash, dataLength, parseEther } from "ethers";
import { ethers } from "hardhat";

import { HostileRouter__factory, ProposalSender__factory } from "../../../typechain-types";
import type { ProposalSender } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import {
  FEE,
  SELECTOR,
  SPENDER,
  WITHDRAWER,
  batchOfOne,
  proposalSenderFixture,
} from "../../shared/proposalSenderFixture";
import { adminRulesRows, missingRole, shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";

describe("ProposalSender", () => {
  type Actor = "admin" | "next admin" | "spender" | "withdrawer" | "third party";
  interface World extends RolesWorld<Actor> {
    readonly contract: ProposalSender;
    readonly router: string;
    readonly account: string;
  }

  async function fixture(): Promise<World> {
    const world = await proposalSenderFixture();
    const { sender, router, admin, nextAdmin, spender, withdrawer, thirdParty } = world;
    return {
      contract: sender,
      router: await router.getAddress(),
      account: thirdParty.address,
      actors: { admin, "next admin": nextAdmin, spender, withdrawer, "third party": thirdParty },
    };
  }

  describe("who may call which function", () => {
    const byAdmin = { allowed: ["admin" as const], refusal: missingRole(ZeroHash) };
    const everyone = ["admin", "next admin", "spender", "withdrawer", "third party"] as const;
    shouldAllowExactly<Actor, World>(ProposalSender__factory.createInterface(), fixture, {
      ...adminRulesRows<Actor, World>({
        admin: "admin",
        nextAdmin: "next admin",
        everyone,
        role: SPENDER,
        account: ZeroAddress,
      }),
      propose: { ...byAdmin, args: () => [[], ZeroAddress, 0] },
      setDestination: { ...byAdmin, args: (caller) => [SELECTOR, caller, 200_000] },
      setRouter: { ...byAdmin, args: (_, { router }) => [router] },
      withdraw: {
        allowed: ["withdrawer"],
        args: (caller) => [ZeroAddress, caller, 1],
        refusal: missingRole(WITHDRAWER),
      },
      resend: {
        allowed: [],
        args: () => [SELECTOR, 1, "0x"],
        refusal: () => ["UnknownProposal", SELECTOR, 1n],
      },
      resendFromTreasury: {
        allowed: [],
        args: () => [SELECTOR, 1, "0x", ZeroAddress, 0],
        refusal: (caller, { actors }) =>
          caller === (actors.spender as { address?: string }).address
            ? ["UnknownProposal", SELECTOR, 1n]
            : missingRole(SPENDER)(caller),
      },
      sendLane: {
        allowed: [],
        args: () => [SELECTOR, "0x", ZeroAddress, 0],
        refusal: (caller) => ["OnlySelf", caller],
      },
    });
  });

  describe("refuses what its caller can mend:", () => {
    const cases: [
      what: string,
      error: string,
      call: (sender: ProposalSender) => Promise<unknown>,
    ][] = [
      [
        "a chain that is no destination",
        "UnknownDestination",
        (s) => s.propose([{ selector: 1n, validFor: 1n, batch: batchOfOne() }], ZeroAddress, 0n),
      ],
      [
        "another fee token",
        "UnsupportedFeeToken",
        (s) => s.propose([], "0x000000000000000000000000000000000000dEaD", 0n),
      ],
      ["a selector of zero", "ZeroValue", (s) => s.setDestination(0n, ZeroAddress, 0n)],
      [
        "an account that is no router",
        "NotARouter",
        (s) => s.setRouter("0x000000000000000000000000000000000000dEaD"),
      ],
    ];
    for (const [what, error, call] of cases) {
      it(what, async () => {
        const { contract } = await loadFixture(fixture);
        await expect(call(contract)).to.be.revertedWithCustomError(contract, error);
      });
    }
  });

  it("sends nothing again that was proposed for a receiver that was replaced since", async () => {
    const { contract, router } = await loadFixture(fixture);
    const request = { selector: SELECTOR, validFor: 3_600n, batch: batchOfOne() };
    await contract.propose([request], ZeroAddress, 0n);
    const [created] = await contract.queryFilter(contract.filters.ProposalCreated());
    const payload = created?.args.payload ?? "";
    await contract.setDestination(SELECTOR, router, 300_000);
    await expect(contract.resend(SELECTOR, 1n, payload, { value: parseEther("1") }))
      .to.be.revertedWithCustomError(contract, "UnknownProposal")
      .withArgs(SELECTOR, 1n);
    const nonces = await contract.propose.staticCall([request], ZeroAddress, 0n);
    expect(nonces).to.deep.equal([2n]);
  });

  for (const [what, change, lengths] of [
    ["no calls", { targets: [], values: [], payloads: [] }, [0, 0, 0]],
    ["a payload too few", { payloads: [] }, [1, 1, 0]],
    ["a value too few", { values: [] }, [1, 0, 1]],
  ] as const) {
    it(`refuses a batch of ${what}, and says how long they are`, async () => {
      const { contract } = await loadFixture(fixture);
      const request = { selector: SELECTOR, validFor: 1n, batch: batchOfOne(change) };
      await expect(contract.propose([request], ZeroAddress, 0n))
        .to.be.revertedWithCustomError(contract, "InvalidBatch")
        .withArgs(...lengths);
    });
  }

  it("announces each proposal, its message, what failed and what was withdrawn", async () => {
    const { contract, account, actors } = await loadFixture(fixture);
    const request = { selector: SELECTOR, validFor: 1_000n, batch: batchOfOne() };
    const now = BigInt(await time.latest()) + 10n;
    await time.setNextBlockTimestamp(now);
    const isWord = (value: string): boolean => value.length === 66 && value !== ZeroHash;
    const isPayload = (value: string): boolean => value.length > 66;
    const noFee = contract.interface.encodeErrorResult("FeeAboveMaximum", [parseEther("1"), 0n]);
    await expect(contract.propose([request, request], ZeroAddress, parseEther("1")))
      .to.emit(contract, "ProposalCreated")
      .withArgs(SELECTOR, 1n, isWord, now + 1_000n, isPayload)
      .and.to.emit(contract, "ProposalSent")
      .withArgs(SELECTOR, 1n, isWord, ZeroAddress, parseEther("1"))
      .and.to.emit(contract, "ProposalCreated")
      .withArgs(SELECTOR, 2n, isWord, now + 1_000n, isPayload)
      .and.to.emit(contract, "ProposalFailed")
      .withArgs(SELECTOR, 2n, noFee);
    await expect(contract.connect(actors.withdrawer).withdraw(ZeroAddress, account, 7n))
      .to.emit(contract, "Withdrawn")
      .withArgs(ZeroAddress, account, 7n);
  });

  describe("a lane that fails takes nothing, and leaves the next one its gas:", () => {
    const NEXT = 4_712n;
    const encoded = (error: string): string =>
      HostileRouter__factory.createInterface().encodeErrorResult(error, [SELECTOR]);
    const noId = ProposalSender__factory.createInterface().encodeErrorResult("NoMessageId", [
      SELECTOR,
    ]);
    for (const [what, fault, isReason] of [
      ["it gives no fee", 1, (reason: string) => reason === encoded("LaneBroken")],
      ["it refuses", 2, (reason: string) => reason === encoded("LaneBroken")],
      ["it burns its gas", 3, (reason: string) => reason === "0x"],
      [
        "it reverts with 100,000 bytes, of which 132 are kept",
        4,
        (reason: string) => dataLength(reason) === 132,
      ],
      ["it gives no message id", 5, (reason: string) => reason === noId],
    ] as const) {
      it(what, async () => {
        const { sender, router, thirdParty } = await loadFixture(proposalSenderFixture);
        await router.setFault(SELECTOR, fault);
        await sender.setDestination(NEXT, thirdParty, 200_000);
        const requests = [SELECTOR, NEXT].map((selector) => ({
          selector,
          validFor: 1_000n,
          batch: batchOfOne(),
        }));
        const proposed = sender.propose(requests, ZeroAddress, FEE, { gasLimit: 5_000_000 });
        await expect(proposed)
          .to.emit(sender, "ProposalFailed")
          .withArgs(SELECTOR, 1n, isReason)
          .and.to.emit(sender, "ProposalSent")
          .withArgs(NEXT, 1n, (id: string) => id !== ZeroHash, ZeroAddress, FEE);
        await expect(proposed).to.changeEtherBalances([sender, router], [-FEE, FEE]);
      });
    }

    it("a lane has at most 2,000,000 gas", async () => {
      const { sender } = await loadFixture(proposalSenderFixture);
      expect(await sender.LANE_GAS_LIMIT()).to.equal(2_000_000n);
    });
  });

  it("spends no more than it was told, and keeps what it could not send for another time", async () => {
    const { contract } = await loadFixture(fixture);
    const request = { selector: SELECTOR, validFor: 1_000n, batch: batchOfOne() };
    // The router asks for one ether a message.
    const proposed = await contract.propose(
      [request, request, request],
      ZeroAddress,
      parseEther("2.5"),
    );
    const receipt = await proposed.wait();
    const names = (receipt?.logs ?? []).map((log) => contract.interface.parseLog(log)?.name);
    expect(names.filter((name) => name !== "ProposalCreated")).to.deep.equal([
      "ProposalSent",
      "ProposalSent",
      "ProposalFailed",
    ]);
    expect(await ethers.provider.getBalance(contract)).to.equal(parseEther("3"));
    expect((await contract.getDestination(SELECTOR)).lastNonce).to.equal(3n);
    expect(await contract.getPayloadHash(SELECTOR, 3n)).not.to.equal(ZeroHash);
    expect(await contract.getPayloadHash(SELECTOR, 4n)).to.equal(ZeroHash);
  });
});
