import { useSyncExternalStore } from "react";

import { exactTokens } from "core/amount";
import { growthIndex } from "core/growth";

import { tokens } from "../model/words";
import { Big, Copyable } from "./kit";

const KEY = "shows-divisor";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function isChosen(): boolean {
  return window.localStorage.getItem(KEY) === "yes";
}

/** Shows the growth index of a divisor, 1.0 at genesis, and the divisor itself if enabled. */
export function GrowthIndex({ sharesPerToken }: { sharesPerToken: bigint }) {
  const showsDivisor = useSyncExternalStore(subscribe, isChosen);
  if (sharesPerToken === 0n) return "none yet";
  const index = growthIndex(sharesPerToken);
  return (
    <>
      <Copyable full={exactTokens(index)} what="growth index">
        <span className="num">{tokens(index, "", 6)}</span>
      </Copyable>
      {showsDivisor && (
        <small>
          divisor <Big value={sharesPerToken} what="shares per token" />
        </small>
      )}
    </>
  );
}

/** Switch that shows the divisors behind growth indexes, and keeps its state. */
export function DivisorSwitch() {
  const showsDivisor = useSyncExternalStore(subscribe, isChosen);
  return (
    <label className="inline">
      <input
        type="checkbox"
        checked={showsDivisor}
        onChange={({ target }) => {
          window.localStorage.setItem(KEY, target.checked ? "yes" : "no");
          listeners.forEach((listener) => listener());
        }}
      />{" "}
      Advanced: show divisors (shares per token)
    </label>
  );
}
