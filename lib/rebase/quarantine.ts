import { abi, contractAt } from "../core/abis";
import { OperatorError } from "../core/errors";
import { holderOf } from "../core/mesh/mesh";
import type { SatelliteChain } from "../core/mesh/mesh";
import { readReceiver } from "../mesh/components/receiver";
import type { Quarantined, ReceiverState } from "../mesh/components/receiver";
import type { OperatorContext } from "../mesh/operator";
import { pinLatest } from "../rpc/pinned";
import { requireRole } from "../token/roles";
import { sendTransaction } from "../tx/send";

/** A decision about a broadcast that is held back. */
export type Decision = "accept" | "reject";

const ROLES = {
  accept: { role: "UNPAUSER_ROLE", holder: "operations" },
  reject: { role: "GUARDIAN_ROLE", holder: "guardian" },
} as const;

/** Reads the receivers of satellites, each at its newest block, with the epoch and the index of the token. */
export async function readReceivers({ mesh }: OperatorContext, chains: readonly SatelliteChain[]) {
  return Promise.all(
    chains.map(async (chain) => {
      const pinned = await pinLatest(chain.name, chain.provider);
      const token = contractAt.token(chain.contracts.token, pinned);
      const [receiver, epoch, sharesPerToken]: [ReceiverState, bigint, bigint] = await Promise.all([
        readReceiver(mesh, chain, pinned),
        token.epoch(),
        token.sharesPerToken(),
      ]);
      const { blockNumber, timestamp } = pinned;
      return { chain, blockNumber, timestamp, epoch, sharesPerToken, receiver };
    }),
  );
}

/** Returns the broadcast that a receiver holds back. @throws OperatorError when there is none. */
export async function requireHeld(
  { mesh }: OperatorContext,
  chain: SatelliteChain,
): Promise<Quarantined> {
  const pinned = await pinLatest(chain.name, chain.provider);
  const { quarantined } = await readReceiver(mesh, chain, pinned);
  if (quarantined) return quarantined;
  throw new OperatorError(
    "NOT_FOUND",
    `The receiver of ${chain.name} holds back no broadcast: nothing to decide.`,
  );
}

/**
 * Accepts or rejects a broadcast that a receiver holds back; all of its values are named, so that another one that
 * takes its place meanwhile is refused.
 * @param account who signs; operations (or the guardian) of the mesh file unless given.
 * @returns the hash of the transaction.
 * @throws OperatorError naming the accounts that may.
 */
export async function decideHeld(
  context: OperatorContext,
  chain: SatelliteChain,
  decision: Decision,
  { epoch, current, next, effectiveAt }: Quarantined,
  account?: string,
): Promise<string> {
  const { mesh, store } = context;
  const { name, provider, contracts } = chain;
  const { role, holder } = ROLES[decision];
  const from = account ?? holderOf(mesh, holder, name);
  const pinned = await pinLatest(name, provider);
  const owner = await contractAt.receiver(contracts.receiver, pinned).owner();
  if (from !== owner) await requireRole(chain, pinned, role, from, store);
  const calls = abi.receiver;
  const held: [bigint, bigint, bigint, bigint] = [epoch, current, next, effectiveAt];
  const transaction = {
    label: `${name}/receiver/${decision}`,
    to: contracts.receiver,
    data:
      decision === "accept"
        ? calls.encodeFunctionData("accept", held)
        : calls.encodeFunctionData("reject", held),
  };
  const signer = await context.signerFor(chain, from);
  return (await sendTransaction(chain, signer, transaction, context.sendOptions(chain))).hash;
}
