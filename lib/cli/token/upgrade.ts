import { CodedError, OperatorError } from "../../core/errors";
import { toJson } from "../../core/json";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { Artifact } from "../../deployments/artifact";
import { deployContract } from "../../deployments/deploy";
import type { BuildArtifacts } from "../../deployments/buildArtifacts";
import { applySteps } from "../../mesh/apply";
import type { ApplyResult } from "../../mesh/apply";
import { printingFailure, resultDocument, resultText, sendingOptions } from "../mesh/apply";
import type { WorkOptions } from "../mesh/apply";
import type { OperatorContext } from "../../mesh/operator";
import { planText } from "../mesh/text";
import { membersOf, requireMember } from "../../core/mesh/members";
import { requireChain } from "../../core/mesh/mesh";
import type { MeshChain } from "../../core/mesh/mesh";
import type { MeshConfig } from "../../core/mesh/schema";
import { pinLatest } from "../../rpc/pinned";
import {
  implementationOf,
  implementationProblems,
  rehearsalProblems,
} from "../../mesh/components/implementation";
import { layoutProblems } from "../../deployments/layout";
import { NoHistoryError, compareUpgrade, rehearseUpgrade } from "../../mesh/upgrade/outcomes";
import type { Comparison } from "../../mesh/upgrade/outcomes";
import {
  adoptImplementation,
  findImplementation,
  isOnRecord,
  isWrittenDown,
  lackedFunctions,
  lostFunctions,
  newInitialisers,
  nextImplementation,
  readUpgrades,
  runsCode,
} from "../../mesh/upgrade/upgrade";
import type { Target } from "../../mesh/upgrade/upgrade";

/** How tokens are upgraded. */
export interface UpgradeOptions extends WorkOptions {
  /** Network names of the chains whose token is upgraded. */
  readonly chains: readonly string[];
  /** The contract of this checkout that the tokens shall run. */
  readonly contract: string;
  /** What the new version is called with in the transaction that upgrades to it, ABI-encoded; `0x` for nothing. */
  readonly migration: string;
  readonly json: boolean;
  /**
   * Go without a rehearsal on the live state: for an endpoint without state overrides, and for an upgrade
   * that is to change what the token answers. And without a comparison afterwards, where the endpoint has
   * forgotten what was before.
   */
  readonly unrehearsed?: boolean;
}

/** What became of one token. */
export interface Upgraded {
  readonly chain: string;
  /** The implementation that ran before this run, and the one that is to run. */
  readonly from: string;
  readonly to: string;
  readonly state: "current" | "upgraded" | "waiting";
  /** There once it is upgraded. */
  readonly comparison?: Comparison | undefined;
}

export interface Upgrade extends ApplyResult {
  readonly contract: string;
  readonly tokens: readonly Upgraded[];
}

/** An upgrade that is refused before anything is proposed. */
export class UpgradeRefusedError extends CodedError {
  override readonly name = "UpgradeRefusedError";
  readonly code = "UPGRADE_REFUSED";

  constructor(contract: string, problems: readonly string[]) {
    super(
      `${contract} is no upgrade of the token:\n${problems.map((item) => `  ${item}`).join("\n")}`,
    );
  }
}

/** An upgrade that was made and changed what it should not have. */
export class UpgradeChangedError extends CodedError {
  override readonly name = "UpgradeChangedError";
  readonly code = "UPGRADE_CHANGED_STATE";

  constructor(tokens: readonly Upgraded[]) {
    const lines = tokens.flatMap(({ chain, from, comparison }) =>
      (comparison?.differences ?? []).map((item) => `  ${chain} (${from} ran before): ${item}`),
    );
    super(
      `The upgrade changed what it should not have. Pause, look at it, and upgrade back to what ran before:\n${lines.join("\n")}`,
    );
  }
}

/**
 * Upgrades the token of some chains to a contract of this checkout: checks storage layout and functions,
 * deploys the implementation where it is not, checks it, rehearses it on the live state, proposes and makes
 * the upgrade through each chain's timelock, and asks the token everything before and after. A run that was
 * stopped anywhere is continued by the next one; tokens that run it already are left alone.
 * @throws UpgradeRefusedError or NoRehearsalError before anything is proposed, UpgradeChangedError when it is too late.
 */
export async function upgradeTokens(
  context: OperatorContext,
  buildArtifacts: BuildArtifacts,
  options: UpgradeOptions,
  output: Output = consoleOutput,
): Promise<Upgrade> {
  const { mesh, store } = context;
  const { contract, migration, json } = options;
  const artifact = await buildArtifacts.artifact(contract);
  const chains = options.chains.map((name) => requireChain(mesh, name));
  const sites = await Promise.all(
    chains.map(async (chain) => {
      const from = await implementationOf(chain.provider, chain.contracts.token);
      return { chain, from, isCurrent: await runsCode(chain, from, artifact) };
    }),
  );
  const old = sites.filter(({ isCurrent }) => !isCurrent);
  const behind = old.map(({ chain }) => chain);
  let result: ApplyResult = { sent: 0, open: [] };
  const targets: Target[] = [];
  if (behind.length > 0) {
    requireRecords(buildArtifacts, contract, old);
    await requireUpgrade(buildArtifacts, artifact);
    for (const warning of warningsOf(buildArtifacts, artifact, behind, migration))
      output.log(warning);
    targets.push(
      ...(await deployImplementations(context, buildArtifacts, artifact, behind, options, output)),
    );
    const read = (notBefore?: ReadonlyMap<string, number>) =>
      readUpgrades(mesh, targets, migration, { store, ...(notBefore && { notBefore }) });
    const plan = await read();
    output.log(planText(mesh, { ...plan, inFlight: new Map() }));
    output.log(`\nTo go on after an interruption, run the same command again.`);
    result = await applySteps(
      mesh,
      async (notBefore) => (await read(notBefore)).steps,
      sendingOptions(context, options, output.log),
    ).catch(printingFailure(mesh.config.name, options, output));
  }
  const tokens = await Promise.all(
    sites.map(({ chain, from }) =>
      conclude(buildArtifacts, artifact, { chain, from }, targets, options),
    ),
  );
  const upgrade = { contract, tokens, ...result };
  output.stdout(
    json
      ? toJson({ contract, tokens, ...resultDocument(mesh.config.name, result) })
      : upgradeText(mesh.config.name, upgrade),
  );
  const changed = tokens.filter(({ comparison }) => (comparison?.differences.length ?? 0) > 0);
  if (changed.length > 0) throw new UpgradeChangedError(changed);
  return upgrade;
}

/**
 * Refuses to replace what nothing here knows: the layout in git may lack what somebody else's version has
 * appended, and the new one would read that as something of its own.
 */
function requireRecords(
  buildArtifacts: BuildArtifacts,
  contract: string,
  sites: readonly { readonly chain: MeshChain; readonly from: string }[],
): void {
  const problems = sites
    .filter(({ chain, from }) => !isOnRecord(buildArtifacts.deploymentStore(chain.name), from))
    .map(
      ({ chain: { name }, from }) =>
        `the token of ${name} runs ${from}, which is in no record here: pull, or get the records of ${name} and the layout in git from whoever upgraded it`,
    );
  if (problems.length > 0) throw new UpgradeRefusedError(contract, problems);
}

/** Refuses what would lose storage or functions, before anything is deployed. */
async function requireUpgrade(buildArtifacts: BuildArtifacts, artifact: Artifact): Promise<void> {
  const { contractName } = artifact;
  const layout = layoutProblems(
    buildArtifacts.committedLayout("RebaseToken"),
    await buildArtifacts.layout(contractName),
  );
  const problems = [...layout, ...lackedFunctions(artifact)];
  if (problems.length > 0) throw new UpgradeRefusedError(contractName, problems);
}

/** What somebody should know before, and may want all the same. */
function warningsOf(
  buildArtifacts: BuildArtifacts,
  artifact: Artifact,
  chains: readonly MeshChain[],
  migration: string,
): Set<string> {
  const deploymentStores = chains.map(({ name }) => buildArtifacts.deploymentStore(name));
  const lost = deploymentStores.flatMap((deploymentStore) =>
    lostFunctions(deploymentStore, artifact),
  );
  const open =
    migration === "0x"
      ? deploymentStores.flatMap((deploymentStore) => newInitialisers(deploymentStore, artifact))
      : [];
  return new Set([
    ...lost.map((text) => `beside what every version has: ${text}`),
    ...open.map(
      (name) =>
        `${name} is new and not called: unless it guards itself, anybody may call it first. Call it with --migration.`,
    ),
  ]);
}

/** Deploys where it is missing, after asking, and refuses what does not answer as an implementation has to. */
async function deployImplementations(
  context: OperatorContext,
  buildArtifacts: BuildArtifacts,
  artifact: Artifact,
  chains: readonly MeshChain[],
  options: UpgradeOptions,
  { log }: Pick<Output, "log">,
): Promise<Target[]> {
  const { contractName } = artifact;
  const found = await Promise.all(
    chains.map(async (chain) => {
      const next = nextImplementation(artifact, buildArtifacts.deploymentStore(chain.name));
      return { chain, next, record: await findImplementation(chain, next) };
    }),
  );
  const names = chains.map(({ name }) => name).join(", ");
  await options.confirm(
    `Upgrade the token of ${names} to ${contractName}${options.migration === "0x" ? "" : `, calling ${options.migration}`}?`,
  );
  const targets: Target[] = [];
  for (const { chain, next, record } of found) {
    let address = record?.address;
    if (address === undefined) {
      const signer = await context.signerFor(chain, context.mesh.operator);
      ({ address } = await deployContract(chain, signer, next, context.sendOptions(chain)));
      log(`deployed ${contractName} on ${chain.name} at ${address}`);
    }
    const problems = await implementationProblems(chain.provider, address);
    if (problems.length === 0) {
      problems.push(...(await rehearsalProblems(chain, address, options.migration)));
    }
    if (problems.length === 0 && !options.unrehearsed) {
      const { compared, differences } = await rehearseUpgrade(chain, {
        implementation: address,
        migration: options.migration,
        initialisers: newInitialisers(buildArtifacts.deploymentStore(chain.name), artifact),
      });
      log(`rehearsed on ${chain.name}: ${compared} answers compared, ${differences.length} differ`);
      if (differences.length > 0) {
        problems.push(...differences.map((item) => `on ${chain.name} it would change ${item}`));
        problems.push(
          "to change that all the same, and be told of it once more afterwards, add --unrehearsed",
        );
      }
    }
    if (problems.length > 0) throw new UpgradeRefusedError(contractName, problems);
    targets.push({ chain, address });
  }
  return targets;
}

/** Writes down what a token runs, and compares it with what it was before, unless both was done. */
async function conclude(
  buildArtifacts: BuildArtifacts,
  artifact: Artifact,
  { chain, from }: { readonly chain: MeshChain; readonly from: string },
  targets: readonly Target[],
  { unrehearsed }: Pick<UpgradeOptions, "unrehearsed">,
): Promise<Upgraded> {
  const deploymentStore = buildArtifacts.deploymentStore(chain.name);
  const to = targets.find((target) => target.chain === chain)?.address ?? from;
  const { blockNumber } = await pinLatest(chain.name, chain.provider);
  const now = await implementationOf(chain.provider, chain.contracts.token, blockNumber);
  if (now !== to) return { chain: chain.name, from, to, state: "waiting" };
  if (from === to && isWrittenDown(deploymentStore, now))
    return { chain: chain.name, from, to, state: "current" };
  // A run before may have been stopped between the upgrade and this.
  const comparison = await compareUpgrade(chain, to, blockNumber).catch((error: unknown) => {
    if (unrehearsed && error instanceof NoHistoryError) return undefined;
    throw error;
  });
  const record = await findImplementation(chain, nextImplementation(artifact, deploymentStore));
  adoptImplementation(
    deploymentStore,
    artifact,
    record?.address === now ? record : { address: now, abi: artifact.abi },
  );
  return { chain: chain.name, from, to, state: "upgraded", comparison };
}

function upgradeText(mesh: string, { contract, tokens, ...result }: Upgrade): string {
  const lines = tokens.map(({ chain, to, state, comparison }) => {
    if (state === "current") return `${chain}: runs ${contract} at ${to} already.`;
    if (state === "waiting") return `${chain}: is to run ${contract} at ${to}.`;
    if (!comparison) return `${chain}: runs ${contract} at ${to}.`;
    const { compared, busy, differences } = comparison;
    return `${chain}: runs ${contract} at ${to}; ${compared} answers compared, ${differences.length} differ${busy ? " (others used the token in the same block)" : ""}.`;
  });
  const isIdle = result.sent === 0 && tokens.every(({ state }) => state === "current");
  const rest = isIdle ? `mesh ${mesh}: nothing to do.` : resultText(mesh, result);
  return [...lines, rest].join("\n");
}

/** The chains that an upgrade is for. @throws when none is named, or all and some. */
export function chosenChains(
  config: MeshConfig,
  { chain, all }: { readonly chain?: string | undefined; readonly all: boolean },
): string[] {
  if (all && chain === undefined) return membersOf(config);
  if (!all && chain !== undefined) {
    requireMember(config, chain, "--chain");
    return [chain];
  }
  throw new OperatorError(
    "INVALID_OPTION",
    "Name one chain (--chain local-sat1), or all of them (--all).",
  );
}
