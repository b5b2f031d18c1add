import { ZeroAddress } from "ethers";
import fc from "fast-check";
import { released, toRouterMessage } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { expectedOf } from "../../shared/ccipExpectations";
import { partOf } from "../../shared/rebaseTokenModel";

import { anyHolder, anyLane, anyPart, anyRole, both, command } from "../command";
import { UNIT } from "../names";
import { AMPLE } from "../system";

const router = released("router").interface;
const wrapper = abi.wrapper;

const anyTransfer = fc.record({
  lane: anyLane,
  holder: anyHolder,
  receiver: anyHolder,
  part: anyPart,
});

const bridge = command("bridge", anyTransfer, {
  possible: ({ chains }, { lane, holder }) => chains[lane.from].balanceOf(holder) > 0n,
  run: (model, real, { lane, holder, receiver, part }) => {
    const source = model.chains[lane.from];
    const { selector } = real.chain(lane.to);
    const { token } = real.chain(lane.from).contracts;
    const amount = partOf(source.balanceOf(holder), part) || 1n;
    const tokens = [{ token, amount }];
    const message = toRouterMessage({ receiver: real.s.address(receiver), tokens, gasLimit: 0n });
    const data = router.encodeFunctionData("ccipSend", [selector, message]);
    const { ccip } = real.lane({ ...lane, ramps: model.rampsOf(lane) }).source;
    const action = real.transact(lane.from, holder, { to: ccip.router, data, value: AMPLE });
    return both(model, real, lane.from, action, (outcome) => {
      const shares = amount * source.k;
      const isSeenFirst = !expectedOf(ccip.version).quotesWhenCursed;
      if (model.isCursed(lane) && (isSeenFirst || !source.refusesToMove(holder, shares))) {
        return "CursedByRMN";
      }
      const refusal = source.move(holder, undefined, shares, "ERC20InsufficientBalance");
      const [sent] = real.record(outcome);
      if (sent) model.leave(sent.messageId, lane, { kind: "tokens", shares, receiver });
      return refusal;
    });
  },
});

const wrap = command("wrap", fc.record({ role: anyRole, holder: anyHolder, part: anyPart }), {
  possible: ({ chains }, { role, holder }) => chains[role].shares[holder] >= UNIT,
  run: (model, real, { role, holder, part }) => {
    const chain = model.chains[role];
    const units = partOf(chain.shares[holder] / UNIT, part);
    const { wrapper: to = "" } = real.chain(role).contracts;
    const data = wrapper.encodeFunctionData("wrapShares", [units, real.s.address(holder)]);
    return both(model, real, role, real.transact(role, holder, { to, data }), () =>
      chain.wrap(holder, units),
    );
  },
});

const unwrap = command("unwrap", fc.record({ role: anyRole, holder: anyHolder, part: anyPart }), {
  possible: ({ chains }, { role, holder }) => chains[role].wrapped[holder] > 0n,
  run: (model, real, { role, holder, part }) => {
    const chain = model.chains[role];
    const units = partOf(chain.wrapped[holder], part);
    const { wrapper: to = "" } = real.chain(role).contracts;
    const owner = real.s.address(holder);
    const data = wrapper.encodeFunctionData("unwrapShares", [units, owner, owner]);
    return both(model, real, role, real.transact(role, holder, { to, data }), () =>
      chain.unwrap(holder, units),
    );
  },
});

const bridgeWrapped = command("bridge wrapped", anyTransfer, {
  possible: ({ chains }, { lane, holder }) => chains[lane.from].wrapped[holder] > 0n,
  run: (model, real, { lane, holder, receiver, part }) => {
    const source = model.chains[lane.from];
    const units = partOf(source.wrapped[holder], part) || 1n;
    const { wrappedBridge: to = "" } = real.chain(lane.from).contracts;
    const terms = [
      real.chain(lane.to).selector,
      real.s.address(receiver),
      units,
      0n,
      ZeroAddress,
    ] as const;
    const data = abi.wrappedBridge.encodeFunctionData("send", [...terms]);
    const action = real.transact(lane.from, holder, { to, data, value: AMPLE });
    return both(model, real, lane.from, action, (outcome) => {
      const shares = ((units * UNIT) / source.k) * source.k;
      if (source.wrapped[holder] < units) return "ERC20InsufficientBalance";
      if (source.paused) return "EnforcedPause";
      if (shares < UNIT) return "ZeroValue";
      if (model.isCursed(lane)) return "CursedByRMN";
      const refusal =
        source.unwrap(holder, units) ?? source.move(holder, undefined, shares, "short");
      const [sent] = real.record(outcome);
      if (sent) model.leave(sent.messageId, lane, { kind: "wrapped", shares, receiver });
      return refusal;
    });
  },
});

export const bridgingCommands = [
  { weight: 7, arbitrary: bridge },
  { weight: 2, arbitrary: wrap },
  { weight: 1, arbitrary: unwrap },
  { weight: 3, arbitrary: bridgeWrapped },
];
