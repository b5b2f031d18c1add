import { expect } from "chai";
import { ZeroAddress, id } from "ethers";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../../config/localAccounts";
import { coreMesh } from "../../../config/meshes/local";
import { signerFor } from "../../../lib/localnet/wiring";
import { abi, ccipAbi } from "../../../lib/core/abis";
import { grantsOf } from "../../../lib/mesh/components/grants";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import type { Mesh } from "../../../lib/core/mesh/mesh";
import { showRoles } from "../../../lib/cli/roles/show";
import { loadFixture } from "../../shared/fixture";
import { contextAt } from "../../shared/operatorContext";
import { deployedMeshFixture, impersonated, wiredMeshFixture } from "../../shared/meshFixture";

const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;

/** Executes a call as a chain's timelock, on the first satellite or at home. */
async function byTimelock(
  mesh: Mesh,
  at: "home" | "sat1",
  to: (chain: Mesh["home"] | Mesh["satellites"][number]) => string,
  data: string,
) {
  const chain = at === "home" ? mesh.home : mesh.satellites[0];
  if (!chain) throw new Error("The mesh has no satellite.");
  const timelock = await impersonated(chain, chain.contracts.timelock);
  await (await timelock.sendTransaction({ to: to(chain), data })).wait();
}

describe("The roles that a mesh declares", () => {
  const account = (holder: keyof typeof LOCAL_ROLES) => localAccount(LOCAL_ROLES[holder]).address;
  const everywhere = [
    "token BRIDGE_ROLE: pool",
    "token GUARDIAN_ROLE: guardian",
    "token UNPAUSER_ROLE: operations",
    "timelock PROPOSER_ROLE: operations",
    "timelock EXECUTOR_ROLE: operations",
    "timelock CANCELLER_ROLE: operations",
    "timelock CANCELLER_ROLE: guardian",
  ];
  const rows = [
    [
      "home",
      [
        "token REBASER_ROLE: controller",
        "token ISSUER_ROLE: issuer",
        "controller REBASE_OPERATOR_ROLE: rebaseOperator",
        "broadcaster TREASURY_SPENDER_ROLE: treasurySpender",
        "broadcaster TREASURY_WITHDRAWER_ROLE: operations",
      ],
    ],
    ["satellite", ["token REBASER_ROLE: receiver"]],
  ] as const;
  for (const [role, own] of rows) {
    it(`are those of this table, on a ${role}`, async () => {
      const { mesh } = await loadFixture(deployedMeshFixture);
      const chain = role === "home" ? mesh.home : mesh.satellites[0];
      if (!chain) throw new Error("The mesh has no satellite.");
      const names = new Map<string, string>([
        ...(Object.keys(LOCAL_ROLES) as (keyof typeof LOCAL_ROLES)[]).map(
          (holder) => [account(holder), holder] as const,
        ),
        ...Object.entries(chain.contracts).map(
          ([name, address]) => [String(address), name] as const,
        ),
      ]);
      const declared = grantsOf(mesh, chain).map(
        (grant) => `${grant.contract} ${grant.role}: ${names.get(grant.account)}`,
      );
      expect(declared).to.have.members([...everywhere, ...own]);
    });
  }
});

describe("roles show", () => {
  it("reports that everything is as declared once the timelocks have taken over", async () => {
    const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
    const { chains } = await showRoles(context, { json: false }, output);
    expect(chains.map(({ chain, differs }) => [chain, differs])).to.deep.equal([
      ["local-home", false],
      ["local-sat1", false],
      ["local-sat2", false],
    ]);
    const text = printed.join("\n");
    expect(text).to.include("every role and ownership is where the mesh file says");
    expect(text).to.include("Delay of proposals of the timelock: 1 min");
    expect(text).to.not.include("unexpected").and.to.not.include("missing");
  });

  it("lists who has each permission before the mesh is wired", async () => {
    const { context, output, printed } = contextAt(await loadFixture(deployedMeshFixture));
    const { chains } = await showRoles(context, { json: false }, output);
    expect(chains.every(({ differs }) => differs)).to.equal(true);
    const { deployer } = context.mesh;
    expect(printed.join("\n"))
      .to.match(new RegExp(`default admin +│ ${deployer} \\(deployer\\)`))
      .and.to.match(/GUARDIAN_ROLE +│ nobody +│ missing: 0x/);
  });

  const { timelock, token } = abi;
  const changes: {
    what: string;
    at: "home" | "sat1";
    to: Parameters<typeof byTimelock>[2];
    data: string;
    says: RegExp;
  }[] = [
    {
      what: "a role of an account for which the mesh does not declare it",
      at: "home",
      to: ({ contracts }) => contracts.token,
      data: token.encodeFunctionData("grantRole", [id("ISSUER_ROLE"), THIRD_PARTY]),
      says: new RegExp(`token +│ ISSUER_ROLE +│ ${THIRD_PARTY} +│ unexpected`),
    },
    {
      what: "a role that the declared account has lost",
      at: "sat1",
      to: ({ contracts }) => contracts.token,
      data: token.encodeFunctionData("revokeRole", [
        id("GUARDIAN_ROLE"),
        localAccount(LOCAL_ROLES.guardian).address,
      ]),
      says: /token +│ GUARDIAN_ROLE +│ nobody +│ missing: 0x/,
    },
    {
      what: "a role that no account should have",
      at: "sat1",
      to: ({ contracts }) => contracts.token,
      data: token.encodeFunctionData("grantRole", [id("ISSUER_ROLE"), THIRD_PARTY]),
      says: new RegExp(
        `token +│ ISSUER_ROLE +│ ${THIRD_PARTY} +│ unexpected: no account should have it`,
      ),
    },
    {
      what: "a role of the timelock held by another account",
      at: "sat1",
      to: ({ contracts }) => contracts.timelock,
      data: timelock.encodeFunctionData("grantRole", [id("PROPOSER_ROLE"), THIRD_PARTY]),
      says: new RegExp(`timelock +│ PROPOSER_ROLE +│ ${THIRD_PARTY} +│ unexpected`),
    },
    {
      what: "the administration of a timelock by anyone but itself",
      at: "sat1",
      to: ({ contracts }) => contracts.timelock,
      data: timelock.encodeFunctionData("grantRole", [`0x${"0".repeat(64)}`, THIRD_PARTY]),
      says: new RegExp(
        `timelock +│ DEFAULT_ADMIN_ROLE +│ ${THIRD_PARTY} +│ unexpected: no account should have it`,
      ),
    },
    {
      what: "a default admin that is being handed over, and until when",
      at: "home",
      to: ({ contracts }) => contracts.token,
      data: token.encodeFunctionData("beginDefaultAdminTransfer", [THIRD_PARTY]),
      says: new RegExp(
        `The token is offered to ${THIRD_PARTY}, who may take it after \\d{4}-\\d\\d-\\d\\dT[\\d:]+Z\\. The mesh file does not say so`,
      ),
    },
    {
      what: "a pool that is being handed over",
      at: "sat1",
      to: ({ contracts }) => contracts.pool,
      data: abi.pool.encodeFunctionData("transferOwnership", [THIRD_PARTY]),
      says: new RegExp(`The pool is offered to ${THIRD_PARTY}, who may take it\\.`),
    },
    {
      what: "a receiver that is being handed over",
      at: "sat1",
      to: (chain) => (chain.role === "satellite" ? chain.contracts.receiver : ""),
      data: abi.receiver.encodeFunctionData("transferOwnership", [THIRD_PARTY]),
      says: new RegExp(`The receiver is offered to ${THIRD_PARTY}`),
    },
    {
      what: "another rate limit admin",
      at: "sat1",
      to: ({ contracts }) => contracts.pool,
      data: abi.pool.encodeFunctionData("setDynamicConfig", [
        THIRD_PARTY,
        THIRD_PARTY,
        ZeroAddress,
      ]),
      says: new RegExp(`pool +│ rate limit admin +│ ${THIRD_PARTY} +│ unexpected`),
    },
    {
      what: "a fee admin that is not declared",
      at: "sat1",
      to: ({ contracts }) => contracts.pool,
      data: abi.pool.encodeFunctionData("setDynamicConfig", [
        THIRD_PARTY,
        THIRD_PARTY,
        THIRD_PARTY,
      ]),
      says: new RegExp(`pool +│ fee admin +│ ${THIRD_PARTY} +│ unexpected`),
    },
    {
      what: "another delay of the timelock",
      at: "sat1",
      to: ({ contracts }) => contracts.timelock,
      data: timelock.encodeFunctionData("updateDelay", [7_200]),
      says: /Delay of proposals of the timelock: 2 h \(mesh file: 1 min\)/,
    },
    {
      what: "a delay of hand-overs that is going to change",
      at: "home",
      to: (chain) => (chain.role === "home" ? chain.contracts.controller : ""),
      data: abi.controller.encodeFunctionData("changeDefaultAdminDelay", [3_600]),
      says: /Delay of hand-over of the controller: none, 1 h from \S+ on \(mesh file: none\)/,
    },
  ];
  for (const { what, at, to, data, says } of changes) {
    it(`names ${what}`, async () => {
      const world = await loadFixture(wiredMeshFixture);
      const { mesh } = world;
      await byTimelock(mesh, at, to, data);
      const { context, output, printed } = contextAt(world);
      const { chains } = await showRoles(context, { json: false }, output);
      expect(printed.join("\n")).to.match(says);
      const differing = chains.filter(({ differs }) => differs).map(({ chain }) => chain);
      expect(differing).to.deep.equal([at === "home" ? "local-home" : "local-sat1"]);
      // A permission differs exactly where the plan has a step for it.
      const open = openSteps(planMesh(mesh, await readMesh(mesh)));
      expect([...new Set(open.map(({ chain }) => chain))]).to.deep.equal(differing);
    });
  }

  it("names the administrator of the token in CCIP's registry", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const { home } = world.mesh;
    const data = ccipAbi.registry.encodeFunctionData("transferAdminRole", [
      home.contracts.token,
      THIRD_PARTY,
    ]);
    await byTimelock(world.mesh, "home", ({ ccip }) => ccip.tokenAdminRegistry, data);
    const offered = contextAt(world);
    await showRoles(offered.context, { json: false }, offered.output);
    expect(offered.printed.join("\n")).to.include(`The registry is offered to ${THIRD_PARTY}`);
    const thirdParty = await signerFor(home, THIRD_PARTY);
    const accept = ccipAbi.registry.encodeFunctionData("acceptAdminRole", [home.contracts.token]);
    await (
      await thirdParty.sendTransaction({ to: home.ccip.tokenAdminRegistry, data: accept })
    ).wait();
    const taken = contextAt(world);
    await showRoles(taken.context, { json: false }, taken.output);
    expect(taken.printed.join("\n")).to.match(
      new RegExp(`registry +│ administrator +│ ${THIRD_PARTY} +│ unexpected`),
    );
  });

  it("reports drift when the mesh file names another account", async () => {
    const world = await loadFixture(wiredMeshFixture);
    const roles = { ...coreMesh().roles, guardian: THIRD_PARTY };
    const { context, output, printed } = contextAt(world, { roles });
    const { chains } = await showRoles(context, { json: false }, output);
    expect(chains.every(({ differs }) => differs)).to.equal(true);
    expect(printed.join("\n")).to.match(new RegExp(`missing: ${THIRD_PARTY}`));
  });

  it("prints one JSON document", async () => {
    const { context, output, printed } = contextAt(await loadFixture(wiredMeshFixture));
    await showRoles(context, { json: true }, output);
    const [text = "", ...more] = printed;
    expect(more).to.be.empty;
    expect(JSON.parse(text)).to.deep.include({ mesh: "local", upToDate: true });
  });
});
