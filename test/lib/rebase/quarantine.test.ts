import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import type { Output } from "../../../lib/cli/consoleOutput";
import { decideQuarantine } from "../../../lib/cli/receiver/decide";
import type { QuarantineOptions } from "../../../lib/cli/receiver/decide";
import { showReceivers } from "../../../lib/cli/receiver/show";
import { showStatus } from "../../../lib/cli/rebase/status";
import { abi } from "../../../lib/core/abis";
import { compareMesh } from "../../../lib/mesh/check";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { keep } from "../../../lib/rebase/keeper";
import { bandedMesh, deceive, missRebases } from "../../shared/bandedMesh";
import { indexOf } from "../../shared/broadcasting";
import { diagnose } from "../../shared/doctorFixture";
import { byTimelock, contextOf, keeperOptions, pass } from "../../shared/keeper";
import { passTime } from "../../shared/meshFixture";
import { silent } from "../../shared/operatorContext";
import type { Scenario } from "../../shared/scenario";
import { thinProvider } from "../../shared/thinProvider";

const SAT1 = "local-sat1";
const ACCEPT = 'npx hardhat receiver accept --chain local-sat1 --mesh local"';
const REJECT = 'npx hardhat receiver reject --chain local-sat1 --mesh local"';

describe("A broadcast that a satellite holds back", () => {
  it("is named by status, check, keeper, doctor and receiver show, with what to do", async () => {
    const s = await bandedMesh();
    const { messageId } = await missRebases(s, 2);

    const status = await shown((output) => showStatus(contextOf(s), { json: false }, output));
    expect(status.text).to.match(
      /local-sat1 holds back epoch 3, growth index 1\.09\d+, and 1\.2\d+ from \S+ on, since \S+: it is the index that home has/,
    );
    expect(status.text)
      .to.include(ACCEPT)
      .and.to.match(/confirmed by home(.|\n)*local-sat1 .* ago/);

    const receivers = await shown((output) => show(s, output));
    expect(receivers.result.undecided).to.deep.equal([SAT1]);
    expect(receivers.text)
      .to.include("+10 % to -10 % per 3600 s, 1 step at once, 3 by hand")
      .and.to.match(/measured from growth index 1\.0+ of epoch 1 at \S+; a broadcast may be 1 step/)
      .and.to.include(ACCEPT);

    const found = await differences(s);
    expect(found.map(({ id }) => id)).to.have.members([
      "local-sat1/receiver/quarantine",
      "local-sat1/token/epoch",
      "local-sat2/token/epoch",
    ]);
    expect(found.find(({ id }) => id.endsWith("quarantine"))?.recovery).to.include(ACCEPT);

    const doctor = await diagnose(s.mesh, messageId);
    expect(doctor.verdict).to.equal("blocked");
    expect(doctor.commands).to.deep.equal([
      "npx hardhat receiver show --chain local-sat1 --mesh local",
      "npx hardhat receiver accept --chain local-sat1 --epoch 3 --mesh local",
      "npx hardhat receiver reject --chain local-sat1 --epoch 3 --mesh local",
    ]);
  });

  it("makes the keeper exit 2 and send nothing more to that satellite, run after run", async () => {
    const s = await bandedMesh();
    await missRebases(s, 2);
    for (const sent of [["local-sat2"], []]) {
      const { exitCode, events } = await runKeeper(s);
      expect(exitCode).to.equal(2);
      const to = events.flatMap((one) => (one.event === "broadcast-sent" ? [one.chain] : []));
      expect(to).to.deep.equal(sent);
      const held = events.find(({ event }) => event === "quarantined");
      expect(held).to.deep.include({ chain: SAT1, epoch: 3n });
      expect(held).to.have.property("recovery").that.includes(ACCEPT);
    }
  });

  it("is accepted by operations within the steps by hand, and everything is sound again", async () => {
    const s = await bandedMesh();
    const { messageId } = await missRebases(s, 2);
    const { result, text } = await decide(s, { decision: "accept" });
    expect(result).to.deep.equal({ sent: 1, open: [] });
    expect(text).to.include("epoch 3 is accepted");
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
    expect((await diagnose(s.mesh, messageId)).verdict).to.equal("superseded");
    // The other satellite has missed as much, and so the keeper's broadcast to it is held back as well.
    expect((await runKeeper(s)).exitCode).to.equal(2);
    await decide(s, { decision: "accept", chain: s.sat2 });
    expect((await runKeeper(s)).exitCode).to.equal(0);
    expect(await differences(s)).to.be.empty;
    await expect(decide(s, { decision: "accept" })).to.be.rejectedWith(
      "The receiver of local-sat1 holds back no broadcast: nothing to decide. Nothing was sent.",
    );
  });

  it("further away than the steps by hand is accepted by a proposal to the timelock", async () => {
    const s = await bandedMesh();
    await missRebases(s, 4);
    const first = await decide(s, { decision: "accept" }, contextOf(s));
    expect(first.result.sent).to.equal(1);
    expect(first.text).to.match(
      /Run the same command again .*\n {2}local-sat1\/receiver\/accept epoch 5 waits for the delay of the timelock, until/,
    );
    expect((await differences(s)).map(({ id }) => id)).to.include("local-sat1/receiver/quarantine");
    const last = await decide(s, { decision: "accept" });
    expect(last.result).to.deep.equal({ sent: 1, open: [] });
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
  });

  it("is written for Safe: the proposal, and in a later phase its execution", async () => {
    const s = await bandedMesh();
    await missRebases(s, 4);
    const out = mkdtempSync(path.join(tmpdir(), "accept-"));
    try {
      const { result } = await decide(s, { decision: "accept", out });
      expect(result.sent).to.equal(0);
      const phases = readdirSync(out).map((name) => name.slice(0, 13));
      expect(phases.sort()).to.deep.equal(["01-local-sat1", "02-local-sat1"]);
    } finally {
      rmSync(out, { recursive: true });
    }
  });

  it("is rejected by the guardian; only the timelock takes it back, and a newer epoch ends it", async () => {
    const s = await bandedMesh();
    const { current } = await indexOf(s, s.sat1);
    const forged = await deceive(s, s.sat1, {
      epoch: 2n,
      current: current / 2n,
      next: current / 2n,
    });
    const found = await differences(s);
    expect(found.map(({ id }) => id)).to.deep.equal(["local-sat1/receiver/quarantine"]);
    expect(found[0]?.recovery)
      .to.match(/^home, at epoch 1, never sent it: /)
      .and.to.include(REJECT);
    // Every satellite is synced, and still somebody has to look.
    expect((await runKeeper(s)).exitCode).to.equal(2);

    expect((await decide(s, { decision: "reject" })).result).to.deep.equal({ sent: 1, open: [] });
    expect((await show(s)).undecided).to.be.empty;
    expect((await runKeeper(s)).exitCode).to.equal(0);
    const doctor = await diagnose(s.mesh, forged.messageId);
    expect(doctor.text).to.include("it was held back, and rejected");
    expect(doctor.commands.at(-1)).to.include("receiver accept");
    expect((await differences(s))[0]?.recovery).to.match(
      /^it was rejected: a broadcast of epoch 3 or a newer one inside of the band ends it/,
    );
    expect((await decide(s, { decision: "accept" }, contextOf(s))).text).to.include(
      "waits for the delay of the timelock",
    );

    await s.waitUntil(await s.rebaseHome("1"));
    await s.rebase("1");
    expect((await indexOf(s, s.sat1)).epoch).to.equal(3n);
    expect((await differences(s)).map(({ id }) => id.replace(/0x\w+/, "…"))).to.deep.equal([
      "local-sat1/timelock/proposal …",
    ]);
  });

  it("is shown and decided about while home does not answer, and so is each satellite", async () => {
    const s = await bandedMesh();
    await missRebases(s, 2);
    const homeless = unanswered(s, "local-home");
    const { result, text } = await shown((output) =>
      showReceivers(homeless, { chains: s.mesh.satellites, json: false }, output),
    );
    expect(result.undecided).to.deep.equal([SAT1]);
    expect([...result.unread.keys()]).to.deep.equal(["local-home"]);
    expect(text)
      .to.include("local-home was not read: ")
      .and.to.include("compare it with home, then ")
      .and.to.include(ACCEPT);

    const partial = await shown((output) =>
      showReceivers(unanswered(s, SAT1), { chains: s.mesh.satellites, json: false }, output),
    );
    expect([...partial.result.unread.keys()]).to.deep.equal([SAT1]);
    expect(partial.text).to.include("local-sat2");
    const other = await showReceivers(unanswered(s, SAT1), { chains: [s.sat2], json: true }, QUIET);
    expect(other.unread.size).to.equal(0);

    expect((await decide(s, { decision: "reject" }, homeless)).result.sent).to.equal(1);
    const proposed = await decide(s, { decision: "accept" }, homeless);
    expect(proposed.text).to.include("waits for the delay of the timelock");
  });

  it("is left as it is when another signer has made the same decision meanwhile", async () => {
    const s = await bandedMesh();
    await missRebases(s, 2);
    const nothing = { sent: 0, open: [] };
    await decide(s, { decision: "reject" });
    expect((await decide(s, { decision: "reject", epoch: 3n })).result).to.deep.equal(nothing);
    await decide(s, { decision: "accept" });
    const { result, text } = await decide(s, { decision: "accept", epoch: 3n });
    expect(result).to.deep.equal(nothing);
    expect(text).to.include("local-sat1 is at epoch 3 already: nothing to do");
    await expect(decide(s, { decision: "accept", epoch: 4n })).to.be.rejectedWith(
      "holds back no broadcast of epoch 4: nothing to decide",
    );
  });

  it("is accepted through an endpoint that lags once it was read", async () => {
    const s = await bandedMesh();
    const before = await s.sat1.provider.getBlockNumber();
    await missRebases(s, 2);
    const now = await s.sat1.provider.getBlockNumber();
    const { provider } = thinProvider(s.sat1.provider, { latest: [now, before] });
    const { result } = await decide(s, { decision: "accept", chain: { ...s.sat1, provider } });
    expect(result).to.deep.equal({ sent: 1, open: [] });
  });

  it("is left alone when another one takes its place while the operator reads: nothing is sent", async () => {
    const s = await bandedMesh();
    await missRebases(s, 2);
    const { epoch, next } = await indexOf(s, s.home);
    const swap = async () => {
      await deceive(s, s.sat1, { epoch: epoch + 1n, current: next / 3n, next: next / 3n });
    };
    await expect(decide(s, { decision: "accept", confirm: swap })).to.be.rejectedWith(
      /holds back epoch 3 no more: it holds back epoch 4, .*\. Nothing was sent\./,
    );
    expect((await indexOf(s, s.sat1)).epoch).to.equal(1n);
  });

  for (const [instead, state] of [
    ["epoch 3, growth index", { epoch: 3n }],
    ["nothing", undefined],
  ] as const) {
    it(`is accepted no more once a resync has put another index in its epoch, and it holds back ${instead}`, async () => {
      const s = await bandedMesh();
      await missRebases(s, 2);
      const { current } = await indexOf(s, s.sat1);
      const replace = async () => {
        const epoch = state ? 1n : 3n;
        const data = abi.token.encodeFunctionData("resync", [epoch, current, current, 0n]);
        await byTimelock(s.sat1, s.sat1.contracts.token, data);
        await pass(s, 1);
        const other = { current: current / 2n, next: current / 2n };
        if (state) await deceive(s, s.sat1, { ...state, ...other });
      };
      await expect(decide(s, { decision: "accept", confirm: replace })).to.be.rejectedWith(
        new RegExp(`holds back epoch 3 no more: it holds back ${instead}.*Nothing was sent\\.`),
      );
    });
  }

  it("is decided by those who may, and for the epoch that is meant", async () => {
    const s = await bandedMesh();
    await missRebases(s, 2);
    const account = s.address("thirdParty");
    for (const [decision, role] of [
      ["accept", "UNPAUSER_ROLE"],
      ["reject", "GUARDIAN_ROLE"],
    ] as const) {
      await expect(decide(s, { decision, account })).to.be.rejectedWith(
        new RegExp(`${account} lacks ${role} of the token on local-sat1: it is held by 0x`),
      );
    }
    await expect(decide(s, { decision: "accept", epoch: 2n })).to.be.rejectedWith(
      /holds back no broadcast of epoch 2: it holds back epoch 3, /,
    );
    expect((await indexOf(s, s.sat1)).epoch).to.equal(1n);
  });
});

describe("Messages that no honest home sends", () => {
  for (const isRejected of [false, true]) {
    it(`far ahead${isRejected ? ", and rejected" : ""}: nothing is paid to send what it keeps out, and the doctor names it`, async () => {
      const s = await bandedMesh();
      const { current } = await indexOf(s, s.sat1);
      await deceive(s, s.sat1, { epoch: 9n, current: current / 2n, next: current / 2n });
      if (isRejected) await decide(s, { decision: "reject" });
      const { messageId } = await missRebases(s, 2);
      const doctor = await diagnose(s.mesh, messageId);
      expect(doctor.verdict).to.equal("blocked");
      expect(doctor.text)
        .to.include("epoch 9, which is held back there, takes precedence")
        .and.to.include("local-sat1 is at epoch 1");
      expect(doctor.commands).to.deep.equal([
        "npx hardhat receiver show --chain local-sat1 --mesh local",
        "npx hardhat rebase broadcast --mesh local",
      ]);
      for (const sent of [["local-sat2"], []]) {
        const { exitCode, events } = await runKeeper(s);
        expect(exitCode).to.equal(2);
        const to = events.flatMap((one) => (one.event === "broadcast-sent" ? [one.chain] : []));
        expect(to).to.deep.equal(sent);
      }
    });
  }

  it("twice: the doctor says of the second that its epoch is held back", async () => {
    const s = await bandedMesh();
    const { current } = await indexOf(s, s.sat1);
    const forged = { epoch: 9n, current: current / 2n, next: current / 2n };
    await deceive(s, s.sat1, forged);
    const again = await diagnose(s.mesh, (await deceive(s, s.sat1, forged)).messageId);
    expect(again.verdict).to.equal("blocked");
    expect(again.text).to.include("epoch 9 is held back until a person decides");

    const other = { ...forged, next: current / 3n };
    const conflict = await diagnose(s.mesh, (await deceive(s, s.sat1, other)).messageId);
    expect(conflict.text).to.include(
      "another index for epoch 9 than the one that was held back there",
    );
    expect(conflict.commands).to.deep.equal([
      "npx hardhat receiver show --chain local-sat1 --mesh local",
      "npx hardhat token pause --chain local-sat1 --mesh local",
    ]);
  });

  it("with another index for the same epoch: an alarm of the check until a newer epoch arrives", async () => {
    const s = await bandedMesh();
    const { current } = await indexOf(s, s.sat1);
    const { messageId } = await deceive(s, s.sat1, { current: current - 1n });
    const found = await differences(s);
    expect(found.map(({ id }) => id)).to.deep.equal(["local-sat1/receiver/conflict"]);
    expect(found[0]?.changes[0]?.before).to.equal(
      `another index for epoch 1 in message ${messageId}`,
    );
    await s.rebase("1");
    expect(await differences(s)).to.be.empty;
  });

  it("with another index for the epoch that it holds back: an alarm too, until a new generation begins", async () => {
    const s = await bandedMesh();
    await missRebases(s, 2);
    const { current } = await indexOf(s, s.sat1);
    const other = { epoch: 3n, current: current / 2n, next: current / 2n };
    const { messageId } = await deceive(s, s.sat1, other);
    const conflict = async () =>
      (await differences(s)).find(({ id }) => id === "local-sat1/receiver/conflict")?.changes[0];
    expect(await conflict()).to.have.property(
      "before",
      `another index for epoch 3 in message ${messageId}`,
    );
    const data = abi.token.encodeFunctionData("resync", [3n, current, current, 0n]);
    await byTimelock(s.sat1, s.sat1.contracts.token, data);
    expect(await conflict()).to.equal(undefined);
  });

  it("too far ahead: dropped, and the doctor says so", async () => {
    const s = await bandedMesh();
    const { messageId } = await deceive(s, s.sat1, { epoch: 100_000n });
    const doctor = await diagnose(s.mesh, messageId);
    expect(doctor.verdict).to.equal("without effect");
    expect(doctor.text).to.include("its epoch or its time is too far ahead");
    expect(await differences(s)).to.be.empty;
  });
});

/** Runs a view, and reads what it printed and said. */
async function shown<T>(view: (output: Output) => Promise<T>) {
  const lines: string[] = [];
  const add = (text: string) => void lines.push(text);
  const result = await view({ stdout: add, log: add });
  return { result, text: lines.join("\n") };
}

const QUIET: Output = { stdout: () => undefined, log: () => undefined };

function show(s: Scenario, output = QUIET) {
  return showReceivers(contextOf(s), { chains: s.mesh.satellites, json: false }, output);
}

/** An operator's context in a session that found that a chain does not answer. */
function unanswered(s: Scenario, chain: string): OperatorContext {
  const unreachable = new Map([[chain, new Error("It does not answer.")]]);
  return { ...silent(contextOf(s), chain), unreachable };
}

/** Runs the task; without a context, the delay of the timelock passes. */
function decide(
  s: Scenario,
  options: Pick<QuarantineOptions, "decision"> & Partial<QuarantineOptions>,
  context: OperatorContext = contextOf(s, { passTime: (steps) => passTime(s, steps) }),
) {
  const all = {
    chain: s.sat1,
    json: false,
    wait: false,
    confirm: () => Promise.resolve(),
    ...options,
  };
  return shown((output) => decideQuarantine(context, all, output));
}

async function differences(s: Scenario) {
  return (await compareMesh(s.mesh)).differences;
}

async function runKeeper(s: Scenario) {
  const { options, events } = keeperOptions(s, { policy: undefined });
  const { exitCode } = await keep(contextOf(s), options);
  return { exitCode, events };
}
