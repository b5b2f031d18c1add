import { contractAt } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import type { OptionalKey } from "../../core/mesh/optional";
import type { PinnedChain } from "../../rpc/pinned";

/** The owner of a contract, and the account to which it was offered; zero for none. */
export interface OwnerState {
  readonly owner: string;
  readonly pendingOwner: string;
}

/** The optional contracts that have an owner, and their names in text. */
export const OWNED = {
  notifier: "notifier",
  pairSyncer: "pair syncer",
  wrappedBridge: "wrapped bridge",
  proposalReceiver: "proposal receiver",
} as const satisfies Partial<Record<OptionalKey, string>>;

export type OwnedKey = keyof typeof OWNED;

/** Name of an owned contract in text. */
export type OwnedPart = (typeof OWNED)[OwnedKey];

/** The owners of a chain's optional contracts; without those that it does not have. */
export type Owners = Readonly<Partial<Record<OwnedKey, OwnerState>>>;

/** Reads the owners of a chain's optional contracts. */
export async function readOwners({ contracts }: MeshChain, pinned: PinnedChain): Promise<Owners> {
  const keys = Object.keys(OWNED) as OwnedKey[];
  const owners = keys.map(async (key) => {
    const address = contracts[key];
    if (address === undefined) return [];
    const owned = contractAt.receiver(address, pinned);
    const [owner, pendingOwner] = await Promise.all([owned.owner(), owned.pendingOwner()]);
    return [[key, { owner, pendingOwner }] as const];
  });
  return Object.fromEntries((await Promise.all(owners)).flat());
}
