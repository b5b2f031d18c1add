import { setBalance, setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { ethers } from "hardhat";

import { ERC20Permit__factory, RebaseTokenNext__factory } from "../../../typechain-types";
import type { RebaseToken } from "../../../typechain-types";
import { shouldBehaveLikeERC2612 } from "../../shared/behaviours/erc2612";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { loadFixture } from "../../shared/fixture";
import { GROWN_INDEX } from "../../shared/indexes";
import { signPermit } from "../../shared/permit";
import type { PermitSignature } from "../../shared/permit";
import { IMPLEMENTATION_SLOT, erc7201Slot, implementationOf } from "../../shared/storage";
import { homeFixture, rebaseNow, unsyncedFixture } from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

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
  shouldBehaveLikeERC2612(async function permitFixture() {
    const { token, admin, alice, bob } = await homeFixture();
    const other = await deployRebaseToken(admin, { isHome: true });
    const domain = erc7201Slot("openzeppelin.storage.EIP712");
    return {
      token: ERC20Permit__factory.connect(await token.getAddress(), admin),
      other: ERC20Permit__factory.connect(await other.getAddress(), admin),
      owner: alice,
      spender: bob,
      code: [await token.getAddress(), await implementationOf(token)],
      slots: [IMPLEMENTATION_SLOT, domain, domain + 1n, domain + 2n, domain + 3n],
    };
  });

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
