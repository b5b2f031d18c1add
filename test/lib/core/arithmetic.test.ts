import { expect } from "chai";
import fc from "fast-check";

import { bandBounds } from "../../../lib/core/indexBand";
import { sharesPerTokenAfter } from "../../../lib/core/growth";
import { SHARES_PER_WRAPPED } from "../../../lib/core/units";
import { unitsTaken } from "../../../lib/token/wrap";
import type { Holdings, Wrapping } from "../../../lib/token/wrap";
import { uint } from "../../shared/arbitraries";
import { controllerFixture } from "../../shared/controllerFixture";
import { loadFixture } from "../../shared/fixture";
import { MAX_INDEX, MAX_SHARES, MIN_INDEX } from "../../shared/indexes";
import { libraryFixture } from "../../shared/libraryFixture";
import { propertyRuns } from "../../shared/propertyRuns";

const index = fc.oneof(fc.bigInt(MIN_INDEX, MAX_INDEX), fc.constantFrom(MIN_INDEX, MAX_INDEX));

describe("The arithmetic of tasks is that of the contracts:", () => {
  it("the index after a rebase", async () => {
    const { controller, token } = await loadFixture(controllerFixture);
    const now = await token.sharesPerToken();
    await fc.assert(
      fc.asyncProperty(fc.bigInt(10n ** 26n, 10n ** 28n), async (factor) => {
        expect(await controller.previewSharesPerToken(factor)).to.equal(
          sharesPerTokenAfter(now, factor),
        );
      }),
      propertyRuns(100),
    );
  });

  it("the band of a receiver, at its bounds and one beyond them", async () => {
    const { library } = await loadFixture(libraryFixture);
    const bounds = fc.record({ maxGrowth: uint(24), maxLoss: fc.bigInt(0n, 999_999n) });
    await fc.assert(
      fc.asyncProperty(bounds, index, fc.nat(32), async (band, from, steps) => {
        const { lowest, highest } = bandBounds(band, from, steps);
        const whole = { ...band, minInterval: 1, maxSteps: 32, maxStepsByHand: 32 };
        const nearest = (to: bigint) => library.nearestInBand(whole, from, to, steps);
        expect(await nearest(lowest)).to.equal(lowest);
        expect(await nearest(highest)).to.equal(highest);
        if (lowest > 0n) expect(await nearest(lowest - 1n)).to.equal(lowest);
        if (highest < MAX_INDEX) expect(await nearest(highest + 1n)).to.equal(highest);
      }),
      propertyRuns(100),
    );
  });

  it("the allowance that an exact wrapping takes: no unit less makes as many shares", async () => {
    const { library } = await loadFixture(libraryFixture);
    const wrapped = fc.bigInt(1n, MAX_SHARES / SHARES_PER_WRAPPED);
    await fc.assert(
      fc.asyncProperty(index, wrapped, async (k, amount) => {
        const shares = amount * SHARES_PER_WRAPPED;
        const taken = unitsTaken(
          { unit: "wrapped", amount } as Wrapping,
          {
            sharesPerToken: k,
          } as Holdings,
        );
        const [whole, less] = await Promise.all([
          library.toTokensDown(shares, k),
          library.toTokensDown(shares - 1n, k),
        ]);
        // Rounded up: as many as are whole, or one more where a part is left.
        expect(taken).to.equal(whole === less ? whole + 1n : whole);
      }),
      propertyRuns(100),
    );
  });
});
