import { expect } from "chai";
import { ZeroAddress, id, parseEther } from "ethers";
import type { Signer } from "ethers";
import { z } from "zod";
import { deployContract, MANUAL_EXECUTION_DELAY_SECONDS, sendMessage } from "ccip-localnet";
import { abiCoder, encodeAddress, released } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { CLOSED } from "../../../lib/core/mesh/limit";
import type { FindOptions } from "../../../lib/diagnostics/find";
import type { Verdict } from "../../../lib/diagnostics/diagnosis";
import { ForwardingReceiver__factory } from "../../../typechain-types";
import { BROADCAST_GAS, encodeBroadcast, fromHome, indexOf } from "../../shared/broadcasting";
import { sendData } from "../../shared/ccipMessages";
import {
  alive,
  closing,
  diagnose,
  curseEverything,
  executeByHand,
  follow,
  setLimitsAs,
} from "../../shared/doctorFixture";
import { EXPECTED } from "../../shared/ccipExpectations";
import { corrupt, forgedWord, impose } from "../../shared/forgedMessages";
import { impersonate } from "../../shared/impersonate";
import { deployRouter } from "../../shared/routers";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";
import type { Route, Scenario } from "../../shared/scenario";
import { withUnsyncedSatellite } from "../../shared/unsynced";
import { WORLD_NAME } from "../../shared/world";

const AMOUNT = parseEther("100");
const ONE = parseEther("1");

/** Schema of the output when not every message could be executed. */
const partialSchema = z.object({
  messages: z.array(z.object({ messageId: z.string(), outcome: z.string() })),
  failed: z.object({ messageId: z.string(), error: z.string() }),
});

/** A message that failed at its destination, the doctor's diagnosis, and the fix. */
interface FailureCase {
  readonly what: string;
  /** Makes a message fail, and returns it. */
  readonly inject: (s: Scenario) => Promise<Message>;
  /** The contracts in the revert chain, outermost first. */
  readonly revertChain: readonly string[];
  readonly why: RegExp;
  /** The commands to run, with `<id>` in place of the id. */
  readonly commands: readonly string[];
  /** Effect of the commands before the execution; without it, the message can never be executed. */
  readonly fix?: (s: Scenario, commands: readonly string[]) => Promise<void>;
}

const EXECUTE = "npx hardhat message execute <id> --mesh local";
const APPLY = "npx hardhat mesh apply --mesh local";

const out = (s: Scenario): Route => ({ from: s.home, to: s.sat1 });

const POOL_OUT_OF_GAS: FailureCase = {
  what: "a pool that ran out of gas",
  inject: async (s) => {
    await s.grant(out(s), { gas: 30_000 });
    return failing(s, out(s));
  },
  revertChain: ["OffRamp TokenHandlingError", "pool no reason given"],
  why: /The pool on local-sat1 ran out of gas: it was given 30000, and succeeds with 150000/,
  commands: ["npx hardhat message execute <id> --token-gas 150000 --mesh local"],
  fix: () => Promise.resolve(),
};

const FAILURE_CASES: readonly FailureCase[] = [
  {
    what: "a paused token",
    inject: async (s) => {
      await mined(s.tokenOn(s.sat1, "guardian").pause());
      return failing(s, out(s));
    },
    revertChain: ["OffRamp TokenHandlingError", "token EnforcedPause"],
    why: /The token of local-sat1 is paused/,
    commands: ["npx hardhat token unpause --chain local-sat1 --mesh local", EXECUTE],
    fix: async (s) => void (await mined(s.tokenOn(s.sat1, "operations").unpause())),
  },
  ...(EXPECTED.capsPoolGas ? [POOL_OUT_OF_GAS] : []),
  {
    what: "a receiver that ran out of gas",
    inject: refusedForGas,
    revertChain: ["OffRamp ReceiverError", "receiver no reason given"],
    why: /The receiver 0x\w{40} on local-sat1 ran out of gas: it was given 20000/,
    commands: ["npx hardhat message execute <id> --receiver-gas 62500 --mesh local"],
    fix: () => Promise.resolve(),
  },
  {
    what: "a message above the inbound capacity",
    inject: async (s) => {
      const inbound = { isEnabled: true, capacity: 50n * ONE, rate: ONE };
      await s.setLimits(s.sat1, s.home, { inbound });
      return failing(s, out(s));
    },
    revertChain: ["OffRamp TokenHandlingError", "pool TokenMaxCapacityExceeded"],
    why: /The incoming 100\.00 RUSD never fit the inbound bucket of local-sat1 for local-home, which holds 50\.00 RUSD at most/,
    commands: [
      "npx hardhat limits set --from local-home --to local-sat1 --capacity 100000 --rate 100 --inbound-capacity 129650.3712 --inbound-rate 129.6503712 --mesh local",
      EXECUTE,
    ],
    fix: async (s, [command]) => {
      const [limits] = await s.poolOn(s.home).getCurrentRateLimiterState(s.sat1.selector, false);
      await setLimitsAs(s, command);
      await s.waitUntil(BigInt(await s.now()) + 2n);
      const [after] = await s.poolOn(s.home).getCurrentRateLimiterState(s.sat1.selector, false);
      expect([after.capacity, after.rate]).to.deep.equal([limits.capacity, limits.rate]);
    },
  },
  ...(["inbound", "outbound"] as const).map((end): FailureCase => ({
    what: `a lane whose ${end} bucket was closed on purpose`,
    inject: async (s) => {
      const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
      const narrow = { isEnabled: true, capacity: 50n * ONE, rate: ONE };
      const inbound = end === "inbound" ? CLOSED : narrow;
      if (end === "outbound") await s.setLimits(s.home, s.sat1, { outbound: CLOSED });
      await s.setLimits(s.sat1, s.home, { inbound });
      await s.verify(out(s));
      return failed(s, out(s), message);
    },
    revertChain: ["OffRamp TokenHandlingError", "pool TokenMaxCapacityExceeded"],
    why: /The lane from local-home to local-sat1 is closed on purpose: (?:.|\n)*ask who closed it before it is opened/,
    commands: [APPLY, EXECUTE],
    fix: (s) => s.setLimits(s.sat1, s.home, {}),
  })),
  {
    what: "an inbound bucket that is empty for now",
    inject: async (s) => {
      const inbound = { isEnabled: true, capacity: 150n * ONE, rate: ONE };
      await s.setLimits(s.sat1, s.home, { inbound });
      await s.waitUntil(BigInt(await s.now()) + 150n);
      await s.send(out(s), "alice", AMOUNT, s.address("carol"));
      expectSuccess(await s.deliver());
      return failing(s, out(s));
    },
    revertChain: ["OffRamp TokenHandlingError", "pool TokenRateLimitReached"],
    why: /had \d+\.\d\d RUSD left, and 100\.00 RUSD come in, and holds enough \d+ s later/,
    commands: [EXECUTE],
    fix: async (s) => s.waitUntil(BigInt(await s.now()) + 60n),
  },
  {
    what: "a remote pool that was removed too early",
    inject: removedTooEarly,
    revertChain: ["OffRamp TokenHandlingError", "pool InvalidSourcePoolAddress"],
    why: /The pool of local-sat1 does not know the pool that sent it, 0x\w{40} on local-home/,
    commands: [APPLY, EXECUTE],
    fix: async (s) => {
      const pool = s.poolOn(s.sat1, await s.timelock(s.sat1));
      await mined(pool.addRemotePool(s.home.selector, encodeAddress(s.home.contracts.pool)));
    },
  },
  {
    what: "a third party's pool that tries to mint our token",
    inject: async (s) => {
      const message = await impose(s, out(s), forgedWord({ shares: 10n ** 30n }));
      await s.verify(out(s));
      return failed(s, out(s), message);
    },
    revertChain: ["OffRamp TokenHandlingError", "pool InvalidSourcePoolAddress"],
    why: /It was sent by 0x\w{40}, which CCIP's registry on local-home has never named for our token\. Refusing it is right: never add it\.\n*$/,
    commands: [],
  },
  {
    what: "a pool that may not mint",
    inject: async (s) => {
      const token = s.tokenOn(s.sat1, await s.timelock(s.sat1));
      await mined(token.revokeRole(id("BRIDGE_ROLE"), s.sat1.contracts.pool));
      return failing(s, out(s));
    },
    revertChain: ["OffRamp TokenHandlingError", "token AccessControlUnauthorizedAccount"],
    why: /0x\w{40} lacks BRIDGE_ROLE on local-sat1/,
    commands: [APPLY, EXECUTE],
    fix: async (s) => {
      const token = s.tokenOn(s.sat1, await s.timelock(s.sat1));
      await mined(token.grantRole(id("BRIDGE_ROLE"), s.sat1.contracts.pool));
    },
  },
  {
    what: "a receiver that is paired with another",
    inject: async (s) => {
      await s.rebaseHome("5");
      const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
      await mined(receiver.setSource(s.home.selector, s.address("bob")));
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      await s.verify(out(s));
      return failed(s, out(s), message);
    },
    revertChain: ["OffRamp ReceiverError", "receiver UnexpectedSource"],
    why: /The receiver of local-sat1 is not paired with the home's broadcaster/,
    commands: [APPLY, EXECUTE],
    fix: async (s) => {
      const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
      await mined(receiver.setSource(s.home.selector, s.home.contracts.broadcaster));
    },
  },
  {
    what: "a receiver that takes nothing from CCIP's router",
    inject: async (s) => {
      await s.rebaseHome("5");
      const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
      await mined(receiver.setRouter((await deployRouter(s, s.sat1)).address));
      await mined(receiver.dropPreviousRouter());
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      await s.verify(out(s));
      return failed(s, out(s), message);
    },
    revertChain: ["OffRamp ReceiverError", "receiver InvalidRouter"],
    why: /handed it over through the router 0x\w{40} of local-sat1, from which the receiver takes nothing/,
    commands: [APPLY, EXECUTE],
    fix: async (s) => {
      const receiver = s.receiverOn(s.sat1, await s.timelock(s.sat1));
      await mined(receiver.setRouter(s.sat1.ccip.router));
    },
  },
  {
    what: "a broadcast by a third party",
    inject: async (s) => {
      const payload = encodeBroadcast(await indexOf(s, s.home));
      return told(s, out(s), s.signer(s.home, "thirdParty"), payload);
    },
    revertChain: ["OffRamp ReceiverError", "receiver UnexpectedSource"],
    why: /takes broadcasts from the home's broadcaster only; this is from 0x\w{40} on local-home\. Refusing it is right/,
    commands: [],
  },
  {
    what: "tokens that were sent with data to the receiver of broadcasts",
    inject: async (s) => {
      const { receiver } = s.sat1.contracts;
      const tokens = [{ token: s.home.contracts.token, amount: AMOUNT }];
      await mined(s.tokenOn(s.home, "alice").approve(s.home.ccip.router, AMOUNT));
      const sending = { receiver, data: "0x0102", gasLimit: 150_000n, tokens };
      const [message] = await sendData(s.lane(out(s)), [sending], s.signer(s.home, "alice"));
      await s.verify(out(s));
      return failed(s, out(s), message);
    },
    revertChain: ["OffRamp ReceiverError", "receiver UnexpectedSource"],
    why: /Refusing it is right\.\n *1\. the tokens that it carries stay in flight/,
    commands: [],
  },
  {
    what: "a broadcast that cannot be read",
    inject: async (s) => told(s, out(s), await broadcasterOf(s), "0x01"),
    revertChain: ["OffRamp ReceiverError", "receiver InvalidBroadcastLength"],
    why: /The receiver of local-sat1 cannot read the broadcast/,
    commands: ["npx hardhat rebase broadcast --mesh local"],
  },
  {
    what: "pool data that cannot be read",
    inject: async (s) => {
      const back = { from: s.sat1, to: s.home };
      await corrupt(s, s.sat1, forgedWord({ version: 2 }));
      return failing(s, back);
    },
    revertChain: ["OffRamp TokenHandlingError", "pool UnsupportedPoolDataVersion"],
    why: /The pool of local-home cannot read what 0x\w{40} on local-sat1 sent/,
    commands: ["npx hardhat mesh check --mesh local"],
  },
  {
    what: "more shares than are outstanding",
    inject: async (s) => {
      const back = { from: s.sat1, to: s.home };
      await s.setLimits(s.home, s.sat1, "unlimited");
      await corrupt(s, s.sat1, forgedWord({ shares: 10n ** 50n }));
      return failing(s, back);
    },
    revertChain: ["OffRamp TokenHandlingError", "token SharesExceedOutstanding"],
    why: /It returns 1(0{50}) shares to home, and only \d+ are outstanding/,
    commands: ["npx hardhat supply audit --mesh local"],
  },
];

describe(`The message doctor (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  });

  describe("explains a failed execution, with the command that repairs it:", () => {
    for (const { what, inject, revertChain, why, commands, fix } of FAILURE_CASES) {
      it(what, async () => {
        const s = scenario();
        const { messageId } = await inject(s);
        const sick = await about(s, messageId);
        expect(sick.verdict).to.equal("blocked");
        expect(sick.text).to.match(why);
        expect(revertChainOf(sick.text)).to.deep.equal(revertChain);
        expect(sick.commands).to.deep.equal(
          commands.map((line) => line.replace("<id>", messageId)),
        );
        if (!fix) return;

        await fix(s, sick.commands);
        await follow(s, sick.commands.at(-1));
        const healed = await about(s, messageId);
        expect(healed.verdict).to.equal("executed");
        expect(healed.commands).to.be.empty;
      });
    }

    it("a satellite that has no index yet", async () => {
      const s = await withUnsyncedSatellite(scenario());
      const route = { from: s.home, to: s.sat2 };
      const { messageId } = await failing(s, route);
      const sick = await about(s, messageId);
      expect(sick.text).to.include("local-sat2 has no index yet");
      expect(revertChainOf(sick.text)).to.deep.equal([
        "OffRamp TokenHandlingError",
        "token Unsynced",
      ]);
      expect(sick.commands).to.deep.equal([
        "npx hardhat rebase broadcast --mesh local",
        EXECUTE.replace("<id>", messageId),
      ]);
      await s.broadcastAll([s.sat2]);
      expectSuccess(await s.deliver());
      await follow(s, sick.commands.at(-1));
      expect((await about(s, messageId)).verdict).to.equal("executed");
    });

    it("a lane that the mesh file also closes, without a command that opens it", async () => {
      const s = scenario();
      const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
      await s.setLimits(s.sat1, s.home, { inbound: CLOSED });
      await s.verify(out(s));
      const { messageId } = await failed(s, out(s), message);
      const { text, commands } = await about(s, messageId, {}, closing(s.mesh, out(s)));
      expect(text).to.include("ask who closed it before it is opened");
      expect(commands).to.deep.equal([EXECUTE.replace("<id>", messageId)]);
    });

    it("and reports when the cause is gone", async () => {
      const s = scenario();
      await mined(s.tokenOn(s.sat1, "guardian").pause());
      const { messageId } = await failing(s, out(s));
      await mined(s.tokenOn(s.sat1, "operations").unpause());
      const { text, commands } = await about(s, messageId);
      expect(text).to.include("The cause is gone: simulated, it would succeed now.");
      expect(revertChainOf(text)).to.deep.equal([
        "OffRamp TokenHandlingError",
        "token EnforcedPause",
      ]);
      expect(commands).to.deep.equal([EXECUTE.replace("<id>", messageId)]);
    });

    it("a pool that was replaced, and removed too early: it is one of the mesh all the same", async () => {
      const s = scenario();
      const { messageId } = await removedTooEarly(s);
      const contracts = { ...s.home.contracts, pool: s.address("carol") };
      const { text } = await diagnose({ ...s.mesh, home: { ...s.home, contracts } }, messageId);
      expect(text)
        .to.include(`does not know the pool that sent it, ${s.home.contracts.pool} on local-home`)
        .and.to.include("a replaced pool has to stay known until what it sent has arrived");
    });

    it("and that more gas does not help where a receiver refuses", async () => {
      const s = scenario();
      const { owner } = s.ccipChain(s.sat1);
      const refusing = await deployContract(owner, released("revertingReceiver"), [true]);
      const admin = s.broadcaster(await s.timelock(s.home));
      await mined(admin.setDestination(s.sat1.selector, refusing, 150_000));
      await s.rebaseHome("5");
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      await s.verify(out(s));
      const { messageId } = await failed(s, out(s), message);
      const { text, verdict } = await about(s, messageId);
      expect(verdict).to.equal("blocked");
      expect(text).to.include(`The receiver ${refusing} on local-sat1`);
      expect(text).not.to.include("--receiver-gas");
    });
  });

  describe("reports the progress of a message:", () => {
    it("sent, committed, executed, and where, when and what has arrived", async () => {
      const s = scenario();
      const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
      const { messageId } = message;
      const sent = await about(s, messageId);
      expect(sent.verdict).to.equal("waiting");
      expect(sent.text)
        .to.match(EXPECTED.words.sent)
        .and.to.match(/would refuse it|it would succeed as things are/)
        .and.to.include(`transfer of 100.00 RUSD, ${s.sharesIn(message)} shares`);
      expect(sent.commands[0]).to.equal("npx hardhat localnet release");

      await s.verify(out(s));
      const committed = await about(s, messageId);
      expect(committed.verdict).to.equal("waiting");
      expect(committed.text).to.match(EXPECTED.words.vouchedFor);
      expect(committed.commands.at(-1)).to.equal(EXECUTE.replace("<id>", messageId));

      expectSuccess(await s.execute(out(s)));
      const executed = await about(s, messageId);
      expect(executed.verdict).to.equal("executed");
      expect(executed.text).to.include(
        `It was executed on local-sat1: ${s.address("bob")} got 100.00 RUSD.`,
      );
    });

    it("executed at a contract that passed half of it on: all that it got", async () => {
      const s = scenario();
      const { router } = s.ccipChain(s.sat1).ccip;
      const deployer = s.signer(s.sat1, "carol");
      const contract = await new ForwardingReceiver__factory(deployer).deploy(router);
      const receiver = await contract.getAddress();
      const sending = {
        receiver,
        data: abiCoder.encode(["address"], [s.address("bob")]),
        gasLimit: 200_000n,
        tokens: [{ token: s.home.contracts.token, amount: AMOUNT }],
      };
      const { messageId } = await sendMessage(s.lane(out(s)), sending, s.signer(s.home, "alice"));
      await s.verify(out(s));
      expectSuccess(await s.execute(out(s)));
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT / 2n);
      expect((await about(s, messageId)).text).to.include(`${receiver} got 100.00 RUSD.`);
    });

    for (const delay of EXPECTED.manualExecutionDelays) {
      it("committed and not executed until anyone may execute it", async () => {
        const s = scenario();
        const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
        await s.verify(out(s));
        await s.waitUntil(BigInt(await s.now()) + delay + 60n);
        const { verdict, text, commands } = await about(s, message.messageId);
        expect(verdict).to.equal("blocked");
        expect(text).to.include("CCIP has had 8 h: anybody may execute it by now.");
        await follow(s, commands[0]);
        expect((await about(s, message.messageId)).verdict).to.equal("executed");
      });
    }

    it("in flight to a paused chain: predicts the failure", async () => {
      const s = scenario();
      const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
      await mined(s.tokenOn(s.sat1, "guardian").pause());
      const { verdict, text, commands } = await about(s, message.messageId);
      expect(verdict).to.equal(EXPECTED.words.foretold);
      expect(text).to.include("As things are its execution would fail:");
      expect(commands[0]).to.equal("npx hardhat token unpause --chain local-sat1 --mesh local");
    });

    for (const stage of ["sent", "committed", "failed"] as const) {
      it(`${stage}, and the lane cursed at its destination`, async () => {
        const s = scenario();
        if (stage === "failed") await mined(s.tokenOn(s.sat1, "guardian").pause());
        const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
        if (stage !== "sent") await s.verify(out(s));
        if (stage === "failed") await s.execute(out(s));
        await s.curse(out(s));
        const { verdict, text, commands } = await about(s, message.messageId);
        expect(verdict).to.equal("blocked");
        expect(text).to.include("The RMN of local-sat1 curses local-home");
        expect(commands[0]).to.equal(
          "npx hardhat localnet uncurse --chain local-sat1 --remote local-home",
        );
        const live = await about(s, message.messageId, since(s.home), alive(s.mesh));
        const { address } = await accountOf(s.ccipChain(s.sat1).owner);
        expect(live.text).to.include(
          `only Chainlink's RMN can lift it (${address} on local-sat1): ask why it was cursed`,
        );
      });
    }
  });

  describe("reports the effect of a broadcast:", () => {
    it("a satellite applied its epoch, and home is at a newer one", async () => {
      const s = scenario();
      const effectiveAt = await s.rebaseHome("5");
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      expectSuccess(await s.deliver());
      const taken = await about(s, message?.messageId ?? "");
      expect([taken.verdict, taken.commands]).to.deep.equal(["executed", []]);
      expect(taken.text).to.include("executed on local-sat1, which took epoch 2");

      await s.waitUntil(effectiveAt);
      await s.rebaseHome("-2");
      const behind = await about(s, message?.messageId ?? "");
      expect(behind.verdict).to.equal("executed");
      expect(behind.commands).to.deep.equal(["npx hardhat rebase broadcast --mesh local"]);
    });

    it("it came after a newer one, as intended", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      const [late] = (await s.broadcastAll([s.sat1])).messages;
      const [early] = (await s.broadcastAll([s.sat1])).messages;
      if (!late || !early) throw new Error("Nothing was sent.");
      await s.verify(out(s));
      expectSuccess(await s.ccip.execute(s.lane(out(s)), [early]));
      const overtaken = await about(s, late.messageId);
      expect(overtaken.verdict).to.equal("superseded");
      expect(overtaken.text).to.include("has not been executed, and does not have to be");
      expectSuccess(await s.execute(out(s)));
      const ignored = await about(s, late.messageId);
      expect([ignored.verdict, ignored.commands]).to.deep.equal(["superseded", []]);
      expect(ignored.text).to.include("it changed nothing, as it should");
    });

    it("it failed, and a later one carried the same state", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      const payload = encodeBroadcast(await indexOf(s, s.home));
      const { messageId } = await told(s, out(s), await broadcasterOf(s), payload, 20_000n);
      await s.broadcastAll([s.sat1]);
      expectSuccess(await s.deliver());
      const { verdict, commands } = await about(s, messageId);
      expect([verdict, commands]).to.deep.equal(["superseded", []]);
    });

    it("another index for the current epoch", async () => {
      const s = scenario();
      await s.rebase("5");
      const state = await indexOf(s, s.home);
      const lie = encodeBroadcast({ ...state, next: state.next + 1n });
      const { receiver } = s.sat1.contracts;
      const [message] = await sendData(
        s.lane(out(s)),
        [{ receiver, data: lie, gasLimit: 150_000n }],
        await broadcasterOf(s),
      );
      expectSuccess(await s.deliver());
      const { verdict, text, commands } = await about(s, message?.messageId ?? "");
      expect(verdict).to.equal("without effect");
      expect(text).to.include("An honest home never has two indexes for one epoch");
      expect(commands).to.deep.equal(["npx hardhat token pause --chain local-sat1 --mesh local"]);
    });

    const deaf: { what: string; why: string; receiver: (s: Scenario) => string }[] = [
      { what: "an account without code", why: "without code", receiver: (s) => s.address("bob") },
      {
        what: "a contract of another kind",
        why: "that does not say by ERC-165 that it takes messages",
        receiver: (s) => s.sat1.contracts.token,
      },
    ];
    for (const { what, why, receiver } of deaf) {
      it(`none, because it was sent to ${what}`, async () => {
        const s = scenario();
        await s.rebaseHome("5");
        const admin = s.broadcaster(await s.timelock(s.home));
        await mined(admin.setDestination(s.sat1.selector, receiver(s), 150_000));
        const [message] = (await s.broadcastAll([s.sat1])).messages;
        expectSuccess(await s.deliver());
        const mute = await about(s, message?.messageId ?? "");
        expect(mute.verdict).to.equal("without effect");
        expect(mute.text)
          .to.include("CCIP counts it as executed, and called no receiver on local-sat1")
          .and.to.include(`CCIP passes over a receiver ${why}`);
        expect(mute.commands).to.deep.equal([APPLY, "npx hardhat rebase broadcast --mesh local"]);

        await mined(admin.setDestination(s.sat1.selector, s.sat1.contracts.receiver, 150_000));
        await s.broadcastAll([s.sat1]);
        expectSuccess(await s.deliver());
        const madeUp = await about(s, message?.messageId ?? "");
        expect([madeUp.verdict, madeUp.commands]).to.deep.equal(["superseded", []]);
      });
    }
  });

  describe("finds", () => {
    /** Hashes to diagnose, with the expected result. */
    const questions: {
      what: string;
      ask: (s: Scenario) => Promise<string>;
      verdicts: readonly Verdict[];
    }[] = [
      {
        what: "a transfer that is not executed, by its id",
        ask: async (s) => (await s.send(out(s), "alice", AMOUNT)).message.messageId,
        verdicts: ["waiting"],
      },
      {
        what: "a broadcast that is not executed, by its id",
        ask: async (s) => {
          await s.rebaseHome("5");
          return (await s.broadcastAll([s.sat2])).messages[0]?.messageId ?? "";
        },
        verdicts: ["waiting"],
      },
      {
        what: "a message of a third party, by its id",
        ask: async (s) => {
          const { receiver } = s.sat1.contracts;
          const [message] = await sendData(s.lane(out(s)), [{ receiver, data: "0x0102" }]);
          return message?.messageId ?? "";
        },
        verdicts: [EXPECTED.words.foretold],
      },
      {
        what: "every message of a broadcast, by its transaction",
        ask: async (s) => {
          await s.rebaseHome("5");
          const { receipt } = await s.broadcastAll();
          await s.verify(fromHome(s, s.sat2));
          expectSuccess(await s.execute(fromHome(s, s.sat2)));
          return receipt.hash;
        },
        verdicts: ["waiting", "executed"],
      },
      {
        what: "what a transaction executed, by its hash",
        ask: async (s) => {
          for (const holder of ["bob", "carol"] as const) {
            await s.send(out(s), "alice", AMOUNT, s.address(holder));
          }
          await s.verify(out(s));
          const [delivery] = await s.execute(out(s));
          return delivery?.transactionHash ?? "";
        },
        verdicts: EXPECTED.executedTogether.map(() => "executed"),
      },
    ];
    for (const { what, ask, verdicts } of questions) {
      for (const kind of ["local", "live"] as const) {
        it(`${what} (${kind})`, async () => {
          const s = scenario();
          const hash = await ask(s);
          const { reports } =
            kind === "local"
              ? await about(s, hash)
              : await about(s, hash, since(s.home), alive(s.mesh));
          expect(reports.map(({ diagnosis }) => diagnosis.verdict)).to.have.members(verdicts);
        });
      }
    }

    it("a lane that refused a broadcast, beside the one that accepted it", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      await s.curse(fromHome(s, s.sat2));
      const { receipt } = await s.broadcastAll();
      const { reports, text } = await about(s, receipt.hash);
      expect(reports.map(({ kind }) => kind)).to.deep.equal(["message", "refused lane"]);
      expect(text)
        .to.include("The lane from local-home to local-sat2 refused the broadcast")
        .and.to.include("The RMN of local-home curses local-sat2")
        .and.to.include("npx hardhat localnet uncurse --chain local-home --remote local-sat2")
        .and.to.include("npx hardhat rebase broadcast --mesh local");

      await s.uncurse(fromHome(s, s.sat2));
      await s.broadcastAll([s.sat2]);
      expectSuccess(await s.deliver());
      expect((await about(s, receipt.hash)).text).to.include(
        "local-sat2 is at epoch 2 all the same",
      );
    });

    it("a lane that refused a broadcast because everything is cursed", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      await curseEverything(s);
      const { hash } = await s.signer(s.home, "alice").sendTransaction({
        to: s.home.contracts.broadcaster,
        data: abi.broadcaster.encodeFunctionData("broadcast", [[s.sat1.selector], ZeroAddress, 0]),
        gasLimit: BROADCAST_GAS,
      });
      const { text, commands } = await about(s, hash);
      expect(text).to.include("The RMN of local-home curses everything");
      expect(commands[0]).to.equal("npx hardhat localnet uncurse --chain local-home");
    });

    for (const chain of EXPECTED.indexesIds ? [] : ["a live chain"]) {
      it(`nothing on ${chain} without a start block when only a scan is left`, async () => {
        const s = scenario();
        const { receiver } = s.sat1.contracts;
        const [message] = await sendData(s.lane(out(s)), [{ receiver, data: "0x0102" }]);
        await expect(about(s, message?.messageId ?? "", {}, alive(s.mesh))).to.be.rejectedWith(
          "--chain <network> --since <block>. The hash of its transaction is quicker.",
        );
      });
    }

    const mistakes: {
      what: string;
      hash: string;
      where?: Parameters<typeof diagnose>[2];
      says: string;
    }[] = [
      { what: "no hash", hash: "0x12", says: '"0x12" is neither a message id nor a transaction' },
      { what: "a hash of nothing", hash: id("nothing"), says: "is neither a transaction nor" },
      {
        what: "a chain outside of the mesh",
        hash: id("nothing"),
        where: { chain: "op-sepolia" },
        says: '--chain "op-sepolia" is not in mesh local: name one of local-home, local-sat1, local-sat2.',
      },
      {
        what: "a block without its chain",
        hash: id("nothing"),
        where: { since: 7 },
        says: "--since is a block of one chain: name it with --chain.",
      },
    ];
    for (const { what, hash, where, says } of mistakes) {
      it(`a problem with ${what}`, async () => {
        await expect(diagnose(scenario().mesh, hash, where)).to.be.rejectedWith(says);
      });
    }

    it("nothing in a successful transaction that sent nothing", async () => {
      const s = scenario();
      const { hash } = await mined(s.tokenOn(s.home, "guardian").pause());
      await expect(about(s, hash)).to.be.rejectedWith("there is nothing to diagnose");
    });
  });

  describe("is not needed for an execution by hand:", () => {
    it("a message of a batch, whose proof needs the others; reports when nothing is left to do", async () => {
      const s = scenario();
      await mined(s.tokenOn(s.sat1, "guardian").pause());
      const messages: Message[] = [];
      for (const holder of ["alice", "bob", "carol"] as const) {
        messages.push((await s.send(out(s), "alice", AMOUNT, s.address(holder))).message);
      }
      await s.verify(out(s));
      await s.execute(out(s));
      await mined(s.tokenOn(s.sat1, "operations").unpause());
      const [, second] = messages;
      const first = await executeByHand(s, second?.messageId ?? "");
      expect(first.text).to.match(/executed on local-sat1: 0x\w{64} \(\d+ gas\)\.$/);
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT);

      const again = await executeByHand(s, second?.messageId ?? "");
      expect(again.text).to.equal(
        `${second?.messageId} is executed on local-sat1 already: nothing to do.`,
      );
      await s.expectConserved();
    });

    it("a message that a third party executes meanwhile", async () => {
      const s = scenario();
      await mined(s.tokenOn(s.sat1, "guardian").pause());
      const { messageId } = await failing(s, out(s));
      await mined(s.tokenOn(s.sat1, "operations").unpause());
      const confirm = async () => void (await s.executeManually(out(s), messageId));
      const { results } = await executeByHand(s, messageId, { confirm });
      expect(results.map(({ outcome }) => outcome)).to.deep.equal(["already"]);
    });

    it("every message of a transaction", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      const { receipt } = await s.broadcastAll();
      for (const to of s.mesh.satellites) await s.verify(fromHome(s, to));
      await s.waitUntil(BigInt(await s.now()) + BigInt(MANUAL_EXECUTION_DELAY_SECONDS) + 60n);
      const { results } = await executeByHand(s, receipt.hash);
      expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed", "executed"]);
      for (const chain of s.all) expect(await s.tokenOn(chain).epoch()).to.equal(2n);
    });

    it("some messages of a transaction, listing them when a later one is refused", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      const { receipt, messages } = await s.broadcastAll();
      await s.verify(fromHome(s, s.sat1));
      await s.waitUntil(BigInt(await s.now()) + BigInt(MANUAL_EXECUTION_DELAY_SECONDS) + 60n);
      const printed: string[] = [];
      await expect(executeByHand(s, receipt.hash, { json: true }, printed)).to.be.rejectedWith(
        EXPECTED.words.notVouchedFor,
      );
      expect(printed).to.have.length(1);
      const document = partialSchema.parse(JSON.parse(printed.join()));
      expect(document.messages).to.deep.equal([
        { messageId: messages[0]?.messageId, outcome: "executed" },
      ]);
      expect(document.failed.messageId).to.equal(messages[1]?.messageId);
      expect(document.failed.error).to.match(EXPECTED.words.notVouchedFor);
      expect(await s.tokenOn(s.sat1).epoch()).to.equal(2n);
    });

    const refusals: {
      what: string;
      inject: (s: Scenario) => Promise<Message>;
      options?: Parameters<typeof executeByHand>[2];
      says: RegExp;
    }[] = [
      {
        what: "an unverified message",
        inject: async (s) => (await s.send(out(s), "alice", AMOUNT)).message,
        says: EXPECTED.words.notVouchedFor,
      },
      ...EXPECTED.manualExecutionDelays.map(() => ({
        what: "what CCIP has not tried yet",
        inject: async (s: Scenario) => {
          const { message } = await s.send(out(s), "alice", AMOUNT);
          await s.verify(out(s));
          return message;
        },
        says: /CCIP has not tried it yet, and nobody else may for a while/,
      })),
      {
        what: "what would fail again, with the reason",
        inject: async (s) => {
          await mined(s.tokenOn(s.sat1, "guardian").pause());
          return failing(s, out(s));
        },
        says: new RegExp(
          `nothing was sent\\. The token of local-sat1 is paused.*${EXPECTED.words.again}.*token: EnforcedPause`,
        ),
      },
      {
        what: "what would fail for the first time",
        inject: async (s) => {
          await mined(s.tokenOn(s.sat1, "guardian").pause());
          const { message } = await s.send(out(s), "alice", AMOUNT);
          await s.verify(out(s));
          await s.waitUntil(BigInt(await s.now()) + BigInt(MANUAL_EXECUTION_DELAY_SECONDS) + 60n);
          return message;
        },
        says: /nothing was sent\. The token of local-sat1 is paused/,
      },
      {
        what: "what is given less gas than it brought",
        inject: refusedForGas,
        options: { receiverGas: 19_999n },
        says: /The gas for the receiver can only be raised: the message brings 20000/,
      },
      {
        what: "what comes over a cursed lane",
        inject: async (s) => {
          await mined(s.tokenOn(s.sat1, "guardian").pause());
          const message = await failing(s, out(s));
          await mined(s.tokenOn(s.sat1, "operations").unpause());
          await s.curse(out(s));
          return message;
        },
        says: /RMN curses the lane on local-sat1/,
      },
      {
        what: "in the name of something that is no address",
        inject: refusedForGas,
        options: { receiverGas: 150_000n, account: "alice" },
        says: /--account "alice" is not an address/,
      },
    ];
    for (const { what, inject, options, says } of refusals) {
      it(`refuses ${what}, and sends nothing`, async () => {
        const s = scenario();
        const { messageId } = await inject(s);
        const count = () => s.sat1.provider.getTransactionCount(s.mesh.operator);
        const before = await count();
        await expect(executeByHand(s, messageId, options)).to.be.rejectedWith(says);
        expect(await count()).to.equal(before);
      });
    }

    it("asks first, and sends nothing when the answer is no", async () => {
      const s = scenario();
      const { messageId } = await refusedForGas(s);
      const questions: string[] = [];
      const confirm = (question: string) => {
        questions.push(question);
        return Promise.reject(new Error("you said no"));
      };
      const options = { receiverGas: 150_000n, account: s.address("thirdParty"), confirm };
      await expect(executeByHand(s, messageId, options)).to.be.rejectedWith("you said no");
      expect(questions).to.deep.equal([
        `Execute message ${messageId} on local-sat1 of mesh local, paid by ${s.address("thirdParty")}?`,
      ]);
      expect((await about(s, messageId)).verdict).to.equal("blocked");
    });
  });
});

/** Diagnoses a hash with the results of the local verifiers. */
function about(s: Scenario, hash: string, where: FindOptions = {}, mesh = s.mesh) {
  return diagnose(mesh, hash, where, s.ccip);
}

/** Returns the options of a search from the first block of a chain. */
function since({ name }: { readonly name: string }) {
  return { chain: name, since: 0 };
}

/** Sends tokens over a lane on which they fail. */
async function failing(s: Scenario, route: Route): Promise<Message> {
  const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
  await s.verify(route);
  return failed(s, route, message);
}

/** Executes a committed message and expects it to fail. */
async function failed(s: Scenario, route: Route, message: Message | undefined): Promise<Message> {
  if (!message) throw new Error("Nothing was sent.");
  const delivery = (await s.execute(route)).find((one) => one.messageId === message.messageId);
  expect(delivery?.state).to.equal("failure");
  return message;
}

/** Sends a payload to the receiver of the first satellite, where it fails. */
async function told(
  s: Scenario,
  route: Route,
  sender: Signer,
  data: string,
  gasLimit = 150_000n,
): Promise<Message> {
  const { receiver } = s.sat1.contracts;
  const [message] = await sendData(s.lane(route), [{ receiver, data, gasLimit }], sender);
  await s.verify(route);
  return failed(s, route, message);
}

/** Returns a transfer that fails, because the destination no longer knows the pool that sent it. */
async function removedTooEarly(s: Scenario): Promise<Message> {
  const { message } = await s.send(out(s), "alice", AMOUNT, s.address("bob"));
  const pool = s.poolOn(s.sat1, await s.timelock(s.sat1));
  await mined(pool.removeRemotePool(s.home.selector, encodeAddress(s.home.contracts.pool)));
  await s.verify(out(s));
  return failed(s, out(s), message);
}

/** Returns a broadcast whose receiver has too little gas. */
async function refusedForGas(s: Scenario): Promise<Message> {
  await s.rebaseHome("5");
  const payload = encodeBroadcast(await indexOf(s, s.home));
  return told(s, out(s), await broadcasterOf(s), payload, 20_000n);
}

/** Returns a signer for the home's broadcaster, as if it were compromised. */
function broadcasterOf(s: Scenario): Promise<Signer> {
  return impersonate(s.ccipChain(s.home).provider, s.home.contracts.broadcaster);
}

async function accountOf(signer: Signer): Promise<{ readonly address: string }> {
  return { address: await signer.getAddress() };
}

/** Returns the contracts in the printed revert chain, without the errors' arguments. */
function revertChainOf(text: string): string[] {
  const refusal = /  refused by\n((?: {4}.+\n)+)/.exec(text)?.[1] ?? "";
  return refusal
    .trimEnd()
    .split("\n")
    .map((line) =>
      line
        .trim()
        .replace(/ +/g, " ")
        .replace(/ ?\(.*$/, ""),
    );
}
