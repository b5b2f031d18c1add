import { exactTokens } from "../amount";
import { nearestName } from "../names";
import { MAX_BUCKET } from "../units";

import { raisedForTransit, resolveLimit, widestOutbound } from "./limit";
import { listenerGasErrors } from "./listeners";
import { byLane } from "./schema";
import type { LimitChoice, MeshConfig } from "./schema";

/** A contradiction between fields that are each valid: the path of one of them, and its problem with the fix. */
export type CrossFieldError = readonly [path: string, message: string];

const LANE_FIELDS = Object.keys(byLane) as (keyof typeof byLane)[];

/** Roles that exist at home only. */
const HOME_ROLES: ReadonlySet<string> = new Set(["issuer", "rebaseOperator", "treasurySpender"]);

/** The most seconds that a rebase may be pending on a satellite: `MAX_EFFECTIVE_DELAY` of its receiver. */
const MAX_EFFECTIVE_DELAY = 7_776_000;

/** Finds the contradictions of a mesh file; any network name is accepted without the list of known ones. */
export function* crossFieldErrors(
  config: MeshConfig,
  networks?: readonly string[],
): Generator<CrossFieldError> {
  yield* chainErrors(config, networks);
  yield* laneErrors(config);
  yield* fastErrors(config);
  yield* verifierErrors(config);
  yield* delayErrors(config);
  yield* bandErrors(config);
  yield* optionErrors(config);
  yield* listenerGasErrors(config);
  yield* containmentErrors(config);
  yield* roleErrors(config);
}

/** Checks that whatever the controller may decide is inside the band of the satellites. */
function* bandErrors({ receiver, controller }: MeshConfig): Generator<CrossFieldError> {
  if (!receiver) return;
  const { band } = receiver;
  const path = "receiver.band";
  const instead = "an honest rebase would be held back; write at least what the controller allows.";
  if (band.minGrowthFactor > controller.minGrowthFactor) {
    yield [`${path}.minGrowthFactor`, `is above controller.minGrowthFactor: ${instead}`];
  }
  if (band.maxGrowthFactor < controller.maxGrowthFactor) {
    yield [`${path}.maxGrowthFactor`, `is below controller.maxGrowthFactor: ${instead}`];
  }
  if (band.minInterval > controller.minInterval) {
    yield [`${path}.minInterval`, `is above controller.minInterval: ${instead}`];
  }
}

/** Checks that what a field refers to is declared. */
function* optionErrors(config: MeshConfig): Generator<CrossFieldError> {
  const { governance, proposals, listeners, rateFeed, chains = {} } = config;
  if (governance === "home" && !proposals) {
    yield ["governance", '"home" needs the section proposals: add it, or write "local".'];
  }
  if (listeners?.rateFeed && !rateFeed) {
    yield ["listeners.rateFeed", "there is no feed: write rateFeed: true, or remove this."];
  }
  for (const [name, own] of Object.entries(chains)) {
    if (own.listeners && !listeners) {
      yield [
        `chains.${name}.listeners`,
        "there is no notifier: write listeners: {}, or remove it.",
      ];
    }
    const repeated = repeatedIn((own.listeners ?? []).map(({ address }) => address));
    if (repeated) yield [`chains.${name}.listeners`, `"${repeated}" is listed twice: remove one.`];
    if (own.pairs && !listeners?.pairSyncer) {
      yield [`chains.${name}.pairs`, "nothing syncs them: add listeners.pairSyncer, or remove it."];
    }
    const twice = repeatedIn(own.pairs ?? []);
    if (twice) yield [`chains.${name}.pairs`, `"${twice}" is listed twice: remove one.`];
  }
}

/** Checks that what comes home from a contained satellite went there: satellites have no other lanes. */
function* containmentErrors({ lanes, satellites }: MeshConfig): Generator<CrossFieldError> {
  const { contained = [] } = lanes;
  if (contained.length === 0) return;
  const stranger = contained.find((name) => !satellites.includes(name));
  if (stranger !== undefined) {
    const instead = `name some of ${satellites.join(", ")}.`;
    yield ["lanes.contained", `"${stranger}" is no satellite of this mesh: ${instead}`];
  }
  for (const source of satellites) {
    for (const destination of satellites.filter((name) => name !== source)) {
      const key = `${source} -> ${destination}`;
      if (resolveLimit(lanes.limits, lanes.pairs?.[key] ?? lanes.outbound) === "closed") continue;
      if (!contained.includes(source) && !contained.includes(destination)) continue;
      yield [
        "lanes.contained",
        `the lane ${key} is open: shares would come home over another lane than they left by, and be refused; write lanes.pairs["${key}"]: "closed".`,
      ];
    }
  }
}

function* chainErrors(
  { home, satellites, chains = {}, ready = [] }: MeshConfig,
  networks: readonly string[] | undefined,
): Generator<CrossFieldError> {
  if (satellites.includes(home)) {
    yield ["satellites", `"${home}" is the home already: remove it from the list.`];
  }
  const repeated = repeatedIn(satellites);
  if (repeated) yield ["satellites", `"${repeated}" is listed twice: remove one.`];
  const on = ready.find((name) => name === home || satellites.includes(name));
  if (on) yield ["ready", `"${on}" is in the mesh already: remove it here.`];
  const named = [
    ["home", home] as const,
    ...satellites.map((name, i) => [`satellites.${i}`, name] as const),
    ...ready.map((name, i) => [`ready.${i}`, name] as const),
  ];
  for (const [path, name] of networks ? named : []) {
    if (networks?.includes(name)) continue;
    const near = nearestName(name, networks ?? []);
    const meant = near ? `did you mean "${near}"? ` : "";
    const all = "config/chains.generated.json lists all of them.";
    yield [path, `there is no chain "${name}": ${meant}${all}`];
  }
  const members = named.map(([, name]) => name);
  for (const name of Object.keys(chains).filter((one) => !members.includes(one))) {
    const instead = `name one of ${members.join(", ")}, or remove it.`;
    yield [`chains.${name}`, `"${name}" is not in this mesh: ${instead}`];
  }
}

function* laneErrors(config: MeshConfig): Generator<CrossFieldError> {
  const { lanes, home, satellites, live, ready = [] } = config;
  for (const field of LANE_FIELDS) {
    for (const key of Object.keys(lanes[field] ?? {})) {
      const message = keyError(key, [home, ...satellites, ...ready]);
      if (message) yield [`lanes.${field}.${key}`, message];
    }
  }
  yield* limitErrors(config, "lanes.outbound", lanes.outbound);
  for (const field of ["limits", "pairs"] as const) {
    for (const [name, choice] of Object.entries(lanes[field] ?? {})) {
      yield* limitErrors(config, `lanes.${field}.${name}`, choice);
    }
  }
  if (!live) return;
  for (const source of satellites) {
    for (const destination of satellites.filter((name) => name !== source)) {
      const key = `${source} -> ${destination}`;
      const own = lanes.pairs?.[key];
      if (resolveLimit(lanes.limits, own ?? lanes.outbound) !== "unlimited") continue;
      yield [
        own === undefined ? "lanes.outbound" : `lanes.pairs.${key}`,
        `"unlimited" from satellite to satellite (${key}) on a live mesh: what is forged on one could flood the other; give it a capacity and rate.`,
      ];
    }
  }
}

/** Returns why a key names no lane of the mesh; undefined when it does. */
function keyError(key: string, members: readonly string[]): string | undefined {
  const [source = "", destination = "", ...more] = key.split(" -> ");
  if (more.length > 0 || !destination || source === destination) {
    return `is not a valid lane: write "source -> destination", two chains of the mesh.`;
  }
  const thirdParty = [source, destination].find((name) => !members.includes(name));
  if (thirdParty === undefined) return undefined;
  return `has no such chain: "${thirdParty}" is not in this mesh, name two of ${members.join(", ")}.`;
}

function* limitErrors(
  config: MeshConfig,
  path: string,
  choice: LimitChoice,
): Generator<CrossFieldError> {
  const { limits } = config.lanes;
  const set = resolveLimit(limits, choice);
  if (!set) {
    const names = Object.keys(limits ?? {}).join(", ") || "(lanes.limits has none)";
    const instead = `write "unlimited", "closed", a capacity and rate, or one of the sets ${names}.`;
    yield [path, `${JSON.stringify(choice)} is not a valid limit: ${instead}`];
    return;
  }
  // The file of a named set is checked where it is written.
  if (typeof set !== "object" || choice !== set) return;
  const needed = raisedForTransit(config, set.capacity);
  if (needed > MAX_BUCKET) {
    yield [
      `${path}.capacity`,
      `"${exactTokens(set.capacity)}" is too much: where it arrives there must be room for ${exactTokens(needed)}, and a bucket holds at most ${exactTokens(MAX_BUCKET)}; write at most "${exactTokens(widestOutbound(config))}".`,
    ];
  } else {
    yield* inboundErrors(config, path, set);
  }
}

/** Checks that a full-size message fits into the inbound bucket. */
function* inboundErrors(
  config: MeshConfig,
  path: string,
  set: { readonly capacity: bigint; readonly inbound?: { readonly capacity: bigint } | undefined },
): Generator<CrossFieldError> {
  const needed = raisedForTransit(config, set.capacity);
  if (!set.inbound || set.inbound.capacity >= needed) return;
  yield [
    `${path}.inbound.capacity`,
    `"${exactTokens(set.inbound.capacity)}" is too small: a full-size message of ${exactTokens(set.capacity)} would not fit after the rebases it may meet; write at least "${exactTokens(needed)}", or leave inbound out.`,
  ];
}

/** Checks that fast transfers have tighter limits than others, and one finality per pool. */
function* fastErrors(config: MeshConfig): Generator<CrossFieldError> {
  const { lanes } = config;
  const finalities = new Map<string, { finality: string | number; key: string }>();
  for (const [key, fast] of Object.entries(lanes.fast ?? {})) {
    const path = `lanes.fast.${key}`;
    const { finality } = fast;
    const limit = resolveLimit(lanes.limits, lanes.pairs?.[key] ?? lanes.outbound);
    if (limit === "closed") {
      yield [path, "the lane is closed: open it under lanes.pairs, or remove this."];
    }
    for (const field of ["capacity", "rate"] as const) {
      if (typeof limit !== "object" || fast[field] < limit[field]) continue;
      yield [
        `${path}.${field}`,
        `"${exactTokens(fast[field])}" is not below the lane's own "${exactTokens(limit[field])}": a reorganisation may create as much twice; write less.`,
      ];
    }
    yield* inboundErrors(config, path, fast);
    for (const chain of key.split(" -> ")) {
      const other = finalities.get(chain);
      if (other && other.finality !== finality) {
        yield [
          `${path}.finality`,
          `${JSON.stringify(finality)} is not the ${JSON.stringify(other.finality)} of ${other.key}, and the pool of ${chain} has one for all its lanes: write the same.`,
        ];
      }
      finalities.set(chain, { finality, key });
    }
  }
}

function* verifierErrors({ lanes }: MeshConfig): Generator<CrossFieldError> {
  for (const [key, ends] of Object.entries(lanes.verifiers ?? {})) {
    for (const end of ["source", "destination"] as const) {
      const repeated = repeatedIn(ends[end]);
      if (!repeated) continue;
      yield [`lanes.verifiers.${key}.${end}`, `"${repeated}" is listed twice: remove one.`];
    }
    if (ends.destination.length > 0 && ends.source.length === 0) {
      yield [
        `lanes.verifiers.${key}.source`,
        "is empty, and the destination would wait for results that the source does not request: name the verifiers there too.",
      ];
    }
  }
}

/** Checks that the timelock can cancel a gain before it takes effect. */
function* delayErrors({ live, controller, admin }: MeshConfig): Generator<CrossFieldError> {
  const { delay, maxDelay } = controller;
  const { timelockDelay } = admin;
  if (maxDelay > MAX_EFFECTIVE_DELAY) {
    yield [
      "controller.maxDelay",
      `${maxDelay} s is more than ${MAX_EFFECTIVE_DELAY} s, 90 days: satellites drop a rebase that takes effect later; write at most that.`,
    ];
  }
  if (!live || delay > timelockDelay) return;
  yield [
    "controller.delay",
    `${delay} s is no longer than admin.timelockDelay, ${timelockDelay} s: a gain would take effect before the timelock could cancel it; write more than ${timelockDelay}, or a shorter timelockDelay.`,
  ];
}

function* roleErrors(config: MeshConfig): Generator<CrossFieldError> {
  const { home, satellites, chains = {} } = config;
  for (const name of [home, ...satellites]) {
    const { safe, roles: own = {} } = chains[name] ?? {};
    if (safe) continue;
    for (const [role, holder] of Object.entries({ ...config.roles, ...own })) {
      if (holder !== "safe" || (HOME_ROLES.has(role) && name !== home)) continue;
      const path = role in own ? `chains.${name}.roles.${role}` : `roles.${role}`;
      yield [path, `"safe" names no account on ${name}: set its Safe in chains.${name}.safe.`];
    }
  }
}

function repeatedIn(names: readonly string[]): string | undefined {
  return names.find((name, i) => names.indexOf(name) !== i);
}
