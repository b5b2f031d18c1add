import type { AstNode, Span } from "./ast";

/** A source whose characters are its bytes, which the compiler counts. */
export type Bytes = string;

/** A part of the source with another text in its place. */
export interface Edit extends Span {
  readonly text: Bytes;
}

/** A node with those that it lies in, the innermost last. */
export interface Place {
  readonly node: AstNode;
  readonly parents: readonly AstNode[];
  readonly source: Bytes;
}

/** Returns a source in which each character is a byte. */
export function bytesOf(text: string): Bytes {
  return Buffer.from(text, "utf8").toString("latin1");
}

/** Returns the text of a source. */
export function textOfBytes(bytes: Bytes): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** Returns the source with an edit made. */
export function edited(source: Bytes, { start, end, text }: Edit): Bytes {
  return source.slice(0, start) + text + source.slice(end);
}
