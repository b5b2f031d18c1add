import { expect } from "chai";

import { abi } from "../../../lib/core/abis";
import { coreMesh } from "../../../config/meshes/local";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { compareMesh } from "../../../lib/mesh/check";
import { BAND, STORED_BAND, bandedMesh } from "../../shared/bandedMesh";
import { byTimelock } from "../../shared/keeper";
import { apply } from "../../shared/meshFixture";
import type { MeshWorld } from "../../shared/meshFixture";
import type { Scenario } from "../../shared/scenario";

const CONTROLLER = "local-home/controller/config";
const BANDS = ["local-sat1/receiver/band", "local-sat2/receiver/band"];

describe("The band of the satellites", () => {
  for (const field of Object.keys(STORED_BAND) as (keyof typeof STORED_BAND)[]) {
    it(`with another ${field} than the mesh file declares fails the check, and is set back`, async () => {
      const s = await bandedMesh();
      // The steps by hand have to be at least the steps.
      const changed = { ...STORED_BAND, [field]: STORED_BAND[field] + 1n };
      await setBand(s, changed);
      expect((await compareMesh(s.mesh)).differences.map(({ id }) => id)).to.deep.equal([
        "local-sat1/receiver/band",
      ]);
      expect(await sentIn(s)).to.deep.equal(["local-sat1/receiver/band"]);
      const [band] = await s.receiverOn(s.sat1).getBand();
      expect({ ...STORED_BAND, [field]: band[field] }).to.deep.equal(STORED_BAND);
    });
  }

  it("that was taken away fails the check, and is set again", async () => {
    const s = await bandedMesh();
    await setBand(s, { maxGrowth: 0, maxLoss: 0, minInterval: 0, maxSteps: 0, maxStepsByHand: 0 });
    const [found] = (await compareMesh(s.mesh)).differences;
    expect(found?.changes).to.deep.equal([
      {
        what: "band",
        before: "none",
        after: "+10 % to -10 % per 3600 s, 1 step at once, 3 by hand",
      },
    ]);
    expect(await sentIn(s)).to.deep.equal(["local-sat1/receiver/band"]);
  });

  it("is widened before home's bounds", async () => {
    const s = await bandedMesh();
    const sent = await sentIn(withBounds(s, "1.2", 3_600));
    const order = sent.filter((id) => [CONTROLLER, ...BANDS].includes(id));
    expect(order.slice(0, 2)).to.have.members(BANDS);
    expect(order.slice(2)).to.deep.equal([CONTROLLER]);
  });

  it("encloses both bounds of home until they are changed, where one is widened and another one narrowed", async () => {
    const s = await bandedMesh();
    const bounds = { minGrowthFactor: "0.95", maxGrowthFactor: "1.2" };
    const file = withFile(s, {
      controller: { ...coreMesh().controller, ...bounds },
      receiver: { band: { ...BAND, ...bounds } },
    });
    const both = ["local-sat1/receiver/both bands", "local-sat2/receiver/both bands"];
    const sent = await sentIn(file);
    const order = sent.filter((id) => [CONTROLLER, ...BANDS, ...both].includes(id));
    expect(order.slice(0, 2)).to.have.members(both);
    expect(order[2]).to.equal(CONTROLLER);
    expect(order.slice(3)).to.have.members(BANDS);
    for (const chain of s.mesh.satellites) {
      const receiver = s.receiverOn(chain);
      const events = await receiver.queryFilter(receiver.filters.BandSet());
      const bands = events.map(({ args: { band } }) => [band.maxGrowth, band.maxLoss]);
      expect(bands.slice(-2)).to.deep.equal([
        [200_000n, 100_000n],
        [200_000n, 50_000n],
      ]);
    }
  });

  for (const [what, factor, interval] of [
    ["a smaller growth", "1.05", 3_600],
    ["a longer interval", "1.1", 7_200],
  ] as const) {
    it(`is narrowed after home's bounds: ${what}`, async () => {
      const s = await bandedMesh();
      const order = await sentIn(withBounds(s, factor, interval));
      expect(order[0]).to.equal(CONTROLLER);
      expect(order.slice(1)).to.have.members(BANDS);
    });
  }

  it("is removed with the section of the mesh file", async () => {
    const s = await bandedMesh();
    expect(await sentIn(withFile(s, {}))).to.have.members(BANDS);
    const [band] = await s.receiverOn(s.sat2).getBand();
    expect(band.maxSteps).to.equal(0n);
  });
});

function setBand(s: Scenario, band: Record<keyof typeof STORED_BAND, bigint | number>) {
  const data = abi.receiver.encodeFunctionData("setBand", [band]);
  return byTimelock(s.sat1, s.sat1.contracts.receiver, data);
}

function withFile(s: Scenario, change: Partial<MeshInput>): Scenario {
  const config = parseMesh({ ...coreMesh(), ...change });
  return Object.assign(Object.create(s) as Scenario, { mesh: { ...s.mesh, config } });
}

/** The mesh file with another growth and interval, for the controller and the band. */
function withBounds(s: Scenario, maxGrowthFactor: string, minInterval: number): Scenario {
  const { controller } = coreMesh();
  return withFile(s, {
    controller: { ...controller, maxGrowthFactor, minInterval },
    receiver: { band: { ...BAND, maxGrowthFactor, minInterval } },
  });
}

function worldOf({ mesh, chains, ccip }: Scenario): MeshWorld {
  return { mesh, chains, ccip };
}

/** Applies the mesh file, and returns the steps in the order in which they were sent, without proposals. */
async function sentIn(s: Scenario): Promise<string[]> {
  const sent: string[] = [];
  const { open } = await apply(worldOf(s), { onSent: ({ id }) => sent.push(id) });
  expect(open).to.be.empty;
  expect((await compareMesh(s.mesh)).differences).to.be.empty;
  return sent.filter((id) => !id.includes("/timelock/propose "));
}
