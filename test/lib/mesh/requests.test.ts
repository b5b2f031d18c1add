import { expect } from "chai";
import { ZeroHash } from "ethers";

import { makes, proposeData, requestsOf } from "../../../lib/mesh/components/timelock/requests";
import type { Request, RoutedStep } from "../../../lib/mesh/components/timelock/requests";
import { call, stepOn } from "../../../lib/mesh/stepBuilders";

const [SENDER, TIMELOCK, OTHER] = [1, 2, 3].map((digit) => `0x${String(digit).repeat(40)}`) as [
  string,
  string,
  string,
];

const ROUTED = {
  at: { chain: { selector: 7n } },
  step: stepOn({ name: "local-sat1" }, "timelock/delay", {
    title: "set the delay",
    changes: [],
    call: call(TIMELOCK, "the timelock", TIMELOCK, "0x1234"),
  }),
} as unknown as RoutedStep;

const batch = { targets: [TIMELOCK], values: [0n], payloads: ["0x1234"] };
const request = (change: Partial<Request["batch"]> = {}, selector = 7n): Request => ({
  selector,
  validFor: 60n,
  batch: { ...batch, predecessor: ZeroHash, salt: ZeroHash, delay: 5n, ...change },
});

describe("A request for a satellite", () => {
  for (const [what, made, isSame] of [
    ["with the call alone", request(), true],
    ["for another chain", request({}, 8n), false],
    ["with another target", request({ targets: [OTHER] }), false],
    ["with another value", request({ values: [1n] }), false],
    ["with other data", request({ payloads: ["0x1235"] }), false],
    [
      "with a call more",
      request({ targets: [TIMELOCK, OTHER], values: [0n, 0n], payloads: ["0x1234", "0x"] }),
      false,
    ],
  ] as const) {
    it(`${what} is ${isSame ? "" : "not "}the one of a step`, () => {
      expect(makes(made, ROUTED)).to.equal(isSame);
    });
  }

  it("is read from the calls of an operation to the sender, and from no others", () => {
    const requests = [request(), request({ values: [1n] }, 8n)];
    const data = proposeData(requests, 9n);
    const calls = [
      { target: OTHER, value: 0n, data },
      { target: SENDER, value: 0n, data: "0x12345678" },
      { target: SENDER, value: 0n, data },
    ];
    expect(requestsOf({ calls }, SENDER)).to.deep.equal(requests);
  });
});
