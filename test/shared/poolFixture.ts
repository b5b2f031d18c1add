import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { Contract, parseEther, toBeHex, zeroPadValue } from "ethers";
import type { AccessList, ContractTransactionResponse } from "ethers";
import { ethers } from "hardhat";
import { deployContract } from "ccip-localnet";
import { released } from "ccip-localnet/protocol";

import {
  ContainedRebaseTokenPool__factory,
  IPoolV1__factory,
  IPoolV2__factory,
  RebaseTokenPool__factory,
} from "../../typechain-types";
import type {
  ContainedRebaseTokenPool,
  IPoolV1,
  IPoolV2,
  RebaseToken,
  RebaseTokenPool,
} from "../../typechain-types";
import type { Pool } from "../../typechain-types/contracts/ccip/RebaseTokenPool";
import type { RateLimit } from "../../lib/core/mesh/limit";
import { touchedBy } from "./callTrace";
import { deployRebaseToken } from "./deployRebaseToken";
import { ODD_INDEX } from "./indexes";
import { ROLES } from "./tokenFixture";

/** CCIP selector of the chain on which the pools of the fixture are. */
const LOCAL_SELECTOR = 1_001n;

/** A chain at the other end of a lane, with the token and the pool that are there. */
export interface Remote {
  readonly selector: bigint;
  readonly token: string;
  readonly pool: string;
}

/** The chain that most tests send to and receive from. */
export const REMOTE: Remote = {
  selector: 2_002n,
  token: "0x2000000000000000000000000000000000000001",
  pool: "0x2000000000000000000000000000000000000002",
};

/** Another chain of the same mesh, with ramps of its own. */
export const OTHER: Remote = {
  selector: 3_003n,
  token: "0x3000000000000000000000000000000000000001",
  pool: "0x3000000000000000000000000000000000000002",
};

/** A chain that CCIP serves by the ramps of {@link REMOTE}, and of which the pool knows nothing. */
export const FOREIGN_SELECTOR = 4_004n;

/** The rate limits of the fixture's lanes, in tokens. */
export const OUTBOUND = { isEnabled: true, capacity: parseEther("1000"), rate: parseEther("10") };
export const INBOUND = { isEnabled: true, capacity: parseEther("1100"), rate: parseEther("11") };
export const UNLIMITED = { isEnabled: false, capacity: 0n, rate: 0n };

/** Initial balance of the holder of each fixture. */
export const HELD = parseEther("10000");

/** The epoch of {@link satellitePoolFixture}. */
export const SATELLITE_EPOCH = 5n;

/** A token and its pool behind CCIP's released router and RMN, with accounts for ramps. */
export interface PoolWorld {
  readonly token: RebaseToken;
  readonly pool: RebaseTokenPool;
  readonly router: Contract;
  readonly rmnProxy: string;
  readonly rmnRemote: Contract;
  /** Owns everything and administers the token. */
  readonly admin: HardhatEthersSigner;
  readonly rebaser: HardhatEthersSigner;
  readonly rateLimitAdmin: HardhatEthersSigner;
  readonly holder: HardhatEthersSigner;
  readonly receiver: HardhatEthersSigner;
  readonly thirdParty: HardhatEthersSigner;
  readonly onRamp: HardhatEthersSigner;
  readonly offRamp: HardhatEthersSigner;
  readonly otherOnRamp: HardhatEthersSigner;
  readonly otherOffRamp: HardhatEthersSigner;
}

/** A home on which the holder has tokens and nothing is outstanding. */
export async function homePoolFixture(): Promise<PoolWorld> {
  const world = await poolWorld(true);
  const { token, admin, holder } = world;
  await token.grantRole(ROLES.issuer, admin);
  await token.mint(holder, HELD);
  return world;
}

/** A satellite at {@link SATELLITE_EPOCH} and an odd index, on which the holder has tokens. */
export async function satellitePoolFixture(): Promise<PoolWorld> {
  const world = await poolWorld(false);
  const { token, rebaser, admin, holder } = world;
  await token.connect(rebaser).sync(SATELLITE_EPOCH, ODD_INDEX, ODD_INDEX, 0);
  await token.grantRole(ROLES.bridge, admin);
  await token.bridgeMint(holder, HELD * ODD_INDEX);
  await token.revokeRole(ROLES.bridge, admin);
  return world;
}

/** A satellite that no broadcast has reached yet. */
export function unsyncedPoolFixture(): Promise<PoolWorld> {
  return poolWorld(false);
}

/** {@link homePoolFixture} with a pool that counts what goes over contained lanes. */
export async function containedPoolFixture(): Promise<
  PoolWorld & { readonly contained: ContainedRebaseTokenPool }
> {
  const world = await poolWorld(true, ContainedRebaseTokenPool__factory);
  const { token, admin, holder, pool } = world;
  await token.grantRole(ROLES.issuer, admin);
  await token.mint(holder, HELD);
  return { ...world, contained: ContainedRebaseTokenPool__factory.connect(addressOf(pool), admin) };
}

async function poolWorld(
  isHome: boolean,
  Factory:
    | typeof RebaseTokenPool__factory
    | typeof ContainedRebaseTokenPool__factory = RebaseTokenPool__factory,
): Promise<PoolWorld> {
  const signers = await ethers.getSigners();
  const [admin, rebaser, rateLimitAdmin, holder, receiver, thirdParty, ...ramps] = signers;
  const [onRamp, offRamp, otherOnRamp, otherOffRamp] = ramps;
  if (!admin || !rebaser || !rateLimitAdmin || !holder || !receiver || !thirdParty) throw tooFew();
  if (!onRamp || !offRamp || !otherOnRamp || !otherOffRamp) throw tooFew();

  const deploy = async (
    name: "rmnRemote" | "rmnProxy" | "router",
    args: unknown[],
  ): Promise<Contract> => {
    const code = released(name);
    return new Contract(await deployContract(admin, code, args), code.interface, admin);
  };
  const rmnRemote = await deploy("rmnRemote", [LOCAL_SELECTOR, ethers.ZeroAddress]);
  const proxy = await deploy("rmnProxy", [await rmnRemote.getAddress()]);
  const rmnProxy = await proxy.getAddress();
  // No message is paid for here, so any address does for wrapped native.
  const router = await deploy("router", [admin.address, rmnProxy]);
  await router.getFunction("applyRampUpdates")(
    [
      [REMOTE.selector, onRamp.address],
      [OTHER.selector, otherOnRamp.address],
      [FOREIGN_SELECTOR, onRamp.address],
    ],
    [],
    [
      [REMOTE.selector, offRamp.address],
      [OTHER.selector, otherOffRamp.address],
      [FOREIGN_SELECTOR, offRamp.address],
    ],
  );

  const token = await deployRebaseToken(admin, { isHome });
  const deployed = await new Factory(admin).deploy(token, rmnProxy, router);
  const pool = RebaseTokenPool__factory.connect(await deployed.getAddress(), admin);
  await pool.applyChainUpdates(
    [],
    [REMOTE, OTHER].map((remote) => ({
      remoteChainSelector: remote.selector,
      remotePoolAddresses: [zeroPadValue(remote.pool, 32)],
      remoteTokenAddress: zeroPadValue(remote.token, 32),
      outboundRateLimiterConfig: OUTBOUND,
      inboundRateLimiterConfig: INBOUND,
    })),
  );
  await pool.setDynamicConfig(router, rateLimitAdmin, ethers.ZeroAddress);
  await token.grantRole(ROLES.bridge, pool);
  await token.grantRole(ROLES.rebaser, rebaser);
  return {
    ...{ token, pool, router, rmnProxy, rmnRemote },
    ...{ admin, rebaser, rateLimitAdmin, holder, receiver, thirdParty },
    ...{ onRamp, offRamp, otherOnRamp, otherOffRamp },
  };
}

function tooFew(): Error {
  return new Error("the network has too few accounts");
}

/** The word that travels with the tokens, spelled out apart from the library under test. */
export function poolData(word: {
  readonly shares: bigint;
  readonly epoch?: bigint;
  readonly version?: bigint;
  readonly decimals?: bigint;
}): string {
  const { shares, epoch = 1n, version = 1n, decimals = 18n } = word;
  return toBeHex((version << 248n) | (decimals << 240n) | (epoch << 208n) | shares, 32);
}

/** Burns the holder's tokens as an OnRamp does, after they were moved to the pool. */
export async function lockOrBurnInput(
  { token, holder, receiver }: PoolWorld,
  change: Partial<Pool.LockOrBurnInV1Struct> = {},
): Promise<Pool.LockOrBurnInV1Struct> {
  return {
    receiver: zeroPadValue(receiver.address, 32),
    remoteChainSelector: REMOTE.selector,
    originalSender: holder.address,
    amount: parseEther("1"),
    localToken: await token.getAddress(),
    ...change,
  };
}

/** Mints the value of a message's shares to the receiver, as an OffRamp does. */
export async function releaseOrMintInput(
  { token, holder, receiver }: PoolWorld,
  change: Partial<Pool.ReleaseOrMintInV1Struct> = {},
): Promise<Pool.ReleaseOrMintInV1Struct> {
  return {
    originalSender: zeroPadValue(holder.address, 32),
    remoteChainSelector: REMOTE.selector,
    receiver: receiver.address,
    sourceDenominatedAmount: parseEther("1"),
    localToken: await token.getAddress(),
    sourcePoolAddress: zeroPadValue(REMOTE.pool, 32),
    sourcePoolData: poolData({ shares: 10n ** 42n }),
    offchainTokenData: "0x",
    ...change,
  };
}

/** Sends the holder's tokens out, as router and OnRamp do: to the pool first, then burnt there. */
export async function sendOut(
  world: PoolWorld,
  amount: bigint,
): Promise<ContractTransactionResponse> {
  const { token, pool, holder, onRamp } = world;
  await token.connect(holder).transfer(pool, amount);
  return poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world, { amount }));
}

/** Lets shares arrive for the receiver, as the OffRamp does. */
export async function receiveShares(
  world: PoolWorld,
  shares: bigint,
  change: Partial<Pool.ReleaseOrMintInV1Struct> = {},
): Promise<ContractTransactionResponse> {
  const { pool, offRamp } = world;
  const sourcePoolData = poolData({ shares });
  return poolV1(pool, offRamp).releaseOrMint(
    await releaseOrMintInput(world, { sourcePoolData, ...change }),
  );
}

/** A pool as the ramps of CCIP 1.6 call it. */
export function poolV1(pool: RebaseTokenPool, ramp: HardhatEthersSigner): IPoolV1 {
  return IPoolV1__factory.connect(addressOf(pool), ramp);
}

/** A pool as the ramps of CCIP 2.0 call it: by functions of the same names, which name the finality too. */
export function poolV2(pool: RebaseTokenPool, ramp: HardhatEthersSigner): IPoolV2 {
  return IPoolV2__factory.connect(addressOf(pool), ramp);
}

function addressOf({ target }: RebaseTokenPool): string {
  if (typeof target !== "string") throw new Error("The pool's address is not resolved yet.");
  return target;
}

/** Sets the limits of the lanes from and to a chain, or those of its fast transfers. */
export function setLimits(
  pool: RebaseTokenPool,
  limits: Partial<Record<"outbound" | "inbound", RateLimit>> & {
    readonly selector?: bigint;
    readonly fast?: boolean;
  },
): Promise<ContractTransactionResponse> {
  const { selector = REMOTE.selector, fast = false } = limits;
  const { outbound = OUTBOUND, inbound = INBOUND } = limits;
  return pool.setRateLimitConfig([
    {
      remoteChainSelector: selector,
      fastFinality: fast,
      outboundRateLimiterConfig: outbound,
      inboundRateLimiterConfig: inbound,
    },
  ]);
}

/**
 * Contracts that an OffRamp has accessed before it starts to count: RMN, which it asks about the lane, the
 * pool, which it asks for its interfaces, and the token's code. All else is cold.
 */
export async function warmBeforeThePool(world: PoolWorld): Promise<AccessList> {
  const { token, pool, rmnProxy, rmnRemote, thirdParty } = world;
  const asked = await thirdParty.sendTransaction({
    to: rmnProxy,
    data: rmnRemote.interface.encodeFunctionData("isCursed(bytes16)", [
      toBeHex(REMOTE.selector, 16),
    ]),
  });
  return [
    ...(await touchedBy(asked.hash, rmnProxy)),
    { address: await pool.getAddress(), storageKeys: [] },
    { address: await token.getAddress(), storageKeys: [] },
  ];
}
