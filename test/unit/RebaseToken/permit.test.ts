import { setBalance, setCode, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  MaxUint256,
  Signature,
  TypedDataEncoder,
  ZeroAddress,
  parseEther,
  toBeHex,
  toQuantity,
} from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { config, ethers } from "hardhat";
import { createProvider } from "hardhat/internal/core/providers/construction";

import { RebaseTokenNext__factory, RebaseToken__factory } from "../../../typechain-types";
import type { RebaseToken } from "../../../typechain-types";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { GROWN_INDEX } from "../../shared/indexes";
import { permitDomain, signPermit } from "../../shared/permit";
import type { PermitSignature } from "../../shared/permit";
import { IMPLEMENTATION_SLOT, erc7201Slot, implementationOf, wordAt } from "../../shared/storage";
import { homeFixture, rebaseNow, unsyncedFixture } from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

/** The order of secp256k1's group. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Anyone may hand a permit in: here the token's admin does. */
function handIn(
  token: RebaseToken,
  owner: { address: string },
  { spender, value, deadline, v, r, s }: PermitSignature,
): Promise<ContractTransactionResponse> {
  return token.permit(owner.address, spender, value, deadline, v, r, s);
}

function termsFor({ bob }: TokenWorld): { spender: string; value: bigint; deadline: bigint } {
  return { spender: bob.address, value: 500n, deadline: MaxUint256 };
}

describe("RebaseToken: permit", () => {
  it("has the domain of name, version 1, this chain and this proxy", async () => {
    const { token } = await loadFixture(homeFixture);
    const domain = await permitDomain(token);
    expect(domain.chainId).to.equal(31_337n);
    expect(await token.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(domain));
    const { name, version, chainId, verifyingContract } = await token.eip712Domain();
    expect({ name, version, chainId, verifyingContract }).to.deep.equal(domain);
  });

  it("approves once and counts the nonce up by one [B8, I16]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice, bob } = world;
    const permit = await signPermit(token, alice, termsFor(world));
    await expect(handIn(token, alice, permit))
      .to.emit(token, "Approval")
      .withArgs(alice.address, bob.address, 500n);
    expect(await token.allowance(alice, bob)).to.equal(500n);
    expect(await token.nonces(alice)).to.equal(1n);
    await expect(token.connect(bob).transferFrom(alice, bob, 500n)).to.changeTokenBalance(
      token,
      bob,
      500n,
    );

    await expect(handIn(token, alice, permit)).to.be.revertedWithCustomError(
      token,
      "ERC2612InvalidSigner",
    );
    expect(await token.allowance(alice, bob)).to.equal(0n);
  });

  it("is valid up to and including the second of its deadline", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice } = world;
    const deadline = BigInt((await time.latest()) + 100);
    const permit = await signPermit(token, alice, { ...termsFor(world), deadline });
    await time.setNextBlockTimestamp(deadline);
    await expect(handIn(token, alice, permit)).to.emit(token, "Approval");
  });

  it("expires one second later [B8]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice } = world;
    const deadline = BigInt((await time.latest()) + 100);
    const permit = await signPermit(token, alice, { ...termsFor(world), deadline });
    await time.setNextBlockTimestamp(deadline + 1n);
    await expect(handIn(token, alice, permit))
      .to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature")
      .withArgs(deadline);
  });

  it("is invalid when another account signed it [I16]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice, bob } = world;
    const permit = await signPermit(token, bob, termsFor(world), {
      owner: alice.address,
      nonce: 0n,
    });
    await expect(handIn(token, alice, permit))
      .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
      .withArgs(bob.address, alice.address);
  });

  const changes: readonly [title: string, change: Partial<PermitSignature>][] = [
    ["another spender", { spender: "0x000000000000000000000000000000000000dEaD" }],
    ["another value", { value: 501n }],
    ["another deadline", { deadline: MaxUint256 - 1n }],
  ];
  for (const [title, change] of changes) {
    it(`is invalid for ${title} than was signed`, async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice } = world;
      const permit = await signPermit(token, alice, termsFor(world));
      await expect(handIn(token, alice, { ...permit, ...change })).to.be.revertedWithCustomError(
        token,
        "ERC2612InvalidSigner",
      );
    });
  }

  for (const nonce of [1n, 2n, 2n ** 32n]) {
    it(`is invalid out of order: nonce ${nonce} instead of 0 [B8]`, async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice } = world;
      const permit = await signPermit(token, alice, termsFor(world), { nonce });
      await expect(handIn(token, alice, permit)).to.be.revertedWithCustomError(
        token,
        "ERC2612InvalidSigner",
      );
    });
  }

  const domains: readonly [title: string, domain: Record<string, unknown>][] = [
    ["another chain", { chainId: 1n }],
    ["another version", { version: "2" }],
    ["another name", { name: "Rebase Token 2" }],
  ];
  for (const [title, domain] of domains) {
    it(`signed for ${title} is invalid here [B7, B8, I16]`, async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice } = world;
      const permit = await signPermit(token, alice, termsFor(world), { domain });
      await expect(handIn(token, alice, permit)).to.be.revertedWithCustomError(
        token,
        "ERC2612InvalidSigner",
      );
    });
  }

  it("signed for one proxy is invalid on another [B7, I16]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, admin, alice } = world;
    const other = await deployRebaseToken(admin, { isHome: true });
    const permit = await signPermit(token, alice, termsFor(world));
    await expect(handIn(other, alice, permit)).to.be.revertedWithCustomError(
      other,
      "ERC2612InvalidSigner",
    );
    await handIn(token, alice, permit);
  });

  it("follows the chain id after a fork: earlier signatures are invalid there [B7, D28]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice } = world;
    const forked = await forkWithChainId(token, 4_242);
    const before = await signPermit(token, alice, termsFor(world));
    await expect(handIn(forked, alice, before)).to.be.revertedWithCustomError(
      forked,
      "ERC2612InvalidSigner",
    );

    const after = await signPermit(token, alice, termsFor(world), { domain: { chainId: 4_242n } });
    await handIn(forked, alice, after);
    expect(await forked.allowance(alice.address, after.spender)).to.equal(500n);
    expect(await forked.DOMAIN_SEPARATOR()).not.to.equal(await token.DOMAIN_SEPARATOR());
  });

  it("is not malleable: the other signature of the same point is refused [B8]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice } = world;
    const permit = await signPermit(token, alice, termsFor(world));
    const s = toBeHex(CURVE_ORDER - BigInt(permit.s), 32);
    await expect(handIn(token, alice, { ...permit, s, v: permit.v === 27 ? 28 : 27 }))
      .to.be.revertedWithCustomError(token, "ECDSAInvalidSignatureS")
      .withArgs(s);
  });

  for (const v of [0, 1, 26, 29, 255]) {
    it(`is not valid with v = ${v}`, async () => {
      const world = await loadFixture(homeFixture);
      const { token, alice } = world;
      const permit = await signPermit(token, alice, termsFor(world));
      await expect(handIn(token, alice, { ...permit, v })).to.be.revertedWithCustomError(
        token,
        "ECDSAInvalidSignature",
      );
    });
  }

  it("cannot be signed by a contract, which accepts every signature and approves instead [B8]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice, bob } = world;
    const wallet = "0x0000000000000000000000000000000012711271";
    // PUSH4 isValidSignature's answer, shifted to the left end, returned whatever is asked (EIP-1271).
    await setCode(wallet, "0x631626ba7e60e01b5f5260205ff3");
    const permit = await signPermit(token, alice, termsFor(world), { owner: wallet, nonce: 0n });
    await expect(handIn(token, { address: wallet }, permit))
      .to.be.revertedWithCustomError(token, "ERC2612InvalidSigner")
      .withArgs(alice.address, wallet);
    expect(await token.nonces(wallet)).to.equal(0n);
    await setBalance(wallet, parseEther("1"));
    await token.connect(await ethers.getImpersonatedSigner(wallet)).approve(bob, 500n);
    expect(await token.allowance(wallet, bob)).to.equal(500n);
  });

  it("cannot approve for the zero address", async () => {
    const world = await loadFixture(homeFixture);
    const { r, s } = Signature.from(await world.alice.signMessage("anything"));
    await expect(
      world.token.permit(ZeroAddress, world.bob, 1n, MaxUint256, 0, r, s),
    ).to.be.revertedWithCustomError(world.token, "ECDSAInvalidSignature");
  });

  it("signed before a rebase allows the same units after it", async () => {
    const world = await loadFixture(homeFixture);
    const { token, alice, bob } = world;
    const permit = await signPermit(token, alice, termsFor(world));
    await rebaseNow(world, GROWN_INDEX);
    await handIn(token, alice, permit);
    expect(await token.allowance(alice, bob)).to.equal(500n);
  });

  it("submitted before an upgrade is spent after it, and one signed before it stays valid [B8]", async () => {
    const world = await loadFixture(homeFixture);
    const { token, admin, alice } = world;
    const first = await signPermit(token, alice, termsFor(world));
    const second = await signPermit(token, alice, termsFor(world), { nonce: 1n });
    await handIn(token, alice, first);
    await token.upgradeToAndCall(await new RebaseTokenNext__factory(admin).deploy(), "0x");
    await expect(handIn(token, alice, first)).to.be.revertedWithCustomError(
      token,
      "ERC2612InvalidSigner",
    );
    await handIn(token, alice, second);
    expect(await token.nonces(alice)).to.equal(2n);
  });

  it("works before any movement: on an unsynced satellite", async () => {
    const world = await loadFixture(unsyncedFixture);
    const { token, alice, bob } = world;
    await handIn(token, alice, await signPermit(token, alice, termsFor(world)));
    expect(await token.allowance(alice, bob)).to.equal(500n);
  });
});

/**
 * The token on a chain of another id, as after a fork of the chain: code and the storage that permits
 * read were written while the id was the old one.
 */
async function forkWithChainId(token: RebaseToken, chainId: number): Promise<RebaseToken> {
  const networks = { ...config.networks, hardhat: { ...config.networks.hardhat, chainId } };
  const fork = new ethers.BrowserProvider(await createProvider({ ...config, networks }, "hardhat"));
  const address = await token.getAddress();
  for (const account of [address, await implementationOf(token)]) {
    await fork.send("hardhat_setCode", [account, await ethers.provider.getCode(account)]);
  }
  const domain = erc7201Slot("openzeppelin.storage.EIP712");
  for (const slot of [IMPLEMENTATION_SLOT, domain, domain + 1n, domain + 2n, domain + 3n]) {
    const word = toBeHex(await wordAt(token, slot), 32);
    await fork.send("hardhat_setStorageAt", [address, toQuantity(slot), word]);
  }
  return RebaseToken__factory.connect(address, await fork.getSigner());
}
