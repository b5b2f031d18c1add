import { expect } from "chai";
import { ZeroHash, parseEther } from "ethers";
import { ethers } from "hardhat";

import { isKnown } from "../../../lib/tx/broadcast";
import { NonceConflictError } from "../../../lib/tx/errors";
import { NonceManager, countTransactions } from "../../../lib/tx/nonces";
import { sendTransactions } from "../../../lib/tx/send";
import { loadFixture } from "../../shared/fixture";
import { thinProvider } from "../../shared/thinProvider";

describe("The nonces that a run has used", () => {
  const [alice, bob] = ["0xa11ce", "0xb0b"];
  const here = ethers.provider;
  const { provider: there } = thinProvider(ethers.provider, {});

  it("are not used again, whatever a lagging endpoint counts", () => {
    const nonces = new NonceManager();
    expect(nonces.nextOf(here, alice, 5)).to.equal(5);
    nonces.use(here, alice, 5);
    expect(nonces.nextOf(here, alice, 5)).to.equal(6);
    expect(nonces.nextOf(here, alice, 3)).to.equal(6);
    nonces.use(here, alice, 2);
    expect(nonces.nextOf(here, alice, 3)).to.equal(6);
  });

  it("do not hide what others have sent meanwhile", () => {
    const nonces = new NonceManager();
    nonces.use(here, alice, 5);
    expect(nonces.nextOf(here, alice, 9)).to.equal(9);
  });

  it("are those of one account on one chain", () => {
    const nonces = new NonceManager();
    nonces.use(here, alice, 5);
    nonces.use(there, bob, 8);
    expect(nonces.nextOf(there, alice, 0)).to.equal(0);
    expect(nonces.nextOf(here, bob, 0)).to.equal(0);
    expect(nonces.nextOf(there, bob, 0)).to.equal(9);
  });
});

describe("A transaction that waits to be mined", () => {
  async function waitingFixture() {
    const [sender] = await ethers.getSigners();
    if (!sender) throw new Error("The chain has no accounts.");
    await ethers.provider.send("evm_setAutomine", [false]);
    const { hash } = await sender.sendTransaction({ to: sender, value: parseEther("1") });
    return { account: sender.address, hash };
  }

  afterEach(() => ethers.provider.send("evm_setAutomine", [true]));

  it("is known to its endpoint before it has a receipt, and after", async () => {
    const { hash } = await loadFixture(waitingFixture);
    expect(await ethers.provider.getTransactionReceipt(hash)).to.equal(null);
    expect(await isKnown(ethers.provider, hash)).to.equal(true);
    await ethers.provider.send("evm_mine", []);
    expect(await isKnown(ethers.provider, hash)).to.equal(true);
    expect(await isKnown(ethers.provider, ZeroHash)).to.equal(false);
  });

  it("keeps its account from sending another one: it is waited for", async () => {
    const { account } = await loadFixture(waitingFixture);
    const { mined } = await countTransactions(ethers.provider, account);
    const sending = sendTransactions({ name: "local-home" }, await ethers.getSigner(account), [
      { label: "another one", to: account },
    ]);
    setTimeout(() => void ethers.provider.send("evm_mine", []), 100);
    const [outcome] = await sending;
    expect(outcome?.error).to.be.instanceOf(NonceConflictError);
    expect(await countTransactions(ethers.provider, account)).to.deep.equal({
      mined: mined + 1,
      pending: mined + 1,
    });
  });

  it("counts as pending, and not as mined", async () => {
    const { account } = await loadFixture(waitingFixture);
    const before = await countTransactions(ethers.provider, account);
    expect(before.pending - before.mined).to.equal(1);
    await ethers.provider.send("evm_mine", []);
    const { mined, pending } = await countTransactions(ethers.provider, account);
    expect([mined, pending]).to.deep.equal([before.pending, before.pending]);
  });
});
