import type { MeshInput } from "../../lib/mesh/schema";

/** A mesh on public testnets. Name your own accounts under `roles` before anything of worth is issued. */
export const testnetMesh: MeshInput = {
  name: "testnet",
  live: true,
  token: { name: "Rebase Dollar (testnet)", symbol: "tRUSD" },
  home: "ethereum-sepolia",
  satellites: ["arbitrum-sepolia", "op-sepolia"],
  lanes: {
    outbound: { capacity: "100000", rate: "10" },
    inboundHeadroomBps: 1_000,
    rebasesInFlight: 2,
  },
  controller: {
    minGrowthFactor: "0.95",
    maxGrowthFactor: "1.05",
    minInterval: 72_000,
    // Longer than the timelock's delay: a wrong rebase can still be cancelled before it counts.
    delay: 7_200,
    maxDelay: 604_800,
  },
  broadcaster: { gasLimit: 150_000 },
  admin: { handoverDelay: 3_600, timelockDelay: 3_600 },
  roles: {
    issuer: "deployer",
    rebaseOperator: "deployer",
    guardian: "deployer",
    operations: "deployer",
    treasurySpender: "deployer",
    rateLimitAdmin: "deployer",
  },
};
