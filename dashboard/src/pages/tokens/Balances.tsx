import type { Hex } from "viem";

import { all, gather, knownOf, lastRead, map, sum, unread } from "core/reading";
import type { Reading } from "core/reading";
import type { Holding } from "../../data/holdings";
import { useMesh, useTick } from "../../data/mesh";
import type { ChainReading } from "../../data/mesh";
import { useCounted, useHoldings, useMovements } from "../../data/useHoldings";
import { earnings } from "../../model/history";
import type { Earning } from "../../model/history";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { isOpen, stateText } from "../../model/messages";
import type { TrackedMessage } from "../../model/messages";
import {
  chainLabel,
  count,
  countdown,
  growth,
  pinnedBlock,
  joinNames,
  silenceText,
  tokens,
} from "../../model/words";
import { unknownUntil } from "../../model/words";
import { addable, addedBy, isSame } from "../../model/worth";
import { Badge, Big, Panel, StackedTable, Tokens } from "../../ui/kit";
import type { StackedRow } from "../../ui/kit";
import { Known } from "../../ui/Known";

/** Balances of an account on every chain and on the way, and its earnings by rebases. */
export function Balances({ account }: { account: Hex }) {
  const { mesh, chains, home, messages, now } = useMesh();
  useTick();
  const holdings = useHoldings(account);
  const movements = useMovements(account);
  const mine = knownOf(messages).filter(
    ({ kind, message }) => kind === "transfer" && isSame(message.receiver, account),
  );
  const rows = chains.map((reading, i) => {
    const { chain, changes } = reading;
    const time = now(chain.name);
    const moved = movements[i] ?? unread(chain.name);
    return {
      reading,
      holding: holdings[i] ?? unread(chain.name),
      earned: map(all([moved, changes]), ([every, own]) => earnings(every, own, time)),
    };
  });
  const travelling = mine.filter(isOpen);
  const unsure = mine.filter(({ state }) => lastRead(state) === undefined);
  const homeIndex = map(home, (state) => sharesPerToken(state, now(mesh.home.name)));
  const earned = gather(
    rows.map((row) =>
      map(row.earned, (every) => every.map((item) => ({ ...item, chain: row.reading.chain }))),
    ),
    (known) => known.flat().filter((item) => item.earned !== 0n),
  );
  return (
    <>
      <TotalLine account={account} mine={mine} />
      <Panel title="Balances by chain">
        <StackedTable
          label="Balances"
          hasRowHeads
          columns={["Chain", "Tokens", "Shares", "After the pending rebase", "Earned by rebases"]}
          rows={[
            ...rows.map((row) => chainRow(row, home, now)),
            ...travelling.map((message) => travellingRow(message, home, now)),
          ]}
        />
        {unsure.length > 0 && (
          <p className="unknown">
            {count(unsure.length, "transfer")} to this account, worth{" "}
            <Known reading={homeIndex}>
              {(index) => (
                <Tokens
                  amount={toTokens(sharesIn(unsure), index)}
                  symbol={mesh.token.symbol}
                  decimals={6}
                />
              )}
            </Known>
            : whether {unsure.length === 1 ? "it has" : "they have"} arrived is{" "}
            {unknownUntil([...new Set(unsure.map(({ destination }) => destination))])}.
          </p>
        )}
        {knownOf(earned).length > 0 && (
          <details>
            <summary>Every rebase that changed it</summary>
            {earned.extent === "part" && (
              <p className="unknown">
                What rebases changed on {joinNames(earned.missing)} is{" "}
                {unknownUntil(earned.missing)}.
              </p>
            )}
            <ul className="plain">
              {knownOf(earned).map((item) => (
                <li key={`${item.chain.name}${item.epoch}`}>
                  Epoch {item.epoch.toString()} on {chainLabel(item.chain.name)},{" "}
                  {pinnedBlock(item.effectiveAt)}:{" "}
                  <Tokens amount={item.earned} symbol={mesh.token.symbol} decimals={6} />
                </li>
              ))}
            </ul>
          </details>
        )}
      </Panel>
    </>
  );
}

/** The sum over all chains and messages; where something was not read, the sum of the rest, and what lacks. */
function TotalLine({ account, mine }: { account: Hex; mine: readonly TrackedMessage[] }) {
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
    // Messages that an unread chain has sent are not among the known ones.
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

type Now = (chain: string) => number;

function chainRow(
  {
    reading: { chain, snapshot },
    holding,
    earned,
  }: {
    reading: ChainReading;
    holding: Reading<Holding>;
    earned: Reading<readonly Earning[]>;
  },
  home: ChainReading["snapshot"],
  now: Now,
): StackedRow {
  const time = now(chain.name);
  const both = all([holding, snapshot]);
  const isSilent = both.state === "failed";
  return {
    key: chain.name,
    className: isSilent ? "silent" : "",
    cells: [
      <>
        {chainLabel(chain.name)}{" "}
        {isSilent && <Badge tone="muted">{silenceText(both.failures)}</Badge>}
      </>,
      <Known key="tokens" reading={both}>
        {([{ shares }, state]) => (
          <Tokens amount={toTokens(shares, sharesPerToken(state, time))} decimals={6} />
        )}
      </Known>,
      <Known key="shares" reading={holding} saysAge={false}>
        {({ shares }) => <Big value={shares} what="shares" />}
      </Known>,
      <Known key="then" reading={both} saysAge={false}>
        {([{ shares }, state]) =>
          isPending(state, time) ? (
            <>
              <Tokens amount={toTokens(shares, state.next)} decimals={6} />
              <small>
                {growth(state.current, state.next)} in {countdown(Number(state.effectiveAt) - time)}
              </small>
            </>
          ) : (
            <Known reading={home} saysAge={false}>
              {(decided) =>
                isPending(decided, now(decided.chain)) && state.epoch < decided.epoch
                  ? "one is pending that has not been synced here yet"
                  : home.state === "read" && both.state === "read"
                    ? "none pending"
                    : "none pending when last read"
              }
            </Known>
          )
        }
      </Known>,
      <Known key="earned" reading={earned}>
        {(every) => (
          <Tokens amount={every.reduce((total, item) => total + item.earned, 0n)} decimals={6} />
        )}
      </Known>,
    ],
  };
}

function travellingRow(
  message: TrackedMessage,
  home: ChainReading["snapshot"],
  now: Now,
): StackedRow {
  const { shares } = message;
  const unclear = "unknown";
  return {
    key: message.id,
    cells: [
      <>
        <span>On the way to {chainLabel(message.destination)}</span>{" "}
        <small>
          from {chainLabel(message.source)}, {stateText(message)}
        </small>
      </>,
      <Known key="tokens" reading={home}>
        {(state) =>
          shares === undefined ? (
            unclear
          ) : (
            <Tokens
              amount={toTokens(shares, sharesPerToken(state, now(state.chain)))}
              decimals={6}
            />
          )
        }
      </Known>,
      shares === undefined ? unclear : <Big key="shares" value={shares} what="shares" />,
      <Known key="then" reading={home}>
        {(state) =>
          !isPending(state, now(state.chain)) ? (
            "none pending"
          ) : shares === undefined ? (
            unclear
          ) : (
            <Tokens amount={toTokens(shares, state.next)} decimals={6} />
          )
        }
      </Known>,
      <a key="follow" href="#/messages">
        follow it
      </a>,
    ],
  };
}

/** Adds up the shares of messages, of those that can be decoded. */
function sharesIn(messages: readonly TrackedMessage[]): bigint {
  return messages.reduce(
    (total, { shares }) => (shares === undefined ? total : total + shares),
    0n,
  );
}
