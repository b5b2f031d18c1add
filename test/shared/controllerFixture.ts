import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { ethers } from "hardhat";

import { RebaseController__factory, RebaseToken__factory } from "../../typechain-types";
import type { RebaseController, RebaseToken } from "../../typechain-types";
import { ADMIN_DELAY_SECONDS, deployRebaseToken } from "./deployRebaseToken";

/** The factor that leaves balances as they are. */
export const UNCHANGED = 10n ** 27n;

const HOUR = 3_600n;
const DAY = 24n * HOUR;

/** Bounds of a rebase in the fixture: -2 % to +5 %, once a day. */
export const CONFIG = {
  minGrowthFactor: (98n * UNCHANGED) / 100n,
  maxGrowthFactor: (105n * UNCHANGED) / 100n,
  minInterval: DAY,
  delay: HOUR,
  maxDelay: 6n * HOUR,
};

/** A home with a controller, an operator and two holders, one of them with an odd number of units. */
export interface ControllerWorld {
  readonly token: RebaseToken;
  readonly controller: RebaseController;
  readonly admin: HardhatEthersSigner;
  readonly operator: HardhatEthersSigner;
  readonly holder: HardhatEthersSigner;
  readonly smallHolder: HardhatEthersSigner;
  readonly thirdParty: HardhatEthersSigner;
}

/** {@link ControllerWorld}, before the first rebase. */
export async function controllerFixture(): Promise<ControllerWorld> {
  const [admin, operator, issuer, holder, smallHolder, thirdParty] = await ethers.getSigners();
  if (!admin || !operator || !issuer || !holder || !smallHolder || !thirdParty) {
    throw new Error("the network has too few accounts");
  }
  const token = await deployRebaseToken(admin, { isHome: true });
  const controller = await new RebaseController__factory(admin).deploy(
    token,
    CONFIG,
    admin,
    ADMIN_DELAY_SECONDS,
  );
  await token.grantRole(await token.REBASER_ROLE(), controller);
  await token.grantRole(await token.ISSUER_ROLE(), issuer);
  await controller.grantRole(await controller.REBASE_OPERATOR_ROLE(), operator);
  await token.connect(issuer).mint(holder, ethers.parseEther("1000"));
  await token.connect(issuer).mint(smallHolder, 777n);
  return { token, controller, admin, operator, holder, smallHolder, thirdParty };
}

/** The epoch that the next call of a controller creates. */
export async function nextEpoch(controller: RebaseController): Promise<bigint> {
  const token = RebaseToken__factory.connect(await controller.getToken(), controller.runner);
  return (await token.epoch()) + 1n;
}
