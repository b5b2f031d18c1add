import { ZeroAddress } from "ethers";
import { revertDataOf } from "ccip-localnet/protocol";

import { abi } from "../core/abis";
import { withFeeMargin } from "../core/feeMargin";
import { sharesPerTokenAfter } from "../core/growth";
import type { Mesh } from "../core/mesh/mesh";
import { isTransportError } from "../core/endpoint/errors";
import { revertText } from "../core/revert/revertChain";
import { readHolders } from "../mesh/components/grants";
import type { LogStore } from "../rpc/logs";
import { pinLatest } from "../rpc/pinned";
import { shortMessage } from "../tx/errors";
import { feesNow, priceOf } from "../tx/fees";

import { operatorOf, readController, rebaseCall } from "./controller";
import { readLaneFees, sumOfFees } from "./fees";
import type { LaneFee } from "./fees";
import { checkGuards } from "./guards";
import type { RebaseRequest } from "./request";
import { readStatus } from "./status";
import type { RebaseStatus } from "./status";

/** A simulated rebase and its effect. */
export type Simulation = Awaited<ReturnType<typeof simulateRebase>>;

const THOUSAND_TOKENS = 1_000n * 10n ** 18n;

/** Simulates a rebase without sending it. */
export async function simulateRebase(mesh: Mesh, request: RebaseRequest, store?: LogStore) {
  const { home } = mesh;
  const status = await readStatus(mesh);
  const pinned = await pinLatest(home.name, home.provider, status.home.blockNumber);
  const epoch = status.home.epoch + 1n;
  const account = operatorOf(mesh);
  const call = { from: account, ...rebaseCall(mesh, request, epoch) };
  const [controller, grants, lanes, refusal, fees] = await Promise.all([
    readController(home, pinned),
    readHolders(home, pinned, { store }),
    readLaneFees(mesh, mesh.satellites, pinned),
    refusalOf(pinned.call(call)),
    feesNow(home.provider),
  ]);
  const holders = grants
    .filter(({ contract, role }) => contract === "controller" && role === "REBASE_OPERATOR_ROLE")
    .map((grant) => grant.account);
  const { growthFactor } = request;
  const sharesPerToken =
    growthFactor > 0n ? sharesPerTokenAfter(status.home.sharesPerToken, growthFactor) : 0n;
  return {
    status,
    request,
    /** The epoch that it would create. */
    epoch,
    /** The index from effectiveAt; 0 for a factor of 0. */
    sharesPerToken,
    /** Unix seconds, if it were mined in the block that was read. */
    effectiveAt: status.home.timestamp + (request.delay ?? controller.config.delay),
    verdicts: checkGuards(status.home, controller, request, { account, holders }),
    /** The decoded revert of the simulated call; undefined when it succeeds. */
    refusal,
    /** The transaction, for external signing. */
    call,
    gas: {
      /** Undefined when the simulated call reverts. */
      rebase: refusal === undefined ? await home.provider.estimateGas(call) : undefined,
      /** For the lanes that are up, paid in native; undefined when it cannot be estimated. */
      broadcast: await broadcastGas(mesh, lanes),
      /** The maximum gas price now, wei. */
      price: priceOf(fees),
    },
    lanes,
    holders: holderViews(status, sharesPerToken),
  };
}

/** Returns whether all guards pass and the simulated call succeeds. */
export function wouldGoThrough({ verdicts, refusal }: Simulation): boolean {
  return refusal === undefined && verdicts.every(({ passes }) => passes);
}

/** Returns the balance, on each chain, of a holder whose shares are worth 1,000 tokens at home now. */
function holderViews({ home, satellites }: RebaseStatus, next: bigint) {
  const shares = THOUSAND_TOKENS * home.sharesPerToken;
  const worthAt = (index: bigint) => (index === 0n ? 0n : shares / index);
  return [home, ...satellites].map(({ chain, sharesPerToken }) => ({
    chain,
    /** Token units (wei) at the chain's block, and from when the rebase takes effect. */
    now: worthAt(sharesPerToken),
    after: worthAt(next),
    /** True if the chain is stale, so that its value differs from home's. */
    isStale: sharesPerToken !== home.sharesPerToken,
  }));
}

async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isTransportError(error)) throw error;
    const data = revertDataOf(error);
    if (data !== "0x") return revertText(data);
    return error instanceof Error ? shortMessage(error) : String(error);
  }
}

/** Estimates the gas of a broadcast. Undefined if that fails for lack of funds, which does not affect the rebase. */
async function broadcastGas(mesh: Mesh, lanes: readonly LaneFee[]): Promise<bigint | undefined> {
  const { home, operator } = mesh;
  const up = lanes.filter(({ native }) => native > 0n);
  if (up.length === 0) return undefined;
  const selectors = up.map(({ selector }) => selector);
  const maxFee = withFeeMargin(sumOfFees(up, "native"));
  try {
    return await home.provider.estimateGas({
      from: operator,
      to: home.contracts.broadcaster,
      data: abi.broadcaster.encodeFunctionData("broadcast", [selectors, ZeroAddress, maxFee]),
      value: maxFee,
    });
  } catch (error) {
    if (isTransportError(error)) throw error;
    return undefined;
  }
}
