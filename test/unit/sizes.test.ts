import { expect } from "chai";
import { dataLength } from "ethers";
import hre from "hardhat";

/** What a chain takes is 24,576 bytes (EIP-170); the rest is room for what is still to come. */
const MOST_BYTES = 20_000;

const CONTRACTS = [
  "RebaseToken",
  "RebaseTokenPool",
  "RebaseController",
  "RebaseBroadcaster",
  "RebaseReceiver",
];

describe("Deployed code", () => {
  const instrumented = "__SOLIDITY_COVERAGE_RUNNING" in hre;

  for (const name of CONTRACTS) {
    it(`of ${name} has at most ${MOST_BYTES.toLocaleString("en")} bytes`, async () => {
      const { deployedBytecode } = await hre.artifacts.readArtifact(name);
      expect(dataLength(deployedBytecode)).to.be.above(0);
      if (!instrumented) expect(dataLength(deployedBytecode)).to.be.at.most(MOST_BYTES);
    });
  }
});
