import { childOf, listOf, spanOf, textOf, typeOf } from "./ast";
import type { AstNode } from "./ast";
import type { Edit, Place } from "./source";

const BINARY: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "==": "!=",
  "!=": "==",
  "&&": "||",
  "||": "&&",
  "&": "|",
  "|": "&",
  "^": "|",
  "<<": ">>",
  ">>": "<<",
};

const OPPOSITES: Readonly<Record<string, string>> = { "<": ">", "<=": ">", ">": "<", ">=": "<" };

/** Functions that answer the same when their first two arguments are swapped. */
const COMMUTATIVE = new Set(["Math.mulDiv", "Math.min", "Math.max", "ShareMath.toShares"]);

const ASSIGNMENT: Readonly<Record<string, string>> = {
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "/=": "*=",
  "|=": "&=",
  "&=": "|=",
  "^=": "|=",
};

const MEMBERS: Readonly<Record<string, string>> = {
  Floor: "Ceil",
  Ceil: "Floor",
  min: "max",
  max: "min",
};

/** Lists the edits that change what an expression computes. */
export function editsOfExpression(place: Place): Edit[] {
  return [...(RULES[place.node.nodeType]?.(place) ?? []), ...editsOfCondition(place)];
}

const RULES: Readonly<Record<string, (place: Place) => Edit[]>> = {
  BinaryOperation: binary,
  UnaryOperation: unary,
  Assignment: (place) => between(place, "leftHandSide", "rightHandSide", ASSIGNMENT),
  Literal: literal,
  YulLiteral: yulLiteral,
  MemberAccess: member,
  Identifier: role,
  FunctionCall: call,
  TupleExpression: ({ node, source }) => swaps(listOf(node, "components"), source),
};

function binary(place: Place): Edit[] {
  const { node, parents, source } = place;
  const [left, right] = [childOf(node, "leftExpression"), childOf(node, "rightExpression")];
  if (!left || !right) return [];
  const operator = textOf(node, "operator");
  const [a, b] = [textAt(left, source), textAt(right, source)];
  const edits = between(place, "leftExpression", "rightExpression", BINARY).map((edit) =>
    // The other operator may bind otherwise than this one.
    parents.at(-1)?.nodeType === "BinaryOperation"
      ? { ...spanOf(node), text: `(${a} ${BINARY[operator] ?? operator} ${b})` }
      : edit,
  );
  // A unit of gas more or less is no boundary that means anything.
  const opposite = OPPOSITES[operator];
  if (opposite && `${a} ${b}`.includes("gasleft()")) return [whole(node, `${a} ${opposite} ${b}`)];
  if (opposite && isEqualAtBoundary(place)) return [whole(node, `${a} ${opposite} ${b}`)];
  if (operator === "/") return [...edits, ...roundedDown(node, left, right, source)];
  if (operator === "&&" || operator === "||") return [...edits, whole(node, a), whole(node, b)];
  // The boundary is moved to its other side too; the other operator has moved it to this one.
  if (operator === "<" || operator === ">=") return [...edits, whole(left, `(${a}) + 1`)];
  if (operator === ">" || operator === "<=") return [...edits, whole(right, `(${b}) + 1`)];
  return edits;
}

/** Returns whether a comparison chooses between two values that are equal at its boundary: `a < b ? a : b`. */
function isEqualAtBoundary({ node, parents, source }: Place): boolean {
  const above = parents.at(-1);
  if (!above || above["condition"] !== node) return false;
  const textOfChild = (of: AstNode | undefined, key: string) => {
    const child = of && childOf(of, key);
    return child ? textAt(child, source) : undefined;
  };
  const compared = [textOfChild(node, "leftExpression"), textOfChild(node, "rightExpression")];
  const chosen =
    above.nodeType === "Conditional"
      ? [textOfChild(above, "trueExpression"), textOfChild(above, "falseExpression")]
      : assignedAlone(above).map((value) => textAt(value, source));
  return chosen.length === 2 && compared.every((value) => chosen.includes(value));
}

/** Returns the two sides of an assignment that is all that an `if` does. */
function assignedAlone(node: AstNode): AstNode[] {
  const body = childOf(node, "trueBody");
  if (!body || childOf(node, "falseBody")) return [];
  const [statement, ...others] = body.nodeType === "Block" ? listOf(body, "statements") : [body];
  const assignment = statement && childOf(statement, "expression");
  if (others.length > 0 || assignment?.nodeType !== "Assignment") return [];
  const sides = [childOf(assignment, "leftHandSide"), childOf(assignment, "rightHandSide")];
  return sides.flatMap((side) => side ?? []);
}

/** Turns `(x + d - 1) / d`, which rounds up, into `x / d`. */
function roundedDown(node: AstNode, left: AstNode, right: AstNode, source: string): Edit[] {
  const divisor = textAt(right, source);
  const [, dividend] = /^\((.*) \+ (\w+) - 1\)$/s.exec(textAt(left, source)) ?? [];
  const isRoundedUp = dividend && textAt(left, source).endsWith(` + ${divisor} - 1)`);
  return isRoundedUp ? [whole(node, `(${dividend}) / ${divisor}`)] : [];
}

function unary({ node, source }: Place): Edit[] {
  const operand = childOf(node, "subExpression");
  const operator = textOf(node, "operator");
  if (!operand) return [];
  if (operator === "++" || operator === "--") {
    const other = operator === "++" ? "--" : "++";
    const value = textAt(operand, source);
    return [whole(node, node["prefix"] === true ? other + value : value + other)];
  }
  return operator === "delete" ? [] : [whole(node, textAt(operand, source))];
}

function literal({ node, parents, source }: Place): Edit[] {
  const text = textAt(node, source);
  // Reserves of gas are rounded figures: only much more or less means anything.
  if (parents.some((one) => one["constant"] === true && textOf(one, "name").startsWith("GAS_")))
    return [whole(node, "0"), whole(node, `(${text} * 3)`)];
  if (textOf(node, "kind") === "bool") return [whole(node, text === "true" ? "false" : "true")];
  // Addresses are written as numbers of 20 bytes.
  if (textOf(node, "kind") !== "number" || typeOf(node) !== "int_const") return [];
  if (text === "0") return [whole(node, "1")];
  const changed = [whole(node, `(${text} + 1)`), whole(node, `(${text} - 1)`)];
  return text === "1" ? changed : [...changed, whole(node, "0")];
}

function yulLiteral({ node, source }: Place): Edit[] {
  if (textOf(node, "kind") !== "number") return [];
  const text = textAt(node, source);
  return Number(text) === 0
    ? [whole(node, "1")]
    : [whole(node, `add(${text}, 1)`), whole(node, "0")];
}

function member({ node, source }: Place): Edit[] {
  const name = textOf(node, "memberName");
  const of = childOf(node, "expression");
  if (!of) return [];
  if (
    typeOf(of).startsWith("type(type(") ||
    (name === "max" && textAt(of, source).startsWith("type("))
  ) {
    return [whole(node, `(${textAt(node, source)} - 1)`)];
  }
  const other = MEMBERS[name];
  const isOfMath = /^(Math|Math\.Rounding)$/.test(textAt(of, source));
  return other && isOfMath ? [whole(node, `${textAt(of, source)}.${other}`)] : [];
}

/** Puts another role of the contract in the place of one. */
function role({ node, parents, source }: Place): Edit[] {
  const name = textOf(node, "name");
  if (!name.endsWith("_ROLE") || typeOf(node) !== "bytes32") return [];
  const contract = parents.find(({ nodeType }) => nodeType === "ContractDefinition");
  const declared = contract ? listOf(contract, "nodes") : [];
  const roles = declared.map((one) => textOf(one, "name")).filter((one) => one.endsWith("_ROLE"));
  const other = roles[(roles.indexOf(name) + 1) % roles.length];
  return other && other !== name && textAt(node, source) === name ? [whole(node, other)] : [];
}

function call(place: Place): Edit[] {
  const { node, source } = place;
  const callee = childOf(node, "expression");
  const args = listOf(node, "arguments");
  const isCommutative = callee && COMMUTATIVE.has(textAt(callee, source));
  const edits = swaps(isCommutative ? args.slice(1) : args, source);
  const [first, second] = args;
  if (callee && first && second && textAt(callee, source) === "Math.ceilDiv") {
    edits.push(whole(node, `(${textAt(first, source)}) / (${textAt(second, source)})`));
  }
  return edits;
}

/** Swaps neighbours of equal type. */
function swaps(nodes: readonly AstNode[], source: string): Edit[] {
  return nodes.flatMap((left, i) => {
    const right = nodes[i + 1];
    if (!right || typeOf(left) !== typeOf(right) || typeOf(left).startsWith("type(")) return [];
    const [a, b] = [spanOf(left), spanOf(right)];
    const text = textAt(right, source) + source.slice(a.end, b.start) + textAt(left, source);
    return a.end <= b.start ? [{ start: a.start, end: b.end, text }] : [];
  });
}

const TAKES_CONDITION = new Set(["Conditional", "ForStatement", "IfStatement", "WhileStatement"]);

/** Negates a condition, or a result, that no rule for operators changes. */
function editsOfCondition({ node, parents, source }: Place): Edit[] {
  const above = parents.at(-1);
  if (!above || typeOf(node) !== "bool") return [];
  if (["BinaryOperation", "UnaryOperation", "Literal"].includes(node.nodeType)) return [];
  const isCondition = TAKES_CONDITION.has(above.nodeType) && above["condition"] === node;
  const isResult = above.nodeType === "Return" || above["initialValue"] === node;
  return isCondition || isResult ? [whole(node, `!(${textAt(node, source)})`)] : [];
}

function between(
  { node, source }: Place,
  left: string,
  right: string,
  operators: Readonly<Record<string, string>>,
): Edit[] {
  const [a, b] = [childOf(node, left), childOf(node, right)];
  const operator = textOf(node, "operator");
  const other = operators[operator];
  if (!a || !b || !other) return [];
  const start = source.indexOf(operator, spanOf(a).end);
  return start < spanOf(b).start ? [{ start, end: start + operator.length, text: other }] : [];
}

function whole(node: AstNode, text: string): Edit {
  return { ...spanOf(node), text };
}

function textAt(node: AstNode, source: string): string {
  const { start, end } = spanOf(node);
  return source.slice(start, end);
}
