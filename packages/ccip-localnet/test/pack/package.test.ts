import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

const PACKAGE = path.resolve(__dirname, "../..");

const CONFIG = `
require("ccip-localnet/hardhat");
module.exports = { solidity: "0.8.26" };
`;

/** Code of a user of the installed package: a message and a token, on either version. */
const TEST = `
const assert = require("node:assert/strict");
const { ethers } = require("ethers");
const hre = require("hardhat");
const { deployBurnMintToken, deployReceiver, sendMessage } = require("ccip-localnet");

const worlds = {
  "on nodes": (ccip) => hre.ccipLocalnet.startLocalnet({ chains: 2, ccip }),
  "in process": (ccip) => hre.ccipLocalnet.startInProcess({ chains: 2, ccip }),
};

for (const [world, start] of Object.entries(worlds)) {
  for (const version of ["1.6", "2.0"]) {
    describe(\`CCIP \${version} \${world}\`, () => {
      let network, there, back;

      before(async () => {
        network = await start(version);
        there = network.ccip.lane("chain-1", "chain-2");
        back = network.ccip.lane("chain-2", "chain-1");
        assert.deepEqual(there.source.ccip.version, version);
      });
      after(() => network.stop?.());

      it("carries a data message", async () => {
        const receiver = await deployReceiver(there.destination);
        const { messageId } = await sendMessage(there, { receiver, data: "0x1234" });
        const [delivery] = await network.ccip.deliver();
        assert.deepEqual(delivery.messageId, messageId);
        assert.deepEqual(delivery.state, "success");
        const [log] = await there.destination.provider.getLogs({ address: receiver, fromBlock: 0 });
        assert.match(log.data, /1234/);
      });

      it("carries a standard token there and back", async () => {
        const [near, far] = await deployBurnMintToken(network.chains);
        const holder = "0x000000000000000000000000000000000000dEaD";
        const owner = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        const balance = async ({ chain, token }, account) => {
          const abi = ["function balanceOf(address) view returns (uint256)"];
          return new ethers.Contract(token, abi, chain.provider).balanceOf(account);
        };
        const amount = 10n ** 18n;
        const before = await balance(near, owner);
        await sendMessage(there, { receiver: holder, tokens: [{ token: near.token, amount }] });
        await sendMessage(there, { receiver: owner, tokens: [{ token: near.token, amount }] });
        const states = (await network.ccip.deliver()).map(({ state }) => state);
        assert.deepEqual(states, ["success", "success"]);
        assert.deepEqual(await balance(far, holder), amount);
        assert.deepEqual(await balance(near, owner), before - 2n * amount);

        await sendMessage(back, { receiver: owner, tokens: [{ token: far.token, amount }] });
        await network.ccip.deliver();
        assert.deepEqual(await balance(near, owner), before - amount);
        assert.deepEqual(await balance(far, owner), 0n);
      });
    });
  }
}
`;

const TYPED = `
import { startLocalnet } from "ccip-localnet";
import type { Localnet } from "ccip-localnet";
import { decodeRevert } from "ccip-localnet/protocol";
export async function first(): Promise<string> {
  const network: Localnet = await startLocalnet({ chains: [{ name: "a" }], ccip: "1.6" });
  // @ts-expect-error There is no such version.
  await startLocalnet({ ccip: "1.5" });
  return network.chains[0]!.url + decodeRevert("0x").name;
}
`;

const MODULE = `
import { startLocalnet } from "ccip-localnet";
import { decodeRevert } from "ccip-localnet/protocol";
console.log(typeof startLocalnet, decodeRevert("0x").name);
`;

describe("The packed package in an empty Hardhat project", () => {
  let project: string;

  before(() => {
    project = mkdtempSync(path.join(tmpdir(), "ccip-localnet-project-"));
    execFileSync("npm", ["pack", "--pack-destination", project], { cwd: PACKAGE, stdio: "pipe" });
    writeFileSync(path.join(project, "package.json"), '{ "private": true }\n');
    const install = ["install", "--no-audit", "--no-fund", "--prefer-offline"];
    run("npm", [...install, "hardhat@2.29.1", "./ccip-localnet-0.1.0.tgz"]);
    mkdirSync(path.join(project, "test"));
    writeFileSync(path.join(project, "hardhat.config.js"), CONFIG);
    writeFileSync(path.join(project, "test/ccip.test.js"), TEST);
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

  it("carries a message and a token between two chains, on 1.6 and on 2.0", () => {
    expect(run("npx", ["hardhat", "test"])).to.match(/8 passing/);
  });

  it("has a command line", () => {
    expect(run("npx", ["ccip-localnet", "--version"])).to.equal("0.1.0\n");
    expect(run("npx", ["ccip-localnet", "--help"])).to.include("Exit codes");
  });

  it("is imported by ES modules", () => {
    const printed = run(process.execPath, ["--input-type=module", "--eval", MODULE]);
    expect(printed).to.equal("function empty\n");
  });

  it("is typed", () => {
    const tsc = require.resolve("typescript/bin/tsc");
    for (const resolution of [
      ["commonjs", "node10"],
      ["esnext", "bundler"],
    ] as const) {
      const [module, moduleResolution] = resolution;
      run(process.execPath, [
        ...[tsc, "typed.ts", "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"],
        ...["--module", module, "--moduleResolution", moduleResolution],
      ]);
    }
  });
});
