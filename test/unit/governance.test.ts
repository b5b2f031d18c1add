import { time } from "@nomicfoundation/hardhat-network-helpers";
import { loadFixture } from "../shared/fixture";
import { expect } from "chai";
import { ZeroAddress, ZeroHash, id, parseEther } from "ethers";
import type { Signer } from "ethers";
import { ethers } from "hardhat";

import {
  HostileRouter__factory,
  LinkToken__factory,
  ProposalCodec__factory,
  ProposalReceiver__factory,
  ProposalSender__factory,
  TimelockController__factory,
} from "../../typechain-types";
import type { ProposalReceiver, ProposalSender, TimelockController } from "../../typechain-types";

import { newRouter } from "../shared/receiverFixture";
import { adminRulesRows, missingRole, shouldAllowExactly } from "../shared/rolesTable";
import type { RolesWorld } from "../shared/rolesTable";

const SELECTOR = 4_711n;
const SPENDER = id("TREASURY_SPENDER_ROLE");
const WITHDRAWER = id("TREASURY_WITHDRAWER_ROLE");

describe("ProposalSender", () => {
  type Actor = "admin" | "next admin" | "spender" | "withdrawer" | "third party";
  interface World extends RolesWorld<Actor> {
    readonly contract: ProposalSender;
    readonly router: string;
    readonly account: string;
  }

  async function fixture(): Promise<World> {
    const [admin, nextAdmin, spender, withdrawer, thirdParty] = await ethers.getSigners();
    if (!admin || !nextAdmin || !spender || !withdrawer || !thirdParty) throw new Error("too few");
    const router = await new HostileRouter__factory(admin).deploy();
    const link = await new LinkToken__factory(admin).deploy();
    const contract = await new ProposalSender__factory(admin).deploy(router, link, admin, 0);
    await contract.grantRole(SPENDER, spender);
    await contract.grantRole(WITHDRAWER, withdrawer);
    await contract.setDestination(SELECTOR, thirdParty, 200_000);
    await admin.sendTransaction({ to: contract, value: parseEther("5") });
    await contract.beginDefaultAdminTransfer(nextAdmin);
    await time.increase(1);
    return {
      contract,
      router: await router.getAddress(),
      account: thirdParty.address,
      actors: { admin, "next admin": nextAdmin, spender, withdrawer, "third party": thirdParty },
    };
  }

  const batch = (change: object = {}) => ({
    targets: [ZeroAddress],
    values: [0n],
    payloads: ["0x"],
    predecessor: ZeroHash,
    salt: ZeroHash,
    delay: 0n,
    ...change,
  });

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
        (s) => s.propose([{ selector: 1n, validFor: 1n, batch: batch() }], ZeroAddress, 0n),
      ],
      [
        "another fee token",
        "UnsupportedFeeToken",
        (s) => s.propose([], "0x000000000000000000000000000000000000dEaD", 0n),
      ],
      ["a selector of zero", "ZeroValue", (s) => s.setDestination(0n, ZeroAddress, 0n)],
      [
        "too little gas for a destination",
        "GasLimitOutOfBounds",
        (s) => s.setDestination(SELECTOR, "0x000000000000000000000000000000000000dEaD", 149_999n),
      ],
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
    const request = { selector: SELECTOR, validFor: 3_600n, batch: batch() };
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
    ["lists of different lengths", { payloads: [] }, [1, 1, 0]],
  ] as const) {
    it(`refuses a batch of ${what}, and says how long they are`, async () => {
      const { contract } = await loadFixture(fixture);
      const request = { selector: SELECTOR, validFor: 1n, batch: batch(change) };
      await expect(contract.propose([request], ZeroAddress, 0n))
        .to.be.revertedWithCustomError(contract, "InvalidBatch")
        .withArgs(...lengths);
    });
  }

  it("announces each proposal, its message, what failed and what was withdrawn", async () => {
    const { contract, account, actors } = await loadFixture(fixture);
    const request = { selector: SELECTOR, validFor: 1_000n, batch: batch() };
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

  it("counts a message without an id as failed, and takes its fee back", async () => {
    const { contract, router } = await loadFixture(fixture);
    const [admin] = await ethers.getSigners();
    const hostile = HostileRouter__factory.connect(router, admin);
    await hostile.setFault(SELECTOR, 5);
    const request = { selector: SELECTOR, validFor: 1_000n, batch: batch() };
    const noId = contract.interface.encodeErrorResult("NoMessageId", [SELECTOR]);
    const held = await ethers.provider.getBalance(contract);
    await expect(contract.propose([request], ZeroAddress, parseEther("1")))
      .to.emit(contract, "ProposalFailed")
      .withArgs(SELECTOR, 1n, noId);
    expect(await ethers.provider.getBalance(contract)).to.equal(held);
  });

  it("spends no more than it was told, and keeps what it could not send for another time", async () => {
    const { contract } = await loadFixture(fixture);
    const request = { selector: SELECTOR, validFor: 1_000n, batch: batch() };
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

describe("ProposalReceiver", () => {
  type Actor = "timelock" | "canceller" | "third party" | "router";
  interface World extends RolesWorld<Actor> {
    readonly contract: ProposalReceiver;
  }

  async function fixture(): Promise<World> {
    const [admin, canceller, thirdParty] = await ethers.getSigners();
    if (!admin || !canceller || !thirdParty) throw new Error("too few accounts");
    const router = await newRouter(admin);
    const timelock = await new TimelockController__factory(admin).deploy(60, [], [], admin);
    await timelock.grantRole(id("CANCELLER_ROLE"), canceller);
    const contract = await new ProposalReceiver__factory(admin).deploy(router, timelock);
    const address = await timelock.getAddress();
    await ethers.provider.send("hardhat_setBalance", [address, "0x56bc75e2d63100000"]);
    const owner = await ethers.getImpersonatedSigner(address);
    await contract.connect(owner).setSource(SELECTOR, thirdParty);
    return {
      contract,
      actors: { timelock: owner, canceller, "third party": thirdParty, router },
    };
  }

  const refusal = (caller: string) => ["OwnableUnauthorizedAccount", caller] as const;
  const byOwner = { allowed: ["timelock" as const], refusal };
  shouldAllowExactly<Actor, World>(ProposalReceiver__factory.createInterface(), fixture, {
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
          sourceChainSelector: SELECTOR,
          sender: ethers.zeroPadValue(caller, 32),
          data: "0x",
          destTokenAmounts: [],
        },
      ],
      refusal: (caller, { actors }) =>
        caller === (actors.router as { address?: string }).address
          ? ["UnexpectedSource", SELECTOR, ethers.zeroPadValue(caller, 32).toLowerCase()]
          : ["InvalidRouter", caller],
    },
    setSource: { ...byOwner, args: (caller) => [SELECTOR, caller] },
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

  interface ProposableWorld extends World {
    readonly controller: TimelockController;
  }

  /** {@link fixture}, with a timelock that lets the receiver propose and anyone execute. */
  async function proposableFixture(): Promise<ProposableWorld> {
    const world = await fixture();
    const { timelock } = world.actors;
    const controller = TimelockController__factory.connect(await timelock.getAddress(), timelock);
    await controller.grantRole(id("PROPOSER_ROLE"), world.contract);
    await controller.grantRole(id("CANCELLER_ROLE"), world.contract);
    await controller.grantRole(id("EXECUTOR_ROLE"), ZeroAddress);
    return { ...world, controller };
  }

  it("counts the nonces of each chain apart: a home that moves may have its sender at the same address", async () => {
    const { contract, actors } = await loadFixture(fixture);
    const { timelock, router, "third party": sender } = actors;
    const controller = TimelockController__factory.connect(await timelock.getAddress(), timelock);
    await controller.grantRole(id("PROPOSER_ROLE"), contract);
    const propose = async (sourceChainSelector: bigint) =>
      contract.connect(router).ccipReceive(await messageOf(sender, { sourceChainSelector }));
    await expect(propose(SELECTOR)).to.emit(contract, "ProposalScheduled");
    await expect(propose(SELECTOR)).to.emit(contract, "ProposalIgnored");

    await contract.connect(timelock).setSource(SELECTOR + 1n, sender);
    expect(await contract.getProposal(1n)).to.deep.equal([0n, ZeroHash]);
    await expect(propose(SELECTOR + 1n)).to.emit(contract, "ProposalScheduled");
  });

  it("announces what was cancelled before it came, and what came too late", async () => {
    const { contract, actors } = await loadFixture(fixture);
    const { canceller, router, "third party": sender } = actors;
    await expect(contract.connect(canceller).cancelProposal(1n))
      .to.emit(contract, "ProposalCancelled")
      .withArgs(1n, ZeroHash);
    const receive = contract.connect(router).ccipReceive;
    await expect(receive(await messageOf(sender, { nonce: 1n })))
      .to.emit(contract, "ProposalIgnored")
      .withArgs(1n, ZeroHash);
    const validUntil = BigInt(await time.latest()) - 1n;
    await expect(receive(await messageOf(sender, { nonce: 2n, validUntil })))
      .to.emit(contract, "ProposalExpired")
      .withArgs(2n, validUntil, ZeroHash);
  });

  it("schedules a proposal in the last second of its validity, and not in the next", async () => {
    for (const [late, event] of [
      [0n, "ProposalScheduled"],
      [1n, "ProposalExpired"],
    ] as const) {
      const { contract, actors } = await loadFixture(proposableFixture);
      const { router, "third party": sender } = actors;
      const validUntil = BigInt(await time.latest()) + 100n;
      const message = await messageOf(sender, { validUntil });
      await time.setNextBlockTimestamp(validUntil + late);
      await expect(contract.connect(router).ccipReceive(message)).to.emit(contract, event);
    }
  });

  describe("a proposal that", () => {
    type Change = (world: ProposableWorld, operation: string) => Promise<unknown>;
    const execute: Change = async ({ actors, controller }) => {
      await time.increase(60);
      const target = await actors["third party"].getAddress();
      const salt = ethers.keccak256(
        ethers.AbiCoder.defaultAbiCoder().encode(["uint64", "bytes32"], [1n, id(String(SELECTOR))]),
      );
      await controller.executeBatch([target], [0n], ["0x"], ZeroHash, salt);
    };
    const cancelThere: Change = async ({ actors, controller }, operation) =>
      controller.connect(actors.canceller).cancel(operation);
    const cancelHere: Change = async ({ actors, contract }) =>
      contract.connect(actors.canceller).cancelProposal(1n);
    const nothing: Change = () => Promise.resolve();

    const rows: [what: string, change: Change, refusal: string | undefined][] = [
      ["is scheduled can be cancelled", nothing, undefined],
      ["its timelock has cancelled can be marked so", cancelThere, undefined],
      ["was cancelled cannot be cancelled again", cancelHere, "NothingToCancel"],
      ["was executed cannot be cancelled", execute, "TimelockUnexpectedOperationState"],
    ];
    for (const [what, change, refusal] of rows) {
      it(what, async () => {
        const world = await loadFixture(proposableFixture);
        const { contract, controller, actors } = world;
        const { router, canceller, "third party": sender } = actors;
        await contract.connect(router).ccipReceive(await messageOf(sender, {}));
        const { id: operation } = await contract.getProposal(1n);
        await change(world, operation);
        const cancel = contract.connect(canceller).cancelProposal(1n);
        if (refusal) {
          const errors = refusal === "NothingToCancel" ? contract : controller;
          await expect(cancel).to.be.revertedWithCustomError(errors, refusal);
          return;
        }
        await expect(cancel).to.emit(contract, "ProposalCancelled").withArgs(1n, operation);
        expect(await controller.isOperationPending(operation)).to.equal(false);
      });
    }

    it("came too late cannot be cancelled", async () => {
      const { contract, actors } = await loadFixture(fixture);
      const { router, canceller, "third party": sender } = actors;
      await contract.connect(router).ccipReceive(await messageOf(sender, { validUntil: 1n }));
      await expect(contract.connect(canceller).cancelProposal(1n))
        .to.be.revertedWithCustomError(contract, "NothingToCancel")
        .withArgs(1n);
    });
  });

  for (const version of [0n, 2n, 255n]) {
    it(`refuses a proposal of version ${version}, which can be executed again after an upgrade [D8, G12]`, async () => {
      const { contract, actors } = await loadFixture(fixture);
      const { router, "third party": sender } = actors;
      await expect(contract.connect(router).ccipReceive(await messageOf(sender, { version })))
        .to.be.revertedWithCustomError(
          { interface: ProposalCodec__factory.createInterface() },
          "UnsupportedProposalVersion",
        )
        .withArgs(version);
      expect((await contract.getProposal(1n)).state).to.equal(0n);
    });
  }

  it("names its timelock, and knows no proposal before one arrives", async () => {
    const { contract, actors } = await loadFixture(fixture);
    expect(await contract.getTimelock()).to.equal(await actors.timelock.getAddress());
    expect(await contract.getProposal(1n)).to.deep.equal([0n, ZeroHash]);
    expect(await contract.typeAndVersion()).to.equal("ProposalReceiver 1.0.0");
  });
});

/** A message that proposes one call, from the paired sender unless another chain is named. */
async function messageOf(
  sender: Signer,
  {
    version = 1n,
    nonce = 1n,
    validUntil = 2n ** 63n,
    sourceChainSelector = SELECTOR,
  }: Partial<Record<"version" | "nonce" | "validUntil" | "sourceChainSelector", bigint>>,
) {
  // A call to an account without code succeeds.
  const target = await sender.getAddress();
  const batch = [[target], [0n], ["0x"], ZeroHash, id(String(sourceChainSelector)), 60n];
  return {
    messageId: ZeroHash,
    sourceChainSelector,
    sender: ethers.zeroPadValue(await sender.getAddress(), 32),
    data: ethers.AbiCoder.defaultAbiCoder().encode(
      ["uint8", "uint64", "uint64", "tuple(address[],uint256[],bytes[],bytes32,bytes32,uint256)"],
      [version, nonce, validUntil, batch],
    ),
    destTokenAmounts: [],
  };
}
