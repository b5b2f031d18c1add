import { expect } from "chai";

import { withoutSecrets } from "../../../lib/cli/secrets";

const KEY = "5e".repeat(32);

describe("A text without secrets", () => {
  const cases: { env: NodeJS.ProcessEnv; text: string; clean: string }[] = [
    {
      env: { DEPLOYER_PRIVATE_KEY: `0x${KEY}` },
      text: `bad key 0x${KEY}, or ${KEY}`,
      clean: "bad key <DEPLOYER_PRIVATE_KEY>, or <DEPLOYER_PRIVATE_KEY>",
    },
    {
      env: { DEPLOYER_PRIVATE_KEY: ` ${KEY} ` },
      text: `bad key 0x${KEY}`,
      clean: "bad key 0x<DEPLOYER_PRIVATE_KEY>",
    },
    {
      env: { ETHERSCAN_API_KEY: "ABCDEF123456" },
      text: "GET /v2/api?apikey=ABCDEF123456 failed",
      clean: "GET /v2/api?apikey=<ETHERSCAN_API_KEY> failed",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/v3/abcdef0123456789" },
      text: "no answer from https://rpc.example/v3/abcdef0123456789",
      clean: "no answer from <RPC_URL_OP_SEPOLIA>",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/v3/abcdef0123456789" },
      text: "rpc.example refused the project abcdef0123456789",
      clean: "rpc.example refused the project <RPC_URL_OP_SEPOLIA>",
    },
    { env: { ETHERSCAN_API_KEY: "" }, text: "nothing is set", clean: "nothing is set" },
    { env: { RPC_URL_OP_SEPOLIA: "a" }, text: "a short value", clean: "a short value" },
    { env: { PATH: "/usr/bin:/bin" }, text: "/usr/bin:/bin", clean: "/usr/bin:/bin" },
  ];
  for (const { env, text, clean } of cases) {
    it(`says "${clean}"`, () => expect(withoutSecrets(text, env)).to.equal(clean));
  }
});
