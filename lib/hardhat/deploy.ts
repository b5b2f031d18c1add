import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describeRevert } from "ccip-localnet/protocol";
import { formatEther } from "ethers";
import type { Provider } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { OperatorError } from "../core/errors";
import { recordsOf } from "../../config/env";
import type { MeshMember } from "../../config/meshes";
import { ask, confirm } from "../cli/confirm";
import { Problems } from "../core/problems";
import { consoleOutput } from "../cli/consoleOutput";
import type { Output } from "../cli/consoleOutput";
import { liveChain, nativeSymbol } from "../core/chains";
import { DeploymentStore, shownPath } from "../deployments/store";
import { creationGas } from "../deployments/gas";
import { IMPLEMENTATION } from "../deployments/implementation";
import { PENDING_CHOICES, finishPending } from "../deployments/pending";
import type { PendingChoice, PendingTransaction } from "../deployments/pending";
import { abi } from "../core/abis";
import { MovedRecordsError, deploymentsOf } from "../mesh/open";
import type { MeshConfig } from "../core/mesh/schema";
import { feesNow, gweiText, priceNow } from "../tx/fees";

import { chooseMesh } from "./chosenMesh";
import { useDeployer } from "./deployerAccount";
import type { Key } from "./keyring";
import { openNetwork, placeOf } from "./networkConfig";
import { isReplaceable, setReplacement } from "./replacement";
import type { Replacement } from "./replacement";

/** Options of `deploy`; other options of hardhat-deploy are passed on to it. */
export interface DeployArguments {
  readonly mesh?: string;
  readonly yes: boolean;
  /** The choice for a transaction that an earlier run has left pending. */
  readonly pending?: string;
  /** Tags of deploy scripts, separated by commas. */
  readonly tags?: string;
  /** Deploy a newer version of what `tags` names, the pool or the token, in the place of what is on record. */
  readonly replace: boolean;
  /** Replace a pool by the same code. */
  readonly again: boolean;
  /** The contract of this checkout that the token is to run. */
  readonly contract?: string;
  /** Call data of its migration, ABI-encoded. */
  readonly migration?: string;
  /** True if records are deleted first. */
  readonly reset: boolean;
  readonly noCompile: boolean;
  /** Gas price in wei, instead of the current one. */
  readonly gasprice?: string;
  readonly maxfee?: string;
}

/** The tags of the deploy scripts, and what each deploys. */
const TAGS: ReadonlyMap<string, string> = new Map([
  ["timelock", "TimelockController"],
  ["token", "RebaseToken"],
  ["pool", "RebaseTokenPool"],
  ["controller", "RebaseController"],
  ["broadcaster", "RebaseBroadcaster"],
  ["receiver", "RebaseReceiver"],
]);

/** The network and the deployer of a deployment. */
interface Ground extends MeshMember {
  readonly network: string;
  readonly chainId: bigint;
  readonly provider: Provider;
  readonly deployer: Key;
}

/**
 * Says what is deployed where and from which account, makes sure that it can be, asks on live chains, and has
 * hardhat-deploy run the deploy scripts.
 * @param runScripts hardhat-deploy's own task.
 * @throws when anything that should be deployed is not in the end.
 */
export async function runDeploy(
  hre: HardhatRuntimeEnvironment,
  { mesh, yes, pending, replace, again, contract, migration, ...args }: DeployArguments,
  runScripts: (args: unknown) => Promise<unknown>,
  { log }: Pick<Output, "log"> = consoleOutput,
): Promise<void> {
  const choice = pendingChoice(pending);
  const price = priceNamed(args);
  requireNetwork(hre);
  const member = chooseMesh(hre, mesh);
  const wanted = wantedOn(hre.network.name, member.role, args.tags);
  const replacement = replace
    ? replacementFor(args.tags, { again, contract, migration })
    : undefined;
  const ground = await groundOf(hre, member);
  const { config, network, chainId, provider, deployer } = ground;
  try {
    if (!args.noCompile) await hre.run("compile", { quiet: true });
    const folder = path.join(recordsOf(config.name), network);
    const deploymentStore = new DeploymentStore(folder);
    requireMoved(member, network, deploymentStore);
    log(placeText(ground));
    if (existsSync(folder) && !args.reset) {
      prepareFolder(folder, chainId);
      await finishPending({
        ...{ network, provider, folder, deploymentStore, log },
        signer: deployer.connect(provider),
        choose: async (transaction) => choice ?? askAbout(transaction, network),
      });
    }
    const recorded = args.reset ? [] : await recordedOn(ground, deploymentStore);
    const missing = replacement
      ? await replacedBy(hre, ground, deploymentStore, replacement)
      : wanted.filter((name) => !recorded.includes(name));
    const cost = await costOf(hre, provider, missing, price);
    const held = await provider.getBalance(deployer.address);
    log(`balance  ${formatEther(held)} ${nativeSymbol(network)}`);
    if (missing.length === 0) {
      log(
        replacement
          ? `Nothing to deploy: ${replacement.contract} as this checkout has it is on record on ${network}.`
          : `Nothing to do: ${wanted.join(", ")} are deployed, as ${shownPath(folder)} says.`,
      );
      return;
    }
    log(`deploys  ${missing.join(", ")}, for about ${costText(cost)}`);
    if (held < cost.wei) {
      throw new OperatorError(
        "NOT_ENOUGH_FUNDS",
        `${deployer.address} has ${formatEther(held)} ${nativeSymbol(network)} on ${network}, and deploying takes about ${costText(cost)}: fund it.`,
      );
    }
    await confirm(`Deploy ${missing.length} contracts of mesh ${config.name} to ${network}?`, {
      live: config.live || liveChain(network) !== undefined,
      yes,
    });
    if (network !== "hardhat") prepareFolder(folder, chainId);
    try {
      const tags = replacement?.record === IMPLEMENTATION ? "implementation" : args.tags;
      await withoutStack(() => runScripts({ ...args, tags, noCompile: true }));
    } catch (error) {
      if (!(error instanceof Error) || !isPoverty(error)) throw error;
      throw new OperatorError(
        "NOT_ENOUGH_FUNDS",
        `${deployer.address} has ${formatEther(await provider.getBalance(deployer.address))} ${nativeSymbol(network)} left on ${network}, too little for the next contract: fund it, and run the same command again.`,
        { cause: error },
      );
    }
    await requireDeployed(hre, wanted);
  } finally {
    provider.destroy();
  }
}

/** Reads what `--replace` is about. @throws when `--tags` names neither the pool nor the token alone. */
function replacementFor(
  tags: string | undefined,
  { again, contract = "RebaseToken", migration = "0x" }: Partial<Replacement>,
): Replacement {
  const rest = { migration, again: again ?? false };
  if (tags === "pool") return { record: "RebaseTokenPool", contract: "RebaseTokenPool", ...rest };
  if (tags === "token") return { record: IMPLEMENTATION, contract, ...rest };
  throw new OperatorError(
    "INVALID_OPTION",
    "--replace goes with --tags pool or --tags token: say which one is replaced.",
  );
}

/** Returns the contract that a replacement deploys, if this checkout has another one than is on record. */
async function replacedBy(
  hre: HardhatRuntimeEnvironment,
  { network, provider }: Ground,
  store: DeploymentStore,
  replacement: Replacement,
): Promise<string[]> {
  const { ccip } = placeOf(network);
  if (!(await isReplaceable(hre, { network, provider, store, ccip }, replacement))) return [];
  setReplacement(hre, replacement);
  return [replacement.contract];
}

/** Refuses to deploy without --network: contracts in process are gone when the command ends. */
function requireNetwork({ hardhatArguments }: HardhatRuntimeEnvironment): void {
  if (hardhatArguments.network) return;
  throw new OperatorError(
    "INVALID_OPTION",
    "Say where to deploy with --network <name>. (--network hardhat rehearses the deploy scripts in this process and keeps nothing.)",
  );
}

/**
 * The network that Hardhat runs on, if it can be deployed to.
 * @throws with all problems, among them missing urls of the mesh's other chains.
 */
async function groundOf(hre: HardhatRuntimeEnvironment, member: MeshMember): Promise<Ground> {
  const { name: network } = hre.network;
  const problems = new Problems();
  const deployer = await problems.noting(() => useDeployer(hre));
  if (network === "hardhat") {
    const chainId = BigInt(await hre.getChainId());
    // Hardhat's own provider ends with the process.
    const provider = Object.assign(hre.ethers.provider, { destroy: () => undefined });
    if (deployer) return { ...member, network, chainId, provider, deployer };
  }
  const connected = await problems.noting(() => openNetwork(network));
  if (connected && deployer) {
    const { chainId, provider } = connected;
    return { ...member, network, chainId, provider, deployer };
  }
  connected?.provider.destroy();
  for (const other of othersOf(member.config, network)) {
    await problems.noting(() => placeOf(other).url());
  }
  return problems.throwAll();
}

function othersOf({ home, satellites }: MeshConfig, network: string): string[] {
  return [home, ...satellites].filter((name) => name !== network);
}

/** The contracts that are asked for. @throws when a tag is unknown, or of a contract that is not deployed here. */
function wantedOn(network: string, role: MeshMember["role"], tags: string | undefined): string[] {
  const here: readonly string[] = deploymentsOf(role);
  if (tags === undefined) return [...here];
  return tags.split(",").map((tag) => {
    const name = TAGS.get(tag);
    if (name !== undefined && here.includes(name)) return name;
    const known = [...TAGS].filter(([, contract]) => here.includes(contract)).map(([key]) => key);
    throw new OperatorError(
      "INVALID_OPTION",
      `--tags ${tag} deploys nothing on ${network}, which is a ${role}: use some of ${known.join(", ")}.`,
    );
  });
}

/** About what deploying takes now. */
interface Cost {
  readonly wei: bigint;
  /** Of a unit of gas, wei. */
  readonly price: bigint;
}

async function costOf(
  { artifacts }: HardhatRuntimeEnvironment,
  provider: Provider,
  names: readonly string[],
  named: bigint | undefined,
): Promise<Cost> {
  const proxied = names.includes("RebaseToken") ? ["ERC1967Proxy"] : [];
  const gas = await Promise.all(
    [...names, ...proxied].map(async (name) => creationGas(await artifacts.readArtifact(name))),
  );
  const price = named ?? priceNow(await feesNow(provider));
  return { price, wei: price * gas.reduce((sum, value) => sum + value, 0n) };
}

/**
 * Reads what a unit of gas may cost, wei; undefined when that is not named.
 * @throws naming the option when it is no whole number.
 */
function priceNamed({
  gasprice,
  maxfee,
}: Pick<DeployArguments, "gasprice" | "maxfee">): bigint | undefined {
  for (const [option, text] of Object.entries({ gasprice, maxfee })) {
    if (text === undefined) continue;
    if (/^\d+$/.test(text)) return BigInt(text);
    throw new OperatorError(
      "INVALID_AMOUNT",
      `--${option} ${text} is not a whole number of wei: write 1000000000 for 1 gwei.`,
    );
  }
  return undefined;
}

function placeText({ config, file, network, chainId, role, deployer }: Ground): string {
  const { name, symbol } = config.token;
  return [
    `mesh     ${config.name} (${file})`,
    `token    ${name} (${symbol})`,
    `chain    ${network} (chain id ${chainId}), ${role}`,
    `account  ${deployer.address}`,
  ].join("\n");
}

/**
 * Lists the contracts of the mesh that are recorded on a network. hardhat-deploy reads every record, so every one is checked.
 * @throws naming a record that is broken, or of a contract that is not there.
 */
async function recordedOn(
  { network, provider, role }: Ground,
  deploymentStore: DeploymentStore,
): Promise<string[]> {
  const records = new Map(deploymentStore.names().map((name) => [name, deploymentStore.get(name)]));
  const names: readonly string[] = deploymentsOf(role);
  const recorded = names.filter((name) => records.has(name));
  for (const name of recorded) {
    const address = records.get(name)?.address ?? "";
    if ((await provider.getCode(address)) !== "0x") continue;
    throw new OperatorError(
      "CONTRACT_UNKNOWN",
      `${deploymentStore.fileOf(name)} says that ${name} is at ${address}, where there is no code on ${network}: correct the record, or remove it to deploy anew.`,
    );
  }
  return recorded;
}

/** Makes sure that no records lie where they were kept before meshes had folders. @throws MovedRecordsError */
function requireMoved(
  { config }: MeshMember,
  network: string,
  deploymentStore: DeploymentStore,
): void {
  const previous = new DeploymentStore(path.join(recordsOf(""), network));
  if (deploymentStore.names().length === 0 && previous.names().length > 0) {
    throw new MovedRecordsError(config.name, network);
  }
}

/** Writes the files that hardhat-deploy would write only after the first deployment, when it may have been interrupted. */
function prepareFolder(folder: string, chainId: bigint): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, ".chainId"), chainId.toString());
}

const CHOICES = Object.keys(PENDING_CHOICES) as PendingChoice[];

/** Reads `--pending`. @throws with the choices when it is none of them. */
function pendingChoice(text: string | undefined): PendingChoice | undefined {
  const choice = CHOICES.find((one) => one === text);
  if (choice !== undefined || text === undefined) return choice;
  throw new OperatorError(
    "INVALID_OPTION",
    `--pending ${text} is no choice. Use one of:\n${choicesText()}`,
  );
}

/**
 * Asks what to do about a transaction that is pending.
 * @throws with the transaction and the choices when there is no terminal.
 */
async function askAbout(
  { name, hash, from, nonce, known }: PendingTransaction,
  network: string,
): Promise<PendingChoice> {
  const question = `An earlier run has sent ${name} to ${network}, and it is not mined: transaction ${hash}, nonce ${nonce} of ${from}${known ? "" : ", which this endpoint does not know"}. Choose what to do about it:\n${choicesText()}`;
  if (!process.stdin.isTTY) throw new OperatorError("CONFIRMATION_REFUSED", question);
  const answer = await ask(`${question}\n${CHOICES.join(", ")}? `);
  const choice = CHOICES.find((one) => one === answer);
  if (choice !== undefined) return choice;
  throw new OperatorError(
    "INVALID_OPTION",
    `"${answer}" is no choice: nothing was done about ${hash}.`,
  );
}

function choicesText(): string {
  return CHOICES.map((choice) => `  --pending ${choice}: ${PENDING_CHOICES[choice]}`).join("\n");
}

function costText({ wei, price }: Cost): string {
  return `${formatEther(wei)} at ${gweiText(price)}`;
}

/**
 * hardhat-deploy puts the path of the script and a stack around what went wrong, and prints it once more, with the
 * url that it was asked of.
 */
async function withoutStack(action: () => Promise<unknown>): Promise<void> {
  const { error: printError } = console;
  console.error = () => undefined;
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith("ERROR processing ")) throw error;
    const [, ...lines] = error.message.split("\n");
    const end = lines.findIndex((line) => /^ {4}at /.test(line));
    const reason = lines.slice(0, end === -1 ? undefined : end).join("\n");
    throw new OperatorError(
      "TRANSACTION_REVERTED",
      constructorRevert(reason) ?? reason.replace(/^\w*Error: /, ""),
      {
        cause: error,
      },
    );
  } finally {
    console.error = printError;
  }
}

/** The words for a constructor that reverts with a custom error, which ethers 5 shows as its selector. */
function constructorRevert(reason: string): string | undefined {
  const [, selector, rest = ""] = /custom error 0x([0-9a-f]{8}): ?([0-9a-f]*)/.exec(reason) ?? [];
  if (selector === undefined) return undefined;
  const revert = describeRevert(`0x${selector}${rest}`, Object.values(abi));
  return `a constructor reverts: ${revert}. Addresses of CCIP come from config/chains.generated.json.`;
}

/** Returns whether a node refused a transaction because its sender cannot pay for it. */
function isPoverty({ message }: Error): boolean {
  return /insufficient funds|enough funds/i.test(message);
}

/** Makes sure that the scripts have done what they are for. @throws naming what is not deployed. */
async function requireDeployed(
  { deployments, network }: HardhatRuntimeEnvironment,
  wanted: readonly string[],
): Promise<void> {
  const found = await Promise.all(wanted.map((name) => deployments.getOrNull(name)));
  const missing = wanted.filter((_, i) => !found[i]);
  if (missing.length === 0) return;
  throw new OperatorError(
    "STEPS_FAILED",
    `The deploy scripts ended, and ${missing.join(", ")} are not deployed on ${network.name}: run it again.`,
  );
}
