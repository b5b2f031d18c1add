import { isAddress } from "ethers";
import { z } from "zod";

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

const ccipSchema = z.discriminatedUnion("version", [
  z.object({ version: z.literal("1.6"), ...ramped, nonceManager: address }),
  z.object({
    version: z.literal("2.0"),
    ...ramped,
    committeeVerifier: address,
    verifierResolver: address,
    executorImplementation: address,
    executor: address,
  }),
]);

/** One running chain. */
export const localChainSchema = z.object({
  name: z.string().regex(/^local-[a-z0-9]+$/),
  role: z.enum(["home", "satellite"]),
  chainId: z.number().int().positive(),
  /** CCIP selector, decimal: it does not fit a JSON number. */
  selector: z.string().regex(/^\d+$/),
  url: z.url(),
  /** The node's process id. */
  pid: z.number().int().positive(),
  logFile: z.string(),
  ccip: ccipSchema,
});

/** The running local network, as it is written to `.localnet/network.json`. */
export const manifestSchema = z.object({
  version: z.literal(1),
  /** The process that delivers messages; the network ends with it. */
  pid: z.number().int().positive(),
  chains: z.array(localChainSchema).min(1),
});
