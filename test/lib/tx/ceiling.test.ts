import { expect } from "chai";
import { parseEther } from "ethers";

import { bridgeTokens } from "../../../lib/cli/bridge/send";
import { sendOptionsOn } from "../../../lib/hardhat/meshSession";
import { setLimits } from "../../../lib/cli/limits/set";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { executeMessage } from "../../../lib/cli/message/execute";
import { broadcastNewest } from "../../../lib/cli/rebase/broadcast";
import { executeRebase } from "../../../lib/cli/rebase/execute";
import { growthFactor } from "../../../lib/core/growth";
import { paymentByName } from "../../../lib/core/payment";
import { mintTokens } from "../../../lib/cli/token/mint";
import { loadFixture } from "../../shared/fixture";
import { contextAt } from "../../shared/operatorContext";
import { wiredMeshFixture } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { Scenario } from "../../shared/scenario";

/** Every chain may be sent to for no more than anybody asks for gas. */
const DEAR = {
  chains: Object.fromEntries(
    ["local-home", "local-sat1", "local-sat2"].map((name) => [
      name,
      { maxGasPriceGwei: "0.000000001" },
    ]),
  ),
};

const CONFIRMED = { json: false, confirm: () => Promise.resolve() };

/** A wired mesh with a holder, and a message that failed on its way. */
async function busyFixture(): Promise<MeshWorld & { readonly failed: string }> {
  const world = await loadFixture(wiredMeshFixture);
  const s = new Scenario(world);
  const route = { from: s.home, to: s.sat1 };
  await s.give(s.home, "alice", parseEther("100"));
  await (await s.tokenOn(s.sat1, "guardian").pause()).wait();
  const { message } = await s.send(route, "alice", parseEther("1"));
  await s.deliver();
  await (await s.tokenOn(s.sat1, "operations").unpause()).wait();
  return { ...world, ccip: s.ccip, failed: message.messageId };
}

describe("The gas price ceiling in a mesh file", () => {
  const rebasing = {
    ...CONFIRMED,
    payment: paymentByName("native"),
    follow: false,
    growthFactor: growthFactor("1.5"),
  };

  const senders: [
    task: string,
    chain: string,
    run: (
      context: OperatorContext,
      world: { readonly s: Scenario; readonly failed: string },
    ) => Promise<unknown>,
  ][] = [
    [
      "token mint",
      "local-home",
      (context, { s }) =>
        mintTokens(
          context,
          { ...CONFIRMED, to: s.address("bob"), amount: "1", again: false, whilePending: false },
          NO_PROGRESS,
        ),
    ],
    [
      "limits set",
      "local-sat1",
      (context) =>
        setLimits(
          context,
          {
            ...CONFIRMED,
            from: "local-home",
            to: "local-sat1",
            capacity: "250000",
            rate: "50",
            unlimited: false,
            closed: false,
            wait: false,
            allowDestructive: false,
          },
          NO_PROGRESS,
        ),
    ],
    [
      "bridge send",
      "local-home",
      (context, { s }) =>
        bridgeTokens(
          context,
          {
            ...CONFIRMED,
            from: "local-home",
            to: "local-sat1",
            amount: "2",
            account: s.address("alice"),
            feeToken: "native",
            noWait: true,
            again: false,
          },
          NO_PROGRESS,
        ),
    ],
    [
      "message execute",
      "local-sat1",
      (context, { failed }) => executeMessage(context, failed, CONFIRMED, NO_PROGRESS),
    ],
    ["rebase execute", "local-home", (context) => executeRebase(context, rebasing, NO_PROGRESS)],
    [
      "rebase broadcast",
      "local-home",
      async (context) => {
        const { lanes } = await broadcastNewest(context, { ...rebasing, all: true }, NO_PROGRESS);
        expect(lanes.map(({ deferred }) => deferred)).to.deep.equal([true, true]);
        throw new Error(lanes[0]?.trouble);
      },
    ],
  ];
  for (const [task, chain, run] of senders) {
    it(`stops "${task}", which names the setting to raise`, async () => {
      const world = await loadFixture(busyFixture);
      const { context } = contextAt(world, DEAR);
      const { config } = context.mesh;
      const dear: OperatorContext = {
        ...context,
        sendOptions: ({ name }) => sendOptionsOn(config, name),
      };
      const { failed } = world;
      await expect(run(dear, { s: new Scenario(world), failed })).to.be.rejectedWith(
        new RegExp(
          `gas on ${chain} costs [\\d.]+ gwei, above the ceiling of 0\\.000000001 gwei: wait, or raise chains\\.${chain}\\.maxGasPriceGwei in the file of mesh local\\.$`,
        ),
      );
    });
  }
});

const NO_PROGRESS = { stdout: () => undefined, log: () => undefined };
