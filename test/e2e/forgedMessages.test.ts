import { expect } from "chai";
import { keccak256, parseEther } from "ethers";
import { localCommittee } from "ccip-localnet";
import {
  RampJournal,
  decodeMessageV1,
  encodeMessageV1,
  released,
  toRampReports,
} from "ccip-localnet/protocol";
import type {
  Message,
  Message16,
  Message20,
  MessageV1,
  Verification,
} from "ccip-localnet/protocol";

import { encodeBroadcast, fromHome, indexOf } from "../shared/broadcasting";
import {
  answerOf,
  deployReceiver,
  deployVerifier,
  thirdPartiesOf,
} from "../shared/foreignVerifiers";
import { forgedWord } from "../shared/forgedMessages";
import { failureOf, mined, reasonOf, useWorld } from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { newWorld, oldWorld } from "../shared/world";

const ON_SAT1 = parseEther("500");

/** The last epoch that there is: a satellite that believed it would never take another one. */
const LAST_EPOCH = 2n ** 32n - 1n;

const INBOUND = 1n;

async function tokensOutstanding(s: Scenario): Promise<void> {
  await s.give(s.sat1, "alice", ON_SAT1);
  await s.refillBuckets();
}

describe("A forged message over CCIP 2.0, where anyone may deploy a verifier", () => {
  const scenario = useWorld(tokensOutstanding, newWorld);

  const attackers = thirdPartiesOf(2);
  const committee = localCommittee().signers.slice(0, 2);

  const own = (s: Scenario, route: Route): Promise<string> =>
    deployVerifier(s.lane(route), attackers, 2);

  /** The recipient in the attacker's message. */
  const receivers: {
    what: string;
    receiver: (s: Scenario, verifier: string) => Promise<Partial<MessageV1>>;
  }[] = [
    { what: "his own account", receiver: () => Promise.resolve({}) },
    {
      what: "a contract that asks for his verifier alone",
      receiver: async (s, verifier) => ({
        receiver: await deployReceiver(s.ccipChain(s.home), [verifier], [], 0),
        receiverGasLimit: 200_000n,
        data: "0x01",
      }),
    },
    {
      what: "a contract to which his verifier is one of those that suffice",
      receiver: async (s, verifier) => ({
        receiver: await deployReceiver(s.ccipChain(s.home), [], [verifier], 1),
        receiverGasLimit: 200_000n,
        data: "0x01",
      }),
    },
  ];
  for (const { what, receiver } of receivers) {
    it(`with only the attacker's verifier brings nothing home, paid to ${what}`, async () => {
      const s = scenario();
      const route = { from: s.sat1, to: s.home };
      const verifier = await own(s, route);
      const message = await forgedTransfer(s, route, await receiver(s, verifier));
      const before = await s.tokenOn(s.home).totalShares();
      expect(
        await execute(s, route, message, [answerOf(verifier, message.messageId, attackers)]),
      ).to.equal(missing(s, route));
      // Nor does it pass for the lane's.
      expect(
        await execute(s, route, message, [
          answerOf(verifierOf(s, route), message.messageId, attackers),
        ]),
      ).to.match(/UnauthorizedSigner|NoStateProgressMade/);
      expect(await s.tokenOn(s.home).totalShares()).to.equal(before);
      await s.expectConserved();
    });
  }

  it("is not accepted as a broadcast of the last epoch or any other", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const verifier = await own(s, route);
    const [sent] = (await s.broadcastAll([s.sat1])).messages;
    const index = await indexOf(s, s.sat1);
    const data = encodeBroadcast({ ...index, epoch: LAST_EPOCH });
    const message = altered(sent, { data });
    expect(
      await execute(s, route, message, [answerOf(verifier, message.messageId, attackers)]),
    ).to.equal(missing(s, route));
    expect(await indexOf(s, s.sat1)).to.deep.equal(index);
  });

  it("needs the lane's verifiers beside those that the pool adds, and vice versa", async () => {
    const s = scenario();
    const route = { from: s.sat1, to: s.home };
    const added = await own(s, route);
    const pool = s.poolOn(s.home, await s.timelock(s.home));
    await mined(pool.setVerifiers(s.sat1.selector, INBOUND, [added]));

    const { message } = await s.send(route, "alice", ON_SAT1, s.address("bob"));
    const known = asV2(message);
    const [byAdded, byLane] = [
      answerOf(added, known.messageId, attackers),
      answerOf(verifierOf(s, route), known.messageId, committee),
    ];
    expect(await execute(s, route, known, [byAdded])).to.equal(missing(s, route));
    expect(await execute(s, route, known, [byLane])).to.contain("NoStateProgressMade");
    expect(await execute(s, route, known, [byLane, byAdded])).to.equal("success");
    expect(await s.balanceOf(s.home, "bob")).to.equal(ON_SAT1);
    await s.expectConserved();
  });

  /** A transfer of all outstanding shares to carol, made of one unit that alice does send. */
  async function forgedTransfer(
    s: Scenario,
    route: Route,
    change: Partial<MessageV1>,
  ): Promise<Message20> {
    const { message } = await s.send(route, "alice", 1n, s.address("carol"));
    const { token } = decodeMessageV1(asV2(message).encoded);
    if (!token) throw new Error("The message carries no tokens.");
    const shares = await s.sharesOf(s.sat1, "alice");
    return altered(message, {
      messageNumber: message.sequenceNumber + 1n,
      token: { ...token, amount: ON_SAT1, extraData: forgedWord({ shares }) },
      ...change,
    });
  }
});

describe("A forged message over CCIP 1.6", () => {
  const scenario = useWorld(tokensOutstanding, oldWorld);

  const changes: { what: string; change: (message: Message16) => Partial<Message16> }[] = [
    {
      what: "of more shares than were sent",
      change: ({ tokens }) => ({
        tokens: tokens.map((token) => ({
          ...token,
          extraData: forgedWord({ shares: ON_SAT1 * 10n ** 24n }),
        })),
      }),
    },
    { what: "to another receiver", change: () => ({ receiver: `0x${"00".repeat(19)}ad` }) },
    { what: "sent once more", change: (m) => ({ sequenceNumber: m.sequenceNumber + 1n }) },
  ];
  for (const { what, change } of changes) {
    it(`${what}: belongs to no root and cannot be executed`, async () => {
      const s = scenario();
      const route = { from: s.sat1, to: s.home };
      const { message } = await s.send(route, "alice", ON_SAT1 / 2n, s.address("carol"));
      await s.verify(route);
      const before = await s.tokenOn(s.home).totalShares();
      const forged = { ...asV1(message), ...change(asV1(message)) };
      const data = released("offRamp").interface.encodeFunctionData("manuallyExecute", [
        toRampReports([
          {
            sourceSelector: forged.sourceSelector,
            messages: [forged],
            proof: { proofs: [], flagBits: 0n },
          },
        ]),
        [[{ receiverExecutionGasLimit: 0n, tokenGasOverrides: [0n] }]],
      ]);
      const { ccip } = s.ccipChain(s.home);
      const attempt = s.signer(s.home, "thirdParty").call({ to: ccip.offRamp, data });
      expect(await failureOf(attempt)).to.contain("RootNotCommitted");
      expect(await s.tokenOn(s.home).totalShares()).to.equal(before);
    });
  }
});

/** A message as it would be packed if it said something else. */
function altered(message: Message | undefined, change: Partial<MessageV1>): Message20 {
  const known = asV2(message);
  const encoded = encodeMessageV1({ ...decodeMessageV1(known.encoded), ...change });
  return { ...known, encoded, messageId: keccak256(encoded) };
}

function asV2(message: Message | undefined): Message20 {
  if (message?.version !== "2.0") throw new Error("It travels over CCIP 1.6.");
  return message;
}

function asV1(message: Message): Message16 {
  if (message.version !== "1.6") throw new Error("It travels over CCIP 2.0.");
  return message;
}

/** The verifier that the end of a lane requires of everybody. */
function verifierOf(s: Scenario, { to }: Route): string {
  const { ccip } = s.ccipChain(to);
  if (ccip.version !== "2.0") throw new Error("It runs CCIP 1.6.");
  return ccip.verifierResolver;
}

function missing(s: Scenario, route: Route): string {
  return `RequiredCCVMissing(requiredCCV: ${verifierOf(s, route)})`;
}

/** Executes a message as a third party with these answers: success, or the reason of the failure. */
async function execute(
  s: Scenario,
  { to }: Route,
  message: Message20,
  answers: readonly Verification[],
): Promise<string> {
  const destination = s.ccipChain(to);
  const data = released("offRamp", "2.0").interface.encodeFunctionData("execute", [
    message.encoded,
    answers.map(({ verifier }) => verifier),
    answers.map(({ results }) => results),
    0n,
  ]);
  const transaction = { to: message.offRamp, data, gasLimit: 3_000_000n };
  const thirdParty = s.signer(to, "thirdParty");
  const refusal = await thirdParty.call(transaction).then(
    () => undefined,
    () => failureOf(thirdParty.call(transaction)),
  );
  if (refusal !== undefined) return refusal;
  const receipt = await mined(thirdParty.sendTransaction(transaction));
  const [execution] = new RampJournal(destination).add(receipt.logs).executed;
  if (!execution) throw new Error("The OffRamp said nothing.");
  return execution.state === "success" ? "success" : reasonOf(execution);
}
