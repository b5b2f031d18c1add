import type { AccessList } from "ethers";
import { network } from "hardhat";
import { z } from "zod";

const traceSchema = z.object({
  structLogs: z.array(
    z.object({
      op: z.string(),
      gas: z.number(),
      depth: z.number(),
      stack: z.array(z.string()).min(0),
    }),
  ),
});

const callSchema = z.object({
  failed: z.boolean(),
  structLogs: z.array(z.object({ op: z.string() })),
});

type Step = z.infer<typeof traceSchema>["structLogs"][number];

const CALLS = new Set(["CALL", "STATICCALL", "DELEGATECALL"]);

/** The gas of each call that the called contract made itself, in order, as it would measure it. */
export async function gasOfCalls(transactionHash: string): Promise<number[]> {
  const steps = await trace(transactionHash);
  const outermost = steps.filter(({ depth }) => depth === steps[0]?.depth);
  return outermost.flatMap(({ op, gas }, i) => {
    const next = outermost[i + 1];
    return CALLS.has(op) && next ? [gas - next.gas] : [];
  });
}

/** The gas of each call to an address, whoever made it, in order, as the caller would measure it. */
export async function gasOfCallsTo(transactionHash: string, address: string): Promise<number[]> {
  const steps = await trace(transactionHash);
  const callee = address.slice(2).toLowerCase();
  return steps.flatMap((step, i) => {
    if (!CALLS.has(step.op) || !top(step, 2).endsWith(callee)) return [];
    const next = steps.slice(i + 1).find(({ depth }) => depth <= step.depth);
    return next?.depth === step.depth ? [step.gas - next.gas] : [];
  });
}

/** Every account that a transaction called on its way, and the storage that it read there. */
export async function touchedBy(transactionHash: string, to: string): Promise<AccessList> {
  const keys = new Map<string, Set<string>>([[to, new Set()]]);
  const frames = [to];
  const steps = await trace(transactionHash);
  const base = steps[0]?.depth ?? 1;
  steps.forEach((step, i) => {
    frames.length = step.depth - base + 1;
    if (step.op === "SLOAD") keys.get(frames.at(-1) ?? to)?.add(`0x${top(step, 1)}`);
    if (CALLS.has(step.op) && (steps[i + 1]?.depth ?? 0) > step.depth) {
      const callee = `0x${top(step, 2).slice(-40)}`;
      if (!keys.has(callee)) keys.set(callee, new Set());
      frames.push(step.op === "DELEGATECALL" ? (frames.at(-1) ?? to) : callee);
    }
  });
  return [...keys].map(([address, storage]) => ({ address, storageKeys: [...storage] }));
}

/** The names of the operations of a call to a contract, and whether it failed; nothing is mined. */
export async function operationsOf(call: {
  readonly from?: string;
  readonly to: string;
  readonly data: string;
}): Promise<{ readonly operations: readonly string[]; readonly failed: boolean }> {
  const options = { disableMemory: true, disableStorage: true, disableStack: true };
  const result: unknown = await network.provider.send("debug_traceCall", [
    { ...call, gas: "0x1000000" },
    "latest",
    options,
  ]);
  const { structLogs, failed } = callSchema.parse(result);
  return { operations: structLogs.map(({ op }) => op), failed };
}

async function trace(transactionHash: string): Promise<Step[]> {
  const options = { disableMemory: true, disableStorage: true };
  const result: unknown = await network.provider.send("debug_traceTransaction", [
    transactionHash,
    options,
  ]);
  return traceSchema.parse(result).structLogs;
}

/** The `n`th word from the top of the stack, 64 digits. */
function top({ stack }: Step, n: number): string {
  return (stack.at(-n) ?? "0").replace(/^0x/, "").padStart(64, "0");
}
