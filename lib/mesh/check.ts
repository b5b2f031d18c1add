import { command } from "../core/recovery";
import { chainsOf, holderOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";

import { readLaneDrift } from "./components/drift";
import { emergencyProposerDrift } from "./components/governance";
import { readConflicts } from "./components/conflicts";
import { quarantineRecovery, quarantineText } from "./components/circuitBreaker";
import { executedOperation } from "./components/timelock/operations";
import { proposeThroughTimelocks } from "./components/timelock/proposals";
import { planMesh } from "./plan";
import type { Drift } from "./drift";
import { readEach, whileReading } from "./state";
import type { ChainState, MeshReading, ReadOptions } from "./state";
import { openSteps, settingsOf } from "./step";
import type { Change, Step } from "./step";
import type { UnreadChains } from "./unread";

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
  unreachable?: UnreadChains,
): Promise<Comparison> {
  const reading = await readEach(mesh, options, unreachable);
  const { chains } = reading;
  const steps = planMesh(mesh, chains);
  const open = await whileReading(options, "reading what was proposed to the timelocks …", () =>
    proposeThroughTimelocks(mesh, chains, openSteps(steps), options),
  );
  const wiring = openSteps(settingsOf(open)).map((step): Difference => {
    const { id, chain, changes } = step;
    return { id, chain, changes, step };
  });
  const planned = new Set(open.map(({ call }) => executedOperation(call)));
  const operation = await Promise.all(
    chainsOf(mesh).map(async (chain) => {
      const now = chains.get(chain.name);
      if (!now) return [];
      const [lanes, conflicts] = await Promise.all([
        readLaneDrift(mesh, chain, new Set(chains.keys())),
        readConflicts(mesh, chain, now, options),
      ]);
      return [
        ...[
          ...tokenDrift(mesh, now, chains.get(mesh.home.name)),
          ...lanes,
          ...conflicts,
          ...emergencyProposerDrift(mesh, chain, now),
        ].map((drift) => differenceOf(chain, drift)),
        ...unplannedProposals(mesh, chain, now, planned),
      ];
    }),
  );
  return { ...reading, settings: steps.length, differences: [...wiring, ...operation.flat()] };
}

function differenceOf(chain: MeshChain, { id, found, expected, recovery }: Drift): Difference {
  const what = id.replace(/^token\//, "");
  const changes = [{ what, before: found, after: expected }];
  return { id: `${chain.name}/${id}`, chain: chain.name, changes, recovery };
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

/** Compares whether a chain's token is paused, its epoch and index with those of home, and what its receiver holds back. */
function tokenDrift(
  { config }: Mesh,
  { chain, token, ...own }: ChainState,
  home: ChainState | undefined,
): Drift[] {
  const found: Drift[] = [];
  const add = (what: string, is: string, expected: string, recovery: string) =>
    found.push({ id: `token/${what}`, found: is, expected, recovery });
  const quarantined = own.role === "satellite" && own.receiver.circuitBreaker.quarantined;
  if (quarantined) {
    const index = home && { epoch: home.token.epoch, ...home.token.index };
    found.push({
      id: "receiver/quarantine",
      found: quarantineText(quarantined),
      expected: "nothing",
      recovery: quarantineRecovery(config.name, chain, quarantined, index),
    });
  }
  if (token.paused) add("pause", "paused", "not paused", "nothing moves until it is unpaused");
  // An unsynced satellite has an open step for its first index.
  if (!home || token.epoch === 0n) return found;
  const text = ({ index: { current, next, effectiveAt } }: ChainState["token"]) =>
    `${current}, ${next} from ${effectiveAt}`;
  if (token.epoch !== home.token.epoch) {
    const recovery =
      token.epoch < home.token.epoch
        ? "a broadcast is on its way, or has to be sent again"
        : `${chain} is ahead of its home, which only a forged message can cause: pause it, and begin a new generation with "${command("receiver resync", { chain, mesh: config.name })}"`;
    add("epoch", String(token.epoch), String(home.token.epoch), recovery);
  } else if (text(token) !== text(home.token)) {
    const recovery = `the home never sent this index: pause ${chain}, and begin a new generation with "${command("receiver resync", { chain, mesh: config.name })}"`;
    add("index", text(token), text(home.token), recovery);
  }
  return found;
}
