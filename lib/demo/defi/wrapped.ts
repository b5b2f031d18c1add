import { ZeroAddress } from "ethers";

import { LOCAL_HOLDERS } from "../../../config/localAccounts";
import { abi, contractAt } from "../../core/abis";
import { formatTokens } from "../../core/amount";
import { withFeeMargin } from "../../core/feeMargin";
import { act, declaredOn, deliver, tokens } from "../actions";
import { addressOf } from "../ledger";
import { ensure } from "../scenario";
import type { ScenarioRun } from "../scenario";

/** Wrapped units that were sent to another chain. Amounts in the smallest unit. */
export interface WrappedTransfer {
  readonly source: string;
  readonly destination: string;
  readonly sent: bigint;
  readonly arrived: bigint;
}

/** Alice wraps tokens at home and sends them to Bob on a satellite, where they arrive wrapped. */
export async function bridgeWrapped(run: ScenarioRun): Promise<WrappedTransfer> {
  const { home, first, progress } = run;
  const sent = tokens("50");
  const [wrapper, bridge] = [declaredOn(home, "wrapper"), declaredOn(home, "wrappedBridge")];
  const bob = addressOf("bob");
  const value = await contractAt.wrapper(wrapper, home.provider).previewMint(sent);
  const { fee, arriving } = await contractAt
    .wrappedBridge(bridge, home.provider)
    .quote(first.selector, bob, sent, ZeroAddress);
  await act(run, home, LOCAL_HOLDERS.alice, [
    {
      kind: "approval",
      to: home.contracts.token,
      data: abi.token.encodeFunctionData("approve", [wrapper, value]),
    },
    {
      kind: "wrap",
      to: wrapper,
      data: abi.wrapper.encodeFunctionData("wrapShares", [sent, addressOf("alice")]),
    },
    {
      kind: "approval",
      to: wrapper,
      data: abi.wrapper.encodeFunctionData("approve", [bridge, sent]),
    },
    {
      kind: "wrapped units sent",
      to: bridge,
      data: abi.wrappedBridge.encodeFunctionData("send", [
        first.selector,
        bob,
        sent,
        arriving,
        ZeroAddress,
      ]),
      value: withFeeMargin(fee),
    },
  ]);
  await deliver(run);
  const there = contractAt.wrapper(declaredOn(first, "wrapper"), first.provider);
  const arrived = await there.balanceOf(bob);
  ensure(arrived === arriving, `${arrived} wrapped units arrived, not ${arriving}`);
  const rate = await there.getRate();
  progress.note(
    `alice sent ${formatTokens(sent, 6)} wRUSD from ${home.name}, bob has ${formatTokens(arrived, 6)} wRUSD on ${first.name}`,
  );
  progress.note(
    `one wRUSD is ${formatTokens(rate, 9)} RUSD on every chain; less than two units stayed as shares of RUSD`,
  );
  return { source: home.name, destination: first.name, sent, arrived };
}
