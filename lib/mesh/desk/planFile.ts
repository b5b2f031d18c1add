import { readFileSync, writeFileSync } from "node:fs";

import { id } from "ethers";
import { z } from "zod";

import { toJson } from "../../cli/json";
import { chainsOf, deployerOn } from "../mesh";
import type { Mesh } from "../mesh";
import type { MeshPlan } from "../read";
import { stateOf } from "../state";
import type { ChainState, MeshState } from "../state";
import { openSteps } from "../step";
import { hasToBeEmptied } from "../steps/roles";

import { planDocument } from "./document";

const planFileSchema = z.object({
  version: z.literal(1),
  mesh: z.string(),
  configuration: z.string(),
  chains: z.record(z.string(), z.string()),
  open: z.array(z.string()),
});

/** A plan that was written to a file to be applied later, as it is. */
export interface PlanFile {
  readonly mesh: string;
  /** Fingerprint of the mesh file and of where its contracts are. */
  readonly configuration: string;
  /** Fingerprint of every chain's wiring, by network name. */
  readonly chains: Readonly<Record<string, string>>;
  /** Ids of the steps that were open. */
  readonly open: readonly string[];
}

/** A plan file that does not fit what is there now. */
export class StalePlanError extends Error {
  override readonly name = "StalePlanError";
}

/** Writes a plan to a file. */
export function writePlan(file: string, mesh: Mesh, plan: MeshPlan): void {
  const document = {
    version: 1,
    ...fingerprints(mesh, plan.state),
    open: openSteps(plan.steps).map((step) => step.id),
    plan: planDocument(mesh, plan),
  };
  writeFileSync(file, `${toJson(document)}\n`);
}

/**
 * Reads a plan file.
 * @throws naming the file when there is none, or it is no plan.
 */
export function readPlanFile(file: string): PlanFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Error(`There is no plan in ${file}: write one with "mesh plan --out ${file}".`);
  }
  try {
    return planFileSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${file} is no plan: write one with "mesh plan --out ${file}".`, {
      cause: error,
    });
  }
}

/**
 * Refuses a plan when the mesh file or any chain's wiring has moved since. The fill of a bucket, fees
 * and time are no part of it.
 * @throws StalePlanError naming what has moved.
 */
export function requireFresh(file: PlanFile, mesh: Mesh, state: MeshState): void {
  const now = fingerprints(mesh, state);
  const moved = [
    ...(file.mesh === now.mesh ? [] : [`it was made for mesh ${file.mesh}, not ${now.mesh}`]),
    ...(file.configuration === now.configuration
      ? []
      : ["the mesh file or the deployments have changed"]),
    ...Object.entries(now.chains)
      .filter(([chain, fingerprint]) => file.chains[chain] !== fingerprint)
      .map(([chain]) => `the wiring of ${chain} has changed`),
  ];
  if (moved.length === 0) return;
  throw new StalePlanError(
    `The plan is out of date: ${moved.join("; ")}. Plan again, look at it, and apply that.`,
  );
}

function fingerprints(mesh: Mesh, state: MeshState) {
  const chains = chainsOf(mesh);
  return {
    mesh: mesh.config.name,
    configuration: fingerprint({
      config: mesh.config,
      chains: chains.map(({ name, chainId, selector, ccip, contracts }) => ({
        name,
        deployer: deployerOn(mesh, name),
        chainId,
        selector,
        ccip,
        contracts,
      })),
    }),
    chains: Object.fromEntries(
      chains.map((chain) => [chain.name, fingerprint(lasting(stateOf(state, chain)))]),
    ),
  };
}

/** What of a chain's state changes only by a transaction of ours. */
function lasting(state: ChainState): unknown {
  const { role, token, pool, formerPools, registry, timelock, strays, faults, acceptance } = state;
  // A proposal becomes executable by time alone.
  const proposed = acceptance.state !== "unset";
  const former = formerPools.map((pool) => ({
    ...pool,
    shares: undefined,
    // Anybody may send something to a pool.
    toEmpty: hasToBeEmptied(pool, state),
  }));
  const common = { role, token, pool, former, registry, timelock, strays, faults, proposed };
  if (state.role === "satellite") return { ...common, receiver: state.receiver };
  const { fees, ...broadcaster } = state.broadcaster;
  return { ...common, controller: state.controller, broadcaster, quoted: [...fees.keys()] };
}

function fingerprint(value: unknown): string {
  return id(
    JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item === "bigint") return item.toString();
      if (item instanceof Map) return [...(item as Map<unknown, unknown>).entries()];
      return item;
    }),
  );
}
