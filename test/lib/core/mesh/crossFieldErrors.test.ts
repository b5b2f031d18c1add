import { expect } from "chai";

import { coreMesh } from "../../../../config/meshes/local";
import testnetMesh from "../../../../config/meshes/testnet";
import { meshByName } from "../../../../config/meshes";
import { LIVE_CHAINS } from "../../../../lib/core/chains";
import { timelockArguments } from "../../../../lib/mesh/constructorArguments";
import { CLOSED, UNLIMITED, inboundLimit, outboundLimit } from "../../../../lib/core/mesh/limit";
import { holderOf } from "../../../../lib/core/mesh/mesh";
import { MeshConfigError, parseMesh } from "../../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../../lib/core/mesh/schema";

const SOUND = coreMesh();
const NETWORKS = ["local-home", "local-sat1", "local-sat2", "ethereum-sepolia", "op-sepolia"];
const SAFE = "0x000000000000000000000000000000000000dEaD";

/** Any address does for a verifier here. */
const VERIFIER = "0x00000000000000000000000000000000000000a1";

const withLanes = (lanes: Partial<MeshInput["lanes"]>): MeshInput => ({
  ...SOUND,
  lanes: { ...SOUND.lanes, ...lanes },
});

/** A mesh whose satellites allow exactly what the controller does, but for a change of their band. */
function withBand(change: object): MeshInput {
  const own = { minGrowthFactor: "0.9", maxGrowthFactor: "1.1", minInterval: 60 };
  return {
    ...SOUND,
    controller: { ...SOUND.controller, ...own },
    receiver: { band: { ...own, maxSteps: 1, maxStepsByHand: 3, ...change } },
  };
}

describe("A mesh file with conflicting fields", () => {
  const mistakes: { what: string; file: MeshInput | object; says: string[] }[] = [
    {
      what: "an unknown chain",
      file: { ...SOUND, satellites: ["local-sat1", "op-seplia"] },
      says: ["satellites.1", '"op-seplia"', 'did you mean "op-sepolia"?'],
    },
    {
      what: "an unknown home",
      file: { ...SOUND, home: "mars" },
      says: ["home", '"mars"', "lists all of them"],
    },
    {
      what: "a chain that is ready and on",
      file: { ...SOUND, ready: ["local-sat1"] },
      says: ["ready", '"local-sat1"', "in the mesh already: remove it here"],
    },
    {
      what: "settings of a chain that is not in the mesh",
      file: { ...SOUND, chains: { "op-sepolia": { gasLimit: 200_000 } } },
      says: ["chains.op-sepolia", "is not in this mesh", "local-home, local-sat1, local-sat2"],
    },
    {
      what: "a lane to nowhere",
      file: withLanes({ pairs: { "local-home -> op-sepolia": "unlimited" } }),
      says: ["lanes.pairs.local-home -> op-sepolia", "has no such chain", '"op-sepolia"'],
    },
    {
      what: "a lane from a chain to itself",
      file: withLanes({ pairs: { "local-home -> local-home": "closed" } }),
      says: ["lanes.pairs.local-home -> local-home", 'write "source -> destination"'],
    },
    {
      what: "a limit by a name that no set has",
      file: withLanes({ limits: { wide: "unlimited" }, outbound: "narrow" }),
      says: ["lanes.outbound", '"narrow" is not a valid limit', "one of the sets wide"],
    },
    {
      what: "a lane's limit by a name that no set has",
      file: withLanes({ pairs: { "local-home -> local-sat1": "narrow" } }),
      says: ["lanes.pairs.local-home -> local-sat1", '"narrow"', "lanes.limits has none"],
    },
    {
      what: "a capacity without rate",
      file: withLanes({ limits: { once: { capacity: "10", rate: "0" } } }),
      says: ["lanes.limits.once", "the rate must be above 0"],
    },
    {
      what: "an inbound capacity that a full-size message would not fit",
      file: withLanes({
        limits: { tight: { capacity: "100", rate: "1", inbound: { capacity: "127", rate: "1" } } },
        outbound: "tight",
      }),
      says: [
        "lanes.limits.tight.inbound.capacity",
        '"127" is too small',
        "a full-size message of 100 would not fit after the rebases it may meet",
        'write at least "129.6503712"',
      ],
    },
    ...(
      [
        ["capacity", "100000", { capacity: "100000", rate: "1" }],
        ["capacity", "100001", { capacity: "100001", rate: "1" }],
        ["rate", "100", { capacity: "1000", rate: "100" }],
      ] as const
    ).map(([field, amount, limit]) => ({
      what: `fast transfers whose ${field} of ${amount} is not below the lane's own`,
      file: withLanes({ fast: { "local-home -> local-sat1": { finality: "safe", ...limit } } }),
      says: [`lanes.fast.local-home -> local-sat1.${field}`, `"${amount}" is not below the lane`],
    })),
    {
      what: "fast transfers on a closed lane",
      file: withLanes({
        pairs: { "local-home -> local-sat1": "closed" },
        fast: { "local-home -> local-sat1": { finality: 5, capacity: "1", rate: "1" } },
      }),
      says: ["lanes.fast.local-home -> local-sat1", "the lane is closed"],
    },
    {
      what: "fast transfers that would not fit where they arrive",
      file: withLanes({
        fast: {
          "local-home -> local-sat1": {
            finality: "safe",
            capacity: "10",
            rate: "1",
            inbound: { capacity: "12", rate: "1" },
          },
        },
      }),
      says: [
        "lanes.fast.local-home -> local-sat1.inbound.capacity",
        '"12" is too small',
        'write at least "12.96503712"',
      ],
    },
    {
      what: "two finalities for one pool",
      file: withLanes({
        fast: {
          "local-home -> local-sat1": { finality: "safe", capacity: "10", rate: "1" },
          "local-sat2 -> local-home": { finality: 10, capacity: "10", rate: "1" },
        },
      }),
      says: [
        "lanes.fast.local-sat2 -> local-home.finality",
        "local-home has one for all its lanes",
      ],
    },
    {
      what: "no finality at all",
      file: withLanes({
        fast: { "local-home -> local-sat1": { finality: 0, capacity: "10", rate: "1" } },
      }),
      says: ["lanes.fast.local-home -> local-sat1.finality"],
    },
    {
      what: "a verifier that the destination requires and the source does not ask",
      file: withLanes({
        verifiers: { "local-home -> local-sat1": { source: [], destination: [VERIFIER] } },
      }),
      says: ["lanes.verifiers.local-home -> local-sat1.source", "is empty"],
    },
    {
      what: "a verifier twice",
      file: withLanes({
        verifiers: {
          "local-home -> local-sat1": { source: [VERIFIER, VERIFIER], destination: [] },
        },
      }),
      says: ["lanes.verifiers.local-home -> local-sat1.source", "is listed twice"],
    },
    {
      what: "fast transfers to a chain that is not in the mesh",
      file: withLanes({
        fast: { "local-home -> op-sepolia": { finality: "safe", capacity: "10", rate: "1" } },
      }),
      says: ["lanes.fast.local-home -> op-sepolia", "has no such chain"],
    },
    {
      what: "an unlimited lane between satellites of a live mesh",
      file: {
        ...withLanes({ pairs: { "local-sat1 -> local-sat2": "unlimited" } }),
        live: true,
      },
      says: ["lanes.pairs.local-sat1 -> local-sat2", "from satellite to satellite", "live mesh"],
    },
    ...["local-sat1", "local-sat2"].map((contained) => ({
      what: `${contained} contained, and a lane from one satellite to the other`,
      file: withLanes({
        contained: [contained],
        pairs: { "local-sat2 -> local-sat1": "closed" },
      }),
      says: ["lanes.contained", "the lane local-sat1 -> local-sat2 is open"],
    })),
    {
      what: "a chain contained that is no satellite",
      file: withLanes({ contained: ["local-home"] }),
      says: ["lanes.contained", '"local-home" is no satellite of this mesh'],
    },
    {
      what: "listeners with more gas than a notifier has",
      file: {
        ...SOUND,
        listeners: { pairSyncer: { gas: 300_000 } },
        chains: { "local-sat1": { listeners: [{ address: VERIFIER, gas: 1_700_001 }] } },
      },
      says: [
        "chains.local-sat1.listeners",
        "the listeners of local-sat1 have 2000001 gas (300000 + 1700001), more than the 2000000 of a notifier",
      ],
    },
    {
      what: "listeners and a gas limit that no message of CCIP carries together",
      file: {
        ...SOUND,
        listeners: {},
        chains: {
          "local-sat1": { gasLimit: 1_000_000, listeners: [{ address: VERIFIER, gas: 1_950_000 }] },
        },
      },
      says: [
        "chains.local-sat1.listeners",
        "a broadcast to local-sat1 needs 3093427 gas (1000000 to sync, 2093427 to tell 1 listener), more than the 3000000 of a message",
      ],
    },
    {
      what: "more pairs than the gas of their syncer is enough for",
      file: {
        ...SOUND,
        listeners: { pairSyncer: { gas: 269_999 } },
        chains: { "local-sat1": { pairs: [VERIFIER, SAFE] } },
      },
      says: ["chains.local-sat1.pairs", "2 pairs need 270000 gas", "is 269999: raise it"],
    },
    ...[3_600, 3_599].map((delay) => ({
      what: `a gain of a live mesh that counts ${delay} s after it was scheduled, where a timelock takes an hour`,
      file: {
        ...SOUND,
        live: true,
        controller: { ...SOUND.controller, delay },
        admin: { ...SOUND.admin, timelockDelay: 3_600 },
      },
      says: [
        "controller.delay",
        `${delay} s is no longer than admin.timelockDelay, 3600 s`,
        "write more than 3600",
      ],
    })),
    {
      what: "a rebase that may be pending for longer than satellites allow",
      file: { ...SOUND, controller: { ...SOUND.controller, maxDelay: 7_776_001 } },
      says: ["controller.maxDelay", "7776001 s is more than 7776000 s", "write at most that"],
    },
    ...(
      [
        ["minGrowthFactor", "above", { minGrowthFactor: "0.900001" }],
        ["maxGrowthFactor", "below", { maxGrowthFactor: "1.099999" }],
        ["minInterval", "above", { minInterval: 61 }],
      ] as const
    ).map(([field, where, change]) => ({
      what: `a band of satellites whose ${field} is ${where} the controller's`,
      file: withBand(change),
      says: [
        `receiver.band.${field}`,
        `is ${where} controller.${field}`,
        "an honest rebase would be held back",
      ],
    })),
    {
      what: "other decimals",
      file: { ...SOUND, token: { ...SOUND.token, decimals: 6 } },
      says: ["token.decimals", "6", "18 decimals on every chain"],
    },
    {
      what: "a role given to the zero address",
      file: {
        ...SOUND,
        roles: { ...SOUND.roles, guardian: "0x0000000000000000000000000000000000000000" },
      },
      says: ["roles.guardian", "is the zero address, which no account has"],
    },
    {
      what: "a role for the Safe of a chain that has none",
      file: {
        ...SOUND,
        roles: { ...SOUND.roles, operations: "safe" },
        chains: { "local-home": { safe: SAFE }, "local-sat1": { safe: SAFE } },
      },
      says: ["roles.operations", '"safe" names no account on local-sat2', "chains.local-sat2.safe"],
    },
    {
      what: "a role that exists at home alone for the Safe of a home without one",
      file: {
        ...SOUND,
        roles: { ...SOUND.roles, issuer: "safe" },
        chains: { "local-sat1": { safe: SAFE } },
      },
      says: ["roles.issuer", '"safe" names no account on local-home', "chains.local-home.safe"],
    },
    {
      what: "a chain's own role for a Safe it does not have",
      file: { ...SOUND, chains: { "local-sat1": { roles: { guardian: "safe" } } } },
      says: ["chains.local-sat1.roles.guardian", "chains.local-sat1.safe"],
    },
    {
      what: "a chain's own gas limit out of bounds",
      file: { ...SOUND, chains: { "local-sat1": { gasLimit: 1 } } },
      says: ["chains.local-sat1.gasLimit", "1"],
    },
  ];
  for (const { what, file, says } of mistakes) {
    it(`is refused for ${what}, with the field and the remedy [C15]`, () => {
      const lines = mistakesIn(file);
      expect(lines, lines.join("\n")).to.have.length(1);
      for (const words of says) expect(lines[0]).to.include(words);
      expect(lines[0]?.trim()).to.match(new RegExp(`^${says[0]?.replaceAll(".", "\\.")}[: ]`));
    });
  }
});

describe("A delay of the controller", () => {
  for (const [what, live, delay] of [
    ["a second above the timelock's on a live mesh", true, 3_601],
    ["as short as the timelock's on a local mesh", false, 3_600],
  ] as const) {
    it(`may be ${what}`, () => {
      const file = {
        ...SOUND,
        live,
        controller: { ...SOUND.controller, delay },
        admin: { ...SOUND.admin, timelockDelay: 3_600 },
      };
      expect(parseMesh(file).controller.delay).to.equal(delay);
    });
  }

  it("may be chosen up to the 90 days that satellites allow", () => {
    const file = { ...SOUND, controller: { ...SOUND.controller, maxDelay: 7_776_000 } };
    expect(parseMesh(file).controller.maxDelay).to.equal(7_776_000);
  });
});

describe("The band of satellites", () => {
  it("may be exactly what the controller allows", () => {
    const { controller, receiver } = parseMesh(withBand({}));
    const { minGrowthFactor, maxGrowthFactor, minInterval } = controller;
    expect(receiver?.band).to.deep.include({ minGrowthFactor, maxGrowthFactor, minInterval });
  });
});

describe("The limit of a lane", () => {
  const config = parseMesh({
    ...withLanes({
      limits: {
        narrow: { capacity: "10", rate: "1" },
        own: { capacity: "10", rate: "1", inbound: { capacity: "1000", rate: "5" } },
      },
      outbound: "narrow",
      pairs: {
        "local-home -> local-sat1": "unlimited",
        "local-sat1 -> local-home": "closed",
        "local-home -> local-sat2": "own",
        "local-sat2 -> local-home": { capacity: "20", rate: "2" },
      },
    }),
  });
  const lane = (source: string, destination: string) => ({ source, destination });
  const tokens = (amount: bigint) => amount * 10n ** 18n;

  it("is its own, by name, keyword or value, or else the mesh's", () => {
    const capacity = (source: string, destination: string) =>
      outboundLimit(config, lane(source, destination));
    expect(capacity("local-home", "local-sat1")).to.deep.equal(UNLIMITED);
    expect(capacity("local-sat1", "local-home")).to.deep.equal(CLOSED);
    expect(capacity("local-home", "local-sat2").capacity).to.equal(tokens(10n));
    expect(capacity("local-sat2", "local-home").capacity).to.equal(tokens(20n));
    expect(capacity("local-sat1", "local-sat2").capacity).to.equal(tokens(10n));
  });

  it("at the receiving end is as declared, or derived from the sending end", () => {
    const limit = (source: string, destination: string) =>
      inboundLimit(config, lane(source, destination));
    expect(limit("local-home", "local-sat1")).to.deep.equal(UNLIMITED);
    expect(limit("local-sat1", "local-home")).to.deep.equal(CLOSED);
    expect(limit("local-home", "local-sat2").capacity).to.equal(tokens(1_000n));
    expect(limit("local-sat1", "local-sat2").capacity).to.equal(
      tokens(1_296_503_712n) / 100_000_000n,
    );
  });
});

describe("The meshes of this project", () => {
  for (const name of ["local", "testnet"]) {
    it(`${name} is valid`, () => {
      expect(meshByName(name).name).to.equal(name);
    });
  }

  it("testnet has two active satellites and two ready ones", () => {
    const { satellites, ready = [] } = testnetMesh;
    expect([satellites.length, ready.length]).to.deep.equal([2, 2]);
    const all = parseMesh({ ...testnetMesh, satellites: [...satellites, ...ready], ready: [] });
    expect(all.satellites).to.have.length(4);
  });
});

describe("The holder of a role", () => {
  const config = parseMesh(
    {
      ...SOUND,
      roles: { ...SOUND.roles, issuer: "deployer", operations: "safe" },
      chains: {
        "local-home": { safe: SAFE },
        "local-sat1": { safe: SAFE, roles: { guardian: "deployer" } },
        "local-sat2": { safe: SAFE },
      },
    },
    { networks: NETWORKS },
  );
  const deployer = "0x000000000000000000000000000000000000bEEF";
  const of = { config, deployer };

  it("is the mesh's, the chain's own, the deployer or the chain's Safe", () => {
    expect(holderOf(of, "guardian", "local-home")).to.equal(SOUND.roles.guardian);
    expect(holderOf(of, "guardian", "local-sat1")).to.equal(deployer);
    expect(holderOf(of, "issuer", "local-home")).to.equal(deployer);
    expect(holderOf(of, "operations", "local-sat2")).to.equal(SAFE);
    expect(() => holderOf(of, "operations", "op-sepolia")).to.throw("set chains.op-sepolia.safe");
  });

  it("is the proposer of the timelock that is deployed on its chain", () => {
    const { ccip } = LIVE_CHAINS[0] ?? { ccip: undefined };
    if (!ccip) throw new Error("There is no live chain.");
    const connected = { ...of, network: "local-sat2", role: "satellite", ccip } as const;
    const [, proposers, executors] = timelockArguments(connected);
    expect([...proposers, ...executors]).to.deep.equal([SAFE, SAFE]);
  });
});

/** The lines in which a file is refused, one a mistake. */
function mistakesIn(file: unknown): string[] {
  try {
    parseMesh(file, { networks: NETWORKS });
  } catch (error) {
    if (!(error instanceof MeshConfigError)) throw error;
    return error.message.split("\n").filter((line) => !line.endsWith("has mistakes:"));
  }
  throw new Error("The mesh file was taken.");
}
