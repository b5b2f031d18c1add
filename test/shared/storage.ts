import { getStorageAt } from "@nomicfoundation/hardhat-network-helpers";
import { AbiCoder, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import type { AddressLike } from "ethers";
import { ethers } from "hardhat";

/** The first slot of an ERC-7201 namespace, by the formula of the ERC. */
export function erc7201Slot(namespace: string): bigint {
  const inner = BigInt(keccak256(toUtf8Bytes(namespace))) - 1n;
  const outer = BigInt(keccak256(AbiCoder.defaultAbiCoder().encode(["uint256"], [inner])));
  return (outer >> 8n) << 8n;
}

/** The slot of an account in a mapping. */
export function mappingSlot(account: string, mapping: bigint): bigint {
  return BigInt(
    keccak256(AbiCoder.defaultAbiCoder().encode(["address", "uint256"], [account, mapping])),
  );
}

/** The slot in which an ERC-1967 proxy keeps its implementation. */
export const IMPLEMENTATION_SLOT =
  BigInt(keccak256(toUtf8Bytes("eip1967.proxy.implementation"))) - 1n;

/** The word that a contract keeps in a slot. */
export async function wordAt(contract: AddressLike, slot: bigint): Promise<bigint> {
  return BigInt(await getStorageAt(await ethers.resolveAddress(contract), slot));
}

/** The implementation behind an ERC-1967 proxy. */
export async function implementationOf(proxy: AddressLike): Promise<string> {
  return ethers.getAddress(toBeHex(await wordAt(proxy, IMPLEMENTATION_SLOT), 20));
}

/** The bits of a word from `offset` on. */
export function bitsOf(word: bigint, offset: bigint, length: bigint): bigint {
  return (word >> offset) & ((1n << length) - 1n);
}
