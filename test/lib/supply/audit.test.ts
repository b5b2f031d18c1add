import { setStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { parseEther, toBeHex } from "ethers";
import type { Message } from "ccip-localnet/protocol";

import { abi, ccipAbi } from "../../../lib/core/abis";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import { messagesInFlight } from "../../../lib/mesh/inFlight";
import type { KeptLogs, LogStore } from "../../../lib/rpc/logs";
import { IncompleteLogsError } from "../../../lib/rpc/logCache";
import { auditSupply, isConserved } from "../../../lib/supply/audit";
import type { SupplyAudit } from "../../../lib/supply/audit";
import { showAudit } from "../../../lib/cli/supply/audit";
import { forge, forgedBytes, forgedWord } from "../../shared/forgedMessages";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";
import type { Route } from "../../shared/scenario";
import { erc7201Slot, wordAt } from "../../shared/storage";
import { endsBefore, thinProvider } from "../../shared/thinProvider";
import type { LeaveOut, Thinness } from "../../shared/thinProvider";

const AMOUNT = parseEther("12.5");
const POOL_SET = ccipAbi.registry.getEvent("PoolSet")?.topicHash;

/** Their position in the token's struct. */
const ISSUED_SHARES_SLOT = 2n;

/** Seconds, one a block, after which no node behind an endpoint lags. */
const DEEP = 1_200;

describe("supply audit", () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
    await s.give(s.sat1, "carol", 10n);
    await s.refillBuckets();
  });

  const toSat1 = (): Route => ({ from: scenario().home, to: scenario().sat1 });

  it("counts messages that were sent or failed, and no longer those executed by hand", async () => {
    const s = scenario();
    const route = toSat1();
    const quiet = await s.audit();
    expect(quiet.inFlight).to.be.empty;

    const { message } = await s.send(route, "alice", AMOUNT);
    const sent = await s.audit();
    expect(brief(sent)).to.deep.equal([[message.messageId, s.sharesIn(message), "untouched"]]);
    expect(sent.sharesInFlight).to.equal(s.sharesIn(message));
    expect(isConserved(sent)).to.equal(true);

    await mined(s.tokenOn(s.sat1, "guardian").pause());
    await s.verify(route);
    await s.execute(route);
    const failed = await s.audit();
    expect(brief(failed)).to.deep.equal([[message.messageId, s.sharesIn(message), "failure"]]);
    expect(isConserved(failed)).to.equal(true);

    await mined(s.tokenOn(s.sat1, "operations").unpause());
    expectSuccess([await s.executeManually(route, message.messageId)]);
    const arrived = await s.audit();
    expect(brief(arrived)).to.be.empty;
    expect(isConserved(arrived)).to.equal(true);
  });

  it("counts messages between satellites, and shows by lane what is in flight [F5]", async () => {
    const s = scenario();
    const route = { from: s.sat1, to: s.sat2 };
    const { message } = await s.send(route, "alice", AMOUNT);
    await s.send(toSat1(), "alice", AMOUNT);
    const audit = await s.audit();
    expect(
      audit.inFlight.map(({ source, destination }) => `${source} -> ${destination}`),
    ).to.have.members(["local-home -> local-sat1", "local-sat1 -> local-sat2"]);
    expect(isConserved(audit)).to.equal(true);

    const lane = { source: "local-sat1", destination: "local-sat2" };
    const found = await messagesInFlight(s.mesh, [lane]);
    expect([...found]).to.deep.equal([
      [
        "local-sat1 -> local-sat2",
        [
          {
            messageId: message.messageId,
            ...lane,
            shares: s.sharesIn(message),
            sourcePool: s.sat1.contracts.pool,
            isFast: false,
            failed: false,
          },
        ],
      ],
    ]);
  });

  it("does not count a pool's balance or a donation to it as sent", async () => {
    const s = scenario();
    const { pool } = s.home.contracts;
    await mined(s.tokenOn(s.home, "alice").transfer(pool, 7n));
    await s.send({ from: s.sat1, to: s.home }, "alice", AMOUNT, pool);
    expectSuccess(await s.deliver());
    const audit = await s.audit();
    expect(audit.inFlight).to.be.empty;
    expect(isConserved(audit)).to.equal(true);
  });

  describe("a satellite with a compromised pool:", () => {
    for (const { title, data } of [
      { title: "no data", data: "0x" },
      { title: "64 bytes", data: forgedBytes(64) },
      { title: "an official pool's decimals", data: toBeHex(18n, 32) },
      { title: "a version to come", data: forgedWord({ version: 2 }) },
    ]) {
      it(`${title}: is named, and the audit fails on nothing else`, async () => {
        const s = scenario();
        const { message } = await forge(s, { from: s.sat1, to: s.home }, data);
        const audit = await s.audit();
        expect(audit.undecodable.map((item) => item.message.messageId)).to.deep.equal([
          message.messageId,
        ]);
        expect(failures(audit)).to.deep.equal(["messages: 1 message that nobody can account for"]);
        const { stdout } = await said(s.mesh);
        expect(stdout).to.include(
          `Nobody can account for these:\n  ${message.messageId}  local-sat1 -> local-home  untouched  pool data ${data}`,
        );
      });
    }

    it("shares that were never burned: are reported while in flight, with the lane", async () => {
      const s = scenario();
      const shares = 10n ** 30n;
      const { message } = await forge(s, { from: s.sat1, to: s.home }, forgedWord({ shares }));
      const audit = await s.audit();
      expect(audit.inFlight.map((item) => item.message.messageId)).to.include(message.messageId);
      expect(audit.difference).to.equal(-shares);
      const { totalShares } = audit.chains[1] ?? {};
      expect(failures(audit)).to.deep.equal([
        `conservation: ${shares} shares are on chains or in flight that home never issued`,
        `chain local-sat1: holds ${totalShares} shares, ${shares} more than its messages account for`,
      ]);
    });
  });

  it("names the chain with a second minter [F2, I23]", async () => {
    const s = scenario();
    const admin = s.tokenOn(s.sat2, await s.timelock(s.sat2));
    await mined(admin.grantRole(await admin.BRIDGE_ROLE(), s.address("carol")));
    await mined(s.tokenOn(s.sat2, "carol").bridgeMint(s.address("carol"), 5n));
    const audit = await s.audit();
    const { totalShares } = audit.chains[2] ?? {};
    expect(failures(audit)).to.deep.equal([
      "conservation: 5 shares are on chains or in flight that home never issued",
      `chain local-sat2: holds ${totalShares} shares, 5 more than its messages account for`,
    ]);
    const { stdout } = await said(s.mesh);
    expect(stdout).to.include("Not conserved: 2 of 6 checks failed.\n  conservation: 5 shares");
  });

  it("names home when it holds more than it ever issued", async () => {
    const s = scenario();
    const { token } = s.home.contracts;
    const slot = erc7201Slot("ccip-rebase-token.RebaseToken") + ISSUED_SHARES_SLOT;
    const issued = await s.tokenOn(s.home).issuedShares();
    expect(await wordAt(token, slot)).to.equal(issued);
    await setStorageAt(token, slot, 7n);
    const audit = await s.audit();
    const { totalShares } = audit.chains[0] ?? {};
    expect(failures(audit)).to.include(
      `containment local-home: holds ${totalShares} shares, and only 7 were issued`,
    );
  });

  it("counts a message once whose source was read before it left and whose destination after it arrived", async () => {
    const s = scenario();
    const before = await s.home.provider.getBlockNumber();
    const { message } = await s.send(toSat1(), "alice", AMOUNT);
    expectSuccess(await s.deliver());

    // The endpoint of home lags for as long as it is asked three times.
    const lagging = thinProvider(s.home.provider, { latest: [before, before, before] });
    const audit = await auditSupply(withProvider(s.mesh, s.home, lagging.provider));
    expect(audit.chains[0]?.blockNumber).to.equal(before);
    expect(audit.early.map((item) => item.message.messageId)).to.deep.equal([message.messageId]);
    expect(audit.inFlight).to.be.empty;
    expect(isConserved(audit)).to.equal(true);
  });

  it("gives the same result when a failed count is repeated", async () => {
    const s = scenario();
    const misread = {
      data: abi.token.encodeFunctionData("totalShares"),
      answer: toBeHex(7n, 32),
    };
    const unsteady = thinProvider(s.sat2.provider, { misread });
    const audit = await auditSupply(withProvider(s.mesh, s.sat2, unsteady.provider));
    expect([isConserved(audit), unsteady.hasMisread()]).to.deep.equal([true, true]);
  });

  describe("through an endpoint that omits logs", () => {
    const lag = { attempts: 2, pauseMs: 1, maxPauseMs: 1 };
    const through = (chain: MeshChain, thinness: Thinness) =>
      withProvider(scenario().mesh, chain, thinProvider(chain.provider, thinness).provider);

    for (const { what, leaveOut } of [
      { what: "of the newest block", leaveOut: () => endsBefore(1) },
      { what: "of the ten newest blocks", leaveOut: () => endsBefore(10) },
      {
        what: "of a block in the middle",
        leaveOut:
          ({ blockNumber }: Message): LeaveOut =>
          (log) =>
            log.blockNumber === blockNumber,
      },
      {
        what: "of every pool that the token has had",
        leaveOut: (): LeaveOut => (log) => log.topics[0] === POOL_SET,
      },
    ]) {
      it(`${what}: could not be completed, which is no alarm`, async () => {
        const s = scenario();
        const { message } = await s.send(toSat1(), "alice", AMOUNT);
        const mesh = through(s.home, { leaveOut: leaveOut(message) });
        await expect(auditSupply(mesh, { lag })).to.be.rejectedWith(
          IncompleteLogsError,
          /^The audit could not be done\. Cannot tell .*local-home.*, because its endpoint leaves logs out: up to block \d+ they (account for|lead to)/,
        );
      });
    }

    it("of arriving and as many leaving shares: the lane has counted those that left", async () => {
      const s = scenario();
      const { message } = await s.send(toSat1(), "alice", AMOUNT);
      const block = await s.sat1.provider.getBlockNumber();
      expectSuccess(await s.deliver());
      await s.send({ from: s.sat1, to: s.home }, "alice", AMOUNT);
      const mesh = through(s.sat1, { leaveOut: (log) => log.blockNumber > block });
      await expect(auditSupply(mesh, { lag })).to.be.rejectedWith(
        /^The audit could not be done\. Cannot tell what was sent, because the endpoint of local-sat1 leaves out message \d+ of lane local-sat1 -> local-home, of which CCIP has counted \d+ at block/,
      );
      expect((await s.audit()).inFlight.map((item) => item.message.messageId)).not.to.include(
        message.messageId,
      );
    });

    it("once: reads again and finds everything", async () => {
      const s = scenario();
      await s.send(toSat1(), "alice", AMOUNT);
      const audit = await auditSupply(through(s.home, { leaveOut: endsBefore(1), leavesOut: 1 }), {
        lag,
      });
      expect(audit.inFlight).to.have.length(1);
      expect(isConserved(audit)).to.equal(true);
    });

    it("once: caches no gap, however many blocks follow", async () => {
      const s = scenario();
      const { provider } = s.ccipChain(s.home);
      const store = memoryStore();
      await s.send(toSat1(), "alice", AMOUNT);
      await provider.send("hardhat_mine", [toBeHex(5_000)]);
      const sentAt = await s.home.provider.getBlockNumber();
      const mesh = through(s.home, {
        leaveOut: ({ blockNumber }) => blockNumber > sentAt - 5_010,
        leavesOut: 1,
      });
      await auditSupply(mesh, { store, lag });
      const audit = await auditSupply(s.mesh, { store, lag });
      expect(audit.inFlight).to.have.length(1);
      expect(isConserved(audit)).to.equal(true);
    });

    it("that were cached incompletely: reads everything again", async () => {
      const s = scenario();
      await s.send(toSat1(), "alice", AMOUNT);
      await s.ccipChain(s.home).provider.send("hardhat_mine", [toBeHex(DEEP)]);
      const store = memoryStore();
      await auditSupply(s.mesh, { store, lag });
      store.forgetLast();
      const audit = await auditSupply(s.mesh, { store, lag });
      expect(audit.inFlight).to.have.length(1);
      expect(isConserved(audit)).to.equal(true);
    });
  });

  describe("on an endpoint that limits the block range", () => {
    it("finds the same", async () => {
      const s = scenario();
      await s.send(toSat1(), "alice", AMOUNT);
      const thin = thinProvider(s.home.provider, { maxBlocks: 40 });
      const audit = await auditSupply(withProvider(s.mesh, s.home, thin.provider));
      expect(thin.askedFrom.length).to.be.greaterThan(4);
      expect(brief(audit)).to.deep.equal(brief(await s.audit()));
      expect(isConserved(audit)).to.equal(true);
    });

    it("reads earlier logs from its cache, and everything again without the cache", async () => {
      const s = scenario();
      const provider = s.ccipChain(s.home).provider;
      await s.send(toSat1(), "alice", AMOUNT);
      await provider.send("hardhat_mine", [`0x${DEEP.toString(16)}`]);
      const store = memoryStore();
      const audited = async () => {
        const thin = thinProvider(s.home.provider, {});
        const audit = await auditSupply(withProvider(s.mesh, s.home, thin.provider), { store });
        expect(audit.inFlight).to.have.length(1);
        expect(isConserved(audit)).to.equal(true);
        return { first: Math.min(...thin.askedFrom), receipts: thin.receipts() };
      };
      const cold = await audited();
      expect(cold.first).to.equal(0);
      expect(cold.receipts).to.be.greaterThan(0);
      const warm = await audited();
      expect(warm.first).to.be.greaterThan(0);
      expect(warm.receipts).to.equal(0);
      store.clear();
      expect(await audited()).to.deep.equal(cold);
    });

    it("drops what a reorganisation removed", async () => {
      const s = scenario();
      const provider = s.ccipChain(s.home).provider;
      await provider.send("hardhat_mine", [`0x${DEEP.toString(16)}`]);
      const store = memoryStore();
      const fork = await provider.send("evm_snapshot", []);
      await s.send(toSat1(), "alice", AMOUNT);
      expect((await auditSupply(s.mesh, { store })).inFlight).to.have.length(1);

      await provider.send("evm_revert", [fork]);
      await s.send(toSat1(), "alice", 2n * AMOUNT);
      const audit = await auditSupply(s.mesh, { store });
      expect(audit.inFlight.map(({ amount }) => amount)).to.deep.equal([2n * AMOUNT]);
      expect(isConserved(audit)).to.equal(true);
    });
  });

  it("prints a table, and one JSON document with the block of each chain", async () => {
    const s = scenario();
    const { message } = await s.send(toSat1(), "alice", AMOUNT);
    const { stdout } = await said(s.mesh);
    expect(stdout).to.include("in flight (1)");
    expect(stdout).to.match(
      new RegExp(
        `${message.messageId}  local-home -> local-sat1  untouched  ${s.sharesIn(message)} shares, 12.50 tokens`,
      ),
    );
    expect(stdout).to.match(/\nConserved: every share is on a chain or in flight/);

    const document = JSON.parse((await said(s.mesh, true)).stdout) as Record<string, unknown>;
    const block = await s.home.provider.getBlockNumber();
    expect(document).to.deep.include({ mesh: "local", conserved: true, difference: "0" });
    expect(document.chains).to.have.nested.property("[0].blockNumber", block);
    expect(document.inFlight).to.have.nested.property("[0].tokens", AMOUNT.toString());
  });
});

describe("supply audit of a mesh whose shares have never left home", () => {
  const scenario = useWorld(async (s) => {
    await s.give(s.home, "alice", parseEther("1000"));
  });

  it("finds each of them there, and nothing wrong", async () => {
    const audit = await scenario().audit();
    const [home, ...satellites] = audit.chains.map(({ totalShares }) => totalShares);
    expect(home).to.equal(audit.issuedShares).and.not.equal(0n);
    expect(satellites).to.deep.equal([0n, 0n]);
    expect(failures(audit)).to.be.empty;
  });
});

/** Returns the messages in flight: ids, shares and states. */
function brief({ inFlight }: SupplyAudit) {
  return inFlight.map(({ message, shares, state }) => [message.messageId, shares, state]);
}

/** Lists the failed checks. */
function failures({ checks }: SupplyAudit): string[] {
  return checks
    .filter(({ holds }) => !holds)
    .map(({ check, chain, finding }) => `${check}${chain ? ` ${chain}` : ""}: ${finding}`);
}

/** Returns the output of the task. */
async function said(mesh: Mesh, json = false) {
  const printed: string[] = [];
  const context = {
    mesh,
    signerFor: () => Promise.reject(new Error("no keys")),
    sendOptions: () => ({}),
  };
  const output = { stdout: (text: string) => void printed.push(text), log: () => undefined };
  await showAudit(context, { json }, output);
  return { stdout: printed.join("\n") };
}

/** The mesh with another endpoint for one of its chains. */
function withProvider(mesh: Mesh, chain: MeshChain, provider: MeshChain["provider"]): Mesh {
  const swap = <C extends MeshChain>(item: C): C =>
    item.name === chain.name ? { ...item, provider } : item;
  return { ...mesh, home: swap(mesh.home), satellites: mesh.satellites.map(swap) };
}

/** Keeps logs in memory, through JSON, as a file would. */
function memoryStore(): LogStore & { clear(): void; forgetLast(): void } {
  const files = new Map<string, string>();
  return {
    load: (key) => {
      const text = files.get(key);
      return text === undefined ? undefined : (JSON.parse(text) as KeptLogs);
    },
    save: (key, kept) => void files.set(key, JSON.stringify(kept)),
    clear: () => files.clear(),
    forgetLast: () =>
      files.forEach((text, key) => {
        const kept = JSON.parse(text) as KeptLogs;
        files.set(key, JSON.stringify({ ...kept, logs: kept.logs.slice(0, -2) }));
      }),
  };
}
