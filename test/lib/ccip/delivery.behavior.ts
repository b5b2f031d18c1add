import { expect } from "chai";
import { toBeHex } from "ethers";

import { localAccount } from "../../../lib/ccip/accounts";
import type { CcipChain, Lane } from "../../../lib/ccip/chain";
import { MANUAL_EXECUTION_DELAY_SECONDS, deployContract } from "../../../lib/ccip/deploy";
import { LocalDon } from "../../../lib/ccip/don";
import { curse, uncurse } from "../../../lib/ccip/faults";
import { executeManually } from "../../../lib/ccip/manual";
import { released } from "../../../lib/ccip/releases";
import { decodeRevert } from "../../../lib/ccip/revert";
import { TransactionFailedError, sendAll } from "../../../lib/ccip/send";
import { executionState } from "../../../lib/ccip/status";
import { advance } from "../../../lib/localnet/clock";
import { quote, receivedBy, sendData } from "../../shared/ccipMessages";

/** One world with three chains and a fresh DON in every test. */
export interface World {
  readonly chains: readonly CcipChain[];
}

/**
 * What messages go through, whichever node runs the chains. Tests share the chains, so each looks
 * only at its own messages.
 */
export function shouldDeliverMessages(world: () => World): void {
  let don: LocalDon;
  let lane: Lane;
  let back: Lane;
  let receiver: string;

  beforeEach(async () => {
    don = new LocalDon(world().chains);
    lane = don.lane("local-home", "local-sat1");
    back = don.lane("local-sat1", "local-home");
    receiver = await deployContract(lane.destination.owner, released("loggingReceiver"));
  });

  afterEach(async () => {
    // Nothing may be left on a lane: the next test counts what is delivered.
    don.faults.clear();
    await don.deliver();
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

  it("quotes a fee, in the range of a live lane", async () => {
    const fee = await quote(lane, { receiver });
    expect(fee).to.be.within(10n ** 14n, 10n ** 16n);
  });

  it("delivers a data message, once", async () => {
    const [message] = await sendData(lane, [{ receiver, data: "0x1234" }]);
    const deliveries = await don.deliver();

    expect(deliveries).to.have.length(1);
    expect(deliveries[0]).to.deep.include({
      messageId: message?.messageId,
      source: "local-home",
      destination: "local-sat1",
      state: "success",
      returnData: "0x",
    });
    expect(await receivedBy(lane.destination, receiver)).to.deep.equal(["0x1234"]);
    expect(await don.deliver()).to.deep.equal([]);
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
    const deliveries = await don.deliver();
    expect(deliveries.filter(({ state }) => state === "success")).to.have.length(sent);
  });

  it("commits fifty messages under one root and executes them in order", async () => {
    const messages = datas(50);
    const sent = await sendData(lane, messages);
    const commitment = await don.commit(lane);
    expect(commitment).to.deep.include({
      minSequence: sent[0]?.sequenceNumber,
      maxSequence: sent[49]?.sequenceNumber,
    });
    const deliveries = await don.execute(lane);
    expect(deliveries.every(({ state }) => state === "success")).to.equal(true);
    const transactions = new Set(deliveries.map(({ transactionHash }) => transactionHash));
    expect(transactions.size).to.be.lessThan(5);
    expect(await receivedBy(lane.destination, receiver)).to.deep.equal(
      messages.map(({ data }) => data),
    );
  });

  it("does not execute again what another DON before it has executed", async () => {
    await sendData(lane, datas(2));
    await don.deliver();
    const [committed] = await sendData(lane, datas(1));
    await don.commit(lane);

    const successor = new LocalDon(world().chains);
    const deliveries = await successor.deliver();
    expect(deliveries.map(({ messageId }) => messageId)).to.deep.equal([committed?.messageId]);
    expect(await receivedBy(lane.destination, receiver)).to.have.length(3);
  });

  it("keeps ordered messages of one sender in order", async () => {
    don.faults.reorder(lane);
    const messages = datas(3).map((message) => ({ ...message, outOfOrder: false }));
    await sendData(lane, messages);
    // Newest first: the OffRamp passes over a message whose predecessor is missing.
    for (let round = 0; round < 3; round += 1) await don.deliver();
    expect(await receivedBy(lane.destination, receiver)).to.deep.equal(
      messages.map(({ data }) => data),
    );
  });

  describe("a receiver that reverts", () => {
    it("fails once, is not retried, and can be executed by hand by anybody", async () => {
      const broken = await revertingReceiver();
      const [message] = await sendData(lane, [{ receiver: broken, data: "0x01" }]);
      if (!message) throw new Error("nothing sent");

      const [delivery] = await don.deliver();
      expect(delivery?.state).to.equal("failure");
      const reason = decodeRevert(delivery?.returnData ?? "0x");
      expect(reason.name).to.equal("ReceiverError");
      expect(reason.cause?.name).to.equal("CustomError");
      expect(await don.deliver()).to.deep.equal([]);
      expect(await executionState(lane.destination, message)).to.equal("failure");

      const anybody = localAccount(7, lane.destination.provider);
      await expect(executeManually(lane, message.messageId, anybody)).to.be.rejectedWith(
        TransactionFailedError,
        "ExecutionError",
      );
      await heal(broken);
      const execution = await executeManually(lane, message.messageId, anybody, {
        receiverGas: 300_000n,
      });
      expect(execution.state).to.equal("success");
      expect(await executionState(lane.destination, message)).to.equal("success");
      await expect(executeManually(lane, message.messageId, anybody)).to.be.rejectedWith(
        "nothing is left to do",
      );
    });

    it("does not stop the messages around it", async () => {
      const broken = await revertingReceiver();
      await sendData(lane, [...datas(1), { receiver: broken, data: "0x02" }, ...datas(1)]);
      const states = (await don.deliver()).map(({ state }) => state);
      expect(states).to.deep.equal(["success", "failure", "success"]);
    });
  });

  describe("faults", () => {
    it("holds a lane and leaves the others alone", async () => {
      const home = await deployContract(lane.source.owner, released("loggingReceiver"));
      don.faults.hold(lane);
      await sendData(lane, datas(1));
      await sendData(back, [{ receiver: home, data: "0x01" }]);

      const deliveries = await don.deliver();
      expect(deliveries.map(({ destination }) => destination)).to.deep.equal(["local-home"]);
      expect((await don.pending(lane)).map(({ committed }) => committed)).to.deep.equal([false]);

      don.faults.clear(lane);
      expect(await don.deliver()).to.have.length(1);
    });

    it("commits and does not execute", async () => {
      don.faults.holdExecution(lane);
      await sendData(lane, datas(2));
      expect(await don.deliver()).to.deep.equal([]);
      expect((await don.pending(lane)).map(({ committed }) => committed)).to.deep.equal([
        true,
        true,
      ]);
    });

    it("delays execution by rounds", async () => {
      don.faults.delay(lane, { rounds: 2 });
      await sendData(lane, datas(1));
      const counts: number[] = [];
      for (let round = 0; round < 3; round += 1) counts.push((await don.deliver()).length);
      expect(counts).to.deep.equal([0, 0, 1]);
    });

    it("delays execution by seconds of the destination", async () => {
      don.faults.delay(lane, { seconds: 3_600 });
      await sendData(lane, datas(1));
      expect(await don.deliver()).to.have.length(0);
      await advance(world().chains, 3_000);
      expect(await don.deliver()).to.have.length(0);
      await advance(world().chains, 600);
      expect(await don.deliver()).to.have.length(1);
    });

    it("executes the newest message first", async () => {
      don.faults.reorder(lane);
      await sendData(lane, datas(3));
      await don.deliver();
      expect(await receivedBy(lane.destination, receiver)).to.deep.equal(["0x03", "0x02", "0x01"]);
    });

    it("lets anybody execute a held message once its commit is eight hours old", async () => {
      const anybody = localAccount(7, lane.destination.provider);
      don.faults.holdExecution(lane);
      const [message] = await sendData(lane, datas(1));
      if (!message) throw new Error("nothing sent");
      await expect(executeManually(lane, message.messageId, anybody)).to.be.rejectedWith(
        "not committed",
      );
      await don.deliver();
      await expect(executeManually(lane, message.messageId, anybody)).to.be.rejectedWith(
        "ManualExecutionNotYetEnabled",
      );
      await advance(world().chains, MANUAL_EXECUTION_DELAY_SECONDS + 1);
      const { state } = await executeManually(lane, message.messageId, anybody);
      expect(state).to.equal("success");
      don.faults.clear();
      expect(await don.deliver()).to.deep.equal([]);
    });
  });

  describe("a curse", () => {
    it("at the source: CCIP quotes no fee", async () => {
      await curse(lane, "source");
      try {
        await expect(quote(lane, { receiver })).to.be.rejected;
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
        expect(await don.deliver()).to.deep.equal([]);
        // Whoever commits in spite of it meets the real contract.
        await expect(don.commit(lane)).to.be.rejectedWith(TransactionFailedError, "CursedByRMN");
      } finally {
        await uncurse(lane, "destination");
      }
      expect(await don.deliver()).to.have.length(1);
    });
  });

  it("still quotes fees after days that nobody lived through", async () => {
    await advance(world().chains, 30 * 24 * 60 * 60);
    expect(await quote(lane, { receiver })).to.be.greaterThan(0n);
  });

  it("reports prices: dearer gas makes dearer messages", async () => {
    const before = await quote(lane, { receiver });
    const destinationSelector = lane.destination.selector;
    const usdPerUnitGas = 3_000n * 10n ** 9n;
    await don.reportPrices(lane.source, {
      gas: [{ destinationSelector, usdPerUnitGas: 2n * usdPerUnitGas }],
    });
    expect(await quote(lane, { receiver })).to.be.greaterThan((before * 3n) / 2n);
    await don.reportPrices(lane.source, { gas: [{ destinationSelector, usdPerUnitGas }] });
    expect(await quote(lane, { receiver })).to.equal(before);
  });
}
