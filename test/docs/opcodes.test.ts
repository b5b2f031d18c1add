import { expect } from "chai";
import hre from "hardhat";
import type { BuildInfo } from "hardhat/types";

import { readingBuildsOnce } from "../../lib/hardhat/artifacts";
import { ownContracts } from "../../scripts/surface/contracts";
import { scanOpcodes } from "../../scripts/surface/opcodes";
import type { Finding } from "../../scripts/surface/opcodes";

/** Everything that OpenZeppelin's sources are compiled into and deployed as. */
const FROM_OPENZEPPELIN = {
  ERC1967Proxy: "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol",
  TimelockController: "@openzeppelin/contracts/governance/TimelockController.sol",
};

/** The only instructions of their kind: the proxy's forwarding, and the migration of an upgrade. */
const ALLOWED: Readonly<Record<string, readonly Finding[]>> = {
  ERC1967Proxy: [{ opcode: "DELEGATECALL", file: "@openzeppelin/contracts/proxy/Proxy.sol" }],
  RebaseToken: [{ opcode: "DELEGATECALL", file: "@openzeppelin/contracts/utils/LowLevelCall.sol" }],
};

async function buildOf(source: string, name: string): Promise<BuildInfo> {
  const build = await hre.artifacts.getBuildInfo(`${source}:${name}`);
  if (!build) throw new Error(`${name} is not compiled: run "npx hardhat compile".`);
  return build;
}

describe("Deployed code", () => {
  it("has no SELFDESTRUCT, CALLCODE or CREATE, and DELEGATECALL only for proxies and upgrades [D13, G11]", async () => {
    const own = await ownContracts(hre.artifacts);
    const all = [
      ...own.map(({ contractName, sourceName }) => [contractName, sourceName] as const),
      ...Object.entries(FROM_OPENZEPPELIN),
    ];
    expect(all.map(([name]) => name)).to.include.members(["RebaseToken", "RebaseTokenPool"]);
    const found: Record<string, readonly Finding[]> = {};
    await readingBuildsOnce(hre, async () => {
      for (const [name, source] of all) {
        const findings = scanOpcodes(name, source, await buildOf(source, name));
        if (findings.length > 0) found[name] = findings;
      }
    });
    expect(found).to.deep.equal(ALLOWED);
  });

  const source = "contracts/libraries/Any.sol";
  const scanned = (code: string, instructions: number): Finding[] => {
    const deployedBytecode = { object: code, sourceMap: `0:1:7:-${";".repeat(instructions - 1)}` };
    return scanOpcodes("Any", source, {
      output: {
        contracts: { [source]: { Any: { evm: { deployedBytecode } } } },
        sources: { [source]: { id: 7 } },
      },
    } as unknown as BuildInfo);
  };
  const plants: [what: string, code: string, instructions: number, opcodes: string[]][] = [
    ["an instruction", "5ff4", 2, ["DELEGATECALL"]],
    [
      "each kind",
      "f2fff0f5f4",
      5,
      ["CALLCODE", "SELFDESTRUCT", "CREATE", "CREATE2", "DELEGATECALL"],
    ],
    ["what follows the data of a PUSH", "61fffff4", 2, ["DELEGATECALL"]],
    ["nothing in the data of a PUSH", `60ff7f${"f4".repeat(32)}00`, 3, []],
    ["nothing in constants and metadata", "00", 1, []],
  ];
  for (const [what, code, instructions, opcodes] of plants) {
    it(`is searched for ${what}`, () => {
      const expected = opcodes.map((opcode) => ({ opcode, file: source }));
      expect(scanned(`${code}fef4ff`, instructions)).to.deep.equal(expected);
    });
  }

  it("is not searched by a source map of other code", () => {
    expect(() => scanned("5f5ff4fe", 2)).to.throw("The source map of Any ends within its code.");
  });
});
