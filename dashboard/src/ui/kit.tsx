import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";

import { exactTokens } from "core/amount";
import { grouped, short, tokens } from "../model/words";

/** A value that is shown shortened and always copied in full. */
export function Copyable({
  full,
  children,
  what,
}: {
  full: string;
  children: ReactNode;
  what: string;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1_500);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      className="copyable"
      title={`${full} — click to copy`}
      onClick={() => void navigator.clipboard?.writeText(full).then(() => setCopied(true))}
    >
      {children}
      <span className="sr-only">, copy {what} in full</span>
      <span className="copied" role="status">
        {copied ? "copied" : ""}
      </span>
    </button>
  );
}

/** Shows an amount in token units. */
export function Tokens({
  amount,
  symbol,
  decimals = 2,
}: {
  amount: bigint;
  symbol?: string;
  decimals?: number;
}) {
  return (
    <Copyable full={exactTokens(amount)} what="amount">
      <span className="num">{tokens(amount, symbol, decimals)}</span>
    </Copyable>
  );
}

/** Shows the first digits and the length of a long integer, copied in full. */
export function Big({ value, what }: { value: bigint; what: string }) {
  const digits = value.toString();
  const shown =
    digits.length <= 15
      ? grouped(value)
      : `${digits[0]}.${digits.slice(1, 6)}…e${digits.length - 1}`;
  return (
    <Copyable full={digits} what={what}>
      <span className="num">{shown}</span>
    </Copyable>
  );
}

/** Shows a hash or an address: shortened, copied in full, with a link if an explorer is known. */
export function Hash({
  value,
  what,
  href,
}: {
  value: string;
  what: string;
  href?: string | undefined;
}) {
  return (
    <span className="hash">
      <Copyable full={value} what={what}>
        <span className="num">{short(value)}</span>
      </Copyable>
      {href && (
        <a href={href} target="_blank" rel="noreferrer">
          open<span className="sr-only"> {what} in the explorer, in a new tab</span>
        </a>
      )}
    </span>
  );
}

export type BadgeTone = "good" | "wait" | "bad" | "muted";

const MARKS: Record<BadgeTone, string> = { good: "✓", wait: "◷", bad: "!", muted: "–" };

/** Shows a state with an icon, a word and a colour, never by colour alone. */
export function Badge({ tone, children }: { tone: BadgeTone; children: ReactNode }) {
  return (
    <span className={`badge badge-${tone}`}>
      <span aria-hidden="true">{MARKS[tone]}</span> {children}
    </span>
  );
}

/** Placeholder for a value that has not been read yet. */
export function Skeleton({ width = "6ch" }: { width?: string }) {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => ref.current?.style.setProperty("inline-size", width), [width]);
  return (
    <span ref={ref} className="skeleton">
      <span className="sr-only">loading</span>
    </span>
  );
}

/** A section of a page. */
export function Panel({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  const id = `panel-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** A table that scrolls sideways by itself, reachable by keyboard; it says so where that is needed. */
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
  const region = useRef<HTMLDivElement>(null);
  const [isCut, setCut] = useState(false);
  useEffect(() => {
    const element = region.current;
    if (!element) return;
    const measure = () => setCut(element.scrollWidth > element.clientWidth + 1);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    for (const child of element.children) observer.observe(child);
    return () => observer.disconnect();
  }, []);
  return (
    <>
      {isCut && <p className="more-columns">More columns: scroll sideways →</p>}
      {/* The region takes the focus so that the keyboard can scroll it. */}
      <div ref={region} className="scroll" role="region" aria-label={label} tabIndex={0}>
        {children}
      </div>
    </>
  );
}

export interface StackedRow {
  readonly key: string;
  readonly className?: string;
  /** One for each column. */
  readonly cells: readonly ReactNode[];
}

/**
 * A table that becomes a list of cards on narrow screens. Its roles are explicit, because some browsers drop them
 * when the layout changes.
 */
export function StackedTable({
  label,
  columns,
  rows,
  hasRowHeads = false,
}: {
  label: string;
  columns: readonly string[];
  rows: readonly StackedRow[];
  /** True when the first cell is the header of its row. */
  hasRowHeads?: boolean;
}) {
  return (
    <Scroll label={label}>
      <table className="stacked" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {columns.map((column) => (
              <th key={column} scope="col" role="columnheader">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map(({ key, className, cells }) => (
            <tr key={key} role="row" className={className}>
              {cells.map((cell, i) =>
                i === 0 && hasRowHeads ? (
                  <th key={columns[i]} scope="row" role="rowheader" data-label={columns[i]}>
                    <div>{cell}</div>
                  </th>
                ) : (
                  <td key={columns[i]} role="cell" data-label={columns[i]}>
                    <div>{cell}</div>
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Shows a gauge, 0 to 100, beside its text. */
export function Gauge({ percent, label }: { percent: number; label: string }) {
  return (
    <meter
      className="gauge"
      min={0}
      max={100}
      low={15}
      optimum={100}
      value={percent}
      aria-label={label}
    />
  );
}

/** Message about a failure and its fix, or about a success. */
export function Notice({ tone, children }: { tone: "bad" | "good" | "wait"; children: ReactNode }) {
  return (
    <p className={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <span aria-hidden="true">{MARKS[tone]}</span> {children}
    </p>
  );
}
