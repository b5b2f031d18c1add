import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet, parseEther, toQuantity } from "ethers";
import { startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { finishPending } from "../../../lib/hardhat/pending";

describe("A transaction left pending by an earlier deployment", () => {
  let folder: string;
  let node: Anvil;
  let deployer: Wallet;

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "pending-"));
    node = await startAnvil({
      name: "base-sepolia",
      chainId: 84_532,
      logFile: path.join(folder, "anvil.log"),
    });
    deployer = new Wallet(Wallet.createRandom().privateKey, node.provider);
  });
  after(async () => {
    await node.stop();
    rmSync(folder, { recursive: true });
  });

  const fund = (amount: string) =>
    node.provider.send("anvil_setBalance", [deployer.address, toQuantity(parseEther(amount))]);

  it("remains the only recorded one when its replacement cannot be paid", async () => {
    await fund("1");
    await node.provider.send("evm_setAutomine", [false]);
    const { hash, ...sent } = await deployer.sendTransaction({ to: deployer.address });
    const file = path.join(folder, ".pendingTransactions");
    const decoded = {
      ...{ from: sent.from, to: sent.to, data: sent.data, nonce: sent.nonce },
      value: sent.value.toString(),
      gasLimit: sent.gasLimit.toString(),
      maxFeePerGas: sent.maxFeePerGas?.toString(),
      maxPriorityFeePerGas: sent.maxPriorityFeePerGas?.toString(),
    };
    writeFileSync(file, JSON.stringify({ [hash]: { name: "TimelockController", decoded } }));
    await fund("0");

    await expect(
      finishPending({
        network: "base-sepolia",
        provider: node.provider,
        folder,
        save: () => Promise.reject(new Error("nothing was mined")),
        signer: deployer,
        choose: () => Promise.resolve("speed-up"),
        log: () => undefined,
      }),
    ).to.be.rejectedWith(`base-sepolia refuses to replace ${hash}: `);
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")) as object)).to.deep.equal([hash]);
  });
});
