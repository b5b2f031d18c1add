import { expect } from "chai";
import { Transaction, Wallet, parseEther } from "ethers";
import type { TransactionLike } from "ethers";

import { ledgerSigner } from "../../../lib/hardhat/ledger";
import type { LedgerFactory } from "../../../lib/hardhat/ledger";

const KEY = new Wallet(`0x${"7e".repeat(32)}`);

/** Does what the plugin's provider does, with a key in the place of a device. */
const device: LedgerFactory = (accounts, inner) => ({
  request: async ({ params }) => {
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

  it("names the package to install when it is not there", async () => {
    const signer = ledgerSigner(KEY.address);
    await expect(signer.signTransaction({ to: KEY.address })).to.be.rejectedWith(
      "npm install --no-save @nomicfoundation/hardhat-ledger@1.2.2",
    );
  });

  it("is refused without an address", () => {
    expect(() => ledgerSigner("m/44'/60'/0'/0")).to.throw("DEPLOYER_LEDGER is no address");
  });
});
