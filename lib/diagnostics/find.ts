import { OperatorError } from "../core/errors";
import { parseHash } from "../core/input/hash";
import { requireChain, chainsOf } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { UnreadChains } from "../mesh/unread";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";

import { CLOCK_SKEW_SECONDS } from "./found";
import type { Found, PendingTransaction } from "./found";
import { MessageFinder } from "./messageFinder";
import { ReceiptReader } from "./receiptReader";

export interface FindOptions {
  /** Network name of the source chain; any unless given. Transactions are looked up on all chains. */
  readonly chain?: string;
  /** First block of `chain` in which it may have been sent. */
  readonly since?: number;
  /** Chains that do not answer and are skipped. */
  readonly unread?: UnreadChains;
}

/**
 * Finds the messages of a transaction, or the message with an id. Reads receipts first, then events that index the
 * message id, then the receipts of the mesh's own transfers; a scan of the OnRamps comes last, and on live chains
 * only from a given block. Replaced pools and ramps are read as well.
 * @returns nothing when no answering chain has it while others do not answer.
 * @throws OperatorError when no chain has it, with the options that would help.
 */
export async function findAll(
  mesh: Mesh,
  hash: string,
  options: FindOptions = {},
): Promise<Found[]> {
  parseHash(hash);
  const { unread = new Map<string, Error>() } = options;
  const answers = ({ name }: MeshChain) => !unread.has(name);
  const sources = sourcesOf(mesh, options).filter(answers);
  const chains = chainsOf(mesh).filter(answers);
  const reader = new ReceiptReader(mesh, unread);
  const inTransaction = await findInTransaction(reader, chains, hash);
  if (inTransaction) return inTransaction;
  const finder = new MessageFinder(mesh, chains, hash, await firstBlocks(mesh, options), reader);
  const found = await finder.find(sources, isScanned(mesh, options));
  if (found) return [found];
  if (unread.size > 0) return [];
  throw notFound(mesh, hash, options);
}

/** Returns the possible source chains. */
function sourcesOf(mesh: Mesh, { chain, since }: FindOptions): MeshChain[] {
  const all = chainsOf(mesh);
  if (chain === undefined) {
    if (since === undefined) return all;
    throw new OperatorError(
      "INVALID_OPTION",
      "--since is a block of one chain: name it with --chain.",
    );
  }
  return [requireChain(mesh, chain, "--chain")];
}

/** Returns the first block to search on each chain, by network name. */
async function firstBlocks(
  mesh: Mesh,
  { chain, since }: FindOptions,
): Promise<ReadonlyMap<string, number>> {
  const all = chainsOf(mesh);
  const deployed = new Map(all.map(({ name, deployedAt = 0 }) => [name, deployedAt]));
  const named = all.find(({ name }) => name === chain);
  if (!named || since === undefined) return deployed;
  const time = (await timeOfBlock(named.provider, since)) - CLOCK_SKEW_SECONDS;
  const blocks = await Promise.all(
    all.map(async ({ name, provider, deployedAt = 0 }) => {
      if (name === named.name) return [name, since] as const;
      const toBlock = await provider.getBlockNumber();
      const within = { fromBlock: deployedAt, toBlock };
      return [name, await firstBlockAt(provider, time, within)] as const;
    }),
  );
  return new Map(blocks);
}

/**
 * Finds the messages of a transaction.
 * @returns undefined when no chain has the transaction; nothing when the other end of its messages cannot be read.
 */
async function findInTransaction(
  reader: ReceiptReader,
  chains: readonly MeshChain[],
  hash: string,
): Promise<Found[] | undefined> {
  const receipts = await Promise.all(
    chains.map(async (chain) => {
      const receipt = await chain.provider.getTransactionReceipt(hash);
      return receipt ? [{ chain, receipt }] : [];
    }),
  );
  const mined = receipts.flat();
  if (mined.length === 0) return findPending(chains, hash);
  const found = (await Promise.all(mined.map((one) => reader.read(one)))).flat();
  if (found.length > 0) return found;
  const [first] = mined;
  const addressed = await Promise.all(mined.map((one) => reader.isAddressed(one)));
  const place = mined.find((_, i) => addressed[i]) ?? first;
  if (place?.receipt.status === 0) return [{ kind: "reverted", ...place }];
  if (reader.unread.size > 0) return [];
  throw new OperatorError(
    "NOT_FOUND",
    `Transaction ${hash} on ${place?.chain.name} succeeded, and neither sent nor executed a message of this mesh: ${reader.thirdParties.size > 0 ? `its ramps ${[...reader.thirdParties].join(", ")} are none that CCIP's routers name, or have named since deployment.` : "there is nothing to diagnose."}`,
  );
}

async function findPending(
  chains: readonly MeshChain[],
  hash: string,
): Promise<PendingTransaction[] | undefined> {
  const known = await Promise.all(chains.map(({ provider }) => provider.getTransaction(hash)));
  const chain = chains.find((_, i) => known[i]);
  return chain && [{ kind: "pending", chain, transactionHash: hash }];
}

/** Returns whether all messages of the OnRamps are scanned. */
function isScanned({ config }: Mesh, { since }: FindOptions): boolean {
  return since !== undefined || !config.live;
}

function notFound(mesh: Mesh, messageId: string, options: FindOptions): Error {
  const { since, chain } = options;
  const where = chain ?? `any chain of mesh ${mesh.config.name}`;
  return new OperatorError(
    "NOT_FOUND",
    `${messageId} is neither a transaction nor a message that was sent from ${where}${since === undefined ? "" : ` since block ${since}`}. ` +
      (isScanned(mesh, options)
        ? "Check it, the mesh and the chain. An endpoint may lag or leave it out: that it is not found is no proof that nothing was sent."
        : "If it is a message that has not been executed, name the chain that sent it and a block before: --chain <network> --since <block>. The hash of its transaction is quicker. That it is not found is no proof that nothing was sent."),
  );
}
