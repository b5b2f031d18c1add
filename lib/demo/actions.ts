import { parseUnits } from "ethers";
import type { TransactionReceipt } from "ethers";
import { localAccount, mineAt, now, sendAll } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { describeRevert } from "ccip-localnet/protocol";
import type { Message } from "ccip-localnet/protocol";

import { LOCAL_HOLDERS, LOCAL_ROLES } from "../../config/localAccounts";
import { abi, contractAt } from "../core/abis";
import { growthFactor } from "../core/growth";
import type { Mesh, MeshChain } from "../core/mesh/mesh";
import type { OptionalKey } from "../core/mesh/optional";
import { isConverged } from "../core/syncStatus";
import { readIndexes } from "../mesh/readIndex";

import { HOLDERS, addressOf } from "./ledger";
import type { HolderName } from "./ledger";
import { ensure, noteGas } from "./scenario";
import type { ScenarioRun } from "./scenario";
import { broadcast, sendTransfer } from "./transactions";

/** Parses an amount of tokens into token units (wei). */
export const tokens = (amount: string) => parseUnits(amount, 18);

export async function mint({ home, gas }: ScenarioRun): Promise<void> {
  const amounts = { alice: "1000", bob: "500", carol: "250" };
  const receipts = await sendAll(
    localAccount(LOCAL_ROLES.issuer, home.provider),
    HOLDERS.map((name) => ({
      label: `mint ${amounts[name]} to ${name}`,
      to: home.contracts.token,
      data: abi.token.encodeFunctionData("mint", [addressOf(name), tokens(amounts[name])]),
    })),
  );
  receipts.forEach(({ gasUsed }) => noteGas(gas, "mint", gasUsed));
}

/** Broadcasts to every satellite and has CCIP deliver it, also before messages that left earlier. */
export async function broadcastToAll(run: ScenarioRun): Promise<void> {
  const { ccip, mesh, home, gas } = run;
  const deployer = localAccount(0, home.provider);
  const { receipt, messages } = await broadcast(home, mesh.satellites, deployer);
  noteGas(gas, "broadcast", receipt.gasUsed);
  for (const { name, selector } of mesh.satellites) {
    const lane = ccip.lane(home.name, name);
    await ccip.verify(lane);
    const mine = messages.filter(({ destinationSelector }) => destinationSelector === selector);
    requireSuccess(gas, await ccip.execute(lane, mine), 1);
  }
}

/** Schedules a rebase as soon as the controller lets the operator. */
export async function rebase({ home, chains, gas }: ScenarioRun, percent: string): Promise<number> {
  const { contracts, provider } = home;
  const controller = contractAt.controller(contracts.controller, provider);
  const token = contractAt.token(contracts.token, provider);
  const [earliest, { delay }, epoch] = await Promise.all([
    controller.earliestEffectiveAt(),
    controller.getConfig(),
    token.epoch(),
  ]);
  const from = Number(earliest - delay);
  if (from > (await now(chains))) await mineAt(chains, from);
  const operator = localAccount(LOCAL_ROLES.rebaseOperator, provider);
  const args: [bigint, bigint] = [growthFactor(percent), epoch + 1n];
  const data = abi.controller.encodeFunctionData("rebase", args);
  const label = `rebase by ${percent} %`;
  const [receipt] = await sendAll(operator, [{ label, to: contracts.controller, data }]);
  noteGas(gas, "rebase", receipt?.gasUsed ?? 0n);
  const { effectiveAt } = await token.indexState();
  return Number(effectiveAt);
}

export async function transfer(
  { gas }: ScenarioRun,
  name: HolderName,
  source: MeshChain,
  destination: MeshChain,
  amount: bigint,
): Promise<Message> {
  const { message, receipt } = await sendTransfer(
    { source, destination, receiver: addressOf(name), amount },
    localAccount(LOCAL_HOLDERS[name], source.provider),
  );
  noteGas(gas, "ccipSend of tokens", receipt.gasUsed);
  return message;
}

export async function deliver({ ccip, gas }: ScenarioRun): Promise<Delivery[]> {
  const deliveries = await ccip.deliver();
  requireSuccess(gas, deliveries, deliveries.length);
  return deliveries;
}

export function requireSuccess(
  gas: ScenarioRun["gas"],
  deliveries: readonly Delivery[],
  count: number,
): void {
  for (const { messageId, destination, state, returnData, gasUsed } of deliveries) {
    ensure(
      state === "success",
      `message ${messageId} failed on ${destination}: ${describeRevert(returnData)}`,
    );
    noteGas(gas, "message executed", gasUsed);
  }
  ensure(deliveries.length === count, `${deliveries.length} of ${count} messages executed`);
}

export async function requireConverged(mesh: Mesh): Promise<void> {
  ensure(isConverged(await readIndexes(mesh)), "a satellite does not hold the home's index state");
}

/** A call that the scenario makes, and its kind in the table of gas. */
export interface Act {
  readonly kind: string;
  readonly to: string;
  readonly data: string;
  /** Native value in wei. */
  readonly value?: bigint;
}

/** Sends calls of one account of the development mnemonic, in order. */
export async function act(
  { gas }: ScenarioRun,
  { provider }: MeshChain,
  account: number,
  acts: readonly Act[],
): Promise<TransactionReceipt[]> {
  const calls = acts.map(({ kind, ...call }) => ({ label: kind, ...call }));
  const receipts = await sendAll(localAccount(account, provider), calls);
  receipts.forEach(({ gasUsed }, i) => noteGas(gas, acts[i]?.kind ?? "", gasUsed));
  return receipts;
}

/** Returns the address of a contract that the mesh file declares. */
export function declaredOn({ name, contracts }: MeshChain, key: OptionalKey): string {
  const address = contracts[key];
  if (address === undefined) throw new Error(`The mesh has no ${key} on ${name}: declare it.`);
  return address;
}
