import { all } from "../../model/reading";
import type { Reading } from "../../model/reading";

import type { Holding } from "../../data/holdings";
import type { ChainReading } from "../../data/mesh";
import type { Earning } from "../../model/history";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { stateText } from "../../model/messages";
import type { TrackedMessage } from "../../model/messages";
import { chainLabel, countdown, growth, silenceText } from "../../model/words";
import { Known } from "../../ui/Known";
import { Badge, Big, Tokens } from "../../ui/kit";
import type { StackedRow } from "../../ui/kit";

type Now = (chain: string) => number;

export function chainRow(
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

/** Returns the row of a transfer in flight to an account. */
export function travellingRow(
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
