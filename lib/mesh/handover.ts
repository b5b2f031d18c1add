import { AbiCoder, ZeroHash, id, keccak256 } from "ethers";

import { abi, ccipAbi } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";

/** What of a chain is handed over to its timelock. */
export type HandedOver = "token" | "pool" | "registry" | "controller" | "broadcaster" | "receiver";

/** What the timelock of a chain proposes to itself: to accept everything that was offered to it. */
export interface Handover {
  readonly targets: readonly string[];
  readonly values: readonly bigint[];
  readonly payloads: readonly string[];
  readonly predecessor: string;
  readonly salt: string;
  /** `keccak256(abi.encode(targets, values, payloads, predecessor, salt))`, as TimelockController computes it. */
  readonly operationId: string;
}

/**
 * The proposal by which a chain's timelock takes over its token, pool, registry entry and the rest.
 * @param parts those that it has not got yet; all of them unless named.
 * @param number how often the same proposal was executed before: a timelock takes each only once.
 */
export function handover(chain: MeshChain, parts?: ReadonlySet<HandedOver>, number = 0): Handover {
  const salt = id(`ccip-rebase-token handover ${number}`);
  const { contracts, ccip } = chain;
  const acceptDefaultAdmin = abi.token.encodeFunctionData("acceptDefaultAdminTransfer");
  const acceptOwnership = abi.pool.encodeFunctionData("acceptOwnership");
  const all: [part: HandedOver, target: string, payload: string][] = [
    ["token", contracts.token, acceptDefaultAdmin],
    ["pool", contracts.pool, acceptOwnership],
    [
      "registry",
      ccip.tokenAdminRegistry,
      ccipAbi.registry.encodeFunctionData("acceptAdminRole", [contracts.token]),
    ],
    ...(chain.role === "home"
      ? ([
          ["controller", chain.contracts.controller, acceptDefaultAdmin],
          ["broadcaster", chain.contracts.broadcaster, acceptDefaultAdmin],
        ] satisfies [HandedOver, string, string][])
      : ([["receiver", chain.contracts.receiver, acceptOwnership]] satisfies [
          HandedOver,
          string,
          string,
        ][])),
  ];
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
