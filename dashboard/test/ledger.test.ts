import { describe, expect, it } from "vitest";

import { subjectsOf } from "../src/data/logs";
import type { DeployedChain } from "../src/deployments";

const home: DeployedChain = {
  name: "home",
  role: "home",
  chainId: 1,
  selector: 11n,
  rpcUrl: "http://localhost:1",
  firstBlock: 0,
  contracts: { token: "0x71", pool: "0xa1" },
  previousPools: [],
  ccip: { router: "0xc0", onRamps: ["0xc1"], offRamps: ["0xc2"], rmnProxy: "0xc3", link: "0xc4" },
};
const peer: DeployedChain = { ...home, name: "peer", role: "satellite", chainId: 2, selector: 12n };

describe("The cache key of a ledger", () => {
  const kept = subjectsOf({ chains: [home, peer] }, home, home.ccip);

  it("is the same while the same contracts are read", () => {
    expect(subjectsOf({ chains: [{ ...home }, { ...peer }] }, { ...home }, home.ccip)).toBe(kept);
  });

  it.each<[string, Partial<DeployedChain>]>([
    ["a previous pool that an older export did not name", { previousPools: ["0xa0"] }],
    ["another pool", { contracts: { ...home.contracts, pool: "0xa2" } }],
    ["another OnRamp", { ccip: { ...home.ccip, onRamps: ["0xc1", "0xd1"] } }],
    ["another OffRamp", { ccip: { ...home.ccip, offRamps: ["0xd2"] } }],
  ])("changes with %s, so that everything is read again", (_, change) => {
    const changed = { ...home, ...change };
    expect(subjectsOf({ chains: [changed, peer] }, changed, changed.ccip)).not.toBe(kept);
  });

  it("changes when a chain has joined", () => {
    const third = { ...peer, name: "third", chainId: 3, selector: 13n };
    expect(subjectsOf({ chains: [home, peer, third] }, home, home.ccip)).not.toBe(kept);
  });
});
