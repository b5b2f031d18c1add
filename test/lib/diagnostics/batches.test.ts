import { expect } from "chai";
import { parseEther, toBeHex } from "ethers";
import type { Log } from "ethers";
import { decodeMessage, sentTopics } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import type { Mesh } from "../../../lib/core/mesh/mesh";
import { encodeBroadcast, indexOf } from "../../shared/broadcasting";
import { sendData } from "../../shared/ccipMessages";
import { alive, diagnose, executeByHand, follow } from "../../shared/doctorFixture";
import { impersonate } from "../../shared/impersonate";
import { mined, useWorld } from "../../shared/scenario";
import type { Route, Scenario } from "../../shared/scenario";
import { thinProvider } from "../../shared/thinProvider";
import { oldWorld } from "../../shared/world";

const AMOUNTS = ["100", "200", "300"];

const out = (s: Scenario): Route => ({ from: s.home, to: s.sat1 });

describe("Messages of CCIP 1.6 that are committed and executed together", () => {
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("1000"));
    await s.give(s.sat2, "alice", parseEther("10"));
  }, oldWorld);

  /** Sends three transfers, some blocks apart, verified under one root. */
  async function sendAll(s: Scenario, blocksApart = 1): Promise<Message[]> {
    const messages: Message[] = [];
    for (const amount of AMOUNTS) {
      await s.ccipChain(s.home).provider.send("hardhat_mine", [toBeHex(blocksApart)]);
      const { message } = await s.send(out(s), "alice", parseEther(amount), s.address("bob"));
      messages.push(message);
    }
    await s.verify(out(s));
    return messages;
  }

  /** Sends three transfers that fail because of a pause that ends. */
  async function failAll(s: Scenario, blocksApart = 1): Promise<Message[]> {
    await mined(s.tokenOn(s.sat1, "guardian").pause());
    const messages = await sendAll(s, blocksApart);
    await s.execute(out(s));
    await mined(s.tokenOn(s.sat1, "operations").unpause());
    return messages;
  }

  it("are found by the transaction that executed them, each with the amount that arrived", async () => {
    const s = scenario();
    const messages = await sendAll(s);
    const deliveries = await s.execute(out(s));
    const hashes = new Set(deliveries.map(({ transactionHash }) => transactionHash));
    expect(hashes.size).to.equal(1);
    const { reports } = await diagnose(s.mesh, deliveries[0]?.transactionHash ?? "");
    expect(
      reports.map(({ kind, facts, diagnosis }) => [
        kind === "message" && facts.message.messageId,
        diagnosis.what,
      ]),
    ).to.deep.equal(
      messages.map(({ messageId }, i) => [
        messageId,
        `It was executed on local-sat1: ${s.address("bob")} got ${AMOUNTS[i]}.00 RUSD.`,
      ]),
    );
    for (const { messageId } of messages) {
      const { reports: own } = await diagnose(s.mesh, messageId);
      expect(own).to.have.length(1);
    }
  });

  it("as broadcasts have each its own effect", async () => {
    const s = scenario();
    await s.rebaseHome("5");
    const sent = [
      ...(await s.broadcastAll([s.sat1])).messages,
      ...(await s.broadcastAll([s.sat1])).messages,
    ];
    await s.verify(out(s));
    const deliveries = await s.execute(out(s));
    expect(new Set(deliveries.map(({ transactionHash }) => transactionHash)).size).to.equal(1);
    const verdicts = [];
    for (const { messageId } of sent) verdicts.push((await diagnose(s.mesh, messageId)).verdict);
    expect(verdicts).to.deep.equal(["executed", "superseded"]);
  });

  it("failed: each is executed by hand, with a proof from all of them and from no other lane", async () => {
    const s = scenario();
    const aside = { from: s.sat2, to: s.sat1 };
    for (let sent = 0; sent < 3; sent++) await s.send(aside, "alice", parseEther("1"));
    await s.verify(aside);
    // Further apart than blocks are searched for the rest of a batch at first.
    for (const { messageId } of await failAll(s, 3_000)) {
      const { results } = await executeByHand(s, messageId);
      expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    }
    expect(await s.balanceOf(s.sat1, "bob")).to.equal(parseEther("600"));
  });

  it("failed: none is executed where the endpoint leaves out another, whose hash the proof needs", async () => {
    const s = scenario();
    const [first, second] = await failAll(s);
    const leaveOut = (log: Log) =>
      log.topics[0] === sentTopics()["1.6"] && decodeMessage(log).messageId === second?.messageId;
    const { provider } = thinProvider(s.home.provider, { leaveOut });
    const mesh: Mesh = { ...s.mesh, home: { ...s.mesh.home, provider } };
    await expect(executeByHand({ mesh, ccip: s.ccip }, first?.messageId ?? "")).to.be.rejectedWith(
      /Of the messages \d+ to \d+ from local-home to local-sat1, which were committed together, the endpoint of local-home gives 2: use another url/,
    );
  });
});

describe("A third party's message of CCIP 1.6", () => {
  const scenario = useWorld(undefined, oldWorld);

  it("is found on a live chain from a block on, for no event indexes its id", async () => {
    const s = scenario();
    const sending = { receiver: s.sat1.contracts.receiver, data: "0x0102" };
    const [message] = await sendData(s.lane(out(s)), [sending]);
    const { messageId = "", blockNumber = 0 } = message ?? {};
    await expect(diagnose(alive(s.mesh), messageId)).to.be.rejectedWith(
      "--chain <network> --since <block>. The hash of its transaction is quicker.",
    );
    const since = (block: number) =>
      diagnose(alive(s.mesh), messageId, { chain: s.home.name, since: block });
    expect((await since(blockNumber)).reports).to.have.length(1);
    await s.ccipChain(s.home).provider.send("hardhat_mine", []);
    await expect(since(blockNumber + 1)).to.be.rejectedWith(
      `sent from local-home since block ${blockNumber + 1}`,
    );
  });
});

describe("A transfer of CCIP 1.6 from a pool that was replaced since", () => {
  const scenario = useWorld((s) => s.mint("alice", parseEther("1000")), oldWorld);

  it("is found by its id on a live chain, whose OnRamps are not searched", async () => {
    const s = scenario();
    const { message } = await s.send(out(s), "alice", parseEther("100"), s.address("bob"));
    const contracts = { ...s.home.contracts, pool: s.address("carol") };
    const mesh: Mesh = { ...s.mesh, home: { ...s.mesh.home, contracts } };
    const { text } = await diagnose(alive(mesh), message.messageId);
    expect(text).to.include("transfer of 100.00 RUSD");
  });
});

describe("Messages of CCIP 1.6 with too little gas", () => {
  const scenario = useWorld((s) => s.mint("alice", parseEther("1000")), oldWorld);

  it("for their receiver are executed with what the doctor finds enough", async () => {
    const s = scenario();
    await s.rebaseHome("5");
    const data = encodeBroadcast(await indexOf(s, s.home));
    const broadcaster = await impersonate(
      s.ccipChain(s.home).provider,
      s.home.contracts.broadcaster,
    );
    const sending = { receiver: s.sat1.contracts.receiver, data, gasLimit: 20_000n };
    const [message] = await sendData(s.lane(out(s)), [sending], broadcaster);
    await expectMended(s, message, "--receiver-gas 62500");
  });

  it("for their pool are executed with what the doctor finds enough", async () => {
    const s = scenario();
    await s.grant(out(s), { gas: 30_000 });
    const { message } = await s.send(out(s), "alice", parseEther("100"), s.address("bob"));
    await expectMended(s, message, "--token-gas 150000");
  });

  /** Expects a message to fail, and to succeed with the gas that the doctor names. */
  async function expectMended(s: Scenario, message: Message | undefined, gas: string) {
    if (!message) return expect.fail("Nothing was sent.");
    await s.verify(out(s));
    expect((await s.execute(out(s))).map(({ state }) => state)).to.deep.equal(["failure"]);
    const { commands } = await diagnose(s.mesh, message.messageId);
    expect(commands).to.deep.equal([
      `npx hardhat message execute ${message.messageId} ${gas} --mesh local`,
    ]);
    await follow(s, commands[0]);
    expect((await diagnose(s.mesh, message.messageId)).verdict).to.equal("executed");
  }
});
