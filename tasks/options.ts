import { DEFAULT_CCIP_VERSION } from "ccip-localnet/config";

/** An option of a task, by the way it is typed. */
export interface Option {
  readonly kind:
    "flag" | "required" | "optional" | "defaulted" | "positional" | "optional positional";
  readonly description: string;
  readonly byDefault?: string;
}

/** Declares a boolean, true if it is named. */
export const flag = (description: string) => ({ kind: "flag", description }) as const;

/** Declares an option that must be named. */
export const required = (description: string) => ({ kind: "required", description }) as const;

/** Declares an option that may be left out. */
export const optional = (description: string) => ({ kind: "optional", description }) as const;

/** Declares an option with a default. */
export const defaulted = (description: string, byDefault: string) =>
  ({ kind: "defaulted", description, byDefault }) as const;

/** Declares the object of a task, which is typed without a name. */
export const positional = (description: string) => ({ kind: "positional", description }) as const;

/** Declares an object of a task that may be left out. */
export const optionalPositional = (description: string) =>
  ({ kind: "optional positional", description }) as const;

/** The one object that nearly every task is about. */
export const MESH = defaulted(
  "Name of a mesh file in config/meshes, for example testnet.",
  process.env.MESH || "local",
);

export const JSON_FLAG = flag(
  "Print one JSON document on stdout; amounts are decimal strings in wei.",
);

export const RAW = flag("Print divisors (shares per token) beside growth indexes.");

export const YES = flag("Send without asking; needed on live chains where there is no terminal.");

/** The options of a decision that a timelock may have to make. */
export const DECISION = {
  out: optional("Write it for Safe's Transaction Builder into this folder, and send nothing."),
  wait: flag("Wait for the timelock instead of ending; local networks always wait."),
  yes: YES,
};

export const FULL = flag(
  "Print every step; a long plan is summed up by phase and chain otherwise.",
);

/** The part of a plan. */
export const ONLY = optional(
  "Part of the plan: limits, pool, token or roles; steps that these depend on are included and named.",
);

export const DESTRUCTIVE = flag(
  "Include what rejects messages in flight: removing a remote pool, closing a lane.",
);

/** The versions of CCIP that the lanes of a local network run. */
export const CCIP = defaulted(
  "Version of CCIP that every lane of the local network runs, 1.6 or 2.0; 2.0,local-sat2=1.6 has all lanes to and from local-sat2 run 1.6.",
  process.env.CCIP || DEFAULT_CCIP_VERSION,
);

/** The port of a local network. */
export const PORT = optional(
  "Port of the home chain; the satellites take the next ones, the dashboard the 16th after it. 8545 unless named, 0 takes free ones.",
);
