import { z } from "zod";
import { DEFAULT_CCIP_VERSION } from "ccip-localnet/config";
import { CCIP_VERSIONS } from "ccip-localnet/protocol";

/** The version of CCIP that this run's worlds are made of: that of the variable `CCIP`, else 2.0. */
export const CCIP_VERSION = z
  .enum(CCIP_VERSIONS)
  .default(DEFAULT_CCIP_VERSION)
  .parse(process.env.CCIP);
