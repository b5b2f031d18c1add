import { encodeAbiParameters, encodeEventTopics, numberToHex, zeroAddress } from "viem";
import { describe, expect, it } from "vitest";

import { RebaseBroadcaster__factory, RebaseToken__factory } from "../../typechain-types";
import type { ChainLog } from "../src/data/cache";
import { lackIn, subjectsOf } from "../src/data/logs";
import type { DeployedChain, MeshDescription } from "../src/deployments";

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

describe("The logs of a chain", () => {
  const [token, broadcaster] = [RebaseToken__factory.abi, RebaseBroadcaster__factory.abi];
  const mesh = { own: { token, broadcaster } } as unknown as MeshDescription;
  const chain = { ...home, contracts: { ...home.contracts, broadcaster: "0xb0" } };
  const [messageId, secondId] = [numberToHex(77, { size: 32 }), numberToHex(78, { size: 32 })];
  const log = (address: string, topics: unknown, data: string) =>
    ({ address, topics, data }) as ChainLog;
  const words = (...values: bigint[]) =>
    encodeAbiParameters(
      values.map(() => ({ type: "uint256" })),
      values,
    );
  const rebased = (epoch: number) =>
    log(
      chain.contracts.token,
      encodeEventTopics({ abi: token, eventName: "Rebased", args: { epoch } }),
      words(10n ** 24n, 10n ** 24n, 0n, 0n),
    );
  const [sent, second] = [messageId, secondId].map((id) =>
    log(
      chain.contracts.broadcaster,
      encodeEventTopics({
        abi: broadcaster,
        eventName: "BroadcastSent",
        args: { selector: peer.selector, messageId: id, epoch: 3 },
      }),
      words(BigInt(zeroAddress), 5n),
    ),
  ) as [ChainLog, ChainLog];
  const newestBroadcasts = [
    { lastSentAt: 1_800_000_000, lastMessageId: messageId },
    { lastSentAt: 1_800_000_000, lastMessageId: secondId },
    { lastSentAt: 0, lastMessageId: numberToHex(0, { size: 32 }) },
  ];
  const state = { epoch: 3n, shares: 0n, issuedShares: 0n, newestBroadcasts };

  it.each<[string, ChainLog[], string | undefined]>([
    ["nothing", [rebased(2), rebased(3), sent, second], undefined],
    [
      "the newest rebase",
      [rebased(2), sent, second],
      "the token is at epoch 3, they end at epoch 2",
    ],
    ["every rebase", [sent, second], "the token is at epoch 3, they end at epoch 0"],
    ["a newest broadcast", [rebased(3), sent], "the newest broadcast is not among them"],
    ["every broadcast", [rebased(3)], "the newest broadcast is not among them"],
  ])("lack %s by the state of its contracts", (_, logs, lack) => {
    expect(lackIn(mesh, chain, logs, state)).toBe(lack);
  });
});
