import factoryBuild from "@uniswap/v2-core/build/UniswapV2Factory.json";
import pairBuild from "@uniswap/v2-core/build/UniswapV2Pair.json";
import { Interface, ZeroAddress } from "ethers";
import type { InterfaceAbi, Signer } from "ethers";
import { deployContract, sendAll } from "ccip-localnet";

const FACTORY = new Interface(factoryBuild.abi);

/** ABI of a pair of the published Uniswap V2 contracts. */
export const PAIR_ABI: InterfaceAbi = pairBuild.abi;

/** Deploys Uniswap's published V2 factory, has it create the pair of two tokens, and returns the pair's address. */
export async function createPair(deployer: Signer, token: string, other: string): Promise<string> {
  const { abi, bytecode } = factoryBuild;
  const code = { name: "UniswapV2Factory", interface: FACTORY, abi, bytecode: `0x${bytecode}` };
  const factory = await deployContract(deployer, code, [ZeroAddress]);
  const data = FACTORY.encodeFunctionData("createPair", [token, other]);
  const [receipt] = await sendAll(deployer, [{ label: "creation of the pair", to: factory, data }]);
  const created = receipt?.logs.map((log) => FACTORY.parseLog(log)).find((event) => event !== null);
  return String(created?.args.pair);
}
