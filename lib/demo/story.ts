import { isDeepStrictEqual } from "node:util";

import type { HDNodeWallet } from "ethers";
import { parseUnits } from "ethers";
import { curse, localAccount, mineAt, now, sendAll, uncurse } from "ccip-localnet";
import type { Delivery, LocalCcip } from "ccip-localnet";
import { describeRevert } from "ccip-localnet/protocol";
import type { CcipChain, Message } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../config/localAccounts";
import { contractAt } from "../core/abis";
import { RebaseController__factory, RebaseToken__factory } from "../../typechain-types";
import type { Progress } from "../core/progress";
import { isConverged, staleSatellites } from "../core/syncStatus";
import type { Mesh, MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { growthFactor } from "../core/growth";
import { readIndexes } from "../mesh/readIndex";

import { formatBalances, ledgerLine, readBalances } from "./ledger";
import type { HolderBalances, LedgerLine } from "./ledger";
import { broadcast, sendTransfer } from "./transactions";
import type { BroadcastResult } from "./transactions";

/** The mesh and the local network that the scenario runs on. */
export interface ScenarioContext {
  readonly mesh: Mesh;
  readonly chains: readonly CcipChain[];
  readonly ccip: LocalCcip;
  readonly progress: Progress;
  /** Filled with the highest gas of each kind of transaction, in order of first appearance. */
  readonly gas: Map<string, bigint>;
  /** Filled with a line for each thing that happened. */
  readonly lines: LedgerLine[];
}

/** An invariant of the scenario did not hold. */
export class InvariantViolationError extends Error {
  override readonly name = "InvariantViolationError";
}

type HolderName = "alice" | "bob" | "carol";

const HOLDERS: readonly HolderName[] = ["alice", "bob", "carol"];
const token = RebaseToken__factory.createInterface();
const controller = RebaseController__factory.createInterface();
const tokens = (amount: string) => parseUnits(amount, 18);

/**
 * Runs the scenario on a wired mesh with two satellites or more and checks every invariant in it: two
 * rebases, transfers that cross them, a cursed lane, and everything home again.
 * @throws InvariantViolationError when something did not hold.
 */
export async function runScenario(context: ScenarioContext): Promise<void> {
  await new Scenario(context).run();
}

class Scenario {
  private readonly home: MeshChain;
  private readonly first: SatelliteChain;
  private readonly second: SatelliteChain;

  constructor(private readonly context: ScenarioContext) {
    const { home, satellites } = context.mesh;
    const [first, second] = satellites;
    if (!first || !second)
      throw new Error("The story needs two satellites: start three chains or more.");
    this.home = home;
    this.first = first;
    this.second = second;
  }

  async run(): Promise<void> {
    await this.record("genesis broadcast", async () => this.expectConverged());
    await this.record("mint to three holders", () => this.mint());
    await this.record("tokens reach both satellites", () => this.sendOut());
    await this.record("satellite to satellite", () => this.sendAcross());
    const crossing = await this.record("two transfers leave", () => this.leaveInFlight());
    const effectiveAt = await this.record("+5 % scheduled and broadcast", () => this.schedule("5"));
    const before = await this.record("one second before", () => this.reach(effectiveAt - 1));
    await this.record("the very second", () => this.takeEffect(effectiveAt, before));
    await this.record("the two transfers arrive", () => this.arrive(crossing));
    await this.record("-2 % with a cursed lane", () => this.loseWithCursedLane());
    await this.record("a third party re-broadcasts", () => this.heal());
    await this.record("every token comes home", () => this.comeHome());
  }

  /** Runs one action, and audits the shares after it. */
  private async record<T>(event: string, action: () => Promise<T>): Promise<T> {
    return this.context.progress.during(event, async () => {
      const result = await action();
      const line = await ledgerLine(this.context.mesh, event);
      this.context.lines.push(line);
      const { difference } = line.audit;
      this.promise(difference === 0n, `${event}: ${difference} shares are not accounted for`);
      return result;
    });
  }

  private async mint(): Promise<void> {
    const issuer = localAccount(LOCAL_ROLES.issuer, this.home.provider);
    const amounts = { alice: "1000", bob: "500", carol: "250" };
    const receipts = await sendAll(
      issuer,
      HOLDERS.map((name) => ({
        label: `mint ${amounts[name]} to ${name}`,
        to: this.home.contracts.token,
        data: token.encodeFunctionData("mint", [this.holder(name).address, tokens(amounts[name])]),
      })),
    );
    receipts.forEach((receipt) => this.used("mint", receipt.gasUsed));
  }

  private async sendOut(): Promise<void> {
    await this.transfer("alice", this.home, this.first, tokens("400"));
    await this.transfer("bob", this.home, this.second, tokens("200"));
    await this.deliver();
  }

  private async sendAcross(): Promise<void> {
    await this.transfer("alice", this.first, this.second, tokens("150"));
    await this.deliver();
  }

  /** One transfer is committed and not executed, another not even committed. */
  private async leaveInFlight(): Promise<Message[]> {
    const { ccip } = this.context;
    const committed = await this.transfer("bob", this.second, this.home, tokens("50"));
    await ccip.verify(ccip.lane(this.second.name, this.home.name));
    const uncommitted = await this.transfer("carol", this.home, this.first, tokens("100"));
    return [committed, uncommitted];
  }

  /** The broadcast overtakes the transfer that left before it on the same lane. */
  private async schedule(percent: string): Promise<number> {
    const { ccip, mesh, progress } = this.context;
    const effectiveAt = await this.rebase(percent);
    const { receipt, messages } = await this.broadcastFrom("deployer");
    this.used("broadcast", receipt.gasUsed);
    for (const satellite of mesh.satellites) {
      const lane = ccip.lane(this.home.name, satellite.name);
      await ccip.verify(lane);
      this.expectSuccess(
        await ccip.execute(
          lane,
          messages.filter((message) => message.destinationSelector === satellite.selector),
        ),
        1,
      );
    }
    await this.expectConverged();
    progress.note(`effective at ${new Date(effectiveAt * 1_000).toISOString()} on every chain`);
    return effectiveAt;
  }

  private async reach(time: number): Promise<HolderBalances[]> {
    const { chains, mesh, progress } = this.context;
    const earlier = await this.balances();
    await mineAt(chains, time);
    const balances = await this.balances();
    this.promise(isDeepStrictEqual(earlier, balances), `a balance changed before ${time + 1}`);
    const indexes = await readIndexes(mesh);
    this.promise(
      indexes.every(({ timestamp }) => timestamp === BigInt(time)),
      `not every chain has a block at ${time}`,
    );
    progress.note(formatBalances(balances));
    return balances;
  }

  private async takeEffect(time: number, before: readonly HolderBalances[]): Promise<void> {
    const { chains, mesh, progress } = this.context;
    await mineAt(chains, time);
    const indexes = await readIndexes(mesh);
    const [homeIndex] = indexes;
    this.promise(
      indexes.every(
        ({ timestamp, sharesPerToken, next }) =>
          timestamp === BigInt(time) &&
          sharesPerToken === next &&
          sharesPerToken === homeIndex?.sharesPerToken,
      ),
      `the chains do not share one index at ${time}`,
    );
    const after = await this.balances();
    for (const { holder, balances } of after) {
      for (const [chain, { amount, shares }] of balances) {
        const earlier = before.find((line) => line.holder === holder)?.balances.get(chain);
        this.promise(
          shares === earlier?.shares && amount === shares / (homeIndex?.sharesPerToken ?? 1n),
          `${holder} on ${chain} has ${amount}, not what ${shares} shares are worth`,
        );
      }
    }
    progress.note(formatBalances(after));
  }

  private async arrive(crossing: readonly Message[]): Promise<void> {
    const deliveries = await this.deliver();
    const ids = deliveries.map(({ messageId }) => messageId);
    this.promise(
      crossing.every(({ messageId }) => ids.includes(messageId)),
      "a transfer that crossed the rebase did not arrive",
    );
  }

  private async loseWithCursedLane(): Promise<void> {
    const { ccip, mesh, progress, chains } = this.context;
    await curse(ccip.lane(this.home.name, this.second.name));
    const effectiveAt = await this.rebase("-2");
    const { failed, receipt } = await this.broadcastFrom("deployer");
    this.used("broadcast with a dead lane", receipt.gasUsed);
    this.promise(
      failed.length === 1 && failed[0]?.chain === this.second.name,
      "the cursed lane was not reported",
    );
    this.expectSuccess(await ccip.deliver(), mesh.satellites.length - 1);
    if (effectiveAt > (await now(chains))) await mineAt(chains, effectiveAt);
    const behind = staleSatellites(await readIndexes(mesh));
    this.promise(
      behind.length === 1 && behind[0]?.chain === this.second.name,
      "the cursed satellite should be the only one behind",
    );
    const [lane] = failed;
    progress.note(`${lane?.chain} is behind: ${describeRevert(lane?.reason ?? "0x")}`);
  }

  private async heal(): Promise<void> {
    const { ccip } = this.context;
    await uncurse(ccip.lane(this.home.name, this.second.name));
    const { receipt } = await this.broadcastFrom("thirdParty", [this.second]);
    this.used("broadcast to one", receipt.gasUsed);
    await this.deliver();
    await this.expectConverged();
  }

  private async comeHome(): Promise<void> {
    const { mesh, progress } = this.context;
    for (const satellite of mesh.satellites) {
      const contract = contractAt.token(satellite.contracts.token, satellite.provider);
      for (const name of HOLDERS) {
        const balance = await contract.balanceOf(this.holder(name).address);
        if (balance > 0n) await this.transfer(name, satellite, this.home, balance);
      }
    }
    await this.deliver();
    const rest = await this.balances();
    const dust = rest.flatMap(({ holder, balances }) =>
      [...balances]
        .filter(([chain]) => chain !== this.home.name)
        .map(([chain, balance]) => ({ holder, chain, ...balance })),
    );
    this.promise(
      dust.every(({ amount }) => amount === 0n),
      "a token stayed on a satellite",
    );
    const left = dust.filter(({ shares }) => shares > 0n);
    progress.note(formatBalances(rest));
    progress.note(
      left.length === 0
        ? "no dust stays behind"
        : `dust, each less than one unit: ${left.map(({ holder, chain, shares }) => `${holder} ${shares} shares on ${chain}`).join(", ")}`,
    );
  }

  /** Schedules a rebase as soon as the controller lets the operator. */
  private async rebase(percent: string): Promise<number> {
    const { mesh, chains } = this.context;
    const { contracts, provider } = mesh.home;
    const view = contractAt.controller(contracts.controller, provider);
    const token = contractAt.token(contracts.token, provider);
    const [earliest, { delay }, epoch] = await Promise.all([
      view.earliestEffectiveAt(),
      view.getConfig(),
      token.epoch(),
    ]);
    const from = Number(earliest - delay);
    if (from > (await now(chains))) await mineAt(chains, from);
    const operator = localAccount(LOCAL_ROLES.rebaseOperator, provider);
    const [receipt] = await sendAll(operator, [
      {
        label: `rebase by ${percent} %`,
        to: contracts.controller,
        data: controller.encodeFunctionData("rebase", [growthFactor(percent), epoch + 1n]),
      },
    ]);
    this.used("rebase", receipt?.gasUsed ?? 0n);
    const { effectiveAt } = await token.indexState();
    return Number(effectiveAt);
  }

  private async transfer(
    name: HolderName,
    source: MeshChain,
    destination: MeshChain,
    amount: bigint,
  ): Promise<Message> {
    const { address } = this.holder(name);
    const { message, receipt } = await sendTransfer(
      { source, destination, receiver: address, amount },
      this.holder(name, source),
    );
    this.used("ccipSend of tokens", receipt.gasUsed);
    return message;
  }

  private broadcastFrom(
    payer: "deployer" | "thirdParty",
    satellites = this.context.mesh.satellites,
  ): Promise<BroadcastResult> {
    const { home } = this.context.mesh;
    const account = payer === "deployer" ? 0 : LOCAL_HOLDERS.thirdParty;
    return broadcast(home, satellites, localAccount(account, home.provider));
  }

  private async deliver(): Promise<Delivery[]> {
    const deliveries = await this.context.ccip.deliver();
    this.expectSuccess(deliveries, deliveries.length);
    return deliveries;
  }

  private expectSuccess(deliveries: readonly Delivery[], count: number): void {
    for (const { messageId, destination, state, returnData, gasUsed } of deliveries) {
      this.promise(
        state === "success",
        `message ${messageId} failed on ${destination}: ${describeRevert(returnData)}`,
      );
      this.used("message executed", gasUsed);
    }
    this.promise(deliveries.length === count, `${deliveries.length} of ${count} messages executed`);
  }

  private async expectConverged(): Promise<void> {
    const indexes = await readIndexes(this.context.mesh);
    this.promise(isConverged(indexes), "a satellite does not hold the home's index state");
  }

  private balances(): Promise<HolderBalances[]> {
    return readBalances(
      this.context.mesh,
      HOLDERS.map((name) => ({ name, address: this.holder(name).address })),
    );
  }

  private holder(name: HolderName, chain: MeshChain = this.home): HDNodeWallet {
    return localAccount(LOCAL_HOLDERS[name], chain.provider);
  }

  /** Notes the gas of a transaction. */
  private used(kind: string, gas: bigint): void {
    const { gas: highest } = this.context;
    if (gas > (highest.get(kind) ?? 0n)) highest.set(kind, gas);
  }

  private promise(holds: boolean, broken: string): void {
    if (!holds) throw new InvariantViolationError(broken);
  }
}
