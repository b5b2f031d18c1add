import { getCreateAddress } from "ethers";

import { OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { deployContract } from "../../deployments/deploy";
import type { BuildArtifacts } from "../../deployments/buildArtifacts";
import type { ApplyResult } from "../../mesh/apply";
import { printingFailure, resultDocument, resultText, workOff } from "../mesh/apply";
import type { WorkOptions } from "../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import { planDocument } from "../mesh/document";
import { showReadProgress } from "../mesh/readProgress";
import { planText } from "../mesh/text";
import { inspectMesh } from "../../mesh/inspect";
import { requireChain, chainsOf, withPool } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { planFrom, readPlan } from "../../mesh/read";
import type { MeshPlan } from "../../mesh/read";
import { readMesh } from "../../mesh/state";
import { openSteps } from "../../mesh/step";
import {
  POOL,
  adoptNext,
  asIfDeployed,
  findNext,
  isBeingReplaced,
  isPoolOfCheckout,
  nextPool,
  poolsToForget,
} from "../../mesh/poolReplacement";

/** How a pool is replaced. */
export interface ReplaceOptions extends WorkOptions {
  /** Network name of the chain whose pool is replaced. */
  readonly chain: string;
  readonly json: boolean;
  /** Tell what would be done, and do nothing. */
  readonly plan: boolean;
  /** Replace a pool though it is what this checkout would deploy. */
  readonly again: boolean;
  readonly allowDestructive: boolean;
}

/** How far a replacement is. */
export interface Replacement extends ApplyResult {
  readonly chain: string;
  /** The pool that is deployed last, or would be. */
  readonly pool: string;
  /** Older pools that were in use, could mint or were known on other chains when the run began. */
  readonly replaced: readonly string[];
}

/**
 * Replaces the pool of a chain: deploys the new one, then applies the plan of a mesh whose registry
 * names an older pool than the one that is deployed. A run that was stopped anywhere is continued by
 * the next one. A pool that is what this checkout would deploy is left alone, unless it is asked for.
 * @throws before anything is deployed when the mesh is not in step for other reasons.
 */
export async function replacePool(
  context: OperatorContext,
  buildArtifacts: BuildArtifacts,
  options: ReplaceOptions,
  output: Output = consoleOutput,
): Promise<Replacement> {
  const { mesh, store } = context;
  const { allowDestructive } = options;
  const chain = requireChain(mesh, options.chain);
  const deploymentStore = buildArtifacts.deploymentStore(chain.name);
  const artifact = await buildArtifacts.artifact(POOL);
  const { during } = showReadProgress(output.log);
  const state = await readMesh(mesh, { store, during });
  const replaced = poolsToForget(mesh, state, chain);
  const deployment = nextPool(mesh, chain, artifact, deploymentStore);
  const next = await findNext(chain, deployment);
  // What an old pool has sent may never arrive, by somebody's will: then it holds up no newer code.
  const begun =
    next !== undefined ||
    isBeingReplaced(state, chain) ||
    (replaced.length > 0 && (options.again || (await isPoolOfCheckout(chain, artifact))));
  if (!begun) {
    if (!options.again && (await isPoolOfCheckout(chain, artifact))) {
      const { pool } = chain.contracts;
      const result = { chain: chain.name, pool, replaced, sent: 0, open: [] };
      const text = `The pool of ${chain.name} at ${pool} is what this checkout would deploy: nothing to do. To replace it all the same, add --again.`;
      output.stdout(options.json ? toJson(document(mesh, result)) : text);
      return result;
    }
    requireUpToDate(await planFrom(mesh, state, { store }), chain);
  }

  if (options.plan) {
    const address = next?.address ?? (await nextAddress(mesh, chain));
    const plan = begun
      ? await readPlan(next ? withPool(mesh, chain.name, address) : mesh, {
          store,
          allowDestructive,
          during,
        })
      : await planAhead(context, chain, state, address);
    const target = begun && !next ? chain.contracts.pool : address;
    return showAhead(
      mesh,
      plan,
      { chain: chain.name, pool: target, deploy: !begun },
      options,
      output,
    );
  }

  if (!begun) {
    const ahead = await planAhead(context, chain, state, await nextAddress(mesh, chain));
    output.log(`A new pool is deployed on ${chain.name}. Then:\n\n${planText(mesh, ahead)}\n`);
    await options.confirm(
      `Deploy a pool on ${chain.name} and send up to ${openSteps(ahead.steps).length} transactions to ${chainsOf(mesh).length} chains of mesh ${mesh.config.name}?`,
    );
    const signer = await context.signerFor(chain, mesh.operator);
    const { address } = await deployContract(chain, signer, deployment, context.sendOptions(chain));
    output.log(`deployed ${POOL} on ${chain.name} at ${address}`);
  }
  // Who has agreed to deploy and to the rest is not asked again.
  const work = begun ? options : { ...options, confirm: () => Promise.resolve() };
  const adopted = begun && !next ? chain.contracts.pool : adoptNext(deploymentStore).address;
  const renewed = withPool(mesh, chain.name, adopted);
  await inspectMesh(renewed);
  const plan = await readPlan(renewed, { store, allowDestructive, during });
  const result = {
    chain: chain.name,
    pool: adopted,
    replaced: poolsToForget(renewed, plan.state, requireChain(renewed, chain.name)),
    ...(await workOff({ ...context, mesh: renewed }, plan, work, output).catch(
      printingFailure(mesh.config.name, options, output),
    )),
  };
  output.stdout(options.json ? toJson(document(mesh, result)) : text(mesh, result));
  return result;
}

/** Where the next contract of whoever deploys comes to lie. */
async function nextAddress({ operator }: Mesh, { provider }: MeshChain): Promise<string> {
  return getCreateAddress({ from: operator, nonce: await provider.getTransactionCount(operator) });
}

function planAhead(
  { mesh, store }: OperatorContext,
  chain: MeshChain,
  state: MeshPlan["state"],
  pool: string,
): Promise<MeshPlan> {
  const ahead = asIfDeployed(mesh, state, chain, pool);
  return planFrom(ahead.mesh, ahead.state, { store });
}

function requireUpToDate({ steps }: MeshPlan, chain: MeshChain): void {
  const open = openSteps(steps)
    // To wait for what an older pool has sent keeps nothing else from being done.
    .filter(({ rejects, status }) => rejects?.pool === undefined || status.kind !== "waiting")
    .map(({ id }) => id);
  if (open.length === 0) return;
  const named = open.slice(0, 3).join(", ");
  throw new OperatorError(
    "STALE_PLAN",
    `Nothing was deployed on ${chain.name}: the mesh is not in step, and a replacement should be all that changes. Look at "mesh plan" and apply it first: ${named}${open.length > 3 ? ` and ${open.length - 3} more` : ""}.`,
  );
}

function showAhead(
  mesh: Mesh,
  plan: MeshPlan,
  about: { readonly chain: string; readonly pool: string; readonly deploy: boolean },
  { json }: Pick<ReplaceOptions, "json">,
  { stdout }: Pick<Output, "stdout">,
): Replacement {
  const { chain, pool, deploy } = about;
  const heading = deploy ? `to deploy: ${POOL} on ${chain}, for example at ${pool}\n\n` : "";
  stdout(json ? toJson({ ...about, ...planDocument(mesh, plan) }) : heading + planText(mesh, plan));
  return { chain, pool, replaced: [], sent: 0, open: openSteps(plan.steps) };
}

function document(mesh: Mesh, { chain, pool, replaced, ...result }: Replacement) {
  return { chain, pool, replaced, ...resultDocument(mesh.config.name, result) };
}

function text(mesh: Mesh, { chain, pool, ...result }: Replacement): string {
  return `${resultText(mesh.config.name, result)}\nThe pool of ${chain} is ${pool}.`;
}
