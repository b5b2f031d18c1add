import type { Revert } from "ccip-localnet/protocol";

import { errorText, innermost } from "../revert/revert";

import { CCIP_REASONS, curseText, uncurse } from "./ccip";
import { LISTENER_REASONS } from "./listeners";
import { OPENZEPPELIN_REASONS } from "./openzeppelin";
import { POOL_REASONS } from "./pool";
import { PROPOSAL_REASONS } from "./proposals";
import type { Explanation, ReasonContext, Reasons, Values } from "./reason";
import { REBASE_REASONS } from "./rebase";
import { TOKEN_REASONS } from "./token";
import { VERIFIER_REASONS } from "./verifiers";
import { WRAPPED_REASONS } from "./wrapped";

/** The catalogue of revert reasons: every custom error that a user or an operator can meet. */
export const REASONS: Reasons = {
  ...OPENZEPPELIN_REASONS,
  ...TOKEN_REASONS,
  ...REBASE_REASONS,
  ...LISTENER_REASONS,
  ...PROPOSAL_REASONS,
  ...POOL_REASONS,
  ...CCIP_REASONS,
  ...VERIFIER_REASONS,
  ...WRAPPED_REASONS,
};

/**
 * Explains the innermost error of a revert. A lane of CCIP 2.0 quotes under a curse, so a send that was
 * refused for another reason names the curse as well.
 */
export function explainRevert(context: ReasonContext, revert: Revert): Explanation {
  const inner = innermost(revert);
  const { name } = inner;
  const unknown =
    name === "empty"
      ? `${context.chain} refused it without a reason.`
      : `${context.chain} refused it with ${errorText(inner)}, which the catalogue of reasons does not have.`;
  const explanation = explainReason(context, name, inner.values, unknown);
  const isCurse = name === "CursedByRMN" || name === "BadARMSignal";
  if (!context.curse || isCurse || context.direction === "execution") return explanation;
  return {
    ...explanation,
    why: `${explanation.why} ${curseText(context)}`,
    fixes: [uncurse(context), ...explanation.fixes],
  };
}

/**
 * Explains an error that was met, or will be.
 * @param unknown the cause of one that the catalogue does not have.
 */
export function explainReason(
  context: ReasonContext,
  name: string,
  values: Values = {},
  unknown = "",
): Explanation {
  const reason = REASONS[name];
  if (!reason) return { name, why: unknown, fixes: [], isFinal: false };
  const { brief, passes, why, isFinal } = reason;
  // A cause in a sentence of its own leaves the advice out.
  const advice = why && passes !== "never" ? brief.split(": ").slice(1) : [];
  const { fixes = advice } = reason;
  return {
    name,
    why: why?.(context, values) ?? `${brief.charAt(0).toUpperCase()}${brief.slice(1)}.`,
    fixes: [typeof fixes === "function" ? fixes(context, values) : fixes]
      .flat()
      .map((fix) => (typeof fix === "string" ? { note: fix } : fix)),
    isFinal: isFinal?.(context) ?? passes === "never",
  };
}

/** Returns the cause of a revert as a clause, with the error's name: for lines without room or context. */
export function briefReason(revert: Revert): string {
  const { name, args } = innermost(revert);
  const reason = REASONS[name];
  if (reason) return `${reason.brief} (${name})`;
  if (name === "empty") return "it ran out of gas, or gave no reason";
  return args.length > 0 ? `${name}: ${args.join(", ")}` : name;
}

/** Returns whether no retry helps until something is fixed, if ever; false for an error that is not in the catalogue. */
export function isPermanent(revert: Revert): boolean {
  const reason = REASONS[innermost(revert).name];
  return reason !== undefined && reason.passes !== "by itself";
}
