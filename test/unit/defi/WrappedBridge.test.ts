import { ZeroAddress } from "ethers";
import { ethers } from "hardhat";

import {
  HostileRouter__factory,
  LinkToken__factory,
  WrappedBridge__factory,
  WrappedRebaseToken__factory,
} from "../../../typechain-types";
import { deployRebaseToken } from "../../shared/deployRebaseToken";
import { newRouter } from "../../shared/receiverFixture";
import { shouldAllowExactly } from "../../shared/rolesTable";
import type { RolesWorld } from "../../shared/rolesTable";

const SELECTOR = 4_711n;
const GAS = 400_000n;
const PERMIT = { deadline: 0n, v: 0, r: `0x${"00".repeat(32)}`, s: `0x${"00".repeat(32)}` };

describe("WrappedBridge", () => {
  // What it sends and receives is tested on CCIP's own contracts, end to end.
  describe("who may call which function", () => {
    type Actor = "owner" | "next owner" | "router" | "third party";
    interface World extends RolesWorld<Actor> {
      readonly anotherRouter: string;
      readonly account: string;
    }

    async function rolesFixture(): Promise<World> {
      const [owner, nextOwner, thirdParty] = await ethers.getSigners();
      if (!owner || !nextOwner || !thirdParty) throw new Error("the network has too few accounts");
      const token = await deployRebaseToken(owner, { isHome: true });
      const wrapper = await new WrappedRebaseToken__factory(owner).deploy(token, "Wrapped", "wRBT");
      const link = await new LinkToken__factory(owner).deploy();
      const previous = await newRouter(owner);
      const router = await newRouter(owner);
      const anotherRouter = await new HostileRouter__factory(owner).deploy();
      const contract = await new WrappedBridge__factory(owner).deploy(
        previous,
        wrapper,
        link,
        owner,
      );
      await contract.setRouter(router);
      await contract.setRemote(SELECTOR, thirdParty, GAS);
      await contract.transferOwnership(nextOwner);
      return {
        contract,
        anotherRouter: await anotherRouter.getAddress(),
        account: thirdParty.address,
        actors: { owner, "next owner": nextOwner, router, "third party": thirdParty },
      };
    }

    const refusal = (caller: string) => ["OwnableUnauthorizedAccount", caller] as const;
    const byOwner = { allowed: ["owner" as const], refusal };
    const empty = { sourceChainSelector: SELECTOR, destTokenAmounts: [], data: "0x" };
    shouldAllowExactly<Actor, World>(WrappedBridge__factory.createInterface(), rolesFixture, {
      ccipReceive: {
        allowed: ["router"],
        args: (_, { account }) => [
          { ...empty, messageId: `0x${"11".repeat(32)}`, sender: ethers.zeroPadValue(account, 32) },
        ],
        refusal: (caller) => ["InvalidRouter", caller],
      },
      setRemote: { ...byOwner, args: (_, { account }) => [SELECTOR, account, GAS] },
      setRouter: { ...byOwner, args: (_, { anotherRouter }) => [anotherRouter] },
      dropPreviousRouter: byOwner,
      recover: { ...byOwner, args: (_, { account }) => [ZeroAddress, account] },
      claimForBridge: {
        // Nothing is kept here: the owner is told so.
        allowed: [],
        args: (_, { account }) => [SELECTOR, account],
        refusal: (caller, { actors, account }) =>
          caller === (actors.owner as { address?: string }).address
            ? ["NothingToClaim", account]
            : refusal(caller),
      },
      // Anyone's, of what is the caller's own.
      claim: {
        allowed: [],
        args: (_, { account }) => [account],
        refusal: (caller) => ["NothingToClaim", caller],
      },
      send: {
        allowed: [],
        args: () => [SELECTOR, ZeroAddress, 1, 0, ZeroAddress],
        refusal: () => ["ZeroValue"],
      },
      sendWithPermit: {
        allowed: [],
        args: () => [SELECTOR, ZeroAddress, 1, 0, ZeroAddress, PERMIT],
        refusal: () => ["ZeroValue"],
      },
      deliver: {
        allowed: [],
        args: (caller) => [caller, 0],
        refusal: (caller) => ["OnlySelf", caller],
      },
      transferOwnership: { ...byOwner, args: (caller) => [caller] },
      renounceOwnership: byOwner,
      acceptOwnership: { allowed: ["next owner"], refusal },
    });
  });
});
