import { spawn } from "node:child_process";
import path from "node:path";

import { expect } from "chai";
import { z } from "zod";

import { outcomeOf, startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const ROOT = path.resolve(__dirname, "../..");

const eventSchema = z.looseObject({ at: z.iso.datetime(), event: z.string() });
const historySchema = z.object({
  rebases: z.array(z.object({ epoch: z.string(), missing: z.array(z.string()) })),
});

describe("hardhat rebase and the keeper's script, beside a local network in another terminal", () => {
  let terminals: Terminals;

  before(async () => {
    terminals = await startTerminals();
  });

  after(() => terminals.close());

  const run = (...args: string[]): Promise<Outcome> => terminals.run(["rebase", ...args]);

  /** The script behind `npm run broadcast -- …`. */
  const broadcast = (...args: string[]): Promise<Outcome> =>
    outcomeOf(
      spawn(
        process.execPath,
        [
          require.resolve("ts-node/dist/bin"),
          "--transpile-only",
          "scripts/broadcast-rebase.ts",
          ...args,
        ],
        {
          cwd: ROOT,
          env: {
            ...process.env,
            LOCALNET_DIRECTORY: terminals.directory,
            HARDHAT_NETWORK: "hardhat",
            DEPLOYER_PRIVATE_KEY: "",
            DEPLOYER_KEYSTORE: "",
          },
          stdio: ["ignore", "pipe", "pipe"],
        },
      ),
    );

  let resume = "";

  it("simulates a refused rebase as refused, and executes an accepted one", async () => {
    const refused = await run("simulate", "--percent", "-20");
    expect(refused.code, refused.stderr).to.equal(2);
    expect(refused.stdout).to.match(/^mesh local: -20 % would be refused by bounds: /);

    const executed = await run("execute", "--percent", "-2");
    expect(executed.code, executed.stderr).to.equal(0);
    expect(executed.stdout).to.match(
      /^epoch 2 \(-2 %\) effective at .*\nmesh local: all 2 satellites/,
    );
    resume = /npx hardhat (rebase execute .*)/.exec(executed.stderr)?.[1] ?? "";
  });

  it("continues with the printed command, does not rebase twice, and shows the history", async () => {
    const again = await terminals.run(resume.split(" "));
    expect(again.code, again.stderr).to.equal(0);
    expect(again.stderr).to.match(/^epoch 2 exists already with this index/m);

    const status = await run("status");
    expect([status.code, status.stderr]).to.deep.equal([0, ""]);
    const history = await run("history", "--json");
    expect(historySchema.parse(JSON.parse(history.stdout)).rebases).to.deep.equal([
      { epoch: "2", missing: [] },
    ]);
  });

  it("keeps: a JSON line for each event, nothing sent when nothing is due, exit codes", async () => {
    const kept = await broadcast("--percent", "1", "--fee-ceiling", "0.01");
    expect(kept.code, kept.stderr).to.equal(0);
    const events = kept.stdout
      .trim()
      .split("\n")
      .map((line) => eventSchema.parse(JSON.parse(line)));
    expect(events.map(({ event }) => event)).to.deep.equal([
      "start",
      "status",
      "decision",
      "runway",
      "end",
    ]);
    expect(events.at(-1)).to.deep.include({ exitCode: 0, synced: true, epoch: "2", spent: "0" });
    const help = await broadcast("--help");
    expect([help.code, help.stderr]).to.deep.equal([0, ""]);
    expect(help.stdout).to.include("Exit codes:");
    const mistyped = await broadcast("--mehs", "local");
    expect([mistyped.code, mistyped.stdout]).to.deep.equal([1, ""]);
    expect(mistyped.stderr).to.include("--mehs");
    const wrong = await broadcast("--fee-token", "gold");
    expect([wrong.code, wrong.stdout]).to.deep.equal([1, ""]);
    expect(wrong.stderr).to.include('"gold" is not a way to pay for a broadcast');
  });
});
