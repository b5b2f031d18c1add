import type { Delivery } from "./delivery/local";
import { messageOf } from "./errors";
import type { Localnet } from "./localnet";
import { describeRevert } from "./protocol/revert";

/** Signals that end a local network: Ctrl-C, `kill`, and a terminal that is closed. */
const ENDINGS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Delivers the messages of a local network until the process is signalled to end, then stops the network.
 * @param say receives a line for every delivery and for every new error.
 * @param ended resolves when it is to end: see {@link endingSignal}.
 * @throws when a node has ended by itself.
 */
export async function serveLocalnet(
  localnet: Pick<Localnet, "ccip" | "failure" | "stop">,
  say: (line: string) => void,
  ended: Promise<void>,
): Promise<void> {
  let lastError = "";
  localnet.ccip.start({
    onDelivery: (delivery) => say(describeDelivery(delivery)),
    onError: (error) => {
      // A node that is gone fails in every round: once is enough to know.
      const text = messageOf(error);
      if (text !== lastError) say(text);
      lastError = text;
    },
  });
  try {
    const failure = await Promise.race([ended, localnet.failure]);
    if (failure) throw failure;
  } finally {
    await localnet.stop();
  }
}

/** Resolves when the process receives a signal to end. */
export function endingSignal(): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      // A second signal finds no handler and ends the process at once.
      for (const signal of ENDINGS) process.off(signal, end);
      resolve();
    };
    for (const signal of ENDINGS) process.on(signal, end);
  });
}

function describeDelivery(delivery: Delivery): string {
  const { source, destination, sequenceNumber, messageId, state, returnData } = delivery;
  const message = `${source} -> ${destination} #${sequenceNumber} ${messageId}: ${state}`;
  return state === "success" ? message : `${message}, ${describeRevert(returnData)}`;
}
