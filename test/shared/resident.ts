import { HardhatContext } from "hardhat/internal/context";
import { ArgumentsParser } from "hardhat/internal/cli/ArgumentsParser";
import { resolveConfigPath } from "hardhat/internal/core/config/config-loading";
import { resolveConfig } from "hardhat/internal/core/config/config-resolution";
import { HARDHAT_PARAM_DEFINITIONS } from "hardhat/internal/core/params/hardhat-params";
import { getEnvHardhatArguments } from "hardhat/internal/core/params/env-variables";
import { Environment } from "hardhat/internal/core/runtime-environment";
import type { HardhatRuntimeEnvironment, HardhatUserConfig } from "hardhat/types";

/**
 * The program of a process that runs one Hardhat command after the other, as `npx hardhat` runs each in a process
 * of its own: with its own variables, configuration and environment. Only what loading Hardhat, its plugins and
 * the project takes is paid for once.
 */
export interface Command {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

process.on("message", ({ args, env }: Command) => {
  void run(args, env).then((code) => process.send?.(code));
});
process.on("disconnect", () => process.exit());

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.exitCode = undefined;
  try {
    await runTask(args);
  } catch (error) {
    console.error(error);
    return 1;
  }
  return Number(process.exitCode ?? 0);
}

async function runTask(args: readonly string[]): Promise<void> {
  const context = HardhatContext.getHardhatContext();
  const parser = new ArgumentsParser();
  const { hardhatArguments, allUnparsedCLAs } = parser.parseHardhatArguments(
    HARDHAT_PARAM_DEFINITIONS,
    getEnvHardhatArguments(HARDHAT_PARAM_DEFINITIONS, process.env),
    [...args],
  );
  const tasks = context.tasksDSL.getTaskDefinitions();
  const scopes = context.tasksDSL.getScopesDefinitions();
  const { config, userConfig } = loadConfig(context);
  const environment = new Environment(
    config,
    hardhatArguments,
    tasks,
    scopes,
    context.environmentExtenders,
    userConfig,
    context.providerExtenders,
  );
  // What extends it has made it whole by now.
  context.environment = environment as unknown as HardhatRuntimeEnvironment;
  const { scopeName, taskName, unparsedCLAs } = parser.parseScopeAndTaskNames(
    allUnparsedCLAs,
    tasks,
    scopes,
  );
  const definition = context.tasksDSL.getTaskDefinition(scopeName, taskName);
  if (!definition) throw new Error(`There is no task "${args.join(" ")}".`);
  const taskArguments: unknown = parser.parseTaskArguments(definition, unparsedCLAs);
  await environment.run({ scope: scopeName, task: taskName }, taskArguments);
}

/** The configuration from the current variables and files. */
function loadConfig(context: HardhatContext) {
  const file = resolveConfigPath(undefined);
  delete require.cache[file];
  const { default: userConfig } = require(file) as { default: HardhatUserConfig };
  const config = resolveConfig(file, userConfig);
  for (const extend of context.configExtenders) extend(config, userConfig);
  return { config, userConfig };
}
