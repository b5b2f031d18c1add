import { chainsOf } from "../core/mesh/mesh";
import type { Mesh } from "../core/mesh/mesh";
import type { MeshState } from "./state";
import type { Step } from "./step";
import { broadcasterSteps, genesisStep, loweredDestinationSteps } from "./components/broadcaster";
import { controllerStep } from "./components/controller";
import {
  handoverDelaySteps,
  handoverSteps,
  joinsLate,
  withdrawalSteps,
} from "./components/handover";
import { proposalReceiverSteps, proposalSenderSteps } from "./components/governance";
import { listenerSteps, unexpectedListenerSteps } from "./components/listeners";
import { fastTransferSteps } from "./components/pool/fastTransfers";
import { outdatedRecordSteps, withoutReversal } from "./components/pool/inUse";
import { adoptionCall, containmentSteps } from "./components/pool/containment";
import { closingSteps, limitSteps, roomStep } from "./components/pool/limits";
import { isFresh, takeoverSteps, verifierSteps } from "./components/pool/verifiers";
import { configSteps, oldPoolSteps, remoteSteps, thirdPartySteps } from "./components/pool/wiring";
import { previousRouterSteps, receiverSteps } from "./components/receiver";
import { openingId, openingStep, registrationSteps } from "./components/registry";
import {
  lateRoleSteps,
  recoverySteps,
  roleSteps,
  timelockRoleSteps,
  unexpectedRoleSteps,
} from "./components/roles";
import { timelockDelayStep } from "./components/timelock/proposals";
import { upgradeSteps } from "./components/token";
import { formerBridgeSteps, wrappedBridgeSteps } from "./components/wrappedBridge";
import { driftSteps } from "./drift";
import { lanesOf } from "./planned";
import type { PlannedChain } from "./planned";

/**
 * Returns all steps from the current contracts to the declared mesh, ordered such that no partially wired lane ever
 * opens: roles, pairing and remote pools first, then the genesis sync, then the registries of the satellites name
 * their pools, then that of home, where the tokens are, then the hand-over to the timelocks. An open pool lets no
 * tokens leave for a chain that is not open yet. Steps that revoke permissions of accounts and remove chains
 * outside the mesh come last. Pure: equal states give equal plans. Without the states of some chains, the steps that
 * need them are left out.
 *
 * When the registry names an older pool than the newest deployed one, the older one is replaced: the new pool is
 * set up, handed over, granted its role and added on all other chains, then the registry names it and the old one
 * loses its role; once every message of the old one has arrived, it is removed everywhere. Outdated records, whose
 * pool was replaced already, revert nothing: see {@link outdatedRecordSteps}.
 */
export function planMesh(mesh: Mesh, states: MeshState): Step[] {
  const chains = chainsOf(mesh).flatMap((chain): PlannedChain[] => {
    const now = states.get(chain.name);
    return now ? [{ mesh, chain, now, states }] : [];
  });
  const home = [...states.values()].find((state) => state.role === "home");
  const satellites = mesh.satellites.flatMap((chain) => {
    const now = states.get(chain.name);
    return now?.role === "satellite" ? [{ chain, now }] : [];
  });
  const wiring = chains.flatMap((at) => [
    ...driftSteps(at.chain, at.now),
    ...upgradeSteps(at.chain, at.now),
    ...roleSteps(at),
    ...registrationSteps(at.chain, at.now),
    ...lanesOf(at).flatMap((lane) => [...remoteSteps(lane), roomStep(lane)]),
    ...configSteps(at),
    ...takeoverSteps(at),
    ...wrappedBridgeSteps(at),
    ...containmentSteps(at),
  ]);
  const limits = inOrder(chains.flatMap(limitSteps));
  const atOpening = new Set(chains.map(({ chain }) => openingId(chain)));
  const isLate = ({ after }: Step) => after.some((id) => atOpening.has(id));
  const early = limits.filter((step) => !isLate(step));
  const joining = chains.flatMap((at) => {
    if (!joinsLate(at)) return [];
    const own = [...wiring, ...early].filter((step) => step.call.to === at.chain.contracts.pool);
    return [...handoverSteps(at, own), ...lateRoleSteps(at)];
  });
  const listening = chains.flatMap(listenerSteps);
  const ahead = [
    ...wiring,
    ...early,
    ...joining,
    ...inOrder([
      ...satellites.flatMap(({ chain, now }) => receiverSteps(mesh, chain, now.receiver, home)),
      ...(home ? [controllerStep(mesh, home.controller, satellites)] : []),
    ]),
    ...(home
      ? [
          ...broadcasterSteps(mesh, home.broadcaster),
          ...proposalSenderSteps(mesh, home.proposalSender, states),
        ]
      : []),
    ...listening,
    ...(home ? satellites.map(({ chain, now }) => genesisStep(mesh, chain, home, now)) : []),
  ];
  const verifiers = chains.flatMap(verifierSteps);
  // A lane that was never used must open with the declared verifiers.
  const fresh = chains.filter(isFresh).map(({ chain }) => chain.name);
  const first = verifiers.filter((step) => fresh.includes(step.chain) && !isLate(step));
  const ofChain = (name: string) => first.filter((step) => step.chain === name);
  const openings = satellites.map(({ chain, now }) =>
    openingStep(chain, now, [...ahead, ...ofChain(chain.name)]),
  );
  if (home)
    openings.push(
      openingStep(
        mesh.home,
        home,
        [...ahead, ...first, ...openings],
        adoptionCall({ mesh, chain: mesh.home, now: home, states }),
      ),
    );
  const before = [...ahead, ...first, ...openings, ...limits.filter(isLate)];
  const after = chains.flatMap((at) => [
    ...(joinsLate(at) ? [] : handoverSteps(at, before)),
    ...satellites
      .filter(({ chain }) => chain === at.chain)
      .flatMap(({ chain, now }) => proposalReceiverSteps(mesh, chain, now)),
    ...timelockRoleSteps(at),
    timelockDelayStep(at),
    ...handoverDelaySteps(at),
    ...lanesOf(at).flatMap((lane) => [...closingSteps(lane), ...oldPoolSteps(lane)]),
    ...thirdPartySteps(at),
    ...fastTransferSteps(at),
    ...verifiers.filter((step) => step.chain === at.chain.name && !first.includes(step)),
  ]);
  const unexpected = chains.flatMap(unexpectedListenerSteps);
  const last = chains.flatMap((at) => [
    ...recoverySteps(at),
    ...unexpectedRoleSteps(at),
    ...withdrawalSteps(at),
    ...formerBridgeSteps(at),
  ]);
  last.push(...unexpected);
  if (home) {
    last.push(...loweredDestinationSteps(mesh, home.broadcaster, [...listening, ...unexpected]));
  }
  last.push(...satellites.flatMap(({ chain, now }) => previousRouterSteps(chain, now, home)));
  return withoutReversal([...before, ...after, ...last], chains.flatMap(outdatedRecordSteps));
}

/** Orders steps after their dependencies in the same list. */
function inOrder(steps: readonly Step[]): Step[] {
  const ids = new Set(steps.map(({ id }) => id));
  const isFollowing = ({ after }: Step) => after.some((id) => ids.has(id));
  const first = steps.filter((step) => !isFollowing(step));
  return first.length === 0 ? [...steps] : [...first, ...inOrder(steps.filter(isFollowing))];
}
