import type { RpcProvider } from "../protocol/chain";

/** Whatever has a chain's provider; several chains may share one. */
interface Clocked {
  readonly name: string;
  readonly provider: RpcProvider;
}

/** CCIP keeps the times of prices in 32 bits: they end in the year 2106. */
const LAST_TIMESTAMP = 2 ** 32 - 1;

/** The latest block time among the chains, unix seconds. */
export async function now(chains: readonly Clocked[]): Promise<number> {
  const times = await Promise.all(nodes(chains).map(timeOf));
  return Math.max(...times);
}

/**
 * Mines one block with exactly this timestamp on every node.
 * @param timestamp unix seconds, later than every chain's latest block and before the year 2106.
 */
export async function mineAt(chains: readonly Clocked[], timestamp: number): Promise<void> {
  const latest = await now(chains);
  if (!Number.isInteger(timestamp) || timestamp <= latest) {
    throw new RangeError(
      `Cannot mine a block at ${timestamp}: the latest one is at ${latest}, and time only rises. ` +
        `Use a whole number of seconds above it.`,
    );
  }
  if (timestamp > LAST_TIMESTAMP) {
    throw new RangeError(
      `Cannot mine a block at ${timestamp}: CCIP's time ends at ${LAST_TIMESTAMP}, in 2106. Advance by less.`,
    );
  }
  await Promise.all(
    nodes(chains).map(async ({ provider }) => {
      await provider.send("evm_setNextBlockTimestamp", [timestamp]);
      await provider.send("evm_mine", []);
    }),
  );
}

/**
 * Moves all chains to the same second, `seconds` after the latest of them.
 * @returns the timestamp that was mined.
 */
export async function advance(chains: readonly Clocked[], seconds: number): Promise<number> {
  const timestamp = (await now(chains)) + seconds;
  await mineAt(chains, timestamp);
  return timestamp;
}

/** One chain for each node: what shares a provider shares a clock. */
function nodes(chains: readonly Clocked[]): Clocked[] {
  return [...new Map(chains.map((chain) => [chain.provider, chain])).values()];
}

async function timeOf({ name, provider }: Clocked): Promise<number> {
  const block = await provider.getBlock("latest");
  if (!block) throw new Error(`${name} has no blocks: is its node still running?`);
  return block.timestamp;
}
