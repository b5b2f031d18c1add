import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { Signature } from "ethers";
import type { TypedDataDomain } from "ethers";
import { ethers } from "hardhat";

import type { RebaseToken } from "../../typechain-types";

/** ERC-2612's typed data. */
export const PERMIT_TYPES = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
};

export interface PermitTerms {
  readonly spender: string;
  readonly value: bigint;
  readonly deadline: bigint;
}

export interface PermitSignature extends PermitTerms {
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/** The parts of a token that signing a permit reads. */
type PermitToken = Pick<RebaseToken, "name" | "nonces" | "getAddress">;

/** The domain of a token on the chain that it is asked on, put together by hand. */
export async function permitDomain(token: PermitToken): Promise<TypedDataDomain> {
  const { chainId } = await ethers.provider.getNetwork();
  return {
    name: await token.name(),
    version: "1",
    chainId,
    verifyingContract: await token.getAddress(),
  };
}

/** Signs a permit with the owner's next nonce; `forged` replaces parts of what is signed. */
export async function signPermit(
  token: PermitToken,
  owner: HardhatEthersSigner,
  terms: PermitTerms,
  forged: { domain?: TypedDataDomain; nonce?: bigint; owner?: string } = {},
): Promise<PermitSignature> {
  const domain = { ...(await permitDomain(token)), ...forged.domain };
  const signed = await owner.signTypedData(domain, PERMIT_TYPES, {
    ...terms,
    owner: forged.owner ?? owner.address,
    nonce: forged.nonce ?? (await token.nonces(owner)),
  });
  const { v, r, s } = Signature.from(signed);
  return { ...terms, v, r, s };
}
