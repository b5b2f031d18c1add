import { expect } from "chai";

import { WrongChainError, openProvider } from "../../../lib/rpc/provider";
import { startFaultyRpc } from "../../shared/faultyRpc";
import type { FaultyRpc } from "../../shared/faultyRpc";

const IMPATIENT = {
  answerTimeoutMs: 5_000,
  retryPolicy: { attempts: 2, pauseMs: 1, maxPauseMs: 1 },
};

describe("Opening an endpoint", () => {
  let rpc: FaultyRpc;

  before(async () => {
    rpc = await startFaultyRpc("http://127.0.0.1:1");
  });

  after(() => rpc.close());

  it("refuses one that serves another chain, before any query or transaction [H3]", async () => {
    rpc.inject(() => ({ pretend: () => "0x1" }));
    await expect(openProvider("op-sepolia", rpc.url, 11_155_420n, IMPATIENT)).to.be.rejectedWith(
      WrongChainError,
      "The RPC endpoint of op-sepolia answers as chain 1, not 11155420: correct its url.",
    );
    expect(rpc.calls.map(({ method }) => method)).to.deep.equal(["eth_chainId"]);
  });

  it("names the network of one that does not answer, and not its url", async () => {
    rpc.inject(() => "break");
    const failure = await openProvider("op-sepolia", rpc.url, 11_155_420n, IMPATIENT).catch(
      (error: unknown) => error,
    );
    expect(String(failure)).to.include("The RPC endpoint of op-sepolia does not answer");
    expect(String(failure)).to.not.include(rpc.url);
  });
});
