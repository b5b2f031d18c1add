import { time } from "@nomicfoundation/hardhat-network-helpers";
import hre from "hardhat";

/** True where contracts report what of them is reached, which costs gas and calls. */
export const IS_INSTRUMENTED = "__SOLIDITY_COVERAGE_RUNNING" in hre;

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
let onLoaded: (point: object) => Promise<void> = () => Promise.resolve();

/** Calls a function whenever a test has loaded a fixture, with the same object until the fixture runs again. */
export function afterEachLoad(callback: (point: object) => Promise<void>): void {
  onLoaded = callback;
}

/** Returns whether a fixture runs now. */
export function isFixtureRunning(): boolean {
  return running.size > 0;
}

/** Runs all fixtures anew when they are loaded again. */
export function forgetFixtures(): void {
  points.clear();
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
      if (!isFixtureRunning()) await onLoaded(point);
      return point.data as T;
    }
  }
  await request("hardhat_reset");
  running.add(fixture);
  const data = await fixture().finally(() => running.delete(fixture));
  const snapshot = await request("evm_snapshot");
  const left = { chain: network._provider, data, snapshot };
  points.set(fixture, left);
  if (!isFixtureRunning()) await onLoaded(left);
  return data;
}

/** Returns the innermost of the providers that Hardhat stacks. */
async function hardhatNetwork(): Promise<HardhatNetwork> {
  await request("eth_chainId");
  let provider: { readonly _wrapped?: object } = hre.network.provider as object;
  while (provider._wrapped) provider = provider._wrapped;
  return provider as HardhatNetwork;
}

function request(method: string, params: readonly unknown[] = []): Promise<unknown> {
  return hre.network.provider.request({ method, params: [...params] });
}
