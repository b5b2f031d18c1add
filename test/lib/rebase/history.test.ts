import { expect } from "chai";

import { UNCHANGED } from "../../../lib/core/growth";
import { outcomeOf } from "../../../lib/rebase/history";

const NOW = 1_000n;
const GROWTH = UNCHANGED + 1n;

describe("A rebase of the past", () => {
  const rows: [
    what: string,
    effectiveAt: bigint,
    successor: Parameters<typeof outcomeOf>[1],
    outcome: ReturnType<typeof outcomeOf>,
  ][] = [
    ["that counts from this second on has taken effect", NOW, undefined, undefined],
    ["that counts in a second is pending", NOW + 1n, undefined, "pending"],
    [
      "whose successor was scheduled in the second from which it counts has taken effect",
      900n,
      { scheduledAt: 900n, effectiveAt: 950n, growthFactor: GROWTH },
      undefined,
    ],
    [
      "whose successor was scheduled a second earlier was replaced",
      900n,
      { scheduledAt: 899n, effectiveAt: 950n, growthFactor: GROWTH },
      "replaced",
    ],
    [
      "whose successor changes nothing, at once, was cancelled",
      900n,
      { scheduledAt: 800n, effectiveAt: 800n, growthFactor: UNCHANGED },
      "cancelled",
    ],
    [
      "whose successor changes nothing, later, was replaced",
      900n,
      { scheduledAt: 800n, effectiveAt: 801n, growthFactor: UNCHANGED },
      "replaced",
    ],
    [
      "whose successor grows at once was replaced",
      900n,
      { scheduledAt: 800n, effectiveAt: 800n, growthFactor: GROWTH },
      "replaced",
    ],
  ];
  for (const [what, effectiveAt, successor, outcome] of rows) {
    it(what, () => {
      expect(outcomeOf({ effectiveAt }, successor, NOW)).to.equal(outcome);
    });
  }
});
