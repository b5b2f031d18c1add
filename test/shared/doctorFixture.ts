import { expect } from "chai";
import { keccak256 } from "ethers";
import type { TransactionRequest } from "ethers";
import { call, sendAll } from "ccip-localnet";
import { GLOBAL_CURSE_SUBJECT } from "ccip-localnet/protocol";
import type { VerificationSource } from "ccip-localnet/protocol";

import { setLimits } from "../../lib/cli/limits/set";
import { signerFor } from "../../lib/localnet/wiring";
import { runDoctor } from "../../lib/cli/message/doctor";
import { executeMessage } from "../../lib/cli/message/execute";
import type { ExecuteOptions, ExecuteResult } from "../../lib/cli/message/execute";
import type { DoctorReport } from "../../lib/diagnostics/diagnose";
import type { FindOptions } from "../../lib/diagnostics/find";
import type { Verdict } from "../../lib/diagnostics/diagnosis";
import type { Mesh, MeshChain } from "../../lib/core/mesh/mesh";
import { withLimit } from "../../lib/core/mesh/parse";

import { BROADCAST_GAS } from "./broadcasting";
import type { Account, Route, Scenario } from "./scenario";

/** The doctor's reports, and their text. */
export interface DoctorRun {
  readonly reports: readonly DoctorReport[];
  readonly text: string;
  /** Of the only thing that was found. */
  readonly verdict: Verdict;
  /** The commands that it says to run, in order. */
  readonly commands: readonly string[];
}

/** Asks the doctor about a message or a transaction. */
export async function diagnose(
  mesh: Mesh,
  hash: string,
  where: FindOptions = {},
  verifications?: VerificationSource,
): Promise<DoctorRun> {
  const printed: string[] = [];
  const output = { stdout: (text: string) => void printed.push(text), log: () => undefined };
  const context = { mesh, ...(verifications && { verifications }) };
  const reports = await runDoctor(context, hash, { json: false, ...where }, output);
  const [first] = reports;
  if (!first) throw new Error("The doctor found nothing and did not say so.");
  const commands = first.diagnosis.remedies.flatMap(({ command }) => command ?? []);
  return {
    reports,
    text: printed.join("\n"),
    verdict: first.diagnosis.verdict,
    commands,
  };
}

/** Returns the mesh as a live one, where funds are not free and curses cannot be lifted. */
export function alive(mesh: Mesh): Mesh {
  return { ...mesh, config: { ...mesh.config, live: true } };
}

/** The mesh, were its file to close a lane. */
export function closing(mesh: Mesh, { from, to }: Route): Mesh {
  const lane = { source: from.name, destination: to.name };
  return { ...mesh, config: withLimit(mesh.config, lane, "closed") };
}

/**
 * Executes a message by hand as the task does, as the deployer unless told otherwise.
 * @param verifications where results of verifiers are published: the local committee's unless named; null for nowhere.
 */
export async function executeByHand(
  { mesh, ccip }: Pick<Scenario, "mesh"> & Partial<Pick<Scenario, "ccip">>,
  hash: string,
  options: Partial<ExecuteOptions> = {},
  printed: string[] = [],
  verifications: VerificationSource | null = ccip ?? null,
): Promise<{ readonly results: readonly ExecuteResult[]; readonly text: string }> {
  const output = { stdout: (text: string) => void printed.push(text), log: () => undefined };
  const results = await executeMessage(
    { mesh, signerFor, sendOptions: () => ({}), ...(verifications && { verifications }) },
    hash,
    { json: false, confirm: () => Promise.resolve(), ...options },
    output,
  );
  return { results, text: printed.join("\n") };
}

/** Runs the command that the doctor printed, which has to be an execution by hand. */
export async function follow(s: Scenario, command: string | undefined): Promise<void> {
  const words = /^npx hardhat message execute (0x\w{64})(.*) --mesh local$/.exec(command ?? "");
  if (!words) return expect.fail(`"${command}" is no execution by hand.`);
  const [, hash = "", rest = ""] = words;
  const gas = (name: string) => {
    const value = new RegExp(` --${name} (\\d+)`).exec(rest)?.[1];
    return value === undefined ? undefined : BigInt(value);
  };
  const { results } = await executeByHand(s, hash, {
    receiverGas: gas("receiver-gas"),
    tokenGas: gas("token-gas"),
  });
  expect(results.map(({ outcome }) => outcome)).to.deep.equal(["executed"]);
}

/** Sets the limits that the doctor's command names, as the task does. */
export async function setLimitsAs({ mesh }: Scenario, command: string | undefined): Promise<void> {
  const [, line = ""] = /^npx hardhat limits set (.*) --mesh local$/.exec(command ?? "") ?? [];
  const named = new Map([...line.matchAll(/--([\w-]+) (\S+)/g)].map(([, name, to]) => [name, to]));
  await setLimits(
    { mesh, signerFor, sendOptions: () => ({}) },
    {
      from: named.get("from") ?? "",
      to: named.get("to") ?? "",
      capacity: named.get("capacity"),
      rate: named.get("rate"),
      inboundCapacity: named.get("inbound-capacity"),
      inboundRate: named.get("inbound-rate"),
      unlimited: false,
      closed: false,
      allowDestructive: false,
      json: false,
      wait: false,
      confirm: () => Promise.resolve(),
    },
    { stdout: () => undefined, log: () => undefined },
  );
}

/** Has the home's RMN curse everything. */
export async function curseEverything(s: Scenario): Promise<void> {
  const { ccip, owner } = s.ccipChain(s.home);
  await sendAll(owner, [call(ccip, "rmnRemote", "curse(bytes16)", [GLOBAL_CURSE_SUBJECT])]);
}

/** Mines a transaction, whether it succeeds or reverts. */
export async function mineAnyway(
  s: Scenario,
  chain: MeshChain,
  account: Account,
  request: TransactionRequest,
): Promise<string> {
  const signer = s.signer(chain, account);
  const full = await signer.populateTransaction({ gasLimit: BROADCAST_GAS, ...request });
  delete full.from;
  const raw = await signer.signTransaction(full);
  try {
    await chain.provider.broadcastTransaction(raw);
  } catch {
    // Hardhat mines what reverts, and complains.
  }
  const hash = keccak256(raw);
  expect((await chain.provider.getTransactionReceipt(hash))?.status, "status").to.equal(0);
  return hash;
}
