/**
 * Setup that Mocha loads into each process that runs test files. One that runs them in parallel reports its results in
 * JSON, which knows no bigint: without this, an assertion about one that fails loses the results of its whole file.
 */
const tell = process.send?.bind(process);

if (tell) {
  process.send = (message: unknown) => {
    const text = JSON.stringify(message, (_, value: unknown) =>
      typeof value === "bigint" ? `${value}n` : value,
    );
    return tell(JSON.parse(text));
  };
  // Mocha ends a process after a second, in which not every one has written what it covered.
  if (process.env.NODE_V8_COVERAGE) process.on("SIGTERM", () => undefined);
}
