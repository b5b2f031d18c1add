import { expect } from "chai";
import type { Signer, TransactionReceipt, TransactionResponse } from "ethers";
import {
  call,
  curse,
  localAccount,
  LocalCcip,
  mineAt,
  now,
  sendAll,
  TransactionFailedError,
  uncurse,
} from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";
import { describeRevert, groupBy, revertDataOf } from "ccip-localnet/protocol";
import type { CcipChain, Execution, Lane, Message } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../config/localAccounts";
import { encodeLimits } from "../../lib/mesh/components/pool/contract";
import { contractAt } from "../../lib/core/abis";
import { decodePoolData } from "../../lib/ccip/poolData";
import { broadcast, sendTransfer } from "../../lib/demo/transactions";
import type { BroadcastResult, SentTransfer } from "../../lib/demo/transactions";
import { executeManually } from "./executeManually";
import type { GasOverrides } from "ccip-localnet/protocol";
import { chainsOf } from "../../lib/core/mesh/mesh";
import type { HomeChain, Mesh, MeshChain, SatelliteChain } from "../../lib/core/mesh/mesh";
import { inboundLimit, outboundLimit } from "../../lib/core/mesh/limit";
import type { RateLimit } from "../../lib/core/mesh/limit";
import { growthFactor } from "../../lib/core/growth";
import { auditSupply } from "../../lib/supply/audit";
import type { SupplyAudit } from "../../lib/supply/audit";
import {
  RebaseBroadcaster__factory,
  RebaseController__factory,
  RebaseReceiver__factory,
  RebaseTokenPool__factory,
  RebaseToken__factory,
} from "../../typechain-types";
import type {
  RebaseBroadcaster,
  RebaseController,
  RebaseReceiver,
  RebaseToken,
  RebaseTokenPool,
} from "../../typechain-types";

import { impersonate } from "./impersonate";
import { sharedWorld } from "./world";
import type { World } from "./world";

const ACCOUNTS = { ...LOCAL_ROLES, ...LOCAL_HOLDERS, deployer: LOCAL_ACCOUNTS.deployer } as const;

/** An account with a role in the mesh and a key in the development mnemonic. */
export type Account = keyof typeof ACCOUNTS;

/** An account that holds tokens, or only pays for others. */
export type Holder = keyof typeof LOCAL_HOLDERS;

/** A route from one chain of the mesh to another. */
export interface Route {
  readonly from: MeshChain;
  readonly to: MeshChain;
}

/** A chain by its part: tables and titles are made before there is a world. */
export type ChainRole = "home" | "sat1" | "sat2";

/** One lane of each kind, by the parts of its ends. */
export const LANE_KINDS = [
  { from: "home", to: "sat1", title: "home to satellite" },
  { from: "sat1", to: "home", title: "satellite to home" },
  { from: "sat1", to: "sat2", title: "satellite to satellite" },
] as const satisfies readonly { from: ChainRole; to: ChainRole; title: string }[];

const OWN_INTERFACES = [
  RebaseToken__factory.createInterface(),
  RebaseTokenPool__factory.createInterface(),
  RebaseReceiver__factory.createInterface(),
  RebaseController__factory.createInterface(),
  RebaseBroadcaster__factory.createInterface(),
];

const UNLIMITED: RateLimit = { isEnabled: false, capacity: 0n, rate: 0n };

/** Describes the revert of a message in one line, down to the innermost error. */
export function reasonOf({ returnData }: Pick<Delivery | Execution, "returnData">): string {
  return describeRevert(returnData, OWN_INTERFACES);
}

/**
 * The revert that an action ends in, in one line, down to the innermost one.
 * @throws when the action goes through, and whatever else than a revert it fails with.
 */
export async function failureOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    const data = error instanceof TransactionFailedError ? error.revertData : revertDataOf(error);
    if (data === "0x") throw error;
    return describeRevert(data, OWN_INTERFACES);
  }
  return expect.fail("It should have reverted, and went through.");
}

/** Waits until a transaction is mined. */
export async function mined(
  transaction: Promise<TransactionResponse>,
): Promise<TransactionReceipt> {
  const receipt = await (await transaction).wait();
  if (!receipt) throw new Error("A transaction was sent and gave no receipt.");
  return receipt;
}

/**
 * The shared world with the actions of scenarios. Each test gets its own: its changes
 * to the chains are reverted afterwards, and its CCIP starts without faults and without state.
 */
export class Scenario {
  readonly mesh: Mesh;
  readonly chains: readonly CcipChain[];
  readonly ccip: LocalCcip;
  readonly home: HomeChain;
  readonly sat1: SatelliteChain;
  readonly sat2: SatelliteChain;

  /** @param after what delivered before: what it has verified stays verified. */
  constructor({ mesh, chains }: Pick<World, "mesh" | "chains">, after?: LocalCcip) {
    this.mesh = mesh;
    this.chains = chains;
    this.ccip = new LocalCcip(chains, after && { after });
    const [sat1, sat2] = mesh.satellites;
    if (!sat1 || !sat2) throw new Error("The end-to-end suite needs two satellites.");
    this.home = mesh.home;
    this.sat1 = sat1;
    this.sat2 = sat2;
  }

  // Who

  /** The address of an account, the same on every chain. */
  address(account: Account): string {
    return localAccount(ACCOUNTS[account]).address;
  }

  /** An account as it signs on a chain. */
  signer(chain: MeshChain, account: Account): Signer {
    return localAccount(ACCOUNTS[account], chain.provider);
  }

  /** The timelock of a chain, as if what it does now had waited out its delay. */
  timelock(chain: MeshChain): Promise<Signer> {
    return impersonate(this.ccipChain(chain).provider, chain.contracts.timelock);
  }

  // Where

  /** Every chain of the mesh, home first. */
  get all(): readonly MeshChain[] {
    return chainsOf(this.mesh);
  }

  /** The way between the chains that a table calls by their parts. */
  route({ from, to }: { readonly from: ChainRole; readonly to: ChainRole }): Route {
    return { from: this[from], to: this[to] };
  }

  /** The chain as CCIP sees it. */
  ccipChain(chain: MeshChain): CcipChain {
    const found = this.chains.find(({ selector }) => selector === chain.selector);
    if (!found) throw new Error(`CCIP does not run on ${chain.name}.`);
    return found;
  }

  /** The lane as CCIP sees it. */
  lane({ from, to }: Route): Lane {
    return this.ccip.lane(from.name, to.name);
  }

  /** The token on a chain, to be read, or as an account or a signer calls it. */
  tokenOn(chain: MeshChain, caller?: Account | Signer): RebaseToken {
    return contractAt.token(chain.contracts.token, this.runner(chain, caller));
  }

  /** The pool on a chain. */
  poolOn(chain: MeshChain, caller?: Account | Signer): RebaseTokenPool {
    return contractAt.pool(chain.contracts.pool, this.runner(chain, caller));
  }

  /** The receiver on a satellite. */
  receiverOn(chain: SatelliteChain, caller?: Account | Signer): RebaseReceiver {
    return contractAt.receiver(chain.contracts.receiver, this.runner(chain, caller));
  }

  /** The controller at home. */
  controller(caller?: Account | Signer): RebaseController {
    const { home } = this;
    return contractAt.controller(home.contracts.controller, this.runner(home, caller));
  }

  /** The broadcaster at home. */
  broadcaster(caller?: Account | Signer): RebaseBroadcaster {
    const { home } = this;
    return contractAt.broadcaster(home.contracts.broadcaster, this.runner(home, caller));
  }

  private runner(chain: MeshChain, caller: Account | Signer | undefined) {
    if (caller === undefined) return chain.provider;
    return typeof caller === "string" ? this.signer(chain, caller) : caller;
  }

  // Tokens

  /** Issues tokens at home. */
  async mint(holder: Holder, amount: bigint): Promise<void> {
    await mined(this.tokenOn(this.home, "issuer").mint(this.address(holder), amount));
  }

  /** Sends tokens over a lane, to the holder's own address unless another is named. */
  send(route: Route, holder: Holder, amount: bigint, receiver?: string): Promise<SentTransfer> {
    const { from, to } = route;
    return sendTransfer(
      { source: from, destination: to, receiver: receiver ?? this.address(holder), amount },
      this.signer(from, holder),
    );
  }

  /** Issues tokens at home and brings them to a chain; the holder has exactly these shares there. */
  async give(chain: MeshChain, holder: Holder, amount: bigint): Promise<void> {
    await this.mint(holder, amount);
    if (chain.role === "home") return;
    const { message } = await this.send({ from: this.home, to: chain }, holder, amount);
    const lane = this.lane({ from: this.home, to: chain });
    await this.ccip.verify(lane);
    expectSuccess(await this.ccip.execute(lane, [message]));
  }

  sharesOf(chain: MeshChain, holder: Holder): Promise<bigint> {
    return this.tokenOn(chain).sharesOf(this.address(holder));
  }

  balanceOf(chain: MeshChain, holder: Holder): Promise<bigint> {
    return this.tokenOn(chain).balanceOf(this.address(holder));
  }

  /** The shares that a message carries. */
  sharesIn({ tokens: [transfer] }: Message): bigint {
    if (!transfer) throw new Error("The message carries no tokens.");
    return decodePoolData(transfer.extraData)?.shares ?? 0n;
  }

  /** Returns the current value of a message's shares on a chain, to a receiver without dust. */
  worthOf(chain: MeshChain, message: Message): Promise<bigint> {
    return this.tokenOn(chain).toTokens(this.sharesIn(message));
  }

  // CCIP

  /** Commits the messages sent over one lane in CCIP 1.6, or has the committee sign them in 2.0. */
  verify(route: Route): Promise<readonly Message[]> {
    return this.ccip.verify(this.lane(route));
  }

  /** Executes what is verified on one lane. */
  execute(route: Route): Promise<Delivery[]> {
    return this.ccip.execute(this.lane(route));
  }

  /** One round of CCIP over all lanes. */
  deliver(): Promise<Delivery[]> {
    return this.ccip.deliver();
  }

  /** Sets the token's transfer configuration on a lane as CCIP's owner; the defaults unless another is named. */
  async grant({ from, to }: Route, { gas = 90_000, dataBytes = 32 }): Promise<void> {
    const { ccip, owner } = this.lane({ from, to }).source;
    const tokenTransferFeeConfig = {
      // CCIP 2.0 has one fee, 1.6 the four of the next lines.
      feeUSDCents: 25,
      minFeeUSDCents: 25,
      maxFeeUSDCents: 100_000,
      deciBps: 0,
      destGasOverhead: gas,
      destBytesOverhead: dataBytes,
      isEnabled: true,
    };
    const token = from.contracts.token;
    const settings = {
      destChainSelector: to.selector,
      tokenTransferFeeConfigs: [{ token, tokenTransferFeeConfig }],
    };
    await sendAll(owner, [
      call(ccip, "feeQuoter", "applyTokenTransferFeeConfigUpdates", [[settings], []]),
    ]);
  }

  /** RMN curses a lane, at both of its ends. */
  curse(route: Route): Promise<void> {
    return curse(this.lane(route));
  }

  /** RMN lifts the curse. */
  uncurse(route: Route): Promise<void> {
    return uncurse(this.lane(route));
  }

  /** Executes a message by hand as a third party. */
  executeManually(route: Route, messageId: string, gas?: GasOverrides): Promise<Execution> {
    const thirdParty = this.signer(route.to, "thirdParty");
    return executeManually(this.lane(route), messageId, thirdParty, gas, this.ccip);
  }

  /** Reads the increases of the receivers' balances from the pool's events, in the order of execution. */
  async arrivedAmounts(chain: MeshChain, deliveries: readonly Delivery[]): Promise<bigint[]> {
    const pool = this.poolOn(chain);
    const amounts: bigint[] = [];
    for (const transactionHash of new Set(deliveries.map((item) => item.transactionHash))) {
      const receipt = await chain.provider.getTransactionReceipt(transactionHash);
      for (const log of receipt?.logs ?? []) {
        const event = log.address === chain.contracts.pool ? pool.interface.parseLog(log) : null;
        if (event?.name === "ReleasedOrMinted") amounts.push(BigInt(String(event.args.amount)));
      }
    }
    return amounts;
  }

  // Rebases

  /** The latest block time of all chains, unix seconds. */
  now(): Promise<number> {
    return now(this.chains);
  }

  /** Moves every chain to a time, unless it is past. */
  async waitUntil(timestamp: bigint): Promise<void> {
    if (BigInt(await this.now()) < timestamp) await mineAt(this.chains, Number(timestamp));
  }

  /** The pool of a chain gets other limits for one of its peers, or those of the mesh. */
  async setLimits(
    chain: MeshChain,
    peer: MeshChain,
    limits: { readonly outbound?: RateLimit; readonly inbound?: RateLimit } | "unlimited",
    caller: Account = "rateLimitAdmin",
  ): Promise<void> {
    const { outbound = outboundLimit(this.mesh.config), inbound = inboundLimit(this.mesh.config) } =
      limits === "unlimited" ? { outbound: UNLIMITED, inbound: UNLIMITED } : limits;
    const data = encodeLimits(2, peer.selector, outbound, inbound);
    await mined(this.signer(chain, caller).sendTransaction({ to: chain.contracts.pool, data }));
  }

  /** Waits until every rate limiter of the mesh is full again. */
  async refillBuckets(): Promise<void> {
    const { capacity, rate } = outboundLimit(this.mesh.config);
    await this.waitUntil(BigInt(await this.now()) + capacity / rate + 1n);
  }

  /**
   * Schedules a rebase as the operator, after waiting for the interval if need be. Satellites know
   * nothing of it, and home's index changes only after {@link waitUntil} its time.
   * @param percent for example "5" or "-2".
   * @returns the time at which it takes effect, unix seconds.
   */
  async rebaseHome(percent: string): Promise<bigint> {
    const controller = this.controller("rebaseOperator");
    const earliest = await controller.earliestEffectiveAt();
    await this.waitUntil(earliest - BigInt(this.mesh.config.controller.delay));
    await mined(controller.rebase(growthFactor(percent), await this.nextEpoch()));
    const { effectiveAt } = await this.tokenOn(this.home).indexState();
    return effectiveAt;
  }

  /** The epoch that home's next rebase creates. */
  async nextEpoch(): Promise<bigint> {
    return (await this.tokenOn(this.home).epoch()) + 1n;
  }

  /** Broadcasts home's index state to every satellite, or those named; CCIP has yet to deliver it. */
  broadcastAll(satellites = this.mesh.satellites): Promise<BroadcastResult> {
    return broadcast(this.home, satellites, this.signer(this.home, "thirdParty"));
  }

  /** Runs a rebase from beginning to end: scheduled, broadcast to the named satellites, arrived, effective. */
  async rebase(percent: string, satellites = this.mesh.satellites): Promise<void> {
    const effectiveAt = await this.rebaseHome(percent);
    if (satellites.length > 0) {
      const { messages } = await this.broadcastAll(satellites);
      for (const to of satellites) {
        const route = { from: this.home, to };
        await this.verify(route);
        expectSuccess(await this.ccip.execute(this.lane(route), messages));
      }
    }
    await this.waitUntil(effectiveAt);
  }

  // What always holds

  /** Reads all shares, on chains and in flight. */
  audit(): Promise<SupplyAudit> {
    return auditSupply(this.mesh);
  }

  /** Conservation to the unit, and home containment. */
  async expectConserved(): Promise<void> {
    await expectConserved(this.mesh);
  }
}

/** Every share that home has issued is on a chain or in flight, to the unit, and where it should be. */
export async function expectConserved(mesh: Mesh): Promise<void> {
  const { issuedShares, difference, chains, checks } = await auditSupply(mesh);
  expect(checks.filter(({ holds }) => !holds)).to.deep.equal([]);
  expect(difference, "shares issued and neither on a chain nor in flight").to.equal(0n);
  expect(chains[0]?.totalShares, "shares at home").to.be.at.most(issuedShares);
}

/** All of these messages, and at least one, were executed with success. */
export function expectSuccess(deliveries: readonly (Delivery | Execution)[]): void {
  expect(deliveries, "deliveries").not.to.be.empty;
  for (const delivery of deliveries) {
    expect(delivery.state, `${delivery.messageId}: ${reasonOf(delivery)}`).to.equal("success");
  }
}

/** One message was executed, and failed for this reason. */
export function expectFailure(deliveries: readonly Delivery[], reason: string): void {
  const outcomes = deliveries.map((delivery) => [delivery.state, reasonOf(delivery)]);
  expect(outcomes).to.deep.equal([["failure", reason]]);
}

/**
 * Inside a `describe`: gives each of its tests the shared world, and undoes on every node whatever
 * the test did. Ask for it inside hooks and tests only.
 * @param given what all tests of the suite start from; it happens once and is undone after the last.
 * @param open the world of the suite; the shared one unless named.
 */
export function useWorld(
  given?: (scenario: Scenario) => Promise<void>,
  open: () => Promise<World> = sharedWorld,
): () => Scenario {
  let world: World | undefined;
  let scenario: Scenario | undefined;
  const undo: (() => Promise<void>)[] = [];

  let givenBy: LocalCcip | undefined;

  const begin = async (): Promise<Scenario> => {
    if (!world) throw new Error("There is a world only inside hooks and tests.");
    undo.push(await snapshot(world.chains));
    return new Scenario(world, givenBy);
  };
  const end = async (): Promise<void> => {
    scenario = undefined;
    await undo.pop()?.();
  };

  before(async () => {
    world = await open();
    if (!given) return;
    const start = await begin();
    await given(start);
    givenBy = start.ccip;
  });
  beforeEach(async () => {
    scenario = await begin();
  });
  afterEach(end);
  after(async () => {
    if (given) await end();
  });

  return () => {
    if (!scenario) throw new Error("There is a world only inside hooks and tests.");
    return scenario;
  };
}

/** Takes a snapshot of every node; chains that share a provider share a node. */
async function snapshot(chains: readonly CcipChain[]): Promise<() => Promise<void>> {
  const nodes = [...groupBy(chains, ({ provider }) => provider).keys()];
  const ids = await Promise.all(nodes.map((node) => node.send("evm_snapshot", [])));
  return async () => {
    await Promise.all(nodes.map((node, i) => node.send("evm_revert", [ids[i]])));
  };
}
