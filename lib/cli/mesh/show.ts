import { groupBy } from "ccip-localnet/protocol";

import { exactTokens, formatTokens } from "../../core/amount";
import { toJson } from "../../core/json";
import { chainsOf, deployerOn, peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import { timeText } from "../../core/time";
import { SHARES_PER_WRAPPED } from "../../core/units";
import { readWrappedFigures } from "../../mesh/components/wrapper";
import type { WrappedFigures } from "../../mesh/components/wrapper";
import type { LanePermissions } from "../../mesh/components/pool/contract";
import type { OperatorContext } from "../../mesh/operator";
import { readEach } from "../../mesh/state";
import type { ChainState, MeshReading } from "../../mesh/state";
import { fastLimitText, limitText, verifiersText, who } from "../../mesh/stepBuilders";
import { unreadDocument } from "../../mesh/unread";
import { reportListeners } from "../../rebase/listeners";
import type { ListenerReport } from "../../rebase/listeners";
import { pinAt } from "../../rpc/pinned";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { failingText, listenerDocument, toldText } from "../notifier/show";
import { pairingDocument, pairingText } from "./pairing";
import { showReadProgress } from "../progress";
import { counted, formatTable, unreadLines } from "../text";

/** Prints contracts, their administrators, lanes with their limits, and roles with their holders. */
export async function showMesh(
  { mesh, store, unreachable }: OperatorContext,
  { json }: { readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<MeshReading> {
  const { during } = showReadProgress(log);
  const reading = await readEach(mesh, { store, during }, unreachable);
  const seen = await seenOf(mesh, reading);
  stdout(json ? toJson(showDocument(mesh, reading, seen)) : showText(mesh, reading, seen));
  for (const line of unreadLines(reading.unread)) log(line);
  return reading;
}

/** One chain with its state. */
interface Seen {
  readonly chain: MeshChain;
  readonly now: ChainState;
  /** Undefined without a notifier. */
  readonly listeners: readonly ListenerReport[] | undefined;
  readonly figures: WrappedFigures;
}

async function seenOf(mesh: Mesh, { chains }: MeshReading): Promise<Seen[]> {
  const seen = chainsOf(mesh).map(async (chain): Promise<Seen[]> => {
    const now = chains.get(chain.name);
    if (!now) return [];
    const listeners =
      now.notifier && (await reportListeners(mesh, chain, now.notifier, now.blockNumber));
    const pinned = await pinAt(chain.name, chain.provider, now.blockNumber);
    return [{ chain, now, listeners, figures: await readWrappedFigures(chain, pinned) }];
  });
  return (await Promise.all(seen)).flat();
}

function showDocument(mesh: Mesh, reading: MeshReading, seen: readonly Seen[]) {
  return {
    mesh: mesh.config.name,
    token: mesh.config.token,
    deployer: mesh.deployer,
    ready: mesh.config.ready ?? [],
    unread: unreadDocument(reading.unread),
    chains: seen.map(({ chain, now, listeners, figures }) => ({
      name: chain.name,
      role: chain.role,
      chainId: chain.chainId,
      selector: chain.selector,
      block: now.blockNumber,
      epoch: now.token.epoch,
      paused: now.token.paused,
      contracts: chain.contracts,
      administrators: administrators(now),
      rateLimitAdmin: now.pool.rateLimitAdmin,
      roles: now.held,
      unexpectedGrants: now.unexpectedGrants,
      proposals: now.proposals,
      ...(listeners && {
        listeners: listeners.map(listenerDocument),
        pairs: now.notifier?.pairs,
      }),
      ...figures,
      ...pairingDocument(mesh, now),
      lanes: peersOf(mesh, chain).map((peer) => {
        const { outbound, inbound, permissions } = now.pool.remotes.get(peer.selector) ?? {};
        const containment = now.pool.containments?.get(peer.selector);
        return {
          to: peer.name,
          outbound,
          inbound,
          ...permissionsDocument(permissions),
          ...(containment?.isContained && { mayComeHome: containment.outstanding }),
        };
      }),
    })),
  };
}

/** Describes the settings of a lane that only a generation 2 pool has, as far as they are set. */
function permissionsDocument(permissions: LanePermissions | undefined): Partial<LanePermissions> {
  if (!permissions) return {};
  const { fast, verifiers } = permissions;
  return {
    ...((fast.outbound.isEnabled || fast.inbound.isEnabled) && { fast }),
    ...(verifiers.outbound.length + verifiers.inbound.length > 0 && { verifiers }),
  };
}

function showText(mesh: Mesh, reading: MeshReading, seen: readonly Seen[]): string {
  const { config } = mesh;
  const listening = seen.flatMap(listenerRows);
  const notices = seen.flatMap((one) => noticesOf(mesh, one, reading));
  return [
    `mesh ${config.name}: ${config.token.name} (${config.token.symbol}), home ${config.home}`,
    ...(config.ready?.length ? [`ready to be switched on: ${config.ready.join(", ")}`] : []),
    "",
    formatTable(
      ["chain", "epoch", "contract", "address", "administrator"],
      seen.flatMap((one) => contractRows(mesh, one)),
      5,
    ),
    "",
    formatTable(
      ["lane", "may leave", "may arrive"],
      seen.flatMap(({ chain }) => laneRows(mesh, chain, reading)),
      3,
    ),
    ...wrappedText(mesh, seen),
    ...pairingText(
      mesh,
      seen.map(({ now }) => now),
    ),
    "",
    formatTable(["role", "held by", "on"], roleRows(seen), 3),
    ...(listening.length > 0
      ? ["", formatTable(["listener", "on", "was told", "gas"], listening, 3)]
      : []),
    ...(notices.length > 0 ? ["", ...notices] : []),
  ].join("\n");
}

function contractRows(mesh: Mesh, { chain, now }: Seen): string[][] {
  const owners: Partial<Record<string, string>> = administrators(now);
  const called = (account = "") => {
    if (account === chain.contracts.timelock) return "the timelock";
    return account === deployerOn(mesh, chain.name) ? "the deployer" : account;
  };
  const rows = Object.entries(chain.contracts).map(([name, address]) => [
    name,
    String(address),
    name === "timelock"
      ? `itself, after ${now.timelock.minDelay} s`
      : called(owners[name] ?? "nobody"),
  ]);
  rows.push(["CCIP registry", chain.ccip.tokenAdminRegistry, called(owners.registry)]);
  return rows.map((row, i) => [
    ...(i === 0 ? [chain.name, String(now.token.epoch)] : ["", ""]),
    ...row,
  ]);
}

function administrators(now: ChainState): Record<string, string> {
  const owners = Object.entries(now.owners).map(([key, { owner }]) => [key, owner] as const);
  const common = {
    ...Object.fromEntries(owners),
    token: now.token.admin,
    pool: now.pool.owner,
    registry: who(now.registry.administrator),
  };
  return now.role === "home"
    ? {
        ...common,
        controller: now.controller.admin,
        broadcaster: now.broadcaster.admin,
        ...(now.proposalSender && { proposalSender: now.proposalSender.admin }),
      }
    : { ...common, receiver: now.receiver.owner };
}

function laneRows(mesh: Mesh, chain: MeshChain, { chains }: MeshReading): string[][] {
  return peersOf(mesh, chain).flatMap((peer) => {
    const leaving = chains.get(chain.name)?.pool.remotes.get(peer.selector);
    const there = chains.get(peer.name);
    const arriving = there?.pool.remotes.get(chain.selector);
    const row = (name: string, leaves: string, arrives: string) => [
      name,
      leaves,
      there ? arrives : "not read",
    ];
    const counted = there?.pool.containments?.get(chain.selector);
    const divisor = there ? sharesPerTokenAt(there) : 0n;
    const out = permissionsDocument(leaving?.permissions);
    const into = permissionsDocument(arriving?.permissions);
    const [leaves, arrives] = [out.fast?.outbound, into.fast?.inbound];
    const [asked, needed] = [out.verifiers?.outbound ?? [], into.verifiers?.inbound ?? []];
    return [
      row(
        `${chain.name} -> ${peer.name}`,
        limitText(leaving?.outbound),
        limitText(arriving?.inbound),
      ),
      ...(counted?.isContained && divisor > 0n
        ? [row("  may come home", "", `${formatTokens(counted.outstanding / divisor)} tokens`)]
        : []),
      ...(leaves?.isEnabled || arrives?.isEnabled
        ? [row("  fast", fastLimitText(leaves), fastLimitText(arrives))]
        : []),
      ...(asked.length + needed.length > 0
        ? [row("  verifiers", verifiersText(asked), verifiersText(needed))]
        : []),
    ];
  });
}

/** Returns the index that counts at the time of a state: the next one once it is effective. */
function sharesPerTokenAt({ token: { index }, timestamp }: ChainState): bigint {
  return timestamp >= index.effectiveAt ? index.next : index.current;
}

function listenerRows({ chain, listeners = [] }: Seen): string[][] {
  return listeners.map((listener) => {
    const told = [toldText(listener), failingText(listener)].filter(Boolean).join("; ");
    return [listener.name, chain.name, told, String(listener.gas)];
  });
}

/** Lists the wrapped units of each chain, their rate, and the newest round of the rate feed. */
function wrappedText({ config }: Mesh, seen: readonly Seen[]): string[] {
  const rows = seen.flatMap(({ chain, figures: { wrapper, wrappedBridge, rateFeed } }) => {
    if (!wrapper && !rateFeed) return [];
    const round = rateFeed?.round;
    const unknown = (isThere: unknown) => (isThere ? "unsynced" : "none");
    return [
      [
        chain.name,
        wrapper ? exactTokens(wrapper.totalSupply) : "none",
        wrapper?.rate === undefined ? unknown(wrapper) : exactTokens(wrapper.rate),
        wrapper ? String(wrapper.shares - wrapper.totalSupply * SHARES_PER_WRAPPED) : "none",
        wrappedBridge ? String(wrappedBridge.shares) : "none",
        round ? `${exactTokens(round.answer)}, round ${round.roundId}` : unknown(rateFeed),
        round ? timeText(round.updatedAt) : unknown(rateFeed),
      ],
    ];
  });
  if (rows.length === 0) return [];
  const units = config.wrapper?.symbol ?? "wrapped units";
  const head = ["chain", units, "rate", "other shares", "on the bridge", "rate feed", "updated"];
  return ["", formatTable(head, rows)];
}

/** Lists the holders of each role, once where they are the same on several chains. */
function roleRows(seen: readonly Seen[]): string[][] {
  const held = seen.flatMap(({ chain, now }) => {
    const unexpected = new Set(now.unexpectedGrants.map((grant) => JSON.stringify(grant)));
    const rows = now.held.flatMap((grant) => {
      const { contract, role, account } = grant;
      const isUnexpected = unexpected.has(JSON.stringify(grant));
      if (role === "DEFAULT_ADMIN_ROLE" && !isUnexpected) return [];
      const part = Object.entries(chain.contracts).find(([, address]) => address === account)?.[0];
      const holder = `${part ? `the ${part}` : account}${isUnexpected ? " (not in the mesh file)" : ""}`;
      return [{ role: `${contract} ${role}`, holder, on: chain.name }];
    });
    const holder = who(now.pool.rateLimitAdmin);
    return [...rows, { role: "pool rate limit admin", holder, on: chain.name }];
  });
  return [...groupBy(held, ({ role, holder }) => `${role} ${holder}`).values()].map((rows) => [
    rows[0]?.role ?? "",
    rows[0]?.holder ?? "",
    rows.length === seen.length && seen.length > 1
      ? "every chain"
      : rows.map(({ on }) => on).join(", "),
  ]);
}

/** Lists notable facts besides the wiring. */
function noticesOf(mesh: Mesh, { chain: { name }, now }: Seen, { chains }: MeshReading): string[] {
  const notices: string[] = [];
  if (now.token.paused) notices.push("the token is paused, nothing moves.");
  const lag = (chains.get(mesh.home.name)?.token.epoch ?? 0n) - now.token.epoch;
  if (lag > 0n) {
    notices.push(`${counted(lag, "epoch")} behind the home, as of ${timeText(now.timestamp)}.`);
  }
  for (const { id, calls, readyAt } of now.proposals) {
    const targets = calls.map(({ target, data }) => `${data} to ${target}`);
    notices.push(
      `proposed to the timelock, to be made from ${readyAt} (unix seconds) on: ${id}, ${targets.join("; ")}.`,
    );
  }
  const lines = notices.map((notice) => `${name}: ${notice}`);
  if (now.role !== "home") return lines;
  const { destinations, fees } = now.broadcaster;
  const down = mesh.satellites.filter(
    ({ selector }) => destinations.has(selector) && !fees.has(selector),
  );
  return [
    ...lines,
    ...down.map(
      (satellite) =>
        `${name} -> ${satellite.name}: CCIP quotes no fee, the lane is down or cursed.`,
    ),
  ];
}
