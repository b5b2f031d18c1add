import path from "node:path";

import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

/** A contract as the compiler of this project makes it of the sources in this checkout. */
export interface CompiledContract {
  /** Creation code without the constructor's arguments; 0x-prefixed. */
  readonly creationCode: string;
  /** Deployed code with zeros in the place of immutables; 0x-prefixed. */
  readonly code: string;
  /** The ranges of bytes that the constructor fills in, by the name of the immutable. */
  readonly immutables: ReadonlyMap<string, readonly z.output<typeof span>[]>;
}

/** An artifact that Hardhat wrote as it compiled. */
const ARTIFACT = {
  what: "compiled contract",
  recovery: 'Make it anew with "npx hardhat compile --force"',
} as const;

const debugSchema = z.object({ buildInfo: z.string() });
const span = z.object({ start: z.int(), length: z.int() });
const bytecode = z.object({ object: z.string().regex(/^[0-9a-f]*$/) });
const deployedBytecode = bytecode.extend({
  immutableReferences: z.record(z.string(), z.array(span)).default({}),
});
const contractSchema = z.object({ evm: z.object({ bytecode, deployedBytecode }) });
const buildSchema = z.object({
  solcLongVersion: z.string(),
  output: z.object({
    contracts: z.record(z.string(), z.record(z.string(), contractSchema)),
    sources: z.record(z.string(), z.object({ ast: z.unknown() })),
  }),
});

type Build = z.output<typeof buildSchema>;

/** Compiled contracts, read from Hardhat's artifacts, by their full names: `contracts/RebaseToken.sol:RebaseToken`. */
export class Compiled {
  private readonly builds = new Map<string, { build: Build; names: Map<string, string> }>();

  /** @param artifacts Hardhat's artifacts directory. */
  constructor(private readonly artifacts: string) {}

  /** @throws OperatorError when it is not compiled. */
  contract(fullName: string): CompiledContract {
    const { build, names } = this.buildOf(fullName);
    const [source = "", name = ""] = fullName.split(":");
    const evm = build.output.contracts[source]?.[name]?.evm;
    if (!evm) throw notCompiled(fullName);
    const { object, immutableReferences } = evm.deployedBytecode;
    return {
      creationCode: `0x${evm.bytecode.object}`,
      code: `0x${object}`,
      immutables: new Map(
        Object.entries(immutableReferences).map(([id, spans]) => [
          names.get(id) ?? `immutable ${id}`,
          spans,
        ]),
      ),
    };
  }

  /** Returns the compiler that made a contract: "0.8.26+commit.8a97fa7a". */
  compilerOf(fullName: string): string {
    return this.buildOf(fullName).build.solcLongVersion;
  }

  private buildOf(fullName: string) {
    const file = path.join(this.artifacts, `${fullName.replace(":", "/")}.dbg.json`);
    const debug = readJsonFile(file, debugSchema, ARTIFACT);
    if (!debug) throw notCompiled(fullName);
    const info = path.resolve(path.dirname(file), debug.buildInfo);
    const known = this.builds.get(info);
    if (known) return known;
    const build = readJsonFile(info, buildSchema, ARTIFACT);
    if (!build) {
      const message = `There is no ${info}: run "npx hardhat compile --force".`;
      throw new OperatorError("NOT_COMPILED", message);
    }
    const names = new Map<string, string>();
    for (const { ast } of Object.values(build.output.sources)) collectImmutables(ast, names);
    this.builds.set(info, { build, names });
    return { build, names };
  }
}

function notCompiled(fullName: string): OperatorError {
  const message = `${fullName} is not compiled: run "npx hardhat compile".`;
  return new OperatorError("NOT_COMPILED", message);
}

/** Notes the name of every immutable in a syntax tree under its id, by which the compiler refers to it. */
function collectImmutables(node: unknown, names: Map<string, string>): void {
  if (typeof node !== "object" || node === null) return;
  const { mutability, id, name } = node as Record<string, unknown>;
  if (mutability === "immutable") names.set(String(id), String(name));
  for (const item of Object.values(node)) collectImmutables(item, names);
}
