import { expect } from "chai";

import { isTransportError, meaningOf, meaningOfAnswer } from "../../../../lib/core/endpoint/errors";
import type { ErrorAnswer, Meaning } from "../../../../lib/core/endpoint/errors";

type Wording = readonly [from: string, message: string, more?: Omit<ErrorAnswer, "message">];

const LOGS = "eth_getLogs";
const CALL = "eth_call";
const SEND = "eth_sendRawTransaction";

/** Answers of providers and nodes that were observed, by meaning. */
const WORDINGS: Readonly<Partial<Record<Meaning, readonly Wording[]>>> = {
  rangeTooLarge: [
    ["Candle's public node", "block range too high", { code: -32_600 }],
    [
      "Morph's public node",
      "block range is larger than max block range, block range = 5120, max block range = 5000",
      { code: -32_000 },
    ],
    ["Erigon", "query block range exceeds server limit, narrow your filter: 5", { code: -32_602 }],
    [
      "Hedera",
      "The provided fromBlock and toBlock contain timestamps that exceed the maximum allowed duration of 7 days (604800 seconds): 700000",
      { code: -32_004 },
    ],
    ["a gateway", "Block distance between fromBlock and toBlock exceeds 1024", { code: -32_602 }],
    ["a gateway", "please limit the query to at most 1000 blocks", { code: -32_000 }],
    [
      "Alchemy",
      "Log response size exceeded. You can make eth_getLogs requests with up to a 2K block range and no limit on the response size, or you can request any block range with a cap of 10K logs in the response. Based on your parameters and the response size limit, this block range should work: [0x0, 0x133e71]",
      { code: -32_602 },
    ],
    [
      "Alchemy's free plan",
      "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range. Based on your parameters, this block range should work: [0x1, 0xa]. Upgrade to PAYG for expanded block range.",
      { code: -32_600, status: 400 },
    ],
    [
      "Infura",
      "query returned more than 10000 results. Try with this block range [0xCB3D, 0x7B737].",
      { code: -32_005, data: { from: "0xCB3D", limit: 10_000, to: "0x7B737" } },
    ],
    ["Infura", "range 1000000 exceeds limit of 10000", { code: -32_602 }],
    [
      "Infura",
      "query timeout of 10 seconds exceeded - consider reducing your block range",
      { code: -32_005 },
    ],
    ["QuickNode", "eth_getLogs is limited to a 10,000 range", { code: -32_614, status: 413 }],
    ["QuickNode's free plan", "eth_getLogs is limited to a 5 range", { code: -32_615 }],
    ["dRPC", "ranges over 10000 blocks are not supported on free plan", { code: 35, status: 400 }],
    ["dRPC", "requested too many blocks from 0 to 16777216, maximum is set to 2048"],
    ["dRPC", "query exceeds max results 20000, retry with the range 59066104-59066970"],
    ["PublicNode", "exceed maximum block range: 50000", { code: -32_701 }],
    ["Ankr", "block range is too wide", { code: -32_600 }],
    ["Berachain's public node", "query exceeds max block range 100000", { code: -32_602 }],
    [
      "thirdweb",
      "Log response size exceeded. Maximum allowed number of requested blocks is 1000",
      { code: -32_005 },
    ],
    [
      "Tenderly",
      "invalid params",
      {
        code: -32_602,
        data: { error_id: "4ed9", payload: "range 9009594 is bigger than range limit 2000" },
      },
    ],
    [
      "Chainstack",
      "Block range limit exceeded. See more details at https://docs.chainstack.com/docs/limits",
      { code: -32_602 },
    ],
    ["Polygon's public node", "Block range is too large", { code: -32_000, status: 400 }],
    ["BNB Chain's public node", "limit exceeded", { code: -32_005 }],
    ["Optimism's public node", "block range greater than 10000 max: 9999999", { code: -32_602 }],
    [
      "Avalanche's public node",
      "requested too many blocks from 1 to 5000, maximum is set to 2048",
      { code: -32_000 },
    ],
    ["SimplyVC", "too wide blocks range, the limit is 100"],
    ["Moonbeam", "block range is too wide (maximum 1024)"],
    ["Erigon", "eth_getLogs is limited to 0 - 50 blocks range", { code: -32_602 }],
    ["Reth", "query exceeds max block range 100000", { code: -32_602 }],
    ["Reth", "query exceeds max results 20000", { code: -32_602 }],
    ["Besu", "Requested range exceeds maximum range limit", { code: -32_005 }],
    [
      "zkSync",
      "Query returned more than 10000 results. Try with this block range [0x1, 0x2].",
      { code: -32_602 },
    ],
  ],
  throttled: [
    ["a public node", "free usage limit reached", { code: -32_001 }],
    ["a public node", "maximum number of requests reached", { code: -32_000 }],
    ["a proxy", "too many concurrent connections", { code: -32_000 }],
    ["a public node", "limit of requests reached, retry later", { code: -32_000 }],
    ["Infura", "project ID request rate exceeded", { code: -32_005, status: 429 }],
    ["Infura", "daily request count exceeded, request rate limited", { code: -32_005 }],
    [
      "Alchemy",
      "Your app has exceeded its compute units per second capacity. If you have retries enabled, you can safely ignore this message.",
      { code: 429 },
    ],
    ["Alchemy", "Your app has exceeded its concurrent requests capacity", { code: 429 }],
    [
      "Alchemy",
      "Monthly capacity limit exceeded. Visit the dashboard to upgrade your scaling policy.",
      { code: 429 },
    ],
    [
      "QuickNode",
      "50/second request limit reached - reduce calls per second or upgrade your account",
      { code: -32_007 },
    ],
    ["QuickNode", "credits limited to 6000/sec", { code: -32_012 }],
    ["Base's public node", "over rate limit", { code: -32_016 }],
    [
      "Base, through a proxy",
      '429 Too Many Requests: {"error":{"code":-32016,"message":"over rate limit"}}',
      { code: -32_000 },
    ],
    [
      "OnFinality",
      "Too Many Requests, Please apply an OnFinality API key or contact us to receive a higher rate limit",
      { code: -32_029 },
    ],
    [
      "Polygon's public node",
      "Too many requests, reason: call rate limit exhausted, retry in 10s",
      { code: -32_090 },
    ],
    ["Ankr", "Too many requests", { code: -32_097 }],
    [
      "Chainstack",
      "You've exceeded the RPS limit available on the current plan.",
      { code: -32_005 },
    ],
    ["a public node", "Too many request, try again later", { code: -32_000 }],
    ["Snowtrace", "Max calls per sec rate limit reached", { code: -32_000 }],
    ["Etherscan's proxy", "please use API Key for higher rate limit"],
    ["PublicNode", "", { status: 429 }],
    ["geth behind a proxy", "maximum number of concurrent requests exceeded"],
    ["BlockPI", "rate limit exceeded", { code: -32_000, method: CALL }],
    ["Blast", "node under too much load", { code: -32_000 }],
    ["Arbitrum", "sequencer pending tx pool full, please try again", { method: SEND }],
  ],
  batchTooLarge: [
    ["Ankr", 'Too many ["eth_getLogs"] methods in the batch', { code: -32_600, inBatch: true }],
    ["QuickNode", "batch limit exceeded", { code: -32_007, inBatch: true }],
    [
      "BNB Chain's public node",
      "batch length does not support more than 100",
      { code: -32_000, inBatch: true },
    ],
    ["a gateway", "Batch requests are only available to paid plans", { inBatch: true }],
    ["a gateway", "You can only send up to 5 requests in a batch", { inBatch: true }],
    ["a server of its own", "expected object, received array", { code: -32_600, inBatch: true }],
    [
      "dRPC",
      "Batch of more than 3 requests are not allowed on free tier, to use this feature register paid account at drpc.org",
      { code: 31, status: 500, inBatch: true },
    ],
    ["geth", "batch too large", { code: -32_600, inBatch: true }],
    ["geth", "response too large", { code: -32_003, inBatch: true }],
    ["Nethermind", "Batch size limit exceeded", { code: -32_005, inBatch: true }],
    ["Besu", "Number of requests exceeds max batch size", { code: -32_005, inBatch: true }],
    [
      "Reth",
      "The batch request was too large",
      { code: -32_010, data: "Exceeded max limit of 50", inBatch: true },
    ],
    ["Reth", "Batched requests are not supported by this server", { code: -32_005, inBatch: true }],
    ["Erigon", "batch limit 100 exceeded: 101 requests given", { inBatch: true }],
    [
      "Base's public node",
      "maximum 10 calls in 1 batch",
      { code: -32_014, status: 400, inBatch: true },
    ],
    ["Acala", "Exceeded maximum batch size 100", { code: -32_600, inBatch: true }],
    ["a public node", "batch limited to 3 calls", { inBatch: true }],
    ["nginx", "", { status: 413, inBatch: true }],
  ],
  lagging: [
    ["Hyperliquid", "invalid block range", { code: -32_602, method: LOGS }],
    ["Arbitrum", "invalid block range params", { code: -32_000, method: LOGS }],
    [
      "Cronos",
      "height 500 must be less than or equal to the current blockchain height 499",
      { method: CALL },
    ],
    ["Cronos", "invalid block height: 500 > 499", { method: CALL }],
    ["a gateway", "End block 500 exceeds last block 499", { method: LOGS }],
    ["a gateway", "block requested is higher than the latest known block", { method: LOGS }],
    ["a gateway", "toBlock is past head", { method: LOGS }],
    ["a gateway", "the requested block has not been processed yet", { method: CALL }],
    ["a gateway", "block number is in the future", { method: CALL }],
    ["a gateway", "Requested block out of range", { method: CALL }],
    ["a gateway", "Unknown header", { method: CALL }],
    ["geth", "header not found", { code: -32_000, method: CALL }],
    ["geth", "block range extends beyond current head block", { code: -32_602, method: LOGS }],
    ["geth", "unknown block", { code: -32_000 }],
    ["Avalanche", "cannot query unfinalized data", { code: -32_000, method: CALL }],
    [
      "Avalanche",
      "requested to block 23734227 after last accepted block 23734226",
      { method: LOGS },
    ],
    [
      "OpenEthereum",
      "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found",
      { code: -32_000, method: LOGS },
    ],
    [
      "Alchemy",
      "One of the blocks specified in filter (fromBlock, toBlock or blockHash) cannot be found.",
      { method: CALL },
    ],
    [
      "Hardhat",
      "Received invalid block tag 20. Block number is beyond current head",
      { method: CALL },
    ],
    ["Nethermind", "No state available for block 0x12", { code: -32_002, method: CALL }],
    ["Nethermind", "could not find block", { code: -32_001 }],
    ["anvil", "BlockOutOfRangeError: block height is 5 but requested was 6", { method: CALL }],
    ["Optimism", "block not found: 0x12", { method: CALL }],
    ["BNB Chain", "header for hash not found"],
    ["QuickNode", "requested data not available", { code: -32_014, method: LOGS }],
    ["Erigon", "block 0x12 not found", { method: CALL }],
    ["Filecoin", "request beyond head block"],
    ["Cronos", "Version has either been pruned, or is for a future block", { method: CALL }],
    ["Arbitrum", "unsupported block number 20", { method: CALL }],
  ],
  pruned: [
    ["geth", "required historical state unavailable (reexec=128)", { method: CALL }],
    ["geth", "historical state 0x12 is not available", { method: CALL }],
    ["geth", "missing trie node 5b2a (path ) state 0x5b2a is not available", { method: CALL }],
    ["Reth", "old data not available due to pruning"],
    ["Reth", "distance to target block exceeds maximum proof window"],
    [
      "PublicNode",
      "Archive requests require a personal token. Get one at: https://www.allnodes.com/publicnode",
      { status: 403 },
    ],
    ["zkSync", "Block with such an ID is pruned"],
    ["Moonbeam", "State already discarded for 0x12"],
  ],
  priceTooLow: [
    ["a gateway", "gas fee below minimum: 1 < 2", { method: SEND }],
    ["a gateway", "GasPriceTooLow", { method: SEND }],
    [
      "Polygon",
      "transaction gas price below minimum: gas tip cap 1000000000, minimum needed 25000000000",
      { method: SEND },
    ],
    [
      "BNB Chain",
      "transaction underpriced: gas tip cap 1, minimum needed 1000000000",
      { method: SEND },
    ],
    [
      "BNB Chain",
      "transaction underpriced: tip needed 3000000000, tip permitted 1000000000",
      { method: SEND },
    ],
    ["geth", "transaction underpriced", { method: SEND }],
    [
      "geth",
      "max fee per gas less than block base fee: address 0x12, maxFeePerGas: 1, baseFee: 7",
      { method: SEND },
    ],
    ["Besu", "Gas price below configured minimum gas price", { method: SEND }],
    [
      "Nethermind",
      "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 50, BaseFee: 100",
      { method: SEND },
    ],
    [
      "Nethermind",
      "FeeTooLow, EffectivePriorityFeePerGas too low 10 < 20, BaseFee: 30",
      { method: SEND },
    ],
    [
      "Nethermind",
      "FeeTooLow, FeePerGas needs to be higher than 100 to be added to the TxPool.",
      { method: SEND },
    ],
    ["Gnosis", "FeeTooLowToCompete", { code: -32_010, method: SEND }],
    [
      "OpenEthereum",
      "There are too many transactions in the queue. Your transaction was dropped due to limit. Try increasing the fee.",
      { method: SEND },
    ],
    [
      "Evmos",
      "insufficient fee; got: 140000000aevmos required: 7000000000000aevmos",
      { method: SEND },
    ],
    ["Arbitrum", "gas price too low", { method: SEND }],
    [
      "Metis",
      "gas price too low: 18000000000 wei, use at least tx.gasPrice = 19500000000 wei",
      { method: SEND },
    ],
    ["Astar", "gas price less than block base fee", { method: SEND }],
    [
      "Hedera",
      "Gas price '830000000000' is below configured minimum gas price '950000000000'",
      { method: SEND },
    ],
    [
      "Hardhat",
      "Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7",
      { method: SEND },
    ],
  ],
  replacementUnderpriced: [
    ["Erigon", "INTERNAL_ERROR: could not replace existing tx", { code: -32_000, method: SEND }],
    ["Nethermind", "ReplacementNotAllowed", { method: SEND }],
    ["a gateway", "Transaction with the same nonce already exists", { method: SEND }],
    ["geth", "replacement transaction underpriced", { method: SEND }],
    ["Klaytn", "there is another tx which has the same nonce in the tx pool", { method: SEND }],
    [
      "OpenEthereum",
      "Transaction gas price 100wei is too low. There is another transaction with same nonce in the queue with gas price 150wei.",
      { method: SEND },
    ],
    [
      "Mantle",
      "failed to forward tx to sequencer, please try again. Error message: 'replacement transaction underpriced'",
      { method: SEND },
    ],
  ],
  nonceTooLow: [
    ["Evmos", "invalid nonce; got 5, expected 6: invalid sequence", { method: SEND }],
    ["a gateway", "nonce 4 is less than account nonce 5", { method: SEND }],
    ["a gateway", "transaction nonce 4 lower than current account nonce 5", { method: SEND }],
    ["geth", "nonce too low: next nonce 5, tx nonce 4", { method: SEND }],
    ["Besu", "Nonce too low", { code: -32_001, method: SEND }],
    ["Nethermind", "OldNonce, Current nonce: 22, nonce of rejected tx: 17", { method: SEND }],
    [
      "zkSync",
      "nonce too low. allowed nonce range: 427 - 447, actual: 426",
      { code: 3, data: "0x", method: SEND },
    ],
    ["OpenEthereum", "Transaction nonce is too low. Try incrementing the nonce.", { method: SEND }],
    ["Moonriver", "submit transaction to pool failed: Pool(Stale)", { method: SEND }],
  ],
  alreadyKnown: [
    ["Erigon", "ALREADY_EXISTS: already known", { method: SEND }],
    ["a gateway", "transaction already in mempool", { method: SEND }],
    ["geth", "already known", { method: SEND }],
    ["Nethermind", "AlreadyKnown", { code: -32_010, method: SEND }],
    ["Besu", "Known transaction", { method: SEND }],
    ["OpenEthereum", "Transaction with the same hash was already imported.", { method: SEND }],
    [
      "zkSync",
      "known transaction. transaction with hash 0x6013…3053 is already in the system",
      { code: 3, data: "0x", method: SEND },
    ],
    ["Sei", "tx already exists in cache", { method: SEND }],
  ],
  insufficientFunds: [
    ["a gateway", "insufficient MATIC balance", { method: SEND }],
    ["geth", "insufficient funds for gas * price + value: balance 0, tx cost 5", { method: SEND }],
    ["Besu", "Upfront cost exceeds account balance", { code: -32_004, method: SEND }],
    ["Nethermind", "InsufficientFunds, Account balance: 4, cumulative cost: 22", { method: SEND }],
    ["Arbitrum", "not enough funds for gas", { method: SEND }],
    ["Reth", "lack of funds (0) for max fee (21000)", { method: SEND }],
    ["Hardhat", "Sender doesn't have enough funds to send tx.", { method: SEND }],
  ],
  reverted: [
    ["geth", "execution reverted: rate limit exceeded", { code: 3, method: CALL }],
    [
      "anvil",
      'execution reverted: custom error 0x9cfea583, data: "0x9cfea583"',
      { code: 3, data: "0x9cfea583", method: CALL },
    ],
    [
      "Nethermind",
      "VM execution error.",
      { code: -32_015, data: "Reverted 0x08c379a0", method: CALL },
    ],
    ["Alchemy", "", { code: -32_603, data: "0x9cfea583", method: "eth_estimateGas" }],
    [
      "Hardhat",
      "VM Exception while processing transaction: reverted with reason string 'header not found'",
      { method: CALL },
    ],
    ["geth", "gas required exceeds allowance (0)", { method: "eth_estimateGas" }],
  ],
  accessRefused: [
    ["a gateway", "Access denied", { code: -32_001 }],
    ["a gateway", "Your trial has expired", { code: -32_000 }],
    [
      "Ankr",
      "Unauthorized: You must authenticate your request with an API key.",
      { code: -32_000 },
    ],
    ["Infura", "invalid project id", { status: 401 }],
    ["Alchemy", "App is inactive", { status: 403 }],
    ["Chainstack", "this method is not included in your current plan", { code: -32_002 }],
    ["a server at another address", "", { status: 404 }],
  ],
  unsupported: [
    [
      "geth",
      "the method eth_maxPriorityFeePerGas does not exist/is not available",
      { code: -32_601 },
    ],
    ["Besu", "Method not found", { code: -32_601 }],
    ["PublicNode", "method is not whitelisted", { code: -32_601 }],
  ],
  tooSlow: [
    ["geth", "request timed out", { code: -32_002, method: LOGS }],
    ["geth", "execution aborted (timeout = 5s)", { method: CALL }],
    ["Erigon", "context deadline exceeded", { method: LOGS }],
    ["Cloudflare", "", { status: 524 }],
    ["nginx", "", { status: 504 }],
  ],
  brokenAnswer: [
    ["dRPC", "Can't route your request to suitable provider", { code: 12 }],
    ["dRPC", "Temporary internal error. Please retry", { code: 19 }],
    ["a proxy", "EOF", { code: -32_000 }],
    ["a proxy", "server is busy", { code: -32_000 }],
    ["a proxy", "Failed to connect to node", { code: -32_000 }],
    ["Alchemy", "Internal server error", { code: -32_603 }],
    ["nginx", "", { status: 502 }],
    ["Varnish", "Backend fetch failed", { status: 503 }],
    ["eRPC", "upstream unavailable", { code: -32_055 }],
    ["Ankr", "failed to get response: no available nodes", { code: -32_000 }],
  ],
  invalidRequest: [["geth", "missing value for required argument 0", { code: -32_602 }]],
  unknown: [
    ["nobody yet", "the stars are not right", { code: -32_099 }],
    ["a library", "POST https://rpc.example/v2?apikey=12 went wrong", { method: CALL }],
  ],
};

describe("The meaning of an endpoint's error", () => {
  for (const [meaning, wordings] of Object.entries(WORDINGS)) {
    for (const [from, message, more = {}] of wordings) {
      const method = meaning === "rangeTooLarge" ? LOGS : undefined;
      it(`${from}: "${message.slice(0, 70)}" (${JSON.stringify(more.code ?? more.status ?? "no code")}) is ${meaning}`, () => {
        expect(meaningOfAnswer({ method, ...more, message })).to.equal(meaning);
      });
    }
  }

  it("is distinguished by the text when codes are equal, whatever the status", () => {
    const range = {
      code: -32_005,
      message: "query returned more than 10000 results",
      method: LOGS,
    };
    for (const status of [200, 400, 413, 429, 500]) {
      expect(meaningOfAnswer({ ...range, status })).to.equal("rangeTooLarge");
    }
    const rate = { code: -32_005, message: "project ID request rate exceeded", method: LOGS };
    for (const status of [200, 400, 429, 500]) {
      expect(meaningOfAnswer({ ...rate, status })).to.equal("throttled");
    }
  });
});

describe("An error of a library in front of an endpoint", () => {
  const library = (code: string, inner?: object) =>
    Object.assign(new Error(code), { code, ...inner });
  const aborted = new DOMException("The operation was aborted due to timeout", "TimeoutError");
  const socket = { cause: library("ECONNRESET") };
  const node = { info: { error: { code: -32_000, message: "header not found" } } };
  const cases: [what: string, error: unknown, meaning: Meaning, isUnclear: boolean][] = [
    ["a revert", library("CALL_EXCEPTION"), "reverted", false],
    ["a used nonce", library("NONCE_EXPIRED"), "nonceTooLow", false],
    ["a replacement", library("REPLACEMENT_UNDERPRICED"), "replacementUnderpriced", false],
    ["an empty account", library("INSUFFICIENT_FUNDS"), "insufficientFunds", false],
    ["a timeout", library("TIMEOUT"), "tooSlow", true],
    ["a server's error", library("SERVER_ERROR"), "brokenAnswer", true],
    ["no network", library("NETWORK_ERROR"), "noAnswer", true],
    ["a broken connection within it", library("UNKNOWN_ERROR", socket), "noAnswer", true],
    ["a node that lags within it", library("UNKNOWN_ERROR", node), "lagging", true],
    ["a status", { status: 429 }, "throttled", true],
    ["an aborted request", aborted, "tooSlow", true],
    [
      "a request of viem",
      Object.assign(new Error("late"), { name: "TimeoutError" }),
      "tooSlow",
      true,
    ],
    ["a mistake of our own", new TypeError("x is not a function"), "unknown", false],
  ];
  for (const [what, error, meaning, isUnclear] of cases) {
    it(`${what} means ${meaning}: the outcome is ${isUnclear ? "not known" : "known"}`, () => {
      expect(meaningOf(error)).to.equal(meaning);
      expect(isTransportError(error)).to.equal(isUnclear);
    });
  }
});
