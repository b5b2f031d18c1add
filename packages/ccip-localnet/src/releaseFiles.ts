import { readFileSync } from "node:fs";

import { readReleasesFrom } from "./protocol/releases";

const PACKAGE = "@chainlink/contracts-ccip-releases";

readReleasesFrom((_name, _version, file) => ({
  abi: JSON.parse(readFileSync(require.resolve(`${PACKAGE}/abi/${file}.json`), "utf8")) as unknown,
  bytecode: readFileSync(require.resolve(`${PACKAGE}/bytecode/${file}.bin`), "utf8").trim(),
}));
