import { expect } from "chai";
import { id } from "ethers";
import { released } from "ccip-localnet/protocol";

import { abi } from "../../../lib/core/abis";
import { timeText } from "../../../lib/core/time";
import type { Verdict } from "../../../lib/diagnostics/diagnosis";
import type { MessageFacts } from "../../../lib/diagnostics/facts";
import { diagnoseMessage } from "../../../lib/diagnostics/messageDiagnosis";
import { reportText } from "../../../lib/diagnostics/text";
import {
  BROADCAST,
  EXECUTION_GAS,
  MESSAGE_16,
  MESSAGE_20,
  NOW,
  TRANSFER,
  at,
  attemptOf,
  factsOf,
  factsOf16,
  unverified,
  verificationOf,
} from "../../shared/messageFacts";

const EXECUTE = `npx hardhat message execute ${id("message")} --mesh test`;
const UNPAUSE = "npx hardhat token unpause --chain sat --mesh test";
const LOCAL = { name: "test", live: false, symbol: "RUSD" };
const ONE = 10n ** 18n;
const NO_EXECUTION = "0xEBa517d200000000000000000000000000000000";
const COMMITTED = { isCommitted: true, committedAt: NOW - 28_800n };
const REFUSED = {
  outcome: "refused",
  returnData: tokenError(abi.token.encodeErrorResult("EnforcedPause")),
} as const;
const FINAL = {
  payload: { kind: "foreign" },
  rehearsal: {
    outcome: "refused",
    returnData: receiverError(abi.receiver.encodeErrorResult("UnexpectedSource", [1n, at(1)])),
  },
} as const;

/** Facts of a message, what the doctor makes of them, and what it does not say. */
type Row = readonly [
  what: string,
  facts: MessageFacts,
  verdict: Verdict,
  says: RegExp,
  commands: readonly string[],
  not?: RegExp,
];

const COMMITTED_ROWS: readonly Row[] = [
  [
    "sent after the last one of its lane that was committed waits",
    factsOf16({}),
    "waiting",
    /^It was sent 1 min 30 s ago and is not committed on sat yet/,
    [],
  ],
  [
    "sent by a clock that is ahead was sent just now",
    factsOf16({ sentAt: NOW + 40n }),
    "waiting",
    /^It was sent 0 s ago/,
    [],
  ],
  [
    "committed may not be executed by hand in the last second of CCIP's time",
    factsOf16(COMMITTED),
    "waiting",
    new RegExp(
      `^It has been committed on sat for 8 h,[^]*from ${timeText(NOW + 1n)} on \\(in 1 s\\)`,
    ),
    [EXECUTE],
    /anybody/,
  ],
  [
    "committed may be executed by anybody a second later",
    factsOf16({ ...COMMITTED, now: NOW + 1n }),
    "blocked",
    /CCIP has had 8 h: anybody may execute it by now/,
    [EXECUTE],
  ],
  [
    "committed at an unknown time is not said to be free for all",
    factsOf16({ ...COMMITTED, committedAt: undefined }),
    "waiting",
    /^It has been committed on sat, and is not executed yet/,
    [],
    /anybody/,
  ],
  [
    "committed that would fail is mended before",
    factsOf16({ ...COMMITTED, now: NOW + 1n, rehearsal: REFUSED }),
    "blocked",
    /its execution would fail:\nThe token of sat is paused/,
    [UNPAUSE, EXECUTE],
  ],
  [
    "committed that can never succeed is not executed, neither now",
    factsOf16({ ...COMMITTED, now: NOW + 1n, ...FINAL }),
    "blocked",
    /Refusing it is right/,
    [],
  ],
  ["nor later", factsOf16({ ...COMMITTED, ...FINAL }), "waiting", /Refusing it is right/, []],
  [
    "ordered comes after those before it",
    factsOf16({ ...COMMITTED, message: { ...MESSAGE_16, nonce: 3n } }),
    "waiting",
    /It is number 3 of its sender's ordered messages/,
    [EXECUTE],
  ],
  [
    "that may be executed in any order waits for no other",
    factsOf16(COMMITTED),
    "waiting",
    /Simulated, it would succeed/,
    [EXECUTE],
    /ordered messages/,
  ],
];

const STOPPED_ROWS: readonly Row[] = [
  [
    "over a lane that CCIP's owner has switched off waits for that",
    factsOf({ isLaneEnabled: false }),
    "blocked",
    /^It is not executed on sat yet, and CCIP takes nothing from home on sat now/,
    [],
  ],
  [
    "over a cursed lane goes on by itself afterwards",
    factsOf({ curse: { what: "remote", owner: at(8) } }),
    "blocked",
    /The RMN of sat curses home: CCIP executes nothing[^]*CCIP then goes on by itself/,
    [],
    /token unpause/,
  ],
  [
    "over a cursed lane that had failed is executed by hand afterwards",
    factsOf({ state: "failure", curse: { what: "everything", owner: at(8) } }),
    "blocked",
    /curses everything: [^]*CCIP does not try again by itself/,
    [EXECUTE],
  ],
  [
    "without an executor is executed by hand after a curse",
    factsOf({
      message: { ...MESSAGE_20, executor: NO_EXECUTION },
      curse: { what: "remote", owner: at(8) },
    }),
    "blocked",
    /it was sent without an executor/,
    [EXECUTE],
  ],
  [
    "over a cursed lane to a paused token needs both lifted",
    factsOf({
      payload: { ...TRANSFER, paused: true },
      curse: { what: "remote", owner: at(8) },
    }),
    "blocked",
    /the token is paused too/,
    [UNPAUSE],
  ],
];

const wrongResults = released("offRamp", "2.0").interface.encodeErrorResult("RequiredCCVMissing", [
  at(4),
]);

const SOURCE_NOT_FINAL = /^home has not finalised block 77 yet/m;
const VERIFIED_ROWS: readonly Row[] = [
  [
    "is waited for while its source is not final",
    factsOf({ verification: unverified({ isFinal: false }) }),
    "waiting",
    SOURCE_NOT_FINAL,
    [`${EXECUTE} --results <file>`],
  ],
  ...[true, undefined].map((isFinal): Row => [
    `does not wait for a source that ${isFinal ? "is final" : "does not say so"}`,
    factsOf({ verification: unverified({ isFinal }) }),
    "waiting",
    /It is not verified/,
    [`${EXECUTE} --results <file>`],
    SOURCE_NOT_FINAL,
  ]),
  [
    "over a lane that its source curses is held back by verifiers",
    factsOf({ verification: unverified(), sourceCurse: "remote" }),
    "waiting",
    /The RMN of home curses sat: verifiers hold back/,
    [`${EXECUTE} --results <file>`],
  ],
  [
    "from a source that curses everything is held back by verifiers",
    factsOf({ verification: unverified(), sourceCurse: "everything" }),
    "waiting",
    /The RMN of home curses everything: verifiers hold back/,
    [`${EXECUTE} --results <file>`],
  ],
  [
    "is not said to lack optional verifiers when a required one is missing",
    factsOf({
      verification: unverified({
        optional: { threshold: 1, verifiers: [{ verifier: at(9), answer: "answered" }] },
      }),
    }),
    "waiting",
    /The verifier 0x0+4 has not answered/,
    [`${EXECUTE} --results <file>`],
    /optional/,
  ],
  [
    "that needs all the gas that it brings can be executed by its executor",
    factsOf({ gasNeeded: EXECUTION_GAS }),
    "waiting",
    /It is verified/,
    [EXECUTE],
    /gives no more fails/,
  ],
  [
    "that needs more gas than it brings can be executed by hand only",
    factsOf({ gasNeeded: EXECUTION_GAS + 1n }),
    "waiting",
    /brings 400000 gas for its execution, and it takes 400001: an executor that gives no more fails/,
    [EXECUTE],
  ],
  [
    "would succeed once it is verified, as far as that is known",
    factsOf({ verification: unverified() }),
    "waiting",
    /Simulated, neither its pool nor its receiver would refuse it\./,
    [`${EXECUTE} --results <file>`],
    /it would succeed/,
  ],
  [
    "would succeed as it is verified",
    factsOf({}),
    "waiting",
    /Simulated, it would succeed as things are\.[^]*wait: its executor/,
    [EXECUTE],
  ],
  [
    "is executed by hand as soon as it is verified where it has no executor",
    factsOf({ message: { ...MESSAGE_20, executor: NO_EXECUTION } }),
    "blocked",
    /It was sent without an executor: it is executed by hand/,
    [EXECUTE],
    /wait:/,
  ],
  [
    "waits on a local network for a lane that may be held",
    factsOf({ mesh: LOCAL, verification: unverified() }),
    "waiting",
    /wait: its verifiers answer and its executor executes it/,
    ["npx hardhat localnet release", `${EXECUTE} --results <file>`],
  ],
  [
    "is not executed by its executor once it failed",
    factsOf({ mesh: LOCAL, state: "failure", verification: unverified() }),
    "blocked",
    /wait for the verifiers; the executor does not try again by itself/,
    [`${EXECUTE} --results <file>`],
  ],
  [
    "waits for another verifier where the one that it names is none",
    factsOf({
      verification: unverified({
        required: [{ verifier: at(4), answer: "missing", isUnusable: true }],
      }),
    }),
    "blocked",
    /The verifier 0x0+4 on sat is not a resolver[^]*has to name its resolver/,
    [],
  ],
  [
    "lacks an optional verifier, of which one is refused",
    factsOf({
      verification: verificationOf({
        isVerified: false,
        optional: {
          threshold: 1,
          verifiers: [{ verifier: at(9), answer: "refused", refusal: wrongResults }],
        },
      }),
    }),
    "waiting",
    /Of its optional verifiers 0 of at least 1 have answered\.\nThe results of the verifier 0x0+9 are refused with RequiredCCVMissing/,
    [`${EXECUTE} --results <file>`],
  ],
];

/** A transfer that the destination refuses, or would refuse, with an error of its pool or of its receiver. */
const poolRefuses = (reason: string): Partial<MessageFacts> => ({
  rehearsal: { outcome: "refused", returnData: tokenError(reason) },
});
const receiverRefuses = (reason: string): Partial<MessageFacts> => ({
  rehearsal: { outcome: "refused", returnData: receiverError(reason) },
});
const RATE_LIMITED = abi.pool.encodeErrorResult("TokenRateLimitReached", [75n, ONE, at(2)]);
const GAS_LACKING = abi.wrappedBridge.encodeErrorResult("DeliveryGasTooLow", [1n, 300_000n]);
const TOKEN = {
  sourcePool: at(1),
  destinationToken: at(2),
  extraData: "0x",
  amount: 1n,
  destinationGas: 30_000n,
};

const REFUSED_ROWS: readonly Row[] = [
  [
    "waits for a bucket that holds what it is worth by then",
    factsOf(poolRefuses(RATE_LIMITED)),
    "blocked",
    new RegExp(
      `had 1\\.00 RUSD left, and 101\\.00 RUSD come in,[^]*wait until ${timeText(NOW + 75n)}`,
    ),
    [EXECUTE],
  ],
  [
    "needs more gas for its receiver",
    factsOf({
      ...receiverRefuses("0x"),
      message: { ...MESSAGE_20, gasLimit: 20_000n },
      enough: { receiverGas: 50_000n },
    }),
    "blocked",
    /The receiver 0x0+2 on sat ran out of gas: it was given 20000, and succeeds with 50000/,
    [`npx hardhat message execute ${id("message")} --receiver-gas 50000 --mesh test`],
  ],
  [
    "needs more gas for its pool",
    factsOf16({
      ...COMMITTED,
      ...poolRefuses("0x"),
      message: { ...MESSAGE_16, gasLimit: 20_000n, tokens: [TOKEN] },
      enough: { tokenGas: 60_000n },
    }),
    "waiting",
    /The pool on sat ran out of gas: it was given 30000, and succeeds with 60000/,
    [`npx hardhat message execute ${id("message")} --token-gas 60000 --mesh test`],
  ],
  [
    "needs more gas to be wrapped",
    factsOf({ ...receiverRefuses(GAS_LACKING), enough: { receiverGas: 700_000n } }),
    "blocked",
    /had 1 gas left, and wraps with 300000 at least/,
    [`npx hardhat message execute ${id("message")} --receiver-gas 700000 --mesh test`],
  ],
  [
    "is not helped by gas where none is enough",
    factsOf(receiverRefuses("0x")),
    "blocked",
    /reverts without a reason, with any amount of gas: more gas does not help/,
    [EXECUTE],
  ],
  [
    "is refused again by what refused it before",
    factsOf({
      state: "failure",
      rehearsal: {
        outcome: "refused",
        returnData: released("offRamp", "2.0").interface.encodeErrorResult("NoStateProgressMade", [
          id("message"),
          receiverError("0x"),
        ]),
      },
    }),
    "blocked",
    /The receiver 0x0+2 on sat reverts without a reason/,
    [EXECUTE],
  ],
  [
    "is refused by the OffRamp, which does not say whom to ask",
    factsOf({
      verification: unverified({
        required: [],
        refusal: tokenError(abi.token.encodeErrorResult("EnforcedPause")),
      }),
    }),
    "blocked",
    /does not say which verifiers the message needs\.\nAs things are its execution would fail:\nThe token of sat is paused/,
    [UNPAUSE, `${EXECUTE} --results <file>`],
  ],
  [
    "is never executed, with results or without",
    factsOf({ verification: unverified(), ...FINAL }),
    "blocked",
    /Refusing it is right/,
    [],
  ],
];

const FAILED_ROWS: readonly Row[] = [
  [
    "is explained by its last failure",
    factsOf({
      state: "failure",
      gasNeeded: 200_000n,
      attempts: [
        attemptOf({ returnData: wrongResults, at: NOW - 60n }),
        attemptOf({ gasLimit: 100_000n, at: NOW - 30n }),
      ],
    }),
    "blocked",
    new RegExp(
      `failed at ${timeText(NOW - 30n)}; anybody may try again at once\\.[^]*It ran out of gas: 0x0+6 executed it with 100000 gas`,
    ),
    [EXECUTE],
    /RequiredCCVMissing/,
  ],
  [
    "without a reason did so for too little gas when the transaction's own did not fit",
    factsOf({
      state: "failure",
      gasNeeded: 200_000n,
      attempts: [attemptOf({ gasLimit: 259_999n })],
    }),
    "blocked",
    /It ran out of gas: 0x0+6 executed it with 259999 gas, and it takes about 200000/,
    [EXECUTE],
  ],
  [
    "without a reason did so for another cause when it had gas",
    factsOf({
      state: "failure",
      gasNeeded: 200_000n,
      attempts: [attemptOf({ gasLimit: 260_000n })],
    }),
    "blocked",
    /The cause is gone/,
    [EXECUTE],
    /ran out of gas/,
  ],
  [
    "in CCIP 1.6 is not tried again by itself",
    factsOf16({ state: "failure", isCommitted: true, attempts: [attemptOf({})] }),
    "blocked",
    /CCIP does not try again by itself\.\nThe cause is gone: simulated, it would succeed now/,
    [EXECUTE],
  ],
  [
    "as a broadcast has to be executed while its satellite is behind",
    factsOf({ state: "failure", payload: BROADCAST }),
    "blocked",
    /The cause is gone/,
    [EXECUTE],
  ],
  ...([5n, 6n] as const).map((epoch): Row => [
    `as a broadcast has not to be executed on a satellite of epoch ${epoch}`,
    factsOf({ state: "failure", payload: { ...BROADCAST, epoch } }),
    "superseded",
    new RegExp(`^It failed, and does not have to be: it brings epoch 5, and sat is at ${epoch}`),
    [],
  ]),
];

describe("The doctor says of a message", () => {
  const groups: readonly [group: string, rows: readonly Row[]][] = [
    ["of CCIP 1.6, which", COMMITTED_ROWS],
    ["that is stopped, which", STOPPED_ROWS],
    ["of CCIP 2.0 that it", VERIFIED_ROWS],
    ["that its destination refuses, which", REFUSED_ROWS],
    ["that failed, which", FAILED_ROWS],
  ];
  for (const [group, rows] of groups) {
    describe(group, () => {
      for (const [what, facts, verdict, says, commands, not] of rows) {
        it(what, () => {
          const diagnosis = diagnoseMessage(facts);
          const text = [diagnosis.what, ...diagnosis.why, ...diagnosis.remedies.map(noteOf)];
          expect(text.join("\n")).to.match(says);
          if (not) expect(text.join("\n")).not.to.match(not);
          expect(diagnosis.verdict).to.equal(verdict);
          expect(diagnosis.remedies.flatMap(({ command = [] }) => command)).to.deep.equal(commands);
        });
      }
    });
  }
});

describe("The doctor shows of a message", () => {
  const shown: readonly [what: string, facts: MessageFacts, line: RegExp][] = [
    [
      "what it is worth now, and not what left",
      factsOf({}),
      /^ {2}transfer of 100\.00 RUSD, 90000000000000000000 shares, left at epoch 1, worth 101\.00 RUSD there now$/m,
    ],
    [
      "what arrived",
      factsOf({ payload: { ...TRANSFER, worth: undefined, arrived: 103n * ONE } }),
      /left at epoch 1, arrived as 103\.00 RUSD$/m,
    ],
    [
      "the epochs of home and of the satellite",
      factsOf({ payload: BROADCAST }),
      /broadcast of epoch 5; home is at epoch 5, the satellite at 4$/m,
    ],
    [
      "how much data a third party's has",
      factsOf({ payload: { kind: "foreign" }, message: { ...MESSAGE_20, data: "0x010203" } }),
      /message of somebody else: 0 tokens, 3 bytes of data$/m,
    ],
    [
      "that its source has reached its finality",
      factsOf({ verification: verificationOf({ isFinal: true }) }),
      /finality {3}full finality, reached$/m,
    ],
    [
      "that its source has not",
      factsOf({ verification: unverified({ isFinal: false }) }),
      /finality {3}full finality, not reached$/m,
    ],
    ["that it is not committed", factsOf16({}), /^ {2}committed {2}not yet$/m],
    [
      "when it was committed",
      factsOf16(COMMITTED),
      new RegExp(`^ {2}committed {2}${timeText(COMMITTED.committedAt)}$`, "m"),
    ],
    [
      "a success of which only an earlier failure is logged",
      factsOf({ state: "success", attempts: [attemptOf({})] }),
      /^ {2}executed {3}yes; the endpoint of sat leaves out the log of it$/m,
    ],
    [
      "which verifiers are required, and how many of the others",
      factsOf({
        verification: verificationOf({
          optional: { threshold: 1, verifiers: [{ verifier: at(9), answer: "missing" }] },
        }),
      }),
      /0x0+4 {2}required: answered\n.*0x0+9 {2}one of 1 of which 1 are required: has not answered$/m,
    ],
  ];
  for (const [what, facts, line] of shown) {
    it(what, () => {
      const diagnosis = diagnoseMessage(facts);
      expect(reportText({ kind: "message", facts, revertChain: [], diagnosis })).to.match(line);
    });
  }
});

function noteOf({ note }: { readonly note: string }): string {
  return note;
}

/** Returns revert data of an OffRamp whose pool refused tokens. */
function tokenError(reason: string): string {
  const { interface: ramp } = released("offRamp", "2.0");
  return ramp.encodeErrorResult("TokenHandlingError", [at(2), reason]);
}

function receiverError(reason: string): string {
  return released("offRamp", "2.0").interface.encodeErrorResult("ReceiverError", [reason]);
}
