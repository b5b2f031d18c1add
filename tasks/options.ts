import { DEFAULT_CCIP_VERSION } from "ccip-localnet/config";

/** The one object that nearly every task is about. */
export const MESH = {
  name: "mesh",
  description: "Name of a mesh file in config/meshes, for example testnet.",
  byDefault: process.env.MESH || "local",
} as const;

export const JSON_FLAG = [
  "json",
  "Print one JSON document on stdout; amounts are decimal strings in wei.",
] as const;

export const RAW_FLAG = [
  "raw",
  "Print divisors (shares per token) beside growth indexes.",
] as const;

export const YES_FLAG = [
  "yes",
  "Send without asking; needed on live chains where there is no terminal.",
] as const;

/** The versions of CCIP that the lanes of a local network run. */
export const CCIP = {
  name: "ccip",
  description:
    "Version of CCIP that every lane of the local network runs, 1.6 or 2.0; 2.0,local-sat2=1.6 has all lanes to and from local-sat2 run 1.6.",
  byDefault: process.env.CCIP || DEFAULT_CCIP_VERSION,
} as const;

/** The account that signs, where more than one may. */
export const ACCOUNT = {
  name: "account",
  description: "Account that signs (0x…); by default one that may and whose key is available.",
} as const;

/** The number of chains of a local network. */
export const CHAINS = {
  name: "chains",
  description: "Number of chains, the home included, from 1 to 16.",
  byDefault: "3",
} as const;

/** The port of a local network. */
export const PORT = {
  name: "port",
  description:
    "Port of the home chain; the satellites take the next ones, the dashboard the 16th after it. 8545 unless named, 0 takes free ones.",
} as const;
