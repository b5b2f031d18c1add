import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet, encryptKeystoreJson, toQuantity } from "ethers";
import { startAnvil } from "ccip-localnet";
import type { Anvil } from "ccip-localnet";

import { DeploymentStore } from "../../lib/deployments/store";
import { placeRouter } from "../shared/liveRouter";
import { hardhat, outcomeOf } from "../shared/terminal";
import type { Outcome } from "../shared/surroundings";

const NETWORK = "ethereum-sepolia";
const CHAIN_ID = 11_155_111;

const WALLET = new Wallet(`0x${"5e".repeat(31)}17`);
const PASSWORD = "correct horse battery staple";
const PROJECT = "0123456789abcdef0123456789abcdef";

/** Secrets that must not appear in any output. */
const SECRETS = [WALLET.privateKey.slice(2), PASSWORD, PROJECT, "f".repeat(60)];

describe("Keys and secrets on the command line", () => {
  let directory: string;
  let node: Anvil;
  let keystore: NodeJS.ProcessEnv;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "secrets-"));
    const file = path.join(directory, "deployer.json");
    const passwordFile = path.join(directory, "password");
    writeFileSync(file, await encryptKeystoreJson(WALLET, PASSWORD, { scrypt: { N: 2 } }));
    writeFileSync(passwordFile, `${PASSWORD}\n`);
    keystore = { DEPLOYER_KEYSTORE: file, DEPLOYER_KEYSTORE_PASSWORD_FILE: passwordFile };
    const logFile = path.join(directory, "anvil.log");
    node = await startAnvil({ name: NETWORK, chainId: CHAIN_ID, logFile });
    await node.provider.send("anvil_setBalance", [WALLET.address, toQuantity(10n ** 20n)]);
    await placeRouter(node.provider, NETWORK);
  });

  after(async () => {
    await node.stop();
    rmSync(directory, { recursive: true });
  });

  /** Runs a command with everything that Hardhat and its plugins can be made to say. */
  const run = (command: string, env: NodeJS.ProcessEnv): Promise<Outcome> =>
    outcomeOf(
      hardhat(directory, command.split(" "), {
        DEBUG: "*",
        RPC_URL_ETHEREUM_SEPOLIA: `${node.url}/?key=${PROJECT}`,
        ...env,
      }),
    );

  const untold = ({ stdout, stderr }: Outcome) => {
    for (const secret of SECRETS) expect(stdout + stderr).to.not.include(secret);
  };

  it("deploy with a keystore to a live network, without printing a secret [H4]", async () => {
    const deployed = await run(`deploy --network ${NETWORK} --no-compile --yes`, keystore);
    expect(deployed.code, deployed.stderr.slice(-2_000)).to.equal(0);
    untold(deployed);
    const store = new DeploymentStore(path.join(directory, "deployments/testnet", NETWORK));
    expect(store.get("RebaseToken").receipt?.from).to.equal(WALLET.address);
  });

  const cases: { what: string; command: string; env: () => NodeJS.ProcessEnv; says: string }[] = [
    {
      what: "a private key that is cut off",
      command: `deploy --network ${NETWORK} --no-compile --yes`,
      env: () => ({ DEPLOYER_PRIVATE_KEY: WALLET.privateKey.slice(0, -1) }),
      says: "DEPLOYER_PRIVATE_KEY is not a private key",
    },
    {
      what: "a keystore with another password",
      command: `deploy --network ${NETWORK} --no-compile --yes`,
      env: () => ({ ...keystore, DEPLOYER_KEYSTORE_PASSWORD_FILE: keystore.DEPLOYER_KEYSTORE }),
      says: "holds another password",
    },
    {
      what: "urls that do not answer or are not set, with a valid key",
      command: "token pause --all --yes --json --mesh testnet",
      env: () => ({
        DEPLOYER_PRIVATE_KEY: WALLET.privateKey,
        RPC_URL_ETHEREUM_SEPOLIA: `http://127.0.0.1:1/v3/${PROJECT}`,
      }),
      says: "set RPC_URL_ARBITRUM_SEPOLIA in .env",
    },
  ];
  for (const { what, command, env, says } of cases) {
    it(`report ${what}, without printing a secret [H4]`, async () => {
      const outcome = await run(command, env());
      expect(outcome.code, outcome.stderr.slice(-2_000)).to.equal(1);
      expect(outcome.stdout + outcome.stderr).to.include(says);
      untold(outcome);
    });
  }
});
