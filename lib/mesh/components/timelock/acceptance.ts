import { AbiCoder, ZeroHash, id, keccak256 } from "ethers";

import { abi, ccipAbi } from "../../../core/abis";
import type { MeshChain } from "../../../core/mesh/mesh";
import type { PinnedChain } from "../../../rpc/pinned";
import { readOperation } from "./timelock";
import type { OperationState } from "./timelock";

/** A contract of a chain whose administration is handed over to its timelock. */
export type HandedOver = "token" | "pool" | "registry" | "controller" | "broadcaster" | "receiver";

/** The timelock's proposal to accept all administrations that were offered to it. */
export interface AcceptanceState extends OperationState {
  /** Number of earlier executions of the same proposal. */
  readonly number: number;
}

/** A batch that a timelock proposes to itself. */
interface Batch {
  readonly targets: readonly string[];
  readonly values: readonly bigint[];
  readonly payloads: readonly string[];
  readonly predecessor: string;
  readonly salt: string;
  /** `keccak256(abi.encode(targets, values, payloads, predecessor, salt))`, as TimelockController computes it. */
  readonly operationId: string;
}

/**
 * Returns the proposal by which a chain's timelock accepts the administration of its contracts.
 * @param parts the contracts that it does not administer yet; all unless given.
 * @param number number of earlier executions of the same proposal: a timelock executes each only once.
 */
export function acceptanceBatch(
  chain: MeshChain,
  parts?: ReadonlySet<HandedOver>,
  number = 0,
): Batch {
  const salt = id(`ccip-rebase-token handover ${number}`);
  const { contracts, ccip } = chain;
  const acceptDefaultAdmin = abi.token.encodeFunctionData("acceptDefaultAdminTransfer");
  const acceptOwnership = abi.pool.encodeFunctionData("acceptOwnership");
  const acceptRole = ccipAbi.registry.encodeFunctionData("acceptAdminRole", [contracts.token]);
  const all: [part: HandedOver, target: string, payload: string][] = [
    ["token", contracts.token, acceptDefaultAdmin],
    ["pool", contracts.pool, acceptOwnership],
    ["registry", ccip.tokenAdminRegistry, acceptRole],
  ];
  if (chain.role === "home") {
    all.push(["controller", chain.contracts.controller, acceptDefaultAdmin]);
    all.push(["broadcaster", chain.contracts.broadcaster, acceptDefaultAdmin]);
  } else {
    all.push(["receiver", chain.contracts.receiver, acceptOwnership]);
  }
  const calls = all.filter(([part]) => !parts || parts.has(part));
  const targets = calls.map(([, target]) => target);
  const values = calls.map(() => 0n);
  const payloads = calls.map(([, , payload]) => payload);
  return {
    targets,
    values,
    payloads,
    predecessor: ZeroHash,
    salt,
    operationId: keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ["address[]", "uint256[]", "bytes[]", "bytes32", "bytes32"],
        [targets, values, payloads, ZeroHash, salt],
      ),
    ),
  };
}

/**
 * Reads the status of the acceptance.
 * @param missing the contracts that the timelock does not administer yet.
 */
export async function readAcceptance(
  chain: MeshChain,
  pinned: PinnedChain,
  missing: ReadonlySet<HandedOver>,
): Promise<AcceptanceState> {
  if (missing.size === 0) {
    const { operationId } = acceptanceBatch(chain);
    return { ...(await readOperation(chain, pinned, operationId)), number: 0 };
  }
  // An acceptance of the same contracts may have been executed before; the next one gets another number.
  for (let number = 0; ; number++) {
    const { operationId } = acceptanceBatch(chain, missing, number);
    const operation = await readOperation(chain, pinned, operationId);
    if (operation.state !== "done") return { ...operation, number };
  }
}

/** Returns the id of the step in which a chain's timelock accepts the administration offered to it. */
export function acceptanceId({ name }: Pick<MeshChain, "name">): string {
  return `${name}/timelock/accept`;
}
