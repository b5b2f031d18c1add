import { Contract } from "ethers";
import type { Addressable, Signer } from "ethers";

import { PAIR_ABI, createPair } from "../../lib/demo/uniswapV2";

/** A pair of the published Uniswap V2 contracts, the calls that tests make. */
export interface UniswapV2Pair {
  readonly address: string;
  /** The token's place in the pair. */
  readonly isFirst: boolean;
  /** Reserves of the token and of the other one, in their units. */
  reserves(): Promise<readonly [token: bigint, other: bigint]>;
  /** Takes what was transferred to the pair as liquidity of `to`. */
  mint(to: string): Promise<unknown>;
  /** Buys or sells by transferring first; amounts out of the token and of the other one. */
  swap(token: bigint, other: bigint, to: string): Promise<unknown>;
  readonly contract: Contract;
}

/** Deploys a Uniswap V2 factory from its published bytecode, and one pair. */
export async function deployUniswapV2Pair(
  deployer: Signer,
  token: Addressable,
  other: Addressable,
): Promise<UniswapV2Pair> {
  const address = await deployer.getAddress();
  const pair = await createPair(deployer, await token.getAddress(), await other.getAddress());
  const contract = new Contract(pair, PAIR_ABI, deployer);
  const isFirst =
    (await contract.getFunction("token0").staticCall()) === (await token.getAddress());
  const ordered = <T>(ofToken: T, ofOther: T): [T, T] =>
    isFirst ? [ofToken, ofOther] : [ofOther, ofToken];
  return {
    address: pair,
    isFirst,
    contract,
    reserves: async () => {
      const [first, second] = (await contract.getFunction("getReserves").staticCall()) as bigint[];
      return ordered(first ?? 0n, second ?? 0n);
    },
    mint: (to) => contract.getFunction("mint").send(to, { from: address }),
    swap: (ofToken, ofOther, to) =>
      contract.getFunction("swap").send(...ordered(ofToken, ofOther), to, "0x"),
  };
}
