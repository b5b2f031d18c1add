import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Transaction, parseEther, toQuantity } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { localAccount, startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { localChain } from "../../../config/localChains";
import { openProvider } from "../../../lib/rpc/provider";
import {
  NonceConflictError,
  TransactionTimeoutError,
  NotSentError,
  TransactionRejectedError,
  RevertedError,
  GasPriceTooHighError,
  UnknownOutcomeError,
} from "../../../lib/tx/errors";
import { sendTransaction, sendTransactions, settle } from "../../../lib/tx/send";
import type { SendOptions } from "../../../lib/tx/send";
import { faultOn, startFaultyRpc } from "../../shared/faultyRpc";
import type { Fault, FaultyRpc, RpcCall } from "../../shared/faultyRpc";

const CHAIN = { name: "local-home" };
const ALICE = localAccount(7);
const BOB = localAccount(8).address;
/** Reverts with Error("no"). */
const REFUSER = "0x00000000000000000000000000000000000000fe";
const REFUSER_CODE = "0x6308c379a060e01b60005260206004526002602452616e6f60f01b60445260646000fd";

/** Faults of an endpoint, by name. */
const FAULTS: Readonly<Record<string, Fault>> = {
  nothing: "hang",
  "status 429": "429",
  throttling: "throttled",
  "a broken connection": "break",
  "an answer that is lost": "lose answer",
  "status 502": { body: "<html>Bad Gateway</html>", status: 502 },
  "status 200 and a page": { body: "<!DOCTYPE html><title>One moment</title>" },
  "status 200 and nothing": { spoil: () => "" },
  "an answer that is cut": { spoil: (answer) => answer.slice(0, -9) },
  "an answer to another question": {
    spoil: (answer) => answer.replaceAll(/"id":(\d)/g, '"id":9$1'),
  },
  "a result of another type": { pretend: () => ({ hello: "world" }) },
  "a result that is no result": {
    spoil: (answer) => answer.replace(/"result":/g, '"value":'),
  },
};

describe("Sending transactions", () => {
  let directory: string;
  let anvil: Anvil;
  let rpc: FaultyRpc;
  let provider: JsonRpcProvider;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "send-"));
    anvil = await startAnvil({ ...localChain(0), logFile: path.join(directory, "anvil.log") });
  });

  after(async () => {
    await anvil.stop();
    rmSync(directory, { recursive: true });
  });

  beforeEach(async () => {
    await node("anvil_reset", []);
    await node("anvil_setCode", [REFUSER, REFUSER_CODE]);
    rpc = await startFaultyRpc(anvil.url);
    provider = await openProvider(CHAIN.name, rpc.url, BigInt(localChain(0).chainId), {
      answerTimeoutMs: 300,
      retryPolicy: { attempts: 4, pauseMs: 5, maxPauseMs: 20 },
    });
  });

  afterEach(async () => {
    provider.destroy();
    await rpc.close();
    await node("evm_setAutomine", [true]);
  });

  const node = (method: string, params: unknown[]) => anvil.provider.send(method, params);
  const minedOf = (account = ALICE.address) => anvil.provider.getTransactionCount(account);
  const pay = (label: string, wei = 1n) => ({ label, to: BOB, value: wei });
  const rawSends = () => rpc.calls.filter(({ method }) => method === "eth_sendRawTransaction");
  const send = (transactions: Parameters<typeof sendTransactions>[2], options: SendOptions = {}) =>
    sendTransactions(CHAIN, ALICE.connect(provider), transactions, {
      ...options,
      times: { recheckEvery: 30, giveUpAfter: 5_000, ...options.times },
    });

  it("sends them in order, with the estimated gas and a margin", async () => {
    const hashes: string[] = [];
    const outcomes = await send([pay("first"), pay("second"), pay("third")], {
      onSent: (label, hash) => hashes.push(`${label} ${hash}`),
    });
    expect(outcomes.map(({ label, receipt }) => `${label} ${receipt?.hash}`)).to.deep.equal(hashes);
    expect(await minedOf()).to.equal(3);
    const transaction = await provider.getTransaction(outcomes[0]?.receipt?.hash ?? "");
    expect(transaction?.type).to.equal(2);
    expect(transaction?.gasLimit).to.equal((21_000n * 130n) / 100n + 20_000n);
  });

  it("sends nothing, and queries nothing, for an empty list", async () => {
    const before = rpc.calls.length;
    expect(await send([])).to.deep.equal([]);
    expect(rpc.calls.length).to.equal(before);
  });

  it("uses the nonce at which a decision was made, or sends nothing", async () => {
    const nonce = await minedOf();
    await send([pay("somebody was faster")]);
    const outcomes = await send([{ ...pay("late"), nonce }, pay("what follows it")]);
    expect(outcomes.map(({ error }) => error?.name)).to.deep.equal([
      "NonceConflictError",
      "NotSentError",
    ]);
    const [inTime] = await send([{ ...pay("in time"), nonce: nonce + 1 }]);
    expect(inTime?.receipt?.status).to.equal(1);
    expect(await minedOf()).to.equal(nonce + 2);
  });

  describe("survives an endpoint that", () => {
    const METHODS = [
      "eth_getTransactionCount",
      "eth_estimateGas",
      "eth_sendRawTransaction",
      "eth_getTransactionReceipt",
    ];
    for (const method of METHODS) {
      for (const [name, fault] of Object.entries(FAULTS)) {
        it(`answers ${method} with ${name}, and sends nothing twice`, async () => {
          rpc.inject(faultOn(method, fault, 2));
          const outcomes = await send([pay("a"), pay("b")]);
          expect(outcomes.map(({ error }) => error)).to.deep.equal([undefined, undefined]);
          expect(await minedOf()).to.equal(2);
          expect(await anvil.provider.getBalance(BOB)).to.equal(parseEther("10000") + 2n);
        });
      }
    }

    it("loses every answer to a transaction that it accepted", async () => {
      rpc.inject(faultOn("eth_sendRawTransaction", "lose answer", 100));
      const [outcome] = await send([pay("a")]);
      expect(outcome?.receipt?.status).to.equal(1);
      expect(await minedOf()).to.equal(1);
    });

    it("accepts a transaction and drops it", async () => {
      let forgotten = 0;
      rpc.inject((calls) => {
        const raw = calls.some(({ method }) => method === "eth_sendRawTransaction");
        return raw && forgotten++ === 0 ? { pretend: hashOfRaw } : "pass";
      });
      const [outcome] = await send([pay("a")]);
      expect(outcome?.receipt?.status).to.equal(1);
      expect(rawSends().length).to.be.greaterThan(1);
      expect(new Set(rawSends().map(({ params }) => params[0])).size, "the same bytes").to.equal(1);
    });

    it("lags: mined transactions do not show for a while", async () => {
      let answers = 0;
      const stale = new Map<string, unknown>([
        ["eth_getTransactionCount", "0x0"],
        ["eth_getTransactionReceipt", null],
        ["eth_getTransactionByHash", null],
      ]);
      rpc.inject((calls) => {
        const all = calls.every(({ method }) => stale.has(method));
        return all && answers++ < 40
          ? { pretend: ({ method }: RpcCall) => stale.get(method) }
          : "pass";
      });
      const [outcome] = await send([pay("a")]);
      expect(outcome?.receipt?.status).to.equal(1);
      expect(await minedOf()).to.equal(1);
    });

    it("lags: the receipt of a mined transaction does not show for a while", async () => {
      const late: Fault = {
        amend: ({ method }, answer) =>
          method === "eth_getTransactionReceipt" ? { ...answer, result: null } : answer,
      };
      rpc.inject(faultOn("eth_getTransactionReceipt", late, 40));
      const [outcome] = await send([pay("a")], { times: { recheckEvery: 0 } });
      expect(outcome?.receipt?.status).to.equal(1);
      expect(await minedOf()).to.equal(1);
    });

    it("stops answering before anything was sent, which is reported", async () => {
      rpc.inject(() => "break");
      const [outcome] = await send([pay("a")]).catch((error: unknown) => [{ error }]);
      expect(String(outcome?.error)).to.match(/ECONNRESET|socket hang up|aborted|closed/i);
      rpc.inject((calls) =>
        calls.some(({ method }) => method === "eth_estimateGas") ? "break" : "pass",
      );
      const [second, third] = await send([pay("a"), pay("b")]);
      expect(second?.error).to.be.instanceOf(UnknownOutcomeError);
      // Of this transaction alone: others of the run may have been sent.
      expect(second?.error?.message).to.match(/^a: .*; it was not sent\. Run this again\.$/);
      expect(third?.error).to.be.instanceOf(NotSentError);
      expect(await minedOf()).to.equal(0);
    });

    it("stops answering after it received a transaction: the outcome is unknown until a second run", async () => {
      rpc.inject((calls) => {
        const methods = calls.map(({ method }) => method);
        if (methods.includes("eth_sendRawTransaction")) return "lose answer";
        return methods.some((method) => /ByHash|Receipt/.test(method)) ? "break" : "pass";
      });
      const [outcome] = await send([pay("a")]);
      expect(outcome?.error).to.be.instanceOf(UnknownOutcomeError);
      expect(outcome?.error?.message).to.match(/0x[0-9a-f]{64} may have been accepted/);
      expect(outcome?.error?.message).to.not.match(/[.;]\)/);
      expect(outcome?.error?.message).to.not.include(rpc.url);
      expect(await minedOf()).to.equal(1);
    });
  });

  it("gives no usable answer from then on: the hash of the sent transaction is reported", async () => {
    rpc.inject((calls) =>
      calls.some(({ method }) => /Receipt|ByHash/.test(method))
        ? { refuse: "the stars are not right", code: -32_099 }
        : "pass",
    );
    const [first, second] = await send([pay("approve"), pay("transfer")]);
    for (const outcome of [first, second]) {
      expect(outcome?.error).to.be.instanceOf(UnknownOutcomeError);
      expect(outcome?.error?.message).to.match(
        /the stars are not right \(code -32099\).*0x[0-9a-f]{64} may have been accepted/,
      );
    }
    expect(await minedOf()).to.equal(2);
  });

  describe("raises the price for a node that demands more,", () => {
    const underpriced = { refuse: "transaction underpriced: gas tip cap 1, minimum needed 2" };

    it("until it accepts", async () => {
      rpc.inject(faultOn("eth_sendRawTransaction", underpriced, 2));
      const [outcome] = await send([pay("a")]);
      expect(outcome?.receipt?.status).to.equal(1);
      const offers = rawSends().map(({ params }) => Transaction.from(String(params[0])));
      const prices = offers.map(({ maxFeePerGas }) => maxFeePerGas ?? 0n);
      expect(prices).to.have.length(3);
      expect(prices[1]).to.be.at.least(((prices[0] ?? 0n) * 5n) / 4n);
      expect(prices[2]).to.be.at.least(((prices[1] ?? 0n) * 5n) / 4n);
    });

    const wanting: [node: string, words: string][] = [
      ["Polygon", "transaction gas price below minimum: gas tip cap 1, minimum needed 25000000000"],
      ["BNB Chain", "transaction underpriced: tip needed 25000000000, tip permitted 1"],
      ["Nethermind", "FeeTooLow, FeePerGas needs to be higher than 25000000000 to be added"],
      ["a node that counts in gwei", "gas price below the minimum of 25.0 gwei"],
    ];
    for (const [node, refuse] of wanting) {
      it(`to what ${node} names, for the same nonce, within the ceiling`, async () => {
        rpc.inject(faultOn("eth_sendRawTransaction", { refuse }));
        const maxPrice = { wei: 40_000_000_000n, setting: "a test" };
        const [outcome] = await send([pay("a")], { maxPrice });
        expect(outcome?.receipt?.status).to.equal(1);
        const [first, second] = rawSends().map(({ params }) => Transaction.from(String(params[0])));
        expect(second?.nonce).to.equal(first?.nonce);
        expect(second?.maxPriorityFeePerGas).to.be.at.least(25_000_000_000n);
        expect(second?.maxFeePerGas).to.be.at.most(maxPrice.wei);
      });
    }

    it("to no more than the ceiling, though a quarter more is above it", async () => {
      rpc.inject(faultOn("eth_sendRawTransaction", underpriced));
      const { maxFeePerGas } = await anvil.provider.getFeeData();
      const maxPrice = { wei: ((maxFeePerGas ?? 0n) * 11n) / 10n, setting: "a test" };
      const [outcome] = await send([pay("a")], { maxPrice });
      expect(outcome?.receipt?.status).to.equal(1);
      const [, second] = rawSends().map(({ params }) => Transaction.from(String(params[0])));
      expect(second?.maxFeePerGas).to.equal(maxPrice.wei);
    });

    it("by nothing when the node names more than the ceiling", async () => {
      const refuse = "transaction underpriced: gas tip cap 1, minimum needed 25000000000";
      rpc.inject(faultOn("eth_sendRawTransaction", { refuse }, 30));
      const maxPrice = { wei: 2_100_000_000n, setting: "a test" };
      const [outcome] = await send([pay("a")], { maxPrice });
      expect(outcome?.error).to.be.instanceOf(GasPriceTooHighError);
      expect(await minedOf()).to.equal(0);
    });

    it("and gives up, with the node's error, when nothing is enough", async () => {
      rpc.inject(faultOn("eth_sendRawTransaction", underpriced, 30));
      const [outcome] = await send([pay("a")]);
      expect(outcome?.error).to.be.instanceOf(TransactionRejectedError);
      expect(outcome?.error?.message).to.match(
        /^a: local-home accepts no gas price up to [\d.]+ gwei: transaction underpriced: gas tip cap 1, minimum needed 2$/,
      );
      expect(rawSends()).to.have.length(6);
      expect(await minedOf()).to.equal(0);
    });
  });

  describe("when a transaction is not mined", () => {
    beforeEach(() => node("evm_setAutomine", [false]));

    it("raises the price for the same nonce, and accepts whichever is mined", async () => {
      const hashes: string[] = [];
      const running = send([pay("a")], {
        onSent: (_, hash) => hashes.push(hash),
        times: { replaceAfter: 100 },
      });
      await eventually(() => hashes.length >= 2);
      await node("evm_mine", []);
      const [outcome] = await running;
      expect(hashes).to.include(outcome?.receipt?.hash);
      expect(hashes[0]).to.not.equal(outcome?.receipt?.hash);
      expect(await minedOf()).to.equal(1);
    });

    it("raises the price while answers are lost, and finds the replacement mined", async () => {
      const offers = () => [
        ...new Set(rawSends().map(({ params }) => Transaction.from(String(params[0])).hash)),
      ];
      let looksAgain = false;
      rpc.inject((calls) => {
        const hashes = offers();
        const isOffered = hashes.length > 1;
        const isSubmitted = calls.some(({ method }) => method === "eth_sendRawTransaction");
        const lookedUp = calls.flatMap(({ method, params }) =>
          /ByHash|Receipt/.test(method) ? params : [],
        );
        // As long as the better offer is handed over, nothing else is looked up.
        if (isOffered && lookedUp.includes(hashes[0])) looksAgain = true;
        if (!isOffered || looksAgain) return "pass";
        if (isSubmitted) return "lose answer";
        return lookedUp.length > 0 ? "break" : "pass";
      });
      const running = send([pay("a")], {
        times: { replaceAfter: 1_000, giveUpAfter: 60_000 },
      });
      await eventually(() => looksAgain, 30_000);
      await node("evm_mine", []);
      const [outcome] = await running;
      expect(outcome?.error).to.equal(undefined);
      expect(offers().slice(1)).to.include(outcome?.receipt?.hash);
      expect(await minedOf()).to.equal(1);
    });

    it("gives up in time; the next run waits for it and sends nothing", async () => {
      const [outcome] = await send([pay("a")], { times: { giveUpAfter: 200 } });
      expect(outcome?.error).to.be.instanceOf(TransactionTimeoutError);
      expect(outcome?.error?.message).to.match(/nonce 0\) was not mined within 0.2 s/);
      const again = send([pay("a")]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await node("evm_mine", []);
      expect((await again)[0]?.error).to.be.instanceOf(NonceConflictError);
      expect(await minedOf()).to.equal(1);
      expect(await settle(CHAIN, provider, ALICE.address)).to.equal(false);
    });

    it("names the transaction that used the nonce instead", async () => {
      const hashes: string[] = [];
      const running = send([pay("a")], { onSent: (_, hash) => hashes.push(hash) });
      await eventually(() => hashes.length === 1);
      await ALICE.connect(anvil.provider).sendTransaction({
        to: BOB,
        value: 5n,
        nonce: 0,
        maxFeePerGas: 100_000_000_000n,
        maxPriorityFeePerGas: 50_000_000_000n,
      });
      await node("evm_mine", []);
      const [outcome] = await running;
      expect(outcome?.error).to.be.instanceOf(NonceConflictError);
      expect(outcome?.error?.message).to.include(`${ALICE.address} took nonce 0`);
      expect(await anvil.provider.getBalance(BOB)).to.equal(parseEther("10000") + 5n);
    });

    it("fills a nonce gap left by another wallet, without affecting later transactions", async () => {
      await ALICE.connect(anvil.provider).sendTransaction({
        to: BOB,
        value: 7n,
        nonce: 1,
        maxFeePerGas: 100_000_000_000n,
        maxPriorityFeePerGas: 50_000_000_000n,
      });
      const running = send([pay("a"), pay("b")]);
      await eventually(() => rawSends().length >= 1);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await node("evm_mine", []);
      const [first, second] = await running;
      expect(first?.receipt?.status).to.equal(1);
      expect(second?.error).to.be.instanceOf(NonceConflictError);
      expect(await minedOf()).to.equal(2);
    });

    it("waits for the requested number of blocks [H7]", async () => {
      let done = false;
      const running = send([pay("a")], { confirmations: 3 }).finally(() => (done = true));
      await eventually(() => rawSends().length === 1);
      await node("evm_mine", []);
      await node("evm_mine", []);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(done).to.equal(false);
      await node("evm_mine", []);
      expect((await running)[0]?.receipt?.status).to.equal(1);
    });
  });

  describe("reports the failure of one transaction and continues with the others:", () => {
    it("it would revert", async () => {
      const [first, second] = await send([{ label: "refused", to: REFUSER }, pay("b")]);
      expect(first?.error).to.be.instanceOf(RevertedError);
      expect(first?.error?.message).to.equal('refused: it would revert: Error("no")');
      expect(second?.receipt?.status).to.equal(1);
      expect(await minedOf()).to.equal(1);
    });

    it("it was mined and reverted", async () => {
      const [first, second] = await send([
        { label: "refused", to: REFUSER, gasLimit: 100_000n },
        pay("b"),
      ]);
      expect(first?.error?.message).to.match(/^refused: 0x[0-9a-f]{64} reverted: Error\("no"\)$/);
      expect(second?.receipt?.status).to.equal(1);
      expect(await minedOf()).to.equal(2);
    });

    it("the account lacks funds", async () => {
      await node("anvil_setBalance", [ALICE.address, toQuantity(parseEther("0.1"))]);
      const [first, second] = await send([pay("much", parseEther("1")), pay("little")]);
      expect(first?.error).to.be.instanceOf(TransactionRejectedError);
      expect(first?.error?.message).to.equal(
        `much: ${ALICE.address} has 0.1 ETH on local-home, too little for value and gas: fund it.`,
      );
      expect(second?.receipt?.status).to.equal(1);
    });

    it("the gas price is too high", async () => {
      const maxPrice = { wei: 500_000_000n, setting: "chains.local-home.maxGasPriceGwei" };
      const [outcome] = await send([pay("a")], { maxPrice });
      expect(outcome?.error).to.be.instanceOf(GasPriceTooHighError);
      expect(outcome?.error?.message).to.match(
        /^a: gas on local-home costs \d+(\.\d+)? gwei, above the ceiling of 0\.5 gwei: wait, or raise chains\.local-home\.maxGasPriceGwei\.$/,
      );
      expect(rawSends()).to.be.empty;
    });
  });

  it("offers at most the ceiling, and does not refuse a current price for a possible later one", async () => {
    const { maxFeePerGas: usual } = await anvil.provider.getFeeData();
    if (usual === null) throw new Error("The node has no base fee.");
    const maxPrice = { wei: usual - 1n, setting: "a test" };
    const [outcome] = await send([pay("a")], { maxPrice });
    const transaction = await provider.getTransaction(outcome?.receipt?.hash ?? "");
    expect(transaction?.maxFeePerGas).to.equal(maxPrice.wei);
  });

  it("throws the outcome of a single one", async () => {
    const signer = ALICE.connect(provider);
    expect((await sendTransaction(CHAIN, signer, pay("a"))).status).to.equal(1);
    const refused = sendTransaction(CHAIN, signer, { label: "refused", to: REFUSER });
    await expect(refused).to.be.rejectedWith(RevertedError, "it would revert");
  });
});

/** Answer of a node to a raw transaction. */
function hashOfRaw({ params }: RpcCall): string {
  return Transaction.from(String(params[0])).hash ?? "";
}

async function eventually(holds: () => boolean, withinMs = 4_000): Promise<void> {
  for (let attempt = 0; !holds(); attempt++) {
    if (attempt > withinMs / 10) throw new Error(`It did not come about within ${withinMs} ms.`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
