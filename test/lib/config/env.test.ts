import { expect } from "chai";

import { requireRpcUrl, rpcUrl, rpcUrlVariable } from "../../../config/env";

const NETWORK = "op-sepolia";
const VARIABLE = rpcUrlVariable(NETWORK);

describe("The RPC url of a live network", () => {
  let before: string | undefined;
  beforeEach(() => (before = process.env[VARIABLE]));
  afterEach(() => {
    if (before === undefined) delete process.env[VARIABLE];
    else process.env[VARIABLE] = before;
  });

  const good: [value: string, url: string][] = [
    ["https://rpc.example/v2/AbCdSecret", "https://rpc.example/v2/AbCdSecret"],
    ["http://127.0.0.1:8545", "http://127.0.0.1:8545"],
    ["HTTPS://alice:secret@rpc.example", "HTTPS://alice:secret@rpc.example"],
    [" https://rpc.example \n", "https://rpc.example"],
    ['"https://rpc.example"\n', "https://rpc.example"],
    ["' https://rpc.example '", "https://rpc.example"],
  ];
  for (const [value, url] of good) {
    it(`${JSON.stringify(value)} is ${url}`, () => {
      process.env[VARIABLE] = value;
      expect(rpcUrl(NETWORK)).to.equal(url);
      expect(requireRpcUrl(NETWORK)).to.equal(url);
    });
  }

  const bad: [value: string, problem: string][] = [
    ["", "There is no RPC url for op-sepolia: set RPC_URL_OP_SEPOLIA in .env."],
    [" ", "There is no RPC url for op-sepolia: set RPC_URL_OP_SEPOLIA in .env."],
    ...[
      "rpc.example/v2/AbCdSecret",
      "localhost:8545/AbCdSecret",
      "//rpc.example/AbCdSecret",
      "https:/rpc.example/AbCdSecret",
      "https//rpc.example/AbCdSecret",
      "AbCdSecret",
    ].map((value): [string, string] => [
      value,
      "RPC_URL_OP_SEPOLIA has no https:// in front: write the whole url of the endpoint.",
    ]),
    [
      "wss://rpc.example/AbCdSecret",
      "RPC_URL_OP_SEPOLIA starts with wss://: name the endpoint's https:// url.",
    ],
    [
      "https://rpc.example/AbCdSecret https://other.example",
      "RPC_URL_OP_SEPOLIA has a blank in its url: write the url of one endpoint.",
    ],
    [
      "https://:AbCdSecret",
      "RPC_URL_OP_SEPOLIA holds no valid url: write https://, a host and a path.",
    ],
  ];
  for (const [value, problem] of bad) {
    it(`${JSON.stringify(value)} is refused without being printed`, () => {
      process.env[VARIABLE] = value;
      expect(rpcUrl(NETWORK)).to.equal(undefined);
      expect(() => requireRpcUrl(NETWORK)).to.throw(problem);
    });
  }
});
