import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { id, parseEther } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { ethers } from "hardhat";

import type { RebaseToken } from "../../typechain-types";
import { deployRebaseToken } from "./deployRebaseToken";
import { ODD_INDEX } from "./indexes";

/** The roles of the token beside the default admin. */
export const ROLES = {
  issuer: id("ISSUER_ROLE"),
  rebaser: id("REBASER_ROLE"),
  bridge: id("BRIDGE_ROLE"),
  guardian: id("GUARDIAN_ROLE"),
  unpauser: id("UNPAUSER_ROLE"),
} as const;

/** A token, one account for each of its roles, and holders. */
export interface TokenWorld {
  readonly token: RebaseToken;
  readonly admin: HardhatEthersSigner;
  readonly issuer: HardhatEthersSigner;
  readonly rebaser: HardhatEthersSigner;
  readonly bridge: HardhatEthersSigner;
  readonly guardian: HardhatEthersSigner;
  readonly unpauser: HardhatEthersSigner;
  readonly alice: HardhatEthersSigner;
  readonly bob: HardhatEthersSigner;
  readonly carol: HardhatEthersSigner;
}

async function deployWorld(isHome: boolean): Promise<TokenWorld> {
  const signers = await ethers.getSigners();
  const [admin, issuer, rebaser, bridge, guardian, unpauser, alice, bob, carol] = signers;
  if (!admin || !issuer || !rebaser || !bridge || !guardian || !unpauser) throw tooFewAccounts();
  if (!alice || !bob || !carol) throw tooFewAccounts();

  const token = await deployRebaseToken(admin, { isHome });
  await token.grantRole(ROLES.issuer, issuer);
  await token.grantRole(ROLES.rebaser, rebaser);
  await token.grantRole(ROLES.bridge, bridge);
  await token.grantRole(ROLES.guardian, guardian);
  await token.grantRole(ROLES.unpauser, unpauser);
  return { token, admin, issuer, rebaser, bridge, guardian, unpauser, alice, bob, carol };
}

function tooFewAccounts(): Error {
  return new Error("the network has too few accounts");
}

/** Alice's balance in {@link homeFixture}. */
export const ALICE_AMOUNT = parseEther("1000");
/** Bob's balance in {@link homeFixture}. Carol holds nothing. */
export const BOB_AMOUNT = parseEther("500");

/** A home on which nothing was issued yet, roles granted. */
export function genesisFixture(): Promise<TokenWorld> {
  return deployWorld(true);
}

/** A home at its genesis index: Alice and Bob hold whole tokens, nothing is outstanding. */
export async function homeFixture(): Promise<TokenWorld> {
  const world = await deployWorld(true);
  const { token, issuer, alice, bob } = world;
  await token.connect(issuer).mint(alice, ALICE_AMOUNT);
  await token.connect(issuer).mint(bob, BOB_AMOUNT);
  return world;
}

/** A satellite that no broadcast has reached yet. */
export function unsyncedFixture(): Promise<TokenWorld> {
  return deployWorld(false);
}

/** The epoch of {@link satelliteFixture}. */
export const SATELLITE_EPOCH = 7n;
/** Alice's and Bob's shares in {@link satelliteFixture}: whole units and dust. Carol has none. */
export const ALICE_SHARES = parseEther("1000") * ODD_INDEX + ODD_INDEX - 1n;
export const BOB_SHARES = parseEther("500") * ODD_INDEX + 1n;

/** A satellite at {@link SATELLITE_EPOCH} and an odd index, nothing pending, dust on both holders. */
export async function satelliteFixture(): Promise<TokenWorld> {
  const world = await deployWorld(false);
  const { token, rebaser, bridge, alice, bob } = world;
  await token.connect(rebaser).sync(SATELLITE_EPOCH, ODD_INDEX, ODD_INDEX, 0);
  await token.connect(bridge).bridgeMint(alice, ALICE_SHARES);
  await token.connect(bridge).bridgeMint(bob, BOB_SHARES);
  return world;
}

/** The time of the next block, from now on fixed. */
export async function fixNextBlockTime(secondsLater = 1): Promise<bigint> {
  const timestamp = (await time.latest()) + secondsLater;
  await time.setNextBlockTimestamp(timestamp);
  return BigInt(timestamp);
}

/** Rebases home to an index that takes effect in the very block of the rebase. */
export async function rebaseNow(
  { token, rebaser }: Pick<TokenWorld, "token" | "rebaser">,
  sharesPerToken: bigint,
): Promise<ContractTransactionResponse> {
  const epoch = (await token.epoch()) + 1n;
  return token.connect(rebaser).rebase(epoch, sharesPerToken, await fixNextBlockTime());
}

/** Schedules a rebase of home, or of a satellite by a sync, and returns the time at which it takes effect, unix seconds. */
export async function scheduleIndex(
  { token, rebaser }: Pick<TokenWorld, "token" | "rebaser">,
  sharesPerToken: bigint,
  delaySeconds = 3_600,
): Promise<bigint> {
  const epoch = (await token.epoch()) + 1n;
  const current = await token.sharesPerToken();
  const effectiveAt = BigInt((await time.latest()) + delaySeconds);
  if (await token.isHome()) {
    await token.connect(rebaser).rebase(epoch, sharesPerToken, effectiveAt);
  } else {
    await token.connect(rebaser).sync(epoch, current, sharesPerToken, effectiveAt);
  }
  return effectiveAt;
}

/** Sends units of a holder from home to another chain, as the pool does, and returns the shares that left. */
export async function sendAbroad(
  { token, bridge }: Pick<TokenWorld, "token" | "bridge">,
  holder: HardhatEthersSigner,
  amount: bigint,
): Promise<bigint> {
  await token.connect(holder).transfer(bridge, amount);
  await token.connect(bridge).bridgeBurn(amount);
  return amount * (await token.sharesPerToken());
}

/** Lets `receiver` hold `dust` shares beyond whole units, taken from `giver`. */
export async function fillDust(
  token: RebaseToken,
  giver: HardhatEthersSigner,
  receiver: HardhatEthersSigner,
  dust: bigint,
): Promise<void> {
  const sharesPerToken = await token.sharesPerToken();
  const held = await token.sharesOf(receiver);
  const missing = (sharesPerToken + dust - (held % sharesPerToken)) % sharesPerToken;
  await token.connect(giver).transferShares(receiver, missing);
}

/** Everything that a movement may change, for accounts and for the token as a whole. */
export interface Holdings {
  readonly balances: readonly bigint[];
  readonly shares: readonly bigint[];
  readonly totalSupply: bigint;
  readonly totalShares: bigint;
}

/** Reads the holdings of accounts. */
export async function holdingsOf(
  token: RebaseToken,
  accounts: readonly (HardhatEthersSigner | RebaseToken | string)[],
): Promise<Holdings> {
  const [balances, shares, totalSupply, totalShares] = await Promise.all([
    Promise.all(accounts.map((account) => token.balanceOf(account))),
    Promise.all(accounts.map((account) => token.sharesOf(account))),
    token.totalSupply(),
    token.totalShares(),
  ]);
  return { balances, shares, totalSupply, totalShares };
}
