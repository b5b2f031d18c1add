import { expect } from "chai";

import { UNCHANGED } from "../../lib/core/growth";
import { isConserved } from "../../lib/supply/audit";
import { max } from "../shared/minmax";

import { introduce, unknownPools } from "./commands/changes";
import { meetAt, setCurse, setHold, setPause } from "./commands/conditions";
import { deliverAll, executeByHand } from "./commands/delivery";
import { decide } from "./commands/quarantine";
import { broadcastTo, rebaseAfter, untilAllowed } from "./commands/rebasing";
import { expectInvariants } from "./invariants";
import type { Model } from "./model";
import { LANES, ROLES, SATELLITES } from "./names";
import type { System } from "./system";

/**
 * Ends a sequence as its operators would: everything is lifted, every message arrives, all chains count by home's index,
 * and the product's own audit finds every share.
 */
export async function settle(model: Model, real: System): Promise<void> {
  await lift(model, real);
  await meetAt(model, real);
  await arrive(model, real);
  await agree(model, real);
  await meetAt(model, real, model.home.index.effectiveAt);
  await expectInvariants(model, real);

  const [index, ...others] = ROLES.map((role) => model.chains[role].index);
  for (const other of others) expect(other, "index of a satellite").to.deep.equal(index);
  expect(model.flights.filter(({ state }) => state !== "done")).to.deep.equal([]);
  const audit = await real.s.audit();
  expect(audit.checks.filter(({ holds }) => !holds)).to.deep.equal([]);
  expect(audit.inFlight).to.deep.equal([]);
  expect(isConserved(audit)).to.equal(true);
}

async function lift(model: Model, real: System): Promise<void> {
  for (const role of ROLES) {
    if (model.chains[role].paused) await setPause(model, real, role, false);
  }
  for (const lane of LANES) {
    if (model.isCursed(lane)) await setCurse(model, real, lane, false);
    setHold(model, real, lane, false);
  }
  for (const unknown of unknownPools(model, real)) await introduce(model, real, unknown);
}

async function arrive(model: Model, real: System): Promise<void> {
  await deliverAll(model, real);
  for (const flight of model.flights) {
    if (flight.state === "failed") await executeByHand(model, real, flight);
  }
}

/** Tells satellites the truth: they forget a lie with a newer epoch, and a person accepts what is true and too far away. */
async function agree(model: Model, real: System): Promise<void> {
  const epochs = SATELLITES.flatMap((role) => {
    const { index, breaker } = model.chains[role];
    return [index.epoch, breaker?.held?.epoch ?? 0n];
  });
  const newest = max(0n, ...epochs);
  while (model.home.index.epoch <= newest) {
    await untilAllowed(model, real, 0n);
    expect(await rebaseAfter(model, real, UNCHANGED, 0n)).to.equal(undefined);
  }
  await meetAt(model, real);
  await broadcastTo(model, real, SATELLITES);
  await arrive(model, real);
  for (const role of SATELLITES) {
    if (model.chains[role].breaker?.held) await decide(model, real, role, "by the owner");
  }
}
