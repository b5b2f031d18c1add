import type { Hex } from "viem";

import { all, knownOf, lastRead, map, sum, unread } from "../../model/reading";

import { useMesh } from "../../data/mesh";
import { useCounted } from "../../data/useHoldings";
import { sharesPerToken, toTokens } from "../../model/indexState";
import type { TrackedMessage } from "../../model/messages";
import { joinNames, pinnedBlock, silenceText, tokens, unknownUntil } from "../../model/words";
import { addable, addedBy } from "../../model/worth";
import { Tokens } from "../../ui/kit";

/**
 * Shows the sum over all chains and messages; if a part was not read, the sum of the rest, and the missing chains.
 */
export function TotalLine({ account, mine }: { account: Hex; mine: readonly TrackedMessage[] }) {
  const { mesh, chains, chainOf, home, now } = useMesh();
  const counted = useCounted(account);
  const countedOn = (name: string) =>
    counted[mesh.chains.findIndex((chain) => chain.name === name)] ?? unread(name);
  const inMessages = mine.map((message) =>
    map(
      all([
        addedBy(message, account, countedOn(message.source), countedOn(message.destination)),
        home,
      ]),
      ([shares, state]) => toTokens(shares, sharesPerToken(state, now(mesh.home.name))),
    ),
  );
  const total = sum([
    ...chains.map(({ chain, snapshot }) =>
      map(all([addable(chain.name, countedOn(chain.name)), snapshot]), ([shares, state]) =>
        toTokens(shares, sharesPerToken(state, now(chain.name))),
      ),
    ),
    ...inMessages,
    // Messages from unread chains are not known.
    ...chains.map(({ ledger }) => map(ledger, () => 0n)),
  ]);
  const onTheWay = knownOf(sum(inMessages));
  const shown = knownOf(total);
  const asLastRead = total.failures.filter(
    ({ source }) => lastRead(chainOf(source).ledger) && lastRead(chainOf(source).snapshot),
  );
  return (
    <p className="total-line">
      <Tokens amount={shown} symbol={mesh.token.symbol} decimals={6} />
      <small>
        {total.extent === "whole" ? "on all chains" : "is what is known so far"}
        {onTheWay !== 0n && `, ${tokens(onTheWay, "", 6)} of it on the way`}
      </small>
      {total.extent === "part" && (
        <small className="unknown">
          What is on {joinNames(total.missing)}, or on the way from or to there, is{" "}
          {unknownUntil(total.missing)}.
        </small>
      )}
      {asLastRead.length > 0 && (
        <small className="unknown">
          {joinNames(asLastRead.map(({ source }) => source))}: as last read;{" "}
          {silenceText(asLastRead)} since{" "}
          {pinnedBlock(Math.min(...asLastRead.map(({ since }) => since)))}.
        </small>
      )}
    </p>
  );
}
