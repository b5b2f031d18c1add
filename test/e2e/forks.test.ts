import { expect } from "chai";
import { parseEther, toBeHex } from "ethers";

import { fromHome, indexOf, outcomesOf } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { expectSuccess, failureOf, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

/** The id of the chain before it forked. */
const FORMER_ID = 4_242n;

describe(`A chain that forks or is reorganised (${WORLD_NAME})`, () => {
  const scenario = useWorld((s) => s.mint("alice", parseEther("1000")));

  it("executes nothing that was verified for the chain before the fork, whose id CCIP knows [D28]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    await s.rebaseHome("5");
    const [message] = (await s.broadcastAll([s.sat1])).messages;
    if (!message) throw new Error("Nothing was sent.");
    await s.verify(route);
    for (const delay of EXPECTED.manualExecutionDelays) {
      await s.waitUntil(BigInt(await s.now()) + delay + 60n);
    }
    const before = await indexOf(s, s.sat1);

    const restore = await fork(s);
    const { chainId } = s.ccipChain(s.sat1);
    // CCIP 2.0 records the failure, 1.6 refuses the call.
    const outcome = await s.executeManually(route, message.messageId).then(
      (execution) => outcomesOf([execution]).join(),
      (error: unknown) => failureOf(Promise.reject(error as Error)),
    );
    expect(outcome).to.contain(`ForkedChain(expected: ${FORMER_ID}, actual: ${chainId})`);
    expect(await indexOf(s, s.sat1)).to.deep.equal(before);

    await restore();
    expectSuccess([await s.executeManually(route, message.messageId)]);
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
  });

  it("follows the rebase that took the place of one which home's chain dropped, sent once or twice [D26, I19]", async () => {
    const s = scenario();
    const { provider } = s.ccipChain(s.home);
    const snapshot: unknown = await provider.send("evm_snapshot", []);
    await s.rebaseHome("5");
    const [dropped] = (await s.broadcastAll([s.sat1])).messages;
    const gone = await indexOf(s, s.home);
    await provider.send("evm_revert", [snapshot]);

    await s.rebaseHome("-2");
    const [sent] = (await s.broadcastAll()).messages;
    const kept = await indexOf(s, s.home);
    expect([kept.epoch, sent?.sequenceNumber]).to.deep.equal([gone.epoch, dropped?.sequenceNumber]);
    expect(kept.next).to.not.equal(gone.next);
    expectSuccess(await s.deliver());
    for (const chain of s.mesh.satellites) expect(await indexOf(s, chain)).to.deep.equal(kept);

    await s.broadcastAll();
    expectSuccess(await s.deliver());
    for (const chain of s.mesh.satellites) expect(await indexOf(s, chain)).to.deep.equal(kept);
  });
});

/**
 * Has the contract of the first satellite that knows its chain's id take the present one for another, as it
 * would after a fork: the id is in its code.
 * @returns how it is undone.
 */
async function fork(s: Scenario): Promise<() => Promise<void>> {
  const { ccip, provider, chainId } = s.ccipChain(s.sat1);
  const address = EXPECTED.knowsChainId(ccip);
  const code = await provider.getCode(address);
  const forked = code.replaceAll(word(chainId), word(FORMER_ID));
  expect(forked).to.not.equal(code);
  // Anvil knows Hardhat's name for it too.
  await provider.send("hardhat_setCode", [address, forked]);
  return async () => void (await provider.send("hardhat_setCode", [address, code]));
}

function word(value: bigint): string {
  return toBeHex(value, 32).slice(2);
}
