import { ZeroAddress } from "ethers";

import { contractAt } from "../../core/abis";
import { declaredListeners } from "../../core/mesh/listeners";
import type { DeclaredListener } from "../../core/mesh/listeners";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";

/** A registered listener. */
export interface ListenerState {
  readonly address: string;
  /** Gas of its call. */
  readonly gas: bigint;
  /** The counting epoch that it was told last, or that counted at its registration. */
  readonly toldEpoch: bigint;
  /** The index that counted then, shares per token unit; 0 if the token was unsynced. */
  readonly toldSharesPerToken: bigint;
  /** Number of its calls that failed since the last success, 255 at most. */
  readonly failures: number;
  /** Unix seconds before which an upkeep does not call it again; 0 unless its last call failed. */
  readonly retryAt: bigint;
}

/** The notifier of a chain. */
export interface NotifierState {
  readonly listeners: readonly ListenerState[];
  /** `generation << 32 | epoch` of the index that counts, and that index, 0 while the token is unsynced. */
  readonly counting: { readonly epoch: bigint; readonly sharesPerToken: bigint };
  /** The pairs of its PairSyncer; none without one. */
  readonly pairs: readonly string[];
}

/** Reads the notifier of a chain, and the pairs of its PairSyncer; undefined when the mesh declares none. */
export async function readNotifier(
  { contracts }: MeshChain,
  pinned: PinnedChain,
): Promise<NotifierState | undefined> {
  if (contracts.notifier === undefined) return undefined;
  const notifier = contractAt.notifier(contracts.notifier, pinned);
  const [addresses, { countingEpoch, k }, pairs] = await Promise.all([
    notifier.getListeners(),
    contractAt.token(contracts.token, pinned).countingState(),
    contracts.pairSyncer === undefined
      ? []
      : contractAt.pairSyncer(contracts.pairSyncer, pinned).getPairs(),
  ]);
  const listeners = await Promise.all(
    addresses.map(async (address): Promise<ListenerState> => {
      const { gasLimit, toldEpoch, toldSharesPerToken, failures, retryAt } =
        await notifier.getListener(address);
      return {
        address,
        gas: gasLimit,
        toldEpoch,
        toldSharesPerToken,
        failures: Number(failures),
        retryAt,
      };
    }),
  );
  return {
    listeners,
    counting: { epoch: countingEpoch, sharesPerToken: k },
    pairs: [...pairs],
  };
}

/** Returns whether a listener has not been told of the index that counts. */
export function isUntold(
  { toldEpoch }: Pick<ListenerState, "toldEpoch">,
  { counting }: Pick<NotifierState, "counting">,
): boolean {
  return counting.sharesPerToken > 0n && toldEpoch !== counting.epoch;
}

/** Returns the listeners that the mesh declares for a chain, with their addresses. */
export function listenersOf(
  { config }: Pick<Mesh, "config">,
  { name, contracts }: Pick<MeshChain, "name" | "contracts">,
): (DeclaredListener & { readonly address: string })[] {
  return declaredListeners(config, name).map((listener) => ({
    ...listener,
    address: (listener.key ? contracts[listener.key] : listener.name) ?? ZeroAddress,
  }));
}

/** Returns the pairs that the mesh declares for a chain. */
export function pairsOf({ config }: Pick<Mesh, "config">, { name }: MeshChain): readonly string[] {
  return config.chains?.[name]?.pairs ?? [];
}

/** Returns the id of the drift of a declared listener or pair without code. */
export function noCodeId(part: "notifier" | "pair syncer", name: string): string {
  return `${part}/code of ${name}`;
}
