import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Transaction, Wallet, encryptKeystoreJson } from "ethers";
import hre from "hardhat";
import { localAccount } from "ccip-localnet";

import { keysAtHand, signerAmong } from "../../../lib/hardhat/keys";
import { NoKeyError } from "../../../lib/mesh/signing";

const LIVE = "ethereum-sepolia";
const OTHER = new Wallet(`0x${"6f".repeat(32)}`);
const LEDGER = "0x000000000000000000000000000000000000dEaD";
const { provider } = hre.ethers;
const WALLET = new Wallet(`0x${"5e".repeat(32)}`);
const PASSWORD = "correct horse";

describe("The deployer's key", () => {
  let directory: string;
  let keystore: string;
  let passwordFile: string;

  before(async () => {
    directory = mkdtempSync(path.join(tmpdir(), "keys-"));
    keystore = path.join(directory, "deployer.json");
    passwordFile = path.join(directory, "password");
    writeFileSync(keystore, await encryptKeystoreJson(WALLET, PASSWORD, { scrypt: { N: 2 } }));
    writeFileSync(passwordFile, `${PASSWORD}\n`);
  });

  after(() => rmSync(directory, { recursive: true }));

  const environment = () => ({
    DEPLOYER_KEYSTORE: keystore,
    DEPLOYER_KEYSTORE_PASSWORD_FILE: passwordFile,
  });

  it("is the first of the development mnemonic's on a local network, whatever the environment", async () => {
    const keys = await keysAtHand("local-home", environment());
    expect(keys).to.have.length(20);
    expect(keys[0]?.address).to.equal(localAccount(0).address);
  });

  const sources: { what: string; env: () => NodeJS.ProcessEnv; accounts: string[] }[] = [
    {
      what: "is missing while no variable is set",
      env: () => ({ DEPLOYER_PRIVATE_KEY: "", DEPLOYER_KEYSTORE: "" }),
      accounts: [],
    },
    {
      what: "comes from a private key",
      env: () => ({ DEPLOYER_PRIVATE_KEY: OTHER.privateKey }),
      accounts: [OTHER.address],
    },
    {
      what: "comes from a private key without 0x",
      env: () => ({ DEPLOYER_PRIVATE_KEY: OTHER.privateKey.slice(2) }),
      accounts: [OTHER.address],
    },
    {
      what: "comes from an encrypted keystore with a password file, before a private key",
      env: () => ({ ...environment(), DEPLOYER_PRIVATE_KEY: OTHER.privateKey }),
      accounts: [WALLET.address],
    },
    {
      what: "comes from a Ledger before both",
      env: () => ({ ...environment(), DEPLOYER_LEDGER: LEDGER }),
      accounts: [LEDGER],
    },
  ];
  for (const { what, env, accounts } of sources) {
    it(`${what} on live chains`, async () => {
      const keys = await keysAtHand(LIVE, env());
      expect(keys.map(({ address }) => address)).to.deep.equal(accounts);
    });
  }

  it("signs for its own account, and for no other", async () => {
    const keys = await keysAtHand(LIVE, environment());
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

  describe("is never printed by an error, which names what to fix:", () => {
    const cases: { what: string; env: () => NodeJS.ProcessEnv; says: string }[] = [
      {
        what: "a key that is cut off",
        env: () => ({ DEPLOYER_PRIVATE_KEY: WALLET.privateKey.slice(0, -1) }),
        says: "DEPLOYER_PRIVATE_KEY is not a private key: write 64 hexadecimal digits.",
      },
      {
        what: "a key out of range",
        env: () => ({ DEPLOYER_PRIVATE_KEY: "f".repeat(64) }),
        says: "DEPLOYER_PRIVATE_KEY is out of range for a private key",
      },
      {
        what: "a keystore without a password",
        env: () => ({ DEPLOYER_KEYSTORE: keystore }),
        says: "name a file that holds it in DEPLOYER_KEYSTORE_PASSWORD_FILE",
      },
      {
        what: "a keystore that is not there",
        env: () => ({ ...environment(), DEPLOYER_KEYSTORE: `${keystore}x` }),
        says: "DEPLOYER_KEYSTORE names",
      },
      {
        what: "a password file that is not there",
        env: () => ({ ...environment(), DEPLOYER_KEYSTORE_PASSWORD_FILE: `${passwordFile}x` }),
        says: "DEPLOYER_KEYSTORE_PASSWORD_FILE names",
      },
      {
        what: "another password",
        env: () => ({ ...environment(), DEPLOYER_KEYSTORE_PASSWORD_FILE: keystore }),
        says: "holds another password",
      },
      {
        what: "a file that is no keystore",
        env: () => ({ ...environment(), DEPLOYER_KEYSTORE: passwordFile }),
        says: "which is not an encrypted JSON keystore, or only a part of one",
      },
    ];
    for (const { what, env, says } of cases) {
      it(what, async () => {
        let message = "";
        try {
          await keysAtHand(LIVE, env());
        } catch (error) {
          message = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`;
        }
        expect(message).to.include(says);
        expect(message).to.not.include(PASSWORD);
        expect(message).to.not.include("5e5e5e5e5e5e5e");
        expect(message).to.not.include("ffffffffffff");
      });
    }
  });
});
