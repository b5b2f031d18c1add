import { ZeroAddress, getAddress, isAddress } from "ethers";

/**
 * An account as people write it, with its checksum.
 * @param option what it was given as, for the error.
 * @throws naming the text and what to write instead.
 */
export function parseAccount(text: string, option: string): string {
  if (isAddress(text) && getAddress(text) !== ZeroAddress) return getAddress(text);
  throw new Error(
    `${option} ${text} is no account: write 0x and 40 hexadecimal digits, with the checksum's capitals or none.`,
  );
}
