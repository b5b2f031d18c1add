import { ContractFunctionRevertedError, createPublicClient, parseAbi } from "viem";
import type { BaseError } from "viem";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startFaultyRpc } from "../../test/shared/faultyRpc";
import type { Fault, FaultyRpc } from "../../test/shared/faultyRpc";
import { endpoint } from "../src/data/transport";
import { reasonOf } from "../src/data/useReadings";
import { explain } from "../src/model/explain";

const KEY = "AbCdSecret";
const ACCOUNT = `0x${"11".repeat(20)}` as const;

describe("A browser endpoint", () => {
  let rpc: FaultyRpc;
  beforeAll(async () => {
    rpc = await startFaultyRpc("http://127.0.0.1:1");
  });
  afterAll(() => rpc.close());

  const clientOf = () =>
    createPublicClient({
      transport: endpoint(
        { name: "local-home", rpcUrl: `${rpc.url}/v2/${KEY}`, chainId: 7 },
        { answerTimeoutMs: 5_000, together: true },
      ),
    });
  const failureOf = (fault: Fault) => {
    rpc.inject(() => fault);
    return clientOf()
      .getBlockNumber({ cacheTime: 0 })
      .then(String, (error: unknown) => error);
  };

  it("that accepts three calls at once receives three", async () => {
    const refuse = "Batch of more than 3 requests are not allowed on free tier";
    rpc.inject((calls) =>
      calls.length > 3 ? { refuse, code: 31, status: 500 } : { pretend: () => "0x7" },
    );
    const client = clientOf();
    const balances = Array.from({ length: 20 }, () => client.getBalance({ address: ACCOUNT }));
    expect(await Promise.all(balances)).toEqual(balances.map(() => 7n));
  });

  it("that once answers with a web page is queried again", async () => {
    let pages = 1;
    rpc.inject(() =>
      pages-- > 0 ? { body: "<html>One moment</html>" } : { pretend: () => "0x7" },
    );
    expect(await clientOf().getBalance({ address: ACCOUNT })).toBe(7n);
  });

  it("that serves another chain is not trusted until it serves the right one", async () => {
    let served = "0x8";
    rpc.inject(() => ({ pretend: ({ method }) => (method === "eth_chainId" ? served : "0x7") }));
    const client = clientOf();
    const balance = () => client.getBalance({ address: ACCOUNT });
    const failure: unknown = await balance().catch((error: unknown) => error);
    expect(reasonOf(failure)).toBe("its endpoint serves the chain of id 8, and this one has 7");
    served = "0x7";
    expect(await balance()).toBe(7n);
  });

  it("passes reverts on unchanged", async () => {
    rpc.inject(() => ({ refuse: "execution reverted", code: 3, data: "0x9cfea583" }));
    const abi = parseAbi(["error Unsynced()", "function epoch() view returns (uint32)"]);
    const failure: unknown = await clientOf()
      .readContract({ address: ACCOUNT, abi, functionName: "epoch" })
      .catch((error: unknown) => error);
    const revert = (failure as BaseError).walk(
      (cause) => cause instanceof ContractFunctionRevertedError,
    );
    expect((revert as ContractFunctionRevertedError).signature ?? revert).toBeTruthy();
  });

  it.each<[string, Fault, string]>([
    ["page", { body: `<html>no route for ${KEY}</html>` }, "cannot be read"],
    ["status 401", { body: `unknown key ${KEY.toLowerCase()}`, status: 401 }, "refuses access"],
    ["broken connection", "break", "cannot be reached"],
    ["unknown words", { refuse: `${KEY} is not right`, code: -32_099 }, "<url> is not right"],
  ])("reports a %s without the API key", async (_, fault, words) => {
    const failure = await failureOf(fault);
    expect(reasonOf(failure)).toContain(words);
    expect(reasonOf(failure) + explain(failure)).not.toMatch(new RegExp(KEY, "i"));
  });
});
