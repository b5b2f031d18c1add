import { expect } from "chai";
import { ZeroAddress, id, parseEther, toQuantity } from "ethers";
import type { Signer, TransactionRequest } from "ethers";
import { z } from "zod";
import { curse, localAccount, uncurse } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { signerFor } from "../../../lib/localnet/wiring";
import { abi } from "../../../lib/core/abis";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { NoKeyError } from "../../../lib/mesh/signing";
import { keepAndReport } from "../../../lib/cli/rebase/keep";
import { readLaneFees } from "../../../lib/rebase/fees";
import { keep } from "../../../lib/rebase/keeper";
import type { KeeperEvent, KeeperOptions } from "../../../lib/rebase/keeper";
import type { PollOptions } from "../../../lib/rebase/retryPolicy";
import { paymentByName } from "../../../lib/core/payment";
import { readStatus } from "../../../lib/rebase/status";
import { alive } from "../../shared/doctorFixture";
import { anHourAhead } from "../../shared/clock";
import {
  breaking,
  byTimelock,
  countAtHome,
  contextOf,
  freeController,
  giveLink,
  giveNative,
  keeperOptions,
  keptMesh,
  laggingHome,
  crashingContext,
  pollOptionsOf,
  pass,
  policy,
  untilKilled,
  withoutPayer,
} from "../../shared/keeper";
import { CrashingSigner } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";

const [SAT1, SAT2] = ["local-sat1", "local-sat2"];
const eventSchema = z.looseObject({ at: z.iso.datetime(), event: z.string() });
/** A gas price limit below any price. */
const DEAR = { maxPrice: { wei: 1n, setting: "this test" } };
const ONCE = { [SAT1]: 1, [SAT2]: 1 };

describe("The keeper", () => {
  it("rebases when it is due, broadcasts to every satellite, and then has nothing to do", async () => {
    const world = await keptMesh();
    const first = await run(world);
    expect(first.exitCode).to.equal(0);
    expect(first.told).to.deep.equal([
      "start",
      "status",
      "decision",
      "rebase-sent",
      "rebase-scheduled",
      "lane",
      "lane",
      "broadcast-sent",
      "broadcast-sent",
      "lane",
      "lane",
      "applied",
      "applied",
      "runway",
      "end",
    ]);
    const second = await run(world);
    expect(second.exitCode).to.equal(0);
    expect(second.told).to.deep.equal(["start", "status", "decision", "runway", "end"]);
    expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
  });

  it("rebases again once the interval has passed", async () => {
    const world = await keptMesh();
    await run(world);
    await pass(world, 3_600);
    expect((await run(world)).exitCode).to.equal(0);
    expect(await countAtHome(world, 3n)).to.deep.equal({ rebases: 2, broadcasts: ONCE });
  });

  it("only broadcasts without a policy", async () => {
    const world = await keptMesh();
    const { told } = await run(world, { policy: undefined });
    expect(told).to.deep.equal(["start", "runway", "end"]);
    expect((await countAtHome(world, 1n)).rebases).to.equal(0);
  });

  it("decides and quotes in a dry run, sends nothing, and exits 2 while a satellite is stale", async () => {
    const world = await keptMesh();
    const { told, exitCode } = await run(world, { dryRun: true });
    expect(told).to.deep.equal(["start", "status", "decision", "fees", "runway", "end"]);
    expect(exitCode).to.equal(0);
    await run(world, { ...held(world), attempts: 1 });
    expect((await run(world, { dryRun: true })).exitCode).to.equal(2);
    expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
  });

  describe("can be killed and started twice:", () => {
    for (const [word, sends] of [
      ["native", 2],
      // The allowance comes first.
      ["link", 3],
      ["treasury", 2],
    ] as const) {
      it(`killed after every transaction and run again, paid by ${word}: one rebase, one broadcast`, async () => {
        const world = await keptMesh();
        await giveNative(world, world.mesh.home.contracts.broadcaster, parseEther("1"));
        const payment = paymentByName(word);
        let kills = 0;
        for (;;) {
          const { options } = keeperOptions(world, { payment });
          const life = { sends: 1 };
          if (await untilKilled(keep(crashingContext(world, life), options))) break;
          kills += 1;
        }
        expect(kills).to.equal(sends);
        expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
        expect(await syncStatuses(world.mesh)).to.deep.equal(["synced", "synced"]);
      });
    }

    it("started twice at once: one rebase, one broadcast", async () => {
      const world = await keptMesh();
      const runs = await Promise.all([run(world), run(world)]);
      expect(runs.map(({ exitCode }) => exitCode)).to.deep.equal([0, 0]);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("overtaken by the same operator between decision and send: the controller accepts the epoch once", async () => {
      const world = await keptMesh();
      await freeController(world);
      const hourly = { policy: policy({ percent: "1.5", every: "1h" }) };
      const overtaken = overtakenBy(world, () => run(world, hourly));
      const { events, exitCode } = await run(world, hourly, overtaken);
      expect(exitCode).to.equal(0);
      const reasons = of(events, "repoll").map(({ reason }) => reason);
      expect(reasons).to.have.length(1);
      expect(reasons[0]).to.include("UnexpectedEpoch(epoch: 2, expected: 3)");
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
      expect((await countAtHome(world, 3n)).rebases).to.equal(1);
    });

    it("overtaken by the same payer between read and send: sends nothing, and follows the message in flight", async () => {
      const world = await keptMesh();
      const overtaken = overtakenBy(world, () => run(world, held(world)), world.mesh.operator, 1);
      const { events, exitCode } = await run(world, {}, overtaken);
      expect(exitCode).to.equal(0);
      expect(of(events, "repoll")).to.be.empty;
      expect(of(events, "broadcast-sent")).to.be.empty;
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("through an endpoint that lags behind the rebase: broadcasts it all the same", async () => {
      const world = await keptMesh();
      const { lagging, lag } = laggingHome(world);
      const { options } = keeperOptions(world, {
        onEvent: ({ event }) => {
          if (event === "rebase-scheduled") lag();
        },
      });
      expect((await keep(contextOf(lagging), options)).exitCode).to.equal(0);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("overtaken by another operator: the controller refuses the second rebase", async () => {
      const world = await keptMesh();
      const other = localAccount(LOCAL_HOLDERS.bob).address;
      const { home } = world.mesh;
      await byTimelock(home, home.contracts.controller, grant("REBASE_OPERATOR_ROLE", other));
      const config = {
        ...world.mesh.config,
        roles: { ...world.mesh.config.roles, rebaseOperator: other },
      };
      const elsewhere = { ...world, mesh: { ...world.mesh, config } };
      const { events, exitCode } = await run(
        world,
        {},
        overtakenBy(world, () => run(elsewhere)),
      );
      expect(exitCode).to.equal(0);
      expect(
        of(events, "repoll")
          .map(({ reason }) => reason)
          .join(),
      ).to.include("UnexpectedEpoch(epoch: 2, expected: 3)");
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });
  });

  describe("with a lane that fails", () => {
    it("cursed: reports why, sends to the others, and after the curse only to it [H10]", async () => {
      const world = await keptMesh();
      const lane = world.ccip.lane(world.mesh.home.name, SAT2);
      await curse(lane);
      const first = await run(world);
      expect(first.exitCode).to.equal(2);
      expect(of(first.events, "lane-down").at(0)).to.deep.include({ chain: SAT2 });
      expect(of(first.events, "lane-down").at(0)?.reason).to.match(/^CursedByRMN\(/);
      expect(of(first.events, "end")[0]?.stale.map(({ chain }) => chain)).to.deep.equal([SAT2]);
      await uncurse(lane);
      expect((await run(world)).exitCode).to.equal(0);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("cursed between quote and send: decodes BroadcastFailed, and leaves the lane to the next run", async () => {
      const world = await keptMesh();
      const lane = world.ccip.lane(world.mesh.home.name, SAT2);
      const first = await run(
        world,
        {},
        lateContext(world, () => curse(lane)),
      );
      expect(first.exitCode).to.equal(2);
      const [failed] = of(first.events, "broadcast-failed");
      expect(failed).to.deep.include({ chain: SAT2, epoch: 2n });
      expect(failed?.reason).to.match(/^CursedByRMN\(/);
      expect(of(first.events, "retry")).to.be.empty;
      await uncurse(lane);
      expect((await run(world)).exitCode).to.equal(0);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("for a moment, between quote and send: backs off, and recovers in the same run", async () => {
      const world = await keptMesh();
      const broken = await breaking(world, ({ chains: [home] }) => home?.ccip.onRamp);
      const { pollOptions, slept } = pollOptionsOf(world);
      const healing: PollOptions = {
        ...pollOptions,
        sleep: (time) => broken.fix(() => pollOptions.sleep(time))(),
      };
      const { events, exitCode } = await run(
        world,
        { pollOptions: healing },
        lateContext(world, broken.now),
      );
      expect(exitCode).to.equal(0);
      expect(of(events, "broadcast-failed").map(({ chain }) => chain)).to.deep.equal([SAT1, SAT2]);
      expect(of(events, "retry").map(({ inSeconds }) => inSeconds)).to.deep.equal([5, 5]);
      expect(slept.length).to.be.at.least(5);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("uses all attempts, doubling the pause each time, and gives up", async () => {
      const world = await keptMesh();
      await (await breaking(world, ({ chains: [home] }) => home?.ccip.onRamp)).now();
      const { pollOptions, slept } = pollOptionsOf(world);
      const { events, exitCode } = await run(world, { pollOptions, attempts: 4 });
      expect(exitCode).to.equal(2);
      for (const satellite of [SAT1, SAT2]) {
        const mine = events.filter((event) => "chain" in event && event.chain === satellite);
        expect(of(mine, "lane-down")).to.have.length(4);
        expect(of(mine, "retry").map(({ inSeconds }) => inSeconds)).to.deep.equal([5, 10, 20]);
      }
      expect(slept.reduce((sum, milliseconds) => sum + milliseconds, 0)).to.equal(35_000);
    });

    it("executed and failed: reports why, and sends again once the satellite is fixed", async () => {
      const world = await keptMesh();
      const [sat1] = world.mesh.satellites;
      if (!sat1) throw new Error("The mesh has no satellite.");
      const { token, receiver } = sat1.contracts;
      await byTimelock(sat1, token, change("revokeRole", "REBASER_ROLE", receiver));
      const first = await run(world, { attempts: 1 });
      expect(first.exitCode).to.equal(2);
      const why = of(first.events, "end")[0]?.stale[0]?.why;
      expect(why).to.equal("failed");
      expect(
        of(first.events, "lane")
          .map(({ text }) => text)
          .join("\n"),
      )
        .to.match(/failed: ReceiverError\(\) <- AccessControlUnauthorizedAccount\(/)
        .and.to.include(receiver);

      await byTimelock(sat1, token, grant("REBASER_ROLE", receiver));
      expect((await run(world)).exitCode).to.equal(0);
      expect(await countAtHome(world, 2n)).to.deep.equal({
        rebases: 1,
        broadcasts: { [SAT1]: 2, [SAT2]: 1 },
      });
    });

    it("executed without effect, because the receiver had no code: ends, and sends again in the next run", async () => {
      const world = await keptMesh();
      const [sat1] = world.mesh.satellites;
      if (!sat1) throw new Error("The mesh has no satellite.");
      const { provider } = world.chains[0] ?? {};
      const { receiver } = sat1.contracts;
      const code = await sat1.provider.getCode(receiver);
      await provider?.send("hardhat_setCode", [receiver, "0x"]);
      const first = await run(world, { attempts: 1 });
      expect(first.exitCode).to.equal(2);
      expect(of(first.events, "end")[0]?.stale).to.deep.equal([
        { chain: SAT1, why: "without effect" },
      ]);
      await provider?.send("hardhat_setCode", [receiver, code]);
      const second = await run(world);
      expect(second.exitCode).to.equal(0);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 2, [SAT2]: 1 });
    });

    it("whose message is late: follows it while it is recent, sends again when it is overdue", async () => {
      const world = await keptMesh();
      expect((await run(world, held(world))).exitCode).to.equal(2);
      await pass(world, 2_600);
      expect((await run(world, held(world))).exitCode).to.equal(2);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal(ONCE);
      await pass(world, 200);
      expect((await run(world, { ...held(world), policy: undefined })).exitCode).to.equal(2);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal({ [SAT1]: 2, [SAT2]: 2 });
      expect((await run(world, { policy: undefined })).exitCode).to.equal(0);
    });
  });

  it("treats no message as lost on a live chain because the local clock is an hour ahead", async () => {
    const world = await keptMesh();
    const mesh = alive(world.mesh);
    await run({ ...world, mesh }, held(world));
    await anHourAhead(() => run({ ...world, mesh }, held(world)));
    expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal(ONCE);
  });

  describe("with limited funds:", () => {
    for (const token of ["native", "link"] as const) {
      it(`spends at most the ceiling in ${token}, and exits 3 for deferred broadcasts`, async () => {
        const world = await keptMesh();
        const [fee] = await readLaneFees(world.mesh, world.mesh.satellites);
        const ceiling = ((fee?.[token] ?? 0n) * 15n) / 10n;
        const payment = { token, from: "caller" } as const;
        const first = await run(world, { payment, ceiling });
        expect(first.exitCode).to.equal(3);
        const [kept] = of(first.events, "deferred");
        expect(kept).to.deep.include({ chain: SAT2 });
        expect(of(first.events, "broadcast-failed")).to.be.empty;
        expect(kept?.reason).to.match(
          /^above the fee ceiling, of which 0\.\d+ (ETH|LINK) is left$/,
        );
        const spent = of(first.events, "end")[0]?.spent ?? 0n;
        expect(spent > 0n && spent <= ceiling).to.equal(true);
        expect((await run(world, { payment, ceiling })).exitCode).to.equal(0);
        expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
      });
    }

    it("spends at most the ceiling in all attempts of a run together", async () => {
      const world = await keptMesh();
      const fees = await readLaneFees(world.mesh, world.mesh.satellites);
      const ceiling = (fees.reduce((sum, { native }) => sum + native, 0n) * 11n) / 10n;
      // No message is delivered, and each pause takes longer than a message may.
      const { pollOptions } = pollOptionsOf(world, { sleep: () => pass(world, 3_000) });
      const { events, exitCode } = await run(world, { pollOptions, ceiling });
      expect(exitCode).to.equal(3);
      expect(of(events, "deferred").map(({ chain }) => chain)).to.deep.equal([SAT1, SAT2]);
      expect((of(events, "end")[0]?.spent ?? 0n) <= ceiling).to.equal(true);
      expect((await countAtHome(world, 2n)).broadcasts).to.deep.equal(ONCE);
    });

    it("an empty treasury defers everything", async () => {
      const world = await keptMesh();
      const { events, exitCode } = await run(world, { payment: paymentByName("treasury") });
      expect(exitCode).to.equal(3);
      expect(of(events, "deferred").map(({ reason }) => reason)).to.deep.equal([
        "the treasury holds 0 ETH: fund it",
        "the treasury holds 0 ETH: fund it",
      ]);
    });

    it("a treasury with an exhausted daily budget defers the rest, and reports the budget", async () => {
      const world = await keptMesh();
      const { home } = world.mesh;
      const { broadcaster } = home.contracts;
      const rich = localAccount(0, home.provider);
      await (await rich.sendTransaction({ to: broadcaster, value: parseEther("5") })).wait();
      const [fee] = await readLaneFees(world.mesh, world.mesh.satellites);
      const perDay = ((fee?.native ?? 0n) * 3n) / 2n;
      const budget = abi.broadcaster.encodeFunctionData("setTreasuryBudget", [ZeroAddress, perDay]);
      await byTimelock(home, broadcaster, budget);

      const { events, exitCode } = await run(world, { payment: paymentByName("treasury") });
      expect(exitCode).to.equal(3);
      expect(of(events, "broadcast-sent").map(({ chain }) => chain)).to.deep.equal([SAT1]);
      const [deferred] = of(events, "deferred");
      expect(deferred?.chain).to.equal(SAT2);
      expect(deferred?.reason).to.match(
        /^of the treasury's budget, [\d.]+ ETH a day, [\d.]+ ETH is left until midnight UTC: wait, or raise broadcaster\.treasuryBudgetPerDay in the mesh file$/,
      );
    });

    it("waits for cheaper gas: exits 3, sends nothing meanwhile, and does it all later", async () => {
      const world = await keptMesh();
      const first = await run(world, {}, contextOf(world, { sendOptions: () => DEAR }));
      expect(first.exitCode).to.equal(3);
      expect(of(first.events, "rebase-deferred")[0]?.reason).to.match(
        /^rebase to epoch 2: gas on local-home costs [\d.]+ gwei, above the ceiling of 0\.000000001 gwei: wait, or raise this test\.$/,
      );
      expect((await countAtHome(world, 2n)).rebases).to.equal(0);

      const { options, events } = keeperOptions(world);
      const isScheduled = () => events.some(({ event }) => event === "rebase-scheduled");
      const dearer = contextOf(world, { sendOptions: () => (isScheduled() ? DEAR : {}) });
      expect((await keep(dearer, options)).exitCode).to.equal(3);
      expect(of(events, "deferred").map(({ chain }) => chain)).to.deep.equal([SAT1, SAT2]);
      expect(of(events, "deferred")[0]?.reason).to.match(/^gas on local-home costs/);

      expect((await run(world)).exitCode).to.equal(0);
      expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
    });

    it("reports how many broadcasts the treasury can still pay", async () => {
      const world = await keptMesh();
      const fees = await readLaneFees(world.mesh, world.mesh.satellites);
      const total = (token: "native" | "link") => fees.reduce((sum, fee) => sum + fee[token], 0n);
      const { broadcaster } = world.mesh.home.contracts;
      await giveNative(world, broadcaster, total("native") * 5n);
      await giveLink(world, broadcaster, total("link") * 8n - 1n);
      const { events } = await run(world, { policy: undefined });
      expect(of(events, "runway")).to.deep.equal([
        {
          event: "runway",
          native: total("native") * 5n,
          link: total("link") * 8n - 1n,
          nativePerBroadcast: total("native"),
          linkPerBroadcast: total("link"),
          nativeBroadcasts: 5n,
          linkBroadcasts: 7n,
        },
      ]);
    });
  });

  it("ends its lines with the error when the payer lacks gas, and continues once funded", async () => {
    const world = await keptMesh();
    const poor = localAccount(17, world.mesh.home.provider);
    const [{ provider } = { provider: undefined }] = world.chains;
    const [fee] = await readLaneFees(world.mesh, world.mesh.satellites);
    await provider?.send("hardhat_setBalance", [
      poor.address,
      toQuantity((fee?.native ?? 0n) * 2n),
    ]);
    const elsewhere = { ...world, mesh: { ...world.mesh, operator: poor.address } };
    const { options } = keeperOptions(world);
    const lines: string[] = [];
    const output = { stdout: (line: string) => void lines.push(line), log: () => undefined };
    await expect(keepAndReport(contextOf(elsewhere), options, output)).to.be.rejectedWith(
      "fund it",
    );
    const events = lines.map((line) => eventSchema.parse(JSON.parse(line)));
    expect(events.at(-1)).to.deep.include({ event: "error", exitCode: 1 });
    expect(events.map(({ event }) => event)).to.include("rebase-scheduled");
    expect((await run(world)).exitCode).to.equal(0);
    expect(await countAtHome(world, 2n)).to.deep.equal({ rebases: 1, broadcasts: ONCE });
  });

  describe("when the rebase is refused, sends pending broadcasts all the same and exits 1:", () => {
    it("a growth beyond the bounds", async () => {
      const world = await keptMesh();
      await run(world, { ...held(world), attempts: 1 });
      await pass(world, 3_600);
      const { events, exitCode } = await run(world, { policy: policy({ percent: "10.1" }) });
      expect(exitCode).to.equal(1);
      expect(of(events, "rebase-refused")[0]?.reason).to.include("GrowthFactorOutOfBounds");
      expect(await syncStatuses(world.mesh)).to.deep.equal(["synced", "synced"]);
    });

    it("a payer without a key: the rebase could not be broadcast", async () => {
      const world = await keptMesh();
      const { events, exitCode } = await run(world, {}, withoutPayer(world));
      expect(exitCode).to.equal(1);
      expect(of(events, "rebase-refused")[0]?.reason).to.include(
        `There is no key for ${world.mesh.operator} at hand`,
      );
      expect((await countAtHome(world, 2n)).rebases).to.equal(0);
    });

    it("an operator without a key", async () => {
      const world = await keptMesh();
      const { rebaseOperator } = world.mesh.config.roles;
      const context = contextOf(world, {
        signerFor: (chain, account) =>
          account === rebaseOperator
            ? Promise.reject(new NoKeyError(account, chain.name))
            : signerFor(chain, account),
      });
      const { events, exitCode } = await run(world, {}, context);
      expect(exitCode).to.equal(1);
      expect(of(events, "rebase-refused")[0]?.reason).to.include(
        `There is no key for ${rebaseOperator} at hand`,
      );
    });
  });
});

/** Runs the keeper once, and returns its events and its outcome. */
async function run(
  world: MeshWorld,
  change: Partial<KeeperOptions> = {},
  context = contextOf(world),
): Promise<{ exitCode: number; events: KeeperEvent[]; told: string[] }> {
  const { options, events } = keeperOptions(world, change);
  const { exitCode } = await keep(context, options);
  return { exitCode, events, told: events.map(({ event }) => event) };
}

/** Returns options under which no message is delivered while the keeper waits. */
function held(world: MeshWorld): Partial<KeeperOptions> {
  const { pollOptions } = pollOptionsOf(world, { sleep: () => Promise.resolve(), followMs: 3_000 });
  return { pollOptions };
}

function of<E extends KeeperEvent["event"]>(events: readonly KeeperEvent[], event: E) {
  return events.filter((item): item is Extract<KeeperEvent, { event: E }> => item.event === event);
}

async function syncStatuses(mesh: Mesh): Promise<string[]> {
  const { satellites } = await readStatus(mesh);
  return satellites.map(({ syncStatus }) => syncStatus);
}

/**
 * Returns a context in which an account, the operator unless given, gets its key only after another account's run.
 * @param early number of times that it gets its key before that.
 */
function overtakenBy(
  world: MeshWorld,
  other: (world: MeshWorld) => Promise<unknown>,
  late = world.mesh.config.roles.rebaseOperator,
  early = 0,
) {
  let asked = 0;
  return contextOf(world, {
    signerFor: async (chain, account) => {
      if (account === late && asked++ === early) await other(world);
      return signerFor(chain, account);
    },
  });
}

/** Returns a context in which an action runs just before the payer's first signature. */
function lateContext(world: MeshWorld, before: () => Promise<unknown>) {
  let isOver = false;
  return contextOf(world, {
    signerFor: async (chain, account) => {
      const signer = await signerFor(chain, account);
      if (account !== world.mesh.operator || isOver) return signer;
      return new LateSigner(signer, async () => {
        isOver = true;
        await before();
      });
    },
  });
}

/** A signer that runs an action just before its first signature. */
class LateSigner extends CrashingSigner {
  private pending: (() => Promise<void>) | undefined;

  constructor(inner: Signer, before: () => Promise<void>) {
    super(inner, { sends: Infinity });
    this.pending = before;
  }

  override async signTransaction(transaction: TransactionRequest): Promise<string> {
    await this.pending?.();
    this.pending = undefined;
    return super.signTransaction(transaction);
  }
}

function grant(role: string, account: string): string {
  return change("grantRole", role, account);
}

function change(name: "grantRole" | "revokeRole", role: string, account: string): string {
  return name === "grantRole"
    ? abi.token.encodeFunctionData("grantRole", [id(role), account])
    : abi.token.encodeFunctionData("revokeRole", [id(role), account]);
}
