import { expect } from "chai";
import { id } from "ethers";
import { curse, uncurse } from "ccip-localnet";

import type { Output } from "../../../lib/cli/consoleOutput";
import { signerFor } from "../../../lib/localnet/wiring";
import { abi } from "../../../lib/core/abis";
import { OperatorError } from "../../../lib/core/errors";
import type { OperatorContext } from "../../../lib/mesh/operator";
import type { Mesh, SatelliteChain } from "../../../lib/core/mesh/mesh";
import { NoKeyError } from "../../../lib/mesh/signing";
import { broadcastNewest } from "../../../lib/cli/rebase/broadcast";
import type { BroadcastTaskOptions } from "../../../lib/cli/rebase/broadcast";
import { executeRebase } from "../../../lib/cli/rebase/execute";
import type { ExecuteTaskOptions } from "../../../lib/cli/rebase/execute";
import { showHistory } from "../../../lib/cli/rebase/history";
import { showSimulation } from "../../../lib/cli/rebase/simulate";
import { showStatus } from "../../../lib/cli/rebase/status";
import { readHistory } from "../../../lib/rebase/history";
import { readLaneFees } from "../../../lib/rebase/fees";
import { growthFactor } from "../../../lib/core/growth";
import { paymentByName } from "../../../lib/core/payment";
import { requestOf } from "../../../lib/rebase/request";
import { wouldGoThrough } from "../../../lib/rebase/simulate";
import {
  breaking,
  byTimelock,
  countAtHome,
  contextOf,
  freeController,
  giveNative,
  keptMesh,
  laggingHome,
  crashingContext,
  pollOptionsOf,
  pass,
  untilKilled,
  withoutPayer,
} from "../../shared/keeper";
import { impersonated } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { thinProvider } from "../../shared/thinProvider";
import { withoutMethod } from "../../shared/withoutMethod";

const [SAT1, SAT2] = ["local-sat1", "local-sat2"];
const ONCE = { [SAT1]: 1, [SAT2]: 1 };

describe("rebase commands", () => {
  describe("status", () => {
    it("reports first that all satellites are synced, or which are stale and since when [H10]", async () => {
      const world = await keptMesh();
      expect(
        await said((output) => showStatus(contextOf(world), { json: false }, output)),
      ).to.match(/^mesh local: all 2 satellites are synced at epoch 1\n/);
      await execute(world, { follow: false });
      await pass(world, 300);
      const text = await said((output) => showStatus(contextOf(world), { json: false }, output));
      expect(text)
        .to.match(
          /^mesh local: 2 of 2 satellites are stale, home is at epoch 2: local-sat1, local-sat2\n/,
        )
        .and.to.match(/1 epoch behind, scheduled 5 min(?: \d+ s)? ago, sent 5 min(?: \d+ s)? ago/);
    });

    it("derives the current index from the state, not from the node's answer", async () => {
      const world = await keptMesh();
      await execute(world);
      const status = await showStatus(contextOf(world), { json: false }, silent);
      expect(status.home?.pending).to.equal(true);
      expect(status.home?.sharesPerToken).to.equal(status.home?.current);
      await pass(world, 600);
      const later = await showStatus(contextOf(world), { json: false }, silent);
      expect(later.satellites.map(({ sharesPerToken }) => sharesPerToken)).to.deep.equal([
        later.home?.next,
        later.home?.next,
      ]);
    });

    it("prints one JSON document when home stops answering midway, listing what was not read", async () => {
      const world = await keptMesh();
      await execute(world, { follow: false });
      const mesh = { ...world.mesh, home: withoutMethod(world.mesh.home, "getLogs") };
      const context = { ...contextOf(world), mesh };
      const document: unknown = JSON.parse(
        await said((output) => showStatus(context, { json: true }, output)),
      );
      expect(document)
        .to.have.nested.property("unread.local-home")
        .that.includes("connect ECONNREFUSED");
      expect(document).to.include({ synced: false }).and.to.have.nested.property("home.epoch");
    });

    it("distinguishes a satellite whose state home never broadcast", async () => {
      const world = await keptMesh();
      const [sat1] = world.mesh.satellites;
      if (!sat1) throw new Error("The mesh has no satellite.");
      const forged = await impersonated(sat1, sat1.contracts.receiver);
      const data = abi.token.encodeFunctionData("sync", [9, 10n ** 24n, 10n ** 24n, 1n]);
      await (await forged.sendTransaction({ to: sat1.contracts.token, data })).wait();
      const text = await said((output) => showStatus(contextOf(world), { json: false }, output));
      expect(text)
        .to.include("1 of 2 satellites is not synced, home is at epoch 1: local-sat1")
        .and.to.include("holds an index that home never sent");
      const result = await broadcast(world, {});
      expect(result.synced).to.equal(false);
      expect((await countAtHome(world, 1n)).broadcasts).to.deep.equal(ONCE);
    });
  });

  describe("simulate", () => {
    it("shows guards, index, fees, gas and what a holder of 1,000 tokens sees on each chain", async () => {
      const world = await keptMesh();
      const request = requestOf({ percent: "1.5", delay: "900" });
      const printed: string[] = [];
      const simulation = await showSimulation(
        contextOf(world),
        { json: false, ...request },
        { stdout: (text) => void printed.push(text), log: () => undefined },
      );
      expect(wouldGoThrough(simulation)).to.equal(true);
      const text = printed.join("\n");
      expect(text)
        .to.match(/^mesh local: \+1\.5 % would go through as epoch 2\n/)
        .and.to.match(/│ role +│ passes +│ 0x\w{40} has REBASE_OPERATOR_ROLE/)
        .and.to.match(/│ local-sat1 │ +0\.\d+ ETH │ +0\.\d+ LINK │/)
        .and.to.match(/│ local-sat2 │ 1,000\.000000 │ +1,014\.999999 │/)
        .and.to.match(/gas +rebase [\d,]+, broadcast [\d,]+/);
      expect(simulation.effectiveAt - simulation.status.home.timestamp).to.equal(900n);
      expect((await countAtHome(world, 2n)).rebases).to.equal(0);
    });

    it("refuses a gain that would take effect before the controller's delay", async () => {
      const world = await keptMesh();
      const request = requestOf({ percent: "1.5", delay: "599" });
      const text = await said((output) =>
        showSimulation(contextOf(world), { json: false, ...request }, output),
      );
      expect(text).to.include(
        "+1.5 % would be refused by delay: DelayTooShort(delay: 599, min: 600)",
      );
    });

    it("names every guard that refuses, and the error of the chain itself", async () => {
      const world = await keptMesh();
      await execute(world);
      const request = requestOf({ factor: "1.2" });
      const text = await said((output) =>
        showSimulation(contextOf(world), { json: false, ...request }, output),
      );
      expect(text).to.match(
        /^mesh local: \+20 % would be refused by bounds, pending, interval: RebasePending\(epoch: 2/,
      );
    });

    it("names the role holder when the operator of the mesh file lacks the role", async () => {
      const world = await keptMesh();
      const { home, config } = world.mesh;
      const { rebaseOperator } = config.roles;
      const data = abi.token.encodeFunctionData("revokeRole", [
        id("REBASE_OPERATOR_ROLE"),
        rebaseOperator,
      ]);
      await byTimelock(home, home.contracts.controller, data);
      const text = await said((output) =>
        showSimulation(contextOf(world), { json: false, ...requestOf({ percent: "1" }) }, output),
      );
      expect(text)
        .to.include("would be refused by role: AccessControlUnauthorizedAccount")
        .and.to.include(
          `${rebaseOperator} lacks REBASE_OPERATOR_ROLE on the controller; nobody has it`,
        );
    });

    it("lists lanes that are down, and satellites with a different balance", async () => {
      const world = await keptMesh();
      await execute(world, { follow: false });
      await pass(world, 4_200);
      await curse(world.ccip.lane(world.mesh.home.name, SAT2));
      const printed: string[] = [];
      await showSimulation(
        contextOf(world),
        { json: true, ...requestOf({ percent: "1" }) },
        { stdout: (text) => void printed.push(text), log: () => undefined },
      );
      const document = JSON.parse(printed.join("")) as {
        lanes: { chain: string; down?: string; native: string }[];
        holders: { chain: string; isStale: boolean }[];
      };
      expect(document.lanes[1]?.down).to.match(/^CursedByRMN/);
      expect(document.lanes[1]?.native).to.equal("0");
      expect(document.holders.map(({ isStale }) => isStale)).to.deep.equal([false, true, true]);
    });

    for (const [words, mistake] of [
      [{}, "Name the size of the rebase once"],
      [{ percent: "1", factor: "1.01" }, "Name the size of the rebase once"],
      [{ percent: "1,5" }, '--percent "1,5" may mean 1.5 or 15'],
      [{ factor: "-1" }, '--factor "-1" has a sign'],
      [{ percent: "1", delay: "-5" }, '--delay "-5" is not a span of time'],
    ] as const) {
      it(`refuses ${JSON.stringify(words)}: ${mistake}`, () => {
        expect(() => requestOf(words)).to.throw(mistake);
      });
    }
  });

  describe("execute", () => {
    it("asks once with the costs, then rebases, broadcasts and follows the messages", async () => {
      const world = await keptMesh();
      const questions: string[] = [];
      const confirm = (question: string) => Promise.resolve(void questions.push(question));
      const result = await execute(world, { confirm });
      expect(questions).to.have.length(1);
      expect(questions[0]).to.match(
        /^Rebase mesh local by \+1\.5 % as epoch 2, and broadcast it to 2 satellites for about 0\.\d+ ETH\?$/,
      );
      expect(result).to.deep.include({ synced: true, scheduledNow: true });
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("sends nothing when the answer is no", async () => {
      const world = await keptMesh();
      const no = new Error("you said no");
      await expect(execute(world, { confirm: () => Promise.reject(no) })).to.be.rejectedWith(no);
      expect((await countAtHome(world, 2n)).rebases).to.equal(0);
    });

    it("killed after every transaction and run again with --epoch: one rebase, one broadcast", async () => {
      const world = await keptMesh();
      let kills = 0;
      for (;;) {
        const run = execute(world, { epoch: 2n }, crashingContext(world, { sends: 1 }));
        if (await untilKilled(run)) break;
        kills += 1;
      }
      expect(kills).to.equal(2);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("run again with --epoch without any controller guard: one rebase, however late", async () => {
      const world = await keptMesh();
      await freeController(world);
      const named = { epoch: 2n };
      await untilKilled(execute(world, named, crashingContext(world, { sends: 1 })));
      expect((await countAtHome(world, 2n)).rebases).to.equal(1);
      await pass(world, 90_000);
      const lines: string[] = [];
      const again = await execute(world, named, contextOf(world), lines);
      expect(again).to.deep.include({ synced: true, scheduledNow: false });
      expect(lines).to.include(
        "epoch 2 exists already with this index: broadcasting only to those that are stale.",
      );
      expect(await execute(world, named)).to.deep.include({ scheduledNow: false });
      expect((await countAtHome(world, 2n)).rebases).to.equal(1);
      expect(await execute(world, { epoch: 3n })).to.deep.include({ scheduledNow: true });
      expect(await execute(world, { epoch: 3n })).to.deep.include({ scheduledNow: false });
      expect((await countAtHome(world, 3n)).rebases).to.equal(2);
    });

    it("run again with nothing left to do: names the previous rebase, and schedules another", async () => {
      const world = await keptMesh();
      await freeController(world);
      const { rebase } = await execute(world);
      const lines: string[] = [];
      const confirm = () => {
        expect(lines.at(-1)).to.match(
          new RegExp(
            `^before {3}epoch 2 \\(\\+1\\.5 %\\) effective at .*, ${rebase.transactionHash}$`,
          ),
        );
        return Promise.resolve();
      };
      expect(await execute(world, { confirm }, contextOf(world), lines)).to.deep.include({
        synced: true,
        scheduledNow: true,
      });
      expect((await countAtHome(world, 3n)).rebases).to.equal(2);
    });

    it("run again through an endpoint that omits the log of the rebase: relies on the token's state", async () => {
      const world = await keptMesh();
      await freeController(world);
      const named = { epoch: 2n };
      await untilKilled(execute(world, named, crashingContext(world, { sends: 1 })));
      const { home } = world.mesh;
      const { provider } = thinProvider(home.provider, {
        leaveOut: ({ address }) => address === home.contracts.controller,
      });
      const thin = { ...world, mesh: { ...world.mesh, home: { ...home, provider } } };
      const { rebase, scheduledNow, synced } = await execute(thin, named, contextOf(thin));
      expect({ scheduledNow, synced }).to.deep.equal({ scheduledNow: false, synced: true });
      expect(rebase).to.have.keys("epoch", "growthFactor", "sharesPerToken", "effectiveAt");
      expect((await countAtHome(world, 2n)).rebases).to.equal(1);
    });

    it("started twice at once without any controller guard: one rebase", async () => {
      const world = await keptMesh();
      await freeController(world);
      const runs = await Promise.all([execute(world), execute(world)]);
      expect(runs.map(({ synced }) => synced)).to.deep.equal([true, true]);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("through an endpoint that lags behind the rebase: broadcasts it all the same", async () => {
      const world = await keptMesh();
      const { lagging, lag } = laggingHome(world);
      const output: Output = {
        stdout: () => undefined,
        log: (text) => {
          if (text.startsWith("mined ")) lag();
        },
      };
      const options = { growthFactor: growthFactor("1.5"), ...sending(world) };
      expect(await executeRebase(contextOf(lagging), options, output)).to.include({ synced: true });
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    for (const [what, change, mistake] of [
      [
        "another size for an epoch that exists",
        { growthFactor: growthFactor("2"), epoch: 2n },
        /Epoch 2 exists already and is not this rebase, or was replaced: home is at 2\. Name 3/,
      ],
      [
        "another delay for it",
        { delay: 5n, epoch: 2n },
        /Epoch 2 exists already after another delay, 600 s/,
      ],
      [
        "the genesis",
        { epoch: 1n },
        /Epoch 1 exists already and is not this rebase, or was replaced: home is at 2/,
      ],
      ["an epoch ahead", { epoch: 5n }, /Epoch 5 is not the next one: home is at 2, name 3/],
    ] as const) {
      it(`refuses ${what}`, async () => {
        const world = await keptMesh();
        await execute(world);
        await expect(execute(world, change)).to.be.rejectedWith(mistake);
        expect((await countAtHome(world, 2n)).rebases).to.equal(1);
      });
    }

    it("refuses an epoch that was replaced instead of reporting it as done", async () => {
      const world = await keptMesh();
      await execute(world);
      const { home } = world.mesh;
      const replace = abi.controller.encodeFunctionData("replacePending", [
        growthFactor("1"),
        600,
        3n,
      ]);
      await byTimelock(home, home.contracts.controller, replace);
      await expect(execute(world, { epoch: 2n })).to.be.rejectedWith(
        "Epoch 2 exists already and is not this rebase, or was replaced: home is at 3. Name 4 to rebase again",
      );
    });

    it("without the payer's key schedules no rebase, because it could not be broadcast", async () => {
      const world = await keptMesh();
      await expect(execute(world, {}, withoutPayer(world))).to.be.rejectedWith(
        NoKeyError,
        world.mesh.operator,
      );
      expect((await countAtHome(world, 2n)).rebases).to.equal(0);
    });

    it("refuses before the prompt what the guards refuse", async () => {
      const world = await keptMesh();
      const confirm = () => Promise.reject(new Error("It asked."));
      const tooMuch = execute(world, { growthFactor: growthFactor("11"), confirm });
      await expect(tooMuch).to.be.rejectedWith(
        OperatorError,
        /\+11 % would be refused by bounds: GrowthFactorOutOfBounds\(.*Nothing was sent\.\n {2}bounds: /,
      );
    });

    it("prints only the refusal while a rebase is pending, with the time it takes effect", async () => {
      const world = await keptMesh();
      await execute(world);
      const lines: string[] = [];
      const refused = execute(world, { growthFactor: growthFactor("2") }, contextOf(world), lines);
      await expect(refused).to.be.rejectedWith(
        OperatorError,
        /Nothing was sent\.\n {2}pending: epoch 2 takes effect at .*\n(.*\n)*Wait until .*Z, when epoch 2 takes effect, or let the admin replace or cancel it/,
      );
      expect(lines).to.be.empty;
    });

    it("without the operator's key names the signer and prints the call", async () => {
      const world = await keptMesh();
      const { rebaseOperator } = world.mesh.config.roles;
      const context = contextOf(world, {
        signerFor: (chain, account) =>
          account === rebaseOperator
            ? Promise.reject(new NoKeyError(account, chain.name))
            : signerFor(chain, account),
      });
      const lines: string[] = [];
      await expect(execute(world, {}, context, lines)).to.be.rejectedWith(
        NoKeyError,
        rebaseOperator,
      );
      expect(lines.join("\n")).to.match(/call +0x\w{40} 0x\w+/);
    });
  });

  describe("execute, when a step fails", () => {
    it("a satellite's execution: sends again after a pause, to that satellite only", async () => {
      const world = await keptMesh();
      const broken = await breaking(world, ({ mesh }) => satellite(mesh).contracts.token);
      const lines: string[] = [];
      const { pollOptions } = pollOptionsOf(world, {
        sleep: broken.while(() => world.ccip.deliver()),
      });
      const result = await execute(world, { pollOptions }, contextOf(world), lines);
      expect(result.synced).to.equal(true);
      expect(lines.join("\n")).to.match(/lane +local-sat1: message 0x\w{64} failed: ReceiverError/);
      expect(lines).to.include("retry    local-sat1 in 4 s");
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 2, [SAT2]: 1 });
    });

    it("a lost message: sends it again once it is overdue", async () => {
      const world = await keptMesh();
      let sleeps = 0;
      const { pollOptions } = pollOptionsOf(world, {
        sleep: async () => {
          sleeps += 1;
          if (sleeps === 1) await pass(world, 2_800);
          // The next attempt comes after a pause of five of these.
          if (sleeps > 5) await world.ccip.deliver();
        },
      });
      expect((await execute(world, { pollOptions })).synced).to.equal(true);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 2, [SAT2]: 2 });
    });

    it("a lane that refuses messages for a moment: sends once it accepts, and pays once", async () => {
      const world = await keptMesh();
      const broken = await breaking(world, ({ chains: [home] }) => home?.ccip.onRamp);
      await broken.now();
      const lines: string[] = [];
      const { pollOptions } = pollOptionsOf(world, {
        sleep: broken.fix(() => world.ccip.deliver()),
      });
      const result = await execute(world, { pollOptions }, contextOf(world), lines);
      expect(result.synced).to.equal(true);
      expect(lines.join("\n")).to.include("down     local-sat1 takes nothing");
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("a cursed lane: ends at once, and names who lifts the curse", async () => {
      const world = await keptMesh();
      await curse(world.ccip.lane(world.mesh.home.name, SAT2));
      const lines: string[] = [];
      const result = await execute(world, {}, contextOf(world), lines);
      expect(result.lanes.map(({ attempts }) => attempts)).to.deep.equal([1, 1]);
      expect(lines.filter((line) => line.startsWith("retry"))).to.be.empty;
      expect(lines.at(-1)).to.include(
        "npx hardhat localnet uncurse --chain local-home --remote local-sat2",
      );
    });

    it("a receiver without its role: pays once, ends at once, and names the diagnosing command", async () => {
      const world = await keptMesh();
      const sat1 = satellite(world.mesh);
      const { token, receiver } = sat1.contracts;
      const role = id("REBASER_ROLE");
      await byTimelock(sat1, token, abi.token.encodeFunctionData("revokeRole", [role, receiver]));
      const lines: string[] = [];
      const result = await execute(world, {}, contextOf(world), lines);
      expect(result.lanes.map(({ attempts }) => attempts)).to.deep.equal([1, 1]);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal(ONCE);
      expect(lines.at(-1)).to.match(/npx hardhat message doctor 0x\w{64} --mesh local/);
    });

    it("a receiver that CCIP does not call: pays once, and ends at once", async () => {
      const world = await keptMesh();
      const { receiver } = satellite(world.mesh).contracts;
      await world.chains[0]?.provider.send("hardhat_setCode", [receiver, "0x"]);
      const result = await execute(world);
      expect(result.lanes.map(({ state }) => state.kind)).to.deep.equal([
        "without effect",
        "synced",
      ]);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal(ONCE);
    });
  });

  describe("broadcast", () => {
    it("has nothing to do when all satellites are synced", async () => {
      const world = await keptMesh();
      const lines: string[] = [];
      const result = await broadcast(world, {}, contextOf(world), lines);
      expect(result).to.deep.include({ synced: true, lanes: [] });
      expect(lines.at(-1)).to.include("nothing to do");
    });

    it("sends only to stale satellites, and explains why a lane is down and what to do", async () => {
      const world = await keptMesh();
      const lane = world.ccip.lane(world.mesh.home.name, SAT2);
      await curse(lane);
      const lines: string[] = [];
      const result = await execute(world, {}, contextOf(world), lines);
      expect(result.synced).to.equal(false);
      expect(lines.at(-1))
        .to.match(/1 of 2 satellites is stale, home is at epoch 2: local-sat2/)
        .and.to.match(/ {2}local-sat2: CursedByRMN\(/)
        .and.to.include("Then npx hardhat rebase broadcast --mesh local: it sends only");
      await uncurse(lane);
      const questions: string[] = [];
      const confirm = (question: string) => Promise.resolve(void questions.push(question));
      expect(await broadcast(world, { confirm })).to.deep.include({ synced: true });
      expect(questions.join()).to.match(/^Broadcast epoch 2 to local-sat2 for about 0\.\d+ ETH\?$/);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("spends at most the ceiling, lists what is deferred, and sends that later", async () => {
      const world = await keptMesh();
      expect((await execute(world, { ceiling: 0n })).spent).to.equal(0n);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 0, [SAT2]: 0 });
      const [fee] = await readLaneFees(world.mesh, world.mesh.satellites);
      const lines: string[] = [];
      const result = await broadcast(world, { ceiling: fee?.native ?? 0n }, undefined, lines);
      expect(result.synced).to.equal(false);
      expect(result.spent).to.equal(fee?.native);
      expect(result.lanes.map(({ deferred }) => deferred)).to.deep.equal([false, true]);
      expect(lines.join("\n")).to.include("above the fee ceiling, of which 0 ETH is left");
      expect((await broadcast(world, {})).synced).to.equal(true);
    });

    it("sends to the named satellites, or to all, once, even when synced", async () => {
      const world = await keptMesh();
      await execute(world);
      await broadcast(world, { to: [SAT2, SAT2] });
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 1, [SAT2]: 2 });
      await broadcast(world, { all: true, payment: paymentByName("link") });
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 2, [SAT2]: 3 });
      await expect(broadcast(world, { to: ["local-sat9"] })).to.be.rejectedWith(
        '--to "local-sat9" is not a satellite of mesh local: name one of local-sat1, local-sat2; did you mean local-sat1?',
      );
    });
  });

  it("broadcast --to over a lane that is down reports it for a synced satellite too", async () => {
    const world = await keptMesh();
    await execute(world);
    await curse(world.ccip.lane(world.mesh.home.name, SAT2));
    const lines: string[] = [];
    const result = await broadcast(world, { to: [SAT2] }, contextOf(world), lines);
    expect(result.synced).to.equal(true);
    expect(result.lanes.map(({ unsent }) => unsent)).to.deep.equal([true]);
    expect(lines.at(-1))
      .to.match(
        /^mesh local: epoch 2 was not sent to local-sat2, as was asked; fees of this run 0 ETH$/m,
      )
      .and.to.match(/ {2}local-sat2: CursedByRMN\(/)
      .and.to.include("Then npx hardhat rebase broadcast --to local-sat2 --mesh local.")
      .and.to.include("npx hardhat localnet uncurse --chain local-home --remote local-sat2");
    expect(lines.at(-1)).not.to.include("synced");
    expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal(ONCE);
    await uncurse(world.ccip.lane(world.mesh.home.name, SAT2));
    const sent = await broadcast(world, { to: [SAT2] });
    expect(sent.lanes.map(({ unsent }) => unsent)).to.deep.equal([false]);
  });

  it("paid by an account that may not spend the treasury: ends at once, and names the command that finds the spender", async () => {
    const world = await keptMesh();
    const { home, config } = world.mesh;
    const { broadcaster } = home.contracts;
    await giveNative(world, broadcaster, 10n ** 18n);
    const revoke = abi.token.encodeFunctionData("revokeRole", [
      id("TREASURY_SPENDER_ROLE"),
      config.roles.treasurySpender,
    ]);
    await byTimelock(home, broadcaster, revoke);
    const lines: string[] = [];
    const payment = paymentByName("treasury");
    const result = await execute(world, { payment }, contextOf(world), lines);
    expect(result.lanes.map(({ attempts }) => attempts)).to.deep.equal([1, 1]);
    expect(lines.filter((line) => line.startsWith("retry"))).to.be.empty;
    expect(lines.at(-1))
      .to.include("AccessControlUnauthorizedAccount")
      .and.to.include("npx hardhat roles show --mesh local");
  });

  it("history through an endpoint that omits a receiver's logs is complete", async () => {
    const world = await keptMesh();
    await execute(world);
    const [first, second] = world.mesh.satellites;
    if (!first || !second) throw new Error("There are two satellites.");
    const leaveOut = ({ address }: { address: string }) => address === second.contracts.receiver;
    const { provider } = thinProvider(second.provider, { leaveOut });
    const mesh = { ...world.mesh, satellites: [first, { ...second, provider }] };
    const text = await said(async (output) => {
      const shown = await showHistory(
        contextOf({ ...world, mesh }),
        { json: false, limit: 1 },
        output,
      );
      expect(shown.map(({ missing }) => missing)).to.deep.equal([[]]);
    });
    expect(text).to.include("at an unknown time").and.not.include("missing");
  });

  it("history shows the outcome of every rebase, and when it reached each satellite", async () => {
    const world = await keptMesh();
    const { home } = world.mesh;
    const history = (limit: number) =>
      showHistory(contextOf(world), { json: false, limit }, silent);
    expect(await history(9)).to.be.empty;
    await execute(world);
    await pass(world, 4_300);
    await curse(world.ccip.lane(home.name, SAT2));
    await execute(world, { growthFactor: growthFactor("-2") });
    const replace = abi.controller.encodeFunctionData("replacePending", [
      growthFactor("-1"),
      900,
      4n,
    ]);
    await byTimelock(home, home.contracts.controller, replace);
    const cancel = abi.controller.encodeFunctionData("cancelPending", [5n]);
    await byTimelock(home, home.contracts.controller, cancel);
    expect((await history(9)).map(({ epoch, missing }) => [epoch, missing])).to.deep.equal([
      [5n, [SAT1, SAT2]],
      [4n, [SAT1, SAT2]],
      [3n, [SAT2]],
      [2n, []],
    ]);
    await uncurse(world.ccip.lane(home.name, SAT2));
    await broadcast(world, {});

    const rebases = await history(9);
    expect(
      rebases.map(({ epoch, outcome, arrivals, missing }) => [
        epoch,
        outcome,
        arrivals.map(({ chain, epoch: by }) => `${chain} by ${by}`),
        missing,
      ]),
    ).to.deep.equal([
      [5n, "effective", ["local-sat1 by 5", "local-sat2 by 5"], []],
      [4n, "cancelled", ["local-sat1 by 5", "local-sat2 by 5"], []],
      [3n, "replaced", ["local-sat1 by 3", "local-sat2 by 5"], []],
      [2n, "effective", ["local-sat1 by 2", "local-sat2 by 2"], []],
    ]);
    expect(rebases.every(({ arrivals }) => arrivals.every(({ lag }) => lag >= 0n))).to.equal(true);
    expect((await history(2)).map(({ epoch }) => epoch)).to.deep.equal([5n, 4n]);

    const [, second, third] = rebases;
    const leaveOut = (log: { transactionHash: string }) =>
      log.transactionHash === second?.transactionHash;
    const { provider } = thinProvider(home.provider, { leaveOut });
    const mesh = { ...world.mesh, home: { ...home, provider } };
    const known = await readHistory(mesh, 9);
    expect(known.untold).to.deep.equal([4n]);
    expect(known.rebases.map(({ epoch, outcome }) => [epoch, outcome])).to.deep.equal([
      [5n, "effective"],
      [third?.epoch, "unknown"],
      [2n, "effective"],
    ]);

    const text = await said((output) =>
      showHistory(contextOf(world), { json: false, limit: 9 }, output),
    );
    expect(text).not.to.include("No log of local-home");
    expect(text)
      .to.match(/^mesh local: 4 rebases, newest first/)
      .and.to.match(
        /│ 3 +│ +-2 % │ +[\d.]+ │ [\dTZ:-]+ │ +replaced │ +[\d mins]+ │ +[\d mins]+ by epoch 5 │/,
      );
  });
});

function satellite({ satellites }: Mesh): SatelliteChain {
  const [first] = satellites;
  if (!first) throw new Error("The mesh has no satellite.");
  return first;
}

const silent: Output = { stdout: () => undefined, log: () => undefined };

async function said(action: (output: Output) => Promise<unknown>): Promise<string> {
  const printed: string[] = [];
  await action({ stdout: (text) => void printed.push(text), log: () => undefined });
  return printed.join("\n");
}

function outputInto(lines: string[]): Output {
  return { stdout: (text) => void lines.push(text), log: (text) => void lines.push(text) };
}

function execute(
  world: MeshWorld,
  change: Partial<ExecuteTaskOptions> = {},
  context: OperatorContext = contextOf(world),
  lines: string[] = [],
) {
  const options = { growthFactor: growthFactor("1.5"), ...sending(world), ...change };
  return executeRebase(context, options, outputInto(lines));
}

function broadcast(
  world: MeshWorld,
  change: Partial<BroadcastTaskOptions>,
  context: OperatorContext = contextOf(world),
  lines: string[] = [],
) {
  return broadcastNewest(context, { all: false, ...sending(world), ...change }, outputInto(lines));
}

function sending(world: MeshWorld) {
  return {
    json: false,
    payment: paymentByName("native"),
    follow: true,
    confirm: () => Promise.resolve(),
    pollOptions: pollOptionsOf(world).pollOptions,
  };
}
