import { dataLength, dataSlice } from "ethers";

/** The home's index state as a broadcast carries it; contracts/libraries/BroadcastCodec.sol packs it. */
export interface BroadcastData {
  readonly epoch: bigint;
  /** Shares per token unit before effectiveAt. */
  readonly current: bigint;
  /** Shares per token unit from effectiveAt on. */
  readonly next: bigint;
  /** Unix seconds. */
  readonly effectiveAt: bigint;
}

const VERSION = 1n;

/** Unpacks two words; undefined when no broadcaster of this version could have written them. */
export function decodeBroadcast(data: string): BroadcastData | undefined {
  if (dataLength(data) !== 64) return undefined;
  const header = BigInt(dataSlice(data, 0, 32));
  const body = BigInt(dataSlice(data, 32));
  if (header >> 248n !== VERSION || BigInt.asUintN(160, header) !== 0n || body >> 192n !== 0n) {
    return undefined;
  }
  return {
    epoch: BigInt.asUintN(32, header >> 216n),
    effectiveAt: BigInt.asUintN(56, header >> 160n),
    current: body >> 96n,
    next: BigInt.asUintN(96, body),
  };
}
