import { OperatorError } from "../errors";
import { namesInstead } from "../names";

import type { MeshConfig } from "./schema";

/** The part of a mesh file that lists its chains. */
type Members = Pick<MeshConfig, "name" | "home" | "satellites">;

/** A lane as typed on the command line, by network names. */
export interface TypedLane {
  readonly from: string;
  readonly to: string;
}

/** Returns the network names of a mesh, home first. */
export function membersOf({ home, satellites }: Members): string[] {
  return [home, ...satellites];
}

/** Checks a network name, typed as an option, before any chain is read; throws suggesting the closest names. */
export function requireMember(config: Members, name: string, option?: string): void {
  const members = membersOf(config);
  if (members.includes(name)) return;
  throw notAMember(config.name, name, members, option);
}

/** Returns the selected chains of a mesh, one or all; throws when neither or both are given, or it is not a member. */
export function chosenMembers(
  config: Members,
  { chain, all }: { readonly chain?: string; readonly all: boolean },
): string[] {
  const members = membersOf(config);
  if (all !== (chain === undefined)) {
    throw new OperatorError(
      "INVALID_OPTION",
      `Say which chain with --chain <network> (${members.join(", ")}), or --all.`,
    );
  }
  if (chain === undefined) return members;
  requireMember(config, chain, "--chain");
  return [chain];
}

/** Returns the error for a network name that is not in a mesh. */
export function notAMember(
  mesh: string,
  name: string,
  members: readonly string[],
  option?: string,
): Error {
  const given = [option, `"${name}"`].filter(Boolean).join(" ");
  const message = `${given} is not in mesh ${mesh}: ${namesInstead(name, members)}`;
  return new OperatorError("UNKNOWN_CHAIN", message);
}

/** Checks a typed lane before any chain is read; throws when its ends are the same chain, or not in the mesh. */
export function requireLane(config: Members, { from, to }: TypedLane): void {
  requireMember(config, from, "--from");
  requireMember(config, to, "--to");
  if (from === to) throw sameChainError(from);
}

/** Returns the error for a lane whose ends are the same chain. */
export function sameChainError(chain: string): OperatorError {
  return new OperatorError(
    "SAME_CHAIN",
    `--from and --to are both ${chain}, and a lane leads from one chain to another: name two. On one chain tokens are transferred without CCIP.`,
  );
}
