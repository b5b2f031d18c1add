import type { Signer } from "ethers";

import { ERC1967Proxy__factory, RebaseToken__factory } from "../../typechain-types";
import type { RebaseToken } from "../../typechain-types";

/** Seconds that a hand-over of the default admin takes in every fixture. */
export const ADMIN_DELAY_SECONDS = 86_400n;

/** Deploys a token behind its proxy. A satellite starts unsynced. */
export async function deployRebaseToken(
  admin: Signer,
  { isHome }: { isHome: boolean },
): Promise<RebaseToken> {
  const implementation = await new RebaseToken__factory(admin).deploy();
  const initialize = RebaseToken__factory.createInterface().encodeFunctionData("initialize", [
    "Rebase Token",
    "RBT",
    isHome,
    await admin.getAddress(),
    ADMIN_DELAY_SECONDS,
  ]);
  const proxy = await new ERC1967Proxy__factory(admin).deploy(implementation, initialize);
  return RebaseToken__factory.connect(await proxy.getAddress(), admin);
}
