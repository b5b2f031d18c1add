import { expect } from "chai";
import { id } from "ethers";

import type { WrappedArrival } from "../../../lib/ccip/wrapped";
import { abi } from "../../../lib/core/abis";
import { timeText } from "../../../lib/core/time";
import { diagnoseExecutedBroadcast } from "../../../lib/diagnostics/broadcastDiagnosis";
import type { Verdict } from "../../../lib/diagnostics/diagnosis";
import type { BroadcastFacts, ProposalFacts, WrappedFacts } from "../../../lib/diagnostics/facts";
import { diagnoseProposal } from "../../../lib/diagnostics/proposalDiagnosis";
import type { RevertFacts } from "../../../lib/diagnostics/replay";
import { diagnoseRevert } from "../../../lib/diagnostics/sendFailures";
import { diagnoseWrapped } from "../../../lib/diagnostics/wrappedDiagnosis";
import { BROADCAST, NOW, PROPOSAL, at, factsOf } from "../../shared/messageFacts";

const task = (line: string) => `npx hardhat ${line} --mesh test`;
const [SHOW, PAUSE] = [task("receiver show --chain sat"), task("token pause --chain sat")];
const [BROADCAST_AGAIN, APPLY] = [task("rebase broadcast"), task("mesh apply")];
const NOTIFY = task("notifier notify --chain sat");
const decide = (decision: string) => task(`receiver ${decision} --chain sat --epoch 5`);
const ofProposal = (verb: string, nonce: number) =>
  task(`proposals ${verb} --chain sat --nonce ${nonce}`);

/** The broadcast of these tests as its satellite holds it back. */
const HELD = {
  epoch: 5n,
  current: 10n,
  next: 11n,
  effectiveAt: NOW,
  since: NOW,
  isRejected: false,
};
const MISSED = { listener: "rate feed", reason: "it failed", isUntold: true };

/** Facts of a proposal, with the verdict once its message was executed, and before. */
type ProposalRow = readonly [
  what: string,
  facts: Partial<ProposalFacts>,
  verdicts: readonly [executed: Verdict, waiting: Verdict | undefined],
  says: RegExp,
  commands: readonly string[],
];
type Outcome = readonly [verdict: Verdict, says: RegExp, commands: readonly string[]];

describe("The doctor says of a broadcast that was executed", () => {
  const rows: readonly [what: string, facts: Partial<BroadcastFacts>, ...Outcome][] = [
    [
      "and taken: the epoch",
      { receiverOutcome: "applied", epoch: 5n },
      "executed",
      /which took epoch 5\.$/,
      [],
    ],
    [
      "and taken by a satellite that is behind by now: to broadcast again",
      { receiverOutcome: "applied", epoch: 5n, homeEpoch: 6n },
      "executed",
      /which took epoch 5\.$/,
      [BROADCAST_AGAIN],
    ],
    [
      "and of which a listener was not told: to tell it",
      {
        receiverOutcome: "applied",
        epoch: 5n,
        missed: [{ ...MISSED, listener: "pair syncer", isUntold: false }, MISSED],
      },
      "executed",
      /pair syncer: it failed\. It has been told since\.\nIt did not tell listener rate feed: it failed\.$/,
      [NOTIFY],
    ],
    [
      "and of which every listener was told since: nothing to do",
      { receiverOutcome: "applied", epoch: 5n, missed: [{ ...MISSED, isUntold: false }] },
      "executed",
      /It has been told since\.$/,
      [],
    ],
    [
      "on a satellite of its epoch: that it changed nothing",
      { receiverOutcome: "ignored", epoch: 5n },
      "superseded",
      /it changed nothing, as it should\.$/,
      [],
    ],
    [
      "beside another that is held back: which takes precedence",
      { receiverOutcome: "ignored", held: { ...HELD, epoch: 9n } },
      "blocked",
      /epoch 9, which is held back there, takes precedence\. sat is at epoch 4\.$/,
      [SHOW, BROADCAST_AGAIN],
    ],
    [
      "beside itself, held back: that a person decides",
      { receiverOutcome: "ignored", held: HELD },
      "blocked",
      /epoch 5 is held back until a person decides\./,
      [SHOW, decide("accept"), decide("reject")],
    ],
    [
      "and held back: that a person decides about its epoch",
      { receiverOutcome: "quarantined", held: HELD },
      "blocked",
      /epoch 5 is held back until a person decides\./,
      [SHOW, decide("accept"), decide("reject")],
    ],
    [
      "and rejected: that it can still be accepted",
      { receiverOutcome: "quarantined", held: { ...HELD, isRejected: true } },
      "blocked",
      /it was held back, and rejected\./,
      [SHOW, decide("accept")],
    ],
    [
      "and held back once, where another index of its epoch is now: that it is not held back any more",
      { receiverOutcome: "quarantined", epoch: 5n, held: { ...HELD, next: 12n } },
      "superseded",
      /it was held back, and is not any more\. sat is at epoch 5\.$/,
      [],
    ],
    [
      "and held back once, where another epoch is now: which",
      { receiverOutcome: "quarantined", held: { ...HELD, epoch: 9n } },
      "superseded",
      /is not any more\. sat is at epoch 4\. It holds back epoch 9 now\.$/,
      [BROADCAST_AGAIN],
    ],
    [
      "with another index than is in force: to pause",
      { receiverOutcome: "conflicted", epoch: 5n },
      "without effect",
      /than the one that is in force there: nothing was changed\./,
      [PAUSE],
    ],
    [
      "with another index than is held back: to look at that, and to pause",
      { receiverOutcome: "conflicted", held: HELD },
      "without effect",
      /than the one that was held back there: nothing was changed\./,
      [SHOW, PAUSE],
    ],
    [
      "and dropped: to broadcast again",
      { receiverOutcome: "dropped" },
      "without effect",
      /which dropped it: its epoch or its time is too far ahead/,
      [BROADCAST_AGAIN],
    ],
    [
      "and older than the index that an admin set: to broadcast again",
      { receiverOutcome: "outdated" },
      "superseded",
      /it was sent before the admin of the token replaced the index/,
      [BROADCAST_AGAIN],
    ],
    [
      "whose log is missing: that its effect is unknown",
      { receiverOutcome: undefined, epoch: 5n },
      "executed",
      /Its effect on the receiver is unknown/,
      [],
    ],
    [
      "and reached no receiver, though it was addressed to it: to broadcast again",
      { receiverOutcome: "not called" },
      "without effect",
      /takes messages: it was sent to 0x0+2\.$/,
      [BROADCAST_AGAIN],
    ],
    [
      "and was addressed to another account: to mend that before",
      { receiverOutcome: "not called", isAddressed: false, hasCode: false },
      "without effect",
      /without code: it was sent to 0x0+2, which is not the receiver of sat\.$/,
      [APPLY, BROADCAST_AGAIN],
    ],
    [
      "and reached nobody, but a later one of its epoch did: nothing to do",
      { receiverOutcome: "not called", epoch: 5n },
      "superseded",
      /A later broadcast has brought sat to epoch 5 since\.$/,
      [],
    ],
  ];
  for (const [what, changes, ...outcome] of rows) {
    it(what, () => {
      const payload = { ...BROADCAST, ...changes };
      const facts = factsOf({ state: "success", payload });
      expectOutcome(diagnoseExecutedBroadcast(facts, payload), outcome);
    });
  }
});

describe("The doctor says of a proposal", () => {
  const READY = NOW + 60n;
  const ID = id("before");
  const behind = (predecessor: object): Partial<ProposalFacts> => ({
    status: { kind: "behind", predecessor: { id: ID, ...predecessor } },
  });
  const rows: readonly ProposalRow[] = [
    [
      "that is scheduled: until when",
      { status: { kind: "scheduled", readyAt: READY } },
      ["executed", "superseded"],
      new RegExp(`is scheduled there until ${timeText(READY)}\\.$`),
      [ofProposal("execute", 2)],
    ],
    [
      "that is due: that it can be executed",
      { status: { kind: "executable" } },
      ["executed", "superseded"],
      /is due there\.$/,
      [ofProposal("execute", 2)],
    ],
    [
      "that is done: nothing to do",
      { status: { kind: "done" } },
      ["executed", "superseded"],
      /has been executed there\.$/,
      [],
    ],
    [
      "that has expired: until when it could be scheduled",
      { status: { kind: "expired" } },
      ["without effect", "without effect"],
      new RegExp(`(came too late|has expired): .* until ${timeText(NOW + 600n)}\\.`),
      [APPLY],
    ],
    [
      "that was cancelled: to ask why",
      { status: { kind: "cancelled" } },
      ["without effect", "without effect"],
      /was cancelled there/,
      [APPLY],
    ],
    [
      "whose fate is unknown: that it is",
      { status: undefined },
      ["executed", undefined],
      /its effect on the proposal receiver is unknown/,
      [],
    ],
    ...(["not sent", "failed", "on its way", "replaced"] as const).map((kind): ProposalRow => [
      `behind one that is ${kind}: to send that again`,
      behind({ nonce: 1n, status: { kind, reason: "", messageId: "" } }),
      ["blocked", "blocked"],
      /waits for proposal 1 before it/,
      [ofProposal("resend", 1)],
    ]),
    [
      "behind one that is due: to execute that",
      behind({ nonce: 1n, status: { kind: "executable" } }),
      ["blocked", "blocked"],
      /waits for proposal 1 before it/,
      [ofProposal("execute", 1)],
    ],
    [
      "behind one that is scheduled: to wait",
      behind({ nonce: 1n, status: { kind: "scheduled", readyAt: READY } }),
      ["blocked", "blocked"],
      /waits for proposal 1 before it/,
      [],
    ],
    [
      "behind one that is itself behind another: to look at all of them",
      behind({ nonce: 1n, status: { kind: "behind", predecessor: { id: ID } } }),
      ["blocked", "blocked"],
      /waits for proposal 1 before it, which is not done/,
      [task("proposals show --chain sat")],
    ],
    [
      "behind an operation that is due: that its executor has to act",
      behind({ status: { kind: "executable" } }),
      ["blocked", "blocked"],
      new RegExp(`waits for operation ${ID} before it`),
      [],
    ],
    [
      "behind an operation that home has not sent: to apply",
      behind({ status: { kind: "at home", readyAt: READY } }),
      ["blocked", "blocked"],
      /which home's timelock has not sent/,
      [APPLY],
    ],
    ...(["cancelled", "expired"] as const).map((kind): ProposalRow => [
      `behind one that was ${kind}: to cancel this one`,
      behind({ nonce: 1n, status: { kind } }),
      ["blocked", "blocked"],
      /cancel this one, and propose both again/,
      [ofProposal("cancel", 2), APPLY],
    ]),
  ];
  for (const [what, changes, verdicts, says, commands] of rows) {
    it(what, () => {
      const payload: ProposalFacts = { ...PROPOSAL, outcome: "scheduled", ...changes };
      const executed = diagnoseProposal(factsOf({ state: "success", payload }), payload);
      expectOutcome(executed, [verdicts[0], says, commands]);
      const waiting = diagnoseProposal(factsOf({ payload }), payload);
      expect(waiting?.verdict).to.equal(verdicts[1]);
    });
  }

  for (const [what, changes] of [
    ["that reached no receiver", { outcome: "not called" }],
    ["that was addressed to another account", { outcome: "scheduled", isAddressed: false }],
  ] as const) {
    it(`${what}: to mend that, and to send it again`, () => {
      const payload: ProposalFacts = { ...PROPOSAL, ...changes };
      expectOutcome(diagnoseProposal(factsOf({ state: "success", payload }), payload), [
        "without effect",
        /sat did not take proposal 2\./,
        [task("mesh check"), ofProposal("resend", 2)],
      ]);
    });
  }
});

describe("The doctor says of a wrapped transfer", () => {
  const [OWNER, BRIDGE] = [at(11), at(12)];
  const data = { receiver: at(13), owner: OWNER, shares: 7n };
  const wrapped: WrappedFacts = {
    bridge: BRIDGE,
    data,
    isFromBridge: true,
    isPaired: true,
    arrival: undefined,
    claimable: 7n,
  };
  const rows: readonly [what: string, facts: Partial<WrappedFacts>, ...Outcome][] = [
    [
      "kept by paired bridges: that its receiver refused it",
      {},
      "without effect",
      /7 shares are kept for 0x0+b on the wrapped bridge\.\nIts receiver 0x0+d is a contract/,
      [],
    ],
    [
      "kept and claimed: nothing to do",
      { claimable: 0n },
      "executed",
      /7 shares were kept for 0x0+b, and have been claimed\./,
      [],
    ],
    [
      "kept by a bridge that does not know the other: to pair them",
      { isPaired: false },
      "without effect",
      /The bridge of sat did not take its sender 0x0+1 for the bridge of home\./,
      [APPLY],
    ],
    [
      "kept from no bridge of the mesh: that its word does not count",
      { isFromBridge: false, isPaired: false },
      "without effect",
      /Its sender 0x0+1 is no bridge of the mesh/,
      [],
    ],
  ];
  it("that arrived wrapped: in wrapped units, and in the shares that make none", () => {
    const arrival = { outcome: "wrapped", account: OWNER, wrapped: 2n * 10n ** 18n, shares: 7n };
    const facts = factsOf({ state: "success" });
    expectOutcome(diagnoseWrapped(facts, wrapped, arrival as WrappedArrival), [
      "executed",
      /0x0+b got 2 wrapped units, and 7 shares/,
      [],
    ]);
  });
  for (const [what, changes, ...outcome] of rows) {
    it(what, () => {
      const arrival = { outcome: "kept", account: OWNER, wrapped: 0n, shares: 7n } as const;
      const facts = factsOf({ state: "success" });
      expectOutcome(diagnoseWrapped(facts, { ...wrapped, ...changes }, arrival), outcome);
    });
  }
});

describe("The doctor says of a transaction that reverted", () => {
  const limited = (seconds: bigint) =>
    abi.pool.encodeErrorResult("TokenRateLimitReached", [seconds, 10n ** 18n, at(2)]);
  const paused = abi.token.encodeErrorResult("EnforcedPause");
  const facts: RevertFacts = {
    mesh: { name: "test", live: true, symbol: "RUSD" },
    chain: "home",
    transactionHash: id("reverted"),
    from: at(6),
    call: { contract: "router", function: "ccipSend", destination: "sat", amount: 10n ** 18n },
    value: 1n,
    at: NOW - 3_600n,
    now: NOW,
    isOutOfGas: false,
    gasLimit: 500_000n,
  };
  const rows: readonly [what: string, facts: Partial<RevertFacts>, says: RegExp, first: RegExp][] =
    [
      [
        "for a cause that lasts: what helps by now",
        { returnData: limited(60n), returnDataNow: limited(75n) },
        /holds enough 1 min later, if nothing else passes\.\nSimulated, the same call would revert now, too\.$/,
        new RegExp(`^wait until ${timeText(NOW + 75n)}`),
      ],
      [
        "for a cause that is gone: to send it again",
        { returnData: paused },
        /The token of home is paused.*\nSimulated, the same call would succeed now\.$/,
        /^send it again$/,
      ],
      [
        "for a cause that made room for another: both",
        { returnData: paused, returnDataNow: limited(75n) },
        /The token of home is paused.*\n.*would revert now, too\.\nThe outbound bucket of home/,
        new RegExp(`^wait until ${timeText(NOW + 75n)}`),
      ],
      [
        "for a cause that nothing tells of: that it was earlier in its block",
        {},
        /the cause was before it in the block\.\n.*would succeed now\.$/,
        /^send it again$/,
      ],
      [
        "for a cause that nothing tells of, and another one now: the latter",
        { returnDataNow: paused },
        /the cause was before it in the block\.\n.*would revert now, too\.\nThe token of home is paused/,
        /guardian/,
      ],
      [
        "having used its gas: to give it more",
        { returnData: "0x", isOutOfGas: true },
        /^It used up the 500000 gas that it was given\./,
        /^send it again with a higher gas limit$/,
      ],
      [
        "without a reason and with gas left: not to give it more",
        { returnData: "0x" },
        /^home refused it without a reason\./,
        /^send it again$/,
      ],
    ];
  for (const [what, changes, says, first] of rows) {
    it(what, () => {
      const { why, remedies, verdict } = diagnoseRevert({ ...facts, ...changes });
      expect(verdict).to.equal("reverted");
      expect(why.join("\n")).to.match(says);
      expect(remedies[0]?.note).to.match(first);
    });
  }
});

function expectOutcome(
  diagnosis: ReturnType<typeof diagnoseProposal>,
  [verdict, says, commands]: Outcome,
): void {
  if (!diagnosis) return expect.fail("There is no diagnosis.");
  const { what, why, remedies } = diagnosis;
  expect([what, ...why].join("\n")).to.match(says);
  expect(diagnosis.verdict).to.equal(verdict);
  expect(remedies.flatMap(({ command = [] }) => command)).to.deep.equal(commands);
}
