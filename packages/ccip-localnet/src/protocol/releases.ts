import { Interface } from "ethers";
import { z } from "zod";

/** The versions of CCIP that lanes run, oldest first. */
export const CCIP_VERSIONS = ["1.6", "2.0"] as const;

/** A version of CCIP: that of the ramps at both ends of a lane. */
export type CcipVersion = (typeof CCIP_VERSIONS)[number];

/** Contracts that both versions share, and the release that each comes from. */
const SHARED = {
  router: "v1_2_0/router",
  rmnProxy: "v1_0_0/rmn_proxy_contract",
  tokenAdminRegistry: "v1_5_0/token_admin_registry",
  registryModule: "v1_6_0/registry_module_owner_custom",
  burnMintPool: "v1_6_1/burn_mint_token_pool",
  burnMintToken: "v1_5_1/factory_burn_mint_erc20",
  revertingReceiver: "v1_6_0/maybe_revert_message_receiver",
  loggingReceiver: "v1_6_0/log_message_data_receiver",
} as const;

/** Contracts that every version has of its own. */
const OF_VERSION = {
  "1.6": {
    ...SHARED,
    rmnRemote: "v1_6_0/rmn_remote",
    nonceManager: "v1_6_0/nonce_manager",
    feeQuoter: "v1_6_3/fee_quoter",
    onRamp: "v1_6_0/onramp",
    offRamp: "v1_6_0/offramp",
    messageHasher: "v1_6_0/message_hasher",
  },
  "2.0": {
    ...SHARED,
    rmnRemote: "v2_0_0/rmn",
    feeQuoter: "v2_0_0/fee_quoter",
    onRamp: "v2_0_0/onramp",
    offRamp: "v2_0_0/offramp",
    committeeVerifier: "v2_0_0/committee_verifier",
    verifierResolver: "v2_0_0/versioned_verifier_resolver",
    executorImplementation: "v2_0_0/executor",
    executor: "v2_0_0/proxy",
  },
} as const;

/** The places of all contracts in Chainlink's package, without their endings. */
export function releaseFiles(): string[] {
  return [...new Set(Object.values(OF_VERSION).flatMap((files) => Object.values<string>(files)))];
}

/** A released contract of a version, by the name it has in this project. */
export type ReleaseName<V extends CcipVersion = "1.6"> = keyof (typeof OF_VERSION)[V] & string;

/** A contract that is ready to be deployed and called. */
export interface ContractCode {
  readonly name: string;
  readonly interface: Interface;
  /** The ABI as JSON holds it. */
  readonly abi: readonly unknown[];
  /** Creation bytecode, 0x-prefixed; `0x` where only ABIs are kept. */
  readonly bytecode: string;
}

const abiSchema = z.array(z.looseObject({ type: z.string() }));
const bytecodeSchema = z.string().regex(/^0x[0-9a-fA-F]+$/, "creation bytecode in hex");

/** A released contract as it is kept somewhere. */
export interface StoredRelease {
  readonly abi: unknown;
  /** Left out where nothing is deployed, as in a browser. */
  readonly bytecode?: string;
}

/** Finds a released contract; `file` is its place in Chainlink's package, without an ending. */
export type ReleaseReader = (
  name: string,
  version: CcipVersion,
  file: string,
) => StoredRelease | undefined;

const cache = new Map<string, ContractCode>();
let read: ReleaseReader = () => undefined;

/** Sets where released contracts are read from: files in Node, what a page was given in a browser. */
export function readReleasesFrom(reader: ReleaseReader): void {
  read = reader;
  cache.clear();
}

/**
 * ABI and creation bytecode of a released CCIP contract, as Chainlink published them: that of CCIP 1.6
 * unless a version is named.
 */
export function released<V extends CcipVersion = "1.6">(
  name: ReleaseName<V>,
  version?: V,
): ContractCode {
  return releasedOf(name, version ?? "1.6");
}

/**
 * Like {@link released}, for a version that is known only as the program runs.
 * @throws when the version has no such contract, or nobody keeps it here.
 */
export function releasedOf(name: string, version: CcipVersion): ContractCode {
  const files: Readonly<Record<string, string>> = OF_VERSION[version];
  const file = files[name];
  if (!file) throw new Error(`CCIP ${version} has no contract ${name}: check name and version.`);
  const known = cache.get(file);
  if (known) return known;
  const stored = read(name, version, file);
  if (!stored) {
    throw new Error(
      `There is no ABI of CCIP ${version}'s ${name} here: export it, or read releases from files.`,
    );
  }
  const abi = abiSchema.parse(stored.abi);
  const bytecode = stored.bytecode === undefined ? "0x" : bytecodeSchema.parse(stored.bytecode);
  const code = { name, abi, bytecode, interface: new Interface(JSON.stringify(abi)) };
  cache.set(file, code);
  return code;
}
