import { ZeroAddress, getAddress } from "ethers";

import { InputError, codePoint, invisibleIn } from "./error";
import type { InputContext } from "./error";

/** Options of {@link parseAddress}. */
export interface AddressOptions extends InputContext {
  /** True if the zero address is accepted. */
  readonly allowZero?: boolean;
}

/**
 * Reads an address and gives it its checksum. Names, ICAP and addresses of other forms are refused.
 * @throws InputError naming the text and what to write.
 */
export function parseAddress(
  text: string,
  { allowZero = false, option }: AddressOptions = {},
): string {
  const refuse = (mistake: InputError["mistake"], reason: string) =>
    new InputError("INVALID_ADDRESS", mistake, text, reason, option);
  const address = text.trim();
  if (address === "") {
    throw refuse("empty", "is empty: write an address, 0x and 40 hexadecimal digits.");
  }
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) throw formRefusal(address, refuse);
  const checked = withChecksum(address);
  if (checked === undefined) {
    throw refuse(
      "checksum",
      "has capitals that are not its checksum, so a digit may be wrong: copy it again from its source.",
    );
  }
  if (checked === ZeroAddress && !allowZero) {
    throw refuse("zero", "is the zero address, which no account has: write another one.");
  }
  return checked;
}

/** Reads an address that may be left out. */
export function parseOptionalAddress(
  text: string | undefined,
  options: AddressOptions,
): string | undefined {
  return text === undefined ? undefined : parseAddress(text, options);
}

/** The address in its checksum's capitals; undefined when its own contradict them. */
function withChecksum(address: string): string | undefined {
  try {
    return getAddress(address);
  } catch {
    return undefined;
  }
}

function formRefusal(
  address: string,
  refuse: (mistake: InputError["mistake"], reason: string) => InputError,
): InputError {
  const invisible = invisibleIn(address);
  if (invisible !== undefined) return refuse("malformed", invisible);
  if (/^XE[0-9]{2}[0-9A-Z]{30,31}$/i.test(address)) {
    return refuse(
      "icap",
      "is an ICAP account number: write the address, 0x and 40 hexadecimal digits.",
    );
  }
  const [, prefix, prefixed] = /^([a-z0-9-]+(?::\d+)?):(0x[0-9a-fA-F]{40})$/i.exec(address) ?? [];
  if (prefix !== undefined && prefixed !== undefined) {
    return refuse(
      "malformed",
      `names a chain in front of the address: write ${prefixed} if it is meant on the chain in question.`,
    );
  }
  const contained = address.match(/\b0x[0-9a-fA-F]{40}\b/g) ?? [];
  const [only, second] = contained;
  if (only !== undefined && second === undefined) {
    return refuse("malformed", `has more around the address: write ${only} if that is meant.`);
  }
  if (/^[^\s.]+(\.[^\s.]+)+$/.test(address)) {
    return refuse("name", "is a name, and names are not resolved: give the address.");
  }
  if (/^(0X)?[0-9a-fA-F]{40}$/.test(address)) {
    return refuse("malformed", `lacks the 0x in front: write 0x${address.slice(-40)}.`);
  }
  const [, other] = /^0x[0-9a-fA-F]*([^\s0-9a-fA-F])\S*$/u.exec(address) ?? [];
  if (other !== undefined && [...address].length === 42) {
    return refuse(
      "malformed",
      `has a character in it that is no hexadecimal digit, "${other}" (${codePoint(other)}): copy it again from its source.`,
    );
  }
  const digits = /^0x([0-9a-fA-F]*)$/.exec(address)?.[1];
  return refuse(
    "malformed",
    digits === undefined
      ? "is not an address: write 0x and 40 hexadecimal digits, without blanks."
      : `has ${digits.length} digits behind 0x, and an address has 40: copy it again from its source.`,
  );
}
