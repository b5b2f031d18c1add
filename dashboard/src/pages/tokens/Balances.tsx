import { useQueries } from "@tanstack/react-query";
import type { Hex } from "viem";

import { readMovements } from "../../data/holdings";
import { useMesh, useTick } from "../../data/mesh";
import { useHoldings } from "../../data/useHoldings";
import { earnings } from "../../model/history";
import { isPending, sharesPerToken, toTokens } from "../../model/indexState";
import { chainLabel, countdown, growth, moment, tokens } from "../../model/words";
import { Badge, Big, Panel, Skeleton, StackedTable, Tokens } from "../../ui/kit";

/** What an account owns on every chain, on the way, and what rebases made of it. */
export function Balances({ account }: { account: Hex }) {
  const { mesh, chains, changes, messages, now } = useMesh();
  useTick();
  const interval = mesh.live ? 12_000 : 2_000;
  const holdings = useHoldings(account);
  const movements = useQueries({
    queries: mesh.chains.map((chain) => ({
      queryKey: ["movements", chain.name, account],
      queryFn: () => readMovements(mesh, chain, account),
      refetchInterval: interval * 3,
    })),
  });
  const home = chains.find(({ chain }) => chain === mesh.home)?.snapshot;
  const homeIndex = home ? sharesPerToken(home, now(mesh.home.name)) : 0n;
  const pendingAtHome = home && isPending(home, now(mesh.home.name)) ? home : undefined;
  const travelling = messages.filter(
    ({ kind, state, message }) =>
      kind === "transfer" &&
      state !== "executed" &&
      message.receiver.toLowerCase() === account.toLowerCase(),
  );
  const rows = mesh.chains.map((chain, i) => {
    const snapshot = chains.find((reading) => reading.chain === chain)?.snapshot;
    const time = now(chain.name);
    const index = snapshot ? sharesPerToken(snapshot, time) : 0n;
    const holding = holdings[i]?.data;
    const own = changes.filter((change) => change.chain === chain.name);
    return {
      chain,
      snapshot,
      holding,
      isSilent: holdings[i]?.isError ?? false,
      amount: holding && snapshot ? toTokens(holding.shares, index) : undefined,
      then:
        holding && snapshot && isPending(snapshot, time)
          ? toTokens(holding.shares, snapshot.next)
          : undefined,
      until: snapshot ? Number(snapshot.effectiveAt) - time : 0,
      earned: movements[i]?.data && earnings(movements[i].data, own, time),
    };
  });
  const onTheWay = travelling.reduce((sum, { shares }) => sum + toTokens(shares, homeIndex), 0n);
  const total = rows.reduce((sum, { amount }) => sum + (amount ?? 0n), onTheWay);
  const earned = rows.flatMap((row) =>
    (row.earned ?? []).map((earning) => ({ ...earning, chain: row.chain })),
  );
  return (
    <>
      <p className="total-line">
        <Tokens amount={total} symbol={mesh.token.symbol} decimals={6} />
        <small>
          on all chains that answer
          {travelling.length > 0 && `, ${tokens(onTheWay, "", 6)} of it on the way`}
        </small>
      </p>
      <Panel title="Where it is">
        <StackedTable
          label="Balances"
          hasRowHeads
          columns={["Chain", "Tokens", "Shares", "After the pending rebase", "Earned by rebases"]}
          rows={[
            ...rows.map(({ chain, holding, amount, then, until, snapshot, isSilent, ...row }) => ({
              key: chain.name,
              className: isSilent ? "silent" : "",
              cells: [
                <>
                  {chainLabel(chain.name)} {isSilent && <Badge tone="muted">no answer</Badge>}
                </>,
                amount === undefined ? <Skeleton /> : <Tokens amount={amount} decimals={6} />,
                holding ? <Big value={holding.shares} what="shares" /> : <Skeleton />,
                then !== undefined && snapshot ? (
                  <>
                    <Tokens amount={then} decimals={6} />
                    <small>
                      {growth(snapshot.current, snapshot.next)} in {countdown(until)}
                    </small>
                  </>
                ) : pendingAtHome && snapshot && snapshot.epoch < pendingAtHome.epoch ? (
                  "not heard of here yet"
                ) : (
                  "none pending"
                ),
                row.earned ? (
                  <Tokens
                    amount={row.earned.reduce((sum, item) => sum + item.earned, 0n)}
                    decimals={6}
                  />
                ) : (
                  <Skeleton />
                ),
              ],
            })),
            ...travelling.map((message) => ({
              key: message.id,
              cells: [
                <>
                  <span>On the way to {chainLabel(message.destination)}</span>{" "}
                  <small>
                    from {chainLabel(message.source)}, {message.state}
                  </small>
                </>,
                <Tokens amount={toTokens(message.shares, homeIndex)} decimals={6} />,
                <Big value={message.shares} what="shares" />,
                pendingAtHome ? (
                  <Tokens amount={toTokens(message.shares, pendingAtHome.next)} decimals={6} />
                ) : (
                  "none pending"
                ),
                <a href="#/messages">follow it</a>,
              ],
            })),
          ]}
        />
        {earned.length > 0 && (
          <details>
            <summary>Every rebase that changed it</summary>
            <ul className="plain">
              {earned
                .filter((item) => item.earned !== 0n)
                .map((item) => (
                  <li key={`${item.chain.name}${item.epoch}`}>
                    Epoch {item.epoch.toString()} on {chainLabel(item.chain.name)},{" "}
                    {moment(item.effectiveAt)}:{" "}
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
