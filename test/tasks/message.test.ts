import { setTimeout as sleep } from "node:timers/promises";
import path from "node:path";

import { expect } from "chai";
import { JsonRpcProvider, parseEther } from "ethers";
import { z } from "zod";
import { localAccount, readFaults } from "ccip-localnet";
import { executionState } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../config/localAccounts";
import { coreMesh } from "../../config/meshes/local";
import { sendTransfer } from "../../lib/demo/transactions";
import { changeCurse, holdLanes, releaseLanes } from "../../lib/cli/localnet/control";
import { localnetDirectory, readManifest } from "../../lib/localnet/manifest";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import { openMesh } from "../../lib/mesh/open";
import { RampLanes } from "../../lib/ccip/ramps";
import { parseMesh } from "../../lib/core/mesh/parse";
import { RebaseToken__factory } from "../../typechain-types";
import { EXPECTED } from "../shared/ccipExpectations";
import { startTerminals } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";
import type { Terminals } from "../shared/terminal";

const AMOUNT = parseEther("100");

const documentSchema = z.object({
  settled: z.boolean(),
  findings: z.array(z.object({ diagnosis: z.object({ verdict: z.string() }) })),
});

describe("hardhat message, beside a local network in another terminal", () => {
  let terminals: Terminals;
  let providers: JsonRpcProvider[] = [];
  let home: MeshChain;
  let sat1: MeshChain;
  let message: Message;

  before(async () => {
    terminals = await startTerminals();
    const { directory } = terminals;
    const chains = readManifest(directory)?.chains ?? [];
    providers = chains.map(({ url }) => new JsonRpcProvider(url));
    const mesh = openMesh(parseMesh(coreMesh(chains.length)), {
      deployments: path.join(directory, "deployments/local"),
      connections: chains.map(({ name, chainId, selector, ccip }, i) => {
        const provider = providers[i];
        if (!provider) throw new Error(`${name} has no provider.`);
        return { name, chainId: BigInt(chainId), selector: BigInt(selector), ccip, provider };
      }),
    });
    const [satellite] = mesh.satellites;
    if (!satellite) throw new Error("The mesh has no satellite.");
    [home, sat1] = [mesh.home, satellite];
  });

  after(async () => {
    providers.forEach((provider) => provider.destroy());
    await terminals.close();
  });

  const run = (line: string): Promise<Outcome> => terminals.run(line.split(" "));

  /** Runs the command that was printed for a task, as it stands. */
  const follow = (text: string, task: string): Promise<Outcome> => {
    const command = new RegExp(`npx hardhat (${task}.*)$`, "m").exec(text)?.[1];
    if (command === undefined) throw new Error(`There is no command for ${task} in:\n${text}`);
    return run(command);
  };

  it("reports a cursed lane, and the printed command lifts the curse", async () => {
    const [held, cursed] = await Promise.all([
      run("localnet hold --from local-home --to local-sat1"),
      run("localnet curse --chain local-sat1 --remote local-home"),
    ]);
    expect(held.code, held.stderr).to.equal(0);
    expect(held.stdout).to.include("Held: local-home -> local-sat1");
    expect(cursed.stdout).to.include("local-sat1 curses local-home");
    message = await send();
    await (await tokenAs(sat1, LOCAL_ROLES.guardian).pause()).wait();

    const blocked = await run(`message doctor ${message.transactionHash}`);
    expect(blocked.code, blocked.stderr).to.equal(2);
    expect(blocked.stdout).to.match(
      /is not (?:committed|executed) on local-sat1 yet, and the lane is cursed/,
    );
    const [uncursed, released] = await Promise.all([
      follow(blocked.stdout, "localnet uncurse"),
      run("localnet release"),
    ]);
    expect(uncursed.stdout).to.include("local-sat1 does not curse local-home any more");
    expect(released.stdout).to.equal("Released: all lanes.\n");
  });

  it("reports why a message failed, and the printed command executes it", async () => {
    await attempted(message);
    const failed = await run(`message doctor ${message.messageId}`);
    expect(failed.code, failed.stderr).to.equal(2);
    expect(failed.stdout).to.include("token    EnforcedPause()");
    const unpaused = await follow(failed.stdout, "token unpause");
    expect(unpaused.code, unpaused.stderr).to.equal(0);
    const executed = await follow(failed.stdout, "message execute");
    expect(executed.code, executed.stderr).to.equal(0);
    expect(executed.stdout).to.include("executed on local-sat1: 0x");

    const settled = await run(`message doctor ${message.messageId} --json`);
    expect(settled.code, settled.stderr).to.equal(0);
    const { findings, ...document } = documentSchema.parse(JSON.parse(settled.stdout));
    expect(document.settled).to.equal(true);
    expect(findings.map(({ diagnosis }) => diagnosis.verdict)).to.deep.equal(["executed"]);
  });

  it("injects faults only into the local network", async () => {
    const { directory } = terminals;
    await expect(changeCurse("curse", { chain: "op-sepolia", directory })).to.be.rejectedWith(
      '"op-sepolia" is not a chain of the local network, and only those can be broken on purpose',
    );
    await expect(
      changeCurse("curse", { chain: "local-home", directory: path.join(directory, "elsewhere") }),
    ).to.be.rejectedWith("No local network runs: start it in another terminal");
  });

  it("names a chain that is given twice or mistyped", () => {
    const { directory } = terminals;
    const lane = { from: "local-home", to: "local-home", directory, execution: false };
    expect(() => holdLanes(lane)).to.throw("--from and --to are both local-home");
    expect(() => releaseLanes(lane)).to.throw("--from and --to are both local-home");
    expect(() => holdLanes({ ...lane, from: "local-hme" })).to.throw(
      "name one of local-home, local-sat1, local-sat2; did you mean local-home?",
    );
  });

  it("reports that nothing is left to do", async () => {
    const printed: string[] = [];
    const output = { stdout: (text: string) => void printed.push(text), log: () => undefined };
    const { directory } = terminals;
    const everything = { chain: "local-sat1", directory };
    for (const verb of ["uncurse", "curse", "curse"] as const) {
      await changeCurse(verb, everything, output);
    }
    await expect(
      changeCurse("uncurse", { ...everything, remote: "local-home" }, output),
    ).to.be.rejectedWith("local-sat1 curses everything, not local-home alone: leave --remote out");
    await changeCurse("uncurse", everything, output);
    expect(printed).to.deep.equal([
      "local-sat1 does not curse everything already: nothing to do.",
      `local-sat1 curses everything: CCIP ${EXPECTED.stoppedByCurse} nothing of it there.`,
      "local-sat1 curses everything already: nothing to do.",
      "local-sat1 does not curse everything any more.",
    ]);
  });

  it("releases the faults of the named lanes, and lists others that still hold one of them", () => {
    const { directory } = terminals;
    const silent = { stdout: () => undefined, log: () => undefined };
    const hold = (from?: string, to?: string) =>
      holdLanes({ directory, execution: false, ...(from && { from }), ...(to && { to }) }, silent);
    const release = (from?: string, to?: string) =>
      releaseLanes({ directory, ...(from && { from }), ...(to && { to }) }, silent);
    hold("local-home", "local-sat1");
    release("local-home");
    expect(readFaults(localnetDirectory(directory))).to.be.empty;

    hold();
    expect(() => release("local-home", "local-sat1")).to.throw(
      "local-home -> local-sat1 stays held with all lanes: release all of that with `npx hardhat localnet release`.",
    );
    release();
    hold("local-home");
    expect(() => release(undefined, "local-sat1")).to.throw(
      "stays held with local-home -> every chain: release all of that with `npx hardhat localnet release --from local-home`.",
    );
    expect(readFaults(localnetDirectory(directory))).to.have.length(1);
    release();
    expect(readFaults(localnetDirectory(directory))).to.be.empty;
  });

  it("print one document each with --json", async () => {
    const [curses, release] = await Promise.all([
      run("localnet curse --chain local-sat1 --remote local-home --json"),
      run("localnet release --json"),
    ]);
    const documents: unknown[] = [JSON.parse(curses.stdout), JSON.parse(release.stdout)];
    const { directory } = terminals;
    const stdout = (text: string) => void documents.push(JSON.parse(text));
    const output = { stdout, log: () => undefined };
    const pair = { chain: "local-sat1", remote: "local-home" };
    const lane = { from: "local-home" };
    await changeCurse("uncurse", { ...pair, directory, json: true }, output);
    holdLanes({ ...lane, execution: true, directory, json: true }, output);
    releaseLanes({ ...lane, directory, json: true }, output);
    expect(documents).to.deep.equal([
      { ...pair, cursed: true, changed: true },
      { from: null, to: null, held: null, changed: false },
      { ...pair, cursed: false, changed: true },
      { ...lane, to: null, held: "execution", changed: true },
      { ...lane, to: null, held: null, changed: true },
    ]);
  });

  function tokenAs(chain: MeshChain, account: number) {
    const signer = localAccount(account, chain.provider);
    return RebaseToken__factory.connect(chain.contracts.token, signer);
  }

  /** Sends tokens from home to the first satellite. */
  async function send(): Promise<Message> {
    const alice = localAccount(LOCAL_HOLDERS.alice, home.provider);
    await (await tokenAs(home, LOCAL_ROLES.issuer).mint(alice.address, AMOUNT)).wait();
    const transfer = { source: home, destination: sat1, receiver: alice.address, amount: AMOUNT };
    return (await sendTransfer(transfer, alice)).message;
  }

  /** Waits until the DON has tried to execute a message. */
  async function attempted(sent: Message): Promise<void> {
    const lane = await new RampLanes<MeshChain>().through(home, sat1, sent);
    if (!lane) return expect.fail("CCIP has a lane from home to its satellite.");
    while ((await executionState(lane.destination, sent)) === "untouched") await sleep(50);
  }
});
