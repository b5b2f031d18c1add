import { expect } from "chai";
import { parseEther } from "ethers";
import type { Filter, Provider } from "ethers";
import { released, topicOf } from "ccip-localnet/protocol";

import type { Mesh, MeshChain } from "../../../lib/mesh/mesh";
import { alive, consult, executeByHand } from "../../shared/clinic";
import { mined, useWorld } from "../../shared/scenario";
import type { Scenario } from "../../shared/scenario";
import { jsonRpcError } from "../../shared/thinProvider";
import { WORLD_NAME } from "../../shared/world";

const AMOUNT = parseEther("100");

/** Blocks that the endpoint answers for at once. */
const WIDEST_RANGE = 20;

/** A question for logs, with the blocks that it covers. */
type Question = Filter & { readonly fromBlock: number; readonly toBlock: number };

describe(`The message doctor before a public endpoint (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    for (const chain of s.all) await s.give(chain, "alice", parseEther("1000"));
  });

  for (const state of ["sent", "failed"] as const) {
    it(`finds what was ${state} in small ranges, by topics and by our own contracts alone`, async () => {
      const s = scenario();
      const { hash } = await struck(s, state === "failed");
      const { mesh, asked } = throughEndpoint(s);
      const { examinations } = await consult(alive(mesh), hash);
      expect(examinations).to.have.length(1);
      expectNarrow(s, asked);
    });
  }

  it("rebuilds a proof from the commits since the message, and the batch by its numbers", async () => {
    const s = scenario();
    const { hash } = await struck(s, true);
    await mined(s.tokenOn(s.sat1, "operations").unpause());
    const { mesh, asked } = throughEndpoint(s);
    const { results } = await executeByHand({ mesh: alive(mesh) }, hash);
    expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
    expectNarrow(s, asked);
  });
});

/** A message among others of its batch: on its way, or failed for a pause. */
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

/** The mesh behind an endpoint that refuses wide ranges, and what it was asked for and answered. */
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

/** Nobody was asked for all that a ramp ever said: a topic narrows it, but for commits, which have none. */
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
