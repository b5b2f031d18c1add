import { AbiCoder, keccak256 } from "ethers";

/** A batch of calls for a timelock on another chain, as contracts/libraries/ProposalCodec.sol packs it. */
export interface ProposedBatch {
  readonly targets: readonly string[];
  /** Native value of each call, wei. */
  readonly values: readonly bigint[];
  readonly payloads: readonly string[];
  /** Id of the operation that must be done before, or zero. */
  readonly predecessor: string;
  readonly salt: string;
  /** Seconds from the scheduling to the execution; the receiving timelock's minimum if that is longer. */
  readonly delay: bigint;
}

/** The data of a message that carries a proposal. */
export interface ProposalData {
  readonly nonce: bigint;
  /** Unix seconds after which it is not scheduled any more. */
  readonly validUntil: bigint;
  readonly batch: ProposedBatch;
}

const VERSION = 1n;
const BATCH =
  "tuple(address[] targets, uint256[] values, bytes[] payloads, bytes32 predecessor, bytes32 salt, uint256 delay)";
const coder = AbiCoder.defaultAbiCoder();

export function encodeProposal({ nonce, validUntil, batch }: ProposalData): string {
  return coder.encode(["uint8", "uint64", "uint64", BATCH], [VERSION, nonce, validUntil, batch]);
}

/** Unpacks a proposal; undefined for what no sender of proposals could have written. */
export function decodeProposal(data: string): ProposalData | undefined {
  try {
    const [version, nonce, validUntil, batch] = coder
      .decode(["uint8", "uint64", "uint64", BATCH], data)
      .toArray(true) as [bigint, bigint, bigint, unknown[]];
    if (version !== VERSION) return undefined;
    return { nonce, validUntil, batch: batchOf(batch) };
  } catch {
    return undefined;
  }
}

/** Returns a decoded batch as an object. */
export function batchOf(decoded: readonly unknown[]): ProposedBatch {
  const [targets, values, payloads, predecessor, salt, delay] = decoded as [
    string[],
    bigint[],
    string[],
    string,
    string,
    bigint,
  ];
  return {
    targets: [...targets],
    values: [...values],
    payloads: [...payloads],
    predecessor,
    salt,
    delay,
  };
}

/** Returns the arguments with which the timelock executes a proposal: the nonce is mixed into the salt. */
export function executedBatch({
  nonce,
  batch,
}: Pick<ProposalData, "nonce" | "batch">): [string[], bigint[], string[], string, string] {
  const { targets, values, payloads, predecessor, salt } = batch;
  const mixed = keccak256(coder.encode(["uint64", "bytes32"], [nonce, salt]));
  return [[...targets], [...values], [...payloads], predecessor, mixed];
}

/** Returns the id that a TimelockController gives an operation. */
export function operationId(batch: readonly unknown[]): string {
  const types = ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"];
  return keccak256(coder.encode(types, batch));
}
