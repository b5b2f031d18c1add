import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";
import { Wallet, encryptKeystoreJson } from "ethers";

import { keySource, unlock } from "../../../lib/hardhat/keys";

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

  it("is missing while no variable is set", async () => {
    expect(keySource({ DEPLOYER_PRIVATE_KEY: "", DEPLOYER_KEYSTORE: "" })).to.deep.equal({});
    expect(await unlock({})).to.equal(undefined);
  });

  it("comes from a private key, with or without 0x", async () => {
    for (const privateKey of [WALLET.privateKey, WALLET.privateKey.slice(2)]) {
      expect((await unlock({ privateKey }))?.address).to.equal(WALLET.address);
    }
  });

  it("comes from an encrypted keystore with a password file, before a private key", async () => {
    const source = keySource({
      DEPLOYER_PRIVATE_KEY: `0x${"01".repeat(32)}`,
      DEPLOYER_KEYSTORE: keystore,
      DEPLOYER_KEYSTORE_PASSWORD_FILE: passwordFile,
    });
    expect((await unlock(source))?.address).to.equal(WALLET.address);
  });

  describe("is never printed by an error, which names what to fix:", () => {
    const cases: { what: string; source: () => Parameters<typeof unlock>[0]; says: string }[] = [
      {
        what: "a key that is cut off",
        source: () => ({ privateKey: WALLET.privateKey.slice(0, -1) }),
        says: "DEPLOYER_PRIVATE_KEY is no private key: write 64 hexadecimal digits.",
      },
      {
        what: "a key out of range",
        source: () => ({ privateKey: "f".repeat(64) }),
        says: "DEPLOYER_PRIVATE_KEY is out of range for a private key",
      },
      {
        what: "a keystore without a password",
        source: () => ({ keystore }),
        says: "name a file that holds it in DEPLOYER_KEYSTORE_PASSWORD_FILE",
      },
      {
        what: "a keystore that is not there",
        source: () => ({ keystore: `${keystore}x`, passwordFile }),
        says: "DEPLOYER_KEYSTORE names",
      },
      {
        what: "a password file that is not there",
        source: () => ({ keystore, passwordFile: `${passwordFile}x` }),
        says: "DEPLOYER_KEYSTORE_PASSWORD_FILE names",
      },
      {
        what: "another password",
        source: () => ({ keystore, passwordFile: keystore }),
        says: "holds another password",
      },
      {
        what: "a file that is no keystore",
        source: () => ({ keystore: passwordFile, passwordFile }),
        says: "which is no encrypted JSON keystore, or only a part of one",
      },
    ];
    for (const { what, source, says } of cases) {
      it(what, async () => {
        let message = "";
        try {
          await unlock(source());
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
