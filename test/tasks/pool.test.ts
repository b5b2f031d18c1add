import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { DeploymentStore } from "../../lib/deployments/store";
import { RebaseTokenNext__factory } from "../../typechain-types";
import { startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const CHAIN = "local-sat1";

const replacementSchema = z.object({
  chain: z.string(),
  pool: z.string(),
  replaced: z.array(z.string()),
  upToDate: z.boolean(),
});

const upgradeSchema = z.object({
  upToDate: z.boolean(),
  tokens: z.array(z.object({ state: z.string(), to: z.string() })),
});

describe("hardhat pool replace and token upgrade, beside a local network in another terminal", () => {
  let terminals: Terminals;

  before(async () => {
    terminals = await startTerminals();
  });

  after(() => terminals.close());

  const run = (...args: string[]): Promise<Outcome> => terminals.run(args);

  const records = () =>
    new DeploymentStore(path.join(terminals.directory, "deployments/local", CHAIN));

  it("replace a pool, which hardhat-deploy knows as its own then", async () => {
    const deploymentStore = records();
    const old = deploymentStore.get("RebaseTokenPool").address;

    const replaced = await run("pool", "replace", "--chain", CHAIN, "--again", "--json");
    expect(replaced.code, replaced.stderr).to.equal(0);
    const { pool, ...rest } = replacementSchema.parse(JSON.parse(replaced.stdout));
    expect(rest).to.deep.equal({ chain: CHAIN, replaced: [old], upToDate: true });
    expect(deploymentStore.get("RebaseTokenPool").address).to.equal(pool).and.not.equal(old);
    expect(deploymentStore.get("RebaseTokenPool_1").address).to.equal(old);

    const deployed = await run("--network", CHAIN, "deploy", "--no-compile", "--tags", "pool");
    expect(deployed.code, deployed.stderr).to.equal(0);
    expect(deploymentStore.get("RebaseTokenPool").address).to.equal(pool);
  });

  it("upgrade a token, and leave the mesh in step", async () => {
    const migration = RebaseTokenNext__factory.createInterface().encodeFunctionData(
      "initializeNext",
      [42n],
    );
    const upgraded = await run(
      ...["token", "upgrade", "--chain", CHAIN, "--contract", "RebaseTokenNext"],
      ...["--migration", migration, "--json"],
    );
    expect(upgraded.code, upgraded.stderr).to.equal(0);
    const { upToDate, tokens } = upgradeSchema.parse(JSON.parse(upgraded.stdout));
    expect(upToDate).to.equal(true);
    expect(tokens.map(({ state }) => state)).to.deep.equal(["upgraded"]);
    expect(upgraded.stderr).to.match(
      new RegExp(`rehearsed on ${CHAIN}: \\d{2,} answers compared, 0 differ`),
    );
    expect(records().get("RebaseToken").implementation).to.equal(tokens[0]?.to);

    const check = await run("mesh", "check");
    expect(check.code, check.stdout + check.stderr).to.equal(0);
    const again = await run("pool", "replace", "--chain", CHAIN);
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stdout).to.include("nothing to do");
  });
});
