import { chainsOf, holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

import { readLaneDrift } from "./components/drift";
import { executedOperation } from "./components/timelock/operations";
import { proposeThroughTimelocks } from "./components/timelock/proposals";
import { planChains } from "./plan";
import { readEach, whileReading } from "./state";
import type { ChainState, MeshReading, ReadOptions } from "./state";
import { openSteps, settingsOf } from "./step";
import type { Change, Step } from "./step";

/** One difference between a chain and the mesh file. */
export interface Difference {
  /** `local-sat1/pool/remote local-home` */
  readonly id: string;
  readonly chain: string;
  /** The values on chain, and the declared ones. */
  readonly changes: readonly Change[];
  /** The step that fixes it, if the plan has one. */
  readonly step?: Step;
  /** The fix, where `mesh apply` does not make it. */
  readonly recovery?: string;
}

/** The comparison of a mesh with its mesh file. */
export interface Comparison extends MeshReading {
  /** Number of compared settings, equal to the number in `mesh plan`. */
  readonly settings: number;
  readonly differences: readonly Difference[];
}

/**
 * Compares every chain that answers with the mesh file: its wiring, and whether it is operational. A token that is
 * paused, stale or behind a cursed lane is as unusable as one that is not wired.
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
  const planned = new Set(open.map(({ call }) => executedOperation(call)));
  const read = new Set(chains.keys());
  const operation = await Promise.all(
    chainsOf(mesh).map(async (chain) => {
      const now = chains.get(chain.name);
      if (!now) return [];
      return [
        ...tokenDifferences(now, chains.get(mesh.home.name)),
        ...(await laneDifferences(mesh, chain, read)),
        ...unplannedProposals(mesh, chain, now, planned),
      ];
    }),
  );
  return {
    ...reading,
    settings: steps.length,
    differences: [...wiring, ...operation.flat()],
  };
}

/**
 * Returns the timelock proposals that are not part of the plan: by any proposer, or by another task. They may
 * contain any call, and are reported before they take effect.
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
        before: `${data}${value > 0n ? ` with ${value} wei` : ""}, executable from ${readyAt} (unix seconds) on`,
        after: "planned",
      })),
      recovery: `unless you know it, let ${holderOf(mesh, "guardian", name)} or ${holderOf(mesh, "operations", name)} (CANCELLER_ROLE) call cancel(${id}) on the timelock ${contracts.timelock} before that`,
    }));
}

async function laneDifferences(
  mesh: Mesh,
  chain: MeshChain,
  read: ReadonlySet<string>,
): Promise<Difference[]> {
  const drift = await readLaneDrift(mesh, chain, read);
  return drift.map(({ id, found, expected, recovery }) => ({
    id: `${chain.name}/${id}`,
    chain: chain.name,
    changes: [{ what: id, before: found, after: expected }],
    recovery,
  }));
}

/** Compares whether a chain's token is paused, and its epoch and index with those of home. */
function tokenDifferences(
  { chain, token }: ChainState,
  home: Pick<ChainState, "token"> | undefined,
): Difference[] {
  const difference = (what: string, before: string, after: string, recovery: string) => ({
    id: `${chain}/token/${what}`,
    chain,
    changes: [{ what, before, after }],
    recovery,
  });
  const paused = token.paused
    ? [difference("pause", "paused", "not paused", "nothing moves until it is unpaused")]
    : [];
  // An unsynced satellite has an open step for its first index.
  if (!home || token.epoch === 0n) return paused;
  if (token.epoch !== home.token.epoch) {
    const recovery =
      token.epoch < home.token.epoch
        ? "a broadcast is on its way, or has to be sent again"
        : `${chain} is ahead of its home, which only a forged message can cause: pause it`;
    return [
      ...paused,
      difference("epoch", String(token.epoch), String(home.token.epoch), recovery),
    ];
  }
  const text = ({ current, next, effectiveAt }: ChainState["token"]["index"]) =>
    `${current}, ${next} from ${effectiveAt}`;
  const [before, after] = [text(token.index), text(home.token.index)];
  return before === after
    ? paused
    : [
        ...paused,
        difference("index", before, after, `the home never sent this index: pause ${chain}`),
      ];
}
