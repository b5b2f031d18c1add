import { match } from "../../model/reading";

import { laneOf, useMesh } from "../../data/mesh";
import type { Snapshot } from "../../data/snapshot";
import type { DeployedChain } from "../../deployments";
import { joinNames, unknownUntil } from "../../model/words";
import { Badge } from "../../ui/kit";

/** Shows whether transfers are unpaused on a chain, and which of its lanes are cursed, at either end. */
export function TransfersBadge({ chain, state }: { chain: DeployedChain; state: Snapshot }) {
  const { chains } = useMesh();
  const peers = chains.filter((item) => item.chain !== chain);
  const cursed = peers.filter(
    ({ chain: peer, snapshot: there }) =>
      laneOf(state.lanes, peer.selector).isCursed ||
      match(there, {
        unread: () => false,
        read: ({ lanes }) => laneOf(lanes, chain.selector).isCursed,
        stale: ({ lanes }) => laneOf(lanes, chain.selector).isCursed,
      }),
  );
  const unsure = peers.filter(({ snapshot: there }) => there.state !== "read");
  if (state.isPaused) return <Badge tone="bad">paused</Badge>;
  if (state.isCursed) return <Badge tone="bad">chain cursed</Badge>;
  return (
    <>
      {cursed.length > 0 ? (
        <Badge tone="bad">
          lane with {joinNames(cursed.map((item) => item.chain.name))} cursed
        </Badge>
      ) : unsure.length === 0 ? (
        <Badge tone="good">unpaused, no curse</Badge>
      ) : (
        <Badge tone="muted">unpaused here</Badge>
      )}
      {unsure.length > 0 && (
        <small className="unknown">
          {" "}
          a curse at the other end is {unknownUntil(unsure.map((item) => item.chain.name))}
        </small>
      )}
    </>
  );
}
