import { expect } from "chai";
import { parseEther } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import {
  FlashSwapper__factory,
  LinkToken__factory,
  WrappedRebaseToken__factory,
} from "../../typechain-types";
import type { LinkToken, WrappedRebaseToken } from "../../typechain-types";
import { fromHome, indexOf } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { executionCall } from "../shared/executeManually";
import { GENESIS_INDEX, ceilDiv } from "../shared/indexes";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { deployUniswapV2Pair } from "../shared/uniswapV2";
import type { UniswapV2Pair } from "../shared/uniswapV2";
import { WORLD_NAME } from "../shared/world";

const RESERVE = parseEther("1000000");
/** Enough for the flash swap and the execution inside it. */
const ATTACK_GAS = 3_000_000n;

/** Anyone may execute a verified message in CCIP 2.0, and in 1.6 one that CCIP has left for long: also inside a swap. */
describe(`A flash swap whose callback executes the broadcast (${WORLD_NAME})`, () => {
  let link: LinkToken;
  let wrapper: WrappedRebaseToken;
  let plain: UniswapV2Pair;
  let wrapped: UniswapV2Pair;
  const scenario = useWorld(async (s) => {
    const { owner, ccip } = s.ccipChain(s.sat1);
    const alice = s.signer(s.sat1, "alice");
    await s.setLimits(s.home, s.sat1, "unlimited");
    await s.setLimits(s.sat1, s.home, "unlimited");
    await s.give(s.sat1, "alice", 2n * RESERVE);
    const token = s.tokenOn(s.sat1, alice);
    link = LinkToken__factory.connect(ccip.link, owner);
    wrapper = await new WrappedRebaseToken__factory(owner).deploy(token, "Wrapped", "W");
    plain = await deployUniswapV2Pair(owner, token, link);
    wrapped = await deployUniswapV2Pair(owner, wrapper, link);
    await mined(token.transfer(plain.address, RESERVE));
    await mined(token.approve(wrapper, RESERVE));
    await mined(wrapper.connect(alice).wrapShares(RESERVE, wrapped.address));
    for (const pair of [plain, wrapped]) {
      await mined(link.transfer(pair.address, RESERVE));
      await pair.mint(await owner.getAddress());
    }
  });

  it("takes the growth of a pair of the plain token: 47,483 of 1,000,000 at 5 % [K2]", async () => {
    const s = scenario();
    const { message, index } = await executable(s);
    const grown = (RESERVE * GENESIS_INDEX) / index;
    // The most that the growth buys, by the constant product and the fee of 0.3 %.
    const taken =
      RESERVE - ceilDiv(RESERVE * RESERVE * 1_000n, grown * 1_000n - (grown - RESERVE) * 3n);
    const attacker = await attack(s, message, plain, taken);
    expect(await link.balanceOf(attacker)).to.equal(taken);
    expect((taken + parseEther("0.5")) / parseEther("1")).to.equal(47_483n);
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
  });

  it("takes nothing from a pair of the wrapped token [B13, K2]", async () => {
    const s = scenario();
    const { message } = await executable(s);
    await expect(attack(s, message, wrapped, 1n)).to.be.rejectedWith(
      "UniswapV2: INSUFFICIENT_INPUT_AMOUNT",
    );
    expectSuccess([await s.executeManually(fromHome(s, s.sat1), message.messageId)]);
    expect(await wrapped.reserves()).to.deep.equal([RESERVE, RESERVE]);
    expect(await wrapper.balanceOf(wrapped.address)).to.equal(RESERVE);
    expect(await link.balanceOf(wrapped.address)).to.equal(RESERVE);
  });

  /** A verified broadcast of an index that counts at home already, which anyone may execute. */
  async function executable(s: Scenario): Promise<{ message: Message; index: bigint }> {
    await s.waitUntil(await s.rebaseHome("5"));
    const [message] = (await s.broadcastAll([s.sat1])).messages;
    if (!message) throw new Error("Nothing was sent.");
    await s.verify(fromHome(s, s.sat1));
    for (const delay of EXPECTED.manualExecutionDelays) {
      await s.waitUntil(BigInt(await s.now()) + delay + 60n);
    }
    return { message, index: await s.tokenOn(s.home).sharesPerToken() };
  }

  /** Swaps so much LINK out of a pair and executes the message before paying; returns who did it. */
  async function attack(
    s: Scenario,
    message: Message,
    pair: UniswapV2Pair,
    amount: bigint,
  ): Promise<string> {
    const thirdParty = s.signer(s.sat1, "thirdParty");
    const attacker = await new FlashSwapper__factory(thirdParty).deploy();
    const { to, data } = await executionCall(s.lane(fromHome(s, s.sat1)), message, s.ccip);
    const [first, second] = pair.isFirst ? [0n, amount] : [amount, 0n];
    const swap = [pair.address, first, second, to, data] as const;
    await attacker.swap.staticCall(...swap, { gasLimit: ATTACK_GAS });
    await mined(attacker.swap(...swap, { gasLimit: ATTACK_GAS }));
    return attacker.getAddress();
  }
});
