import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { readReleasesFrom } from "./protocol/releases";

const PACKAGE = "@chainlink/contracts-ccip-releases";

/** Folder of a published package with the releases that it was packed with. */
const PACKED = path.join(__dirname, "releases");

const fileOf = existsSync(PACKED)
  ? (file: string) => path.join(PACKED, file)
  : (file: string) => require.resolve(`${PACKAGE}/${file}`);

readReleasesFrom((_name, _version, file) => ({
  abi: JSON.parse(readFileSync(fileOf(`abi/${file}.json`), "utf8")) as unknown,
  bytecode: readFileSync(fileOf(`bytecode/${file}.bin`), "utf8").trim(),
}));
