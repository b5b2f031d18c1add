import { expect } from "chai";
import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";

import { deployContract } from "../../../lib/ccip/deploy";
import { LocalDon } from "../../../lib/ccip/don";
import type { CcipChain } from "../../../lib/ccip/chain";
import { released } from "../../../lib/ccip/releases";
import { quote, sendData } from "../../shared/ccipMessages";
import { inProcessChains } from "../../shared/inProcessCcip";
import { shouldDeliverMessages } from "./delivery.behavior";

describe("CCIP in process: three instances on one chain", () => {
  let chains: CcipChain[];

  beforeEach(async () => {
    chains = await loadFixture(inProcessChains);
  });

  shouldDeliverMessages(() => ({ chains }));

  it("forgets what a snapshot has rolled back", async () => {
    const don = new LocalDon(chains);
    const lane = don.lane("local-home", "local-sat1");
    const receiver = await deployContract(lane.destination.owner, released("loggingReceiver"));
    const { provider } = lane.source;
    const snapshot = await provider.send("evm_snapshot", []);
    await sendData(lane, [{ receiver }, { receiver }]);
    expect(await don.deliver()).to.have.length(2);

    await provider.send("evm_revert", [snapshot]);
    expect(await don.deliver()).to.have.length(0);
    await sendData(lane, [{ receiver, data: "0x02" }]);
    expect(await don.deliver()).to.have.length(1);
  });

  it("takes no message at stale gas prices, if the lane is told to mind them", async () => {
    const [home, satellite] = await inProcessChains(2, { gasPriceStalenessSeconds: 3_600 });
    if (!home || !satellite) throw new Error("no chains");
    const lane = { source: home, destination: satellite };
    const receiver = await home.owner.getAddress();
    await expect(quote(lane, { receiver })).not.to.be.rejected;
    await home.provider.send("evm_increaseTime", [7_200]);
    await home.provider.send("evm_mine", []);
    await expect(quote(lane, { receiver })).to.be.rejected;
  });
});
