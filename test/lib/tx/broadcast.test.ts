import { expect } from "chai";
import { FetchRequest, ZeroHash, makeError } from "ethers";
import type { Provider } from "ethers";

import { broadcast } from "../../../lib/tx/broadcast";
import type { SubmitResult } from "../../../lib/tx/broadcast";
import { jsonRpcError } from "../../shared/thinProvider";

const LOST: Error = makeError("no answer", "TIMEOUT", {
  operation: "request.send",
  reason: "timeout",
  request: new FetchRequest(""),
});

/** Returns an endpoint that answers a transaction with an error, and knows it by its hash, its receipt, or not. */
function endpoint(error: Error, known: "pending" | "mined" | "unknown"): Provider {
  const found = known === "unknown" ? null : {};
  return {
    broadcastTransaction: () => Promise.reject(error),
    getTransaction: () => Promise.resolve(found),
    getTransactionReceipt: () => Promise.resolve(known === "mined" ? found : null),
  } as unknown as Provider;
}

describe("A signed transaction that an endpoint answers with", () => {
  const answers: [words: string, kind: SubmitResult["kind"]][] = [
    ["already known", "accepted"],
    ["nonce too low", "nonce conflict"],
    ["replacement transaction underpriced", "nonce conflict"],
    ["transaction underpriced", "underpriced"],
    ["insufficient funds for gas * price + value", "unfunded"],
    ["the stars are not right", "rejected"],
  ];
  for (const [words, kind] of answers) {
    it(`"${words}" is ${kind}, unless it is known there: then it is accepted`, async () => {
      const error = jsonRpcError(words);
      expect((await broadcast(endpoint(error, "unknown"), ZeroHash)).kind).to.equal(kind);
      for (const known of ["pending", "mined"] as const) {
        expect((await broadcast(endpoint(error, known), ZeroHash)).kind).to.equal("accepted");
      }
    });
  }

  it("nothing is accepted if it is known there; else nobody knows what became of it", async () => {
    for (const known of ["pending", "mined"] as const) {
      expect((await broadcast(endpoint(LOST, known), ZeroHash)).kind).to.equal("accepted");
    }
    await expect(broadcast(endpoint(LOST, "unknown"), ZeroHash)).to.be.rejectedWith(LOST);
  });
});
