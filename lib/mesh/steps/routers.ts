import { ZeroAddress } from "ethers";

import { abi } from "../../core/abis";
import type { HomeChain, SatelliteChain } from "../../core/mesh/mesh";
import type { ChainState, HomeState, SatelliteState } from "../state";
import type { Step } from "../step";

import { TO_DO, call, change, when } from "./stepBuilders";

/** The step by which broadcasts leave through CCIP's router. */
export function broadcasterRouterStep({ name, ccip, contracts }: HomeChain, now: HomeState): Step {
  const { router, admin } = now.broadcaster;
  return {
    id: `${name}/broadcaster/router`,
    chain: name,
    title: "broadcast through CCIP's router",
    changes: [change("router", router, ccip.router)],
    status: when(router === ccip.router),
    after: [],
    call: call(
      admin,
      "default admin of the broadcaster",
      contracts.broadcaster,
      abi.broadcaster.encodeFunctionData("setRouter", [ccip.router]),
    ),
  };
}

/** The step by which a satellite takes messages from CCIP's router, and from the one before it besides. */
export function receiverRouterStep(
  { name, ccip, contracts }: SatelliteChain,
  { receiver }: SatelliteState,
): Step {
  return {
    id: `${name}/receiver/router`,
    chain: name,
    title: "take messages from CCIP's router",
    changes: [change("router", receiver.router, ccip.router)],
    status: when(receiver.router === ccip.router),
    after: [],
    call: call(
      receiver.owner,
      "owner of the receiver",
      contracts.receiver,
      abi.receiver.encodeFunctionData("setRouter", [ccip.router]),
    ),
  };
}

/**
 * Has a satellite take nothing more from its former router, once CCIP hands over through another one; no steps
 * when there is none. A router that is trusted can forge broadcasts, so it is not kept for longer. What it may
 * still bring is old when the satellite is at the home's epoch.
 */
export function previousRouterSteps(
  { name, contracts }: SatelliteChain,
  { token, receiver }: SatelliteState,
  home: ChainState | undefined,
): Step[] {
  const { owner, oldRouter, previousCarries } = receiver;
  if (oldRouter === ZeroAddress) return [];
  const isSynced = home !== undefined && token.epoch >= home.token.epoch;
  const waitsFor =
    previousCarries === "new messages"
      ? `CCIP to move the lane to ${name}: its OffRamp still hands over through ${oldRouter}`
      : previousCarries === "old messages" && !isSynced
        ? `a broadcast that brings ${name} to the home's epoch: an older one may still come through ${oldRouter}`
        : undefined;
  return [
    {
      id: `${name}/receiver/former router`,
      chain: name,
      title: "take no more messages from the former router",
      changes: [change("former router", oldRouter, "none")],
      status: waitsFor === undefined ? TO_DO : { kind: "waiting", reason: waitsFor },
      after: [`${name}/receiver/router`],
      call: call(
        owner,
        "owner of the receiver",
        contracts.receiver,
        abi.receiver.encodeFunctionData("dropPreviousRouter"),
      ),
    },
  ];
}
