import { expect } from "chai";
import { Interface, parseEther } from "ethers";
import { DeliveryError, curse, deployContract, sendAll, uncurse } from "ccip-localnet";
import { CCIP_VERSIONS, released, toRouterMessage } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import type { Verdict } from "../../../lib/diagnostics/diagnosis";
import { expectedOf } from "../../shared/ccipExpectations";
import { sendData } from "../../shared/ccipMessages";
import { diagnose, follow, mineAnyway } from "../../shared/doctorFixture";
import { loadFixture } from "../../shared/fixture";
import { Scenario, expectSuccess } from "../../shared/scenario";
import type { Route } from "../../shared/scenario";
import { wiredIn } from "../../shared/world";

type Words = ReturnType<typeof expectedOf>["words"];

/** A message that does not arrive, the doctor's diagnosis, and the fix of its cause. */
interface FailureCase {
  readonly what: string;
  /** Makes a message fail. */
  readonly inject: (s: Scenario) => Promise<Message>;
  readonly verdict: (words: Words) => Verdict;
  /** The first line of the diagnosis, and the cause. */
  readonly first: (words: Words) => RegExp;
  readonly cause: (words: Words) => RegExp;
  /** Removes the cause; the doctor's commands are run afterwards. */
  readonly fix?: (s: Scenario) => Promise<void>;
}

const AMOUNT = parseEther("100");
const LONG_REASON = "a reason that is longer than CCIP keeps, ".repeat(8);

const out = (s: Scenario): Route => ({ from: s.home, to: s.sat1 });
const lane = (s: Scenario) => s.lane(out(s));
const send = async (s: Scenario) =>
  (await s.send(out(s), "alice", AMOUNT, s.address("bob"))).message;
const clear = (s: Scenario) => Promise.resolve(s.ccip.faults.clear());

/** Returns a message after CCIP has tried to deliver it. */
async function delivered(s: Scenario, message: Message): Promise<Message> {
  try {
    await s.ccip.deliver();
  } catch (error) {
    // In CCIP 1.6 a commit or an execution may revert as a whole.
    if (!(error instanceof DeliveryError)) throw error;
  }
  return message;
}

let receiver = "";
const { interface: receiverAbi } = released("revertingReceiver");

const CASES: readonly FailureCase[] = [
  {
    what: "a receiver that reverts with more than CCIP hands on",
    inject: async (s) => {
      const { owner } = s.ccipChain(s.sat1);
      receiver = await deployContract(owner, released("revertingReceiver"), [true]);
      const reason = new Interface(["error Error(string)"]).encodeErrorResult("Error", [
        LONG_REASON,
      ]);
      const data = receiverAbi.encodeFunctionData("setErr", [reason]);
      await sendAll(owner, [{ label: "reason", to: receiver, data }]);
      const [message] = await sendData(lane(s), [{ receiver, data: "0x0102" }]);
      return message ? delivered(s, message) : expect.fail("Nothing was sent.");
    },
    verdict: () => "blocked",
    first: (words) => words.failed,
    cause: () => new RegExp(`receiver +CustomError[^]*receiver +Error\\("${LONG_REASON}"\\)`),
    fix: async (s) => {
      const data = receiverAbi.encodeFunctionData("setRevert", [false]);
      const { owner } = s.ccipChain(s.sat1);
      await sendAll(owner, [{ label: "no reason", to: receiver, data }]);
    },
  },
  {
    what: "a lane that its destination curses",
    inject: async (s) => {
      const message = await send(s);
      await curse(lane(s), "destination");
      return delivered(s, message);
    },
    verdict: () => "blocked",
    first: () => /is not (?:committed|executed) on local-sat1 yet, and the lane is cursed/,
    cause: () => /The RMN of local-sat1 curses local-home/,
    fix: (s) => uncurse(lane(s), "destination"),
  },
  {
    what: "verifiers that are down",
    inject: async (s) => {
      s.ccip.faults.verifierDown(lane(s));
      return delivered(s, await send(s));
    },
    verdict: () => "waiting",
    first: (words) => words.sent,
    cause: () => /has not answered|commits within a second, unless the lane is held/,
    fix: clear,
  },
  {
    what: "signatures unknown to the destination",
    inject: async (s) => {
      s.ccip.faults.wrongSignature(lane(s));
      return delivered(s, await send(s));
    },
    verdict: (words) => words.foretold,
    first: ({ wrongSignature: [first] }) => first,
    cause: ({ wrongSignature: [, cause] }) => cause,
    fix: clear,
  },
  {
    what: "an executor with too little gas",
    inject: async (s) => {
      s.ccip.faults.executorGas(lane(s), 150_000n);
      return delivered(s, await send(s));
    },
    verdict: () => "blocked",
    first: (words) => words.failed,
    cause: () => /It ran out of gas: 0x\w{40} executed it with 150000 gas/,
    fix: clear,
  },
  {
    what: "an executor that forgets a message",
    inject: async (s) => {
      s.ccip.faults.drop(lane(s));
      return delivered(s, await send(s));
    },
    verdict: () => "waiting",
    first: () => /is not executed (?:yet|on local-sat1 yet)/,
    cause: (words) => words.vouchedFor,
  },
];

for (const version of CCIP_VERSIONS) {
  describe(`A message of CCIP ${version} that does not arrive`, () => {
    const { words, manualExecutionDelays } = expectedOf(version);
    let s: Scenario;

    beforeEach(async () => {
      s = new Scenario(await loadFixture(wiredIn[version]));
      await s.mint("alice", parseEther("1000"));
    });

    for (const { what, inject, verdict, first, cause, fix } of CASES) {
      it(`because of ${what}: is explained, and arrives once the advice is followed`, async () => {
        const { messageId } = await inject(s);
        const sick = await diagnose(s.mesh, messageId, {}, s.ccip);
        const [{ diagnosis } = expect.fail("Nothing was found.")] = sick.reports;
        expect(`${diagnosis.what}\n  ${diagnosis.why.join("\n  ")}`).to.match(first(words));
        expect(sick.text).to.match(cause(words));
        expect(diagnosis.verdict).to.equal(verdict(words));

        await fix?.(s);
        await delivered(s, { messageId } as Message);
        for (const delay of manualExecutionDelays) {
          await s.waitUntil(BigInt(await s.now()) + delay + 60n);
        }
        const later = await diagnose(s.mesh, messageId, {}, s.ccip);
        if (later.verdict !== "executed") await follow(s, later.commands.at(-1));
        expect((await diagnose(s.mesh, messageId, {}, s.ccip)).verdict).to.equal("executed");
        await s.expectConserved();
      });
    }

    it("because its source is cursed: is explained, and leaves afterwards", async () => {
      const { router } = s.home.ccip;
      const message = toRouterMessage({ receiver: s.address("bob"), data: "0x0102" });
      const call = {
        to: router,
        data: released("router").interface.encodeFunctionData("ccipSend", [
          s.sat1.selector,
          message,
        ]),
        value: parseEther("1"),
      };
      await curse(lane(s), "source");
      const hash = await mineAnyway(s, s.home, "alice", call);
      const { text, verdict, commands } = await diagnose(s.mesh, hash, {}, s.ccip);
      expect(verdict).to.equal("reverted");
      expect(text).to.include("The RMN of local-home curses local-sat1");
      expect(commands[0]).to.equal(
        "npx hardhat localnet uncurse --chain local-home --remote local-sat1",
      );
      await uncurse(lane(s), "source");
      await (await s.signer(s.home, "alice").sendTransaction(call)).wait();
      expectSuccess(await s.deliver());
    });
  });
}
