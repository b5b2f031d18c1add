import { childOf, listOf, spanOf } from "./ast";
import type { AstNode } from "./ast";
import type { Edit, Place } from "./source";

const REMOVED = new Set([
  "Break",
  "Continue",
  "EmitStatement",
  "ExpressionStatement",
  "IfStatement",
  "Return",
  "RevertStatement",
  "YulAssignment",
  "YulExpressionStatement",
]);

/** Lists the edits that remove what a function does: statements, checks, events, results and modifiers. */
export function editsOfStatement(place: Place): Edit[] {
  const { node, source } = place;
  if (node.nodeType === "ModifierInvocation" && node["kind"] === "modifierInvocation") {
    return [{ ...spanOf(node), text: "" }];
  }
  if (!REMOVED.has(node.nodeType) || isRemovedWithItsIf(place)) return [];
  const isLoopExpression = place.parents.at(-1)?.["loopExpression"] === node;
  if (isLoopExpression || node.nodeType.startsWith("Yul")) return [{ ...spanOf(node), text: "" }];
  // The else of an if stays, with nothing to do before it.
  const falseBody = childOf(node, "falseBody");
  if (falseBody) {
    const trueBody = childOf(node, "trueBody");
    return trueBody
      ? [...(isBlock(trueBody) ? [removed(trueBody, source)] : []), removed(falseBody, source)]
      : [];
  }
  return [removed(node, source)];
}

function removed(node: AstNode, source: string): Edit {
  const { start, end } = spanOf(node);
  const semicolon = /^\s*;/.exec(source.slice(end));
  return { start, end: end + (semicolon?.[0].length ?? 0), text: "{}" };
}

/** Returns whether a statement is all that an `if` without an `else` does. */
function isRemovedWithItsIf({ node, parents }: Place): boolean {
  const above = parents.at(-1);
  const body = above && isBlock(above) ? above : node;
  const statement = body === node ? above : parents.at(-2);
  const isAll = body === node || listOf(body, "statements").length === 1;
  return statement?.nodeType === "IfStatement" && !childOf(statement, "falseBody") && isAll;
}

function isBlock({ nodeType }: AstNode): boolean {
  return nodeType === "Block" || nodeType === "UncheckedBlock";
}
