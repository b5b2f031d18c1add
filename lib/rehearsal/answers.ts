import { AbiCoder, ZeroAddress, dataSlice, getAddress, id } from "ethers";
import type { Interface, ParamType } from "ethers";
import { describeRevert, revertDataOf } from "ccip-localnet/protocol";

import { abi, contractAt } from "../core/abis";
import type { MeshChain } from "../core/mesh/mesh";
import { isContractError } from "../core/revert/contractError";
import { functionsOf, implementationOf } from "../mesh/components/token";
import { ROLE_NAMES, roleHash } from "../core/roles";
import { readHolders } from "../mesh/components/grants";
import { inChunks } from "../rpc/chunks";
import { readNewestLogs } from "../rpc/logs";
import { pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

/** A question to a chain's token that an upgrade must not change the answer to. */
interface Question {
  /** The function, and who asks if that matters. */
  readonly name: string;
  readonly data: string;
  readonly from?: string;
}

/** The most recent holders whose balances are compared. */
const HOLDERS = 20;

/** The latest time that a rebase may be scheduled for, unix seconds. */
const LAST_TIME = 2n ** 56n - 1n;

const TOKEN: Interface = abi.token;

/** An account without roles or tokens. */
const THIRD_PARTY = getAddress(dataSlice(id("an account without roles or tokens"), 12));

/**
 * Returns what a chain's token can be asked: each view, the balances and roles of recent holders and of the
 * mesh's own contracts, what a third party would get from each function, and what those who may call one would.
 */
export async function questionsFor(chain: MeshChain): Promise<Question[]> {
  const { name, provider, contracts } = chain;
  const { token, pool, timelock } = contracts;
  const pinned = await pinLatest(name, provider);
  const [{ epoch_: epoch, next }, implementation, receivers, roles] = await Promise.all([
    contractAt.token(token, pinned).indexState(),
    implementationOf(provider, token, pinned.blockNumber),
    recentReceivers(chain, pinned),
    readHolders(chain, pinned),
  ]);
  const source = "receiver" in contracts ? contracts.receiver : contracts.controller;
  const own = [token, pool, timelock, source];
  const holders = receivers.filter((account) => !own.includes(account));
  const [holder = timelock] = holders;
  const ask = (what: string, args: readonly unknown[], title = what, from?: string): Question => ({
    name: title,
    data: TOKEN.encodeFunctionData(what, args),
    from,
  });
  const by = (who: string, from: string | undefined, what: string, args: unknown[] = []) =>
    from === undefined ? [] : [ask(what, args, `${what} by ${who}`, from)];
  const withRole = (role: (typeof ROLE_NAMES)[number]) =>
    roles.find((grant) => grant.contract === "token" && grant.role === role)?.account;
  return [
    ...functionsOf(TOKEN).flatMap(({ name: what, inputs, constant }) => {
      const args = inputs.map((input) => argumentOf(input, holder));
      return constant ? [ask(what, args)] : by("a third party", THIRD_PARTY, what, args);
    }),
    ...[...own, ...holders].flatMap((account) => [
      ...["sharesOf", "balanceOf", "nonces"].map((what) =>
        ask(what, [account], `${what}(${account})`),
      ),
      ...ROLE_NAMES.map((role) =>
        ask("hasRole", [roleHash(role), account], `${role} of ${account}`),
      ),
    ]),
    ...holders.flatMap((account) => by(account, account, "transfer", [THIRD_PARTY, 1n])),
    ...by("the issuer", withRole("ISSUER_ROLE"), "mint", [holder, 1n]),
    ...by("the guardian", withRole("GUARDIAN_ROLE"), "pause"),
    ...by("the unpauser", withRole("UNPAUSER_ROLE"), "unpause"),
    ...by("the timelock", timelock, "grantRole", [roleHash("GUARDIAN_ROLE"), THIRD_PARTY]),
    ...by("the timelock", timelock, "upgradeToAndCall", [implementation, "0x"]),
    ...by("the pool", pool, "bridgeMint", [holder, next]),
    ...by("the pool", pool, "bridgeBurn", [0n]),
    ...("receiver" in contracts
      ? by("the receiver", source, "sync", [epoch + 1n, next, next, 0n])
      : by("the controller", source, "rebase", [epoch + 1n, next, LAST_TIME])),
  ];
}

/** Asks a chain's token, and returns what it answers or how it reverts, in words, in order. */
export async function answersOf(
  { provider, contracts }: MeshChain,
  questions: readonly Question[],
): Promise<string[]> {
  return inChunks(questions, async ({ data, from }) => {
    try {
      return answerText(data, await provider.call({ to: contracts.token, data, from }));
    } catch (error) {
      if (isContractError(error)) return describeRevert(revertDataOf(error), [TOKEN]);
      throw error;
    }
  });
}

function answerText(question: string, answer: string): string {
  const fragment = TOKEN.getFunction(dataSlice(question, 0, 4));
  if (fragment?.outputs.length === 0) return "goes through";
  try {
    return fragment ? TOKEN.decodeFunctionResult(fragment, answer).toArray().join(" ") : answer;
  } catch {
    return answer === "0x" ? "nothing" : answer;
  }
}

/** Values of the types that zero says little of; of addresses and numbers, see {@link argumentOf}. */
const ARGUMENTS: Readonly<Record<string, unknown>> = {
  bool: true,
  bytes4: "0x01ffc9a7",
  bytes32: roleHash("GUARDIAN_ROLE"),
};

/** Returns a value that a function may be called with. */
function argumentOf(input: ParamType, account: string): unknown {
  if (input.type === "address") return account;
  if (/^u?int\d+$/.test(input.type)) return 1n;
  const [zero] = AbiCoder.defaultAbiCoder().getDefaultValue([input]) as Iterable<unknown>;
  return ARGUMENTS[input.type] ?? zero;
}

/** Returns accounts that tokens have lately moved to. */
async function recentReceivers(
  { provider, contracts, deployedAt = 0 }: MeshChain,
  { blockNumber: toBlock }: PinnedChain,
): Promise<string[]> {
  const topics = [id("Transfer(address,address,uint256)")];
  const range = { address: contracts.token, topics, fromBlock: deployedAt, toBlock };
  const logs = await readNewestLogs(provider, range, HOLDERS);
  const receivers = logs.flatMap(({ topics: [, , to] }) =>
    to === undefined ? [] : [getAddress(dataSlice(to, 12))],
  );
  return [...new Set(receivers.reverse())]
    .filter((account) => account !== ZeroAddress)
    .slice(0, HOLDERS);
}
