import { expect } from "chai";
import { makeError, toQuantity } from "ethers";
import { ethers } from "hardhat";

import { settledBlock } from "../../../lib/core/settled";
import { readLogsThrough, settledUpTo } from "../../../lib/rpc/logCache";
import type { KeptLogs, LogStore } from "../../../lib/rpc/logs";
import { LinkToken__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { endsBefore, thinProvider } from "../../shared/thinProvider";

/** A chain with a block every quarter of a second, as far as whole seconds allow, and a log in its last one. */
async function quickChainFixture() {
  const { provider } = ethers;
  const [owner] = await ethers.getSigners();
  const link = await new LinkToken__factory(owner).deploy();
  const fromBlock = (await provider.getBlockNumber()) + 1;
  await (await link.approve(link, 1n)).wait();
  await provider.send("hardhat_mine", [toQuantity(4_000), toQuantity(1)]);
  const filter = link.interface.getEvent("Approval").topicHash;
  return { link, range: { address: await link.getAddress(), topics: [filter], fromBlock } };
}

const refusing = (code: number, message: string) => () => {
  const error: Error = makeError(message, "UNKNOWN_ERROR", { error: { code, message } });
  return Promise.reject(error);
};

describe("Settled logs", () => {
  const depths: readonly {
    readonly what: string;
    readonly finalized: (latest: number) => Promise<number | null>;
    readonly between: readonly [number, number];
  }[] = [
    {
      what: "final 1,000 blocks ago: up to there",
      finalized: (latest) => Promise.resolve(latest - 1_000),
      between: [1_000, 1_000],
    },
    {
      what: "final at once: not before other nodes have it, too",
      finalized: (latest) => Promise.resolve(latest),
      between: [600, 1_024],
    },
    {
      what: "final long ago only, for the tag lags: up to there",
      finalized: (latest) => Promise.resolve(latest - 3_900),
      between: [3_900, 3_900],
    },
    {
      what: "the finalized block is unknown (no block): an hour ago",
      finalized: () => Promise.resolve(null),
      between: [3_600, 4_200],
    },
    ...[
      [-32602, "invalid argument 0: hex string without 0x prefix"],
      [-32000, "finalized block not found"],
      [-39001, "Unknown block"],
      [-32601, "tag 'finalized' not supported on pre-merge network"],
    ].map(([code, message]) => ({
      what: `nobody knows what is final ("${message}"): an hour ago`,
      finalized: refusing(Number(code), String(message)),
      between: [3_600, 4_200] as const,
    })),
  ];
  for (const { what, finalized, between } of depths) {
    it(`${what}`, async () => {
      await loadFixture(quickChainFixture);
      const latest = await ethers.provider.getBlockNumber();
      const { provider } = thinProvider(ethers.provider, { finalized: () => finalized(latest) });
      const settled = await settledUpTo(provider, latest);
      const depth = settled < 0 ? 4_000 : latest - settled;
      expect(depth).to.be.within(...between);
    });
  }
});

describe("A settled block", () => {
  const now = 1_000_000n;
  for (const blockTime of [1n, 2n, 3n, 12n]) {
    it(`is at least ten minutes old on a chain with a block every ${blockTime} s`, async () => {
      const upTo = { number: 100_000, timestamp: now };
      const ageOf = (block: number) => BigInt(upTo.number - block) * blockTime;
      const settled = await settledBlock(upTo, upTo, (block) =>
        Promise.resolve(now - ageOf(block)),
      );
      expect(ageOf(settled)).to.be.within(600n, 4n * 600n + 64n * blockTime);
    });
  }

  it("is none on a chain that is younger than that", async () => {
    const young = { number: 599, timestamp: now };
    const timeOf = (block: number) => Promise.resolve(now - BigInt(young.number - block));
    expect(await settledBlock(young, young, timeOf)).to.equal(-1);
  });
});

describe("Cached logs", () => {
  it("have no gap after an endpoint lagged once, by a thousand blocks or more", async () => {
    const { link, range } = await loadFixture(quickChainFixture);
    const store = memoryStore();
    await (await link.approve(link, 2n)).wait();
    const { provider } = thinProvider(ethers.provider, { leaveOut: endsBefore(500), leavesOut: 1 });
    const read = async () =>
      readLogsThrough(
        provider,
        { ...range, toBlock: await ethers.provider.getBlockNumber() },
        { store, key: "approvals" },
      );
    expect(await read()).to.have.length(1);
    await ethers.provider.send("hardhat_mine", [toQuantity(10)]);
    expect(await read()).to.have.length(2);
  });

  for (const [where, offset] of [
    ["in the last block that was kept", 0],
    ["in the block after it", -1],
  ] as const) {
    it(`are returned once, also those ${where}`, async () => {
      const { range } = await loadFixture(quickChainFixture);
      const store = memoryStore();
      const upTo = range.fromBlock + offset;
      const toBlock = await ethers.provider.getBlockNumber();
      const { provider } = thinProvider(ethers.provider, {
        finalized: () => Promise.resolve(upTo),
      });
      for (const time of ["first", "second"]) {
        const logs = await readLogsThrough(
          provider,
          { ...range, fromBlock: upTo, toBlock },
          { store, key: "approvals" },
        );
        expect(logs.map(({ blockNumber }) => blockNumber)).to.deep.equal([range.fromBlock], time);
        expect(store.load("approvals")?.upTo).to.equal(upTo);
      }
    });
  }

  it("are left out behind the end of the range, though they are kept", async () => {
    const { range } = await loadFixture(quickChainFixture);
    const store = memoryStore();
    const read = (toBlock: number) =>
      readLogsThrough(ethers.provider, { ...range, toBlock }, { store, key: "approvals" });
    expect(await read(await ethers.provider.getBlockNumber())).to.have.length(1);
    expect(await read(range.fromBlock - 1)).to.be.empty;
  });

  it("are read anew a day later when no contract confirms them", async () => {
    const { range } = await loadFixture(quickChainFixture);
    const store = memoryStore();
    const read = async (
      thin: typeof ethers.provider | ReturnType<typeof thinProvider>["provider"],
    ) => {
      const toBlock = await ethers.provider.getBlockNumber();
      return readLogsThrough(thin, { ...range, toBlock }, { store, key: "approvals" });
    };
    const hole = thinProvider(ethers.provider, { leaveOut: () => true });
    expect(await read(hole.provider)).to.be.empty;
    expect(await read(ethers.provider)).to.be.empty;
    store.age(20 * 3_600_000);
    await ethers.provider.send("hardhat_mine", [toQuantity(100)]);
    expect(await read(ethers.provider)).to.be.empty;
    store.age(5 * 3_600_000);
    expect(await read(ethers.provider)).to.have.length(1);
  });
});

/** Keeps logs in memory, and lets them grow old. */
function memoryStore(): LogStore & { age(milliseconds: number): void } {
  const kept = new Map<string, KeptLogs>();
  return {
    load: (key) => kept.get(key),
    save: (key, logs) => void kept.set(key, logs),
    age: (milliseconds) =>
      kept.forEach((logs, key) => kept.set(key, { ...logs, since: logs.since - milliseconds })),
  };
}
