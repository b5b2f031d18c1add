import { call, connectLanes, retireLanes, sendAll } from "ccip-localnet";
import { encodeAddress, lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, Lane } from "ccip-localnet/protocol";

import { withVersion } from "./inProcessCcip";
import { Scenario } from "./scenario";

/**
 * Puts new ramps in the place of those of every chain, as CCIP's owner does. The old OffRamps stay until
 * {@link retire}, so that what is on its way arrives.
 * @returns the same scenario over the new ramps.
 */
export async function replaceRamps(s: Scenario): Promise<Scenario> {
  const chains: CcipChain[] = [];
  for (const chain of s.chains) chains.push(await withVersion(chain, chain.ccip.version));
  await connectLanes(lanesBetween(chains));
  return new Scenario({ mesh: s.mesh, chains });
}

/** Removes the OffRamps of a scenario's chains from every router. */
export function retire(s: Scenario): Promise<void> {
  return retireLanes(lanesBetween(s.chains));
}

/** Has a lane's OffRamp, which has taken nothing yet, take what another OnRamp sends. */
export async function forget({ source, destination }: Lane, onRamp: string): Promise<void> {
  const { ccip, owner } = destination;
  const verifiers = "verifierResolver" in ccip ? [ccip.verifierResolver] : [];
  const config = {
    router: ccip.router,
    sourceChainSelector: source.selector,
    isEnabled: true,
    // CCIP 1.6 has the first two, 2.0 the others.
    isRMNVerificationDisabled: true,
    onRamp: encodeAddress(onRamp),
    onRamps: [encodeAddress(onRamp)],
    defaultCCVs: verifiers,
    laneMandatedCCVs: [],
  };
  await sendAll(owner, [call(ccip, "offRamp", "applySourceChainConfigUpdates", [[config]])]);
}
