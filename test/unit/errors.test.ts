import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import { Interface } from "ethers";
import hre from "hardhat";

const TESTS = path.resolve(__dirname, "..");

/** Matches a test's expectation of an error, or an event, by its name. */
const EXPECTED = {
  error: [
    /revertedWithCustomError\(\s*(?:[^,()]|\([^()]*\))+,\s*"(\w+)",?\s*\)/g,
    // The tables of errors and of roles.
    /\berror: "(\w+)"/g,
    /refusal: [^\n]*\["(\w+)"/g,
    /\? \["(\w+)"/g,
    /encodeErrorResult\(\s*"(\w+)"/g,
  ],
  event: [/\.emit\(\s*[^,()]+,\s*"(\w+)",?\s*\)/g],
} as const;

type Kind = keyof typeof EXPECTED;

/** Returns the names that the tests of contracts expect. */
function expectedNames(kind: Kind): Set<string> {
  const sources = ["unit", "e2e"].flatMap((folder) =>
    readdirSync(path.join(TESTS, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => readFileSync(path.join(TESTS, folder, file), "utf8")),
  );
  return new Set(
    sources.flatMap((source) =>
      EXPECTED[kind].flatMap((pattern) =>
        [...source.matchAll(pattern)].map(([, name]) => name ?? ""),
      ),
    ),
  );
}

/** Returns the errors or events in the ABIs of our contracts that their own sources declare, by contract. */
async function declaredNames(kind: Kind): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = await hre.artifacts.getAllFullyQualifiedNames();
  const declared = new Map<string, readonly string[]>();
  for (const name of names.filter((one) => /^contracts\/(?!test\/)/.test(one))) {
    const { abi, contractName, sourceName } = await hre.artifacts.readArtifact(name);
    const source = readFileSync(path.join(hre.config.paths.root, sourceName), "utf8");
    const own = new Interface(abi).fragments
      .filter(({ type }) => type === kind)
      .map((fragment) => ("name" in fragment ? String(fragment.name) : ""))
      .filter((one) => new RegExp(`^\\s*${kind} ${one}\\(`, "m").test(source));
    if (own.length > 0) declared.set(contractName, own);
  }
  return declared;
}

for (const kind of ["error", "event"] as const) {
  describe(`Every ${kind} that a contract declares`, () => {
    it("is expected by a test", async () => {
      const expected = expectedNames(kind);
      const unexpected = [...(await declaredNames(kind))].flatMap(([contract, names]) =>
        names.filter((name) => !expected.has(name)).map((name) => `${contract}.${name}`),
      );
      expect(unexpected).to.deep.equal([]);
    });

    it("is found by this search, in interfaces and in libraries", async () => {
      const declared = await declaredNames(kind);
      expect([...declared.keys()]).to.include.members(
        kind === "error"
          ? ["IRebaseToken", "IWrappedBridge", "IProposalSender", "ShareMath", "PoolDataCodec"]
          : ["IRebaseToken", "IWrappedBridge", "IProposalSender", "IRebaseTokenPool"],
      );
      expect(declared.get("IRebaseToken")).to.have.length.above(5);
    });
  });
}
