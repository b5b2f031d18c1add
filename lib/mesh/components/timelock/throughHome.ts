import { ZeroAddress, formatEther } from "ethers";

import { encodeProposal, executedBatch, operationId } from "../../../ccip/proposalData";
import { readCurse } from "../../../ccip/rmn";
import { abi } from "../../../core/abis";
import { nativeSymbol } from "../../../core/chains";
import { withFeeMargin } from "../../../core/feeMargin";
import type { Mesh } from "../../../core/mesh/mesh";
import { tryCall } from "../../../core/revert/contractError";
import type { Refusal } from "../../../core/revert/contractError";
import { revertText } from "../../../core/revert/revertChain";
import type { LogReading } from "../../../rpc/logCache";
import { pinLatest } from "../../../rpc/pinned";
import type { PlannedChain } from "../../planned";
import type { ChainState, HomeState } from "../../state";
import type { Call, Step } from "../../step";
import { TO_DO, call, change, stepOn, when } from "../../stepBuilders";
import { isWiredToHome, localProposers } from "../governance";
import type { ProposalSenderState } from "../governance";
import { operationCalls, proposalDelay, waitingUntil } from "./calls";
import { isGone, readHomeProposals, readProposalStatus } from "./homeProposals";
import type { HomeProposal } from "./homeProposals";
import { readOperation } from "./operations";
import type { Operation, PendingProposal } from "./operations";
import { stepStatus } from "./progress";
import { batchOfPending, keyOf, makes, proposeData, requestFor, requestsOf } from "./requests";
import type { Request, RoutedStep } from "./requests";

/** Requests that one operation of home's timelock sends. */
interface Sending {
  /** Distinguishes it from others in the ids of its steps. */
  readonly key: string;
  readonly requests: readonly Request[];
  /** Undefined until it is proposed. */
  readonly pending?: PendingProposal;
  readonly titles: readonly string[];
}

/** The most requests that one transaction sends, so that its gas stays far below that of a block. */
const MAX_REQUESTS = 20;

/** Returns a step as one that home proposes; undefined if the timelock's own proposers do. */
export function routedThroughHome(
  { mesh, chain, now, states }: PlannedChain,
  step: Step,
): RoutedStep | undefined {
  const home = states.get(mesh.home.name);
  if (chain.role !== "satellite" || now.role !== "satellite" || home?.role !== "home") {
    return undefined;
  }
  if (!isWiredToHome(mesh, chain, home.proposalSender, now)) return undefined;
  // Without a proposer of its own, home is the only one that can give it one.
  const isOrphaned = localProposers(chain, now).length === 0;
  const isOwn = step.call.to === chain.contracts.proposalReceiver;
  const isRouted = isOrphaned || (mesh.config.governance === "home" && !isOwn);
  return isRouted ? { at: { mesh, states, chain, now }, step } : undefined;
}

/**
 * Plans the steps that home proposes: one operation of home's timelock sends all that are not proposed yet, CCIP
 * delivers them, and each waits at the timelock of its satellite. What the chains tell is all that is known of it.
 * @returns home's steps, and the routed ones by their ids.
 */
export async function planThroughHome(
  mesh: Mesh,
  states: ReadonlyMap<string, ChainState>,
  routed: readonly RoutedStep[],
  reading: LogReading = {},
): Promise<{ readonly ofHome: readonly Step[]; readonly steps: ReadonlyMap<string, Step> }> {
  const now = states.get(mesh.home.name);
  if (routed.length === 0 || now?.role !== "home" || !now.proposalSender) {
    return { ofHome: [], steps: new Map() };
  }
  const home = new HomeOperations(mesh, states, now, now.proposalSender, reading);
  return home.plan(routed);
}

class HomeOperations {
  private readonly steps = new Map<string, Step>();
  /** The nonces of requests that are not sent yet, if nothing else is sent first. */
  private readonly nonces = new Map<bigint, bigint>();
  private readonly nonceOf = new Map<Request, bigint>();

  constructor(
    private readonly mesh: Mesh,
    private readonly states: ReadonlyMap<string, ChainState>,
    private readonly now: HomeState,
    private readonly sender: ProposalSenderState,
    private readonly reading: LogReading,
  ) {}

  async plan(routed: readonly RoutedStep[]) {
    const { mesh, now } = this;
    const { home } = mesh;
    const pinned = await pinLatest(home.name, home.provider, now.blockNumber);
    const made = await readHomeProposals(home, pinned, this.reading);
    for (const [selector, { lastNonce }] of this.sender.destinations) {
      this.nonces.set(selector, lastNonce);
    }
    const pending = now.proposals
      .toSorted((a, b) => (a.readyAt < b.readyAt ? -1 : 1))
      .flatMap((operation) => this.sendingOf(operation) ?? []);
    const following = new Map<RoutedStep, Sending>();
    const fresh: { readonly routed: RoutedStep; readonly request: Request }[] = [];
    for (const item of routed) {
      const { at, step } = item;
      const found = await this.statusOf(item, made);
      const sending = pending.find(({ requests }) => requests.some((it) => makes(it, item)));
      const isStuck = found?.status.kind === "waiting" && found.status.cause === "repair";
      // What is on its way is not sent again by another operation that would.
      if (found && !(sending && isStuck)) this.steps.set(step.id, { ...step, ...found });
      else if (sending) following.set(item, sending);
      else if (!(await this.isHeldUp(item)))
        fresh.push({ routed: item, request: requestFor(at, step) });
    }
    const sendings = pending.filter((sending) => [...following.values()].includes(sending));
    for (const { requests } of sendings) this.number(requests);
    for (const [item, sending] of following) this.follow(item, sending);
    for (let i = 0; i < fresh.length; i += MAX_REQUESTS) {
      const part = fresh.slice(i, i + MAX_REQUESTS);
      const requests = part.map(({ request }) => request);
      const titles = part.map(({ routed: { at, step } }) => `${step.title} (${at.chain.name})`);
      const sending = { key: keyOf(requests), requests, titles };
      this.number(requests);
      for (const { routed: item } of part) this.follow(item, sending);
      sendings.push(sending);
    }
    return { ofHome: await this.stepsOfHome(sendings), steps: this.steps };
  }

  /** Returns what a pending operation of home's timelock sends; undefined of a single call, which has another id and is not ours. */
  private sendingOf(pending: PendingProposal): Sending | undefined {
    const { proposalSender = "" } = this.mesh.home.contracts;
    const requests = requestsOf(pending, proposalSender);
    if (operationId(batchOfPending(pending)) !== pending.id) return undefined;
    return { key: keyOf(requests), requests, pending, titles: [] };
  }

  /** Numbers requests as the sender will. */
  private number(requests: readonly Request[]): void {
    for (const request of requests) {
      const nonce = (this.nonces.get(request.selector) ?? 0n) + 1n;
      this.nonces.set(request.selector, nonce);
      this.nonceOf.set(request, nonce);
    }
  }

  /** Plans a step as executed after home's operation has sent it. */
  private follow(item: RoutedStep, { key, requests, pending }: Sending): void {
    const { at, step } = item;
    const request = requests.find((it) => makes(it, item));
    if (!request) return;
    const nonce = this.nonceOf.get(request) ?? 0n;
    const isWaiting = pending && pending.readyAt > this.now.timestamp;
    this.steps.set(step.id, {
      ...step,
      status: isWaiting ? waitingUntil(pending.readyAt, "the delay of home's timelock") : TO_DO,
      after: [...step.after, `${this.mesh.home.name}/proposals/send ${key}`],
      call: executionOf(at, { nonce, batch: request.batch }, step.call),
    });
  }

  /** Returns how far the newest proposal of a step has come that may still be executed; undefined if there is none. */
  private async statusOf(item: RoutedStep, made: readonly HomeProposal[]) {
    const { at, step } = item;
    const { mesh, chain, now } = at;
    const mine = made.filter((proposal) => makes(proposal, item)).reverse();
    if (mine.length === 0) return undefined;
    const pinned = await pinLatest(chain.name, chain.provider, now.blockNumber);
    const known = { made, pending: this.now.proposals };
    for (const proposal of mine) {
      const status = await readProposalStatus(mesh.home, chain, proposal, known, pinned);
      if (isGone(status) || status.kind === "done") continue;
      return {
        status: stepStatus(mesh, chain, proposal, status),
        call: executionOf(at, proposal, step.call),
      };
    }
    return undefined;
  }

  /** Lets a step wait whose proposal CCIP does not take; returns whether it does. */
  private async isHeldUp(item: RoutedStep): Promise<boolean> {
    const { home } = this.mesh;
    const { name, selector } = item.at.chain;
    const curse = await readCurse(home.provider, home.ccip.rmnProxy, selector);
    const quoted = await this.quote(requestFor(item.at, item.step));
    if (curse === undefined && typeof quoted === "bigint") return false;
    const cause =
      curse === undefined && typeof quoted !== "bigint"
        ? `no fee is quoted (${revertText(quoted.returnData)})`
        : "the lane is down";
    const reason = `CCIP to take messages from ${home.name} to ${name}: ${cause}; governance "local" in the mesh file proposes on ${name} meanwhile`;
    this.steps.set(item.step.id, { ...item.step, status: { kind: "waiting", reason } });
    return true;
  }

  /** Reads the fee of a request, wei of native; or the refusal of CCIP. */
  private async quote({ selector, validFor, batch }: Request): Promise<bigint | Refusal> {
    const { home } = this.mesh;
    const validUntil = this.now.timestamp + validFor;
    const payload = encodeProposal({ nonce: 1n, validUntil, batch });
    const { proposalSender: to = "" } = home.contracts;
    const data = abi.proposalSender.encodeFunctionData("quote", [selector, payload, ZeroAddress]);
    const answer = await tryCall(home.provider, { to, data });
    return answer.outcome === "refused" ? answer : BigInt(answer.result);
  }

  /** Returns the steps of home: to propose, to pay for the fees, and to send. */
  private async stepsOfHome(sendings: readonly Sending[]): Promise<Step[]> {
    const { mesh, sender } = this;
    const { home, operator } = mesh;
    if (sendings.length === 0) return [];
    const { proposalSender = "" } = home.contracts;
    const steps: Step[] = [];
    const sends: Step[] = [];
    let total = 0n;
    for (const sending of sendings) {
      const fees = await Promise.all(sending.requests.map((request) => this.quote(request)));
      const fee = fees.reduce<bigint>((sum, one) => sum + (typeof one === "bigint" ? one : 0n), 0n);
      total += fee;
      const [propose, send] = await this.operationSteps(sending, fee);
      steps.push(propose);
      sends.push(send);
    }
    const needed = withFeeMargin(total);
    const text = (amount: bigint) => `${formatEther(amount)} ${nativeSymbol(home.name)}`;
    const isFunded = sender.balance >= needed;
    const missing = isFunded ? 0n : needed - sender.balance;
    const pay = stepOn(home, `proposals/fees ${sendings.map(({ key }) => key).join(" ")}`, {
      title: `send ${text(missing)} for CCIP's fees to the proposal sender ${proposalSender}`,
      changes: [change("money for fees", text(sender.balance), text(needed))],
      status: when(isFunded),
      call: call(operator, "anyone who pays the fee", proposalSender, "0x", missing),
    });
    const isDue = (send: Step) => ({ ...send, after: [...send.after, pay.id] });
    return [...steps, pay, ...sends.map(isDue)];
  }

  /** Returns the steps by which home's timelock proposes and executes an operation. */
  private async operationSteps(
    { key, requests, pending, titles }: Sending,
    fee: bigint,
  ): Promise<[Step, Step]> {
    const { mesh, states, now } = this;
    const { home } = mesh;
    const at: PlannedChain = { mesh, chain: home, now, states };
    const { proposalSender = "", timelock } = home.contracts;
    const pinned = await pinLatest(home.name, home.provider, now.blockNumber);
    const operation: Pick<Operation, "batch"> = pending
      ? { batch: batchOfPending(pending) }
      : await readOperation(
          home,
          pinned,
          // The fees may double until it is executed; what is not needed stays with the sender.
          [call(timelock, "the timelock", proposalSender, proposeData(requests, 2n * fee))],
          "ccip-rebase-token proposals",
        );
    const { schedule, execute } = operationCalls(at, operation);
    const delay = proposalDelay(mesh, now);
    const count = `${requests.length} ${requests.length === 1 ? "proposal" : "proposals"}`;
    const propose = stepOn(home, `timelock/propose for satellites ${key}`, {
      title: `propose to home's timelock: ${titles.join("; ")}`,
      changes: [change("proposal", "none", `sent to the satellites ${delay} s later`)],
      status: when(pending !== undefined),
      call: schedule,
    });
    const isWaiting = pending && pending.readyAt > now.timestamp;
    const send = stepOn(home, `proposals/send ${key}`, {
      title: `let home's timelock send ${count} to the satellites`,
      changes: [change("sent", "no", "yes")],
      status: isWaiting ? waitingUntil(pending.readyAt) : TO_DO,
      after: [propose.id],
      call: execute,
    });
    return [propose, send];
  }
}

function executionOf(
  at: PlannedChain,
  proposal: Pick<HomeProposal, "nonce" | "batch">,
  { optionalGas }: Call,
): Call {
  const { execute } = operationCalls(at, { batch: executedBatch(proposal) });
  return { ...execute, ...(optionalGas !== undefined && { optionalGas }) };
}
