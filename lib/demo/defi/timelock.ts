import { ZeroHash, id } from "ethers";
import type { TransactionReceipt } from "ethers";
import { mineAt, now } from "ccip-localnet";

import { LOCAL_ROLES } from "../../../config/localAccounts";
import { abi, contractAt } from "../../core/abis";
import { act } from "../actions";
import type { Act } from "../actions";
import type { ScenarioRun } from "../scenario";

/**
 * Has home's timelock make some calls at once: proposed and executed by the operations account, its delay in between.
 * @param name text that distinguishes the operation from others.
 */
export async function throughTimelock(
  run: ScenarioRun,
  name: string,
  calls: readonly Pick<Act, "to" | "data">[],
): Promise<TransactionReceipt> {
  const { home } = run;
  const to = home.contracts.timelock;
  const delay = await contractAt.timelock(to, home.provider).getMinDelay();
  const batch: [string[], bigint[], string[], string, string] = [
    calls.map((one) => one.to),
    calls.map(() => 0n),
    calls.map(({ data }) => data),
    ZeroHash,
    id(name),
  ];
  await act(run, home, LOCAL_ROLES.operations, [
    {
      kind: "proposal at the timelock",
      to,
      data: abi.timelock.encodeFunctionData("scheduleBatch", [...batch, delay]),
    },
  ]);
  await passTime(run, delay);
  const [receipt] = await act(run, home, LOCAL_ROLES.operations, [
    { kind: name, to, data: abi.timelock.encodeFunctionData("executeBatch", batch) },
  ]);
  if (!receipt) throw new Error("A transaction was sent and gave no receipt.");
  return receipt;
}

/** Moves the clocks of all chains forward. */
export async function passTime({ chains }: ScenarioRun, seconds: bigint): Promise<void> {
  await mineAt(chains, (await now(chains)) + Number(seconds));
}
