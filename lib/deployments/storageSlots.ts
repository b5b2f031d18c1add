import { id, keccak256, toBeHex } from "ethers";
import { z } from "zod";

/** A node of the compiler's syntax tree, of Solidity or of Yul. */
const nodeSchema = z.looseObject({ nodeType: z.string() });
type Node = z.output<typeof nodeSchema>;

const declarationSchema = z.looseObject({
  nodeType: z.literal("VariableDeclaration"),
  id: z.int(),
  typeName: z.looseObject({ referencedDeclaration: z.int().optional() }).nullish(),
  /** Of a constant. */
  value: z.unknown().optional(),
});

const statementSchema = z.looseObject({
  nodeType: z.literal("VariableDeclarationStatement"),
  /** Ids of the variables. */
  assignments: z.array(z.int().nullable()),
  initialValue: z.unknown().optional(),
});

const functionSchema = z.looseObject({
  nodeType: z.literal("FunctionDefinition"),
  name: z.string(),
  body: z.looseObject({ statements: z.array(nodeSchema) }).nullish(),
});

const assemblySchema = z.looseObject({
  nodeType: z.literal("InlineAssembly"),
  AST: z.unknown(),
  externalReferences: z.array(
    z.object({ declaration: z.int(), src: z.string(), suffix: z.string().optional() }),
  ),
});

const yulAssignmentSchema = z.looseObject({
  nodeType: z.literal("YulAssignment"),
  variableNames: z.array(z.looseObject({ src: z.string() })),
  value: z.looseObject({ nodeType: z.string(), src: z.string(), value: z.string().optional() }),
});

const expressionSchema = z.looseObject({
  nodeType: z.string(),
  value: z.string().nullish(),
  name: z.string().optional(),
  referencedDeclaration: z.int().nullish(),
  expression: z.unknown().optional(),
});

/** Where ERC-7201 puts a namespace. */
export function erc7201Slot(namespace: string): string {
  const hash = BigInt(keccak256(toBeHex(BigInt(id(namespace)) - 1n, 32)));
  return toBeHex(hash & ~0xffn, 32);
}

/**
 * Where the code of a contract looks for structs: what it assigns to `$.slot` in assembly, followed
 * through constants, variables and functions that return one.
 * @param lines the contract and its bases, the most derived last.
 * @param others declarations outside of them, by id.
 * @returns slots by the struct's id; null where it is not one that can be told.
 */
export function slotsOf(
  lines: readonly unknown[],
  others: ReadonlyMap<number, unknown>,
): ReadonlyMap<number, string | null> {
  const known = new Map<number, z.output<typeof declarationSchema>>();
  const initial = new Map<number, unknown>();
  const functions = new Map<string, z.output<typeof functionSchema>>();
  const assemblies: z.output<typeof assemblySchema>[] = [];
  for (const node of lines.flatMap((line) => [...walk(line)])) {
    if (node.nodeType === "VariableDeclaration") {
      const declaration = declarationSchema.parse(node);
      known.set(declaration.id, declaration);
    } else if (node.nodeType === "VariableDeclarationStatement") {
      const { assignments, initialValue } = statementSchema.parse(node);
      const [only, ...more] = assignments;
      if (typeof only === "number" && more.length === 0) initial.set(only, initialValue);
    } else if (node.nodeType === "FunctionDefinition") {
      const definition = functionSchema.parse(node);
      functions.set(definition.name, definition);
    } else if (node.nodeType === "InlineAssembly") {
      assemblies.push(assemblySchema.parse(node));
    }
  }

  const valueOf = (declaration: number | null | undefined): string | null => {
    if (declaration === null || declaration === undefined) return null;
    const found = known.get(declaration) ?? others.get(declaration);
    const { data } = declarationSchema.safeParse(found);
    return data ? evaluate(data.value ?? initial.get(declaration)) : null;
  };
  const evaluate = (expression: unknown): string | null => {
    const { data } = expressionSchema.safeParse(expression);
    if (data?.nodeType === "Literal") return data.value ? toBeHex(data.value, 32) : null;
    if (data?.nodeType === "Identifier") return valueOf(data.referencedDeclaration);
    if (data?.nodeType !== "FunctionCall") return null;
    const { name } = expressionSchema.parse(data.expression);
    const [only, ...more] = functions.get(name ?? "")?.body?.statements ?? [];
    return only?.nodeType === "Return" && more.length === 0 ? evaluate(only.expression) : null;
  };

  const slots = new Map<number, string | null>();
  for (const { AST, externalReferences } of assemblies) {
    const referenceAt = (src: string) => externalReferences.find((item) => item.src === src);
    for (const node of walk(AST)) {
      if (node.nodeType !== "YulAssignment") continue;
      const { variableNames, value } = yulAssignmentSchema.parse(node);
      const target = referenceAt(variableNames[0]?.src ?? "");
      if (target?.suffix !== "slot") continue;
      const struct = known.get(target.declaration)?.typeName?.referencedDeclaration;
      if (struct === undefined) continue;
      const slot =
        value.nodeType === "YulLiteral" && value.value !== undefined
          ? toBeHex(value.value, 32)
          : valueOf(referenceAt(value.src)?.declaration);
      const before = slots.get(struct);
      slots.set(struct, before === undefined || before === slot ? slot : null);
    }
  }
  return slots;
}

/** Every node of a tree, from the root on. */
function* walk(tree: unknown): Generator<Node> {
  if (typeof tree !== "object" || tree === null) return;
  const { data } = nodeSchema.safeParse(tree);
  if (data) yield data;
  for (const part of Object.values(tree)) yield* walk(part);
}
