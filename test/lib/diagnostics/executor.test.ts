import { expect } from "chai";
import { MaxUint256, parseEther } from "ethers";
import { call, sendAll } from "ccip-localnet";

import { encodeSend, readFee } from "../../../lib/bridge/quote";
import { diagnose, mineAnyway } from "../../shared/doctorFixture";
import { loadFixture } from "../../shared/fixture";
import { Scenario, mined } from "../../shared/scenario";
import { wiredIn } from "../../shared/world";

describe("The executor of CCIP 2.0 takes no transfer", () => {
  const cases = [
    {
      what: "to a chain that it does not serve",
      change: "applyDestChainUpdates",
      to: (s: Scenario): readonly unknown[] => [[s.sat1.selector], []],
      error: "InvalidDestChain(",
      says: /The executor of local-home does not serve local-sat1\./,
    },
    {
      what: "with a verifier that it does not allow",
      change: "setDynamicConfig",
      to: (s: Scenario) => [
        {
          feeAggregator: s.address("thirdParty"),
          allowedFinalityConfig: "0x00000000",
          ccvAllowlistEnabled: true,
        },
      ],
      error: "InvalidCCV(",
      says: /It needs the verifier 0x\w{40}, which its executor does not take\./,
    },
  ];
  for (const { what, change, to, error, says } of cases) {
    it(`${what}: the quote and the doctor name it`, async () => {
      const s = new Scenario(await loadFixture(wiredIn["2.0"]));
      await s.mint("alice", parseEther("1000"));
      await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, MaxUint256));
      const transfer = {
        source: s.home,
        destination: s.sat1,
        receiver: s.address("alice"),
        amount: parseEther("100"),
      };
      const { amount: value = expect.fail("No fee.") } = await readFee(transfer, s.home.provider);
      const { ccip, owner } = s.ccipChain(s.home);
      await sendAll(owner, [call(ccip, "executorImplementation", change, to(s))]);

      const { refusal } = await readFee(transfer, s.home.provider);
      expect(refusal).to.include(error);
      const request = { to: s.home.ccip.router, data: encodeSend(transfer), value };
      const { text } = await diagnose(s.mesh, await mineAnyway(s, s.home, "alice", request));
      expect(text.replace(/ +/g, " ")).to.include(`executor ${error}`);
      expect(text).to.match(says);
    });
  }
});
