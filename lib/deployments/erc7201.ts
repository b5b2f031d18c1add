import { id, keccak256, toBeHex } from "ethers";

/** Returns where ERC-7201 puts a namespace. */
export function erc7201Slot(namespace: string): string {
  const hash = BigInt(keccak256(toBeHex(BigInt(id(namespace)) - 1n, 32)));
  return toBeHex(hash & ~0xffn, 32);
}

/** Returns the namespaces that code does not look for where ERC-7201 puts them, which no layout shows. */
export function slotProblems(
  { namespaces = {} }: { readonly namespaces?: Readonly<Record<string, unknown>> },
  code: string,
): string[] {
  return Object.keys(namespaces).flatMap((key) => {
    const namespace = key.replace(/^erc7201:/, "");
    const slot = erc7201Slot(namespace);
    // The compiler may shift the last byte, which is zero, into place.
    if (code.includes(slot.slice(2, -2))) return [];
    return [`the code never uses slot ${slot} of ${namespace}: all of it would read as zero`];
  });
}
