import { expect } from "chai";
import { ethers } from "hardhat";

import { sendTransaction } from "../../../lib/tx/send";
import type { LabelledTransaction } from "../../../lib/tx/send";

/** The most gas of a transaction, by EIP-7825. */
const CAP = 2n ** 24n;

/** Sends a transaction to an account without code. @returns its estimate, and the gas that it was given. */
async function gasOf(change: Partial<LabelledTransaction>) {
  const [signer] = await ethers.getSigners();
  if (!signer) throw new Error("The chain has no accounts.");
  const { address: to } = signer;
  const estimate = await ethers.provider.estimateGas({ from: to, to, data: change.data });
  const transaction = { label: "a transaction", to, ...change };
  const { hash } = await sendTransaction({ name: "local-home" }, signer, transaction);
  const sent = await ethers.provider.getTransaction(hash);
  return { estimate, given: sent?.gasLimit };
}

describe("The gas of a transaction", () => {
  it("is its estimate with a margin, and what its optional calls need beside that", async () => {
    const { estimate, given } = await gasOf({});
    expect(given).to.equal((estimate * 130n) / 100n + 20_000n);
    const generous = await gasOf({ optionalGas: 500_000n });
    expect(generous.given).to.equal((estimate * 130n) / 100n + 520_000n);
  });

  it("is what was asked for, without an estimate", async () => {
    expect((await gasOf({ gasLimit: 77_777n, optionalGas: 1n })).given).to.equal(77_777n);
  });

  it("is never more than a transaction may have", async () => {
    const { estimate, given } = await gasOf({ data: `0x${"ff".repeat(340_000)}` });
    expect(estimate).to.be.within((CAP * 100n) / 130n, CAP - 1n);
    expect(given).to.equal(CAP);
    expect((await gasOf({ optionalGas: CAP })).given).to.equal(CAP);
  });
});
