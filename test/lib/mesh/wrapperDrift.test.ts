import { setCode } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { deployContract, localAccount } from "ccip-localnet";
import { released } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { localMesh } from "../../../config/meshes/local";
import { abi } from "../../../lib/core/abis";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import { compareMesh } from "../../../lib/mesh/check";
import { readMesh } from "../../../lib/mesh/state";
import { apply, impersonated, inspectMesh, wiringOf } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import { completeWorld } from "../../shared/world";

const THIRD_PARTY = localAccount(LOCAL_HOLDERS.thirdParty).address;

/** A chain of CCIP's directory that is not in any local mesh. */
const ELSEWHERE = 5009297550715157269n;

const HOME = "local-home";
const SAT1 = "local-sat1";
const SAT2 = "local-sat2";

/** A single manual change, the ids that `mesh check` has to report for it, and whether `mesh apply` fixes it. */
interface Fault {
  readonly what: string;
  readonly names: readonly string[];
  /** Changes the mesh file, which is returned then, or the chains. */
  readonly make: (world: MeshWorld) => Promise<Mesh | undefined>;
  readonly fixes: boolean;
}

const fault = (what: string, names: string[], make: Fault["make"], fixes: boolean): Fault => ({
  what,
  names,
  make,
  fixes,
});

function byOwner(chain: string, data: (mesh: Mesh, at: MeshChain) => string): Fault["make"] {
  return async ({ mesh }) => {
    const at = named(mesh, chain);
    const owner = await impersonated(at, at.contracts.timelock);
    const to = at.contracts.wrappedBridge;
    await (await owner.sendTransaction({ to, data: data(mesh, at) })).wait();
    return undefined;
  };
}

const setRemote = (of: (mesh: Mesh) => [selector: bigint, bridge: string, gasLimit: bigint]) =>
  byOwner(SAT1, (mesh) => abi.wrappedBridge.encodeFunctionData("setRemote", of(mesh)));

/** Names routers of the bridge on a satellite, one after the other: new ones, or CCIP's. */
function setRouters(...routers: readonly ("another" | "CCIP's")[]): Fault["make"] {
  return async (world) => {
    const chain = world.chains.find(({ name }) => name === SAT1) ?? never();
    const { weth, rmnProxy, router } = chain.ccip;
    for (const one of routers) {
      const to =
        one === "another"
          ? await deployContract(chain.owner, released("router"), [weth, rmnProxy])
          : router;
      await byOwner(SAT1, () => abi.wrappedBridge.encodeFunctionData("setRouter", [to]))(world);
    }
    return undefined;
  };
}

/** Gives a contract the code that it would have with other values built in. */
function rebuild(
  chain: string,
  contract: "wrapper" | "wrappedBridge" | "rateFeed",
  from: (at: MeshChain) => string,
  to = THIRD_PARTY,
): Fault["make"] {
  return async ({ mesh }) => {
    const at = named(mesh, chain);
    const address = at.contracts[contract] ?? never();
    const code = await at.provider.getCode(address);
    const plain = (hex: string) => hex.replace(/^0x/, "").toLowerCase();
    expect(code).to.include(plain(from(at)));
    await setCode(address, code.replaceAll(plain(from(at)), plain(to)));
    return undefined;
  };
}

function inFile(change: Partial<NonNullable<ReturnType<typeof localMesh>["wrapper"]>>) {
  return ({ mesh }: MeshWorld): Promise<Mesh> => {
    const file = localMesh();
    const wrapper = { name: "Wrapped Rebase Dollar", symbol: "wRUSD", ...file.wrapper, ...change };
    return Promise.resolve({ ...mesh, config: parseMesh({ ...file, wrapper }) });
  };
}

const FAULTS: readonly Fault[] = [
  fault(
    "a bridge without the bridge of a peer",
    [`${SAT1}/wrapped bridge/remote ${HOME}`],
    setRemote(({ home }) => [home.selector, ZeroAddress, 0n]),
    true,
  ),
  fault(
    "a bridge that takes another one for a peer's",
    [`${SAT1}/wrapped bridge/remote ${HOME}`],
    setRemote(({ home }) => [home.selector, THIRD_PARTY, 500_000n]),
    true,
  ),
  fault(
    "a bridge that buys more gas",
    [`${SAT1}/wrapped bridge/remote ${SAT2}`],
    setRemote((mesh) => {
      const sat2 = named(mesh, SAT2);
      return [sat2.selector, sat2.contracts.wrappedBridge ?? never(), 500_001n];
    }),
    true,
  ),
  fault(
    "a bridge paired with a chain outside of the mesh",
    [`${SAT1}/wrapped bridge/unknown chain ${ELSEWHERE}`],
    setRemote(() => [ELSEWHERE, THIRD_PARTY, 500_000n]),
    true,
  ),
  fault(
    "a bridge that sends through another router",
    [`${SAT1}/wrapped bridge/router`, `${SAT1}/wrapped bridge/previous router`],
    setRouters("another"),
    true,
  ),
  fault(
    "a router that the bridge trusts beside CCIP's",
    [`${SAT1}/wrapped bridge/previous router`],
    setRouters("another", "CCIP's"),
    true,
  ),
  fault(
    "another gas limit in the mesh file",
    [HOME, SAT1, SAT2].flatMap((at) =>
      [HOME, SAT1, SAT2]
        .filter((peer) => peer !== at)
        .map((peer) => `${at}/wrapped bridge/remote ${peer}`),
    ),
    inFile({ bridge: { gasLimit: 600_000 } }),
    false,
  ),
  fault(
    "a wrapper of another token",
    [`${SAT1}/wrapper/asset`],
    rebuild(SAT1, "wrapper", ({ contracts }) => contracts.token),
    false,
  ),
  ...(["name", "symbol"] as const).map((what) =>
    fault(
      `another ${what} of the wrapper in the mesh file`,
      [HOME, SAT1, SAT2].map((at) => `${at}/wrapper/${what}`),
      inFile({ [what]: "Another" }),
      false,
    ),
  ),
  fault(
    "a bridge of another wrapper",
    [`${SAT1}/wrapped bridge/wrapper`],
    rebuild(SAT1, "wrappedBridge", ({ contracts }) => contracts.wrapper ?? never()),
    false,
  ),
  fault(
    "a bridge that takes another token for LINK",
    [`${SAT1}/wrapped bridge/LINK`],
    rebuild(SAT1, "wrappedBridge", ({ ccip }) => ccip.link),
    false,
  ),
  fault(
    "a bridge that does not say it takes messages",
    [`${SAT1}/wrapped bridge/ERC-165`],
    rebuild(SAT1, "wrappedBridge", () => "85572ffb", "85572ffc"),
    false,
  ),
  fault(
    "a feed of another token",
    [`${HOME}/rate feed/token`],
    rebuild(HOME, "rateFeed", ({ contracts }) => contracts.token),
    false,
  ),
  fault(
    "a feed that reads another receiver",
    [`${SAT1}/rate feed/receiver`],
    rebuild(SAT1, "rateFeed", (at) => ("receiver" in at.contracts ? at.contracts.receiver : "")),
    false,
  ),
];

describe("The wrapper, its bridge and the rate feed:", () => {
  it("are what the mesh file says", async () => {
    const { mesh } = await completeWorld();
    await inspectMesh(mesh);
    const { differences } = await compareMesh(mesh);
    expect(differences.map(({ id }) => id)).to.be.empty;
  });

  for (const { what, names, make, fixes } of FAULTS) {
    it(`${what}: ${names.join(", ")}${fixes ? ", fixed by mesh apply" : ""}`, async () => {
      const world = await completeWorld();
      const before = JSON.stringify(wiring(world.mesh, await readMesh(world.mesh)));
      const mesh = (await make(world)) ?? world.mesh;
      const { differences, unread } = await compareMesh(mesh);
      expect([...unread]).to.be.empty;
      expect(differences.map(({ id }) => id)).to.have.members(names);
      for (const { changes } of differences) {
        for (const change of changes) expect(change.before).to.not.equal(change.after);
      }
      if (!fixes) return;
      const sent: string[] = [];
      const { open } = await apply(world, {
        allowDestructive: true,
        onSent: ({ id }) => void sent.push(id),
      });
      expect(open).to.be.empty;
      expect(sent.filter((id) => !id.includes("/timelock/propose "))).to.have.members(names);
      expect(JSON.stringify(wiring(mesh, await readMesh(mesh)))).to.equal(before);
    });
  }
});

/** Returns the wiring of the bridges alone, as text. */
function wiring(mesh: Mesh, state: Awaited<ReturnType<typeof readMesh>>) {
  return JSON.stringify(wiringOf(mesh, state), (key: string, value: unknown) => {
    if (key === "acceptance" || key === "proposals") return undefined;
    if (value instanceof Map) return [...value.entries()].sort();
    return typeof value === "bigint" ? value.toString() : value;
  });
}

function named(mesh: Mesh, name: string): MeshChain {
  return chainsOf(mesh).find((chain) => chain.name === name) ?? never();
}

function never(): never {
  throw new Error("The mesh lacks a chain or a contract.");
}
