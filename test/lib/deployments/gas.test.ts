import { expect } from "chai";
import { artifacts, ethers } from "hardhat";

import { creationGas } from "../../../lib/deployments/gas";

describe("The gas that a deployment is expected to take", () => {
  for (const [contract, parameters] of [
    ["PairSyncer", ["address"]],
    ["RebaseTokenNext", []],
  ] as const) {
    it(`of ${contract} is what it takes, and up to 100,000 more`, async () => {
      const [deployer] = await ethers.getSigners();
      const factory = await ethers.getContractFactory(contract);
      const deployed = await factory.deploy(...parameters.map(() => deployer?.address));
      const receipt = await deployed.deploymentTransaction()?.wait();
      const expected = creationGas(await artifacts.readArtifact(contract));
      const more = expected - (receipt?.gasUsed ?? 0n);
      expect(more > 0n && more < 100_000n, `${more} more`).to.equal(true);
    });
  }
});
