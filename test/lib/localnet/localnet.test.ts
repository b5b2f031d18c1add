import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import {
  advance,
  deployContract,
  isRunning,
  LocalCcip,
  mineAt,
  now,
  startAnvil,
} from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { CCIP_VERSIONS, released } from "ccip-localnet/protocol";

import { startLocalnet } from "../../../lib/localnet/localnet";
import type { Localnet } from "../../../lib/localnet/localnet";
import { localnetDirectory, readManifest } from "../../../lib/localnet/manifest";
import { receivedBy, sendData } from "../../shared/ccipMessages";
import { shouldDeliverMessages } from "../ccip/delivery.behavior";

for (const ccip of CCIP_VERSIONS) {
  describe(`the local network on CCIP ${ccip} delivers`, () => {
    let directory: string;
    let localnet: Localnet;

    before(async () => {
      directory = mkdtempSync(path.join(tmpdir(), "localnet-"));
      localnet = await startLocalnet({ directory, ccip });
    });

    after(async () => {
      await localnet.stop();
      rmSync(directory, { recursive: true });
    });

    shouldDeliverMessages(ccip, () => localnet);

    it("by itself once it is started", async () => {
      const running = new LocalCcip(localnet.chains);
      const lane = running.lane("local-sat1", "local-sat2");
      const receiver = await deployContract(lane.destination.owner, released("loggingReceiver"));
      const delivered = new Promise<Delivery>((resolve, reject) => {
        running.start({ pollMs: 20, onDelivery: resolve, onError: reject });
      });
      expect(() => running.start()).to.throw("running already");
      const [message] = await sendData(lane, [{ receiver, data: "0xbeef" }]);
      const delivery = await delivered;
      await running.stop();
      expect(delivery.messageId).to.equal(message?.messageId);
      expect(await receivedBy(lane.destination, receiver)).to.deep.equal(["0xbeef"]);
    });

    it("as requested by a second terminal", () => {
      const chains = readManifest(directory)?.chains ?? [];
      expect(chains.map(({ ccip: addresses }) => addresses)).to.deep.equal(
        localnet.chains.map(({ ccip: addresses }) => addresses),
      );
    });
  });
}

describe("the local network", () => {
  let directory: string;
  let localnet: Localnet;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "localnet-"));
    localnet = await startLocalnet({ directory });
  });

  after(async () => {
    await localnet.stop();
    rmSync(directory, { recursive: true });
  });

  it("runs chains with ids of their own", async () => {
    for (const { provider, chainId } of localnet.chains) {
      expect(BigInt(String(await provider.send("eth_chainId", [])))).to.equal(chainId);
    }
  });

  it("writes the files that a second terminal needs", () => {
    const manifest = readManifest(directory);
    expect(manifest?.pid).to.equal(process.pid);
    expect(manifest?.chains.map(({ name }) => name)).to.deep.equal([
      "local-home",
      "local-sat1",
      "local-sat2",
    ]);
    for (const { name, chainId, ccip } of localnet.chains) {
      const written = manifest?.chains.find((chain) => chain.name === name);
      expect(written?.ccip).to.deep.equal(ccip);
      expect(written?.chainId).to.equal(Number(chainId));
    }
  });

  it("describes a migrated lane anew", async () => {
    const own = mkdtempSync(path.join(tmpdir(), "localnet-"));
    const network = await startLocalnet({ directory: own, chains: 2, ccip: "1.6" });
    await network.migrateLane("local-home", "local-sat1");
    expect(network.manifest.lanes.map(({ ccip }) => ccip)).to.include("2.0");
    expect(network.manifest).to.deep.equal(readManifest(own));
    await network.stop();
    rmSync(own, { recursive: true });
  });

  it("refuses a second one beside it, with the remedy", async () => {
    await expect(startLocalnet({ directory })).to.be.rejectedWith(
      `process ${process.pid}): use it, or end it with Ctrl-C in its terminal or \`kill`,
    );
  });

  it("keeps one time on all chains", async () => {
    const target = (await now(localnet.chains)) + 1_000;
    await mineAt(localnet.chains, target);
    for (const { provider } of localnet.chains) {
      expect((await provider.getBlock("latest"))?.timestamp).to.equal(target);
    }
    expect(await advance(localnet.chains, 86_400)).to.equal(target + 86_400);
    await expect(mineAt(localnet.chains, target)).to.be.rejectedWith(RangeError, `${target}`);
  });

  it("leaves nothing behind when it is stopped", async () => {
    const own = mkdtempSync(path.join(tmpdir(), "localnet-"));
    const network = await startLocalnet({ directory: own, chains: 1 });
    const pids = network.manifest.chains.map(({ pid }) => pid);
    expect(pids.every(isRunning)).to.equal(true);
    await network.stop();
    expect(pids.some(isRunning)).to.equal(false);
    expect(readManifest(own)).to.equal(undefined);
    expect(existsSync(path.join(own, "deployments/local/local-home"))).to.equal(false);
    rmSync(own, { recursive: true });
  });

  describe("reading a manifest", () => {
    const manifestFile = (): string => path.join(localnetDirectory(directory), "network.json");
    let original: string;

    beforeEach(() => {
      original = readFileSync(manifestFile(), "utf8");
    });

    afterEach(() => {
      writeFileSync(manifestFile(), original);
    });

    // Linux's highest process id is below 2^22.
    const spoilt: [title: string, spoil: (text: string) => string][] = [
      ["whose process is gone", (text) => text.replace(/"pid": \d+/, '"pid": 4194305')],
      ["that is not JSON", (text) => text.slice(1)],
      ["of another version", (text) => text.replace('"version": 1', '"version": 0')],
    ];
    for (const [title, spoil] of spoilt) {
      it(`finds no network in one ${title}`, () => {
        writeFileSync(manifestFile(), spoil(original));
        expect(readManifest(directory)).to.equal(undefined);
      });
    }
  });

  it("reports why anvil does not start", async () => {
    const logFile = path.join(directory, "broken.log");
    await expect(startAnvil({ name: "broken", chainId: -1, logFile })).to.be.rejectedWith(
      "anvil of broken ended at once",
    );
  });
});
