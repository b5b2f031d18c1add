import type { MeshConfig } from "./schema";

/** Returns the name of the pool's contract: at home, one that contains lanes where the mesh file says so. */
export function poolContract(
  { lanes }: Pick<MeshConfig, "lanes">,
  role: "home" | "satellite",
): "RebaseTokenPool" | "ContainedRebaseTokenPool" {
  const isContained = role === "home" && (lanes.contained ?? []).length > 0;
  return isContained ? "ContainedRebaseTokenPool" : "RebaseTokenPool";
}

/** The sections of a mesh file that declare them. */
export type Declarations = Pick<MeshConfig, "listeners" | "wrapper" | "rateFeed" | "proposals">;

/** A contract that a chain has only where the mesh file declares it. */
export interface OptionalContract {
  /** Its name among the contracts of a chain. */
  readonly key: OptionalKey;
  /** Its name in the code, and that of its deployment record. */
  readonly contract: string;
  /** The tag of its deploy script. */
  readonly tag: string;
  /** The chains that have it, where it is declared. */
  readonly on: "every chain" | "home" | "satellite";
  readonly isDeclared: (config: Declarations) => boolean;
}

/** Names of the optional contracts among the contracts of a chain. */
export type OptionalKey =
  | "notifier"
  | "pairSyncer"
  | "wrapper"
  | "wrappedBridge"
  | "rateFeed"
  | "proposalSender"
  | "proposalReceiver";

/** The optional contracts, in the order of their deployment. */
export const OPTIONAL_CONTRACTS: readonly OptionalContract[] = [
  {
    key: "notifier",
    contract: "RebaseNotifier",
    tag: "notifier",
    on: "every chain",
    isDeclared: ({ listeners }) => listeners !== undefined,
  },
  {
    key: "pairSyncer",
    contract: "PairSyncer",
    tag: "pair-syncer",
    on: "every chain",
    isDeclared: ({ listeners }) => listeners?.pairSyncer !== undefined,
  },
  {
    key: "wrapper",
    contract: "WrappedRebaseToken",
    tag: "wrapper",
    on: "every chain",
    isDeclared: ({ wrapper }) => wrapper !== undefined,
  },
  {
    key: "wrappedBridge",
    contract: "WrappedBridge",
    tag: "wrapped-bridge",
    on: "every chain",
    isDeclared: ({ wrapper }) => wrapper?.bridge !== undefined,
  },
  {
    key: "rateFeed",
    contract: "RebaseRateFeed",
    tag: "rate-feed",
    on: "every chain",
    isDeclared: ({ rateFeed }) => rateFeed === true,
  },
  {
    key: "proposalSender",
    contract: "ProposalSender",
    tag: "proposal-sender",
    on: "home",
    isDeclared: ({ proposals }) => proposals !== undefined,
  },
  {
    key: "proposalReceiver",
    contract: "ProposalReceiver",
    tag: "proposal-receiver",
    on: "satellite",
    isDeclared: ({ proposals }) => proposals !== undefined,
  },
];

/** Returns the optional contracts that the mesh file declares for chains of a role. */
export function declaredOptional(
  config: Declarations,
  role: "home" | "satellite",
): readonly OptionalContract[] {
  return OPTIONAL_CONTRACTS.filter(
    ({ on, isDeclared }) => (on === "every chain" || on === role) && isDeclared(config),
  );
}
