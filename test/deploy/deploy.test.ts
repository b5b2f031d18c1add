import { reset } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import { dataSlice } from "ethers";
import hre, { deployments, getNamedAccounts } from "hardhat";

import { RebaseToken__factory, RebaseTokenPool__factory } from "../../typechain-types";

/** `keccak256("eip1967.proxy.implementation") - 1` */
const IMPLEMENTATION_SLOT = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

const CONTRACTS = {
  home: [
    "PairSyncer",
    "ProposalSender",
    "RebaseBroadcaster",
    "RebaseController",
    "RebaseNotifier",
    "RebaseRateFeed",
    "RebaseToken",
    "RebaseTokenPool",
    "TimelockController",
    "WrappedBridge",
    "WrappedRebaseToken",
  ],
  satellite: [
    "PairSyncer",
    "ProposalReceiver",
    "RebaseNotifier",
    "RebaseRateFeed",
    "RebaseReceiver",
    "RebaseToken",
    "RebaseTokenPool",
    "TimelockController",
    "WrappedBridge",
    "WrappedRebaseToken",
  ],
} as const;

describe("The deploy scripts", () => {
  after(() => {
    delete process.env.IN_PROCESS_ROLE;
  });

  for (const role of ["home", "satellite"] as const) {
    describe(`on a ${role}`, () => {
      before(async () => {
        process.env.IN_PROCESS_ROLE = role;
        await reset();
        await deployments.fixture(undefined, { keepExistingDeployments: false });
      });

      it(`deploy ${CONTRACTS[role].join(", ")} and nothing else`, async () => {
        const names = Object.keys(await deployments.all()).filter(
          (name) => !name.startsWith("CCIP_") && !/_(Proxy|Implementation)$/.test(name),
        );
        expect(names.sort()).to.deep.equal(CONTRACTS[role]);
      });

      it("initialise the proxy in the same transaction and lock the implementation [G1, G2]", async () => {
        const { deployer } = await getNamedAccounts();
        const [signer] = await hre.ethers.getSigners();
        const { address } = await deployments.get("RebaseToken");
        const token = RebaseToken__factory.connect(address, signer);
        expect(await token.isHome()).to.equal(role === "home");
        expect(await token.epoch()).to.equal(role === "home" ? 1n : 0n);
        expect(await token.defaultAdmin()).to.equal(deployer);

        const slot = await hre.ethers.provider.getStorage(address, IMPLEMENTATION_SLOT);
        const implementation = token.attach(dataSlice(slot, 12)) as typeof token;
        await expect(
          implementation.initialize("", "", true, deployer ?? "", 0),
        ).to.be.revertedWithCustomError(token, "InvalidInitialization");
      });

      it("give the pool the token and CCIP's router", async () => {
        const { address } = await deployments.get("RebaseTokenPool");
        const pool = RebaseTokenPool__factory.connect(address, hre.ethers.provider);
        expect(await pool.getToken()).to.equal((await deployments.get("RebaseToken")).address);
        const { router } = await pool.getDynamicConfig();
        expect(router).to.equal((await deployments.get("CCIP_router")).address);
        expect(await pool.getRmnProxy()).to.equal((await deployments.get("CCIP_rmnProxy")).address);
      });

      it("change nothing when they are run again", async () => {
        const before = await addresses();
        const block = await hre.ethers.provider.getBlockNumber();
        await deployments.run(undefined, { resetMemory: false });
        expect(await addresses()).to.deep.equal(before);
        expect(await hre.ethers.provider.getBlockNumber()).to.equal(block);
      });
    });
  }
});

async function addresses(): Promise<Record<string, string>> {
  const all = await deployments.all();
  return Object.fromEntries(Object.entries(all).map(([name, { address }]) => [name, address]));
}
