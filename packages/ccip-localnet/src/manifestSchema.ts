import { isAddress } from "ethers";
import { z } from "zod";

import { CCIP_VERSIONS } from "./protocol/releases";

const address = z.string().refine((value) => isAddress(value), "an EVM address");

const ramped = {
  router: address,
  onRamp: address,
  offRamp: address,
  feeQuoter: address,
  rmnProxy: address,
  rmnRemote: address,
  tokenAdminRegistry: address,
  registryModule: address,
  link: address,
  weth: address,
};

const ccip16 = z.object({ version: z.literal("1.6"), ...ramped, nonceManager: address });
const ccip20 = z.object({
  version: z.literal("2.0"),
  ...ramped,
  committeeVerifier: address,
  verifierResolver: address,
  executorImplementation: address,
  executor: address,
});

/** One running chain. */
export const manifestChainSchema = z.object({
  name: z.string(),
  chainId: z.number().int().positive(),
  /** CCIP selector, decimal: it does not fit a JSON number. */
  selector: z.string().regex(/^\d+$/),
  url: z.url(),
  /** The node's process id. */
  pid: z.number().int().positive(),
  logFile: z.string(),
  /** The first block that may hold events of its CCIP. */
  firstBlock: z.number().int().nonnegative(),
  /** Addresses of CCIP, in the newest version that the chain's lanes run. */
  ccip: z.discriminatedUnion("version", [ccip16, ccip20]),
  /** The ramps of CCIP 1.6 beside those of 2.0, where lanes run both. */
  ccip16: ccip16.optional(),
});

/** The running local network, as it is written to `network.json`. */
export const manifestSchema = z.object({
  version: z.literal(1),
  /** The process that delivers messages; the network ends with it. */
  pid: z.number().int().positive(),
  /** Its accounts hold native currency on every chain, the first one LINK too. */
  mnemonic: z.string(),
  chains: z.array(manifestChainSchema).min(1),
  lanes: z.array(z.object({ from: z.string(), to: z.string(), ccip: z.enum(CCIP_VERSIONS) })),
});
