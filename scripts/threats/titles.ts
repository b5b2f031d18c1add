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

/** Returns the tests and invariants of Foundry in a source: the comment above each is its title. */
export function solidityTestsIn(file: string, text: string): TitledTest[] {
  const functions = text.matchAll(
    /((?:^[ \t]*\/\/\/.*\n)+)[ \t]*function ((?:test|invariant)\w*)/gm,
  );
  return [...functions].map(({ 0: whole, 1: comment = "", 2: name = "", index }) => ({
    file,
    line: text.slice(0, index + whole.length).split("\n").length,
    title: [name, comment.replace(/^[ \t]*\/\/\/ ?/gm, "").trim()].join(SEPARATOR),
  }));
}

/** Returns the tests that a source in TypeScript defines. */
export function testsIn(file: string, text: string): TitledTest[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: TitledTest[] = [];
  const visit = (node: ts.Node, groups: readonly string[]): void => {
    const [title] = ts.isCallExpression(node) ? node.arguments : [];
    const names = ts.isCallExpression(node) ? calledNames(node.expression) : [];
    const [name = ""] = names;
    if (title && (TESTS.has(name) || GROUPS.has(name))) {
      if (names.includes("skip")) return;
      const titles = [...groups, literalText(title)];
      if (TESTS.has(name)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push({ file, line: line + 1, title: titles.join(SEPARATOR) });
      }
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
