import { ZeroAddress, ZeroHash, parseEther } from "ethers";
import { localAccount, sendAll } from "ccip-localnet";
import { LOCAL_ACCOUNTS } from "ccip-localnet/config";

import { RebaseTokenNext__factory } from "../../../typechain-types";
import { LOCAL_ROLES } from "../../../config/localAccounts";
import { executedBatch } from "../../ccip/proposalData";
import type { ProposedBatch } from "../../ccip/proposalData";
import { formatTable } from "../../cli/text";
import { abi, contractAt } from "../../core/abis";
import type { SatelliteChain } from "../../core/mesh/mesh";
import { implementationOf } from "../../mesh/components/token";
import { act, declaredOn, deliver } from "../actions";
import { ensure, noteGas } from "../scenario";
import type { ScenarioRun } from "../scenario";
import { passTime, throughTimelock } from "./timelock";

/** Seconds for which a satellite schedules what home proposed. */
const VALID_FOR = 604_800n;

/** Native that pays for proposals, wei. */
const TREASURY = parseEther("1");

/** An upgrade of a satellite's token that home proposed. */
export interface Proposal {
  readonly chain: string;
  readonly nonce: bigint;
  /** The id of the operation at the satellite's timelock. */
  readonly operation: string;
  readonly implementation: string;
}

/** A proposal, and what executing it takes. */
export interface ScheduledProposal extends Proposal {
  readonly satellite: SatelliteChain;
  readonly batch: ProposedBatch;
}

/** One operation of home's timelock proposes an upgrade of the token to every satellite, and their timelocks schedule it. */
export async function proposeUpgrades(run: ScenarioRun): Promise<ScheduledProposal[]> {
  const { mesh, home, progress } = run;
  const sender = declaredOn(home, "proposalSender");
  await act(run, home, LOCAL_ACCOUNTS.deployer, [
    { kind: "treasury filled", to: sender, data: "0x", value: TREASURY },
  ]);
  const upgrades: Awaited<ReturnType<typeof prepareUpgrade>>[] = [];
  for (const satellite of mesh.satellites) upgrades.push(await prepareUpgrade(run, satellite));
  const requests = upgrades.map(({ satellite: { selector }, batch }) => ({
    selector,
    validFor: VALID_FOR,
    batch,
  }));
  const receipt = await throughTimelock(run, "proposals sent", [
    {
      to: sender,
      data: abi.proposalSender.encodeFunctionData("propose", [requests, ZeroAddress, TREASURY]),
    },
  ]);
  const events = receipt.logs.flatMap((log) => {
    const event = log.address === sender ? abi.proposalSender.parseLog(log) : null;
    return event?.name === "ProposalCreated" ? [event.args] : [];
  });
  await deliver(run);
  const proposals = await Promise.all(
    upgrades.map(async (upgrade) => {
      const { satellite } = upgrade;
      const created = events.find(({ selector }) => selector === satellite.selector);
      const { nonce, id: operation } = created as unknown as { nonce: bigint; id: string };
      const receiver = declaredOn(satellite, "proposalReceiver");
      const found = await contractAt
        .proposalReceiver(receiver, satellite.provider)
        .getProposal(nonce);
      ensure(
        found.id === operation && (await timelockOf(satellite).isOperationPending(operation)),
        `${satellite.name} did not schedule proposal ${nonce}`,
      );
      return { ...upgrade, chain: satellite.name, nonce, operation };
    }),
  );
  progress.note(
    formatTable(
      ["satellite", "proposal", "operation at its timelock", "may be executed from"],
      await Promise.all(
        proposals.map(async ({ satellite, chain, nonce, operation }) => {
          const readyAt = await timelockOf(satellite).getTimestamp(operation);
          const time = new Date(Number(readyAt) * 1_000).toISOString();
          return [chain, nonce.toString(), `${operation.slice(0, 18)}…`, time];
        }),
      ),
    ),
  );
  progress.note("until then the guardian of each satellite may cancel it there");
  return proposals;
}

async function prepareUpgrade({ gas }: ScenarioRun, satellite: SatelliteChain) {
  const { contracts, provider } = satellite;
  const deployer = localAccount(LOCAL_ACCOUNTS.deployer, provider);
  const { data } = await new RebaseTokenNext__factory(deployer).getDeployTransaction();
  const label = "deployment of an implementation";
  const [receipt] = await sendAll(deployer, [{ label, data }]);
  const implementation = receipt?.contractAddress ?? ZeroAddress;
  noteGas(gas, label, receipt?.gasUsed ?? 0n);
  const batch = {
    targets: [contracts.token],
    values: [0n],
    payloads: [abi.token.encodeFunctionData("upgradeToAndCall", [implementation, "0x"])],
    predecessor: ZeroHash,
    salt: ZeroHash,
    delay: 0n,
  };
  return { satellite, implementation, batch };
}

/** Executes the proposals at their timelocks, once the delay of each has passed. */
export async function executeUpgrades(
  run: ScenarioRun,
  proposals: readonly ScheduledProposal[],
): Promise<void> {
  const delays = proposals.map(({ satellite }) => timelockOf(satellite).getMinDelay());
  await passTime(
    run,
    (await Promise.all(delays)).reduce((a, b) => (a > b ? a : b)),
  );
  for (const { satellite, batch, nonce, implementation } of proposals) {
    const data = abi.timelock.encodeFunctionData("executeBatch", executedBatch({ nonce, batch }));
    const { timelock: to, token } = satellite.contracts;
    await act(run, satellite, LOCAL_ROLES.operations, [{ kind: "proposal executed", to, data }]);
    const running = await implementationOf(satellite.provider, token);
    ensure(running === implementation, `${satellite.name} runs ${running}`);
  }
}

function timelockOf({ contracts, provider }: SatelliteChain) {
  return contractAt.timelock(contracts.timelock, provider);
}
