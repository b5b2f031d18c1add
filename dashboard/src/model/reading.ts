/** The block at which a source was read. */
export interface ReadAt {
  /** Name of the chain. */
  readonly source: string;
  readonly block: bigint;
  /** Time of the block, unix seconds. */
  readonly time: number;
}

/** A source that does not answer. */
export interface Failure {
  /** Name of the chain. */
  readonly source: string;
  /** Time of its first failure since its last answer, unix seconds of this machine. */
  readonly since: number;
  /** A few words for people; never a url, for urls carry keys. */
  readonly reason: string;
  /** True where the source answers, from blocks that are older than what others know of it. */
  readonly isLagging?: boolean;
}

/** A value that is not read yet. */
export interface Unread {
  readonly state: "unread";
  /** The sources that have not been read, at least one. */
  readonly waitingFor: readonly string[];
}

/** A value as it was at a named block of every source that it comes from. */
export interface Read<T> {
  readonly state: "read";
  readonly value: T;
  readonly at: readonly ReadAt[];
}

/** A value of which at least one source does not answer any more. */
export interface Failed<T> {
  readonly state: "failed";
  /** As it was last read; undefined when a source was never read. */
  readonly last: Read<T> | undefined;
  /** The sources that were never read; empty when there is a last value. */
  readonly waitingFor: readonly string[];
  readonly failures: readonly Failure[];
}

/**
 * A value that comes from a chain: not read yet, read at a block, or not read any more. Its reader
 * has to handle each state, with {@link match}.
 */
export type Reading<T> = Unread | Read<T> | Failed<T>;

/** Returns a value that waits for its sources. */
export function unread(...waitingFor: readonly [string, ...string[]]): Unread {
  return { state: "unread", waitingFor };
}

/** Returns a value that was read. */
export function readAt<T>(value: T, ...at: readonly ReadAt[]): Read<T> {
  return { state: "read", value, at };
}

/** Returns a reading after its source has failed. */
export function failedSince<T>(before: Reading<T>, failure: Failure): Failed<T> {
  const last = lastRead(before);
  return {
    state: "failed",
    last,
    waitingFor: last ? [] : [failure.source],
    failures: [failure],
  };
}

/** Returns the newest value that was read, whether or not its source still answers. */
export function lastRead<T>(reading: Reading<T>): Read<T> | undefined {
  switch (reading.state) {
    case "unread":
      return undefined;
    case "read":
      return reading;
    case "failed":
      return reading.last;
  }
}

/** Returns the names of the sources without which there is no value, each once. */
export function missingFrom(reading: Reading<unknown>): readonly string[] {
  return reading.state === "read" ? [] : reading.waitingFor;
}

/** Returns the sources that do not answer. */
export function failuresOf(reading: Reading<unknown>): readonly Failure[] {
  return reading.state === "failed" ? reading.failures : [];
}

/** Returns the sources that were not read at the newest attempt, be there an older value or none. */
export function notReadNow(reading: Reading<unknown>): readonly string[] {
  return unique([...missingFrom(reading), ...failuresOf(reading).map(({ source }) => source)]);
}

/** Applies a function to the value; the state and the blocks stay. */
export function map<T, U>(reading: Reading<T>, derive: (value: T) => U): Reading<U> {
  const of = ({ value, at }: Read<T>): Read<U> => ({ state: "read", value: derive(value), at });
  switch (reading.state) {
    case "unread":
      return reading;
    case "read":
      return of(reading);
    case "failed":
      return { ...reading, last: reading.last && of(reading.last) };
  }
}

/** Calls one of three functions, by the state of a reading. */
export function match<T, R>(
  reading: Reading<T>,
  cases: {
    readonly unread: (waitingFor: readonly string[], failures: readonly Failure[]) => R;
    readonly read: (value: T, at: readonly ReadAt[]) => R;
    /** For a value whose source does not answer any more. */
    readonly stale: (value: T, at: readonly ReadAt[], failures: readonly Failure[]) => R;
  },
): R {
  switch (reading.state) {
    case "unread":
      return cases.unread(reading.waitingFor, []);
    case "read":
      return cases.read(reading.value, reading.at);
    case "failed":
      return reading.last
        ? cases.stale(reading.last.value, reading.last.at, reading.failures)
        : cases.unread(reading.waitingFor, reading.failures);
  }
}

type Values<R extends readonly Reading<unknown>[]> = {
  -readonly [K in keyof R]: R[K] extends Reading<infer T> ? T : never;
};

/** Joins readings: read when all are; otherwise it names every source that is missing or failed. */
export function all<const R extends readonly Reading<unknown>[]>(readings: R): Reading<Values<R>> {
  const waitingFor = unique(readings.flatMap(missingFrom));
  const failures = uniqueFailures(readings.flatMap(failuresOf));
  if (waitingFor.length > 0) {
    return failures.length > 0
      ? { state: "failed", last: undefined, waitingFor, failures }
      : { state: "unread", waitingFor };
  }
  const known = readings.map(lastRead).filter((item) => item !== undefined);
  const joined: Read<Values<R>> = {
    state: "read",
    value: known.map(({ value }) => value) as Values<R>,
    at: oldestOfEach(known.flatMap(({ at }) => at)),
  };
  return failures.length > 0 ? { state: "failed", last: joined, waitingFor: [], failures } : joined;
}

/**
 * A value from several sources: whole, or from the sources that were read. A part has
 * another name than the whole, so that it is never shown as one.
 */
export type Gathered<T> =
  | {
      readonly extent: "whole";
      readonly value: T;
      /** Sources with a value that do not answer any more. */
      readonly failures: readonly Failure[];
    }
  | {
      readonly extent: "part";
      readonly known: T;
      /** The sources whose part is missing, at least one. */
      readonly missing: readonly string[];
      readonly failures: readonly Failure[];
    };

/** Joins the values that were read, and names the sources that were not. */
export function gather<T, U>(
  readings: readonly Reading<T>[],
  join: (known: readonly T[]) => U,
): Gathered<U> {
  const missing = unique(readings.flatMap(missingFrom));
  const failures = uniqueFailures(readings.flatMap(failuresOf));
  const known = join(
    readings.flatMap((reading) => {
      const last = lastRead(reading);
      return last ? [last.value] : [];
    }),
  );
  return missing.length > 0
    ? { extent: "part", known, missing, failures }
    : { extent: "whole", value: known, failures };
}

/** Applies a function to a gathered value, whole or a part. */
export function mapGathered<T, U>(gathered: Gathered<T>, derive: (known: T) => U): Gathered<U> {
  return gathered.extent === "whole"
    ? { ...gathered, value: derive(gathered.value) }
    : { ...gathered, known: derive(gathered.known) };
}

/** Returns the known value, whole or a part. */
export function knownOf<T>(gathered: Gathered<T>): T {
  return gathered.extent === "whole" ? gathered.value : gathered.known;
}

/** Returns the sources that something gathered lacks. */
export function missingOf(gathered: Gathered<unknown>): readonly string[] {
  return gathered.extent === "whole" ? [] : gathered.missing;
}

/** Adds up amounts; a sum that lacks a source is the sum of a part. */
export function sum(readings: readonly Reading<bigint>[]): Gathered<bigint> {
  return gather(readings, (known) => known.reduce((total, amount) => total + amount, 0n));
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

/** A source that failed for several values has been failing since the first of them. */
function uniqueFailures(failures: readonly Failure[]): Failure[] {
  const bySource = new Map<string, Failure>();
  for (const failure of failures) {
    const known = bySource.get(failure.source);
    if (!known || failure.since < known.since) bySource.set(failure.source, failure);
  }
  return [...bySource.values()];
}

/** Keeps the older of two blocks of a chain: a derived value is only as new as that one. */
function oldestOfEach(at: readonly ReadAt[]): ReadAt[] {
  const bySource = new Map<string, ReadAt>();
  for (const item of at) {
    const known = bySource.get(item.source);
    if (!known || item.block < known.block) bySource.set(item.source, item);
  }
  return [...bySource.values()];
}
