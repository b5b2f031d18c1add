import { expect } from "chai";
import { parseEther } from "ethers";
import { curse, deployBurnMintToken, sendMessage } from "ccip-localnet";
import { verifiedExecution } from "ccip-localnet/protocol";
import type { Message, VerificationSource } from "ccip-localnet/protocol";

import { ResultsUnavailableError } from "../../../lib/ccip/results";
import { haveArrived, showStatus } from "../../../lib/cli/bridge/status";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { timeText } from "../../../lib/core/time";
import { readLaneFees } from "../../../lib/rebase/fees";
import { auditSupply, isConserved } from "../../../lib/supply/audit";
import { alive, diagnose, executeByHand } from "../../shared/doctorFixture";
import type { DoctorRun } from "../../shared/doctorFixture";
import { loadFixture } from "../../shared/fixture";
import { mined, Scenario } from "../../shared/scenario";
import type { Route } from "../../shared/scenario";
import { wiredIn } from "../../shared/world";

const AMOUNT = parseEther("100");
const ONE = parseEther("1");

describe("A message of CCIP 2.0", () => {
  let s: Scenario;

  beforeEach(async () => {
    s = new Scenario(await loadFixture(wiredIn["2.0"]));
    await s.mint("alice", parseEther("1000"));
  });

  const out = (): Route => ({ from: s.home, to: s.sat1 });
  const send = async () => (await s.send(out(), "alice", AMOUNT, s.address("bob"))).message;
  const deliver = async () => s.ccip.deliver();
  const ask = ({ messageId }: Message, source?: VerificationSource): Promise<DoctorRun> =>
    diagnose(s.mesh, messageId, {}, source);
  const execute = ({ messageId }: Message, source: VerificationSource | null = s.ccip) =>
    executeByHand(s, messageId, {}, [], source);
  const EXECUTE = ({ messageId }: Message) =>
    `npx hardhat message execute ${messageId} --mesh local`;

  async function statusOf(message: Message): Promise<{ text: string; arrived: boolean }> {
    let text = "";
    const output = { stdout: (line: string) => void (text += line), log: () => undefined };
    const context = { mesh: s.mesh, signerFor: never, sendOptions: () => ({}) };
    const statuses = await showStatus(context, { hash: message.messageId, json: false }, output);
    return { text, arrived: haveArrived(statuses) };
  }

  it("is found by its id before any verification, and waits for its verifiers", async () => {
    const message = await send();
    const { text, arrived } = await statusOf(message);
    expect(arrived).to.equal(false);
    expect(text).to.not.include("commit");
    const known = await ask(message, s.ccip);
    expect(known.verdict).to.equal("waiting");
    expect(known.text)
      .to.match(/verifiers {2}0x\w{40} {2}required, 2 of 4 signatures: has not answered/)
      .and.to.match(/It is not verified.*\n.*The verifier 0x\w{40} has not answered/)
      .and.to.include("neither its pool nor its receiver would refuse it")
      .and.not.match(/commit(?!tee)/);
    const unknown = await ask(message);
    expect(unknown.text).to.include("Whether its verifiers have answered is not known here");
    const unread = await ask(message, {
      place: "a place",
      verificationsOf: () => Promise.reject(new ResultsUnavailableError("It is down.")),
    });
    expect(unread.text).to.include("is not known here: they answer off chain (It is down.).");
    expect(isConserved(await auditSupply(s.mesh))).to.equal(true);
    await expect(execute(message)).to.be.rejectedWith(/nothing was sent[^]*has not answered/);
    await expect(execute(message, null)).to.be.rejectedWith(
      /results of its verifiers only[^]*--results <file>[^]*ccip-cli/,
    );
  });

  it("has the facts of both its chains, each of its own", async () => {
    const message = await send();
    const sent = await s.home.provider.getBlock(message.blockNumber);
    const factsFrom = async (mesh: Mesh) => {
      const { reports, text } = await diagnose(mesh, message.messageId, since(s.home), s.ccip);
      const [report] = reports;
      if (report?.kind !== "message") return expect.fail("It is a message.");
      return { ...report.facts, text };
    };
    const before = await factsFrom(s.mesh);
    expect(before.sentAt).to.equal(BigInt(sent?.timestamp ?? 0));
    expect(before.offRamp).to.deep.equal({
      address: s.ccipChain(s.sat1).ccip.offRamp,
      isNamed: true,
    });
    expect(before.text)
      .to.include("worth 100.00 RUSD there now")
      .and.match(/finality {3}full finality$/m);
    expect((await factsFrom(alive(s.mesh))).text).to.match(
      /finality {3}full finality, (?:not )?reached$/m,
    );
    await curse(s.lane(out()), "source");
    const { curse: there, sourceCurse } = await factsFrom(s.mesh);
    expect([there, sourceCurse]).to.deep.equal([undefined, "remote"]);
  });

  it("with another token is somebody else's", async () => {
    const { source, destination } = s.lane(out());
    const [{ token } = expect.fail("No token.")] = await deployBurnMintToken([source, destination]);
    const message = await sendMessage(s.lane(out()), {
      receiver: s.address("bob"),
      tokens: [{ token, amount: AMOUNT }],
    });
    const { text } = await ask(message);
    expect(text).to.include("message of somebody else: 1 token, 0 bytes of data");
  });

  it("can be executed by anyone as soon as its verifiers have answered", async () => {
    const message = await send();
    await s.ccip.verify(s.lane(out()));
    const { commands, text } = await ask(message, s.ccip);
    expect(text).to.match(/required, 2 of 4 signatures: answered/);
    expect(text).to.match(
      /gas {8}\d+ for the execution, and it takes \d+ now; 0 of it for the receiver/,
    );
    expect(commands).to.include(EXECUTE(message));
    const { results } = await execute(message);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    expect((await ask(message)).verdict).to.equal("executed");
    expect(await statusOf(message)).to.include({ arrived: true });
    expect(isConserved(await auditSupply(s.mesh))).to.equal(true);
  });

  it("that failed at a paused token is explained, and executed at once after the pause", async () => {
    await mined(s.tokenOn(s.sat1, "guardian").pause());
    const message = await send();
    await deliver();
    const failedAt = await s.sat1.provider.getBlock("latest");
    const { text: status } = await statusOf(message);
    expect(status).to.match(/failed on local-sat1 in 0x\w{64}: .*EnforcedPause/);
    expect(status).to.include("anybody may try again at once");
    const { text, verdict, commands } = await ask(message, s.ccip);
    expect(verdict).to.equal("blocked");
    expect(text).to.include("The token of local-sat1 is paused");
    expect(commands.at(-1)).to.equal(EXECUTE(message));
    await expect(execute(message)).to.be.rejectedWith(/nothing was sent.*is paused/);
    await mined(s.tokenOn(s.sat1, "operations").unpause());
    await s.waitUntil(BigInt(await s.now()) + 60n);
    const { results } = await execute(message);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    const healed = await ask(message);
    expect(healed.text)
      .to.include(`${s.address("bob")} got 100.00 RUSD`)
      .and.include(`failed     ${timeText(BigInt(failedAt?.timestamp ?? 0))}`);
  });

  it("that failed above a limit shows the whole reason, with and without results", async () => {
    const inbound = { isEnabled: true, capacity: 50n * ONE, rate: ONE };
    await s.setLimits(s.sat1, s.home, { inbound });
    const message = await send();
    await deliver();
    const whole = await ask(message, s.ccip);
    expect(whole.text).to.match(/incoming 100\.00 RUSD never fit .* holds 50\.00 RUSD at most/);
    const blind = await ask(message);
    expect(blind.text).to.match(/incoming 100\.00 RUSD never fit .* holds 50\.00 RUSD at most/);
    expect(blind.commands[0]).to.match(/^npx hardhat limits set /);
  });

  it("that failed through a third party's wrong results: reports that this proves nothing", async () => {
    const message = await send();
    if (message.version !== "2.0") return expect.fail("The world should run CCIP 2.0.");
    const call = verifiedExecution(message, []);
    await (await s.signer(s.sat1, "carol").sendTransaction(call)).wait();
    const blind = await ask(message);
    expect(blind.verdict).to.equal("blocked");
    expect(blind.text).to.include("RequiredCCVMissing");
    await s.ccip.verify(s.lane(out()));
    const { text, commands } = await ask(message, s.ccip);
    expect(text).to.include("simulated, it would succeed now");
    expect(commands).to.deep.equal([EXECUTE(message)]);
    const { results } = await execute(message);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
  });

  it("that failed for too little gas is executed with its earlier results, wherever others are", async () => {
    const message = await send();
    await s.ccip.verify(s.lane(out()));
    const results = await s.ccip.verificationsOf(message.messageId);
    if (message.version !== "2.0") throw new Error("The lane is of CCIP 1.6.");
    const dry = { ...verifiedExecution(message, results), gasLimit: 200_000n };
    await (await s.signer(s.sat1, "carol").sendTransaction(dry)).wait();
    const { text, commands } = await ask(message);
    expect(text)
      .to.match(/required, 2 of 4 signatures: answered/)
      .and.to.match(
        /It ran out of gas: 0x\w{40} executed it with 200000 gas, and it takes about \d+/,
      );
    expect(commands).to.deep.equal([EXECUTE(message)]);
    const executed = await execute(message, null);
    expect(executed.results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    expect(isConserved(await auditSupply(s.mesh))).to.equal(true);
  });

  it("cannot be broadcast over a cursed lane, although CCIP quotes a fee for it", async () => {
    await s.curse(out());
    const fees = await readLaneFees(s.mesh, s.mesh.satellites);
    expect(
      fees.map(({ chain, native, down = "" }) => [chain, native > 0n, down.split("(")[0]]),
    ).to.deep.equal([
      ["local-sat1", false, "CursedByRMN"],
      ["local-sat2", true, ""],
    ]);
  });

  it("on a lane that its destination curses reports the curse", async () => {
    const message = await send();
    await s.curse(out());
    await mined(s.tokenOn(s.sat1, "guardian").pause());
    const { text, verdict, commands } = await ask(message, s.ccip);
    expect(verdict).to.equal("blocked");
    expect(commands).to.include("npx hardhat token unpause --chain local-sat1 --mesh local");
    expect(text).to.match(/The RMN of local-sat1 curses local-home: CCIP executes nothing/);
  });
});

/** Returns the options of a search from the first block of a chain. */
function since({ name }: Pick<MeshChain, "name">) {
  return { chain: name, since: 0 };
}

function never(): never {
  throw new Error("Nothing is signed here.");
}
