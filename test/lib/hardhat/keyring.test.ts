import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Transaction, Wallet, encryptKeystoreJson } from "ethers";
import hre from "hardhat";
import { localAccount } from "ccip-localnet";

import { keysAtHand, signerAmong } from "../../../lib/hardhat/keyring";
import { NoKeyError } from "../../../lib/mesh/signing";

const LIVE = { home: "ethereum-sepolia" };
const WALLET = new Wallet(`0x${"5e".repeat(32)}`);
const OTHER = new Wallet(`0x${"6f".repeat(32)}`);
const LEDGER = "0x000000000000000000000000000000000000dEaD";
const { provider } = hre.ethers;

describe("The available keys", () => {
  let directory: string;
  let keystore: NodeJS.ProcessEnv;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "keyring-"));
    const file = path.join(directory, "deployer.json");
    const passwordFile = path.join(directory, "password");
    writeFileSync(file, await encryptKeystoreJson(WALLET, "horse", { scrypt: { N: 2 } }));
    writeFileSync(passwordFile, "horse\n");
    keystore = { DEPLOYER_KEYSTORE: file, DEPLOYER_KEYSTORE_PASSWORD_FILE: passwordFile };
  });

  after(() => rmSync(directory, { recursive: true }));

  it("are those of the development mnemonic on a local network, whatever the environment", async () => {
    const keys = await keysAtHand({ home: "local-home" }, keystore);
    expect(keys).to.have.length(20);
    expect(keys[0]?.address).to.equal(localAccount(0).address);
  });

  const cases: { what: string; env: () => NodeJS.ProcessEnv; accounts: string[] }[] = [
    { what: "missing while nothing is set", env: () => ({}), accounts: [] },
    {
      what: "a private key's",
      env: () => ({ DEPLOYER_PRIVATE_KEY: OTHER.privateKey }),
      accounts: [OTHER.address],
    },
    {
      what: "a keystore's before a private key's",
      env: () => ({ ...keystore, DEPLOYER_PRIVATE_KEY: OTHER.privateKey }),
      accounts: [WALLET.address],
    },
    {
      what: "a Ledger's before both",
      env: () => ({ ...keystore, DEPLOYER_LEDGER: LEDGER }),
      accounts: [LEDGER],
    },
  ];
  for (const { what, env, accounts } of cases) {
    it(`are ${what} on live chains`, async () => {
      const keys = await keysAtHand(LIVE, env());
      expect(keys.map(({ address }) => address)).to.deep.equal(accounts);
    });
  }

  it("sign for their own account, and for no other", async () => {
    const keys = await keysAtHand(LIVE, keystore);
    const chain = { name: "op-sepolia", provider };
    const signer = await signerAmong(keys, chain, WALLET.address);
    const signed = await signer.signTransaction({ to: OTHER.address, nonce: 0, chainId: 1n });
    expect(Transaction.from(signed).from).to.equal(WALLET.address);
    expect(signer.provider).to.equal(provider);
    await expect(signerAmong(keys, chain, OTHER.address)).to.be.rejectedWith(
      NoKeyError,
      `There is no key for ${OTHER.address} at hand to sign on op-sepolia`,
    );
  });
});
