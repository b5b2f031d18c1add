import { expect } from "chai";
import { MaxUint256, ZeroAddress } from "ethers";
import fc from "fast-check";

import { abi } from "../../../lib/core/abis";
import { UNCHANGED } from "../../../lib/core/growth";

import { both, command } from "../command";
import type { Model } from "../model";
import { SATELLITES } from "../names";
import type { Refusal, Satellite } from "../names";
import { AMPLE } from "../system";
import type { Outcome, System } from "../system";

/** A change of all balances, sometimes beyond what the controller allows. */
const anyFactor = fc
  .oneof(
    { weight: 9, arbitrary: fc.bigInt(-1_000n, 1_000n) },
    { weight: 6, arbitrary: fc.constantFrom(-1_000n, 1_000n) },
    { weight: 1, arbitrary: fc.constantFrom(-1_001n, 1_001n, 5_000n) },
  )
  .map((bps) => UNCHANGED + (bps * UNCHANGED) / 10_000n);

/** Seconds until a rebase counts: at once, the usual delay, more, and too many. */
const anyDelay = fc.constantFrom(0n, 600n, 601n, 7_200n, 86_400n, 86_401n);

const rebase = command(
  "rebase",
  fc.record({
    factor: anyFactor,
    delay: fc.oneof(
      { weight: 3, arbitrary: fc.constant(600n) },
      { weight: 1, arbitrary: anyDelay },
    ),
    patience: fc.constantFrom("exact", "exact", "a second short", "none"),
  }),
  {
    run: async (model, real, { factor, delay, patience }) => {
      const early = patience === "exact" ? 0n : 1n;
      if (patience !== "none") await untilAllowed(model, real, delay, early);
      return rebaseAfter(model, real, factor, delay);
    },
  },
);

const rebaseAtOnce = command("rebase at once", fc.bigInt(0n, 1_000n), {
  run: async (model, real, bps) => {
    await untilAllowed(model, real, 0n);
    return rebaseAfter(model, real, UNCHANGED - (bps * UNCHANGED) / 10_000n, 0n);
  },
});

/** Waits until the next block at home is the first in which the operator may rebase, or one that is too early. */
export async function untilAllowed(
  model: Model,
  real: System,
  delay: bigint,
  early = 0n,
): Promise<void> {
  const { home } = model;
  const after = model.earliest - delay;
  const first = home.index.effectiveAt > after ? home.index.effectiveAt : after;
  const until = first - early - 1n;
  if (until <= home.now) return;
  await real.wait("home", until - home.now);
  home.now = until;
}

/** The operator schedules a rebase. */
export function rebaseAfter(
  model: Model,
  real: System,
  factor: bigint,
  delay: bigint,
): Promise<Refusal> {
  const args = [factor, delay, model.home.index.epoch + 1n] as const;
  const data = abi.controller.encodeFunctionData("rebaseAfter", [...args]);
  const { controller: to } = real.s.home.contracts;
  return both(model, real, "home", real.transact("home", "rebaseOperator", { to, data }), () =>
    model.rebase(factor, delay),
  );
}

const replace = command("replace rebase", fc.record({ factor: anyFactor, delay: anyDelay }), {
  possible: ({ isPending }) => isPending,
  run: (model, real, { factor, delay }) => {
    const args = [factor, delay, model.home.index.epoch + 1n] as const;
    const data = abi.controller.encodeFunctionData("replacePending", [...args]);
    const { controller: to } = real.s.home.contracts;
    return both(model, real, "home", real.govern("home", [{ to, data }]), () =>
      model.replace(factor, delay),
    );
  },
});

const cancel = command("cancel rebase", fc.constant(undefined), {
  possible: ({ isPending }) => isPending,
  run: (model, real) => {
    const data = abi.controller.encodeFunctionData("cancelPending", [model.home.index.epoch + 1n]);
    const { controller: to } = real.s.home.contracts;
    return both(model, real, "home", real.govern("home", [{ to, data }]), () => model.cancel());
  },
});

const broadcast = command("broadcast", fc.subarray([...SATELLITES], { minLength: 1 }), {
  run: (model, real, to) => broadcastTo(model, real, to),
});

/** A third party pays for messages to some satellites. */
export function broadcastTo(
  model: Model,
  real: System,
  to: readonly Satellite[],
): Promise<Refusal> {
  const selectors = to.map((role) => real.chain(role).selector);
  const data = abi.broadcaster.encodeFunctionData("broadcast", [selectors, ZeroAddress, AMPLE]);
  const call = { to: real.s.home.contracts.broadcaster, data, value: AMPLE };
  return both(model, real, "home", real.transact("home", "thirdParty", call), (outcome) =>
    told(model, real, to, outcome),
  );
}

const broadcastPending = command("broadcast pending", fc.constant(undefined), {
  run: (model, real) => {
    const args = [ZeroAddress, MaxUint256, 0n] as const;
    const data = abi.broadcaster.encodeFunctionData("broadcastPending", [...args]);
    const call = { to: real.s.home.contracts.broadcaster, data, value: AMPLE };
    return both(model, real, "home", real.transact("home", "thirdParty", call), (outcome) => {
      const pending = SATELLITES.filter((role) => model.sent[role] < model.home.index.epoch);
      return told(model, real, pending, outcome);
    });
  },
});

/** The messages of a broadcast leave in the model, one over each lane that is not cursed. */
function told(model: Model, real: System, to: readonly Satellite[], outcome: Outcome): Refusal {
  const messages = real.record(outcome);
  const open = to.filter((role) => !model.isCursed({ from: "home", to: role }));
  const selectors = messages.map(({ destinationSelector }) => destinationSelector);
  expect(selectors).to.deep.equal(open.map((role) => real.chain(role).selector));
  const index = { ...model.home.index, sentAt: model.home.now };
  open.forEach((role, i) => {
    const { messageId = "" } = messages[i] ?? {};
    model.leave(messageId, { from: "home", to: role }, { kind: "index", told: index });
    model.sent[role] = index.epoch;
  });
  return undefined;
}

export const rebasingCommands = [
  { weight: 3, arbitrary: rebase },
  { weight: 1, arbitrary: rebaseAtOnce },
  { weight: 2, arbitrary: replace },
  { weight: 2, arbitrary: cancel },
  { weight: 3, arbitrary: broadcast },
  { weight: 2, arbitrary: broadcastPending },
];
