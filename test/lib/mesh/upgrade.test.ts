import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { loadFixture } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther, toBeHex } from "ethers";
import type { Interface, Provider } from "ethers";
import hre from "hardhat";
import type { RpcProvider } from "ccip-localnet/protocol";

import type { Artifact } from "../../../lib/deployments/artifact";
import { DeploymentStore } from "../../../lib/deployments/store";
import type { BuildArtifacts } from "../../../lib/deployments/buildArtifacts";
import { buildArtifactsOf } from "../../../lib/hardhat/buildArtifacts";
import { signerFor } from "../../../lib/localnet/wiring";
import { abi } from "../../../lib/core/abis";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { requireChain, chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import {
  UpgradeChangedError,
  UpgradeRefusedError,
  upgradeTokens,
} from "../../../lib/cli/token/upgrade";
import type { UpgradeOptions } from "../../../lib/cli/token/upgrade";
import {
  implementationOf,
  implementationProblems,
} from "../../../lib/mesh/components/implementation";
import { erc7201Slot } from "../../../lib/deployments/storageSlots";
import { NoHistoryError, NoRehearsalError } from "../../../lib/mesh/upgrade/outcomes";
import {
  LibraryHarness__factory,
  RebaseToken__factory,
  RebaseTokenNext__factory,
} from "../../../typechain-types";
import { contextAt } from "../../shared/operatorContext";
import {
  KilledError,
  CrashingSigner,
  openIds,
  passTimeAlone,
  wiredMeshFixture,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { Scenario, expectSuccess } from "../../shared/scenario";

const ALL = ["local-home", "local-sat1", "local-sat2"];

const MIGRATION = RebaseTokenNext__factory.createInterface().encodeFunctionData("initializeNext", [
  42n,
]);

const TO_NEXT: UpgradeOptions = {
  chains: ALL,
  contract: "RebaseTokenNext",
  migration: MIGRATION,
  json: false,
  wait: false,
  confirm: () => Promise.resolve(),
};

type Send = (method: string, params: unknown[]) => Promise<unknown>;

/** A provider whose raw calls go another way. */
function withSend(provider: Provider, change: (send: Send) => Send): Provider {
  const own = change((method, params) => (provider as RpcProvider).send(method, params));
  return new Proxy(provider, {
    get(target, key) {
      if (key === "send") return own;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** A provider without the code of any block that was named. */
function forgetful(provider: Provider): Provider {
  return new Proxy(provider, {
    get(target, key) {
      if (key === "getCode") {
        return (account: string, block?: number) =>
          block === undefined
            ? target.getCode(account)
            : Promise.reject(new Error("No state available for block"));
      }
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

/** What the compiler would have made of a token with a mistyped storage location. */
function misplaced(artifact: Artifact): Artifact {
  const location = erc7201Slot("ccip-rebase-token.RebaseToken").slice(2, -2);
  const mistyped = `${location.slice(0, -2)}00`;
  const { bytecode, deployedBytecode } = artifact;
  expect(deployedBytecode).to.include(location);
  return {
    ...artifact,
    bytecode: bytecode.replaceAll(location, mistyped),
    deployedBytecode: deployedBytecode.replaceAll(location, mistyped),
  };
}

/** What the compiler would have made of a token that answers to another function in the place of one. */
function without(name: string, artifact: Artifact): Artifact {
  const token: Interface = abi.token;
  const selector = BigInt(token.getFunction(name)?.selector ?? 0);
  const push = (value: bigint) => `63${toBeHex(value, 4).slice(2)}`;
  const mistaken = (code: string) => code.replaceAll(push(selector), push(selector + 1n));
  const { bytecode, deployedBytecode } = artifact;
  expect(deployedBytecode).to.include(push(selector));
  return {
    ...artifact,
    bytecode: mistaken(bytecode),
    deployedBytecode: mistaken(deployedBytecode),
  };
}

/** A wired mesh with holders on every chain, and a transfer on its way over every lane. */
async function busyFixture(): Promise<MeshWorld> {
  const world = await wiredMeshFixture();
  const s = new Scenario(world);
  for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  for (const from of s.all) {
    for (const to of s.all.filter((chain) => chain !== from)) {
      await s.send({ from, to }, "alice", parseEther("10"), s.address("bob"));
    }
  }
  return world;
}

describe("hardhat token upgrade", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "token-upgrade-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A desk at a busy world whose tokens are written down as hardhat-deploy would. */
  async function busyContext() {
    const world = await loadFixture(busyFixture);
    const buildArtifacts = buildArtifactsOf(hre, folder);
    for (const { name, contracts, provider } of chainsOf(world.mesh)) {
      const implementation = await implementationOf(provider, contracts.token);
      const deploymentStore = new DeploymentStore(path.join(folder, name));
      deploymentStore.write("RebaseToken_Implementation", {
        address: implementation,
        abi: [...RebaseToken__factory.abi],
      });
      deploymentStore.write("RebaseToken", {
        address: contracts.token,
        abi: [...RebaseToken__factory.abi],
        implementation,
      });
    }
    return { world, buildArtifacts, ...contextAt(world) };
  }

  /** The mesh as the next run opens it: with the implementations that are written down. */
  const reopened = (mesh: Mesh, buildArtifacts: BuildArtifacts): Mesh => {
    const renewed = <C extends MeshChain>(chain: C): C => {
      const { implementation } = buildArtifacts.deploymentStore(chain.name).get("RebaseToken");
      return { ...chain, implementation };
    };
    return { ...mesh, home: renewed(mesh.home), satellites: mesh.satellites.map(renewed) };
  };

  const implementations = (mesh: Mesh) =>
    Promise.all(
      chainsOf(mesh).map(({ provider, contracts }) => implementationOf(provider, contracts.token)),
    );

  it("says that there is nothing to do when the tokens run this checkout", async () => {
    const { context, buildArtifacts, output, printed, world } = await busyContext();
    const before = await implementations(world.mesh);
    const { sent, tokens } = await upgradeTokens(
      context,
      buildArtifacts,
      { ...TO_NEXT, contract: "RebaseToken", migration: "0x" },
      output,
    );
    expect(sent).to.equal(0);
    expect(tokens.map(({ state }) => state)).to.deep.equal(["current", "current", "current"]);
    expect(printed.join()).to.include("mesh local: nothing to do.");
    expect(await implementations(world.mesh)).to.deep.equal(before);
  });

  it("upgrades all chains with transfers in flight, changes no answer, and back again", async () => {
    const { context, buildArtifacts, output, said, world } = await busyContext();
    const { mesh } = world;
    const before = await implementations(mesh);
    const questions: string[] = [];
    const confirm = (question: string) => Promise.resolve(void questions.push(question));
    const still: OperatorContext = { ...context, passTime: (steps) => passTimeAlone(world, steps) };
    const there = await upgradeTokens(still, buildArtifacts, { ...TO_NEXT, confirm }, output);
    expect(questions).to.deep.equal([
      `Upgrade the token of ${ALL.join(", ")} to RebaseTokenNext, calling ${MIGRATION}?`,
    ]);
    expect(there.open).to.be.empty;
    for (const [i, { chain, from, to, state, comparison }] of there.tokens.entries()) {
      expect({ state, from }).to.deep.equal({ state: "upgraded", from: before[i] });
      expect(comparison).to.deep.include({ busy: false, differences: [] });
      expect(comparison?.compared).to.be.greaterThan(50);
      const deploymentStore = buildArtifacts.deploymentStore(chain);
      expect(deploymentStore.names("RebaseToken")).to.deep.equal([
        "RebaseToken",
        "RebaseToken_Implementation",
        "RebaseToken_Implementation_1",
      ]);
      expect(deploymentStore.get("RebaseToken").implementation).to.equal(to);
      expect(deploymentStore.get("RebaseToken_Implementation").address).to.equal(to);
      expect(deploymentStore.get("RebaseToken_Implementation_1").address).to.equal(from);
    }
    const { home } = mesh;
    const next = RebaseTokenNext__factory.connect(home.contracts.token, home.provider);
    expect(await next.answer()).to.equal(42n);
    // A mesh that was opened before takes an upgrade for a fault; opened from the records, it is in step.
    expect(await openIds(mesh)).to.deep.equal(ALL.map((name) => `${name}/token/implementation`));
    expect(await openIds(reopened(mesh, buildArtifacts))).to.be.empty;
    expect(await upgradeTokens(context, buildArtifacts, TO_NEXT, output)).to.include({ sent: 0 });

    const s = new Scenario(world);
    expectSuccess(await s.deliver());
    await s.rebase("5");
    await s.expectConserved();

    // What ran before is deployed still.
    const back = await upgradeTokens(
      context,
      buildArtifacts,
      { ...TO_NEXT, contract: "RebaseToken", migration: "0x" },
      output,
    );
    expect(back.tokens.map(({ to }) => to)).to.deep.equal(before);
    expect(said.join("\n")).to.include("answer() is gone");
    expect(back.tokens.flatMap(({ comparison }) => comparison?.differences ?? [])).to.be.empty;
    await s.expectConserved();
  });

  it("killed after every single transaction, goes on with the same implementation", async () => {
    const { context, buildArtifacts, output, world } = await busyContext();
    const options = { ...TO_NEXT, chains: ["local-sat1"] };
    const [, sat1] = await implementations(world.mesh);
    let runs = 0;
    for (; ; runs++) {
      const life = { sends: 1 };
      const crashing: OperatorContext = {
        ...context,
        signerFor: async (chain, account) =>
          new CrashingSigner(await signerFor(chain, account), life),
      };
      try {
        const { open } = await upgradeTokens(crashing, buildArtifacts, options, output);
        expect(open).to.be.empty;
        break;
      } catch (error) {
        if (!(error instanceof KilledError)) throw error;
      }
    }
    // It is deployed, proposed and executed, each once.
    expect(runs).to.equal(3);
    const deploymentStore = buildArtifacts.deploymentStore("local-sat1");
    expect(deploymentStore.get("RebaseToken_Implementation_1").address).to.equal(sat1);
    expect(deploymentStore.names("RebaseToken")).to.deep.equal([
      "RebaseToken",
      "RebaseToken_Implementation",
      "RebaseToken_Implementation_1",
    ]);
    expect((await implementations(world.mesh))[1]).to.equal(
      deploymentStore.get("RebaseToken").implementation,
    );
  });

  it("ends where the timelock waits when it may not wait, and goes on later", async () => {
    const { context, buildArtifacts, output, printed } = await busyContext();
    const options = { ...TO_NEXT, chains: ["local-home"] };
    const hurried: OperatorContext = { ...context, passTime: () => Promise.resolve(false) };
    const { open, tokens } = await upgradeTokens(hurried, buildArtifacts, options, output);
    expect(open.map(({ id }) => id)).to.deep.equal(["local-home/token/implementation"]);
    expect(tokens.map(({ state }) => state)).to.deep.equal(["waiting"]);
    expect(printed.join()).to.include("waits for the delay of the timelock, until");
    expect((await upgradeTokens(context, buildArtifacts, options, output)).open).to.be.empty;
  });

  describe("refuses, before anything is proposed,", () => {
    const refused = async (
      change: Partial<BuildArtifacts>,
      options: Partial<UpgradeOptions> = {},
    ): Promise<string> => {
      const { context, buildArtifacts, output, world } = await busyContext();
      const before = await implementations(world.mesh);
      const { operations } = world.mesh.config.roles;
      const count = await world.mesh.home.provider.getTransactionCount(operations);
      let message = "";
      try {
        await upgradeTokens(
          context,
          { ...buildArtifacts, ...change },
          { ...TO_NEXT, ...options },
          output,
        );
      } catch (error) {
        if (!(error instanceof UpgradeRefusedError)) throw error;
        ({ message } = error);
      }
      expect(await implementations(world.mesh)).to.deep.equal(before);
      expect(await world.mesh.home.provider.getTransactionCount(operations)).to.equal(count);
      return message;
    };

    it("a layout that moves what is stored", async () => {
      const committedLayout = () => {
        const layout = buildArtifactsOf(hre, folder).committedLayout("RebaseToken");
        const namespaces = layout.namespaces.map(({ members, ...space }) => ({
          ...space,
          members: [...members].reverse(),
        }));
        return { ...layout, namespaces };
      };
      expect(await refused({ committedLayout })).to.match(
        /^RebaseTokenNext is no upgrade of the token:\n {2}.*member 1/,
      );
    });

    it("a version that reads its storage where nothing lies, whatever its source says", async () => {
      const artifact = async (name: string) =>
        misplaced(await buildArtifactsOf(hre, folder).artifact(name));
      const message = await refused({ artifact }, { migration: "0x" });
      // What is on its way is not at home.
      const shares = parseEther("980") * 10n ** 24n;
      expect(message)
        .to.match(
          /^RebaseTokenNext is no upgrade of the token:\n {2}on local-home it would change /,
        )
        .and.to.include(`change totalShares: ${shares} before, 0 after\n`)
        .and.to.match(/change sharesOf\(0x\w+\): \d+ before, 0 after\n/)
        .and.to.include("change epoch: 1 before, 0 after\n")
        .and.to.include("change rebase by the controller: goes through before, NotHome() after")
        .and.not.include("change name:");
    });

    const changes: [name: string, changed: RegExp][] = [
      ["transfer", /transfer by 0x\w+: true before, no reason given .* after/],
      ["mint", /mint by the issuer: goes through before, no reason given .* after/],
      ["pause", /pause by the guardian: goes through before, no reason given .* after/],
      ["grantRole", /grantRole by the timelock: goes through before, no reason given .* after/],
      ["upgradeToAndCall", /upgradeToAndCall by the timelock: goes through before, no .* after/],
      ["burn", /burn by a stranger: AccessControlUnauthorizedAccount.* before, no .* after/],
      ["recoverShares", /recoverShares by a stranger: AccessControlUnauth.* before, no .* after/],
      ["permit", /permit by a stranger: ERC2612ExpiredSignature.* before, no .* after/],
      ["allowance", /allowance: 0 before, no reason given .* after/],
    ];
    for (const [name, changed] of changes) {
      it(`a version in which something has become of ${name}`, async () => {
        const artifact = async (contract: string) =>
          without(name, await buildArtifactsOf(hre, folder).artifact(contract));
        const options = { chains: ["local-home"], migration: "0x" };
        expect(await refused({ artifact }, options)).to.match(changed);
      });
    }

    it("a version with an initialiser that anybody might call afterwards, unless it is called", async () => {
      const message = await refused({}, { chains: ["local-home"], migration: "0x" });
      expect(message).to.include(
        "on local-home it would change initializeNext(uint256) by a stranger: not there before, goes through after\n",
      );
    });

    it("to replace what somebody else has upgraded to, which is in no record here", async () => {
      const deploymentStore = (network: string) => {
        const known = new DeploymentStore(path.join(folder, network));
        const { token, pool } = requireChain(mesh, network).contracts;
        known.write("RebaseToken_Implementation", { address: pool, abi: [] });
        known.write("RebaseToken", { address: token, abi: [], implementation: pool });
        return known;
      };
      const { mesh } = await loadFixture(busyFixture);
      const [running] = await implementations(mesh);
      expect(await refused({ deploymentStore })).to.include(
        `  the token of local-home runs ${running}, which is in no record here: pull, or get the records of local-home`,
      );
    });

    it("a migration that would revert", async () => {
      const migration = RebaseTokenNext__factory.createInterface().encodeFunctionData(
        "initialize",
        ["Mine", "MINE", true, "0x000000000000000000000000000000000000dEaD", 0],
      );
      expect(await refused({}, { migration })).to.include(
        "the upgrade would revert: InvalidInitialization()",
      );
    });

    it("a contract that lacks what the token has", async () => {
      const message = await refused({}, { contract: "LibraryHarness" });
      expect(message)
        .to.include("ccip-rebase-token.RebaseToken is gone")
        .and.to.include("proxiableUUID() is gone")
        .and.to.include("decimals() is gone");
    });
  });

  describe("behind an endpoint that cannot rehearse it,", () => {
    const passesOver =
      (send: Send): Send =>
      (method, params) =>
        send(method, params.slice(0, 2));
    const refuses =
      (send: Send): Send =>
      (method, params) =>
        params.length > 2
          ? Promise.reject(new Error("too many arguments, want at most 2"))
          : send(method, params);
    const upgradeBehind = async (
      change: (send: Send) => Send,
      options: Partial<UpgradeOptions>,
    ) => {
      const { context, buildArtifacts, output } = await busyContext();
      const { mesh } = context;
      const home = { ...mesh.home, provider: withSend(mesh.home.provider, change) };
      const some = { ...TO_NEXT, chains: ["local-home"], ...options };
      return upgradeTokens({ ...context, mesh: { ...mesh, home } }, buildArtifacts, some, output);
    };

    for (const [what, change] of [
      ["passes state overrides over", passesOver],
      ["refuses them", refuses],
    ] as const) {
      it(`for it ${what}, says so and proposes nothing`, async () => {
        await expect(upgradeBehind(change, {})).to.be.rejectedWith(
          NoRehearsalError,
          "The RPC endpoint of local-home takes no state overrides in eth_call",
        );
      });
    }

    it("goes on when it is told to", async () => {
      const { tokens } = await upgradeBehind(passesOver, { unrehearsed: true });
      expect(tokens.map(({ state }) => state)).to.deep.equal(["upgraded"]);
    });
  });

  it("says so when an endpoint has forgotten what was before, and goes without when told to", async () => {
    const { context, buildArtifacts, output } = await busyContext();
    const { mesh } = context;
    const home = { ...mesh.home, provider: forgetful(mesh.home.provider) };
    const at: OperatorContext = { ...context, mesh: { ...mesh, home } };
    const options = { ...TO_NEXT, chains: ["local-home"] };
    await expect(upgradeTokens(at, buildArtifacts, options, output)).to.be.rejectedWith(
      NoHistoryError,
      /^The RPC endpoint of local-home no longer has the state of block \d+, before the upgrade.* archive node/,
    );
    const told = await upgradeTokens(at, buildArtifacts, { ...options, unrehearsed: true }, output);
    expect(told.tokens).to.deep.equal([
      { ...told.tokens[0], state: "upgraded", comparison: undefined },
    ]);
    expect((await upgradeTokens(at, buildArtifacts, options, output)).sent).to.equal(0);
  });

  it("names every answer that a migration would change, and has changed", async () => {
    const { context, buildArtifacts, output } = await busyContext();
    const migration = abi.token.encodeFunctionData("changeDefaultAdminDelay", [7]);
    const rehearsed = { ...TO_NEXT, chains: ["local-sat2"], migration };
    await expect(upgradeTokens(context, buildArtifacts, rehearsed, output)).to.be.rejectedWith(
      UpgradeRefusedError,
      /on local-sat2 it would change pendingDefaultAdminDelay: 0 0 before, 7 \d+ after\n.* initializeNext.*\n {2}to change that all the same, .* add --unrehearsed$/,
    );
    const options = { ...rehearsed, unrehearsed: true };
    await expect(upgradeTokens(context, buildArtifacts, options, output)).to.be.rejectedWith(
      UpgradeChangedError,
      /upgrade back to what ran before:\n {2}local-sat2 \(0x\w+ ran before\): pendingDefaultAdminDelay: 0 0 before, 7 \d+ after$/,
    );
  });

  it("knows an implementation from what is none", async () => {
    const { mesh } = await loadFixture(busyFixture);
    const { home } = mesh;
    const { provider, contracts } = home;
    const implementation = await implementationOf(provider, contracts.token);
    expect(await implementationProblems(provider, implementation)).to.be.empty;
    const proxied = await implementationProblems(provider, contracts.token);
    expect(proxied).to.deep.equal([
      "proxiableUUID answers nothing, not 0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc",
    ]);
    const harness = await new LibraryHarness__factory(
      await signerFor(home, mesh.deployer),
    ).deploy();
    const problems = await implementationProblems(provider, await harness.getAddress());
    expect(problems).to.include("decimals answers nothing, not 18");
    expect(problems.at(-1)).to.match(/^initialize reverts otherwise/);
  });
});
