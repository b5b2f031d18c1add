import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther } from "ethers";
import hre from "hardhat";

import { bridgeTokens } from "../../../lib/bridge/desk/send";
import { DeploymentBook } from "../../../lib/deployments/book";
import { sendOptionsOn } from "../../../lib/hardhat/meshSession";
import { yardOf } from "../../../lib/hardhat/yard";
import { setLimits } from "../../../lib/limits/desk/set";
import type { Desk } from "../../../lib/mesh/desk/desk";
import { chainsOf } from "../../../lib/mesh/mesh";
import { executeMessage } from "../../../lib/message/desk/execute";
import { replacePool } from "../../../lib/pool/desk/replace";
import { poolArgumentsOn } from "../../../lib/pool/replacement";
import { broadcastNewest } from "../../../lib/rebase/desk/broadcast";
import { executeRebase } from "../../../lib/rebase/desk/execute";
import { growthFactor } from "../../../lib/rebase/growth";
import { paymentByName } from "../../../lib/rebase/payment";
import { mintTokens } from "../../../lib/token/desk/mint";
import { upgradeTokens } from "../../../lib/upgrade/desk/upgrade";
import { deskAt } from "../../shared/desk";
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
  const world = await wiredMeshFixture();
  const s = new Scenario(world);
  const route = { from: s.home, to: s.sat1 };
  await s.give(s.home, "alice", parseEther("100"));
  await (await s.tokenOn(s.sat1, "guardian").pause()).wait();
  const { message } = await s.send(route, "alice", parseEther("1"));
  await s.deliver();
  await (await s.tokenOn(s.sat1, "operations").unpause()).wait();
  return { ...world, ccip: s.ccip, failed: message.messageId };
}

describe("The ceiling of the gas price in a mesh file", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "ceiling-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const rebasing = {
    ...CONFIRMED,
    payment: paymentByName("native"),
    follow: false,
    growthFactor: growthFactor("1.5"),
  };

  const senders: [
    task: string,
    chain: string,
    run: (desk: Desk, world: { readonly s: Scenario; readonly failed: string }) => Promise<unknown>,
  ][] = [
    [
      "token mint",
      "local-home",
      (desk, { s }) =>
        mintTokens(
          desk,
          { ...CONFIRMED, to: s.address("bob"), amount: "1", again: false, whilePending: false },
          SILENT,
        ),
    ],
    [
      "limits set",
      "local-sat1",
      (desk) =>
        setLimits(
          desk,
          {
            ...CONFIRMED,
            from: "local-home",
            to: "local-sat1",
            capacity: "250000",
            rate: "50",
            unlimited: false,
            closed: false,
            allowDestructive: false,
          },
          SILENT,
        ),
    ],
    [
      "bridge send",
      "local-home",
      (desk, { s }) =>
        bridgeTokens(
          desk,
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
          SILENT,
        ),
    ],
    [
      "message execute",
      "local-sat1",
      (desk, { failed }) => executeMessage(desk, failed, CONFIRMED, SILENT),
    ],
    [
      "pool replace",
      "local-sat1",
      (desk) =>
        replacePool(
          desk,
          yardOf(hre, folder),
          {
            ...CONFIRMED,
            chain: "local-sat1",
            wait: false,
            plan: false,
            again: true,
            allowDestructive: false,
          },
          SILENT,
        ),
    ],
    [
      "token upgrade",
      "local-sat1",
      (desk) =>
        upgradeTokens(
          desk,
          yardOf(hre, folder),
          {
            ...CONFIRMED,
            chains: ["local-sat1"],
            contract: "RebaseTokenNext",
            migration: "0x",
            wait: false,
          },
          SILENT,
        ),
    ],
    ["rebase execute", "local-home", (desk) => executeRebase(desk, rebasing, SILENT)],
    [
      "rebase broadcast",
      "local-home",
      async (desk) => {
        const { lanes } = await broadcastNewest(desk, { ...rebasing, all: true }, SILENT);
        expect(lanes.map(({ keptBack }) => keptBack)).to.deep.equal([true, true]);
        throw new Error(lanes[0]?.trouble);
      },
    ],
  ];
  for (const [task, chain, run] of senders) {
    it(`stops "${task}", which says what to raise`, async () => {
      const world = await loadFixture(busyFixture);
      for (const site of chainsOf(world.mesh)) {
        new DeploymentBook(path.join(folder, site.name)).write("RebaseTokenPool", {
          address: site.contracts.pool,
          abi: [],
          args: [...poolArgumentsOn(world.mesh, site)],
        });
      }
      const { desk } = deskAt(world, DEAR);
      const { config } = desk.mesh;
      const dear: Desk = { ...desk, sendOptions: ({ name }) => sendOptionsOn(config, name) };
      const { failed } = world;
      await expect(run(dear, { s: new Scenario(world), failed })).to.be.rejectedWith(
        new RegExp(
          `gas on ${chain} costs [\\d.]+ gwei, above the ceiling of 0\\.000000001 gwei: wait, or raise chains\\.${chain}\\.maxGasPriceGwei in the file of mesh local\\.$`,
        ),
      );
    });
  }
});

const SILENT = { print: () => undefined, say: () => undefined };
