import path from "node:path";

import {
  getContractVersion,
  getStorageLayout,
  getStorageUpgradeReport,
  solcInputOutputDecoder,
  validate,
} from "@openzeppelin/upgrades-core";
import type { StorageLayout } from "@openzeppelin/upgrades-core";
import { id, keccak256, toBeHex } from "ethers";
import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

/** The contracts behind proxies whose layouts are kept in git. */
export const UPGRADEABLE = ["RebaseToken"] as const;

/** Input and output of the compiler, as Hardhat keeps them. */
interface Build {
  readonly solcVersion: string;
  readonly input: Parameters<typeof solcInputOutputDecoder>[0];
  readonly output: Parameters<typeof solcInputOutputDecoder>[1];
}

/** Returns the file in git that keeps the layout of a contract. */
export function layoutFile(contract: string): string {
  return path.resolve(__dirname, `../../config/layouts/${contract}.json`);
}

const layoutSchema = z
  .looseObject({ storage: z.array(z.unknown()), types: z.record(z.string(), z.unknown()) })
  .transform((layout) => layout as unknown as StorageLayout);

/** Reads a layout as {@link layoutOf} returned it. */
export function parseLayout(layout: unknown): StorageLayout {
  return layoutSchema.parse(layout);
}

/** Reads where a contract keeps what according to git: what proxies were deployed with at first. */
export function committedLayout(contract: string): StorageLayout {
  const file = layoutFile(contract);
  const recovery = `Get it back with "git restore config/layouts/${contract}.json"`;
  const layout = readJsonFile(file, layoutSchema, { what: "layout of a contract", recovery });
  if (layout) return layout;
  throw new OperatorError("FILE_MISSING", `There is no layout in ${file}. ${recovery}.`);
}

/**
 * Returns where a contract and its bases keep what, in OpenZeppelin's form.
 * @param contract its fully qualified name.
 */
export function layoutOf({ solcVersion, input, output }: Build, contract: string): StorageLayout {
  const needed = { ...output, ...onlyWith(output, importedBy(output, contract)) };
  const run = quietly(() =>
    validate(needed, solcInputOutputDecoder(input, needed), solcVersion, input),
  );
  const data = { version: "3.4" as const, log: [run] };
  const layout = getStorageLayout(data, getContractVersion(run, contract));
  // Line numbers and the ids of syntax trees differ from build to build.
  const text = JSON.stringify({ ...layout, layoutVersion: undefined, flat: undefined })
    .replace(/("src":"[^":]+):\d+"/g, '$1"')
    .replace(/(t_\w+\(\w+\))\d+/g, "$10");
  return parseLayout(JSON.parse(text));
}

/** Lists the source of a contract and all that it imports: to validate the others takes seconds. */
function importedBy({ sources }: Build["output"], contract: string): ReadonlySet<string> {
  const found = new Set([contract.slice(0, contract.lastIndexOf(":"))]);
  // A set is walked through to what is added on the way.
  for (const source of found) {
    for (const node of sources[source]?.ast.nodes ?? []) {
      if (node.nodeType === "ImportDirective") found.add(node.absolutePath);
    }
  }
  return found;
}

function onlyWith({ sources, contracts }: Build["output"], kept: ReadonlySet<string>) {
  const only = <T>(all: Record<string, T>) =>
    Object.fromEntries(Object.entries(all).filter(([source]) => kept.has(source)));
  return { sources: only(sources), contracts: only(contracts) };
}

/** Runs an action without the notes that upgrades-core prints about other contracts. */
function quietly<T>(action: () => T): T {
  const { error } = console;
  console.error = () => undefined;
  try {
    return action();
  } finally {
    console.error = error;
  }
}

/** Compares two layouts, and returns what of the first the second does not keep; none when it only appends. */
export function layoutProblems(before: StorageLayout, after: StorageLayout): string[] {
  const report = getStorageUpgradeReport(before, after, {
    kind: "uups",
    unsafeAllow: [],
    unsafeAllowCustomTypes: false,
    unsafeAllowLinkedLibraries: false,
    unsafeAllowRenames: false,
    unsafeSkipStorageCheck: false,
  });
  return report.ok ? [] : [report.explain(false)];
}

/** Returns where ERC-7201 puts a namespace. */
export function erc7201Slot(namespace: string): string {
  const hash = BigInt(keccak256(toBeHex(BigInt(id(namespace)) - 1n, 32)));
  return toBeHex(hash & ~0xffn, 32);
}

/** Returns the namespaces that code does not look for where ERC-7201 puts them, which no layout shows. */
export function slotProblems(
  { namespaces = {} }: { readonly namespaces?: Readonly<Record<string, unknown>> },
  code: string,
): string[] {
  return Object.keys(namespaces).flatMap((key) => {
    const namespace = key.replace(/^erc7201:/, "");
    const slot = erc7201Slot(namespace);
    // The compiler may shift the last byte, which is zero, into place.
    if (code.includes(slot.slice(2, -2))) return [];
    return [`the code never uses slot ${slot} of ${namespace}: all of it would read as zero`];
  });
}
