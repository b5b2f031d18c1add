import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { id, parseEther } from "ethers";
import type { Provider } from "ethers";

import type { Output } from "../../../lib/cli/consoleOutput";
import { coreMesh } from "../../../config/meshes/local";
import { signerFor } from "../../../lib/localnet/wiring";
import { encodeLimits } from "../../../lib/mesh/components/pool/contract";
import { abi } from "../../../lib/core/abis";
import { ApplyFailedError } from "../../../lib/mesh/apply";
import { applyPlan } from "../../../lib/cli/mesh/apply";
import type { ApplyTaskOptions } from "../../../lib/cli/mesh/apply";
import { checkMesh } from "../../../lib/cli/mesh/check";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { exportMesh, showPlan } from "../../../lib/cli/mesh/plan";
import { StalePlanError } from "../../../lib/cli/mesh/planFile";
import { showMesh } from "../../../lib/cli/mesh/show";
import type { SafeBatch } from "../../../lib/cli/mesh/safe";
import { outboundLimit } from "../../../lib/core/mesh/limit";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import { NoKeyError } from "../../../lib/mesh/signing";
import { AbsentProvider } from "../../../lib/rpc/provider";
import { RebaseToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { contextAt } from "../../shared/operatorContext";
import {
  deployedMeshFixture,
  impersonated,
  passTime,
  wiredMeshFixture,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { Scenario } from "../../shared/scenario";
import { expectText } from "../../shared/textSnapshot";

const snapshot = (file: string) => path.join(__dirname, "__snapshots__", file);

/** The checked part of a failed run's document. */
interface Failed {
  readonly sent: number;
  readonly upToDate: boolean;
  readonly failures: readonly { readonly reason: string }[];
}

const PLAN = { json: false, allowDestructive: false };
const APPLY: ApplyTaskOptions = {
  ...PLAN,
  wait: false,
  confirm: () => Promise.resolve(),
};

describe("mesh commands", () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(path.join(tmpdir(), "desk-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  describe("with a fresh mesh:", () => {
    it("the plan matches the snapshot", async () => {
      const { context, output, printed } = contextAt(await loadFixture(deployedMeshFixture));
      await showPlan(context, { ...PLAN, full: true }, output);
      expectText(snapshot("plan-fresh.txt"), named(context, printed));
    });

    it("the plan is summarised by phase and chain in lines of 100 columns, unless --full is given", async () => {
      const { context, output, printed } = contextAt(await loadFixture(deployedMeshFixture));
      const { steps } = await showPlan(context, PLAN, output);
      const text = printed.join("\n");
      const lines = text.split("\n");
      expect(lines.length, text).to.be.lessThan(90);
      expect(Math.max(...lines.map((line) => line.length)), text).to.be.at.most(100);
      const counts = [...text.matchAll(/^ {2}phase +\d+ {2}local-\w+ +(\d+) by \w+/gm)];
      const sum = counts.reduce((total, [, count]) => total + Number(count), 0);
      expect(sum).to.equal(steps.filter(({ status }) => status.kind !== "done").length);
      expect(text).to.include("Every step with before and after: add --full.");
      expect(text).not.to.match(/0x[0-9a-fA-F]{40}(?! \()/);
    });

    it("apply asks once, and reports when nothing is left to do", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const { context, output, printed, said } = contextAt(world);
      const questions: string[] = [];
      const confirm = (question: string) => Promise.resolve(void questions.push(question));
      await applyPlan(context, { ...APPLY, confirm }, output);
      expect(questions).to.have.length(1);
      expect(questions[0]).to.match(/^Send up to \d+ transactions to 3 chains of mesh local\?$/);
      expect(said.join("\n")).to.include("run the same command again");
      expect(printed.at(-1)).to.match(/transactions sent, nothing left to do\.$/);
      await applyPlan(context, { ...APPLY, confirm }, output);
      expect(questions).to.have.length(1);
      expect(printed.at(-1)).to.include("Nothing to do: every chain is as declared.");
    });

    it("apply prints one JSON document and fails when steps fail", async () => {
      const { context, output, printed } = contextAt(await loadFixture(deployedMeshFixture));
      const broken = { ...context, signerFor: () => Promise.reject(new Error("the key is lost")) };
      const run = applyPlan(broken, { ...APPLY, json: true }, output);
      await expect(run).to.be.rejectedWith(ApplyFailedError);
      expect(printed).to.have.length(1);
      const { sent, upToDate, failures } = JSON.parse(String(printed[0])) as Failed;
      expect({ sent, upToDate }).to.deep.equal({ sent: 0, upToDate: false });
      expect(failures[0]?.reason).to.include("the key is lost");
    });

    it("apply sends nothing while an account lacks funds, which is reported for every chain at once", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const { context, output } = contextAt(world);
      const { deployer } = world.mesh;
      await setBalance(deployer, 1n);
      const asked = () => Promise.reject(new Error("asked"));
      const refused = applyPlan(context, { ...APPLY, confirm: asked }, output);
      const poor = (network: string) =>
        `${deployer} has 0.000000000000000001 ETH on ${network}, and \\d+ transactions to send there: fund it\\.`;
      await expect(refused).to.be.rejectedWith(
        new RegExp(
          `3 things are in the way:\n {2}${poor("local-home")}\n {2}${poor("local-sat1")}\n {2}${poor("local-sat2")}`,
        ),
      );
    });

    it("apply sends nothing when the answer is no", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const { context, output } = contextAt(world);
      const no = new Error("you said no");
      const refused = applyPlan(context, { ...APPLY, confirm: () => Promise.reject(no) }, output);
      await expect(refused).to.be.rejectedWith(no);
      expect(await world.mesh.home.provider.getTransactionCount(world.mesh.deployer)).to.equal(
        await countAtDeployment(),
      );
    });

    it("apply sends the steps that it has keys for, and names the signers and the export command for the rest", async () => {
      const world = await loadFixture(deployedMeshFixture);
      const { context, output, printed } = contextAt(world);
      const { operations } = world.mesh.config.roles;
      const { open } = await applyPlan(
        {
          ...context,
          signerFor: (chain, account) =>
            account === operations
              ? Promise.reject(new NoKeyError(account, chain.name))
              : signerFor(chain, account),
        },
        APPLY,
        output,
      );
      expect(open.map((step) => step.id)).to.include("local-home/timelock/propose");
      expect(printed.at(-1)?.replace(/\s+/g, " "))
        .to.include(
          `local-home/timelock/propose waits for ${operations} (PROPOSER_ROLE of the timelock) to sign`,
        )
        .and.to.include("mesh export --safe --mesh local");
    });
  });

  describe("plans match the snapshots:", () => {
    it("a mesh as declared", async () => {
      const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
      await showPlan(context, PLAN, output);
      expectText(snapshot("plan-synced.txt"), named(context, printed));
    });

    it("other limits, another gas limit and a lane to close, after the handover to the timelocks", async () => {
      const { lanes } = coreMesh();
      const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture), {
        lanes: {
          ...lanes,
          pairs: {
            "local-home -> local-sat1": { capacity: "250000", rate: "100" },
            "local-sat2 -> local-sat1": "closed",
          },
        },
        chains: { "local-sat1": { gasLimit: 180_000 } },
      });
      await showPlan(context, PLAN, output);
      expectText(snapshot("plan-changes.txt"), named(context, printed));
    });

    it("mesh show", async () => {
      const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
      await showMesh(context, { json: false }, output);
      expectText(snapshot("show.txt"), named(context, printed));
    });
  });

  describe("apply", () => {
    it("without waiting, prints the obstacle and its end", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { controller } = coreMesh();
      const { context, output, printed } = contextAt(world, {
        controller: { ...controller, minInterval: 7 },
      });
      const withoutClock = { ...context, passTime: undefined };
      const { open, sent } = await applyPlan(withoutClock, APPLY, output);
      expect(sent).to.equal(1);
      expect(open.map((step) => step.id)).to.deep.equal(["local-home/controller/config"]);
      expect(printed.at(-1)).to.match(
        /local-home\/controller\/config waits for the delay of the timelock, until \d{4}-\d\d-\d\dT[\d:]+Z/,
      );
      expect((await applyPlan(context, APPLY, output)).open).to.be.empty;
    });
  });

  describe("with a mesh as declared:", () => {
    it("check reports no drift, or every difference with its values", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const sound = contextAt(world);
      const { differences } = await checkMesh(sound.context, { json: false }, sound.output);
      expect(differences).to.be.empty;
      expect(sound.printed.join("\n")).to.match(
        /^mesh local matches the mesh file: (\d+) of \1 settings as declared$/,
      );

      const { controller } = coreMesh();
      const drifted = contextAt(world, { controller: { ...controller, minInterval: 7 } });
      const { differences: drift } = await checkMesh(
        drifted.context,
        { json: false },
        drifted.output,
      );
      expect(drift.map((step) => step.id)).to.deep.equal(["local-home/controller/config"]);
      expect(drifted.printed.join("\n")).to.include(
        "  local-home/controller/config\n      minInterval is 3600 s, not 7 s",
      );
      const machine = contextAt(world, { controller: { ...controller, minInterval: 7 } });
      await checkMesh(machine.context, { json: true }, machine.output);
      expect(JSON.parse(machine.printed.join("\n"))).to.deep.include({ upToDate: false });
    });

    it("check counts the drift as the plan does", async () => {
      const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
      const { settings } = await checkMesh(context, { json: false }, output);
      await showPlan(context, PLAN, output);
      expect(printed[0]).to.include(`${settings} of ${settings} settings as declared`);
      expect(printed[1]).to.include(`0 to do, 0 waiting, ${settings} done`);
    });

    it("export writes Safe files by phase, chain and owner, which have the same effect when signed in order", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { lanes, controller } = coreMesh();
      const { context, output, printed } = contextAt(world, {
        controller: { ...controller, minInterval: 7 },
        lanes: { ...lanes, pairs: { "local-sat1 -> local-home": { capacity: "9", rate: "1" } } },
      });
      const out = path.join(directory, "safe");
      mkdirSync(out);
      const earlier = path.join(out, `03-local-sat2-${coreMesh().roles.operations}.json`);
      const foreign = path.join(directory, "safe", "notes.json");
      for (const file of [earlier, foreign]) writeFileSync(file, "{}");
      const { files, leftOut } = await exportMesh(context, { ...PLAN, out }, output);
      const { operations, rateLimitAdmin } = coreMesh().roles;
      expect(files.map(({ name }) => name)).to.have.members([
        `01-local-home-${operations}.json`,
        `01-local-sat1-${rateLimitAdmin}.json`,
        `02-local-home-${rateLimitAdmin}.json`,
        `02-local-home-${operations}.json`,
      ]);
      expect(leftOut).to.be.empty;
      expect(printed).to.have.length(4);
      expect(existsSync(earlier)).to.equal(false);
      rmSync(foreign);
      for (const name of readdirSync(out).sort()) {
        const batch = JSON.parse(readFileSync(path.join(out, name), "utf8")) as SafeBatch;
        const chain = [world.mesh.home, ...world.mesh.satellites].find(
          ({ chainId, name: network }) =>
            name.includes(`-${network}-`) && batch.chainId === chainId.toString(),
        );
        if (!chain) throw new Error(`${name} is for no chain of the mesh.`);
        if (name.startsWith("02")) await passTime(world, await waitingSteps(context));
        const owner = await impersonated(chain, batch.meta.createdFromSafeAddress);
        for (const { to, data, value } of batch.transactions) {
          await (await owner.sendTransaction({ to, data, value: BigInt(value) })).wait();
        }
      }
      expect((await checkMesh(context, { json: false }, output)).differences).to.be.empty;
      expect((await exportMesh(context, { ...PLAN, out }, output)).files).to.be.empty;
      expect(readdirSync(out)).to.be.empty;
    });
  });

  describe("with a chain that does not answer, report on the others:", () => {
    const down = new Map([["local-sat2", new Error("The RPC endpoint of local-sat2 is down")]]);

    it("show", async () => {
      const { context, output, printed, said } = contextAt(await loadFixture(wiredMeshFixture));
      const { chains } = await showMesh({ ...context, unreachable: down }, { json: false }, output);
      expect([...chains.keys()]).to.have.members(["local-home", "local-sat1"]);
      expect(printed.join("\n")).to.include("local-home -> local-sat2").and.include("not read");
      expect(said).to.deep.equal([
        "local-sat2 was not read: The RPC endpoint of local-sat2 is down",
      ]);
    });

    it("check, whether the chain was down before or during the run", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { controller } = coreMesh();
      const { context, output, printed } = contextAt(world, {
        controller: { ...controller, minInterval: 7 },
      });
      const [sat1, sat2] = context.mesh.satellites;
      if (!sat1 || !sat2) throw new Error("no satellites");
      const provider = new AbsentProvider(sat2.name, sat2.chainId);
      const silent = { ...context.mesh, satellites: [sat1, { ...sat2, provider }] };
      const whole = { ...context, mesh: silent };
      for (const partly of [{ ...context, unreachable: down }, whole]) {
        const { differences, unread } = await checkMesh(partly, { json: false }, output);
        expect(differences.map(({ id: what }) => what)).to.deep.equal([
          "local-home/controller/config",
        ]);
        expect([...unread.keys()]).to.deep.equal(["local-sat2"]);
        expect(printed.at(-1)).to.match(
          /^mesh local differs from the mesh file on the chains that answered: (\d+) of (?!\1)\d+ settings/,
        );
      }
    });

    it("are not reported as up to date while one was not read", async () => {
      const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
      await checkMesh({ ...context, unreachable: down }, { json: false }, output);
      expect(printed[0]).to.match(
        /^mesh local may match the mesh file or not, for local-sat2 was not read; on the others: (\d+) of \1 settings as declared$/,
      );
    });

    it("check without home compares the satellites with each other", async () => {
      const { context, output } = contextAt(await loadFixture(wiredMeshFixture));
      const unreachable = new Map([["local-home", new Error("down")]]);
      const { differences, chains } = await checkMesh(
        { ...context, unreachable },
        { json: true },
        output,
      );
      expect(differences).to.be.empty;
      expect(chains.size).to.equal(2);
    });
  });

  describe("with a slow endpoint, name its chain on stderr meanwhile:", () => {
    for (const [what, task] of [
      ["a plan", (context: OperatorContext, output: Output) => showPlan(context, PLAN, output)],
      [
        "an application",
        (context: OperatorContext, output: Output) => applyPlan(context, APPLY, output),
      ],
      [
        "a check",
        (context: OperatorContext, output: Output) => checkMesh(context, { json: true }, output),
      ],
    ] as const) {
      it(what, async () => {
        const world = await loadFixture(wiredMeshFixture);
        const { mesh } = world;
        const said: string[] = [];
        let told: () => void = () => undefined;
        const once = new Promise<void>((resolve) => (told = resolve));
        const log = (text: string) => {
          said.push(text);
          if (text === "reading local-sat1 …") told();
        };
        const [sat1, ...others] = mesh.satellites;
        if (!sat1) throw new Error("The mesh has no satellite.");
        const late = { ...sat1, provider: answeringAfter(once, sat1.provider) };
        const slow = { ...mesh, satellites: [late, ...others] };
        const { context, printed } = contextAt({ ...world, mesh: slow });
        await task(context, { stdout: (text) => void printed.push(text), log });
        expect(said).to.include("reading local-sat1 …");
        expect(said.filter((text) => /^reading local-sat1 … done after \d+\.\d s$/.test(text))).to
          .not.be.empty;
      });
    }
  });

  describe("apply a plan from a file", () => {
    const changed = () => {
      const { controller } = coreMesh();
      return { controller: { ...controller, minInterval: 7 } };
    };
    const planned = async (world: MeshWorld, name: string) => {
      const file = path.join(directory, name);
      const { context, output } = contextAt(world, changed());
      await showPlan(context, { ...PLAN, out: file }, output);
      return file;
    };

    it("and nothing else", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const file = await planned(world, "sound.json");
      const { context, output } = contextAt(world, changed());
      expect((await applyPlan(context, { ...APPLY, file }, output)).sent).to.equal(2);
    });

    it("although a bucket was used and time has passed", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const file = await planned(world, "drained.json");
      await drainBucket(world);
      const { context, output } = contextAt(world, changed());
      expect((await applyPlan(context, { ...APPLY, file }, output)).open).to.be.empty;
    });

    it("although the token was rebased and a third party broadcast the rebase again", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const file = await planned(world, "rebased.json");
      const scenario = new Scenario(world);
      await scenario.rebase("5");
      await scenario.broadcastAll();
      const { context, output } = contextAt(world, changed());
      expect((await applyPlan(context, { ...APPLY, file }, output)).open).to.be.empty;
    });

    it("refuse it when chains have changed, naming chains, parts, and old and new values", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const file = await planned(world, "moved.json");
      const { home, satellites } = world.mesh;
      const [sat1] = satellites;
      if (!sat1) throw new Error("The mesh has no satellite.");
      const timelock = await impersonated(home, home.contracts.timelock);
      const { token } = home.contracts;
      const data = abi.token.encodeFunctionData("grantRole", [id("GUARDIAN_ROLE"), token]);
      await (await timelock.sendTransaction({ to: token, data })).wait();
      const closed = encodeLimits(2, home.selector, outboundLimit(world.mesh.config), {
        isEnabled: true,
        capacity: 7n,
        rate: 1n,
      });
      const owner = await impersonated(sat1, sat1.contracts.timelock);
      await (await owner.sendTransaction({ to: sat1.contracts.pool, data: closed })).wait();
      const { context, output } = contextAt(world, changed());
      await expect(applyPlan(context, { ...APPLY, file }, output)).to.be.rejectedWith(
        StalePlanError,
        [
          "The plan is out of date:",
          `  local-home grants.GUARDIAN_ROLE of ${token} on the token: none -> yes`,
          "  local-sat1 pool.remotes.local-home.inbound.capacity: 129650371200000000000000 -> 7",
          "  local-sat1 pool.remotes.local-home.inbound.rate: 129650371200000000000 -> 1",
          "Plan again, look at it, and apply that.",
        ].join("\n"),
      );
    });

    it("refuse it when the mesh file has changed", async () => {
      const world = await loadFixture(wiredMeshFixture);
      const file = await planned(world, "config.json");
      const { context, output } = contextAt(world);
      await expect(applyPlan(context, { ...APPLY, file }, output)).to.be.rejectedWith(
        StalePlanError,
        "The plan is out of date:\n  mesh file controller.minInterval: 7 -> 3600\nPlan again",
      );
    });

    it("name a file that is missing or is not a plan", async () => {
      const { context, output } = contextAt(await loadFixture(wiredMeshFixture));
      const file = path.join(directory, "none.json");
      await expect(applyPlan(context, { ...APPLY, file }, output)).to.be.rejectedWith(
        `There is no plan in ${file}`,
      );
      writeFileSync(file, "{}");
      await expect(applyPlan(context, { ...APPLY, file }, output)).to.be.rejectedWith(
        `${file} is not a plan: `,
      );
    });
  });

  async function waitingSteps(context: OperatorContext) {
    const { steps } = await showPlan(context, PLAN, {
      stdout: () => undefined,
      log: () => undefined,
    });
    return steps.filter(({ status }) => status.kind === "waiting");
  }
});

/** Returns the printed text with names for addresses, and without blocks and prices, which differ from run to run. */
function named({ mesh }: OperatorContext, printed: readonly string[]): string {
  const { deployer, config } = mesh;
  const names: (readonly [address: string, name: string])[] = [
    ...chainsOf(mesh).flatMap(({ name, contracts, ccip }) => [
      ...Object.entries(contracts).map(
        ([contract, address]) => [String(address), `${name} ${contract}`] as const,
      ),
      [ccip.tokenAdminRegistry, `${name} registry`] as const,
    ]),
    ...Object.entries(config.roles).map(([role, address]) => [address, role] as const),
    [deployer, "deployer"] as const,
  ];
  return names
    .reduce((text, [address, name]) => text.replaceAll(address, `<${name}>`), printed.join("\n"))
    .replace(/\(fee [\d.]+ ETH\)/g, "(fee … ETH)")
    .replace(/, block \d+/g, "")
    .replace(/\bblock \d+\b/g, "block …")
    .replace(/ +│/g, " │")
    .replace(/─+/g, "─");
}

/** A provider that reports its latest block only after a callback has run. */
function answeringAfter(event: Promise<void>, provider: Provider): Provider {
  return new Proxy(provider, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]): Promise<unknown> => {
        if (key === "getBlock") await event;
        return (value as (...given: unknown[]) => unknown).apply(target, args);
      };
    },
  });
}

async function countAtDeployment(): Promise<number> {
  const { mesh } = await loadFixture(deployedMeshFixture);
  return mesh.home.provider.getTransactionCount(mesh.deployer);
}

async function drainBucket({ mesh, ccip }: MeshWorld): Promise<void> {
  const { sendTransfer } = await import("../../../lib/demo/transactions");
  const { localAccount } = await import("ccip-localnet");
  const { home, satellites } = mesh;
  const [destination] = satellites;
  if (!destination) throw new Error("The mesh has no satellite.");
  const alice = localAccount(7, home.provider);
  const issuer = await signerFor(home, mesh.config.roles.issuer);
  const token = RebaseToken__factory.connect(home.contracts.token, issuer);
  await (await token.mint(alice.address, parseEther("50"))).wait();
  const amount = parseEther("50");
  await sendTransfer({ source: home, destination, receiver: alice.address, amount }, alice);
  await ccip.deliver();
}
