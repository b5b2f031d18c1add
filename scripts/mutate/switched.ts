import { childOf, isNode, listOf, spanOf, textOf } from "./ast";
import type { AstNode, Span } from "./ast";
import { edited } from "./source";
import type { Bytes, Edit } from "./source";

/** The statement that carries a fault, if the fault can be chosen where it runs. */
export interface Switch extends Span {
  /** Number of statements that it lies in. Those of one depth do not overlap. */
  readonly depth: number;
  /** The variable that it declares, and where its value begins. */
  readonly declared?: { readonly name: string; readonly valueStart: number };
}

/** A fault with the statement that carries it. */
export interface SwitchedEdit extends Edit {
  readonly id: string;
  readonly switch?: Switch | undefined;
}

/** A source with many faults, of which one or none is there when it runs. */
export interface SwitchedSource {
  readonly source: Bytes;
  /** The part of the source that exists because of each fault. */
  readonly parts: readonly (Span & { readonly id: string })[];
}

const NAME = "NUMBER_OF_THE_FAULT";
/** The bytes before the number of the fault in what the compiler pushes, to find it in code. */
const MARK = "fa017fa017fa017fa017fa017fa017fa017fa017fa017fa017fa017f";
const NO_FAULT = numbered(0);

/** Chooses a fault by its number in code that has none. */
export function withFault(code: string, number: number): string {
  return code.replaceAll(NO_FAULT, numbered(number));
}

/** Returns whether a fault can be chosen in code. */
export function isSwitched(code: string): boolean {
  return code.includes(MARK);
}

function numbered(number: number): string {
  return MARK + number.toString(16).padStart(8, "0");
}

/** Returns the innermost statement that can be there twice: with the fault and without it. */
export function switchOf(edit: Span, path: readonly AstNode[], source: Bytes): Switch | undefined {
  if (!path.some(({ nodeType }) => nodeType === "FunctionDefinition")) return undefined;
  if (path.some(({ nodeType }) => nodeType === "InlineAssembly")) return undefined;
  const statements = path.filter((_, i) => isBlock(path[i - 1]));
  const statement = statements.at(-1);
  if (!statement) return undefined;
  const span = withSemicolon(statement, source);
  if (edit.start < span.start || edit.end > span.end) return undefined;
  const place = { ...span, depth: statements.length - 1 };
  if (statement.nodeType !== "VariableDeclarationStatement") return place;

  const declarations = statement["declarations"];
  const [variable] = listOf(statement, "declarations");
  const value = childOf(statement, "initialValue");
  const isOne = Array.isArray(declarations) && declarations.length === 1 && isNode(variable);
  if (!isOne || !value || edit.start < spanOf(value).start) return undefined;
  return {
    ...place,
    declared: { name: textOf(variable, "name"), valueStart: spanOf(value).start },
  };
}

/** Puts faults of one depth into a source, each numbered by its place in the list, from 1. */
export function switched(source: Bytes, mutations: readonly SwitchedEdit[]): SwitchedSource {
  const byStatement = new Map<number, SwitchedEdit[]>();
  for (const mutation of mutations) {
    const start = mutation.switch?.start ?? 0;
    byStatement.set(start, [...(byStatement.get(start) ?? []), mutation]);
  }
  const parts: (Span & { id: string })[] = [];
  let result = "";
  let done = 0;
  for (const [start, together] of [...byStatement].sort(([a], [b]) => a - b)) {
    const place = together[0]?.switch;
    if (!place) continue;
    const { declared, end } = place;
    const valueStart = declared?.valueStart ?? start;
    const assigned = declared ? `${declared.name} = ` : "";
    result += source
      .slice(done, valueStart)
      .replace(declared ? /\s*=\s*$/ : /$/, declared ? "; " : "");
    for (const mutation of together) {
      const text = edited(source, mutation).slice(
        valueStart,
        end + mutation.text.length - (mutation.end - mutation.start),
      );
      const begin = result.length;
      result += `if (uint32(${NAME}) == ${mutations.indexOf(mutation) + 1}) { ${assigned}${text} } else `;
      parts.push({ start: begin, end: result.length, id: mutation.id });
    }
    result += `{ ${assigned}${source.slice(valueStart, end)} }`;
    done = end;
  }
  result += `${source.slice(done)}\nuint256 constant ${NAME} = 0x${NO_FAULT};\n`;
  return { source: result, parts };
}

function withSemicolon(node: AstNode, source: Bytes): Span {
  const { start, end } = spanOf(node);
  return { start, end: end + (/^\s*;/.exec(source.slice(end))?.[0].length ?? 0) };
}

function isBlock(node: AstNode | undefined): boolean {
  return node?.nodeType === "Block" || node?.nodeType === "UncheckedBlock";
}
