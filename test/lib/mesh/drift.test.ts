import { setCode, time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { AbiCoder, ZeroAddress, ZeroHash, id, keccak256, parseEther } from "ethers";
import { curse, deployContract, localAccount } from "ccip-localnet";
import { encodeAddress, released } from "ccip-localnet/protocol";
import type { CcipChain } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../../config/localAccounts";
import { coreMesh } from "../../../config/meshes/local";
import { compareMesh } from "../../../lib/mesh/check";
import { encodeLimits } from "../../../lib/mesh/components/pool/contract";
import { abi, ccipAbi, contractAt } from "../../../lib/core/abis";
import { roleHash } from "../../../lib/core/roles";
import { grantsOf, roleGiver } from "../../../lib/mesh/components/grants";
import type { RoleGiver } from "../../../lib/mesh/components/grants";
import { CLOSED, UNLIMITED, inboundLimit, outboundLimit } from "../../../lib/core/mesh/limit";
import type { RateLimit } from "../../../lib/core/mesh/limit";
import { chainsOf, holderOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { readMesh } from "../../../lib/mesh/state";
import { RebaseTokenNext__factory, RebaseTokenPool__factory } from "../../../typechain-types";
import { CCIP_VERSION } from "../../shared/ccipVersion";
import { loadFixture } from "../../shared/fixture";
import { withVersion } from "../../shared/inProcessCcip";
import {
  apply,
  deployedMeshFixture,
  impersonated,
  inspectMesh,
  passTime,
  wiredMeshFixture,
  wiringOf,
} from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { thirsty } from "../../shared/thirsty";

const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;
const GUARDIAN = localAccount(LOCAL_ROLES.guardian).address;

/** A chain of CCIP's directory that is not in any local mesh. */
const ELSEWHERE = 5009297550715157269n;

const HOME = "local-home";
const SAT1 = "local-sat1";
const SAT2 = "local-sat2";

/** A single manual change, and the exact ids that `mesh check` has to report for it. */
interface Drift {
  readonly what: string;
  readonly names: readonly string[];
  /** Changes the mesh file, which is returned then, or the chains. */
  readonly make: (world: MeshWorld) => Promise<Mesh | undefined>;
  /** True if `mesh apply` fixes it. */
  readonly fixes: boolean;
}

/** Executes a call as a timelock would after its delay. */
function byTimelock(
  chain: string,
  call: (mesh: Mesh, chain: MeshChain) => readonly [to: string, data: string],
) {
  return async ({ mesh }: MeshWorld): Promise<undefined> => {
    const at = named(mesh, chain);
    const [to, data] = call(mesh, at);
    await send(at, at.contracts.timelock, to, data);
  };
}

function drift(
  what: string,
  names: string | readonly string[],
  make: Drift["make"],
  fixes = true,
): Drift {
  return { what, names: typeof names === "string" ? [names] : names, make, fixes };
}

const GRANTS: readonly (readonly [chain: string, contract: RoleGiver, role: string])[] = [
  ...[HOME, SAT1].flatMap((chain) =>
    ["BRIDGE_ROLE", "GUARDIAN_ROLE", "UNPAUSER_ROLE", "REBASER_ROLE"].map(
      (role) => [chain, "token", role] as const,
    ),
  ),
  [HOME, "token", "ISSUER_ROLE"],
  [HOME, "controller", "REBASE_OPERATOR_ROLE"],
  [HOME, "broadcaster", "TREASURY_SPENDER_ROLE"],
  [HOME, "broadcaster", "TREASURY_WITHDRAWER_ROLE"],
  [HOME, "timelock", "PROPOSER_ROLE"],
  [HOME, "timelock", "EXECUTOR_ROLE"],
  [SAT1, "timelock", "CANCELLER_ROLE"],
];

const roles: Drift[] = [
  ...GRANTS.map(([chain, contract, role]) =>
    drift(
      `${role} of the ${contract} on ${chain} taken from its holder`,
      `${chain}/${contract}/${role}`,
      async (world) => {
        const at = named(world.mesh, chain);
        const holder = grantsOf(world.mesh, at).find(
          (grant) => grant.contract === contract && grant.role === role,
        );
        const data = abi.timelock.encodeFunctionData("revokeRole", [
          id(role),
          holder?.account ?? "",
        ]);
        await send(at, at.contracts.timelock, roleGiver(at, contract) ?? "", data);
        return undefined;
      },
      // Without a proposer or an executor, the timelock cannot grant the role back.
      !["PROPOSER_ROLE", "EXECUTOR_ROLE"].includes(role),
    ),
  ),
  ...(
    [
      ...GRANTS,
      [HOME, "token", id("HOUSE_ROLE")],
      [HOME, "timelock", "DEFAULT_ADMIN_ROLE"],
      [SAT1, "timelock", "DEFAULT_ADMIN_ROLE"],
    ] as const
  ).map(([chain, contract, role]) =>
    drift(
      `${role} of the ${contract} on ${chain} given to a third party`,
      `${chain}/${contract}/unexpected ${role} ${THIRD_PARTY}`,
      byTimelock(chain, (_, at) => [
        roleGiver(at, contract) ?? "",
        abi.timelock.encodeFunctionData("grantRole", [
          role === "DEFAULT_ADMIN_ROLE" ? ZeroHash : roleHash(role),
          THIRD_PARTY,
        ]),
      ]),
    ),
  ),
  ...[HOME, SAT1].map((chain) =>
    drift(
      `CANCELLER_ROLE of the timelock on ${chain} taken from the guardian`,
      `${chain}/timelock/CANCELLER_ROLE ${GUARDIAN}`,
      byTimelock(chain, (_, { contracts }) => [
        contracts.timelock,
        abi.timelock.encodeFunctionData("revokeRole", [id("CANCELLER_ROLE"), GUARDIAN]),
      ]),
    ),
  ),
  drift(
    "the timelock no longer its own administrator",
    `${SAT1}/timelock/DEFAULT_ADMIN_ROLE`,
    byTimelock(SAT1, (_, { contracts }) => [
      contracts.timelock,
      abi.timelock.encodeFunctionData("revokeRole", [ZeroHash, contracts.timelock]),
    ]),
    false,
  ),
];

/** Calls that offer the administration of a contract and accept it. */
const PARTS: readonly {
  readonly part: string;
  readonly chains: readonly string[];
  readonly at: (chain: MeshChain) => string;
  readonly offer: (chain: MeshChain, to: string) => string;
  readonly accept: (chain: MeshChain) => string;
}[] = [
  ...(["token", "controller", "broadcaster"] as const).map((part) => ({
    part,
    chains: part === "token" ? [HOME, SAT1] : [HOME],
    at: (chain: MeshChain) => roleGiver(chain, part) ?? "",
    offer: (_: MeshChain, to: string) =>
      abi.token.encodeFunctionData("beginDefaultAdminTransfer", [to]),
    accept: () => abi.token.encodeFunctionData("acceptDefaultAdminTransfer"),
  })),
  ...(["pool", "receiver"] as const).map((part) => ({
    part,
    chains: part === "pool" ? [HOME, SAT1] : [SAT1],
    at: ({ contracts }: MeshChain) =>
      part === "receiver" && "receiver" in contracts ? contracts.receiver : contracts.pool,
    offer: (_: MeshChain, to: string) => abi.pool.encodeFunctionData("transferOwnership", [to]),
    accept: () => abi.pool.encodeFunctionData("acceptOwnership"),
  })),
  {
    part: "registry",
    chains: [HOME, SAT1],
    at: ({ ccip }: MeshChain) => ccip.tokenAdminRegistry,
    offer: ({ contracts }: MeshChain, to: string) =>
      ccipAbi.registry.encodeFunctionData("transferAdminRole", [contracts.token, to]),
    accept: ({ contracts }: MeshChain) =>
      ccipAbi.registry.encodeFunctionData("acceptAdminRole", [contracts.token]),
  },
];

const administrators: Drift[] = PARTS.flatMap(({ part, chains, at, offer, accept }) =>
  chains.flatMap((chain) => [
    drift(
      `the ${part} on ${chain} offered to a third party`,
      `${chain}/${part}/offer to ${THIRD_PARTY}`,
      byTimelock(chain, (_, there) => [at(there), offer(there, THIRD_PARTY)]),
    ),
    drift(
      `the ${part} on ${chain} handed over to a third party`,
      [`${chain}/${part}/offer`, `${chain}/timelock/accept`],
      async ({ mesh }) => {
        const there = named(mesh, chain);
        await send(there, there.contracts.timelock, at(there), offer(there, THIRD_PARTY));
        await time.increase(10);
        await send(there, THIRD_PARTY, at(there), accept(there));
        return undefined;
      },
      false,
    ),
  ]),
);

const LIMIT_FIELDS: readonly {
  readonly field: string;
  readonly change: (limit: RateLimit) => RateLimit;
}[] = [
  { field: "larger capacity", change: (was) => ({ ...was, capacity: was.capacity + 1n }) },
  { field: "smaller capacity", change: (was) => ({ ...was, capacity: was.capacity - 1n }) },
  { field: "faster rate", change: (was) => ({ ...was, rate: was.rate + 1n }) },
  { field: "slower rate", change: (was) => ({ ...was, rate: was.rate - 1n }) },
  { field: "switch", change: () => UNLIMITED },
  { field: "every field, closed", change: () => CLOSED },
];

const pools: Drift[] = [
  drift(
    "another router of the pool",
    `${SAT1}/pool/config`,
    byTimelock(SAT1, poolConfig({ router: THIRD_PARTY })),
  ),
  drift(
    "another rate limit admin of the pool",
    `${SAT1}/pool/config`,
    byTimelock(SAT1, poolConfig({ rateLimitAdmin: THIRD_PARTY })),
  ),
  drift(
    "a fee admin of the pool",
    `${SAT1}/pool/config`,
    byTimelock(SAT1, poolConfig({ feeAdmin: THIRD_PARTY })),
  ),
  drift(
    "less than full finality allowed by the pool",
    `${SAT1}/pool/finality`,
    byTimelock(SAT1, (_, { contracts }) => [
      contracts.pool,
      abi.pool.encodeFunctionData("setAllowedFinalityConfig", ["0x00010000"]),
    ]),
  ),
  drift(
    "limits for fast transfers",
    [`${SAT1}/pool/fast limits ${HOME}`, `${SAT1}/pool/close fast to ${HOME}`],
    byTimelock(SAT1, ({ home, config }, { contracts }) => [
      contracts.pool,
      encodeLimits(2, home.selector, outboundLimit(config), inboundLimit(config), true),
    ]),
  ),
  drift(
    "verifiers asked of what leaves",
    `${SAT1}/pool/former verifiers to ${HOME}`,
    byTimelock(SAT1, ({ home }, { contracts }) => [
      contracts.pool,
      abi.pool.encodeFunctionData("setVerifiers", [home.selector, 0, [THIRD_PARTY]]),
    ]),
  ),
  drift(
    "verifiers required of what arrives",
    `${SAT1}/pool/verifiers from ${HOME}`,
    byTimelock(SAT1, ({ home }, { contracts }) => [
      contracts.pool,
      abi.pool.encodeFunctionData("setVerifiers", [home.selector, 1, [THIRD_PARTY]]),
    ]),
  ),
  drift(
    "a remote pool too many",
    `${SAT1}/pool/old pool ${THIRD_PARTY} of ${HOME}`,
    byTimelock(SAT1, ({ home }, { contracts }) => [
      contracts.pool,
      abi.pool.encodeFunctionData("addRemotePool", [home.selector, encodeAddress(THIRD_PARTY)]),
    ]),
  ),
  drift(
    "the remote pool missing",
    `${SAT1}/pool/remote ${HOME}`,
    byTimelock(SAT1, ({ home }, { contracts }) => [
      contracts.pool,
      abi.pool.encodeFunctionData("removeRemotePool", [
        home.selector,
        encodeAddress(home.contracts.pool),
      ]),
    ]),
  ),
  drift(
    "another remote pool",
    [`${SAT1}/pool/remote ${HOME}`, `${SAT1}/pool/old pool ${THIRD_PARTY} of ${HOME}`],
    byTimelock(SAT1, remote({ pool: THIRD_PARTY })),
  ),
  drift(
    "another remote token",
    `${SAT1}/pool/remote ${HOME}`,
    byTimelock(SAT1, remote({ token: THIRD_PARTY })),
  ),
  drift(
    "a remote chain missing",
    `${HOME}/pool/remote ${SAT2}`,
    byTimelock(HOME, (mesh, { contracts }) => [
      contracts.pool,
      abi.pool.encodeFunctionData("applyChainUpdates", [[named(mesh, SAT2).selector], []]),
    ]),
  ),
  drift(
    "a remote chain too many",
    `${HOME}/pool/unknown chain ${ELSEWHERE}`,
    byTimelock(HOME, remote({ selector: ELSEWHERE, token: THIRD_PARTY })),
  ),
  ...(["outbound", "inbound"] as const).flatMap((direction) =>
    LIMIT_FIELDS.map(({ field, change }) =>
      drift(
        `${field} in the ${direction} limit`,
        // A low inbound limit is raised before anything else.
        direction === "inbound" && ["smaller capacity", "every field, closed"].includes(field)
          ? `${SAT1}/pool/room for ${HOME}`
          : `${SAT1}/pool/limits ${HOME}`,
        byTimelock(SAT1, ({ home, config }, { contracts }) => {
          const limits = { outbound: outboundLimit(config), inbound: inboundLimit(config) };
          const changed = { ...limits, [direction]: change(limits[direction]) };
          return [
            contracts.pool,
            encodeLimits(2, home.selector, changed.outbound, changed.inbound),
          ];
        }),
      ),
    ),
  ),
  drift(
    "another RMN proxy built into the pool",
    `${SAT1}/pool/RMN proxy`,
    (world) => rebuild(world, SAT1, "pool", ({ ccip }) => ccip.rmnProxy),
    false,
  ),
  drift(
    "another token built into the pool",
    `${SAT1}/pool/token`,
    (world) => rebuild(world, SAT1, "pool", ({ contracts }) => contracts.token),
    false,
  ),
  drift(
    "no pool in the registry",
    `${SAT1}/registry/pool`,
    byTimelock(SAT1, (_, { ccip, contracts }) => [
      ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("setPool", [contracts.token, ZeroAddress]),
    ]),
  ),
  drift("another pool in the registry", `${SAT1}/registry/pool`, async ({ mesh }) => {
    const at = named(mesh, SAT1);
    const thirdParty = localAccount(LOCAL_HOLDERS.thirdParty, at.provider);
    const { token } = at.contracts;
    const factory = new RebaseTokenPool__factory(thirdParty);
    const other = await factory.deploy(token, at.ccip.rmnProxy, at.ccip.router);
    await send(
      at,
      at.contracts.timelock,
      at.ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("setPool", [token, await other.getAddress()]),
    );
    return undefined;
  }),
];

const home: Drift[] = [
  ...(["minGrowthFactor", "maxGrowthFactor", "minInterval", "delay", "maxDelay"] as const).map(
    (field) =>
      drift(
        `another ${field} of the controller`,
        `${HOME}/controller/config`,
        byTimelock(HOME, ({ config, home: { contracts } }) => [
          contracts.controller,
          abi.controller.encodeFunctionData("setConfig", [
            { ...config.controller, [field]: BigInt(config.controller[field]) + 1n },
          ]),
        ]),
      ),
  ),
  ...(
    [
      ["with more gas", 150_001n, undefined],
      ["with another receiver", 150_000n, THIRD_PARTY],
    ] as const
  ).map(([how, gasLimit, receiver]) =>
    drift(
      `a destination ${how}`,
      `${HOME}/broadcaster/destination ${SAT2}`,
      byTimelock(HOME, (mesh) => {
        const sat2 = named(mesh, SAT2);
        return [
          mesh.home.contracts.broadcaster,
          abi.broadcaster.encodeFunctionData("setDestination", [
            sat2.selector,
            receiver ?? addressOf(sat2, "receiver"),
            gasLimit,
          ]),
        ];
      }),
    ),
  ),
  drift(
    "a destination missing",
    `${HOME}/broadcaster/destination ${SAT2}`,
    byTimelock(HOME, (mesh) => [
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("removeDestination", [named(mesh, SAT2).selector]),
    ]),
  ),
  drift(
    "a destination too many",
    `${HOME}/broadcaster/unknown chain ${ELSEWHERE}`,
    byTimelock(HOME, (mesh) => [
      mesh.home.contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("setDestination", [ELSEWHERE, THIRD_PARTY, 150_000n]),
    ]),
  ),
  ...(["native", "LINK"] as const).map((unit) =>
    drift(
      `another budget of the treasury's spender in ${unit}`,
      `${HOME}/broadcaster/treasury budget ${unit}`,
      byTimelock(HOME, ({ home: { contracts, ccip } }) => [
        contracts.broadcaster,
        abi.broadcaster.encodeFunctionData("setTreasuryBudget", [
          unit === "LINK" ? ccip.link : ZeroAddress,
          parseEther("1000"),
        ]),
      ]),
    ),
  ),
  drift(
    "another token built into the controller",
    `${HOME}/controller/token`,
    (world) => rebuild(world, HOME, "controller", ({ contracts }) => contracts.token),
    false,
  ),
  ...(["token", "LINK"] as const).map((what) =>
    drift(
      `another ${what} built into the broadcaster`,
      `${HOME}/broadcaster/${what}`,
      (world) =>
        rebuild(world, HOME, "broadcaster", ({ contracts, ccip }) =>
          what === "token" ? contracts.token : ccip.link,
        ),
      false,
    ),
  ),
  drift("another router of the broadcaster", `${HOME}/broadcaster/router`, async (world) => {
    const other = await anotherRouter(world, HOME);
    return byTimelock(HOME, (_, { contracts }) => [
      "broadcaster" in contracts ? contracts.broadcaster : "",
      abi.broadcaster.encodeFunctionData("setRouter", [other]),
    ])(world);
  }),
];

const receivers: Drift[] = [
  ...(
    [
      ["chain", (mesh: Mesh) => [named(mesh, SAT1).selector, mesh.home.contracts.broadcaster]],
      ["broadcaster", (mesh: Mesh) => [mesh.home.selector, THIRD_PARTY]],
    ] as const
  ).map(([what, of]) =>
    drift(
      `a receiver that listens to another ${what}`,
      `${SAT2}/receiver/source`,
      byTimelock(SAT2, (mesh, { contracts }) => [
        "receiver" in contracts ? contracts.receiver : "",
        abi.receiver.encodeFunctionData("setSource", of(mesh) as [bigint, string]),
      ]),
    ),
  ),
  drift(
    "another token built into the receiver",
    `${SAT2}/receiver/token`,
    (world) => rebuild(world, SAT2, "receiver", ({ contracts }) => contracts.token),
    false,
  ),
  drift(
    "another router of the receiver",
    [`${SAT2}/receiver/router`, `${SAT2}/receiver/previous router`],
    async (world) => {
      await setRouters(world, SAT2, [await anotherRouter(world, SAT2)]);
      return undefined;
    },
  ),
  drift(
    "a router that the receiver trusts beside its own",
    `${SAT2}/receiver/previous router`,
    async (world) => {
      const other = await anotherRouter(world, SAT2);
      await setRouters(world, SAT2, [other, named(world.mesh, SAT2).ccip.router]);
      return undefined;
    },
  ),
  drift(
    "a receiver that does not say it takes messages",
    `${SAT2}/receiver/ERC-165`,
    ({ mesh }) => patch(mesh, SAT2, "receiver", "85572ffb", "85572ffc"),
    false,
  ),
  drift(
    "a receiver that says so with too much gas",
    `${SAT2}/receiver/ERC-165`,
    async ({ mesh }) => {
      const at = named(mesh, SAT2);
      const receiver = addressOf(at, "receiver");
      const behind = "0x000000000000000000000000000000000000bEEF";
      await setCode(behind, await at.provider.getCode(receiver));
      await setCode(receiver, thirsty(behind));
      return undefined;
    },
    false,
  ),
];

const delays: Drift[] = [
  ...[0n, 61n].map((delay) =>
    drift(
      `a delay of the timelock of ${delay} s`,
      `${SAT1}/timelock/delay`,
      byTimelock(SAT1, (_, { contracts }) => [
        contracts.timelock,
        abi.timelock.encodeFunctionData("updateDelay", [delay]),
      ]),
    ),
  ),
  ...(["token", "controller", "broadcaster"] as const).map((part) =>
    drift(
      `another hand-over delay of the ${part}`,
      `${HOME}/${part}/handover delay`,
      byTimelock(HOME, (_, at) => [
        roleGiver(at, part) ?? "",
        abi.token.encodeFunctionData("changeDefaultAdminDelay", [7n]),
      ]),
    ),
  ),
];

const tokens: Drift[] = [
  drift(
    "another implementation behind the token",
    `${SAT1}/token/implementation`,
    async ({ mesh }) => {
      const at = named(mesh, SAT1);
      const next = await new RebaseTokenNext__factory(localAccount(0, at.provider)).deploy();
      const data = abi.token.encodeFunctionData("upgradeToAndCall", [
        await next.getAddress(),
        "0x",
      ]);
      await send(at, at.contracts.timelock, at.contracts.token, data);
      return undefined;
    },
    false,
  ),
  drift(
    "another name in the mesh file",
    [HOME, SAT1, SAT2].map((chain) => `${chain}/token/name`),
    ({ mesh }) => {
      const file = coreMesh();
      const config = parseMesh({ ...file, token: { ...file.token, name: "Other" } });
      return Promise.resolve({ ...mesh, config });
    },
    false,
  ),
  drift(
    "another symbol in the mesh file",
    [HOME, SAT1, SAT2].map((chain) => `${chain}/token/symbol`),
    ({ mesh }) => {
      const file = coreMesh();
      const config = parseMesh({ ...file, token: { ...file.token, symbol: "OTHER" } });
      return Promise.resolve({ ...mesh, config });
    },
    false,
  ),
  ...[HOME, SAT2].map((chain) =>
    drift(
      `the token paused on ${chain}`,
      `${chain}/token/pause`,
      async ({ mesh }) => {
        const at = named(mesh, chain);
        const { guardian } = mesh.config.roles;
        await send(at, guardian, at.contracts.token, abi.token.encodeFunctionData("pause"));
        return undefined;
      },
      false,
    ),
  ),
];

const indexes: Drift[] = [
  drift(
    "a rebase that was not broadcast",
    [`${SAT1}/token/epoch`, `${SAT2}/token/epoch`],
    async ({ mesh }) => {
      await rebase(mesh);
      return undefined;
    },
    false,
  ),
  drift(
    "a satellite that is ahead of its home",
    `${SAT1}/token/epoch`,
    async ({ mesh }) => {
      await sync(mesh, SAT1, 10n ** 23n);
      return undefined;
    },
    false,
  ),
  drift(
    "a satellite with an index that home never broadcast",
    [`${SAT1}/token/index`, `${SAT2}/token/epoch`],
    async ({ mesh }) => {
      await rebase(mesh);
      await sync(mesh, SAT1, 10n ** 23n);
      return undefined;
    },
    false,
  ),
  ...(["current", "next", "effectiveAt"] as const).map((field) =>
    drift(
      `a satellite whose index differs from home's in ${field} alone`,
      [`${SAT1}/token/index`, `${SAT2}/token/epoch`],
      async ({ mesh }) => {
        await rebase(mesh);
        const { contracts, provider } = mesh.home;
        const index = await contractAt.token(contracts.token, provider).indexState();
        const { current, next, effectiveAt } = index;
        await syncTo(mesh, SAT1, { current, next, effectiveAt, [field]: index[field] + 1n });
        return undefined;
      },
      false,
    ),
  ),
];

/** Arguments of an unplanned proposal: its call would let a third party mint if it were sent to the token. */
const UNPLANNED = [
  THIRD_PARTY,
  0n,
  abi.token.encodeFunctionData("grantRole", [id("BRIDGE_ROLE"), THIRD_PARTY]),
  ZeroHash,
  id("nobody's salt"),
] as const;

const proposals: Drift[] = [
  drift(
    "a proposal that no plan made",
    `${SAT1}/timelock/proposal ${operationOf(UNPLANNED)}`,
    async ({ mesh }) => {
      await propose(mesh, SAT1);
      return undefined;
    },
    false,
  ),
  drift(
    "a proposal that no plan made, and that may be executed already",
    `${HOME}/timelock/proposal ${operationOf(UNPLANNED)}`,
    async ({ mesh }) => {
      await propose(mesh, HOME);
      await time.increase(mesh.config.admin.timelockDelay);
      return undefined;
    },
    false,
  ),
];

const lanes: Drift[] = [
  drift(
    "a lane that CCIP has cursed at both ends",
    [`${HOME}/lane to ${SAT1}/curse`, `${SAT1}/lane to ${HOME}/curse`],
    async ({ ccip }) => {
      await curse(ccip.lane(HOME, SAT1));
      return undefined;
    },
    false,
  ),
  drift(
    "an OnRamp from which no OffRamp takes messages",
    `${SAT1}/lane to ${SAT2}/OnRamp`,
    async ({ mesh, chains }) => {
      const { ccip } = await withVersion(chains[1] ?? never(), CCIP_VERSION);
      const { selector } = named(mesh, SAT2);
      await setOnRamp(chains[1] ?? never(), selector, ccip.onRamp);
      return undefined;
    },
    false,
  ),
];

const OTHERS = [...lanes, ...proposals, ...pools, ...home, ...receivers, ...delays, ...tokens];
const FAULTS = [...OTHERS, ...roles, ...administrators, ...indexes];

/** Makes a change, and expects the check to name it and nothing else. */
async function expectReported({ names, make }: Drift): Promise<void> {
  const world = await loadFixture(wiredMeshFixture);
  const mesh = (await make(world)) ?? world.mesh;
  const { differences, unread } = await compareMesh(mesh);
  expect([...unread]).to.be.empty;
  expect(differences.map((difference) => difference.id)).to.have.members(names);
  for (const { changes } of differences) {
    for (const { before, after } of changes) expect(before).to.not.equal(after);
  }
}

describe("Every single manual change fails the check and is named: [I37]", () => {
  for (const one of roles) {
    it(`${titleOf(one)} [C20, F2, G9]`, () => expectReported(one));
  }
  for (const one of administrators) it(`${titleOf(one)} [C23]`, () => expectReported(one));
  for (const one of indexes) it(`${titleOf(one)} [H10]`, () => expectReported(one));
  for (const one of OTHERS) it(titleOf(one), () => expectReported(one));

  describe("and whatever a transaction can fix is fixed, and nothing else:", () => {
    for (const drift of batches(FAULTS)) {
      it(
        drift.length === 1 ? String(drift[0]?.what) : `${drift.length} of them at once`,
        async () => {
          const world = await loadFixture(wiredMeshFixture);
          const { mesh } = world;
          const sound = withoutRecords(wiringOf(mesh, await readMesh(mesh)));
          for (const { make } of drift) await make(world);
          const sent: string[] = [];
          const { open } = await apply(world, {
            allowDestructive: true,
            onSent: (step) => sent.push(step.id),
          });
          expect(open).to.be.empty;
          expect(sent.filter((step) => !step.includes("/timelock/propose "))).to.have.members(
            drift.flatMap(({ names }) => names),
          );
          expect(withoutRecords(wiringOf(mesh, await readMesh(mesh)))).to.equal(sound);
        },
      );
    }
  });

  it("a proposal that was cancelled, proposed again and executed: nothing, drift, nothing", async () => {
    const { mesh } = await loadFixture(wiredMeshFixture);
    const sat1 = named(mesh, SAT1);
    const { operations } = mesh.config.roles;
    const { timelock } = sat1.contracts;
    const ids = async () =>
      (await compareMesh(mesh)).differences.map((difference) => difference.id);
    const found = `${SAT1}/timelock/proposal ${operationOf(UNPLANNED)}`;
    await propose(mesh, SAT1);
    const cancel = abi.timelock.encodeFunctionData("cancel", [operationOf(UNPLANNED)]);
    await send(sat1, operations, timelock, cancel);
    expect(await ids()).to.be.empty;
    await propose(mesh, SAT1);
    expect(await ids()).to.deep.equal([found]);
    await time.increase(mesh.config.admin.timelockDelay);
    const execute = abi.timelock.encodeFunctionData("execute", [...UNPLANNED]);
    await send(sat1, operations, timelock, execute);
    expect(await ids()).to.be.empty;
  });

  for (const [what, fixture, change] of [
    ["the acceptance of everything", deployedMeshFixture, {}],
    ["another gas limit", wiredMeshFixture, { broadcaster: { gasLimit: 160_000 } }],
  ] as const) {
    it(`a mesh whose own proposal is pending, ${what}: the difference only`, async () => {
      const world = await loadFixture(fixture);
      const config = parseMesh({ ...coreMesh(), ...change });
      const mesh = { ...world.mesh, config };
      let waiting = 0;
      await apply(
        { ...world, mesh },
        {
          whileWaiting: async (steps) => {
            const { chains, differences } = await compareMesh(mesh);
            waiting += [...chains.values()].flatMap(({ proposals: all }) => all).length;
            const ids = differences.map((difference) => difference.id);
            expect(ids.filter((one) => one.includes("/timelock/proposal"))).to.be.empty;
            return passTime(world, steps);
          },
        },
      );
      expect(waiting).to.be.greaterThan(0);
    });
  }

  it("nothing: nothing", async () => {
    const { mesh } = await loadFixture(wiredMeshFixture);
    expect((await compareMesh(mesh)).differences).to.be.empty;
  });

  it("a satellite without an index: its first broadcast", async () => {
    const { mesh } = await loadFixture(deployedMeshFixture);
    const ids = (await compareMesh(mesh)).differences.map((difference) => difference.id);
    expect(ids).to.include.members([
      `${HOME}/broadcaster/genesis ${SAT1}`,
      `${HOME}/broadcaster/genesis ${SAT2}`,
    ]);
  });

  for (const [what, change, told] of [
    ["a lane that the router no longer has", ZeroAddress, "has no OnRamp for local-sat1 (selector"],
    [
      "a lane with a ramp that is none",
      THIRD_PARTY,
      `no code at ${THIRD_PARTY}, the OnRamp of local-home`,
    ],
  ] as const) {
    it(`${what}: the chain cannot be opened, and the lane is named`, async () => {
      const { mesh, chains } = await loadFixture(wiredMeshFixture);
      const sat1 = named(mesh, SAT1);
      await setOnRamp(chains[0] ?? never(), sat1.selector, change);
      await expect(inspectMesh(mesh)).to.be.rejectedWith(told);
    });
  }
});

function titleOf({ what, names }: Drift): string {
  return `${what}: ${names.join(" and ")}`;
}

/** Groups the first fixable fault of every kind into as few batches as possible without conflicts. */
function batches(drift: readonly Drift[]): Drift[][] {
  const seen = new Set<string>();
  const groups: { touched: Set<string>; drift: Drift[] }[] = [];
  for (const one of drift) {
    if (!one.fixes || seen.has(one.names.join())) continue;
    seen.add(one.names.join());
    // A lane's remote pool and its limits are set by the same calls.
    const touched = one.names.map((name) =>
      name.startsWith(`${SAT1}/pool/`) ? `${SAT1}/pool` : name,
    );
    const group = groups.find((candidate) => touched.every((name) => !candidate.touched.has(name)));
    if (group) {
      group.drift.push(one);
      touched.forEach((name) => group.touched.add(name));
    } else {
      groups.push({ touched: new Set(touched), drift: [one] });
    }
  }
  return groups.map((group) => group.drift);
}

/** Returns the wiring without the broadcaster's records of destinations, which are deleted with them. */
function withoutRecords(wiring: unknown): string {
  return JSON.stringify(wiring, (key: string, value: unknown) => {
    if (key === "lastEpoch" || key === "lastMessageId") return undefined;
    if (value instanceof Map) return [...value.entries()].sort();
    return typeof value === "bigint" ? value.toString() : value;
  });
}

function never(): never {
  throw new Error("The world has no home.");
}

function named(mesh: Mesh, name: string): MeshChain {
  return chainsOf(mesh).find((chain) => chain.name === name) ?? never();
}

function addressOf(chain: MeshChain, contract: string): string {
  const contracts: Partial<Record<string, string>> = { ...chain.contracts };
  return contracts[contract] ?? never();
}

/** Submits an unplanned proposal to a timelock. */
function propose(mesh: Mesh, chain: string): Promise<void> {
  const at = named(mesh, chain);
  const { roles: holders, admin } = mesh.config;
  const data = abi.timelock.encodeFunctionData("schedule", [...UNPLANNED, admin.timelockDelay]);
  return send(at, holders.operations, at.contracts.timelock, data);
}

/** Returns the operation id as a timelock computes it. */
function operationOf(proposal: readonly unknown[]): string {
  const types = ["address", "uint256", "bytes", "bytes32", "bytes32"];
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, [...proposal]));
}

/** Sets another OnRamp for a destination in a chain's router, as CCIP's owner does. */
async function setOnRamp(
  { owner, ccip }: CcipChain,
  destChainSelector: bigint,
  onRamp: string,
): Promise<void> {
  const router = released("router").interface;
  const updates = [[{ destChainSelector, onRamp }], [], []];
  const data = router.encodeFunctionData("applyRampUpdates", updates);
  await (await owner.sendTransaction({ to: ccip.router, data })).wait();
}

async function send(at: MeshChain, from: string, to: string, data: string): Promise<void> {
  const signer = await impersonated(at, from);
  await (await signer.sendTransaction({ to, data })).wait();
}

/** Returns a call that gives a pool other settings than the mesh declares. */
function poolConfig(change: { router?: string; rateLimitAdmin?: string; feeAdmin?: string }) {
  return (mesh: Mesh, at: MeshChain) => {
    const {
      router = at.ccip.router,
      rateLimitAdmin = holderOf(mesh, "rateLimitAdmin", at.name),
      feeAdmin = ZeroAddress,
    } = change;
    const args: [string, string, string] = [router, rateLimitAdmin, feeAdmin];
    return [at.contracts.pool, abi.pool.encodeFunctionData("setDynamicConfig", args)] as const;
  };
}

/** Deploys a second router on a chain, as CCIP does. */
function anotherRouter({ chains }: MeshWorld, name: string): Promise<string> {
  const chain = chains.find((candidate) => candidate.name === name) ?? never();
  return deployContract(chain.owner, released("router"), [chain.ccip.weth, chain.ccip.rmnProxy]);
}

/** Sets these routers in a receiver, one after the other, as its owner. */
async function setRouters({ mesh }: MeshWorld, name: string, routers: string[]): Promise<void> {
  const at = named(mesh, name);
  for (const router of routers) {
    const data = abi.receiver.encodeFunctionData("setRouter", [router]);
    await send(at, at.contracts.timelock, addressOf(at, "receiver"), data);
  }
}

function remote(change: { pool?: string; token?: string; selector?: bigint }) {
  return ({ home: { selector, contracts }, config }: Mesh, at: MeshChain) => {
    const known = change.selector === undefined ? [selector] : [];
    return [
      at.contracts.pool,
      abi.pool.encodeFunctionData("applyChainUpdates", [
        known,
        [
          {
            remoteChainSelector: change.selector ?? selector,
            remotePoolAddresses: [encodeAddress(change.pool ?? contracts.pool)],
            remoteTokenAddress: encodeAddress(change.token ?? contracts.token),
            outboundRateLimiterConfig: outboundLimit(config),
            inboundRateLimiterConfig: inboundLimit(config),
          },
        ],
      ]),
    ] as const;
  };
}

/** Returns the code of a contract as if it had been built with the third party's address in place of another. */
function rebuild(
  { mesh }: MeshWorld,
  chain: string,
  contract: string,
  of: (chain: MeshChain) => string,
): Promise<undefined> {
  return patch(
    mesh,
    chain,
    contract,
    of(named(mesh, chain)).slice(2).toLowerCase(),
    THIRD_PARTY.slice(2),
  );
}

async function patch(
  mesh: Mesh,
  chain: string,
  contract: string,
  from: string,
  to: string,
): Promise<undefined> {
  const at = named(mesh, chain);
  const address = addressOf(at, contract);
  const code = await at.provider.getCode(address);
  expect(code).to.include(from);
  await setCode(address, code.replaceAll(from, to.toLowerCase()));
  return undefined;
}

async function rebase(mesh: Mesh): Promise<void> {
  const { rebaseOperator } = mesh.config.roles;
  await time.increase(mesh.config.controller.minInterval);
  const data = abi.controller.encodeFunctionData("rebase", [101n * 10n ** 25n, 2n]);
  await send(mesh.home, rebaseOperator, mesh.home.contracts.controller, data);
}

/** Syncs a token as its receiver, without a message. */
async function sync(mesh: Mesh, chain: string, index: bigint): Promise<void> {
  const effectiveAt = BigInt(await time.latest());
  await syncTo(mesh, chain, { current: index, next: index, effectiveAt });
}

async function syncTo(
  mesh: Mesh,
  chain: string,
  { current, next, effectiveAt }: Record<"current" | "next" | "effectiveAt", bigint>,
): Promise<void> {
  const at = named(mesh, chain);
  const data = abi.token.encodeFunctionData("sync", [2n, current, next, effectiveAt]);
  await send(at, addressOf(at, "receiver"), at.contracts.token, data);
}
