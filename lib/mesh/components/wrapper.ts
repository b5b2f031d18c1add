import { ZeroAddress } from "ethers";

import { contractAt } from "../../core/abis";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { unlessReverted } from "../../core/revert/contractError";
import type { PinnedChain } from "../../rpc/pinned";

/** The wrapped units and the rate feed of a chain, as far as it has them. */
export interface WrappedFigures {
  readonly wrapper?: {
    /** Token units for 1e18 wrapped units; undefined while the token is unsynced. */
    readonly rate: bigint | undefined;
    /** Wrapped units, 1e24 shares each. */
    readonly totalSupply: bigint;
    /** Shares that the wrapper holds: those of the wrapped units, what rounding left, and donations. */
    readonly shares: bigint;
  };
  /** Shares that the bridge holds: those kept for claims, and what was sent to it. */
  readonly wrappedBridge?: { readonly shares: bigint };
  /** The newest round of the rate feed; undefined while the token is unsynced. */
  readonly rateFeed?: {
    readonly round:
      | {
          readonly roundId: bigint;
          /** Growth index, 18 decimals. */
          readonly answer: bigint;
          /** Unix seconds; 0 for unknown. */
          readonly startedAt: bigint;
          readonly updatedAt: bigint;
        }
      | undefined;
  };
}

/** Reads the wrapped units and the rate feed of a chain. */
export async function readWrappedFigures(
  { contracts }: MeshChain,
  pinned: PinnedChain,
): Promise<WrappedFigures> {
  const token = contractAt.token(contracts.token, pinned);
  const [wrapper, wrappedBridge, rateFeed] = await Promise.all([
    contracts.wrapper === undefined ? undefined : readWrapper(contracts.wrapper),
    contracts.wrappedBridge === undefined ? undefined : token.sharesOf(contracts.wrappedBridge),
    contracts.rateFeed === undefined ? undefined : readFeed(contracts.rateFeed, pinned),
  ]);
  return {
    ...(wrapper && { wrapper }),
    ...(wrappedBridge !== undefined && { wrappedBridge: { shares: wrappedBridge } }),
    ...(rateFeed && { rateFeed }),
  };

  async function readWrapper(address: string) {
    const contract = contractAt.wrapper(address, pinned);
    const [rate, totalSupply, shares] = await Promise.all([
      unlessReverted(contract.getRate(), undefined),
      contract.totalSupply(),
      token.sharesOf(address),
    ]);
    return { rate, totalSupply, shares };
  }
}

async function readFeed(address: string, pinned: PinnedChain) {
  const latest = contractAt.rateFeed(address, pinned).latestRoundData();
  const found = await unlessReverted(latest, undefined);
  if (!found) return { round: undefined };
  const { roundId, answer, startedAt, updatedAt } = found;
  return { round: { roundId, answer, startedAt, updatedAt } };
}

/** A fact of a contract that no transaction can change: its id, its value, the expected one, and the fix. */
export type BuiltIn = readonly [
  id: string,
  found: Promise<string>,
  expected: string,
  recovery: string,
];

/** Reads what is built into the wrapper, the wrapped bridge and the rate feed of a chain. */
export function wrappedBuiltIns(
  { config }: Mesh,
  { contracts, ccip }: MeshChain,
  pinned: PinnedChain,
): BuiltIn[] {
  const { wrapper, wrappedBridge, rateFeed, token } = contracts;
  const found: BuiltIn[] = [];
  if (wrapper !== undefined && config.wrapper) {
    const contract = contractAt.wrapper(wrapper, pinned);
    const named =
      "correct the mesh file: nothing can rename the wrapper, and pools already hold it";
    found.push(
      [
        "wrapper/asset",
        contract.asset(),
        token,
        "deploy another wrapper, and have its holders unwrap this one",
      ],
      ["wrapper/name", contract.name(), config.wrapper.name, named],
      ["wrapper/symbol", contract.symbol(), config.wrapper.symbol, named],
    );
  }
  if (wrappedBridge !== undefined) {
    const contract = contractAt.wrappedBridge(wrappedBridge, pinned);
    const again = "deploy another wrapped bridge and pair the bridges of the other chains with it";
    found.push(
      ["wrapped bridge/wrapper", contract.getWrapper(), wrapper ?? ZeroAddress, again],
      ["wrapped bridge/LINK", contract.getLink(), ccip.link, again],
    );
  }
  if (rateFeed !== undefined) {
    const contract = contractAt.rateFeed(rateFeed, pinned);
    const again = "deploy another rate feed, and have its consumers read that one";
    const receiver = "receiver" in contracts ? contracts.receiver : ZeroAddress;
    found.push(
      ["rate feed/token", contract.getToken(), token, again],
      ["rate feed/receiver", contract.getReceiver(), receiver, again],
    );
  }
  return found;
}
