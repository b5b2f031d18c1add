import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, MaxUint256, ZeroAddress, id, parseEther, zeroPadValue } from "ethers";
import type { AddressLike } from "ethers";

import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, ODD_INDEX } from "../../shared/indexes";
import { FEE, GAS, SELECTOR, wrappedBridgeFixture } from "../../shared/wrappedBridgeFixture";
import type { WrappedBridgeWorld } from "../../shared/wrappedBridgeFixture";

const MESSAGE = id("message");

/** Delivers shares for a receiver as the router does, from the paired bridge, on behalf of Bob: as many as it says. */
async function deliver(
  world: WrappedBridgeWorld,
  shares: bigint,
  receiver: string,
  { says = shares, gasLimit }: { readonly says?: bigint; readonly gasLimit?: bigint } = {},
) {
  const { token, bridge: pool, wrappedBridge, router, carol, bob } = world;
  const amount = (await token.previewBridgeMint(wrappedBridge, shares)).amount;
  await token.connect(pool).bridgeMint(wrappedBridge, shares);
  return wrappedBridge.connect(router).ccipReceive(
    {
      messageId: MESSAGE,
      sourceChainSelector: SELECTOR,
      sender: zeroPadValue(carol.address, 32),
      data: AbiCoder.defaultAbiCoder().encode(
        ["address", "address", "uint256"],
        [receiver, bob.address, says],
      ),
      destTokenAmounts: [{ token, amount }],
    },
    gasLimit === undefined ? {} : { gasLimit },
  );
}

describe("WrappedBridge: what it announces", () => {
  it("names message, sender, receiver, units and shares of what leaves", async () => {
    const { wrappedBridge, alice, bob } = await loadFixture(wrappedBridgeFixture);
    const wrapped = parseEther("3") + 7n;
    const travelling = ((wrapped * GENESIS_INDEX) / ODD_INDEX) * ODD_INDEX;
    const send = wrappedBridge.connect(alice).send;
    const terms = [SELECTOR, bob, wrapped, 0n, ZeroAddress] as const;
    await expect(send(...terms, { value: FEE }))
      .to.emit(wrappedBridge, "WrappedSent")
      .withArgs(() => true, SELECTOR, alice.address, bob.address, wrapped, travelling);
  });

  it("refuses to send for less than the sender demands, and says what would arrive", async () => {
    const { wrappedBridge, alice, bob } = await loadFixture(wrappedBridgeFixture);
    const arriving = ((1_000n * GENESIS_INDEX) / ODD_INDEX) * ODD_INDEX;
    await expect(
      wrappedBridge.connect(alice).send(SELECTOR, bob, 1_000n, 1_001n, ZeroAddress, { value: FEE }),
    )
      .to.be.revertedWithCustomError(wrappedBridge, "BelowMinimum")
      .withArgs(arriving / GENESIS_INDEX, 1_001n);
  });

  for (const rest of [1n, 5n]) {
    it(`names the units that arrive and the shares beside them, which the receiver gets plain: ${rest}`, async () => {
      const world = await loadFixture(wrappedBridgeFixture);
      const { wrappedBridge, wrapper, token } = world;
      const receiver = "0x000000000000000000000000000000000000bEEF";
      await expect(deliver(world, 20n * GENESIS_INDEX + rest, receiver))
        .to.emit(wrappedBridge, "WrappedReceived")
        .withArgs(MESSAGE, receiver, 20n, rest);
      expect(await wrapper.balanceOf(receiver)).to.equal(20n);
      expect(await token.sharesOf(receiver)).to.equal(rest);
    });
  }

  describe("takes a paired bridge that says more than it brought", () => {
    const brought = 20n * ODD_INDEX + 5n;
    /** Two units more than twenty, which the pool may have rounded away. */
    const most = 21n * ODD_INDEX;

    it("at what it brought, where nothing else lies here [K18]", async () => {
      const world = await loadFixture(wrappedBridgeFixture);
      await expectDelivered(world, brought);
    });

    it("at a unit more than its amount, where more lies here [K18]", async () => {
      const world = await loadFixture(wrappedBridgeFixture);
      const { token, alice, wrappedBridge } = world;
      await token.connect(alice).transferShares(wrappedBridge, 100n * ODD_INDEX);
      await expectDelivered(world, most);
    });

    it("without a share of what is kept for others [K18]", async () => {
      const world = await loadFixture(wrappedBridgeFixture);
      const { token, bob, carol, wrappedBridge } = world;
      const kept = 100n * ODD_INDEX;
      await deliver(world, kept, await token.getAddress());
      await expectDelivered(world, brought);
      await wrappedBridge.connect(bob).claim(carol);
      expect(await token.sharesOf(carol)).to.equal(kept);
    });

    async function expectDelivered(world: WrappedBridgeWorld, shares: bigint): Promise<void> {
      const { wrappedBridge, admin } = world;
      const arrived = [shares / GENESIS_INDEX, shares % GENESIS_INDEX];
      await expect(deliver(world, brought, admin.address, { says: MaxUint256 }))
        .to.emit(wrappedBridge, "WrappedReceived")
        .withArgs(MESSAGE, admin.address, ...arrived);
    }
  });

  it("gives the receiver the plain token while the wrapper takes nothing [K18]", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, wrapper, token, admin, bob } = world;
    await setCode(await wrapper.getAddress(), "0xfe");
    const before = await token.sharesOf(admin);
    await expect(deliver(world, 20n * GENESIS_INDEX, admin.address))
      .to.emit(wrappedBridge, "PlainReceived")
      .withArgs(MESSAGE, admin.address, 20n * GENESIS_INDEX);
    expect((await token.sharesOf(admin)) - before).to.equal(20n * GENESIS_INDEX);
    expect(await wrappedBridge.claimable(bob)).to.equal(0n);
  });

  it("keeps what cannot be delivered for the sender, who claims it once [K18]", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, token, bridge: pool, bob, carol } = world;
    const shares = 20n * GENESIS_INDEX;
    await expect(deliver(world, shares, await token.getAddress()))
      .to.emit(wrappedBridge, "ClaimAdded")
      .withArgs(MESSAGE, bob.address, shares);
    await expect(wrappedBridge.connect(bob).claim(carol))
      .to.emit(wrappedBridge, "Claimed")
      .withArgs(bob.address, carol.address, shares);
    expect(await token.sharesOf(carol)).to.equal(shares);
    await expect(wrappedBridge.connect(bob).claim(carol))
      .to.be.revertedWithCustomError(wrappedBridge, "NothingToClaim")
      .withArgs(bob.address);
    await token.connect(pool).bridgeMint(wrappedBridge, 7n);
    await expect(wrappedBridge.recover(token, carol), "what came after the claim")
      .to.emit(wrappedBridge, "Recovered")
      .withArgs(await token.getAddress(), carol.address, 7n);
  });

  it("gives the receiver nothing plain beside whole units", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, token, bob } = world;
    const before = await token.sharesOf(bob);
    await expect(deliver(world, 20n * GENESIS_INDEX, bob.address))
      .to.emit(wrappedBridge, "WrappedReceived")
      .withArgs(MESSAGE, bob.address, 20n, 0n);
    expect(await token.sharesOf(bob)).to.equal(before);
  });

  it("keeps for a foreign sender what its tokens brought, at least, whatever its data say [K18]", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, token, bridge: pool, router, admin, bob } = world;
    const shares = 20n * ODD_INDEX + 5n;
    await token.connect(pool).bridgeMint(wrappedBridge, shares);
    const message = {
      messageId: MESSAGE,
      sourceChainSelector: SELECTOR,
      sender: zeroPadValue(bob.address, 32),
      data: AbiCoder.defaultAbiCoder().encode(
        ["address", "address", "uint256"],
        [admin.address, admin.address, MaxUint256],
      ),
    };
    const receive = wrappedBridge.connect(router).ccipReceive;
    await expect(receive({ ...message, destTokenAmounts: [{ token, amount: 20n }] }))
      .to.emit(wrappedBridge, "ClaimAdded")
      .withArgs(MESSAGE, bob.address, 19n * ODD_INDEX + 1n);
    expect(await wrappedBridge.claimable(bob)).to.equal(19n * ODD_INDEX + 1n);
    expect(await wrappedBridge.claimable(admin)).to.equal(0n);
  });

  for (const [what, tokens] of [
    ["no tokens", () => []],
    ["another token", ({ link }) => [{ token: link, amount: 7n }]],
    ["no unit of the token", ({ token }) => [{ token, amount: 0n }]],
  ] satisfies [
    string,
    (world: WrappedBridgeWorld) => { readonly token: AddressLike; readonly amount: bigint }[],
  ][]) {
    it(`keeps nothing of a message that brings ${what} [K18]`, async () => {
      const world = await loadFixture(wrappedBridgeFixture);
      const { wrappedBridge, token, alice, router, bob } = world;
      await token.connect(alice).transferShares(wrappedBridge, 7n);
      const message = {
        messageId: MESSAGE,
        sourceChainSelector: SELECTOR,
        sender: zeroPadValue(bob.address, 32),
        data: "0x",
        destTokenAmounts: tokens(world),
      };
      await expect(wrappedBridge.connect(router).ccipReceive(message)).not.to.emit(
        wrappedBridge,
        "ClaimAdded",
      );
      expect(await wrappedBridge.claimable(bob)).to.equal(0n);
    });
  }

  it("releases what was kept for the bridge of another chain, once it is known", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, token, carol, bob, admin } = world;
    const before = await token.sharesOf(bob);
    await wrappedBridge.setRemote(SELECTOR, ZeroAddress, 0);
    await deliver(world, 20n * GENESIS_INDEX, admin.address);
    const kept = await wrappedBridge.claimable(carol);
    expect(kept).to.be.above(0n);
    await expect(wrappedBridge.claimForBridge(SELECTOR, bob))
      .to.be.revertedWithCustomError(wrappedBridge, "UnknownRemote")
      .withArgs(SELECTOR);
    await wrappedBridge.setRemote(SELECTOR, carol, GAS);
    await wrappedBridge.claimForBridge(SELECTOR, bob);
    expect(await token.sharesOf(bob)).to.equal(before + kept);
    expect(await wrappedBridge.claimable(carol)).to.equal(0n);
  });

  it("reverts with too little gas for a delivery, so that the message is executed again with more [D10]", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, wrapper, admin } = world;
    const least = await wrappedBridge.MIN_DELIVERY_GAS();
    expect(least).to.equal(300_000n);
    await expect(deliver(world, 20n * GENESIS_INDEX, admin.address, { gasLimit: least + 30_000n }))
      .to.be.revertedWithCustomError(wrappedBridge, "DeliveryGasTooLow")
      .withArgs((left: bigint) => left < least, least);
    expect(await wrapper.balanceOf(admin)).to.equal(0n);
  });

  it("names what its owner recovers, which is never a claim", async () => {
    const world = await loadFixture(wrappedBridgeFixture);
    const { wrappedBridge, wrapper, token, admin, alice, carol } = world;
    await deliver(world, 20n * GENESIS_INDEX, await token.getAddress());
    await token.connect(alice).transferShares(wrappedBridge, 7n);
    await wrapper.connect(alice).transfer(wrappedBridge, 9n);
    for (const [asset, amount] of [
      [token, 7n],
      [wrapper, 9n],
    ] as const) {
      await expect(wrappedBridge.connect(admin).recover(asset, carol))
        .to.emit(wrappedBridge, "Recovered")
        .withArgs(await asset.getAddress(), carol.address, amount);
    }
  });

  it("names a remote bridge, its gas, and that there is none any more", async () => {
    const { wrappedBridge, alice } = await loadFixture(wrappedBridgeFixture);
    for (const [bridge, gas] of [
      [alice.address, GAS],
      [ZeroAddress, 0n],
    ] as const) {
      await expect(wrappedBridge.setRemote(SELECTOR, bridge, gas))
        .to.emit(wrappedBridge, "RemoteSet")
        .withArgs(SELECTOR, bridge, gas);
    }
  });
});
