import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { parseEther } from "ethers";

import { showStatus } from "../../lib/cli/bridge/status";
import { bridgeTokens } from "../../lib/cli/bridge/send";
import { exportDeployments } from "../../lib/dashboard/export";
import { showLimits } from "../../lib/cli/limits/show";
import { compareMesh } from "../../lib/mesh/check";
import { inspectMesh } from "../shared/meshFixture";
import { pairsOf } from "../../lib/core/mesh/mesh";
import { readPlan } from "../../lib/mesh/read";
import { openSteps } from "../../lib/mesh/step";
import { executeRebase } from "../../lib/cli/rebase/execute";
import { keep } from "../../lib/rebase/keeper";
import { growthFactor } from "../../lib/core/growth";
import { readStatus } from "../../lib/rebase/status";
import { diagnose } from "../shared/doctorFixture";
import { contextAt } from "../shared/operatorContext";
import { keeperOptions, pollOptionsOf, pass } from "../shared/keeper";
import { expectSuccess, useWorld } from "../shared/scenario";
import { mixedWorld } from "../shared/world";

const AMOUNT = parseEther("12.5");

/** The version of each lane of the mesh. */
const VERSIONS = [
  { from: "home", to: "sat1", version: "2.0" },
  { from: "sat1", to: "home", version: "2.0" },
  { from: "home", to: "sat2", version: "1.6" },
  { from: "sat2", to: "home", version: "1.6" },
  { from: "sat1", to: "sat2", version: "1.6" },
  { from: "sat2", to: "sat1", version: "1.6" },
] as const;

describe("A mesh with lanes of CCIP 1.6 and of CCIP 2.0", () => {
  describe("with the tools", () => {
    const scenario = useWorld(async (s) => {
      for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
      await s.refillBuckets();
    }, mixedWorld);

    for (const { from, to, version } of VERSIONS) {
      it(`carries tokens from ${from} to ${to} over CCIP ${version}, and reports their progress`, async () => {
        const s = scenario();
        const route = s.route({ from, to });
        const { context, output } = contextAt(s);
        const { message } = await bridgeTokens(
          context,
          {
            from: route.from.name,
            to: route.to.name,
            amount: "12.5",
            account: s.address("alice"),
            json: false,
            noWait: true,
            again: false,
            confirm: () => Promise.resolve(),
          },
          output,
        );
        expect(message.version).to.equal(version);
        const stage = async () => {
          const statuses = await showStatus(
            context,
            { hash: message.messageId, json: false },
            output,
          );
          return statuses.map((item) => item.kind === "message" && item.reached?.stage);
        };
        expect(await stage()).to.deep.equal(["final"]);
        expect((await diagnose(s.mesh, message.messageId, {}, s.ccip)).verdict).to.equal("waiting");
        expect((await s.audit()).inFlight.map((item) => item.message.messageId)).to.deep.equal([
          message.messageId,
        ]);
        expectSuccess(await s.deliver());
        expect(await stage()).to.deep.equal(["executed"]);
        expect((await diagnose(s.mesh, message.messageId, {}, s.ccip)).verdict).to.equal(
          "executed",
        );
        await s.expectConserved();
      });
    }

    it("follows a transfer to its arrival over either version", async () => {
      const s = scenario();
      for (const to of ["sat1", "sat2"] as const) {
        const { context, output } = contextAt(s);
        let hasArrived = false;
        const carrying = (async () => {
          for (; !hasArrived; await sleep(50)) await s.deliver();
        })();
        try {
          const sent = await bridgeTokens(
            context,
            {
              from: s.home.name,
              to: s[to].name,
              amount: "1",
              account: s.address("alice"),
              json: false,
              noWait: false,
              again: false,
              confirm: () => Promise.resolve(),
            },
            output,
          );
          expect(sent.stage).to.equal("executed");
        } finally {
          hasArrived = true;
          await carrying;
        }
      }
    });

    it("is as declared for inspection, check and plan, with messages in flight on every lane", async () => {
      const s = scenario();
      for (const { source: from, destination: to } of pairsOf(s.all)) {
        await s.send({ from, to }, "alice", AMOUNT);
      }
      await inspectMesh(s.mesh);
      expect((await compareMesh(s.mesh)).differences).to.deep.equal([]);
      expect(openSteps((await readPlan(s.mesh)).steps)).to.deep.equal([]);
      const { context, output } = contextAt(s);
      const { lanes } = await showLimits(context, { json: false }, output);
      expect(lanes).to.have.length(VERSIONS.length);
      expect((await s.audit()).inFlight).to.have.length(VERSIONS.length);
      await s.expectConserved();
    });

    it("exports the ramps of each lane to the dashboard", async () => {
      const s = scenario();
      const rpcUrls = new Map(s.all.map(({ name }) => [name, `http://localhost/${name}`]));
      const { chains } = await exportDeployments(s.mesh, rpcUrls);
      const ramps = chains.map(({ name, ccip }) => [name, ccip.onRamps, ccip.offRamps]);
      const expected = s.all.map((chain) => {
        const own = s.chains.filter(({ name }) => name === chain.name).map(({ ccip }) => ccip);
        return [
          chain.name,
          own.map(({ onRamp }) => onRamp).sort(),
          own.map(({ offRamp }) => offRamp).sort(),
        ];
      });
      expect(ramps).to.deep.equal(expected);
    });

    it("is rebased by one command, which broadcasts over both versions", async () => {
      const s = scenario();
      await s.waitUntil(await s.controller().earliestEffectiveAt());
      const { context, output } = contextAt(s);
      const { synced } = await executeRebase(
        context,
        {
          growthFactor: growthFactor("1.5"),
          payment: { token: "native", from: "caller" },
          follow: true,
          pollOptions: pollOptionsOf(s).pollOptions,
          json: false,
          confirm: () => Promise.resolve(),
        },
        output,
      );
      expect(synced).to.equal(true);
      const { home, satellites } = await readStatus(s.mesh);
      expect(satellites.map(({ epoch }) => epoch)).to.deep.equal([home.epoch, home.epoch]);
    });

    it("is kept synced by the keeper", async () => {
      const s = scenario();
      await pass(s, 2 * 86_400);
      const { options, events } = keeperOptions(s);
      const { exitCode } = await keep(contextAt(s).context, options);
      expect(exitCode, JSON.stringify(events.map(({ event }) => event))).to.equal(0);
      const { home, satellites } = await readStatus(s.mesh);
      expect(satellites.map(({ epoch }) => epoch)).to.deep.equal([home.epoch, home.epoch]);
    });
  });
});
