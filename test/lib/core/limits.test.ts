import { expect } from "chai";
import { formatEther, parseEther } from "ethers";

import { coreMesh } from "../../../config/meshes/local";
import {
  UNLIMITED,
  isDeclaredOpen,
  isTighter,
  leastInbound,
  widestOutbound,
} from "../../../lib/core/mesh/limit";
import type { RateLimit } from "../../../lib/core/mesh/limit";
import { MeshConfigError, parseMesh, withLimit } from "../../../lib/core/mesh/parse";
import { MAX_BUCKET } from "../../../lib/core/units";
import { wideInbound, wideOutbound } from "../../../lib/core/reasons/limits";
import { NEVER, secondsToFull } from "../../../lib/mesh/limits/read";

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

describe("A limit", () => {
  const of = (capacity: bigint, rate = 1n): RateLimit => ({ isEnabled: true, capacity, rate });
  for (const [what, limit, than, expected] of [
    ["a smaller capacity", of(9n), of(10n), true],
    ["the same one, and a lower rate", of(10n, 1n), of(10n, 2n), false],
    ["a larger one", of(11n), of(10n), false],
    ["any capacity, beside none at all", of(11n), UNLIMITED, true],
    ["none at all", UNLIMITED, of(10n), false],
  ] as const) {
    it(`of ${what} is ${expected ? "tighter" : "not tighter"}`, () => {
      expect(isTighter(limit, than)).to.equal(expected);
    });
  }

  const unit = formatEther(1n);
  for (const [choice, isOpen] of [
    ["unlimited", true],
    [{ capacity: "100", rate: "1" }, true],
    ["closed", false],
    // What leaves is closed as CCIP has it, and there is room for two where it arrives.
    [{ capacity: unit, rate: unit }, false],
  ] as const) {
    it(`of ${JSON.stringify(choice)} declares a lane ${isOpen ? "open" : "closed"}`, () => {
      const lane = { source: LANE.from, destination: LANE.to };
      expect(isDeclaredOpen(withLimit(CONFIG, lane, choice), lane)).to.equal(isOpen);
    });
  }
});

describe("A bucket that transfers have used", () => {
  const of = (tokens: bigint, rate = 3n) => ({ isEnabled: true, capacity: 10n, rate, tokens });
  for (const [what, bucket, seconds] of [
    ["that is full", of(10n), 0n],
    ["that holds more than its lowered capacity", of(11n), 0n],
    ["that lacks what a second brings", of(7n), 1n],
    ["that lacks one unit more", of(6n), 2n],
    ["that is empty", of(0n), 4n],
    ["that nothing fills", of(9n, 0n), NEVER],
    ["that bounds nothing", { ...of(0n), isEnabled: false }, 0n],
  ] as const) {
    it(`${what} is full again after ${seconds === NEVER ? "no number of" : seconds} seconds`, () => {
      expect(secondsToFull(bucket)).to.equal(seconds);
    });
  }
});
