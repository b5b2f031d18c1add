import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";
import hre from "hardhat";
import { Interface, dataLength, dataSlice } from "ethers";
import { feeTokenCode } from "ccip-localnet";
import { decodeRevert, describeRevert, released, revertDataOf } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { revertChainOf } from "../../../lib/core/revert/revertChain";

const offRamp = released("offRamp").interface;
const own = new Interface(["error Paused(address token)", "error Error(string message)"]);
const pool = "0x00000000000000000000000000000000000000A1";
const paused = own.encodeErrorResult("Paused", [pool]);

describe("decodeRevert", () => {
  const cases: [title: string, data: string, text: string][] = [
    ["nothing", "0x", "no reason given (out of gas, or a bare revert)"],
    ["a message", own.encodeErrorResult("Error", ["no"]), 'Error("no")'],
    ["an error that no ABI knows", "0xdeadbeef", "unknown error 0xdeadbeef"],
    ["an error of the caller's own contracts", paused, `Paused(token: ${pool})`],
    [
      "an error inside CCIP's",
      offRamp.encodeErrorResult("TokenHandlingError", [pool, paused]),
      `TokenHandlingError(target: ${pool}) <- Paused(token: ${pool})`,
    ],
    [
      "a curse, which may be of the source or of the destination",
      released("onRamp").interface.encodeErrorResult("CursedByRMN", [7n]),
      "CursedByRMN(chainSelector: 7)",
    ],
    [
      "an out-of-gas pool",
      offRamp.encodeErrorResult("TokenHandlingError", [pool, "0x"]),
      `TokenHandlingError(target: ${pool}) <- no reason given (out of gas, or a bare revert)`,
    ],
  ];
  for (const [title, data, text] of cases) {
    it(`decodes ${title}`, () => {
      expect(describeRevert(data, [own])).to.equal(text);
    });
  }

  const kept = (data: string): string => dataSlice(data, 0, Math.min(132, dataLength(data)));
  const told = new Interface(["error Told(uint256 number, string text)"]);
  const cut: [title: string, inner: string, line: string][] = [
    ["nothing of a short error", paused, `ReceiverError() <- Paused(token: ${pool})`],
    [
      "the end of a long one",
      told.encodeErrorResult("Told", [7, "too long to be kept"]),
      "ReceiverError() <- Told(number: 7, …)",
    ],
    [
      "an error within an error within one",
      offRamp.encodeErrorResult("TokenHandlingError", [pool, paused]),
      `ReceiverError() <- TokenHandlingError(target: ${pool}, …)`,
    ],
  ];
  for (const [title, inner, line] of cut) {
    it(`does not decode ${title} when CCIP 2.0 has truncated it`, () => {
      const data = kept(offRamp.encodeErrorResult("ReceiverError", [inner]));
      expect(describeRevert(data, [own, told])).to.equal(line);
    });
  }

  it("separates the cause", () => {
    const data = offRamp.encodeErrorResult("ReceiverError", [paused]);
    expect(decodeRevert(data, [own]).cause).to.deep.include({ name: "Paused", data: paused });
  });

  it("treats data that only resembles a known error as unknown", () => {
    expect(decodeRevert(paused.slice(0, 20), [own]).name).to.equal("unknown");
  });
});

describe("The contract that a layer of a revert belongs to", () => {
  const unknown = "0xdeadbeef";
  const wrapped = (error: string, ...args: unknown[]) => offRamp.encodeErrorResult(error, args);
  const cases: [title: string, data: string, contracts: string[]][] = [
    ["an error that no ABI knows", unknown, ["unknown"]],
    ["the same of a pool", wrapped("TokenHandlingError", pool, unknown), ["OffRamp", "pool"]],
    ["the same of a receiver", wrapped("ReceiverError", unknown), ["OffRamp", "receiver"]],
    ["a pool without a reason", wrapped("TokenHandlingError", pool, "0x"), ["OffRamp", "pool"]],
    [
      "a token beneath a pool",
      wrapped("TokenHandlingError", pool, abi.token.encodeErrorResult("EnforcedPause")),
      ["OffRamp", "token"],
    ],
  ];
  for (const [title, data, contracts] of cases) {
    it(`${title}: ${contracts.join(", ")}`, () => {
      const chain = revertChainOf(data, "arrival");
      expect(chain.map(({ contract }) => contract)).to.deep.equal(contracts);
    });
  }
});

describe("revertDataOf", () => {
  const errors: [title: string, error: unknown, data: string][] = [
    ["ethers' own", { data: "0x12" }, "0x12"],
    ["a node's inside it", { info: { error: { data: "0x12" } } }, "0x12"],
    ["Hardhat's", { data: { message: "reverted", data: "0x12" } }, "0x12"],
    ["none at all", new Error("no connection"), "0x"],
    ["something that is no error", undefined, "0x"],
  ];
  for (const [title, error, data] of errors) {
    it(`finds ${title}`, () => expect(revertDataOf(error)).to.equal(data));
  }
});

describe("feeTokenCode", () => {
  const { link, weth } = feeTokenCode();
  for (const { name, abi, bytecode } of [link, weth]) {
    it(`holds ${name} as it is compiled from Chainlink Local's sources`, () => {
      const folder = path.join(hre.config.paths.root, "artifacts/@chainlink/local/src/shared");
      const file = path.join(folder, `${name}.sol/${name}.json`);
      const compiled = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      expect({ abi, bytecode }).to.deep.equal({ abi: compiled.abi, bytecode: compiled.bytecode });
    });
  }
});
