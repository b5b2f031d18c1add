import type { ReactNode } from "react";

import { match } from "../model/reading";
import type { Failure, ReadAt, Reading } from "../model/reading";
import {
  silenceText,
  chainLabel,
  duration,
  grouped,
  pinnedBlock,
  joinNames,
  unknownUntil,
} from "../model/words";

/** Shows a value that was read; otherwise the chain that is missing, or an old value with its age. */
export function Known<T>({
  reading,
  children,
  saysAge = true,
}: {
  reading: Reading<T>;
  children: (value: T) => ReactNode;
  /** False when a surrounding element shows the age of the value. */
  saysAge?: boolean;
}) {
  return match<T, ReactNode>(reading, {
    unread: (names, failures) => <NotRead names={names} failures={failures} />,
    read: (value) => children(value),
    stale: (value, at, failures) => (
      <>
        {children(value)}
        {saysAge && <Age at={at} failures={failures} />}
      </>
    ),
  });
}

/** Shows which chains are missing for a value. */
export function NotRead({
  names,
  failures,
}: {
  names: readonly string[];
  failures: readonly Failure[];
}) {
  return failures.length === 0 ? (
    <small className="waiting">waiting for {joinNames(names)}</small>
  ) : (
    <small className="unknown">{unknownUntil(names)}</small>
  );
}

/** Shows the block of an old value, and since when reads have failed. */
export function Age({ at, failures }: { at: readonly ReadAt[]; failures: readonly Failure[] }) {
  return (
    <small className="unknown">
      as last read
      {failures.map((failure) => {
        const { source, since } = failure;
        const pin = at.find((item) => item.source === source);
        return (
          <span key={source}>
            {" "}
            {pin
              ? `at block ${grouped(pin.block)} of ${chainLabel(source)}, ${pinnedBlock(pin.time)};`
              : ""}{" "}
            {chainLabel(source)} {silenceText([failure])} for {duration(Date.now() / 1_000 - since)}
          </span>
        );
      })}
    </small>
  );
}
