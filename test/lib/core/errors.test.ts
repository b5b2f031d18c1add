import { readFileSync } from "node:fs";
import path from "node:path";

import { expect } from "chai";

import { EndpointError } from "../../../lib/core/endpoint/errors";
import { ERROR_CODES, OperatorError, errorCodeOf } from "../../../lib/core/errors";
import { parseAmount } from "../../../lib/core/input/decimal";

const DOCUMENT = path.resolve(__dirname, "../../../docs/error-codes.md");

describe("Error codes", () => {
  it("are listed in docs/error-codes.md", () => {
    const listed = [...readFileSync(DOCUMENT, "utf8").matchAll(/^- `(\w+)`: (.+)$/gm)];
    expect(Object.fromEntries(listed.map(([, code, text]) => [code, text]))).to.deep.equal(
      ERROR_CODES,
    );
  });

  it("are listed in order", () => {
    expect(Object.keys(ERROR_CODES)).to.deep.equal(Object.keys(ERROR_CODES).sort());
  });

  const rows: readonly (readonly [what: string, error: unknown, code: string])[] = [
    ["an operator's error", new OperatorError("SAME_CHAIN", "x"), "SAME_CHAIN"],
    ["several of one kind", several("SAME_CHAIN", "SAME_CHAIN"), "SAME_CHAIN"],
    ["several kinds", several("SAME_CHAIN", "UNKNOWN_CHAIN"), "SEVERAL_ERRORS"],
    ["a silent endpoint", new EndpointError("noAnswer", "x", "y"), "ENDPOINT_UNAVAILABLE"],
    ["an endpoint's refusal", new EndpointError("priceTooLow", "x", "y"), "ENDPOINT_REFUSED"],
    ["an empty account", new EndpointError("insufficientFunds", "x", "y"), "NOT_ENOUGH_FUNDS"],
    ["a fault of this program", new TypeError("x"), "UNEXPECTED"],
    ["a text", "x", "UNEXPECTED"],
    ["a mistyped amount", thrownBy(() => parseAmount("1,5", 18)), "INVALID_AMOUNT"],
  ];
  for (const [what, error, code] of rows) {
    it(`${what}: ${code}`, () => {
      expect(errorCodeOf(error)).to.equal(code);
    });
  }
});

function several(...codes: ("SAME_CHAIN" | "UNKNOWN_CHAIN")[]): AggregateError {
  return new AggregateError(codes.map((code) => new OperatorError(code, "x")));
}

function thrownBy(action: () => unknown): unknown {
  try {
    return action();
  } catch (error) {
    return error;
  }
}
