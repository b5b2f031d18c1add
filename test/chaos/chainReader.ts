import { getBytes, hexlify } from "ethers";
import type { Interface } from "ethers";
import { z } from "zod";
import type { RpcProvider } from "ccip-localnet/protocol";

/** A view of a contract to be read again and again. */
export interface View {
  readonly name: string;
  readonly to: string;
  readonly contract: Interface;
  readonly call: string;
  readonly args?: readonly unknown[];
}

/** Values that were read, by the names of their views. */
export type Figures = ReadonlyMap<string, readonly bigint[]>;

const blockSchema = z.object({ hash: z.string(), timestamp: z.string() });

/** Reads the same views of a chain after every command; they are encoded once. */
export class ChainReader {
  readonly #calls: readonly { readonly name: string; readonly request: object }[];
  #last: { readonly hash: string; readonly figures: Figures } | undefined;

  constructor(
    private readonly provider: RpcProvider,
    views: readonly View[],
  ) {
    this.#calls = views.map(({ name, to, contract, call, args = [] }) => ({
      name,
      request: { to, data: contract.encodeFunctionData(call, [...args]) },
    }));
  }

  /** Reads all views in the latest block, and its time; a block that was read last says the same again. */
  async read(): Promise<Figures> {
    const block = await this.provider.send("eth_getBlockByNumber", ["latest", false]);
    const { hash, timestamp } = blockSchema.parse(block);
    if (this.#last?.hash === hash) return this.#last.figures;
    const values = this.#calls.map(async ({ name, request }) => {
      const data = String(await this.provider.send("eth_call", [request, "latest"]));
      return [name, wordsOf(data)] as const;
    });
    const figures = new Map<string, readonly bigint[]>([
      ["time", [BigInt(timestamp)]],
      ...(await Promise.all(values)),
    ]);
    this.#last = { hash, figures };
    return figures;
  }
}

/** The words of an answer whose values have a word each. */
function wordsOf(data: string): bigint[] {
  const bytes = getBytes(data);
  return Array.from({ length: bytes.length / 32 }, (_, i) =>
    BigInt(hexlify(bytes.subarray(32 * i, 32 * (i + 1)))),
  );
}
