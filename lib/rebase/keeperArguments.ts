import path from "node:path";
import { parseArgs } from "node:util";

import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";
import { parseAmount } from "../core/input/decimal";
import { parseDuration } from "../core/input/duration";

import { paymentByName } from "../core/payment";
import type { Payment } from "../core/payment";
import { parsePolicy } from "./policy";
import type { RebasePolicy } from "./policy";
import { ATTEMPTS, OVERDUE_AFTER_SECONDS } from "./retryPolicy";

/** What a keeper is told from outside. */
export interface KeeperArguments {
  /** Name of a mesh in config/meshes. */
  readonly mesh: string;
  /** Undefined when it only broadcasts. */
  readonly policy?: RebasePolicy;
  readonly payment: Payment;
  /** In wei of the fee token. */
  readonly ceiling?: bigint;
  readonly dryRun: boolean;
  readonly attempts: number;
  readonly overdueAfterSeconds: bigint;
  /** Milliseconds; what suits the mesh unless named. */
  readonly followMs?: number;
}

/** Native money and LINK alike. */
const FEE_DECIMALS = 18;

/** Where policies lie, one file for each mesh. */
const POLICIES = path.resolve(__dirname, "../../config/policies");

export const KEEPER_HELP = `Rebases when that is due and brings every satellite into step. For cron or a CI job; asks nothing.

  npm run --silent broadcast -- --mesh testnet --fee-token treasury --fee-ceiling 0.05

Options, and the environment variables that set them otherwise:
  --mesh <name>            REBASE_MESH            A mesh in config/meshes. Default: the variable MESH's, or local.
  --policy <file>          REBASE_POLICY          By how much and how often, as JSON: percent or annualPercent,
                                                  and every ("20h"). Default: config/policies/<mesh>.json.
  --percent <percent>      REBASE_PERCENT         Every rebase is of this size, instead of a policy file.
  --annual-percent <p>     REBASE_ANNUAL_PERCENT  A year's rebases add up to this, instead of a policy file.
  --every <span>           REBASE_EVERY           The least time between rebases: 90m, 20h, 1d. With one of the two.
  --broadcast-only         REBASE_BROADCAST_ONLY  Never rebase, only tell those that are behind.
  --fee-token <word>       REBASE_FEE_TOKEN       native or link of the account that signs, treasury or
                                                  treasury-link. Default: native.
  --fee-ceiling <amount>   REBASE_FEE_CEILING     The most that the fees of this run may come to, in whole units
                                                  of the fee token: 0.05. Gas is not in it. Default: none.
  --attempts <n>           REBASE_ATTEMPTS        How often one satellite is sent to in this run. Default: ${ATTEMPTS}.
  --overdue-after <span>   REBASE_OVERDUE_AFTER   When a message that was not executed counts as lost. Default: ${OVERDUE_AFTER_SECONDS / 60n}m.
  --follow-for <span>      REBASE_FOLLOW_FOR      How long messages are followed. Default: 1h, on a local network 30s.
  --dry-run                REBASE_DRY_RUN         Decide and quote, send nothing.
  --help

One JSON document a line on stdout, amounts as decimal strings in wei; talk on stderr. Exit codes:
  0  every satellite has the home's whole state
  1  something failed, or a rebase was due and refused (what could be broadcast was)
  2  a satellite is behind
  3  worth running again later: the fee ceiling, an empty purse or the price of gas kept something back
`;

const OPTIONS = {
  mesh: { type: "string" },
  policy: { type: "string" },
  percent: { type: "string" },
  "annual-percent": { type: "string" },
  every: { type: "string" },
  "broadcast-only": { type: "boolean" },
  "fee-token": { type: "string" },
  "fee-ceiling": { type: "string" },
  attempts: { type: "string" },
  "overdue-after": { type: "string" },
  "follow-for": { type: "string" },
  "dry-run": { type: "boolean" },
  help: { type: "boolean" },
} as const;

type OptionName = keyof typeof OPTIONS;

/**
 * Reads a keeper's options: the command line first, then the environment.
 * @returns undefined when help is asked for.
 * @throws naming the option that is wrong and what to write instead.
 */
export function parseKeeperArguments(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): KeeperArguments | undefined {
  const { values } = parseArgs({ args: withValues(args), options: OPTIONS, strict: true });
  if (values.help) return undefined;
  const text = (name: OptionName): string | undefined => {
    const value = values[name] ?? env[variableOf(name)];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const flag = (name: OptionName): boolean =>
    values[name] === true || /^(1|true|yes)$/i.test(env[variableOf(name)] ?? "");
  const mesh = text("mesh") ?? (env.MESH || "local");
  const ceiling = text("fee-ceiling");
  const overdueAfter = text("overdue-after");
  const followFor = text("follow-for");
  return {
    mesh,
    ...(!flag("broadcast-only") && { policy: policyOf(mesh, text) }),
    payment: paymentByName(text("fee-token") ?? "native"),
    ...(ceiling !== undefined && {
      ceiling: parseAmount(ceiling, FEE_DECIMALS, { option: "--fee-ceiling" }),
    }),
    dryRun: flag("dry-run"),
    attempts: countOf(text("attempts") ?? ATTEMPTS.toString()),
    overdueAfterSeconds:
      overdueAfter === undefined
        ? OVERDUE_AFTER_SECONDS
        : parseDuration(overdueAfter, { option: "--overdue-after" }),
    ...(followFor !== undefined && {
      followMs: Number(parseDuration(followFor, { option: "--follow-for" })) * 1_000,
    }),
  };
}

/** Node's parser takes "-2" for an option of its own: a loss is joined to its name. */
function withValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const last = joined.at(-1);
    if (/^-\d/.test(arg) && last !== undefined && /^--[a-z-]+$/.test(last)) {
      joined[joined.length - 1] = `${last}=${arg}`;
    } else {
      joined.push(arg);
    }
  }
  return joined;
}

function variableOf(name: OptionName): string {
  return `REBASE_${name.toUpperCase().replaceAll("-", "_")}`;
}

function policyOf(mesh: string, text: (name: OptionName) => string | undefined): RebasePolicy {
  const percent = text("percent");
  const annualPercent = text("annual-percent");
  const every = text("every");
  if (percent !== undefined || annualPercent !== undefined) {
    return parsePolicy(
      {
        ...(percent !== undefined && { percent }),
        ...(annualPercent !== undefined && { annualPercent }),
        ...(every !== undefined && { every }),
      },
      "the options",
    );
  }
  const file = text("policy") ?? path.join(POLICIES, `${mesh}.json`);
  const input = readPolicy(file);
  return parsePolicy(every === undefined ? input : { ...input, every }, file);
}

function readPolicy(file: string): object {
  const input = readJsonFile(file, z.record(z.string(), z.unknown()), {
    what: "policy",
    recovery: 'Write for example {"annualPercent": "4.5"}',
  });
  if (input) return input;
  throw new OperatorError(
    "FILE_MISSING",
    `There is no policy in ${file}: write one, for example {"annualPercent": "4.5"}, or use --percent, --annual-percent or --broadcast-only.`,
  );
}

function countOf(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) {
    throw new OperatorError(
      "INVALID_OPTION",
      `--attempts ${text} is no number of attempts: use 1 to 99.`,
    );
  }
  return Number(text);
}
