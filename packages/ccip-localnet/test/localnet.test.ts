import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { ZeroAddress } from "ethers";

import {
  advance,
  deployBurnMintToken,
  deployReceiver,
  localAccount,
  mineAt,
  now,
  readManifest,
  registerWithCcipSdk,
  retireLanes,
  sendEach,
  sendMessage,
  setReverting,
  startAnvil,
  startLocalnet,
} from "../src";
import type { Localnet } from "../src";
import { decodeRevert } from "../src/protocol";

describe("A network with lanes of both versions", () => {
  let directory: string;
  let localnet: Localnet;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "network-"));
    localnet = await startLocalnet({
      directory,
      chains: [{ name: "left" }, { name: "right", chainId: 4_242, selector: 77n }, { name: "old" }],
      lanes: [{ from: "left", to: "old", ccip: "1.6" }],
    });
  });

  after(async () => {
    await localnet.stop();
    rmSync(directory, { recursive: true });
  });

  it("describes the running chains and their addresses", () => {
    const manifest = readManifest(directory);
    expect(manifest).to.deep.equal(localnet.manifest);
    const versions = manifest?.chains.map(({ name, ccip, ccip16 }) => [
      name,
      ccip.version,
      ccip16?.version,
    ]);
    expect(versions).to.deep.equal([
      ["left", "2.0", "1.6"],
      ["right", "2.0", undefined],
      ["old", "2.0", "1.6"],
    ]);
    expect(manifest?.chains[1]).to.include({ chainId: 4_242, selector: "77" });
    const old = manifest?.lanes.filter(({ ccip }) => ccip === "1.6");
    expect(old?.map(({ from, to }) => [from, to])).to.deep.equal([
      ["left", "old"],
      ["old", "left"],
    ]);
  });

  const lanes: [from: string, to: string, version: "1.6" | "2.0"][] = [
    ["left", "right", "2.0"],
    ["right", "old", "2.0"],
    ["left", "old", "1.6"],
    ["old", "left", "1.6"],
  ];
  for (const [from, to, version] of lanes) {
    it(`carries data over ${from} -> ${to} in ${version}`, async () => {
      const lane = localnet.ccip.lane(from, to);
      const receiver = await deployReceiver(lane.destination);
      const message = await sendMessage(lane, { receiver, data: "0x1234" });
      expect(message.version).to.equal(version);
      const deliveries = await localnet.ccip.deliver();
      expect(deliveries.map(({ messageId, state }) => [messageId, state])).to.deep.equal([
        [message.messageId, "success"],
      ]);
    });
  }

  it("carries one token over lanes of both versions, paid in LINK", async () => {
    const tokens = await deployBurnMintToken(localnet.chains);
    const token = tokens[0]?.token ?? "";
    const receiver = localAccount(5).address;
    for (const to of ["right", "old"]) {
      const lane = localnet.ccip.lane("left", to);
      const feeToken = lane.source.ccip.link;
      await sendMessage(lane, { receiver, feeToken, tokens: [{ token, amount: 1_000n }] });
    }
    expect((await localnet.ccip.deliver()).map(({ state }) => state)).to.deep.equal([
      "success",
      "success",
    ]);
  });

  for (const to of ["right", "old"]) {
    it(`reports failure at a receiver that reverts (${to})`, async () => {
      const lane = localnet.ccip.lane("left", to);
      const receiver = await deployReceiver(lane.destination, { reverts: true });
      await sendMessage(lane, { receiver });
      const [failed] = await localnet.ccip.deliver();
      expect(failed?.state).to.equal("failure");
      expect(decodeRevert(failed?.returnData ?? "0x").name).to.equal("ReceiverError");
      await setReverting(lane.destination, receiver, false);
      await sendMessage(lane, { receiver });
      expect((await localnet.ccip.deliver()).map(({ state }) => state)).to.deep.equal(["success"]);
    });
  }

  it("moves a lane from 1.6 to 2.0 under traffic, until its old OffRamps are retired", async () => {
    const sent = localnet.ccip.lane("left", "old");
    const receiver = await deployReceiver(sent.destination);
    const before = await sendMessage(sent, { receiver, data: "0x01" });
    const { before: old } = await localnet.migrateLane("left", "old");
    const after = await sendMessage(localnet.ccip.lane("left", "old"), { receiver, data: "0x02" });
    expect([before.version, after.version]).to.deep.equal(["1.6", "2.0"]);
    const deliveries = await localnet.ccip.deliver();
    expect(deliveries.map(({ messageId, state }) => [messageId, state])).to.have.deep.members([
      [before.messageId, "success"],
      [after.messageId, "success"],
    ]);
    await retireLanes(old);
    expect(readManifest(directory)).to.deep.equal(localnet.manifest);
    expect(new Set(localnet.manifest.lanes.map(({ ccip }) => ccip))).to.deep.equal(
      new Set(["2.0"]),
    );
    await expect(localnet.migrateLane("left", "old")).to.be.rejectedWith("runs CCIP 2.0 already");
  });

  it("moves the clocks of all chains to one second", async () => {
    const before = await now(localnet.chains);
    expect(await advance(localnet.chains, 3_600)).to.equal(before + 3_600);
    for (const { provider } of localnet.chains) {
      expect((await provider.getBlock("latest"))?.timestamp).to.equal(before + 3_600);
    }
  });

  it("has the time of the chain that is furthest, after which alone a block can be mined", async () => {
    const [first] = localnet.chains;
    if (!first) return expect.fail("There are chains.");
    const time = await advance([first], 600);
    expect(await now(localnet.chains)).to.equal(time);
    await expect(mineAt([first], time)).to.be.rejectedWith(RangeError, "time only rises");
    expect(await advance(localnet.chains, 1)).to.equal(time + 1);
  });

  it("registers its chains with ccip-sdk", () => {
    const selectors = { "1": { selector: 5_009_297_550_715_157_269n, name: "ethereum-mainnet" } };
    registerWithCcipSdk(selectors, localnet.manifest);
    expect(selectors).to.deep.include({
      "4242": { selector: 77n, name: "right", family: "EVM", network_type: "TESTNET" },
    });
  });

  it("uses a fixed port, and reports it when it is taken", async () => {
    const port = Number(new URL(localnet.chains[0]?.url ?? "").port);
    await expect(startLocalnet({ chains: 1, port })).to.be.rejectedWith(
      `Port ${port}, wanted for chain-1, is taken by another process: end that, or choose another port.`,
    );
  });
});

describe("A network restored from a saved state", () => {
  it("has its contracts, its time and its pending messages", async () => {
    const first = await startLocalnet({ chains: [{ name: "left" }, { name: "right" }] });
    const receiver = await deployReceiver(first.ccip.lane("left", "right").destination);
    const message = await sendMessage(first.ccip.lane("left", "right"), { receiver });
    const time = await advance(first.chains, 86_400);
    const saved = await first.save();
    await first.stop();

    const second = await startLocalnet({ chains: [{ name: "left" }, { name: "right" }], saved });
    try {
      const there = await sendMessage(second.ccip.lane("left", "right"), { receiver });
      const back = await sendMessage(second.ccip.lane("right", "left"), { receiver });
      expect(await now(second.chains)).to.be.at.least(time);
      const deliveries = await second.ccip.deliver();
      expect(deliveries.map(({ messageId, state }) => [messageId, state])).to.have.deep.members(
        [message, there, back].map(({ messageId }) => [messageId, "success"]),
      );
    } finally {
      await second.stop();
    }
    await expect(startLocalnet({ chains: 3, saved })).to.be.rejectedWith(
      "The saved network has 2 chains and not 3",
    );
  });
});

describe("Two networks that start at once in one directory", () => {
  it("share it exclusively: the second is refused, and the directory is free after the first has ended", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "twice-"));
    try {
      const started = await Promise.allSettled(
        [1, 2].map(() => startLocalnet({ directory, chains: 1 })),
      );
      const running = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      const refused = started.flatMap((one) =>
        one.status === "rejected" ? [one.reason as unknown] : [],
      );
      await Promise.all(running.map((network) => network.stop()));
      expect(running).to.have.length(1);
      expect(String(refused)).to.include(
        `Another local network is starting in ${directory} (process ${process.pid})`,
      );
      // As a killed process leaves it: no process has this id.
      writeFileSync(path.join(directory, "starting"), "4194305");
      await (await startLocalnet({ directory, chains: 1 })).stop();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

describe("A node that ends while transactions are sent", () => {
  it("fails them, and leaves no unhandled rejection", async () => {
    const directory = mkdtempSync(path.join(tmpdir(), "ended-"));
    const node = await startAnvil({
      name: "ended",
      chainId: 4_711,
      logFile: path.join(directory, "log"),
    });
    const rejections: unknown[] = [];
    const listener = (reason: unknown) => rejections.push(reason);
    process.prependListener("unhandledRejection", listener);
    try {
      await node.provider.send("evm_setAutomine", [false]);
      const one = { label: "nothing", to: ZeroAddress, gasLimit: 21_000n };
      const sending = sendEach(localAccount(0, node.provider), Array(2_000).fill(one));
      const failed = expect(sending).to.be.rejected;
      let pending = 0;
      while (pending < 3) {
        pending = await node.provider.getTransactionCount(localAccount(0).address, "pending");
      }
      process.kill(node.pid, "SIGKILL");
      await failed;
      await sleep(100);
      expect(rejections).to.deep.equal([]);
    } finally {
      process.off("unhandledRejection", listener);
      await node.stop();
      rmSync(directory, { recursive: true });
    }
  });
});

describe("A fork", () => {
  let directory: string;
  before(() => (directory = mkdtempSync(path.join(tmpdir(), "fork-"))));
  after(() => rmSync(directory, { recursive: true }));

  it("keeps the state and the id of the remote chain, and runs CCIP beside it", async () => {
    const logFile = path.join(directory, "remote.log");
    const remote = await startAnvil({ name: "remote", chainId: 987_654, logFile });
    const wealthy = "0x000000000000000000000000000000000000dEaD";
    await remote.provider.send("anvil_setBalance", [wealthy, "0x2a"]);
    await remote.provider.send("anvil_mine", ["0x40"]);
    try {
      const localnet = await startLocalnet({
        chains: [{ name: "forked", fork: { url: remote.url } }, { name: "own" }],
        ccip: "1.6",
      });
      try {
        const [forked] = localnet.chains;
        expect(forked?.chainId).to.equal(987_654n);
        expect(await forked?.provider.getBalance(wealthy)).to.equal(42n);
        const lane = localnet.ccip.lane("own", "forked");
        const receiver = await deployReceiver(lane.destination);
        await sendMessage(lane, { receiver });
        await sendMessage(localnet.ccip.lane("forked", "own"), { receiver: wealthy });
        expect(await localnet.ccip.deliver()).to.have.length(2);
        expect(await remote.provider.getBlockNumber()).to.equal(64);
        const earlier = await startAnvil({
          name: "earlier",
          logFile: path.join(directory, "earlier.log"),
          fork: { url: remote.url, blockNumber: 40 },
        });
        try {
          expect(await earlier.provider.getBlockNumber()).to.equal(40);
        } finally {
          await earlier.stop();
        }
      } finally {
        await localnet.stop();
      }
    } finally {
      await remote.stop();
    }
  });

  it("hides the API key when the remote chain repeats it in its answer", async () => {
    const server = createServer((request, response) => {
      response.writeHead(401).end(`no such key: ${request.url}`);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const fork = { url: `http://127.0.0.1:${port}/v3/secret` };
      const started = startLocalnet({ directory, chains: [{ name: "forked", fork }] });
      const { message } = await started.then(
        () => new Error("started"),
        (error: Error) => error,
      );
      expect(message).to.include("401").and.not.include("secret");
      expect(statSync(path.join(directory, "forked.log")).mode & 0o077).to.equal(0);
    } finally {
      server.close();
    }
  });

  it("reports that the remote chain does not answer, without its url", async () => {
    const url = "http://127.0.0.1:1/v3/secret";
    const started = startLocalnet({ chains: [{ name: "forked", fork: { url } }] });
    const { message } = await started.then(
      () => new Error("started"),
      (error: Error) => error,
    );
    expect(message).to.match(
      /anvil of forked ended at once: .*Check that the url to fork answers/s,
    );
    expect(message).not.to.include("secret");
  });
});
