import {
  FunctionFragment,
  Interface,
  ZeroAddress,
  dataSlice,
  getAddress,
  id,
  toBeHex,
} from "ethers";
import type { ParamType } from "ethers";
import { describeRevert, revertDataOf, topicOf } from "ccip-localnet/protocol";

import { CodedError } from "../../core/errors";
import { abi, contractAt } from "../../core/abis";
import { ROLE_NAMES, roleHash } from "../../core/roles";
import { readHolders } from "../grants";
import type { MeshChain } from "../../core/mesh/mesh";
import { isContractError } from "../../core/revert/contractError";
import { inChunks } from "../../rpc/chunks";
import { isTransportError, meaningOf } from "../../core/endpoint/errors";
import { readLogs, readNewestLogs } from "../../rpc/logs";
import { asIfCoded, codeOfCalls } from "../../rpc/overridden";
import type { Caller } from "../../rpc/overridden";
import { pinAt, pinLatest } from "../../rpc/pinned";
import type { PinnedChain } from "../../rpc/pinned";

import { functionsOf, implementationOf } from "../components/implementation";

/** A question to the token that has to be answered the same before and after an upgrade. */
interface Probe {
  readonly what: string;
  readonly data: string;
  /** Who asks; of no matter unless named. */
  readonly from?: string;
  /** Whether only the code can change the answer, whatever else happens meanwhile. */
  readonly constant?: boolean;
  /** Whether a pending rebase that becomes effective changes the answer. */
  readonly timed?: boolean;
}

/** What came out of asking the token before and after it was upgraded. */
export interface Comparison {
  /** How many questions were compared. */
  readonly compared: number;
  /** Whether others used the token in the block of the upgrade: then what they may have changed is not compared. */
  readonly busy: boolean;
  /** Answers that differ, in words. */
  readonly differences: readonly string[];
}

/** How many holders are asked about. */
const HOLDERS = 20;

/** As far as the token lets a rebase be scheduled, unix seconds. */
const FAR = 2n ** 56n - 1n;

const INTERFACE: Interface = abi.token;

/** Nobody's account. */
const STRANGER = getAddress(dataSlice(id("a stranger to every token"), 12));

/** An endpoint on which an upgrade cannot be rehearsed. */
export class NoRehearsalError extends CodedError {
  override readonly name = "NoRehearsalError";
  readonly code = "REHEARSAL_UNAVAILABLE";

  constructor(chain: string, options?: ErrorOptions) {
    super(
      `The RPC endpoint of ${chain} takes no state overrides in eth_call, so that the upgrade cannot be rehearsed: run this with another url for ${chain} (geth, erigon, nethermind and anvil take them), or try the new version on a fork and add --unrehearsed.`,
      options,
    );
  }
}

/** An endpoint that has forgotten what the token was like before it was upgraded. */
export class NoHistoryError extends CodedError {
  override readonly name = "NoHistoryError";
  readonly code = "REHEARSAL_UNAVAILABLE";

  constructor(chain: string, blockNumber: number, options?: ErrorOptions) {
    super(
      `The RPC endpoint of ${chain} no longer has the state of block ${blockNumber}, before the upgrade, so that the token's answers cannot be compared: run this with the url of an archive node for ${chain}, or add --unrehearsed to go without.`,
      options,
    );
  }
}

/** An upgrade that is rehearsed. */
interface Rehearsed {
  /** Deployed already. */
  readonly implementation: string;
  /** What it is called with as it takes over, `0x` for nothing. */
  readonly migration: string;
  /** Signatures of initialisers that it has and what runs now has not: nobody else shall call them afterwards. */
  readonly initialisers: readonly string[];
}

/**
 * Asks the token everything as it is now, and as if the upgrade had just been made, migration included:
 * both at the latest block, and nothing is sent.
 * @throws NoRehearsalError when the endpoint knows no state overrides.
 */
export async function rehearseUpgrade(
  chain: MeshChain,
  { implementation, migration, initialisers }: Rehearsed,
): Promise<Comparison> {
  const { name, provider, contracts } = chain;
  const { token } = contracts;
  const now = await pinLatest(name, provider);
  await requireOverrides(name, now);
  const admin = await contractAt.token(token, now).defaultAdmin();
  const upgrade = {
    to: token,
    data: INTERFACE.encodeFunctionData("upgradeToAndCall", [implementation, migration]),
  };
  // The admin upgrades and then asks, or has the account ask that is to be the caller, all in one call.
  const upgraded: Caller = {
    call: ({ to, data, from = admin }) => {
      const asking = { to, data };
      const codes =
        from === admin
          ? { [admin]: codeOfCalls([upgrade, asking]) }
          : {
              [admin]: codeOfCalls([upgrade, { to: from, data: "0x" }]),
              [from]: codeOfCalls([asking]),
            };
      return asIfCoded(now, codes).call({ to: admin, data: "0x" });
    },
  };
  const probes = await probesOf(chain, now);
  const differences = await compare(token, probes, now, upgraded);
  const open = await inChunks(initialisers, async (signature) => {
    const fragment = FunctionFragment.from(`function ${signature}`);
    const args = fragment.inputs.map((input) => argumentOf(input, STRANGER));
    const data = new Interface([fragment]).encodeFunctionData(fragment, args);
    const what = `${signature} by a stranger`;
    const { kind } = await outcomeOf(upgraded, token, { what, data, from: STRANGER });
    return kind === "answer" ? [`${what}: not there before, goes through after`] : [];
  });
  return { compared: probes.length, busy: false, differences: [...differences, ...open.flat()] };
}

/** Code that answers with what it is called with: without it there is no answer. */
const ECHO = "0x366000600037366000f3";

async function requireOverrides(chain: string, now: PinnedChain): Promise<void> {
  const data = "0x5a17";
  let answer: string;
  try {
    answer = await asIfCoded(now, { [STRANGER]: ECHO }).call({ to: STRANGER, data });
  } catch (error) {
    if (isTransportError(error)) throw error;
    throw new NoRehearsalError(chain, { cause: error });
  }
  if (answer !== data) throw new NoRehearsalError(chain);
}

/** Asks the same of both, and says in words where the answers differ. */
async function compare(
  token: string,
  probes: readonly Probe[],
  before: Caller,
  after: Caller,
): Promise<string[]> {
  const outcomes = await inChunks(probes, async (probe) => {
    const [was, is] = await Promise.all([
      outcomeOf(before, token, probe),
      outcomeOf(after, token, probe),
    ]);
    if (was.kind === is.kind && was.data === is.data) return [];
    return [`${probe.what}: ${outcomeText(probe, was)} before, ${outcomeText(probe, is)} after`];
  });
  return outcomes.flat();
}

/**
 * Asks the token everything in the block before it was upgraded and in the block of it: its views, the
 * balances of recent holders and of its own contracts, roles, what a stranger would get from each of its
 * functions, and what those would get who may call one.
 * @param implementation the one that it was upgraded to.
 * @param toBlock at which it ran it.
 * @returns undefined when no upgrade to it is found.
 * @throws NoHistoryError when the endpoint does not have the block before any more.
 */
export async function compareUpgrade(
  chain: MeshChain,
  implementation: string,
  toBlock: number,
): Promise<Comparison | undefined> {
  const { name, provider, contracts, deployedAt = 0 } = chain;
  const { token } = contracts;
  const [upgrade] = (
    await readLogs(provider, {
      address: token,
      topics: [topicOf(abi.token, "Upgraded"), `0x${"0".repeat(24)}${implementation.slice(2)}`],
      fromBlock: deployedAt,
      toBlock,
    })
  ).slice(-1);
  if (!upgrade) return undefined;
  const { blockNumber } = upgrade;
  const before = await pinAt(name, provider, blockNumber - 1);
  // What a proxy is created with replaces nothing.
  if ((await codeThen(name, before, token)) === "0x") return undefined;
  const [after, others] = await Promise.all([
    pinAt(name, provider, blockNumber),
    readLogs(provider, {
      address: token,
      topics: [],
      fromBlock: blockNumber,
      toBlock: blockNumber,
    }),
  ]);
  const busy = others.some(({ transactionHash }) => transactionHash !== upgrade.transactionHash);
  const { effectiveAt } = await indexAt(before, token);
  const turned = effectiveAt > before.timestamp && effectiveAt <= after.timestamp;
  const probes = (await probesOf(chain, before)).filter(
    ({ constant, timed }) => (constant || !busy) && !(timed && turned),
  );
  return {
    compared: probes.length,
    busy,
    differences: await compare(token, probes, before, after),
  };
}

async function codeThen(chain: string, then: PinnedChain, account: string): Promise<string> {
  try {
    return await then.getCode(account);
  } catch (error) {
    // An endpoint without old state uses the words of one that lags; it has been waited for.
    if (isTransportError(error) && meaningOf(error) !== "lagging") throw error;
    throw new NoHistoryError(chain, then.blockNumber, { cause: error });
  }
}

function indexAt(pinned: PinnedChain, token: string) {
  return contractAt.token(token, pinned).indexState();
}

/** What it answers, or how it reverts. */
interface Outcome {
  readonly kind: "answer" | "revert";
  readonly data: string;
}

async function outcomeOf(caller: Caller, to: string, { data, from }: Probe): Promise<Outcome> {
  try {
    const answer = await caller.call({ to, data, ...(from !== undefined && { from }) });
    return { kind: "answer", data: answer };
  } catch (error) {
    if (isContractError(error)) return { kind: "revert", data: revertDataOf(error) };
    throw error;
  }
}

function outcomeText(probe: Probe, { kind, data }: Outcome): string {
  if (kind === "revert") return describeRevert(data, [INTERFACE]);
  const fragment = INTERFACE.getFunction(dataSlice(probe.data, 0, 4));
  if (fragment?.outputs.length === 0) return "goes through";
  try {
    return fragment ? INTERFACE.decodeFunctionResult(fragment, data).toArray().join(" ") : data;
  } catch {
    return data === "0x" ? "nothing" : data;
  }
}

/** Views whose answers only the code can change, and those that a pending rebase changes as it becomes effective. */
const CONSTANT = new Set([
  "name",
  "symbol",
  "decimals",
  "isHome",
  "DOMAIN_SEPARATOR",
  "eip712Domain",
]);
const TIMED = new Set([
  "totalSupply",
  "globalSupply",
  "sharesPerToken",
  "pendingRebase",
  "toShares",
  "toTokens",
  "balanceOf",
  "previewBridgeMint",
]);

async function probesOf(chain: MeshChain, before: PinnedChain): Promise<Probe[]> {
  const { provider, contracts } = chain;
  const { token, pool, timelock } = contracts;
  const own = [
    token,
    pool,
    timelock,
    "receiver" in contracts ? contracts.receiver : contracts.controller,
  ];
  const [implementation, receivers, roles] = await Promise.all([
    implementationOf(provider, token, before.blockNumber),
    recentHolders(chain, before),
    readHolders(chain, before),
  ]);
  const holders = receivers.filter((account) => !own.includes(account));
  const accounts = [...own, ...holders];
  const { epoch_: epoch, next } = await indexAt(before, token);
  const [holder = timelock] = holders;
  const ask = (
    name: string,
    args: readonly unknown[],
    { what = name, ...extra }: Partial<Omit<Probe, "data">> = {},
  ): Probe => ({
    what,
    data: INTERFACE.encodeFunctionData(name, args),
    constant: CONSTANT.has(name),
    timed: TIMED.has(name),
    ...extra,
  });
  const by = (
    who: string,
    from: string | undefined,
    name: string,
    args: readonly unknown[] = [],
  ) => (from === undefined ? [] : [ask(name, args, { what: `${name} by ${who}`, from })]);
  const withRole = (role: (typeof ROLE_NAMES)[number]) =>
    roles.find((grant) => grant.contract === "token" && grant.role === role)?.account;
  return [
    ...functionsOf(INTERFACE).flatMap(({ name, inputs, constant }) => {
      const args = inputs.map((input) => argumentOf(input, holder));
      return constant ? [ask(name, args)] : by("a stranger", STRANGER, name, args);
    }),
    ...accounts.flatMap((account) => [
      ...["sharesOf", "balanceOf", "nonces"].map((name) =>
        ask(name, [account], { what: `${name}(${account})` }),
      ),
      ...ROLE_NAMES.map((role) =>
        ask("hasRole", [roleHash(role), account], { what: `${role} of ${account}` }),
      ),
    ]),
    // What those would get who may call it, if they did so now.
    ...holders.flatMap((account) => by(account, account, "transfer", [STRANGER, 1n])),
    ...by("the issuer", withRole("ISSUER_ROLE"), "mint", [holder, 1n]),
    ...by("the guardian", withRole("GUARDIAN_ROLE"), "pause"),
    ...by("the unpauser", withRole("UNPAUSER_ROLE"), "unpause"),
    ...by("the timelock", timelock, "grantRole", [roleHash("GUARDIAN_ROLE"), STRANGER]),
    ...by("the timelock", timelock, "upgradeToAndCall", [implementation, "0x"]),
    ...by("the pool", pool, "bridgeMint", [holder, next]),
    ...by("the pool", pool, "bridgeBurn", [0n]),
    ...("receiver" in contracts
      ? by("the receiver", contracts.receiver, "sync", [epoch + 1n, next, next, 0n])
      : by("the controller", contracts.controller, "rebase", [epoch + 1n, next, FAR])),
  ];
}

/** Something that a function may be called with. */
function argumentOf(input: ParamType, account: string): unknown {
  if (input.isArray()) {
    const { arrayLength, arrayChildren } = input;
    return Array.from({ length: Math.max(arrayLength, 0) }, () =>
      argumentOf(arrayChildren, account),
    );
  }
  if (input.isTuple()) return input.components.map((part) => argumentOf(part, account));
  switch (input.type) {
    case "address":
      return account;
    case "bool":
      return true;
    case "bytes4":
      return "0x01ffc9a7";
    case "bytes32":
      return roleHash("GUARDIAN_ROLE");
    case "bytes":
      return "0x";
    case "string":
      return "";
    default:
      return input.type.startsWith("bytes") ? toBeHex(0, Number(input.type.slice(5))) : 1n;
  }
}

/** Accounts that tokens have lately moved to. */
async function recentHolders(
  { provider, contracts, deployedAt = 0 }: MeshChain,
  { blockNumber: toBlock }: PinnedChain,
): Promise<string[]> {
  const which = { address: contracts.token, topics: [id("Transfer(address,address,uint256)")] };
  const range = { ...which, fromBlock: deployedAt, toBlock };
  const logs = await readNewestLogs(provider, range, HOLDERS);
  const receivers = logs.flatMap(({ topics: [, , to] }) =>
    to === undefined ? [] : [getAddress(`0x${to.slice(26)}`)],
  );
  return [...new Set(receivers.reverse())]
    .filter((account) => account !== ZeroAddress)
    .slice(0, HOLDERS);
}
