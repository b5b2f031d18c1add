import { expect } from "chai";
import type { Interface } from "ethers";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import {
  BroadcastCodec__factory,
  IRebaseToken__factory,
  PoolDataCodec__factory,
  ShareMath__factory,
} from "../../typechain-types";

const ERRORS_OF: Readonly<Record<string, Interface>> = {
  IRebaseToken: IRebaseToken__factory.createInterface(),
  ShareMath: ShareMath__factory.createInterface(),
  PoolDataCodec: PoolDataCodec__factory.createInterface(),
  BroadcastCodec: BroadcastCodec__factory.createInterface(),
};

/** The errors that the unit tests expect by name. */
function expectedErrors(): Set<string> {
  const sources = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(__dirname, file), "utf8"));
  const expectations = /revertedWithCustomError\(\s*[^,()]+,\s*"(\w+)",?\s*\)/g;
  return new Set(sources.flatMap((source) => [...source.matchAll(expectations)].map(nameIn)));
}

function nameIn(match: RegExpMatchArray): string {
  return match[1] ?? "";
}

describe("Custom errors", () => {
  for (const [contract, abi] of Object.entries(ERRORS_OF)) {
    it(`of ${contract} are all expected by a unit test`, () => {
      const errors: string[] = [];
      abi.forEachError(({ name }) => errors.push(name));
      expect(errors).not.to.deep.equal([]);
      expect(errors.filter((name) => !expectedErrors().has(name))).to.deep.equal([]);
    });
  }
});
