import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { localAccount } from "ccip-localnet";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { localMesh } from "../../../config/meshes/local";
import { abi } from "../../../lib/core/abis";
import { destinationGas } from "../../../lib/core/mesh/listeners";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { compareMesh } from "../../../lib/mesh/check";
import { planMesh } from "../../../lib/mesh/plan";
import { readMesh } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import { RebaseNotifier__factory } from "../../../typechain-types";
import { CCIP_VERSION } from "../../shared/ccipVersion";
import { loadFixture } from "../../shared/fixture";
import { deployListener } from "../../shared/listeners";
import { apply, impersonated, openIds } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { completeIn } from "../../shared/world";

const HOME = "local-home";
const SAT1 = "local-sat1";
const NOBODY = localAccount(LOCAL_HOLDERS.thirdParty).address;

/** A listener and a pair that the mesh file of these tests declares on the first satellite. */
interface ListeningWorld extends MeshWorld {
  readonly input: MeshInput;
  readonly listener: string;
  readonly pair: string;
  /** A contract that the mesh file does not declare. */
  readonly unexpected: string;
}

async function listeningFixture(): Promise<ListeningWorld> {
  const world = await loadFixture(completeIn[CCIP_VERSION]);
  const { provider } = at(world.mesh, SAT1);
  const deploy = async () => (await deployListener(localAccount(0, provider))).getAddress();
  const [listener, pair, unexpected] = [await deploy(), await deploy(), await deploy()];
  const input: MeshInput = {
    ...localMesh(),
    chains: { [SAT1]: { listeners: [{ address: listener, gas: 50_000 }], pairs: [pair] } },
  };
  const declared = declaring({ ...world, input, listener, pair, unexpected }, {});
  const { open } = await apply(declared);
  expect(open).to.be.empty;
  return declared;
}

function declaring(world: ListeningWorld, change: Partial<MeshInput>): ListeningWorld {
  const input = { ...world.input, ...change };
  return { ...world, input, mesh: { ...world.mesh, config: parseMesh(input) } };
}

/** A single change by hand, the ids that `mesh check` reports for it, and whether `mesh apply` fixes it. */
interface Fault {
  readonly what: string;
  readonly names: (world: ListeningWorld) => readonly string[];
  readonly make: (world: ListeningWorld) => Promise<void>;
  readonly isFixed?: false;
}

const FAULTS: readonly Fault[] = [
  {
    what: "a listener removed",
    names: ({ listener }) => [`${SAT1}/notifier/listener ${listener}`],
    make: (world) =>
      byTimelock(
        world,
        SAT1,
        "notifier",
        abi.notifier.encodeFunctionData("deleteListener", [world.listener]),
      ),
  },
  {
    what: "a shipped listener removed at home",
    names: () => [`${HOME}/notifier/listener rate feed`],
    make: (world) => {
      const { rateFeed = "" } = world.mesh.home.contracts;
      return byTimelock(
        world,
        HOME,
        "notifier",
        abi.notifier.encodeFunctionData("deleteListener", [rateFeed]),
      );
    },
  },
  ...[50_001, 49_999].map((gas) => ({
    what: `a listener's gas changed to ${gas}`,
    names: ({ listener }: ListeningWorld) => [`${SAT1}/notifier/listener ${listener}`],
    make: (world: ListeningWorld) =>
      byTimelock(
        world,
        SAT1,
        "notifier",
        abi.notifier.encodeFunctionData("setListener", [world.listener, gas]),
      ),
  })),
  {
    what: "another listener registered",
    names: ({ unexpected }) => [`${SAT1}/notifier/unexpected listener ${unexpected}`],
    make: (world) =>
      byTimelock(
        world,
        SAT1,
        "notifier",
        abi.notifier.encodeFunctionData("setListener", [world.unexpected, 20_000]),
      ),
  },
  {
    what: "no notifier at the receiver",
    names: () => [`${SAT1}/receiver/notifier`],
    make: (world) =>
      byTimelock(
        world,
        SAT1,
        "receiver",
        abi.receiver.encodeFunctionData("setNotifier", [ZeroAddress]),
      ),
  },
  {
    what: "no notifier at the controller",
    names: () => [`${HOME}/controller/notifier`],
    make: (world) =>
      byTimelock(
        world,
        HOME,
        "controller",
        abi.controller.encodeFunctionData("setNotifier", [ZeroAddress]),
      ),
  },
  {
    what: "another notifier of the token at the receiver",
    names: () => [`${SAT1}/receiver/notifier`],
    make: async (world) => {
      const { provider, contracts } = at(world.mesh, SAT1);
      const factory = new RebaseNotifier__factory(localAccount(0, provider));
      const other = await (await factory.deploy(contracts.token, NOBODY)).getAddress();
      await byTimelock(
        world,
        SAT1,
        "receiver",
        abi.receiver.encodeFunctionData("setNotifier", [other]),
      );
    },
  },
  {
    what: "a pair removed",
    names: ({ pair }) => [`${SAT1}/pair syncer/pair ${pair}`],
    make: (world) =>
      byTimelock(
        world,
        SAT1,
        "pairSyncer",
        abi.pairSyncer.encodeFunctionData("removePair", [world.pair]),
      ),
  },
  {
    what: "another pair registered",
    names: ({ unexpected }) => [`${SAT1}/pair syncer/unexpected pair ${unexpected}`],
    make: (world) =>
      byTimelock(
        world,
        SAT1,
        "pairSyncer",
        abi.pairSyncer.encodeFunctionData("addPair", [world.unexpected]),
      ),
  },
  {
    what: "the gas of the destination as it is without listeners",
    names: () => [`${HOME}/broadcaster/destination ${SAT1}`],
    make: (world) => {
      const { selector, contracts } = at(world.mesh, SAT1);
      const receiver = "receiver" in contracts ? contracts.receiver : "";
      const data = abi.broadcaster.encodeFunctionData("setDestination", [
        selector,
        receiver,
        150_000,
      ]);
      return byTimelock(world, HOME, "broadcaster", data);
    },
  },
  {
    what: "a listener that has destroyed itself",
    names: ({ listener }) => [`${SAT1}/notifier/code of ${listener}`],
    make: ({ listener }) => setCode(listener, "0x"),
    isFixed: false,
  },
  {
    what: "a pair that has destroyed itself",
    names: ({ pair }) => [`${SAT1}/pair syncer/code of ${pair}`],
    make: ({ pair }) => setCode(pair, "0x"),
    isFixed: false,
  },
  {
    what: "a notifier of another token",
    names: () => [`${SAT1}/notifier/token`],
    make: async ({ mesh }) => {
      const { provider, contracts } = at(mesh, SAT1);
      const { notifier = "", token } = contracts;
      const [from, to] = [token, NOBODY].map((one) => one.slice(2).toLowerCase());
      const code = await provider.getCode(notifier);
      expect(code).to.include(from);
      await setCode(notifier, code.replaceAll(from ?? "", to ?? ""));
    },
    isFixed: false,
  },
];

describe("Every change of a chain's listeners by hand fails the check and is named:", () => {
  for (const { what, names, make, isFixed = true } of FAULTS) {
    it(`${what}${isFixed ? ", and the plan undoes it" : ""}`, async () => {
      const world = await loadFixture(listeningFixture);
      await make(world);
      const { differences } = await compareMesh(world.mesh);
      expect(differences.map(({ id }) => id)).to.have.members(names(world));
      if (!isFixed) {
        expect(differences.every(({ step }) => step?.status.kind === "waiting")).to.equal(true);
        return;
      }
      const { open } = await apply(world);
      expect(open).to.be.empty;
      expect((await compareMesh(world.mesh)).differences).to.be.empty;
    });
  }

  it("nothing: nothing", async () => {
    const { mesh } = await loadFixture(listeningFixture);
    expect((await compareMesh(mesh)).differences).to.be.empty;
  });
});

describe("A mesh file that changes listeners", () => {
  it("has home buy the gas before a listener is added, and says how much is for what [K16]", async () => {
    const world = await loadFixture(listeningFixture);
    const more = withListeners(world, [
      { address: world.listener, gas: 50_000 },
      { address: world.unexpected, gas: 80_000 },
    ]);
    const destination = `${HOME}/broadcaster/destination ${SAT1}`;
    const added = `${SAT1}/notifier/listener ${world.unexpected}`;
    expect(await openIds(more.mesh)).to.deep.equal([destination, added]);
    expect(await sentBy(more)).to.deep.equal([destination, added]);
    const { total, notify } = destinationGas(more.mesh.config, SAT1);
    const step = planMesh(more.mesh, await readMesh(more.mesh)).find(
      ({ id }) => id === destination,
    );
    expect(step?.title).to.equal(
      `broadcast to ${SAT1} with ${total} gas (150000 to sync, ${notify} to tell 4 listeners)`,
    );
  });

  it("has home buy less only after a listener was removed", async () => {
    const world = await loadFixture(listeningFixture);
    const fewer = withListeners(world, []);
    expect(await sentBy(fewer)).to.deep.equal([
      `${SAT1}/notifier/unexpected listener ${world.listener}`,
      `${HOME}/broadcaster/destination ${SAT1}`,
    ]);
  });

  it("removes listeners first where the notifier has no room for old and new ones at once", async () => {
    const world = await loadFixture(listeningFixture);
    const large = withListeners(world, [{ address: world.listener, gas: 1_400_000 }]);
    await sentBy(large);
    const other = withListeners(large, [{ address: world.unexpected, gas: 1_500_000 }]);
    expect(await sentBy(other)).to.deep.equal([
      `${HOME}/broadcaster/destination ${SAT1}`,
      `${SAT1}/notifier/unexpected listener ${world.listener}`,
      `${SAT1}/notifier/listener ${world.unexpected}`,
    ]);
  });

  it("without the section leaves the notifier uncalled, and then takes the gas back", async () => {
    const world = await loadFixture(listeningFixture);
    const config = parseMesh({ ...world.input, listeners: undefined, chains: {} });
    const mesh: Mesh = {
      ...world.mesh,
      config,
      home: without(world.mesh.home),
      satellites: world.mesh.satellites.map(without),
    };
    const sent = await sentBy({ ...world, mesh });
    const satellites = world.mesh.satellites.map(({ name }) => name);
    expect(sent).to.have.members([
      `${HOME}/controller/notifier`,
      ...satellites.flatMap((name) => [
        `${name}/receiver/notifier`,
        `${HOME}/broadcaster/destination ${name}`,
      ]),
    ]);
    expect(sent.indexOf(`${SAT1}/receiver/notifier`)).to.be.lessThan(
      sent.indexOf(`${HOME}/broadcaster/destination ${SAT1}`),
    );
    expect(openSteps(planMesh(mesh, await readMesh(mesh)))).to.be.empty;
  });

  it("that names a listener without code says which, and registers the others", async () => {
    const world = await loadFixture(listeningFixture);
    const wrong = withListeners(world, [
      { address: NOBODY, gas: 50_000 },
      { address: world.unexpected, gas: 60_000 },
    ]);
    const { open } = await apply(wrong);
    expect(open.map(({ id }) => id)).to.have.members([
      `${SAT1}/notifier/code of ${NOBODY}`,
      `${SAT1}/notifier/listener ${NOBODY}`,
    ]);
    const [drift] = open.filter(({ id }) => id.includes("code of"));
    expect(drift?.status).to.deep.equal({
      kind: "waiting",
      cause: "drift",
      reason: `manual work: deploy it there first, or correct or remove ${NOBODY} in chains.${SAT1}.listeners of the mesh file`,
    });
  });
});

function withListeners(
  world: ListeningWorld,
  listeners: { address: string; gas: number }[],
): ListeningWorld {
  return declaring(world, { chains: { [SAT1]: { listeners, pairs: [world.pair] } } });
}

/** Applies the plan to its end; returns the ids of the steps that were sent, without proposals. */
async function sentBy(world: MeshWorld): Promise<string[]> {
  const sent: string[] = [];
  const { open } = await apply(world, { onSent: ({ id }) => sent.push(id) });
  expect(open).to.be.empty;
  return sent.filter((id) => !id.includes("/timelock/propose "));
}

function without<C extends MeshChain>(chain: C): C {
  const contracts = { ...chain.contracts };
  delete contracts.notifier;
  delete contracts.pairSyncer;
  return { ...chain, contracts };
}

function at(mesh: Mesh, name: string): MeshChain {
  const chain = chainsOf(mesh).find((one) => one.name === name);
  if (!chain) throw new Error(`${name} is not in the mesh.`);
  return chain;
}

async function byTimelock(
  { mesh }: MeshWorld,
  name: string,
  contract: string,
  data: string,
): Promise<void> {
  const chain = at(mesh, name);
  const contracts: Partial<Record<string, string>> = { ...chain.contracts };
  const timelock = await impersonated(chain, chain.contracts.timelock);
  await (await timelock.sendTransaction({ to: contracts[contract], data })).wait();
}
