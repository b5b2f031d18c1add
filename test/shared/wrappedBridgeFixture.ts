import { parseEther } from "ethers";

import {
  LinkToken__factory,
  WrappedBridge__factory,
  WrappedRebaseToken__factory,
} from "../../typechain-types";
import { newRouter } from "./receiverFixture";
import { satelliteFixture } from "./tokenFixture";

/** CCIP selector of the other chain. */
export const SELECTOR = 4_711n;

/** Gas for messages to the other chain. */
export const GAS = 400_000n;

/** Fee of the router for a message. */
export const FEE = parseEther("1");

/** A bridge on a satellite of an odd index; Carol stands for the bridge of the other chain, Alice has wrapped units. */
export async function wrappedBridgeFixture() {
  const world = await satelliteFixture();
  const { token, admin, alice, carol } = world;
  const wrapper = await new WrappedRebaseToken__factory(admin).deploy(token, "Wrapped", "wRBT");
  const link = await new LinkToken__factory(admin).deploy();
  const router = await newRouter(admin);
  const bridge = await new WrappedBridge__factory(admin).deploy(router, wrapper, link, admin);
  await bridge.setRemote(SELECTOR, carol, GAS);
  await token.connect(alice).approve(wrapper, parseEther("100"));
  await wrapper.connect(alice).wrapShares(parseEther("10"), alice);
  await wrapper.connect(alice).approve(bridge, parseEther("10"));
  return { ...world, wrapper, link, router, wrappedBridge: bridge };
}

export type WrappedBridgeWorld = Awaited<ReturnType<typeof wrappedBridgeFixture>>;
