import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { Interface, Signature, parseEther } from "ethers";
import { ethers } from "hardhat";

import { loadFixture } from "../../test/shared/fixture";
import { ODD_INDEX } from "../../test/shared/indexes";
import { PERMIT_TYPES } from "../../test/shared/permit";
import { homeFixture, rebaseNow } from "../../test/shared/tokenFixture";

import { deployPeers } from "./peers";
import type { Peer, PeerName } from "./peers";

/** The operations of a token that are measured, in the order in which each token goes through them. */
export const TOKEN_OPERATIONS = [
  "transfer to a holder",
  "transfer to a new account",
  "approve",
  "transferFrom to a holder",
  "permit",
  "mint to a holder",
  "burn",
] as const;

export type TokenOperation = (typeof TOKEN_OPERATIONS)[number];

/** Gas of each operation; undefined for one that the token does not have. */
export type TokenGas = Readonly<Record<TokenOperation, number | undefined>>;

const token = new Interface([
  "function transfer(address to, uint256 amount)",
  "function approve(address spender, uint256 amount)",
  "function transferFrom(address from, address to, uint256 amount)",
  "function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)",
  "function nonces(address owner) view returns (uint256)",
  "function mint(address to, uint256 amount)",
  "function burn(uint256 amount)",
  "function burn(address from, uint256 amount)",
]);

/** A token with the accounts that use it. */
interface Subject extends Peer {
  readonly issuer: HardhatEthersSigner;
  readonly alice: HardhatEthersSigner;
  readonly bob: HardhatEthersSigner;
  readonly carol: HardhatEthersSigner;
  readonly burn: "burn(uint256)" | "burn(address,uint256)";
}

const AMOUNT = parseEther("100");

/** An account that never holds a token before it is measured. */
const NEW_ACCOUNT = "0x1111111111111111111111111111111111111111";

/** Measures the operations of our token, after a rebase, and of each peer: the gas of their transactions. */
export async function measureTokens(): Promise<Readonly<Record<"ours" | PeerName, TokenGas>>> {
  const { token: rebaseToken, issuer, rebaser, alice, bob, carol } = await loadFixture(homeFixture);
  await rebaseNow({ token: rebaseToken, rebaser }, ODD_INDEX);
  const accounts = { issuer, alice, bob, carol };
  const peers = await deployPeers(issuer);
  const ofPeer = (peer: Peer) => measure({ ...peer, ...accounts, burn: "burn(uint256)" });
  return {
    ours: await measure({
      address: await rebaseToken.getAddress(),
      permitName: await rebaseToken.name(),
      ...accounts,
      burn: "burn(address,uint256)",
    }),
    "OpenZeppelin behind the same proxy": await ofPeer(peers["OpenZeppelin behind the same proxy"]),
    OpenZeppelin: await ofPeer(peers.OpenZeppelin),
    solady: await ofPeer(peers.solady),
    Chainlink: await ofPeer(peers.Chainlink),
  };
}

async function measure(subject: Subject): Promise<TokenGas> {
  const { issuer, alice, bob, carol } = subject;
  const gas = (caller: HardhatEthersSigner, name: string, args: readonly unknown[]) =>
    gasOf(caller, subject.address, name, args);
  for (const account of [issuer, alice, bob]) {
    await gas(issuer, "mint", [account.address, parseEther("1000")]);
  }
  const burned = subject.burn === "burn(uint256)" ? [AMOUNT] : [issuer.address, AMOUNT];
  return {
    "transfer to a holder": await gas(alice, "transfer", [bob.address, AMOUNT]),
    "transfer to a new account": await gas(alice, "transfer", [NEW_ACCOUNT, AMOUNT]),
    approve: await gas(alice, "approve", [carol.address, 2n * AMOUNT]),
    "transferFrom to a holder": await gas(carol, "transferFrom", [
      ...[alice.address, bob.address, AMOUNT],
    ]),
    permit: await measurePermit(subject),
    "mint to a holder": await gas(issuer, "mint", [bob.address, AMOUNT]),
    burn: await gas(issuer, subject.burn, burned),
  };
}

/** Measures the second permit of an owner: the first one also pays for the slot of the owner's nonce. */
async function measurePermit(subject: Subject): Promise<number | undefined> {
  const { permitName, issuer, bob } = subject;
  if (permitName === undefined) return undefined;
  await permit(subject, permitName, issuer.address);
  return permit(subject, permitName, bob.address);
}

/** Submits a signature without a zero byte, which would cost less: the figure then depends on no address. */
async function permit(subject: Subject, name: string, spender: string): Promise<number> {
  const { address, alice, carol } = subject;
  const { chainId } = await ethers.provider.getNetwork();
  const domain = { name, version: "1", chainId, verifyingContract: address };
  const data = token.encodeFunctionData("nonces", [alice.address]);
  const nonce = BigInt(await ethers.provider.call({ to: address, data }));
  const terms = { owner: alice.address, spender, value: AMOUNT, nonce };
  for (let deadline = 0x77777777n; ; deadline -= 1n) {
    const signature = Signature.from(
      await alice.signTypedData(domain, PERMIT_TYPES, { ...terms, deadline }),
    );
    const { r, s, v } = signature;
    if ([r, s].some((word) => ethers.getBytes(word).includes(0))) continue;
    const args = [alice.address, spender, AMOUNT, deadline, v, r, s];
    return gasOf(carol, address, "permit", args);
  }
}

async function gasOf(
  caller: HardhatEthersSigner,
  to: string,
  name: string,
  args: readonly unknown[],
): Promise<number> {
  const data = token.encodeFunctionData(name, args);
  const receipt = await (await caller.sendTransaction({ to, data })).wait();
  if (!receipt) throw new Error(`${name} on ${to} was sent and gave no receipt.`);
  return Number(receipt.gasUsed);
}
