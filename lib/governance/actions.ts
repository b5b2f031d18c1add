import { ZeroAddress } from "ethers";

import { executedBatch } from "../ccip/proposalData";
import { abi, contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import { withFeeMargin } from "../core/feeMargin";
import { listenerGasOn } from "../core/mesh/listeners";
import { holderOf } from "../core/mesh/mesh";
import type { MeshChain, SatelliteChain } from "../core/mesh/mesh";
import { roleHash } from "../core/roles";
import { timeText } from "../core/time";
import { readHolders } from "../mesh/components/grants";
import { readHomeProposals } from "../mesh/components/timelock/homeProposals";
import { readOperationState } from "../mesh/components/timelock/operations";
import { behindText } from "../mesh/components/timelock/progress";
import type { OperatorContext } from "../mesh/operator";
import { orUnreachable } from "../mesh/unread";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";
import { sendTransaction } from "../tx/send";
import type { LabelledTransaction } from "../tx/send";

import { requireProposal } from "./proposals";
import type { ReadProposal } from "./proposals";

/** A transaction about a proposal, which was checked and not sent. */
export interface PreparedAction {
  readonly chain: MeshChain;
  readonly account: string;
  readonly transaction: LabelledTransaction;
  /** CCIP's fee with its margin, wei of home's native; undefined where nothing is sent over CCIP. */
  readonly maxFee?: bigint;
  /** A reason to think twice. */
  readonly doubt?: string;
  /** Id of the message that is on its way with the same. */
  readonly underWay?: string;
}

/**
 * Prepares to send a proposal again, at the expense of an account of home; the receiver takes it once.
 * @throws OperatorError when it has arrived, or would not be scheduled any more.
 */
export async function prepareResend(
  context: OperatorContext,
  satellite: SatelliteChain,
  nonce: bigint,
  account = context.mesh.operator,
): Promise<PreparedAction> {
  const { home } = context.mesh;
  const { proposal, status } = await requireProposal(context, satellite, nonce);
  const what = `Proposal ${nonce} for ${satellite.name}`;
  if (status.kind === "expired") {
    throw refused(
      `${what} was valid until ${timeText(proposal.validUntil)} and would not be scheduled: propose it again.`,
    );
  }
  if (status.kind === "cancelled") {
    throw refused(
      `${what} was cancelled there, and its receiver takes no nonce twice: propose it again.`,
    );
  }
  if (!["not sent", "on its way", "failed", "replaced"].includes(status.kind)) {
    throw refused(`${what} has arrived: nothing has to be sent again.`);
  }
  const { proposalSender: to = "" } = home.contracts;
  const { selector, payload } = proposal;
  const sender = contractAt.proposalSender(to, home.provider);
  const maxFee = withFeeMargin(await sender.quote(selector, payload, ZeroAddress));
  const data = abi.proposalSender.encodeFunctionData("resend", [selector, nonce, payload]);
  const label = `${home.name}/proposals/resend ${satellite.name} ${nonce}`;
  const underWay = status.kind === "on its way" ? status.messageId : undefined;
  const transaction = { label, to, data, value: maxFee };
  return { chain: home, account, transaction, maxFee, ...(underWay && { underWay }) };
}

/**
 * Prepares to execute a proposal that is due, at the timelock of its satellite.
 * @throws OperatorError when it is not due, or the account may not.
 */
export async function prepareExecution(
  context: OperatorContext,
  satellite: SatelliteChain,
  nonce: bigint,
  account = holderOf(context.mesh, "operations", satellite.name),
): Promise<PreparedAction> {
  const found = await requireProposal(context, satellite, nonce);
  const obstacle = obstacleToExecution(found);
  if (obstacle !== undefined) {
    throw refused(`Proposal ${nonce} for ${satellite.name} cannot be executed: ${obstacle}.`);
  }
  await requireTimelockRole(context, satellite, found.pinned, "EXECUTOR_ROLE", account);
  return {
    chain: satellite,
    account,
    transaction: {
      label: `${satellite.name}/proposals/execute ${nonce}`,
      to: satellite.contracts.timelock,
      data: abi.timelock.encodeFunctionData("executeBatch", executedBatch(found.proposal)),
      // A call in it may tell the listeners, which no estimate includes.
      optionalGas: listenerGasOn(context.mesh.config, satellite.name),
    },
  };
}

function obstacleToExecution({ status }: ReadProposal): string | undefined {
  switch (status.kind) {
    case "executable":
      return undefined;
    case "scheduled":
      return `it waits for the delay of the timelock until ${timeText(status.readyAt)}`;
    case "behind":
      return behindText(status);
    case "done":
      return "it was executed already";
    case "cancelled":
      return "it was cancelled; propose it again";
    case "expired":
      return "it came too late to be scheduled; propose it again";
    case "not sent":
    case "on its way":
    case "failed":
    case "replaced":
      return "it has not been scheduled there yet";
  }
}

/**
 * Prepares to cancel a nonce at the receiver of a satellite, also before its proposal arrives. Needs nothing of home,
 * which may be lost or hostile.
 * @throws OperatorError when there is nothing to cancel, or the account may not.
 */
export async function prepareCancellation(
  context: OperatorContext,
  satellite: SatelliteChain,
  nonce: bigint,
  account = holderOf(context.mesh, "guardian", satellite.name),
): Promise<PreparedAction> {
  const { proposalReceiver: to } = satellite.contracts;
  if (to === undefined) {
    throw new OperatorError(
      "NOT_DEPLOYED",
      `There is no proposal receiver on ${satellite.name}: declare the section proposals in the mesh file, and deploy.`,
    );
  }
  const pinned = await pinLatest(satellite.name, satellite.provider);
  const [state, id] = await contractAt.proposalReceiver(to, pinned).getProposal(nonce);
  const what = `Proposal ${nonce} for ${satellite.name}`;
  if (state === 2n) throw refused(`${what} was cancelled already: nothing is left to do.`);
  if (state === 3n)
    throw refused(`${what} came too late and was not scheduled: nothing is left to do.`);
  if (state === 1n && (await readOperationState(satellite, pinned, id)).state === "done") {
    throw refused(`${what} was executed already: a new proposal has to undo it.`);
  }
  await requireTimelockRole(context, satellite, pinned, "CANCELLER_ROLE", account);
  const data = abi.proposalReceiver.encodeFunctionData("cancelProposal", [nonce]);
  const label = `${satellite.name}/proposals/cancel ${nonce}`;
  const isUnknown = state === 0n && (await hasMade(context, satellite, nonce)) === false;
  const doubt = "home has not made it: the nonce is blocked for whatever home proposes under it";
  return {
    chain: satellite,
    account,
    transaction: { label, to, data },
    ...(isUnknown && { doubt }),
  };
}

/** Returns whether home has made a proposal; undefined when it does not answer. */
async function hasMade(
  { mesh: { home }, store, unreachable }: OperatorContext,
  { selector }: SatelliteChain,
  nonce: bigint,
): Promise<boolean | undefined> {
  const made = await orUnreachable(new Map(unreachable), home.name, async () =>
    readHomeProposals(home, await pinLatest(home.name, home.provider), { store }),
  );
  return made?.some((one) => one.selector === selector && one.nonce === nonce);
}

/** Sends a prepared transaction. @returns its hash. */
export async function sendPrepared(
  context: OperatorContext,
  { chain, account, transaction }: PreparedAction,
): Promise<string> {
  const signer = await context.signerFor(chain, account);
  return (await sendTransaction(chain, signer, transaction, context.sendOptions(chain))).hash;
}

/** Checks that an account, or anyone, holds a role of a chain's timelock. @throws naming the holders. */
async function requireTimelockRole(
  { store }: OperatorContext,
  chain: SatelliteChain,
  pinned: PinnedChain,
  role: "EXECUTOR_ROLE" | "CANCELLER_ROLE",
  account: string,
): Promise<void> {
  const timelock = contractAt.timelock(chain.contracts.timelock, pinned);
  const isHeld = (by: string) => timelock.hasRole(roleHash(role), by);
  if (await isHeld(account)) return;
  // A timelock whose executor is the zero address lets anyone execute.
  if (role === "EXECUTOR_ROLE" && (await isHeld(ZeroAddress))) return;
  const holders = (await readHolders(chain, pinned, { store }))
    .filter((grant) => grant.contract === "timelock" && grant.role === role)
    .map((grant) => grant.account);
  throw new OperatorError(
    "MISSING_ROLE",
    `${account} lacks ${role} of the timelock on ${chain.name}: it is held by ${holders.join(", ") || "nobody"}; name one with --account.`,
  );
}

function refused(message: string): OperatorError {
  return new OperatorError("PROPOSAL_REFUSED", message);
}
