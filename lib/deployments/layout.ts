import { z } from "zod";

import { OperatorError } from "../core/errors";
import { erc7201Slot, slotsOf } from "./storageSlots";

const memberSchema = z.object({ name: z.string(), type: z.string() });

export const layoutSchema = z.object({
  contract: z.string(),
  /** Structs with a storage location of their own (ERC-7201), bases first. */
  namespaces: z.array(
    z.object({
      id: z.string(),
      struct: z.string(),
      /** Where the code looks for it; null when that cannot be told. */
      slot: z.string().nullable(),
      members: z.array(memberSchema),
    }),
  ),
  /** What lies outside of them, from slot 0 on. */
  variables: z.array(memberSchema),
});

/** Where an upgradeable contract and its bases keep what: in which order, and of which type. */
export type Layout = z.output<typeof layoutSchema>;
type Member = z.output<typeof memberSchema>;

const node = z.looseObject({ nodeType: z.string() });
type Node = z.output<typeof node>;

const typeNameSchema = z.looseObject({
  nodeType: z.string(),
  typeDescriptions: z.object({ typeString: z.string() }),
  keyType: z.unknown().optional(),
  valueType: z.unknown().optional(),
  baseType: z.unknown().optional(),
  length: z.looseObject({ value: z.string().optional() }).nullish(),
  referencedDeclaration: z.int().optional(),
});

const variableSchema = z.looseObject({
  nodeType: z.literal("VariableDeclaration"),
  name: z.string(),
  mutability: z.string(),
  stateVariable: z.boolean(),
  typeName: z.unknown(),
});

const structSchema = z.looseObject({
  nodeType: z.literal("StructDefinition"),
  id: z.int(),
  name: z.string(),
  members: z.array(variableSchema),
  documentation: z.looseObject({ text: z.string() }).nullish(),
});

const contractSchema = z.looseObject({
  nodeType: z.literal("ContractDefinition"),
  name: z.string(),
  linearizedBaseContracts: z.array(z.int()),
  nodes: z.array(node),
});

const definitionSchema = z.looseObject({
  nodeType: z.string(),
  name: z.string(),
  members: z.array(z.looseObject({ name: z.string() })).optional(),
  underlyingType: z.unknown().optional(),
});

const STORAGE_LOCATION = /@custom:storage-location erc7201:(\S+)/;

/**
 * The layout of a contract, from the compiler's syntax trees: its `storageLayout` knows nothing of
 * structs with a storage location of their own.
 * @param trees by source file.
 */
export function layoutOf(trees: readonly unknown[], contract: string): Layout {
  const nodes = new Map<number, Node>();
  const contracts: z.output<typeof contractSchema>[] = [];
  for (const tree of trees) collect(tree, nodes, contracts);
  const found = contracts.find(({ name }) => name === contract);
  if (!found) throw new OperatorError("NOT_COMPILED", `The compiler knows no contract ${contract}: run "hardhat compile".`);
  const lines = [...found.linearizedBaseContracts]
    .reverse()
    .map((id) => contractSchema.parse(nodes.get(id)));
  const slots = slotsOf(lines, nodes);
  const members = (declarations: readonly z.output<typeof variableSchema>[]): Member[] =>
    declarations.map(({ name, typeName }) => ({ name, type: typeText(typeName, nodes) }));
  const ofType = <S extends z.ZodType>(parts: readonly Node[], type: string, schema: S) =>
    parts.filter(({ nodeType }) => nodeType === type).map((part) => schema.parse(part));
  return {
    contract,
    namespaces: lines.flatMap(({ nodes: parts }) =>
      ofType(parts, "StructDefinition", structSchema).flatMap((struct) => {
        const id = STORAGE_LOCATION.exec(struct.documentation?.text ?? "")?.[1];
        return id === undefined
          ? []
          : [
              {
                id,
                struct: struct.name,
                slot: slots.get(struct.id) ?? null,
                members: members(struct.members),
              },
            ];
      }),
    ),
    variables: lines.flatMap(({ nodes: parts }) =>
      members(
        ofType(parts, "VariableDeclaration", variableSchema).filter(
          ({ stateVariable, mutability }) => stateVariable && mutability === "mutable",
        ),
      ),
    ),
  };
}

/** What of a layout another one does not keep, in words; nothing when it only appends. */
export function layoutProblems(before: Layout, after: Layout): string[] {
  const places = after.namespaces.flatMap(({ id, slot }) => {
    const known = before.namespaces.find((space) => space.id === id);
    const expected = known?.slot ?? erc7201Slot(id);
    if (slot === expected) return [];
    return slot === null
      ? [
          `${id}: nothing tells where it lies: write "$.slot := CONSTANT" in assembly, once, and the constant as a number, not as what it is computed from`,
        ]
      : [`${id} is looked for at ${slot} and lies at ${expected}: all of it would read as zero`];
  });
  const spaces = before.namespaces.flatMap(({ id, members }) => {
    const kept = after.namespaces.find((space) => space.id === id);
    if (!kept) return [`${id} is gone: what is stored there would be forgotten`];
    return members.flatMap((member, i) => memberProblems(id, i, member, kept.members[i]));
  });
  const plain = before.variables.flatMap((member, i) =>
    memberProblems("plain variables", i, member, after.variables[i]),
  );
  const added = after.variables
    .slice(before.variables.length)
    .map(({ name }) => `${name} lies outside of every namespace: put it into an ERC-7201 struct`);
  return [...spaces, ...plain, ...added, ...places];
}

function memberProblems(
  where: string,
  position: number,
  before: Member,
  after: Member | undefined,
): string[] {
  const place = `${where}: member ${position + 1}, ${before.type} ${before.name},`;
  if (!after) return [`${place} is gone: keep it, and append what is new`];
  if (after.name === before.name && after.type === before.type) return [];
  return [
    `${place} became ${after.type} ${after.name}: keep order, names and types, and append what is new`,
  ];
}

/** A type with everything that it is made of, so that a change deep inside shows. */
function typeText(typeName: unknown, nodes: ReadonlyMap<number, Node>): string {
  const type = typeNameSchema.parse(typeName);
  switch (type.nodeType) {
    case "Mapping":
      return `mapping(${typeText(type.keyType, nodes)} => ${typeText(type.valueType, nodes)})`;
    case "ArrayTypeName":
      return `${typeText(type.baseType, nodes)}[${type.length?.value ?? ""}]`;
    case "UserDefinedTypeName":
      return definitionText(nodes.get(type.referencedDeclaration ?? -1), nodes);
    default:
      return type.typeDescriptions.typeString;
  }
}

function definitionText(declaration: Node | undefined, nodes: ReadonlyMap<number, Node>): string {
  const { nodeType, name, members = [], underlyingType } = definitionSchema.parse(declaration);
  switch (nodeType) {
    case "StructDefinition": {
      const fields = structSchema
        .parse(declaration)
        .members.map((member) => `${typeText(member.typeName, nodes)} ${member.name}`);
      return `struct ${name} { ${fields.join("; ")} }`;
    }
    case "EnumDefinition":
      return `enum ${name} { ${members.map((member) => member.name).join(", ")} }`;
    case "UserDefinedValueTypeDefinition":
      return `${name} (${typeText(underlyingType, nodes)})`;
    default:
      return `contract ${name}`;
  }
}

/** Notes every definition under its id. */
function collect(
  tree: unknown,
  nodes: Map<number, Node>,
  contracts: z.output<typeof contractSchema>[],
): void {
  const unit = z.looseObject({ nodes: z.array(z.unknown()).default([]) }).parse(tree);
  for (const item of unit.nodes) {
    const parsed = node.safeParse(item);
    if (!parsed.success) continue;
    const { id } = parsed.data;
    if (typeof id === "number") nodes.set(id, parsed.data);
    if (parsed.data.nodeType !== "ContractDefinition") continue;
    contracts.push(contractSchema.parse(item));
    collect(item, nodes, contracts);
  }
}
