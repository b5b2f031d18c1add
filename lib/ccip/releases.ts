import { readFileSync } from "node:fs";
import path from "node:path";

import { Interface } from "ethers";
import { z } from "zod";

import { readJsonFile } from "../cli/jsonFile";

/** The released contracts that the local network runs, and the release that each comes from. */
const RELEASES = {
  router: "v1_2_0/router",
  rmnProxy: "v1_0_0/rmn_proxy_contract",
  rmnRemote: "v1_6_0/rmn_remote",
  tokenAdminRegistry: "v1_5_0/token_admin_registry",
  registryModule: "v1_6_0/registry_module_owner_custom",
  nonceManager: "v1_6_0/nonce_manager",
  feeQuoter: "v1_6_3/fee_quoter",
  onRamp: "v1_6_0/onramp",
  offRamp: "v1_6_0/offramp",
  burnMintPool: "v1_6_1/burn_mint_token_pool",
  burnMintToken: "v1_5_1/factory_burn_mint_erc20",
  revertingReceiver: "v1_6_0/maybe_revert_message_receiver",
  loggingReceiver: "v1_6_0/log_message_data_receiver",
  messageHasher: "v1_6_0/message_hasher",
} as const;

/** A released contract by the name it has in this project. */
export type ReleaseName = keyof typeof RELEASES;

/** A contract that is ready to be deployed and called. */
export interface ContractCode {
  readonly name: string;
  readonly interface: Interface;
  /** The ABI as JSON holds it. */
  readonly abi: readonly unknown[];
  /** Creation bytecode, 0x-prefixed. */
  readonly bytecode: string;
}

/** LINK and wrapped native: CCIP's fee tokens, which its releases do not ship. */
export interface FeeTokenCode {
  readonly link: ContractCode;
  readonly weth: ContractCode;
}

const PACKAGE = "@chainlink/contracts-ccip-releases";
const abiSchema = z.array(z.looseObject({ type: z.string() }));
const bytecodeSchema = z.string().regex(/^0x[0-9a-fA-F]+$/, "creation bytecode in hex");
const cache = new Map<ReleaseName, ContractCode>();

/** ABI and creation bytecode of a released CCIP contract, as Chainlink published them. */
export function released(name: ReleaseName): ContractCode {
  const known = cache.get(name);
  if (known) return known;
  const file = RELEASES[name];
  const abi = abiSchema.parse(
    JSON.parse(readFileSync(require.resolve(`${PACKAGE}/abi/${file}.json`), "utf8")),
  );
  const bytecode = bytecodeSchema.parse(
    readFileSync(require.resolve(`${PACKAGE}/bytecode/${file}.bin`), "utf8").trim(),
  );
  const code = { name, abi, bytecode, interface: new Interface(JSON.stringify(abi)) };
  cache.set(name, code);
  return code;
}

const artifactSchema = z.object({
  contractName: z.string(),
  abi: abiSchema,
  bytecode: bytecodeSchema,
});

/** Where Hardhat puts what it compiled, unless its configuration (or coverage) says otherwise. */
const ARTIFACTS = path.resolve(__dirname, "../../artifacts");

/**
 * LINK and WETH9 as Hardhat compiled them from Chainlink Local's sources.
 * @param artifacts Hardhat's artifacts directory: pass `hre.config.paths.artifacts` under coverage.
 * @throws when they were not compiled yet.
 */
export function feeTokenCode(artifacts: string = ARTIFACTS): FeeTokenCode {
  const load = (name: string): ContractCode => {
    const file = path.join(artifacts, `@chainlink/local/src/shared/${name}.sol/${name}.json`);
    const artifact = readJsonFile(file, artifactSchema, {
      what: "compiled contract",
      remedy: 'Make it anew with "npx hardhat compile --force"',
    });
    if (!artifact) {
      throw new Error(`${name} is not compiled (${file} is missing): run \`npx hardhat compile\`.`);
    }
    const { abi, bytecode } = artifact;
    return { name, abi, bytecode, interface: new Interface(JSON.stringify(abi)) };
  };
  return { link: load("LinkToken"), weth: load("WETH9") };
}
