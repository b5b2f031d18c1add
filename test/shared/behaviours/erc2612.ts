import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, Signature, TypedDataEncoder, ZeroAddress, toBeHex, toQuantity } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { config, ethers } from "hardhat";
import { createProvider } from "hardhat/internal/core/providers/construction";

import { ERC20Permit__factory } from "../../../typechain-types";
import type { ERC20Permit } from "../../../typechain-types";
import { loadFixture } from "../fixture";
import { permitDomain, signPermit } from "../permit";
import type { PermitSignature } from "../permit";
import { wordAt } from "../storage";

/** A token with ERC-2612, an owner who has units of it, and a spender. */
export interface PermitWorld {
  readonly token: ERC20Permit;
  /** The same token, deployed once more. */
  readonly other: ERC20Permit;
  readonly owner: HardhatEthersSigner;
  readonly spender: HardhatEthersSigner;
  /** Code and storage that a fork of the chain needs for permits. */
  readonly code: readonly string[];
  readonly slots: readonly bigint[];
}

/** The order of secp256k1's group. */
const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Submits a permit as its spender, as anyone may. */
function submit(
  token: ERC20Permit,
  owner: { address: string },
  { spender, value, deadline, v, r, s }: PermitSignature,
): Promise<ContractTransactionResponse> {
  return token.permit(owner.address, spender, value, deadline, v, r, s);
}

function termsFor({ spender }: PermitWorld): { spender: string; value: bigint; deadline: bigint } {
  return { spender: spender.address, value: 500n, deadline: MaxUint256 };
}

/** ERC-2612 with the domain of EIP-712 that ERC-5267 describes, seen from outside. */
export function shouldBehaveLikeERC2612(fixture: () => Promise<PermitWorld>): void {
  /** Expects that a permit does not count, and that it changes nothing. */
  async function expectInvalid(
    { token, owner }: PermitWorld,
    permit: PermitSignature,
    error = "ERC2612InvalidSigner",
  ): Promise<void> {
    await expect(submit(token, owner, permit)).to.be.revertedWithCustomError(token, error);
    expect(await token.allowance(owner, permit.spender)).to.equal(0n);
    expect(await token.nonces(owner)).to.equal(0n);
  }

  it("has the domain of name, version 1, this chain and this contract", async () => {
    const { token } = await loadFixture(fixture);
    const domain = await permitDomain(token);
    expect(await token.DOMAIN_SEPARATOR()).to.equal(TypedDataEncoder.hashDomain(domain));
    const { name, version, chainId, verifyingContract } = await token.eip712Domain();
    expect({ name, version, chainId, verifyingContract }).to.deep.equal(domain);
  });

  it("approves once, counts the nonce up by one, and the spender can transfer [B8, I16]", async () => {
    const world = await loadFixture(fixture);
    const { token, owner, spender } = world;
    const permit = await signPermit(token, owner, termsFor(world));
    await expect(submit(token, owner, permit))
      .to.emit(token, "Approval")
      .withArgs(owner.address, spender.address, 500n);
    expect(await token.allowance(owner, spender)).to.equal(500n);
    expect(await token.nonces(owner)).to.equal(1n);
    await expect(token.connect(spender).transferFrom(owner, spender, 500n)).to.changeTokenBalance(
      token,
      spender,
      500n,
    );

    await expect(submit(token, owner, permit)).to.be.revertedWithCustomError(
      token,
      "ERC2612InvalidSigner",
    );
    expect(await token.allowance(owner, spender)).to.equal(0n);
  });

  it("replaces an allowance rather than add to it", async () => {
    const world = await loadFixture(fixture);
    const { token, owner, spender } = world;
    await token.connect(owner).approve(spender, 7n);
    await submit(token, owner, await signPermit(token, owner, { ...termsFor(world), value: 3n }));
    expect(await token.allowance(owner, spender)).to.equal(3n);
  });

  for (const [title, late] of [
    ["is valid up to and including the second of its deadline", 0n],
    ["expires one second later [B8]", 1n],
  ] as const) {
    it(title, async () => {
      const world = await loadFixture(fixture);
      const { token, owner } = world;
      const deadline = BigInt((await time.latest()) + 100);
      const permit = await signPermit(token, owner, { ...termsFor(world), deadline });
      await time.setNextBlockTimestamp(deadline + late);
      if (late === 0n) await expect(submit(token, owner, permit)).to.emit(token, "Approval");
      else {
        await expect(submit(token, owner, permit))
          .to.be.revertedWithCustomError(token, "ERC2612ExpiredSignature")
          .withArgs(deadline);
      }
    });
  }

  it("is invalid when another account signed it [I16]", async () => {
    const world = await loadFixture(fixture);
    const { token, owner, spender } = world;
    const forged = { owner: owner.address, nonce: 0n };
    await expectInvalid(world, await signPermit(token, spender, termsFor(world), forged));
  });

  const changes: readonly [title: string, change: Partial<PermitSignature>][] = [
    ["another spender", { spender: "0x000000000000000000000000000000000000dEaD" }],
    ["another value", { value: 501n }],
    ["another deadline", { deadline: MaxUint256 - 1n }],
  ];
  for (const [title, change] of changes) {
    it(`is invalid for ${title} than was signed`, async () => {
      const world = await loadFixture(fixture);
      const permit = await signPermit(world.token, world.owner, termsFor(world));
      await expectInvalid(world, { ...permit, ...change });
    });
  }

  for (const nonce of [1n, 2n, 2n ** 32n]) {
    it(`is invalid out of order: nonce ${nonce} instead of 0 [B8]`, async () => {
      const world = await loadFixture(fixture);
      await expectInvalid(
        world,
        await signPermit(world.token, world.owner, termsFor(world), { nonce }),
      );
    });
  }

  const domains: readonly [title: string, domain: Record<string, unknown>][] = [
    ["another chain", { chainId: 1n }],
    ["another version", { version: "2" }],
    ["another name", { name: "Another Token" }],
  ];
  for (const [title, domain] of domains) {
    it(`signed for ${title} is invalid here [B7, B8, I16]`, async () => {
      const world = await loadFixture(fixture);
      await expectInvalid(
        world,
        await signPermit(world.token, world.owner, termsFor(world), { domain }),
      );
    });
  }

  it("signed for one contract is invalid on another of the same code [B7, I16]", async () => {
    const world = await loadFixture(fixture);
    const { token, other, owner } = world;
    const permit = await signPermit(token, owner, termsFor(world));
    await expectInvalid({ ...world, token: other }, permit);
    await submit(token, owner, permit);
  });

  it("follows the chain id after a fork: earlier signatures are invalid there [B7, D28]", async () => {
    const world = await loadFixture(fixture);
    const { token, owner } = world;
    const forked = await forkWithChainId(world, 4_242);
    const before = await signPermit(token, owner, termsFor(world));
    await expect(submit(forked, owner, before)).to.be.revertedWithCustomError(
      forked,
      "ERC2612InvalidSigner",
    );

    const after = await signPermit(token, owner, termsFor(world), { domain: { chainId: 4_242n } });
    await submit(forked, owner, after);
    expect(await forked.allowance(owner.address, after.spender)).to.equal(500n);
    expect(await forked.DOMAIN_SEPARATOR()).not.to.equal(await token.DOMAIN_SEPARATOR());
  });

  it("is not malleable: the other signature of the same point is refused [B8]", async () => {
    const world = await loadFixture(fixture);
    const permit = await signPermit(world.token, world.owner, termsFor(world));
    const s = toBeHex(CURVE_ORDER - BigInt(permit.s), 32);
    const other = { ...permit, s, v: permit.v === 27 ? 28 : 27 };
    await expectInvalid(world, other, "ECDSAInvalidSignatureS");
  });

  for (const v of [0, 1, 26, 29, 255]) {
    it(`is not valid with v = ${v}`, async () => {
      const world = await loadFixture(fixture);
      const permit = await signPermit(world.token, world.owner, termsFor(world));
      await expectInvalid(world, { ...permit, v }, "ECDSAInvalidSignature");
    });
  }

  it("cannot approve for the zero address", async () => {
    const { token, owner, spender } = await loadFixture(fixture);
    const { r, s } = Signature.from(await owner.signMessage("anything"));
    await expect(
      token.permit(ZeroAddress, spender, 1n, MaxUint256, 0, r, s),
    ).to.be.revertedWithCustomError(token, "ECDSAInvalidSignature");
  });
}

/**
 * The token on a chain of another id, as after a fork of the chain: code and the storage that permits
 * read were written while the id was the old one.
 */
async function forkWithChainId(
  { token, code, slots }: PermitWorld,
  chainId: number,
): Promise<ERC20Permit> {
  const networks = { ...config.networks, hardhat: { ...config.networks.hardhat, chainId } };
  const fork = new ethers.BrowserProvider(await createProvider({ ...config, networks }, "hardhat"));
  const address = await token.getAddress();
  for (const account of code) {
    await fork.send("hardhat_setCode", [account, await ethers.provider.getCode(account)]);
  }
  for (const slot of slots) {
    const word = toBeHex(await wordAt(token, slot), 32);
    await fork.send("hardhat_setStorageAt", [address, toQuantity(slot), word]);
  }
  return ERC20Permit__factory.connect(address, await fork.getSigner());
}
