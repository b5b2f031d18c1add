import { chainsOf, holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { executedOperation } from "./components/timelock/pending";
import { planChains } from "./plan";
import { proposeThroughTimelocks } from "./components/timelock/proposals";
import { readEach, whileReading } from "./state";
import type { ChainState, MeshReading, ReadOptions } from "./state";
import { openSteps, settingsOf } from "./step";
import type { Change, Step } from "./step";

/** One thing on one chain that is not as it should be. */
export interface Difference {
  /** Names it: `local-sat1/pool/remote local-home`. */
  readonly id: string;
  readonly chain: string;
  /** The values as they are, and as they should be. */
  readonly changes: readonly Change[];
  /** The step that mends it, unless it is no matter of wiring. */
  readonly step?: Step;
  /** What mends it, where `mesh apply` does not. */
  readonly recovery?: string;
}

/** How a mesh compares with what is declared. */
export interface Comparison extends MeshReading {
  /** How many settings were compared: as many as `mesh plan` counts. */
  readonly settings: number;
  readonly differences: readonly Difference[];
}

/**
 * Compares every chain that answers with what is declared: its wiring, and whether it is of use, for a
 * token that is paused or behind the home is no less out of step.
 */
export async function compareMesh(
  mesh: Mesh,
  options: ReadOptions = {},
  unreachable?: ReadonlyMap<string, Error>,
): Promise<Comparison> {
  const reading = await readEach(mesh, options, unreachable);
  const { chains } = reading;
  const steps = planChains(mesh, chains);
  const open = await whileReading(options, "reading what was proposed to the timelocks …", () =>
    proposeThroughTimelocks(mesh, chains, openSteps(steps)),
  );
  const wiring = openSteps(settingsOf(open)).map((step): Difference => ({
    id: step.id,
    chain: step.chain,
    changes: step.changes,
    step,
  }));
  const operation = chainsOf(mesh).flatMap(({ name }) => {
    const now = chains.get(name);
    return now ? operationOf(mesh, now, chains) : [];
  });
  const planned = new Set(open.map(({ call }) => executedOperation(call)));
  const proposals = chainsOf(mesh).flatMap((chain) => {
    const now = chains.get(chain.name);
    return now ? unplannedProposals(mesh, chain, now, planned) : [];
  });
  return {
    ...reading,
    settings: steps.length,
    differences: [...wiring, ...operation, ...proposals],
  };
}

/**
 * What a timelock was asked to do and the plan would not: by whoever may propose, or by another task,
 * an upgrade for instance. It can be anything, and is seen here before it happens.
 * @param planned ids of the operations that the plan executes.
 */
function unplannedProposals(
  mesh: Mesh,
  { name, contracts }: MeshChain,
  now: ChainState,
  planned: ReadonlySet<string | undefined>,
): Difference[] {
  return now.proposals
    .filter(({ id }) => !planned.has(id))
    .map(({ id, calls, readyAt }) => ({
      id: `${name}/timelock/proposal ${id}`,
      chain: name,
      changes: calls.map(({ target, value, data }) => ({
        what: `a call to ${target}`,
        before: `${data}${value > 0n ? ` with ${value} wei` : ""}, to be made from ${readyAt} (unix seconds) on`,
        after: "planned",
      })),
      recovery: `unless you know it, let ${holderOf(mesh, "guardian", name)} or ${holderOf(mesh, "operations", name)} (CANCELLER_ROLE) call cancel(${id}) on the timelock ${contracts.timelock} before that`,
    }));
}

/** Whether a chain's token moves, and is at the home's epoch. */
function operationOf(
  mesh: Mesh,
  now: ChainState,
  chains: ReadonlyMap<string, ChainState>,
): Difference[] {
  const { chain, token } = now;
  const differences: Difference[] = [];
  if (token.paused) {
    differences.push({
      id: `${chain}/token/pause`,
      chain,
      changes: [{ what: "the token", before: "paused", after: "moving" }],
      recovery: "nothing moves until it is unpaused",
    });
  }
  const home = chains.get(mesh.home.name)?.token;
  // An unsynced satellite has a step that is open: its first index.
  if (!home || token.epoch === 0n) return differences;
  if (token.epoch !== home.epoch) {
    const isBehind = token.epoch < home.epoch;
    differences.push({
      id: `${chain}/token/epoch`,
      chain,
      changes: [{ what: "epoch", before: String(token.epoch), after: String(home.epoch) }],
      recovery: isBehind
        ? `a broadcast is on its way, or has to be sent again`
        : `${chain} is ahead of its home, which only a forged message can bring about: pause it`,
    });
  } else if (!sameIndex(token.index, home.index)) {
    differences.push({
      id: `${chain}/token/index`,
      chain,
      changes: [{ what: "index", before: indexText(token.index), after: indexText(home.index) }],
      recovery: `the home never told this index: pause ${chain}`,
    });
  }
  return differences;
}

type Index = ChainState["token"]["index"];

function sameIndex(a: Index, b: Index): boolean {
  return a.current === b.current && a.next === b.next && a.effectiveAt === b.effectiveAt;
}

function indexText({ current, next, effectiveAt }: Index): string {
  return `${current}, ${next} from ${effectiveAt}`;
}
