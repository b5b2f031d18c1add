import { readFileSync } from "node:fs";

import { Wallet, isKeystoreJson } from "ethers";

import { OperatorError } from "../core/errors";

/** The source of the deployer's key, from environment variables. */
export interface KeySource {
  /** A private key in hexadecimal. */
  readonly privateKey?: string;
  /** A file with an encrypted JSON keystore. */
  readonly keystore?: string;
  /** A file with the keystore's password; line breaks at its end are not part of it. */
  readonly passwordFile?: string;
}

/** The variables of the environment; empty ones count as not set. */
export function keySource(env: NodeJS.ProcessEnv = process.env): KeySource {
  return {
    ...(env.DEPLOYER_PRIVATE_KEY && { privateKey: env.DEPLOYER_PRIVATE_KEY }),
    ...(env.DEPLOYER_KEYSTORE && { keystore: env.DEPLOYER_KEYSTORE }),
    ...(env.DEPLOYER_KEYSTORE_PASSWORD_FILE && {
      passwordFile: env.DEPLOYER_KEYSTORE_PASSWORD_FILE,
    }),
  };
}

/**
 * The deployer's wallet, or undefined when no variable names one. No secret is in any error.
 * @throws naming the variable or the file that is wrong.
 */
export async function unlock(source: KeySource = keySource()): Promise<Wallet | undefined> {
  const { privateKey, keystore, passwordFile } = source;
  if (keystore !== undefined) return fromKeystore(keystore, passwordFile);
  if (privateKey === undefined) return undefined;
  if (!/^(0x)?[0-9a-fA-F]{64}$/.test(privateKey.trim())) {
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      "DEPLOYER_PRIVATE_KEY is no private key: write 64 hexadecimal digits.",
    );
  }
  const key = privateKey.trim();
  try {
    return new Wallet(key.startsWith("0x") ? key : `0x${key}`);
  } catch {
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      "DEPLOYER_PRIVATE_KEY is out of range for a private key: use another one.",
    );
  }
}

async function fromKeystore(file: string, passwordFile: string | undefined): Promise<Wallet> {
  if (passwordFile === undefined) {
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      "DEPLOYER_KEYSTORE needs its password: name a file that holds it in DEPLOYER_KEYSTORE_PASSWORD_FILE.",
    );
  }
  const json = readText(file, "DEPLOYER_KEYSTORE");
  if (!isKeystoreJson(json)) {
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      `DEPLOYER_KEYSTORE names ${file}, which is no encrypted JSON keystore, or only a part of one: restore it from your copy.`,
    );
  }
  const password = readText(passwordFile, "DEPLOYER_KEYSTORE_PASSWORD_FILE").replace(
    /[\r\n]+$/,
    "",
  );
  try {
    const { privateKey } = await Wallet.fromEncryptedJson(json, password);
    return new Wallet(privateKey);
  } catch {
    // The error of ethers is left out: it could carry what was read.
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      `The keystore ${file} does not open: ${passwordFile} holds another password.`,
    );
  }
}

function readText(file: string, variable: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new OperatorError(
      "INVALID_ENVIRONMENT",
      `${variable} names ${file}, which cannot be read: correct the path.`,
    );
  }
}
