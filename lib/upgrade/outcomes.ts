import { ZeroAddress, getAddress, id } from "ethers";
import type { Interface } from "ethers";

import { topicOf } from "../ccip/abi";
import { revertDataOf } from "../ccip/send";
import { abi, contractAt } from "../mesh/contracts";
import { ROLE_NAMES, roleHash } from "../mesh/grants";
import type { MeshChain } from "../mesh/mesh";
import { isSilent } from "../mesh/silent";
import { readLogs } from "../rpc/logs";
import { pinAt } from "../rpc/pinned";
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

/** How many holders are asked about, and in how many blocks they are looked for. */
const HOLDERS = 20;
const HOLDER_BLOCKS = 10_000;

/** As far as the token lets a rebase be scheduled, unix seconds. */
const FAR = 2n ** 56n - 1n;

const INTERFACE: Interface = abi.token;

/**
 * Asks the token everything in the block before it was upgraded and in the block of it: its views, the
 * balances of recent holders and of its own contracts, roles, and what pool, receiver and controller
 * would get if they called it.
 * @param implementation the one that it was upgraded to.
 * @returns undefined when no upgrade to it is found.
 */
export async function compareUpgrade(
  chain: MeshChain,
  implementation: string,
): Promise<Comparison | undefined> {
  const { name, provider, contracts, deployedAt = 0 } = chain;
  const { token } = contracts;
  const [upgrade] = (
    await readLogs(provider, {
      address: token,
      topics: [topicOf(abi.token, "Upgraded"), `0x${"0".repeat(24)}${implementation.slice(2)}`],
      fromBlock: deployedAt,
      toBlock: await provider.getBlockNumber(),
    })
  ).slice(-1);
  if (!upgrade) return undefined;
  const { blockNumber } = upgrade;
  // What a proxy is created with replaces nothing.
  if ((await provider.getCode(token, blockNumber - 1)) === "0x") return undefined;
  const [before, after, others] = await Promise.all([
    pinAt(name, provider, blockNumber - 1),
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
  const outcomes = await Promise.all(
    probes.map(async (probe) => {
      const [was, is] = await Promise.all(
        [before, after].map((pinned) => outcomeOf(pinned, token, probe)),
      );
      return was === is ? [] : [`${probe.what}: ${was} before, ${is} after`];
    }),
  );
  return { compared: probes.length, busy, differences: outcomes.flat() };
}

function indexAt(pinned: PinnedChain, token: string) {
  return contractAt.token(token, pinned).indexState();
}

/** What it answers, or how it reverts. */
async function outcomeOf(pinned: PinnedChain, to: string, { data, from }: Probe): Promise<string> {
  try {
    return await pinned.call({ to, data, ...(from !== undefined && { from }) });
  } catch (error) {
    if (isSilent(error)) return `revert ${revertDataOf(error)}`;
    throw error;
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
    ask("bridgeMint by a stranger", encode("bridgeMint", [holder, 1n]), {
      from: token,
    }),
    ask("an upgrade by a stranger", encode("upgradeToAndCall", [pool, "0x"]), { from: pool }),
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
  const logs = await readLogs(provider, {
    address: contracts.token,
    topics: [id("Transfer(address,address,uint256)")],
    fromBlock: Math.max(deployedAt, toBlock - HOLDER_BLOCKS),
    toBlock,
  });
  const receivers = logs.flatMap(({ topics: [, , to] }) =>
    to === undefined ? [] : [getAddress(`0x${to.slice(26)}`)],
  );
  return [...new Set(receivers.reverse())]
    .filter((account) => account !== ZeroAddress)
    .slice(0, HOLDERS);
}
