import { parseEther } from "ethers";
import { localAccount, LocalCcip, mineAt, now } from "ccip-localnet";
import { topicOf } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS } from "../../config/localAccounts";
import { signerFor } from "../../lib/localnet/wiring";
import { abi } from "../../lib/core/abis";
import type { OperatorContext } from "../../lib/mesh/operator";
import type { MeshChain, SatelliteChain } from "../../lib/core/mesh/mesh";
import { NoKeyError } from "../../lib/mesh/signing";
import type { KeeperEvent, KeeperOptions } from "../../lib/rebase/keeper";
import type { PollOptions } from "../../lib/rebase/retryPolicy";
import { PAYMENTS } from "../../lib/core/payment";
import { parsePolicy } from "../../lib/rebase/policy";
import type { PolicyInput } from "../../lib/rebase/policy";
import { LinkToken__factory } from "../../typechain-types";

import { loadFixture } from "./fixture";
import { KilledError, CrashingSigner, impersonated, wiredMeshFixture } from "./meshFixture";
import type { Life, MeshWorld } from "./meshFixture";
import { thinProvider } from "./thinProvider";

/** A wired mesh whose deployer, who pays for broadcasts, also has LINK. */
async function fundedMeshFixture(): Promise<MeshWorld> {
  const world = await loadFixture(wiredMeshFixture);
  await giveLink(world, world.mesh.operator, parseEther("100"));
  return world;
}

/** {@link fundedMeshFixture}, with a DON of its own without state from other tests. */
export async function keptMesh(): Promise<MeshWorld> {
  const world = await loadFixture(fundedMeshFixture);
  return { ...world, ccip: new LocalCcip(world.chains) };
}

/** Gives an account LINK at home, juels. */
export async function giveLink(
  { chains, mesh }: Pick<MeshWorld, "chains" | "mesh">,
  to: string,
  amount: bigint,
): Promise<void> {
  const owner = chains[0]?.owner;
  if (!owner) throw new Error("A world needs a home chain.");
  const link = LinkToken__factory.connect(mesh.home.ccip.link, owner);
  await (await link.transfer(to, amount)).wait();
}

/** Gives an account native currency at home, wei. */
export async function giveNative({ mesh }: MeshWorld, to: string, value: bigint): Promise<void> {
  const giver = localAccount(LOCAL_HOLDERS.carol, mesh.home.provider);
  await (await giver.sendTransaction({ to, value })).wait();
}

/** A context for the in-process world with every key of the development mnemonic. */
export function contextOf(
  { mesh }: MeshWorld,
  change: Partial<OperatorContext> = {},
): OperatorContext {
  return { mesh, signerFor, sendOptions: () => ({}), ...change };
}

/** A context whose process is killed after a number of transactions. */
export function crashingContext(world: MeshWorld, life: Life): OperatorContext {
  return contextOf(world, {
    signerFor: async (chain, account) => new CrashingSigner(await signerFor(chain, account), life),
  });
}

/** A context without the key of the account that pays for broadcasts. */
export function withoutPayer(world: MeshWorld): OperatorContext {
  return contextOf(world, {
    signerFor: (chain, account) =>
      account === world.mesh.operator
        ? Promise.reject(new NoKeyError(account, chain.name))
        : signerFor(chain, account),
  });
}

/**
 * Simulated time; every sleep delivers the pending messages.
 * @returns the poll options, and every sleep in milliseconds.
 */
export function pollOptionsOf(
  { ccip }: Pick<MeshWorld, "ccip">,
  change: Partial<PollOptions> = {},
) {
  const slept: number[] = [];
  const pollOptions: PollOptions = {
    sleep: async (milliseconds) => {
      slept.push(milliseconds);
      await ccip.deliver();
    },
    pollMs: 1_000,
    followMs: 120_000,
    backoffMs: 5_000,
    ...change,
  };
  return { pollOptions, slept };
}

/** The default arguments of a keeper, and its output. */
export function keeperOptions(world: Pick<MeshWorld, "ccip">, change: Partial<KeeperOptions> = {}) {
  const events: KeeperEvent[] = [];
  const options: KeeperOptions = {
    policy: policy({ percent: "1.5" }),
    payment: PAYMENTS.native ?? { token: "native", from: "caller" },
    dryRun: false,
    attempts: 3,
    overdueAfterSeconds: 2_700n,
    pollOptions: pollOptionsOf(world).pollOptions,
    onEvent: (event) => void events.push(event),
    ...change,
  };
  return { options, events };
}

/** A policy of a test's own. */
export function policy(input: PolicyInput) {
  return parsePolicy(input, "this test");
}

/** Waits for a run to end or to be killed. @returns its result; undefined when it was killed. */
export async function untilKilled<T>(run: Promise<T>): Promise<T | undefined> {
  try {
    return await run;
  } catch (error) {
    if (error instanceof KilledError) return undefined;
    throw error;
  }
}

/** Counts the scheduled rebases, and the broadcasts of each epoch to each satellite. */
export async function countAtHome({ mesh }: MeshWorld, epoch: bigint) {
  const { home, satellites } = mesh;
  const logs = (address: string, topics: (string | null)[]) =>
    home.provider.getLogs({ address, topics, fromBlock: 0, toBlock: "latest" });
  const scheduled = await logs(home.contracts.controller, [
    topicOf(abi.controller, "RebaseScheduled"),
  ]);
  const sent = await logs(home.contracts.broadcaster, [topicOf(abi.broadcaster, "BroadcastSent")]);
  const events = sent.map((log) => abi.broadcaster.parseLog(log)?.args);
  const sentTo = ({ selector }: SatelliteChain) =>
    events.filter((args) => args?.selector === selector && args.epoch === epoch).length;
  return {
    rebases: scheduled.length,
    broadcasts: Object.fromEntries(satellites.map((item) => [item.name, sentTo(item)])),
  };
}

/** A world whose home is reached through an endpoint that can lag: `lag` makes it report its first block as the latest once. */
export function laggingHome(world: MeshWorld): { lagging: MeshWorld; lag: () => void } {
  const { mesh } = world;
  const { provider, lag } = thinProvider(mesh.home.provider, {});
  const start = mesh.home.provider.getBlockNumber();
  return {
    lagging: { ...world, mesh: { ...mesh, home: { ...mesh.home, provider } } },
    lag: () => lag(start),
  };
}

/** Moves the clock of every chain by a number of seconds. */
export async function pass(world: Pick<MeshWorld, "chains">, seconds: number): Promise<void> {
  await mineAt(world.chains, (await now(world.chains)) + seconds);
}

/** A controller without interval and delay: only the nonce stands between two rebases. */
export async function freeController({ mesh }: MeshWorld): Promise<void> {
  const { home, config } = mesh;
  const free = { ...config.controller, minInterval: 0, delay: 0 };
  await byTimelock(
    home,
    home.contracts.controller,
    abi.controller.encodeFunctionData("setConfig", [free]),
  );
}

/** Executes operations of a timelock after its delay. */
export async function byTimelock(chain: MeshChain, to: string, data: string): Promise<void> {
  const timelock = await impersonated(chain, chain.contracts.timelock);
  await (await timelock.sendTransaction({ to, data })).wait();
}

/** Makes a contract revert without data for a while. */
export async function breaking(world: MeshWorld, which: (world: MeshWorld) => string | undefined) {
  const address = which(world);
  const provider = world.chains[0]?.provider;
  if (!provider || address === undefined) throw new Error("A world needs a home chain.");
  const code = await provider.getCode(address);
  const set = (bytes: string) => provider.send("hardhat_setCode", [address, bytes]);
  const now = () => set("0x5f5ffd");
  let isFixed = false;
  return {
    now,
    /** Runs an action while the contract reverts, and fixes the contract afterwards; later actions find it fixed. */
    while: (action: () => Promise<unknown>) => async () => {
      if (!isFixed) await now();
      await action();
      await set(code);
      isFixed = true;
    },
    /** Fixes the contract, and runs an action afterwards. */
    fix: (action: () => Promise<unknown>) => async () => {
      await set(code);
      await action();
    },
  };
}
