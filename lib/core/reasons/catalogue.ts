import type { Revert } from "ccip-localnet/protocol";

import { errorText, innermost } from "../revert/revert";

import { CCIP_REASONS, curseText, uncurse } from "./ccip";
import { OPENZEPPELIN_REASONS } from "./openzeppelin";
import { POOL_REASONS } from "./pool";
import type { Explanation, Reason, ReasonContext, Reasons, Values } from "./reason";
import { REBASE_REASONS } from "./rebase";
import { TOKEN_REASONS } from "./token";
import { VERIFIER_REASONS } from "./verifiers";

/** The catalogue of revert reasons: every custom error that a user or an operator can meet. */
export const REASONS: Reasons = {
  ...OPENZEPPELIN_REASONS,
  ...TOKEN_REASONS,
  ...REBASE_REASONS,
  ...POOL_REASONS,
  ...CCIP_REASONS,
  ...VERIFIER_REASONS,
};

/** Returns the entry of an error; undefined when it has none. */
export function reasonOf(name: string): Reason | undefined {
  return Object.hasOwn(REASONS, name) ? REASONS[name] : undefined;
}

/**
 * Explains the innermost error of a revert. A lane of CCIP 2.0 quotes under a curse, so a send that was
 * refused for another reason names the curse as well.
 */
export function explainRevert(context: ReasonContext, revert: Revert): Explanation {
  const inner = innermost(revert);
  const explanation = explainError(context, inner);
  const isCurse = inner.name === "CursedByRMN" || inner.name === "BadARMSignal";
  if (!context.curse || isCurse || context.direction === "execution") return explanation;
  return {
    ...explanation,
    why: `${explanation.why} ${curseText(context)}`,
    fixes: [uncurse(context), ...explanation.fixes],
  };
}

function explainError(context: ReasonContext, inner: Revert): Explanation {
  const { name, values } = inner;
  if (reasonOf(name)) return explainReason(context, name, values);
  return {
    name,
    why:
      name === "empty"
        ? `${context.chain} refused it without a reason.`
        : `${context.chain} refused it with ${errorText(inner)}, which the catalogue of reasons does not have.`,
    fixes: [],
    isFinal: false,
  };
}

/**
 * Explains an error of the catalogue that was met, or will be.
 * @throws when the catalogue does not have it.
 */
export function explainReason(
  context: ReasonContext,
  name: string,
  values: Values = {},
): Explanation {
  const reason = reasonOf(name);
  if (!reason) throw new Error(`The catalogue of reasons has no ${name}.`);
  const {
    why = sentence(reason.brief),
    fixes = [],
    isFinal = reason.passes === "never",
  } = reason.explain?.(context, values) ?? {};
  return { name, why, fixes, isFinal };
}

/** Returns the cause of a revert as a clause, with the error's name: for lines without room or context. */
export function briefReason(revert: Revert): string {
  const inner = innermost(revert);
  const brief = reasonOf(inner.name)?.brief;
  if (brief !== undefined) return `${brief} (${inner.name})`;
  if (inner.name === "empty") return "it ran out of gas, or gave no reason";
  return inner.args.length > 0 ? `${inner.name}: ${inner.args.join(", ")}` : inner.name;
}

/** Returns whether no retry helps until something is fixed, if ever; false for an error that is not in the catalogue. */
export function isPermanent(revert: Revert): boolean {
  const reason = reasonOf(innermost(revert).name);
  return reason !== undefined && reason.passes !== "by itself";
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
