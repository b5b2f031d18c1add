import { parseEther } from "ethers";

import type { MeshChain } from "../../lib/core/mesh/mesh";
import { WrappedBridge__factory, WrappedRebaseToken__factory } from "../../typechain-types";
import type { WrappedBridge, WrappedRebaseToken } from "../../typechain-types";
import { mined } from "./scenario";
import type { Scenario } from "./scenario";

/** Gas that a bridge asks for its messages. */
export const BRIDGE_GAS = 500_000n;

/** The wrapper and the bridge of a chain. */
export interface Wrapping {
  readonly wrapper: WrappedRebaseToken;
  readonly bridge: WrappedBridge;
}

/** Deploys both on every chain, pairs the bridges, and has Alice hold 1,000 wrapped units everywhere. */
export async function deployWrapping(s: Scenario): Promise<Map<MeshChain, Wrapping>> {
  const wrappings = new Map<MeshChain, Wrapping>();
  for (const chain of s.all) {
    const deployer = s.signer(chain, "deployer");
    const { token } = chain.contracts;
    const wrapper = await new WrappedRebaseToken__factory(deployer).deploy(
      token,
      "Wrapped",
      "wRBT",
    );
    await wrapper.waitForDeployment();
    const { router, link } = s.ccipChain(chain).ccip;
    const bridge = await new WrappedBridge__factory(deployer).deploy(
      router,
      wrapper,
      link,
      await deployer.getAddress(),
    );
    await bridge.waitForDeployment();
    wrappings.set(chain, { wrapper, bridge });
  }
  for (const chain of s.all) {
    const { wrapper, bridge } = wrappingOn(wrappings, chain);
    for (const other of s.all.filter((one) => one !== chain)) {
      await mined(
        bridge.setRemote(other.selector, wrappingOn(wrappings, other).bridge, BRIDGE_GAS),
      );
    }
    await s.give(chain, "alice", parseEther("3000"));
    const alice = s.signer(chain, "alice");
    await mined(s.tokenOn(chain, "alice").approve(wrapper, parseEther("2000")));
    await mined(wrapper.connect(alice).wrapShares(parseEther("1000"), alice));
    await mined(wrapper.connect(alice).approve(bridge, parseEther("1000")));
  }
  return wrappings;
}

/** Returns what was deployed on a chain. */
export function wrappingOn(
  wrappings: ReadonlyMap<MeshChain, Wrapping>,
  chain: MeshChain,
): Wrapping {
  const wrapping = wrappings.get(chain);
  if (!wrapping) throw new Error(`No wrapper was deployed on ${chain.name}.`);
  return wrapping;
}
