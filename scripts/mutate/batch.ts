import type { Compiled, SubjectCompiler } from "./compiler";
import { edited } from "./source";
import { switched, withFault } from "./switched";
import type { SwitchedEdit } from "./switched";

/** Most bytes of creation code, so that its deployment fits a block. */
const MAX_CODE_BYTES = 45_000;

/** Compiled contracts with faults. */
export interface Build {
  readonly edits: readonly SwitchedEdit[];
  /** Creation code by the name of the contract, without a fault. */
  readonly faultless: Codes;
  /** Returns creation code with the fault of this number in the list, from 1. */
  faulty(number: number): Codes;
  /** Tells that the code without a fault is the same for all, and a fault is chosen in it by its number. */
  readonly isSwitched: boolean;
}

type Codes = ReadonlyMap<string, string>;

/** Result of compiling faults: builds that have them, and those that the compiler refuses. */
export interface Compilation {
  readonly builds: readonly Build[];
  readonly refused: readonly SwitchedEdit[];
}

/** Compiles faults, many at once where they can be chosen by a number, and each alone where not. */
export function compileAll(compiler: SubjectCompiler, edits: readonly SwitchedEdit[]): Compilation {
  const alone = edits.filter((edit) => !edit.switch);
  const together = new Map<number, SwitchedEdit[]>();
  for (const edit of edits) {
    if (!edit.switch) continue;
    const { depth } = edit.switch;
    together.set(depth, [...(together.get(depth) ?? []), edit]);
  }
  const parts = [
    ...[...together.values()].map((some) => compileTogether(compiler, some)),
    ...alone.map((edit) => compileAlone(compiler, edit)),
  ];
  return {
    builds: parts.flatMap(({ builds }) => builds),
    refused: parts.flatMap(({ refused }) => refused),
  };
}

function compileAlone(compiler: SubjectCompiler, edit: SwitchedEdit): Compilation {
  const { codes, errors } = compiler.compile(edited(compiler.source, edit), false);
  if (errors.length > 0) return { builds: [], refused: [edit] };
  const faultless = compiler.originals(false);
  const build = { edits: [edit], faultless, faulty: () => codes, isSwitched: false };
  return { builds: [build], refused: [] };
}

function compileTogether(compiler: SubjectCompiler, edits: readonly SwitchedEdit[]): Compilation {
  const { source, parts } = switched(compiler.source, edits);
  const compiled = compiler.compile(source, false);
  if (compiled.errors.length === 0 && !isTooLarge(compiled)) {
    const { codes: faultless } = compiled;
    const faulty = (number: number) =>
      new Map([...faultless].map(([target, code]) => [target, withFault(code, number)]));
    return { builds: [{ edits, faultless, faulty, isSwitched: true }], refused: [] };
  }
  const [only] = edits;
  if (only && edits.length === 1) return compileAlone(compiler, only);

  const wrong = new Set(
    compiled.errors.map((at) => parts.find(({ start, end }) => start <= at && at < end)?.id),
  );
  const isApart = (edit: SwitchedEdit, i: number) =>
    // Errors that belong to no fault, and code that is too large, are found by halves.
    wrong.size === 0 || wrong.has(undefined) ? i < edits.length / 2 : wrong.has(edit.id);
  const [apart, rest] = [edits.filter(isApart), edits.filter((edit, i) => !isApart(edit, i))];
  const isRefused = wrong.size > 0 && !wrong.has(undefined);
  const halves = [
    ...(isRefused
      ? apart.map((edit) => compileAlone(compiler, edit))
      : [compileTogether(compiler, apart)]),
    ...(rest.length > 0 ? [compileTogether(compiler, rest)] : []),
  ];
  return {
    builds: halves.flatMap(({ builds }) => builds),
    refused: halves.flatMap(({ refused }) => refused),
  };
}

function isTooLarge({ codes }: Compiled): boolean {
  return [...codes.values()].some((code) => code.length / 2 > MAX_CODE_BYTES);
}
