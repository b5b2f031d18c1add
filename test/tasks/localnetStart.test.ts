import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider } from "ethers";
import { z } from "zod";
import { isRunning, localAccount, manifestSchema, now } from "ccip-localnet";
import { readRampVersion } from "ccip-localnet/protocol";

import { readManifest } from "../../lib/localnet/manifest";

/** Runs a task of the local network as a terminal would, below a directory of its own. */
function run(directory: string, ...task: string[]): ReturnType<typeof spawn> {
  const cli = require.resolve("hardhat/internal/cli/bootstrap");
  return spawn(process.execPath, [cli, "localnet", ...task], {
    cwd: path.resolve(__dirname, "../.."),
    env: { ...process.env, CCIP: "", LOCALNET_DIRECTORY: directory, HARDHAT_NETWORK: "hardhat" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function start(directory: string, ...args: string[]): ReturnType<typeof spawn> {
  return run(directory, "start", "--port", "0", ...args);
}

/** Returns the output of a stream up to the first match. */
async function heard(stream: NodeJS.ReadableStream | null, wanted: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) {
    text += String(chunk);
    if (wanted.test(text)) return text;
  }
  throw new Error(`ended without ${wanted}: ${text}`);
}

describe("hardhat localnet start", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "localnet-"));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it("prints the network, keeps running, refuses a second one, and shuts down cleanly", async () => {
    const terminal = start(directory, "--chains", "1", "--json");
    const printed = await heard(terminal.stdout, /^}\n/m);
    const manifest = manifestSchema.parse(JSON.parse(printed));
    expect(readManifest(directory)).to.deep.equal(manifest);
    const [chain] = manifest.chains;
    if (!chain) throw new Error("no chain");
    const provider = new JsonRpcProvider(chain.url);
    expect((await provider.getNetwork()).chainId).to.equal(BigInt(chain.chainId));
    // The version of live lanes.
    expect(await readRampVersion(provider, chain.ccip.onRamp)).to.equal("2.0");
    provider.destroy();

    const [deployer, issuer] = z
      .object({ accounts: z.array(z.object({ name: z.string(), address: z.string() })) })
      .parse(JSON.parse(printed)).accounts;
    expect(deployer).to.deep.equal({ name: "deployer", address: localAccount(0).address });
    expect(issuer).to.deep.equal({ name: "issuer", address: localAccount(1).address });

    const before = await now([{ name: chain.name, provider: new JsonRpcProvider(chain.url) }]);
    const advanced = run(directory, "advance", "1h", "--json");
    const { timestamp } = z
      .object({ timestamp: z.number() })
      .parse(JSON.parse(await heard(advanced.stdout, /^}\n/m)));
    expect(timestamp).to.be.within(before + 3_600, before + 3_700);

    const second = start(directory);
    const refusal = heard(second.stderr, /runs already/);
    const [code] = (await once(second, "exit")) as [number];
    expect(code).to.equal(1);
    expect(await refusal).to.include(`kill ${terminal.pid}`);

    terminal.kill("SIGINT");
    const [ended] = (await once(terminal, "exit")) as [number];
    expect(ended).to.equal(0);
    expect(isRunning(chain.pid)).to.equal(false);
    expect(readManifest(directory)).to.equal(undefined);
    expect(existsSync(path.join(directory, "deployments/local/local-home"))).to.equal(false);
  });

  it("runs CCIP 1.6 on request, and shuts down cleanly during the start", async () => {
    const terminal = start(directory, "--ccip", "1.6", "--chains", "1", "--json");
    const printed = await heard(terminal.stdout, /^}\n/m);
    const [chain] = manifestSchema.parse(JSON.parse(printed)).chains;
    if (!chain) throw new Error("no chain");
    terminal.kill("SIGINT");
    expect(await once(terminal, "exit")).to.deep.equal([0, null]);
    expect(chain.ccip.version).to.equal("1.6");
    expect(readManifest(directory)).to.equal(undefined);
  });

  it("lists the available versions of CCIP", async () => {
    const terminal = start(directory, "--ccip", "1.5");
    const complaint = heard(terminal.stderr, /1\.5/);
    expect(await once(terminal, "exit")).to.deep.equal([1, null]);
    expect(await complaint).to.include("write 1.6 or 2.0");
  });

  it("reports an invalid number of chains", async () => {
    const terminal = start(directory, "--chains", "99");
    const complaint = heard(terminal.stderr, /--chains "99"/);
    expect(await once(terminal, "exit")).to.deep.equal([1, null]);
    expect(await complaint).to.include("write at most 16");
  });
});
