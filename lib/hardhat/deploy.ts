import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { describeRevert } from "ccip-localnet/protocol";
import { formatEther } from "ethers";
import type { Provider } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { recordsOf } from "../../config/env";
import type { MeshMember } from "../../config/meshes";
import { confirm } from "../cli/confirm";
import { consoleOutput } from "../cli/consoleOutput";
import type { Output } from "../cli/consoleOutput";
import { abi } from "../core/abis";
import { liveChain, nativeSymbol } from "../core/chains";
import { OperatorError } from "../core/errors";
import { poolContract } from "../core/mesh/optional";
import { membersOf } from "../core/mesh/members";
import { Problems } from "../core/problems";
import { creationGas } from "../deployments/gas";
import { IMPLEMENTATION } from "../deployments/implementation";
import { DeploymentStore, shownPath } from "../deployments/store";
import { feesNow, gweiText, priceNow } from "../tx/fees";

import { readingBuildsOnce } from "./artifacts";
import { chooseMesh } from "./chosenMesh";
import { priceNamed, replacementFor, wantedOn } from "./deployOptions";
import type { DeployArguments } from "./deployOptions";
import { useDeployer } from "./keys";
import { openNetwork, placeOf } from "./networkConfig";
import { askAbout, finishPending, pendingChoice } from "./pending";
import { isReplaceable, setReplacement } from "./replacement";
import type { Replacement } from "./replacement";

/**
 * Prints the contracts to deploy, the chain and the account, checks the balance, asks for confirmation on live chains,
 * and runs hardhat-deploy's deploy scripts.
 * @param runScripts hardhat-deploy's own task.
 */
export async function runDeploy(
  hre: HardhatRuntimeEnvironment,
  { mesh, yes, pending, replace, again, contract, migration, ...args }: DeployArguments,
  runScripts: (args: unknown) => Promise<unknown>,
  { log }: Pick<Output, "log"> = consoleOutput,
): Promise<void> {
  const choice = pending === undefined ? undefined : pendingChoice(pending);
  const named = priceNamed(args);
  if (!hre.hardhatArguments.network) {
    throw new OperatorError(
      "INVALID_OPTION",
      "Say where to deploy with --network <name>. (--network hardhat rehearses the deploy scripts in this process and keeps nothing.)",
    );
  }
  const network = hre.network.name;
  const { config, file, role } = chooseMesh(hre, mesh);
  const wanted = wantedOn(network, { config, role }, args.tags);
  const replacement = replace
    ? replacementFor(args.tags, { again, contract, migration }, poolContract(config, role))
    : undefined;
  const { chainId, provider, deployer } = await connectDeployer(hre, config);
  try {
    if (!args.noCompile) await hre.run("compile", { quiet: true });
    const folder = path.join(recordsOf(config.name), network);
    const store = new DeploymentStore(folder);
    log(`mesh     ${config.name} (${file})`);
    log(`token    ${config.token.name} (${config.token.symbol})`);
    log(`chain    ${network} (chain id ${chainId}), ${role}`);
    log(`account  ${deployer.address}`);
    if (!args.reset) {
      await finishPending({
        ...{ network, provider, folder, log },
        save: (name, record) => hre.deployments.save(name, record),
        signer: deployer.connect(provider),
        choose: async (question) => choice ?? askAbout(question),
      });
    }
    const recorded = args.reset ? [] : await recordedOn(network, provider, store);
    const missing = replacement
      ? await replacedBy(hre, provider, store, replacement)
      : wanted.filter((name) => !recorded.includes(name));
    const balance = async () => {
      const held = await provider.getBalance(deployer.address);
      return { held, heldText: `${formatEther(held)} ${nativeSymbol(network)}` };
    };
    const { held, heldText } = await balance();
    log(`balance  ${heldText}`);
    if (missing.length === 0) {
      log(
        replacement
          ? `Nothing to deploy: ${replacement.contract} as this checkout has it is on record on ${network}.`
          : `Nothing to do: ${wanted.join(", ")} are deployed, as ${shownPath(folder)} says.`,
      );
      return;
    }
    const price = named ?? priceNow(await feesNow(provider));
    const wei = price * (await gasOf(hre, missing));
    const cost = `${formatEther(wei)} at ${gweiText(price)}`;
    log(`deploys  ${missing.join(", ")}, for about ${cost}`);
    const poor = (text: string, options?: ErrorOptions) =>
      new OperatorError("NOT_ENOUGH_FUNDS", `${deployer.address} has ${text}`, options);
    if (held < wei) {
      throw poor(`${heldText} on ${network}, and deploying takes about ${cost}: fund it.`);
    }
    await confirm(`Deploy ${missing.length} contracts of mesh ${config.name} to ${network}?`, {
      live: config.live || liveChain(network) !== undefined,
      yes,
    });
    if (network !== "hardhat") {
      // hardhat-deploy writes this after the first deployment, and does not start again without it.
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, ".chainId"), chainId.toString());
    }
    try {
      const tags = replacement?.record === IMPLEMENTATION ? "implementation" : args.tags;
      await withoutStack(() =>
        readingBuildsOnce(hre, () => runScripts({ ...args, tags, noCompile: true })),
      );
    } catch (error) {
      const isPoor = /insufficient funds|enough funds/i.test(String(error));
      if (!isPoor) throw error;
      const left = `${(await balance()).heldText} left on ${network}`;
      const recovery = "fund it, and run the same command again.";
      throw poor(`${left}, too little for the next contract: ${recovery}`, { cause: error });
    }
  } finally {
    provider.destroy();
  }
}

/** Returns the contract that a replacement deploys, if this checkout has another one than is on record. */
async function replacedBy(
  hre: HardhatRuntimeEnvironment,
  provider: Provider,
  store: DeploymentStore,
  replacement: Replacement,
): Promise<string[]> {
  const { name: network } = hre.network;
  const chain = { network, provider, store, ccip: placeOf(network).ccip };
  if (!(await isReplaceable(hre, chain, replacement))) return [];
  setReplacement(hre, replacement);
  return [replacement.contract];
}

/**
 * Connects to the network that Hardhat runs on, with the deployer's key.
 * @throws with all problems, among them missing urls of the mesh's other chains.
 */
async function connectDeployer(hre: HardhatRuntimeEnvironment, config: MeshMember["config"]) {
  const { name: network } = hre.network;
  const problems = new Problems();
  const deployer = await problems.noting(() => useDeployer(hre));
  const connected = await problems.noting(async () => {
    if (network !== "hardhat") return openNetwork(network);
    const chainId = BigInt(await hre.getChainId());
    // Hardhat's own provider ends with the process.
    const provider = Object.assign(hre.ethers.provider, { destroy: () => undefined });
    return { chainId, provider };
  });
  if (connected && deployer) return { ...connected, deployer };
  connected?.provider.destroy();
  for (const member of membersOf(config)) await problems.noting(() => placeOf(member).url());
  return problems.throwAll();
}

/** Estimates the gas of deploying contracts. */
async function gasOf(
  { artifacts }: HardhatRuntimeEnvironment,
  names: readonly string[],
): Promise<bigint> {
  const all = names.includes("RebaseToken") ? [...names, "ERC1967Proxy"] : names;
  const gas = await Promise.all(
    all.map(async (name) => creationGas(await artifacts.readArtifact(name))),
  );
  return gas.reduce((sum, value) => sum + value, 0n);
}

/**
 * Lists the records of a network. hardhat-deploy reads every record, so every one is checked.
 * @throws naming a record that is broken, or of a contract that is not there.
 */
async function recordedOn(
  network: string,
  provider: Provider,
  store: DeploymentStore,
): Promise<string[]> {
  const names = store.names();
  for (const name of names) {
    const { address } = store.get(name);
    if ((await provider.getCode(address)) !== "0x") continue;
    throw new OperatorError(
      "CONTRACT_UNKNOWN",
      `${store.fileOf(name)} says that ${name} is at ${address}, where there is no code on ${network}: correct the record, or remove it to deploy anew.`,
    );
  }
  return names;
}

/**
 * Rethrows hardhat-deploy's error as an OperatorError without the script's path and the stack, and keeps
 * hardhat-deploy from printing it, because its text contains the RPC url.
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
    const text = constructorRevert(reason) ?? reason.replace(/^\w*Error: /, "");
    throw new OperatorError("TRANSACTION_REVERTED", text, { cause: error });
  } finally {
    console.error = printError;
  }
}

/** Describes a constructor's custom error, of which ethers 5 shows the selector; undefined for any other reason. */
function constructorRevert(reason: string): string | undefined {
  const [, selector, rest = ""] = /custom error 0x([0-9a-f]{8}): ?([0-9a-f]*)/.exec(reason) ?? [];
  if (selector === undefined) return undefined;
  const revert = describeRevert(`0x${selector}${rest}`, Object.values(abi));
  return `a constructor reverts: ${revert}. Addresses of CCIP come from config/chains.generated.json.`;
}
