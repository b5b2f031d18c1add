import { toJson } from "../../core/json";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { chainsOf, deployerOn, peersOf } from "../../core/mesh/mesh";
import type { Mesh, MeshChain } from "../../core/mesh/mesh";
import type { LanePermissions } from "../../mesh/components/pool/contract";
import { readEach } from "../../mesh/state";
import type { ChainState, MeshReading } from "../../mesh/state";
import { fastLimitText, limitText, verifiersText, who } from "../../mesh/stepBuilders";
import { unreadDocument } from "../../mesh/unread";

import type { OperatorContext } from "../../mesh/operator";
import { showReadProgress } from "./readProgress";
import { timeText, unreadLines } from "./text";

/** Prints contracts, their administrators, lanes with their limits, and roles with their holders. */
export async function showMesh(
  { mesh, store, unreachable }: OperatorContext,
  { json }: { readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<MeshReading> {
  const reading = await readEach(
    mesh,
    { store, during: showReadProgress(log).during },
    unreachable,
  );
  stdout(json ? toJson(showDocument(mesh, reading)) : showText(mesh, reading));
  for (const line of unreadLines(reading.unread)) log(line);
  return reading;
}

/** One chain with its state. */
interface Seen {
  readonly chain: MeshChain;
  readonly now: ChainState;
}

function seenOf(mesh: Mesh, { chains }: MeshReading): Seen[] {
  return chainsOf(mesh).flatMap((chain) => {
    const now = chains.get(chain.name);
    return now ? [{ chain, now }] : [];
  });
}

function showDocument(mesh: Mesh, reading: MeshReading) {
  return {
    mesh: mesh.config.name,
    token: mesh.config.token,
    deployer: mesh.deployer,
    ready: mesh.config.ready ?? [],
    unread: unreadDocument(reading.unread),
    chains: seenOf(mesh, reading).map(({ chain, now }) => ({
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
      lanes: peersOf(mesh, chain).map((peer) => {
        const remote = now.pool.remotes.get(peer.selector);
        return {
          to: peer.name,
          outbound: remote?.outbound,
          inbound: remote?.inbound,
          ...permissionsDocument(remote?.permissions),
        };
      }),
    })),
  };
}

function showText(mesh: Mesh, reading: MeshReading): string {
  const { config } = mesh;
  const seen = seenOf(mesh, reading);
  const notices = seen.flatMap(({ chain, now }) => notice(mesh, chain, now, reading));
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
    "",
    formatTable(["role", "held by", "on"], roleRows(seen), 3),
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
    name === "timelock" ? `itself, after ${now.timelock.minDelay} s` : called(owners[name]),
  ]);
  return [
    ...rows,
    ["CCIP registry", chain.ccip.tokenAdminRegistry, called(who(now.registry.administrator))],
  ].map((row, i) => [...(i === 0 ? [chain.name, String(now.token.epoch)] : ["", ""]), ...row]);
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
    const fast = [leaving?.permissions?.fast.outbound, arriving?.permissions?.fast.inbound];
    const verifiers = [
      leaving?.permissions?.verifiers.outbound ?? [],
      arriving?.permissions?.verifiers.inbound ?? [],
    ];
    const [leaves = "", arrives = ""] = fast.map(fastLimitText);
    const [asked = "", needed = ""] = verifiers.map(verifiersText);
    return [
      row(
        `${chain.name} -> ${peer.name}`,
        limitText(leaving?.outbound),
        limitText(arriving?.inbound),
      ),
      ...(fast.some((limit) => limit?.isEnabled) ? [row("  fast", leaves, arrives)] : []),
      ...(verifiers.some(({ length }) => length > 0) ? [row("  verifiers", asked, needed)] : []),
    ];
  });
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

/** Lists the holders of each role, once where they are the same on several chains. */
function roleRows(seen: readonly Seen[]): string[][] {
  const rows = new Map<string, { role: string; holder: string; on: string[] }>();
  const add = (role: string, holder: string, chain: string) => {
    const key = `${role} ${holder}`;
    const row = rows.get(key) ?? { role, holder, on: [] };
    row.on.push(chain);
    rows.set(key, row);
  };
  for (const { chain, now } of seen) {
    const unexpectedGrants = new Set(now.unexpectedGrants.map((grant) => JSON.stringify(grant)));
    const contracts = Object.entries(chain.contracts);
    for (const grant of now.held) {
      if (grant.role === "DEFAULT_ADMIN_ROLE" && !unexpectedGrants.has(JSON.stringify(grant)))
        continue;
      const part = contracts.find(([, address]) => address === grant.account)?.[0];
      const unexpected = unexpectedGrants.has(JSON.stringify(grant))
        ? " (not in the mesh file)"
        : "";
      add(
        `${grant.contract} ${grant.role}`,
        `${part ? `the ${part}` : grant.account}${unexpected}`,
        chain.name,
      );
    }
    add("pool rate limit admin", who(now.pool.rateLimitAdmin), chain.name);
  }
  return [...rows.values()].map(({ role, holder, on }) => [
    role,
    holder,
    on.length === seen.length && seen.length > 1 ? "every chain" : on.join(", "),
  ]);
}

function administrators(now: ChainState): Record<string, string> {
  const common = {
    token: now.token.admin,
    pool: now.pool.owner,
    registry: who(now.registry.administrator),
  };
  return now.role === "home"
    ? { ...common, controller: now.controller.admin, broadcaster: now.broadcaster.admin }
    : { ...common, receiver: now.receiver.owner };
}

/** Lists notable facts besides the wiring. */
function notice(mesh: Mesh, chain: MeshChain, now: ChainState, { chains }: MeshReading): string[] {
  const home = chains.get(mesh.home.name);
  const lag = home ? home.token.epoch - now.token.epoch : 0n;
  const dead =
    now.role === "home"
      ? mesh.satellites.filter(
          ({ selector }) =>
            now.broadcaster.destinations.has(selector) && !now.broadcaster.fees.has(selector),
        )
      : [];
  return [
    ...(now.token.paused ? [`${chain.name}: the token is paused, nothing moves.`] : []),
    ...(lag > 0n
      ? [
          `${chain.name}: ${lag} ${lag === 1n ? "epoch" : "epochs"} behind the home, as of ${timeText(now.timestamp)}.`,
        ]
      : []),
    ...now.proposals.map(
      ({ id, calls, readyAt }) =>
        `${chain.name}: proposed to the timelock, to be made from ${readyAt} (unix seconds) on: ${id}, ${calls.map(({ target, data }) => `${data} to ${target}`).join("; ")}.`,
    ),
    ...dead.map(
      ({ name }) => `${chain.name} -> ${name}: CCIP quotes no fee, the lane is down or cursed.`,
    ),
  ];
}
