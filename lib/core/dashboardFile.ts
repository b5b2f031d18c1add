import { ERROR_CONTRACTS } from "ccip-localnet/protocol";
import { z } from "zod";

const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/, "an EVM address");
const abi = z.array(z.looseObject({ type: z.string() }));

const chain = z.object({
  /** Network name: `local-home`, `op-sepolia`. */
  name: z.string(),
  role: z.enum(["home", "satellite"]),
  chainId: z.number().int().positive(),
  /** CCIP selector, decimal: it does not fit into a JSON number. */
  selector: z.string().regex(/^\d+$/).transform(BigInt),
  /** RPC endpoint that browsers may use. */
  rpcUrl: z.url(),
  /** URL of the block explorer without a trailing slash, if there is one. */
  explorer: z.url().optional(),
  /** Currency of gas and fees, with 18 decimals, if it is known. */
  nativeCurrency: z.object({ name: z.string(), symbol: z.string() }).optional(),
  /** First block that can contain events of the token. */
  firstBlock: z.number().int().min(0),
  contracts: z.object({
    token: address,
    pool: address,
    controller: address.optional(),
    broadcaster: address.optional(),
    receiver: address.optional(),
    // Contracts that only some meshes have.
    notifier: address.optional(),
    pairSyncer: address.optional(),
    wrapper: address.optional(),
    wrappedBridge: address.optional(),
    rateFeed: address.optional(),
    proposalSender: address.optional(),
    proposalReceiver: address.optional(),
  }),
  /** Pools that the current one has replaced: their messages may still be in flight. */
  previousPools: z.array(address).default([]),
  ccip: z.object({
    router: address,
    rmnProxy: address,
    link: address,
    /** Known OnRamps of its lanes, including former ones; the router names newer ones. */
    onRamps: z.array(address),
    offRamps: z.array(address),
  }),
});

/** Schema of the deployments file, the dashboard's only configuration. */
export const deploymentsSchema = z.object({
  version: z.literal(1),
  mesh: z.string(),
  /** True for mainnets and public testnets, false for a local network. */
  live: z.boolean(),
  token: z.object({ name: z.string(), symbol: z.string() }),
  /** The wrapped form of the token, where the mesh has one. */
  wrapper: z.object({ name: z.string(), symbol: z.string() }).optional(),
  /** True where results of CCIP 2.0 verifiers are served beside the page, as on a local network. */
  publishesVerifications: z.boolean().default(false),
  /** Home first. */
  chains: z.array(chain).min(1),
  abis: z.object({
    own: z.object({
      RebaseToken: abi,
      RebaseTokenPool: abi,
      RebaseController: abi,
      RebaseBroadcaster: abi,
      RebaseReceiver: abi,
      TimelockController: abi,
      RebaseNotifier: abi,
      WrappedRebaseToken: abi,
      ProposalSender: abi,
      ProposalReceiver: abi,
    }),
    /** CCIP's contracts that the dashboard reads, or whose errors it decodes. */
    ccip: z.record(z.enum(ERROR_CONTRACTS["1.6"]), abi),
    ccip20: z.record(z.enum(ERROR_CONTRACTS["2.0"]), abi),
  }),
});

/** The deployments of a mesh, as the dashboard uses them. */
export type Deployments = z.output<typeof deploymentsSchema>;

/** The deployments of a mesh, as written to `deployments.json`. */
export type DeploymentsFile = z.input<typeof deploymentsSchema>;

export type DeployedChain = Deployments["chains"][number];
