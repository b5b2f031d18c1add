import { expect } from "chai";
import { z } from "zod";

import { startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const verdictsSchema = z.object({
  equal: z.boolean(),
  contracts: z.array(z.object({ chain: z.string(), creation: z.string() })),
});

const pauseSchema = z.object({
  chains: z.array(z.object({ chain: z.string(), status: z.string() })),
});

describe("hardhat limits, roles, token and contracts, beside a local network in another terminal", () => {
  let terminals: Terminals;

  before(async () => {
    terminals = await startTerminals();
  });

  after(() => terminals.close());

  const run = (command: string): Promise<Outcome> => terminals.run(command.split(" "));

  it("report that everything is as declared, and exit 0", async () => {
    const roles = await run("roles show");
    expect(roles.code, roles.stderr).to.equal(0);
    expect(roles.stdout).to.include("every role and ownership is where the mesh file says");
    const contracts = await run("contracts verify --json");
    expect(contracts.code, contracts.stderr).to.equal(0);
    const { equal, contracts: verdicts } = verdictsSchema.parse(JSON.parse(contracts.stdout));
    expect(equal).to.equal(true);
    // The deploy scripts wrote down every transaction that created one.
    expect(verdicts.map(({ creation }) => creation)).to.deep.equal(Array(34).fill("compared"));
    const explorer = await run("contracts verify --explorer --network local-home");
    expect([explorer.code, explorer.stdout]).to.deep.equal([1, ""]);
    expect(explorer.stderr).to.include("No block explorer knows local-home");
  });

  const documents = [
    "mesh show",
    "mesh plan",
    "supply audit",
    "rebase history",
    "bridge quote --from local-home --to local-sat1 --amount 1",
    "localnet release",
  ];
  for (const task of documents) {
    it(`fail when the document of \`${task}\` cannot be written`, async () => {
      const lost = await terminals.type(`npx hardhat ${task} --json > /dev/full`);
      expect([lost.code, lost.stdout]).to.deep.equal([1, ""]);
      expect(lost.stderr).to.include("stdout could not be written (ENOSPC)");
    });
  }

  it("fail when the keeper's lines cannot be written, after its work", async () => {
    const lost = await terminals.type(
      "npm run --silent broadcast -- --percent 1 --every 1d > /dev/full",
    );
    expect(lost.code, lost.stderr).to.equal(1);
    expect(lost.stderr).to.include("stdout could not be written (ENOSPC)");
    expect(lost.stderr).to.include("synced   epoch 2 is everywhere");
  });

  it("tell the listeners of an index that has come to count, once", async () => {
    expect((await run("localnet advance 1d")).code).to.equal(0);
    const due = await run("notifier show");
    expect([due.code, due.stdout.includes(", due")], due.stderr).to.deep.equal([2, true]);
    const told = await run("notifier notify --all");
    expect(told.code, told.stderr).to.equal(0);
    expect(told.stdout.match(/ {2}told {5}(rate feed|pair syncer)/g)).to.have.length(6);
    expect((await run("notifier show --chain local-sat1")).code).to.equal(0);
    const again = await run("notifier notify --chain local-home");
    expect(again.stdout).to.equal(
      "local-home: every listener was told of the index that counts, nothing to send\n",
    );
    const choice = await run("notifier notify");
    expect([choice.code, choice.stdout]).to.deep.equal([1, ""]);
    expect(choice.stderr).to.include("Say which chain with --chain <network>");
  });

  it("keep the exit code when only the beginning of the output is read", async () => {
    const read = await terminals.type(
      "bash -c 'npx hardhat mesh show --json | head -1; exit ${PIPESTATUS[0]}'",
    );
    expect([read.code, read.stdout]).to.deep.equal([0, "{\n"]);
    // A slow machine shows progress there.
    expect(read.stderr).not.to.match(/written|EPIPE|error/i);
  });

  it("close a lane, show it, and pause every token", async () => {
    const lane = "--from local-home --to local-sat1";
    const closed = await run(`limits set ${lane} --closed`);
    expect(closed.code, closed.stderr).to.equal(0);
    expect(closed.stdout).to.equal(
      "local-home -> local-sat1: closed.\nmesh local: 2 transactions sent, nothing left to do.\n",
    );
    expect(closed.stderr).to.include('"local-home -> local-sat1": "closed",');
    const shown = await run("limits show");
    expect(shown.code).to.equal(2);
    expect(shown.stdout).to.include("what may leave is closed, not 100000 tokens, +100/s.");
    const paused = await run("token pause --all --json");
    expect(paused.code, paused.stderr).to.equal(0);
    const { chains } = pauseSchema.parse(JSON.parse(paused.stdout));
    expect(chains.map(({ status }) => status)).to.deep.equal(["done", "done", "done"]);
    const choice = await run("token unpause");
    expect([choice.code, choice.stdout]).to.deep.equal([1, ""]);
    expect(choice.stderr).to.include("Say which chain with --chain <network>");
  });
});
