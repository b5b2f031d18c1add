import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Hex } from "viem";

import { parseAddress } from "core/input/address";
import { parseAmount } from "core/input/decimal";
import { typed } from "core/input/error";
import { all, map, notReadNow, unread } from "../../model/reading";
import type { Reading } from "../../model/reading";
import { TOKEN_DECIMALS } from "core/units";

import { quoteBridge } from "../../data/holdings";
import type { BridgeOrder, Holding } from "../../data/holdings";
import { laneOf, useMesh } from "../../data/mesh";
import { useReceiverCode } from "../../data/receiver";
import { useHoldings } from "../../data/useHoldings";
import { hex, nativeSymbol } from "../../deployments";
import type { DeployedChain } from "../../deployments";
import { mistakeInForm } from "../../model/form";
import { sharesPerToken, toTokens } from "../../model/indexState";
import { refilled } from "../../model/lanes";
import { transferObstacle } from "../../model/obstacle";
import { lostAt, receiverWarning } from "../../model/receiver";
import { unknownUntil } from "../../model/words";

/** Input of the transfer form. */
export interface TransferFields {
  readonly from: string;
  readonly to: string;
  readonly amount: string;
  readonly receiver: string;
  readonly feeIn: BridgeOrder["feeIn"];
}

/** Evaluates a transfer form: its order, its fee, and all obstacles. */
export function useTransfer(account: Hex) {
  const { mesh, chainOf, now } = useMesh();
  const holdings = useHoldings(account);
  const [fields, setFields] = useState<TransferFields>({
    from: mesh.home.name,
    to: mesh.satellites[0]?.name ?? "",
    amount: "",
    receiver: "",
    feeIn: "native",
  });
  const { feeIn } = fields;
  const source = mesh.chains.find(({ name }) => name === fields.from) ?? mesh.home;
  const destinations = mesh.chains.filter((chain) => chain !== source);
  const destination = destinations.find(({ name }) => name === fields.to) ?? destinations[0];
  const holding = holdings[mesh.chains.indexOf(source)] ?? unread(source.name);
  const index = map(chainOf(source.name).snapshot, (state) =>
    sharesPerToken(state, now(source.name)),
  );
  const balance = map(all([holding, index]), ([{ shares }, perToken]) =>
    toTokens(shares, perToken),
  );
  const { value: amount = 0n, mistake } = typed(() =>
    parseAmount(fields.amount, TOKEN_DECIMALS, { symbol: mesh.token.symbol, positive: true }),
  );
  const receiver = typed(() =>
    fields.receiver.trim() === "" ? account : parseAddress(fields.receiver),
  );
  const code = useReceiverCode(receiver.value, source, destination);
  const order: BridgeOrder | undefined =
    destination && amount > 0n && receiver.value
      ? { source, destination, receiver: hex(receiver.value), amount, feeIn }
      : undefined;
  const quote = useQuery({
    queryKey: ["quote", source.name, destination?.name, feeIn, amount.toString(), receiver.value],
    enabled: order !== undefined,
    retry: false,
    staleTime: 10_000,
    queryFn: () => {
      if (!order) throw new Error("There is nothing to quote.");
      return quoteBridge(order);
    },
  });
  const obstacle = useObstacle(
    { source, destination, amount, feeIn, holding, balance },
    quote.data,
  );
  const unfit =
    receiver.mistake?.message ?? (destination && lostAt(receiver.value ?? "", destination));
  return {
    fields,
    change: (changed: Partial<TransferFields>) =>
      setFields((before) => ({ ...before, ...changed })),
    source,
    destinations,
    destination,
    balance,
    amount,
    order,
    quote,
    shares: map(index, (perToken) => amount * perToken),
    feeSymbol: feeIn === "native" ? nativeSymbol(source) : "LINK",
    /** The obstacle in the receiver. */
    unfit,
    problem: unfit ?? (mistake ? mistakeInForm(mistake) : obstacle),
    warning: code && destination && receiverWarning(code, { source, destination }),
    // The cost and the receiver must be known before anyone can agree to them.
    isUnread: quote.data === undefined || code === undefined,
  };
}

interface Intended {
  readonly source: DeployedChain;
  readonly destination: DeployedChain | undefined;
  readonly amount: bigint;
  readonly feeIn: BridgeOrder["feeIn"];
  readonly holding: Reading<Holding>;
  readonly balance: Reading<bigint>;
}

function useObstacle(
  { source, destination, amount, feeIn, holding, balance }: Intended,
  quoted: bigint | undefined,
): string | undefined {
  const { mesh, chainOf, now } = useMesh();
  if (!destination) return "This mesh has one chain only.";
  const ends = all([
    chainOf(source.name).snapshot,
    chainOf(destination.name).snapshot,
    holding,
    balance,
  ]);
  if (ends.state !== "read") return `Whether it can be sent is ${unknownUntil(notReadNow(ends))}.`;
  const [near, far, held, most] = ends.value;
  const out = laneOf(near.lanes, destination.selector);
  const into = laneOf(far.lanes, source.selector);
  const isNative = feeIn === "native";
  return transferObstacle({
    source,
    destination,
    symbol: mesh.token.symbol,
    amount,
    balance: most,
    isCursed: out.isCursed || into.isCursed,
    isPaused: { here: near.isPaused, there: far.isPaused },
    outbound: refilled(out.outbound, now(source.name) - near.timestamp),
    inbound: refilled(into.inbound, now(destination.name) - far.timestamp),
    fee: { quoted, held: isNative ? held.native : held.link },
    feeSymbol: isNative ? nativeSymbol(source) : "LINK",
    otherCurrency: isNative ? undefined : nativeSymbol(source),
  });
}
