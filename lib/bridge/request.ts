import { parseAddress } from "../core/input/address";
import { parseAmount } from "../core/input/decimal";
import { chainsOf } from "../mesh/mesh";
import type { Mesh, MeshChain } from "../mesh/mesh";
import { TOKEN_DECIMALS } from "../mesh/units";

import type { FeeToken } from "./quote";

/** A transfer as somebody types it. */
export interface TransferWords {
  /** Network names. */
  readonly from: string;
  readonly to: string;
  /** In tokens: `12.5`. */
  readonly amount: string;
  /** The sending account unless named. */
  readonly receiver?: string;
  /** Who sends; whoever's key is at hand unless named. */
  readonly account?: string;
  readonly feeToken?: string;
}

/** A transfer that can be quoted. */
export interface TransferRequest {
  readonly source: MeshChain;
  readonly destination: MeshChain;
  /** Token units (wei). */
  readonly amount: bigint;
  readonly receiver: string;
  readonly account: string;
  readonly feeToken: FeeToken;
}

/**
 * Takes a transfer at its words.
 * @throws naming the word and what to write instead.
 */
export function parseTransfer(mesh: Mesh, words: TransferWords): TransferRequest {
  const source = chainCalled(mesh, words.from, "--from");
  const destination = chainCalled(mesh, words.to, "--to");
  if (source === destination) {
    throw new Error(
      `--from and --to are both ${source.name}: on one chain tokens are transferred, not bridged.`,
    );
  }
  const amount = parseAmount(words.amount, TOKEN_DECIMALS, { positive: true, option: "--amount" });
  const account = parseAddress(words.account ?? mesh.operator, { option: "--account" });
  const receiver = parseAddress(words.receiver ?? account, { option: "--receiver" });
  const { feeToken = "native" } = words;
  if (feeToken !== "native" && feeToken !== "link") {
    throw new Error(`--fee-token ${feeToken} is no fee token: write native or link.`);
  }
  return { source, destination, amount, receiver, account, feeToken };
}

function chainCalled(mesh: Mesh, name: string, option: string): MeshChain {
  const chain = chainsOf(mesh).find((candidate) => candidate.name === name);
  if (chain) return chain;
  const names = chainsOf(mesh).map((candidate) => candidate.name);
  throw new Error(
    `${option} ${name} is not in mesh ${mesh.config.name}: use one of ${names.join(", ")}.`,
  );
}
