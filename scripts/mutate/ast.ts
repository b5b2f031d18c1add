/** A node of the compiler's syntax tree. Its further properties depend on its type. */
export interface AstNode {
  readonly nodeType: string;
  /** Offset, length and number of the source, in bytes. */
  readonly src: string;
  readonly [property: string]: unknown;
}

/** A part of a source, in bytes. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Returns whether a property of a node is a node too. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** Returns the nodes right below a node, in the order of their properties. */
export function childrenOf(node: AstNode): AstNode[] {
  return Object.values(node).flat().filter(isNode);
}

/** Returns a property that is a node, if there is one. */
export function childOf(node: AstNode, property: string): AstNode | undefined {
  const value = node[property];
  return isNode(value) ? value : undefined;
}

/** Returns a property that is a list of nodes. */
export function listOf(node: AstNode, property: string): AstNode[] {
  const value = node[property];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Returns a property that is a text, or an empty one. */
export function textOf(node: AstNode, property: string): string {
  const value = node[property];
  return typeof value === "string" ? value : "";
}

/** Returns the type of an expression, without where its value lies. All constant integers have one type. */
export function typeOf(node: AstNode): string {
  const { typeDescriptions } = node as { typeDescriptions?: { typeString?: string | null } };
  const type = typeDescriptions?.typeString ?? "";
  return type
    .replace(/ (memory|calldata|storage ref|storage pointer)/g, "")
    .replace(/^int_const .*/, "int_const");
}

/** Returns the part of the source that a node was parsed from. */
export function spanOf(node: AstNode): Span {
  const [start = 0, length = 0] = node.src.split(":").map(Number);
  return { start, end: start + length };
}
