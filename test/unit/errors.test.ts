import { expect } from "chai";
import type { Interface } from "ethers";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import {
  BroadcastCodec__factory,
  IContainedTokenPool__factory,
  IPairSyncer__factory,
  IRebaseBroadcaster__factory,
  IRebaseController__factory,
  IRebaseNotifier__factory,
  IRebaseRateFeed__factory,
  IRebaseReceiver__factory,
  IRebaseTokenPool__factory,
  IRebaseToken__factory,
  PoolDataCodec__factory,
  RouterProbe__factory,
  ShareMath__factory,
} from "../../typechain-types";

/** Everything that our contracts declare themselves. */
const INTERFACES: Readonly<Record<string, Interface>> = {
  IRebaseToken: IRebaseToken__factory.createInterface(),
  IRebaseTokenPool: IRebaseTokenPool__factory.createInterface(),
  IRebaseController: IRebaseController__factory.createInterface(),
  IRebaseBroadcaster: IRebaseBroadcaster__factory.createInterface(),
  IRebaseReceiver: IRebaseReceiver__factory.createInterface(),
  IRebaseNotifier: IRebaseNotifier__factory.createInterface(),
  IPairSyncer: IPairSyncer__factory.createInterface(),
  IRebaseRateFeed: IRebaseRateFeed__factory.createInterface(),
  IContainedTokenPool: IContainedTokenPool__factory.createInterface(),
  ShareMath: ShareMath__factory.createInterface(),
  PoolDataCodec: PoolDataCodec__factory.createInterface(),
  BroadcastCodec: BroadcastCodec__factory.createInterface(),
  RouterProbe: RouterProbe__factory.createInterface(),
};

/** Matches a unit test's expectation of an error, or an event, by its name. */
const EXPECTED = {
  error: [
    /revertedWithCustomError\(\s*[^,()]+,\s*"(\w+)",?\s*\)/g,
    // The tables of errors and of roles.
    /\berror: "(\w+)"/g,
    /refusal: [^\n]*\["(\w+)"/g,
    /encodeErrorResult\(\s*"(\w+)"/g,
  ],
  event: [/\.emit\(\s*[^,()]+,\s*"(\w+)",?\s*\)/g],
} as const;

/** The names that the unit tests expect. */
function expectedNames(kind: keyof typeof EXPECTED): Set<string> {
  const sources = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(__dirname, file), "utf8"));
  return new Set(
    sources.flatMap((source) =>
      EXPECTED[kind].flatMap((pattern) =>
        [...source.matchAll(pattern)].map(([, name]) => name ?? ""),
      ),
    ),
  );
}

function declaredNames(abi: Interface, kind: keyof typeof EXPECTED): string[] {
  const names: string[] = [];
  if (kind === "error") abi.forEachError(({ name }) => names.push(name));
  else abi.forEachEvent(({ name }) => names.push(name));
  return names;
}

for (const kind of ["error", "event"] as const) {
  describe(`Every ${kind}`, () => {
    const declared = Object.entries(INTERFACES).filter(
      ([, abi]) => declaredNames(abi, kind).length > 0,
    );
    for (const [contract, abi] of declared) {
      it(`of ${contract} is expected by a unit test`, () => {
        const expected = expectedNames(kind);
        expect(declaredNames(abi, kind).filter((name) => !expected.has(name))).to.deep.equal([]);
      });
    }

    it("is found by this search", () => {
      expect(declared.map(([contract]) => contract)).to.include.members(
        kind === "error"
          ? Object.keys(INTERFACES).filter((name) => name !== "IRebaseTokenPool")
          : Object.keys(INTERFACES).filter((name) => name.startsWith("IRebase")),
      );
    });
  });
}
