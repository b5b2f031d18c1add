import { concat, keccak256 } from "ethers";

/** The most leaves of one tree: `MerkleMultiProof` stops at 256 hashes. */
export const MAX_LEAVES = 256;

/** Prefix of an inner node, `MerkleMultiProof.INTERNAL_DOMAIN_SEPARATOR`. */
const INTERNAL_DOMAIN = `0x${"00".repeat(31)}01`;

/**
 * Fills up a layer with an odd number of nodes, as the nodes of a live DON do: a value that is
 * hardly the result of a hash. It keeps the layers even, which lets `MerkleMultiProof` rebuild a
 * layer from a queue.
 */
const PADDING = `0x${"ff".repeat(32)}`;

/** Proof that some leaves belong to a tree, in the shape that the OffRamp checks. */
export interface MultiProof {
  /** Hashes that cannot be computed from the leaves. */
  readonly proofs: readonly string[];
  /** Bit i tells whether step i takes a leaf or an own hash (1), or the next of `proofs` (0). */
  readonly flagBits: bigint;
}

/** The merkle tree over the messages of one commit. */
export class MerkleTree {
  /** From the leaves to the root, each layer but the root padded to an even number. */
  private readonly layers: readonly (readonly string[])[];

  /** @param leaves leaf hashes in the order of the sequence numbers, 1 to {@link MAX_LEAVES}. */
  constructor(leaves: readonly string[]) {
    if (leaves.length === 0 || leaves.length > MAX_LEAVES) {
      throw new RangeError(
        `A tree cannot have ${leaves.length} leaves: commit 1 to ${MAX_LEAVES} messages at a time.`,
      );
    }
    const layers: string[][] = [];
    let layer = [...leaves];
    while (layer.length > 1) {
      if (layer.length % 2 === 1) layer.push(PADDING);
      layers.push(layer);
      layer = pairs(layer).map(([left, right]) => hashPair(left, right));
    }
    this.layers = [...layers, layer];
  }

  /** The root that is committed; that of a single leaf is the leaf. */
  get root(): string {
    return at(at(this.layers, this.layers.length - 1), 0);
  }

  /**
   * Proves the leaves at the given places.
   * @param indices ascending, without repetition; the OffRamp has to be given the leaves in this order.
   */
  prove(indices: readonly number[]): MultiProof {
    if (indices.length === 0 || indices.some((index, i) => i > 0 && index <= at(indices, i - 1))) {
      throw new RangeError(`Leaves [${indices.join(", ")}] cannot be proven: name them ascending.`);
    }
    const proofs: string[] = [];
    let flagBits = 0n;
    let step = 0n;
    let proven = [...indices];
    for (const layer of this.layers.slice(0, -1)) {
      const parents: number[] = [];
      for (let i = 0; i < proven.length; i += 1) {
        const index = at(proven, i);
        const sibling = index ^ 1;
        parents.push(index >> 1);
        if (proven[i + 1] === sibling) {
          flagBits |= 1n << step;
          i += 1;
        } else {
          proofs.push(at(layer, sibling));
        }
        step += 1n;
      }
      proven = parents;
    }
    return { proofs, flagBits };
  }
}

/** Hash of an inner node; the smaller child comes first. */
export function hashPair(a: string, b: string): string {
  const [left, right] = a.toLowerCase() < b.toLowerCase() ? [a, b] : [b, a];
  return keccak256(concat([INTERNAL_DOMAIN, left, right]));
}

/** The root that `MerkleMultiProof` computes on chain from leaves and a proof, or undefined. */
export function rootOf(
  leaves: readonly string[],
  { proofs, flagBits }: MultiProof,
): string | undefined {
  const queue = [...leaves];
  const rest = [...proofs];
  const steps = leaves.length + proofs.length - 1;
  for (let step = 0; step < steps; step += 1) {
    const left = (flagBits >> BigInt(step)) & 1n ? queue.shift() : rest.shift();
    const right = queue.shift();
    if (left === undefined || right === undefined) return undefined;
    queue.push(hashPair(left, right));
  }
  return rest.length === 0 && queue.length === 1 ? queue[0] : undefined;
}

function pairs(layer: readonly string[]): [string, string][] {
  return Array.from({ length: layer.length / 2 }, (_, i) => [
    at(layer, 2 * i),
    at(layer, 2 * i + 1),
  ]);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`There is no leaf ${index} in this tree.`);
  return item;
}
