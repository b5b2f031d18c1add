import path from "node:path";

import { expect } from "chai";

import { approveLink, giveLink, pay } from "../shared/broadcasting";
import type { FeeToken } from "../shared/broadcasting";
import { gasOfCallsTo } from "../shared/callTrace";
import { EXPECTED } from "../shared/ccipExpectations";
import { CCIP_VERSION } from "../shared/ccipVersion";
import { GasSnapshot } from "../shared/gasSnapshot";
import { useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { requireVerifiers } from "../shared/verifiers";
import { inProcessWorld } from "../shared/world";

describe("The gas of a lane in a broadcast", () => {
  const file = `__snapshots__/lane-gas-${CCIP_VERSION}.json`;
  const snapshot = new GasSnapshot(path.join(__dirname, file));
  const scenario = useWorld(async (s) => {
    await giveLink(s);
    await approveLink(s, 10n ** 24n);
  }, inProcessWorld);

  const measured: string[] = [];
  for (const { count, percentOfLane } of EXPECTED.verifiers) {
    for (const feeToken of ["native", "LINK"] as const) {
      const title = (when: string) => `verifiers: ${count}, fee in ${feeToken}, ${when}`;
      measured.push(title("first"), title("later"));
      it(`is at most ${percentOfLane} % of its limit with ${count} verifiers, paid in ${feeToken}`, async () => {
        const s = scenario();
        await requireVerifiers(s.lane({ from: s.home, to: s.sat1 }), count);
        const limit = await s.broadcaster().LANE_GAS_LIMIT();
        for (const when of ["first", "later"]) {
          await s.rebaseHome("5");
          const gas = await laneGas(s, feeToken);
          expect(gas * 100n, when).to.be.at.most(limit * percentOfLane);
          snapshot.check(title(when), gas);
        }
      });
    }
  }

  it("has no snapshot figure that is not measured", () => {
    expect(snapshot.names.filter((name) => !measured.includes(name))).to.deep.equal([]);
  });
});

/** Gas that the lane to the first satellite takes of what the broadcaster gives it. */
async function laneGas(s: Scenario, feeToken: FeeToken): Promise<bigint> {
  const { receipt, messages } = await pay(s, feeToken, { to: [s.sat1] });
  expect(messages, "messages that left").to.have.length(1);
  const calls = await gasOfCallsTo(receipt.hash, s.home.contracts.broadcaster);
  expect(calls, "calls of the broadcaster to itself").to.have.length(1);
  return BigInt(calls[0] ?? 0);
}
