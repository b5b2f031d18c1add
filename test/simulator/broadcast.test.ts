import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, dataLength } from "ethers";
import type { BaseContract, ContractTransactionResponse } from "ethers";

import { CONFIG, UNCHANGED } from "../shared/controllerFixture";
import { loadFixture } from "../shared/fixture";
import { FEE, SELECTOR, SIMULATED_SOURCE, simulatorFixture } from "../shared/simulatorFixture";
import type { Satellite, SimulatorWorld } from "../shared/simulatorFixture";

const NATIVE = ZeroAddress;
const BOTH = [SELECTOR.near, SELECTOR.far];

describe("A broadcast through Chainlink Local's simulator", () => {
  const payments = [
    { payment: "native", feeTokenOf: () => Promise.resolve(NATIVE) },
    { payment: "LINK", feeTokenOf: ({ link }: SimulatorWorld) => link.getAddress() },
  ];

  for (const { payment, feeTokenOf } of payments) {
    it(`brings unsynced satellites the index of the home, for a fee in ${payment}`, async () => {
      const world = await loadFixture(simulatorFixture);
      const { broadcaster, home, router, link, near, far, payer } = world;
      expect(await near.token.epoch()).to.equal(0n);
      const feeToken = await feeTokenOf(world);
      const [total] = await broadcaster.quote(BOTH, feeToken);
      expect(total).to.equal(2n * FEE);

      const value = payment === "native" ? total : 0n;
      const sent = await broadcaster.connect(payer).broadcast(BOTH, feeToken, total, { value });
      for (const { selector, token, receiver } of [near, far]) {
        const { lastMessageId } = await broadcaster.getDestination(selector);
        await expect(sent)
          .to.emit(broadcaster, "BroadcastSent")
          .withArgs(selector, lastMessageId, 1, feeToken, FEE)
          .and.to.emit(receiver, "BroadcastApplied")
          .withArgs(1, 0, lastMessageId);
        expect(await token.indexState()).to.deep.equal([...(await home.indexState())]);
      }
      const parties = [payer, router, broadcaster];
      const [paid, unpaid] = [
        [-total, total, 0n],
        [0n, 0n, 0n],
      ];
      await expect(sent).to.changeEtherBalances(parties, payment === "native" ? paid : unpaid);
      await expect(sent).to.changeTokenBalances(link, parties, payment === "LINK" ? paid : unpaid);
    });
  }

  it("carries a pending rebase, which takes effect in the same second everywhere", async () => {
    const world = await loadFixture(simulatorFixture);
    const { controller, home, near, far, operator } = world;
    await controller.connect(operator).rebase(CONFIG.maxGrowthFactor, 2);
    const { current, next, effectiveAt } = await home.indexState();
    await send(world, BOTH);

    for (const [pinnedBlock, index] of [
      [effectiveAt - 1n, current],
      [effectiveAt, next],
    ] as const) {
      await time.increaseTo(pinnedBlock);
      for (const token of [home, near.token, far.token]) {
        expect(await token.sharesPerToken()).to.equal(index);
      }
    }
  });

  it("carries a cancellation like the rebase", async () => {
    const world = await loadFixture(simulatorFixture);
    const { controller, home, near, operator } = world;
    await controller.connect(operator).rebase(CONFIG.minGrowthFactor, 2);
    const { current, effectiveAt } = await home.indexState();
    await send(world, BOTH);
    await controller.cancelPending(3);
    await send(world, BOTH);
    await time.increaseTo(effectiveAt + 1n);
    expect(await near.token.sharesPerToken()).to.equal(current);
    expect(await near.token.epoch()).to.equal(3n);
  });

  it("is ignored when it is repeated", async () => {
    const world = await loadFixture(simulatorFixture);
    const { near } = world;
    await send(world, BOTH);
    const before = await near.token.indexState();
    const repeated = await send(world, [SELECTOR.near]);
    await expect(repeated)
      .to.emit(near.receiver, "BroadcastIgnored")
      .withArgs(1, 1, (messageId: string) => dataLength(messageId) === 32);
    expect(await near.token.indexState()).to.deep.equal([...before]);
  });

  it("syncs a satellite that missed the previous one", async () => {
    const world = await loadFixture(simulatorFixture);
    const { controller, home, near, far, operator } = world;
    await send(world, BOTH);
    await controller.connect(operator).rebase(CONFIG.maxGrowthFactor, 2);
    await send(world, [SELECTOR.near]);
    expect(await far.token.epoch()).to.equal(1n);

    await time.increase(CONFIG.delay + CONFIG.minInterval);
    await controller.connect(operator).rebaseAfter(UNCHANGED, 0, 3);
    const sent = await send(world, BOTH);
    await expectApplied(sent, near, 3, 2);
    await expectApplied(sent, far, 3, 1);
    expect(await far.token.sharesPerToken()).to.equal(await home.sharesPerToken());
  });

  for (const { payment, feeTokenOf } of payments) {
    it(`fails only on the lane whose receiver refuses, and costs nothing there (${payment})`, async () => {
      const world = await loadFixture(simulatorFixture);
      const { broadcaster, router, refusing, link, near, far, payer } = world;
      const selectors = [SELECTOR.near, SELECTOR.refusing, SELECTOR.far];
      const feeToken = await feeTokenOf(world);
      const value = payment === "native" ? 3n * FEE : 0n;
      const sent = await broadcaster
        .connect(payer)
        .broadcast(selectors, feeToken, 3n * FEE, { value });

      const reason = (data: string): boolean =>
        dataLength(data) <= 132 &&
        data.startsWith(errorSelector(router, "ReceiverError")) &&
        data.includes(errorSelector(refusing, "Refused").slice(2));
      await expect(sent)
        .to.emit(broadcaster, "BroadcastFailed")
        .withArgs(SELECTOR.refusing, 1, reason);
      expect((await broadcaster.getDestination(SELECTOR.refusing)).lastEpoch).to.equal(0n);
      await expectApplied(sent, near, 1, 0);
      await expectApplied(sent, far, 1, 0);
      const spent = -2n * FEE;
      await expect(sent).to.changeEtherBalances(
        [payer, broadcaster],
        [payment === "native" ? spent : 0n, 0n],
      );
      await expect(sent).to.changeTokenBalances(
        link,
        [payer, broadcaster],
        [payment === "LINK" ? spent : 0n, 0n],
      );
      expect(await link.allowance(broadcaster, router)).to.be.at.most(1n);
    });
  }

  it("fits the lowest gas limit of a destination, first sync included", async () => {
    const world = await loadFixture(simulatorFixture);
    const { broadcaster, near } = world;
    const gasLimit = await broadcaster.MIN_GAS_LIMIT();
    await broadcaster.setDestination(SELECTOR.near, near.receiver, gasLimit);
    await expectApplied(await send(world, [SELECTOR.near]), near, 1, 0);
  });

  it("fails on a lane whose receiver is paired with another broadcaster", async () => {
    const world = await loadFixture(simulatorFixture);
    const { broadcaster, near, far, payer } = world;
    await near.receiver.setSource(SIMULATED_SOURCE, payer);
    const sent = await send(world, BOTH);
    await expect(sent).to.emit(broadcaster, "BroadcastFailed");
    await expectApplied(sent, far, 1, 0);
    expect(await near.token.epoch()).to.equal(0n);

    await near.receiver.setSource(SIMULATED_SOURCE, broadcaster);
    await expectApplied(await send(world, [SELECTOR.near]), near, 1, 0);
  });
});

/** Lets the payer broadcast for native money, the exact fee. */
function send(
  { broadcaster, payer }: SimulatorWorld,
  selectors: bigint[],
): Promise<ContractTransactionResponse> {
  const value = BigInt(selectors.length) * FEE;
  return broadcaster.connect(payer).broadcast(selectors, NATIVE, value, { value });
}

/** The satellite took the epoch over. */
async function expectApplied(
  sent: ContractTransactionResponse,
  { receiver, token }: Satellite,
  epoch: number,
  previousEpoch: number,
): Promise<void> {
  await expect(sent)
    .to.emit(receiver, "BroadcastApplied")
    .withArgs(epoch, previousEpoch, (messageId: string) => dataLength(messageId) === 32);
  expect(await token.epoch()).to.equal(epoch);
}

/** The selector of a contract's custom error. */
function errorSelector(contract: BaseContract, name: string): string {
  return contract.interface.getError(name)?.selector ?? `no error ${name}`;
}
