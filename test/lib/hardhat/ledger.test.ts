import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { Transaction, Wallet, parseEther } from "ethers";
import type { TransactionLike } from "ethers";
import hre from "hardhat";

import { ledgerProvider, ledgerSigner } from "../../../lib/hardhat/ledger";
import type { LedgerFactory } from "../../../lib/hardhat/ledger";

const KEY = new Wallet(`0x${"7e".repeat(32)}`);

/** Does what the plugin's provider does, with a key in the place of a device. */
const device: LedgerFactory = (accounts, inner) => ({
  request: async ({ params }) => {
    // It reports its progress through the provider that it was given.
    inner.emit("connection_start");
    const [asked] = params as [Record<string, string>];
    expect(accounts).to.deep.equal([asked.from]);
    const chainId = BigInt(String(await inner.request({ method: "eth_chainId" })));
    const { gas, nonce, ...rest } = asked;
    const transaction = { ...rest, gasLimit: gas, chainId, type: 2 } as TransactionLike;
    const raw = await KEY.signTransaction({ ...transaction, nonce: Number(nonce) });
    return inner.request({ method: "eth_sendRawTransaction", params: [raw] });
  },
});

describe("A Ledger", () => {
  it("signs what it is given, and sends nothing itself", async () => {
    const signer = ledgerSigner(KEY.address.toLowerCase(), device);
    expect(await signer.getAddress()).to.equal(KEY.address);
    const raw = await signer.signTransaction({
      to: KEY.address,
      data: "0x1234",
      value: parseEther("1"),
      nonce: 7,
      gasLimit: 50_000n,
      chainId: 11_155_111n,
      maxFeePerGas: 100n,
      maxPriorityFeePerGas: 3n,
    });
    const signed = Transaction.from(raw);
    expect(signed.from).to.equal(KEY.address);
    expect(signed.toJSON()).to.deep.include({
      data: "0x1234",
      value: parseEther("1").toString(),
      nonce: 7,
      gasLimit: "50000",
      chainId: "11155111",
      maxFeePerGas: "100",
      maxPriorityFeePerGas: "3",
    });
  });

  it("names the missing package", async () => {
    const signer = ledgerSigner(KEY.address);
    await expect(signer.signTransaction({ to: KEY.address })).to.be.rejectedWith(
      "npm install --no-save @nomicfoundation/hardhat-ledger@1.2.2",
    );
  });

  it("signs one transaction at a time, and is released after each, because it has one connection", async () => {
    const log: string[] = [];
    const signer = ledgerSigner(KEY.address, (accounts, inner) => {
      log.push("taken");
      return {
        request: async (args) => {
          await new Promise((resolve) => setImmediate(resolve));
          return device(accounts, inner).request(args);
        },
        close: () => Promise.resolve(void log.push("let go")),
      };
    });
    const sign = (gasLimit: bigint | undefined) =>
      signer.signTransaction({
        to: KEY.address,
        nonce: 0,
        gasLimit,
        chainId: 1n,
        maxFeePerGas: 1n,
        maxPriorityFeePerGas: 1n,
      });
    const refused = signer.signTransaction({ to: KEY.address, nonce: -1 });
    const results = await Promise.allSettled([sign(1n), refused, sign(2n)]);
    expect(results.map(({ status }) => status)).to.deep.equal([
      "fulfilled",
      "rejected",
      "fulfilled",
    ]);
    expect(log.join(", ")).to.equal("taken, let go, taken, let go, taken, let go");
  });

  it("is the only account of its network, and signs what is sent there", async () => {
    const { provider } = hre.network;
    const ledger = ledgerProvider(provider, ledgerSigner(KEY.address, device));
    expect(await ledger.request({ method: "eth_accounts" })).to.deep.equal([
      KEY.address.toLowerCase(),
    ]);
    await setBalance(KEY.address, parseEther("1"));
    const transaction = {
      from: KEY.address.toLowerCase(),
      to: KEY.address.toLowerCase(),
      value: "0x1",
      gas: "0x5208",
      maxFeePerGas: "0x77359400",
      maxPriorityFeePerGas: "0x1",
    };
    const send = (change: object) =>
      ledger.request({ method: "eth_sendTransaction", params: [{ ...transaction, ...change }] });
    const hash = String(await send({}));
    expect((await hre.ethers.provider.getTransaction(hash))?.from).to.equal(KEY.address);
    await expect(send({ from: `0x${"01".repeat(20)}` })).to.be.rejectedWith(
      `The Ledger signs for ${KEY.address}, not for 0x0101`,
    );
    expect(await ledger.request({ method: "eth_chainId" })).to.equal(
      await provider.request({ method: "eth_chainId" }),
    );
  });

  it("is refused without an address", () => {
    expect(() => ledgerSigner("m/44'/60'/0'/0")).to.throw(
      "DEPLOYER_LEDGER \"m/44'/60'/0'/0\" is not an address",
    );
  });
});
