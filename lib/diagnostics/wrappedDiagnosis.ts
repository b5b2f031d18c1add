import { exactTokens } from "../core/amount";
import { command } from "../core/recovery";
import type { WrappedArrival } from "../ccip/wrapped";

import { plainly } from "./diagnosis";
import type { Diagnosis } from "./diagnosis";
import type { MessageFacts, WrappedFacts } from "./facts";

/** Diagnoses a message that a wrapped bridge has taken. */
export function diagnoseWrapped(
  facts: Pick<MessageFacts, "mesh" | "destination" | "message" | "source">,
  wrapped: WrappedFacts,
  arrival: WrappedArrival,
): Diagnosis {
  const { destination } = facts;
  const { account, shares } = arrival;
  switch (arrival.outcome) {
    case "wrapped":
      return plainly(
        "executed",
        `It was executed on ${destination}: ${account} got ${exactTokens(arrival.wrapped)} wrapped units, and ${shares} shares that make no whole unit.`,
      );
    case "plain":
      return {
        verdict: "executed",
        what: `It was executed on ${destination}, and could not be wrapped: ${account} got ${shares} shares of the token.`,
        why: [`The wrapper of ${destination} refused to wrap them, though there was gas for it.`],
        remedies: [
          {
            command: command("mesh check", { mesh: facts.mesh.name }),
            note: "says whether the wrapper is the right one; then the account wraps them itself with `npx hardhat wrap`",
          },
        ],
      };
    case "kept":
      return diagnoseKept(facts, wrapped, arrival);
  }
}

function diagnoseKept(
  {
    destination,
    source,
    message,
    mesh,
  }: Pick<MessageFacts, "mesh" | "destination" | "message" | "source">,
  { bridge, data, isFromBridge, isPaired, claimable }: WrappedFacts,
  { account, shares }: WrappedArrival,
): Diagnosis {
  const isOwners = data?.owner === account && isPaired;
  const why = isOwners
    ? `Its receiver ${data.receiver} is a contract of the mesh from which nobody could take it again, or refused it.`
    : isFromBridge
      ? `The bridge of ${destination} did not take its sender ${message.sender} for the bridge of ${source}.`
      : `Its sender ${message.sender} is no bridge of the mesh: whatever it says of a receiver is not believed.`;
  if (claimable === 0n) {
    return {
      verdict: "executed",
      what: `It was executed on ${destination}; ${shares} shares were kept for ${account}, and have been claimed.`,
      why: [why],
      remedies: [],
    };
  }
  const pair = {
    command: command("mesh apply", { mesh: mesh.name }),
    note: "pairs the bridges, so that the next transfer arrives",
  };
  return {
    verdict: "without effect",
    what: `It was executed on ${destination} and could not be delivered: ${shares} shares are kept for ${account} on the wrapped bridge.`,
    why: [why],
    remedies: [
      ...(isFromBridge && !isPaired ? [pair] : []),
      {
        note: `${account} calls claim(<account>) on the wrapped bridge ${bridge} of ${destination}, and names the account that gets the shares: neither zero nor the token`,
      },
    ],
  };
}
