import path from "node:path";

import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";
import { parseWhole } from "../core/input/whole";
import { parseDuration } from "../core/input/duration";

import { feeCeilingOf, paymentByName } from "../core/payment";
import type { Payment } from "../core/payment";
import { parsePolicy } from "./policy";
import type { RebasePolicy } from "./policy";
import { ATTEMPTS, OVERDUE_AFTER_SECONDS } from "./retryPolicy";

/** Options of a keeper's command line. */
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
  /** Milliseconds; the mesh's default unless given. */
  readonly followMs?: number;
}

/** Folder of the policies, one file per mesh. */
const POLICIES = path.resolve(__dirname, "../../config/policies");

/** Typed options of a keeper; each has an environment variable, REBASE_FEE_TOKEN for feeToken. */
export interface KeeperWords {
  readonly mesh?: string | undefined;
  readonly policy?: string | undefined;
  readonly percent?: string | undefined;
  readonly annualPercent?: string | undefined;
  readonly every?: string | undefined;
  readonly feeToken?: string | undefined;
  readonly feeCeiling?: string | undefined;
  readonly attempts?: string | undefined;
  readonly overdueAfter?: string | undefined;
  readonly followFor?: string | undefined;
  readonly broadcastOnly?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
}

/**
 * Parses a keeper's options: typed ones first, then the environment.
 * @throws naming the invalid option and the expected format.
 */
export function keeperOptionsOf(words: KeeperWords, env: NodeJS.ProcessEnv): KeeperArguments {
  const variable = (name: string) =>
    env[`REBASE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
  const text = (name: Exclude<keyof KeeperWords, "broadcastOnly" | "dryRun">) =>
    words[name] ?? (variable(name) || undefined);
  const flag = (name: "broadcastOnly" | "dryRun") =>
    words[name] === true || /^(1|true|yes)$/i.test(variable(name) ?? "");
  const mesh = text("mesh") ?? (env.MESH || "local");
  const ceiling = feeCeilingOf(text("feeCeiling"));
  const overdueAfter = text("overdueAfter");
  const followFor = text("followFor");
  return {
    mesh,
    ...(!flag("broadcastOnly") && { policy: policyOf(mesh, text) }),
    payment: paymentByName(text("feeToken") ?? "native"),
    ...(ceiling !== undefined && { ceiling }),
    dryRun: flag("dryRun"),
    attempts: Number(
      parseWhole(text("attempts") ?? ATTEMPTS.toString(), {
        least: 1n,
        most: 99n,
        option: "--attempts",
      }),
    ),
    overdueAfterSeconds:
      overdueAfter === undefined
        ? OVERDUE_AFTER_SECONDS
        : parseDuration(overdueAfter, { option: "--overdue-after" }),
    ...(followFor !== undefined && {
      followMs: Number(parseDuration(followFor, { option: "--follow-for" })) * 1_000,
    }),
  };
}

function policyOf(
  mesh: string,
  text: (name: "policy" | "percent" | "annualPercent" | "every") => string | undefined,
): RebasePolicy {
  const percent = text("percent");
  const annualPercent = text("annualPercent");
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
