import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, id, toQuantity } from "ethers";
import { z } from "zod";

import { readManifest } from "../../lib/localnet/manifest";
import { abi } from "../../lib/mesh/contracts";
import { startTerminals } from "../shared/terminal";
import type { Outcome, Terminals } from "../shared/terminal";

const SAT1 = "local-sat1";

const planSchema = z.object({
  mesh: z.string(),
  inStep: z.boolean(),
  steps: z.array(z.object({ id: z.string(), chain: z.string(), status: z.string() })),
});

const showSchema = z.object({
  chains: z.array(z.object({ name: z.string(), contracts: z.record(z.string(), z.string()) })),
});

describe("hardhat mesh, beside a local network in another terminal", () => {
  let terminals: Terminals;

  before(async () => {
    terminals = await startTerminals("--unwired");
  });

  after(() => terminals.close());

  const run = (...args: string[]): Promise<Outcome> => terminals.run(["mesh", ...args]);

  it("plans all, applies all, plans nothing, checks in step, and names what is changed by hand", async () => {
    const first = await run("plan", "--json");
    expect(first.code, first.stderr).to.equal(0);
    const plan = planSchema.parse(JSON.parse(first.stdout));
    expect(plan.inStep).to.equal(false);
    expect(plan.steps.length).to.be.greaterThan(50);
    expect((await run("check")).code).to.equal(2);

    const applied = await run("apply", "--yes");
    expect(applied.code, applied.stderr).to.equal(0);
    expect(applied.stdout).to.equal(
      `mesh local: ${plan.steps.length} transactions sent, nothing left to do.\n`,
    );

    const second = await run("plan");
    expect(second.code).to.equal(0);
    expect(second.stdout).to.include("Nothing to do: every chain is as declared.");
    expect((await run("apply")).stdout).to.include("Nothing to do");
    const check = await run("check");
    expect([check.code, check.stderr]).to.deep.equal([0, ""]);
    expect(check.stdout).to.match(/^mesh local is in step/);

    const shown = showSchema.parse(JSON.parse((await run("show", "--json")).stdout));
    const contracts = shown.chains.find(({ name }) => name === SAT1)?.contracts ?? {};
    await byTimelock(SAT1, contracts.timelock ?? "", contracts.token ?? "", [
      "revokeRole",
      [id("BRIDGE_ROLE"), contracts.pool ?? ""],
    ]);
    const drifted = await run("check");
    expect(drifted.code).to.equal(2);
    expect(drifted.stdout).to.include("local-sat1/token/BRIDGE_ROLE: BRIDGE_ROLE of");

    const file = path.join(terminals.directory, "plan.json");
    expect((await run("plan", "--out", file)).code).to.equal(0);
    const exported = await run("export", "--safe", "--out", path.join(terminals.directory, "safe"));
    expect(exported.stdout).to.match(/01-local-sat1-0x\w{40}\.json: 1 transactions/);
    const mended = await run("apply", file, "--yes");
    expect(mended.code, mended.stderr).to.equal(0);
    expect(mended.stdout).to.include("2 transactions sent, nothing left to do.");
    const stale = await run("apply", file, "--yes");
    expect(stale.code).to.equal(1);
    expect(stale.stderr).to.include("The plan is out of date: the wiring of local-sat1");
  });

  it("says what is wrong on stderr and exits 1", async () => {
    const unknown = await run("check", "--mesh", "nosuch");
    expect([unknown.code, unknown.stdout]).to.deep.equal([1, ""]);
    expect(unknown.stderr).to.include('There is no mesh "nosuch": use one of local, testnet');
    const unset = await run("plan", "--mesh", "testnet");
    expect(unset.code).to.equal(1);
    expect(unset.stderr).to.match(/There is no RPC url for [\w-]+: set RPC_URL_\w+ in \.env/);
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
