import { z } from "zod";
import { CCIP_VERSIONS } from "ccip-localnet/protocol";

/** The version of CCIP that this run's worlds are made of: that of the variable `CCIP`, else 1.6. */
export const CCIP_VERSION = z.enum(CCIP_VERSIONS).default("1.6").parse(process.env.CCIP);
