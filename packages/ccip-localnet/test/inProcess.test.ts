import { expect } from "chai";
import type { Eip1193Provider } from "ethers";

import { deployReceiver, sendMessage, startInProcess } from "../src";
import type { InProcessCcip } from "../src";
import { CCIP_VERSIONS } from "../src/protocol";

/** Hardhat's in-process chain, without a project. */
async function hardhatProvider(): Promise<Eip1193Provider> {
  process.env.HARDHAT_CONFIG = require.resolve("./hardhat.config.cjs");
  const hre = await import("hardhat");
  return hre.network.provider;
}

for (const ccip of CCIP_VERSIONS) {
  describe(`CCIP ${ccip} in one process`, () => {
    let network: InProcessCcip;
    let provider: Eip1193Provider;

    before(async () => {
      provider = await hardhatProvider();
      network = await startInProcess(provider, { chains: 2, ccip });
    });

    it("delivers between instances on one chain", async () => {
      const lane = network.ccip.lane("chain-1", "chain-2");
      const receiver = await deployReceiver(lane.destination);
      const { messageId } = await sendMessage(lane, { receiver, data: "0xbeef" });
      const deliveries = await network.ccip.deliver();
      expect(deliveries.map((one) => [one.messageId, one.state])).to.deep.equal([
        [messageId, "success"],
      ]);
    });

    it("drops what a snapshot rolled back", async () => {
      const lane = network.ccip.lane("chain-2", "chain-1");
      const receiver = await deployReceiver(lane.destination);
      const snapshot: unknown = await provider.request({ method: "evm_snapshot", params: [] });
      await sendMessage(lane, { receiver });
      expect(await network.ccip.deliver()).to.have.length(1);
      await provider.request({ method: "evm_revert", params: [snapshot] });
      expect(await network.ccip.deliver()).to.have.length(0);
      await sendMessage(lane, { receiver });
      expect(await network.ccip.deliver()).to.have.length(1);
    });
  });
}
