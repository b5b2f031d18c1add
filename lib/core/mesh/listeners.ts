import type { MeshConfig } from "./schema";

/** The part of a mesh file that declares listeners, and the gas that tells them. */
type Listening = Pick<MeshConfig, "listeners" | "chains" | "broadcaster" | "satellites" | "home">;

/** A contract that a chain's notifier calls. */
export interface DeclaredListener {
  /** Its name in text: the address of one that the mesh file names by its address. */
  readonly name: string;
  /** Its name among the contracts of a chain, if the mesh deploys it. */
  readonly key?: "pairSyncer" | "rateFeed";
  /** Gas of its call. */
  readonly gas: number;
}

/** The most gas of all listeners of a notifier. */
export const MAX_LISTENERS_GAS = 2_000_000;

/** The most gas that a message of CCIP carries. */
const MAX_MESSAGE_GAS = 3_000_000n;

/** Gas of `notify` besides its listeners, and for each of them besides its call: as in RebaseNotifier. */
const NOTIFY_GAS = 40_000n;
const GAS_PER_LISTENER = 25_000n;

/** Gas that a caller of the notifier keeps to end its transaction, and that the call costs. */
const CALL_GAS = 15_000n;

/** Gas of a PairSyncer for each pair, the reading and the log of it included, and around them. */
const GAS_PER_PAIR = 130_000;
const GAS_AROUND_PAIRS = 10_000;

/** Returns the listeners that a mesh file declares for a chain; none without a notifier. */
export function declaredListeners(
  { listeners, chains = {} }: Listening,
  chain: string,
): DeclaredListener[] {
  if (!listeners) return [];
  const { pairSyncer, rateFeed } = listeners;
  return [
    ...(pairSyncer ? [{ name: "pair syncer", key: "pairSyncer", ...pairSyncer } as const] : []),
    ...(rateFeed ? [{ name: "rate feed", key: "rateFeed", ...rateFeed } as const] : []),
    ...(chains[chain]?.listeners ?? []).map(({ address, gas }) => ({ name: address, gas })),
  ];
}

/** Returns the gas with which `notify` has enough for listeners, whatever they use of theirs: `getNotifyGas`. */
export function notifyGas(listeners: readonly Pick<DeclaredListener, "gas">[]): bigint {
  const total = BigInt(totalGas(listeners));
  return NOTIFY_GAS + BigInt(listeners.length) * GAS_PER_LISTENER + total + total / 63n;
}

/** Returns the gas with which a receiver or controller tells a chain's declared listeners; 0 without a notifier. */
export function listenerGasOn(config: Listening, chain: string): bigint {
  if (!config.listeners) return 0n;
  return gasAround(notifyGas(declaredListeners(config, chain)));
}

/** Returns the gas with which a receiver or controller passes on what `notify` needs. */
export function gasAround(needed: bigint): bigint {
  // The caller can pass on 63/64 of what it has.
  return needed + needed / 63n + CALL_GAS;
}

/** Gas limit of `ccipReceive` on a satellite. */
export interface DestinationGas {
  readonly total: bigint;
  /** The part for the sync, as the mesh file says. */
  readonly sync: bigint;
  /** The part for the listeners, and their number. */
  readonly notify: bigint;
  readonly listeners: number;
}

/** Returns the gas limit of broadcasts to a satellite: the mesh file's, and what its declared listeners need. */
export function destinationGas(config: Listening, satellite: string): DestinationGas {
  const { chains, broadcaster } = config;
  const sync = BigInt(chains?.[satellite]?.gasLimit ?? broadcaster.gasLimit);
  const notify = listenerGasOn(config, satellite);
  const listeners = declaredListeners(config, satellite).length;
  return { total: sync + notify, sync, notify, listeners };
}

/** Describes the gas limit of a satellite: "650000 gas (150000 to sync, 500000 to tell 2 listeners)". */
export function destinationGasText({ total, sync, notify, listeners }: DestinationGas): string {
  if (notify === 0n) return `${total} gas`;
  const whom = `${listeners} listener${listeners === 1 ? "" : "s"}`;
  return `${total} gas (${sync} to sync, ${notify} to tell ${whom})`;
}

/** Finds listeners for which no call has enough gas. */
export function* listenerGasErrors(config: Listening): Generator<readonly [string, string]> {
  const { home, satellites, chains = {}, listeners: common } = config;
  for (const name of [home, ...satellites]) {
    const listeners = declaredListeners(config, name);
    const path = chains[name]?.listeners ? `chains.${name}.listeners` : "listeners";
    const gas = totalGas(listeners);
    const pairs = chains[name]?.pairs?.length ?? 0;
    const forPairs = GAS_AROUND_PAIRS + pairs * GAS_PER_PAIR;
    if (common?.pairSyncer && pairs > 0 && common.pairSyncer.gas < forPairs) {
      yield [
        `chains.${name}.pairs`,
        `${pairs} pairs need ${forPairs} gas, and listeners.pairSyncer.gas is ${common.pairSyncer.gas}: raise it, or remove pairs.`,
      ];
    }
    const needed = destinationGas(config, name);
    if (gas > MAX_LISTENERS_GAS) {
      const sum = listeners.map((one) => one.gas).join(" + ");
      yield [
        path,
        `the listeners of ${name} have ${gas} gas (${sum}), more than the ${MAX_LISTENERS_GAS} of a notifier: lower some.`,
      ];
    } else if (name !== home && needed.total > MAX_MESSAGE_GAS) {
      yield [
        path,
        `a broadcast to ${name} needs ${destinationGasText(needed)}, more than the ${MAX_MESSAGE_GAS} of a message of CCIP: lower the gas of listeners, or the gasLimit.`,
      ];
    }
  }
}

function totalGas(listeners: readonly Pick<DeclaredListener, "gas">[]): number {
  return listeners.reduce((sum, { gas }) => sum + gas, 0);
}
