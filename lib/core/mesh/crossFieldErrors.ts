import { formatUnits } from "ethers";

import { nearestName } from "../names";

import { raisedForTransit, resolveLimit, widestOutbound } from "./limit";
import type { LimitChoice, MeshConfig } from "./schema";
import { MAX_BUCKET, TOKEN_DECIMALS } from "../units";

/** A contradiction between fields of a mesh file that are each valid. */
export interface CrossFieldError {
  /** The path of the field, separated by dots. */
  readonly path: string;
  /** The problem with its value, and the fix. */
  readonly message: string;
}

/** Returns the contradictions of a mesh file. */
export function crossFieldErrors(
  config: MeshConfig,
  networks?: readonly string[],
): CrossFieldError[] {
  return [
    ...chainMistakes(config, networks),
    ...laneMistakes(config),
    ...fastMistakes(config),
    ...verifierMistakes(config),
    ...delayMistakes(config),
    ...roleMistakes(config),
  ];
}

function* chainMistakes(
  { home, satellites, chains = {}, ready = [] }: MeshConfig,
  networks: readonly string[] | undefined,
): Generator<CrossFieldError> {
  if (satellites.includes(home)) {
    yield {
      path: "satellites",
      message: `"${home}" is the home already: remove it from the list.`,
    };
  }
  const repeated = satellites.find((name, i) => satellites.indexOf(name) !== i);
  if (repeated) yield { path: "satellites", message: `"${repeated}" is listed twice: remove one.` };
  const on = ready.find((name) => name === home || satellites.includes(name));
  if (on) yield { path: "ready", message: `"${on}" is in the mesh already: remove it here.` };
  const named = [
    { path: "home", name: home },
    ...satellites.map((name, i) => ({ path: `satellites.${i}`, name })),
    ...ready.map((name, i) => ({ path: `ready.${i}`, name })),
  ];
  for (const { path, name } of networks ? named : []) {
    if (networks?.includes(name)) continue;
    const near = nearestName(name, networks ?? []);
    yield {
      path,
      message: `there is no chain "${name}": ${near ? `did you mean "${near}"? ` : ""}config/chains.generated.json lists all of them.`,
    };
  }
  const members = [home, ...satellites, ...ready];
  for (const name of Object.keys(chains)) {
    if (members.includes(name)) continue;
    yield {
      path: `chains.${name}`,
      message: `"${name}" is not in this mesh: name one of ${members.join(", ")}, or remove it.`,
    };
  }
}

function* laneMistakes(config: MeshConfig): Generator<CrossFieldError> {
  const { lanes, home, satellites, live, ready = [] } = config;
  const members = [home, ...satellites, ...ready];
  const pairs = Object.entries(lanes.pairs ?? {});
  const choices: { path: string; choice: LimitChoice }[] = [
    { path: "lanes.outbound", choice: lanes.outbound },
    ...Object.entries(lanes.limits ?? {}).map(([name, choice]) => ({
      path: `lanes.limits.${name}`,
      choice,
    })),
    ...pairs.map(([key, choice]) => ({ path: `lanes.pairs.${key}`, choice })),
  ];

  for (const field of ["pairs", "fast", "verifiers"] as const) {
    for (const key of Object.keys(lanes[field] ?? {})) yield* keyMistakes(field, key, members);
  }
  for (const { path, choice } of choices) {
    const set = resolveLimit(lanes.limits, choice);
    if (!set) {
      const names = ["unlimited", "closed", ...Object.keys(lanes.limits ?? {})];
      yield {
        path,
        message: `${JSON.stringify(choice)} is not a valid limit: write "unlimited", "closed", a capacity and rate, or one of the sets ${names.slice(2).join(", ") || "(lanes.limits has none)"}.`,
      };
    } else if (typeof set === "object" && choice === set) {
      const { capacity, inbound } = set;
      const needed = raisedForTransit(config, capacity);
      if (needed > MAX_BUCKET) {
        yield {
          path: `${path}.capacity`,
          message: `"${tokens(capacity)}" is too much: where it arrives there must be room for ${tokens(needed)}, and a bucket holds at most ${tokens(MAX_BUCKET)}; write at most "${tokens(widestOutbound(config))}".`,
        };
      } else if (inbound && inbound.capacity < needed) {
        yield {
          path: `${path}.inbound.capacity`,
          message: `"${tokens(inbound.capacity)}" is too small: a full-size message of ${tokens(capacity)} would not fit after the rebases it may meet; write at least "${tokens(needed)}", or leave inbound out.`,
        };
      }
    }
  }
  if (!live) return;
  for (const source of satellites) {
    for (const destination of satellites.filter((name) => name !== source)) {
      const key = `${source} -> ${destination}`;
      const own = lanes.pairs?.[key];
      if (resolveLimit(lanes.limits, own ?? lanes.outbound) !== "unlimited") continue;
      yield {
        path: own === undefined ? "lanes.outbound" : `lanes.pairs.${key}`,
        message: `"unlimited" from satellite to satellite (${key}) on a live mesh: what is forged on one could flood the other; give it a capacity and rate.`,
      };
    }
  }
}

/** Finds keys of `lanes.pairs`, `lanes.fast` and `lanes.verifiers` that name no lane of the mesh. */
function* keyMistakes(
  field: string,
  key: string,
  members: readonly string[],
): Generator<CrossFieldError> {
  const [source = "", destination = "", ...more] = key.split(" -> ");
  const thirdParty = [source, destination].find((name) => !members.includes(name));
  if (more.length > 0 || !destination || source === destination) {
    yield {
      path: `lanes.${field}.${key}`,
      message: `is not a valid lane: write "source -> destination", two chains of the mesh.`,
    };
  } else if (thirdParty !== undefined) {
    yield {
      path: `lanes.${field}.${key}`,
      message: `has no such chain: "${thirdParty}" is not in this mesh, name two of ${members.join(", ")}.`,
    };
  }
}

/** Checks that fast transfers have tighter limits than others, and one finality per pool. */
function* fastMistakes(config: MeshConfig): Generator<CrossFieldError> {
  const { lanes } = config;
  const finalities = new Map<string, { finality: string | number; key: string }>();
  for (const [key, { capacity, rate, finality, inbound }] of Object.entries(lanes.fast ?? {})) {
    const path = `lanes.fast.${key}`;
    const limit = resolveLimit(lanes.limits, lanes.pairs?.[key] ?? lanes.outbound);
    if (limit === "closed") {
      yield { path, message: "the lane is closed: open it under lanes.pairs, or remove this." };
    } else if (typeof limit === "object") {
      for (const [field, fast, all] of [
        ["capacity", capacity, limit.capacity],
        ["rate", rate, limit.rate],
      ] as const) {
        if (fast < all) continue;
        yield {
          path: `${path}.${field}`,
          message: `"${tokens(fast)}" is not below the lane's own "${tokens(all)}": a reorganisation may create as much twice; write less.`,
        };
      }
    }
    const needed = raisedForTransit(config, capacity);
    if (inbound && inbound.capacity < needed) {
      yield {
        path: `${path}.inbound.capacity`,
        message: `"${tokens(inbound.capacity)}" is too small: a full-size message of ${tokens(capacity)} would not fit after the rebases it may meet; write at least "${tokens(needed)}", or leave inbound out.`,
      };
    }
    for (const chain of key.split(" -> ")) {
      const other = finalities.get(chain);
      if (other && other.finality !== finality) {
        yield {
          path: `${path}.finality`,
          message: `${JSON.stringify(finality)} is not the ${JSON.stringify(other.finality)} of ${other.key}, and the pool of ${chain} has one for all its lanes: write the same.`,
        };
      }
      finalities.set(chain, { finality, key });
    }
  }
}

function* verifierMistakes({ lanes }: MeshConfig): Generator<CrossFieldError> {
  for (const [key, ends] of Object.entries(lanes.verifiers ?? {})) {
    for (const end of ["source", "destination"] as const) {
      const repeated = ends[end].find((one, i) => ends[end].indexOf(one) !== i);
      if (repeated !== undefined) {
        yield {
          path: `lanes.verifiers.${key}.${end}`,
          message: `"${repeated}" is listed twice: remove one.`,
        };
      }
    }
    if (ends.destination.length > 0 && ends.source.length === 0) {
      yield {
        path: `lanes.verifiers.${key}.source`,
        message:
          "is empty, and the destination would wait for results that the source does not request: name the verifiers there too.",
      };
    }
  }
}

/** Checks that the timelock can cancel a gain before it takes effect. */
function* delayMistakes({
  live,
  controller: { delay },
  admin: { timelockDelay },
}: MeshConfig): Generator<CrossFieldError> {
  if (!live || delay > timelockDelay) return;
  yield {
    path: "controller.delay",
    message: `${delay} s is no longer than admin.timelockDelay, ${timelockDelay} s: a gain would take effect before the timelock could cancel it; write more than ${timelockDelay}, or a shorter timelockDelay.`,
  };
}

function* roleMistakes({
  home,
  satellites,
  roles,
  chains = {},
}: MeshConfig): Generator<CrossFieldError> {
  for (const name of [home, ...satellites]) {
    const settings = chains[name];
    if (settings?.safe) continue;
    for (const [role, holder] of Object.entries({ ...roles, ...settings?.roles })) {
      if (holder !== "safe" || (HOME_ROLES.has(role) && name !== home)) continue;
      yield {
        path:
          settings?.roles && role in settings.roles
            ? `chains.${name}.roles.${role}`
            : `roles.${role}`,
        message: `"safe" names no account on ${name}: set its Safe in chains.${name}.safe.`,
      };
    }
  }
}

/** Roles that exist at home only. */
const HOME_ROLES: ReadonlySet<string> = new Set(["issuer", "rebaseOperator", "treasurySpender"]);

function tokens(amount: bigint): string {
  return formatUnits(amount, TOKEN_DECIMALS).replace(/\.0$/, "");
}
