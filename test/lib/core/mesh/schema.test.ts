import { expect } from "chai";
import { parseEther } from "ethers";
import fc from "fast-check";

import { coreMesh } from "../../../../config/meshes/local";
import { inboundLimit, outboundLimit } from "../../../../lib/core/mesh/limit";
import { MeshConfigError, parseMesh } from "../../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../../lib/core/mesh/schema";
import { propertyRuns } from "../../../shared/propertyRuns";

const SOUND = coreMesh();

/** A mesh file in which one section is different. */
function withSection<K extends keyof MeshInput>(key: K, change: object): Record<string, unknown> {
  const section = SOUND[key];
  return { ...SOUND, [key]: typeof section === "object" ? { ...section, ...change } : change };
}

function withLimit(outbound: unknown): Record<string, unknown> {
  return withSection("lanes", { outbound });
}

function withBand(change: object): Record<string, unknown> {
  const { minGrowthFactor, maxGrowthFactor } = SOUND.controller;
  const band = {
    minGrowthFactor,
    maxGrowthFactor,
    minInterval: 60,
    maxSteps: 1,
    maxStepsByHand: 3,
  };
  return { ...SOUND, receiver: { band: { ...band, ...change } } };
}

describe("A mesh file", () => {
  it("is parsed into amounts in token units and factors in 1e27", () => {
    const { lanes, controller, satellites } = parseMesh(SOUND);
    expect(lanes.outbound).to.deep.equal({
      capacity: parseEther("100000"),
      rate: parseEther("100"),
    });
    expect(controller.minGrowthFactor).to.equal(9n * 10n ** 26n);
    expect(controller.maxGrowthFactor).to.equal(11n * 10n ** 26n);
    expect(satellites).to.deep.equal(["local-sat1", "local-sat2"]);
  });

  it("gives the treasury's spender the declared budget, and 0 without one", () => {
    const budgetOf = (broadcaster: MeshInput["broadcaster"]) =>
      parseMesh({ ...SOUND, broadcaster }).broadcaster.treasuryBudgetPerDay;
    expect(budgetOf({ gasLimit: 150_000 })).to.deep.equal({ native: 0n, link: 0n });
    expect(budgetOf({ gasLimit: 150_000, treasuryBudgetPerDay: { link: "2.5" } })).to.deep.equal({
      native: 0n,
      link: parseEther("2.5"),
    });
  });

  it("may leave a role to the deployer, and lanes without a limit", () => {
    const config = parseMesh({
      ...withLimit("unlimited"),
      roles: { ...SOUND.roles, issuer: "deployer" },
    });
    expect(config.roles.issuer).to.equal("deployer");
    const unlimited = { isEnabled: false, capacity: 0n, rate: 0n };
    expect(outboundLimit(config)).to.deep.equal(unlimited);
    expect(inboundLimit(config)).to.deep.equal(unlimited);
  });

  describe("reports the field, the value and the remedy of a mistake:", () => {
    const mistakes: { what: string; file: unknown; says: string[] }[] = [
      { what: "no object", file: 5, says: ["mesh", "5", "expected object"] },
      {
        what: "a word that it does not know",
        file: { ...SOUND, tokn: 1 },
        says: ["mesh", '"tokn"', "Unrecognized key"],
      },
      {
        what: "a budget that no broadcaster can store",
        file: withSection("broadcaster", { treasuryBudgetPerDay: { native: "79228162515" } }),
        says: [
          "broadcaster.treasuryBudgetPerDay.native",
          "79228162515",
          "write at most 79228162514",
        ],
      },
      {
        what: "an empty name",
        file: { ...SOUND, home: "" },
        says: ["home", '""', ">=1 characters"],
      },
      {
        what: "a flag that is a word",
        file: { ...SOUND, live: "false" },
        says: ["live", '"false"', "expected boolean"],
      },
      {
        what: "a gas price in wei",
        file: { ...SOUND, chains: { "local-sat1": { maxGasPriceGwei: "1e9" } } },
        says: ["chains.local-sat1.maxGasPriceGwei", '"1e9"', "may mean 1 or 1000000000"],
      },
      {
        what: "a gas price that is none",
        file: { ...SOUND, chains: { "local-sat1": { maxGasPriceGwei: "0.0" } } },
        says: ["chains.local-sat1.maxGasPriceGwei", '"0.0"', "is nothing: write more than 0"],
      },
      {
        what: "a home among its satellites",
        file: { ...SOUND, satellites: ["local-sat1", "local-home"] },
        says: ["satellites", '"local-home"', "remove it from the list"],
      },
      {
        what: "a satellite twice",
        file: { ...SOUND, satellites: ["local-sat1", "local-sat1"] },
        says: ["satellites", '"local-sat1"', "is listed twice: remove one"],
      },
      {
        what: "a role with a truncated address",
        file: withSection("roles", { guardian: "0x12" }),
        says: ["roles.guardian", '"0x12"', "has 2 digits behind 0x"],
      },
      {
        what: "an address with a wrong checksum",
        file: withSection("roles", { guardian: "0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266" }),
        says: ["roles.guardian", "0xF39fd6e51aad88F6F4ce6aB8827279cffFb92266", "not its checksum"],
      },
      {
        what: "a missing role",
        file: withSection("roles", { operations: undefined }),
        says: ["roles.operations", "nothing", 'or "deployer"'],
      },
      {
        what: "a limit that is another word than unlimited",
        file: withLimit("none"),
        says: ["lanes.outbound", '"none"', '"unlimited"', "capacity and rate"],
      },
      {
        what: "a capacity that is no amount",
        file: withLimit({ capacity: "1e5", rate: "1" }),
        says: ["lanes.outbound.capacity", '"1e5"', "may mean 0.0000000000001 or 100000"],
      },
      {
        what: "a capacity with more than 18 decimals",
        file: withLimit({ capacity: "1.0000000000000000001", rate: "1" }),
        says: ["lanes.outbound.capacity", "1.0000000000000000001", "at most 18"],
      },
      {
        what: "a bucket that never refills",
        file: withLimit({ capacity: "10", rate: "0" }),
        says: ["lanes.outbound", '"rate":"0"', "the rate must be above 0"],
      },
      {
        what: "a bucket that refills by more than it holds",
        file: withLimit({ capacity: "10", rate: "11" }),
        says: ["lanes.outbound", '"rate":"11"', "at most the capacity"],
      },
      {
        what: "inbound limits too near the outbound ones",
        file: withSection("lanes", { inboundHeadroomBps: 499 }),
        says: ["lanes.inboundHeadroomBps", "499", ">=500"],
      },
      {
        what: "a growth factor in percent",
        file: withSection("controller", { maxGrowthFactor: "+5%" }),
        says: ["controller.maxGrowthFactor", '"+5%"', "write for example 1.015 for +1.5 %"],
      },
      {
        what: "growth bounds that leave out standing still",
        file: withSection("controller", { minGrowthFactor: "1.01" }),
        says: ["controller", '"minGrowthFactor":"1.01"', 'the bounds must enclose "1"'],
      },
      {
        what: "a delay above the longest",
        file: withSection("controller", { delay: 86_401 }),
        says: ["controller", '"delay":86401', "the delay is above maxDelay: lower it"],
      },
      {
        what: "half a second",
        file: withSection("controller", { minInterval: 0.5 }),
        says: ["controller.minInterval", "0.5", "expected int"],
      },
      {
        what: "too little gas for a first sync",
        file: withSection("broadcaster", { gasLimit: 124_999 }),
        says: ["broadcaster.gasLimit", "124999", ">=125000"],
      },
      {
        what: "more gas than CCIP sells",
        file: withSection("broadcaster", { gasLimit: 3_000_001 }),
        says: ["broadcaster.gasLimit", "3000001", "<=3000000"],
      },
      {
        what: "a band that allows the loss of everything",
        file: withBand({ minGrowthFactor: "0" }),
        says: ["receiver.band.minGrowthFactor", '"0"', "write at least 0.000001"],
      },
      {
        what: "a band whose loss is rounded up to everything",
        file: withBand({ minGrowthFactor: "0.000000999" }),
        says: ["receiver.band.minGrowthFactor", '"0.000000999"', "write at least 0.000001"],
      },
      {
        what: "a band with more growth than a receiver can keep",
        file: withBand({ maxGrowthFactor: "17.7772151" }),
        says: ["receiver.band.maxGrowthFactor", '"17.7772151"', "write at most 17.777215"],
      },
    ];
    for (const { what, file, says } of mistakes) {
      it(what, () => {
        const [line, ...others] = mistakesIn(file);
        expect(others, "other lines").to.be.empty;
        for (const words of says) expect(line).to.include(words);
        expect(line).to.match(new RegExp(`^\\s*${says[0]}[:= ]`));
      });
    }

    it("several mistakes in one line each", () => {
      const file = { ...SOUND, name: "", live: 1, token: { ...SOUND.token, symbol: "" } };
      expect(mistakesIn(file).map((line) => line.trim().split(" ")[0])).to.deep.equal([
        "name",
        "live",
        "token.symbol",
      ]);
    });
  });
});

describe("An inbound limit", () => {
  const cases: {
    headroom: number;
    rebases: number;
    growth: string;
    loss: string;
    capacity: bigint;
  }[] = [
    { headroom: 500, rebases: 0, growth: "1.1", loss: "0.5", capacity: 105_000n },
    { headroom: 500, rebases: 1, growth: "1.1", loss: "1", capacity: 115_500n },
    { headroom: 500, rebases: 2, growth: "1.1", loss: "0.95", capacity: 127_050n },
    { headroom: 1_000, rebases: 2, growth: "1", loss: "1", capacity: 110_000n },
    // A destination that has missed the loss counts the same shares at the index before it.
    { headroom: 500, rebases: 1, growth: "1.1", loss: "0.5", capacity: 210_000n },
    { headroom: 500, rebases: 2, growth: "1.1", loss: "0.5", capacity: 420_000n },
    { headroom: 500, rebases: 1, growth: "1", loss: "0.8", capacity: 131_250n },
    { headroom: 500, rebases: 1, growth: "1.25", loss: "0.8", capacity: 131_250n },
    { headroom: 500, rebases: 1, growth: "2", loss: "0.8", capacity: 210_000n },
  ];
  for (const { headroom, rebases, growth, loss, capacity } of cases) {
    it(`of 100000 outbound is ${capacity} at +${headroom / 100} % and ${rebases} rebases of ${loss} to ${growth}`, () => {
      const config = parseMesh({
        ...SOUND,
        lanes: { ...SOUND.lanes, inboundHeadroomBps: headroom, rebasesInFlight: rebases },
        controller: { ...SOUND.controller, minGrowthFactor: loss, maxGrowthFactor: growth },
      });
      expect(inboundLimit(config)).to.deep.equal({
        isEnabled: true,
        capacity: capacity * 10n ** 18n,
        // The outbound rate is a thousandth of the capacity, and so is the inbound one.
        rate: (capacity * 10n ** 18n) / 1_000n,
      });
    });
  }

  it("accepts a full-size message after the expected rebases, to the unit [C15]", () => {
    const arbitraryMesh = fc.record({
      capacity: fc.bigInt({ min: 1n, max: 10n ** 26n }),
      growthBps: fc.integer({ min: 10_000, max: 20_000 }),
      lossBps: fc.integer({ min: 1_000, max: 10_000 }),
      rebases: fc.integer({ min: 0, max: 10 }),
    });
    fc.assert(
      fc.property(arbitraryMesh, ({ capacity, growthBps, lossBps, rebases }) => {
        const units = `${capacity / 10n ** 18n}.${String(capacity % 10n ** 18n).padStart(18, "0")}`;
        const config = parseMesh({
          ...SOUND,
          lanes: {
            ...SOUND.lanes,
            outbound: { capacity: units, rate: units },
            rebasesInFlight: rebases,
          },
          controller: {
            ...SOUND.controller,
            minGrowthFactor: (lossBps / 10_000).toFixed(4),
            maxGrowthFactor: (growthBps / 10_000).toFixed(4),
          },
        });
        // What arrives is floor(amount * growth^n), or floor(amount / loss^n) where losses were missed.
        const n = BigInt(rebases);
        const grown = (capacity * BigInt(growthBps) ** n) / 10_000n ** n;
        const missed = (capacity * 10_000n ** n) / BigInt(lossBps) ** n;
        expect(outboundLimit(config).capacity).to.equal(capacity);
        for (const arriving of [grown, missed]) {
          expect(inboundLimit(config).capacity >= (arriving * 105n) / 100n).to.equal(true);
        }
      }),
      propertyRuns(300),
    );
  });
});

/** The lines in which a file is refused, one a mistake. */
function mistakesIn(file: unknown): string[] {
  try {
    parseMesh(file);
  } catch (error) {
    if (!(error instanceof MeshConfigError)) throw error;
    return error.message.split("\n").filter((line) => !line.endsWith("has mistakes:"));
  }
  throw new Error("The mesh file was taken.");
}
