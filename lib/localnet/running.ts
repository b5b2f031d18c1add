import { manifestFile, manifestSchema } from "ccip-localnet";
import type { Manifest, ManifestChain } from "ccip-localnet/config";

import { OperatorError } from "../core/errors";
import { readJsonFile } from "../files/json";
import { namesInstead } from "../core/names";

import { localnetDirectory, readManifest } from "./manifest";

/**
 * Returns the local network that runs in a directory.
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
 * Returns a chain of the running local network.
 * @throws for any other chain: faults can be injected into local ones only.
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
