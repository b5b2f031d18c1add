import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { DeploymentStore } from "../../lib/deployments/store";
import { RebaseTokenNext__factory } from "../../typechain-types";
import { startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const CHAIN = "local-sat1";

const resultSchema = z.object({ upToDate: z.boolean(), sent: z.number() });

describe("hardhat pool replace and token upgrade, beside a local network in another terminal", () => {
  let terminals: Terminals;

  before(async () => {
    terminals = await startTerminals();
  });

  after(() => terminals.close());

  const run = (...args: string[]): Promise<Outcome> => terminals.run(args);

  const records = () =>
    new DeploymentStore(path.join(terminals.directory, "deployments/local", CHAIN));

  it("replace a pool, and record it in hardhat-deploy's files", async () => {
    const store = records();
    const old = store.get("RebaseTokenPool").address;

    const unneeded = await run("pool", "replace", "--chain", CHAIN);
    expect(unneeded.code, unneeded.stderr).to.equal(0);
    expect(unneeded.stderr).to.include("Nothing to deploy: RebaseTokenPool");
    expect(store.get("RebaseTokenPool").address).to.equal(old);

    const replaced = await run("pool", "replace", "--chain", CHAIN, "--again", "--json");
    expect(replaced.code, replaced.stderr).to.equal(0);
    const { sent, upToDate } = resultSchema.parse(JSON.parse(replaced.stdout));
    expect(upToDate).to.equal(true);
    expect(sent).to.be.greaterThan(10);
    const pool = store.get("RebaseTokenPool");
    expect(pool.address).to.not.equal(old);
    expect(pool).to.include.keys("abi", "transactionHash", "receipt", "metadata", "bytecode");
    expect(store.get("RebaseTokenPool_1").address).to.equal(old);

    const deployed = await run("--network", CHAIN, "deploy", "--no-compile", "--tags", "pool");
    expect(deployed.code, deployed.stderr).to.equal(0);
    expect(store.get("RebaseTokenPool").address).to.equal(pool.address);
  });

  it("upgrade a token, after which the mesh is as declared", async () => {
    const running = records().get("RebaseToken_Implementation").address;
    const next = ["--chain", CHAIN, "--contract", "RebaseTokenNext"];
    const open = await run("token", "upgrade", ...next);
    expect(open.code, open.stdout).to.equal(1);
    expect(open.stderr)
      .to.include("initializeNext(uint256) is new, and anybody could call it")
      .and.include(`Nothing was applied: the deployment on ${CHAIN} failed`);

    const migration = RebaseTokenNext__factory.createInterface().encodeFunctionData(
      "initializeNext",
      [42n],
    );
    const upgraded = await run("token", "upgrade", ...next, "--migration", migration, "--json");
    expect(upgraded.code, upgraded.stderr).to.equal(0);
    expect(resultSchema.parse(JSON.parse(upgraded.stdout))).to.deep.equal({
      upToDate: true,
      sent: 2,
    });
    expect(records().names("RebaseToken_Impl")).to.deep.equal([
      "RebaseToken_Implementation",
      "RebaseToken_Implementation_1",
    ]);
    expect(records().get("RebaseToken_Implementation_1").address).to.equal(running);

    const check = await run("mesh", "check");
    expect(check.code, check.stdout + check.stderr).to.equal(0);

    // What ran before is deployed once more; nothing that it stores is lost.
    const back = await run("token", "upgrade", "--chain", CHAIN, "--json");
    expect(back.code, back.stderr).to.equal(0);
    expect(resultSchema.parse(JSON.parse(back.stdout)).upToDate).to.equal(true);
  });
});
