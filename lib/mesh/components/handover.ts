import { ZeroAddress } from "ethers";

import { abi } from "../../core/abis";
import type { PlannedChain } from "../planned";
import type { Step } from "../step";
import { DONE, TO_DO, change, stepOn, when, who } from "../stepBuilders";
import { administrationsOf } from "./administration";
import { delayAt } from "./defaultAdmin";
import { operationCalls, waitingUntil } from "./timelock/calls";

/**
 * Returns whether a new pool joins a chain that its timelock administers already. The pool is handed over before it may
 * mint, because its owner, the deployer until then, could mint through it.
 */
export function joinsLate({ chain, now }: PlannedChain): boolean {
  const { timelock } = chain.contracts;
  return (
    now.token.admin === timelock &&
    now.registry.administrator === timelock &&
    now.pool.owner !== timelock
  );
}

/** Returns the steps that set the delay of each default admin's hand-over. */
export function handoverDelaySteps({ mesh: { config }, chain, now }: PlannedChain): Step[] {
  const declared = BigInt(config.admin.handoverDelay);
  return administrationsOf(chain, now).flatMap(({ part, defaultAdmin, call }) => {
    if (!defaultAdmin) return [];
    const { delay, pendingDelay } = delayAt(now.timestamp, defaultAdmin);
    const isScheduled = pendingDelay?.delay === declared;
    const reason = "the delay of a changed delay";
    return [
      stepOn(chain, `${part}/handover delay`, {
        title: `set the delay of a hand-over of the ${part}'s default admin to ${declared} s`,
        changes: [change("hand-over delay", `${pendingDelay?.delay ?? delay} s`, `${declared} s`)],
        ...(isScheduled && { status: { kind: "waiting", reason, until: pendingDelay.from } }),
        // Cancelling a scheduled change would need a different call once that change takes effect.
        call: call(abi.token.encodeFunctionData("changeDefaultAdminDelay", [declared])),
      }),
    ];
  });
}

/** Returns the steps that offer every administration to the timelock, which accepts them through a proposal. */
export function handoverSteps(at: PlannedChain, before: readonly Step[]): Step[] {
  const { chain, now } = at;
  const { timelock } = chain.contracts;
  const administrations = administrationsOf(chain, now);
  const offers = administrations.map(({ part, holder, offers: made, call, offer }) =>
    stepOn(chain, `${part}/offer`, {
      title: `offer the ${part} to the timelock`,
      changes: [change("offered to", who(undefined), timelock)],
      status: when(holder === timelock || made.some(({ to }) => to === timelock)),
      after: before.map(({ id }) => id),
      call: call(offer(timelock)),
    }),
  );
  const missing = administrations.filter(({ holder }) => holder !== timelock);
  const isAccepted = missing.length === 0;
  const { state, readyAt } = now.acceptance;
  const { schedule, execute } = operationCalls(at, now.acceptance);
  const propose = stepOn(chain, "timelock/propose", {
    title: "propose that the timelock accepts what was offered to it",
    changes: [change("proposal", "none", `accept ${missing.map(({ part }) => part).join(", ")}`)],
    status: when(isAccepted || state !== "unset"),
    after: offers.map(({ id }) => id),
    call: schedule,
  });
  const times = missing.map(({ defaultAdmin }) => (defaultAdmin?.acceptableAfter ?? -1n) + 1n);
  const earliest = times.reduce((a, b) => (a > b ? a : b), readyAt);
  const isWaiting = state !== "unset" && now.timestamp < earliest;
  const accept = stepOn(chain, "timelock/accept", {
    title: "let the timelock accept it",
    changes: missing.map(({ part, holder }) =>
      change(`owner of the ${part}`, who(holder), timelock),
    ),
    status: isAccepted ? DONE : isWaiting ? waitingUntil(earliest) : TO_DO,
    after: [propose.id],
    call: execute,
  });
  return [...offers, propose, accept];
}

/** Returns the steps that withdraw offers to any account but the timelock. */
export function withdrawalSteps({ chain, now }: PlannedChain): Step[] {
  return administrationsOf(chain, now).flatMap(({ part, holder, offers, call, offer }) =>
    offers
      // Until the token is registered, its admin is the pending administrator.
      .filter(({ to }) => to !== chain.contracts.timelock && holder !== ZeroAddress)
      .map(({ to }) =>
        stepOn(chain, `${part}/offer to ${to}`, {
          title: `take back the ${part}, which was offered to ${to}`,
          changes: [change("offered to", to, who(undefined))],
          call: call(offer(ZeroAddress)),
        }),
      ),
  );
}
