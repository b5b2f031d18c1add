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

describe("what a ledger is kept under in the browser", () => {
  const kept = subjectsOf({ chains: [home, peer] }, home, home.ccip);

  it("is the same as long as the same is read", () => {
    expect(subjectsOf({ chains: [{ ...home }, { ...peer }] }, { ...home }, home.ccip)).toBe(kept);
  });

  it.each<[string, Partial<DeployedChain>]>([
    ["a former pool that an older export did not name", { previousPools: ["0xa0"] }],
    ["another pool", { contracts: { ...home.contracts, pool: "0xa2" } }],
    ["another OnRamp", { ccip: { ...home.ccip, onRamps: ["0xc1", "0xd1"] } }],
    ["another OffRamp", { ccip: { ...home.ccip, offRamps: ["0xd2"] } }],
  ])("is another with %s, so that all of it is read again", (_, change) => {
    const changed = { ...home, ...change };
    expect(subjectsOf({ chains: [changed, peer] }, changed, changed.ccip)).not.toBe(kept);
  });

  it("is another once a chain has joined", () => {
    const third = { ...peer, name: "third", chainId: 3, selector: 13n };
    expect(subjectsOf({ chains: [home, peer, third] }, home, home.ccip)).not.toBe(kept);
  });
});
