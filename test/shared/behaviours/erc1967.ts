import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { expect } from "chai";
import { Interface, toUtf8Bytes, keccak256 } from "ethers";
import { ethers } from "hardhat";

import { loadFixture } from "../fixture";
import { implementationOf, wordAt } from "../storage";

/** A proxy, the account that may upgrade it, and another implementation for it. */
export interface ProxyWorld {
  readonly proxy: string;
  readonly upgrader: HardhatEthersSigner;
  readonly next: string;
}

/** Slots that ERC-1967 gives a beacon and an admin, which a UUPS proxy has not. */
const UNUSED = ["eip1967.proxy.beacon", "eip1967.proxy.admin"] as const;

const EVENTS = new Interface([
  "event Upgraded(address indexed implementation)",
  "event AdminChanged(address previousAdmin, address newAdmin)",
  "event BeaconUpgraded(address indexed beacon)",
]);
const UPGRADE = new Interface(["function upgradeToAndCall(address implementation, bytes data)"]);

/** ERC-1967 seen from outside, by explorers and tools that read slots and events alone. */
export function shouldBehaveLikeERC1967(fixture: () => Promise<ProxyWorld>): void {
  it("keeps its implementation in the slot of ERC-1967, and neither beacon nor admin", async () => {
    const { proxy } = await loadFixture(fixture);
    expect(await ethers.provider.getCode(await implementationOf(proxy))).not.to.equal("0x");
    for (const name of UNUSED) {
      expect(await wordAt(proxy, BigInt(keccak256(toUtf8Bytes(name))) - 1n), name).to.equal(0n);
    }
  });

  it("emits Upgraded when it is created and at every upgrade, and no other event of ERC-1967", async () => {
    const { proxy, upgrader, next } = await loadFixture(fixture);
    const first = await implementationOf(proxy);
    for (const implementation of [next, first]) {
      const data = UPGRADE.encodeFunctionData("upgradeToAndCall", [implementation, "0x"]);
      await upgrader.sendTransaction({ to: proxy, data });
      expect(await implementationOf(proxy)).to.equal(implementation);
    }
    expect(await eventsOf(proxy)).to.deep.equal([
      ["Upgraded", first],
      ["Upgraded", next],
      ["Upgraded", first],
    ]);
  });

  it("keeps its implementation when an upgrade fails, and emits nothing", async () => {
    const { proxy, upgrader } = await loadFixture(fixture);
    const before = await implementationOf(proxy);
    const data = UPGRADE.encodeFunctionData("upgradeToAndCall", [upgrader.address, "0x"]);
    await expect(upgrader.sendTransaction({ to: proxy, data })).to.be.revertedWithoutReason();
    expect(await implementationOf(proxy)).to.equal(before);
    expect(await eventsOf(proxy)).to.deep.equal([["Upgraded", before]]);
  });
}

/** Every event of ERC-1967 that a contract ever emitted, with its first value. */
async function eventsOf(address: string): Promise<unknown[]> {
  const logs = await ethers.provider.getLogs({ address, fromBlock: 0 });
  return logs.flatMap((log) => {
    const event = EVENTS.parseLog(log);
    return event ? [[event.name, event.args[0] as unknown]] : [];
  });
}
