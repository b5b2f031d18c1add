import { expect } from "chai";
import { dataLength } from "ethers";
import hre from "hardhat";

/** Limit below the 24,576 bytes of EIP-170; the difference is reserved for later changes. */
const MOST_BYTES = 20_000;

const CONTRACTS = [
  "RebaseToken",
  "RebaseTokenPool",
  "RebaseController",
  "RebaseBroadcaster",
  "RebaseReceiver",
  "RebaseNotifier",
  "PairSyncer",
  "ProposalSender",
  "ProposalReceiver",
  "WrappedRebaseToken",
  "WrappedBridge",
  "RebaseRateFeed",
];

describe("Deployed code", () => {
  for (const name of CONTRACTS) {
    it(`of ${name} has at most ${MOST_BYTES.toLocaleString("en")} bytes`, async () => {
      const { deployedBytecode } = await hre.artifacts.readArtifact(name);
      expect(dataLength(deployedBytecode)).to.be.above(0);
      expect(dataLength(deployedBytecode)).to.be.at.most(MOST_BYTES);
    });
  }
});
