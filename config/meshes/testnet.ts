import type { MeshInput } from "../../lib/core/mesh/schema";

/** A mesh on public testnets. Name your own accounts under `roles` before anything of worth is issued. */
export default {
  name: "testnet",
  live: true,
  token: { name: "Rebase Dollar (testnet)", symbol: "tRUSD" },
  home: "ethereum-sepolia",
  satellites: ["arbitrum-sepolia", "op-sepolia"],
  // To switch one on: deploy to it, move it up to the satellites, then plan and apply.
  ready: ["base-sepolia", "avalanche-fuji"],
  lanes: {
    limits: {
      standard: { capacity: "100000", rate: "10" },
      // What is forged on one satellite should reach the next one slowly.
      betweenSatellites: { capacity: "20000", rate: "2" },
    },
    outbound: "standard",
    pairs: {
      "arbitrum-sepolia -> op-sepolia": "betweenSatellites",
      "op-sepolia -> arbitrum-sepolia": "betweenSatellites",
    },
    inboundHeadroomBps: 1_000,
    rebasesInFlight: 2,
  },
  controller: {
    minGrowthFactor: "0.95",
    maxGrowthFactor: "1.05",
    minInterval: 72_000,
    // Above the timelock's, through which a gain is cancelled before it takes effect.
    delay: 7_200,
    maxDelay: 604_800,
  },
  broadcaster: { gasLimit: 150_000, treasuryBudgetPerDay: { native: "0.1", link: "5" } },
  admin: { handoverDelay: 3_600, timelockDelay: 3_600 },
  roles: {
    issuer: "deployer",
    rebaseOperator: "deployer",
    guardian: "deployer",
    operations: "deployer",
    treasurySpender: "deployer",
    rateLimitAdmin: "deployer",
  },
  // What no unattended run pays for: a price that spikes, or an endpoint that lies.
  chains: {
    "ethereum-sepolia": { maxGasPriceGwei: "500" },
    "arbitrum-sepolia": { maxGasPriceGwei: "50" },
    // Beside it for example: safe: "0x…", roles: { operations: "safe" }, confirmations: 3
    "op-sepolia": { maxGasPriceGwei: "50" },
  },
} satisfies MeshInput;
