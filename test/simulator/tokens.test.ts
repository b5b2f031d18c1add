import { expect } from "chai";
import { parseEther } from "ethers";
import type { BaseContract } from "ethers";
import { ethers } from "hardhat";
import { deployContract } from "ccip-localnet";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import {
  BurnMintERC677Helper__factory,
  CCIPLocalSimulator__factory,
  IPoolV1__factory,
  MockCCIPRouter__factory,
  RevertingReceiver__factory,
} from "../../typechain-types";
import { loadFixture } from "../shared/fixture";
import { SELECTOR } from "../shared/simulatorFixture";

const ONE = parseEther("1");

/** The simulator's own standard token, CCIP-BnM, with Chainlink's burn/mint pool for it, and a holder. */
async function standardTokenFixture() {
  const [owner, holder, other] = await ethers.getSigners();
  if (!owner || !holder || !other) throw new Error("the network has too few accounts");
  const simulator = await new CCIPLocalSimulator__factory(owner).deploy();
  const { sourceRouter_, ccipBnM_ } = await simulator.configuration();
  const router = MockCCIPRouter__factory.connect(sourceRouter_, holder);
  const token = BurnMintERC677Helper__factory.connect(ccipBnM_, holder);
  const pool = await deployContract(owner, released("burnMintPool"), [
    ...[ccipBnM_, 18, [], sourceRouter_, sourceRouter_],
  ]);
  await token.drip(holder);
  await token.approve(router, ONE);
  const refusing = await new RevertingReceiver__factory(owner).deploy(router);
  const send = (receiver: string) =>
    router.ccipSend(
      SELECTOR.near,
      toRouterMessage({
        receiver,
        tokens: [{ token: ccipBnM_, amount: ONE }],
        gasLimit: 100_000n,
      }) as unknown as Parameters<typeof router.ccipSend>[1],
    );
  return { simulator, router, token, pool, holder, other, refusing, send };
}

describe("A standard token through Chainlink Local's simulator", () => {
  it("is supported by the simulator, on its single chain", async () => {
    const { simulator, token } = await loadFixture(standardTokenFixture);
    const selector = 16_015_286_601_757_825_753n;
    expect(await simulator.isChainSupported(selector)).to.equal(true);
    expect(await simulator.isChainSupported(SELECTOR.near)).to.equal(false);
    expect(await simulator.getSupportedTokens(selector)).to.include(await token.getAddress());
  });

  it("moves from the sender to the receiver: nothing is burned or minted, and no pool is called", async () => {
    const { token, pool, holder, other, send } = await loadFixture(standardTokenFixture);
    const supply = await token.totalSupply();
    const sent = await send(other.address);
    await expect(sent).to.changeTokenBalances(token, [holder, other], [-ONE, ONE]);
    expect(await token.totalSupply()).to.equal(supply);
    const receipt = await sent.wait();
    expect(receipt?.logs.map(({ address }) => address)).to.not.include(pool);
    // A pool without a role could burn and mint nothing: on CCIP the same transfer would fail.
    expect(await token.isBurner(pool)).to.equal(false);
    expect(await token.isMinter(pool)).to.equal(false);
  });

  it("stays with the sender when the receiver fails: the simulator reverts, where CCIP allows a later execution by hand", async () => {
    const { router, token, holder, refusing, send } = await loadFixture(standardTokenFixture);
    const sending = send(await refusing.getAddress());
    await expect(sending)
      .to.be.revertedWithCustomError(router, "ReceiverError")
      .withArgs((reason: string) => reason.startsWith(errorSelector(refusing, "Refused")));
    expect(await token.balanceOf(holder)).to.equal(ONE);
  });

  it("has a pool with CCIP's interface, which the simulator does not call", async () => {
    const { pool, holder, token } = await loadFixture(standardTokenFixture);
    const standard = IPoolV1__factory.connect(pool, holder);
    expect(await standard.isSupportedToken(token)).to.equal(true);
    expect(await standard.isSupportedChain(SELECTOR.near)).to.equal(false);
  });
});

/** Returns the selector of a contract's custom error. */
function errorSelector(contract: BaseContract, name: string): string {
  return contract.interface.getError(name)?.selector ?? `no error ${name}`;
}
