import { z } from "zod";

import { CodedError, OperatorError } from "../../core/errors";
import { writeWhole } from "../../files/write";
import { toJson } from "../../core/json";
import { readJsonFile } from "../../files/json";
import { chainCcip, chainsOf, deployerOn } from "../../core/mesh/mesh";
import type { Mesh } from "../../core/mesh/mesh";
import type { MeshPlan } from "../../mesh/read";
import { stateOf } from "../../mesh/state";
import type { ChainState, MeshState } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import { chainText } from "../../mesh/stepBuilders";
import type { PoolState } from "../../mesh/components/pool/state";
import { hasToBeEmptied } from "../../mesh/components/roles";

import { planDocument } from "./document";

/** Values by their path: `controller.config.minInterval`. */
const facts = z.record(z.string(), z.string());

type Facts = z.output<typeof facts>;

const planFileSchema = z.object({
  version: z.literal(2),
  mesh: z.string(),
  /** The mesh file and the addresses of its contracts. */
  configuration: facts,
  /** The wiring of every chain, by network name. */
  chains: z.record(z.string(), facts),
  /** Ids of the open steps. */
  open: z.array(z.string()),
});

/** A plan saved to a file to be applied later. */
type PlanFile = z.output<typeof planFileSchema>;

/** Number of changes that an error lists. */
const NAMED_MOVES = 12;

/** Thrown when a plan file no longer matches the chains or the mesh file. */
export class StalePlanError extends CodedError {
  override readonly name = "StalePlanError";
  readonly code = "STALE_PLAN";
}

export function writePlan(file: string, mesh: Mesh, plan: MeshPlan): void {
  const document = {
    version: 2,
    ...premises(mesh, plan.state),
    open: openSteps(plan.steps).map((step) => step.id),
    plan: planDocument(mesh, plan),
  };
  writeWhole(file, `${toJson(document)}\n`);
}

/**
 * Reads a plan file.
 * @throws naming the file when it does not exist or is not a plan.
 */
export function readPlanFile(file: string): PlanFile {
  const recovery = `"mesh plan --out ${file}"`;
  const plan = readJsonFile(file, planFileSchema, {
    what: "plan",
    recovery: `Write one with ${recovery}`,
  });
  if (plan) return plan;
  throw new OperatorError(
    "FILE_MISSING",
    `There is no plan in ${file}: write one with ${recovery}.`,
  );
}

/**
 * Rejects a plan file when the mesh file or any chain's wiring has changed since. Bucket levels, fees and time are
 * ignored.
 * @throws StalePlanError with each change: its place, old value and new value.
 */
export function requireFresh(file: PlanFile, mesh: Mesh, state: MeshState): void {
  const now = premises(mesh, state);
  const names = new Set([...Object.keys(file.chains), ...Object.keys(now.chains)]);
  const moved = [
    ...(file.mesh === now.mesh ? [] : [`it was made for mesh ${file.mesh}, not ${now.mesh}`]),
    ...moves("mesh file", file.configuration, now.configuration),
    ...[...names].flatMap((name) => moves(name, file.chains[name] ?? {}, now.chains[name] ?? {})),
  ];
  if (moved.length === 0) return;
  const more = moved.length - NAMED_MOVES;
  throw new StalePlanError(
    [
      "The plan is out of date:",
      ...moved.slice(0, NAMED_MOVES).map((line) => `  ${line}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
      "Plan again, look at it, and apply that.",
    ].join("\n"),
  );
}

/** Returns the differences between two sets of values. */
function moves(about: string, before: Facts, now: Facts): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => before[name] !== now[name])
    .map((name) => `${about} ${name}: ${before[name] ?? "none"} -> ${now[name] ?? "none"}`);
}

/** Returns the inputs of a plan, without the values that change by themselves. */
function premises(mesh: Mesh, state: MeshState) {
  const chains = chainsOf(mesh);
  const sites = chains.map(({ name, chainId, selector, ccip, contracts }) => {
    const deployer = deployerOn(mesh, name);
    return [name, { deployer, chainId, selector, ccip: chainCcip(ccip), contracts }] as const;
  });
  return {
    mesh: mesh.config.name,
    configuration: factsOf({ ...mesh.config, deployments: new Map(sites) }),
    chains: Object.fromEntries(
      chains.map((chain) => [chain.name, factsOf(permanent(mesh, stateOf(state, chain)))]),
    ),
  };
}

/**
 * Returns the part of a chain's state that only operators' transactions change. The index is not included: every
 * rebase changes it, and any account may broadcast it.
 */
function permanent(mesh: Mesh, state: ChainState): unknown {
  const { role, pool, previousPools, registry, timelock, held, drift, acceptance, owners } = state;
  const { notifier, wrappedBridge } = state;
  const { running, implementation, migration } = state.upgrade ?? {};
  const { admin, pendingAdmin, acceptableAfter, delay, pendingDelay, paused } = state.token;
  const common = {
    role,
    token: { admin, pendingAdmin, acceptableAfter, delay, pendingDelay, paused },
    upgrade: { running, implementation, migration },
    pool: {
      ...pool,
      remotes: byName(mesh, pool.remotes),
      containments: containedIn(mesh, pool),
    },
    previousPools: new Map(
      previousPools.map((item) => {
        const { address, mayMint, inUse } = item;
        // Any account may send tokens to a pool.
        const used = inUse && {
          ...inUse,
          remotes: byName(mesh, inUse.remotes),
          containments: containedIn(mesh, inUse),
        };
        return [address, { mayMint, inUse: used, toEmpty: hasToBeEmptied(item, state) }];
      }),
    ),
    registry,
    timelock,
    grants: new Map(
      held.map((grant) => [`${grant.role} of ${grant.account} on the ${grant.contract}`, "yes"]),
    ),
    drift: new Map(drift.map(({ id, found }) => [id, found])),
    // A proposal becomes executable with time.
    acceptance: acceptance.state === "unset" ? "not proposed" : "proposed",
    owners,
    // Any account may tell a listener, and every rebase changes what it was told.
    listeners: notifier && new Map(notifier.listeners.map(({ address, gas }) => [address, gas])),
    pairs: notifier?.pairs,
    wrappedBridge: wrappedBridge && {
      ...wrappedBridge,
      remotes: byName(mesh, wrappedBridge.remotes),
    },
  };
  if (state.role === "satellite") {
    // Every broadcast confirms the index, and any account may send one.
    const { receiver, proposalReceiver } = state;
    const { circuitBreaker, ...rest } = receiver;
    return { ...common, receiver: { ...rest, band: circuitBreaker.band }, proposalReceiver };
  }
  const { fees, destinations, ...broadcaster } = state.broadcaster;
  const { proposalSender } = state;
  const sentTo = [...byName(mesh, destinations)].map(
    ([name, { receiver, gasLimit }]) => [name, { receiver, gasLimit }] as const,
  );
  return {
    ...common,
    controller: state.controller,
    broadcaster: { ...broadcaster, destinations: new Map(sentTo) },
    proposalSender: proposalSender && {
      ...proposalSender,
      // Any account may pay in, and proposing goes on while the plan waits.
      balance: undefined,
      destinations: new Map(
        [...byName(mesh, proposalSender.destinations)].map(
          ([name, { receiver, gasLimit }]) => [name, { receiver, gasLimit }] as const,
        ),
      ),
    },
    quotes: new Map([...byName(mesh, fees).keys()].map((name) => [name, "yes"])),
  };
}

/** Returns the contained lanes of a pool, without their counts, which every transfer moves. */
function containedIn(mesh: Mesh, { containments }: Pick<PoolState, "containments">) {
  if (!containments) return undefined;
  const lanes = [...byName(mesh, containments)];
  return new Map(lanes.map(([name, { isContained }]) => [name, isContained]));
}

function byName<T>(mesh: Mesh, bySelector: ReadonlyMap<bigint, T>): Map<string, T> {
  return new Map([...bySelector].map(([selector, value]) => [chainText(mesh, selector), value]));
}

/** Flattens a value: each leaf as text by its path, a list of leaves as one text. */
function factsOf(value: unknown, name = ""): Facts {
  if (value === undefined || value === null) return {};
  if (Array.isArray(value)) return { [name]: value.map(String).join(", ") || "none" };
  if (typeof value !== "object") return { [name]: `${value as string | bigint | boolean}` };
  const entries: [string, unknown][] =
    value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
  return Object.assign(
    {},
    ...entries.map(([key, item]) => factsOf(item, name === "" ? key : `${name}.${key}`)),
  ) as Facts;
}
