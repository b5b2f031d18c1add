import { concat } from "ethers";
import type { Provider, Signer } from "ethers";

import { ListenerOfTests__factory } from "../../typechain-types";
import type { ListenerOfTests } from "../../typechain-types";

/** Loops until 2,048 gas are left, and returns. */
const GREEDY = "0x5b5a61080010600057" + "00";

/** Deploys a listener that uses all of its gas, and succeeds. */
export async function deployGreedyListener(deployer: Signer): Promise<string> {
  // Copies what follows these twelve bytes, and returns it as the code.
  const data = concat(["0x600a600c600039600a6000f3", GREEDY]);
  const receipt = await (await deployer.sendTransaction({ data })).wait();
  return receipt?.contractAddress ?? "";
}

/** Deploys a listener that behaves as a test tells it. */
export async function deployListener(deployer: Signer): Promise<ListenerOfTests> {
  return (await new ListenerOfTests__factory(deployer).deploy()).waitForDeployment();
}

/** A listener of tests at an address. */
export function listenerAt(address: string, runner: Signer | Provider): ListenerOfTests {
  return ListenerOfTests__factory.connect(address, runner);
}
