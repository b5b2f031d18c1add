import { expect } from "chai";

import { parse } from "../src/cli/arguments";
import { optionsOf } from "../src/cli/start";
import { UsageError, parseSeconds } from "../src/cli/text";
import type { NetworkOptions } from "../src";

describe("A span of time on the command line", () => {
  for (const [text, seconds] of [
    ["90s", 90],
    ["10m", 600],
    ["1h", 3_600],
    ["2d", 172_800],
  ] as const) {
    it(`${text} is ${seconds} seconds`, () => expect(parseSeconds(text)).to.equal(seconds));
  }

  for (const text of ["90", "0s", "1w", "1.5h", "m", ""]) {
    it(`is not "${text}"`, () => expect(() => parseSeconds(text)).to.throw(UsageError));
  }
});

describe("A network on the command line", () => {
  const read = (line: string) => optionsOf(parse(line === "" ? [] : line.split(" ")).values);
  const rows: readonly [line: string, options: NetworkOptions][] = [
    ["", { chains: [{ name: "chain-1" }, { name: "chain-2" }], lanes: [] }],
    [
      "--chain left:4242:77 --chain right:5 --port 8545 --ccip 1.6",
      {
        chains: [
          { name: "left", chainId: 4_242, selector: 77n },
          { name: "right", chainId: 5 },
        ],
        ccip: "1.6",
        lanes: [],
        port: 8_545,
      },
    ],
    [
      "--chain a --chain b --lane a:b=1.6 --one-way-lane b:a=2.0",
      {
        chains: [{ name: "a" }, { name: "b" }],
        lanes: [
          { from: "a", to: "b", ccip: "1.6", oneWay: false },
          { from: "b", to: "a", ccip: "2.0", oneWay: true },
        ],
      },
    ],
    [
      "--fork chain-1=https://remote.test/v3/key@120 --fork chain-2=http://127.0.0.1:1",
      {
        chains: [
          { name: "chain-1", fork: { url: "https://remote.test/v3/key", blockNumber: 120 } },
          { name: "chain-2", fork: { url: "http://127.0.0.1:1" } },
        ],
        lanes: [],
      },
    ],
  ];
  for (const [line, options] of rows) {
    it(line || "has two chains unless told otherwise", () => {
      expect(read(line)).to.deep.equal(options);
    });
  }

  for (const [line, mistake] of [
    ["--chains 3 --chain a", "use one of them"],
    ["--chain a:1:2:3", "write name, name:id or name:id:selector"],
    ["--chain a:1:0x2", "is not a CCIP selector"],
    ["--fork chain-9=https://remote.test", '--fork names "chain-9", which is not a chain here'],
    ["--fork chain-1=remote.test", "--fork wants name=url"],
  ] as const) {
    it(`is not ${line}`, () => expect(() => read(line)).to.throw(UsageError, mistake));
  }
});
