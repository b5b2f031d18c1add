import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress, id } from "ethers";

import { compareMesh } from "../../../lib/mesh/check";
import { abi } from "../../../lib/core/abis";
import type { Mesh, MeshChain, SatelliteChain } from "../../../lib/core/mesh/mesh";
import { signerFor } from "../../../lib/localnet/wiring";
import { ProposalReceiver__factory } from "../../../typechain-types";
import { apply, impersonated } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { deployRouter } from "../../shared/routers";
import { Scenario } from "../../shared/scenario";
import { thirsty } from "../../shared/thirsty";
import { completeWorld } from "../../shared/world";

/** A chain of CCIP's directory that is not in any local mesh. */
const ELSEWHERE = 5009297550715157269n;

const GAS = 500_000;

interface Mutation {
  readonly what: string;
  readonly names: readonly string[];
  /** Changes the chains, or returns another mesh. */
  readonly make: (world: MeshWorld) => Promise<Mesh | undefined>;
  /** True if `mesh apply` fixes it. */
  readonly fixes: boolean;
}

function satelliteOf({ satellites: [satellite] }: Mesh): SatelliteChain {
  if (!satellite) throw new Error("The mesh has no satellite.");
  return satellite;
}

async function send(at: MeshChain, from: string, to: string, data: string): Promise<void> {
  const signer = await impersonated(at, from);
  await (await signer.sendTransaction({ to, data })).wait();
}

/** Calls the sender of proposals as home's timelock would after its delay. */
function atSender(encode: (mesh: Mesh) => string | Promise<string>) {
  return async ({ mesh }: MeshWorld): Promise<undefined> => {
    const { contracts } = mesh.home;
    await send(mesh.home, contracts.timelock, contracts.proposalSender ?? "", await encode(mesh));
    return undefined;
  };
}

/** Calls a contract of the first satellite as its timelock would after its delay. */
function atSatellite(
  contract: "proposalReceiver" | "timelock",
  encode: (chain: SatelliteChain, mesh: Mesh) => string | Promise<string>,
) {
  return async ({ mesh }: MeshWorld): Promise<undefined> => {
    const chain = satelliteOf(mesh);
    const { [contract]: to = "", timelock } = chain.contracts;
    await send(chain, timelock, to, await encode(chain, mesh));
    return undefined;
  };
}

const sender = abi.proposalSender;
const receiver = abi.proposalReceiver;
const RECEIVER = "local-sat1/proposal receiver";

const MUTATIONS: readonly Mutation[] = [
  {
    what: "another receiver as the destination",
    names: ["local-home/proposal sender/destination local-sat1"],
    make: atSender((mesh) => {
      const { selector, contracts } = satelliteOf(mesh);
      return sender.encodeFunctionData("setDestination", [selector, contracts.pool, GAS]);
    }),
    fixes: true,
  },
  {
    what: "less gas for the destination",
    names: ["local-home/proposal sender/destination local-sat1"],
    make: atSender((mesh) => {
      const { selector, contracts } = satelliteOf(mesh);
      const { proposalReceiver = "" } = contracts;
      return sender.encodeFunctionData("setDestination", [selector, proposalReceiver, 200_000]);
    }),
    fixes: true,
  },
  {
    what: "a destination that was removed",
    names: ["local-home/proposal sender/destination local-sat1"],
    make: atSender((mesh) =>
      sender.encodeFunctionData("setDestination", [satelliteOf(mesh).selector, ZeroAddress, 0]),
    ),
    fixes: true,
  },
  {
    what: "a destination outside of the mesh",
    names: [`local-home/proposal sender/unknown chain ${ELSEWHERE}`],
    make: atSender(({ home }) =>
      sender.encodeFunctionData("setDestination", [ELSEWHERE, home.contracts.pool, GAS]),
    ),
    fixes: true,
  },
  {
    what: "another router of the sender",
    names: ["local-home/proposal sender/router"],
    make: async (world) => {
      const other = await otherRouter(world, world.mesh.home);
      return atSender(() => sender.encodeFunctionData("setRouter", [other]))(world);
    },
    fixes: true,
  },
  {
    what: "another router of a receiver",
    names: [`${RECEIVER}/router`, `${RECEIVER}/previous router`],
    make: async (world) => {
      const other = await otherRouter(world, satelliteOf(world.mesh));
      const data = receiver.encodeFunctionData("setRouter", [other]);
      return atSatellite("proposalReceiver", () => data)(world);
    },
    fixes: true,
  },
  {
    what: "a receiver that is paired with another sender",
    names: [`${RECEIVER}/source`],
    make: atSatellite("proposalReceiver", ({ contracts }, { home }) =>
      receiver.encodeFunctionData("setSource", [home.selector, contracts.pool]),
    ),
    fixes: true,
  },
  {
    what: "a receiver that is paired with another chain",
    names: [`${RECEIVER}/source`],
    make: atSatellite("proposalReceiver", (_, { home }) =>
      receiver.encodeFunctionData("setSource", [ELSEWHERE, home.contracts.proposalSender ?? ""]),
    ),
    fixes: true,
  },
  ...["PROPOSER_ROLE", "CANCELLER_ROLE"].map((role): Mutation => ({
    what: `${role} taken from a receiver`,
    names: [`local-sat1/timelock/${role} receiver`],
    make: atSatellite("timelock", ({ contracts }) =>
      abi.timelock.encodeFunctionData("revokeRole", [id(role), contracts.proposalReceiver ?? ""]),
    ),
    fixes: true,
  })),
  {
    what: "a satellite where only the receiver may propose",
    names: ["local-sat1/timelock/emergency proposer", "local-sat1/timelock/PROPOSER_ROLE"],
    make: atSatellite("timelock", (_, { config }) =>
      abi.timelock.encodeFunctionData("revokeRole", [id("PROPOSER_ROLE"), config.roles.operations]),
    ),
    fixes: true,
  },
  {
    what: "a receiver that needs more gas to say what it is than CCIP gives it",
    names: [`${RECEIVER}/ERC-165`],
    make: async ({ mesh }) => {
      const { provider, contracts } = satelliteOf(mesh);
      const { proposalReceiver = "" } = contracts;
      const behind = "0x000000000000000000000000000000000000bEEF";
      await setCode(behind, await provider.getCode(proposalReceiver));
      await setCode(proposalReceiver, thirsty(behind));
      return undefined;
    },
    fixes: false,
  },
  {
    what: "a receiver that schedules at another timelock",
    names: [`${RECEIVER}/timelock`],
    make: async ({ mesh }) => {
      const chain = satelliteOf(mesh);
      const deployer = await signerFor(chain, mesh.deployer);
      const foreign = await new ProposalReceiver__factory(deployer).deploy(
        chain.ccip.router,
        mesh.deployer,
      );
      const code = await chain.provider.getCode(foreign);
      await setCode(chain.contracts.proposalReceiver ?? "", code);
      return undefined;
    },
    fixes: false,
  },
];

async function otherRouter(world: MeshWorld, chain: MeshChain): Promise<string> {
  return (await deployRouter(new Scenario(world), chain, "no ramps")).address;
}

describe("The contracts by which home proposes to satellites", () => {
  it("are wired as declared", async () => {
    const { mesh } = await completeWorld();
    expect((await compareMesh(mesh)).differences).to.deep.equal([]);
  });

  for (const { what, names, make, fixes } of MUTATIONS) {
    it(`with ${what}: ${names.join(" and ")}, ${fixes ? "which the plan mends" : "by hand"} [K3]`, async () => {
      const world = await completeWorld();
      const mesh = (await make(world)) ?? world.mesh;
      const { proposalReceiver = "" } = satelliteOf(mesh).contracts;
      const found = async () =>
        (await compareMesh(mesh)).differences.map(({ id: name }) =>
          name.replace(proposalReceiver, "receiver"),
        );
      expect(await found()).to.have.members(names);
      const { open } = await apply({ ...world, mesh });
      expect(open.length === 0).to.equal(fixes);
      expect((await found()).length === 0).to.equal(fixes);
    });
  }

  it("are paired before the receiver may propose", async () => {
    const world = await completeWorld();
    const { contracts } = satelliteOf(world.mesh);
    const { proposalReceiver = "" } = contracts;
    const role = id("PROPOSER_ROLE");
    const setSource = receiver.encodeFunctionData("setSource", [ELSEWHERE, contracts.pool]);
    await atSatellite("proposalReceiver", () => setSource)(world);
    await atSatellite("timelock", () =>
      abi.timelock.encodeFunctionData("revokeRole", [role, proposalReceiver]),
    )(world);
    const sent: string[] = [];
    await apply(world, { onSent: (step) => sent.push(step.id) });
    const grant = `local-sat1/timelock/PROPOSER_ROLE ${proposalReceiver}`;
    expect(sent.filter((one) => [`${RECEIVER}/source`, grant].includes(one))).to.deep.equal([
      `${RECEIVER}/source`,
      grant,
    ]);
  });

  it("send nothing to a receiver that CCIP would not call", async () => {
    const world = await completeWorld();
    const { selector, provider, contracts } = satelliteOf(world.mesh);
    const { proposalReceiver = "" } = contracts;
    const behind = "0x000000000000000000000000000000000000bEEF";
    await setCode(behind, await provider.getCode(proposalReceiver));
    await setCode(proposalReceiver, thirsty(behind));
    await atSender(() => sender.encodeFunctionData("setDestination", [selector, ZeroAddress, 0]))(
      world,
    );
    const { open } = await apply(world);
    expect(open.map((step) => step.id)).to.include.members([
      `${RECEIVER}/ERC-165`,
      "local-home/proposal sender/destination local-sat1",
    ]);
  });
});
