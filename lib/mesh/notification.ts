import { topicOf } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import { revertText } from "../core/revert/revertChain";
import type { PlainLog } from "../rpc/logs";

import { listenersOf } from "./components/notifier";

/** Returns the name of a listener in text. */
export function listenerName(
  mesh: Pick<Mesh, "config">,
  chain: MeshChain,
  address: string,
): string {
  return listenersOf(mesh, chain).find((one) => one.address === address)?.name ?? address;
}

/** Returns why a listener failed, by its `ListenerFailed` log. */
export function reasonOf(log: Pick<PlainLog, "data" | "topics">): string {
  return revertText(String(abi.notifier.decodeEventLog("ListenerFailed", log.data, log.topics)[2]));
}

/** The outcome of a call of `notify`, by the names of listeners. */
export interface Notification {
  readonly told: readonly string[];
  readonly failed: readonly { readonly listener: string; readonly reason: string }[];
  /** For them too little gas was left. */
  readonly skipped: readonly string[];
}

/** Returns the outcome of calls of a chain's notifier, by the logs of a transaction or a part of them. */
export function notificationIn(
  mesh: Pick<Mesh, "config">,
  chain: MeshChain,
  logs: readonly Pick<PlainLog, "address" | "data" | "topics">[],
): Notification {
  const named = (name: string) => {
    const topic = topicOf(abi.notifier, name);
    return logs
      .filter(({ address, topics }) => address === chain.contracts.notifier && topics[0] === topic)
      .map((log) => {
        const { listener } = abi.notifier.decodeEventLog(name, log.data, log.topics);
        return { log, listener: listenerName(mesh, chain, String(listener)) };
      });
  };
  return {
    told: named("ListenerNotified").map(({ listener }) => listener),
    failed: named("ListenerFailed").map(({ log, listener }) => ({
      listener,
      reason: reasonOf(log),
    })),
    skipped: named("ListenerSkipped").map(({ listener }) => listener),
  };
}
