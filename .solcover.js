/** Coverage of our own contracts; the released CCIP contracts run from their bytecode. */
module.exports = {
  skipFiles: ["test", "OpenZeppelin.sol"],
  configureYulOptimizer: true,
  istanbulReporter: ["text", "html", "json-summary"],
};
