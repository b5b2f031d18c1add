import { createServer } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { expect } from "chai";
import { getAddress, id, keccak256 } from "ethers";
import type { Verification } from "ccip-localnet/protocol";

import { CHAINLINK_INDEXERS, IndexerResults, parseIndexers } from "../../../lib/ccip/indexer";
import { ResultSources, ResultsUnavailableError, parseResults } from "../../../lib/ccip/results";

const MESSAGE = id("a message");
const VERIFIER = getAddress("0x2caafd3b4cf606220580c885bd2b448fb93dc03b");
const OTHER = getAddress("0x99bf17a320a981710f9b53c0c0b27219c1121d8d");
const RESULTS = "0x49ff34ed0002abcd";
const FOUND: readonly Verification[] = [{ verifier: VERIFIER, results: RESULTS }];

/** Answer of an indexer for a message with verifier results. */
function indexed(messageId: string, verifiers = [VERIFIER.toLowerCase()]) {
  return {
    success: true,
    messageID: messageId,
    results: verifiers.map((verifier) => ({
      verifierResult: {
        message_id: messageId,
        message_ccv_addresses: [verifier],
        ccv_data: RESULTS,
        timestamp: "2026-11-29T10:00:00Z",
        verifier_source_address: OTHER.toLowerCase(),
        verifier_dest_address: verifier,
      },
      metadata: { attestationTimestamp: "2026-11-29T10:00:00Z" },
    })),
  };
}

describe("Verifier results", () => {
  describe("are read in the published formats:", () => {
    const encoded = "0x0102";
    const published: readonly { what: string; document: unknown; messageId?: string }[] = [
      { what: "by the local network", document: FOUND },
      { what: "by Chainlink's indexer", document: indexed(MESSAGE) },
      {
        what: "by Chainlink's indexer, with an address of 32 bytes",
        document: indexed(MESSAGE, [`0x${"00".repeat(12)}${VERIFIER.slice(2).toLowerCase()}`]),
      },
      {
        what: "by Chainlink's API",
        document: {
          offramp: OTHER,
          encodedMessage: encoded,
          verificationComplete: true,
          ccvData: [RESULTS],
          verifierAddresses: [VERIFIER],
        },
        messageId: keccak256(encoded),
      },
      {
        what: "by ccip-sdk",
        document: { verifications: [{ destAddress: VERIFIER, ccvData: RESULTS, timestamp: 1 }] },
      },
    ];
    for (const { what, document, messageId = MESSAGE } of published) {
      it(what, () => {
        expect(parseResults(document, messageId)).to.deep.equal(FOUND);
      });
    }

    it("for several verifiers, and for none that has answered yet", () => {
      expect(parseResults(indexed(MESSAGE, [VERIFIER, OTHER]), MESSAGE)).to.deep.equal([
        ...FOUND,
        { verifier: OTHER, results: RESULTS },
      ]);
      expect(parseResults({ success: true, results: [] }, MESSAGE)).to.deep.equal([]);
      const pending = { encodedMessage: encoded, verifierAddresses: [VERIFIER] };
      expect(parseResults(pending, keccak256(encoded))).to.deep.equal([]);
    });

    const rejected: readonly { what: string; document: unknown; says: string }[] = [
      { what: "of another message", document: indexed(id("another")), says: id("another") },
      { what: "of another shape", document: { hello: "world" }, says: "not a list of verifier" },
      {
        what: "for something that is no address",
        document: [{ verifier: "0x12", results: RESULTS }],
        says: "not a list of verifier results",
      },
      {
        what: "that are no hex",
        document: [{ verifier: VERIFIER, results: "yes" }],
        says: "not a list of verifier results",
      },
      {
        what: "without a named verifier",
        document: { ccvData: [RESULTS, RESULTS], verifierAddresses: [VERIFIER] },
        says: "not a list of verifier results",
      },
    ];
    for (const { what, document, says } of rejected) {
      it(`and not ${what}`, () => {
        expect(() => parseResults(document, MESSAGE)).to.throw(ResultsUnavailableError, says);
      });
    }
  });

  describe("are requested from an indexer", () => {
    let server: Server;
    let url: string;
    let asked: string[];
    let answer: (response: ServerResponse) => void;

    before(async () => {
      server = createServer(({ url: path = "" }, response) => {
        asked.push(path);
        answer(response);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    beforeEach(() => (asked = []));
    after(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    const says = (status: number, body: string) => (response: ServerResponse) =>
      void response.writeHead(status, { "content-type": "application/json" }).end(body);

    it("by message id", async () => {
      answer = says(200, JSON.stringify(indexed(MESSAGE)));
      expect(await new IndexerResults(`${url}/`).verificationsOf(MESSAGE)).to.deep.equal(FOUND);
      expect(asked).to.deep.equal([`/v1/verifierresults/${MESSAGE}`]);
    });

    it("that does not know the message yet", async () => {
      answer = says(404, '{"error":"message not found"}');
      expect(await new IndexerResults(url).verificationsOf(MESSAGE)).to.deep.equal([]);
    });

    const broken: readonly { what: string; answer: typeof answer; says: RegExp }[] = [
      { what: "fails", answer: says(503, "overloaded"), says: /^HTTP 503 \(overloaded\)$/ },
      { what: "wants a key", answer: says(403, ""), says: /^HTTP 403$/ },
      {
        what: "answers a page for people",
        answer: says(200, "<html>hello</html>"),
        says: /^no JSON \(<html>hello<\/html>\)$/,
      },
      { what: "answers something else", answer: says(200, "{}"), says: /^it is not a list/ },
      {
        what: "answers for another message",
        answer: says(200, JSON.stringify(indexed(id("another")))),
        says: /holds verifier results of message 0x\w{64}, and 0x\w{64} is asked for/,
      },
      { what: "never answers", answer: () => undefined, says: /^no answer within 0\.2 s$/ },
      {
        what: "stops in the middle",
        answer: (response) => void response.writeHead(200).write('{"results":'),
        says: /^no answer within 0\.2 s$/,
      },
      {
        what: "hangs up",
        answer: (response) => void response.socket?.destroy(),
        says: /other side closed|socket hang up|ECONNRESET/,
      },
    ];
    for (const { what, answer: given, says: said } of broken) {
      it(`that ${what}`, async () => {
        answer = given;
        await expect(new IndexerResults(url, 200).verificationsOf(MESSAGE))
          .to.be.rejectedWith(said)
          .and.eventually.be.instanceOf(ResultsUnavailableError);
      });
    }

    it("among several: any that has them, and every failure when none has", async () => {
      const nowhere = new IndexerResults("http://127.0.0.1:9", 1_000);
      answer = says(200, JSON.stringify(indexed(MESSAGE)));
      const both = new ResultSources([nowhere, new IndexerResults(url)]);
      expect(await both.verificationsOf(MESSAGE)).to.deep.equal(FOUND);
      expect(both.place).to.equal(`http://127.0.0.1:9, ${url}`);
      answer = says(404, "");
      await expect(both.verificationsOf(MESSAGE)).to.be.rejectedWith(
        ResultsUnavailableError,
        /^http:\/\/127\.0\.0\.1:9: .+/,
      );
      const one = new ResultSources([new IndexerResults(url)]);
      expect(await one.verificationsOf(MESSAGE)).to.deep.equal([]);
    });
  });

  it("are requested from Chainlink's indexers, or those that CCIP_INDEXER_URL lists", () => {
    expect(parseIndexers("")).to.deep.equal([]);
    expect(parseIndexers("https://a.example, http://127.0.0.1:8080 ,")).to.deep.equal([
      "https://a.example",
      "http://127.0.0.1:8080",
    ]);
    expect(() => parseIndexers("a.example")).to.throw('"a.example" in CCIP_INDEXER_URL');
    expect(CHAINLINK_INDEXERS.map((one) => parseIndexers(one)).flat()).to.deep.equal(
      CHAINLINK_INDEXERS,
    );
  });
});
