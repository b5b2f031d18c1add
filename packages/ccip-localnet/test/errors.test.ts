import { expect } from "chai";
import { makeError } from "ethers";

import { messageOf, withoutKeys } from "../src/errors";

describe("Error messages", () => {
  it("are the node's own when ethers wraps them with the whole request", () => {
    const error = { code: -32_000, message: "intrinsic gas too low" };
    const wrapped = makeError("could not coalesce error", "UNKNOWN_ERROR", { error });
    expect(messageOf(wrapped)).to.equal("intrinsic gas too low");
    const expired = Object.assign(new Error("nonce has already been used (…)"), {
      info: { error: { message: "nonce too low" } },
    });
    expect(messageOf(expired)).to.equal("nonce too low");
    expect(messageOf(new Error("as it is"))).to.equal("as it is");
  });

  const texts: [text: string, told: string, url?: string][] = [
    ["for url (https://eth.example/v2/KEY)", "for url (https://eth.example/…)"],
    ['url: "https://me:KEY@eth.example/?k=KEY" }', 'url: "https://eth.example/…" }'],
    ["http://127.0.0.1:8545 answers", "http://127.0.0.1:8545 answers"],
    ['status: 401, body: "no \\"KEY\\"" })', "status: 401, body: … })"],
    ["no such key: /v2/a-key", "no such key: /v2/…", "https://eth.example/v2/a-key"],
    ["neither me2me nor word", "neither … nor …", "https://me2me:word@eth.example"],
  ];
  for (const [text, told, url] of texts) {
    it(`read "${told}"`, () => expect(withoutKeys(text, url)).to.equal(told));
  }
});
