import type { CcipVersion } from "ccip-localnet/protocol";

import { expectSuccess } from "../../test/shared/scenario";
import type { Scenario } from "../../test/shared/scenario";

import { gasUsed, laneOf, ourToken, releasedToken, sendTokens } from "./bridging";
import type { BridgedToken } from "./releasedPools";

/** Gas of a message of tokens by the number of messages that arrive together, all to one holder. */
export interface BatchGas {
  readonly messages: number;
  /** Gas of the commit by the number of messages; CCIP 2.0 has none, for its verifiers sign off chain. */
  readonly commit: number | undefined;
  /** Gas of all executions by the number of messages. CCIP 2.0 has a transaction for each. */
  readonly execute: number;
}

/** Measures batches of our token, and of Chainlink's through its BurnMintTokenPool, on the same ramps. */
export async function measureBatches(
  version: CcipVersion,
  counts: readonly number[],
): Promise<Readonly<Record<"ours" | "BurnMintTokenPool", readonly BatchGas[]>>> {
  return {
    ours: await measure(counts, ...(await ourToken(version))),
    BurnMintTokenPool: await measure(counts, ...(await releasedToken(version))),
  };
}

async function measure(
  counts: readonly number[],
  s: Scenario,
  { source }: BridgedToken,
): Promise<BatchGas[]> {
  const measured: BatchGas[] = [];
  // The first message fills slots that later ones only change.
  await measureBatch(s, source.token, 1);
  for (const count of counts) measured.push(await measureBatch(s, source.token, count));
  return measured;
}

async function measureBatch(s: Scenario, token: string, messages: number): Promise<BatchGas> {
  await s.refillBuckets();
  for (let i = 0; i < messages; i++) await sendTokens(s, token, s.address("bob"));
  const before = await s.home.provider.getBlockNumber();
  await s.ccip.verify(laneOf(s));
  const commits = await hashesSince(s, before);
  const deliveries = await s.ccip.execute(laneOf(s));
  expectSuccess(deliveries);
  const executions = new Set(deliveries.map(({ transactionHash }) => transactionHash));
  const each = async (hashes: Iterable<string>) => {
    let total = 0;
    for (const hash of hashes) total += await gasUsed(s, hash);
    return Math.round(total / messages);
  };
  return {
    messages,
    commit: commits.length > 0 ? await each(commits) : undefined,
    execute: await each(executions),
  };
}

/** Reads the hashes of all transactions after a block. */
async function hashesSince(s: Scenario, before: number): Promise<string[]> {
  const hashes: string[] = [];
  for (let n = before + 1; n <= (await s.home.provider.getBlockNumber()); n++) {
    const block = await s.home.provider.getBlock(n);
    hashes.push(...(block?.transactions ?? []));
  }
  return hashes;
}
