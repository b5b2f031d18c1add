import { expect } from "chai";
import { parseEther } from "ethers";
import { connectLanes, retireLanes } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, Lane, Message } from "ccip-localnet/protocol";

import { showQuote } from "../../lib/cli/bridge/quote";
import { showStatus } from "../../lib/cli/bridge/status";
import { compareMesh } from "../../lib/mesh/check";
import { inspectMesh } from "../shared/meshFixture";
import { readPlan } from "../../lib/mesh/read";
import { openSteps } from "../../lib/mesh/step";
import { readStatus } from "../../lib/rebase/status";
import { diagnose, executeByHand } from "../shared/doctorFixture";
import { contextAt } from "../shared/operatorContext";
import { withVersion } from "../shared/inProcessCcip";
import { Scenario, expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Route } from "../shared/scenario";
import { oldWorld } from "../shared/world";

const AMOUNT = parseEther("12.5");

/** A lane in both directions while CCIP moves it, and what delivers over all ramps. */
interface Move {
  /** The scenario after the move, with ramps of both versions. */
  readonly s: Scenario;
  readonly out: Route;
  readonly back: Route;
  /** The lanes of CCIP 1.6: out and back. */
  readonly old: readonly [Lane, Lane];
  /** The lanes of CCIP 2.0 in their place. */
  readonly young: readonly Lane[];
}

describe("A lane that CCIP moves from 1.6 to 2.0 with messages in flight", () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
    await s.refillBuckets();
  }, oldWorld);

  /** Deploys CCIP 2.0 at both ends; the routers know nothing of it yet. */
  async function prepared(): Promise<Move> {
    const before = scenario();
    const out = { from: before.home, to: before.sat1 };
    const back = { from: before.sat1, to: before.home };
    const young: CcipChain[] = [];
    for (const chain of [before.home, before.sat1]) {
      young.push(await withVersion(before.ccipChain(chain), "2.0"));
    }
    const old = [before.lane(out), before.lane(back)] as const;
    const s = new Scenario(
      { mesh: before.mesh, chains: [...before.chains, ...young] },
      before.ccip,
    );
    return { s, out, back, old, young: lanesBetween(young) };
  }

  const send = async (s: Scenario, route: Route) => (await s.send(route, "alice", AMOUNT)).message;

  /** A transfer that failed because its destination was paused, which it is no more. */
  async function failed(s: Scenario, route: Route, lane: Lane): Promise<Message> {
    await mined(s.tokenOn(route.to, "guardian").pause());
    const message = await send(s, route);
    await s.ccip.verify(lane);
    const deliveries = await s.ccip.execute(lane, [message]);
    expect(outcomes(deliveries)).to.deep.equal([[message.messageId, "failure"]]);
    await mined(s.tokenOn(route.to, "operations").unpause());
    return message;
  }

  /** Expects every tool to report these messages in flight, and no problem of the mesh. */
  async function expectTools(
    { s, out, back }: Pick<Move, "s" | "out" | "back">,
    inFlight: readonly (readonly [Message, stage: string, verdict: string])[],
  ): Promise<void> {
    const { mesh } = s;
    await inspectMesh(mesh);
    expect((await compareMesh(mesh)).differences, "mesh check").to.deep.equal([]);
    expect(openSteps((await readPlan(mesh)).steps), "mesh plan").to.deep.equal([]);
    const { home, satellites } = await readStatus(mesh);
    expect(new Set(satellites.map(({ epoch }) => epoch)), "rebase status").to.deep.equal(
      new Set([home.epoch]),
    );
    const { context, output } = contextAt(s);
    for (const { from, to } of [out, back]) {
      const words = { from: from.name, to: to.name, amount: "1", account: s.address("alice") };
      const { obstacles } = await showQuote(context, { ...words, json: false }, output);
      expect(obstacles, `bridge quote ${from.name} -> ${to.name}`).to.deep.equal([]);
    }
    await s.expectConserved();
    const audit = await s.audit();
    expect(
      audit.inFlight.map(({ message }) => message.messageId),
      "supply audit",
    ).to.have.members(inFlight.map(([{ messageId }]) => messageId));
    for (const [{ messageId, transactionHash }, stage, verdict] of inFlight) {
      for (const hash of [messageId, transactionHash]) {
        const [status] = await showStatus(context, { hash, json: false }, output);
        expect(status?.kind === "message" && status.reached?.stage, "bridge status").to.equal(
          stage,
        );
        expect((await diagnose(mesh, hash, {}, s.ccip)).verdict, "message doctor").to.equal(
          verdict,
        );
      }
    }
  }

  it("delivers earlier messages over the old ramps and later ones over the new, and counts all of them", async () => {
    const move = await prepared();
    const { s, out, back, young } = move;
    const before = [await send(s, out), await send(s, back)];
    expect(before.map(({ version }) => version)).to.deep.equal(["1.6", "1.6"]);
    await expectTools(
      move,
      before.map((message) => [message, "final", "waiting"]),
    );

    await connectLanes(young);
    const after = [await send(s, out), await send(s, back)];
    expect(after.map(({ version }) => version)).to.deep.equal(["2.0", "2.0"]);
    // The new OnRamps restart the numbering: the numbers belong to other messages.
    expect(after.map(({ sequenceNumber }) => sequenceNumber)).to.deep.equal([1n, 1n]);
    await expectTools(
      move,
      [...before, ...after].map((message) => [message, "final", "waiting"]),
    );

    expectSuccess(await s.deliver());
    await expectTools(move, []);
    for (const { messageId } of [...before, ...after]) {
      expect((await diagnose(s.mesh, messageId)).verdict).to.equal("executed");
    }
  });

  it("carries a broadcast in flight over the old ramps, and the next over the new", async () => {
    const { s, young } = await prepared();
    await s.rebaseHome("3.7");
    const { messages: before } = await s.broadcastAll();
    await connectLanes(young);
    expectSuccess(await s.deliver());
    const effectiveAt = await s.rebaseHome("-1.2");
    const { messages: after } = await s.broadcastAll();
    expect([...before, ...after].map(({ version }) => version)).to.deep.equal([
      "1.6",
      "1.6",
      "2.0",
      "1.6",
    ]);
    expectSuccess(await s.deliver());
    await s.waitUntil(effectiveAt);
    const { home, satellites } = await readStatus(s.mesh);
    expect(satellites.map((status) => [status.epoch, status.sharesPerToken])).to.deep.equal(
      satellites.map(() => [home.epoch, home.sharesPerToken]),
    );
  });

  it("executes by hand what failed over the old ramps, after the move", async () => {
    const move = await prepared();
    const { s, out, old, young } = move;
    const message = await failed(s, out, old[0]);
    await connectLanes(young);
    await expectTools(move, [[message, "failed", "blocked"]]);
    const { results } = await executeByHand(s, message.messageId, {}, [], s.ccip);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    await expectTools(move, []);
  });

  it("keeps reporting messages in flight when the old OffRamps are dropped, until they are restored", async () => {
    const move = await prepared();
    const { s, out, back, old, young } = move;
    const refused = await failed(s, out, old[0]);
    const waiting = await send(s, back);
    await connectLanes(young);
    await retireLanes(old);
    const over = await send(s, out);
    await expectTools(move, [
      [refused, "failed", "blocked"],
      [waiting, "final", "waiting"],
      [over, "final", "waiting"],
    ]);
    for (const { message, to } of [
      { message: refused, to: out.to },
      { message: waiting, to: back.to },
    ]) {
      const { text } = await diagnose(s.mesh, message.messageId, {}, s.ccip);
      expect(text).to.include(`CCIP's router on ${to.name} no longer knows the OffRamp 0x`);
    }
    await expect(executeByHand(s, refused.messageId, {}, [], s.ccip)).to.be.rejectedWith(
      "no longer knows the OffRamp",
    );

    // CCIP does not give up: it tries, and the pool refuses what comes from a ramp that is none.
    expect(outcomes(await s.deliver())).to.have.deep.members([
      [waiting.messageId, "failure"],
      [over.messageId, "success"],
    ]);
    await expectTools(move, [
      [refused, "failed", "blocked"],
      [waiting, "failed", "blocked"],
    ]);

    await connectLanes(old);
    await connectLanes(young);
    for (const { messageId } of [refused, waiting]) {
      const { results } = await executeByHand(s, messageId, {}, [], s.ccip);
      expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    }
    await expectTools(move, []);
  });
});

const outcomes = (deliveries: readonly Delivery[]) =>
  deliveries.map(({ messageId, state }) => [messageId, state]);
