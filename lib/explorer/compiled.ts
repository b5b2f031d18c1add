import path from "node:path";

import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";

/** A range of bytes that the constructor fills in with an immutable. */
interface Span {
  /** Byte offset in the code. */
  readonly start: number;
  readonly length: number;
}

/** A contract as the compiler of this project makes it of the sources in this checkout. */
export interface CompiledContract {
  /** `contracts/RebaseToken.sol:RebaseToken` */
  readonly fullName: string;
  /** Creation code without the constructor's arguments; 0x-prefixed. */
  readonly creationCode: string;
  /** Deployed code with zeros in the place of immutables; 0x-prefixed. */
  readonly code: string;
  /** By the name of the variable. */
  readonly immutables: ReadonlyMap<string, readonly Span[]>;
}

/** An artifact that Hardhat wrote as it compiled. */
const ARTIFACT = {
  what: "compiled contract",
  recovery: 'Make it anew with "npx hardhat compile --force"',
} as const;

const debugSchema = z.object({ buildInfo: z.string() });

const bytecode = z.object({ object: z.string().regex(/^[0-9a-f]*$/) });

const buildSchema = z.object({
  solcLongVersion: z.string(),
  output: z.object({
    contracts: z.record(
      z.string(),
      z.record(
        z.string(),
        z.object({
          evm: z.object({
            bytecode,
            deployedBytecode: bytecode.extend({
              immutableReferences: z
                .record(z.string(), z.array(z.object({ start: z.int(), length: z.int() })))
                .optional(),
            }),
          }),
        }),
      ),
    ),
    sources: z.record(z.string(), z.object({ ast: z.unknown() })),
  }),
});

type Build = z.output<typeof buildSchema>;

/** Compiled contracts, read from Hardhat's artifacts. */
export class Compiled {
  private readonly builds = new Map<string, { build: Build; names: Map<string, string> }>();

  /** @param artifacts Hardhat's artifacts directory. */
  constructor(private readonly artifacts: string) {}

  /**
   * A contract by the file it is written in.
   * @throws when it is not compiled.
   */
  contract(source: string, name: string): CompiledContract {
    const fullName = `${source}:${name}`;
    const { build, names } = this.buildOf(source, name);
    const compiled = build.output.contracts[source]?.[name];
    if (!compiled)
      throw new OperatorError(
        "NOT_COMPILED",
        `${fullName} is not compiled: run "npx hardhat compile".`,
      );
    const { bytecode: creation, deployedBytecode } = compiled.evm;
    const immutables = Object.entries(deployedBytecode.immutableReferences ?? {});
    return {
      fullName,
      creationCode: `0x${creation.object}`,
      code: `0x${deployedBytecode.object}`,
      immutables: new Map(
        immutables.map(([id, spans]) => [names.get(id) ?? `immutable ${id}`, spans]),
      ),
    };
  }

  /** The compiler that made a contract: "0.8.26+commit.8a97fa7a". */
  compilerOf(source: string, name: string): string {
    return this.buildOf(source, name).build.solcLongVersion;
  }

  private buildOf(source: string, name: string) {
    const file = path.join(this.artifacts, source, `${name}.dbg.json`);
    const debug = readJsonFile(file, debugSchema, ARTIFACT);
    if (!debug)
      throw new OperatorError(
        "NOT_COMPILED",
        `${source}:${name} is not compiled: run "npx hardhat compile".`,
      );
    const info = path.resolve(path.dirname(file), debug.buildInfo);
    const known = this.builds.get(info);
    if (known) return known;
    const build = readJsonFile(info, buildSchema, ARTIFACT);
    if (!build)
      throw new OperatorError(
        "NOT_COMPILED",
        `There is no ${info}: run "npx hardhat compile --force".`,
      );
    const names = new Map<string, string>();
    for (const { ast } of Object.values(build.output.sources)) collectImmutables(ast, names);
    const read = { build, names };
    this.builds.set(info, read);
    return read;
  }
}

const immutableSchema = z.object({
  nodeType: z.literal("VariableDeclaration"),
  mutability: z.literal("immutable"),
  id: z.int(),
  name: z.string(),
});

/** Notes the name of every immutable in a syntax tree under its id, by which the compiler refers to it. */
function collectImmutables(node: unknown, names: Map<string, string>): void {
  if (Array.isArray(node)) {
    for (const item of node) collectImmutables(item, names);
  } else if (typeof node === "object" && node !== null) {
    if ("mutability" in node && node.mutability === "immutable") {
      const { id, name } = immutableSchema.parse(node);
      names.set(String(id), name);
    }
    for (const item of Object.values(node)) collectImmutables(item, names);
  }
}
