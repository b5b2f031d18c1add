import type { TransactionReceipt } from "ethers";

import { abi } from "../core/abis";
import { OperatorError } from "../core/errors";
import { parseHash } from "../core/input/address";
import { chainsOf, requireChain } from "../core/mesh/mesh";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { UnreadChains } from "../mesh/unread";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";

import { calleeOf } from "./replay";
import { findById } from "./findById";
import type { Found, RefusedLane, RefusedProposal } from "./found";
import { MessageReader } from "./messageReader";

export interface FindOptions {
  /** Network name of the source chain; any unless given. Transactions are looked up on all chains. */
  readonly chain?: string;
  /** First block of `chain` in which it may have been sent. */
  readonly since?: number;
  /** Chains that do not answer and are skipped. */
  readonly unread?: UnreadChains;
}

/** The maximum difference between the clocks of two chains, seconds. */
const CLOCK_SKEW_SECONDS = 900n;

/**
 * Finds the messages of a transaction, or the message with an id. All messages of the OnRamps are read last, and on
 * live chains only from a given block.
 * @returns nothing when no answering chain has it while others do not answer.
 * @throws OperatorError when no chain has it, with the options that would help.
 */
export async function findAll(
  mesh: Mesh,
  hash: string,
  options: FindOptions = {},
): Promise<Found[]> {
  parseHash(hash);
  const { chain, since, unread = new Map<string, Error>() } = options;
  if (since !== undefined && chain === undefined) {
    throw new OperatorError(
      "INVALID_OPTION",
      "--since is a block of one chain: name it with --chain.",
    );
  }
  const sources = chain === undefined ? chainsOf(mesh) : [requireChain(mesh, chain, "--chain")];
  const reader = new MessageReader(mesh, unread);
  const inTransaction = await findInTransaction(reader, hash);
  if (inTransaction) return inTransaction;
  const mayScan = since !== undefined || !mesh.config.live;
  const first = await firstBlocks(reader.chains, options);
  const found = await findById(reader, hash, { sources, first, mayScan });
  if (found) return [found];
  if (unread.size > 0) return [];
  const where = chain ?? `any chain of mesh ${mesh.config.name}`;
  throw new OperatorError(
    "NOT_FOUND",
    `${hash} is neither a transaction nor a message that was sent from ${where}${since === undefined ? "" : ` since block ${since}`}. ` +
      (mayScan
        ? "Check it, the mesh and the chain. An endpoint may lag or leave it out: that it is not found is no proof that nothing was sent."
        : "If it is a message that has not been executed, name the chain that sent it and a block before: --chain <network> --since <block>. The hash of its transaction is quicker. That it is not found is no proof that nothing was sent."),
  );
}

/** Returns the first block to search on each chain, by network name. */
async function firstBlocks(
  chains: readonly MeshChain[],
  { chain, since }: FindOptions,
): Promise<ReadonlyMap<string, number>> {
  const named = chains.find(({ name }) => name === chain);
  const time = named && since !== undefined && (await timeOfBlock(named.provider, since));
  const blocks = await Promise.all(
    chains.map(async ({ name, provider, deployedAt = 0 }) => {
      if (typeof time !== "bigint") return [name, deployedAt] as const;
      if (name === chain) return [name, since ?? deployedAt] as const;
      const within = { fromBlock: deployedAt, toBlock: await provider.getBlockNumber() };
      return [name, await firstBlockAt(provider, time - CLOCK_SKEW_SECONDS, within)] as const;
    }),
  );
  return new Map(blocks);
}

/**
 * Finds the messages of a transaction.
 * @returns undefined when no chain has the transaction; nothing when the other end of its messages cannot be read.
 */
async function findInTransaction(
  reader: MessageReader,
  hash: string,
): Promise<Found[] | undefined> {
  const { mesh, chains, thirdParties, unread } = reader;
  const receipts = await Promise.all(
    chains.map(async (chain) => {
      const receipt = await chain.provider.getTransactionReceipt(hash);
      return receipt ? [{ chain, receipt }] : [];
    }),
  );
  const mined = receipts.flat();
  const [first] = mined;
  if (!first) {
    const known = await Promise.all(chains.map(({ provider }) => provider.getTransaction(hash)));
    const chain = chains.find((_, i) => known[i]);
    return chain && [{ kind: "pending", chain, transactionHash: hash }];
  }
  const found = await Promise.all(
    mined.map(async ({ chain, receipt }) => [
      ...(await reader.messagesIn(chain, receipt.logs)),
      ...refusedLanes(chain, receipt),
    ]),
  );
  if (found.flat().length > 0) return found.flat();
  // Chains may share a node, and then differ by addresses.
  const callees = await Promise.all(
    mined.map(({ chain, receipt }) => calleeOf(mesh, chain, receipt.to)),
  );
  const place = mined.find((_, i) => callees[i]) ?? first;
  if (place.receipt.status === 0) return [{ kind: "reverted", ...place }];
  if (unread.size > 0) return [];
  throw new OperatorError(
    "NOT_FOUND",
    `Transaction ${hash} on ${place.chain.name} succeeded, and neither sent nor executed a message of this mesh: ${thirdParties.size > 0 ? `its ramps ${[...thirdParties].join(", ")} are none that CCIP's routers name, or have named since deployment.` : "there is nothing to diagnose."}`,
  );
}

function refusedLanes(
  home: MeshChain,
  { hash, logs }: TransactionReceipt,
): (RefusedLane | RefusedProposal)[] {
  if (home.role !== "home") return [];
  return logs.flatMap((log): (RefusedLane | RefusedProposal)[] => {
    if (log.address === home.contracts.proposalSender) {
      const failure = abi.proposalSender.parseLog(log);
      if (failure?.name !== "ProposalFailed") return [];
      const [selector, nonce, reason] = failure.args.toArray() as [bigint, bigint, string];
      return [{ kind: "refused proposal", home, selector, nonce, reason, transactionHash: hash }];
    }
    const event = log.address === home.contracts.broadcaster ? abi.broadcaster.parseLog(log) : null;
    if (event?.name !== "BroadcastFailed") return [];
    const [selector, epoch, reason] = event.args.toArray() as [bigint, bigint, string];
    return [{ kind: "refused lane", home, selector, epoch, reason, transactionHash: hash }];
  });
}
