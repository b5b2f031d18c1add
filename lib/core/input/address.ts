import { ZeroAddress, getAddress } from "ethers";

import { codePoint, invisibleIn, refusalOf } from "./error";
import type { InputContext, InputMistake } from "./error";

/** Options of {@link parseAddress}. */
export interface AddressOptions extends InputContext {
  /** True if the zero address is accepted. */
  readonly allowZero?: boolean;
}

/** Texts that are not an address, and what to write instead of the part in brackets; the first row that fits counts. */
const LOOKALIKES: readonly [RegExp, reason: (part: string) => string, mistake?: InputMistake][] = [
  [/^$/, () => "is empty: write an address, 0x and 40 hexadecimal digits.", "empty"],
  [/([\p{Cf}\p{Cc}])/u, (character) => invisibleIn(character) ?? ""],
  [
    /^XE[0-9]{2}[0-9A-Z]{30,31}$/i,
    () => "is an ICAP account number: write the address, 0x and 40 hexadecimal digits.",
    "icap",
  ],
  [
    /^[a-z0-9-]+(?::\d+)?:(0x[0-9a-fA-F]{40})$/i,
    (address) =>
      `names a chain in front of the address: write ${address} if it is meant on the chain in question.`,
  ],
  [
    // Exactly one address among other text.
    /^(?:(?!\b0x[0-9a-fA-F]{40}\b).)*\b(0x[0-9a-fA-F]{40})\b(?!.*\b0x[0-9a-fA-F]{40}\b)/s,
    (address) => `has more around the address: write ${address} if that is meant.`,
  ],
  [
    /^[^\s.]+(\.[^\s.]+)+$/,
    () => "is a name, and names are not resolved: give the address.",
    "name",
  ],
  [/^(?:0X)?([0-9a-fA-F]{40})$/, (digits) => `lacks the 0x in front: write 0x${digits}.`],
  [
    /^(?=.{42}$)0x[0-9a-fA-F]*([^\s0-9a-fA-F])\S*$/u,
    (other) =>
      `has a character in it that is not a hexadecimal digit, "${other}" (${codePoint(other)}): copy it again from its source.`,
  ],
  [
    /^0x([0-9a-fA-F]*)$/,
    ({ length }) =>
      `has ${length} digits behind 0x, and an address has 40: copy it again from its source.`,
  ],
  [/^/, () => "is not an address: write 0x and 40 hexadecimal digits, without blanks."],
];

/** Reads an address and gives it its checksum; throws an InputError that says what to write instead. */
export function parseAddress(
  text: string,
  { allowZero = false, ...context }: AddressOptions = {},
): string {
  const refuse = refusalOf("INVALID_ADDRESS", text, context);
  const address = text.trim();
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) {
    for (const [pattern, reason, mistake = "malformed"] of LOOKALIKES) {
      const match = pattern.exec(address);
      if (match) throw refuse(mistake, reason(match[1] ?? ""));
    }
  }
  let checked: string;
  try {
    checked = getAddress(address);
  } catch {
    throw refuse(
      "checksum",
      "has capitals that are not its checksum, so a digit may be wrong: copy it again from its source.",
    );
  }
  if (checked !== ZeroAddress || allowZero) return checked;
  throw refuse("zero", "is the zero address, which no account has: write another one.");
}

/** Reads an address that may be left out. */
export function parseOptionalAddress(
  text: string | undefined,
  options: AddressOptions,
): string | undefined {
  return text === undefined ? undefined : parseAddress(text, options);
}

/** Reads the hash of a transaction, or the id of a message; throws an InputError. */
export function parseHash(text: string, context: InputContext = {}): string {
  const hash = text.trim();
  if (/^0x[0-9a-fA-F]{64}$/.test(hash)) return hash;
  const reason =
    "is neither a message id nor a transaction hash: both are 0x and 64 hexadecimal digits.";
  throw refusalOf("INVALID_OPTION", text, context)("malformed", reason);
}
