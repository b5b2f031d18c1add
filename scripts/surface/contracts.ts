import type { Artifact, Artifacts } from "hardhat/types";

/** Returns the contracts and libraries that the project compiles into code, those of the tests left out. */
export async function ownContracts(artifacts: Artifacts): Promise<Artifact[]> {
  const names = (await artifacts.getAllFullyQualifiedNames())
    .filter((name) => name.startsWith("contracts/") && !name.startsWith("contracts/test/"))
    .sort();
  const all = await Promise.all(names.map((name) => artifacts.readArtifact(name)));
  return all.filter(({ deployedBytecode }) => deployedBytecode !== "0x");
}
