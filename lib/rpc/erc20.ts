import { Interface } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

/** The part of ERC-20 by which LINK pays a fee. */
export const erc20 = new Interface([
  "function balanceOf(address account) view returns (uint256)",
  "function allowance(address owner, address spender) view returns (uint256)",
  "function approve(address spender, uint256 amount) returns (bool)",
]);

type Caller = Parameters<typeof readOne>[0];

/** Reads the balance of an account in wei of an ERC-20. */
export function balanceOf(caller: Caller, token: string, account: string): Promise<bigint> {
  return readOne(caller, { address: token, interface: erc20 }, "balanceOf", [account], z.bigint());
}

/** Reads the allowance of a spender in wei of an ERC-20. */
export function allowance(
  caller: Caller,
  token: string,
  owner: string,
  spender: string,
): Promise<bigint> {
  const contract = { address: token, interface: erc20 };
  return readOne(caller, contract, "allowance", [owner, spender], z.bigint());
}
