import { localAccount } from "ccip-localnet";

import { readManifest } from "../../lib/localnet/manifest";
import type { MeshInput } from "../../lib/core/mesh/schema";
import { localnetRoot } from "../env";
import { LOCAL_ROLES } from "../localAccounts";
import { localChains } from "../localChains";

/** The mesh of a local network, with all optional contracts but a pool that contains lanes; the first chain is home. */
export function localMesh(chainCount = 3): MeshInput {
  return {
    ...coreMesh(chainCount),
    receiver: {
      band: {
        minGrowthFactor: "0.9",
        maxGrowthFactor: "1.1",
        minInterval: 60,
        maxSteps: 3,
        maxStepsByHand: 10,
      },
    },
    listeners: { pairSyncer: { gas: 300_000 }, rateFeed: { gas: 120_000 } },
    wrapper: {
      name: "Wrapped Rebase Dollar",
      symbol: "wRUSD",
      bridge: { gasLimit: 500_000 },
    },
    rateFeed: true,
    proposals: { gasLimit: 500_000, validFor: 604_800 },
  };
}

/** The same mesh without optional contracts. */
export function coreMesh(chainCount = 3): MeshInput {
  const [home, ...satellites] = localChains(chainCount).map(({ name }) => name);
  if (!home) throw new Error("A mesh needs a home chain.");
  const account = (index: number) => localAccount(index).address;
  return {
    name: "local",
    live: false,
    token: { name: "Rebase Dollar", symbol: "RUSD" },
    home,
    satellites,
    lanes: {
      outbound: { capacity: "100000", rate: "100" },
      inboundHeadroomBps: 500,
      rebasesInFlight: 2,
    },
    controller: {
      minGrowthFactor: "0.9",
      maxGrowthFactor: "1.1",
      minInterval: 3_600,
      delay: 600,
      maxDelay: 86_400,
    },
    broadcaster: { gasLimit: 150_000, treasuryBudgetPerDay: { native: "10", link: "100" } },
    admin: { handoverDelay: 0, timelockDelay: 60 },
    roles: {
      issuer: account(LOCAL_ROLES.issuer),
      rebaseOperator: account(LOCAL_ROLES.rebaseOperator),
      guardian: account(LOCAL_ROLES.guardian),
      operations: account(LOCAL_ROLES.operations),
      treasurySpender: account(LOCAL_ROLES.treasurySpender),
      rateLimitAdmin: account(LOCAL_ROLES.rateLimitAdmin),
    },
  };
}

/** The mesh of the local network that runs now, or of three chains while none does. */
export default (): MeshInput => localMesh(readManifest(localnetRoot())?.chains.length);
