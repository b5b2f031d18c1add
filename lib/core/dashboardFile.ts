import { z } from "zod";

/** Names of the project's contracts, as hardhat-deploy knows them. */
export const OWN_CONTRACTS = [
  "RebaseToken",
  "RebaseTokenPool",
  "RebaseController",
  "RebaseBroadcaster",
  "RebaseReceiver",
  "TimelockController",
] as const;

/** CCIP's contracts that the dashboard reads, or whose errors it takes apart. */
export const CCIP_CONTRACTS = [
  "router",
  "onRamp",
  "offRamp",
  "feeQuoter",
  "rmnRemote",
  "burnMintPool",
  "revertingReceiver",
] as const;

/** The same of CCIP 2.0, where they differ. */
export const CCIP_CONTRACTS_20 = [
  "onRamp",
  "offRamp",
  "feeQuoter",
  "committeeVerifier",
  "verifierResolver",
  "executor",
] as const;

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "an EVM address");
const abi = z.array(z.looseObject({ type: z.string() }));

const chain = z.object({
  /** Network name: `local-home`, `op-sepolia`. */
  name: z.string(),
  role: z.enum(["home", "satellite"]),
  chainId: z.number().int().positive(),
  /** CCIP selector, decimal: it does not fit a JSON number. */
  selector: z.string().regex(/^\d+$/).transform(BigInt),
  /** RPC endpoint that a browser may use. */
  rpcUrl: z.url(),
  /** Block explorer without a slash at its end, where there is one. */
  explorer: z.url().optional(),
  /** Currency of gas and fees, with 18 decimals, where it is known. */
  nativeCurrency: z.object({ name: z.string(), symbol: z.string() }).optional(),
  /** No event of the token is older than this block. */
  firstBlock: z.number().int().min(0),
  contracts: z.object({
    token: address,
    pool: address,
    controller: address.optional(),
    broadcaster: address.optional(),
    receiver: address.optional(),
  }),
  /** Pools that the present one has replaced: what they sent may still be on its way. */
  previousPools: z.array(address).default([]),
  ccip: z.object({
    router: address,
    rmnProxy: address,
    link: address,
    /** Those of its lanes that were known, former ones as well; its router names what has come since. */
    onRamps: z.array(address),
    offRamps: z.array(address),
  }),
});

/** Schema of the file that names the chains, from which the dashboard reads all that it shows. */
export const deploymentsSchema = z.object({
  version: z.literal(1),
  mesh: z.string(),
  /** True for mainnets and public testnets, false for a local network. */
  live: z.boolean(),
  token: z.object({ name: z.string(), symbol: z.string() }),
  /** True where the answers of CCIP 2.0 verifiers lie beside the page, as for a local network. */
  publishesVerifications: z.boolean().default(false),
  /** Home first. */
  chains: z.array(chain).min(1),
  abis: z.object({
    own: z.record(z.enum(OWN_CONTRACTS), abi),
    ccip: z.record(z.enum(CCIP_CONTRACTS), abi),
    ccip20: z.record(z.enum(CCIP_CONTRACTS_20), abi),
  }),
});

/** The deployments of a mesh, as the dashboard uses them. */
export type Deployments = z.output<typeof deploymentsSchema>;

/** The same, as it is written to `deployments.json`. */
export type DeploymentsFile = z.input<typeof deploymentsSchema>;

/** One chain of the mesh. */
export type DeployedChain = Deployments["chains"][number];
