import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

const ROOT = path.resolve(__dirname, "../..");

const { version, overrides } = JSON.parse(
  readFileSync(path.join(ROOT, "package.json"), "utf8"),
) as { version: string; overrides: unknown };

/** The compiler of the `solc` package, so that nothing is downloaded, and CCIP's names for OpenZeppelin. */
const CONFIG = `
const { subtask } = require("hardhat/config");
const {
  TASK_COMPILE_GET_REMAPPINGS,
  TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD,
} = require("hardhat/builtin-tasks/task-names");
subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  version: "0.8.26",
  longVersion: require("solc").version().replace(/\\.Emscripten\\.clang$/, ""),
  compilerPath: require.resolve("solc/soljson.js"),
  isSolcJs: true,
}));
subtask(TASK_COMPILE_GET_REMAPPINGS, async () => ({
  "@openzeppelin/contracts@5.3.0/": "@openzeppelin/contracts-5.3.0/",
}));
module.exports = {
  solidity: { version: "0.8.26", settings: { evmVersion: "cancun", optimizer: { enabled: true } } },
};
`;

const CONTRACT = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IRebaseToken} from "ccip-rebase-token/contracts/interfaces/IRebaseToken.sol";

/// Holds shares for accounts, so that a rebase reaches everybody.
contract ShareVault {
  IRebaseToken public immutable token;
  mapping(address account => uint256) public sharesOf;

  constructor(IRebaseToken token_) {
    token = token_;
  }

  function withdraw(uint256 shares) external {
    sharesOf[msg.sender] -= shares;
    token.transferShares(msg.sender, shares);
  }

  function credit(address account) external {
    sharesOf[account] = token.sharesOf(address(this));
  }
}
`;

const SOURCES = `
// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseTokenPool} from "ccip-rebase-token/contracts/ccip/RebaseTokenPool.sol";
import {RebaseToken} from "ccip-rebase-token/contracts/RebaseToken.sol";
import {RebaseBroadcaster} from "ccip-rebase-token/contracts/home/RebaseBroadcaster.sol";
import {RebaseController} from "ccip-rebase-token/contracts/home/RebaseController.sol";
import {RebaseReceiver} from "ccip-rebase-token/contracts/satellite/RebaseReceiver.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
`;

const TEST = `
const assert = require("node:assert/strict");
const { BrowserProvider, ContractFactory } = require("ethers");
const hre = require("hardhat");
const { RebaseToken__factory } = require("ccip-rebase-token");

describe("a token from the package", () => {
  it("is deployed behind a proxy, and used by a contract of the project", async () => {
    const [issuer, holder] = await hre.network.provider.send("eth_accounts", []);
    const signer = await new BrowserProvider(hre.network.provider).getSigner(issuer);
    const deploy = async (name, ...args) => {
      const { abi, bytecode } = await hre.artifacts.readArtifact(name);
      const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
      return contract.waitForDeployment();
    };

    const implementation = await new RebaseToken__factory(signer).deploy();
    await implementation.waitForDeployment();
    const compiled = await deploy("RebaseToken");
    assert.notEqual(await compiled.getAddress(), await implementation.getAddress());
    const data = RebaseToken__factory.createInterface().encodeFunctionData("initialize", [
      "My Dollar", "MYD", true, issuer, 0,
    ]);
    const proxy = await deploy("ERC1967Proxy", await implementation.getAddress(), data);
    const token = RebaseToken__factory.connect(await proxy.getAddress(), signer);
    await (await token.grantRole(await token.ISSUER_ROLE(), issuer)).wait();

    const vault = await deploy("ShareVault", await token.getAddress());
    await (await token.mint(await vault.getAddress(), 1_000n)).wait();
    await (await vault.credit(issuer)).wait();
    const shares = await vault.sharesOf(issuer);
    assert.equal(shares, await token.sharesOf(await vault.getAddress()));
    await (await vault.withdraw(shares)).wait();
    assert.equal(await token.balanceOf(issuer), 1_000n);
    assert.equal(await token.balanceOf(holder), 0n);
  });

  it("has ABIs", () => {
    const abi = require("ccip-rebase-token/abi/IRebaseToken.json");
    assert.ok(abi.some(({ name }) => name === "transferShares"));
  });
});
`;

const TYPED = `
import { RebaseToken__factory } from "ccip-rebase-token";
import type { RebaseToken } from "ccip-rebase-token";
export const shares = (token: RebaseToken, account: string): Promise<bigint> => token.sharesOf(account);
export const bytecode: string = RebaseToken__factory.bytecode;
// @ts-expect-error There is no such function.
export const none = (token: RebaseToken) => token.sharesFor("0x");
`;

describe("The package of the contracts in an empty Hardhat project", () => {
  let project: string;

  before(() => {
    project = mkdtempSync(path.join(tmpdir(), "ccip-rebase-token-project-"));
    execFileSync("npm", ["pack", "--pack-destination", project], { cwd: ROOT, stdio: "pipe" });
    const manifest = { private: true, overrides };
    writeFileSync(
      path.join(project, "package.json"),
      `${JSON.stringify(manifest, undefined, 2)}\n`,
    );
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
    const tarball = `./ccip-rebase-token-${version}.tgz`;
    run("npm", [...install, "hardhat@2.29.1", "solc@0.8.26", "ethers@6.17.0", tarball]);
    mkdirSync(path.join(project, "contracts"));
    mkdirSync(path.join(project, "test"));
    writeFileSync(path.join(project, "hardhat.config.js"), CONFIG);
    writeFileSync(path.join(project, "contracts/ShareVault.sol"), CONTRACT);
    writeFileSync(path.join(project, "contracts/Sources.sol"), SOURCES);
    writeFileSync(path.join(project, "test/token.test.js"), TEST);
    writeFileSync(path.join(project, "typed.ts"), TYPED);
  });

  after(() => rmSync(project, { recursive: true, force: true }));

  function run(command: string, args: string[]): string {
    const env = {
      ...process.env,
      NODE_OPTIONS: "",
      NO_COLOR: "1",
      HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
    };
    try {
      return execFileSync(command, args, { cwd: project, env, encoding: "utf8", stdio: "pipe" });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
    }
  }

  it("compiles, deploys a RebaseToken behind a proxy, and moves its shares", () => {
    expect(run("npx", ["hardhat", "test"])).to.match(/2 passing/);
  });

  it("is typed", () => {
    const tsc = require.resolve("typescript/bin/tsc");
    run(process.execPath, [
      ...[tsc, "typed.ts", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"],
      ...["--module", "commonjs", "--moduleResolution", "node10"],
    ]);
  });

  it("has neither tests nor tools in it", () => {
    const files = execFileSync("tar", ["-tzf", `ccip-rebase-token-${version}.tgz`], {
      cwd: project,
      encoding: "utf8",
    });
    expect(files).to.include("package/contracts/RebaseToken.sol");
    expect(files).not.to.match(/package\/(lib|test|tasks|dashboard|contracts\/test)\//);
  });
});
