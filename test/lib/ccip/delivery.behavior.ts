import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";
import {
  advance,
  curse,
  DeliveryError,
  deployContract,
  localAccount,
  LocalCcip,
  MANUAL_EXECUTION_DELAY_SECONDS,
  sendAll,
  TransactionFailedError,
  uncurse,
} from "ccip-localnet";
import {
  committeeResults,
  decodeMessageV1,
  decodeRevert,
  encodeMessageV1,
  executionState,
  RampJournal,
  released,
  verifiedExecution,
} from "ccip-localnet/protocol";
import type {
  CcipChain,
  CcipVersion,
  Execution,
  GasOverrides,
  Lane,
  Message,
  Verification,
} from "ccip-localnet/protocol";

import { executeManually } from "../../shared/executeManually";
import { quote, receivedBy, sendData } from "../../shared/ccipMessages";

/** One world with three chains; every test delivers with a LocalCcip of its own. */
export interface World {
  readonly chains: readonly CcipChain[];
}

/** Expectations that differ between the versions of CCIP. */
const EXPECTED = {
  "1.6": {
    /** Transactions that execute fifty messages. */
    transactionsOfFifty: { atLeast: 1, atMost: 4 },
    /** Revert of a failed execution by hand. */
    failsAgain: "ExecutionError",
    /** Outcome of an execution by hand before any verification. */
    unverified: "not committed",
    /** True if a cursed source still quotes fees: it takes no message in either version. */
    quotesWhenCursed: false,
  },
  "2.0": {
    transactionsOfFifty: { atLeast: 50, atMost: 50 },
    failsAgain: "NoStateProgressMade",
    unverified: "No verifier has answered",
    quotesWhenCursed: true,
  },
} as const;

/**
 * Behaviour of messages on any node, and in either version of CCIP. Tests share the
 * chains, so each looks only at its own messages.
 */
export function shouldDeliverMessages(version: CcipVersion, world: () => World): void {
  const expected = EXPECTED[version];
  let ccip: LocalCcip;
  let lane: Lane;
  let back: Lane;
  let receiver: string;

  beforeEach(async () => {
    ccip = new LocalCcip(world().chains);
    lane = ccip.lane("local-home", "local-sat1");
    back = ccip.lane("local-sat1", "local-home");
    receiver = await deployContract(lane.destination.owner, released("loggingReceiver"));
  });

  afterEach(async () => {
    // Nothing may be left on a lane: the next test counts what is delivered.
    ccip.faults.clear();
    await ccip.deliver();
  });

  const datas = (count: number): { receiver: string; data: string }[] =>
    Array.from({ length: count }, (_, i) => ({ receiver, data: toBeHex(i + 1) }));

  const revertingReceiver = (): Promise<string> =>
    deployContract(lane.destination.owner, released("revertingReceiver"), [true]);

  const heal = async (address: string): Promise<void> => {
    const { interface: code } = released("revertingReceiver");
    const data = code.encodeFunctionData("setRevert", [false]);
    await sendAll(lane.destination.owner, [{ label: "setRevert", to: address, data }]);
  };

  const byHand = (message: Message, gas?: GasOverrides): Promise<Execution> => {
    const anybody = localAccount(7, lane.destination.provider);
    return executeManually(lane, message.messageId, anybody, gas, ccip);
  };

  it("quotes a fee within the range of a working lane", async () => {
    const fee = await quote(lane, { receiver });
    expect(fee).to.be.within(10n ** 14n, 10n ** 16n);
  });

  it("delivers a data message, once", async () => {
    const [message] = await sendData(lane, [{ receiver, data: "0x1234" }]);
    const deliveries = await ccip.deliver();

    expect(deliveries).to.have.length(1);
    expect(deliveries[0]).to.deep.include({
      messageId: message?.messageId,
      source: "local-home",
      destination: "local-sat1",
      state: "success",
      returnData: "0x",
    });
    expect(await receivedBy(lane.destination, receiver)).to.deep.equal(["0x1234"]);
    expect(await ccip.deliver()).to.deep.equal([]);
  });

  it("delivers on every lane in one round", async () => {
    const receivers = new Map<string, string>();
    for (const chain of world().chains) {
      receivers.set(chain.name, await deployContract(chain.owner, released("loggingReceiver")));
    }
    let sent = 0;
    for (const source of world().chains) {
      for (const destination of world().chains.filter((chain) => chain !== source)) {
        const address = receivers.get(destination.name) ?? "";
        await sendData({ source, destination }, [{ receiver: address, data: "0xaa" }]);
        sent += 1;
      }
    }
    const deliveries = await ccip.deliver();
    expect(deliveries.filter(({ state }) => state === "success")).to.have.length(sent);
  });

  it("verifies fifty messages at once and executes them in order", async () => {
    const messages = datas(50);
    const sent = await sendData(lane, messages);
    const verified = await ccip.verify(lane);
    expect(verified.map(({ messageId }) => messageId)).to.deep.equal(
      sent.map(({ messageId }) => messageId),
    );
    const deliveries = await ccip.execute(lane);
    expect(deliveries.every(({ state }) => state === "success")).to.equal(true);
    const transactions = new Set(deliveries.map(({ transactionHash }) => transactionHash));
    const { atLeast, atMost } = expected.transactionsOfFifty;
    expect(transactions.size).to.be.within(atLeast, atMost);
    expect(await receivedBy(lane.destination, receiver)).to.deep.equal(
      messages.map(({ data }) => data),
    );
  });

  it("does not execute a message again that another party has executed", async () => {
    await sendData(lane, datas(2));
    await ccip.deliver();
    const [verified] = await sendData(lane, datas(1));
    await ccip.verify(lane);

    const successor = new LocalCcip(world().chains);
    const deliveries = await successor.deliver();
    expect(deliveries.map(({ messageId }) => messageId)).to.deep.equal([verified?.messageId]);
    expect(await receivedBy(lane.destination, receiver)).to.have.length(3);
  });

  it("executes chosen messages in the order in which they are named, and no others", async () => {
    const [first, second, third] = await sendData(lane, datas(3));
    if (!first || !second || !third) throw new Error("nothing sent");
    await ccip.verify(lane);
    const deliveries = await ccip.execute(lane, [third, first]);
    expect(deliveries.map(({ messageId }) => messageId)).to.deep.equal([
      third.messageId,
      first.messageId,
    ]);
    const pending = await ccip.pending(lane);
    expect(pending.map(({ message }) => message.messageId)).to.deep.equal([second.messageId]);
  });

  if (version === "1.6") {
    it("tells what arrived on other lanes before the error of one", async () => {
      const told: unknown[] = [];
      ccip.faults.wrongSignature(lane);
      await sendData(lane, datas(1));
      const home = await deployContract(lane.source.owner, released("loggingReceiver"));
      const [message] = await sendData(back, [{ receiver: home, data: "0x01" }]);
      await new Promise<void>((resolve) => {
        ccip.start({
          onDelivery: ({ messageId }) => told.push(messageId),
          onError: (error) => {
            told.push(error instanceof DeliveryError);
            resolve();
          },
        });
      });
      await ccip.stop();
      expect(told).to.deep.equal([message?.messageId, true]);
    });

    it("keeps ordered messages of one sender in order", async () => {
      ccip.faults.reorder(lane);
      const messages = datas(3).map((message) => ({ ...message, outOfOrder: false }));
      await sendData(lane, messages);
      // Newest first: the OffRamp passes over a message whose predecessor is missing.
      for (let round = 0; round < 3; round += 1) await ccip.deliver();
      expect(await receivedBy(lane.destination, receiver)).to.deep.equal(
        messages.map(({ data }) => data),
      );
    });

    it("commits fifty messages under one root", async () => {
      const sent = await sendData(lane, datas(50));
      await ccip.verify(lane);
      const journal = new RampJournal(lane.destination);
      await journal.refresh();
      expect(journal.commitments(lane.source.selector).at(-1)).to.deep.include({
        minSequence: sent[0]?.sequenceNumber,
        maxSequence: sent[49]?.sequenceNumber,
      });
    });
  } else {
    it("packs a message as the OnRamp packed it", async () => {
      const [message] = await sendData(lane, [{ receiver, data: "0x1234", gasLimit: 123_456n }]);
      if (message?.version !== "2.0") throw new Error("nothing sent over CCIP 2.0");
      const { encoded, messageId } = message;
      expect(keccak256(encoded)).to.equal(messageId);
      expect(encodeMessageV1(decodeMessageV1(encoded))).to.equal(encoded);
      const { source, destination } = lane;
      expect(message).to.deep.include({
        sourceSelector: source.selector,
        destinationSelector: destination.selector,
        sender: localAccount(0).address,
        receiver,
        data: "0x1234",
        gasLimit: 123_456n,
        onRamp: source.ccip.onRamp,
        offRamp: destination.ccip.offRamp,
        tokens: [],
      });
      if (source.ccip.version !== "2.0") throw new Error("The source does not run CCIP 2.0.");
      expect(message.verifiers).to.deep.equal([source.ccip.verifierResolver]);
      expect(message.executor).to.equal(source.ccip.executor);
    });

    it("lets any account fail a message with wrong results, and executes it afterwards", async () => {
      const [message] = await sendData(lane, datas(1));
      if (message?.version !== "2.0") throw new Error("nothing sent over CCIP 2.0");
      const anybody = localAccount(7, lane.destination.provider);
      const call = verifiedExecution(message, [forgedBy(lane, message)]);
      await sendAll(anybody, [{ ...call, label: "execution with wrong results" }]);
      expect(await executionState(lane.destination, message)).to.equal("failure");

      expect((await ccip.deliver()).map(({ state }) => state)).to.deep.equal(["success"]);
      expect(await ccip.deliver()).to.deep.equal([]);
    });

    it("tries once what another account has failed, also when it fails again", async () => {
      const broken = await revertingReceiver();
      const [message] = await sendData(lane, [{ receiver: broken, data: "0x01" }]);
      if (message?.version !== "2.0") throw new Error("nothing sent over CCIP 2.0");
      const anybody = localAccount(7, lane.destination.provider);
      const call = verifiedExecution(message, [forgedBy(lane, message)]);
      await sendAll(anybody, [{ ...call, label: "execution with wrong results" }]);
      await expect(ccip.deliver()).to.be.rejectedWith(DeliveryError, "NoStateProgressMade");
      expect(await ccip.deliver()).to.deep.equal([]);
      expect(await executionState(lane.destination, message)).to.equal("failure");
      // An executor that starts anew tries it once more.
      await heal(broken);
      const anew = new LocalCcip(world().chains);
      expect((await anew.deliver()).map(({ state }) => state)).to.deep.equal(["success"]);
    });
  }

  describe("a receiver that reverts", () => {
    it("fails once, is not retried, and can be executed by hand by any account", async () => {
      const broken = await revertingReceiver();
      const [message] = await sendData(lane, [{ receiver: broken, data: "0x01" }]);
      if (!message) throw new Error("nothing sent");

      const [delivery] = await ccip.deliver();
      expect(delivery?.state).to.equal("failure");
      const reason = decodeRevert(delivery?.returnData ?? "0x");
      expect(reason.name).to.equal("ReceiverError");
      expect(reason.cause?.name).to.equal("CustomError");
      expect(await ccip.deliver()).to.deep.equal([]);
      expect(await executionState(lane.destination, message)).to.equal("failure");

      await expect(byHand(message)).to.be.rejectedWith(TransactionFailedError, expected.failsAgain);
      await heal(broken);
      const execution = await byHand(message, { receiverGas: 300_000n });
      expect(execution.state).to.equal("success");
      expect(await executionState(lane.destination, message)).to.equal("success");
      await expect(byHand(message)).to.be.rejectedWith("nothing is left to do");
    });

    it("does not stop the messages around it", async () => {
      const broken = await revertingReceiver();
      await sendData(lane, [...datas(1), { receiver: broken, data: "0x02" }, ...datas(1)]);
      const states = (await ccip.deliver()).map(({ state }) => state);
      expect(states).to.deep.equal(["success", "failure", "success"]);
    });
  });

  describe("faults", () => {
    it("holds a lane without affecting the others", async () => {
      const home = await deployContract(lane.source.owner, released("loggingReceiver"));
      ccip.faults.hold(lane);
      await sendData(lane, datas(1));
      await sendData(back, [{ receiver: home, data: "0x01" }]);

      const deliveries = await ccip.deliver();
      expect(deliveries.map(({ destination }) => destination)).to.deep.equal(["local-home"]);
      expect((await ccip.pending(lane)).map(({ verified }) => verified)).to.deep.equal([false]);

      ccip.faults.clear(lane);
      expect(await ccip.deliver()).to.have.length(1);
    });

    it("verifies and does not execute", async () => {
      ccip.faults.holdExecution(lane);
      await sendData(lane, datas(2));
      expect(await ccip.deliver()).to.deep.equal([]);
      expect((await ccip.pending(lane)).map(({ verified }) => verified)).to.deep.equal([
        true,
        true,
      ]);
    });

    it("delays execution by rounds", async () => {
      ccip.faults.delay(lane, { rounds: 2 });
      await sendData(lane, datas(1));
      const counts: number[] = [];
      for (let round = 0; round < 3; round += 1) counts.push((await ccip.deliver()).length);
      expect(counts).to.deep.equal([0, 0, 1]);
    });

    it("delays execution by seconds of the destination", async () => {
      ccip.faults.delay(lane, { seconds: 3_600 });
      await sendData(lane, datas(1));
      expect(await ccip.deliver()).to.have.length(0);
      await advance(world().chains, 3_000);
      expect(await ccip.deliver()).to.have.length(0);
      await advance(world().chains, 600);
      expect(await ccip.deliver()).to.have.length(1);
    });

    it("executes the newest message first", async () => {
      ccip.faults.reorder(lane);
      await sendData(lane, datas(3));
      await ccip.deliver();
      expect(await receivedBy(lane.destination, receiver)).to.deep.equal(["0x03", "0x02", "0x01"]);
    });

    it("lets any account execute a held message", async () => {
      ccip.faults.holdExecution(lane);
      const [message] = await sendData(lane, datas(1));
      if (!message) throw new Error("nothing sent");
      await expect(byHand(message)).to.be.rejectedWith(expected.unverified);
      await ccip.deliver();
      if (version === "1.6") {
        // Once its commit is eight hours old.
        await expect(byHand(message)).to.be.rejectedWith("ManualExecutionNotYetEnabled");
        await advance(world().chains, MANUAL_EXECUTION_DELAY_SECONDS + 1);
      }
      const { state } = await byHand(message);
      expect(state).to.equal("success");
      ccip.faults.clear();
      expect(await ccip.deliver()).to.deep.equal([]);
    });

    it("verifies nothing, and executes what is verified", async () => {
      const [before] = await sendData(lane, datas(1));
      await ccip.verify(lane);
      ccip.faults.verifierDown(lane);
      await sendData(lane, datas(1));
      expect((await ccip.deliver()).map(({ messageId }) => messageId)).to.deep.equal([
        before?.messageId,
      ]);
      expect((await ccip.pending(lane)).map(({ verified }) => verified)).to.deep.equal([false]);
      ccip.faults.clear(lane);
      expect(await ccip.deliver()).to.have.length(1);
    });

    it("drops messages permanently: they arrive by hand only", async () => {
      ccip.faults.drop(lane);
      const [message] = await sendData(lane, datas(1));
      if (!message) throw new Error("nothing sent");
      expect(await ccip.deliver()).to.deep.equal([]);
      ccip.faults.clear(lane);
      await sendData(lane, datas(1));
      expect(await ccip.deliver()).to.have.length(1);
      if (version === "1.6") await advance(world().chains, MANUAL_EXECUTION_DELAY_SECONDS + 1);
      expect((await byHand(message)).state).to.equal("success");
    });

    it("signs with unknown keys, which the contracts refuse", async () => {
      ccip.faults.wrongSignature(lane);
      const [message] = await sendData(lane, datas(1));
      if (!message) throw new Error("nothing sent");
      if (version === "1.6") {
        await expect(ccip.deliver()).to.be.rejectedWith(DeliveryError, "UnauthorizedSigner");
        ccip.faults.clear(lane);
        expect(await ccip.deliver()).to.have.length(1);
      } else {
        const [delivery] = await ccip.deliver();
        expect(delivery?.state).to.equal("failure");
        expect(decodeRevert(delivery?.returnData ?? "0x").name).to.equal("UnauthorizedSigner");
        ccip.faults.clear(lane);
        expect(await ccip.deliver()).to.deep.equal([]);
        expect((await byHand(message)).state).to.equal("success");
      }
    });

    it("executes with too little gas", async () => {
      ccip.faults.executorGas(lane, 200_000n);
      const [message] = await sendData(lane, datas(1));
      if (!message) throw new Error("nothing sent");
      expect((await ccip.deliver()).map(({ state }) => state)).to.deep.equal(["failure"]);
      ccip.faults.clear(lane);
      expect(await ccip.deliver()).to.deep.equal([]);
      expect((await byHand(message)).state).to.equal("success");
    });
  });

  describe("a curse", () => {
    it("at the source: CCIP takes no message", async () => {
      const value = await quote(lane, { receiver });
      await curse(lane, "source");
      try {
        await expect(sendData(lane, [{ receiver, value }])).to.be.rejectedWith(
          TransactionFailedError,
          "CursedByRMN",
        );
        const quoted = quote(lane, { receiver }).then(
          () => true,
          () => false,
        );
        expect(await quoted).to.equal(expected.quotesWhenCursed);
        await expect(quote(back, { receiver })).not.to.be.rejected;
      } finally {
        await uncurse(lane, "source");
      }
      await expect(quote(lane, { receiver })).not.to.be.rejected;
    });

    it("at the destination: the message waits until it is lifted", async () => {
      await curse(lane, "destination");
      try {
        await sendData(lane, datas(1));
        expect(await ccip.deliver()).to.deep.equal([]);
        // A caller who continues all the same meets the released contract.
        const inSpite = async () => {
          await ccip.verify(lane);
          await ccip.execute(lane);
        };
        await expect(inSpite()).to.be.rejectedWith(TransactionFailedError, "CursedByRMN");
      } finally {
        await uncurse(lane, "destination");
      }
      expect(await ccip.deliver()).to.have.length(1);
    });
  });

  it("still quotes fees after the clock has jumped by days", async () => {
    await advance(world().chains, 30 * 24 * 60 * 60);
    expect(await quote(lane, { receiver })).to.be.greaterThan(0n);
  });

  it("reports prices: a higher gas price raises the fee", async () => {
    const before = await quote(lane, { receiver });
    const destinationSelector = lane.destination.selector;
    const usdPerUnitGas = 3_000n * 10n ** 9n;
    await ccip.reportPrices(lane.source, {
      gas: [{ destinationSelector, usdPerUnitGas: 2n * usdPerUnitGas }],
    });
    expect(await quote(lane, { receiver })).to.be.greaterThan((before * 3n) / 2n);
    await ccip.reportPrices(lane.source, { gas: [{ destinationSelector, usdPerUnitGas }] });
    expect(await quote(lane, { receiver })).to.equal(before);
  });
}

/** Verifier results signed by an account outside the committee. */
function forgedBy({ destination: { ccip } }: Lane, { messageId }: Message): Verification {
  if (ccip.version !== "2.0") throw new Error("There are no verifiers before CCIP 2.0.");
  const results = committeeResults(messageId, [localAccount(1), localAccount(2)]);
  return { verifier: ccip.verifierResolver, results };
}
