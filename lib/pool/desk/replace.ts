import { getCreateAddress } from "ethers";

import { toJson } from "../../cli/json";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { deployContract } from "../../deployments/deploy";
import type { Yard } from "../../deployments/yard";
import type { ApplyResult } from "../../mesh/apply";
import { printingFailure, resultDocument, resultText, workOff } from "../../mesh/desk/apply";
import type { WorkOptions } from "../../mesh/desk/apply";
import type { Desk } from "../../mesh/desk/desk";
import { planDocument } from "../../mesh/desk/document";
import { tellingReads } from "../../mesh/desk/reads";
import { planText } from "../../mesh/desk/text";
import { inspectMesh } from "../../mesh/inspect";
import { chainNamed, chainsOf, withPool } from "../../mesh/mesh";
import type { Mesh, MeshChain } from "../../mesh/mesh";
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
} from "../replacement";

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
  desk: Desk,
  yard: Yard,
  options: ReplaceOptions,
  voice: Voice = TERMINAL,
): Promise<Replacement> {
  const { mesh, store } = desk;
  const { allowDestructive } = options;
  const chain = chainNamed(mesh, options.chain);
  const book = yard.book(chain.name);
  const artifact = await yard.artifact(POOL);
  const { during } = tellingReads(voice.say);
  const state = await readMesh(mesh, { store, during });
  const replaced = poolsToForget(mesh, state, chain);
  const deployment = nextPool(mesh, chain, artifact, book);
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
      voice.print(options.json ? toJson(document(mesh, result)) : text);
      return result;
    }
    requireInStep(await planFrom(mesh, state, { store }), chain);
  }

  if (options.plan) {
    const address = next?.address ?? (await nextAddress(mesh, chain));
    const plan = begun
      ? await readPlan(next ? withPool(mesh, chain.name, address) : mesh, {
          store,
          allowDestructive,
          during,
        })
      : await planAhead(desk, chain, state, address);
    const target = begun && !next ? chain.contracts.pool : address;
    return showAhead(
      mesh,
      plan,
      { chain: chain.name, pool: target, deploy: !begun },
      options,
      voice,
    );
  }

  if (!begun) {
    const ahead = await planAhead(desk, chain, state, await nextAddress(mesh, chain));
    voice.say(`A new pool is deployed on ${chain.name}. Then:\n\n${planText(mesh, ahead)}\n`);
    await options.confirm(
      `Deploy a pool on ${chain.name} and send up to ${openSteps(ahead.steps).length} transactions to ${chainsOf(mesh).length} chains of mesh ${mesh.config.name}?`,
    );
    const signer = await desk.signerFor(chain, mesh.operator);
    const { address } = await deployContract(chain, signer, deployment, desk.sendOptions(chain));
    voice.say(`deployed ${POOL} on ${chain.name} at ${address}`);
  }
  // Who has agreed to deploy and to the rest is not asked again.
  const work = begun ? options : { ...options, confirm: () => Promise.resolve() };
  const adopted = begun && !next ? chain.contracts.pool : adoptNext(book).address;
  const renewed = withPool(mesh, chain.name, adopted);
  await inspectMesh(renewed);
  const plan = await readPlan(renewed, { store, allowDestructive, during });
  const result = {
    chain: chain.name,
    pool: adopted,
    replaced: poolsToForget(renewed, plan.state, chainNamed(renewed, chain.name)),
    ...(await workOff({ ...desk, mesh: renewed }, plan, work, voice).catch(
      printingFailure(mesh.config.name, options, voice),
    )),
  };
  voice.print(options.json ? toJson(document(mesh, result)) : text(mesh, result));
  return result;
}

/** Where the next contract of whoever deploys comes to lie. */
async function nextAddress({ operator }: Mesh, { provider }: MeshChain): Promise<string> {
  return getCreateAddress({ from: operator, nonce: await provider.getTransactionCount(operator) });
}

function planAhead(
  { mesh, store }: Desk,
  chain: MeshChain,
  state: MeshPlan["state"],
  pool: string,
): Promise<MeshPlan> {
  const ahead = asIfDeployed(mesh, state, chain, pool);
  return planFrom(ahead.mesh, ahead.state, { store });
}

function requireInStep({ steps }: MeshPlan, chain: MeshChain): void {
  const open = openSteps(steps)
    // To wait for what an older pool has sent keeps nothing else from being done.
    .filter(({ rejects, status }) => rejects?.pool === undefined || status.kind !== "waiting")
    .map(({ id }) => id);
  if (open.length === 0) return;
  const named = open.slice(0, 3).join(", ");
  throw new Error(
    `Nothing was deployed on ${chain.name}: the mesh is not in step, and a replacement should be all that changes. Look at "mesh plan" and apply it first: ${named}${open.length > 3 ? ` and ${open.length - 3} more` : ""}.`,
  );
}

function showAhead(
  mesh: Mesh,
  plan: MeshPlan,
  about: { readonly chain: string; readonly pool: string; readonly deploy: boolean },
  { json }: Pick<ReplaceOptions, "json">,
  { print }: Pick<Voice, "print">,
): Replacement {
  const { chain, pool, deploy } = about;
  const heading = deploy ? `to deploy: ${POOL} on ${chain}, for example at ${pool}\n\n` : "";
  print(json ? toJson({ ...about, ...planDocument(mesh, plan) }) : heading + planText(mesh, plan));
  return { chain, pool, replaced: [], sent: 0, open: openSteps(plan.steps) };
}

function document(mesh: Mesh, { chain, pool, replaced, ...result }: Replacement) {
  return { chain, pool, replaced, ...resultDocument(mesh.config.name, result) };
}

function text(mesh: Mesh, { chain, pool, ...result }: Replacement): string {
  return `${resultText(mesh.config.name, result)}\nThe pool of ${chain} is ${pool}.`;
}
