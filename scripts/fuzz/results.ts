import { z } from "zod";

const metricsSchema = z.object({ calls: z.number(), reverts: z.number(), discards: z.number() });

const callSchema = z.object({
  contract_name: z.string().nullish(),
  func_name: z.string().nullish(),
  args: z.string().nullish(),
  calldata: z.string(),
});

const resultSchema = z.object({
  status: z.enum(["Success", "Failure", "Skipped"]),
  reason: z.string().nullish(),
  counterexample: z
    .union([
      z.object({ Single: callSchema }),
      z.object({ Sequence: z.tuple([z.number(), z.array(callSchema)]) }),
    ])
    .nullish(),
  kind: z.union([
    z.object({ Fuzz: z.object({ runs: z.number() }) }),
    z.object({
      Invariant: z.object({
        runs: z.number(),
        calls: z.number(),
        reverts: z.number(),
        metrics: z.record(z.string(), metricsSchema),
      }),
    }),
    z.object({ Unit: z.unknown() }),
  ]),
});

const reportSchema = z.record(
  z.string(),
  z.object({ test_results: z.record(z.string(), resultSchema) }),
);

/** A function of a handler: how often it was called, and how often it found nothing to do. */
export interface HandlerCalls {
  readonly name: string;
  readonly calls: number;
  readonly idle: number;
}

/** The outcome of a property or an invariant. */
export interface Outcome {
  readonly suite: string;
  readonly test: string;
  readonly passed: boolean;
  readonly isInvariant: boolean;
  /** Inputs that were tried, or sequences of calls. */
  readonly runs: number;
  /** Calls that were made: one a run, or all of all sequences. */
  readonly calls: number;
  readonly handlers: readonly HandlerCalls[];
  readonly reason: string;
  /** The calls that make it fail, shortened by forge. */
  readonly counterexample: readonly string[];
}

/** Reads what `forge test --json` prints. */
export function outcomesOf(report: string): Outcome[] {
  return Object.entries(reportSchema.parse(JSON.parse(report))).flatMap(
    ([suite, { test_results }]) =>
      Object.entries(test_results).map(([test, result]) => ({
        suite: suite.slice(suite.lastIndexOf(":") + 1),
        test: test.slice(0, test.indexOf("(")),
        passed: result.status === "Success",
        isInvariant: "Invariant" in result.kind,
        ...countsOf(result.kind),
        reason: result.reason ?? result.status,
        counterexample: callsOf(result.counterexample).map(
          ({ contract_name, func_name, args, calldata }) =>
            func_name ? `${contract_name ?? ""}.${func_name}(${args ?? ""})` : calldata,
        ),
      })),
  );
}

/** The least share of the calls that must do something: of all calls to a handler, and of those to each function. */
const LEAST_BUSY = { handler: 0.8, function: 0.1 };

/** Returns the share of the calls that did something; none did without a call. */
export function busyShare(handlers: readonly HandlerCalls[]): number {
  const calls = handlers.reduce((sum, handler) => sum + handler.calls, 0);
  const idle = handlers.reduce((sum, handler) => sum + handler.idle, 0);
  return calls === 0 ? 0 : (calls - idle) / calls;
}

/** Names what did too little for an invariant to say much: its handler, or functions of it. */
export function idleParts({ isInvariant, handlers }: Outcome): string[] {
  if (!isInvariant) return [];
  return [
    ...(busyShare(handlers) < LEAST_BUSY.handler ? ["the handler"] : []),
    ...handlers
      .filter((handler) => busyShare([handler]) < LEAST_BUSY.function)
      .map(({ name }) => name),
  ];
}

function countsOf(
  kind: z.infer<typeof resultSchema>["kind"],
): Pick<Outcome, "runs" | "calls" | "handlers"> {
  if ("Fuzz" in kind) return { runs: kind.Fuzz.runs, calls: kind.Fuzz.runs, handlers: [] };
  if ("Unit" in kind) return { runs: 1, calls: 1, handlers: [] };
  const { runs, calls, metrics } = kind.Invariant;
  const handlers = Object.entries(metrics).map(([name, { calls, reverts, discards }]) => ({
    name: name.slice(name.lastIndexOf(":") + 1),
    calls,
    idle: reverts + discards,
  }));
  return { runs, calls, handlers };
}

function callsOf(
  counterexample: z.infer<typeof resultSchema>["counterexample"],
): z.infer<typeof callSchema>[] {
  if (!counterexample) return [];
  return "Single" in counterexample ? [counterexample.Single] : counterexample.Sequence[1];
}
