import { toJson } from "../../cli/json";
import { formatTable } from "../../cli/table";
import { TERMINAL } from "../../cli/voice";
import type { Voice } from "../../cli/voice";
import { holderOf, chainsOf, peersOf } from "../mesh";
import type { Mesh, MeshChain } from "../mesh";
import type { RoleName } from "../schema";
import { readMesh, stateOf } from "../state";
import type { ChainState, MeshState } from "../state";
import { limitText, who } from "../steps/draft";

import type { Desk } from "./desk";
import { timeText } from "./text";

const ROLES: readonly RoleName[] = [
  "issuer",
  "rebaseOperator",
  "guardian",
  "operations",
  "treasurySpender",
  "rateLimitAdmin",
];

/** Prints what there is: contracts, who administers them, lanes and their limits, roles. */
export async function showMesh(
  { mesh, store }: Desk,
  { json }: { readonly json: boolean },
  { print }: Voice = TERMINAL,
): Promise<MeshState> {
  const state = await readMesh(mesh, { store });
  print(json ? toJson(showDocument(mesh, state)) : showText(mesh, state));
  return state;
}

function showDocument(mesh: Mesh, state: MeshState) {
  return {
    mesh: mesh.config.name,
    token: mesh.config.token,
    deployer: mesh.deployer,
    ready: mesh.config.ready ?? [],
    chains: chainsOf(mesh).map((chain) => {
      const now = stateOf(state, chain);
      return {
        name: chain.name,
        role: chain.role,
        chainId: chain.chainId,
        selector: chain.selector,
        block: now.blockNumber,
        epoch: now.token.epoch,
        paused: now.token.paused,
        contracts: chain.contracts,
        administrators: administrators(now),
        roles: Object.fromEntries(ROLES.map((role) => [role, holderOf(mesh, role, chain.name)])),
        strays: now.strays,
        lanes: peersOf(mesh, chain).map((peer) => {
          const remote = now.pool.remotes.get(peer.selector);
          return { to: peer.name, outbound: remote?.outbound, inbound: remote?.inbound };
        }),
      };
    }),
  };
}

function showText(mesh: Mesh, state: MeshState): string {
  const { config } = mesh;
  const notices = chainsOf(mesh).flatMap((chain) => notice(chain, state));
  return [
    `mesh ${config.name}: ${config.token.name} (${config.token.symbol}), home ${config.home}`,
    ...(config.ready?.length ? [`ready to be switched on: ${config.ready.join(", ")}`] : []),
    "",
    formatTable(
      ["chain", "contract", "address", "administrator"],
      chainsOf(mesh).flatMap((chain) => contractRows(chain, stateOf(state, chain))),
      4,
    ),
    "",
    formatTable(
      ["lane", "may leave", "may arrive"],
      chainsOf(mesh).flatMap((chain) => laneRows(mesh, chain, state)),
      3,
    ),
    "",
    formatTable(
      ["role", ...chainsOf(mesh).map(({ name }) => name)],
      ROLES.map((role) => [
        role,
        ...chainsOf(mesh).map((chain) => holderOf(mesh, role, chain.name)),
      ]),
      1 + chainsOf(mesh).length,
    ),
    ...(notices.length > 0 ? ["", ...notices] : []),
  ].join("\n");
}

function contractRows(chain: MeshChain, now: ChainState): string[][] {
  const owners: Partial<Record<string, string>> = administrators(now);
  const rows = Object.entries(chain.contracts).map(([name, address]) => [
    chain.name,
    name,
    String(address),
    name === "timelock" ? `itself, ${now.timelock.minDelay} s` : (owners[name] ?? ""),
  ]);
  return [
    ...rows,
    [chain.name, "registry", chain.ccip.tokenAdminRegistry, who(now.registry.administrator)],
  ];
}

function laneRows(mesh: Mesh, chain: MeshChain, state: MeshState): string[][] {
  return peersOf(mesh, chain).map((peer) => {
    const outbound = stateOf(state, chain).pool.remotes.get(peer.selector)?.outbound;
    const inbound = stateOf(state, peer).pool.remotes.get(chain.selector)?.inbound;
    return [`${chain.name} -> ${peer.name}`, limitText(outbound), limitText(inbound)];
  });
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

/** What is worth knowing and is no matter of wiring. */
function notice(chain: MeshChain, state: MeshState): string[] {
  const now = stateOf(state, chain);
  const lag = state.home.token.epoch - now.token.epoch;
  return [
    ...(now.token.paused ? [`${chain.name}: the token is paused, nothing moves.`] : []),
    ...(lag > 0n
      ? [`${chain.name}: ${lag} epochs behind the home, as of ${timeText(now.timestamp)}.`]
      : []),
  ];
}
