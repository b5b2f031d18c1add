import type { ProxyOptions } from "hardhat-deploy/types";

/**
 * hardhat-deploy's proxy options for OpenZeppelin 5: its own UUPS preset calls `upgradeTo`, which
 * OpenZeppelin 5 no longer has. `upgradeIndex: 0` makes a second run leave the proxy alone; an upgrade
 * is the timelock's business.
 */
export const UUPS_PROXY = {
  proxyContract: "ERC1967Proxy",
  proxyArgs: ["{implementation}", "{data}"],
  checkProxyAdmin: false,
  checkABIConflict: false,
  upgradeIndex: 0,
  upgradeFunction: { methodName: "upgradeToAndCall", upgradeArgs: ["{implementation}", "{data}"] },
} satisfies ProxyOptions;
