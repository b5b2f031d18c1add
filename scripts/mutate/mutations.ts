import { createHash } from "node:crypto";

import { childrenOf, spanOf, textOf } from "./ast";
import type { AstNode } from "./ast";
import { editsOfExpression } from "./expressions";
import { edited, textOfBytes } from "./source";
import type { Bytes, Edit } from "./source";
import { editsOfStatement } from "./statements";
import { switchOf } from "./switched";
import type { Switch } from "./switched";

/** A source with one fault planted. */
export interface Mutation extends Edit {
  /** The same as long as the function does not change, wherever it is. */
  readonly id: string;
  readonly function: string;
  readonly line: number;
  /** The changed lines, with one space for each run of them. */
  readonly before: string;
  readonly after: string;
  readonly switch: Switch | undefined;
}

/**
 * Lists the faults that can be planted in a source. Left out are those that no test can or has to see: texts,
 * which say nothing to a contract but in a hash, whose values are compared elsewhere, and the values of errors'
 * arguments, which only explain a revert; the revert itself is removed.
 */
export function mutationsOf(root: AstNode, source: Bytes): Mutation[] {
  const found = new Map<Bytes, Mutation>();
  visit(root, []);
  return [...found.values()].sort((a, b) => a.start - b.start || a.end - b.end);

  function visit(node: AstNode, parents: readonly AstNode[]): void {
    const place = { node, parents, source };
    for (const edit of [...editsOfStatement(place), ...editsOfExpression(place)]) {
      const result = edited(source, edit);
      if (!found.has(result) && result !== source)
        found.set(result, describe(edit, source, [...parents, node]));
    }
    if (node.nodeType === "RevertStatement") return;
    for (const child of childrenOf(node)) visit(child, [...parents, node]);
  }
}

const UNITS = ["FunctionDefinition", "ModifierDefinition", "VariableDeclaration"];

function describe(edit: Edit, source: Bytes, path: readonly AstNode[]): Mutation {
  const unit = path.find(({ nodeType }) => UNITS.includes(nodeType));
  const within = unit ? spanOf(unit) : { start: 0, end: source.length };
  const identity = [
    source.slice(within.start, within.end),
    edit.start - within.start,
    edit.end - edit.start,
    edit.text,
  ];
  const lines = {
    start: source.lastIndexOf("\n", edit.start - 1) + 1,
    end:
      (source.indexOf("\n", edit.end) + source.length + 1) % (source.length + 1) || source.length,
  };
  return {
    ...edit,
    id: createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 16),
    function: unit ? textOf(unit, "name") || textOf(unit, "kind") : "",
    switch: switchOf(edit, path, source),
    line: source.slice(0, edit.start).split("\n").length,
    before: oneLine(source.slice(lines.start, lines.end)),
    after: oneLine(
      source.slice(lines.start, edit.start) + edit.text + source.slice(edit.end, lines.end),
    ),
  };
}

function oneLine(bytes: Bytes): string {
  return textOfBytes(bytes).replace(/\s+/g, " ").trim();
}
