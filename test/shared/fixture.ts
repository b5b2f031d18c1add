import { time } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";

type Fixture<T> = () => Promise<T>;

/** A chain as a fixture left it. */
interface Point {
  readonly chain: object;
  readonly data: unknown;
  snapshot: unknown;
}

/** The part of Hardhat's network that holds its chain. */
interface HardhatNetwork {
  _provider: object;
  readonly _node: { readonly _vm: { readonly stateManager: { updateProvider(to: object): void } } };
}

const points = new Map<Fixture<unknown>, Point>();
const running = new Set<Fixture<unknown>>();
const stale = new Set<Fixture<unknown>>();

/** Marks the fixtures that run now: what they deploy is another contract in the next run of the same process. */
export function markRunning(): void {
  running.forEach((fixture) => stale.add(fixture));
}

/** Runs the marked fixtures anew when they are loaded again. */
export function forgetMarked(): void {
  stale.forEach((fixture) => points.delete(fixture));
  stale.clear();
}

/**
 * Brings a chain back to where a fixture left it, and runs the fixture if there is no such chain yet. Each fixture
 * begins an empty chain, which no other fixture ends, and which the files that a process runs share. A fixture that
 * loads another one continues on the chain of that one, until that one is loaded again.
 */
export async function loadFixture<T>(fixture: Fixture<T>): Promise<T> {
  const network = await hardhatNetwork();
  const point = points.get(fixture);
  if (point) {
    network._provider = point.chain;
    network._node._vm.stateManager.updateProvider(point.chain);
    if (await request("evm_revert", [point.snapshot])) {
      point.snapshot = await request("evm_snapshot");
      // Hardhat counts the time since the snapshot as passed, twice.
      await time.setNextBlockTimestamp((await time.latest()) + 1);
      return point.data as T;
    }
  }
  // The coverage of contracts would count each step once more after each of these.
  if (!isCoverage()) await request("hardhat_reset");
  running.add(fixture);
  const data = await fixture().finally(() => running.delete(fixture));
  const snapshot = await request("evm_snapshot");
  points.set(fixture, { chain: network._provider, data, snapshot });
  return data;
}

/** Returns the innermost of the providers that Hardhat stacks. */
async function hardhatNetwork(): Promise<HardhatNetwork> {
  await request("eth_chainId");
  let provider: { readonly _wrapped?: object } = hre.network.provider as object;
  while (provider._wrapped) provider = provider._wrapped;
  return provider as HardhatNetwork;
}

function isCoverage(): boolean {
  return "__SOLIDITY_COVERAGE_RUNNING" in hre;
}

function request(method: string, params: readonly unknown[] = []): Promise<unknown> {
  return hre.network.provider.request({ method, params: [...params] });
}
