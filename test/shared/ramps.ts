import { call, connectLanes, deployCcip, retireLanes, sendAll } from "ccip-localnet";
import { encodeAddress, lanesBetween } from "ccip-localnet/protocol";
import type { CcipChain, Lane } from "ccip-localnet/protocol";

import { Scenario } from "./scenario";

/**
 * Puts new ramps in the place of those of every chain, as CCIP's owner does. The old OffRamps stay until
 * {@link retire}, so that what is on its way arrives.
 * @returns the same story as it goes on over the new ramps.
 */
export async function replaceRamps(s: Scenario): Promise<Scenario> {
  const chains: CcipChain[] = [];
  for (const chain of s.chains) chains.push(await withNewRamps(chain));
  await connectLanes(lanesBetween(chains));
  return new Scenario({ mesh: s.mesh, chains });
}

/** Has every router forget the OffRamps of a story's chains. */
export function retire(s: Scenario): Promise<void> {
  return retireLanes(lanesBetween(s.chains));
}

/** Has a lane's OffRamp, which has taken nothing yet, take what another OnRamp sends. */
export async function forget({ source, destination }: Lane, onRamp: string): Promise<void> {
  const { ccip, owner } = destination;
  const config = {
    router: ccip.router,
    sourceChainSelector: source.selector,
    isEnabled: true,
    isRMNVerificationDisabled: true,
    onRamp: encodeAddress(onRamp),
  };
  await sendAll(owner, [call(ccip, "offRamp", "applySourceChainConfigUpdates", [[config]])]);
}

async function withNewRamps(chain: CcipChain): Promise<CcipChain> {
  const { owner: signer, selector, ccip } = chain;
  const renewed = await deployCcip({ signer, selector, version: ccip.version, beside: ccip });
  return { ...chain, ccip: renewed };
}
