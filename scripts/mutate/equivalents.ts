/** A fault that changes nothing that a test could or should see. */
export interface Equivalent {
  readonly contract: string;
  readonly function: string;
  /** The lines without the fault and with it, with one space for each run of them: a report prints them so. */
  readonly before: string;
  readonly after: string;
  readonly reason: string;
}

/** Faults that may survive, by contract and function, each with the reason. The score is counted without them. */
export const EQUIVALENTS: readonly Equivalent[] = [
  ...inFunction("IndexBand", "nearest", () => {
    const down = "for (; steps != 0 && bound > index; --steps) bound = (bound * MILLION) / factor;";
    const up =
      "for (; steps != 0 && bound < index; --steps) bound = (bound * MILLION + divisor - 1) / divisor;";
    const beyond = "A step beyond the index changes nothing: the index itself is answered then.";
    return [
      [
        "if (index < from) {",
        "if (index <= from) {",
        "Both ways answer the index if it is where the anchor is.",
      ],
      [down, down.replace(" && bound > index", ""), beyond],
      [down, down.replace("bound > index", "(bound >= index)"), beyond],
      [up, up.replace("bound < index", "(bound <= index)"), beyond],
    ];
  }),
  ...inFunction("RebaseReceiver", "constructor", () => [
    [
      "s_state.anchorTime = uint40(block.timestamp);",
      "{}",
      "Only the gas of the first sync shows it, and that is pinned where the optimizer is on.",
    ],
  ]),
  ...inFunction("RebaseReceiver", "_apply", () => {
    const newer = "epoch >= s_quarantined.epoch) state.isQuarantined = false;";
    return [
      [
        `if (state.isQuarantined && ${newer}`,
        `if (${newer}`,
        "It ends nothing where nothing is held back; this saves a read.",
      ],
    ];
  }),
  ...inFunction("RebaseReceiver", "_isAllowed", () => {
    const within = (both: string) => `return _isWithin(band, state, local, ${both}, steps);`;
    return [
      [
        within("broadcast.current, broadcast.next"),
        within("broadcast.next, broadcast.current"),
        "Both indexes have to be within the band.",
      ],
    ];
  }),
  ...inFunction("RebaseReceiver", "accept", () => {
    const within = (both: string) =>
      `if (!_isWithin(band, state, local, ${both}, band.maxStepsByHand)) revert BeyondBandByHand(current, next);`;
    return [
      [
        within("current, next"),
        within("next, current"),
        "Both indexes have to be within the band.",
      ],
    ];
  }),
  ...["_ignore", "_quarantine"].flatMap((name) =>
    inFunction("RebaseReceiver", name, () => {
      const known = name === "_ignore" ? "local.epoch" : "held.epoch";
      const ignored = (both: string) => `emit BroadcastIgnored(${both}, messageId);`;
      const [before, after] = [`broadcast.epoch, ${known}`, `${known}, broadcast.epoch`];
      return [[ignored(before), ignored(after), "Where it is the last branch, both are the same."]];
    }),
  ),
  ...inFunction("RebaseReceiver", "_follow", () => {
    const [early, none] = ["if (clock <= state.anchorTime) return;", "if (intervals == 0) return;"];
    const still = "Within the first interval nothing moves.";
    return [
      [early, early.replace("<=", "<"), still],
      [none, "{}", "No step leads nowhere; this saves a computation."],
    ];
  }),
  ...inFunction("NotifierCall", "GAS_AFTER", () => [
    [
      "uint256 private constant GAS_AFTER = 10_000;",
      "uint256 private constant GAS_AFTER = (10_000 * 3);",
      "A larger reserve only leaves the listeners more often to whoever calls notify.",
    ],
  ]),
  ...inFunction("NotifierCall", "attempt", () => {
    const before = "if (gasleft() <= 2 * GAS_AFTER) return false;";
    const reason = "With so little left the notifier skips its listeners; it fails either way.";
    return [
      ["return false;", "{}", "The result is false until it is set."],
      [before, before.replace("2", "(2 + 1)"), reason],
      [before, before.replace("2", "(2 - 1)"), reason],
    ];
  }),
  ...inFunction("RebaseNotifier", "checkUpkeep", () => [
    ['return (upkeepNeeded, "");', "{}", "The results have their names, and the second is empty."],
  ]),
  ...inFunction("RebaseNotifier", "_call", () => {
    const before =
      "uint256 delay = Math.min(FIRST_RETRY_DELAY << Math.min(state.failures, 32), MAX_RETRY_DELAY);";
    const reason = "Delays of 2^31 minutes and more are longer than a day.";
    return [
      [before, before.replace("32", "(32 + 1)"), reason],
      [before, before.replace("32", "(32 - 1)"), reason],
    ];
  }),
  ...inFunction("RebaseNotifier", "_gasToCall", () => {
    const before =
      "return gasLimit + gasLimit / 63 + GAS_FOR_CALL_EXACT_CHECK + GAS_PER_LISTENER + remaining * GAS_TO_SKIP;";
    const reason = "A 62nd, a 63rd and a 64th of 2,000,000 are less than GAS_TO_SKIP apart.";
    return [
      [before, before.replace("63", "(63 + 1)"), reason],
      [before, before.replace("63", "(63 - 1)"), reason],
      [
        before,
        before.replace(
          "gasLimit + gasLimit / 63 + GAS_FOR_CALL_EXACT_CHECK",
          "(gasLimit + gasLimit / 63 - GAS_FOR_CALL_EXACT_CHECK)",
        ),
        "A failure takes less of GAS_PER_LISTENER than it has, by as much.",
      ],
    ];
  }),
  ...inFunction("PairSyncer", "onRebase", () => {
    const before =
      "if (gasleft() < GAS_PER_PAIR + GAS_PER_PAIR / 63 + GAS_AFTER_PAIR) revert NotEnoughGas(gasleft(), count - i);";
    return [
      [
        before,
        before.replace("63", "(63 + 1)"),
        "A 64th is 30 units less than a 63rd, and GAS_AFTER_PAIR covers 5,000.",
      ],
    ];
  }),
  ...inFunction("RouterProbe", "requireRouter", () => {
    const probe =
      "(bool answered, bytes memory answer) = account.staticcall(abi.encodeCall(IRouterClient.isChainSupported, (0)));";
    return [
      [probe, probe.replace("(0)", "(1)"), "A router answers for every selector, known or not."],
    ];
  }),
  ...["ProposalSender", "RebaseBroadcaster", "RebaseNotifier"].flatMap((contract) =>
    inFunction(contract, "GAS_FOR_CALL_EXACT_CHECK", () => {
      const before = "uint16 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;";
      const others = contract === "RebaseNotifier" ? ["0"] : ["0", "(5_000 * 3)"];
      return others.map((other) => [
        before,
        before.replace("5_000", other),
        "It moves the gas with which a call is refused as too little; it fails either way.",
      ]);
    }),
  ),
  ...["broadcastPending", "broadcastPendingFromTreasury"].flatMap((name) =>
    inFunction("RebaseBroadcaster", name, () => {
      const range = name.replace("Pending", "PendingRange");
      const before = `return ${range}(feeToken, maxFee, maxAge, 0, type(uint256).max);`;
      const most = "type(uint256).max";
      return [[before, before.replace(most, `(${most} - 1)`), "No list is as long."]];
    }),
  ),
  ...inFunction("RebaseBroadcaster", "sendLane", () => {
    const before = "if (fee > available) return (fee, available, 0);";
    return [
      [
        before,
        before.replace("available)", "(available) + 1)"),
        "What it returns is compared again, and undone.",
      ],
    ];
  }),
  ...inFunction("ProposalSender", "_tryLane", () => [
    [
      "if (!sent) return (0, 0, result);",
      "if (!sent) return (0, 1, result);",
      "Nobody reads the fee of a message that has no id.",
    ],
  ]),
  ...inFunction("WrappedBridge", "quote", () => {
    const message = (both: string) =>
      `fee = IRouterClient(getRouter()).getFee(selector, _message(selector, receiver, ${both}, feeToken));`;
    return [
      [
        message("amount, travelling"),
        message("travelling, amount"),
        "CCIP asks the same fee for every amount of this token.",
      ],
    ];
  }),
  ...inFunction("ProposalReceiver", "cancelProposal", () => {
    const pending = "(i_timelock.isOperationPending(id) || i_timelock.isOperationDone(id))";
    const before = `if (state == ProposalState.Scheduled && ${pending}) {`;
    return [
      [before, `if (${pending}) {`, "What is not scheduled has no id, which no operation has."],
    ];
  }),
  ...inFunction("RebaseTokenPool", "getFee", () => [
    ["return (0, 0, 0, 0, false);", "{}", "The results are zero and false until they are set."],
  ]),
  ...inFunction("RebaseTokenPool", "_requireFinalityAllowed", () => [
    [
      "if (requested == FinalityCodec.WAIT_FOR_FINALITY_FLAG) return;",
      "{}",
      "Chainlink's check lets it through too; this saves the reads before it.",
    ],
  ]),
];

function inFunction(
  contract: string,
  name: string,
  faults: () => readonly (readonly [before: string, after: string, reason: string])[],
): Equivalent[] {
  return faults().map(([before, after, reason]) => ({
    contract,
    function: name,
    before,
    after,
    reason,
  }));
}
