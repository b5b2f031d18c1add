import { MaxUint256 } from "ethers";
import { LocalCcip } from "ccip-localnet";
import type { CcipChain, CcipVersion } from "ccip-localnet/protocol";

import { coreMesh, localMesh } from "../../config/meshes/local";
import { abi, contractAt } from "../../lib/core/abis";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { wireMesh } from "../../lib/localnet/wiring";
import { mined, Scenario } from "../shared/scenario";
import type { ChainRole } from "../shared/scenario";
import { withVersion } from "../shared/inProcessCcip";
import { deployMesh } from "../shared/world";

import { Breaker } from "./breaker";
import { ChainReader } from "./chainReader";
import type { Figures, View } from "./chainReader";
import { separateChains } from "./chains";
import { Model, ModelChain } from "./model";
import { ACCOUNTS, HOLDERS } from "./names";
import type { Account } from "./names";
import { byRole, System } from "./system";

/** Balance of each holder on each chain in the beginning, wei. */
const HELD = 1_000n * 10n ** 18n;

/** Part of it that each has wrapped, in wrapped units (wei). */
const WRAPPED = 200n * 10n ** 18n;

/** A wired mesh that begins each run where it was left first. */
export class ChaosWorld {
  private constructor(
    readonly mesh: Mesh,
    readonly chains: readonly CcipChain[],
    private readonly before: LocalCcip,
    private readonly readers: Readonly<Record<ChainRole, ChainReader>>,
    private readonly versions: readonly CcipVersion[],
    private snapshots: readonly unknown[],
  ) {}

  /** Deploys CCIP of a version and the mesh with a breaker and a wrapper, wires it, and gives holders their tokens. */
  static async open(version: CcipVersion): Promise<ChaosWorld> {
    const chains = await separateChains(version);
    const mesh = await deployMesh(chains, meshFile);
    const ccip = new LocalCcip(chains);
    await wireMesh(mesh, { chains, ccip });
    const s = new Scenario({ mesh, chains }, ccip);
    await prepare(s);
    const beside = version === "2.0" ? "1.6" : "2.0";
    const others = await Promise.all(chains.map((chain) => withVersion(chain, beside)));
    const readers = await byRole(
      (role) => new ChainReader(s.ccipChain(s[role]).provider, viewsOf(s[role], s)),
    );
    const ramps = [...chains, ...others];
    return new ChaosWorld(mesh, ramps, s.ccip, readers, [version, beside], await snapshot(chains));
  }

  /** Takes every chain back to the beginning, and models what is there. */
  async begin(): Promise<{ model: Model; real: System }> {
    const nodes = this.chains.slice(0, this.snapshots.length);
    await Promise.all(
      nodes.map(({ provider }, i) => provider.send("evm_revert", [this.snapshots[i]])),
    );
    this.snapshots = await snapshot(nodes);
    const figures = await byRole((role) => this.readers[role].read());
    const given = await byRole((role) => figure(figures[role], "totalShares"));
    const outstanding = figure(figures.home, "issuedShares") - given.home;
    const real = new System(
      new Scenario(this, this.before),
      this.readers,
      this.versions,
      given,
      outstanding,
    );
    const model = await modelOf(this.mesh, figures);
    real.publish(model.home.index);
    return { model, real };
  }
}

function meshFile(chainCount: number): MeshInput {
  const { receiver, wrapper } = localMesh(chainCount);
  // So narrow that two honest rebases that a satellite missed are for a person to decide.
  const narrow = receiver && { band: { ...receiver.band, maxSteps: 1, maxStepsByHand: 2 } };
  return { ...coreMesh(chainCount), receiver: narrow, wrapper };
}

function snapshot(chains: readonly CcipChain[]): Promise<unknown[]> {
  return Promise.all(chains.map(({ provider }) => provider.send("evm_snapshot", [])));
}

/** Lifts the limits of lanes, gives tokens to holders, and has them allow what they will send. */
async function prepare(s: Scenario): Promise<void> {
  for (const chain of s.all) {
    for (const peer of s.all) if (peer !== chain) await s.setLimits(chain, peer, "unlimited");
    for (const holder of HOLDERS) await s.give(chain, holder, HELD);
  }
  for (const chain of s.all) {
    const { wrapper = "", wrappedBridge = "" } = chain.contracts;
    for (const holder of HOLDERS) {
      const token = s.tokenOn(chain, holder);
      for (const spender of [chain.ccip.router, wrapper, s.address("issuer")]) {
        await mined(token.approve(spender, MaxUint256));
      }
      const wrapped = contractAt.wrapper(wrapper, s.signer(chain, holder));
      await mined(wrapped.approve(wrappedBridge, MaxUint256));
      await mined(wrapped.wrapShares(WRAPPED, s.address(holder)));
    }
  }
}

/** The address of an account of the model on a chain. */
export function addressOf(s: Scenario, chain: MeshChain, account: Account): string {
  const { wrapper = "", wrappedBridge = "", pool } = chain.contracts;
  const contracts = { wrapper, wrappedBridge, pool, router: chain.ccip.router };
  return account in contracts
    ? contracts[account as keyof typeof contracts]
    : s.address(account as "alice");
}

function viewsOf(chain: MeshChain, s: Scenario): View[] {
  const { token, wrapper = "" } = chain.contracts;
  const ofToken = (call: string, args: readonly unknown[] = [], name = call): View => ({
    name,
    to: token,
    contract: abi.token,
    call,
    args,
  });
  return [
    ...["indexState", "paused", "totalShares", "totalSupply", "sharesPerToken"].map((call) =>
      ofToken(call),
    ),
    ...ACCOUNTS.flatMap((account) => {
      const args = [addressOf(s, chain, account)];
      return [
        ofToken("sharesOf", args, `shares of ${account}`),
        ofToken("balanceOf", args, `balance of ${account}`),
      ];
    }),
    { name: "wrapped", to: wrapper, contract: abi.wrapper, call: "totalSupply" },
    ...HOLDERS.map((holder) => ({
      name: `wrapped of ${holder}`,
      to: wrapper,
      contract: abi.wrapper,
      call: "balanceOf",
      args: [s.address(holder)],
    })),
    ...(chain.role === "home"
      ? [ofToken("issuedShares")]
      : ["getBand", "getQuarantined", "lastConfirmed"].map((call) => ({
          name: call,
          to: chain.contracts.receiver,
          contract: abi.receiver,
          call,
        }))),
  ];
}

/** The one value, or the first, of a view. */
export function figure(figures: Figures, name: string): bigint {
  const [value] = figures.get(name) ?? [];
  if (value === undefined) throw new Error(`Nothing was read of ${name}.`);
  return value;
}

async function modelOf(
  { config }: Mesh,
  figures: Readonly<Record<ChainRole, Figures>>,
): Promise<Model> {
  const chains = await byRole((role) => {
    const read = figures[role];
    const [epoch = 0n, current = 0n, next = 0n, effectiveAt = 0n] = read.get("indexState") ?? [];
    const shares = ACCOUNTS.map(
      (account) => [account, figure(read, `shares of ${account}`)] as const,
    );
    const chain = new ModelChain(
      figure(read, "time"),
      { epoch, current, next, effectiveAt },
      role === "home" ? undefined : breakerOf(read),
      Object.fromEntries(shares) as Record<Account, bigint>,
    );
    for (const holder of HOLDERS) chain.wrapped[holder] = figure(read, `wrapped of ${holder}`);
    return chain;
  });
  const { minGrowthFactor, maxGrowthFactor, minInterval, delay, maxDelay } = config.controller;
  return new Model(
    chains,
    {
      min: minGrowthFactor,
      max: maxGrowthFactor,
      interval: BigInt(minInterval),
      delay: BigInt(delay),
      maxDelay: BigInt(maxDelay),
    },
    figure(figures.home, "issuedShares"),
  );
}

function breakerOf(read: Figures): Breaker {
  const [
    maxGrowth = 0n,
    maxLoss = 0n,
    minInterval = 0n,
    maxSteps = 0n,
    maxStepsByHand = 0n,
    ...anchor
  ] = read.get("getBand") ?? [];
  const [sharesPerToken = 0n, epoch = 0n, time = 0n] = anchor;
  return new Breaker(
    { maxGrowth, maxLoss, minInterval, maxSteps, maxStepsByHand },
    { sharesPerToken, epoch, time },
    figure(read, "lastConfirmed"),
  );
}
