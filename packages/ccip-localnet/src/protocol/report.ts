import { concat, hexlify, keccak256, zeroPadBytes, zeroPadValue, toBeHex } from "ethers";
import type { ParamType } from "ethers";

import { abiCoder } from "./abi";
import type { DonMembers } from "./verification";
import { encodeAddress } from "./message";
import { toRampMessage } from "./rampMessage";
import type { Message16 } from "./message";
import type { MultiProof } from "./merkle";
import { released } from "./releases";

/** A merkle root over consecutive messages of one source. */
export interface Root {
  readonly sourceSelector: bigint;
  /** The source's OnRamp. */
  readonly onRamp: string;
  /** First and last sequence number, both included. */
  readonly minSequence: bigint;
  readonly maxSequence: bigint;
  readonly merkleRoot: string;
}

/** Prices in USD with 18 decimals: per unit of gas, and per 1e18 of a token's smallest unit. */
export interface PriceUpdates {
  readonly gas?: readonly {
    readonly destinationSelector: bigint;
    readonly usdPerUnitGas: bigint;
  }[];
  readonly tokens?: readonly { readonly token: string; readonly usdPerToken: bigint }[];
}

/** Messages under one committed root, with the proof that they belong to it. */
export interface ExecutionReport {
  readonly sourceSelector: bigint;
  /** In the order in which they are executed: the ascending order of the proof. */
  readonly messages: readonly Message16[];
  readonly proof: MultiProof;
}

/** `[configDigest, sequence]`, which OCR signs together with a report. */
export type ReportContext = readonly [configDigest: string, sequence: string];

/** Signatures in the shape that `OffRamp.commit` takes. */
export interface ReportSignatures {
  readonly rs: readonly string[];
  readonly ss: readonly string[];
  /** One byte a signature: v - 27. */
  readonly rawVs: string;
}

const ROOTS =
  "tuple(uint64 sourceChainSelector, bytes onRampAddress, uint64 minSeqNr, uint64 maxSeqNr, " +
  "bytes32 merkleRoot)[]";

const COMMIT_REPORT =
  "tuple(tuple(tuple(address sourceToken, uint224 usdPerToken)[] tokenPriceUpdates, " +
  "tuple(uint64 destChainSelector, uint224 usdPerUnitGas)[] gasPriceUpdates) priceUpdates, " +
  `${ROOTS} blessedMerkleRoots, ${ROOTS} unblessedMerkleRoots, ` +
  "tuple(bytes32 r, bytes32 s)[] rmnSignatures)";

/** Encodes `OffRamp.CommitReport`; roots go unblessed, since RMN is switched off per source. */
export function encodeCommitReport(roots: readonly Root[], prices: PriceUpdates = {}): string {
  return abiCoder.encode(
    [COMMIT_REPORT],
    [
      {
        priceUpdates: {
          tokenPriceUpdates: (prices.tokens ?? []).map(({ token, usdPerToken }) => ({
            sourceToken: token,
            usdPerToken,
          })),
          gasPriceUpdates: (prices.gas ?? []).map(({ destinationSelector, usdPerUnitGas }) => ({
            destChainSelector: destinationSelector,
            usdPerUnitGas,
          })),
        },
        blessedMerkleRoots: [],
        unblessedMerkleRoots: roots.map((root) => ({
          sourceChainSelector: root.sourceSelector,
          onRampAddress: encodeAddress(root.onRamp),
          minSeqNr: root.minSequence,
          maxSeqNr: root.maxSequence,
          merkleRoot: root.merkleRoot,
        })),
        rmnSignatures: [],
      },
    ],
  );
}

/** The reports as `OffRamp.manuallyExecute` takes them and as `execute` takes them encoded. */
export function toRampReports(reports: readonly ExecutionReport[]): Record<string, unknown>[] {
  return reports.map(({ sourceSelector, messages, proof }) => ({
    sourceChainSelector: sourceSelector,
    messages: messages.map(toRampMessage),
    // Off-chain token data is USDC's: every other token sends an empty one.
    offchainTokenData: messages.map(({ tokens }) => tokens.map(() => "0x")),
    proofs: proof.proofs,
    proofFlagBits: proof.flagBits,
  }));
}

/** Encodes `Internal.ExecutionReport[]`. */
export function encodeExecutionReports(reports: readonly ExecutionReport[]): string {
  return abiCoder.encode([executionReportType()], [toRampReports(reports)]);
}

/** The context of a report. */
export function reportContext(configDigest: string, sequence: bigint): ReportContext {
  return [configDigest, zeroPadValue(toBeHex(sequence), 32)];
}

/**
 * Signs a report as OCR3 does: F + 1 raw ECDSA signatures (no prefix) over
 * `keccak256(keccak256(report) ++ context)`.
 */
export function signReport(
  report: string,
  context: ReportContext,
  { signers, faulty }: Pick<DonMembers, "signers" | "faulty">,
): ReportSignatures {
  const digest = keccak256(concat([keccak256(report), ...context]));
  const signatures = signers.slice(0, faulty + 1).map(({ signingKey }) => signingKey.sign(digest));
  return {
    rs: signatures.map(({ r }) => r),
    ss: signatures.map(({ s }) => s),
    rawVs: zeroPadBytes(hexlify(Uint8Array.from(signatures, ({ v }) => v - 27)), 32),
  };
}

function executionReportType(): ParamType {
  const type = released("offRamp").interface.getFunction("manuallyExecute")?.inputs[0];
  if (!type) throw new Error("The released OffRamp has no manuallyExecute: check its version.");
  return type;
}
