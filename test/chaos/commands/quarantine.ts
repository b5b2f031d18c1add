import { toQuantity } from "ethers";
import fc from "fast-check";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { encodeBroadcast } from "../../shared/broadcasting";

import { both, command } from "../command";
import type { Model } from "../model";
import { SATELLITES } from "../names";
import type { Refusal, Satellite } from "../names";
import { AMPLE } from "../system";
import type { System } from "../system";

const router = released("router").interface;
const RECEIVER_GAS = 150_000n;

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
const lie = command(
  "broadcast an absurd index",
  fc.record({
    to: anySatellite,
    ahead: fc.constantFrom(1n, 2n, 3n, 2_000n),
    factor: fc.constantFrom(...ABSURD),
    delay: fc.constantFrom(0n, 0n, 3_600n, 100n * 86_400n),
  }),
  {
    run: async (model, real, { to, ahead, factor: [times, parts], delay }) => {
      const { home } = model;
      const index = (home.k * times) / parts;
      const told = {
        epoch: home.index.epoch + ahead,
        current: index,
        next: index,
        effectiveAt: delay === 0n ? 0n : home.now + delay,
        sentAt: home.now,
        isLie: true,
      };
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
    },
  },
);

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
    return undefined;
  });
}

export const quarantineCommands = [
  { weight: 2, arbitrary: lie },
  { weight: 2, arbitrary: accept },
  { weight: 2, arbitrary: reject },
];
