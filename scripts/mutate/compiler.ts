import { z } from "zod";
import type { HardhatRuntimeEnvironment } from "hardhat/types";

import { isNode, listOf, textOf } from "./ast";
import type { AstNode } from "./ast";
import { bytesOf, textOfBytes } from "./source";
import type { Bytes } from "./source";
import type { Subject } from "./subjects";

const OUTPUT = z.object({
  errors: z
    .array(
      z.object({
        severity: z.string(),
        message: z.string(),
        sourceLocation: z.object({ file: z.string(), start: z.number() }).optional(),
      }),
    )
    .default([]),
  contracts: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.object({ evm: z.object({ bytecode: z.object({ object: z.string() }) }) }),
      ),
    )
    .default({}),
  sources: z
    .record(z.string(), z.object({ ast: z.custom<AstNode>(isNode).optional() }))
    .default({}),
});

interface Source {
  readonly content: string;
}

/** Answer of the compiler. */
export interface Compiled {
  /** Creation code by the full name of its contract; none if the source does not compile. */
  readonly codes: ReadonlyMap<string, string>;
  /** Offsets of the errors in the subject's source; -1 for those elsewhere. */
  readonly errors: readonly number[];
}

/** Compiles a subject, and no more than carries it. */
export class SubjectCompiler {
  private readonly unchanged = new Map<boolean, ReadonlyMap<string, string>>();

  private constructor(
    private readonly subject: Subject,
    private readonly sources: Readonly<Record<string, Source>>,
    private readonly settings: Readonly<Record<string, unknown>>,
    readonly ast: AstNode,
  ) {}

  /** Reads the sources from what Hardhat has compiled. */
  static async of(hre: HardhatRuntimeEnvironment, subject: Subject): Promise<SubjectCompiler> {
    const sources: Record<string, Source> = {};
    let settings: Readonly<Record<string, unknown>> = {};
    let ast: AstNode | undefined;
    for (const target of subject.targets) {
      const info = await hre.artifacts.getBuildInfo(target);
      if (!info) throw new Error(`${target} is not compiled: run \`npm run compile\`.`);
      const { input, output } = info;
      settings = { ...input.settings };
      const add = (name: string) => {
        const source = input.sources[name];
        const tree: unknown = output.sources[name]?.ast;
        if (name in sources || !source || !isNode(tree)) return;
        sources[name] = source;
        if (name === subject.source) ast = tree;
        listOf(tree, "nodes")
          .filter(({ nodeType }) => nodeType === "ImportDirective")
          .forEach((one) => add(textOf(one, "absolutePath")));
      };
      add(target.split(":")[0] ?? "");
    }
    if (!ast)
      throw new Error(
        `No target of ${subject.name} imports ${subject.source}: correct subjects.ts.`,
      );
    return new SubjectCompiler(subject, sources, settings, ast);
  }

  /** The source of the subject. */
  get source(): Bytes {
    return bytesOf(this.sources[this.subject.source]?.content ?? "");
  }

  /** Creation code of the targets as they are. */
  originals(isOptimized: boolean): ReadonlyMap<string, string> {
    const codes = this.unchanged.get(isOptimized) ?? this.compile(this.source, isOptimized).codes;
    this.unchanged.set(isOptimized, codes);
    return codes;
  }

  /** Compiles the targets with another source. Without the optimizer it takes a third of the time. */
  compile(source: Bytes, isOptimized: boolean): Compiled {
    const outputSelection: Record<string, Record<string, string[]>> = {};
    for (const target of this.subject.targets) {
      const [file = "", name = ""] = target.split(":");
      outputSelection[file] = { ...outputSelection[file], [name]: ["evm.bytecode.object"] };
    }
    const input = {
      language: "Solidity",
      sources: { ...this.sources, [this.subject.source]: { content: textOfBytes(source) } },
      settings: {
        ...this.settings,
        // Without the hash of the sources, equal code is equal.
        metadata: { appendCBOR: false },
        ...(isOptimized ? {} : { optimizer: { enabled: false } }),
        outputSelection,
      },
    };
    const { compile } = require("solc") as { compile: (input: string) => string };
    const { errors, contracts } = OUTPUT.parse(JSON.parse(compile(JSON.stringify(input))));
    const codes = this.subject.targets.flatMap((target) => {
      const [file = "", name = ""] = target.split(":");
      const code = contracts[file]?.[name]?.evm.bytecode.object;
      return code ? [[target, `0x${code}`] as const] : [];
    });
    return {
      codes: new Map(codes),
      errors: errors
        .filter(({ severity }) => severity === "error")
        .map(({ sourceLocation: at }) => (at?.file === this.subject.source ? at.start : -1)),
    };
  }
}
