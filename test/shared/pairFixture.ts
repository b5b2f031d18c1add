import { parseEther } from "ethers";

import { PairSyncer__factory, RebaseNotifier__factory } from "../../typechain-types";
import type { PairSyncer, RebaseNotifier, RebaseToken } from "../../typechain-types";
import { deployRebaseToken } from "./deployRebaseToken";
import { ROLES, genesisFixture } from "./tokenFixture";
import type { TokenWorld } from "./tokenFixture";
import { deployUniswapV2Pair } from "./uniswapV2";
import type { UniswapV2Pair } from "./uniswapV2";

/** Reserves of each pair, of both tokens. */
export const RESERVE = parseEther("1000000");
export const LISTENER_GAS = 300_000n;

export interface PairWorld extends TokenWorld {
  /** A token without rebases. */
  readonly other: RebaseToken;
  readonly pair: UniswapV2Pair;
  readonly syncer: PairSyncer;
  readonly notifier: RebaseNotifier;
}

/** A pair of 1e6 of the token and 1e6 of another, which the notifier has synced. */
export async function pairFixture(): Promise<PairWorld> {
  const world = await genesisFixture();
  const { admin, issuer, token } = world;
  const other = await deployRebaseToken(admin, { isHome: true });
  await other.grantRole(ROLES.issuer, issuer);
  const syncer = await new PairSyncer__factory(admin).deploy(admin);
  const pair = await addPair({ ...world, other, syncer });
  const notifier = await new RebaseNotifier__factory(admin).deploy(token, admin);
  await notifier.setListener(syncer, LISTENER_GAS);
  return { ...world, other, pair, syncer, notifier };
}

/** Adds another pair of the same reserves. */
export async function addPair({
  admin,
  issuer,
  token,
  other,
  syncer,
}: Omit<PairWorld, "pair" | "notifier">): Promise<UniswapV2Pair> {
  const pair = await deployUniswapV2Pair(admin, token, other);
  for (const one of [token, other]) await one.connect(issuer).mint(pair.address, RESERVE);
  await pair.mint(admin.address);
  await syncer.addPair(pair.address);
  return pair;
}
