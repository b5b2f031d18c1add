import { setCode, takeSnapshot, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash, dataLength, dataSlice, id, parseEther } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import fc from "fast-check";
import { ethers } from "hardhat";

import {
  HostileRouter__factory,
  MockCCIPRouter__factory,
  PayerWithoutReceive__factory,
  RebaseBroadcaster__factory,
} from "../../../typechain-types";
import type { RebaseBroadcaster } from "../../../typechain-types";
import {
  DESTINATIONS,
  MAX_GAS_LIMIT,
  MIN_GAS_LIMIT,
  SELECTORS,
  TREASURY,
  TREASURY_BUDGET,
  broadcasterOnHostileRouterFixture,
  broadcasterOnSimulatorFixture,
  encodedState,
  simulatorMessageId,
} from "../../shared/broadcasterFixture";
import type { BroadcasterWorld } from "../../shared/broadcasterFixture";
import { ADMIN_DELAY_SECONDS, deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { propertyRuns } from "../../shared/propertyRuns";
import { adminRulesRows, missingRole, shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";
import { fixNextBlockTime } from "../../shared/tokenFixture";

const SPENDER_ROLE = id("TREASURY_SPENDER_ROLE");
const WITHDRAWER_ROLE = id("TREASURY_WITHDRAWER_ROLE");
const SOMEONE = "0x000000000000000000000000000000000000dEaD";
const [FIRST, SECOND, THIRD] = DESTINATIONS;
const UNKNOWN = 999n;
const NATIVE = ZeroAddress;

/** More than any sound lane of these worlds asks for. */
const MAX_FEE = parseEther("1000");

/** Fee of HostileRouter for a message, in either fee token. */
const HOSTILE_FEE = parseEther("1");

/** HostileRouter's ways to fail, in the order of its enum. */
const FAULT = {
  none: 0,
  revertOnQuote: 1,
  revertOnSend: 2,
  burnAllGas: 3,
  bomb: 4,
  zeroId: 5,
  spendAgain: 6,
  spendPendingAgain: 7,
};

/** The width in which CCIP counts juels: no sound lane asks for as much. */
const TOO_MUCH = 2n ** 96n;

describe("RebaseBroadcaster", () => {
  describe("construction", () => {
    it("sets the token, the router, LINK and the admin", async () => {
      const { broadcaster, token, router, link, admin } = await loadFixture(
        broadcasterOnSimulatorFixture,
      );
      expect(await broadcaster.getToken()).to.equal(await token.getAddress());
      expect(await broadcaster.getRouter()).to.equal(await router.getAddress());
      expect(await broadcaster.getLink()).to.equal(await link.getAddress());
      expect(await broadcaster.defaultAdmin()).to.equal(admin.address);
      expect(await broadcaster.defaultAdminDelay()).to.equal(ADMIN_DELAY_SECONDS);
      expect(await broadcaster.typeAndVersion()).to.equal("RebaseBroadcaster 1.0.0");
      expect(await broadcaster.TREASURY_SPENDER_ROLE()).to.equal(SPENDER_ROLE);
      expect(await broadcaster.TREASURY_WITHDRAWER_ROLE()).to.equal(WITHDRAWER_ROLE);
    });

    it("refuses the token of a satellite", async () => {
      const { broadcaster, router, link, admin } = await loadFixture(broadcasterOnSimulatorFixture);
      const satellite = await deployRebaseToken(admin, { isHome: false });
      await expect(new RebaseBroadcaster__factory(admin).deploy(satellite, router, link, admin, 0))
        .to.be.revertedWithCustomError(broadcaster, "NotHomeToken")
        .withArgs(await satellite.getAddress());
    });

    it("refuses to be without LINK [H2]", async () => {
      const { broadcaster, token, router, admin } = await loadFixture(
        broadcasterOnSimulatorFixture,
      );
      await expect(
        new RebaseBroadcaster__factory(admin).deploy(token, router, ZeroAddress, admin, 0),
      ).to.be.revertedWithCustomError(broadcaster, "ZeroValue");
    });
  });

  describe("another router", () => {
    type World = Awaited<ReturnType<typeof broadcasterOnSimulatorFixture>>;

    /** Addresses that may be pasted in the place of a router by mistake. */
    const mistakes: [what: string, address: (world: World) => Promise<string>][] = [
      ["nobody", () => Promise.resolve(ZeroAddress)],
      ["a wallet, or a router of another chain", ({ thirdParty }) => thirdParty.getAddress()],
      ["LINK", ({ link }) => link.getAddress()],
      ["the token", ({ token }) => token.getAddress()],
      ["the broadcaster itself", ({ broadcaster }) => broadcaster.getAddress()],
    ];
    for (const [what, addressOf] of mistakes) {
      it(`is not ${what}, now or at deployment [H2]`, async () => {
        const world = await loadFixture(broadcasterOnSimulatorFixture);
        const { broadcaster, router, token, link, admin } = world;
        const address = await addressOf(world);
        for (const attempt of [
          () => broadcaster.setRouter(address),
          () => new RebaseBroadcaster__factory(admin).deploy(token, address, link, admin, 0),
        ]) {
          await expect(attempt())
            .to.be.revertedWithCustomError(broadcaster, "NotARouter")
            .withArgs(address);
        }
        expect(await broadcaster.getRouter()).to.equal(await router.getAddress());
      });
    }

    for (const payment of ["native", "LINK"] as const) {
      it(`is queried, called and paid from then on, in ${payment}, and the previous one no longer [D25]`, async () => {
        const world = await loadFixture(broadcasterOnSimulatorFixture);
        const { broadcaster, router, link, payer, admin } = world;
        await router.setFee(parseEther("1"));
        const feeToken = await feeTokenOf(world, payment);
        await link.connect(payer).approve(broadcaster, MaxUint256);
        const send = (value: bigint) =>
          broadcaster.connect(payer).broadcast(SELECTORS, feeToken, MAX_FEE, {
            value: payment === "native" ? value : 0n,
          });
        await send(parseEther("3"));

        const next = await new MockCCIPRouter__factory(admin).deploy();
        await next.setFee(parseEther("2"));
        await expect(broadcaster.setRouter(next))
          .to.emit(broadcaster, "RouterSet")
          .withArgs(await next.getAddress(), await router.getAddress());
        expect(await broadcaster.getRouter()).to.equal(await next.getAddress());
        expect((await broadcaster.quote(SELECTORS, feeToken)).total).to.equal(parseEther("6"));
        expect(await link.allowance(broadcaster, router), "allowance of the old").to.equal(0n);

        const sent = await send(parseEther("6"));
        const parties = [payer, broadcaster, router, next];
        const moved = [-parseEther("6"), 0n, 0n, parseEther("6")];
        const unmoved = [0n, 0n, 0n, 0n];
        await expect(sent).to.changeEtherBalances(parties, payment === "native" ? moved : unmoved);
        await expect(sent).to.changeTokenBalances(
          link,
          parties,
          payment === "LINK" ? moved : unmoved,
        );
        expect(await link.allowance(broadcaster, router), "allowance of the old").to.equal(0n);
        expect(await link.allowance(broadcaster, next), "allowance of the new").to.equal(
          payment === "LINK" ? 1n : 0n,
        );
      });
    }

    it("revokes the previous router's remaining allowance, and may be set twice [D19]", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, router, link, payer, admin } = world;
      // This router returns an id and charges nothing for it.
      await link.connect(payer).approve(broadcaster, MaxUint256);
      await broadcaster.connect(payer).broadcast([FIRST.selector], link, MAX_FEE);
      expect(await link.allowance(broadcaster, router)).to.equal(HOSTILE_FEE + 1n);
      expect(await link.balanceOf(broadcaster)).to.equal(TREASURY + HOSTILE_FEE);

      const next = await new HostileRouter__factory(admin).deploy();
      for (const previous of [router, next]) {
        await expect(broadcaster.setRouter(next))
          .to.emit(broadcaster, "RouterSet")
          .withArgs(await next.getAddress(), await previous.getAddress());
        expect(await link.allowance(broadcaster, router)).to.equal(0n);
        expect(await link.allowance(broadcaster, next)).to.equal(0n);
      }
    });
  });

  describe("destinations", () => {
    it("start with an empty record", async () => {
      const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
      expect([...(await broadcaster.getDestinations())]).to.have.members(SELECTORS);
      for (const { selector, receiver, gasLimit } of DESTINATIONS) {
        expect(await broadcaster.getDestination(selector)).to.deep.equal([
          receiver,
          gasLimit,
          0n,
          0n,
          ZeroHash,
        ]);
      }
      expect(await broadcaster.getDestination(UNKNOWN)).to.deep.equal([
        ZeroAddress,
        0n,
        0n,
        0n,
        ZeroHash,
      ]);
    });

    it("can be added", async () => {
      const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
      await expect(broadcaster.setDestination(UNKNOWN, SOMEONE, 150_000))
        .to.emit(broadcaster, "DestinationSet")
        .withArgs(UNKNOWN, SOMEONE, 150_000);
      expect([...(await broadcaster.getDestinations())]).to.have.members([...SELECTORS, UNKNOWN]);
    });

    const changes = [
      { what: "their receiver changes", receiver: SOMEONE, gasLimit: FIRST.gasLimit },
      { what: "only their gas limit changes", receiver: FIRST.receiver, gasLimit: 200_000n },
      { what: "nothing changes", receiver: FIRST.receiver, gasLimit: FIRST.gasLimit },
    ];
    for (const { what, receiver, gasLimit } of changes) {
      it(`have an empty record after being set, also when ${what}`, async () => {
        const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
        await broadcaster.broadcast(SELECTORS, NATIVE, MAX_FEE);
        await expect(broadcaster.setDestination(FIRST.selector, receiver, gasLimit))
          .to.emit(broadcaster, "DestinationSet")
          .withArgs(FIRST.selector, receiver, gasLimit);
        expect(await broadcaster.getDestination(FIRST.selector)).to.deep.equal([
          receiver,
          gasLimit,
          0n,
          0n,
          ZeroHash,
        ]);
        expect(await epochsSent(broadcaster)).to.deep.equal([0n, 2n, 2n]);
        expect(await broadcaster.getDestinations()).to.have.length(SELECTORS.length);
      });
    }

    it("can be removed, and come back without a record [D24]", async () => {
      const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
      await broadcaster.broadcast([FIRST.selector], NATIVE, MAX_FEE);
      await expect(broadcaster.removeDestination(FIRST.selector))
        .to.emit(broadcaster, "DestinationRemoved")
        .withArgs(FIRST.selector);
      expect([...(await broadcaster.getDestinations())]).to.have.members([
        SECOND.selector,
        THIRD.selector,
      ]);
      for (const attempt of [
        () => broadcaster.removeDestination(FIRST.selector),
        () => broadcaster.broadcast([FIRST.selector], NATIVE, MAX_FEE),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(broadcaster, "UnknownDestination")
          .withArgs(FIRST.selector);
      }
      expect((await broadcaster.getDestination(FIRST.selector)).receiver).to.equal(ZeroAddress);

      await broadcaster.setDestination(FIRST.selector, FIRST.receiver, FIRST.gasLimit);
      expect(await broadcaster.getDestination(FIRST.selector)).to.deep.equal([
        FIRST.receiver,
        FIRST.gasLimit,
        0n,
        0n,
        ZeroHash,
      ]);
    });

    it("have neither the zero address nor the zero selector", async () => {
      const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
      await expect(broadcaster.setDestination(0, SOMEONE, 150_000)).to.be.revertedWithCustomError(
        broadcaster,
        "ZeroValue",
      );
      await expect(
        broadcaster.setDestination(UNKNOWN, ZeroAddress, 150_000),
      ).to.be.revertedWithCustomError(broadcaster, "ZeroValue");
    });

    const gasLimits: [gasLimit: bigint, allowed: boolean][] = [
      [0n, false],
      [MIN_GAS_LIMIT - 1n, false],
      [MIN_GAS_LIMIT, true],
      [MAX_GAS_LIMIT, true],
      [MAX_GAS_LIMIT + 1n, false],
      [2n ** 24n - 1n, false],
    ];
    for (const [gasLimit, allowed] of gasLimits) {
      it(`${allowed ? "accept" : "refuse"} a gas limit of ${gasLimit} [D22]`, async () => {
        const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
        const attempt = broadcaster.setDestination(UNKNOWN, SOMEONE, gasLimit);
        if (allowed) {
          await attempt;
          expect((await broadcaster.getDestination(UNKNOWN)).gasLimit).to.equal(gasLimit);
        } else {
          await expect(attempt)
            .to.be.revertedWithCustomError(broadcaster, "GasLimitOutOfBounds")
            .withArgs(gasLimit, MIN_GAS_LIMIT, MAX_GAS_LIMIT);
        }
      });
    }
  });

  describe("a broadcast", () => {
    for (const payment of ["native", "LINK"] as const) {
      it(`carries the whole state, pending rebase included, to each receiver (${payment})`, async () => {
        const world = await loadFixture(broadcasterOnSimulatorFixture);
        const { broadcaster, token, payer } = world;
        const feeToken = await feeTokenOf(world, payment);
        const sentAt = await fixNextBlockTime();
        const payload = await encodedState(world, sentAt);
        expect(dataLength(payload)).to.equal(64);
        expect((await token.pendingRebase()).pending).to.equal(true);
        const messageIds = DESTINATIONS.map(({ receiver, gasLimit }) =>
          simulatorMessageId({ receiver, payload, feeToken, gasLimit }),
        );

        const broadcast = broadcaster.connect(payer).broadcast;
        expect(
          await broadcast.staticCall(SELECTORS, feeToken, MAX_FEE, { blockTag: "pending" }),
        ).to.deep.equal(messageIds);
        const sent = await broadcast(SELECTORS, feeToken, MAX_FEE);
        for (const [i, { selector, receiver, gasLimit }] of DESTINATIONS.entries()) {
          await expect(sent)
            .to.emit(broadcaster, "BroadcastSent")
            .withArgs(selector, messageIds[i], 2, feeToken, 0);
          expect(await broadcaster.getDestination(selector)).to.deep.equal([
            receiver,
            gasLimit,
            2n,
            sentAt,
            messageIds[i],
          ]);
        }
      });
    }

    it("goes only to the named destinations", async () => {
      const { broadcaster } = await loadFixture(broadcasterOnSimulatorFixture);
      await broadcaster.broadcast([THIRD.selector, FIRST.selector], NATIVE, MAX_FEE);
      const epochs = await Promise.all(
        SELECTORS.map(async (selector) => (await broadcaster.getDestination(selector)).lastEpoch),
      );
      expect(epochs).to.deep.equal([2n, 0n, 2n]);
    });

    it("may be repeated by anyone", async () => {
      const { broadcaster, payer, thirdParty } = await loadFixture(broadcasterOnSimulatorFixture);
      for (const account of [payer, thirdParty, thirdParty]) {
        await expect(
          broadcaster.connect(account).broadcast([FIRST.selector], NATIVE, MAX_FEE),
        ).to.emit(broadcaster, "BroadcastSent");
      }
    });

    it("without destinations costs nothing", async () => {
      const { broadcaster, payer } = await loadFixture(broadcasterOnSimulatorFixture);
      const call = broadcaster.connect(payer).broadcast;
      expect(await call.staticCall([], NATIVE, MAX_FEE)).to.deep.equal([]);
      await expect(call([], NATIVE, MAX_FEE, { value: 7 })).to.changeEtherBalances(
        [payer, broadcaster],
        [0, 0],
      );
    });

    const refused: { what: string; selectors: bigint[]; error: string; args: unknown[] }[] = [
      {
        what: "an unknown destination",
        selectors: [FIRST.selector, UNKNOWN],
        error: "UnknownDestination",
        args: [UNKNOWN],
      },
      {
        what: "a repeated destination",
        selectors: [FIRST.selector, SECOND.selector, FIRST.selector],
        error: "RepeatedDestination",
        args: [FIRST.selector],
      },
      {
        what: "a destination repeated at once, after another",
        selectors: [FIRST.selector, SECOND.selector, SECOND.selector],
        error: "RepeatedDestination",
        args: [SECOND.selector],
      },
    ];
    for (const { what, selectors, error, args } of refused) {
      it(`reverts as a whole for ${what}, and so does its quote [D24]`, async () => {
        const world = await loadFixture(broadcasterOnSimulatorFixture);
        const { broadcaster, spender } = world;
        for (const attempt of [
          () => broadcaster.broadcast(selectors, NATIVE, MAX_FEE),
          () => broadcaster.connect(spender).broadcastFromTreasury(selectors, NATIVE, MAX_FEE),
          () => broadcaster.quote(selectors, NATIVE),
        ]) {
          await expect(attempt())
            .to.be.revertedWithCustomError(broadcaster, error)
            .withArgs(...args);
        }
        await expectNothingSent(world);
      });
    }

    it("reverts as a whole for any fee token but native and LINK, and so does its quote", async () => {
      const { broadcaster, token, spender } = await loadFixture(broadcasterOnSimulatorFixture);
      const other = await token.getAddress();
      for (const attempt of [
        () => broadcaster.broadcast([FIRST.selector], other, MAX_FEE),
        () => broadcaster.connect(spender).broadcastFromTreasury([FIRST.selector], other, MAX_FEE),
        () => broadcaster.quote([FIRST.selector], other),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(broadcaster, "UnsupportedFeeToken")
          .withArgs(other);
      }
    });

    it("cannot be sent lane by lane from outside", async () => {
      const { broadcaster, admin, payer } = await loadFixture(broadcasterOnSimulatorFixture);
      const payment = { feeToken: NATIVE, payer, value: 0, maxFee: MAX_FEE };
      for (const account of [admin, payer]) {
        await expect(broadcaster.connect(account).sendLane(FIRST.selector, "0x", payment))
          .to.be.revertedWithCustomError(broadcaster, "OnlySelf")
          .withArgs(account.address);
      }
    });
  });

  describe("paid by the caller in native", () => {
    const fee = parseEther("0.1");

    async function fixture(): Promise<Awaited<ReturnType<typeof broadcasterOnSimulatorFixture>>> {
      const world = await broadcasterOnSimulatorFixture();
      await world.router.setFee(fee);
      return world;
    }

    for (const [what, surplus] of [
      ["takes the exact fee", 0n],
      ["gives the change back", parseEther("3")],
    ] as const) {
      it(`${what}, and leaves the treasury unchanged`, async () => {
        const { broadcaster, router, link, payer } = await loadFixture(fixture);
        const [total, fees] = await broadcaster.quote(SELECTORS, NATIVE);
        expect(fees).to.deep.equal(SELECTORS.map(() => fee));
        expect(total).to.equal(3n * fee);

        const sent = (): Promise<ContractTransactionResponse> =>
          broadcaster
            .connect(payer)
            .broadcast(SELECTORS, NATIVE, MAX_FEE, { value: total + surplus });
        await expect(sent).to.changeEtherBalances(
          [payer, router, broadcaster],
          [-total, total, 0n],
        );
        await expect(sent).to.changeTokenBalances(link, [payer, broadcaster], [0n, 0n]);
        await expect(sent())
          .to.emit(broadcaster, "BroadcastSent")
          .withArgs(FIRST.selector, anyMessageId, 2, NATIVE, fee);
      });
    }

    it("reverts as a whole when the value does not cover the next lane, whatever the treasury holds [D17]", async () => {
      const world = await loadFixture(fixture);
      const { broadcaster, payer } = world;
      const cases: [selectors: bigint[], value: bigint, args: [bigint, bigint, bigint]][] = [
        [[FIRST.selector], 0n, [FIRST.selector, fee, 0n]],
        [[FIRST.selector], fee - 1n, [FIRST.selector, fee, fee - 1n]],
        [SELECTORS, 3n * fee - 1n, [THIRD.selector, fee, fee - 1n]],
      ];
      for (const [selectors, value, args] of cases) {
        await expect(broadcaster.connect(payer).broadcast(selectors, NATIVE, MAX_FEE, { value }))
          .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
          .withArgs(...args);
      }
      await expectNothingSent(world);
    });

    it("reverts as a whole when the fee has risen since the quote [D17]", async () => {
      const world = await loadFixture(fixture);
      const { broadcaster, router, payer } = world;
      const [value] = await broadcaster.quote(SELECTORS, NATIVE);
      await router.setFee(fee + 1n);
      await expect(broadcaster.connect(payer).broadcast(SELECTORS, NATIVE, MAX_FEE, { value }))
        .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
        .withArgs(THIRD.selector, fee + 1n, fee - 2n);
      await expectNothingSent(world);
    });

    it("reverts when a payer rejects the change, but not when there is none [D18]", async () => {
      const { broadcaster, payer } = await loadFixture(fixture);
      const contract = await new PayerWithoutReceive__factory(payer).deploy();
      await expect(contract.broadcast(broadcaster, SELECTORS, NATIVE, { value: 3n * fee + 1n }))
        .to.be.revertedWithCustomError(broadcaster, "RefundFailed")
        .withArgs(await contract.getAddress(), 1);
      await expect(
        contract.broadcast(broadcaster, SELECTORS, NATIVE, { value: 3n * fee }),
      ).to.changeEtherBalances([payer, broadcaster], [-3n * fee, 0n]);
    });
  });

  describe("paid by the caller in LINK", () => {
    const fee = parseEther("2");

    async function fixture(): Promise<Awaited<ReturnType<typeof broadcasterOnSimulatorFixture>>> {
      const world = await broadcasterOnSimulatorFixture();
      await world.router.setFee(fee);
      return world;
    }

    it("takes each lane's fee out of the allowance, and leaves the treasury unchanged", async () => {
      const { broadcaster, router, link, payer } = await loadFixture(fixture);
      const [total, fees] = await broadcaster.quote(SELECTORS, link);
      expect(fees).to.deep.equal(SELECTORS.map(() => fee));
      await link.connect(payer).approve(broadcaster, total + 5n);

      const sent = await broadcaster.connect(payer).broadcast(SELECTORS, link, MAX_FEE);
      await expect(sent).to.changeTokenBalances(
        link,
        [payer, router, broadcaster],
        [-total, total, 0n],
      );
      await expect(sent).to.changeEtherBalances([payer, broadcaster], [0n, 0n]);
      for (const { selector } of DESTINATIONS) {
        await expect(sent)
          .to.emit(broadcaster, "BroadcastSent")
          .withArgs(selector, anyMessageId, 2, await link.getAddress(), fee);
      }
      expect(await link.allowance(payer, broadcaster)).to.equal(5n);
      expect(await link.allowance(broadcaster, router)).to.equal(1n);
    });

    const means: { what: string; balance: bigint; allowance: bigint; available: bigint }[] = [
      { what: "allowance of 0", balance: 9n * fee, allowance: 0n, available: 0n },
      {
        what: "allowance 1 short",
        balance: 9n * fee,
        allowance: 3n * fee - 1n,
        available: fee - 1n,
      },
      { what: "balance 1 short", balance: 3n * fee - 1n, allowance: 9n * fee, available: fee - 1n },
    ];
    for (const { what, balance, allowance, available } of means) {
      it(`reverts as a whole for an ${what}, whatever the treasury holds`, async () => {
        const world = await loadFixture(fixture);
        const { broadcaster, link, payer, thirdParty } = world;
        await link.connect(payer).transfer(thirdParty, balance);
        await link.connect(thirdParty).approve(broadcaster, allowance);
        const lane = allowance === 0n ? FIRST : THIRD;
        await expect(broadcaster.connect(thirdParty).broadcast(SELECTORS, link, MAX_FEE))
          .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
          .withArgs(lane.selector, fee, available);
        await expectNothingSent(world);
        expect(await link.balanceOf(thirdParty)).to.equal(balance);
      });
    }

    it("reverts when native value is sent along", async () => {
      const { broadcaster, link, payer } = await loadFixture(fixture);
      await link.connect(payer).approve(broadcaster, 3n * fee);
      await expect(broadcaster.connect(payer).broadcast(SELECTORS, link, MAX_FEE, { value: 1 }))
        .to.be.revertedWithCustomError(broadcaster, "UnexpectedValue")
        .withArgs(1);
    });
  });

  describe("the treasury", () => {
    const fee = parseEther("1");

    async function fixture(): Promise<Awaited<ReturnType<typeof broadcasterOnSimulatorFixture>>> {
      const world = await broadcasterOnSimulatorFixture();
      await world.router.setFee(fee);
      return world;
    }

    it("accepts native from anyone", async () => {
      const { broadcaster, thirdParty } = await loadFixture(fixture);
      await expect(
        thirdParty.sendTransaction({ to: broadcaster, value: 3 }),
      ).to.changeEtherBalances([thirdParty, broadcaster], [-3, 3]);
    });

    for (const payment of ["native", "LINK"] as const) {
      it(`pays a spender's broadcast in ${payment}`, async () => {
        const world = await loadFixture(fixture);
        const { broadcaster, router, link, spender } = world;
        const feeToken = await feeTokenOf(world, payment);
        const sent = await broadcaster
          .connect(spender)
          .broadcastFromTreasury(SELECTORS, feeToken, MAX_FEE);
        const parties = [spender, broadcaster, router];
        const moved = [0n, -3n * fee, 3n * fee];
        const unmoved = [0n, 0n, 0n];
        await expect(sent).to.changeEtherBalances(parties, payment === "native" ? moved : unmoved);
        await expect(sent).to.changeTokenBalances(
          link,
          parties,
          payment === "LINK" ? moved : unmoved,
        );
        for (const { selector } of DESTINATIONS) {
          await expect(sent)
            .to.emit(broadcaster, "BroadcastSent")
            .withArgs(selector, anyMessageId, 2, feeToken, fee);
        }
        expect(await link.allowance(broadcaster, router)).to.equal(payment === "LINK" ? 1n : 0n);
      });

      it(`reverts a spender's broadcast as a whole when it is short of ${payment}`, async () => {
        const world = await loadFixture(fixture);
        const { broadcaster, router, spender } = world;
        const feeToken = await feeTokenOf(world, payment);
        await router.setFee(2n * fee);
        await expect(
          broadcaster.connect(spender).broadcastFromTreasury(SELECTORS, feeToken, MAX_FEE),
        )
          .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
          .withArgs(THIRD.selector, 2n * fee, TREASURY - 4n * fee);
        await expectNothingSent(world);
      });
    }

    it("spends the last juel of the treasury, and is short of one more", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, router, link, spender, withdrawer } = world;
      const held = await link.balanceOf(broadcaster);
      await broadcaster.connect(withdrawer).withdraw(link, SOMEONE, held - HOSTILE_FEE);
      const { broadcastFromTreasury } = broadcaster.connect(spender);
      await router.setFee(FIRST.selector, HOSTILE_FEE + 1n);
      await expect(broadcastFromTreasury([FIRST.selector], link, MAX_FEE))
        .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
        .withArgs(FIRST.selector, HOSTILE_FEE + 1n, HOSTILE_FEE);
      await router.setFee(FIRST.selector, HOSTILE_FEE);
      await expect(broadcastFromTreasury([FIRST.selector], link, MAX_FEE)).to.emit(
        broadcaster,
        "BroadcastSent",
      );
    });

    it("accepts no value along with a spender's broadcast", () => {
      expect(
        RebaseBroadcaster__factory.createInterface().getFunction("broadcastFromTreasury").payable,
      ).to.equal(false);
    });

    it("is withdrawn in native", async () => {
      const { broadcaster, withdrawer } = await loadFixture(fixture);
      const withdrawal = broadcaster.connect(withdrawer).withdraw(NATIVE, SOMEONE, TREASURY);
      await expect(withdrawal).to.changeEtherBalances(
        [broadcaster, SOMEONE],
        [-TREASURY, TREASURY],
      );
      await expect(withdrawal)
        .to.emit(broadcaster, "TreasuryWithdrawn")
        .withArgs(NATIVE, SOMEONE, TREASURY);
    });

    it("is withdrawn in any ERC-20", async () => {
      const { broadcaster, link, token, admin, withdrawer } = await loadFixture(fixture);
      await token.grantRole(await token.ISSUER_ROLE(), admin);
      await token.mint(broadcaster, 10n);
      for (const [erc20, amount] of [
        [link, TREASURY],
        [token, 10n],
      ] as const) {
        const withdrawal = broadcaster.connect(withdrawer).withdraw(erc20, SOMEONE, amount);
        await expect(withdrawal).to.changeTokenBalances(
          erc20,
          [broadcaster, SOMEONE],
          [-amount, amount],
        );
        await expect(withdrawal)
          .to.emit(broadcaster, "TreasuryWithdrawn")
          .withArgs(await erc20.getAddress(), SOMEONE, amount);
      }
    });

    it("is not withdrawn to the zero address, beyond its balance, or to a contract that rejects it", async () => {
      const { broadcaster, router, link, withdrawer } = await loadFixture(fixture);
      const withdraw = broadcaster.connect(withdrawer).withdraw;
      for (const asset of [NATIVE, await link.getAddress()]) {
        await expect(withdraw(asset, ZeroAddress, 1)).to.be.revertedWithCustomError(
          broadcaster,
          "ZeroValue",
        );
      }
      await expect(withdraw(NATIVE, SOMEONE, TREASURY + 1n))
        .to.be.revertedWithCustomError(broadcaster, "InsufficientBalance")
        .withArgs(TREASURY, TREASURY + 1n);
      await expect(withdraw(link, SOMEONE, TREASURY + 1n)).to.be.revertedWith(
        "ERC20: transfer amount exceeds balance",
      );
      await expect(withdraw(NATIVE, router, 1)).to.be.revertedWithCustomError(
        broadcaster,
        "FailedCall",
      );
    });
  });

  describe("a fee ceiling", () => {
    for (const payment of ["native", "LINK"] as const) {
      it(`skips a lane that asks for more, and pays the others, in ${payment}`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        const { broadcaster, router, link, payer } = world;
        await router.setFee(FIRST.selector, 90n * HOSTILE_FEE);
        await link.connect(payer).approve(broadcaster, MaxUint256);
        const feeToken = await feeTokenOf(world, payment);
        const maxFee = 3n * HOSTILE_FEE;
        const value = payment === "native" ? 95n * HOSTILE_FEE : 0n;

        const sent = await broadcaster
          .connect(payer)
          .broadcast(SELECTORS, feeToken, maxFee, { value });
        await expect(sent)
          .to.emit(broadcaster, "BroadcastFailed")
          .withArgs(FIRST.selector, 2, feeAboveMaximum(90n * HOSTILE_FEE, maxFee));
        const spent = -2n * HOSTILE_FEE;
        await expect(sent).to.changeEtherBalance(payer, payment === "native" ? spent : 0n);
        await expect(sent).to.changeTokenBalance(link, payer, payment === "LINK" ? spent : 0n);
        expect(await epochsSent(broadcaster)).to.deep.equal([0n, 2n, 2n]);
      });
    }

    const ceilings: [maxFee: bigint, sent: bigint[], refused: bigint[]][] = [
      [0n, [], SELECTORS],
      [HOSTILE_FEE - 1n, [], SELECTORS],
      [HOSTILE_FEE, [101n], [102n, 103n]],
      [2n * HOSTILE_FEE, [101n, 102n], [103n]],
      [3n * HOSTILE_FEE - 1n, [101n, 102n], [103n]],
      [3n * HOSTILE_FEE, SELECTORS, []],
      [MaxUint256, SELECTORS, []],
    ];
    for (const [maxFee, taken, refused] of ceilings) {
      it(`of ${maxFee} wei is for all lanes together: ${taken.length} of three are paid`, async () => {
        const { broadcaster, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
        const sent = await broadcaster
          .connect(payer)
          .broadcast(SELECTORS, NATIVE, maxFee, { value: 3n * HOSTILE_FEE });
        const spent = BigInt(taken.length) * HOSTILE_FEE;
        for (const selector of refused) {
          await expect(sent)
            .to.emit(broadcaster, "BroadcastFailed")
            .withArgs(selector, 2, feeAboveMaximum(HOSTILE_FEE, maxFee - spent));
        }
        await expect(sent).to.changeEtherBalances([payer, broadcaster], [-spent, 0n]);
        expect(await epochsSent(broadcaster)).to.deep.equal(
          SELECTORS.map((selector) => (taken.includes(selector) ? 2n : 0n)),
        );
      });
    }

    it("is used up in the order of the lanes, so an expensive one is named last", async () => {
      const { broadcaster, router, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      await router.setFee(FIRST.selector, 2n * HOSTILE_FEE);
      const maxFee = 3n * HOSTILE_FEE;
      const send = (selectors: bigint[]): Promise<ContractTransactionResponse> =>
        broadcaster.connect(payer).broadcast(selectors, NATIVE, maxFee, { value: maxFee });
      await expect(send(SELECTORS))
        .to.emit(broadcaster, "BroadcastFailed")
        .withArgs(THIRD.selector, 2, feeAboveMaximum(HOSTILE_FEE, 0n));
      await expect(send([THIRD.selector, SECOND.selector, FIRST.selector]))
        .to.emit(broadcaster, "BroadcastFailed")
        .withArgs(FIRST.selector, 2, feeAboveMaximum(2n * HOSTILE_FEE, HOSTILE_FEE));
      expect(await epochsSent(broadcaster)).to.deep.equal([2n, 2n, 2n]);
    });

    for (const fee of [TOO_MUCH, 2n ** 128n, 2n ** 255n, MaxUint256]) {
      it(`applies to a lane that asks for ${fee}, even without a ceiling of the payer`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        const { broadcaster, router, link, payer, spender } = world;
        for (const { selector } of [FIRST, THIRD]) await router.setFee(selector, fee);
        await link.connect(payer).approve(broadcaster, MaxUint256);
        await broadcaster.setTreasuryBudget(NATIVE, TOO_MUCH - 1n);
        for (const feeToken of [NATIVE, await link.getAddress()]) {
          expect(await broadcaster.quote(SELECTORS, feeToken)).to.deep.equal([
            HOSTILE_FEE,
            [0n, HOSTILE_FEE, 0n],
          ]);
          const value = feeToken === NATIVE ? HOSTILE_FEE : 0n;
          await expect(
            broadcaster.connect(payer).broadcast(SELECTORS, feeToken, MaxUint256, { value }),
          )
            .to.emit(broadcaster, "BroadcastFailed")
            .withArgs(FIRST.selector, 2, feeAboveMaximum(fee, TOO_MUCH - 1n))
            .and.to.emit(broadcaster, "BroadcastFailed")
            .withArgs(THIRD.selector, 2, feeAboveMaximum(fee, TOO_MUCH - 1n - HOSTILE_FEE));
        }
        await expect(
          broadcaster.connect(spender).broadcastFromTreasury(SELECTORS, NATIVE, MaxUint256),
        )
          .to.emit(broadcaster, "BroadcastFailed")
          .withArgs(FIRST.selector, 2, feeAboveMaximum(fee, TOO_MUCH - 1n));
        expect(await epochsSent(broadcaster)).to.deep.equal([0n, 2n, 0n]);
      });
    }

    it("does not replace the payer's balance: an allowance without a balance reverts the whole call", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, router, payer } = world;
      await router.setFee(SECOND.selector, TOO_MUCH - 1n);
      const most = [TOO_MUCH - 1n, [TOO_MUCH - 1n]];
      expect(await broadcaster.quote([SECOND.selector], NATIVE)).to.deep.equal(most);
      await expect(
        broadcaster
          .connect(payer)
          .broadcast([SECOND.selector], NATIVE, MaxUint256, { value: HOSTILE_FEE }),
      )
        .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
        .withArgs(SECOND.selector, TOO_MUCH - 1n, HOSTILE_FEE);
      await expectNothingSent(world);
    });
  });

  describe("the treasury's daily budget", () => {
    const DAY = 86_400n;

    /** A budget of two fees and a half a day in native, at noon, for a treasury of five fees. */
    async function fixture(): Promise<
      Awaited<ReturnType<typeof broadcasterOnHostileRouterFixture>>
    > {
      const world = await broadcasterOnHostileRouterFixture();
      await world.broadcaster.setTreasuryBudget(NATIVE, BUDGET);
      await time.setNextBlockTimestamp((BigInt(await time.latest()) / DAY + 1n) * DAY + DAY / 2n);
      await world.admin.sendTransaction({ to: SOMEONE });
      return world;
    }
    const BUDGET = (5n * HOSTILE_FEE) / 2n;

    it("is zero until the admin sets it [D20]", async () => {
      const { token, router, link, admin, spender } = await loadFixture(fixture);
      const broadcaster = await new RebaseBroadcaster__factory(admin).deploy(
        token,
        router,
        link,
        admin,
        0,
      );
      await broadcaster.grantRole(SPENDER_ROLE, spender);
      await broadcaster.setDestination(FIRST.selector, FIRST.receiver, FIRST.gasLimit);
      await admin.sendTransaction({ to: broadcaster, value: TREASURY });
      expect(await broadcaster.getTreasuryBudget(NATIVE)).to.deep.equal([0n, 0n]);
      const send = broadcaster.connect(spender).broadcastFromTreasury;
      await expect(send([FIRST.selector], NATIVE, MaxUint256))
        .to.emit(broadcaster, "BroadcastFailed")
        .withArgs(FIRST.selector, 2, feeAboveMaximum(HOSTILE_FEE, 0n));
      await expect(broadcaster.setTreasuryBudget(NATIVE, HOSTILE_FEE))
        .to.emit(broadcaster, "TreasuryBudgetSet")
        .withArgs(NATIVE, HOSTILE_FEE);
      await expect(send([FIRST.selector], NATIVE, MaxUint256)).to.changeEtherBalance(
        broadcaster,
        -HOSTILE_FEE,
      );
    });

    it("stops a spender who would empty the treasury, until the next day [D20]", async () => {
      const { broadcaster, spender } = await loadFixture(fixture);
      const balance = (): Promise<bigint> => ethers.provider.getBalance(broadcaster);
      const drain = async (): Promise<void> => {
        for (let i = 0; i < 4; i++) {
          await broadcaster.connect(spender).broadcastFromTreasury(SELECTORS, NATIVE, MaxUint256);
        }
      };
      await drain();
      expect(await balance()).to.equal(TREASURY - 2n * HOSTILE_FEE);
      expect(await broadcaster.getTreasuryBudget(NATIVE)).to.deep.equal([
        BUDGET,
        BUDGET - 2n * HOSTILE_FEE,
      ]);

      const midnight = (BigInt(await time.latest()) / DAY + 1n) * DAY;
      await time.increaseTo(midnight - 5n);
      await drain();
      expect(await balance()).to.equal(TREASURY - 2n * HOSTILE_FEE);

      await time.increaseTo(midnight);
      expect(await broadcaster.getTreasuryBudget(NATIVE)).to.deep.equal([BUDGET, BUDGET]);
      await drain();
      expect(await balance()).to.equal(TREASURY - 4n * HOSTILE_FEE);
    });

    it("stops a spender who uses a lane that asks for everything", async () => {
      const { broadcaster, router, spender } = await loadFixture(fixture);
      await router.setFee(FIRST.selector, TREASURY);
      const sent = await broadcaster
        .connect(spender)
        .broadcastFromTreasury(SELECTORS, NATIVE, MaxUint256);
      await expect(sent)
        .to.emit(broadcaster, "BroadcastFailed")
        .withArgs(FIRST.selector, 2, feeAboveMaximum(TREASURY, BUDGET));
      await expect(sent).to.changeEtherBalance(broadcaster, -2n * HOSTILE_FEE);
    });

    it("counts what was spent, not what was allowed, separately for each fee token", async () => {
      const { broadcaster, router, link, spender } = await loadFixture(fixture);
      await router.setFault(FIRST.selector, FAULT.revertOnSend);
      const send = broadcaster.connect(spender).broadcastFromTreasury;
      await send([FIRST.selector, SECOND.selector], NATIVE, 2n * HOSTILE_FEE);
      expect((await broadcaster.getTreasuryBudget(NATIVE)).left).to.equal(BUDGET - HOSTILE_FEE);
      expect((await broadcaster.getTreasuryBudget(link)).left).to.equal(TREASURY_BUDGET);
      await send([SECOND.selector], link, HOSTILE_FEE);
      expect((await broadcaster.getTreasuryBudget(NATIVE)).left).to.equal(BUDGET - HOSTILE_FEE);
      expect((await broadcaster.getTreasuryBudget(link)).left).to.equal(
        TREASURY_BUDGET - HOSTILE_FEE,
      );
    });

    it("applies at once when it is changed, including what was spent today", async () => {
      const { broadcaster, spender } = await loadFixture(fixture);
      const send = broadcaster.connect(spender).broadcastFromTreasury;
      await send([FIRST.selector, SECOND.selector], NATIVE, MaxUint256);
      for (const [perDay, left] of [
        [HOSTILE_FEE, 0n],
        [2n * HOSTILE_FEE, 0n],
        [3n * HOSTILE_FEE, HOSTILE_FEE],
        [TOO_MUCH - 1n, TOO_MUCH - 1n - 2n * HOSTILE_FEE],
        [0n, 0n],
      ] as const) {
        await broadcaster.setTreasuryBudget(NATIVE, perDay);
        expect(await broadcaster.getTreasuryBudget(NATIVE)).to.deep.equal([perDay, left]);
      }
      await expect(send([THIRD.selector], NATIVE, MaxUint256)).to.changeEtherBalance(
        broadcaster,
        0n,
      );
    });

    for (const fault of ["spendAgain", "spendPendingAgain"] as const) {
      it(`is not spent twice by a reentrant call (${fault}): a broadcast takes more gas than a lane has [D20]`, async () => {
        const { broadcaster, router, spender } = await loadFixture(fixture);
        await broadcaster.grantRole(SPENDER_ROLE, router);
        await router.setFault(FIRST.selector, FAULT[fault]);
        const sent = await broadcaster
          .connect(spender)
          .broadcastFromTreasury([FIRST.selector], NATIVE, MaxUint256);
        await expect(sent)
          .to.emit(broadcaster, "BroadcastFailed")
          .withArgs(FIRST.selector, 2, id("NotEnoughGasForCall()").slice(0, 10));
        await expect(sent).to.changeEtherBalance(broadcaster, 0n);
        expect((await broadcaster.getTreasuryBudget(NATIVE)).left).to.equal(BUDGET);
      });
    }

    it("does not limit the withdrawer or a paying caller", async () => {
      const { broadcaster, withdrawer, payer } = await loadFixture(fixture);
      await broadcaster.connect(withdrawer).withdraw(NATIVE, SOMEONE, TREASURY - HOSTILE_FEE);
      const value = 3n * HOSTILE_FEE;
      await broadcaster.connect(payer).broadcast(SELECTORS, NATIVE, value, { value });
      expect(await broadcaster.getTreasuryBudget(NATIVE)).to.deep.equal([BUDGET, BUDGET]);
    });

    it("is for native and LINK only", async () => {
      const { broadcaster, token } = await loadFixture(fixture);
      await expect(broadcaster.setTreasuryBudget(token, 1))
        .to.be.revertedWithCustomError(broadcaster, "UnsupportedFeeToken")
        .withArgs(await token.getAddress());
      expect(await broadcaster.getTreasuryBudget(token)).to.deep.equal([0n, 0n]);
    });
  });

  describe("a broken lane", () => {
    const laneBroken = HostileRouter__factory.createInterface().encodeErrorResult("LaneBroken", [
      SECOND.selector,
    ]);
    const noMessageId = RebaseBroadcaster__factory.createInterface().encodeErrorResult(
      "NoMessageId",
      [SECOND.selector],
    );
    const isLaneBroken = (reason: string): boolean => reason === laneBroken;
    const isNoMessageId = (reason: string): boolean => reason === noMessageId;
    const isEmpty = (reason: string): boolean => reason === "0x";
    const is132Bytes = (reason: string): boolean => dataLength(reason) === 132;
    const faults = [
      { what: "gives no fee", fault: FAULT.revertOnQuote, explains: isLaneBroken, quoted: 0n },
      { what: "refuses", fault: FAULT.revertOnSend, explains: isLaneBroken, quoted: HOSTILE_FEE },
      { what: "burns its gas", fault: FAULT.burnAllGas, explains: isEmpty, quoted: HOSTILE_FEE },
      {
        what: "reverts with 100,000 bytes, of which 132 are kept,",
        fault: FAULT.bomb,
        explains: is132Bytes,
        quoted: HOSTILE_FEE,
      },
      {
        what: "gives no message id",
        fault: FAULT.zeroId,
        explains: isNoMessageId,
        quoted: HOSTILE_FEE,
      },
    ];

    it("whose fee LINK does not move, though the payer has it, is not recorded as sent", async () => {
      const { broadcaster, link, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      // Everybody has one fee and allows it, and no transfer succeeds.
      await setCode(
        await link.getAddress(),
        "0x60003560e01c6323b872dd1415670de0b6b3a76400000260005260206000f3",
      );
      const refused = broadcaster.interface.encodeErrorResult("SafeERC20FailedOperation", [
        await link.getAddress(),
      ]);
      await expect(broadcaster.connect(payer).broadcast([FIRST.selector], link, MAX_FEE))
        .to.emit(broadcaster, "BroadcastFailed")
        .withArgs(FIRST.selector, 2, refused);
      expect(await epochsSent(broadcaster)).to.deep.equal([0n, 0n, 0n]);
    });

    for (const { what, fault, explains, quoted } of faults) {
      for (const payment of ["native", "LINK"] as const) {
        it(`that ${what} is skipped and not paid, in ${payment} [D15, D16]`, async () => {
          const world = await loadFixture(broadcasterOnHostileRouterFixture);
          const { broadcaster, router, link, payer } = world;
          await router.setFault(SECOND.selector, fault);
          const feeToken = await feeTokenOf(world, payment);
          await link.connect(payer).approve(broadcaster, 3n * HOSTILE_FEE);
          const value = payment === "native" ? 3n * HOSTILE_FEE : 0n;

          const broadcast = broadcaster.connect(payer).broadcast;
          const messageIds = await broadcast.staticCall(SELECTORS, feeToken, MAX_FEE, { value });
          const sent = await broadcast(SELECTORS, feeToken, MAX_FEE, { value });

          expect(messageIds.map((messageId) => messageId !== ZeroHash)).to.deep.equal([
            true,
            false,
            true,
          ]);
          await expect(sent)
            .to.emit(broadcaster, "BroadcastFailed")
            .withArgs(SECOND.selector, 2, explains);
          const nothing = [SECOND.receiver, SECOND.gasLimit, 0n, 0n, ZeroHash];
          expect(await broadcaster.getDestination(SECOND.selector)).to.deep.equal(nothing);
          for (const { selector } of [FIRST, THIRD]) {
            expect((await broadcaster.getDestination(selector)).lastEpoch).to.equal(2n);
          }

          const [inNative, inLink] =
            payment === "native" ? [2n * HOSTILE_FEE, 0n] : [0n, 2n * HOSTILE_FEE];
          await expect(sent).to.changeEtherBalances(
            [payer, router, broadcaster],
            [-inNative, inNative, 0n],
          );
          await expect(sent).to.changeTokenBalance(link, payer, -inLink);
        });
      }

      it(`that ${what} takes nothing, and the router keeps no allowance [D19]`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        const { broadcaster, router, link, payer, spender } = world;
        await router.setFault(SECOND.selector, fault);
        await link.connect(payer).approve(broadcaster, HOSTILE_FEE);
        for (const send of [
          () => broadcaster.connect(payer).broadcast([SECOND.selector], link, MAX_FEE),
          () =>
            broadcaster.connect(spender).broadcastFromTreasury([SECOND.selector], link, MAX_FEE),
        ]) {
          await expect(send).to.changeTokenBalances(link, [payer, broadcaster], [0n, 0n]);
          expect(await link.allowance(broadcaster, router)).to.equal(0n);
        }
        for (const send of [
          () =>
            broadcaster
              .connect(payer)
              .broadcast([SECOND.selector], NATIVE, MAX_FEE, { value: HOSTILE_FEE + 1n }),
          () =>
            broadcaster.connect(spender).broadcastFromTreasury([SECOND.selector], NATIVE, MAX_FEE),
        ]) {
          await expect(send).to.changeEtherBalances([payer, broadcaster], [0n, 0n]);
        }
        expect(await link.allowance(payer, broadcaster)).to.equal(HOSTILE_FEE);
      });

      it(`that ${what} is quoted ${quoted === 0n ? "as free" : "like any other"}`, async () => {
        const { broadcaster, router } = await loadFixture(broadcasterOnHostileRouterFixture);
        await router.setFault(SECOND.selector, fault);
        expect(await broadcaster.quote(SELECTORS, NATIVE)).to.deep.equal([
          2n * HOSTILE_FEE + quoted,
          [HOSTILE_FEE, quoted, HOSTILE_FEE],
        ]);
      });
    }

    it("keeps its record of what was sent before it broke", async () => {
      const { broadcaster, router, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      const send = (): Promise<ContractTransactionResponse> =>
        broadcaster
          .connect(payer)
          .broadcast([SECOND.selector], NATIVE, MAX_FEE, { value: HOSTILE_FEE });
      await send();
      const record = await broadcaster.getDestination(SECOND.selector);
      await router.setFault(SECOND.selector, FAULT.revertOnSend);
      await send();
      expect(await broadcaster.getDestination(SECOND.selector)).to.deep.equal([...record]);
    });

    it("never costs the others their message or the payer its fee, whichever lanes break [I31]", async () => {
      const names = ["none", "revertOnQuote", "revertOnSend", "burnAllGas", "bomb"] as const;
      const lane = fc.constantFrom(...names);
      await fc.assert(
        fc.asyncProperty(
          fc.tuple(lane, lane, lane),
          fc.constantFrom("native" as const, "LINK" as const),
          fc.bigInt(0n, parseEther("2")),
          async (lanes, payment, surplus) => {
            const world = await loadFixture(broadcasterOnHostileRouterFixture);
            const { broadcaster, router, link, payer } = world;
            for (const [i, name] of lanes.entries()) {
              await router.setFault(SELECTORS[i] ?? 0n, FAULT[name]);
            }
            const budget = 3n * HOSTILE_FEE + surplus;
            await link.connect(payer).approve(broadcaster, budget);
            const sent = await broadcaster
              .connect(payer)
              .broadcast(SELECTORS, await feeTokenOf(world, payment), MAX_FEE, {
                value: payment === "native" ? budget : 0n,
              });

            const alive = lanes.map((name) => name === "none");
            const spent = BigInt(alive.filter(Boolean).length) * HOSTILE_FEE;
            const epochs = await Promise.all(
              SELECTORS.map(async (key) => (await broadcaster.getDestination(key)).lastEpoch),
            );
            expect(epochs).to.deep.equal(alive.map((isAlive) => (isAlive ? 2n : 0n)));
            await expect(sent).to.changeEtherBalances(
              [payer, broadcaster],
              [payment === "native" ? -spent : 0n, 0n],
            );
            await expect(sent).to.changeTokenBalance(link, payer, payment === "LINK" ? -spent : 0n);
          },
        ),
        propertyRuns(20),
      );
    });
  });

  describe("the gas of a lane", () => {
    it("is 1,000,000, enough for one that needs 900,000, and `quote` gives as much", async () => {
      const { broadcaster, router, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      expect(await broadcaster.LANE_GAS_LIMIT()).to.equal(1_000_000n);
      const value = 3n * HOSTILE_FEE;
      const cases: [burnt: bigint, quoted: bigint, sent: bigint][] = [
        [900_000n, HOSTILE_FEE, 2n],
        [930_000n, HOSTILE_FEE, 2n],
        [1_000_000n, 0n, 0n],
        [5_000_000n, 0n, 0n],
      ];
      for (const [burnt, quoted, sent] of cases) {
        const snapshot = await takeSnapshot();
        await router.setQuoteGas(SECOND.selector, burnt);
        expect(await broadcaster.quote(SELECTORS, NATIVE), `${burnt}`).to.deep.equal([
          2n * HOSTILE_FEE + quoted,
          [HOSTILE_FEE, quoted, HOSTILE_FEE],
        ]);
        await broadcaster.connect(payer).broadcast(SELECTORS, NATIVE, value, { value });
        expect(await epochsSent(broadcaster), `${burnt}`).to.deep.equal([2n, sent, 2n]);
        await snapshot.restore();
      }
    });

    for (const payment of ["native", "LINK", "LINK of the treasury"] as const) {
      it(`fails the lane, never the payer, when its quote burns it: ${payment}`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        const { broadcaster, router, link, payer, spender, withdrawer } = world;
        await link.connect(payer).approve(broadcaster, MaxUint256);
        // LINK moves at its dearest into an account that has none.
        if (payment === "LINK") {
          await broadcaster.connect(withdrawer).withdraw(link, SOMEONE, TREASURY);
        }
        const value = payment === "native" ? 3n * HOSTILE_FEE : 0n;
        const feeToken = payment === "native" ? NATIVE : await link.getAddress();
        const outcomes = new Set<string>();
        for (let burnt = 890_000n; burnt <= 985_000n; burnt += 500n) {
          await router.setQuoteGas(FIRST.selector, burnt);
          const messageIds =
            payment === "LINK of the treasury"
              ? await broadcaster
                  .connect(spender)
                  .broadcastFromTreasury.staticCall(SELECTORS, feeToken, 3n * HOSTILE_FEE)
              : await broadcaster
                  .connect(payer)
                  .broadcast.staticCall(SELECTORS, feeToken, 3n * HOSTILE_FEE, { value });
          outcomes.add(messageIds.map((messageId) => messageId !== ZeroHash).join());
        }
        expect([...outcomes]).to.deep.equal(["true,true,true", "false,true,true"]);
      });
    }

    it("cannot be reduced by the gas of the transaction, to the unit [D16]", async () => {
      const { broadcaster, router, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      const selectors = [FIRST.selector, SECOND.selector];
      const value = 2n * HOSTILE_FEE;
      // As hungry as a lane may be and still be served: less gas by a little, and it would fail alone.
      await router.setQuoteGas(SECOND.selector, 935_000n);
      const outcomeWith = (gasLimit: bigint): Promise<string> =>
        broadcaster
          .connect(payer)
          .broadcast.staticCall(selectors, NATIVE, value, { value, gasLimit })
          .then(
            (messageIds) => messageIds.map((messageId) => messageId !== ZeroHash).join(),
            () => "reverted whole",
          );
      let [low, high] = [1_100_000n, 2_400_000n];
      expect(await outcomeWith(high)).to.equal("true,true");
      while (high - low > 1n) {
        const middle = (low + high) / 2n;
        if ((await outcomeWith(middle)) === "reverted whole") low = middle;
        else high = middle;
      }
      const outcomes = new Set<string>();
      for (let offset = -2_000n; offset <= 10_000n; offset += 20n) {
        outcomes.add(await outcomeWith(high + offset));
      }
      for (let offset = -50n; offset <= 50n; offset++) {
        outcomes.add(await outcomeWith(high + offset));
      }
      expect([...outcomes]).to.deep.equal(["reverted whole", "true,true"]);
    });

    it("is never withheld: with too little of it the whole call reverts", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, payer } = world;
      await expect(
        broadcaster
          .connect(payer)
          .broadcast(SELECTORS, NATIVE, MAX_FEE, { value: 3n * HOSTILE_FEE, gasLimit: 900_000 }),
      ).to.be.revertedWithCustomError(broadcaster, "NotEnoughGasForCall");
      await expectNothingSent(world);
    });

    it("allows fifteen lanes that use all of it within Ethereum's gas limit of a transaction [D16, D21]", async () => {
      const { broadcaster, router, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      const selectors = Array.from({ length: 15 }, (_, i) => 201n + BigInt(i));
      for (const selector of selectors) {
        await broadcaster.setDestination(selector, SOMEONE, MIN_GAS_LIMIT);
        await router.setFault(selector, FAULT.burnAllGas);
      }
      const value = parseEther("15");
      const sent = await broadcaster
        .connect(payer)
        .broadcast(selectors, NATIVE, value, { value, gasLimit: 2n ** 24n });
      expect(await failedLanes(broadcaster, sent)).to.equal(selectors.join());
      expect((await sent.wait())?.gasUsed).to.be.at.least(15n * 980_000n);
    });

    it("cannot be taken from a lane by choosing the gas of the transaction [D16]", async () => {
      const { broadcaster, router, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      await router.setFault(FIRST.selector, FAULT.burnAllGas);
      const selectors = [FIRST.selector, SECOND.selector];
      const outcomes = new Set<string>();
      for (let gasLimit = 100_000; gasLimit <= 2_600_000; gasLimit += 100_000) {
        const outcome = await broadcaster
          .connect(payer)
          .broadcast(selectors, NATIVE, MAX_FEE, { value: 2n * HOSTILE_FEE, gasLimit })
          .then(
            (sent) => failedLanes(broadcaster, sent),
            () => "reverted whole",
          );
        outcomes.add(outcome);
      }
      expect([...outcomes]).to.have.members(["reverted whole", `${FIRST.selector}`]);
    });
  });

  describe("permissions", () => {
    type Actor = "admin" | "next admin" | "spender" | "withdrawer" | "thirdParty";
    type World = Awaited<ReturnType<typeof broadcasterOnSimulatorFixture>> & RolesWorld<Actor>;
    const everyone: Actor[] = ["admin", "next admin", "spender", "withdrawer", "thirdParty"];

    async function rolesFixture(): Promise<World> {
      const world = await broadcasterOnSimulatorFixture();
      const { broadcaster, admin, payer, spender, withdrawer, thirdParty } = world;
      await broadcaster.beginDefaultAdminTransfer(payer);
      await time.increase(ADMIN_DELAY_SECONDS + 1n);
      return {
        ...world,
        contract: broadcaster,
        actors: { admin, "next admin": payer, spender, withdrawer, thirdParty },
      };
    }

    const byAdmin = { allowed: ["admin" as const], refusal: missingRole(ZeroHash) };

    shouldAllowExactly<Actor, World>(RebaseBroadcaster__factory.createInterface(), rolesFixture, {
      ...adminRulesRows<Actor, World>({
        admin: "admin",
        nextAdmin: "next admin",
        everyone,
        role: SPENDER_ROLE,
        account: SOMEONE,
      }),
      broadcast: { allowed: everyone, args: () => [SELECTORS, NATIVE, MAX_FEE] },
      broadcastFromTreasury: {
        allowed: ["spender"],
        args: () => [SELECTORS, NATIVE, MAX_FEE],
        refusal: missingRole(SPENDER_ROLE),
      },
      broadcastPending: { allowed: everyone, args: () => [NATIVE, MAX_FEE, 0] },
      broadcastPendingRange: { allowed: everyone, args: () => [NATIVE, MAX_FEE, 0, 0, 1] },
      broadcastPendingFromTreasury: {
        allowed: ["spender"],
        args: () => [NATIVE, MAX_FEE, 0],
        refusal: missingRole(SPENDER_ROLE),
      },
      broadcastPendingRangeFromTreasury: {
        allowed: ["spender"],
        args: () => [NATIVE, MAX_FEE, 0, 0, 1],
        refusal: missingRole(SPENDER_ROLE),
      },
      sendLane: {
        allowed: [],
        args: (caller) => [FIRST.selector, "0x", [NATIVE, caller, 0, MAX_FEE]],
        refusal: (caller) => ["OnlySelf", caller],
      },
      setTreasuryBudget: { ...byAdmin, args: () => [NATIVE, 1] },
      setRouter: { ...byAdmin, args: (_, { router }) => [router] },
      setDestination: { ...byAdmin, args: () => [UNKNOWN, SOMEONE, 150_000] },
      removeDestination: { ...byAdmin, args: () => [FIRST.selector] },
      withdraw: {
        allowed: ["withdrawer"],
        args: (caller) => [NATIVE, caller, 1],
        refusal: missingRole(WITHDRAWER_ROLE),
      },
    });
  });
});

/** Reason in BroadcastFailed for a lane that asked for more than there was left. */
function feeAboveMaximum(fee: bigint, left: bigint): string {
  return RebaseBroadcaster__factory.createInterface().encodeErrorResult("FeeAboveMaximum", [
    fee,
    left,
  ]);
}

/** The epoch that was sent to each destination last. */
function epochsSent(broadcaster: RebaseBroadcaster): Promise<bigint[]> {
  return Promise.all(
    SELECTORS.map(async (selector) => (await broadcaster.getDestination(selector)).lastEpoch),
  );
}

/** Any message id but none. */
function anyMessageId(messageId: string): boolean {
  return dataLength(messageId) === 32 && messageId !== ZeroHash;
}

async function feeTokenOf(world: BroadcasterWorld, payment: "native" | "LINK"): Promise<string> {
  return payment === "native" ? NATIVE : world.link.getAddress();
}

/** The call that reverted undid all of it: the treasury is whole and no lane has a record. */
async function expectNothingSent({ broadcaster, link, admin }: BroadcasterWorld): Promise<void> {
  expect(await admin.provider.getBalance(broadcaster)).to.equal(TREASURY);
  expect(await link.balanceOf(broadcaster)).to.equal(TREASURY);
  for (const { selector, receiver, gasLimit } of DESTINATIONS) {
    expect(await broadcaster.getDestination(selector)).to.deep.equal([
      receiver,
      gasLimit,
      0n,
      0n,
      ZeroHash,
    ]);
  }
}

/** The selectors of the lanes that a broadcast passed over. */
async function failedLanes(
  broadcaster: RebaseBroadcaster,
  sent: ContractTransactionResponse,
): Promise<string> {
  const receipt = await sent.wait();
  const failed = broadcaster.interface.getEvent("BroadcastFailed").topicHash;
  return (receipt?.logs ?? [])
    .filter(({ topics }) => topics[0] === failed)
    .map(({ topics }) => `${BigInt(dataSlice(topics[1] ?? "0x", 0, 32))}`)
    .join();
}
