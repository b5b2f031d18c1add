import { expect } from "chai";

import { coreMesh } from "../../../config/meshes/local";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { allowedSteps, declaredBand } from "../../../lib/mesh/components/circuitBreaker";
import type { Quarantined } from "../../../lib/mesh/components/circuitBreaker";
import type { Mesh } from "../../../lib/core/mesh/mesh";

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

function meshWith(change: Partial<MeshInput>): Mesh {
  const config = parseMesh({ ...coreMesh(), ...change });
  return { config } as Mesh;
}
