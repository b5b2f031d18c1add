import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { concat, dataSlice, id, parseEther } from "ethers";
import { localCommittee, startAnvil } from "ccip-localnet";
import { executionState, verifiedExecution } from "ccip-localnet/protocol";
import type { CcipChain, Lane, Message, Message20, Verification } from "ccip-localnet/protocol";

import { isFinalized } from "../../../lib/diagnostics/verifiers";
import type { Verdict } from "../../../lib/diagnostics/diagnosis";
import { diagnose, executeByHand } from "../../shared/doctorFixture";
import { loadFixture } from "../../shared/fixture";
import {
  addVersion,
  allowFastMessages,
  answerOf,
  deployReceiver,
  deployVerifier,
  mandate,
  sendWith,
  setBaseGas,
  setCommittee,
  thirdPartiesOf,
} from "../../shared/foreignVerifiers";
import { Scenario } from "../../shared/scenario";
import type { Route } from "../../shared/scenario";
import { wiredIn } from "../../shared/world";

const AMOUNT = parseEther("100");
/** Tag of results that the local committee does not make. */
const NEW_VERSION = "0x01020304";
const NO_EXECUTION = "0xeba517d200000000000000000000000000000000";

describe("Verifiers of another CCIP 2.0 operator", () => {
  let s: Scenario;
  let directory: string;
  let file: string;

  beforeEach(async () => {
    s = new Scenario(await loadFixture(wiredIn["2.0"]));
    await s.mint("alice", parseEther("1000"));
    directory = mkdtempSync(path.join(tmpdir(), "results-"));
    file = path.join(directory, "results.json");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const out = (): Route => ({ from: s.home, to: s.sat1 });
  const lane = (): Lane<CcipChain> => s.lane(out());
  const resolver = (): string => {
    const { ccip } = lane().destination;
    return ccip.version === "2.0" ? ccip.verifierResolver : expect.fail("It runs CCIP 1.6.");
  };
  const local = localCommittee().signers.slice(0, 2);
  const send = async () => (await s.send(out(), "alice", AMOUNT, s.address("bob"))).message;
  const publish = (answers: readonly Verification[]) =>
    writeFileSync(file, JSON.stringify(answers));
  /** Diagnoses a message with these verifier results. */
  const ask = ({ messageId }: Message, answers: readonly Verification[]) =>
    diagnose(s.mesh, messageId, {}, { verificationsOf: () => Promise.resolve(answers) });
  const execute = ({ messageId }: Message) =>
    executeByHand(s, messageId, { results: file }, [], null);
  const expectExecuted = async (message: Message, answers: readonly Verification[]) => {
    publish(answers);
    const { results } = await execute(message);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    expect((await ask(message, answers)).verdict).to.equal("executed");
  };

  it("are a larger committee with too few signatures", async () => {
    const members = thirdPartiesOf(5);
    await setCommittee(lane(), members, 3);
    const message = await send();
    const few = [answerOf(resolver(), message.messageId, members.slice(0, 2))];
    const { verdict, text } = await ask(message, few);
    expect(verdict).to.equal("blocked");
    expect(text)
      .to.match(/required, 3 of 5 signatures: results are refused with WrongNumberOfSignatures/)
      .and.to.include("They hold fewer signatures than the verifier of local-sat1 asks for");
    publish(few);
    await expect(execute(message)).to.be.rejectedWith(/nothing was sent[^]*fewer signatures/);
    await expectExecuted(message, [answerOf(resolver(), message.messageId, members.slice(1, 4))]);
  });

  it("are signed by accounts unknown to the destination", async () => {
    const message = await send();
    const { text, verdict } = await ask(message, [
      answerOf(resolver(), message.messageId, thirdPartiesOf(2)),
    ]);
    expect(verdict).to.equal("blocked");
    expect(text).to.include("are refused with UnauthorizedSigner");
    // The first valid result is used.
    await expectExecuted(message, [
      answerOf(resolver(), message.messageId, thirdPartiesOf(2)),
      answerOf(resolver(), message.messageId, local),
    ]);
  });

  it("have a new version, whose committee is the one that is waited for", async () => {
    const members = thirdPartiesOf(3);
    await addVersion(lane(), resolver(), NEW_VERSION, members, 1);
    const message = await send();
    expect((await ask(message, [])).text).to.include("required, 1 of 3 signatures: has not");
  });

  it("answer with results of a version that the resolver does not know", async () => {
    const message = await send();
    const right = answerOf(resolver(), message.messageId, local);
    const unknown = { ...right, results: concat([NEW_VERSION, dataSlice(right.results, 4)]) };
    const { text, verdict } = await ask(message, [unknown]);
    expect(verdict).to.equal("blocked");
    expect(text).to.include("are refused with InboundImplementationNotFound");
    await expectExecuted(message, [unknown, right]);
  });

  it("are two, of which one has answered", async () => {
    const second = await deployVerifier(lane(), thirdPartiesOf(1), 1);
    await mandate(lane(), [second]);
    const message = await send();
    await expectNotExecuted();
    const first = answerOf(resolver(), message.messageId, local);
    const { text, verdict } = await ask(message, [first]);
    expect(verdict).to.equal("waiting");
    expect(text)
      .to.include(`${resolver()}  required, 2 of 4 signatures: answered`)
      .and.to.include(`${second}  required, 1 of 1 signatures: has not answered`)
      .and.to.include(`The verifier ${second} has not answered.`);
    publish([first]);
    await expect(execute(message)).to.be.rejectedWith(`The verifier ${second} has not answered.`);
    await expectExecuted(message, [first, answerOf(second, message.messageId, thirdPartiesOf(1))]);
  });

  const unusable: readonly [what: string, verifier: () => string][] = [
    [
      "a verifier without its resolver",
      () => {
        const { ccip } = lane().destination;
        return ccip.version === "2.0" ? ccip.committeeVerifier : expect.fail("It runs CCIP 1.6.");
      },
    ],
    ["an account without code", () => s.address("carol")],
  ];
  for (const [what, verifierOf] of unusable) {
    it(`are asked of ${what}: nothing is executed`, async () => {
      const verifier = verifierOf();
      await mandate(lane(), [verifier]);
      const message = await send();
      const answers = [resolver(), verifier].map((one) => answerOf(one, message.messageId, local));
      const { verdict, text } = await ask(message, answers);
      expect(verdict).to.equal("blocked");
      expect(text)
        .to.include(`The verifier ${verifier} on local-sat1 is not a resolver`)
        .and.to.include("has to name its resolver");
      await mandate(lane(), []);
      await expectExecuted(message, answers);
    });
  }

  it("are optional: any sufficient number of them is enough, and a wrong one does no harm", async () => {
    const verifiers = [
      await deployVerifier(lane(), thirdPartiesOf(1), 1),
      await deployVerifier(lane(), thirdPartiesOf(1), 1),
    ];
    const receiver = await deployReceiver(lane().destination, [], verifiers, 1);
    const message = await sendWith(lane(), { receiver });
    const [a, b] = verifiers.map((verifier) =>
      answerOf(verifier, message.messageId, thirdPartiesOf(1)),
    );
    if (!a || !b) return expect.fail("There are two.");
    const none = await ask(message, []);
    expect(none.verdict).to.equal("waiting");
    expect(none.text)
      .to.include(`${a.verifier}  one of 2 of which 1 are required`)
      .and.to.include("Of its optional verifiers 0 of at least 1 have answered.");
    const wrong = answerOf(a.verifier, message.messageId, local);
    expect((await ask(message, [wrong])).text).to.include("UnauthorizedSigner");
    await expectExecuted(message, [wrong, b]);
  });

  const failures: readonly {
    what: string;
    fail: () => Promise<{ message: Message20; answers: readonly Verification[] }>;
    verdict: Verdict;
    says: RegExp;
  }[] = [
    {
      what: "an executor that used a third party's wrong results",
      fail: async () => {
        const message = await sent();
        const wrong = [answerOf(resolver(), message.messageId, thirdPartiesOf(2))];
        await executeAs(message, wrong);
        // What a third party made up says nothing of the verifier.
        expect((await ask(message, [])).text).to.match(/signatures: has not answered$/m);
        return { message, answers: [answerOf(resolver(), message.messageId, local)] };
      },
      verdict: "blocked",
      says: /It failed with UnauthorizedSigner: 0x\w{40} executed it without the right results.*\n.*it would succeed now/,
    },
    {
      what: "an executor with too little gas",
      fail: async () => {
        const message = await sent();
        const answers = [answerOf(resolver(), message.messageId, local)];
        await executeAs(message, answers, 150_000n);
        return { message, answers };
      },
      verdict: "blocked",
      says: /It ran out of gas: 0x\w{40} executed it with 150000 gas, and it takes about \d{6} besides/,
    },
    {
      what: "a message that brings too little gas for its own execution",
      fail: async () => {
        await setBaseGas(lane(), 1);
        const message = await sent();
        const answers = [answerOf(resolver(), message.messageId, local)];
        await executeAs(message, answers, message.executionGas + 60_000n);
        return { message, answers };
      },
      verdict: "blocked",
      says: /It ran out of gas: [^]*The message brings \d{6} gas for its execution, and it takes \d{6}: an executor that gives no more fails/,
    },
    {
      what: "a message that was sent without an executor",
      fail: async () => {
        const message = await sendWith(lane(), {
          receiver: s.address("bob"),
          executor: NO_EXECUTION,
        });
        await expectNotExecuted();
        return { message, answers: [answerOf(resolver(), message.messageId, local)] };
      },
      verdict: "blocked",
      says: /executor {3}none[^]*It was sent without an executor: it is executed by hand/,
    },
  ];
  for (const { what, fail, verdict, says } of failures) {
    it(`are not the cause of ${what}, and the message is executed by hand`, async () => {
      const { message, answers } = await fail();
      const sick = await ask(message, answers);
      expect(sick.text).to.match(says);
      expect(sick.verdict).to.equal(verdict);
      expect(sick.commands.at(-1)).to.equal(
        `npx hardhat message execute ${message.messageId} --mesh local`,
      );
      await expectExecuted(message, answers);
    });
  }

  it("are waited for behind a curse, and the message is executed by hand where it has no executor", async () => {
    const message = await sendWith(lane(), {
      receiver: s.address("bob"),
      executor: NO_EXECUTION,
    });
    const answers = [answerOf(resolver(), message.messageId, local)];
    await s.curse({ from: s.home, to: s.sat1 });
    const { text, commands } = await ask(message, answers);
    expect(text).to.include("the lane is cursed").and.not.to.include("CCIP then goes on by itself");
    expect(commands).to.deep.equal([
      "npx hardhat localnet uncurse --chain local-sat1 --remote local-home",
      `npx hardhat message execute ${message.messageId} --mesh local`,
    ]);
  });

  it("do not help a message that requests less finality than its receiver accepts", async () => {
    await allowFastMessages(lane());
    const receiver = await deployReceiver(lane().destination, [], [], 0);
    const message = await sendWith(lane(), { receiver, finality: 1 });
    await expectNotExecuted();
    const answers = [answerOf(resolver(), message.messageId, local)];
    const { verdict, text, commands } = await ask(message, answers);
    expect(verdict).to.equal("blocked");
    expect(text)
      .to.include("finality   1 block")
      .and.to.match(/sent to be executed after 1 block.* takes nothing before full finality/)
      .and.to.include("does not say which verifiers the message needs");
    expect(commands.join()).to.not.include("uncurse");
    publish(answers);
    await expect(execute(message)).to.be.rejectedWith(/nothing was sent[^]*full finality/);
  });

  it("are read from an existing file for this message", async () => {
    const message = await send();
    await expect(execute(message)).to.be.rejectedWith(`There is no file ${file}`);
    writeFileSync(file, "{");
    await expect(execute(message)).to.be.rejectedWith(`${file} is not a file of verifier results`);
    writeFileSync(file, '{"hello": "world"}');
    await expect(execute(message)).to.be.rejectedWith(`${file} cannot be used: it is not a list`);
    const other = { verifications: [], encodedMessage: id("another") };
    writeFileSync(file, JSON.stringify(other));
    await expect(execute(message)).to.be.rejectedWith("it holds verifier results of message 0x");
  });

  it("answer once the source has finalised a message as far as it requires", async () => {
    const node = await startAnvil({
      name: "anvil",
      chainId: 1337,
      logFile: path.join(directory, "anvil.log"),
    });
    try {
      await node.provider.send("anvil_mine", ["0x64"]);
      const latest = await node.provider.getBlockNumber();
      const numberOf = async (tag: string) => (await node.provider.getBlock(tag))?.number ?? 0;
      const [finalized, safe] = [await numberOf("finalized"), await numberOf("safe")];
      expect(finalized).to.be.lessThan(safe);
      expect(safe).to.be.lessThan(latest);
      const at = (blockNumber: number, finality: string) =>
        isFinalized({ blockNumber, finality }, node.provider);
      expect(await at(latest, "0x00000000")).to.equal(false);
      expect(await at(finalized, "0x00000000")).to.equal(true);
      expect(await at(safe, "0x00000000")).to.equal(false);
      expect(await at(safe, "0x00010000")).to.equal(true);
      expect(await at(safe + 1, "0x00010000")).to.equal(false);
      expect(await at(latest - 4, "0x00000005")).to.equal(false);
      expect(await at(latest - 5, "0x00000005")).to.equal(true);
    } finally {
      await node.stop();
    }
  });

  /** Expects the local committee and executor to leave everything that was sent alone. */
  async function expectNotExecuted(): Promise<void> {
    expect(await s.ccip.deliver()).to.deep.equal([]);
  }

  async function sent(): Promise<Message20> {
    const message = await send();
    return message.version === "2.0" ? message : expect.fail("It runs CCIP 1.6.");
  }

  /** Executes a message as some account, whatever the outcome. */
  async function executeAs(
    message: Message20,
    answers: readonly Verification[],
    gasLimit?: bigint,
  ): Promise<void> {
    const { to, data, ...rest } = verifiedExecution(message, answers);
    const carol = s.signer(s.sat1, "carol");
    await (await carol.sendTransaction({ to, data, gasLimit: gasLimit ?? rest.gasLimit })).wait();
    expect(await executionState(lane().destination, message)).to.equal("failure");
  }
});
