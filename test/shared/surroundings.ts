import path from "node:path";

const ROOT = path.resolve(__dirname, "../..");

/** The output and the exit code of a command. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a command, without keys of its own. */
export function environment(
  directory: string,
  env: NodeJS.ProcessEnv = {},
): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  return {
    cwd: ROOT,
    env: {
      ...process.env,
      LOCALNET_DIRECTORY: directory,
      HARDHAT_NETWORK: "hardhat",
      // Where CI is set, colours would be mixed into what is compared.
      NO_COLOR: "1",
      TS_NODE_TRANSPILE_ONLY: "1",
      MESH: "",
      DEPLOYER_PRIVATE_KEY: "",
      DEPLOYER_KEYSTORE: "",
      ...env,
    },
  };
}
