import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { parseEther } from "ethers";
import { ethers } from "hardhat";

import {
  CCIPLocalSimulator__factory,
  LinkToken__factory,
  MockCCIPRouter__factory,
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseReceiver__factory,
  RevertingReceiver__factory,
} from "../../typechain-types";
import type {
  LinkToken,
  MockCCIPRouter,
  RebaseBroadcaster,
  RebaseController,
  RebaseReceiver,
  RebaseToken,
  RevertingReceiver,
} from "../../typechain-types";
import { CONFIG } from "./controllerFixture";
import { MIN_GAS_LIMIT } from "./broadcasterFixture";
import { ADMIN_DELAY_SECONDS, deployRebaseToken } from "./deployRebaseToken";
import { ROLES } from "./tokenFixture";

/** The simulator reports Ethereum Sepolia as the source of every message. */
export const SIMULATED_SOURCE = 16_015_286_601_757_825_753n;

/** The simulator delivers to the receiver named, whatever the selector. */
export const SELECTOR = { near: 11n, far: 22n, refusing: 33n } as const;

/** Fee of the simulator's router, in wei of native or of LINK. */
export const FEE = parseEther("0.25");

/** A satellite: a token that starts unsynced, and the receiver that syncs it. */
export interface Satellite {
  readonly selector: bigint;
  readonly token: RebaseToken;
  readonly receiver: RebaseReceiver;
}

/** A home and two satellites around one simulated router, and a receiver that refuses everything. */
export interface SimulatorWorld {
  readonly router: MockCCIPRouter;
  readonly link: LinkToken;
  readonly home: RebaseToken;
  readonly controller: RebaseController;
  readonly broadcaster: RebaseBroadcaster;
  readonly near: Satellite;
  readonly far: Satellite;
  readonly refusing: RevertingReceiver;
  readonly admin: HardhatEthersSigner;
  readonly operator: HardhatEthersSigner;
  /** Has native and LINK, and lets the broadcaster take all of its LINK. */
  readonly payer: HardhatEthersSigner;
}

/** {@link SimulatorWorld} before the first broadcast. */
export async function simulatorFixture(): Promise<SimulatorWorld> {
  const [admin, operator, payer] = await ethers.getSigners();
  if (!admin || !operator || !payer) throw new Error("the network has too few accounts");
  const simulator = await new CCIPLocalSimulator__factory(admin).deploy();
  const { sourceRouter_, linkToken_ } = await simulator.configuration();
  const router = MockCCIPRouter__factory.connect(sourceRouter_, admin);
  const link = LinkToken__factory.connect(linkToken_, admin);
  await router.setFee(FEE);

  const home = await deployRebaseToken(admin, { isHome: true });
  const controller = await new RebaseController__factory(admin).deploy(
    home,
    CONFIG,
    admin,
    ADMIN_DELAY_SECONDS,
  );
  await home.grantRole(ROLES.rebaser, controller);
  await controller.grantRole(await controller.REBASE_OPERATOR_ROLE(), operator);
  const broadcaster = await new RebaseBroadcaster__factory(admin).deploy(
    home,
    router,
    link,
    admin,
    ADMIN_DELAY_SECONDS,
  );

  const addSatellite = async (selector: bigint): Promise<Satellite> => {
    const token = await deployRebaseToken(admin, { isHome: false });
    const receiver = await new RebaseReceiver__factory(admin).deploy(router, token, admin);
    await token.grantRole(ROLES.rebaser, receiver);
    await receiver.setSource(SIMULATED_SOURCE, broadcaster);
    await broadcaster.setDestination(selector, receiver, MIN_GAS_LIMIT);
    return { selector, token, receiver };
  };
  const near = await addSatellite(SELECTOR.near);
  const far = await addSatellite(SELECTOR.far);
  const refusing = await new RevertingReceiver__factory(admin).deploy(router);
  await broadcaster.setDestination(SELECTOR.refusing, refusing, MIN_GAS_LIMIT);

  await simulator.requestLinkFromFaucet(payer, parseEther("100"));
  await link.connect(payer).approve(broadcaster, parseEther("100"));
  return {
    ...{ router, link, home, controller, broadcaster },
    ...{ near, far, refusing, admin, operator, payer },
  };
}
