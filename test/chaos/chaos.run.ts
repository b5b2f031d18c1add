import { expect } from "chai";

import { optionsFrom } from "./options";
import { reportFailure, reportSteps } from "./report";
import { runChaos } from "./run";
import { ChaosWorld } from "./world";

const { versions, seeds, steps, replay } = optionsFrom(process.env);

for (const version of versions) {
  describe(`A mesh on CCIP ${version} under random steps`, function () {
    this.timeout(0);
    let world: ChaosWorld;
    before(async () => {
      world = await ChaosWorld.open(version);
    });

    for (const seed of seeds) {
      it(`keeps every invariant, seed ${seed}`, async () => {
        const begun = Date.now();
        const result = await runChaos(world, { seed, steps, replay });
        console.log(reportSteps(result, (Date.now() - begun) / 1_000));
        if (!result.failure) {
          expect(result.idle, "commands without an effect").to.deep.equal([]);
          return;
        }
        // At once: the other versions and seeds may take long.
        const report = reportFailure(version, seed, result.failure);
        console.log(report);
        throw new Error(report);
      });
    }
  });
}
