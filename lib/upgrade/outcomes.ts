import { ZeroAddress, dataSlice, getAddress, id } from "ethers";
import type { Interface } from "ethers";

import { topicOf } from "../ccip/abi";
import { describeRevert } from "../ccip/revert";
import { revertDataOf } from "../ccip/send";
import { abi, contractAt } from "../mesh/contracts";
import { ROLE_NAMES, roleHash } from "../mesh/grants";
import type { MeshChain } from "../mesh/mesh";
import { isSilent } from "../mesh/silent";
import { inChunks } from "../rpc/chunks";
import { isTransportFault } from "../rpc/faults";
import { readLogs, readNewestLogs } from "../rpc/logs";
import { asIfCoded, codeOfCalls } from "../rpc/overridden";
import type { Caller } from "../rpc/overridden";
import { pinAt, pinLatest } from "../rpc/pinned";
import type { PinnedChain } from "../rpc/pinned";

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
export class NoRehearsalError extends Error {
  override readonly name = "NoRehearsalError";

  constructor(chain: string, options?: ErrorOptions) {
    super(
      `The RPC endpoint of ${chain} takes no state overrides in eth_call, so that the upgrade cannot be rehearsed: run this with another url for ${chain} (geth, erigon, nethermind and anvil take them), or try the new version on a fork and add --unrehearsed.`,
      options,
    );
  }
}

/**
 * Asks the token everything as it is now, and as if the upgrade had just been made, migration included:
 * both at the latest block, and nothing is sent.
 * @param implementation deployed already.
 * @param migration what it is called with as it takes over, `0x` for nothing.
 * @throws NoRehearsalError when the endpoint cannot pretend.
 */
export async function rehearseUpgrade(
  chain: MeshChain,
  implementation: string,
  migration: string,
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
  // The admin upgrades and then asks, or has the contract ask that is to be the caller, all in one call.
  const upgraded: Caller = {
    call: ({ to, data, from }) => {
      const asking = from === undefined ? { to, data } : { to: from, data: "0x" };
      return asIfCoded(now, {
        [admin]: codeOfCalls([upgrade, asking]),
        ...(from !== undefined && { [from]: codeOfCalls([{ to, data }]) }),
      }).call({ to: admin, data: "0x" });
    },
  };
  const probes = await probesOf(chain, now);
  const differences = await compare(token, probes, now, upgraded);
  return { compared: probes.length, busy: false, differences };
}

/** Code that answers with what it is called with: without it there is no answer. */
const ECHO = "0x366000600037366000f3";

async function requireOverrides(chain: string, now: PinnedChain): Promise<void> {
  const data = "0x5a17";
  let answer: string;
  try {
    answer = await asIfCoded(now, { [STRANGER]: ECHO }).call({ to: STRANGER, data });
  } catch (error) {
    if (isTransportFault(error)) throw error;
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
 * balances of recent holders and of its own contracts, roles, and what pool, receiver and controller
 * would get if they called it.
 * @param implementation the one that it was upgraded to.
 * @param toBlock at which it ran it.
 * @returns undefined when no upgrade to it is found.
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
  if ((await before.getCode(token)) === "0x") return undefined;
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
    if (isSilent(error)) return { kind: "revert", data: revertDataOf(error) };
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

async function probesOf(chain: MeshChain, before: PinnedChain): Promise<Probe[]> {
  const { contracts } = chain;
  const { token, pool, timelock } = contracts;
  const own = [
    token,
    pool,
    timelock,
    "receiver" in contracts ? contracts.receiver : contracts.controller,
  ];
  const accounts = [...new Set([...own, ...(await recentHolders(chain, before))])];
  const { epoch_: epoch, next } = await indexAt(before, token);
  const encode = (name: string, args: readonly unknown[] = []) =>
    INTERFACE.encodeFunctionData(name, args);
  const ask = (what: string, data: string, extra: Partial<Probe> = {}): Probe => ({
    what,
    data,
    ...extra,
  });
  const view = (name: string, extra?: Partial<Probe>) => ask(name, encode(name), extra);
  const [holder = timelock] = accounts.slice(own.length);
  return [
    ...["name", "symbol", "decimals", "isHome", "DOMAIN_SEPARATOR", "eip712Domain"].map((name) =>
      view(name, { constant: true }),
    ),
    ...(
      [
        "totalShares",
        "indexState",
        "epoch",
        "paused",
        "issuedShares",
        "getCCIPAdmin",
        "defaultAdmin",
        "defaultAdminDelay",
        "pendingDefaultAdmin",
        "pendingDefaultAdminDelay",
      ] as const
    ).map((name) => view(name)),
    ...["totalSupply", "globalSupply", "sharesPerToken", "pendingRebase"].map((name) =>
      view(name, { timed: true }),
    ),
    ...accounts.flatMap((account) => [
      ask(`sharesOf(${account})`, encode("sharesOf", [account])),
      ask(`balanceOf(${account})`, encode("balanceOf", [account]), {
        timed: true,
      }),
      ask(`nonces(${account})`, encode("nonces", [account])),
      ...ROLE_NAMES.map((role) =>
        ask(`${role} of ${account}`, encode("hasRole", [roleHash(role), account])),
      ),
    ]),
    // What the chain's other contracts would get if they called it now.
    ask("previewBridgeMint", encode("previewBridgeMint", [holder, next]), {
      timed: true,
    }),
    ask("bridgeMint by the pool", encode("bridgeMint", [holder, 0n]), {
      from: pool,
    }),
    ask("bridgeBurn by the pool", encode("bridgeBurn", [0n]), { from: pool }),
    ask("bridgeMint by a stranger", encode("bridgeMint", [holder, 1n]), { from: STRANGER }),
    ask("initialize by a stranger", encode("initialize", ["", "", true, pool, 0n]), {
      from: STRANGER,
    }),
    ask("an upgrade by a stranger", encode("upgradeToAndCall", [pool, "0x"]), { from: STRANGER }),
    "receiver" in contracts
      ? ask("sync by the receiver", encode("sync", [epoch + 1n, next, next, 0n]), {
          from: contracts.receiver,
        })
      : ask("rebase by the controller", encode("rebase", [epoch + 1n, next, FAR]), {
          from: contracts.controller,
        }),
  ];
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
