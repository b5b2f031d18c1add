import { AbstractSigner } from "ethers";
import type { Provider, Signer, TransactionRequest, TypedDataDomain, TypedDataField } from "ethers";
import { ethers } from "hardhat";
import { z } from "zod";
import { mineAt, now } from "ccip-localnet";
import type { LocalCcip } from "ccip-localnet";
import { readOne } from "ccip-localnet/protocol";
import type { CcipChain } from "ccip-localnet/protocol";

import { signerFor } from "../../lib/localnet/wiring";
import { applyMesh } from "../../lib/mesh/apply";
import type { ApplyOptions, ApplyResult } from "../../lib/mesh/apply";
import { ccipAbi } from "../../lib/core/abis";
import { CLOSED } from "../../lib/core/mesh/limit";
import { chainsOf, peersOf } from "../../lib/core/mesh/mesh";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";
import { includesGrant } from "../../lib/mesh/components/grants";
import { planMesh } from "../../lib/mesh/plan";
import { inspectMember } from "../../lib/mesh/inspect";
import { readMesh, stateOf } from "../../lib/mesh/state";
import type { MeshState } from "../../lib/mesh/state";
import { openSteps } from "../../lib/mesh/step";
import type { Step } from "../../lib/mesh/step";

import { CCIP_VERSION } from "./ccipVersion";
import { impersonate } from "./impersonate";
import { unwiredIn, wiredIn } from "./world";

/** A mesh in process, with what delivers its messages. */
export interface MeshWorld {
  readonly mesh: Mesh;
  readonly chains: readonly CcipChain[];
  readonly ccip: LocalCcip;
}

/** Every contract deployed, nothing wired. */
export const deployedMeshFixture: () => Promise<MeshWorld> = unwiredIn[CCIP_VERSION];

/** {@link deployedMeshFixture}, wired and handed over to the timelocks. */
export const wiredMeshFixture: () => Promise<MeshWorld> = wiredIn[CCIP_VERSION];

/** One run of `applyMesh`, with time and messages in its hand and the signers of the test's choice. */
export function apply(world: MeshWorld, options: Partial<ApplyOptions> = {}): Promise<ApplyResult> {
  return applyMesh(world.mesh, {
    signerFor,
    whileWaiting: (steps) => passTime(world, steps),
    ...options,
  });
}

/** Delivers messages, and lets the time pass that steps wait for. */
export async function passTime(
  { chains, ccip }: Pick<MeshWorld, "chains" | "ccip">,
  steps: readonly Step[],
): Promise<boolean> {
  await ccip.deliver();
  const times = steps.flatMap(({ status }) =>
    status.kind === "waiting" && status.until !== undefined ? [Number(status.until)] : [],
  );
  const until = Math.max(0, ...times);
  if (until > (await now(chains))) await mineAt(chains, until);
  return true;
}

/** Lets the time pass that steps wait for, and leaves messages in flight. @returns whether there was any. */
export async function passTimeAlone(
  { chains }: Pick<MeshWorld, "chains">,
  steps: readonly Step[],
): Promise<boolean> {
  const times = steps.flatMap(({ status }) =>
    status.kind === "waiting" && status.until !== undefined ? [Number(status.until)] : [],
  );
  if (times.length === 0) return false;
  const until = Math.max(...times);
  if (until > (await now(chains))) await mineAt(chains, until);
  return true;
}

/** The ids of the steps that are open now. */
export async function openIds(mesh: Mesh): Promise<string[]> {
  return openSteps(planMesh(mesh, await readMesh(mesh))).map(({ id }) => id);
}

/** Returns a signer for any account, whoever has its key: for example a timelock. */
export function impersonated(_: MeshChain, account: string): Promise<Signer> {
  return impersonate(ethers.provider, account);
}

/** Checks the contracts of every chain of a mesh. */
export async function inspectMesh(mesh: Mesh): Promise<void> {
  await Promise.all(chainsOf(mesh).map((chain) => inspectMember(mesh, chain)));
}

/** Returns the wiring without blocks, times and prices, which differ from run to run. */
export function wiringOf(mesh: Mesh, state: MeshState): unknown[] {
  return chainsOf(mesh).map((chain) => {
    const now = stateOf(state, chain);
    return {
      ...now,
      blockNumber: undefined,
      timestamp: undefined,
      acceptance: now.acceptance.state,
      // A message carries the time of its sending, so that its id is of the run, as are the confirmation and the band's clock.
      ...(now.role === "home" && {
        broadcaster: {
          ...now.broadcaster,
          destinations: new Map(
            [...now.broadcaster.destinations].map(
              ([selector, destination]) =>
                [selector, { ...destination, lastMessageId: undefined }] as const,
            ),
          ),
        },
      }),
      ...(now.role === "satellite" && {
        receiver: { ...now.receiver, circuitBreaker: now.receiver.circuitBreaker.band },
      }),
    };
  });
}

/** The process was killed: it sends and reads nothing more. */
export class KilledError extends Error {
  override readonly name = "KilledError";
}

/** Number of transactions that a run may still send before it is killed. */
export interface Life {
  sends: number;
}

/** Signs like another signer; its provider stops answering right after a send. */
export class CrashingSigner extends AbstractSigner {
  constructor(
    protected readonly inner: Signer,
    private readonly life: Life,
  ) {
    super(inner.provider && crashing(inner.provider, life));
  }

  override signTransaction(transaction: TransactionRequest): Promise<string> {
    return this.inner.signTransaction(transaction);
  }

  override connect(provider: Provider | null): Signer {
    return new CrashingSigner(this.inner.connect(provider), this.life);
  }

  override getAddress(): Promise<string> {
    return this.inner.getAddress();
  }

  override signMessage(message: string | Uint8Array): Promise<string> {
    return this.inner.signMessage(message);
  }

  override signTypedData(
    domain: TypedDataDomain,
    types: Record<string, TypedDataField[]>,
    value: Record<string, unknown>,
  ): Promise<string> {
    return this.inner.signTypedData(domain, types, value);
  }
}

/** A provider that stops answering once the permitted number of transactions was submitted. */
function crashing(provider: Provider, life: Life): Provider {
  const live = () => {
    if (life.sends <= 0) throw new KilledError("killed");
  };
  return new Proxy(provider, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]): Promise<unknown> => {
        live();
        if (key === "broadcastTransaction") life.sends -= 1;
        const result: unknown = await (value as (...given: unknown[]) => unknown).apply(
          target,
          args,
        );
        if (key === "broadcastTransaction") live();
        return result;
      };
    },
  });
}

/** Signs, in the place of any transaction, one that is mined and does nothing. */
export class IdleSigner extends CrashingSigner {
  constructor(inner: Signer) {
    super(inner, { sends: Infinity });
  }

  override async signTransaction(transaction: TransactionRequest): Promise<string> {
    const to = await this.getAddress();
    return super.signTransaction({ ...transaction, to, data: "0x", value: 0n });
  }
}

/** Applies the plan, and kills the run after the permitted sends. @returns whether it was killed. */
export async function killed(world: MeshWorld, life: Life): Promise<boolean> {
  try {
    await apply(world, {
      signerFor: async (chain, account) =>
        new CrashingSigner(await signerFor(chain, account), life),
    });
    return false;
  } catch (error) {
    if (error instanceof KilledError) return true;
    throw error;
  }
}

/**
 * Lists what no intermediate state may have: lanes on which tokens may leave for a chain that could not take
 * them. Tokens come from home, so before it opens there are none that a satellite could send.
 */
export async function halfOpenLanes(mesh: Mesh): Promise<string[]> {
  const registry = { address: mesh.home.ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const { token, pool } = mesh.home.contracts;
  const opened = await readOne(mesh.home.provider, registry, "getPool", [token], z.string());
  if (opened !== pool) return [];
  const state = await readMesh(mesh);
  const isOpen = (chain: MeshChain) => stateOf(state, chain).registry.pool === chain.contracts.pool;
  return chainsOf(mesh).flatMap((source) =>
    peersOf(mesh, source).flatMap((destination) => {
      const there = stateOf(state, destination);
      const outbound = stateOf(state, source).pool.remotes.get(destination.selector)?.outbound;
      if (!isOpen(source) || !outbound || outbound.capacity === CLOSED.capacity) return [];
      const back = there.pool.remotes.get(source.selector);
      const isReady =
        isOpen(destination) &&
        there.token.epoch > 0n &&
        includesGrant(there.held, {
          contract: "token",
          role: "BRIDGE_ROLE",
          account: destination.contracts.pool,
        }) &&
        there.pool.router === destination.ccip.router &&
        back?.token === source.contracts.token &&
        back.pools.includes(source.contracts.pool) &&
        (!back.inbound.isEnabled || back.inbound.capacity >= outbound.capacity);
      return isReady ? [] : [`${source.name} -> ${destination.name}`];
    }),
  );
}
