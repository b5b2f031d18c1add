import { formatTokens } from "../../core/amount";
import { formatDuration } from "../../core/duration";
import { toJson } from "../../core/json";
import { formatTable } from "../table";
import { consoleOutput } from "../consoleOutput";
import type { Output } from "../consoleOutput";
import type { OperatorContext } from "../../mesh/operator";
import { unreadLines } from "../mesh/text";
import { isClosed, laneKey, raisedForTransit } from "../../core/mesh/limit";
import type { MeshConfig } from "../../core/mesh/schema";
import type { BucketState } from "../../core/mesh/limit";
import { fastLimitText, limitText, verifiersText } from "../../mesh/stepBuilders";
import { holdsOnAll, unreadDocument, untilRead } from "../../mesh/unread";
import { NEVER, readMeshLimits, secondsToFull } from "../../mesh/limits/read";
import type {
  ComparedLimit,
  ComparedVerifiers,
  LaneLimits,
  MeshLimits,
} from "../../mesh/limits/read";

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
  const { unread } = limits;
  const wrong = limits.lanes.filter(
    ({ fits, ...lane }) => fits === false || endsOf(lane).some(({ differs }) => differs),
  );
  if (json) {
    stdout(toJson(document(mesh.config, limits, wrong)));
  } else {
    stdout(
      [
        `mesh ${mesh.config.name}: limits in tokens`,
        formatTable(
          ["lane", "end", "limit", "in the mesh file", "in the bucket", "full again"],
          limits.lanes.flatMap(rows),
          4,
        ),
        ...limits.lanes.flatMap(verifierLines),
        ...wrong.flatMap((lane) => complaints(mesh.config, lane)),
        ...(unread.size > 0
          ? [`Cannot tell whether every lane is as declared ${untilRead(unread)}.`]
          : wrong.length === 0
            ? [
                "Every lane is as declared, and takes a full-size message after the rebases it may meet.",
              ]
            : []),
      ].join("\n"),
    );
  }
  for (const line of unreadLines(unread)) log(line);
  return { ...limits, wrong };
}

/** Returns the limits and verifiers at both ends of a lane. */
function endsOf({ outbound, inbound, fast, verifiers }: Omit<LaneLimits, "fits">) {
  return [
    outbound,
    inbound,
    ...(fast ? [fast.outbound, fast.inbound] : []),
    ...(verifiers ? [verifiers.source, verifiers.destination] : []),
  ];
}

function document(
  config: MeshConfig,
  { lanes, blocks, unread }: MeshLimits,
  wrong: readonly LaneLimits[],
) {
  const endDocument = ({ declared, actual, differs }: ComparedLimit) => ({
    declared,
    actual: actual ?? null,
    ...(actual && { secondsToFull: neverAsNull(secondsToFull(actual)) }),
    differs: differs ?? null,
  });
  return {
    mesh: config.name,
    upToDate: holdsOnAll(wrong.length === 0, unread),
    unread: unreadDocument(unread),
    blocks,
    lanes: lanes.map(({ source, destination, outbound, inbound, fits, fast, verifiers }) => ({
      source,
      destination,
      outbound: endDocument(outbound),
      inbound: endDocument(inbound),
      fullSizeFits: fits ?? null,
      ...(fast && {
        fast: { outbound: endDocument(fast.outbound), inbound: endDocument(fast.inbound) },
      }),
      ...(verifiers && {
        verifiers: {
          source: verifiersDocument(verifiers.source),
          destination: verifiersDocument(verifiers.destination),
        },
      }),
    })),
  };
}

function verifiersDocument({ declared, actual, differs }: ComparedVerifiers) {
  return { declared, actual: actual ?? null, differs: differs ?? null };
}

function neverAsNull(seconds: bigint): number | null {
  return seconds >= NEVER ? null : Number(seconds);
}

function rows(lane: LaneLimits): string[][] {
  const row = (
    name: string,
    what: string,
    { actual, declared, differs }: ComparedLimit,
    {
      mark = "",
      text = limitText,
    }: { readonly mark?: string; readonly text?: typeof limitText } = {},
  ) => [
    name,
    what,
    differs === undefined ? "not read" : `${text(actual)}${mark}`,
    differs === undefined ? text(declared) : differs ? `differs: ${text(declared)}` : "same",
    actual ? fillText(actual) : "",
    actual ? refillText(actual) : "",
  ];
  const { source, destination, outbound, inbound, fits, fast } = lane;
  const text = fastLimitText;
  return [
    row(laneKey(lane), `leaves ${source}`, outbound),
    row("", `arrives at ${destination}`, inbound, {
      mark: fits === false ? " (too small)" : "",
    }),
    ...(fast
      ? [
          row("", `leaves ${source} fast`, fast.outbound, { text }),
          row("", `arrives at ${destination} fast`, fast.inbound, { text }),
        ]
      : []),
  ];
}

/** Lists the verifiers of a lane besides CCIP's default ones. */
function verifierLines(lane: LaneLimits): string[] {
  const { source, destination, verifiers } = lane;
  if (!verifiers) return [];
  const text = ({ actual, differs }: ComparedVerifiers) =>
    differs === undefined ? "not read" : verifiersText(actual ?? []);
  return [
    `${laneKey(lane)}: verifiers beside the lane's own: ${source} asks for ${text(verifiers.source)}; ${destination} needs ${text(verifiers.destination)}.`,
  ];
}

function complaints(config: MeshConfig, lane: LaneLimits): string[] {
  const { source, destination, outbound, inbound, fits, fast, verifiers } = lane;
  const key = laneKey(lane);
  const difference = (what: string, { declared, actual }: ComparedLimit, text = limitText) =>
    `${key}: ${what} is ${text(actual)}, not ${text(declared)}.`;
  const fastDifference = (what: string, end: ComparedLimit | undefined) =>
    end?.differs ? [difference(what, end, fastLimitText)] : [];
  const otherVerifiers = (chain: string, end: ComparedVerifiers | undefined) =>
    end?.differs
      ? [
          `${key}: the verifiers at ${chain} are ${verifiersText(end.actual ?? [])}, not ${verifiersText(end.declared)}.`,
        ]
      : [];
  const size = outbound.actual;
  return [
    ...(outbound.differs ? [difference("what may leave", outbound)] : []),
    ...(inbound.differs ? [difference("what may arrive", inbound)] : []),
    ...fastDifference("what may leave fast", fast?.outbound),
    ...fastDifference("what may arrive fast", fast?.inbound),
    ...otherVerifiers(source, verifiers?.source),
    ...otherVerifiers(destination, verifiers?.destination),
    ...(fits !== false || !size
      ? []
      : [
          size.isEnabled
            ? `${key}: a full-size message of ${formatTokens(size.capacity)} does not fit after the rebases it may meet: what arrives needs room for ${formatTokens(raisedForTransit(config, size.capacity))}.`
            : `${key}: what leaves is unlimited, so that a message larger than what may arrive would be stuck: raise the one or limit the other.`,
        ]),
  ];
}

/** Formats the level of a bucket: "97,500.00 (97 %)". */
export function fillText(bucket: BucketState): string {
  const { isEnabled, tokens, capacity } = bucket;
  if (!isEnabled || isClosed(bucket) || capacity === 0n) return "";
  return `${formatTokens(tokens)} (${(tokens * 100n) / capacity} %)`;
}

/** Formats the time until a bucket is full. */
export function refillText(bucket: BucketState): string {
  if (!bucket.isEnabled || isClosed(bucket)) return "";
  const seconds = secondsToFull(bucket);
  if (seconds === 0n) return "now";
  return seconds >= NEVER ? "never" : `in ${formatDuration(seconds)}`;
}
