import { Interface } from "ethers";
import type { JsonFragment } from "ethers";
import { z } from "zod";

/** The compiler's report of what a contract keeps in which slot, as far as it is kept in git. */
const variableSchema = z.object({
  label: z.string(),
  slot: z.string(),
  offset: z.int(),
  type: z.string(),
});
const storageLayoutSchema = z.object({
  storage: z.array(variableSchema),
  types: z
    .record(
      z.string(),
      z.object({ label: z.string(), members: z.array(variableSchema).optional() }),
    )
    .nullable(),
});

/** Everything that callers, indexers and stored state rely on, one line each. */
const surfaceSchema = z.strictObject({
  /** Functions, events and errors, as Solidity declares them. */
  abi: z.array(z.string()),
  /** Slot, offset, type and name of each state variable, and of each member of a struct among them. */
  storage: z.array(z.string()),
  /** Lines of both that were there at the last release and no longer are. */
  removed: z.array(z.string()),
});

export type Surface = z.infer<typeof surfaceSchema>;

/** Parses a file of config/abi. */
export function parseSurface(text: string): Surface {
  return surfaceSchema.parse(JSON.parse(text));
}

/** Returns the surface of a compiled contract, with nothing removed. */
export function surfaceOf(abi: readonly JsonFragment[], storageLayout: unknown): Surface {
  const { storage, types } = storageLayoutSchema.parse(storageLayout);
  const line = ({ label, slot, offset, type }: z.infer<typeof variableSchema>): string =>
    `slot ${slot}, byte ${offset}: ${types?.[type]?.label ?? type} ${label}`;
  const structs = Object.values(types ?? {}).flatMap(({ label, members = [] }) =>
    members.map((member) => `${label}, ${line(member)}`),
  );
  return {
    abi: new Interface(abi).format().sort(),
    storage: [...storage.map(line), ...structs.sort()],
    removed: [],
  };
}

/** Returns what the file in git should say: the compiled surface, and everything removed since the last release. */
export function updated(committed: Surface | undefined, compiled: Surface): Surface {
  if (!committed) return compiled;
  const present = new Set([...compiled.abi, ...compiled.storage]);
  const known = [...committed.removed, ...committed.abi, ...committed.storage];
  return { ...compiled, removed: [...new Set(known)].filter((line) => !present.has(line)).sort() };
}

/** Returns the bullets under "Breaking" of what is not released yet in the changelog. */
function breakingEntries(changelog: string): string[] {
  const unreleased = /^## Unreleased\n([\s\S]*?)(?=^## |$(?![\s\S]))/m.exec(changelog)?.[1] ?? "";
  const breaking = /^### Breaking\n([\s\S]*?)(?=^### |$(?![\s\S]))/m.exec(unreleased)?.[1] ?? "";
  return breaking.split(/^- /m).slice(1);
}

/** Returns the name that a line of a surface declares. */
function nameIn(line: string): string {
  return /^(?:function |event |error )?(\w+)\(/.exec(line)?.[1] ?? line.split(" ").at(-1) ?? line;
}

/** Returns the removed lines that no entry under "Breaking" names, with the contract and the name. */
export function unnamedBreaks(contract: string, { removed }: Surface, changelog: string): string[] {
  const entries = breakingEntries(changelog);
  const names = (entry: string, word: string) => new RegExp(`\\b${word}\\b`).test(entry);
  return removed.filter(
    (line) => !entries.some((entry) => names(entry, contract) && names(entry, nameIn(line))),
  );
}
