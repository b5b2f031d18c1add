import { toQuantity } from "ethers";
import fc from "fast-check";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { encodeBroadcast } from "../../shared/broadcasting";
import { ceilDiv } from "../../shared/indexes";

import { both, command } from "../command";
import type { Model } from "../model";
import { SATELLITES } from "../names";
import type { Refusal, Satellite } from "../names";
import { AMPLE } from "../system";
import type { System } from "../system";
import type { Told } from "../types";

const router = released("router").interface;
const RECEIVER_GAS = 150_000n;
const MILLION = 1_000_000n;

const anySatellite = fc.constantFrom(...SATELLITES);

/** Changes beyond every band, as fractions; the last leads below the lowest index. */
const ABSURD: readonly (readonly [times: bigint, parts: bigint])[] = [
  [2n, 1n],
  [1_000n, 1n],
  [1n, 2n],
  [1n, 1_000n],
  [1n, 10n ** 7n],
];

/** A broadcaster that was taken over says what no controller would allow. */
const absurdLie = command(
  "broadcast an absurd index",
  fc.record({
    to: anySatellite,
    ahead: fc.constantFrom(1n, 2n, 3n, 2_000n),
    factor: fc.constantFrom(...ABSURD),
    delay: fc.constantFrom(0n, 0n, 3_600n, 100n * 86_400n),
  }),
  {
    run: (model, real, { to, ahead, factor: [times, parts], delay }) => {
      const { home } = model;
      const index = (home.k * times) / parts;
      const effectiveAt = delay === 0n ? 0n : home.now + delay;
      const epoch = home.index.epoch + ahead;
      const told = { epoch, current: index, next: index, effectiveAt, sentAt: home.now };
      return say(model, real, to, { ...told, isLie: true });
    },
  },
);

/** A broadcaster that was taken over has a satellite move step by step, each about as large as its band allows. */
const nearLies = command(
  "broadcast false indexes nearby",
  fc.record({
    to: anySatellite,
    count: fc.bigInt(1n, 6n),
    way: fc.constantFrom("growth", "loss"),
    beyond: fc.constantFrom(0n, 0n, 1n, -1_000n),
    delay: fc.constantFrom(0n, 0n, 59n, 3_600n),
    isCurrent: fc.boolean(),
  }),
  {
    run: async (model, real, { to, count, way, beyond, delay, isCurrent }) => {
      const { index, k, breaker } = model.chains[to];
      const { maxGrowth = 0n, maxLoss = 0n } = breaker?.band ?? {};
      let before = k;
      for (let step = 1n; step <= count; step++) {
        const next =
          way === "growth"
            ? (before * MILLION) / (MILLION + maxGrowth) - beyond
            : ceilDiv(before * MILLION, MILLION - maxLoss) + beyond;
        const { now } = model.home;
        const effectiveAt = delay === 0n ? 0n : now + delay;
        const current = isCurrent ? next : before;
        const told = { epoch: index.epoch + step, current, next, effectiveAt, sentAt: now };
        const refusal = await say(model, real, to, told);
        if (refusal) return refusal;
        real.publish(told);
        before = next;
      }
      return undefined;
    },
  },
);

/** Sends an index to a satellite as the broadcaster itself. */
async function say(model: Model, real: System, to: Satellite, told: Told): Promise<Refusal> {
  const { receiver } = real.s[to].contracts;
  const payload = encodeBroadcast(told, told.sentAt);
  const message = toRouterMessage({ receiver, data: payload, gasLimit: RECEIVER_GAS });
  const data = router.encodeFunctionData("ccipSend", [real.chain(to).selector, message]);
  const { broadcaster: address } = real.s.home.contracts;
  const { provider, ccip } = real.s.ccipChain(real.s.home);
  await provider.send("hardhat_impersonateAccount", [address]);
  await provider.send("hardhat_setBalance", [address, toQuantity(100n * AMPLE)]);
  const call = { to: ccip.router, data, value: AMPLE };
  return both(model, real, "home", real.transact("home", { address }, call), (outcome) => {
    const lane = { from: "home", to } as const;
    if (model.isCursed(lane)) return "CursedByRMN";
    const [sent] = real.record(outcome);
    if (sent) model.leave(sent.messageId, lane, { kind: "index", told });
    return undefined;
  });
}

const accept = command("accept", anySatellite, {
  possible: ({ chains }, role) => {
    const held = chains[role].breaker?.held;
    return held !== undefined && !held.isLie;
  },
  run: (model, real, role) => decide(model, real, role, "by the unpauser"),
});

const reject = command("reject", anySatellite, {
  possible: ({ chains }, role) => chains[role].breaker?.held !== undefined,
  run: (model, real, role) => decide(model, real, role, "not"),
});

/** A person decides about what a satellite holds back. */
export function decide(
  model: Model,
  real: System,
  role: Satellite,
  accepted: "by the unpauser" | "by the owner" | "not",
): Promise<Refusal> {
  const chain = model.chains[role];
  const { breaker } = chain;
  if (!breaker?.held) throw new Error(`${role} holds nothing back.`);
  const { epoch, current, next, effectiveAt } = breaker.held;
  const held = [epoch, current, next, effectiveAt] as const;
  const data =
    accepted === "not"
      ? abi.receiver.encodeFunctionData("reject", [...held])
      : abi.receiver.encodeFunctionData("accept", [...held]);
  const call = { to: real.s[role].contracts.receiver, data };
  const action =
    accepted === "by the owner"
      ? real.govern(role, [call])
      : real.transact(role, accepted === "not" ? "guardian" : "operations", call);
  return both(model, real, role, action, () => {
    if (accepted === "not") {
      if (breaker.held) breaker.held.isRejected = true;
      return undefined;
    }
    const index = breaker.accept(chain.index, chain.now, accepted === "by the owner");
    if (typeof index === "string") return index;
    chain.index = index;
    real.bases.delete(role);
    return undefined;
  });
}

export const quarantineCommands = [
  { weight: 2, arbitrary: absurdLie },
  { weight: 1, arbitrary: nearLies },
  { weight: 2, arbitrary: accept },
  { weight: 2, arbitrary: reject },
];
