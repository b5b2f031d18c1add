import path from "node:path";

import { z } from "zod";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";
import { parseWhole } from "../core/input/decimal";
import { parseDuration } from "../core/duration";
import { feeCeilingOf, paymentByName } from "../core/payment";

import type { KeeperOptions } from "./keeper";
import { parsePolicy } from "./policy";
import type { RebasePolicy } from "./policy";
import { ATTEMPTS, OVERDUE_AFTER_SECONDS } from "./retryPolicy";

/** Options of a keeper's command line. */
export interface KeeperArguments extends Omit<KeeperOptions, "pollOptions" | "onEvent"> {
  /** Name of a mesh in config/meshes. */
  readonly mesh: string;
  /** Milliseconds; the mesh's default unless given. */
  readonly followMs?: number | undefined;
}

/** Folder of the policies, one file per mesh. */
const POLICIES = path.resolve(__dirname, "../../config/policies");

/** Options of a keeper that are text. */
type TextOption =
  | ("mesh" | "feeToken" | "feeCeiling" | "attempts" | "overdueAfter" | "followFor")
  | ("policy" | "percent" | "annualPercent" | "every");

/** Typed options of a keeper; each has an environment variable, REBASE_FEE_TOKEN for feeToken. */
export type KeeperInput = Partial<
  Record<TextOption, string> & Record<"broadcastOnly" | "dryRun", boolean>
>;

/**
 * Parses a keeper's options: typed ones first, then the environment.
 * @throws naming the invalid option and the expected format.
 */
export function keeperOptionsOf(input: KeeperInput, env: NodeJS.ProcessEnv): KeeperArguments {
  const variable = (name: string) =>
    env[`REBASE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`];
  const text = (name: TextOption) => input[name] ?? (variable(name) || undefined);
  const flag = (name: "broadcastOnly" | "dryRun") =>
    input[name] === true || /^(1|true|yes)$/i.test(variable(name) ?? "");
  const mesh = text("mesh") ?? (env.MESH || "local");
  const overdueAfter = text("overdueAfter");
  const followFor = text("followFor");
  const attempts = { least: 1n, most: 99n, option: "--attempts" };
  return {
    mesh,
    policy: flag("broadcastOnly") ? undefined : policyOf(mesh, text),
    payment: paymentByName(text("feeToken") ?? "native"),
    ceiling: feeCeilingOf(text("feeCeiling")),
    dryRun: flag("dryRun"),
    attempts: Number(parseWhole(text("attempts") ?? ATTEMPTS.toString(), attempts)),
    overdueAfterSeconds:
      overdueAfter === undefined
        ? OVERDUE_AFTER_SECONDS
        : parseDuration(overdueAfter, { option: "--overdue-after" }),
    followMs:
      followFor === undefined
        ? undefined
        : Number(parseDuration(followFor, { option: "--follow-for" })) * 1_000,
  };
}

function policyOf(mesh: string, text: (name: TextOption) => string | undefined): RebasePolicy {
  const sizes = { percent: text("percent"), annualPercent: text("annualPercent") };
  const every = text("every");
  if (sizes.percent !== undefined || sizes.annualPercent !== undefined) {
    return parsePolicy({ ...sizes, every }, "the options");
  }
  const file = text("policy") ?? path.join(POLICIES, `${mesh}.json`);
  const input = readJsonFile(file, z.record(z.string(), z.unknown()), {
    what: "policy",
    recovery: 'Write for example {"annualPercent": "4.5"}',
  });
  if (input) return parsePolicy(every === undefined ? input : { ...input, every }, file);
  throw new OperatorError(
    "FILE_MISSING",
    `There is no policy in ${file}: write one, for example {"annualPercent": "4.5"}, or use --percent, --annual-percent or --broadcast-only.`,
  );
}
