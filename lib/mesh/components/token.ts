import { ZeroAddress, dataLength } from "ethers";
import { z } from "zod";
import { readOne } from "ccip-localnet/protocol";

import { abi, ccipAbi, contractAt } from "../../core/abis";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { isContractError } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";
import { fact } from "../drift";
import type { Drift } from "../drift";
import type { Step } from "../step";
import { TO_DO, call, change } from "../stepBuilders";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";
import { implementationOf } from "./implementation";
import type { TokenUpgrade } from "./implementation";
import { readPoolGeneration } from "./pool/contract";

/** The token of a chain, without its roles. */
export interface TokenState extends DefaultAdminState {
  readonly epoch: bigint;
  /** In shares per token unit; `next` applies from `effectiveAt` (unix seconds); zeros until the first sync. */
  readonly index: {
    readonly current: bigint;
    readonly next: bigint;
    readonly effectiveAt: bigint;
  };
  readonly paused: boolean;
}

export async function readToken(
  { contracts }: MeshChain,
  pinned: PinnedChain,
): Promise<TokenState> {
  const token = contractAt.token(contracts.token, pinned);
  const [admin, { epoch_: epoch, current, next, effectiveAt }, paused] = await Promise.all([
    readDefaultAdmin(token),
    token.indexState(),
    token.paused(),
  ]);
  return { ...admin, epoch, index: { current, next, effectiveAt }, paused };
}

/** Compares the token's name, symbol and code with the mesh file and the deployment records. */
export async function tokenDrift(
  { config }: Mesh,
  chain: MeshChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const token = contractAt.token(chain.contracts.token, pinned);
  const [name, symbol, implementation, bridgeBurn] = await Promise.all([
    token.name(),
    token.symbol(),
    implementationOf(pinned.provider, chain.contracts.token, pinned.blockNumber),
    bridgeBurnDrift(chain, pinned),
  ]);
  const named = "correct the mesh file, or deploy the token again";
  const { implementation: onRecord } = chain;
  const isKnown = [onRecord?.address, ...(onRecord?.previous ?? [])].includes(implementation);
  return [
    fact("token/name", name, config.token.name, named),
    fact("token/symbol", symbol, config.token.symbol, named),
    fact(
      "token/implementation",
      implementation,
      onRecord && !isKnown ? onRecord.address : implementation,
      "if it was upgraded from elsewhere, get the newer records of the chain; if not, read its code before anything else: it can do anything to every balance",
    ),
    ...bridgeBurn,
  ];
}

/**
 * Checks that `bridgeBurn` returns the epoch after the shares, which a generation 2 pool requires. The call is
 * simulated from the pool in use, which has permission; the check is skipped while it reverts, for instance on a
 * paused token.
 */
async function bridgeBurnDrift(
  { contracts, ccip }: MeshChain,
  pinned: PinnedChain,
): Promise<Drift[]> {
  const { token, pool } = contracts;
  if ((await readPoolGeneration(pinned, pool)) !== 2) return [];
  const registry = { address: ccip.tokenAdminRegistry, interface: ccipAbi.registry };
  const from = await readOne(pinned, registry, "getPool", [token], z.string());
  if (from === ZeroAddress) return [];
  const data = abi.token.encodeFunctionData("bridgeBurn", [0n]);
  const answer = await pinned.call({ from, to: token, data }).catch((error: unknown) => {
    if (isContractError(error)) return undefined;
    throw error;
  });
  if (answer === undefined) return [];
  return [
    fact(
      "token/bridgeBurn",
      dataLength(answer) === 64 ? "shares and epoch" : "shares alone",
      "shares and epoch",
      "upgrade the token before its pool of generation 2 is used: that pool could burn nothing",
    ),
  ];
}

/** Returns the step that upgrades the token to the newest recorded implementation; none when it runs that one. */
export function upgradeSteps(
  chain: MeshChain,
  { upgrade, token }: { readonly upgrade?: TokenUpgrade; readonly token: DefaultAdminState },
): Step[] {
  if (!upgrade) return [];
  const { running, implementation, migration, problems } = upgrade;
  return [
    {
      id: `${chain.name}/token/upgrade`,
      chain: chain.name,
      title: `upgrade the token to the implementation ${implementation}`,
      changes: [
        change("implementation", running, implementation),
        ...(migration === "0x" ? [] : [change("called with", "nothing", migration)]),
      ],
      status:
        problems.length === 0
          ? TO_DO
          : {
              kind: "waiting",
              cause: "drift",
              reason: `another implementation, for this one is refused: ${problems.join("; ")}`,
            },
      after: [],
      call: call(
        token.admin,
        "default admin of the token",
        chain.contracts.token,
        abi.token.encodeFunctionData("upgradeToAndCall", [implementation, migration]),
      ),
    },
  ];
}
