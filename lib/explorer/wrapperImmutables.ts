import {
  TypedDataEncoder,
  dataLength,
  hexlify,
  id,
  toBeHex,
  toUtf8Bytes,
  zeroPadBytes,
} from "ethers";

import type { MeshChain } from "../core/mesh/mesh";
import type { MeshConfig } from "../core/mesh/schema";
import { TOKEN_DECIMALS } from "../core/units";

import type { Immutables } from "./code";

const VERSION = "1";

/** Marks a text that is too long for a word and lies in storage, `ShortStrings.FALLBACK_SENTINEL`. */
const LONG = 0xffn;

/** Returns what the immutables of a chain's wrapper hold, those of OpenZeppelin's permit included. */
export function wrapperImmutables(
  { chainId, contracts: { token, wrapper = "" } }: MeshChain,
  { name }: NonNullable<MeshConfig["wrapper"]>,
): Immutables {
  const domain = { name, version: VERSION, chainId, verifyingContract: wrapper };
  return {
    i_token: token,
    _asset: token,
    _underlyingDecimals: BigInt(TOKEN_DECIMALS),
    _cachedDomainSeparator: TypedDataEncoder.hashDomain(domain),
    _cachedChainId: BigInt(chainId),
    _cachedThis: wrapper,
    _hashedName: id(name),
    _hashedVersion: id(VERSION),
    _name: shortString(name),
    _version: shortString(VERSION),
  };
}

/** Packs a text as OpenZeppelin's ShortStrings does: its bytes from the left, and its length in the last byte. */
function shortString(text: string): string {
  const bytes = hexlify(toUtf8Bytes(text));
  const length = dataLength(bytes);
  if (length > 31) return toBeHex(LONG, 32);
  return toBeHex(BigInt(zeroPadBytes(bytes, 32)) | BigInt(length), 32);
}
