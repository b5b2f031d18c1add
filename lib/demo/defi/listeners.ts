import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { formatTable } from "../../cli/text";
import { abi, contractAt } from "../../core/abis";
import { formatTokens } from "../../core/amount";
import { formatGrowthIndex, growthIndex } from "../../core/growth";
import { chainsOf } from "../../core/mesh/mesh";
import type { MeshChain } from "../../core/mesh/mesh";
import { act, declaredOn } from "../actions";
import { ensure } from "../scenario";
import type { ScenarioRun } from "../scenario";

/** A listener, and the index that it was told last. */
export interface ToldListener {
  readonly chain: string;
  readonly listener: "rate feed" | "pair syncer" | "other";
  readonly epoch: bigint;
  /** Shares per token unit. */
  readonly sharesPerToken: bigint;
}

/** Anyone tells the listeners of every chain of the index that counts since it took effect. */
export async function notifyListeners(run: ScenarioRun): Promise<ToldListener[]> {
  const { mesh, progress } = run;
  const told: Awaited<ReturnType<typeof notifyOn>>[] = [];
  for (const chain of chainsOf(mesh)) told.push(await notifyOn(run, chain));
  const listeners = told.flatMap(({ listeners }) => listeners);
  progress.note(
    formatTable(
      ["chain", "listener", "epoch told", "growth index told", "answer of the rate feed"],
      told.flatMap(({ answer, listeners }) =>
        listeners.map(({ chain, listener, epoch, sharesPerToken }) => [
          chain,
          listener,
          epoch.toString(),
          formatGrowthIndex(sharesPerToken),
          listener === "rate feed" ? formatTokens(answer, 9) : "",
        ]),
      ),
      2,
    ),
  );
  return listeners;
}

async function notifyOn(run: ScenarioRun, chain: MeshChain) {
  const { name, provider, contracts } = chain;
  const to = declaredOn(chain, "notifier");
  const data = abi.notifier.encodeFunctionData("notify");
  await act(run, chain, LOCAL_HOLDERS.thirdParty, [{ kind: "listeners told", to, data }]);
  const notifier = contractAt.notifier(to, provider);
  const [addresses, [countingEpoch, sharesPerToken], [, answer]] = await Promise.all([
    notifier.getListeners(),
    contractAt.token(contracts.token, provider).countingState(),
    contractAt.rateFeed(declaredOn(chain, "rateFeed"), provider).latestRoundData(),
  ]);
  const listeners = await Promise.all(
    addresses.map(async (address): Promise<ToldListener> => {
      const { toldEpoch, toldSharesPerToken } = await notifier.getListener(address);
      const listener = nameOf(chain, address);
      const isTold = toldEpoch === countingEpoch && toldSharesPerToken === sharesPerToken;
      ensure(isTold, `the ${listener} of ${name} was not told of epoch ${countingEpoch}`);
      return { chain: name, listener, epoch: toldEpoch, sharesPerToken: toldSharesPerToken };
    }),
  );
  ensure(listeners.length > 0, `the notifier of ${name} has no listener`);
  ensure(answer === growthIndex(sharesPerToken), `the rate feed of ${name} answers ${answer}`);
  return { listeners, answer };
}

function nameOf({ contracts }: MeshChain, address: string): ToldListener["listener"] {
  if (address === contracts.rateFeed) return "rate feed";
  return address === contracts.pairSyncer ? "pair syncer" : "other";
}
