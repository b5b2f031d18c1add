import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, ZeroAddress, parseEther } from "ethers";
import { ethers } from "hardhat";

import { PayerWithoutReceive__factory, WrappedBridge__factory } from "../../../typechain-types";
import type { WrappedBridge } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { GENESIS_INDEX, ODD_INDEX } from "../../shared/indexes";
import { signPermit } from "../../shared/permit";
import { FEE, GAS, SELECTOR, wrappedBridgeFixture } from "../../shared/wrappedBridgeFixture";
import type { WrappedBridgeWorld } from "../../shared/wrappedBridgeFixture";

const WRAPPED = 1_000n;
/** The units of the token are rounded down: so many shares travel. */
const TRAVELLING = ((WRAPPED * GENESIS_INDEX) / ODD_INDEX) * ODD_INDEX;
const SOMEONE = "0x000000000000000000000000000000000000bEEF";

/** {@link wrappedBridgeFixture}, where Alice has LINK and has allowed the bridge to take it. */
async function withLinkFixture() {
  const world = await wrappedBridgeFixture();
  await world.link.transfer(world.alice, 5n * FEE);
  await world.link.connect(world.alice).approve(world.wrappedBridge, 5n * FEE);
  return world;
}

/** Calls of Alice that a bridge refuses. */
interface Refused {
  readonly what: string;
  readonly call: (bridge: WrappedBridge, world: WrappedBridgeWorld) => Promise<unknown>;
  readonly error: readonly [name: string, ...args: unknown[]];
}

const sending = (terms: {
  wrapped?: bigint;
  receiver?: string;
  value?: bigint;
  selector?: bigint;
  feeToken?: (world: WrappedBridgeWorld) => Promise<string>;
}): Refused["call"] => {
  const { wrapped = WRAPPED, receiver = SOMEONE, value = FEE, selector = SELECTOR } = terms;
  return async (bridge, world) =>
    bridge.send(selector, receiver, wrapped, 0n, (await terms.feeToken?.(world)) ?? ZeroAddress, {
      value,
    });
};

const REFUSED: readonly Refused[] = [
  {
    what: "to another chain without a bridge",
    call: sending({ selector: 1n }),
    error: ["UnknownRemote", 1n],
  },
  { what: "to nobody", call: sending({ receiver: ZeroAddress }), error: ["ZeroValue"] },
  { what: "of nothing", call: sending({ wrapped: 0n }), error: ["ZeroValue"] },
  {
    what: "with less value than the fee",
    call: sending({ value: FEE - 1n }),
    error: ["UnexpectedValue", FEE - 1n, FEE],
  },
  {
    what: "with a value though the fee is paid in LINK",
    call: sending({ value: 1n, feeToken: ({ link }) => link.getAddress() }),
    error: ["UnexpectedValue", 1n, 0n],
  },
  {
    what: "for a fee in a token that pays none",
    call: sending({ feeToken: () => Promise.resolve(SOMEONE) }),
    error: ["UnsupportedFeeToken", SOMEONE],
  },
];

describe("WrappedBridge: sending", () => {
  it("quotes the router's fee, and what arrives at the present index", async () => {
    const { wrappedBridge, link, alice } = await loadFixture(wrappedBridgeFixture);
    for (const feeToken of [ZeroAddress, await link.getAddress()]) {
      const quote = wrappedBridge.connect(alice).quote(SELECTOR, SOMEONE, WRAPPED, feeToken);
      expect(await quote).to.deep.equal([FEE, TRAVELLING / GENESIS_INDEX]);
    }
    await expect(wrappedBridge.quote(SELECTOR, SOMEONE, WRAPPED, SOMEONE))
      .to.be.revertedWithCustomError(wrappedBridge, "UnsupportedFeeToken")
      .withArgs(SOMEONE);
  });

  for (const { what, call, error } of REFUSED) {
    it(`is refused ${what}, and takes nothing`, async () => {
      const world = await loadFixture(withLinkFixture);
      const { wrappedBridge, wrapper, alice } = world;
      const before = await wrapper.balanceOf(alice);
      const [name, ...args] = error;
      await expect(call(wrappedBridge.connect(alice), world))
        .to.be.revertedWithCustomError(wrappedBridge, name)
        .withArgs(...args);
      expect(await wrapper.balanceOf(alice)).to.equal(before);
    });
  }

  for (const [what, value] of [
    ["exactly the fee", FEE],
    ["more, of which the change comes back", FEE + 7n],
  ] as const) {
    it(`costs the fee in native, with ${what}`, async () => {
      const { wrappedBridge, router, alice } = await loadFixture(wrappedBridgeFixture);
      const send = wrappedBridge
        .connect(alice)
        .send(SELECTOR, SOMEONE, WRAPPED, 0n, ZeroAddress, { value });
      await expect(send).to.changeEtherBalances([alice, wrappedBridge, router], [-FEE, 0n, FEE]);
    });
  }

  it("costs the fee in LINK, which the router may take, and no more", async () => {
    const { wrappedBridge, link, router, alice } = await loadFixture(withLinkFixture);
    const send = wrappedBridge.connect(alice).send(SELECTOR, SOMEONE, WRAPPED, 0n, link);
    await expect(send).to.changeTokenBalances(link, [alice, wrappedBridge], [-FEE, FEE]);
    expect(await link.allowance(wrappedBridge, router)).to.equal(FEE);
  });

  it("gives the sender back the shares that no whole unit of the token is made of", async () => {
    const { wrappedBridge, token, alice } = await loadFixture(wrappedBridgeFixture);
    const before = await token.sharesOf(alice);
    const send = wrappedBridge.connect(alice).send;
    await send(SELECTOR, SOMEONE, WRAPPED, 0n, ZeroAddress, { value: FEE });
    const rest = WRAPPED * GENESIS_INDEX - TRAVELLING;
    expect(rest).to.be.above(0n);
    expect((await token.sharesOf(alice)) - before).to.equal(rest);
  });

  it("gives the sender a single share back, too", async () => {
    const { wrappedBridge, token, alice } = await loadFixture(wrappedBridgeFixture);
    const index = 2n * GENESIS_INDEX - 1n;
    await token.resync(9, index, index, 0);
    const before = await token.sharesOf(alice);
    await wrappedBridge.connect(alice).send(SELECTOR, SOMEONE, 2n, 0n, ZeroAddress, { value: FEE });
    expect(await token.sharesOf(alice)).to.equal(before + 1n);
  });

  it("gives nothing back where the token is made of whole wrapped units", async () => {
    const { wrappedBridge, token, alice } = await loadFixture(wrappedBridgeFixture);
    await token.resync(9, GENESIS_INDEX, GENESIS_INDEX, 0);
    const before = await token.sharesOf(alice);
    const terms = [SELECTOR, SOMEONE, WRAPPED, WRAPPED, ZeroAddress] as const;
    await wrappedBridge.connect(alice).send(...terms, { value: FEE });
    expect(await token.sharesOf(alice)).to.equal(before);
    expect(await token.sharesOf(wrappedBridge)).to.equal(WRAPPED * GENESIS_INDEX);
  });

  it("reverts when the sender does not take its change", async () => {
    const { wrappedBridge, wrapper, admin, alice } = await loadFixture(wrappedBridgeFixture);
    const payer = await new PayerWithoutReceive__factory(admin).deploy();
    const signer = await ethers.getImpersonatedSigner(await payer.getAddress());
    await setBalance(signer.address, parseEther("10"));
    await wrapper.connect(alice).transfer(payer, WRAPPED);
    await wrapper.connect(signer).approve(wrappedBridge, WRAPPED);
    const terms = [SELECTOR, SOMEONE, WRAPPED, 0n, ZeroAddress] as const;
    await expect(wrappedBridge.connect(signer).send(...terms, { value: FEE + 3n }))
      .to.be.revertedWithCustomError(wrappedBridge, "RefundFailed")
      .withArgs(await payer.getAddress(), 3n);
    await wrappedBridge.connect(signer).send(...terms, { value: FEE });
  });

  for (const use of ["unused", "used already by a stranger"] as const) {
    it(`takes a permit of the sender, ${use} [B9]`, async () => {
      const { wrappedBridge, wrapper, alice, bob } = await loadFixture(wrappedBridgeFixture);
      await wrapper.connect(alice).approve(wrappedBridge, 0n);
      const terms = {
        spender: await wrappedBridge.getAddress(),
        value: WRAPPED,
        deadline: 2n ** 40n,
      };
      const { deadline, v, r, s } = await signPermit(wrapper, alice, terms);
      if (use !== "unused") {
        await wrapper.connect(bob).permit(alice, wrappedBridge, WRAPPED, deadline, v, r, s);
      }
      const args = [SELECTOR, SOMEONE, WRAPPED, 0n, ZeroAddress, { deadline, v, r, s }] as const;
      const send = wrappedBridge.connect(alice).sendWithPermit(...args, { value: FEE });
      await expect(send).to.changeTokenBalance(wrapper, alice, -WRAPPED);
    });
  }
});

describe("WrappedBridge: settings", () => {
  it("is deployed with LINK, or not at all", async () => {
    const { wrapper, router, admin } = await loadFixture(wrappedBridgeFixture);
    const factory = new WrappedBridge__factory(admin);
    await expect(factory.deploy(router, wrapper, ZeroAddress, admin)).to.be.revertedWithCustomError(
      factory,
      "ZeroValue",
    );
  });

  it("names its wrapper, LINK and the bridges of other chains", async () => {
    const { wrappedBridge, wrapper, link, carol } = await loadFixture(wrappedBridgeFixture);
    expect(await wrappedBridge.getWrapper()).to.equal(await wrapper.getAddress());
    expect(await wrappedBridge.getLink()).to.equal(await link.getAddress());
    expect(await wrappedBridge.getRemote(SELECTOR)).to.deep.equal([carol.address, GAS]);
    expect(await wrappedBridge.getRemote(1n)).to.deep.equal([ZeroAddress, 0n]);
  });

  it("lets its wrapper take its shares, without end", async () => {
    const { wrappedBridge, wrapper, token } = await loadFixture(wrappedBridgeFixture);
    expect(await token.allowance(wrappedBridge, wrapper)).to.equal(MaxUint256);
  });

  for (const [gas, isAllowed] of [
    [399_999n, false],
    [400_000n, true],
    [3_000_000n, true],
    [3_000_001n, false],
  ] as const) {
    it(`${isAllowed ? "allows" : "refuses"} ${gas.toLocaleString("en")} gas for another chain`, async () => {
      const { wrappedBridge, carol } = await loadFixture(wrappedBridgeFixture);
      const set = wrappedBridge.setRemote(SELECTOR, carol, gas);
      if (isAllowed) await expect(set).to.emit(wrappedBridge, "RemoteSet");
      else
        await expect(set)
          .to.be.revertedWithCustomError(wrappedBridge, "GasLimitOutOfBounds")
          .withArgs(gas, 400_000n, 3_000_000n);
    });
  }

  it("refuses a chain without a selector", async () => {
    const { wrappedBridge, carol } = await loadFixture(wrappedBridgeFixture);
    await expect(wrappedBridge.setRemote(0n, carol, GAS)).to.be.revertedWithCustomError(
      wrappedBridge,
      "ZeroValue",
    );
  });

  it("lets the owner recover native that lies there, to an account", async () => {
    const { wrappedBridge, carol } = await loadFixture(wrappedBridgeFixture);
    await setBalance(await wrappedBridge.getAddress(), 7n);
    await expect(wrappedBridge.recover(ZeroAddress, ZeroAddress)).to.be.revertedWithCustomError(
      wrappedBridge,
      "ZeroValue",
    );
    await expect(wrappedBridge.recover(ZeroAddress, carol)).to.changeEtherBalances(
      [wrappedBridge, carol],
      [-7n, 7n],
    );
  });
});
