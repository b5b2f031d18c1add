import { abi, contractAt } from "../../core/abis";
import type { Mesh, SatelliteChain } from "../../core/mesh/mesh";
import type { PinnedChain } from "../../rpc/pinned";
import type { Step } from "../step";
import { chainText, change, stepOn, who } from "../stepBuilders";
import { bandSteps, readCircuitBreaker } from "./circuitBreaker";
import type { CircuitBreaker } from "./circuitBreaker";
import type { ControllerState } from "./controller";
import { byOwner, oldRouterSteps, readRouting, routerStep } from "./routing";
import type { RoutedContract, Routing } from "./routing";
import type { TokenState } from "./token";

export interface ReceiverState extends Routing {
  readonly owner: string;
  readonly pendingOwner: string;
  readonly sourceSelector: bigint;
  readonly broadcaster: string;
  /** The notifier that it calls after a sync; zero for none. */
  readonly notifier: string;
  readonly circuitBreaker: CircuitBreaker;
}

/** Reads the receiver of a satellite, and the messages that CCIP still delivers through its old router. */
export async function readReceiver(
  { home }: Mesh,
  chain: SatelliteChain,
  pinned: PinnedChain,
): Promise<ReceiverState> {
  const address = chain.contracts.receiver;
  const receiver = contractAt.receiver(address, pinned);
  const [owner, pendingOwner, source, routing, notifier, circuitBreaker] = await Promise.all([
    receiver.owner(),
    receiver.pendingOwner(),
    receiver.getSource(),
    readRouting([home], chain.ccip, address, pinned),
    receiver.getNotifier(),
    readCircuitBreaker(chain, pinned),
  ]);
  return {
    owner,
    pendingOwner,
    sourceSelector: source.selector,
    broadcaster: source.sender,
    ...routing,
    notifier,
    circuitBreaker,
  };
}

/** Returns the steps that pair a receiver with CCIP's router and the home's broadcaster, and bound what it believes. */
export function receiverSteps(
  mesh: Mesh,
  chain: SatelliteChain,
  now: ReceiverState,
  home: { readonly controller: ControllerState } | undefined,
): Step[] {
  const { selector, name, contracts } = mesh.home;
  const args: [bigint, string] = [selector, contracts.broadcaster];
  return [
    routerStep(chain, routed(chain, now), now),
    stepOn(chain, "receiver/source", {
      title: `listen to the broadcaster of ${name}`,
      changes: [
        change("source chain", chainText(mesh, now.sourceSelector), chainText(mesh, selector)),
        change("broadcaster", who(now.broadcaster), contracts.broadcaster),
      ],
      call: byOwner(routed(chain, now), abi.receiver.encodeFunctionData("setSource", args)),
    }),
    ...bandSteps(mesh, chain, now.circuitBreaker, home, (data) =>
      byOwner(routed(chain, now), data),
    ),
  ];
}

function routed({ contracts }: SatelliteChain, { owner }: ReceiverState): RoutedContract {
  return { part: "receiver", address: contracts.receiver, owner };
}

/**
 * Returns the step that removes a receiver's old router, once CCIP delivers through another one and the messages that it
 * may still deliver are older than the index.
 */
export function previousRouterSteps(
  chain: SatelliteChain,
  { token, receiver }: { readonly token: TokenState; readonly receiver: ReceiverState },
  home: { readonly token: TokenState } | undefined,
): Step[] {
  const isSynced = home !== undefined && token.epoch >= home.token.epoch;
  const reason = `a broadcast that brings ${chain.name} to the home's epoch: an older one may still come through ${receiver.oldRouter}`;
  return oldRouterSteps(
    chain,
    routed(chain, receiver),
    receiver,
    isSynced ? {} : { status: { kind: "waiting", reason } },
  );
}
