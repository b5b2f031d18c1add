import { expect } from "chai";
import { deployContract, LocalCcip } from "ccip-localnet";
import { CCIP_VERSIONS, released } from "ccip-localnet/protocol";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { quote, sendData } from "../../shared/ccipMessages";
import { loadFixture } from "../../shared/fixture";
import { inProcessChains } from "../../shared/inProcessCcip";
import { shouldDeliverMessages } from "./delivery.behavior";

// Named, since Hardhat knows a fixture by its function.
const fixtures: Record<CcipVersion, () => Promise<CcipChain[]>> = {
  "1.6": () => inProcessChains(3, {}, "1.6"),
  "2.0": () => inProcessChains(3, {}, "2.0"),
};

for (const version of CCIP_VERSIONS) {
  describe(`CCIP ${version} in process: three instances on one chain`, () => {
    let chains: CcipChain[];

    beforeEach(async () => {
      chains = await loadFixture(fixtures[version]);
    });

    shouldDeliverMessages(version, () => ({ chains }));

    it("drops what a snapshot rolled back", async () => {
      const ccip = new LocalCcip(chains);
      const lane = ccip.lane("local-home", "local-sat1");
      const receiver = await deployContract(lane.destination.owner, released("loggingReceiver"));
      const { provider } = lane.source;
      const snapshot = await provider.send("evm_snapshot", []);
      await sendData(lane, [{ receiver }, { receiver }]);
      expect(await ccip.deliver()).to.have.length(2);

      await provider.send("evm_revert", [snapshot]);
      expect(await ccip.deliver()).to.have.length(0);
      await sendData(lane, [{ receiver, data: "0x02" }]);
      expect(await ccip.deliver()).to.have.length(1);
    });

    it("delivers anew what a snapshot rolled back after it was sent, also when blocks have followed", async () => {
      const ccip = new LocalCcip(chains);
      const lane = ccip.lane("local-home", "local-sat1");
      const receiver = await deployContract(lane.destination.owner, released("loggingReceiver"));
      const { provider } = lane.source;
      await sendData(lane, [{ receiver }]);
      for (const blocks of ["0x0", "0x10"]) {
        const snapshot = await provider.send("evm_snapshot", []);
        expect(await ccip.deliver()).to.have.length(1);
        await provider.send("evm_revert", [snapshot]);
        await provider.send("hardhat_mine", [blocks]);
      }
      expect(await ccip.deliver()).to.have.length(1);
    });
  });
}

describe("CCIP 1.6 in process", () => {
  it("takes no message at stale gas prices when the lane enforces staleness", async () => {
    const [home, satellite] = await inProcessChains(2, { gasPriceStalenessSeconds: 3_600 }, "1.6");
    if (!home || !satellite) throw new Error("no chains");
    const lane = { source: home, destination: satellite };
    const receiver = await home.owner.getAddress();
    await expect(quote(lane, { receiver })).not.to.be.rejected;
    await home.provider.send("evm_increaseTime", [7_200]);
    await home.provider.send("evm_mine", []);
    await expect(quote(lane, { receiver })).to.be.rejected;
  });
});
