import { ContractFactory, Wallet, ZeroAddress, parseEther, toQuantity } from "ethers";
import type { JsonRpcProvider } from "ethers";
import { released } from "ccip-localnet/protocol";

import { liveChain } from "../../lib/core/chains";

/** Returns where the list of chains has the router of a live network. */
export function liveRouterOf(network: string): string {
  const chain = liveChain(network);
  if (!chain) throw new Error(`${network} is not in the list of chains.`);
  return chain.ccip.router;
}

/** Puts CCIP's router on an anvil node where a live network has it: a deployment asks it whether it is one. */
export async function placeRouter(provider: JsonRpcProvider, network: string): Promise<void> {
  const deployer = Wallet.createRandom(provider);
  const balance = toQuantity(parseEther("1"));
  await provider.send("anvil_setBalance", [deployer.address, balance]);
  const { interface: router, bytecode } = released("router");
  const factory = new ContractFactory(router, bytecode, deployer);
  const deployed = await factory.deploy(ZeroAddress, ZeroAddress);
  await deployed.waitForDeployment();
  const code = await provider.getCode(deployed);
  await provider.send("anvil_setCode", [liveRouterOf(network), code]);
}
