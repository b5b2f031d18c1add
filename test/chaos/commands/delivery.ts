import { expect } from "chai";
import fc from "fast-check";
import { DeliveryError, TransactionFailedError } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";

import { expectedOf } from "../../shared/ccipExpectations";
import { executeManually, executionCall } from "../../shared/executeManually";
import { failureOf, reasonOf } from "../../shared/scenario";

import { agreed, anyPlace, at, both, command } from "../command";
import type { Model } from "../model";
import { laneKey, LANES } from "../names";
import type { Refusal, Way } from "../names";
import { refusalOf } from "../system";
import type { System } from "../system";
import type { Flight } from "../types";

/** The reasons that CCIP gives when there is too little gas, or the lack of one. */
const OUT_OF_GAS = /InsufficientGas|NotEnoughGas|NoGasFor|no reason given \(out of gas/;

/** The ways on which there are messages in a state. */
function ways({ flights }: Model, state: Flight["state"]): Way[] {
  const found = flights.filter((flight) => flight.state === state);
  return [...new Map(found.map((way) => [`${laneKey(way)} ${way.ramps}`, way])).values()];
}

function flightsOn({ flights }: Model, way: Way, state: Flight["state"]): Flight[] {
  const isOnIt = (one: Flight) => laneKey(one) === laneKey(way) && one.ramps === way.ramps;
  return flights.filter((one) => isOnIt(one) && one.state === state);
}

/** Has an action fail for a reason, or return something when there is none. */
async function unless<T>(reason: string | undefined, action: Promise<T>): Promise<T | undefined> {
  if (reason === undefined) return action;
  expect(await failureOf(action)).to.contain(reason);
  return undefined;
}

const verify = command(
  "verify",
  fc.record({ place: anyPlace, count: fc.integer({ min: 1, max: 3 }) }),
  {
    possible: (model) => ways(model, "sent").length > 0,
    run: async (model, real, { place, count }) => {
      const way = at(ways(model, "sent"), place);
      if (!way) return undefined;
      const lane = real.lane(way);
      const { refusesCursedCommits } = expectedOf(lane.source.ccip.version);
      const refusal = model.isCursed(way) && refusesCursedCommits ? "CursedByRMN" : undefined;
      const verified = await unless(refusal, real.s.ccip.verify(lane, count));
      if (!verified) return refusal;
      const wanted = flightsOn(model, way, "sent").slice(0, count);
      expect(verified.map(({ messageId }) => messageId)).to.deep.equal(wanted.map(({ id }) => id));
      for (const flight of wanted) flight.state = "verified";
      return undefined;
    },
  },
);

const execute = command(
  "execute",
  fc.record({ place: anyPlace, picks: fc.array(anyPlace, { minLength: 1, maxLength: 3 }) }),
  {
    possible: (model) => ways(model, "verified").length > 0,
    run: async (model, real, { place, picks }) => {
      const way = at(ways(model, "verified"), place);
      if (!way) return undefined;
      const ready = flightsOn(model, way, "verified");
      const wanted = [...new Set(picks.flatMap((pick) => at(ready, pick) ?? []))];
      const messages = wanted.map(({ id }) => real.message(id));
      const lane = real.lane(way);
      const isCursed = model.isCursed(way);
      const { skipsCursedExecutions } = expectedOf(lane.source.ccip.version);
      const refusal = isCursed && !skipsCursedExecutions ? "CursedByRMN" : undefined;
      const deliveries = await unless(refusal, real.s.ccip.execute(lane, messages));
      expect(deliveries?.map(({ messageId }) => messageId) ?? []).to.deep.equal(
        isCursed ? [] : wanted.map(({ id }) => id),
      );
      await arrived(model, real, deliveries ?? []);
      return isCursed ? "CursedByRMN" : undefined;
    },
  },
);

const deliver = command("deliver", fc.constant(undefined), {
  possible: ({ flights }) => flights.some(({ state }) => state === "sent" || state === "verified"),
  run: async (model, real) => {
    await deliverAll(model, real);
    return undefined;
  },
});

/** One round of CCIP over all lanes that are neither held nor cursed. */
export async function deliverAll(model: Model, real: System): Promise<void> {
  const wanted = model.flights.filter(
    (flight) =>
      (flight.state === "sent" || flight.state === "verified") &&
      !model.held.has(laneKey(flight)) &&
      !model.isCursed(flight),
  );
  const deliveries = await real.s.deliver();
  expect(deliveries.map(({ messageId }) => messageId)).to.have.members(wanted.map(({ id }) => id));
  await arrived(model, real, deliveries);
}

const byHand = command("execute by hand", anyPlace, {
  possible: ({ flights }) => flights.some(({ state }) => state === "failed"),
  run: (model, real, place) => {
    const flight = at(
      model.flights.filter(({ state }) => state === "failed"),
      place,
    );
    return flight ? executeByHand(model, real, flight) : Promise.resolve(undefined);
  },
});

/** Executes a failed message as a third party: it arrives, or fails again for the reason that there is now. */
export async function executeByHand(model: Model, real: System, flight: Flight): Promise<Refusal> {
  const signer = real.s.signer(real.chain(flight.to), "thirdParty");
  const action = executeManually(real.lane(flight), flight.id, signer, {}, real.s.ccip);
  const refusal = await action.then((execution) => {
    real.recordDeliveries([execution]);
    return execution.state === "success" ? undefined : reasonOf(execution);
  }, refusalOf);
  model.chains[flight.to].now = await real.now(flight.to);
  return agreed(refusal, model.isCursed(flight) ? "CursedByRMN" : model.arrive(flight));
}

const repeat = command("repeat", anyPlace, {
  possible: ({ flights }) => flights.some(({ state }) => state === "done"),
  run: async (model, real, place) => {
    const flight = at(
      model.flights.filter(({ state }) => state === "done"),
      place,
    );
    if (!flight) return undefined;
    const lane = real.lane(flight);
    const call = await executionCall(lane, real.message(flight.id), real.s.ccip);
    const { revertsWhenRepeated } = expectedOf(lane.source.ccip.version);
    const skipped = revertsWhenRepeated ? "SkippedAlreadyExecutedMessage" : undefined;
    const action = real.transact(flight.to, "thirdParty", call);
    await both(model, real, flight.to, action, () =>
      model.isCursed(flight) ? "CursedByRMN" : skipped,
    );
    return undefined;
  },
});

const failByGas = command(
  "execute with little gas",
  fc.record({ place: anyPlace, gas: fc.noShrink(fc.bigInt(60_000n, 260_000n)) }),
  {
    possible: (model) => ways(model, "verified").some((way) => !model.isCursed(way)),
    run: async (model, real, { place, gas }) => {
      const open = ways(model, "verified").filter((way) => !model.isCursed(way));
      const way = at(open, place);
      if (!way) return undefined;
      const { s } = real;
      // The faults of a lane bind rounds alone, so all the others are held for one.
      const others = LANES.filter((lane) => laneKey(lane) !== laneKey(way));
      for (const lane of others) s.ccip.faults.hold(real.lane({ ...lane, ramps: 0 }));
      s.ccip.faults.clear(real.lane(way));
      s.ccip.faults.verifierDown(real.lane(way));
      s.ccip.faults.executorGas(real.lane(way), gas);
      const deliveries = await s.deliver().catch((error: unknown) => {
        // What reverts as a whole was not tried.
        if (
          error instanceof DeliveryError &&
          error.errors.every((one) => one instanceof TransactionFailedError)
        ) {
          return error.deliveries;
        }
        throw error;
      });
      s.ccip.faults.clear();
      for (const lane of LANES) {
        if (model.held.has(laneKey(lane))) s.ccip.faults.hold(real.lane({ ...lane, ramps: 0 }));
      }
      const hasArrived = (delivery: Delivery) => delivery.state === "success";
      for (const delivery of deliveries.filter((one) => !hasArrived(one))) {
        const flight = flightOf(model, delivery.messageId);
        flight.state = "failed";
        const reason = reasonOf(delivery);
        if (!OUT_OF_GAS.test(reason)) agreed(reason, model.refuses(flight));
      }
      await arrived(model, real, deliveries.filter(hasArrived));
      return deliveries.some(({ state }) => state === "failure")
        ? undefined
        : "enough, or none at all";
    },
  },
);

/**
 * Has messages arrive in the model as they did on the chains, each at the time of its block, and with the balance change
 * that the pool has told CCIP.
 */
async function arrived(model: Model, real: System, deliveries: readonly Delivery[]): Promise<void> {
  real.recordDeliveries(deliveries);
  const expected: bigint[] = [];
  for (const { messageId, state, returnData, transactionHash } of deliveries) {
    const flight = flightOf(model, messageId);
    const to = model.chains[flight.to];
    to.now = await real.timeOf(flight.to, transactionHash);
    const increase = model.increaseBy(flight);
    const refusal = state === "success" ? undefined : reasonOf({ returnData });
    if (!agreed(refusal, model.arrive(flight)) && increase !== undefined) expected.push(increase);
  }
  expect(await real.releasedIn(deliveries), "I25, what pools say of balances").to.deep.equal(
    expected,
  );
}

function flightOf({ flights }: Model, messageId: string): Flight {
  const flight = flights.find(({ id }) => id === messageId);
  if (!flight) throw new Error(`The model has no message ${messageId}.`);
  return flight;
}

export const deliveryCommands = [
  { weight: 5, arbitrary: verify },
  { weight: 8, arbitrary: execute },
  { weight: 3, arbitrary: deliver },
  { weight: 4, arbitrary: byHand },
  { weight: 1, arbitrary: repeat },
  { weight: 3, arbitrary: failByGas },
];
