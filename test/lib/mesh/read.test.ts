import { expect } from "chai";

import type { MessageInFlight } from "../../../lib/mesh/inFlight";
import { rejected } from "../../../lib/mesh/read";

const LANE = { source: "local-home", destination: "local-sat1" };
const OTHER = { source: "local-sat2", destination: "local-sat1" };

const message = (messageId: string, change: Partial<MessageInFlight>): MessageInFlight => ({
  ...LANE,
  ...{ messageId, shares: 10n, sourcePool: "new", isFast: false, failed: false },
  ...change,
});

describe("The messages in flight that a step would reject", () => {
  const inFlight = new Map([
    [
      "local-home -> local-sat1",
      [
        message("plain", {}),
        message("large", { shares: 11n }),
        message("of unknown shares", { shares: undefined }),
        message("old", { sourcePool: "old" }),
        message("fast", { isFast: true }),
      ],
    ],
    ["local-sat2 -> local-sat1", [message("elsewhere", OTHER)]],
  ]);

  for (const [what, rejects, expected] of [
    ["all of a lane", LANE, ["plain", "large", "of unknown shares", "old", "fast"]],
    ["those of a pool", { ...LANE, pool: "old" }, ["old"]],
    [
      "those from a number of shares on, and any that nobody can read",
      { ...LANE, sharesFrom: 11n },
      ["large", "of unknown shares"],
    ],
    ["fast ones", { ...LANE, fast: true }, ["fast"]],
    ["those of another lane too", { ...OTHER, pool: "new", others: [] }, ["elsewhere"]],
    [
      "those of several lanes",
      { ...LANE, sharesFrom: 10n, pool: "new", others: [OTHER] },
      ["plain", "large", "of unknown shares", "fast", "elsewhere"],
    ],
    ["none of a lane without any", { source: "local-sat1", destination: "local-home" }, []],
  ] as const) {
    it(`are ${what}`, () => {
      expect(rejected(rejects, inFlight).map(({ messageId }) => messageId)).to.deep.equal(expected);
    });
  }
});
