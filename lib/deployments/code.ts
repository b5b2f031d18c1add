import { dataSlice, getBytes, hexlify } from "ethers";

import type { Artifact } from "./artifact";

/**
 * Returns whether code on a chain is that of an artifact. Immutables are left out, for they differ from
 * deployment to deployment, and so is the hash of the metadata behind the code, which differs when
 * nothing but a comment does.
 */
export function isCodeOf(
  artifact: Pick<Artifact, "deployedBytecode" | "evm">,
  code: string,
): boolean {
  return code !== "0x" && comparable(artifact, code) === comparable(artifact, artifact.deployedBytecode);
}

function comparable(
  { evm }: Pick<Artifact, "evm">,
  code: string,
): string {
  const bytes = getBytes(withoutMetadata(code));
  for (const { start, length } of Object.values(evm.deployedBytecode.immutableReferences ?? {}).flat()) {
    bytes.fill(0, start, start + length);
  }
  return hexlify(bytes);
}

/** The compiler appends CBOR metadata and its length in two bytes. */
function withoutMetadata(code: string): string {
  const length = (code.length - 2) / 2;
  if (length < 2) return code;
  const metadata = Number(dataSlice(code, length - 2)) + 2;
  return metadata <= length ? dataSlice(code, 0, length - metadata) : code;
}
