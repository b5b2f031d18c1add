import path from "node:path";

import { extendConfig, extendEnvironment, task, types } from "hardhat/config";
import type { HttpNetworkConfig } from "hardhat/types/config";
import "hardhat/types/runtime";

import { DEFAULT_DIRECTORY, LOCAL_FUNDED_ACCOUNTS, LOCAL_MNEMONIC, readManifest } from "./config";
import type { InProcessCcip, InProcessOptions } from "./inProcess";
import type { Localnet, LocalnetOptions } from "./localnet";

/** Local CCIP in tests and scripts of a Hardhat project. */
export interface CcipLocalnetPlugin {
  /** Deploys CCIP on the network that Hardhat is connected to: the in-process one, in tests. */
  startInProcess(options?: InProcessOptions): Promise<InProcessCcip>;
  /** Starts a node for each chain. */
  startLocalnet(options?: LocalnetOptions): Promise<Localnet>;
}

declare module "hardhat/types/config" {
  interface HardhatUserConfig {
    /** Directory of the files of `npx ccip-localnet`; `.ccip-localnet` by default. */
    ccipLocalnet?: { directory?: string };
  }
  interface HardhatConfig {
    ccipLocalnet: { directory: string };
  }
}

declare module "hardhat/types/runtime" {
  interface HardhatRuntimeEnvironment {
    ccipLocalnet: CcipLocalnetPlugin;
  }
}

/** Adds the chains of the running network as Hardhat networks by their names: `--network chain-1`. */
extendConfig((config, { ccipLocalnet }) => {
  const directory = path.resolve(config.paths.root, ccipLocalnet?.directory ?? DEFAULT_DIRECTORY);
  config.ccipLocalnet = { directory };
  for (const { name, url, chainId } of readManifest(directory)?.chains ?? []) {
    // Without the settings that other plugins add to the type.
    config.networks[name] ??= {
      url,
      chainId,
      accounts: {
        mnemonic: LOCAL_MNEMONIC,
        path: "m/44'/60'/0'/0",
        initialIndex: 0,
        count: LOCAL_FUNDED_ACCOUNTS,
        passphrase: "",
      },
      gas: "auto",
      gasPrice: "auto",
      gasMultiplier: 1,
      httpHeaders: {},
      timeout: 40_000,
    } as HttpNetworkConfig;
  }
});

extendEnvironment((hre) => {
  // Loaded on the first call: most tasks of a project need no CCIP.
  hre.ccipLocalnet = {
    startInProcess: async (options) => {
      const { startInProcess } = await import("./index");
      return startInProcess(hre.network.provider, options);
    },
    startLocalnet: async (options) => {
      const { startLocalnet } = await import("./index");
      return startLocalnet(options);
    },
  };
});

interface StartArguments {
  readonly chains: number;
  readonly ccip: string;
  readonly port?: number;
  readonly json: boolean;
}

task("ccip-localnet", "Starts chains with a local CCIP and delivers messages until Ctrl-C.")
  .addOptionalParam("chains", "Number of chains, 1 to 16.", 2, types.int)
  .addOptionalParam("ccip", "Version of CCIP that lanes run: 1.6 or 2.0.", "2.0")
  .addOptionalParam(
    "port",
    "Port of the first chain; free ports unless named.",
    undefined,
    types.int,
  )
  .addFlag("json", "Print the network as one JSON document.")
  .setAction(async ({ chains, ccip, port, json }: StartArguments, hre) => {
    const { main } = await import("./cli/main");
    process.exitCode = await main([
      ...["start", "--chains", String(chains), "--ccip", ccip],
      ...["--directory", hre.config.ccipLocalnet.directory],
      ...(port === undefined ? [] : ["--port", String(port)]),
      ...(json ? ["--json"] : []),
    ]);
  });
