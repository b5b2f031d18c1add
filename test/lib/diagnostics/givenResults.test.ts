import { expect } from "chai";
import type { TransactionResponse } from "ethers";
import { released, verifiedExecution } from "ccip-localnet/protocol";
import type { Verification } from "ccip-localnet/protocol";

import { givenResults } from "../../../lib/diagnostics/givenResults";
import { MESSAGE_20, at } from "../../shared/messageFacts";

const message = { ...MESSAGE_20, encoded: "0x0102" };
const results: readonly Verification[] = [
  { verifier: at(21), results: "0x0a" },
  { verifier: at(22), results: "0x0b" },
];
const call = verifiedExecution(message, results);
const { interface: offRamp } = released("offRamp", "2.0");

describe("Verifier results in what executed a message", () => {
  const rows: readonly [
    what: string,
    transactions: readonly (Pick<TransactionResponse, "to" | "data"> | null)[],
    found: readonly Verification[],
  ][] = [
    ["are those of each verifier", [call], results],
    ["are those of each execution", [call, null, call], [...results, ...results]],
    ["are none where another contract was called", [{ ...call, to: at(9) }], []],
    ["are none of another message", [verifiedExecution(MESSAGE_20, results)], []],
    [
      "are none in another call",
      [{ to: call.to, data: offRamp.encodeFunctionData("typeAndVersion") }],
      [],
    ],
  ];
  for (const [what, transactions, found] of rows) {
    it(what, async () => {
      const getTransaction = (hash: string) =>
        Promise.resolve((transactions[Number(hash)] ?? null) as TransactionResponse | null);
      const hashes = transactions.map((_, i) => String(i));
      const given = await givenResults(message, { getTransaction }, [...hashes, "0"]);
      expect(given).to.deep.equal(found);
    });
  }
});
