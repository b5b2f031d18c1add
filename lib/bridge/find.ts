import { messagesIn } from "../ccip/message";
import type { Message } from "../ccip/message";
import { chainsOf } from "../mesh/mesh";
import type { Mesh, MeshChain } from "../mesh/mesh";
import type { LogStore } from "../rpc/logs";
import { track } from "../supply/track";

/** A message, and where in the mesh it travels. */
export interface FoundMessage {
  readonly message: Message;
  readonly source: MeshChain;
  /** Undefined when it goes to a chain that is not in the mesh. */
  readonly destination?: MeshChain;
}

/**
 * Finds what a transaction sent, or the message with tokens that has this id.
 * @param hash 32 bytes: of a transaction on any chain of the mesh, or a message id.
 * @throws naming what the hash is not, and what to do.
 */
export async function findMessages(
  mesh: Mesh,
  hash: string,
  store?: LogStore,
): Promise<FoundMessage[]> {
  if (!/^0x[0-9a-fA-F]{64}$/.test(hash)) {
    throw new Error(
      `${hash} is neither a message id nor a transaction hash: both are 0x and 64 hexadecimal digits.`,
    );
  }
  const wanted = hash.toLowerCase();
  const chains = chainsOf(mesh);
  const inMesh = (selector: bigint) => chains.find((chain) => chain.selector === selector);
  const transactions = await Promise.all(
    chains.map(async (source) => ({
      source,
      receipt: await source.provider.getTransactionReceipt(wanted),
    })),
  );
  const sent = transactions.flatMap(({ source, receipt }) =>
    receipt
      ? messagesIn(receipt, source).map((message) => ({
          message,
          source,
          destination: inMesh(message.destinationSelector),
        }))
      : [],
  );
  if (sent.length > 0) return sent;
  const mined = transactions.find(({ receipt }) => receipt);
  if (mined?.receipt) {
    const what = mined.receipt.status === 0 ? "reverted" : "went through";
    throw new Error(
      `Transaction ${hash} on ${mined.source.name} ${what} and sent no message: name the one that called CCIP's router.`,
    );
  }
  const tracked = await track(chains, store);
  const named = tracked.messages.find(({ message }) => message.messageId === wanted);
  const source = named && inMesh(named.message.sourceSelector);
  if (named && source) {
    const { message } = named;
    return [{ message, source, destination: inMesh(message.destinationSelector) }];
  }
  throw new Error(
    `${hash} is no message with tokens of mesh ${mesh.config.name}, and no transaction on any of its chains: check the hash and --mesh. A transaction that is not mined yet shows later.`,
  );
}
