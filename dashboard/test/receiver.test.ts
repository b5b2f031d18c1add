import { describe, expect, it } from "vitest";

import type { DeployedChain } from "../src/deployments";
import { isContract, lostAt, receiverWarning } from "../src/model/receiver";

const at = (digit: string) => `0x${digit.repeat(40)}`;
const HOME = { name: "local-home" } as DeployedChain;
const SATELLITE = {
  name: "local-sat1",
  contracts: { token: at("a"), pool: at("b"), receiver: at("c") },
  previousPools: [at("d")],
  ccip: {
    router: at("1"),
    onRamps: [at("2")],
    offRamps: [at("3")],
    rmnProxy: at("4"),
    link: at("5"),
  },
} as DeployedChain;

describe("The receiver of a transfer", () => {
  it.each([
    [at("A"), "the token of Satellite 1"],
    [at("b"), "the pool of Satellite 1"],
    [at("c"), "the receiver of Satellite 1"],
    [at("d"), "the previous pool of Satellite 1"],
    [at("1"), "the CCIP router of Satellite 1"],
    [at("5"), "the CCIP link of Satellite 1"],
  ])("is refused when it is %s: %s", (receiver, what) =>
    expect(lostAt(receiver, SATELLITE)).toContain(what),
  );

  it("may be another account", () => expect(lostAt(at("9"), SATELLITE)).toBeUndefined());

  it.each([
    [true, false, "is a contract on Home, for example a Safe, and there is none"],
    [true, true, undefined],
    [false, false, undefined],
    [false, true, undefined],
    [undefined, false, "Could not check whether the receiver is a contract on Home:"],
    [true, undefined, "Could not check whether the receiver is a contract on Satellite 1:"],
    [
      undefined,
      undefined,
      "Could not check whether the receiver is a contract on Home and Satellite 1",
    ],
  ])("with code here %s and there %s: %s", (here, there, warning) => {
    const said = receiverWarning({ here, there }, { source: HOME, destination: SATELLITE });
    if (warning === undefined) expect(said).toBeUndefined();
    else expect(said).toContain(warning);
  });

  it.each([
    ["0x6001", true],
    ["0x", false],
    [undefined, false],
    // An account that delegates to code still has a key, which signs on every chain.
    [`0xef0100${"1".repeat(40)}`, false],
  ])("has code %s: a contract %s", (code, expected) => expect(isContract(code)).toBe(expected));
});
