import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";

import ts from "typescript";

const ROOT = path.resolve(__dirname, "../..");

/** The folders with tests. */
const FOLDERS = ["test", "dashboard/test", "packages/ccip-localnet/test", "scripts"];

/** Functions of Mocha and Vitest that define a test, and those that group tests. */
const TESTS = new Set(["it", "test", "specify"]);
const GROUPS = new Set(["describe", "context", "suite"]);

/** Separates the titles of groups and that of a test. */
export const SEPARATOR = " > ";

/** A test by its file and its title, which begins with the titles of its groups. */
export interface TitledTest {
  readonly file: string;
  readonly line: number;
  readonly title: string;
}

/** Returns every test of Mocha, Vitest and Foundry that is not skipped. */
export function titledTests(): TitledTest[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(tsx?|t\.sol)$/.test(file))
      .map((file) => path.posix.join(folder, file))
      .flatMap((file) => {
        const text = readFileSync(path.join(ROOT, file), "utf8");
        return file.endsWith(".sol") ? solidityTestsIn(file, text) : testsIn(file, text);
      }),
  );
}

/**
 * Returns the tests and invariants of Foundry in a source. Names in Solidity have no room for brackets: the ids are words
 * of the name, as in `testFuzz_A6_I8_allowance`, or begin the comment above, as in `I8, A6: an allowance …`.
 */
export function solidityTestsIn(file: string, text: string): TitledTest[] {
  const functions = text.matchAll(
    /((?:^[ \t]*\/\/\/.*\n)*)[ \t]*function ((?:test|invariant)\w*)/gm,
  );
  return [...functions].map(({ 0: whole, 1: comment = "", 2: name = "", index }) => {
    const ids = [
      ...name.split("_").filter((word) => /^[A-Z]\d+$/.test(word)),
      ...(/@notice ([A-Z]\d+(?:, [A-Z]\d+)*):/.exec(comment)?.[1]?.split(", ") ?? []),
    ];
    return {
      file,
      line: text.slice(0, index + whole.length).split("\n").length,
      title: tagged(name, ids),
    };
  });
}

/** Returns the title of an invariant of the chaos run, `{ id: "I22", says: "…" }`, which has to hold after every step. */
function invariantIn(node: ts.Node): string | undefined {
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const texts = new Map(
    node.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) && ts.isStringLiteralLike(property.initializer)
        ? [[property.name.getText(), property.initializer.text] as const]
        : [],
    ),
  );
  const [id, says] = [texts.get("id"), texts.get("says")];
  return id && says && /^[A-Z]\d+$/.test(id) ? tagged(says, [id]) : undefined;
}

function tagged(title: string, ids: readonly string[]): string {
  return ids.length === 0 ? title : `${title} [${[...new Set(ids)].join(", ")}]`;
}

/** Returns the tests that a source in TypeScript defines. */
export function testsIn(file: string, text: string): TitledTest[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: TitledTest[] = [];
  const add = (node: ts.Node, titles: readonly string[]): void => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push({ file, line: line + 1, title: titles.join(SEPARATOR) });
  };
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const invariant = invariantIn(node);
    if (invariant !== undefined) add(node, [...groups, invariant]);
    const [title] = ts.isCallExpression(node) ? node.arguments : [];
    const names = ts.isCallExpression(node) ? calledNames(node.expression) : [];
    const [name = ""] = names;
    if (title && (TESTS.has(name) || GROUPS.has(name))) {
      if (names.includes("skip")) return;
      const titles = [...groups, literalText(title)];
      if (TESTS.has(name)) add(node, titles);
      ts.forEachChild(node, (child) => visit(child, GROUPS.has(name) ? titles : groups));
    } else ts.forEachChild(node, (child) => visit(child, groups));
  };
  visit(source, []);
  return found;
}

/** Returns the names that a called expression consists of: `it.each(rows)` is it, each. */
function calledNames(node: ts.Expression): string[] {
  if (ts.isIdentifier(node)) return [node.text];
  if (ts.isPropertyAccessExpression(node)) return [...calledNames(node.expression), node.name.text];
  if (ts.isCallExpression(node)) return calledNames(node.expression);
  return [];
}

/** Returns the text of the literals in an expression, with an ellipsis for what is computed. */
function literalText(node: ts.Expression): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join("…");
  }
  return "…";
}
