import type { Hex } from "viem";

import { all, gather, knownOf, lastRead, map, unread } from "../../model/reading";

import { useMesh, useTick } from "../../data/mesh";
import { useHoldings, useMovements } from "../../data/useHoldings";
import { earnings } from "../../model/history";
import { sharesPerToken, toTokens } from "../../model/indexState";
import { isOpen } from "../../model/messages";
import type { TrackedMessage } from "../../model/messages";
import { chainLabel, count, joinNames, pinnedBlock, unknownUntil } from "../../model/words";
import { isSame } from "../../model/worth";
import { Known } from "../../ui/Known";
import { Panel, StackedTable, Tokens } from "../../ui/kit";
import { TotalLine } from "./TotalLine";
import { chainRow, travellingRow } from "./balanceRows";

/** Shows the balances of an account on every chain and in flight, and its earnings from rebases. */
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

/** Adds up the shares of all decodable messages. */
function sharesIn(messages: readonly TrackedMessage[]): bigint {
  return messages.reduce(
    (total, { shares }) => (shares === undefined ? total : total + shares),
    0n,
  );
}
