import { toBeHex, toQuantity } from "ethers";
import type { TransactionReceipt } from "ethers";
import { mineAt, TRANSACTION_GAS, TransactionFailedError } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { describeRevert, messagesIn, revertDataOf } from "ccip-localnet/protocol";
import type { CcipVersion, Execution, Lane, Message } from "ccip-localnet/protocol";

import { abi } from "../../lib/core/abis";
import { decodePoolData } from "../../lib/ccip/poolData";
import type { MeshChain } from "../../lib/core/mesh/mesh";
import type { Account, ChainRole, Scenario } from "../shared/scenario";

import type { ChainReader, Figures } from "./chainReader";
import { ROLES } from "./names";
import type { LaneName, Refusal, Satellite, Way } from "./names";
import type { Base, Index } from "./types";

/** More native currency than any message costs; the router keeps what is too much, the broadcaster returns it. */
export const AMPLE = 10n ** 18n;

/** A call of a contract. */
export interface Call {
  readonly to: string;
  readonly data: string;
  readonly value?: bigint;
}

/** A message that really left, and whether it was executed with success. */
interface Entry extends LaneName {
  readonly message: Message;
  readonly shares: bigint;
  arrived: boolean;
}

/** The outcome of a transaction. */
export interface Outcome {
  readonly refusal: Refusal;
  readonly receipt: TransactionReceipt | undefined;
}

/** The real mesh on the real CCIP: it is told what to do, and is read. */
export class System {
  /** Messages that left, with the shares that they say themselves. */
  readonly ledger = new Map<string, Entry>();
  /** Index states that home ever had, and false ones that a satellite may take over because they are near its own. */
  readonly published = new Set<string>();
  /** The newest epoch of those. */
  newest = 0n;
  /** From what each satellite's moves are measured; from anew once a person has accepted an index. */
  readonly bases = new Map<Satellite, Base>();
  /** The epoch of each chain when it was read last. */
  readonly epochs: Record<ChainRole, bigint> = { home: 0n, sat1: 0n, sat2: 0n };
  /** Commands that were run, each with its refusal if there was one. */
  readonly steps: { readonly name: string; readonly refusal: Refusal }[] = [];
  /** The pools of each chain, oldest first. */
  readonly pools: Readonly<Record<ChainRole, string[]>>;
  #operations = 0;

  /**
   * @param versions of CCIP: of the ramps in use at first, and of those beside them.
   * @param given shares of each chain in the beginning.
   * @param outstanding those that home counted as outstanding then.
   */
  constructor(
    readonly s: Scenario,
    private readonly readers: Readonly<Record<ChainRole, ChainReader>>,
    private readonly versions: readonly CcipVersion[],
    readonly given: Readonly<Record<ChainRole, bigint>>,
    readonly outstanding: bigint,
  ) {
    const { home, sat1, sat2 } = s;
    this.pools = {
      home: [home.contracts.pool],
      sat1: [sat1.contracts.pool],
      sat2: [sat2.contracts.pool],
    };
  }

  chain(role: ChainRole): MeshChain {
    return this.s[role];
  }

  /** A lane over one of its two sets of ramps. */
  lane({ from, to, ramps }: Way): Lane {
    return this.s.ccip.lane(this.chain(from).name, this.chain(to).name, this.versions[ramps]);
  }

  /** Time of the latest block of a chain, unix seconds. */
  async now(role: ChainRole): Promise<bigint> {
    const block = await this.chain(role).provider.getBlock("latest");
    return BigInt(block?.timestamp ?? 0);
  }

  /** Time of the block of a transaction. */
  async timeOf(role: ChainRole, transactionHash: string): Promise<bigint> {
    const { provider } = this.chain(role);
    const receipt = await provider.getTransactionReceipt(transactionHash);
    const block = await provider.getBlock(receipt?.blockNumber ?? "latest");
    return BigInt(block?.timestamp ?? 0);
  }

  /** Records an index state that a satellite may have. */
  publish({ epoch, current, next, effectiveAt }: Index): void {
    this.published.add([epoch, current, next, effectiveAt].join());
    if (epoch > this.newest) this.newest = epoch;
  }

  /** Moves the clock of one chain alone. */
  async wait(role: ChainRole, seconds: bigint): Promise<void> {
    await mineAt([this.s.ccipChain(this.chain(role))], Number((await this.now(role)) + seconds));
  }

  /** Sends a transaction of an account; whatever else than a revert it fails with is thrown. */
  async transact(
    role: ChainRole,
    from: Account | { address: string },
    call: Call,
  ): Promise<Outcome> {
    const { provider } = this.s.ccipChain(this.chain(role));
    const address = typeof from === "string" ? this.s.address(from) : from.address;
    const { to, data, value = 0n } = call;
    const gas = toQuantity(TRANSACTION_GAS);
    const request = { from: address, to, data, value: toQuantity(value), gas };
    try {
      const hash = String(await provider.send("eth_sendTransaction", [request]));
      const receipt = await provider.getTransactionReceipt(hash);
      return { refusal: undefined, receipt: receipt ?? undefined };
    } catch (error) {
      return { refusal: refusalOf(error), receipt: undefined };
    }
  }

  /** An operation of a chain's timelock, scheduled, and executed after its delay. */
  async govern(role: ChainRole, calls: readonly Call[]): Promise<Outcome> {
    const { timelock } = this.chain(role).contracts;
    const operation = [
      calls.map(({ to }) => to),
      calls.map(() => 0n),
      calls.map(({ data }) => data),
      toBeHex(0, 32),
      toBeHex((this.#operations += 1), 32),
    ] as const;
    const delay = BigInt(this.s.mesh.config.admin.timelockDelay);
    const schedule = abi.timelock.encodeFunctionData("scheduleBatch", [...operation, delay]);
    const execute = abi.timelock.encodeFunctionData("executeBatch", [...operation]);
    const { refusal } = await this.transact(role, "operations", { to: timelock, data: schedule });
    if (refusal) throw new Error(`The timelock of ${role} does not schedule: ${refusal}`);
    await this.wait(role, delay);
    return this.transact(role, "operations", { to: timelock, data: execute });
  }

  /** Records the messages of a transaction. */
  record(outcome: Outcome): readonly Message[] {
    const messages = outcome.receipt ? messagesIn(outcome.receipt) : [];
    for (const message of messages) {
      const [from, to] = [
        this.#roleOf(message.sourceSelector),
        this.#roleOf(message.destinationSelector),
      ];
      const [transfer] = message.tokens;
      const shares = transfer ? (decodePoolData(transfer.extraData)?.shares ?? -1n) : 0n;
      this.ledger.set(message.messageId, { from, to, message, shares, arrived: false });
    }
    return messages;
  }

  /** Records what CCIP has executed. */
  recordDeliveries(deliveries: readonly Pick<Execution, "messageId" | "state">[]): void {
    for (const { messageId, state } of deliveries) {
      const entry = this.ledger.get(messageId);
      if (!entry) throw new Error(`Message ${messageId} was executed, and nobody sent it.`);
      if (state === "success") entry.arrived = true;
    }
  }

  /** The balance changes that pools told of in these executions, in order. */
  async releasedIn(
    deliveries: readonly Pick<Delivery, "destination" | "transactionHash">[],
  ): Promise<bigint[]> {
    const amounts: bigint[] = [];
    for (const hash of new Set(deliveries.map(({ transactionHash }) => transactionHash))) {
      const { destination } = deliveries.find((one) => one.transactionHash === hash) ?? {};
      const role = ROLES.find((name) => this.chain(name).name === destination);
      if (!role) throw new Error(`${destination} is not in the mesh.`);
      const receipt = await this.chain(role).provider.getTransactionReceipt(hash);
      for (const log of receipt?.logs ?? []) {
        const event = this.pools[role].includes(log.address) ? abi.pool.parseLog(log) : null;
        if (event?.name === "ReleasedOrMinted") amounts.push(BigInt(String(event.args.amount)));
      }
    }
    return amounts;
  }

  /** The message of an id. */
  message(messageId: string): Message {
    const entry = this.ledger.get(messageId);
    if (!entry) throw new Error(`Nobody sent message ${messageId}.`);
    return entry.message;
  }

  /** Reads every chain in its latest block. */
  read(): Promise<Record<ChainRole, Figures>> {
    return byRole((role) => this.readers[role].read());
  }

  #roleOf(selector: bigint): ChainRole {
    const role = ROLES.find((name) => this.chain(name).selector === selector);
    if (!role) throw new Error(`No chain has the selector ${selector}.`);
    return role;
  }
}

/** The revert of an error in one line; anything else than a revert is thrown. */
export function refusalOf(error: unknown): string {
  const data = error instanceof TransactionFailedError ? error.revertData : revertDataOf(error);
  if (data === "0x") throw error;
  return describeRevert(data, Object.values(abi));
}

/** The same of each chain. */
export async function byRole<T>(
  of: (role: ChainRole) => Promise<T> | T,
): Promise<Record<ChainRole, T>> {
  const entries = await Promise.all(ROLES.map(async (role) => [role, await of(role)] as const));
  return Object.fromEntries(entries) as Record<ChainRole, T>;
}
