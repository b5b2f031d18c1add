import { OperatorError } from "../core/errors";
import { OPTIONAL_CONTRACTS } from "../core/mesh/optional";
import type { MeshConfig } from "../core/mesh/schema";
import { IMPLEMENTATION } from "../deployments/implementation";
import { deploymentsOf } from "../mesh/open";

import type { Replacement } from "./replacement";

/** Options of `deploy`; other options of hardhat-deploy are passed on to it. */
export interface DeployArguments {
  readonly mesh?: string;
  readonly yes: boolean;
  /** The choice for a transaction that an earlier run has left pending. */
  readonly pending?: string;
  /** Tags of deploy scripts, separated by commas. */
  readonly tags?: string;
  /** Deploy a newer version of the contract that `tags` names, the pool or the token, in the place of the recorded one. */
  readonly replace: boolean;
  /** Replace a pool by the same code. */
  readonly again: boolean;
  /** The contract of this checkout that the token is to run. */
  readonly contract?: string;
  /** Call data of its migration, ABI-encoded. */
  readonly migration?: string;
  /** True if records are deleted first. */
  readonly reset: boolean;
  readonly noCompile: boolean;
  /** Gas price in wei, instead of the current one. */
  readonly gasprice?: string;
  readonly maxfee?: string;
}

/** The tags of the deploy scripts, and what each deploys. */
const TAGS: ReadonlyMap<string, string> = new Map([
  ["timelock", "TimelockController"],
  ["token", "RebaseToken"],
  ["pool", "RebaseTokenPool"],
  ["controller", "RebaseController"],
  ["broadcaster", "RebaseBroadcaster"],
  ["receiver", "RebaseReceiver"],
  ...OPTIONAL_CONTRACTS.map(({ tag, contract }) => [tag, contract] as const),
]);

/** Returns the contracts that `--tags` selects. @throws when a tag is unknown, or of a contract that is not deployed here. */
export function wantedOn(
  network: string,
  { config, role }: { readonly config: MeshConfig; readonly role: "home" | "satellite" },
  tags: string | undefined,
): string[] {
  const here = deploymentsOf(config, role);
  if (tags === undefined) return here;
  return tags.split(",").map((tag) => {
    const name = TAGS.get(tag);
    if (name !== undefined && here.includes(name)) return name;
    const known = [...TAGS].filter(([, contract]) => here.includes(contract)).map(([key]) => key);
    throw new OperatorError(
      "INVALID_OPTION",
      `--tags ${tag} deploys nothing on ${network}, which is a ${role}: use some of ${known.join(", ")}.`,
    );
  });
}

/**
 * Parses a gas price in wei; undefined when it is not given.
 * @throws naming the option when it is not a whole number.
 */
export function priceNamed({
  gasprice,
  maxfee,
}: Pick<DeployArguments, "gasprice" | "maxfee">): bigint | undefined {
  for (const [option, text] of Object.entries({ gasprice, maxfee })) {
    if (text === undefined) continue;
    if (/^\d+$/.test(text)) return BigInt(text);
    throw new OperatorError(
      "INVALID_AMOUNT",
      `--${option} ${text} is not a whole number of wei: write 1000000000 for 1 gwei.`,
    );
  }
  return undefined;
}

/** Parses the object of `--replace`; `pool` is the contract of a pool there. @throws when `--tags` names neither the pool nor the token alone. */
export function replacementFor(
  tags: string | undefined,
  { again = false, contract = "RebaseToken", migration = "0x" }: Partial<Replacement>,
  pool = "RebaseTokenPool",
): Replacement {
  if (tags === "pool") {
    return { record: "RebaseTokenPool", contract: pool, migration, again };
  }
  if (tags === "token") return { record: IMPLEMENTATION, contract, migration, again };
  throw new OperatorError(
    "INVALID_OPTION",
    "--replace goes with --tags pool or --tags token: say which one is replaced.",
  );
}
