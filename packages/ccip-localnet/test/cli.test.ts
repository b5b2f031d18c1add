import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { z } from "zod";

import { isRunning, manifestSchema } from "../src";
import type { Manifest } from "../src";

const BIN = path.resolve(__dirname, "../bin/ccip-localnet.js");
const ENV = { ...process.env, NO_COLOR: "1" };

const sentSchema = z.object({ messageId: z.string(), ccip: z.string() });
const receiverSchema = z.object({ receiver: z.string() });
const faultsSchema = z.object({ faults: z.array(z.record(z.string(), z.unknown())) });
const timeSchema = z.object({ timestamp: z.number() });

describe("npx ccip-localnet", () => {
  let directory: string;
  let network: ChildProcess;
  let manifest: Manifest;
  let log = "";

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "cli-"));
    const options = ["--chains", "3", "--ccip", "2.0", "--lane", "chain-1:chain-2=1.6", "--json"];
    network = spawn(process.execPath, [BIN, ...options], { cwd: directory, env: ENV });
    let printed = "";
    network.stdout?.on("data", (data: Buffer) => (printed += data.toString()));
    network.stderr?.on("data", (data: Buffer) => (log += data.toString()));
    await until(() => log.includes("Ctrl-C"));
    manifest = manifestSchema.parse(JSON.parse(printed));
  });

  after(() => {
    network.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  });

  async function until(isTrue: () => boolean): Promise<void> {
    const deadline = Date.now() + 90_000;
    while (!isTrue()) {
      if (Date.now() > deadline) throw new Error(`the network says: ${log}`);
      await sleep(50);
    }
  }

  /** Types a command into another terminal. */
  function type(line: string): { code: number | null; stdout: string; stderr: string } {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...line.split(" ")], {
      cwd: directory,
      env: ENV,
      encoding: "utf8",
    });
    return { code: status, stdout, stderr };
  }

  function json<S extends z.ZodType>(line: string, schema: S): z.output<S> {
    const { code, stdout, stderr } = type(`${line} --json`);
    if (code !== 0) throw new Error(`${line}: ${stderr}`);
    return schema.parse(JSON.parse(stdout));
  }

  it("describes the running network, in prose and as JSON", () => {
    expect(json("status", manifestSchema)).to.deep.equal(manifest);
    const { stdout } = type("status");
    expect(stdout).to.include(`chain-1  ${manifest.chains[0]?.url}`);
    expect(stdout).to.include("CCIP 1.6: chain-1 -> chain-2, chain-2 -> chain-1");
  });

  for (const [to, version] of [
    ["chain-2", "1.6"],
    ["chain-3", "2.0"],
  ] as const) {
    it(`delivers over CCIP ${version}; a fault from another terminal stops it until it is cleared`, async () => {
      const { receiver } = json(`receiver --chain ${to} --accept`, receiverSchema);
      expect(type(`fault hold --to ${to}`).code).to.equal(0);
      const sent = json(
        `send --from chain-1 --to ${to} --receiver ${receiver} --data 0x12`,
        sentSchema,
      );
      expect(sent.ccip).to.equal(version);
      // The other lane of the network goes on meanwhile, so the rounds have passed this one by.
      const other = to === "chain-2" ? "chain-3" : "chain-2";
      const there = json(`receiver --chain ${other} --accept`, receiverSchema);
      const passed = json(
        `send --from chain-1 --to ${other} --receiver ${there.receiver}`,
        sentSchema,
      );
      await until(() => log.includes(`${passed.messageId}: success`));
      expect(log).not.to.include(sent.messageId);
      expect(type(`clear --to ${to}`).code).to.equal(0);
      await until(() => log.includes(`${sent.messageId}: success`));
    });
  }

  it("delays by chain time, and moves the clocks", async () => {
    const { receiver } = json("receiver --chain chain-3 --accept", receiverSchema);
    type("fault delay --seconds 3600");
    const sent = json(`send --from chain-1 --to chain-3 --receiver ${receiver}`, sentSchema);
    const first = json("advance 30m", timeSchema);
    expect(log).not.to.include(sent.messageId);
    // The delay counts from the verification, which may come after the first move.
    const second = json("advance 1h", timeSchema);
    expect(second.timestamp - first.timestamp).to.be.at.least(3_600);
    await sleep(1_500);
    json("advance 1h", timeSchema);
    await until(() => log.includes(`${sent.messageId}: success`));
    type("clear");
  });

  it("takes every kind of fault, and adds them up", () => {
    const lanes = "--from chain-2 --to chain-3";
    const kinds: readonly [kind: string, fault: object][] = [
      ["hold", { hold: true }],
      ["hold-execution", { holdExecution: true }],
      ["drop", { drop: true }],
      ["reorder", { reorder: true }],
      ["verifier-down", { verifierDown: true }],
      ["wrong-signature", { wrongSignature: true }],
      ["delay --rounds 3", { delay: { rounds: 3 } }],
      ["executor-gas --gas 200000", { executorGas: "200000" }],
    ];
    for (const [kind, fault] of kinds) {
      const { faults } = json(`fault ${kind} ${lanes}`, faultsSchema);
      expect(faults).to.have.length(1);
      expect(faults[0]).to.deep.include({ from: "chain-2", to: "chain-3", ...fault });
    }
    expect(json(`clear ${lanes}`, faultsSchema).faults).to.deep.equal([]);
  });

  it("switches a receiver: it reverts, and takes messages again", async () => {
    const deliver = async (receiver: string, state: string) => {
      const line = `send --from chain-1 --to chain-3 --receiver ${receiver} --data 0x12`;
      const { messageId } = json(line, sentSchema);
      await until(() => log.includes(`${messageId}: `));
      expect(log).to.include(`${messageId}: ${state}`);
    };
    const { receiver } = json("receiver --chain chain-3", receiverSchema);
    await deliver(receiver, "failure");
    type(`receiver --chain chain-3 --address ${receiver} --accept`);
    await deliver(receiver, "success");
    type(`receiver --chain chain-3 --address ${receiver}`);
    await deliver(receiver, "failure");
  });

  it("curses and uncurses", () => {
    type("curse --chain chain-1 --remote chain-3");
    const refused = type(`send --from chain-1 --to chain-3 --receiver ${"0x".padEnd(42, "1")}`);
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.include("CursedByRMN");
    const uncursed = [1, 2].map(() => type("uncurse --chain chain-1 --remote chain-3"));
    for (const { code, stdout } of uncursed) {
      expect([code, stdout]).to.deep.equal([0, "chain-1 does not curse chain-3.\n"]);
    }
    type("curse --chain chain-1");
    expect(type("uncurse --chain chain-1 --remote chain-3").stderr).to.include("curses everything");
    expect(type("uncurse --chain chain-1").code).to.equal(0);
  });

  it("does not move the clocks beyond the range that CCIP stores", () => {
    const { code, stderr } = type("advance 99999999d");
    expect(code).to.equal(1);
    expect(stderr).to.match(/Cannot mine a block at \d+: CCIP's time ends at 4294967295/);
    expect(json("advance 1s", timeSchema).timestamp).to.be.below(4_294_967_295);
  });

  const usage: [line: string, message: string][] = [
    ["nosuch", 'There is no command "nosuch": see --help.'],
    ["--chains 0", "Cannot run 0 chains: name a whole number from 1 to 16."],
    ["--chains 1000", "Cannot run 1000 chains: name a whole number from 1 to 16."],
    ["--chains -1", "-1 is negative: write it without a sign"],
    ["--ccip 1.5", "write 1.6 or 2.0"],
    ["--lane chain-1=1.6", "is not a lane: write from:to=version"],
    ["status --port 1", '"status" takes no --port'],
    ["status again", '"status" takes no "again"'],
    ["fault explode", '"explode" is not a fault: use hold, hold-execution'],
    ["fault delay", "A delay needs --seconds or --rounds."],
    ["fault delay --seconds 5 --rounds 3", "--seconds 5 or --rounds 3: leave one out."],
    ["fault hold --seconds 5", '"fault hold" takes no --seconds'],
    [
      "fault executor-gas --gas 0",
      "--gas 0 is no gas limit of a transaction: use 21000 to 16000000.",
    ],
    ["fault executor-gas --gas 99999999", "--gas 99999999 is no gas limit of a transaction"],
    ["fault hold --from chain-9", "use chain-1, chain-2, chain-3."],
    ["fault hold --from chain-1 --to chain-1", "No lane leads from chain-1 to itself."],
    ["curse", "Name one --chain of chain-1, chain-2, chain-3."],
    [
      "receiver --chain chain-2 --address 0x0000000000000000000000000000000000000001",
      "0x0000000000000000000000000000000000000001 has no code on chain-2",
    ],
    ["advance -1h", "-1h is negative"],
    ["advance soon", '"soon" is not a span of time'],
    ["--nosuch", "--nosuch"],
  ];
  for (const [line, message] of usage) {
    it(`exits 2 for "${line}"`, () => {
      const { code, stderr, stdout } = type(line);
      expect(stderr).to.include(message);
      expect([code, stdout]).to.deep.equal([2, ""]);
    });
  }

  it("refuses a second network in the same directory with exit code 1", () => {
    const { code, stderr } = type("--chains 1");
    expect(code).to.equal(1);
    expect(stderr).to.include(`kill ${network.pid}`);
  });

  it("ends with code 0 and leaves only logs behind", async () => {
    const ended = once(network, "exit");
    network.kill("SIGINT");
    expect(await ended).to.deep.equal([0, null]);
    for (const { pid } of manifest.chains) expect(isRunning(pid)).to.equal(false);
    const files = path.join(directory, ".ccip-localnet");
    expect(existsSync(files)).to.equal(true);
    expect(readdirSync(files).every((file) => file.endsWith(".log"))).to.equal(true);
    expect(type("status").stderr).to.include(
      'start it in another terminal with "npx ccip-localnet"',
    );
  });
});

describe("npx ccip-localnet, when a node is killed", () => {
  it("ends with code 1 and names the chain", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "cli-killed-"));
    const network = spawn(process.execPath, [BIN, "--chains", "2", "--json"], {
      cwd: directory,
      env: ENV,
    });
    try {
      const ended = once(network, "exit");
      let log = "";
      network.stderr.on("data", (data: Buffer) => (log += data.toString()));
      const [shown] = (await once(network.stdout, "data")) as [Buffer];
      const [first, second] = manifestSchema.parse(JSON.parse(shown.toString())).chains;
      if (!first || !second) throw new Error("two chains were started");
      process.kill(second.pid, "SIGKILL");
      expect(await ended).to.deep.equal([1, null]);
      expect(log).to.include(`The node of chain-2 has ended: see ${second.logFile}`);
      expect(isRunning(first.pid)).to.equal(false);
    } finally {
      network.kill("SIGKILL");
      rmSync(directory, { recursive: true });
    }
  });
});
