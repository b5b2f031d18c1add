import { faultOn } from "../faultyRpc";
import type { Fault, RpcAnswer, RpcCall } from "../faultyRpc";

/** A kind of failing endpoint. */
export interface EndpointFault {
  /** Completes "an endpoint that …". */
  readonly title: string;
  /** Returns the fault of each request of one run. */
  readonly begin: () => (calls: readonly RpcCall[]) => Fault;
}

const SENDS = "eth_sendRawTransaction";

/** A fault of every third request. What it has met passes the next time, in whatever rhythm the requests come. */
function everyThird(fault: Fault): () => (calls: readonly RpcCall[]) => Fault {
  return () => {
    let count = 0;
    const met = new Set<string>();
    return (calls) => {
      const keys = calls.map(({ method, params }) => JSON.stringify([method, params]));
      const isAgain = keys.filter((key) => met.delete(key)).length > 0;
      if (isAgain || count++ % 3 !== 1) return "pass";
      for (const key of keys) met.add(key);
      return fault;
    };
  };
}

/** Changes the answer to every transaction that the node accepts. */
function afterAccepting(message: string): () => (calls: readonly RpcCall[]) => Fault {
  const amend = ({ method }: RpcCall, answer: RpcAnswer): RpcAnswer =>
    method === SENDS ? { error: { code: -32_000, message } } : answer;
  return () => (calls) => (calls.some(({ method }) => method === SENDS) ? { amend } : "pass");
}

/** The most blocks that an endpoint with a limit reads logs of. */
const MOST_BLOCKS = 200;

function withinRange({ method, params }: RpcCall, answer: RpcAnswer): RpcAnswer {
  if (method !== "eth_getLogs") return answer;
  const { fromBlock, toBlock } = params[0] as { fromBlock: string; toBlock: string };
  if (Number(toBlock) - Number(fromBlock) < MOST_BLOCKS) return answer;
  return { error: { code: -32_005, message: "query returned more than 10000 results" } };
}

/** Faults that end: what is asked again is answered. */
export const PASSING_FAULTS: readonly EndpointFault[] = [
  {
    title: "lags behind now and then, as one of several backends",
    begin: everyThird({ behind: 1 }),
  },
  {
    title: "leaves the newest logs out at first",
    begin: () => {
      let left = 4;
      return (calls) =>
        calls.some(({ method }) => method === "eth_getLogs") && left-- > 0 ? { behind: 2 } : "pass";
    },
  },
  {
    title: "takes three calls in one request",
    begin: () => (calls) =>
      calls.length > 3 ? { refuse: "batch too large: limited to 3 calls", whole: true } : "pass",
  },
  {
    title: "takes no batches",
    begin: () => (calls) =>
      calls.length > 1 ? { body: "batch requests are not supported", status: 400 } : "pass",
  },
  {
    title: "answers with a page and status 200 now and then",
    begin: everyThird({ body: "<!DOCTYPE html><title>One moment</title>" }),
  },
  { title: "answers with nothing now and then", begin: everyThird({ spoil: () => "" }) },
  {
    title: "cuts answers off now and then",
    begin: everyThird({ spoil: (answer) => answer.slice(0, -9) }),
  },
  { title: "breaks the connection now and then", begin: everyThird("break") },
  { title: "loses answers now and then", begin: everyThird("lose answer") },
  {
    title: "has no unfinalized data now and then",
    begin: everyThird({ refuse: "cannot query unfinalized data" }),
  },
  { title: "answers 429 now and then", begin: everyThird("429") },
  {
    title: "limits credits now and then",
    begin: everyThird({ refuse: "credits limited to 6000/sec", code: -32_012 }),
  },
  {
    title: "calls the first price too low",
    begin: () =>
      faultOn(SENDS, { refuse: "transaction underpriced: gas tip cap 1, minimum needed 2" }),
  },
  {
    title: `reads logs of ${MOST_BLOCKS} blocks at once`,
    begin: () => () => ({ amend: withinRange }),
  },
  {
    title: "loses every answer to a transaction that it accepts",
    begin: () => faultOn(SENDS, "lose answer", Infinity),
  },
  {
    title: "knows every transaction that it accepts already",
    begin: afterAccepting("already known"),
  },
  {
    title: "calls the nonce of every transaction that it accepts too low",
    begin: afterAccepting("nonce too low"),
  },
];

/** Leaves out the logs of the ten newest blocks, without an error. */
function withoutNewest({ method, params }: RpcCall, answer: RpcAnswer): RpcAnswer {
  if (method !== "eth_getLogs" || !Array.isArray(answer.result)) return answer;
  const { toBlock } = params[0] as { toBlock: string };
  const logs = answer.result as readonly { readonly blockNumber: string }[];
  return { result: logs.filter(({ blockNumber }) => Number(blockNumber) + 10 <= Number(toBlock)) };
}

/** Faults that do not end. */
export const LASTING_FAULTS: readonly EndpointFault[] = [
  { title: "leaves the newest logs out", begin: () => () => ({ amend: withoutNewest }) },
  {
    title: "answers with a page and status 200",
    begin: () => () => ({ body: "<!DOCTYPE html><title>One moment</title>" }),
  },
  { title: "answers with nothing", begin: () => () => ({ spoil: () => "" }) },
  {
    title: "cuts answers off",
    begin: () => () => ({ spoil: (answer) => answer.slice(0, -9) }),
  },
  { title: "breaks every connection", begin: () => () => "break" },
  { title: "loses every answer", begin: () => () => "lose answer" },
  {
    title: "has no unfinalized data",
    begin: () => () => ({ refuse: "cannot query unfinalized data" }),
  },
  {
    title: "answers every call with null",
    begin: () => () => ({ pretend: ({ method }) => (method === "eth_chainId" ? "0x7aa6" : null) }),
  },
  {
    title: "answers every call with zero",
    begin: () => () => ({
      pretend: ({ method }) => (method === "eth_chainId" ? "0x7aa6" : `0x${"00".repeat(32)}`),
    }),
  },
];
