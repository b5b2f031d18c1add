import { ZeroAddress } from "ethers";
import type { TransactionReceipt } from "ethers";
import { z } from "zod";
import {
  decodeRevert,
  executedTopics,
  executionState,
  RampJournal,
  readOne,
  released,
} from "ccip-localnet/protocol";
import type {
  ExecutionState,
  Message,
  Verification,
  VerificationSource,
} from "ccip-localnet/protocol";

import { RebaseReceiver__factory } from "../../typechain-types";
import { decodePoolData } from "../ccip/poolData";
import type { PoolData } from "../ccip/poolData";
import { readPools } from "../ccip/sent";
import { readCurse, readCurser } from "../ccip/rmn";
import type { Curse } from "../ccip/rmn";
import { readBuckets } from "../mesh/components/pool";
import type { PoolBuckets } from "../mesh/components/pool";
import { abi, contractAt } from "../core/abis";
import type { Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import type { LaneEnd } from "../ccip/ramps";
import { isContractError } from "../core/revert/contractError";
import { firstBlockAt, timeOfBlock } from "../rpc/blocks";
import { readLogs } from "../rpc/logs";
import { minedReceipt } from "../rpc/receipts";

import { decodeBroadcast } from "../ccip/broadcastData";
import type { BroadcastData } from "../ccip/broadcastData";
import { findCommitment, readSourceLane } from "./commitment";
import { CLOCK_SKEW_SECONDS } from "./find";
import { givenResults } from "./givenResults";
import type { FoundMessage } from "./find";
import { isDeclaredOpen, leastInbound, widestOutbound } from "../core/mesh/limit";
import type { LaneLimits } from "../core/reasons/reason";
import { innermost } from "../core/revert/revert";
import { pinBlock } from "../rpc/pinnedBlock";
import type { PinnedBlock } from "../rpc/pinnedBlock";
import { enoughGas, gasNeeded, rehearseMessage } from "./simulation";
import type { Rehearsal } from "./tryCall";
import { isFinalized, readVerification } from "./verifiers";
import type { VerificationFacts } from "./verifiers";

/** An execution that somebody tried. */
export interface Attempt {
  readonly state: ExecutionState;
  /** Why it failed; `0x` on success, or when nothing was said. */
  readonly returnData: string;
  /** Unix seconds. */
  readonly at: bigint;
  /** Unknown in CCIP 2.0, whose OffRamp does not measure it. */
  readonly gasUsed?: bigint | undefined;
  readonly transactionHash: string;
  /** Who sent the transaction, and with how much gas. */
  readonly from?: string;
  readonly gasLimit?: bigint;
}

/** Tokens of the mesh on their way. */
export interface TransferFacts {
  readonly kind: "transfer";
  /** Token units that left the source. */
  readonly amount: bigint;
  /** Whether CCIP's registry has ever named the pool that sent it for the token of the source. */
  readonly isOurs: boolean;
  /** What the source pool told; undefined when it is no word of ours. */
  readonly word?: PoolData;
  /** Token units that the receiver's balance would rise by now; undefined while that cannot be said. */
  readonly worth?: bigint;
  /** Token units that it rose by, once executed. */
  readonly arrived?: bigint;
  readonly paused: boolean;
  /** Epoch of the token at the destination; 0 means unsynced. */
  readonly epoch: bigint;
  readonly limits: LaneLimits;
}

/** What a satellite's receiver did with a broadcast. */
export type ReceiverOutcome = "applied" | "ignored" | "conflicted" | "not called";

/** The home's index state on its way. */
export interface BroadcastFacts {
  readonly kind: "broadcast";
  /** What it tells; undefined when it is no payload of ours. */
  readonly told?: BroadcastData;
  /** Epoch of the satellite's token now. */
  readonly epoch: bigint;
  /** Epoch of home now. */
  readonly homeEpoch: bigint;
  /** Whether it is addressed to the satellite's receiver. */
  readonly isAddressed: boolean;
  /** Whether what it is addressed to has code. */
  readonly hasCode: boolean;
  /** Once executed: what the receiver did. */
  readonly receiverOutcome?: ReceiverOutcome;
}

/** Something else that uses the lanes. */
export interface ForeignFacts {
  readonly kind: "foreign";
}

/** Gas limits that were found to be enough by asking the node. */
export interface EnoughGas {
  readonly receiverGas?: bigint;
  readonly tokenGas?: bigint;
}

/** All that can be known of a message, read at one moment of its destination. */
export interface MessageFacts {
  readonly mesh: { readonly name: string; readonly live: boolean; readonly symbol: string };
  readonly message: Message;
  /** Network names. */
  readonly source: string;
  readonly destination: string;
  /** Unix seconds. */
  readonly sentAt: bigint;
  /** The moment of the destination that everything was read at, unix seconds, and its block. */
  readonly now: bigint;
  readonly blockNumber: number;
  readonly state: ExecutionState;
  /** Whether its root is committed, and if it was looked up: when, unix seconds. */
  readonly isCommitted: boolean;
  readonly committedAt?: bigint;
  /** Seconds after the commit from which anybody may execute an untouched message. */
  readonly thresholdSeconds: bigint;
  /** In CCIP 2.0, where nothing is committed; not asked once it has succeeded. */
  readonly verification?: VerificationFacts;
  /** Oldest first. */
  readonly attempts: readonly Attempt[];
  /** What the destination's RMN curses, and who could take it back. */
  readonly curse?: { readonly what: Curse; readonly owner: string };
  /** Whether the destination's OffRamp takes anything from the source. */
  readonly isLaneEnabled: boolean;
  /** The OffRamp that takes the message, and whether CCIP's router still names it: pools ask the router. */
  readonly offRamp: { readonly address: string; readonly isNamed: boolean };
  readonly payload: TransferFacts | BroadcastFacts | ForeignFacts;
  /** What the source's RMN curses: nothing new leaves. */
  readonly sourceCurse?: Curse;
  /** What an execution would come to now; not asked once it has succeeded. */
  readonly rehearsal?: Rehearsal;
  /** Gas that the execution of a verified message of CCIP 2.0 takes now, where it would succeed. */
  readonly gasNeeded?: bigint;
  /** Gas with which it would go through, where more of it is what it takes. */
  readonly enough?: EnoughGas;
}

/** Reads all that can be known of a message. */
export async function readFacts(
  mesh: Mesh,
  found: FoundMessage,
  published?: VerificationSource,
): Promise<MessageFacts> {
  const { message, source, destination } = found;
  const pinnedBlock = await pinBlock(mesh, destination);
  const offRamp = {
    address: destination.ccip.offRamp,
    interface: released("offRamp", message.version).interface,
  };
  const { rmnProxy, router } = destination.ccip;
  const [sentAt, state, lane, dynamic, cursed, sourceCurse, isNamed] = await Promise.all([
    timeOfBlock(source.provider, message.blockNumber),
    executionState({ provider: pinnedBlock, ccip: destination.ccip }, message),
    readSourceLane(destination, pinnedBlock, message.sourceSelector),
    message.version === "1.6"
      ? readOne(pinnedBlock, offRamp, "getDynamicConfig", [], dynamicConfig)
      : undefined,
    readCurse(pinnedBlock, rmnProxy, source.selector),
    readCurse(source.provider, source.ccip.rmnProxy, destination.selector),
    readOne(
      pinnedBlock,
      { address: router, interface: released("router").interface },
      "isOffRamp",
      [source.selector, offRamp.address],
      z.boolean(),
    ),
  ]);
  const isCommitted = lane.minSeqNr > message.sequenceNumber;
  const isDone = state === "success";
  const attempts =
    state === "untouched" ? [] : await readAttempts(found, sentAt, pinnedBlock.blockNumber);
  const verification =
    message.version === "2.0" && !isDone
      ? await readVerification(
          message,
          pinnedBlock,
          published,
          await givenResults(
            message,
            destination.provider,
            attempts.map(({ transactionHash }) => transactionHash),
          ),
        )
      : undefined;
  const results = verification?.isVerified ? verification.results : undefined;
  const [commitment, owner, rehearsal, isFinal] = await Promise.all([
    // When exactly it was committed matters while the delay for strangers runs.
    isCommitted && state === "untouched"
      ? findCommitment(found, pinnedBlock.blockNumber)
      : undefined,
    cursed ? readCurser(pinnedBlock, rmnProxy) : undefined,
    isDone ? undefined : rehearseMessage(found, pinnedBlock, {}, results),
    // The verifiers of a local network wait for no block.
    message.version === "2.0" && mesh.config.live && !isDone
      ? isFinalized(message, source.provider)
      : undefined,
  ]);
  const committedAt =
    commitment &&
    (await readOne(
      pinnedBlock,
      offRamp,
      "getMerkleRoot",
      [commitment.sourceSelector, commitment.merkleRoot],
      z.bigint(),
    ));
  const [enough, needed] = await Promise.all([
    rehearsal && findEnoughGas(found, pinnedBlock, rehearsal, results),
    results && gasNeeded(found, pinnedBlock, {}, results),
  ]);
  const { name, live, token } = mesh.config;
  return {
    mesh: { name, live, symbol: token.symbol },
    message,
    source: source.name,
    destination: destination.name,
    sentAt,
    now: pinnedBlock.timestamp,
    blockNumber: pinnedBlock.blockNumber,
    state,
    isCommitted,
    ...(committedAt !== undefined && { committedAt }),
    thresholdSeconds: dynamic?.permissionLessExecutionThresholdSeconds ?? 0n,
    ...(verification && {
      verification: { ...verification, ...(isFinal !== undefined && { isFinal }) },
    }),
    attempts,
    ...(cursed && owner !== undefined && { curse: { what: cursed, owner } }),
    ...(sourceCurse && { sourceCurse }),
    isLaneEnabled: lane.isEnabled,
    offRamp: { address: offRamp.address, isNamed },
    payload: await readPayload(mesh, found, pinnedBlock, attempts),
    ...(rehearsal && { rehearsal }),
    ...(needed !== undefined && { gasNeeded: needed }),
    ...(enough && { enough }),
  };
}

const dynamicConfig = z.object({ permissionLessExecutionThresholdSeconds: z.bigint() });

/** The executions of a message that were tried; the OffRamp indexes its id. */
async function readAttempts(
  { message, destination }: FoundMessage,
  sentAt: bigint,
  latest: number,
): Promise<Attempt[]> {
  const { provider, ccip, deployedAt = 0 } = destination;
  const read = (fromBlock: number, toBlock: number) =>
    readLogs(provider, {
      address: ccip.offRamp,
      topics: [executedTopics()[message.version], null, null, message.messageId],
      fromBlock,
      toBlock,
    });
  const fromBlock = await firstBlockAt(provider, sentAt - CLOCK_SKEW_SECONDS, {
    fromBlock: deployedAt,
    toBlock: latest,
  });
  const recent = await read(fromBlock, latest);
  const logs =
    recent.length > 0 || fromBlock <= deployedAt ? recent : await read(deployedAt, fromBlock);
  return Promise.all(
    logs.map(async (log) => {
      const [execution] = new RampJournal(destination).add([log]).executed;
      if (!execution) throw new Error(`${log.transactionHash} holds no execution.`);
      const { state, returnData, gasUsed, transactionHash } = execution;
      const [at, sent] = await Promise.all([
        timeOfBlock(provider, log.blockNumber),
        provider.getTransaction(transactionHash),
      ]);
      const sender = sent && { from: sent.from, gasLimit: sent.gasLimit };
      return { state, returnData, gasUsed, transactionHash, at, ...sender };
    }),
  );
}

async function readPayload(
  mesh: Mesh,
  found: FoundMessage,
  pinnedBlock: PinnedBlock,
  attempts: readonly Attempt[],
): Promise<MessageFacts["payload"]> {
  const { message, source, destination } = found;
  const success = attempts.find(({ state }) => state === "success");
  const tokens = message.tokens.find(
    ({ destinationToken }) => destinationToken === destination.contracts.token,
  );
  if (tokens) {
    return readTransfer(mesh, found, pinnedBlock, tokens, success);
  }
  if (
    destination.role === "satellite" &&
    source.role === "home" &&
    message.sender === source.contracts.broadcaster
  ) {
    return readBroadcast(mesh, message, destination, pinnedBlock, success);
  }
  return { kind: "foreign" };
}

async function readTransfer(
  { config }: Mesh,
  { message, source, destination }: FoundMessage,
  pinnedBlock: PinnedBlock,
  { amount, extraData, sourcePool }: Message["tokens"][number],
  success: Attempt | undefined,
): Promise<TransferFacts> {
  const token = contractAt.token(destination.contracts.token, pinnedBlock);
  const word = poolWord(extraData);
  const [isOurs, paused, epoch, { inbound }, { outbound }, arrived] = await Promise.all([
    isPoolOf(source, sourcePool),
    token.paused(),
    token.epoch(),
    readBucketsInUse(destination, pinnedBlock, source),
    readBucketsInUse(source, source.provider, destination),
    success && readArrival(destination, message, success),
  ]);
  const worth =
    word && epoch > 0n && !success
      ? (await token.previewBridgeMint(message.receiver, word.shares)).amount
      : undefined;
  return {
    kind: "transfer",
    amount,
    isOurs,
    ...(word && { word }),
    ...(worth !== undefined && { worth }),
    ...(arrived !== undefined && { arrived }),
    paused,
    epoch,
    limits: {
      inbound,
      outbound,
      least: leastInbound(config, outbound),
      widest: widestOutbound(config),
      isDeclaredOpen: isDeclaredOpen(config, {
        source: source.name,
        destination: destination.name,
      }),
    },
  };
}

/**
 * Whether a pool is or was one of the chain's token. Any token's pool may name ours as what arrives, so
 * where a message says it goes proves nothing of where it is from.
 */
async function isPoolOf(source: MeshChain, sourcePool: string): Promise<boolean> {
  if (sourcePool === source.contracts.pool) return true;
  const pools = await readPools(source, await source.provider.getBlockNumber());
  return pools.includes(sourcePool);
}

/** Reads the buckets of the pool that tokens leave and arrive through: until a replacement is registered, the former one. */
async function readBucketsInUse(
  { ccip, contracts }: MeshChain,
  runner: Pick<PinnedBlock, "call">,
  peer: MeshChain,
): Promise<PoolBuckets> {
  const registry = {
    address: ccip.tokenAdminRegistry,
    interface: released("tokenAdminRegistry").interface,
  };
  const registered = await readOne(runner, registry, "getPool", [contracts.token], z.string());
  const declared = () => readBuckets(runner, contracts.pool, peer.selector);
  if (registered === ZeroAddress || registered === contracts.pool) return declared();
  try {
    return await readBuckets(runner, registered, peer.selector);
  } catch (error) {
    // What is registered is no pool of a kind that is known here.
    if (isContractError(error)) return declared();
    throw error;
  }
}

function poolWord(extraData: string): PoolData | undefined {
  try {
    return decodePoolData(extraData);
  } catch {
    // Not a word of ours: the pool will say so, or has.
    return undefined;
  }
}

/** What the pool says of a message: its last word before the OffRamp's on it. */
async function readArrival(
  chain: LaneEnd<MeshChain>,
  { messageId }: Message,
  { transactionHash }: Attempt,
): Promise<bigint | undefined> {
  const { provider, contracts } = chain;
  const receipt = await provider.getTransactionReceipt(transactionHash);
  if (!receipt) return undefined;
  return (
    arrivalIn(receipt, messageId, chain.ccip.offRamp, [contracts.pool]) ??
    arrivalIn(
      receipt,
      messageId,
      chain.ccip.offRamp,
      await readPools(chain, await provider.getBlockNumber()),
    )
  );
}

function arrivalIn(
  { logs }: TransactionReceipt,
  messageId: string,
  offRamp: string,
  pools: readonly string[],
): bigint | undefined {
  let arrived: bigint | undefined;
  for (const log of logs) {
    if (log.address === offRamp) {
      if (log.topics[3] === messageId) return arrived;
      arrived = undefined;
    }
    const event = pools.includes(log.address) ? abi.pool.parseLog(log) : null;
    if (event?.name === "ReleasedOrMinted") arrived = z.bigint().parse(event.args.amount);
  }
  return undefined;
}

async function readBroadcast(
  { home }: Mesh,
  message: Message,
  destination: SatelliteChain,
  pinnedBlock: PinnedBlock,
  success: Attempt | undefined,
): Promise<BroadcastFacts> {
  const [epoch, homeEpoch, code, receiverOutcome] = await Promise.all([
    contractAt.token(destination.contracts.token, pinnedBlock).epoch(),
    contractAt.token(home.contracts.token, home.provider).epoch(),
    pinnedBlock.provider.getCode(message.receiver),
    success && readReceiverOutcome(destination, message, success),
  ]);
  const told = decodeBroadcast(message.data);
  return {
    kind: "broadcast",
    ...(told && { told }),
    epoch,
    homeEpoch,
    isAddressed: message.receiver === destination.contracts.receiver,
    hasCode: code !== "0x",
    ...(receiverOutcome && { receiverOutcome }),
  };
}

const RECEIVER_OUTCOMES: Readonly<Record<string, ReceiverOutcome>> = {
  BroadcastApplied: "applied",
  BroadcastIgnored: "ignored",
  BroadcastConflicted: "conflicted",
};

/** What the receiver said of a message in the transaction that executed it: nothing, if it was passed over. */
async function readReceiverOutcome(
  { name, provider, contracts }: SatelliteChain,
  { messageId }: Message,
  { transactionHash }: Attempt,
): Promise<ReceiverOutcome> {
  const receipt = await minedReceipt(name, provider, transactionHash);
  const receiver = RebaseReceiver__factory.createInterface();
  for (const log of receipt.logs) {
    const event = log.address === contracts.receiver ? receiver.parseLog(log) : null;
    const receiverOutcome = event && RECEIVER_OUTCOMES[event.name];
    if (receiverOutcome && String(event.args.messageId) === messageId) return receiverOutcome;
  }
  return "not called";
}

/** Where a refusal gives no reason, more gas may be all it takes: of the pool's, or of the receiver's. */
async function findEnoughGas(
  found: FoundMessage,
  pinnedBlock: PinnedBlock,
  rehearsal: Rehearsal,
  results: readonly Verification[] | undefined,
): Promise<EnoughGas | undefined> {
  if (rehearsal.outcome === "success") return undefined;
  const revert = decodeRevert(rehearsal.returnData, Object.values(abi));
  if (innermost(revert).name !== "empty") return undefined;
  const { message } = found;
  if (revert.name === "ReceiverError") {
    const receiverGas = await enoughGas(message.gasLimit, (gas) =>
      rehearseMessage(found, pinnedBlock, { receiverGas: gas }, results),
    );
    return receiverGas === undefined ? undefined : { receiverGas };
  }
  const least = message.tokens.reduce(
    (most, { destinationGas }) => (destinationGas > most ? destinationGas : most),
    0n,
  );
  // CCIP 2.0 limits no pool.
  if (revert.name !== "TokenHandlingError" || message.version === "2.0") return undefined;
  const tokenGas = await enoughGas(least, (gas) =>
    rehearseMessage(found, pinnedBlock, { tokenGas: message.tokens.map(() => gas) }),
  );
  return tokenGas === undefined ? undefined : { tokenGas };
}
