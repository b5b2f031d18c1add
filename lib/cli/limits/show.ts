import { formatTokens } from "../../core/amount";
import { formatDuration } from "../../core/duration";
import { toJson } from "../../core/json";
import { isClosed, laneKey, raisedForTransit } from "../../core/mesh/limit";
import type { MeshConfig } from "../../core/mesh/schema";
import { NEVER, readMeshLimits, secondsToFull } from "../../mesh/limits/read";
import type {
  ComparedLimit,
  LaneLimits,
  MeshLimits,
  ComparedVerifiers,
} from "../../mesh/limits/read";
import type { OperatorContext } from "../../mesh/operator";
import { fastLimitText, limitText, verifiersText } from "../../mesh/stepBuilders";
import { holdsOnAll, unreadDocument, untilRead } from "../../mesh/unread";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import { formatTable, unreadLines } from "../text";

export interface ShownLimits extends MeshLimits {
  /** Lanes that differ from the mesh file, or whose inbound limit is too small for a full-size message. */
  readonly wrong: readonly LaneLimits[];
}

/** Prints both limits of every lane: declared and actual values, bucket levels, and limits that are too small. */
export async function showLimits(
  { mesh, unreachable }: OperatorContext,
  { json }: { readonly json: boolean },
  { stdout, log }: Output = consoleOutput,
): Promise<ShownLimits> {
  const limits = await readMeshLimits(mesh, unreachable);
  const wrong = limits.lanes.filter((lane) => {
    const ends = [...bucketsOf(lane), ...verifiersOf(lane)];
    return lane.fits === false || ends.some(({ end }) => end.differs);
  });
  const shown = { ...limits, wrong };
  stdout(json ? toJson(document(mesh.config, shown)) : textOf(mesh.config, shown));
  for (const line of unreadLines(limits.unread)) log(line);
  return shown;
}

/** Returns the buckets of a lane with their labels, in display order. */
function bucketsOf(lane: LaneLimits) {
  const { source, destination, fast } = lane;
  const both = ({ outbound, inbound }: Buckets, how: string, text: typeof limitText) => [
    { end: outbound, where: `leaves ${source}${how}`, what: `what may leave${how}`, text },
    { end: inbound, where: `arrives at ${destination}${how}`, what: `what may arrive${how}`, text },
  ];
  return [...both(lane, "", limitText), ...(fast ? both(fast, " fast", fastLimitText) : [])];
}

type Buckets = Pick<LaneLimits, "outbound" | "inbound">;

/** Returns the verifiers at both ends of a lane, beside CCIP's default ones. */
function verifiersOf({ source, destination, verifiers }: LaneLimits) {
  if (!verifiers) return [];
  return [
    { chain: source, asks: "asks for", end: verifiers.source },
    { chain: destination, asks: "needs", end: verifiers.destination },
  ];
}

function document(config: MeshConfig, { lanes, blocks, unread, wrong }: ShownLimits) {
  return {
    mesh: config.name,
    upToDate: holdsOnAll(wrong.length === 0, unread),
    unread: unreadDocument(unread),
    blocks,
    lanes: lanes.map(({ source, destination, fits, fast, verifiers, ...ends }) => ({
      source,
      destination,
      ...bucketsDocument(ends),
      fullSizeFits: fits ?? null,
      ...(fast && { fast: bucketsDocument(fast) }),
      ...(verifiers && {
        verifiers: {
          source: endDocument(verifiers.source),
          destination: endDocument(verifiers.destination),
        },
      }),
    })),
  };
}

function bucketsDocument({ outbound, inbound }: Buckets) {
  const bucket = (end: ComparedLimit) => {
    const seconds = end.actual && secondsToFull(end.actual);
    const secondsAsNumber = seconds === undefined || seconds >= NEVER ? null : Number(seconds);
    return { ...endDocument(end), ...(end.actual && { secondsToFull: secondsAsNumber }) };
  };
  return { outbound: bucket(outbound), inbound: bucket(inbound) };
}

function endDocument({ declared, actual, differs }: ComparedLimit | ComparedVerifiers) {
  return { declared, actual: actual ?? null, differs: differs ?? null };
}

function textOf(config: MeshConfig, { lanes, unread, wrong }: ShownLimits): string {
  return [
    `mesh ${config.name}: limits in tokens`,
    formatTable(
      ["lane", "end", "limit", "in the mesh file", "in the bucket", "full again"],
      lanes.flatMap(rows),
      4,
    ),
    ...lanes.flatMap(verifierLines),
    ...wrong.flatMap((lane) => differenceLines(config, lane)),
    ...(unread.size > 0
      ? [`Cannot tell whether every lane is as declared ${untilRead(unread)}.`]
      : wrong.length === 0
        ? [
            "Every lane is as declared, and takes a full-size message after the rebases it may meet.",
          ]
        : []),
  ].join("\n");
}

function rows(lane: LaneLimits): string[][] {
  return bucketsOf(lane).map(({ end, where, text }, i) => {
    const { actual, declared, differs } = end;
    const mark = end === lane.inbound && lane.fits === false ? " (too small)" : "";
    return [
      i === 0 ? laneKey(lane) : "",
      where,
      differs === undefined ? "not read" : `${text(actual)}${mark}`,
      differs === undefined ? text(declared) : differs ? `differs: ${text(declared)}` : "same",
      ...bucketTexts(actual),
    ];
  });
}

function verifierLines(lane: LaneLimits): string[] {
  const ends = verifiersOf(lane).map(({ chain, asks, end: { actual, differs } }) => {
    const verifiers = differs === undefined ? "not read" : verifiersText(actual ?? []);
    return `${chain} ${asks} ${verifiers}`;
  });
  if (ends.length === 0) return [];
  return [`${laneKey(lane)}: verifiers beside the lane's own: ${ends.join("; ")}.`];
}

function differenceLines(config: MeshConfig, lane: LaneLimits): string[] {
  const size = lane.outbound.actual;
  return [
    ...bucketsOf(lane)
      .filter(({ end }) => end.differs)
      .map(({ what, end, text }) => `${what} is ${text(end.actual)}, not ${text(end.declared)}.`),
    ...verifiersOf(lane)
      .filter(({ end }) => end.differs)
      .map(
        ({ chain, end: { actual, declared } }) =>
          `the verifiers at ${chain} are ${verifiersText(actual ?? [])}, not ${verifiersText(declared)}.`,
      ),
    ...(lane.fits !== false || !size
      ? []
      : [
          size.isEnabled
            ? `a full-size message of ${formatTokens(size.capacity)} does not fit after the rebases it may meet: what arrives needs room for ${formatTokens(raisedForTransit(config, size.capacity))}.`
            : "what leaves is unlimited, so that a message larger than what may arrive would be stuck: raise the one or limit the other.",
        ]),
  ].map((line) => `${laneKey(lane)}: ${line}`);
}

/** Formats the level of a bucket, "97,500.00 (97 %)", and the time until it is full. */
function bucketTexts(bucket: ComparedLimit["actual"]): [level: string, full: string] {
  if (!bucket?.isEnabled || isClosed(bucket)) return ["", ""];
  const { tokens, capacity } = bucket;
  const level = capacity === 0n ? "" : `${formatTokens(tokens)} (${(tokens * 100n) / capacity} %)`;
  const seconds = secondsToFull(bucket);
  if (seconds === 0n) return [level, "now"];
  return [level, seconds >= NEVER ? "never" : `in ${formatDuration(seconds)}`];
}
