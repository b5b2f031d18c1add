import fc from "fast-check";
import { mineAt } from "ccip-localnet";

import { abi } from "../../../lib/core/abis";
import { max } from "../../shared/minmax";
import type { ChainRole } from "../../shared/scenario";

import { anyLane, anyRole, both, command } from "../command";
import type { Model } from "../model";
import { laneKey, pairKey, ROLES } from "../names";
import type { LaneName, Refusal } from "../names";
import { byRole } from "../system";
import type { System } from "../system";

const curse = command("curse or uncurse", anyLane, {
  run: async (model, real, lane) => {
    await setCurse(model, real, lane, !model.isCursed(lane));
    return undefined;
  },
});

/** Curses a pair of chains at both ends, or lifts the curse. */
export async function setCurse(
  model: Model,
  real: System,
  lane: LaneName,
  isCursed: boolean,
): Promise<void> {
  const route = { from: real.chain(lane.from), to: real.chain(lane.to) };
  await (isCursed ? real.s.curse(route) : real.s.uncurse(route));
  if (isCursed) model.cursed.add(pairKey(lane));
  else model.cursed.delete(pairKey(lane));
}

const hold = command("hold or release", anyLane, {
  run: (model, real, lane) => {
    setHold(model, real, lane, !model.held.has(laneKey(lane)));
    return Promise.resolve(undefined);
  },
});

/** Has rounds of CCIP pass over a lane, or not. */
export function setHold(model: Model, real: System, lane: LaneName, isHeld: boolean): void {
  const { faults } = real.s.ccip;
  if (isHeld) {
    faults.hold(real.lane({ ...lane, ramps: 0 }));
    model.held.add(laneKey(lane));
  } else {
    faults.clear(real.lane({ ...lane, ramps: 0 }));
    model.held.delete(laneKey(lane));
  }
}

const pause = command("pause or unpause", fc.record({ role: anyRole, isAgain: fc.nat(9) }), {
  run: (model, real, { role, isAgain }) => {
    const { paused } = model.chains[role];
    return setPause(model, real, role, isAgain === 9 ? paused : !paused);
  },
});

/** The guardian pauses a chain, or operations unpauses it; neither does so twice. */
export function setPause(
  model: Model,
  real: System,
  role: ChainRole,
  isPaused: boolean,
): Promise<Refusal> {
  const { token: to } = real.chain(role).contracts;
  const data = isPaused
    ? abi.token.encodeFunctionData("pause")
    : abi.token.encodeFunctionData("unpause");
  const action = real.transact(role, isPaused ? "guardian" : "operations", { to, data });
  return both(model, real, role, action, () => {
    const chain = model.chains[role];
    if (chain.paused === isPaused) return isPaused ? "EnforcedPause" : "ExpectedPause";
    chain.paused = isPaused;
    return undefined;
  });
}

const wait = command(
  "let time pass",
  fc.record({ role: anyRole, seconds: fc.constantFrom(1n, 59n, 60n, 600n, 3_600n, 86_400n) }),
  {
    run: async (_, real, { role, seconds }) => {
      await real.wait(role, seconds);
      return undefined;
    },
  },
);

const meet = command("bring all clocks together", fc.constant(undefined), {
  run: async (model, real) => {
    await meetAt(model, real);
    return undefined;
  },
});

/** Moves all clocks to one second, the first that none has passed, or a later one. */
export async function meetAt(model: Model, real: System, at = 0n): Promise<void> {
  const times = await byRole((role) => real.now(role));
  const next = max(at, ...ROLES.map((role) => times[role] + 1n));
  await mineAt(real.s.chains, Number(next));
  for (const role of ROLES) model.chains[role].now = next;
}

export const conditionCommands = [
  { weight: 2, arbitrary: curse },
  { weight: 1, arbitrary: hold },
  { weight: 3, arbitrary: pause },
  { weight: 2, arbitrary: wait },
  { weight: 1, arbitrary: meet },
];
