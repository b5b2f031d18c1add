import { expect } from "chai";
import { concat, toBeHex, zeroPadValue } from "ethers";
import type { Signer } from "ethers";
import {
  call,
  configDigest,
  deployContract,
  OCR_PLUGIN,
  sendAll,
  sendEach,
  TransactionFailedError,
} from "ccip-localnet";
import {
  encodeAddress,
  encodeExecutionReports,
  executionGas,
  executionReport,
  executionState,
  RampJournal,
  rebuildBatch,
  released,
  reportContext,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { abi } from "../../lib/core/abis";
import { planMesh } from "../../lib/mesh/plan";
import { readMesh } from "../../lib/mesh/state";
import { openSteps } from "../../lib/mesh/step";
import { encodeBroadcast, fromHome, indexOf, outcomesOf, verdictOn } from "../shared/broadcasting";
import type { IndexState } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { broadcasterOf, tell } from "../shared/hostileHome";
import { impersonate } from "../shared/impersonate";
import { expectSuccess, failureOf, mined, useWorld } from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

/** Gas that CCIP gives a receiver to say what it is. */
const ERC165_GAS = 30_000n;

describe(`The receiver of a satellite (${WORLD_NAME})`, () => {
  let effectiveAt: bigint;
  const scenario = useWorld(async (s) => {
    effectiveAt = await s.rebaseHome("5");
  });

  describe("accepts only the home's broadcaster, and refuses", () => {
    /** A correct payload from another sender or another chain. */
    const thirdParties: {
      what: string;
      from: (s: Scenario) => Route;
      sender: (s: Scenario) => Promise<Signer>;
    }[] = [
      {
        what: "a third party at home",
        from: (s) => fromHome(s, s.sat1),
        sender: (s) => Promise.resolve(s.signer(s.home, "thirdParty")),
      },
      {
        what: "the timelock at home",
        from: (s) => fromHome(s, s.sat1),
        sender: (s) => s.timelock(s.home),
      },
      {
        what: "a third party on another satellite",
        from: (s) => ({ from: s.sat2, to: s.sat1 }),
        sender: (s) => Promise.resolve(s.signer(s.sat2, "thirdParty")),
      },
      {
        what: "the broadcaster's address on another satellite",
        from: (s) => ({ from: s.sat2, to: s.sat1 }),
        sender: (s) => impersonate(s.ccipChain(s.sat2).provider, s.home.contracts.broadcaster),
      },
    ];
    for (const { what, from, sender } of thirdParties) {
      it(`${what} with a correct payload [D2]`, async () => {
        const s = scenario();
        const route = from(s);
        const signer = await sender(s);
        const before = await indexOf(s, s.sat1);
        const message = await tell(s, route, signer, encodeBroadcast(await indexOf(s, s.home)));

        const told = `selector: ${route.from.selector}, sender: ${encodeAddress(await signer.getAddress())}`;
        const reason = EXPECTED.refusedByReceiver(`UnexpectedSource(${told})`);
        expect(outcomesOf(await s.execute(route))).to.deep.equal([`failure: ${reason}`]);
        expect(await failureOf(s.executeManually(route, message.messageId))).to.include(reason);
        expect(await indexOf(s, s.sat1)).to.deep.equal(before);
      });
    }

    /** Payloads of a compromised broadcaster, or of one of another version. */
    const payloads: { what: string; payload: (state: IndexState) => string; reason: string }[] = [
      { what: "nothing", payload: () => "0x", reason: "InvalidBroadcastLength(length: 0)" },
      {
        what: "half of the truth",
        payload: (state) => encodeBroadcast(state).slice(0, 2 + 64),
        reason: "InvalidBroadcastLength(length: 32)",
      },
      {
        what: "more than the truth",
        payload: (state) => concat([encodeBroadcast(state), "0x00"]),
        reason: "InvalidBroadcastLength(length: 65)",
      },
      {
        what: "another version",
        payload: (state) => `0x03${encodeBroadcast(state).slice(4)}`,
        reason: "UnsupportedBroadcastVersion(version: 3)",
      },
      {
        what: "bits that no version uses",
        payload: (state) => encodeBroadcast(state).replace(/^(0x.{62})00/, "$101"),
        reason: "InvalidBroadcastPadding(",
      },
    ];
    for (const { what, payload, reason } of payloads) {
      it(`${what}, even from the broadcaster, and accepts a correct one afterwards [D8]`, async () => {
        const s = scenario();
        const route = fromHome(s, s.sat1);
        const state = await indexOf(s, s.home);
        const before = await indexOf(s, s.sat1);
        await tell(s, route, await broadcasterOf(s), payload(state));
        const [outcome, ...others] = outcomesOf(await s.execute(route));
        expect(others).to.be.empty;
        expect(outcome).to.include(`failure: ReceiverError() <- ${reason}`);
        expect(await indexOf(s, s.sat1)).to.deep.equal(before);

        await s.broadcastAll([s.sat1]);
        expectSuccess(await s.deliver());
        expect(await indexOf(s, s.sat1)).to.deep.equal(state);
      });
    }
  });

  describe("drops with success, for a revert would keep it executable,", () => {
    /** States that no honest home sends, in a payload that can be read. */
    const implausible: { what: string; change: (now: bigint) => Partial<IndexState> }[] = [
      { what: "an index of zero", change: () => ({ current: 0n }) },
      { what: "an index below the lowest", change: () => ({ next: 10n ** 18n - 1n }) },
      { what: "an epoch far ahead", change: () => ({ epoch: 1_002n }) },
      {
        what: "a time far ahead",
        change: (now) => ({ effectiveAt: now + 100n * 24n * 60n * 60n }),
      },
    ];
    for (const { what, change } of implausible) {
      it(`${what}, even from the broadcaster, and accepts a correct one afterwards`, async () => {
        const s = scenario();
        const route = fromHome(s, s.sat1);
        const state = await indexOf(s, s.home);
        const before = await indexOf(s, s.sat1);
        const dropped = { ...state, ...change(BigInt(await s.now())) };
        await tell(s, route, await broadcasterOf(s), encodeBroadcast(dropped));
        const deliveries = await s.execute(route);
        expectSuccess(deliveries);
        const [delivery] = deliveries;
        if (!delivery) throw new Error("Nothing was executed.");
        expect(await verdictOn(s.sat1, delivery)).to.deep.equal([
          "BroadcastDropped",
          { epoch: dropped.epoch, effectiveAt: dropped.effectiveAt },
        ]);
        expect(await indexOf(s, s.sat1)).to.deep.equal(before);

        await s.broadcastAll([s.sat1]);
        expectSuccess(await s.deliver());
        expect(await indexOf(s, s.sat1)).to.deep.equal(state);
      });
    }
  });

  it("changes nothing for another index at its current epoch, and reports the conflict [D6, I21]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    await s.broadcastAll([s.sat1]);
    expectSuccess(await s.deliver());
    const state = await indexOf(s, s.sat1);

    const signer = await broadcasterOf(s);
    await tell(s, route, signer, encodeBroadcast({ ...state, next: state.next + 1n }));
    const deliveries = await s.execute(route);
    expectSuccess(deliveries);
    const [delivery] = deliveries;
    if (!delivery) throw new Error("Nothing was executed.");
    expect(await verdictOn(s.sat1, delivery)).to.deep.equal(["BroadcastConflicted", { epoch: 2n }]);
    expect(await indexOf(s, s.sat1)).to.deep.equal(state);
  });

  describe("loses no message", () => {
    it("that had too little gas: a third party executes it with more [D9, F4]", async () => {
      const s = scenario();
      const route = fromHome(s, s.sat1);
      const state = await indexOf(s, s.home);
      const before = await indexOf(s, s.sat1);
      const signer = await broadcasterOf(s);
      const message = await tell(s, route, signer, encodeBroadcast(state), 20_000n);
      expect(outcomesOf(await s.execute(route))).to.deep.equal([
        "failure: ReceiverError() <- no reason given (out of gas, or a bare revert)",
      ]);
      expect(await indexOf(s, s.sat1)).to.deep.equal(before);

      expect(
        await failureOf(s.executeManually(route, message.messageId, { receiverGas: 19_999n })),
      ).to.include(EXPECTED.tooLittleGas);
      expectSuccess([await s.executeManually(route, message.messageId, { receiverGas: 150_000n })]);
      expect(await indexOf(s, s.sat1)).to.deep.equal(state);
    });

    it("that failed and was overtaken: it succeeds and changes nothing [D14]", async () => {
      const s = scenario();
      const route = fromHome(s, s.sat1);
      const stale = encodeBroadcast(await indexOf(s, s.home));
      const message = await tell(s, route, await broadcasterOf(s), stale, 20_000n);
      expect((await s.execute(route)).map(({ state }) => state)).to.deep.equal(["failure"]);
      await s.waitUntil(effectiveAt);
      await s.rebase("-2", [s.sat1]);
      const newest = await indexOf(s, s.sat1);
      expect(newest.epoch).to.equal(3n);

      const execution = await s.executeManually(route, message.messageId, {
        receiverGas: 150_000n,
      });
      expectSuccess([execution]);
      expect(await verdictOn(s.sat1, execution)).to.deep.equal([
        "BroadcastIgnored",
        { epoch: 2n, currentEpoch: 3n },
      ]);
      expect(await indexOf(s, s.sat1)).to.deep.equal(newest);
    });

    it("that CCIP does not execute: a third party may, in 1.6 after eight hours [D11, F4]", async () => {
      const s = scenario();
      const route = fromHome(s, s.sat1);
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      if (!message) throw new Error("Nothing was sent.");
      await s.verify(route);
      const verifiedAt = BigInt(await s.now());
      for (const delay of EXPECTED.manualExecutionDelays) {
        await s.waitUntil(verifiedAt + delay - 60n);
        expect(await failureOf(s.executeManually(route, message.messageId))).to.include(
          `ManualExecutionNotYetEnabled(sourceChainSelector: ${s.home.selector})`,
        );
        expect(await executionState(s.ccipChain(s.sat1), message)).to.equal("untouched");
        await s.waitUntil(verifiedAt + delay + 60n);
      }
      expectSuccess([await s.executeManually(route, message.messageId)]);
      expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
    });

    it("and accepts none twice: the OffRamp skips an executed message [D4]", async () => {
      const s = scenario();
      const route = fromHome(s, s.sat1);
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      if (!message) throw new Error("Nothing was sent.");
      expectSuccess(await s.deliver());
      const state = await indexOf(s, s.sat1);

      expect(await executeAgain(s, route, message)).to.deep.equal([
        { name: "SkippedAlreadyExecutedMessage", args: EXPECTED.skipped(message) },
      ]);
      await expect(s.executeManually(route, message.messageId)).to.be.rejectedWith(
        `Message ${message.messageId} is executed on ${s.sat1.name}: nothing is left to do.`,
      );
      expect(await indexOf(s, s.sat1)).to.deep.equal(state);
    });
  });

  describe("is called, not skipped:", () => {
    const answers: { interfaceId: string; name: string; supported: boolean }[] = [
      { interfaceId: "0x85572ffb", name: "IAny2EVMMessageReceiver", supported: true },
      { interfaceId: "0x01ffc9a7", name: "IERC165", supported: true },
      { interfaceId: "0xffffffff", name: "the invalid interface", supported: false },
    ];
    for (const { interfaceId, name, supported } of answers) {
      it(`reports within the ramp's ${ERC165_GAS} gas that it ${supported ? "is" : "is not"} ${name} [D12, I28]`, async () => {
        const s = scenario();
        for (const chain of s.mesh.satellites) {
          const data = abi.receiver.encodeFunctionData("supportsInterface", [interfaceId]);
          // What a transaction pays before the first instruction: 21,000, 4 or 16 a byte.
          const intrinsic = 21_000n + 36n * 16n;
          const answer = await chain.provider.call({
            to: chain.contracts.receiver,
            data,
            gasLimit: intrinsic + ERC165_GAS,
          });
          expect(answer, chain.name).to.equal(zeroPadValue(toBeHex(supported ? 1 : 0), 32));
        }
      });
    }

    it("a satellite is at a newer epoch after its message succeeded [I29]", async () => {
      const s = scenario();
      await s.broadcastAll();
      const deliveries = await s.deliver();
      expectSuccess(deliveries);
      expect(deliveries).to.have.length(s.mesh.satellites.length);
      for (const chain of s.mesh.satellites) {
        expect(await s.tokenOn(chain).epoch(), chain.name).to.equal(2n);
      }
    });

    /** Receivers that the OffRamp skips: a success without effect, visible only in the epoch. */
    const deaf: { what: string; receiver: (s: Scenario) => Promise<string> | string }[] = [
      { what: "an account without code", receiver: (s) => s.address("bob") },
      { what: "a contract of another kind", receiver: (s) => s.sat1.contracts.token },
    ];
    for (const { what, receiver } of deaf) {
      it(`a destination that names ${what} is detected by the epoch and by the plan [D12]`, async () => {
        const s = scenario();
        const admin = s.broadcaster(await s.timelock(s.home));
        await mined(admin.setDestination(s.sat1.selector, await receiver(s), 150_000));
        await s.broadcastAll([s.sat1]);
        expectSuccess(await s.deliver());
        expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
        const open = openSteps(planMesh(s.mesh, await readMesh(s.mesh))).map(({ id }) => id);
        expect(open).to.deep.equal([`local-home/broadcaster/destination ${s.sat1.name}`]);

        await mined(admin.setDestination(s.sat1.selector, s.sat1.contracts.receiver, 150_000));
        await s.broadcastAll([s.sat1]);
        expectSuccess(await s.deliver());
        expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
      });
    }

    it("a destination that refuses everything fails without affecting the other satellite [D14, D15]", async () => {
      const s = scenario();
      const refusing = await deployContract(
        s.ccipChain(s.sat1).owner,
        released("revertingReceiver"),
        [true],
      );
      const admin = s.broadcaster(await s.timelock(s.home));
      await mined(admin.setDestination(s.sat1.selector, refusing, 150_000));
      await s.broadcastAll();
      const states = (await s.deliver()).map(({ destination, state }) => [destination, state]);
      expect(states).to.have.deep.members([
        [s.sat1.name, "failure"],
        [s.sat2.name, "success"],
      ]);
      expect(await s.tokenOn(s.sat2).epoch()).to.equal(2n);
    });
  });

  it("accepts by hand a message that it refused while paired with another broadcaster [D2, I30]", async () => {
    const s = scenario();
    const route = fromHome(s, s.sat1);
    const owner = s.receiverOn(s.sat1, await s.timelock(s.sat1));
    await mined(owner.setSource(s.home.selector, s.address("bob")));
    const [message] = (await s.broadcastAll([s.sat1])).messages;
    if (!message) throw new Error("Nothing was sent.");
    await s.verify(route);
    const sender = encodeAddress(s.home.contracts.broadcaster);
    expect(outcomesOf(await s.execute(route))).to.deep.equal([
      `failure: ${EXPECTED.refusedByReceiver(`UnexpectedSource(selector: ${s.home.selector}, sender: ${sender})`)}`,
    ]);

    await mined(owner.setSource(s.home.selector, s.home.contracts.broadcaster));
    expectSuccess([await s.executeManually(route, message.messageId)]);
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
  });
});

/** CCIP executes a message once more: what its OffRamp says, by an event or, in 2.0, by a revert. */
async function executeAgain(s: Scenario, route: Route, message: Message) {
  const lane = s.lane(route);
  if (message.version === "2.0") {
    const call = verifiedExecution(message, await s.ccip.verificationsOf(message.messageId));
    const [outcome] = await sendEach(lane.destination.transmitter, [{ ...call, label: "again" }]);
    const data = outcome instanceof TransactionFailedError ? outcome.revertData : "0x";
    const error = released("offRamp", "2.0").interface.parseError(data);
    return error ? [{ name: error.name, args: error.args.toArray() as unknown[] }] : [];
  }
  const [sent, received] = [new RampJournal(lane.source), new RampJournal(lane.destination)];
  await Promise.all([sent.refresh(), received.refresh()]);
  const commitment = received
    .commitments(message.sourceSelector)
    .find(({ maxSequence }) => maxSequence >= message.sequenceNumber);
  if (!commitment) throw new Error(`${message.messageId} is not committed.`);
  const report = executionReport(rebuildBatch(lane, sent, commitment), [message]);
  const { transmitter, ccip } = lane.destination;
  const [receipt] = await sendAll(transmitter, [
    {
      ...call(ccip, "offRamp", "execute", [
        reportContext(configDigest(ccip.offRamp, OCR_PLUGIN.execute), 0n),
        encodeExecutionReports([report]),
      ]),
      gasLimit: 500_000n + executionGas(message),
    },
  ]);
  const offRamp = released("offRamp").interface;
  return (receipt?.logs ?? []).flatMap((log) => {
    const event = log.address === ccip.offRamp ? offRamp.parseLog(log) : null;
    return !event || event.name === "Transmitted"
      ? []
      : [{ name: event.name, args: event.args.toArray() as unknown[] }];
  });
}
