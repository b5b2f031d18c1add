import { expect } from "chai";
import { parseEther } from "ethers";
import type { Filter, Log, Provider } from "ethers";
import { z } from "zod";
import { executedTopics, released, topicOf } from "ccip-localnet/protocol";

import { runDoctor } from "../../../lib/cli/message/doctor";
import type { Mesh, MeshChain } from "../../../lib/core/mesh/mesh";
import type { UnreadChains } from "../../../lib/mesh/unread";
import { alive, diagnose, executeByHand } from "../../shared/doctorFixture";
import { expectSuccess, mined, useWorld } from "../../shared/scenario";
import type { Scenario } from "../../shared/scenario";
import { withoutMethod } from "../../shared/withoutMethod";
import { jsonRpcError, thinProvider } from "../../shared/thinProvider";
import { WORLD_NAME } from "../../shared/world";

const AMOUNT = parseEther("100");

/** Maximum number of blocks that the endpoint accepts in one request. */
const WIDEST_RANGE = 20;

/** A log query with its block range. */
type Question = Filter & { readonly fromBlock: number; readonly toBlock: number };

describe(`The message doctor with a public endpoint (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  });

  for (const state of ["sent", "failed"] as const) {
    it(`finds a message that was ${state} in small ranges, by topics and by our own contracts only`, async () => {
      const s = scenario();
      const { hash } = await struck(s, state === "failed");
      const { mesh, asked } = throughEndpoint(s);
      const { reports } = await diagnose(alive(mesh), hash);
      expect(reports).to.have.length(1);
      expectNarrow(s, asked);
    });
  }

  for (const method of ["getBlock", "getLogs", "call"] as const) {
    it(`that stops answering ${method} midway: lists what was not read in one JSON document`, async () => {
      const s = scenario();
      const { hash } = await struck(s, false);
      const { document, error } = await diagnoseJson(s, without(s.mesh, method), hash, new Map());
      expect(document.settled).to.equal(null);
      expect(document.findings).to.be.empty;
      expect(document.unread.join()).to.include("ECONNREFUSED");
      expect(error).to.include("ECONNREFUSED");
    });
  }

  describe("that omits the log of an execution which the OffRamp has recorded:", () => {
    it("a transfer was executed, and is not reported as waiting", async () => {
      const s = scenario();
      const route = { from: s.home, to: s.sat1 };
      const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
      expectSuccess(await s.deliver());
      const { verdict, text } = await diagnose(withoutExecutions(s.mesh), message.messageId);
      expect(verdict).to.equal("executed");
      expect(text)
        .to.include("executed   yes; the endpoint of local-sat1 leaves out the log of it")
        .and.not.include("not yet");
    });

    it("a broadcast was executed, and the receiver is not reported as skipped", async () => {
      const s = scenario();
      await s.rebaseHome("5");
      const [message] = (await s.broadcastAll([s.sat1])).messages;
      expectSuccess(await s.deliver());
      const { verdict, text } = await diagnose(
        withoutExecutions(s.mesh),
        message?.messageId ?? "none",
      );
      expect(verdict).to.equal("executed");
      expect(text)
        .to.include(
          "executed on local-sat1, which is at epoch 2. Its effect on the receiver is unknown",
        )
        .and.not.include("called no receiver on local-sat1");
    });
  });

  it("of which one does not answer: finds what does not need it, and reports what does", async () => {
    const s = scenario();
    const { hash } = await struck(s, false);
    const down = (name: string): UnreadChains => new Map([[name, new Error("no connection")]]);
    const known = await diagnoseJson(s, s.mesh, hash, down(s.sat2.name));
    expect(known.document.findings.map(({ kind }) => kind)).to.deep.equal(["message"]);
    expect([known.document.settled, known.error]).to.deep.equal([false, ""]);
    const hidden = await diagnoseJson(s, s.mesh, hash, down(s.home.name));
    expect(hidden.document).to.deep.equal({
      settled: null,
      unread: [hidden.error.slice(14)],
      findings: [],
    });
    expect(hidden.error).to.include(
      "is on no chain that answers, and these do not: local-home (no connection)",
    );
  });

  it("rebuilds a proof from the commits since the message, and the batch by its numbers", async () => {
    const s = scenario();
    const { hash } = await struck(s, true);
    await mined(s.tokenOn(s.sat1, "operations").unpause());
    const { mesh, asked } = throughEndpoint(s);
    const { results } = await executeByHand({ mesh: alive(mesh), ccip: s.ccip }, hash);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    expectNarrow(s, asked);
  });
});

/** Schema of the doctor's JSON output. */
const documentSchema = z.object({
  settled: z.boolean().nullable(),
  unread: z.array(z.string()),
  findings: z.array(z.object({ kind: z.string() })),
});

/** Diagnoses a hash as JSON, and returns the document with the error that was thrown afterwards. */
async function diagnoseJson(s: Scenario, mesh: Mesh, hash: string, unreachable: UnreadChains) {
  const printed: string[] = [];
  const output = { stdout: (text: string) => void printed.push(text), log: () => undefined };
  const context = { mesh, unreachable, verifications: s.ccip };
  let error = "";
  try {
    await runDoctor(context, hash, { json: true }, output);
  } catch (thrown) {
    error = String(thrown);
  }
  expect(printed, "documents").to.have.length(1);
  return { document: documentSchema.parse(JSON.parse(printed.join())), error };
}

/** Returns the mesh with a first satellite whose endpoint does not answer a method. */
function without(mesh: Mesh, method: keyof Provider): Mesh {
  const [first, ...others] = mesh.satellites;
  if (!first) throw new Error("There is no satellite.");
  return { ...mesh, satellites: [withoutMethod(first, method), ...others] };
}

/** Returns the mesh with a first satellite whose endpoint omits execution logs. */
function withoutExecutions(mesh: Mesh): Mesh {
  const [first, ...others] = mesh.satellites;
  if (!first) throw new Error("There is no satellite.");
  const executed = Object.values(executedTopics());
  const leaveOut = ({ topics: [topic = ""] }: Log) => executed.includes(topic);
  const { provider } = thinProvider(first.provider, { leaveOut });
  return { ...mesh, satellites: [{ ...first, provider }, ...others] };
}

/** Returns a message among others of its batch: in flight, or failed because of a pause. */
async function struck(s: Scenario, isFailed: boolean): Promise<{ readonly hash: string }> {
  const route = { from: s.home, to: s.sat1 };
  await s.send(route, "alice", AMOUNT, s.address("carol"));
  const { message } = await s.send(route, "alice", AMOUNT, s.address("bob"));
  await s.send(route, "alice", AMOUNT, s.address("carol"));
  if (isFailed) {
    await mined(s.tokenOn(s.sat1, "guardian").pause());
    await s.verify(route);
    await s.execute(route);
  }
  return { hash: message.messageId };
}

/** Returns the mesh behind an endpoint that rejects wide ranges, with a record of the requests. */
function throughEndpoint(s: Scenario): { readonly mesh: Mesh; readonly asked: Question[] } {
  const asked: Question[] = [];
  const limited = <C extends MeshChain>(chain: C): C => ({
    ...chain,
    provider: limitedProvider(chain.provider, asked),
  });
  const { home, satellites } = s.mesh;
  const mesh = { ...s.mesh, home: limited(home), satellites: satellites.map(limited) };
  return { mesh, asked };
}

function limitedProvider(provider: Provider, asked: Question[]): Provider {
  const getLogs = (question: Question) => {
    if (question.toBlock - question.fromBlock >= WIDEST_RANGE) {
      return Promise.reject(jsonRpcError(`query exceeds max block range ${WIDEST_RANGE}`));
    }
    asked.push(question);
    return provider.getLogs(question);
  };
  return new Proxy(provider, {
    get(target, key) {
      if (key === "getLogs") return getLogs;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function"
        ? (value as (...args: unknown[]) => unknown).bind(target)
        : value;
    },
  });
}

/** Expects every query of a ramp to be narrowed by a topic, except for commits, which have none. */
function expectNarrow({ all }: Scenario, asked: readonly Question[]): void {
  expect(asked, "questions").not.to.be.empty;
  const own = all.flatMap(({ contracts }) => Object.values<string>({ ...contracts }));
  const commit = topicOf(released("offRamp").interface, "CommitReportAccepted");
  for (const { address, topics } of asked) {
    const [kind, ...narrowing] = topics ?? [];
    const isOurs = [address ?? "anywhere"]
      .flat()
      .every((place) => typeof place === "string" && own.includes(place));
    const isNarrow = narrowing.some((topic) => topic !== null);
    expect(isOurs || isNarrow || kind === commit, JSON.stringify(topics)).to.equal(true);
  }
}
