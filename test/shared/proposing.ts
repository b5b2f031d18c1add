import { ZeroHash, id, parseEther } from "ethers";

import type { ProposedBatch } from "../../lib/ccip/proposalData";
import type { SatelliteChain } from "../../lib/core/mesh/mesh";
import {
  ProposalReceiver__factory,
  ProposalSender__factory,
  TimelockController__factory,
} from "../../typechain-types";
import type { ProposalReceiver, ProposalSender, TimelockController } from "../../typechain-types";
import { mined } from "./scenario";
import type { Scenario } from "./scenario";

const GAS = 1_000_000n;

/** The sender at home and the receivers, wired and with money for fees. */
export interface Governance {
  readonly sender: ProposalSender;
  readonly receivers: ReadonlyMap<SatelliteChain, ProposalReceiver>;
}

/** Deploys and pairs them. */
export async function deployGovernance(s: Scenario): Promise<Governance> {
  const { ccip } = s.ccipChain(s.home);
  const deployer = s.signer(s.home, "deployer");
  const sender = await new ProposalSender__factory(deployer).deploy(
    ccip.router,
    ccip.link,
    s.home.contracts.timelock,
    0,
  );
  await sender.waitForDeployment();
  await mined(deployer.sendTransaction({ to: sender, value: parseEther("10") }));
  const receivers = new Map<SatelliteChain, ProposalReceiver>();
  for (const satellite of s.mesh.satellites) {
    const { timelock } = satellite.contracts;
    const receiver = await new ProposalReceiver__factory(s.signer(satellite, "deployer")).deploy(
      s.ccipChain(satellite).ccip.router,
      timelock,
    );
    await receiver.waitForDeployment();
    const owner = await s.timelock(satellite);
    await mined(receiver.connect(owner).setSource(s.home.selector, sender));
    for (const role of ["PROPOSER_ROLE", "CANCELLER_ROLE"]) {
      await mined(timelockOf(satellite).connect(owner).grantRole(id(role), receiver));
    }
    await mined(
      sender.connect(await s.timelock(s.home)).setDestination(satellite.selector, receiver, GAS),
    );
    receivers.set(satellite, receiver);
  }
  return { sender, receivers };
}

/** The timelock of a satellite. */
export function timelockOf({ contracts, provider }: SatelliteChain): TimelockController {
  return TimelockController__factory.connect(contracts.timelock, provider);
}

/** A batch that lets the timelock of a satellite pause for nobody: one call that shows that it was executed. */
export function batchFor(
  { contracts }: SatelliteChain,
  change: Partial<ProposedBatch> = {},
): ProposedBatch {
  const data = TimelockController__factory.createInterface().encodeFunctionData("updateDelay", [
    77n,
  ]);
  return {
    targets: [contracts.timelock],
    values: [0n],
    payloads: [data],
    predecessor: ZeroHash,
    salt: ZeroHash,
    delay: 0n,
    ...change,
  };
}
