import { ZeroHash, id } from "ethers";

/** Every role of this project's contracts and of the timelock. */
export const ROLE_NAMES = [
  "BRIDGE_ROLE",
  "REBASER_ROLE",
  "ISSUER_ROLE",
  "GUARDIAN_ROLE",
  "UNPAUSER_ROLE",
  "REBASE_OPERATOR_ROLE",
  "TREASURY_SPENDER_ROLE",
  "TREASURY_WITHDRAWER_ROLE",
  "PROPOSER_ROLE",
  "EXECUTOR_ROLE",
  "CANCELLER_ROLE",
] as const;

const NAMES_BY_HASH = new Map(ROLE_NAMES.map((name) => [id(name), name as string]));

/** Returns the name of a role, or its hash when it is not a role of this project; the zero hash is the default admin's. */
export function roleName(hash: string): string {
  return hash === ZeroHash ? "DEFAULT_ADMIN_ROLE" : (NAMES_BY_HASH.get(hash) ?? hash);
}

/** Returns the hash of a role by its name; a hash is returned unchanged. */
export function roleHash(role: string): string {
  if (role === "DEFAULT_ADMIN_ROLE") return ZeroHash;
  return role.startsWith("0x") ? role : id(role);
}
