import { CCIP_VERSIONS } from "ccip-localnet/protocol";

import { BRIDGE_OPERATIONS } from "./bridging";
import type { Times } from "./localNetwork";
import { PEERS } from "./peers";
import type { GrowthReport, PeerReport, Report } from "./report";
import { TOKEN_OPERATIONS } from "./tokens";

/** A table, with a sentence before it. */
export interface ReportTable {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Newest first, as the documents name them. */
const VERSIONS = [...CCIP_VERSIONS].reverse();

/** Returns the tables of gas beside the peers. */
export function peerTables({ tokens, bridging }: PeerReport): ReportTable[] {
  return [tokenTable(tokens), bridgeTable(bridging)];
}

/** Returns the table of our token beside other tokens. */
export function tokenTable(tokens: PeerReport["tokens"]): ReportTable {
  return {
    caption: "Gas of a transaction, and in brackets ours divided by theirs.",
    head: ["token", "ours", ...PEERS],
    rows: TOKEN_OPERATIONS.map((operation) => {
      const ours = tokens.ours[operation];
      return [operation, gas(ours), ...PEERS.map((peer) => beside(tokens[peer][operation], ours))];
    }),
  };
}

/** Returns the table of a transfer beside one through Chainlink's pool. */
export function bridgeTable(bridging: PeerReport["bridging"]): ReportTable {
  return {
    caption:
      "A transfer beside one of Chainlink's token, through its BurnMintTokenPool, on the same ramps and with the same rate limits.",
    head: ["transfer", ...VERSIONS.flatMap((version) => besidePool(`CCIP ${version}`))],
    rows: BRIDGE_OPERATIONS.map((operation) => [
      operation,
      ...VERSIONS.flatMap((version) => {
        const { ours, BurnMintTokenPool } = bridging[version];
        return [gas(ours[operation]), beside(BurnMintTokenPool[operation], ours[operation])];
      }),
    ]),
  };
}

/** Returns the tables of gas by the size of a mesh. */
export function growthTables({ holders, satellites, batches }: GrowthReport): ReportTable[] {
  return [
    holderTable(holders),
    ...VERSIONS.map((version) => broadcastTable(version, satellites[version])),
    {
      caption:
        "Gas of each message by the number of messages that arrive together. CCIP 1.6 commits and executes them together, 2.0 executes each in a transaction of its own.",
      head: [
        "messages",
        "commit, CCIP 1.6",
        ...["1.6", "2.0"].flatMap((version) => besidePool(`execute, CCIP ${version}`)),
      ],
      rows: batches["1.6"].ours.map(({ messages, commit }, i) => [
        count(messages),
        gas(commit),
        ...CCIP_VERSIONS.flatMap((version) => {
          const { ours, BurnMintTokenPool } = batches[version];
          const own = ours[i]?.execute;
          return [gas(own), beside(BurnMintTokenPool[i]?.execute, own)];
        }),
      ]),
    },
  ];
}

/** Returns the table of gas by the number of holders. */
export function holderTable(holders: GrowthReport["holders"]): ReportTable {
  return {
    caption: "Gas by the number of holders.",
    head: ["holders", "transfer to a holder", "rebase of the token"],
    rows: holders.map((row) => [count(row.holders), gas(row.transfer), gas(row.rebase)]),
  };
}

/** Returns the tables of times. */
export function timeTables({ cpus, load, boot, throughput }: Times): ReportTable[] {
  const machine = `${cpus} cores, with ${load.toFixed(1)} processes on them as the run began`;
  const smallest = boot[0]?.ccip;
  const seconds = (value: number | undefined) =>
    value === undefined || smallest === undefined
      ? NONE
      : `${value.toFixed(1)} (${(value / smallest).toFixed(1)})`;
  return [
    {
      caption: `Seconds until a local network is ready on ${machine}; in brackets as a multiple of one chain with CCIP.`,
      head: ["chains", "CCIP 2.0", "with the token, wired"],
      rows: boot.map(({ chains, ccip, mesh }) => [count(chains), seconds(ccip), seconds(mesh)]),
    },
    {
      caption: `Messages with a token that a local network of two chains delivers in a second on ${machine}.`,
      head: ["CCIP", "one by one", "together"],
      rows: throughput.map(({ ccip, messages, oneByOne, together }) => [
        ccip,
        oneByOne.toFixed(1),
        `${together.toFixed(1)} (${messages} at once)`,
      ]),
    },
  ];
}

/** Returns all tables of a report. */
export function allTables(report: Report): ReportTable[] {
  return [
    ...peerTables(report),
    ...growthTables(report),
    ...(report.times ? timeTables(report.times) : []),
  ];
}

function broadcastTable(
  version: string,
  { broadcasts, plainMessage }: GrowthReport["satellites"]["1.6"],
): ReportTable {
  const each = (total: number, satellites: number) => {
    const lane = Math.round(total / satellites);
    return `${gas(lane)} (${ratio(lane, plainMessage)})`;
  };
  return {
    caption: `Gas of a broadcast over CCIP ${version} by the number of satellites; of each, in brackets, as a multiple of a plain message of 64 bytes, which takes ${gas(plainMessage)}.`,
    head: ["satellites", "fee in native", "each", "fee in LINK", "each"],
    rows: broadcasts.map(({ satellites, native, LINK }) => [
      count(satellites),
      gas(native),
      each(native, satellites),
      gas(LINK),
      each(LINK, satellites),
    ]),
  };
}

const NONE = "-";

function besidePool(title: string): string[] {
  return [title, "BurnMintTokenPool"];
}

function beside(theirs: number | undefined, ours: number | undefined): string {
  if (theirs === undefined || ours === undefined) return NONE;
  return `${gas(theirs)} (${ratio(ours, theirs)})`;
}

function ratio(ours: number, theirs: number): string {
  return (ours / theirs).toFixed(2);
}

function gas(value: number | undefined): string {
  return value === undefined ? NONE : count(value);
}

function count(value: number): string {
  return value.toLocaleString("en");
}
