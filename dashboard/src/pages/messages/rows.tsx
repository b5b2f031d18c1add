import type { CcipVersion } from "ccip-localnet/protocol";

import { map, match } from "../../model/reading";
import type { Reading } from "../../model/reading";

import type { MeshState } from "../../data/mesh";
import { sharesPerToken, toTokens } from "../../model/indexState";
import type { MessageState, RefusedBroadcast, TrackedMessage } from "../../model/messages";
import { chainLabel, duration, pinnedBlock, tokens } from "../../model/words";
import type { FoldedRow } from "../../ui/FoldedTable";
import { Known } from "../../ui/Known";
import { Badge, Big, Hash, Tokens } from "../../ui/kit";
import type { BadgeTone } from "../../ui/kit";
import { RepairMessage } from "../../wallet/RepairMessage";

const TONES: Record<MessageState, BadgeTone> = {
  sent: "wait",
  committed: "wait",
  verified: "wait",
  executed: "good",
  failed: "bad",
};
const KINDS = { transfer: "Transfer", broadcast: "Broadcast", proposal: "Proposal" } as const;
const STEPS: Readonly<Record<CcipVersion, readonly MessageState[]>> = {
  "1.6": ["sent", "committed", "executed"],
  "2.0": ["sent", "verified", "executed"],
};

export function messageRow(message: TrackedMessage, { mesh, home, now }: MeshState): FoldedRow {
  const source = mesh.chains.find(({ name }) => name === message.source);
  const { shares } = message;
  const amount = map(home, (state) =>
    shares === undefined ? undefined : toTokens(shares, sharesPerToken(state, now(mesh.home.name))),
  );
  const explorer = mesh.live
    ? `https://ccip.chain.link/msg/${message.id}`
    : source?.explorer && `${source.explorer}/tx/${message.message.transactionHash}`;
  const isTransfer = message.kind === "transfer";
  return {
    key: message.id,
    name: `the ${message.kind} from ${chainLabel(message.source)} to ${chainLabel(message.destination)}, ${pinnedBlock(message.sentAt)}`,
    lines: {
      Carries: isTransfer && (
        <Known reading={amount} saysAge={false}>
          {(value) => (
            <span className="num">{value === undefined ? "unknown" : tokens(value)}</span>
          )}
        </Known>
      ),
      State: <StateBadge state={message.state} />,
    },
    cells: [
      KINDS[message.kind],
      <Way key="way" entry={message} />,
      isTransfer ? (
        <>
          <Known reading={amount}>
            {(value) =>
              value === undefined ? (
                "an amount that cannot be decoded"
              ) : (
                <Tokens amount={value} symbol={mesh.token.symbol} />
              )
            }
          </Known>
          {shares !== undefined && (
            <small className="nowrap">
              <Big value={shares} what="shares" /> shares
            </small>
          )}
        </>
      ) : message.kind === "broadcast" ? (
        `epoch ${message.epoch ?? "unknown"}`
      ) : (
        "calls for the timelock"
      ),
      <>
        <StateBadge state={message.state} />
        <Known reading={message.state}>
          {(state) =>
            state === "executed" || state === "failed" ? null : (
              <Steps
                state={state}
                // Where verifier results are not published, that step is omitted.
                steps={STEPS[message.message.version].filter(
                  (step) => step !== "verified" || mesh.publishesVerifications,
                )}
              />
            )
          }
        </Known>
        {message.settledAt !== undefined && (
          <small>after {duration(message.settledAt - message.sentAt)}</small>
        )}
        {message.reason && <small className="reason">{message.reason}</small>}
        <RepairMessage message={message} />
      </>,
      <When key="when" time={message.sentAt} />,
      <Hash key="id" value={message.id} what="message id" href={explorer} />,
    ],
  };
}

/** Shows the state of a message; unknown if its destination was not read. */
function StateBadge({ state }: { state: Reading<MessageState> }) {
  return match(state, {
    unread: () => <Badge tone="muted">unknown</Badge>,
    read: (value) => <Badge tone={TONES[value]}>{value}</Badge>,
    stale: (value) => <Badge tone="muted">{value} when last read</Badge>,
  });
}

export function refusedRow(refusal: RefusedBroadcast, { mesh }: MeshState): FoldedRow {
  const source = mesh.chains.find(({ name }) => name === refusal.source);
  return {
    key: `${refusal.transactionHash}${refusal.destination}`,
    name: `the broadcast to ${chainLabel(refusal.destination)} that not sent, ${pinnedBlock(refusal.sentAt)}`,
    lines: { State: <Badge tone="bad">not sent</Badge> },
    cells: [
      "Broadcast",
      <Way key="way" entry={refusal} />,
      `epoch ${refusal.epoch}`,
      <>
        <Badge tone="bad">not sent</Badge>
        <small className="reason">{refusal.reason}</small>
        <RepairMessage message={refusal} />
      </>,
      <When key="when" time={refusal.sentAt} />,
      <>
        <small>its transaction</small>
        <Hash
          value={refusal.transactionHash}
          what="transaction"
          href={source?.explorer && `${source.explorer}/tx/${refusal.transactionHash}`}
        />
      </>,
    ],
  };
}

function Way({ entry }: { entry: TrackedMessage | RefusedBroadcast }) {
  return (
    <>
      {chainLabel(entry.source)} <span aria-hidden="true">→</span>
      <span className="sr-only">to</span> {chainLabel(entry.destination)}
    </>
  );
}

function When({ time }: { time: number }) {
  return <time dateTime={new Date(time * 1_000).toISOString()}>{pinnedBlock(time)}</time>;
}

function Steps({ state, steps }: { state: MessageState; steps: readonly MessageState[] }) {
  const reached = steps.indexOf(state);
  return (
    <ol className="steps">
      {steps.map((step, i) => (
        <li key={step} className={i <= reached ? "reached" : ""}>
          {step}
          {i <= reached && <span className="sr-only">, done</span>}
        </li>
      ))}
    </ol>
  );
}
