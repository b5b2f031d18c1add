import { toBeHex } from "ethers";

/** The subject under which a chain is cursed: its selector, as RMNRemote spells it. */
export function curseSubject(selector: bigint): string {
  return toBeHex(selector, 16);
}
