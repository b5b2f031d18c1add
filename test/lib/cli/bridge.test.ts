import { setBalance, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther } from "ethers";
import type { Interface, Log, Provider } from "ethers";
import { curse } from "ccip-localnet";
import { released, sentTopics } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { areOpen, haveArrived, showStatus } from "../../../lib/cli/bridge/status";
import { showQuote } from "../../../lib/cli/bridge/quote";
import { bridgeTokens } from "../../../lib/cli/bridge/send";
import type { SendTaskOptions } from "../../../lib/cli/bridge/send";
import { explorerLink } from "../../../lib/cli/bridge/text";
import type { TransferInput } from "../../../lib/bridge/request";
import { abi } from "../../../lib/core/abis";
import { OperatorError } from "../../../lib/core/errors";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { CLOSED, inboundLimit, outboundLimit } from "../../../lib/core/mesh/limit";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { IncompleteLogsError } from "../../../lib/rpc/logCache";
import { NonceConflictError } from "../../../lib/tx/errors";
import { LinkToken__factory } from "../../../typechain-types";
import { EXPECTED } from "../../shared/ccipExpectations";
import { alive, closing } from "../../shared/doctorFixture";
import { hookedContextAt, silent } from "../../shared/operatorContext";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";
import type { Route, Scenario } from "../../shared/scenario";
import { silencedAfter } from "../../shared/noAnswer";
import { erc7201Slot } from "../../shared/storage";
import { endsBefore, thinProvider } from "../../shared/thinProvider";
import type { LeaveOut, Thinness } from "../../shared/thinProvider";

const AMOUNT = parseEther("12.5");
const AT_HOME = parseEther("300000");

/** The error when the logs of a token do not account for its shares. */
const SHORT =
  /^Nothing was sent\. Cannot tell what local-home has sent, because its endpoint leaves logs out: up to block \d+ they account for -?\d+ shares, and the token has \d+\. Try again later, or use another url\. If you know that it was not sent, add --again\.$/;

describe("bridge commands", () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", AT_HOME);
    await s.give(s.sat1, "alice", parseEther("1000"));
    await s.refillBuckets();
  });

  const route = (): Route => ({ from: scenario().home, to: scenario().sat1 });
  const words = (change: Partial<TransferInput> = {}): TransferInput => ({
    from: "local-home",
    to: "local-sat1",
    amount: "12.5",
    account: scenario().address("alice"),
    feeToken: "native",
    ...change,
  });
  const SEND = {
    json: false,
    noWait: false,
    again: false,
    confirm: () => Promise.resolve(),
    pollOptions: { pollMs: 5, timeoutMs: 20_000 },
  };
  const send = (
    { context, output }: Pick<ReturnType<typeof hookedContextAt>, "context" | "output">,
    change: Partial<SendTaskOptions> = {},
  ) => bridgeTokens(context, { ...words(), ...SEND, ...change }, output);
  const noncesOf = (account: string) => scenario().home.provider.getTransactionCount(account);

  describe("refuse what cannot be sent or would not arrive, before anything is signed:", () => {
    interface Case {
      readonly title: string;
      readonly words?: Partial<TransferInput>;
      readonly given?: (s: Scenario) => Promise<unknown>;
      readonly mesh?: (s: Scenario) => Mesh;
      readonly what: (s: Scenario) => string;
      readonly recovery: string;
    }
    const cases: readonly Case[] = [
      {
        title: "more than the account has",
        words: { from: "local-sat1", to: "local-home", amount: "1000.5" },
        what: (s) =>
          `${s.address("alice")} has 1000 tokens on local-sat1, and 1000.5 should leave.`,
        recovery: "Send less, or name another account with --account.",
      },
      {
        title: "more than may ever leave at once",
        words: { amount: "100000.1" },
        what: () =>
          "100,000.10 RUSD never fit the outbound bucket of local-home for local-sat1, which holds 100,000.00 RUSD at most.",
        recovery:
          "send it in parts, or raise the limit; `npx hardhat limits set --from local-home --to local-sat1 --capacity 100001 --rate 101 --mesh local`",
      },
      {
        title: "more than any limit could let leave",
        words: { amount: "400000000000000000000" },
        what: () =>
          "400,000,000,000,000,000,000.00 RUSD never fit the outbound bucket of local-home for local-sat1, which holds 100,000.00 RUSD at most.",
        recovery: "send it in parts; no limit can be raised above 262461544669251562824 tokens",
      },
      {
        title: "more than may leave now",
        words: { amount: "99000" },
        given: (s) => s.send(route(), "alice", parseEther("60000")),
        what: () =>
          "The outbound bucket of local-home for local-sat1 had 40,000.00 RUSD left, and holds enough 9 min 50 s later, if nothing else passes.",
        recovery: "wait until ",
      },
      {
        title: "more than may ever arrive at once",
        given: (s) => {
          const narrow = { isEnabled: true, capacity: parseEther("10"), rate: parseEther("1") };
          return s.setLimits(s.sat1, s.home, { inbound: narrow });
        },
        what: () =>
          "The incoming 12.50 RUSD never fit the inbound bucket of local-sat1 for local-home, which holds 10.00 RUSD at most.",
        recovery:
          "`npx hardhat limits set --from local-home --to local-sat1 --capacity 100000 --rate 100 --inbound-capacity 129650.3712 --inbound-rate 129.6503712 --mesh local`: lets it in",
      },
      {
        title: "a lane that is closed at its source",
        given: (s) =>
          s.setLimits(s.home, s.sat1, { outbound: CLOSED, inbound: inboundLimit(s.mesh.config) }),
        what: () =>
          "The lane from local-home to local-sat1 is closed, though the file of mesh local declares it open: nothing may leave local-home.",
        recovery:
          "Ask whether somebody closed it (`npx hardhat limits show --mesh local`). What opens it is a step of `npx hardhat mesh plan --mesh local`.",
      },
      {
        title: "a lane that is closed at its destination",
        given: (s) =>
          s.setLimits(s.sat1, s.home, { outbound: outboundLimit(s.mesh.config), inbound: CLOSED }),
        what: () =>
          "The lane from local-home to local-sat1 is closed, though the file of mesh local declares it open: nothing may arrive on local-sat1.",
        recovery:
          "Ask whether somebody closed it (`npx hardhat limits show --mesh local`). What opens it is a step of `npx hardhat mesh plan --mesh local`.",
      },
      {
        title: "a lane that the mesh file closes",
        mesh: (s) => closing(s.mesh, route()),
        given: async (s) => {
          await s.setLimits(s.home, s.sat1, {
            outbound: CLOSED,
            inbound: inboundLimit(s.mesh.config),
          });
          await s.setLimits(s.sat1, s.home, {
            outbound: outboundLimit(s.mesh.config),
            inbound: CLOSED,
          });
        },
        what: () =>
          "The lane from local-home to local-sat1 is closed on purpose, by the file of mesh local: nothing may leave local-home or arrive on local-sat1.",
        recovery:
          "Ask who closed it there. It opens once the file says so and `npx hardhat mesh apply --mesh local` has run.",
      },
      {
        title: "a lane that the mesh file closes, though it is open still",
        mesh: (s) => closing(s.mesh, route()),
        what: () =>
          "The lane from local-home to local-sat1 is closed on purpose, by the file of mesh local: nothing may pass.",
        recovery: "Ask who closed it there.",
      },
      {
        title: "a paused source",
        given: (s) => mined(s.tokenOn(s.home, "guardian").pause()),
        what: () =>
          "The token of local-home is paused: nothing moves there until it is unpaused. Nothing can be sent from it.",
        recovery:
          "`npx hardhat token unpause --chain local-home --mesh local`: after asking the guardian",
      },
      {
        title: "a paused destination",
        given: (s) => mined(s.tokenOn(s.sat1, "guardian").pause()),
        what: () =>
          "The token of local-sat1 is paused: nothing moves there until it is unpaused. What arrives on it fails, and has to be executed by hand later.",
        recovery:
          "`npx hardhat token unpause --chain local-sat1 --mesh local`: after asking the guardian",
      },
      {
        title: "an unsynced destination",
        given: (s) => unsync(s.sat1),
        what: () =>
          "local-sat1 has no index yet: no broadcast has reached it. What arrives on it fails",
        recovery: "`npx hardhat rebase broadcast --mesh local`: and wait",
      },
      {
        title: "an unsynced source",
        words: { from: "local-sat1", to: "local-home" },
        given: (s) => unsync(s.sat1),
        what: () => "local-sat1 has no index yet: no broadcast has reached it. Nothing can be sent",
        recovery: "`npx hardhat rebase broadcast --mesh local`: and wait",
      },
      {
        title: "a cursed lane",
        given: (s) => s.curse(route()),
        what: () =>
          "The RMN of local-home curses local-sat1: CCIP takes no message for it. Nothing can be sent.",
        recovery: "`npx hardhat localnet uncurse --chain local-home --remote local-sat1`",
      },
      {
        title: "a lane that its destination curses",
        given: (s) => curse(s.lane(route()), "destination"),
        what: () =>
          "RMN curses the lane on local-sat1: CCIP executes nothing from local-home there. What is sent waits, and is executed only after the curse is lifted.",
        recovery: "`npx hardhat localnet uncurse --chain local-sat1 --remote local-home`",
      },
      {
        title: "a cursed lane of a live mesh",
        given: (s) => s.curse(route()),
        mesh: (s) => alive(s.mesh),
        what: () =>
          "The RMN of local-home curses local-sat1: CCIP takes no message for it. Nothing can be sent.",
        recovery: "only Chainlink's RMN can lift it",
      },
      {
        title: "a destination that knows another pool",
        given: async (s) => {
          const pool = s.poolOn(s.sat1, await s.timelock(s.sat1));
          const [remote = "0x"] = await pool.getRemotePools(s.home.selector);
          await mined(pool.removeRemotePool(s.home.selector, remote));
        },
        what: (s) =>
          `The pool ${s.sat1.contracts.pool} of local-sat1 does not know the pool ${s.home.contracts.pool} of local-home.`,
        recovery: "See what is missing with `npx hardhat mesh plan --mesh local`.",
      },
      {
        title: "a source that does not know the destination",
        given: async (s) => {
          const pool = s.poolOn(s.home, await s.timelock(s.home));
          await mined(pool.applyChainUpdates([s.sat1.selector], []));
        },
        what: (s) => `The pool ${s.home.contracts.pool} of local-home does not know local-sat1.`,
        recovery: "See what is missing with `npx hardhat mesh plan --mesh local`.",
      },
      {
        title: "too little native for the fee",
        given: (s) => setBalance(s.address("alice"), 1_000n),
        what: (s) =>
          `${s.address("alice")} has 0.000000000000001 ETH on local-home, and the fee is 0.000`,
        recovery: "Fund it, or pay with --fee-token link.",
      },
      {
        title: "too little LINK for the fee",
        words: { feeToken: "link" },
        what: (s) => `${s.address("alice")} has 0.0 LINK on local-home, and the fee is 0.`,
        recovery: "Fund it, or pay with --fee-token native.",
      },
    ];
    for (const { title, words: change, given, mesh, what, recovery } of cases) {
      it(title, async () => {
        const s = scenario();
        await given?.(s);
        const asked = words(change);
        const at = hookedContextAt(s);
        const { output, printed } = at;
        const context = { ...at.context, mesh: mesh?.(s) ?? s.mesh };
        const { obstacles } = await showQuote(context, { ...asked, json: false }, output);
        expect(obstacles.length).to.be.greaterThan(0);
        expect(printed.join("\n")).to.include(`In the way: ${what(s)}`);
        expect(printed.join("\n")).to.include(`\n  ${recovery}`);

        const before = await noncesOf(s.address("alice"));
        const refusal = await send({ context, output }, asked).catch(
          (error: Error) => error.message,
        );
        expect(refusal).to.match(/^Nothing was sent\.\n/);
        expect(refusal).to.include(what(s));
        expect(refusal).to.include(recovery);
        expect(await noncesOf(s.address("alice"))).to.equal(before);
      });
    }

    for (const sink of ["token", "pool"] as const) {
      it(`the ${sink} of the destination as receiver`, async () => {
        const s = scenario();
        const receiver = s.sat1.contracts[sink];
        const { context, output } = hookedContextAt(s);
        await expect(send({ context, output }, { receiver })).to.be.rejectedWith(
          `The receiver ${receiver} is ${sink === "token" ? "the token" : "a pool"} of local-sat1: only its admin could get the tokens out again.\n  Name an account that can hold tokens with --receiver.`,
        );
      });
    }

    for (const { title, words: change, refusal } of [
      {
        title: "an amount that is none",
        words: { amount: "12,5" },
        refusal: '--amount "12,5" may mean 12.5 or 125',
      },
      { title: "nothing", words: { amount: "0.0" }, refusal: '--amount "0.0" is nothing' },
      {
        title: "more than can exist",
        words: { amount: `1${"0".repeat(24)}` },
        refusal:
          "cannot exist on local-home at its current index.\n  Send at most 411376139330301510538.",
      },
      {
        title: "a chain to itself",
        words: { to: "local-home" },
        refusal: "--from and --to are both local-home, and a lane leads from one chain to another",
      },
      {
        title: "an unknown chain",
        words: { to: "nowhere" },
        refusal:
          '--to "nowhere" is not in mesh local: name one of local-home, local-sat1, local-sat2.',
      },
      {
        title: "a receiver with a typing mistake",
        words: { receiver: "0x70997970C51812dc3A010C7d01b50e0d17dc79c8" },
        refusal:
          '--receiver "0x70997970C51812dc3A010C7d01b50e0d17dc79c8" has capitals that are not its checksum',
      },
      {
        title: "another fee token",
        words: { feeToken: "usdc" },
        refusal: "--fee-token usdc is not a fee token: write native or link",
      },
      {
        title: "an account whose key is not available",
        words: { account: "0x000000000000000000000000000000000000dEaD" },
        refusal: "which has to sign on local-home",
      },
    ] as const) {
      it(title, async () => {
        const at = hookedContextAt(scenario());
        await expect(send(at, change)).to.be.rejectedWith(refusal);
      });
    }

    it("without confirmation", async () => {
      const s = scenario();
      const before = await noncesOf(s.address("alice"));
      const questions: string[] = [];
      const confirm = (question: string) => {
        questions.push(question);
        return Promise.reject(new Error("Nothing was sent: you said no."));
      };
      await expect(send(hookedContextAt(s), { confirm })).to.be.rejectedWith("you said no");
      expect(questions.join()).to.match(
        /^Send 12\.5 RUSD from local-home to 0x\w{40} on local-sat1, for 0\.0\d+ ETH\?$/,
      );
      expect(await noncesOf(s.address("alice"))).to.equal(before);
    });
  });

  describe("send", () => {
    it("with exactly the fee and the allowance needed, and follow it to its arrival", async () => {
      const s = scenario();
      const alice = s.address("alice");
      const native = await s.home.provider.getBalance(alice);
      const at = hookedContextAt(s, async (text) => {
        if (text.startsWith("message")) await s.deliver();
      });
      const result = await send(at, { receiver: s.address("bob") });

      expect(result.stage).to.equal("executed");
      expect(await s.balanceOf(s.sat1, "bob")).to.equal(AMOUNT);
      expect(await s.tokenOn(s.home).allowance(alice, s.home.ccip.router)).to.equal(0n);
      expect(at.said.join("\n")).to.match(/\nsent {5}approve 12\.5 tokens for CCIP's router/);
      expect(at.said.join("\n")).to.match(/\nexecuted on local-sat1$/);
      expect(at.printed).to.deep.equal([
        `${result.message.messageId} arrived on local-sat1 in ${result.attempt?.transactionHash}.`,
      ]);
      const gas = await gasPaid(s.home, alice, 2);
      expect(native - (await s.home.provider.getBalance(alice))).to.equal(gas + result.fee);
    });

    it("with LINK, approving exactly the fee", async () => {
      const s = scenario();
      const { home } = s;
      const link = LinkToken__factory.connect(home.ccip.link, s.ccipChain(home).owner);
      await mined(link.transfer(s.address("alice"), parseEther("5")));
      const result = await send(hookedContextAt(s), { feeToken: "link", noWait: true });
      expect(result.message.feeToken).to.equal(home.ccip.link);
      expect(await link.balanceOf(s.address("alice"))).to.equal(parseEther("5") - result.fee);
      expect(await link.allowance(s.address("alice"), home.ccip.router)).to.equal(0n);
    });

    it("without a second approval", async () => {
      const s = scenario();
      const { router } = s.home.ccip;
      await mined(s.tokenOn(s.home, "alice").approve(router, AMOUNT));
      const before = await noncesOf(s.address("alice"));
      await send(hookedContextAt(s), { noWait: true });
      expect(await noncesOf(s.address("alice"))).to.equal(before + 1);
    });

    it("no tokens once the fee has risen by more than a tenth since it was shown", async () => {
      const s = scenario();
      const held = await s.balanceOf(s.home, "alice");
      const confirm = () => {
        const gas = [{ destinationSelector: s.sat1.selector, usdPerUnitGas: 10n ** 13n }];
        return s.ccip.reportPrices(s.ccipChain(s.home), { gas });
      };
      await expect(send(hookedContextAt(s), { confirm })).to.be.rejectedWith(
        /^The fee on local-home rose from \d+ to \d+ since it was quoted\. No tokens were sent/,
      );
      expect(await s.balanceOf(s.home, "alice")).to.equal(held);
    });

    it("with an approval where less than the amount is allowed", async () => {
      const s = scenario();
      const { router } = s.home.ccip;
      await mined(s.tokenOn(s.home, "alice").approve(router, AMOUNT - 1n));
      const before = await noncesOf(s.address("alice"));
      await send(hookedContextAt(s), { noWait: true });
      expect(await noncesOf(s.address("alice"))).to.equal(before + 2);
      expect(await s.tokenOn(s.home).allowance(s.address("alice"), router)).to.equal(0n);
    });

    it("and report why it failed, with the command that diagnoses it", async () => {
      const s = scenario();
      const at = hookedContextAt(s, async (text) => {
        if (!text.startsWith("message")) return;
        await mined(s.tokenOn(s.sat1, "guardian").pause());
        await s.deliver();
      });
      const { stage, message } = await send(at);
      expect(stage).to.equal("failed");
      expect(at.printed.join("\n")).to.include(
        `${message.messageId} failed on local-sat1: ${EXPECTED.refusedByPool(s.sat1, "EnforcedPause()")}`,
      );
      expect(at.printed.join("\n")).to.include(
        `npx hardhat message doctor ${message.messageId} --mesh local`,
      );
    });

    it("and print how to continue when it takes too long", async () => {
      const s = scenario();
      const at = hookedContextAt(s);
      const { stage, message } = await send(at, { pollOptions: { pollMs: 1, timeoutMs: 5 } });
      expect(stage).to.equal("final");
      expect(at.printed.join("\n")).to.equal(
        `${message.messageId} takes longer than expected: final on local-home, ${EXPECTED.waitsFor("local-sat1")}.\n` +
          `See how far it is with \`npx hardhat bridge status ${message.messageId} --mesh local\`; do not send again.`,
      );
    });

    it("as one JSON document", async () => {
      const s = scenario();
      const at = hookedContextAt(s);
      const { message, fee } = await send(at, { json: true, noWait: true });
      expect(JSON.parse(at.printed.join("\n"))).to.deep.include({
        messageId: message.messageId,
        source: "local-home",
        destination: "local-sat1",
        amount: AMOUNT.toString(),
        fee: fee.toString(),
        feeToken: "native",
        stage: "sent",
      });
    });
  });

  describe("never send twice:", () => {
    it("a transfer in flight requires --again", async () => {
      const s = scenario();
      const { message } = await send(hookedContextAt(s), { noWait: true });
      await expect(send(hookedContextAt(s), { noWait: true })).to.be.rejectedWith(
        `The same transfer is in flight already, as message ${message.messageId} of transaction ${message.transactionHash}: follow it with \`npx hardhat bridge status ${message.messageId} --mesh local\`, or add --again`,
      );
      const second = await send(hookedContextAt(s), { noWait: true, again: true });
      expect(second.message.sequenceNumber).to.equal(message.sequenceNumber + 1n);
    });

    it("an arrived transfer is named before the confirmation, however old, and whatever followed it", async () => {
      const s = scenario();
      const { message } = await send(hookedContextAt(s), { noWait: true });
      expectSuccess(await s.deliver());
      const questions: string[] = [];
      const confirm = (question: string) => Promise.resolve(void questions.push(question));
      await s.waitUntil(BigInt(await s.now()) + 86_400n);
      await send(hookedContextAt(s), { confirm, noWait: true });
      expect(questions[0]).to.match(
        new RegExp(
          `^The same transfer was sent before, as message ${message.messageId} of transaction ${message.transactionHash}, and has arrived on local-sat1\\. Send `,
        ),
      );
      expectSuccess(await s.deliver());
      for (const other of [{ amount: "12.6" }, { receiver: s.address("bob") }]) {
        await send(hookedContextAt(s), { ...other, confirm, noWait: true });
        expect(questions.at(-1)).to.match(/^Send /);
      }
    });

    it("a transfer that failed may still arrive, though the same one has arrived since", async () => {
      const s = scenario();
      const { message } = await send(hookedContextAt(s), { noWait: true });
      await mined(s.tokenOn(s.sat1, "guardian").pause());
      await s.deliver();
      await mined(s.tokenOn(s.sat1, "operations").unpause());
      await send(hookedContextAt(s), { noWait: true, again: true });
      expectSuccess(await s.deliver());
      await expect(send(hookedContextAt(s), { noWait: true })).to.be.rejectedWith(
        `The same transfer is in flight already, as message ${message.messageId} of`,
      );
    });

    describe("through a source endpoint that leaves logs out:", () => {
      const SENT = Object.values(sentTopics());
      const SHARES = abi.token.getEvent("TransferShares").topicHash;
      const lag = { attempts: 2, pauseMs: 1, maxPauseMs: 1 };
      /** A context whose source omits logs; the message that is sent first is known by then. */
      const through = (s: Scenario, thinness: Thinness) => {
        const { provider } = thinProvider(s.home.provider, thinness);
        const { context, output } = hookedContextAt(s);
        const home = { ...s.mesh.home, provider };
        return { context: { ...context, mesh: { ...s.mesh, home } }, output };
      };
      const tokenLog = ({ address }: Log) => address === scenario().home.contracts.token;
      const LEFT_OUT: readonly {
        readonly what: string;
        readonly leaveOut: (message: Message) => LeaveOut;
        readonly why: RegExp;
      }[] = [
        { what: "of the newest block", leaveOut: () => endsBefore(1), why: SHORT },
        { what: "of the five newest blocks", leaveOut: () => endsBefore(5), why: SHORT },
        {
          what: "of the block in which it was sent, in the middle of others",
          leaveOut:
            ({ blockNumber }) =>
            (log) =>
              log.blockNumber === blockNumber,
          why: SHORT,
        },
        {
          what: "of shares from that block on, and of nothing else",
          leaveOut:
            ({ blockNumber }) =>
            ({ topics, blockNumber: block }) =>
              topics[0] === SHARES && block >= blockNumber,
          why: SHORT,
        },
        { what: "of the token, all of them", leaveOut: () => tokenLog, why: SHORT },
      ];
      for (const { what, leaveOut, why } of LEFT_OUT) {
        it(`${what}: nothing is sent, because the result is unknown`, async () => {
          const s = scenario();
          const { message } = await send(hookedContextAt(s), { noWait: true });
          const before = await noncesOf(s.address("alice"));
          const at = through(s, { leaveOut: leaveOut(message) });
          await expect(send(at, { noWait: true, lag })).to.be.rejectedWith(
            IncompleteLogsError,
            why,
          );
          expect(await noncesOf(s.address("alice"))).to.equal(before);
          await send(at, { noWait: true, again: true });
        });
      }

      it("as many arriving as leaving shares: the lane has counted those that left", async () => {
        const s = scenario();
        const block = await s.home.provider.getBlockNumber();
        await s.mint("alice", AMOUNT);
        const { message } = await send(hookedContextAt(s), { noWait: true });
        const before = await noncesOf(s.address("alice"));
        const at = through(s, { leaveOut: ({ blockNumber }) => blockNumber > block });
        await expect(send(at, { noWait: true, lag })).to.be.rejectedWith(
          `Nothing was sent. Cannot tell whether the same transfer was sent before, because the endpoint of local-home leaves out message ${message.sequenceNumber} of lane local-home -> local-sat1`,
        );
        expect(await noncesOf(s.address("alice"))).to.equal(before);
      });

      it("other senders' messages on the lane's OnRamp: ours are not known completely", async () => {
        const s = scenario();
        await send(hookedContextAt(s), { noWait: true });
        await s.broadcastAll();
        const at = through(s, { leaveOut: ({ topics: [topic = ""] }) => SENT.includes(topic) });
        await expect(send(at, { noWait: true, lag })).to.be.rejectedWith("leaves out message");
      });

      it("twice through one that lags behind its newest block: sent once", async () => {
        const s = scenario();
        await s.refillBuckets();
        const at = through(s, { leaveOut: endsBefore(1) });
        await send(at, { noWait: true, lag });
        await expect(send(at, { noWait: true, lag })).to.be.rejectedWith(
          IncompleteLogsError,
          SHORT,
        );
        expect((await s.audit()).inFlight).to.have.length(1);
      });

      it("once: a second look finds it", async () => {
        const s = scenario();
        const { message } = await send(hookedContextAt(s), { noWait: true });
        const at = through(s, { leaveOut: endsBefore(5), leavesOut: 1 });
        await expect(send(at, { noWait: true, lag })).to.be.rejectedWith(
          `in flight already, as message ${message.messageId}`,
        );
      });
    });

    it("a transfer in flight, through an endpoint that lags after the quote", async () => {
      const s = scenario();
      const { message } = await send(hookedContextAt(s), { noWait: true });
      const { blockNumber } = message;
      // Home is asked for the quote and for the index, and then for what is in flight.
      const latest = [blockNumber, blockNumber, blockNumber - 1];
      const { provider } = thinProvider(s.home.provider, { latest });
      const { context, output } = hookedContextAt(s);
      const mesh = { ...s.mesh, home: { ...s.mesh.home, provider } };
      await expect(
        send({ context: { ...context, mesh }, output }, { noWait: true }),
      ).to.be.rejectedWith(`in flight already, as message ${message.messageId}`);
    });

    it("queries the destination for no other transfer, however many there were", async () => {
      const s = scenario();
      await s.send({ from: s.sat1, to: s.home }, "alice", AMOUNT);
      await s.send({ from: s.home, to: s.sat1 }, "alice", AMOUNT + 1n);
      const destination = thinProvider(s.sat1.provider, {});
      const states = counting(destination.provider, released("offRamp").interface);
      const { context, output } = hookedContextAt(s);
      const satellites = s.mesh.satellites.map((satellite) =>
        satellite.name === s.sat1.name ? { ...satellite, provider: states.provider } : satellite,
      );
      const at = { context: { ...context, mesh: { ...s.mesh, satellites } }, output };
      await send(at, { noWait: true });
      expect([states.calls(), destination.logRequests(), destination.receipts()]).to.deep.equal([
        0, 0, 0,
      ]);
    });

    it("of two concurrent runs, one sends, or both send the same transaction", async () => {
      const s = scenario();
      const before = await s.tokenOn(s.home).balanceOf(s.address("alice"));
      const outcomes = await Promise.allSettled([
        send(hookedContextAt(s), { noWait: true }),
        send(hookedContextAt(s), { noWait: true }),
      ]);
      const messages = outcomes.flatMap((outcome) =>
        outcome.status === "fulfilled" ? [outcome.value.message.messageId] : [],
      );
      expect(new Set(messages).size).to.equal(1);
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        // A caller overtaken at the approval knows that nothing was sent; at the transfer the outcome is unknown.
        const reason: unknown = outcome.reason;
        expect(reason instanceof OperatorError ? reason.cause : reason).to.be.instanceOf(
          NonceConflictError,
        );
      }
      expect(before - (await s.tokenOn(s.home).balanceOf(s.address("alice")))).to.equal(AMOUNT);
    });

    it("a quote made before the account sent something else", async () => {
      const s = scenario();
      const confirm = async () => {
        await mined(s.tokenOn(s.home, "alice").transfer(s.address("bob"), 1n));
      };
      await expect(send(hookedContextAt(s), { confirm })).to.be.rejectedWith(
        NonceConflictError,
        "so this one was not sent: look at the chain again",
      );
      expect((await s.audit()).inFlight).to.be.empty;
    });

    it("names the message to check when the endpoint stops answering after the transfer", async () => {
      const s = scenario();
      const { context, output } = hookedContextAt(s);
      // The first transaction is the approval.
      const silent: OperatorContext = {
        ...context,
        signerFor: async (chain, account) =>
          silencedAfter(await context.signerFor(chain, account), 2),
        sendOptions: () => ({ times: { giveUpAfter: 20 } }),
      };
      const failure: unknown = await send({ context: silent, output }).catch(
        (error: unknown) => error,
      );
      expect(failure).to.be.instanceOf(OperatorError);
      const { code, message } = failure as OperatorError;
      expect(code).to.equal("OUTCOME_UNKNOWN");
      const hash = /0x[0-9a-f]{64}/.exec(message)?.[0] ?? "";
      expect(message).to.include(
        `${hash} may have been accepted. Do not send again before you know: ask \`npx hardhat bridge status ${hash} --mesh local\`.`,
      );
      const [status] = await showStatus(context, { hash, json: false }, output);
      expect(status?.kind === "message" && status.reached?.stage).to.equal("final");
    });
  });

  describe("quote", () => {
    it("the amount that arrives now, after a pending rebase, and once a satellite is synced", async () => {
      const s = scenario();
      const effectiveAt = await s.rebaseHome("5");
      await s.broadcastAll([s.sat1]);
      await s.deliver();
      const ask = async (change: Partial<TransferInput>) => {
        const at = hookedContextAt(s);
        await showQuote(at.context, { ...words(change), json: false }, at.output);
        return at.printed.join("\n");
      };
      const time = new Date(Number(effectiveAt) * 1_000).toISOString().replace(".000Z", "Z");
      expect(await ask({})).to.match(
        new RegExp(
          `arrives {5}12\\.5 tokens at the index of local-sat1 now.*\\n +13\\.12\\d+ tokens from ${time} on`,
        ),
      );
      expect(await ask({ to: "local-sat2" })).to.match(
        /13\.12\d+ tokens once it is synced: it is 1 rebase behind home\n/,
      );
    });

    it("both fees, both buckets and no obstacle, with every amount in wei in JSON", async () => {
      const s = scenario();
      const at = hookedContextAt(s);
      await showQuote(at.context, { ...words(), json: false }, at.output);
      expect(at.printed.join("\n")).to.match(/fee {9}0\.\d+ ETH, or 0\.\d+ LINK\n/);
      expect(at.printed.join("\n")).to.include(
        "may leave   100,000.00 of 100,000.00 tokens now, +100/s",
      );
      expect(at.printed.join("\n")).to.include("may arrive  129,650.37 of 129,650.37 tokens now");
      expect(at.printed.join("\n")).to.match(/\nNothing is in the way\.$/);

      const machine = hookedContextAt(s);
      await showQuote(machine.context, { ...words(), json: true }, machine.output);
      expect(JSON.parse(machine.printed.join("\n"))).to.deep.include({
        fits: true,
        amount: AMOUNT.toString(),
        arriving: AMOUNT.toString(),
        obstacles: [],
      });
    });

    it("without reading balances of an unspecified account", async () => {
      const s = scenario();
      const asked = { from: "local-home", to: "local-sat1", amount: "99999" };
      const { context, output } = hookedContextAt(s);
      const { obstacles, quote } = await showQuote(context, { ...asked, json: false }, output);
      expect([obstacles, quote.balances]).to.deep.equal([[], undefined]);
    });
  });

  describe("report the progress of a message", () => {
    it("by its id and by its transaction, at each stage", async () => {
      const s = scenario();
      const { message } = await s.send(route(), "alice", AMOUNT);
      const status = async (hash: string) => {
        const at = hookedContextAt(s);
        const statuses = await showStatus(at.context, { hash, json: false }, at.output);
        return { statuses, text: at.printed.join("\n") };
      };
      const early = await status(message.transactionHash);
      expect(early.text).to.include(`final on local-home, ${EXPECTED.waitsFor("local-sat1")}`);
      expect(haveArrived(early.statuses)).to.equal(false);

      await s.verify(route());
      expect((await status(message.messageId)).text).to.include(
        EXPECTED.vouchedFor("local-home", "local-sat1"),
      );
      await s.execute(route());
      for (const hash of [message.messageId, message.transactionHash]) {
        const { statuses, text } = await status(hash);
        expect(text).to.include(
          `message ${message.messageId}\n  local-home -> local-sat1, 12.5 tokens, from ${message.sender}`,
        );
        expect(text).to.match(/\n {2}executed on local-sat1 in 0x\w{64}$/);
        expect(haveArrived(statuses)).to.equal(true);
      }
    });

    it("for every message that a transaction sent, broadcasts included", async () => {
      const s = scenario();
      const { receipt } = await s.broadcastAll();
      const { context, output } = hookedContextAt(s);
      const statuses = await showStatus(context, { hash: receipt.hash, json: true }, output);
      expect(
        statuses.map((item) => item.kind === "message" && item.destination.name),
      ).to.deep.equal(["local-sat1", "local-sat2"]);
    });

    it("as far as the answering chains allow", async () => {
      const s = scenario();
      const { message } = await s.send(route(), "alice", AMOUNT);
      await s.verify(route());
      await s.execute(route());
      const whole = hookedContextAt(s);
      const arrival = { hash: message.messageId, json: false };
      const [status] = await showStatus(whole.context, arrival, whole.output);
      const executedIn = status?.kind === "message" ? status.reached?.attempt?.transactionHash : "";
      if (!executedIn) throw new Error("The message was not executed.");
      const { messageId, transactionHash } = message;
      const unknown = `0x${"ab".repeat(32)}`;
      const done = "executed on local-sat1";
      const unclear = "cannot tell how far it is until local-sat1 is read";
      const nothing = (hash: string, chain: string) =>
        `cannot tell what ${hash} is until ${chain} is read`;
      const cases: readonly [absent: string, hash: string, says: string, stage?: string | null][] =
        [
          ["local-sat2", messageId, done, "executed"],
          ["local-sat2", transactionHash, done, "executed"],
          ["local-sat2", executedIn, done, "executed"],
          ["local-sat2", unknown, nothing(unknown, "local-sat2")],
          ["local-sat1", messageId, unclear, null],
          ["local-sat1", transactionHash, unclear, null],
          ["local-home", messageId, nothing(messageId, "local-home")],
          ["local-home", transactionHash, nothing(transactionHash, "local-home")],
          ["local-home", executedIn, nothing(executedIn, "local-home")],
        ];
      for (const [absent, hash, says, stage] of cases) {
        const at = hookedContextAt(s);
        const context = silent(at.context, absent);
        const statuses = await showStatus(context, { hash, json: false }, at.output);
        expect(at.printed.join("\n"), absent).to.include(says);
        expect(at.said.join("\n")).to.include(`${absent} was not read: `);
        expect(haveArrived(statuses), absent).to.equal(stage === "executed");
        expect(areOpen(statuses), absent).to.equal(stage !== "executed");

        const machine = hookedContextAt(s);
        await showStatus(context, { hash, json: true }, machine.output);
        const document = JSON.parse(machine.printed.join("\n")) as {
          unread: Record<string, string>;
          found: { stage: string | null }[];
        };
        expect(Object.keys(document.unread)).to.deep.equal([absent]);
        const stages = document.found.map((item) => item.stage);
        expect(stages, absent).to.deep.equal(stage === undefined ? [] : [stage]);
      }
    });

    it("and refuse an id that is neither", async () => {
      const s = scenario();
      const { context, output } = hookedContextAt(s);
      const ask = (hash: string) => showStatus(context, { hash, json: false }, output);
      await expect(ask("0x12")).to.be.rejectedWith(
        '"0x12" is neither a message id nor a transaction hash',
      );
      const unknown = `0x${"ab".repeat(32)}`;
      await expect(ask(unknown)).to.be.rejectedWith(
        new RegExp(
          `^${unknown} is neither a transaction nor a message that was sent from any chain of mesh local.* no proof that nothing was sent\\.$`,
        ),
      );
    });

    it("with a link to CCIP's explorer on live chains only", () => {
      const messageId = `0x${"12".repeat(32)}`;
      expect(explorerLink("local-home", messageId)).to.equal(undefined);
      expect(explorerLink("ethereum-sepolia", messageId)).to.equal(
        `https://ccip.chain.link/msg/${messageId}`,
      );
    });
  });
});

/** Reads the gas cost of an account's last transactions. */
async function gasPaid({ provider }: MeshChain, account: string, count: number): Promise<bigint> {
  let paid = 0n;
  let left = count;
  for (let number = await provider.getBlockNumber(); left > 0; number--) {
    const block = await provider.getBlock(number, true);
    for (const { from, hash } of block?.prefetchedTransactions ?? []) {
      if (from !== account || left === 0) continue;
      const receipt = await provider.getTransactionReceipt(hash);
      paid += receipt?.fee ?? 0n;
      left -= 1;
    }
  }
  return paid;
}

/** A token as it is before the first broadcast. */
async function unsync({ contracts }: MeshChain): Promise<void> {
  const slot = erc7201Slot("ccip-rebase-token.RebaseToken");
  await setStorageAt(contracts.token, slot, 0n);
  await setStorageAt(contracts.token, slot + 1n, 0n);
}

/** A provider that counts the calls by which an OffRamp is asked for the state of a message. */
function counting(inner: Provider, offRamp: Interface) {
  const selector = offRamp.getFunction("getExecutionState")?.selector ?? "0x";
  let calls = 0;
  const provider = new Proxy(inner, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (key === "call" && JSON.stringify(args[0]).includes(selector)) calls += 1;
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { provider, calls: () => calls };
}
