import { FunctionFragment, dataSlice, getAddress, id, toBeHex } from "ethers";
import type { Interface, Provider, TransactionRequest } from "ethers";
import { decodeRevert, describeRevert, revertDataOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import { isContractError, unlessReverted } from "../../core/revert/contractError";
import { TOKEN_DECIMALS } from "../../core/units";
import type { PinnedChain } from "../../rpc/pinned";
import { atKnownBlock } from "../../rpc/retry";
import type { Step } from "../step";
import { TO_DO, call, change, stepOn } from "../stepBuilders";
import { readDefaultAdmin } from "./defaultAdmin";
import type { DefaultAdminState } from "./defaultAdmin";

/** Storage slot of an ERC-1967 proxy's implementation address. */
const IMPLEMENTATION_SLOT = toBeHex(BigInt(id("eip1967.proxy.implementation")) - 1n, 32);

/** Roles of every token. */
const ROLES = [
  "ISSUER_ROLE",
  "REBASER_ROLE",
  "BRIDGE_ROLE",
  "GUARDIAN_ROLE",
  "UNPAUSER_ROLE",
] as const;

/** Ids of ERC-165 interfaces, supported by every token or not: its own, access control, default admin rules. */
const INTERFACES = {
  "0x01ffc9a7": true,
  "0x7965db0b": true,
  "0x31498786": true,
  "0xffffffff": false,
};

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
  /** Shares on the chain, and at home those that were issued and not redeemed. */
  readonly totalShares: bigint;
  readonly issuedShares: bigint;
}

/** Reads the token of a chain. */
export async function readToken(chain: MeshChain, pinned: PinnedChain): Promise<TokenState> {
  const token = contractAt.token(chain.contracts.token, pinned);
  const [admin, { epoch_: epoch, current, next, effectiveAt }, paused, totalShares, issuedShares] =
    await Promise.all([
      readDefaultAdmin(token),
      token.indexState(),
      token.paused(),
      token.totalShares(),
      chain.role === "home" ? token.issuedShares() : 0n,
    ]);
  const index = { current, next, effectiveAt };
  return { ...admin, epoch, index, paused, totalShares, issuedShares };
}

/** A recorded upgrade of a token that has not been executed. */
export interface TokenUpgrade {
  /** The implementation behind the proxy. */
  readonly running: string;
  readonly implementation: string;
  /** The call to the new implementation in the upgrade transaction, `0x` for none. */
  readonly migration: string;
  /** Reasons why it must not be executed or would revert; empty when it may be. */
  readonly problems: readonly string[];
}

/** Reads the pending upgrade to the newest recorded implementation; an unrecorded one is never replaced. */
export async function readUpgrade(
  chain: MeshChain,
  pinned: PinnedChain,
): Promise<TokenUpgrade | undefined> {
  const { implementation: onRecord, contracts } = chain;
  if (!onRecord) return undefined;
  const running = await implementationOf(pinned.provider, contracts.token, pinned.blockNumber);
  const { address: implementation, migration, previous } = onRecord;
  if (!previous.includes(running)) return undefined;
  const problems = await implementationProblems(chain.provider, implementation);
  if (problems.length === 0) problems.push(...(await revertOf(chain, implementation, migration)));
  return { running, implementation, migration, problems };
}

/** Returns the step that upgrades the token to the newest recorded implementation; none when it runs that one. */
export function upgradeSteps(
  chain: MeshChain,
  { upgrade, token }: { readonly upgrade?: TokenUpgrade; readonly token: DefaultAdminState },
): Step[] {
  if (!upgrade) return [];
  const { running, implementation, migration, problems } = upgrade;
  const data = abi.token.encodeFunctionData("upgradeToAndCall", [implementation, migration]);
  const refused = `another implementation, for this one is refused: ${problems.join("; ")}`;
  return [
    stepOn(chain, "token/upgrade", {
      title: `upgrade the token to the implementation ${implementation}`,
      changes: [
        change("implementation", running, implementation),
        change("called with", "nothing", migration === "0x" ? "nothing" : migration),
      ],
      status: problems.length === 0 ? TO_DO : { kind: "waiting", cause: "drift", reason: refused },
      call: call(token.admin, "default admin of the token", chain.contracts.token, data),
    }),
  ];
}

/** Returns the implementation behind a proxy. */
export async function implementationOf(
  provider: Provider,
  proxy: string,
  blockTag: number | "latest" = "latest",
): Promise<string> {
  const word = await atKnownBlock(() => provider.getStorage(proxy, IMPLEMENTATION_SLOT, blockTag));
  return getAddress(dataSlice(word, 12));
}

/** Describes the functions of a version of a contract that the next one lacks, or whose return types differ. */
export function missingFunctions(before: Interface, after: Interface): string[] {
  return functionsOf(before).flatMap((fragment) => {
    const signature = fragment.format("sighash");
    const kept = after.getFunction(signature);
    if (!kept) return [`${signature} is gone: what calls it would fail`];
    const [was, is] = [fragment.format("minimal"), kept.format("minimal")];
    return was === is ? [] : [`${was} became ${is}`];
  });
}

export function functionsOf(contract: Interface): FunctionFragment[] {
  return contract.fragments.filter((one) => FunctionFragment.isFragment(one));
}

/**
 * Checks that a deployed contract can be the token's implementation: UUPS, with its decimals, roles and interfaces,
 * and with initializers disabled. Returns the problems as text.
 */
export async function implementationProblems(
  provider: Provider,
  address: string,
): Promise<string[]> {
  const candidate = contractAt.token(address, provider);
  const expected: [what: string, found: Promise<unknown>, value: string][] = [
    ["proxiableUUID", candidate.proxiableUUID(), IMPLEMENTATION_SLOT],
    ["UPGRADE_INTERFACE_VERSION", candidate.UPGRADE_INTERFACE_VERSION(), "5.0.0"],
    ["decimals", candidate.decimals(), `${TOKEN_DECIMALS}`],
  ];
  for (const role of ROLES) expected.push([role, candidate[role](), id(role)]);
  for (const [interfaceId, isSupported] of Object.entries(INTERFACES)) {
    const found = candidate.supportsInterface(interfaceId);
    expected.push([`supportsInterface(${interfaceId})`, found, `${isSupported}`]);
  }
  const problems = expected.map(async ([what, found, value]) => {
    const answer = await unlessReverted(found.then(String), "nothing");
    return answer === value ? [] : [`${what} answers ${answer}, not ${value}`];
  });
  return [...(await Promise.all(problems)).flat(), ...(await lockProblems(provider, address))];
}

/** Simulates an upgrade, and returns the revert reason as text. */
async function revertOf(
  { provider, contracts: { token } }: MeshChain,
  implementation: string,
  migration: string,
): Promise<string[]> {
  const from = await contractAt.token(token, provider).defaultAdmin();
  const data = abi.token.encodeFunctionData("upgradeToAndCall", [implementation, migration]);
  const revert = await revertDataIn(provider, { from, to: token, data });
  if (revert === undefined) return [];
  return [`the upgrade would revert: ${describeRevert(revert, [abi.token])}`];
}

/** Checks that an implementation cannot be initialized, which would let any account take ownership of it. */
async function lockProblems(provider: Provider, address: string): Promise<string[]> {
  const data = abi.token.encodeFunctionData("initialize", ["", "", true, address, 0]);
  const revert = await revertDataIn(provider, { to: address, data });
  if (revert === undefined) return ["initialize is open to anybody: disable it in the constructor"];
  const { name } = decodeRevert(revert, [abi.token]);
  if (name === "InvalidInitialization") return [];
  return [`initialize reverts otherwise than by being disabled: ${name}`];
}

/** Simulates a call, and returns its revert data; undefined when it succeeds. */
async function revertDataIn(provider: Provider, request: TransactionRequest) {
  try {
    await provider.call(request);
    return undefined;
  } catch (error) {
    if (isContractError(error)) return revertDataOf(error);
    throw error;
  }
}
