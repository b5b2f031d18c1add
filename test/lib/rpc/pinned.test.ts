import { setBalance, setCode, setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { toBeHex } from "ethers";
import { ethers } from "hardhat";

import { atLeast, pinLatest } from "../../../lib/rpc/pinned";
import { loadFixture } from "../../shared/fixture";

/** Returns the balance of its caller's account: SELFBALANCE, and one that returns 1. */
const [BALANCE_CODE, ONE_CODE] = ["0x4760005260206000f3", "0x600160005260206000f3"];

/** An account with something of everything, and the chain as it is pinned then. */
async function pinnedFixture() {
  const [sender] = await ethers.getSigners();
  if (!sender) throw new Error("The chain has no accounts.");
  const contract = "0x00000000000000000000000000000000000000c0";
  await setBalance(contract, 5n);
  await setCode(contract, BALANCE_CODE);
  await setStorageAt(contract, 0, 6n);
  await (await sender.sendTransaction({ to: sender })).wait();
  return { sender, contract, pinned: await pinLatest("local-home", ethers.provider) };
}

describe("A chain that is pinned to a block", () => {
  it("stays as it was there, whatever happens since", async () => {
    const { sender, contract, pinned } = await loadFixture(pinnedFixture);
    const read = async () => ({
      nonce: await pinned.getTransactionCount(sender.address),
      balance: await pinned.getBalance(contract),
      code: await pinned.getCode(contract),
      storage: await pinned.getStorage(contract, toBeHex(0)),
      call: BigInt(await pinned.call({ to: contract })),
    });
    const before = await read();
    expect(before).to.deep.include({ balance: 5n, code: BALANCE_CODE, call: 5n });
    expect(BigInt(before.storage)).to.equal(6n);
    await (await sender.sendTransaction({ to: contract.replace("c0", "c1"), value: 1n })).wait();
    await setBalance(contract, 7n);
    await setCode(contract, ONE_CODE);
    await setStorageAt(contract, 0, 8n);
    await ethers.provider.send("evm_mine", []);
    expect(await read()).to.deep.equal(before);
    expect(await ethers.provider.getTransactionCount(sender)).to.equal(before.nonce + 1);
  });
});

describe("The blocks of chains that are known", () => {
  it("rise with what is read of each, and never fall", () => {
    const known = atLeast(atLeast(undefined, "local-home", 7), "local-sat1", 5);
    for (const [read, newest] of [
      [9, 9],
      [6, 7],
    ] as const) {
      expect(Object.fromEntries(atLeast(known, "local-home", read))).to.deep.equal({
        "local-home": newest,
        "local-sat1": 5,
      });
    }
  });
});
