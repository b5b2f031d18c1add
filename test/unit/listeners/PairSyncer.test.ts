import { IS_INSTRUMENTED, loadFixture } from "../../shared/fixture";
import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther } from "ethers";

import {
  FlashSwapper__factory,
  ListenerOfTests__factory,
  PairSyncer__factory,
} from "../../../typechain-types";
import { GENESIS_INDEX, GROWN_INDEX, ceilDiv } from "../../shared/indexes";
import { leastGasOf } from "../../shared/leastGas";
import { LISTENER_GAS, RESERVE, addPair, pairFixture } from "../../shared/pairFixture";
import { shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";
import { ROLES, fixNextBlockTime, rebaseNow } from "../../shared/tokenFixture";

const GROWN_RESERVE = (RESERVE * GENESIS_INDEX) / GROWN_INDEX;
/** The most of the other reserve that the growth of this one buys, by Uniswap's constant product and its fee of 0.3 %. */
const TAKEN =
  RESERVE -
  ceilDiv(RESERVE * RESERVE * 1_000n, GROWN_RESERVE * 1_000n - (GROWN_RESERVE - RESERVE) * 3n);

describe("PairSyncer", () => {
  it("gives the growth to the liquidity providers, on the real pair", async () => {
    const world = await loadFixture(pairFixture);
    const { pair, notifier, syncer, token } = world;
    await rebaseNow(world, GROWN_INDEX);
    await expect(notifier.notify()).to.emit(syncer, "PairSynced").withArgs(pair.address, 2n);
    const [reserve, ofOther] = await pair.reserves();
    expect(reserve).to.equal(await token.balanceOf(pair.address));
    expect(reserve).to.be.greaterThan(RESERVE);
    expect(ofOther).to.equal(RESERVE);
  });

  it("cannot protect a pair of the plain token from who makes the index count inside a flash swap", async () => {
    const world = await loadFixture(pairFixture);
    const { pair, other, token, admin, notifier, syncer } = world;
    const attacker = await new FlashSwapper__factory(admin).deploy();
    // Stands for whoever may execute a message, or call a policy.
    await token.grantRole(ROLES.rebaser, attacker);
    const call = token.interface.encodeFunctionData("rebase", [
      2n,
      GROWN_INDEX,
      await fixNextBlockTime(),
    ]);
    const [first, second] = pair.isFirst ? [0n, TAKEN] : [TAKEN, 0n];
    await attacker.swap(pair.address, first, second, token, call);
    expect(await other.balanceOf(attacker)).to.equal(TAKEN);
    expect((TAKEN + parseEther("0.5")) / parseEther("1")).to.equal(47_483n);

    // The growth of the reserve is paid for: syncing gives it to nobody.
    await notifier.notify();
    const [reserve, ofOther] = await pair.reserves();
    expect(reserve).to.equal(await token.balanceOf(pair.address));
    expect(ofOther).to.equal(RESERVE - TAKEN);
    expect(await syncer.getPairs()).to.deep.equal([pair.address]);
  });

  it("logs that a locked pair could not be synced, and syncs the others", async () => {
    const world = await loadFixture(pairFixture);
    const { pair, admin, notifier, syncer } = world;
    const another = await addPair(world);
    await rebaseNow(world, GROWN_INDEX);

    const attacker = await new FlashSwapper__factory(admin).deploy();
    const [first, second] = pair.isFirst ? [0n, TAKEN] : [TAKEN, 0n];
    const call = notifier.interface.encodeFunctionData("notify");
    const attack = attacker.swap(pair.address, first, second, notifier, call);
    await expect(attack).to.emit(syncer, "PairSyncFailed").withArgs(pair.address, 2n);
    await expect(attack).to.emit(syncer, "PairSynced").withArgs(another.address, 2n);
  });

  it("fails as a whole, to be tried again, rather than starve a pair of gas", async () => {
    const world = await loadFixture(pairFixture);
    const { notifier, syncer, pair } = world;
    await notifier.setListener(syncer, 100_000n);
    await rebaseNow(world, GROWN_INDEX);
    await expect(notifier.notify()).to.emit(notifier, "ListenerFailed");
    expect((await pair.reserves())[0]).to.equal(RESERVE);
    await notifier.setListener(syncer, LISTENER_GAS);
    await expect(notifier.notify()).to.emit(syncer, "PairSynced");
  });

  it("refuses a call with too little gas for its pairs", async () => {
    const { syncer } = await loadFixture(pairFixture);
    await expect(syncer.onRebase.staticCall(1, 2, 3, { gasLimit: 100_000 }))
      .to.be.revertedWithCustomError(syncer, "NotEnoughGas")
      .withArgs((left: bigint) => left < 100_000n, 1n);
  });

  it("calls a pair as soon as it can give it all of its gas, and not before", async () => {
    const { syncer, token } = await loadFixture(pairFixture);
    const pair = await token.getAddress();
    // GAS PUSH0 MSTORE PUSH1 32 PUSH0 LOG0: it logs the gas that it has.
    await setCode(pair, "0x5a5f5260205fa000");
    const other = (await syncer.getPairs())[0] ?? "";
    await syncer.removePair(other);
    await syncer.addPair(pair);
    const call = (gasLimit: bigint) => syncer.onRebase.staticCall(1, 2, 3, { gasLimit });
    const least = await leastGasOf(call);

    await expect(call(least - 1n))
      .to.be.revertedWithCustomError(syncer, "NotEnoughGas")
      .withArgs((left: bigint) => IS_INSTRUMENTED || (left < 126_905n && left > 126_800n), 1n);
    const receipt = await (await syncer.onRebase(1, 2, 3, { gasLimit: least })).wait();
    const [given] = receipt?.logs.filter(({ address }) => address === pair) ?? [];
    expect(BigInt(given?.data ?? 0)).to.be.within(119_990n, 120_000n);
  });

  it("keeps a list of contracts, each once", async () => {
    const { syncer, pair, alice, admin } = await loadFixture(pairFixture);
    await expect(syncer.addPair(alice))
      .to.be.revertedWithCustomError(syncer, "NotAContract")
      .withArgs(alice.address);
    await expect(syncer.addPair(pair.address))
      .to.be.revertedWithCustomError(syncer, "PairKnown")
      .withArgs(pair.address);
    await expect(syncer.removePair(pair.address))
      .to.emit(syncer, "PairRemoved")
      .withArgs(pair.address);
    await expect(syncer.removePair(pair.address))
      .to.be.revertedWithCustomError(syncer, "UnknownPair")
      .withArgs(pair.address);
    const contract = await new ListenerOfTests__factory(admin).deploy();
    await expect(syncer.addPair(contract))
      .to.emit(syncer, "PairAdded")
      .withArgs(await contract.getAddress());
  });

  describe("who may call which function", () => {
    interface World extends RolesWorld<"owner" | "next owner" | "third party"> {
      readonly pair: string;
      readonly token: string;
    }
    async function rolesFixture(): Promise<World> {
      const { syncer, pair, token, admin, alice, bob } = await pairFixture();
      await syncer.transferOwnership(alice);
      const actors = { owner: admin, "next owner": alice, "third party": bob };
      return { contract: syncer, pair: pair.address, token: await token.getAddress(), actors };
    }
    const refusal = (caller: string) => ["OwnableUnauthorizedAccount", caller] as const;
    const owner = { allowed: ["owner"] as const, refusal };
    shouldAllowExactly<keyof World["actors"], World>(
      PairSyncer__factory.createInterface(),
      rolesFixture,
      {
        onRebase: { allowed: ["owner", "next owner", "third party"], args: () => [1, 2, 3] },
        addPair: { ...owner, args: (_, { token }) => [token] },
        removePair: { ...owner, args: (_, { pair }) => [pair] },
        transferOwnership: { ...owner, args: (caller) => [caller] },
        renounceOwnership: owner,
        acceptOwnership: { allowed: ["next owner"], refusal },
      },
    );
  });
});
