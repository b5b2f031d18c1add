import path from "node:path";

import { readManifest as readManifestIn } from "ccip-localnet/config";
import type { Manifest } from "ccip-localnet/config";

/** The project's root: where a localnet lives unless it is given a directory of its own. */
export const PROJECT_DIRECTORY = path.resolve(__dirname, "../..");

/** Returns the folder of the manifest and logs of the local network below `directory`. */
export function localnetDirectory(directory: string = PROJECT_DIRECTORY): string {
  return path.join(directory, ".localnet");
}

/** Returns the local network that runs in a directory; undefined when none does. Cheap enough for Hardhat's configuration. */
export function readManifest(directory: string = PROJECT_DIRECTORY): Manifest | undefined {
  return readManifestIn(localnetDirectory(directory));
}
