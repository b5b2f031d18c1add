import { keccak256 } from "ethers";
import { keccak256 as fasterKeccak256 } from "js-sha3";

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

// A tenth of the time of all tests went into the hash of ethers, which takes three times as long as this one.
keccak256.register((data) => new Uint8Array(fasterKeccak256.arrayBuffer(data)));
