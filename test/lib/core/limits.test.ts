import { expect } from "chai";
import { formatEther, parseEther } from "ethers";

import { coreMesh } from "../../../config/meshes/local";
import { leastInbound, widestOutbound } from "../../../lib/core/mesh/limit";
import { MeshConfigError, parseMesh, withLimit } from "../../../lib/core/mesh/parse";
import { MAX_BUCKET } from "../../../lib/core/units";
import { wideInbound, wideOutbound } from "../../../lib/core/reasons/limits";

const CONFIG = parseMesh(coreMesh());
const LANE = { mesh: "local", from: "local-home", to: "local-sat1" };
const WIDEST = widestOutbound(CONFIG);
const ONE = parseEther("1");
const BUCKET = { isEnabled: true, capacity: 100n * ONE, rate: ONE, tokens: 100n * ONE };

describe("A limit suggested for an amount that is too large", () => {
  const limits = { outbound: BUCKET, widest: WIDEST };

  it("can be written in the mesh file, up to its largest value", () => {
    const [recovery] = wideOutbound(LANE, WIDEST, limits);
    const [, capacity = "", rate = ""] =
      /^npx hardhat limits set .* --capacity (\S+) --rate (\S+) --mesh local$/.exec(
        recovery?.command ?? "",
      ) ?? [];
    const lane = { source: LANE.from, destination: LANE.to };
    expect(capacity).to.equal(formatEther(WIDEST).replace(/\.0$/, ""));
    expect(() => withLimit(CONFIG, lane, { capacity, rate })).not.to.throw();
    const more = formatEther(WIDEST + ONE);
    expect(() => withLimit(CONFIG, lane, { capacity: more, rate })).to.throw(
      MeshConfigError,
      `write at most "${capacity}"`,
    );
  });

  for (const amount of [WIDEST + 1n, parseEther("340282366920938463464"), 4n * 10n ** 38n]) {
    it(`is none for ${formatEther(amount)} outbound tokens, but names the largest one`, () => {
      expect(wideOutbound(LANE, amount, limits)).to.deep.equal([
        { note: `no limit can be raised above ${formatEther(WIDEST).slice(0, -2)} tokens` },
      ]);
    });
  }

  it("is unlimited when no bucket could hold what has already left", () => {
    const least = leastInbound(CONFIG, BUCKET);
    const [recovery] = wideInbound(LANE, MAX_BUCKET + 1n, {
      inbound: BUCKET,
      outbound: BUCKET,
      least,
    });
    expect(recovery).to.deep.equal({
      command: "npx hardhat limits set --unlimited --from local-home --to local-sat1 --mesh local",
      note: "lets it in: no limit can be raised so far",
    });
  });
});
