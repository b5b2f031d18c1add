import { mineAt } from "ccip-localnet";

import { abi, contractAt } from "../../core/abis";
import { formatGrowth, growthFactor } from "../../core/growth";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { readIndexes } from "../../mesh/readIndex";
import { bandText, declaredBand } from "../../mesh/components/circuitBreaker";
import { broadcastToAll, rebase, requireConverged } from "../actions";
import { ensure } from "../scenario";
import type { ScenarioRun } from "../scenario";
import { throughTimelock } from "./timelock";

/** The growth that home's administrator lets through by mistake, and the one that was meant, in percent. */
const MISTAKEN = "60";
const MEANT = "6";

/** An index that a satellite held back. */
export interface HeldBack {
  readonly chain: string;
  readonly epoch: bigint;
  /** Shares per token unit that it would have led to. */
  readonly sharesPerToken: bigint;
}

/** Home widens its bounds and schedules a rebase by mistake; every satellite holds the index back. */
export async function rebaseByMistake(run: ScenarioRun): Promise<HeldBack[]> {
  const { mesh, home, progress } = run;
  const config = await readConfig(run);
  const wide = { ...config, maxGrowthFactor: growthFactor("100") };
  await throughTimelock(run, "bounds of a rebase set", [
    {
      to: home.contracts.controller,
      data: abi.controller.encodeFunctionData("setConfig", [wide]),
    },
  ]);
  await rebase(run, MISTAKEN);
  await broadcastToAll(run);
  const held = await Promise.all(mesh.satellites.map((satellite) => heldBackOn(run, satellite)));
  const [{ epoch }] = held as [HeldBack];
  progress.note(
    `every satellite holds epoch ${epoch} back, for ${formatGrowth(growthFactor(MISTAKEN))} is outside of its bounds:`,
  );
  progress.note(bandText(declaredBand(mesh)));
  progress.note("the index of before counts until a newer epoch is accepted, or somebody decides");
  return held;
}

async function heldBackOn({ home }: ScenarioRun, satellite: SatelliteChain): Promise<HeldBack> {
  const { name, provider, contracts } = satellite;
  const receiver = contractAt.receiver(contracts.receiver, provider);
  const [{ epoch, next }, here, there, isStale] = await Promise.all([
    receiver.getQuarantined(),
    contractAt.token(contracts.token, provider).epoch(),
    contractAt.token(home.contracts.token, home.provider).indexState(),
    receiver.isStale(2n ** 64n),
  ]);
  ensure(
    epoch === there.epoch_ && next === there.next && here === epoch - 1n,
    `${name} did not hold epoch ${there.epoch_} back`,
  );
  ensure(isStale, `${name} does not say that it is stale`);
  return { chain: name, epoch, sharesPerToken: next };
}

/** Home restores its bounds and replaces the pending rebase; the corrected index supersedes what was held back. */
export async function correct(run: ScenarioRun): Promise<void> {
  const { chains, mesh, home, progress } = run;
  const { controller } = home.contracts;
  const token = contractAt.token(home.contracts.token, home.provider);
  const { maxGrowthFactor, ...config } = await readConfig(run);
  const restored = { ...config, maxGrowthFactor: mesh.config.controller.maxGrowthFactor };
  ensure(restored.maxGrowthFactor < maxGrowthFactor, "the bounds were not widened");
  const args: [bigint, bigint, bigint] = [
    growthFactor(MEANT),
    config.delay,
    (await token.epoch()) + 1n,
  ];
  await throughTimelock(run, "bounds set, rebase replaced", [
    { to: controller, data: abi.controller.encodeFunctionData("setConfig", [restored]) },
    { to: controller, data: abi.controller.encodeFunctionData("replacePending", args) },
  ]);
  await broadcastToAll(run);
  await requireConverged(mesh);
  for (const { name, provider, contracts } of mesh.satellites) {
    const { epoch } = await contractAt.receiver(contracts.receiver, provider).getQuarantined();
    ensure(epoch === 0n, `${name} still holds epoch ${epoch} back`);
  }
  const { effectiveAt } = await token.indexState();
  await countFrom({ chains, mesh }, Number(effectiveAt));
  progress.note(
    `${formatGrowth(growthFactor(MEANT))} took effect on every chain; no chain ever had the mistaken index`,
  );
}

/** Moves all clocks to the second from which an index counts, and checks that all chains share it. */
export async function countFrom(
  { chains, mesh }: Pick<ScenarioRun, "chains" | "mesh">,
  effectiveAt: number,
): Promise<void> {
  await mineAt(chains, effectiveAt);
  const indexes = await readIndexes(mesh);
  const shared = indexes[0]?.next;
  ensure(
    indexes.every(({ next, sharesPerToken }) => next === shared && sharesPerToken === shared),
    `the chains do not share one index at ${effectiveAt}`,
  );
}

async function readConfig({ home }: ScenarioRun) {
  const controller = contractAt.controller(home.contracts.controller, home.provider);
  const { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay } =
    await controller.getConfig();
  return { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay };
}
