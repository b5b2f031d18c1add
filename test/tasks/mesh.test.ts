import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, id, toQuantity } from "ethers";
import { z } from "zod";
import { manifestFile, writeState } from "ccip-localnet";

import { localnetDirectory, readManifest } from "../../lib/localnet/manifest";
import { abi } from "../../lib/core/abis";
import { startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const SAT1 = "local-sat1";

const planSchema = z.object({
  mesh: z.string(),
  upToDate: z.boolean(),
  steps: z.array(z.object({ id: z.string(), chain: z.string(), status: z.string() })),
});

const showSchema = z.object({
  chains: z.array(z.object({ name: z.string(), contracts: z.record(z.string(), z.string()) })),
});

describe("hardhat mesh, beside a local network in another terminal", () => {
  let terminals: Terminals;
  let shown: z.output<typeof showSchema> = { chains: [] };

  before(async () => {
    terminals = await startTerminals({ unwired: true });
  });

  after(() => terminals.close());

  const run = (...args: string[]): Promise<Outcome> => terminals.run(["mesh", ...args]);

  it("plans and applies everything", async () => {
    const first = await run("plan", "--json");
    expect(first.code, first.stderr).to.equal(0);
    const plan = planSchema.parse(JSON.parse(first.stdout));
    expect(plan.upToDate).to.equal(false);
    expect(plan.steps.length).to.be.greaterThan(50);

    const applied = await run("apply", "--yes");
    expect(applied.code, applied.stderr).to.equal(0);
    expect(applied.stdout).to.equal(
      `mesh local: ${plan.steps.length} transactions sent, nothing left to do.\n`,
    );
  });

  it("plans nothing, and checks and shows a mesh as declared", async () => {
    const [second, check, show] = await Promise.all([
      run("plan"),
      run("check"),
      run("show", "--json"),
    ]);
    expect(second.code).to.equal(0);
    expect(second.stdout).to.include("Nothing to do: every chain is as declared.");
    expect(check.code, check.stderr).to.equal(0);
    expect(check.stdout).to.match(/^mesh local matches the mesh file/);

    shown = showSchema.parse(JSON.parse(show.stdout));
  });

  it("names a manual change, and fixes it by a plan from a file", async () => {
    const contracts = shown.chains.find(({ name }) => name === SAT1)?.contracts ?? {};
    await byTimelock(SAT1, contracts.timelock ?? "", contracts.token ?? "", [
      "revokeRole",
      [id("BRIDGE_ROLE"), contracts.pool ?? ""],
    ]);
    const file = path.join(terminals.directory, "plan.json");
    const [drifted, planned, exported] = await Promise.all([
      run("check"),
      run("plan", "--out", file),
      run("export", "--safe", "--out", path.join(terminals.directory, "safe")),
    ]);
    expect(drifted.code).to.equal(2);
    expect(drifted.stdout).to.include("local-sat1/token/BRIDGE_ROLE\n      BRIDGE_ROLE of");
    expect(planned.code).to.equal(0);
    expect(exported.stdout).to.match(/01-local-sat1-0x\w{40}\.json: 1 transaction\n/);

    const fixed = await run("apply", file, "--yes");
    expect(fixed.code, fixed.stderr).to.equal(0);
    expect(fixed.stdout).to.include("2 transactions sent, nothing left to do.");
  });

  it("reports errors on stderr and the readable chains on stdout, and exits 1", async () => {
    const sound = readManifest(terminals.directory);
    if (!sound) throw new Error("The network does not run.");
    const chains = sound.chains.map((chain) =>
      chain.name === SAT1 ? { ...chain, url: "http://127.0.0.1:9" } : chain,
    );
    const file = manifestFile(localnetDirectory(terminals.directory));
    writeState(file, { ...sound, chains });
    const [unknown, partly] = await Promise.all([run("check", "--mesh", "nosuch"), run("check")]);
    writeState(file, sound);
    expect([unknown.code, unknown.stdout]).to.deep.equal([1, ""]);
    expect(unknown.stderr).to.include('There is no mesh "nosuch": use one of local, testnet');
    expect(partly.code).to.equal(1);
    expect(partly.stdout).to.match(
      /^mesh local may match the mesh file or not, for local-sat1 was not read; on the others/,
    );
    expect(partly.stderr).to.include("local-sat1 was not read: The RPC endpoint of local-sat1");
  });

  /** Does what a timelock could, without its delay. */
  async function byTimelock(
    chain: string,
    timelock: string,
    to: string,
    [name, args]: ["revokeRole", [string, string]],
  ): Promise<void> {
    const url = readManifest(terminals.directory)?.chains.find((item) => item.name === chain)?.url;
    const provider = new JsonRpcProvider(url);
    await provider.send("anvil_impersonateAccount", [timelock]);
    await provider.send("anvil_setBalance", [timelock, toQuantity(10n ** 18n)]);
    const data = abi.token.encodeFunctionData(name, args);
    await provider.send("eth_sendTransaction", [{ from: timelock, to, data }]);
    provider.destroy();
  }
});
