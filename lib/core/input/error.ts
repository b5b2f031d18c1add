import { CodedError } from "../errors";

/** The mistake in a text, for code that decides by it. */
export type InputMistake =
  | "empty"
  | "unfinished"
  | "ambiguous"
  | "malformed"
  | "sign"
  | "decimals"
  | "zero"
  | "checksum"
  | "name"
  | "icap"
  | "bounds";

/** A typed text that is refused: the text, the reason, and what to write instead. */
export class InputError extends CodedError {
  override readonly name = "InputError";

  /** @param reason goes on after the value: `may mean 12.5 or 125: write one of them.` */
  constructor(
    readonly code: "INVALID_ADDRESS" | "INVALID_AMOUNT" | "INVALID_DURATION" | "INVALID_OPTION",
    readonly mistake: InputMistake,
    readonly value: string,
    readonly reason: string,
    option?: string,
  ) {
    super(`${option === undefined ? "" : `${option} `}${quoted(value)} ${reason}`);
  }
}

/** The origin of a text, for the error. */
export interface InputContext {
  /** The option that it was given as: `--amount`. */
  readonly option?: string;
}

/** Returns what makes the errors of a text: from the mistake, and the reason that goes on after the text. */
export function refusalOf(code: InputError["code"], text: string, { option }: InputContext) {
  return (mistake: InputMistake, reason: string) =>
    new InputError(code, mistake, text, reason, option);
}

/** A value read from a text, or the mistake in it: what a form shows while it is filled in. */
export type Typed<T> =
  | { readonly value: T; readonly mistake?: undefined }
  | { readonly value?: undefined; readonly mistake: InputError };

/** Reads a text for a form: a mistake is a result there, no exception. */
export function typed<T>(read: () => T): Typed<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof InputError) return { mistake: error };
    throw error;
  }
}

/** Describes an invisible character in a text; undefined where there is none. */
export function invisibleIn(text: string): string | undefined {
  const [invisible] = /[\p{Cf}\p{Cc}]/u.exec(text) ?? [];
  return (
    invisible && `has an invisible character in it (${codePoint(invisible)}): type it by hand.`
  );
}

/** Names a character as Unicode does: U+200B. */
export function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
}

const LONGEST_QUOTE = 100;
const KEY_LIKE = /^(?=.*[a-fx])(0x)?[0-9a-f]{48,}$/i;

/** Stands in for what may be a private key: pasted into the wrong field, it must not reach a screen or a log. */
export function keyless(value: string): string {
  const trimmed = value.trim();
  if (!KEY_LIKE.test(trimmed)) return value;
  return `(${trimmed.replace(/^0x/i, "").length} hexadecimal digits, not repeated here)`;
}

function quoted(value: string): string {
  const safe = keyless(value);
  if (safe !== value) return safe;
  const { length } = value;
  if (length <= LONGEST_QUOTE) return `"${value}"`;
  return `"${value.slice(0, LONGEST_QUOTE)}… (${length} characters)"`;
}
