import { Suspense, lazy } from "react";

import { lastRead } from "../model/reading";

import { useMesh, useTick } from "../data/mesh";
import { isPending } from "../model/indexState";
import { isConserved } from "../model/health";
import { count, countdown, growth } from "../model/words";
import { Skeleton } from "../ui/kit";
import { ChainCard } from "./overview/ChainCard";
import { SupplyPanel } from "./overview/SupplyPanel";

// They are below the first view, and most meshes have none of it.
const OptionalPanels = lazy(() => import("./overview/OptionalPanels"));

const MARKS = { good: "✓", wait: "◷", bad: "!", unknown: "?" } as const;

/** Shows whether every chain is at the same epoch, readable within five seconds. */
export default function Overview() {
  const { health, chains, mesh, conservation } = useMesh();
  const isComplete = conservation.state === "read" && isConserved(conservation.value);
  const isWaiting = chains.every(({ snapshot }) => snapshot.state === "unread");
  return (
    <>
      <section
        className={`health health-${isWaiting ? "loading" : health.tone}`}
        aria-label="Health"
      >
        <span className="health-mark" aria-hidden="true">
          {isWaiting ? "…" : MARKS[health.tone]}
        </span>
        <div role="status" aria-live="polite">
          <h1 tabIndex={-1}>{health.headline}</h1>
          {!isWaiting && health.details.map((line) => <p key={line}>{line}</p>)}
          {health.tone === "good" && (
            <p>
              All satellites are synced
              {isComplete ? ", and every share is accounted for." : "."}
            </p>
          )}
          <PendingLine />
        </div>
      </section>
      <SupplyPanel />
      <div className="chains">
        {chains.map((reading) => (
          <ChainCard key={reading.chain.name} reading={reading} />
        ))}
      </div>
      {(mesh.wrapper ?? mesh.home.contracts.notifier) && (
        <Suspense fallback={<Skeleton width="40ch" />}>
          <OptionalPanels />
        </Suspense>
      )}
      <p className="foot">
        Read by your browser directly from the {count(mesh.chains.length, "chain")}. Click any
        number to copy it in full.
      </p>
    </>
  );
}

function PendingLine() {
  const { home, mesh, now } = useMesh();
  useTick();
  const state = lastRead(home)?.value;
  // The heading above already says that home was not read.
  if (!state) return null;
  const time = now(mesh.home.name);
  if (!isPending(state, time)) return null;
  return (
    <p className="pending-line">
      A rebase of <strong className="num">{growth(state.current, state.next)}</strong> takes effect
      in{" "}
      <strong className="num" role="timer">
        {countdown(Number(state.effectiveAt) - time)}
      </strong>
      , at the same second on every chain that has this epoch by then.
      {home.state === "failed" && " So it was when home was last read."}
    </p>
  );
}
