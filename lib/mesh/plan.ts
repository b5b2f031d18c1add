import { chainsOf } from "./mesh";
import type { Mesh } from "./mesh";
import { stateOf } from "./state";
import type { MeshState } from "./state";
import type { Step } from "./step";
import { delaySteps, handoverSteps, joinsLate } from "./steps/handover";
import { genesisStep, homeSteps } from "./steps/home";
import { closingSteps, limitSteps, poolSteps } from "./steps/lanes";
import { openingStep, registrationSteps, withdrawalSteps } from "./steps/registry";
import {
  lateRoleSteps,
  recoverySteps,
  roleSteps,
  strayRoleSteps,
  timelockRoleSteps,
} from "./steps/roles";
import { pairingStep } from "./steps/satellite";

/**
 * Every step from the contracts as they are to the mesh as declared, in an order in which no
 * half-wired lane ever opens: roles, pairing and remote pools first, then the genesis sync, then the
 * registry learns the pools, then the timelocks take over. What takes something away from whom the
 * mesh does not name comes last. Pure: the same state gives the same plan.
 *
 * When the registry names an older pool than the one that is deployed, that one is replaced: the new
 * one is set up, changes hands, may mint then and is made known everywhere, then the registry names it;
 * once everything that the old one sent has arrived, it is forgotten everywhere and loses its role.
 */
export function planMesh(mesh: Mesh, state: MeshState): Step[] {
  const chains = chainsOf(mesh).map((chain) => ({ chain, now: stateOf(state, chain) }));
  const wiring = chains.flatMap(({ chain, now }) => [
    ...roleSteps(mesh, chain, now),
    ...registrationSteps(chain, now),
    ...poolSteps(mesh, chain, state),
  ]);
  const limits = chains.flatMap(({ chain, now }) => limitSteps(mesh, chain, now));
  const late = chains.flatMap(({ chain, now }) => {
    if (!joinsLate(chain, now)) return [];
    const own = [...wiring, ...limits].filter((step) => step.call.to === chain.contracts.pool);
    return [...handoverSteps(mesh, chain, now, own), ...lateRoleSteps(mesh, chain, now)];
  });
  const home = homeSteps(mesh, state.home);
  const pairing = mesh.satellites.map((chain) => pairingStep(mesh, chain, state));
  const genesis = mesh.satellites.map((chain) => genesisStep(mesh, chain, state));
  const ahead = [...wiring, ...limits, ...late, ...home, ...pairing, ...genesis];
  const openings = chains.map(({ chain, now }) => openingStep(chain, now, ahead));
  const before = [...ahead, ...openings];
  const after = chains.flatMap(({ chain, now }) => [
    ...(joinsLate(chain, now) ? [] : handoverSteps(mesh, chain, now, before)),
    ...timelockRoleSteps(mesh, chain, now),
    ...delaySteps(mesh, chain, now),
    ...closingSteps(mesh, chain, now),
  ]);
  const last = chains.flatMap(({ chain, now }) => [
    ...recoverySteps(mesh, chain, now),
    ...strayRoleSteps(mesh, chain, now, after),
    ...withdrawalSteps(chain, now),
  ]);
  return [...before, ...after, ...last];
}
