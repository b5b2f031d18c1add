import { expect } from "chai";

import { coreMesh } from "../../../config/meshes/local";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import {
  allowedSteps,
  bandAhead,
  bandSteps,
  declaredBand,
  quarantineRecovery,
} from "../../../lib/mesh/components/circuitBreaker";
import type { Band, IndexState, Quarantined } from "../../../lib/mesh/components/circuitBreaker";
import type { Mesh, SatelliteChain } from "../../../lib/core/mesh/mesh";
import { abi } from "../../../lib/core/abis";
import type { Step } from "../../../lib/mesh/step";
import { call } from "../../../lib/mesh/stepBuilders";

const HOUR = 3_600n;
const ANCHOR = { sharesPerToken: 10n ** 24n, epoch: 1n, time: 1_800_000_000n };
const BAND = {
  maxGrowth: 100_000n,
  maxLoss: 100_000n,
  minInterval: HOUR,
  maxSteps: 3n,
  maxStepsByHand: 5n,
};

/** A broadcast that is held back since an hour after the anchor. */
const held = (isRejected: boolean): Quarantined => ({
  epoch: 9n,
  current: 1n,
  next: 1n,
  effectiveAt: 0n,
  since: ANCHOR.time + HOUR,
  isRejected,
});

describe("The steps that a broadcast may be away from the anchor", () => {
  for (const [what, after, quarantined, steps] of [
    ["at once", 0n, undefined, 1n],
    ["a second before the interval has passed", HOUR - 1n, undefined, 1n],
    ["after one interval", HOUR, undefined, 2n],
    ["after as many intervals as the band has steps", 3n * HOUR, undefined, 3n],
    ["while another one is held back since one interval", 9n * HOUR, held(false), 2n],
    ["once that was rejected", 9n * HOUR, held(true), 3n],
  ] as const) {
    it(`${what}: ${steps}`, () => {
      const now = ANCHOR.time + after;
      expect(allowedSteps({ band: BAND, anchor: ANCHOR, quarantined }, now)).to.equal(steps);
    });
  }

  it("are none without a band", () => {
    const band = { ...BAND, minInterval: 0n, maxSteps: 0n };
    expect(allowedSteps({ band, anchor: ANCHOR, quarantined: undefined }, ANCHOR.time)).to.equal(
      0n,
    );
  });
});

describe("The band that a mesh file declares", () => {
  for (const [minGrowthFactor, maxGrowthFactor, maxLoss, maxGrowth] of [
    ["0.9", "1.1", 100_000n, 100_000n],
    ["0.8999999", "1.2000001", 100_001n, 200_001n],
  ] as const) {
    it(`from ${minGrowthFactor} to ${maxGrowthFactor} is rounded outwards to millionths`, () => {
      const others = { minInterval: 3_600, maxSteps: 1, maxStepsByHand: 3 };
      const band = { minGrowthFactor, maxGrowthFactor, ...others };
      expect(declaredBand(meshWith({ receiver: { band } }))).to.deep.equal({
        maxGrowth,
        maxLoss,
        minInterval: 3_600n,
        maxSteps: 1n,
        maxStepsByHand: 3n,
      });
    });
  }
});

describe("The band between a present and a declared one", () => {
  const CONTROLLER = { ...coreMesh().controller, minGrowthFactor: "0.95", maxGrowthFactor: "1.3" };
  const factor = (millionths: bigint) => 10n ** 27n + millionths * 10n ** 21n;
  /** Home as it was: its bounds reach further down than the declared band. */
  const HOME = { minGrowthFactor: factor(-100_000n), maxGrowthFactor: factor(100_000n) };
  const present: Band = { ...BAND, minInterval: 600n, maxSteps: 3n, maxStepsByHand: 4n };
  const STEPS = { minInterval: 3_600, maxSteps: 3, maxStepsByHand: 4 };

  for (const [what, change, expected] of [
    ["more steps declared", { maxSteps: 5, maxStepsByHand: 6 }, [600n, 5n, 6n]],
    ["fewer steps declared", { maxSteps: 2, maxStepsByHand: 2 }, [600n, 3n, 4n]],
    ["a shorter interval declared", { minInterval: 60 }, [60n, 3n, 4n]],
  ] as const) {
    it(`encloses both, with ${what}`, () => {
      const { minGrowthFactor, maxGrowthFactor } = CONTROLLER;
      const others = { ...STEPS, ...change };
      const band = { minGrowthFactor, maxGrowthFactor, ...others };
      const mesh = meshWith({ controller: CONTROLLER, receiver: { band } });
      expect(bandsSet(mesh, present)).to.deep.equal([
        ["local-sat1/receiver/both bands", 300_000n, 100_000n, ...expected],
        [
          "local-sat1/receiver/band",
          300_000n,
          50_000n,
          BigInt(others.minInterval),
          BigInt(others.maxSteps),
          BigInt(others.maxStepsByHand),
        ],
      ]);
      const { mesh: at, chain, breaker } = inputs(mesh, present);
      const ahead = bandAhead(at, chain, breaker, { ...HOME, minInterval: HOUR });
      expect(ahead).to.deep.equal(["local-sat1/receiver/both bands"]);
    });
  }

  it("is not needed where the present one encloses what home is going to decide", () => {
    const { minGrowthFactor, maxGrowthFactor } = CONTROLLER;
    const band = { minGrowthFactor, maxGrowthFactor, ...STEPS };
    const mesh = meshWith({ controller: CONTROLLER, receiver: { band } });
    const ids = stepsOf(mesh, { ...present, maxGrowth: 300_000n }).map(({ id }) => id);
    expect(ids).to.deep.equal(["local-sat1/receiver/band"]);
  });

  for (const [what, change, comesAfter] of [
    ["nothing else", {}, false],
    ["a larger growth", { maxGrowthFactor: "1.2" }, false],
    ["a smaller growth", { maxGrowthFactor: "1.05" }, true],
    ["a smaller loss", { minGrowthFactor: "0.95" }, true],
    ["a shorter interval", { minInterval: 60 }, false],
    ["a longer interval", { minInterval: 7_200 }, true],
  ] as const) {
    it(`is set ${comesAfter ? "after" : "ahead of"} home's bounds, with ${what} declared`, () => {
      const bounds = {
        minGrowthFactor: "0.9",
        maxGrowthFactor: "1.1",
        minInterval: 3_600,
        ...change,
      };
      const mesh = meshWith({
        controller: { ...CONTROLLER, ...bounds },
        receiver: { band: { ...STEPS, ...bounds } },
      });
      const wide = { ...present, maxGrowth: 300_000n, minInterval: 1n };
      const after = comesAfter ? ["local-home/controller/config"] : [];
      expect(stepsOf(mesh, wide).map((step) => step.after)).to.deep.equal([after]);
      const { mesh: at, chain, breaker } = inputs(mesh, wide);
      const bounded = { ...HOME, minInterval: HOUR };
      expect(bandAhead(at, chain, breaker, bounded)).to.deep.equal(
        comesAfter ? [] : ["local-sat1/receiver/band"],
      );
    });
  }

  function inputs({ config }: Mesh, band: Band) {
    const mesh = { config, home: { name: "local-home" } } as Mesh;
    const chain = { name: "local-sat1" } as SatelliteChain;
    const breaker = { band, anchor: ANCHOR, quarantined: undefined };
    return { mesh, chain, breaker: { ...breaker, lastConfirmed: 0n, generation: 0n } };
  }

  /** Returns the steps with a present band. */
  function stepsOf(file: Mesh, band: Band): Step[] {
    const { mesh, chain, breaker } = inputs(file, band);
    const home = { controller: { config: { ...HOME, minInterval: HOUR } } };
    return bandSteps(mesh, chain, breaker, home, (data) =>
      call("owner", "owner of the receiver", "receiver", data),
    );
  }

  /** Plans with a present band, and returns the ids of the steps with the bands that they set. */
  function bandsSet(mesh: Mesh, band: Band) {
    return stepsOf(mesh, band).map((step) => {
      const [set] = abi.receiver.decodeFunctionData("setBand", step.call.data);
      return [step.id, ...(set as Iterable<bigint>)];
    });
  }
});

describe("What to do about a broadcast that is held back", () => {
  const state: IndexState = { epoch: 9n, current: 1n, next: 2n, effectiveAt: 3n };
  const home = (change: Partial<IndexState>): IndexState => ({ ...state, ...change });
  for (const [what, at, says] of [
    ["home has the same", home({}), /^it is the index that home has: .*receiver accept/],
    ["home has another present index", home({ current: 2n }), /never sent it: .*receiver reject/],
    ["home has another next index", home({ next: 1n }), /never sent it: .*receiver reject/],
    ["home has the next index from another time on", home({ effectiveAt: 4n }), /never sent it/],
    ["home is an epoch behind", home({ epoch: 8n }), /home, at epoch 8, never sent it/],
    ["home is an epoch ahead", home({ epoch: 10n }), /^home is at epoch 10 by now: .*broadcast/],
    ["home was not read", undefined, /^compare it with home, then .*accept.*reject/],
  ] as const) {
    it(`where ${what}`, () => {
      const quarantined = { ...held(false), ...state };
      expect(quarantineRecovery("local", "local-sat1", quarantined, at)).to.match(says);
    });
  }
});

function meshWith(change: Partial<MeshInput>): Mesh {
  const config = parseMesh({ ...coreMesh(), ...change });
  return { config } as Mesh;
}
