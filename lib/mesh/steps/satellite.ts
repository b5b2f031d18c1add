import { abi } from "../../core/abis";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import type { SatelliteState } from "../state";
import type { Step } from "../step";

import { call, chainText, change, when, who } from "./stepBuilders";

/** Whom a satellite listens to. */
export function pairingStep(mesh: Mesh, chain: SatelliteChain, now: SatelliteState): Step {
  const { receiver } = now;
  const { selector, contracts } = mesh.home;
  return {
    id: `${chain.name}/receiver/source`,
    chain: chain.name,
    title: `listen to the broadcaster of ${mesh.home.name}`,
    changes: [
      change("source chain", chainText(mesh, receiver.sourceSelector), chainText(mesh, selector)),
      change("broadcaster", who(receiver.broadcaster), contracts.broadcaster),
    ].filter(({ before, after }) => before !== after),
    status: when(
      receiver.sourceSelector === selector && receiver.broadcaster === contracts.broadcaster,
    ),
    after: [],
    call: call(
      receiver.owner,
      "owner of the receiver",
      chain.contracts.receiver,
      abi.receiver.encodeFunctionData("setSource", [selector, contracts.broadcaster]),
    ),
  };
}
