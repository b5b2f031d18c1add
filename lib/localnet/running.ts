import { manifestFile, manifestSchema } from "ccip-localnet";
import type { Manifest, ManifestChain } from "ccip-localnet/config";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";
import { namesInstead } from "../core/names";

import { localnetDirectory, readManifest } from "./manifest";

/**
 * The local network that runs below a directory.
 * @throws naming the command that starts it.
 */
export function runningNetwork(directory: string): Manifest {
  const manifest = readManifest(directory);
  if (manifest) return manifest;
  readJsonFile(manifestFile(localnetDirectory(directory)), manifestSchema, {
    what: "description of a local network",
    recovery: "End the network that wrote it, if it runs, and start it again",
  });
  throw new OperatorError(
    "NETWORK_NOT_RUNNING",
    'No local network runs: start it in another terminal with "npx hardhat localnet start".',
  );
}

/**
 * One of its chains.
 * @throws for any other chain: what breaks a local network has no power over a live one.
 */
export function runningChain({ chains }: Manifest, name: string): ManifestChain {
  const chain = chains.find((candidate) => candidate.name === name);
  if (chain) return chain;
  throw new OperatorError(
    "UNKNOWN_CHAIN",
    `"${name}" is not a chain of the local network, and only those can be broken on purpose: ${namesInstead(
      name,
      chains.map((one) => one.name),
    )}`,
  );
}
