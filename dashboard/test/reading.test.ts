import { describe, expect, it } from "vitest";

import {
  all,
  failedSince,
  failuresOf,
  gather,
  lastRead,
  map,
  match,
  missingFrom,
  readAt,
  sum,
  unread,
} from "../src/model/reading";
import type { Reading } from "../src/model/reading";

const at = (source: string, block: bigint) => ({ source, block, time: Number(block) * 12 });
const silence = (source: string, since = 50) => ({ source, since, reason: "it does not answer" });

const home: Reading<bigint> = readAt(100n, at("home", 7n));
const dead: Reading<bigint> = failedSince<bigint>(unread("sat2"), silence("sat2"));
const stale: Reading<bigint> = failedSince(readAt(5n, at("sat1", 3n)), silence("sat1"));

describe("A reading", () => {
  it("has a value only once it was read", () => {
    expect(lastRead(unread("home"))).to.equal(undefined);
    expect(lastRead(home)?.value).to.equal(100n);
    expect(lastRead(dead)).to.equal(undefined);
    expect(lastRead(stale)).to.deep.equal(readAt(5n, at("sat1", 3n)));
  });

  it("keeps its last value and the time of the first failure while the endpoint fails", () => {
    const again = failedSince(stale, silence("sat1", 60));
    expect(again.last?.value).to.equal(5n);
    expect(failuresOf(again)).to.deep.equal([silence("sat1", 60)]);
  });

  it("derives other values from it, and from its last value", () => {
    const doubled = (reading: Reading<bigint>) => map(reading, (value) => 2n * value);
    expect(doubled(home)).to.deep.equal(readAt(200n, at("home", 7n)));
    expect(doubled(unread("home"))).to.deep.equal(unread("home"));
    expect(lastRead(doubled(stale))?.value).to.equal(10n);
    expect(lastRead(doubled(dead))).to.equal(undefined);
  });

  it("is shown in one of three ways", () => {
    const shown = (reading: Reading<bigint>) =>
      match(reading, {
        unread: (names) => `waits for ${names.join()}`,
        read: (value) => `${value}`,
        stale: (value, [pin], [failure]) =>
          `${value} at block ${pin?.block}, since ${failure?.since}`,
      });
    expect([home, unread("sat1"), dead, stale].map(shown)).to.deep.equal([
      "100",
      "waits for sat1",
      "waits for sat2",
      "5 at block 3, since 50",
    ]);
  });
});

describe("Combined readings", () => {
  it("are read when all are, each value with its type", () => {
    const both = all([home, readAt("open", at("sat1", 4n))]);
    if (both.state !== "read") throw new Error(`It is ${both.state}.`);
    const [amount, word]: [bigint, string] = both.value;
    expect([amount, word]).to.deep.equal([100n, "open"]);
    expect(both.at).to.deep.equal([at("home", 7n), at("sat1", 4n)]);
  });

  it("are as old as the older block of a chain", () => {
    const both = all([readAt(1, at("home", 9n)), home]);
    expect(lastRead(both)?.at).to.deep.equal([at("home", 7n)]);
  });

  it("name the first failure of a source that failed for several of them", () => {
    const [sooner, later] = [50, 60].map((since) =>
      failedSince(readAt(5n, at("sat1", 3n)), silence("sat1", since)),
    ) as [Reading<bigint>, Reading<bigint>];
    for (const both of [all([sooner, later]), all([later, sooner])]) {
      expect(failuresOf(both)).to.deep.equal([silence("sat1", 50)]);
    }
  });

  it("name every missing source once", () => {
    expect(all([home, unread("sat1"), unread("sat1", "sat2")])).to.deep.equal(
      unread("sat1", "sat2"),
    );
    const withDead = all([home, unread("sat1"), dead]);
    expect(missingFrom(withDead)).to.deep.equal(["sat1", "sat2"]);
    expect(failuresOf(withDead)).to.deep.equal([silence("sat2")]);
    expect(lastRead(withDead)).to.equal(undefined);
  });

  it("keep the last values when one has failed since", () => {
    const both = all([home, stale]);
    expect(both.state).to.equal("failed");
    expect(lastRead(both)?.value).to.deep.equal([100n, 5n]);
    expect(missingFrom(both)).to.deep.equal([]);
  });
});

describe("A sum of readings", () => {
  const rows: readonly [string, readonly Reading<bigint>[], object][] = [
    ["is whole when all are read", [home, home], { extent: "whole", value: 200n, failures: [] }],
    [
      "is whole and old when one has failed since",
      [home, stale],
      { extent: "whole", value: 105n, failures: [silence("sat1")] },
    ],
    [
      "is a part when one waits",
      [home, unread("sat2")],
      { extent: "part", known: 100n, missing: ["sat2"], failures: [] },
    ],
    [
      "is a part when one never answered",
      [home, stale, dead],
      {
        extent: "part",
        known: 105n,
        missing: ["sat2"],
        failures: [silence("sat1"), silence("sat2")],
      },
    ],
    ["is zero of nothing", [], { extent: "whole", value: 0n, failures: [] }],
  ];
  for (const [title, readings, expected] of rows) {
    it(`${title}`, () => {
      expect(sum(readings)).to.deep.equal(expected);
    });
  }

  it("collects other results in the same way", () => {
    const lists: Reading<string[]>[] = [readAt(["a"], at("home", 1n)), unread("sat1")];
    expect(gather(lists, (known) => known.flat())).to.deep.equal({
      extent: "part",
      known: ["a"],
      missing: ["sat1"],
      failures: [],
    });
  });
});
