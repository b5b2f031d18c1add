import { mine, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash, parseEther } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { ethers, network } from "hardhat";

import { ReenteringPayer__factory } from "../../../typechain-types";
import type { RebaseBroadcaster } from "../../../typechain-types";
import {
  DESTINATIONS,
  SELECTORS,
  TREASURY_BUDGET,
  broadcasterOnHostileRouterFixture,
  broadcasterOnSimulatorFixture,
} from "../../shared/broadcasterFixture";
import type { BroadcasterWorld } from "../../shared/broadcasterFixture";
import { loadFixture } from "../../shared/fixture";

const [FIRST, SECOND, THIRD] = DESTINATIONS;
const NATIVE = ZeroAddress;
const SOMEONE = "0x000000000000000000000000000000000000dEaD";

/** Fee of HostileRouter for a message. */
const FEE = parseEther("1");
const MAX_FEE = parseEther("1000");
const VALUE = 3n * FEE;

/** HostileRouter's ways to fail. */
const REVERT_ON_SEND = 2;
const BURN_ALL_GAS = 3;

type HostileWorld = Awaited<ReturnType<typeof broadcasterOnHostileRouterFixture>>;

describe("RebaseBroadcaster.broadcastPending", () => {
  describe("pending destinations", () => {
    it("are all of them before the first broadcast, and none afterwards", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster } = world;
      expect(await pendingOf(broadcaster)).to.deep.equal(SELECTORS);
      expect(await sentBy(world, 0n)).to.deep.equal({ sent: SELECTORS, skipped: 0n });
      expect(await pendingOf(broadcaster)).to.deep.equal([]);
    });

    it("are those that were not sent the newest epoch, whatever else they were sent", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, payer } = world;
      await broadcaster.connect(payer).broadcast([SECOND.selector], NATIVE, FEE, { value: FEE });
      const others = [FIRST.selector, THIRD.selector];
      expect(await sentBy(world, 0n)).to.deep.equal({ sent: others, skipped: 1n });
    });

    it("are all of them after the next rebase", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      await sentBy(world, 0n);
      await rebase(world);
      expect(await sentBy(world, 0n)).to.deep.equal({ sent: SELECTORS, skipped: 0n });
    });

    it("are listed from a place on, at an age", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster } = world;
      await sentBy(world, 0n);
      await time.increase(1_000);
      const pending = (maxAge: bigint, offset: bigint) =>
        broadcaster.getPendingDestinations(maxAge, offset, MaxUint256);
      expect([...(await pending(1n, 0n))]).to.deep.equal(SELECTORS);
      expect([...(await pending(0n, 1n))]).to.deep.equal([]);
      expect([...(await pending(2n, 1n))]).to.deep.equal(SELECTORS.slice(1));
    });

    it("include one that was set again, also with only another gas limit, or removed and added [K15]", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster } = world;
      await sentBy(world, 0n);
      await broadcaster.setDestination(FIRST.selector, FIRST.receiver, 500_000);
      expect(await pendingOf(broadcaster)).to.deep.equal([FIRST.selector]);
      await broadcaster.removeDestination(SECOND.selector);
      expect(await pendingOf(broadcaster)).to.deep.equal([FIRST.selector]);
      await broadcaster.setDestination(SECOND.selector, SECOND.receiver, SECOND.gasLimit);
      const { sent, skipped } = await sentBy(world, 0n);
      expect(sent).to.deep.equal([FIRST.selector, SECOND.selector]);
      expect(skipped).to.equal(1n);
    });

    const ages: [what: string, maxAge: bigint, isSent: boolean][] = [
      ["never without a maxAge", 0n, false],
      ["not at the age of maxAge", 1_000n, false],
      ["a second later", 999n, true],
      ["not before an age that never comes", MaxUint256, false],
    ];
    for (const [what, maxAge, isSent] of ages) {
      it(`include one that has the epoch when its message is older than maxAge: ${what} [K15]`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        await sentBy(world, 0n);
        await time.setNextBlockTimestamp(BigInt(await time.latest()) + 1_000n);
        expect(await sentBy(world, maxAge)).to.deep.equal(
          isSent ? { sent: SELECTORS, skipped: 0n } : { sent: [], skipped: 3n },
        );
      });
    }
  });

  const ways = [
    { what: "native of the caller", feeToken: () => NATIVE, from: "caller" },
    { what: "LINK of the caller", feeToken: linkOf, from: "caller" },
    { what: "native of the treasury", feeToken: () => NATIVE, from: "treasury" },
    { what: "LINK of the treasury", feeToken: linkOf, from: "treasury" },
  ] as const;
  for (const { what, feeToken, from } of ways) {
    it(`charges exactly the fees of the sent messages, in ${what}, and nothing for the second call`, async () => {
      const world = await loadFixture(broadcasterOnSimulatorFixture);
      const { broadcaster, router, link, payer, spender } = world;
      const fee = parseEther("1");
      await router.setFee(fee);
      await link.connect(payer).approve(broadcaster, MaxUint256);
      const token = await feeToken(world);
      const isNative = token === NATIVE;
      const send = () =>
        from === "treasury"
          ? broadcaster.connect(spender).broadcastPendingFromTreasury(token, MAX_FEE, 0)
          : broadcaster.connect(payer).broadcastPending(token, MAX_FEE, 0, {
              value: isNative ? parseEther("7") : 0n,
            });
      await broadcaster.broadcast([SECOND.selector], NATIVE, fee, { value: fee });
      const account = from === "treasury" ? broadcaster : payer;
      for (const [paid, sent] of [
        [2n * fee, [FIRST.selector, THIRD.selector]],
        [0n, []],
      ] as const) {
        const transaction = await send();
        const parties = [account, router];
        await expect(transaction).to.changeEtherBalances(
          parties,
          isNative ? [-paid, paid] : [0n, 0n],
        );
        await expect(transaction).to.changeTokenBalances(
          link,
          parties,
          isNative ? [0n, 0n] : [-paid, paid],
        );
        expect(await sentIn(broadcaster, transaction)).to.deep.equal(sent);
      }
      const { left } = await broadcaster.getTreasuryBudget(token);
      expect(left).to.equal(TREASURY_BUDGET - (from === "treasury" ? 2n * fee : 0n));
    });
  }

  it("sends once when two runs call it in one block", async () => {
    const { broadcaster, payer, thirdParty } = await loadFixture(broadcasterOnHostileRouterFixture);
    await network.provider.send("evm_setAutomine", [false]);
    const overrides = { value: VALUE, gasLimit: 5_000_000 };
    const calls = await Promise.all(
      [payer, thirdParty].map((account) =>
        broadcaster.connect(account).broadcastPending(NATIVE, MAX_FEE, 1, overrides),
      ),
    );
    await mine();
    await network.provider.send("evm_setAutomine", [true]);
    const receipts = await Promise.all(calls.map((call) => call.wait()));
    expect(new Set(receipts.map((receipt) => receipt?.blockNumber)).size).to.equal(1);
    const sent = await Promise.all(calls.map((call) => sentIn(broadcaster, call)));
    expect(sent).to.have.deep.members([SELECTORS, []]);
  });

  it("sends once when the payer reenters while receiving the change [D20]", async () => {
    const { broadcaster, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
    const contract = await new ReenteringPayer__factory(payer).deploy();
    const sent = await contract.broadcastPending(broadcaster, { value: VALUE + 5n });
    expect(await sentIn(broadcaster, sent)).to.deep.equal(SELECTORS);
    expect([await contract.sentAgain(), await contract.skippedAgain()]).to.deep.equal([0n, 3n]);
    expect(await ethers.provider.getBalance(contract)).to.equal(5n);
  });

  describe("a range", () => {
    const ranges: [offset: bigint, limit: bigint, sent: bigint[]][] = [
      [0n, 0n, []],
      [0n, 2n, [FIRST.selector, SECOND.selector]],
      [1n, 1n, [SECOND.selector]],
      [2n, MaxUint256, [THIRD.selector]],
      [3n, 1n, []],
      [MaxUint256, MaxUint256, []],
    ];
    for (const [offset, limit, expected] of ranges) {
      it(`of ${limit === MaxUint256 ? "everything" : limit} from ${offset === MaxUint256 ? "nowhere" : offset} on is ${expected.length} in the order of getDestinations [D21]`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        const { broadcaster, payer, spender } = world;
        const byCaller = broadcaster.connect(payer).broadcastPendingRange;
        const args = [NATIVE, MAX_FEE, 0, offset, limit] as const;
        const [pending] = await byCaller.staticCall(...args, { value: VALUE });
        expect(pending).to.deep.equal(expected);
        const sent = await broadcaster.connect(spender).broadcastPendingRangeFromTreasury(...args);
        expect(await sentIn(broadcaster, sent)).to.deep.equal(expected);
        const [again, , skipped] = await byCaller.staticCall(...args, { value: VALUE });
        expect([again, skipped]).to.deep.equal([[], BigInt(expected.length)]);
      });
    }

    it("may miss a destination that a removal moved into an earlier range; the next round sends it", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, payer } = world;
      const send = async (offset: number) =>
        sentIn(
          broadcaster,
          await broadcaster
            .connect(payer)
            .broadcastPendingRange(NATIVE, MAX_FEE, 0, offset, 1, { value: VALUE }),
        );
      expect(await send(0)).to.deep.equal([FIRST.selector]);
      await broadcaster.removeDestination(FIRST.selector);
      expect(await broadcaster.getDestinations()).to.deep.equal([THIRD.selector, SECOND.selector]);
      expect(await send(1)).to.deep.equal([SECOND.selector]);
      expect(await send(0)).to.deep.equal([THIRD.selector]);
      expect(await pendingOf(broadcaster)).to.deep.equal([]);
    });
  });

  describe("a lane that fails", () => {
    for (const [what, fault] of [
      ["reverts", REVERT_ON_SEND],
      ["burns all gas", BURN_ALL_GAS],
    ] as const) {
      it(`and ${what} costs nothing, affects no other lane, and stays pending`, async () => {
        const world = await loadFixture(broadcasterOnHostileRouterFixture);
        const { broadcaster, router, payer } = world;
        await router.setFault(SECOND.selector, fault);
        const send = broadcaster.connect(payer).broadcastPending;
        const overrides = { value: VALUE, gasLimit: 5_000_000 };
        const [selectors, ids] = await send.staticCall(NATIVE, MAX_FEE, 0, overrides);
        expect(selectors).to.deep.equal(SELECTORS);
        expect(ids.map((messageId) => messageId === ZeroHash)).to.deep.equal([false, true, false]);

        const sent = await send(NATIVE, MAX_FEE, 0, overrides);
        await expect(sent).to.changeEtherBalance(payer, -2n * FEE);
        await expect(sent).to.emit(broadcaster, "BroadcastFailed");
        expect(await pendingOf(broadcaster)).to.deep.equal([SECOND.selector]);
        await router.setFault(SECOND.selector, 0);
        expect((await sentBy(world, 0n)).sent).to.deep.equal([SECOND.selector]);
      });
    }

    it("includes one that asks for more than is left of maxFee; the budget of the treasury applies as well", async () => {
      const world = await loadFixture(broadcasterOnHostileRouterFixture);
      const { broadcaster, router, payer, spender } = world;
      await router.setFee(FIRST.selector, 2n * FEE);
      const byCaller = broadcaster.connect(payer).broadcastPending;
      const sent = await byCaller(NATIVE, 2n * FEE - 1n, 0, { value: VALUE });
      expect(await sentIn(broadcaster, sent)).to.deep.equal([SECOND.selector]);

      await broadcaster.setTreasuryBudget(NATIVE, 2n * FEE);
      const byTreasury = broadcaster.connect(spender).broadcastPendingFromTreasury;
      const paid = await byTreasury(NATIVE, MaxUint256, 0);
      expect(await sentIn(broadcaster, paid)).to.deep.equal([FIRST.selector]);
      expect((await broadcaster.getTreasuryBudget(NATIVE)).left).to.equal(0n);
      expect(await pendingOf(broadcaster)).to.deep.equal([THIRD.selector]);
    });
  });

  describe("reverts as a whole", () => {
    it("when the value does not cover the next pending lane", async () => {
      const { broadcaster, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      const send = broadcaster.connect(payer).broadcastPending;
      await expect(send(NATIVE, MAX_FEE, 0, { value: VALUE - 1n }))
        .to.be.revertedWithCustomError(broadcaster, "InsufficientFee")
        .withArgs(THIRD.selector, FEE, FEE - 1n);
      expect(await pendingOf(broadcaster)).to.deep.equal(SELECTORS);
    });

    it("for any fee token but native and LINK, for native along with LINK, and with too little gas", async () => {
      const { broadcaster, link, payer } = await loadFixture(broadcasterOnHostileRouterFixture);
      const send = broadcaster.connect(payer).broadcastPending;
      await expect(send(SOMEONE, MAX_FEE, 0))
        .to.be.revertedWithCustomError(broadcaster, "UnsupportedFeeToken")
        .withArgs(SOMEONE);
      await expect(send(link, MAX_FEE, 0, { value: 1 }))
        .to.be.revertedWithCustomError(broadcaster, "UnexpectedValue")
        .withArgs(1);
      await expect(
        send(NATIVE, MAX_FEE, 0, { value: VALUE, gasLimit: 900_000 }),
      ).to.be.revertedWithCustomError(broadcaster, "NotEnoughGasForCall");
    });
  });
});

function linkOf({ link }: BroadcasterWorld): Promise<string> {
  return link.getAddress();
}

/** Every destination that is not sent the newest epoch. */
async function pendingOf(broadcaster: RebaseBroadcaster): Promise<bigint[]> {
  return [...(await broadcaster.getPendingDestinations(0, 0, MaxUint256))];
}

/** Sends what is pending, paid in native: what was sent, and how many destinations the call says that it skipped. */
async function sentBy({ broadcaster, payer }: HostileWorld, maxAge: bigint) {
  const send = broadcaster.connect(payer).broadcastPending;
  const args = [NATIVE, MAX_FEE, maxAge] as const;
  const overrides = { value: VALUE, blockTag: "pending" };
  const { skipped } = await send.staticCall(...args, overrides);
  const sent = await sentIn(broadcaster, await send(...args, { value: VALUE }));
  return { sent, skipped };
}

/** The selectors that a transaction sent a message to, in order. */
async function sentIn(
  broadcaster: RebaseBroadcaster,
  transaction: ContractTransactionResponse,
): Promise<bigint[]> {
  const receipt = await transaction.wait();
  const { topicHash } = broadcaster.interface.getEvent("BroadcastSent");
  return (receipt?.logs ?? [])
    .filter(({ topics }) => topics[0] === topicHash)
    .map(({ topics }) => BigInt(topics[1] ?? 0));
}

/** Home's next epoch. */
async function rebase({ token, admin }: BroadcasterWorld): Promise<void> {
  const epoch = (await token.epoch()) + 1n;
  await token.connect(admin).rebase(epoch, 8n * 10n ** 23n, (await time.latest()) + 86_400);
}
