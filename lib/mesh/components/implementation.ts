import { dataSlice, getAddress, id, toBeHex } from "ethers";
import type { FunctionFragment, Interface, Provider } from "ethers";
import { decodeRevert, describeRevert, revertDataOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../../core/abis";
import type { MeshChain } from "../../core/mesh/mesh";
import { isContractError } from "../../core/revert/contractError";
import { TOKEN_DECIMALS } from "../../core/units";
import { atKnownBlock } from "../../rpc/retry";

/** Where an ERC-1967 proxy keeps the address of its implementation. */
const IMPLEMENTATION_SLOT = toBeHex(BigInt(id("eip1967.proxy.implementation")) - 1n, 32);

const ROLES = [
  "ISSUER_ROLE",
  "REBASER_ROLE",
  "BRIDGE_ROLE",
  "GUARDIAN_ROLE",
  "UNPAUSER_ROLE",
] as const;

/** What the token says it supports, ERC-165: itself, access control, and the rules of its default admin. */
const INTERFACES: readonly (readonly [interfaceId: string, supported: boolean])[] = [
  ["0x01ffc9a7", true],
  ["0x7965db0b", true],
  ["0x31498786", true],
  ["0xffffffff", false],
];

/** The implementation behind a proxy. */
export async function implementationOf(
  provider: Provider,
  proxy: string,
  blockTag: number | "latest" = "latest",
): Promise<string> {
  const word = await atKnownBlock(() => provider.getStorage(proxy, IMPLEMENTATION_SLOT, blockTag));
  return getAddress(dataSlice(word, 12));
}

/**
 * Functions that a new version no longer has, or that answer with something else, in words.
 * @param before ABI of what runs now.
 */
export function missingFunctions(before: Interface, after: Interface): string[] {
  return functionsOf(before).flatMap((fragment) => {
    const signature = fragment.format("sighash");
    const kept = functionsOf(after).find((other) => other.format("sighash") === signature);
    if (!kept) return [`${signature} is gone: what calls it would fail`];
    const [was, is] = [fragment.format("minimal"), kept.format("minimal")];
    return was === is ? [] : [`${was} became ${is}`];
  });
}

/** The functions of a contract. */
export function functionsOf(contract: Interface): FunctionFragment[] {
  const found: FunctionFragment[] = [];
  contract.forEachFunction((fragment) => found.push(fragment));
  return found;
}

/**
 * What is wrong with a deployed contract as the implementation of the token, in words: it has to be
 * UUPS, to have decimals, roles and interfaces of the token, and to be nobody's to initialise.
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
    ...ROLES.map((role): [string, Promise<unknown>, string] => [role, candidate[role](), id(role)]),
    ...INTERFACES.map(([interfaceId, supported]): [string, Promise<unknown>, string] => [
      `supportsInterface(${interfaceId})`,
      candidate.supportsInterface(interfaceId),
      `${supported}`,
    ]),
  ];
  const answers = await Promise.all(
    expected.map(async ([what, found, value]) => {
      const answer = await answerOf(found);
      return answer === value ? [] : [`${what} answers ${answer}, not ${value}`];
    }),
  );
  return [...answers.flat(), ...(await lockProblems(provider, address))];
}

/** Why an upgrade would revert if it were made now, in words; nothing when it would not. */
export async function rehearsalProblems(
  { provider, contracts }: MeshChain,
  implementation: string,
  migration: string,
): Promise<string[]> {
  const { token } = contracts;
  const from = await contractAt.token(token, provider).defaultAdmin();
  const data = abi.token.encodeFunctionData("upgradeToAndCall", [implementation, migration]);
  try {
    await provider.call({ from, to: token, data });
    return [];
  } catch (error) {
    if (!isContractError(error)) throw error;
    return [`the upgrade would revert: ${describeRevert(revertDataOf(error), [abi.token])}`];
  }
}

async function answerOf(found: Promise<unknown>): Promise<string> {
  try {
    return String(await found);
  } catch (error) {
    if (isContractError(error)) return "nothing";
    throw error;
  }
}

/** An implementation that somebody can initialise has an owner. */
async function lockProblems(provider: Provider, address: string): Promise<string[]> {
  const data = abi.token.encodeFunctionData("initialize", ["", "", true, address, 0]);
  try {
    await provider.call({ to: address, data });
  } catch (error) {
    if (!isContractError(error)) throw error;
    const { name } = decodeRevert(revertDataOf(error), [abi.token]);
    if (name === "InvalidInitialization") return [];
    return [`initialize reverts otherwise than by being disabled: ${name}`];
  }
  return ["initialize is open to anybody: disable it in the constructor"];
}
