import { existsSync, readdirSync, rmSync } from "node:fs";
import path from "node:path";

/** Forgets every mesh's deployments on local chains: with the chains, the contracts are gone. */
export function removeDeployments(directory: string): void {
  for (const mesh of foldersIn(path.join(directory, "deployments"))) {
    for (const network of foldersIn(mesh)) {
      if (path.basename(network).startsWith("local-")) rmSync(network, { recursive: true });
    }
  }
}

function foldersIn(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(parent, name));
}
