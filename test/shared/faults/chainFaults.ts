import { Transaction } from "ethers";
import { LOCAL_FUNDED_ACCOUNTS } from "ccip-localnet/config";
import { localAccount } from "ccip-localnet";
import type { RpcProvider } from "ccip-localnet/protocol";

import type { Fault, RpcCall } from "../faultyRpc";

type Decide = (calls: readonly RpcCall[]) => Fault | Promise<Fault>;

const SENDS = "eth_sendRawTransaction";

function sendIn(calls: readonly RpcCall[]): string | undefined {
  const call = calls.find(({ method }) => method === SENDS);
  return call && String(call.params[0]);
}

/**
 * The first transaction is replaced before it is mined, by what a wallet makes of it: the same at a higher price, or
 * nothing to oneself.
 */
export function replacedByWallet(by: "the same" | "nothing"): Decide {
  let done = false;
  return (calls) => {
    if (done || sendIn(calls) === undefined) return "pass";
    done = true;
    return {
      ask: (call) =>
        call.method === SENDS
          ? { ...call, params: [replacement(String(call.params[0]), by)] }
          : call,
      amend: ({ method, params }, answer) => {
        if (method !== SENDS) return answer;
        if (answer.error) throw new Error(`The node refuses it: ${answer.error.message}`);
        return { result: Transaction.from(String(params[0])).hash };
      },
    };
  };
}

/** Signs the replacement of a transaction of an account of the development mnemonic. */
function replacement(signed: string, by: "the same" | "nothing"): string {
  const first = Transaction.from(signed);
  const owner = Array.from({ length: LOCAL_FUNDED_ACCOUNTS }, (_, i) => localAccount(i)).find(
    (account) => account.address === first.from,
  );
  if (!owner) throw new Error(`There is no key for ${first.from}.`);
  const { type, to, data, value, nonce, gasLimit, chainId } = first;
  const faster = Transaction.from({
    ...{ type, nonce, gasLimit, chainId },
    ...(by === "the same" ? { to, data, value } : { to: owner.address }),
    maxFeePerGas: 2n * (first.maxFeePerGas ?? 0n),
    maxPriorityFeePerGas: 2n * (first.maxPriorityFeePerGas ?? 0n),
  });
  faster.signature = owner.signingKey.sign(faster.unsignedHash);
  return faster.serialized;
}

/**
 * A reorganisation drops the newest blocks once with each transaction, after its receipt was seen; blocks are mined
 * whenever their number is asked for.
 */
export function reorganised(node: RpcProvider): Decide {
  const seen = new Set<string>();
  let before: unknown;
  let receipts = 0;
  return async (calls): Promise<Fault> => {
    const signed = sendIn(calls);
    if (signed !== undefined && !seen.has(signed)) {
      seen.add(signed);
      if (before === undefined) [before, receipts] = [await node.send("evm_snapshot", []), 0];
      return "pass";
    }
    if (before !== undefined && calls.some(({ method }) => /TransactionReceipt/.test(method))) {
      receipts += 1;
      if (receipts > 1) {
        await node.send("evm_revert", [before]);
        before = undefined;
      }
    } else if (before === undefined && calls.some(({ method }) => method === "eth_blockNumber")) {
      await node.send("evm_mine", []);
    }
    return "pass";
  };
}

/** The request with which an endpoint falls silent: the first of a run, counted from 1, or the first that sends. */
export interface End {
  readonly request?: number;
  readonly send?: number;
  /** True if the node hears that request, and only its answer is lost. */
  readonly isHeard: boolean;
}

/** From one request on, nothing is answered. */
export function silentFrom({ request, send, isHeard }: End): Decide {
  let [requests, sends, isSilent] = [0, 0, false];
  return (calls) => {
    if (isSilent) return "break";
    requests += 1;
    if (sendIn(calls) !== undefined) sends += 1;
    isSilent = requests === request || (sendIn(calls) !== undefined && sends === send);
    if (!isSilent) return "pass";
    return isHeard ? "lose answer" : "break";
  };
}
