import { Fragment, useEffect, useState } from "react";
import type { ReactNode } from "react";

import { Scroll } from "./kit";

export interface FoldedColumn {
  readonly label: string;
  /** True for a column that stays visible on a narrow screen; the others move to the details. */
  readonly staysInLine?: boolean;
}

export interface FoldedRow {
  readonly key: string;
  /** Name of the row, for its button: "Details of …". */
  readonly name: string;
  /** One for each column. */
  readonly cells: readonly ReactNode[];
  /** Short forms of cells for narrow screens, by column; the details show the full cell. */
  readonly lines?: Readonly<Record<string, ReactNode>>;
  /** Details that are available on every screen. */
  readonly details?: () => ReactNode;
}

/** Screen widths at which the columns of a table do not fit. */
const NARROW = "(max-width: 44rem)";

/** A table with one line per row: columns that do not fit, and long details, are shown on demand. */
export function FoldedTable({
  label,
  columns,
  rows,
}: {
  label: string;
  columns: readonly FoldedColumn[];
  rows: readonly FoldedRow[];
}) {
  const isNarrow = useMedia(NARROW);
  const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set());
  const inLine = columns.filter(({ staysInLine }) => !isNarrow || staysInLine);
  const canOpen = isNarrow || rows.some(({ details }) => details);
  const toggle = (key: string) =>
    setOpen((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  return (
    <Scroll label={label}>
      <table className={isNarrow ? "folded narrow" : "folded"}>
        <thead>
          <tr>
            {inLine.map((column) => (
              <th key={column.label} scope="col">
                {column.label}
              </th>
            ))}
            {canOpen && (
              <th scope="col">
                <span className="sr-only">Details</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const isOpen = open.has(row.key);
            const id = `details-${label}-${row.key}`.replace(/\W+/g, "-");
            return (
              <Fragment key={row.key}>
                <tr>
                  {columns.map((column, i) =>
                    inLine.includes(column) ? (
                      <td key={column.label}>
                        {(isNarrow && row.lines?.[column.label]) || row.cells[i]}
                      </td>
                    ) : null,
                  )}
                  {canOpen && (
                    <td className="toggle">
                      <button
                        type="button"
                        className="quiet fold"
                        aria-expanded={isOpen}
                        aria-controls={isOpen ? id : undefined}
                        onClick={() => toggle(row.key)}
                      >
                        <span aria-hidden="true">{isOpen ? "▴" : "▾"}</span>
                        <span className="sr-only">Details of {row.name}</span>
                      </button>
                    </td>
                  )}
                </tr>
                {isOpen && canOpen && (
                  <tr id={id} className="unfolded">
                    <td colSpan={inLine.length + 1}>
                      <dl className="details">
                        {columns.map((column, i) =>
                          isNarrow && (!column.staysInLine || row.lines?.[column.label]) ? (
                            <div key={column.label}>
                              <dt>{column.label}</dt>
                              <dd>{row.cells[i]}</dd>
                            </div>
                          ) : null,
                        )}
                      </dl>
                      {row.details?.()}
                    </td>
                  </tr>
                )}
              </Fragment>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

/** Shows the next rows of a long list. */
export function ShowMore({
  shown,
  total,
  onMore,
}: {
  shown: number;
  total: number;
  onMore: () => void;
}) {
  if (total <= shown) return null;
  return (
    <button type="button" className="quiet" onClick={onMore}>
      Show older ones, {total - shown} are left
    </button>
  );
}

/** Returns whether the screen currently matches a media query. */
function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => window.matchMedia(query).matches);
  useEffect(() => {
    const media = window.matchMedia(query);
    const change = () => setMatches(media.matches);
    media.addEventListener("change", change);
    return () => media.removeEventListener("change", change);
  }, [query]);
  return matches;
}
