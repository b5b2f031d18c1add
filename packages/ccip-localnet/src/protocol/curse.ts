import { toBeHex } from "ethers";

/** The subject under which everything is cursed, whatever lane it comes by (`GLOBAL_CURSE_SUBJECT`). */
export const GLOBAL_CURSE_SUBJECT = "0x01000000000000000000000000000001";

/** The subject under which a chain is cursed: its selector, as RMNRemote spells it. */
export function curseSubject(selector: bigint): string {
  return toBeHex(selector, 16);
}
