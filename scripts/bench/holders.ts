import { HolderMaker__factory } from "../../typechain-types";
import { loadFixture } from "../../test/shared/fixture";
import { mined } from "../../test/shared/scenario";
import { homeFixture } from "../../test/shared/tokenFixture";
import type { TokenWorld } from "../../test/shared/tokenFixture";

/** Gas by the number of accounts that hold the token, beside the two that the measured transfer is between. */
export interface HolderGas {
  readonly holders: number;
  readonly transfer: number;
  readonly rebase: number;
}

/** Accounts that a transaction makes holders, and its gas, which stays below a block's. */
const AT_ONCE = 400;
const GAS = 16_000_000n;

/** Base of the holders' addresses: none of them is an account of the development mnemonic. */
const FIRST_HOLDER = 1n << 140n;

/** Zero bytes cost less: indexes without any, so that all rebases pay for the same calldata. */
const INDEXES = [0xd1d1d1d1d1d1d1d1d1d1n, 0xd2d2d2d2d2d2d2d2d2d2n] as const;

/** Far away, and without a zero byte in what is not zero. */
const EFFECTIVE_AT = 0x77777777n;

/** Measures a transfer and a rebase of our token while its number of holders grows. */
export async function measureHolders(counts: readonly number[]): Promise<readonly HolderGas[]> {
  const world = await loadFixture(homeFixture);
  const { token, alice } = world;
  const maker = await new HolderMaker__factory(alice).deploy();
  await mined(token.connect(alice).transfer(maker, BigInt(Math.max(...counts))));
  // The first one schedules, all others replace what is scheduled.
  await rebase(world, INDEXES[1]);
  const measured: HolderGas[] = [];
  let made = 0;
  for (const [i, holders] of counts.entries()) {
    while (made < holders) {
      const count = Math.min(AT_ONCE, holders - made);
      await mined(maker.make(token, FIRST_HOLDER + BigInt(made), count, { gasLimit: GAS }));
      made += count;
    }
    measured.push({
      holders,
      transfer: await transfer(world),
      rebase: await rebase(world, INDEXES[i % 2] ?? INDEXES[0]),
    });
  }
  return measured;
}

async function transfer({ token, alice, bob }: TokenWorld): Promise<number> {
  const { gasUsed } = await mined(token.connect(alice).transfer(bob, 1_000n));
  return Number(gasUsed);
}

async function rebase({ token, rebaser }: TokenWorld, index: bigint): Promise<number> {
  const epoch = (await token.epoch()) + 1n;
  const { gasUsed } = await mined(token.connect(rebaser).rebase(epoch, index, EFFECTIVE_AT));
  return Number(gasUsed);
}
