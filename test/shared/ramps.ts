import type { CcipAddresses, CcipChain, Lane } from "../../lib/ccip/chain";
import {
  call,
  connectLanes,
  deployContract,
  donSettings,
  rampArguments,
} from "../../lib/ccip/deploy";
import { lanesBetween } from "../../lib/ccip/chain";
import { localDonMembers } from "../../lib/ccip/accounts";
import { encodeAddress } from "../../lib/ccip/message";
import { released } from "../../lib/ccip/releases";
import { sendAll } from "../../lib/ccip/send";
import type { Mesh, MeshChain } from "../../lib/mesh/mesh";

import { Scenario } from "./scenario";

/**
 * Puts new ramps in the place of those of every chain, as CCIP's owner does. The old OffRamps stay until
 * {@link retire}, so that what is on its way arrives.
 * @returns the same story as it goes on: who opens the mesh now finds the new ramps.
 */
export async function replaceRamps(s: Scenario): Promise<Scenario> {
  const chains: CcipChain[] = [];
  for (const chain of s.chains) chains.push(await withNewRamps(chain));
  await connectLanes(lanesBetween(chains));
  const renewed = <C extends MeshChain>(chain: C): C => {
    const { onRamp, offRamp } = ccipOf(chains, chain);
    return { ...chain, ccip: { ...chain.ccip, onRamp, offRamp } };
  };
  const mesh: Mesh = {
    ...s.mesh,
    home: renewed(s.mesh.home),
    satellites: s.mesh.satellites.map(renewed),
  };
  return new Scenario({ mesh, chains });
}

/** Has every router forget the OffRamps of a story's chains. */
export async function retire(s: Scenario): Promise<void> {
  for (const { ccip, owner, selector } of s.chains) {
    const gone = s.chains
      .filter((peer) => peer.selector !== selector)
      .map((peer) => ({ sourceChainSelector: peer.selector, offRamp: ccip.offRamp }));
    await sendAll(owner, [call(ccip, "router", "applyRampUpdates", [[], gone, []])]);
  }
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
  const { owner, selector } = chain;
  const args = rampArguments(chain.ccip, { owner: await owner.getAddress(), selector });
  const ccip: CcipAddresses = {
    ...chain.ccip,
    onRamp: await deployContract(owner, released("onRamp"), args.onRamp),
    offRamp: await deployContract(owner, released("offRamp"), args.offRamp),
  };
  await sendAll(owner, [
    allow(ccip, "nonceManager", [ccip.onRamp, ccip.offRamp]),
    allow(ccip, "feeQuoter", [ccip.offRamp]),
    donSettings(ccip, localDonMembers()),
  ]);
  return { ...chain, ccip };
}

function allow(ccip: CcipAddresses, contract: "nonceManager" | "feeQuoter", added: string[]) {
  const callers = { addedCallers: added, removedCallers: [] };
  return call(ccip, contract, "applyAuthorizedCallerUpdates", [callers]);
}

function ccipOf(chains: readonly CcipChain[], { selector, name }: MeshChain): CcipAddresses {
  const found = chains.find((chain) => chain.selector === selector);
  if (!found) throw new Error(`CCIP does not run on ${name}.`);
  return found.ccip;
}
