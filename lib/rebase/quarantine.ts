import { abi, contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import { formatGrowthIndex } from "../core/growth";
import { listenerGasOn } from "../core/mesh/listeners";
import { holderOf } from "../core/mesh/mesh";
import type { SatelliteChain } from "../core/mesh/mesh";
import { tryCall } from "../core/revert/contractError";
import { innermost } from "../core/revert/revert";
import { decode, revertText } from "../core/revert/revertChain";
import { isSameIndex, quarantineText, readCircuitBreaker } from "../mesh/components/circuitBreaker";
import type { Quarantined } from "../mesh/components/circuitBreaker";
import type { OperatorContext } from "../mesh/operator";
import type { SatelliteState } from "../mesh/state";
import type { Step } from "../mesh/step";
import { call, change, when } from "../mesh/stepBuilders";
import { pinAt, pinLatest } from "../rpc/pinned";
import { requireRole } from "../mesh/requireRole";

/** A decision about a broadcast that is held back, and the account that signs it unless the mesh file's holder does. */
export interface QuarantineDecision {
  readonly decision: "accept" | "reject";
  readonly held: Quarantined;
  readonly account: string | undefined;
}

const ROLES = {
  accept: { role: "UNPAUSER_ROLE", holder: "operations" },
  reject: { role: "GUARDIAN_ROLE", holder: "guardian" },
} as const;

/** Reads the circuit breaker of a satellite at its newest block, with the epoch and the index of the token. */
export async function readReceiver(chain: SatelliteChain) {
  const pinned = await pinLatest(chain.name, chain.provider);
  const token = contractAt.token(chain.contracts.token, pinned);
  const [circuitBreaker, epoch, sharesPerToken] = await Promise.all([
    readCircuitBreaker(chain, pinned),
    token.epoch(),
    token.sharesPerToken(),
  ]);
  const { blockNumber, timestamp } = pinned;
  return { chain, blockNumber, timestamp, epoch, sharesPerToken, ...circuitBreaker };
}

/**
 * Returns the broadcast that a satellite holds back.
 * @param epoch the epoch that is meant; any unless given.
 * @throws OperatorError when there is none, or one of another epoch.
 */
export function requireHeld(
  { chain, quarantined }: Awaited<ReturnType<typeof readReceiver>>,
  epoch?: bigint,
): Quarantined {
  if (quarantined && (epoch === undefined || quarantined.epoch === epoch)) return quarantined;
  const instead = quarantined
    ? `it holds back ${quarantineText(quarantined)}`
    : "nothing to decide";
  const what = epoch === undefined ? "no broadcast" : `no broadcast of epoch ${epoch}`;
  throw new OperatorError(
    "NOT_FOUND",
    `The receiver of ${chain.name} holds back ${what}: ${instead}. Nothing was sent.`,
  );
}

/**
 * Returns the step that decides about a broadcast that is held back. All of its values are named, so that another one
 * that takes its place meanwhile is refused.
 * @throws OperatorError when it is held back no more, or naming the accounts that may decide.
 */
export async function quarantineStep(
  { mesh, store }: Pick<OperatorContext, "mesh" | "store">,
  chain: SatelliteChain,
  now: SatelliteState,
  { decision, held, account }: QuarantineDecision,
): Promise<Step> {
  const { epoch, current, next, effectiveAt } = held;
  const values: [bigint, bigint, bigint, bigint] = [epoch, current, next, effectiveAt];
  const { receiver } = chain.contracts;
  const data =
    decision === "accept"
      ? abi.receiver.encodeFunctionData("accept", values)
      : abi.receiver.encodeFunctionData("reject", values);
  const isDone = isDecided(chain, now, decision, held);
  const { role, holder } = ROLES[decision];
  const { owner } = now.receiver;
  const from = account ?? holderOf(mesh, holder, chain.name);
  const pinned = await pinAt(chain.name, chain.provider, now.blockNumber);
  if (from !== owner && !isDone) await requireRole(chain, pinned, role, from, store);
  const tried = isDone || (await tryCall(pinned, { from, to: receiver, data }));
  const byOwner = tried !== true && tried.outcome === "refused" && isForOwner(tried.returnData);
  if (tried !== true && tried.outcome === "refused" && !byOwner) {
    throw new OperatorError(
      "TRANSACTION_REVERTED",
      `The receiver of ${chain.name} refuses it: ${revertText(tried.returnData)}. Nothing was sent.`,
    );
  }
  return {
    id: `${chain.name}/receiver/${decision} epoch ${epoch}`,
    chain: chain.name,
    title: `${decision} ${quarantineText(held)}`,
    changes:
      decision === "accept"
        ? [change("growth index", formatGrowthIndex(now.token.index.next), formatGrowthIndex(next))]
        : [change("held back", `epoch ${epoch}`, `epoch ${epoch}, rejected`)],
    status: when(isDone),
    after: [],
    call: {
      ...(byOwner
        ? call(owner, "owner of the receiver", receiver, data)
        : call(
            from,
            from === owner ? "owner of the receiver" : `${role} of the token`,
            receiver,
            data,
          )),
      // An estimate is the least with which the index is set, whether listeners are told or not.
      ...(decision === "accept" && { optionalGas: listenerGasOn(mesh.config, chain.name) }),
    },
  };
}

/** Returns whether a decision has been made. @throws OperatorError when something else is held back, or nothing. */
function isDecided(
  chain: SatelliteChain,
  { token, receiver: { circuitBreaker } }: SatelliteState,
  decision: QuarantineDecision["decision"],
  held: Quarantined,
): boolean {
  const { quarantined } = circuitBreaker;
  if (quarantined && isSameIndex(quarantined, held)) {
    return decision === "reject" && quarantined.isRejected;
  }
  if (decision === "accept" && isSameIndex({ epoch: token.epoch, ...token.index }, held))
    return true;
  const instead = quarantined
    ? `it holds back ${quarantineText(quarantined)}`
    : "it holds back nothing";
  throw new OperatorError(
    "NOT_FOUND",
    `The receiver of ${chain.name} holds back epoch ${held.epoch} no more: ${instead}. Nothing was sent.`,
  );
}

/** Returns whether only the owner of the receiver may accept: it was rejected, or is too far away. */
function isForOwner(returnData: string): boolean {
  return ["BroadcastWasRejected", "BeyondBandByHand"].includes(innermost(decode(returnData)).name);
}
