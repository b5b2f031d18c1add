import { expect } from "chai";

import { withoutSecrets } from "../../../lib/files/secrets";

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
    {
      env: { RPC_URL_OP_SEPOLIA: "rpc.example/v2/AbCdSecret" },
      text: "unsupported protocol rpc.example/v2/abcdsecret (E10)",
      clean: "unsupported protocol <RPC_URL_OP_SEPOLIA> (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/v2/AbCdSecret" },
      text: "project ABCDSECRET has no credits (E10)",
      clean: "project <RPC_URL_OP_SEPOLIA> has no credits (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://alice:s3cr%23t@rpc.example" },
      text: "alice:s3cr%23t, s3cr#t and Basic YWxpY2U6czNjciN0 at rpc.example (E10)",
      clean:
        "<RPC_URL_OP_SEPOLIA>, <RPC_URL_OP_SEPOLIA> and Basic <RPC_URL_OP_SEPOLIA> at rpc.example (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/?network=op&dkey=a+b/c1" },
      text: "/?url=https%3A%2F%2Frpc.example%2F%3Fnetwork%3Dop%26dkey%3Da%2Bb%2Fc1 or a%2Bb%2Fc1 (E10)",
      clean: "/?url=<RPC_URL_OP_SEPOLIA> or <RPC_URL_OP_SEPOLIA> (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/rpc?apikey=k3y4" },
      text: "the key k3y4 is unknown to rpc.example (E10)",
      clean: "the key <RPC_URL_OP_SEPOLIA> is unknown to rpc.example (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: '"https://rpc.example/v2/AbCdSecret"\n' },
      text: "no answer from https://rpc.example/v2/AbCdSecret (E10)",
      clean: "no answer from <RPC_URL_OP_SEPOLIA> (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/v2/k3y4Qz" },
      text: "the key k3y4Qz of op-sepolia is unknown, v2 (E10)",
      clean: "the key <RPC_URL_OP_SEPOLIA> of op-sepolia is unknown, v2 (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/abcdef" },
      text: "Cannot POST /abcdef (E10)",
      clean: "Cannot POST <RPC_URL_OP_SEPOLIA> (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/sepolia/k3y4Qz" },
      text: "op-sepolia does not answer (E10)",
      clean: "op-sepolia does not answer (E10)",
    },
    {
      env: { RPC_URL_OP_SEPOLIA: "https://rpc.example/" },
      text: "rpc.example/ does not answer",
      clean: "rpc.example/ does not answer",
    },
    { env: { ETHERSCAN_API_KEY: "" }, text: "nothing is set", clean: "nothing is set" },
    { env: { RPC_URL_OP_SEPOLIA: "a" }, text: "a short value", clean: "a short value" },
    { env: { PATH: "/usr/bin:/bin" }, text: "/usr/bin:/bin", clean: "/usr/bin:/bin" },
  ];
  for (const { env, text, clean } of cases) {
    it(`reads "${clean}"`, () => expect(withoutSecrets(text, env)).to.equal(clean));
  }
});
