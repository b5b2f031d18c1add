import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { TASK_COMPILE_GET_REMAPPINGS } from "hardhat/builtin-tasks/task-names";
import type { HardhatRuntimeEnvironment } from "hardhat/types";
import { z } from "zod";

import { ownContracts } from "../surface/contracts";

/** The command that starts forge: the binary of the lockfile. */
export const FORGE = path.resolve("node_modules/.bin/forge");

const configSchema = z.object({
  evm_version: z.string(),
  optimizer: z.boolean(),
  optimizer_runs: z.number(),
  via_ir: z.boolean(),
  remappings: z.array(z.string()),
});

const hardhatSchema = z.object({
  evmVersion: z.string(),
  optimizer: z.object({ enabled: z.boolean(), runs: z.number() }),
  viaIR: z.boolean().default(false),
});

const forgeArtifact = z.object({ deployedBytecode: z.object({ object: z.string() }) });

/** Finds the settings in which forge's compiler differs from Hardhat's: none, or it would test other contracts. */
export async function settingsApart(hre: HardhatRuntimeEnvironment): Promise<string[]> {
  const forge = configSchema.parse(
    JSON.parse(execFileSync(FORGE, ["config", "--json"], { encoding: "utf8" })),
  );
  const { evmVersion, optimizer, viaIR } = hardhatSchema.parse(
    hre.config.solidity.compilers[0]?.settings,
  );
  const remapped = (await hre.run(TASK_COMPILE_GET_REMAPPINGS)) as Record<string, string>;
  const wanted = Object.entries(remapped).map(([from, to]) => `${from}=node_modules/${to}`);
  return [
    ["evm_version", forge.evm_version, evmVersion],
    ["optimizer", forge.optimizer, optimizer.enabled],
    ["optimizer_runs", forge.optimizer_runs, optimizer.runs],
    ["via_ir", forge.via_ir, viaIR],
    ...wanted.map((line) => ["remappings", forge.remappings.find((own) => own === line), line]),
  ]
    .filter(([, forges, hardhats]) => forges !== hardhats)
    .map(
      ([name, forges, hardhats]) =>
        `${name} is ${forges} in foundry.toml and ${hardhats} for Hardhat`,
    );
}

/** Compares the code of each own contract, without its metadata, with the code that Hardhat compiled: those apart differ, or forge has none. */
export async function codeApart(
  hre: HardhatRuntimeEnvironment,
  out: string,
): Promise<{ compared: number; apart: string[] }> {
  const own = await ownContracts(hre.artifacts);
  const apart = own.filter(({ sourceName, contractName, deployedBytecode }) => {
    const file = path.join(out, path.basename(sourceName), `${contractName}.json`);
    if (!existsSync(file)) return true;
    const { object } = forgeArtifact.parse(JSON.parse(readFileSync(file, "utf8"))).deployedBytecode;
    return withoutMetadata(object) !== withoutMetadata(deployedBytecode);
  });
  return { compared: own.length, apart: apart.map(({ contractName }) => contractName) };
}

/** Cuts the metadata off, which has the hash of the sources' names: its length is in the last two bytes. */
function withoutMetadata(code: string): string {
  const bytes = Number.parseInt(code.slice(-4), 16);
  return code.slice(0, -2 * (bytes + 2));
}
