import { InputError } from "./error";
import type { InputContext } from "./error";

/**
 * Reads the hash of a transaction, or the id of a message.
 * @throws InputError naming the text, and what to write.
 */
export function parseHash(text: string, { option }: InputContext = {}): string {
  const hash = text.trim();
  if (/^0x[0-9a-fA-F]{64}$/.test(hash)) return hash;
  throw new InputError(
    "INVALID_OPTION",
    "malformed",
    text,
    "is neither a message id nor a transaction hash: both are 0x and 64 hexadecimal digits.",
    option,
  );
}
