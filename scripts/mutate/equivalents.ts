/** A fault that changes nothing that a test could or should see. */
export interface Equivalent {
  readonly contract: string;
  readonly function: string;
  /** The lines without the fault and with it, with one space for each run of them: a report prints them so. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

const DOWN = "for (; steps != 0 && bound > index; --steps) bound = (bound * MILLION) / factor;";
const UP =
  "for (; steps != 0 && bound < index; --steps) bound = (bound * MILLION + divisor - 1) / divisor;";
const BEYOND = "A step beyond the index changes nothing: the index itself is answered then.";

const PROBE =
  "(bool answered, bytes memory answer) = account.staticcall(abi.encodeCall(IRouterClient.isChainSupported, (0)));";

/** Faults that may survive, each with the reason. The score is counted without them. */
export const EQUIVALENTS: readonly Equivalent[] = [
  {
    contract: "IndexBand",
    function: "nearest",
    before: "if (index < from) {",
    after: "if (index <= from) {",
    reason: "Both ways answer the index if it is where the anchor is.",
  },
  ...[
    [DOWN, DOWN.replace(" && bound > index", "")],
    [DOWN, DOWN.replace("bound > index", "(bound >= index)")],
    [UP, UP.replace("bound < index", "(bound <= index)")],
  ].map(([before = "", after = ""]) => ({
    contract: "IndexBand",
    function: "nearest",
    before,
    after,
    reason: BEYOND,
  })),
  {
    contract: "NotifierCall",
    function: "attempt",
    before: "return false;",
    after: "{}",
    reason: "The result is false until it is set.",
  },
  {
    contract: "RouterProbe",
    function: "requireRouter",
    before: PROBE,
    after: PROBE.replace("(0)", "(1)"),
    reason: "A router answers for every selector, known or not.",
  },
];
