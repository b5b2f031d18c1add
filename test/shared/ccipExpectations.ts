import { MANUAL_EXECUTION_DELAY_SECONDS } from "ccip-localnet";
import type { CcipContract } from "ccip-localnet";
import type { CcipAddresses, CcipVersion, Message } from "ccip-localnet/protocol";

import type { MeshChain } from "../../lib/core/mesh/mesh";
import type { Verdict } from "../../lib/diagnostics/diagnosis";

import { CCIP_VERSION } from "./ccipVersion";

/** Expectations of tests that differ between the versions of CCIP. */
interface CcipExpectations {
  /** The visible part of a pool's reason to refuse a message. */
  readonly poolReason: (reason: string) => string;
  /** Error of a message whose tokens a chain's pool refuses. */
  readonly refusedByPool: (chain: MeshChain, reason: string) => string;
  /** The missing step of an unverified message, and of a verified one. */
  readonly waitsFor: (destination: string) => string;
  readonly vouchedFor: (source: string, destination: string) => string;
  /** The operations that a curse on everything stops. */
  readonly stoppedByCurse: string;
  /** Error of a message that its receiver refuses. */
  readonly refusedByReceiver: (reason: string) => string;
  /** Error when the pool data is longer than the lane allows. */
  readonly dataTooLarge: (token: string, actual: number, most: number) => string;
  /** Error of a transfer over a cursed lane, from a chain that may be paused too. */
  readonly cursedSend: (isPaused: boolean) => string;
  /** True if a destination refuses to commit what comes from a cursed source; verifiers answer off chain. */
  readonly refusesCursedCommits: boolean;
  /** True if an OffRamp passes over messages from a cursed source where another one reverts. */
  readonly skipsCursedExecutions: boolean;
  /** True if an OffRamp reverts for a message that is executed already, where another one passes over it. */
  readonly revertsWhenRepeated: boolean;
  /** Error of an execution by hand with less gas than the message's own. */
  readonly tooLittleGas: string;
  /** Seconds before which an unexecuted message may not be executed by hand; none for at once. */
  readonly manualExecutionDelays: readonly bigint[];
  /** The contract of a destination that refuses everything on a chain of another id than it was deployed on. */
  readonly knowsChainId: (ccip: CcipAddresses) => string;
  /** Error of an OffRamp for a message that is executed already. */
  readonly skipped: (message: Message) => unknown[];
  /** True if a source that is cursed quotes fees: it takes no message in either version. */
  readonly quotesWhenCursed: boolean;
  /** The answer of a source asked for fees to a destination without a router, and what it says when it is to send. */
  readonly quotesWithoutRouter: boolean;
  readonly withoutRouter: (selector: bigint) => string;
  /** Error of a message to any destination while everything is cursed. */
  readonly cursedEverywhere: (selector: bigint) => string;
  /** True if the arguments of a pool's error are all there. */
  readonly keepsArguments: boolean;
  /** True if the OffRamp measures the gas of a message. */
  readonly measuresMessages: boolean;
  /** Configuration by CCIP's owner that lets messages leave a source before its chain is final. */
  readonly fastLane: readonly [
    contract: CcipContract,
    name: string,
    args: (feeAggregator: string) => readonly unknown[],
  ][];
  /** Outcome of a broadcast that asks for a finality of CCIP 2.0. */
  readonly fastBroadcast: (finality: string) => string;
  /**
   * Number of verifiers that a lane may require, one standing for all of 1.6, and the most that a
   * broadcast takes of the gas of its lane then, in percent.
   */
  readonly verifiers: readonly { readonly count: number; readonly percentOfLane: bigint }[];
  /** Bytes of a broadcast as the fee quoter counts them: its payload in 1.6, the packed message in 2.0. */
  readonly broadcastSize: number;
  /** Gas that a receiver can be given at the least: 2.0 takes what verification needs from the same maximum. */
  readonly receiverGas: bigint;
  /** True if prices get stale. */
  readonly pricesGetStale: boolean;
  /** True if the gas that a token is granted caps the call of its pool. */
  readonly capsPoolGas: boolean;
  /** Number of messages that one transaction executes, of two that are ready. */
  readonly executedTogether: readonly Message["version"][];
  /** True if an OnRamp indexes the ids of messages, so that they are found without a scan. */
  readonly indexesIds: boolean;
  /** Output about messages that are not executed. */
  readonly words: {
    /** Unverified: the doctor's words, and why it is not executed by hand. */
    readonly sent: RegExp;
    readonly notVouchedFor: RegExp;
    /** Verified and not executed; and whether it may be executed by hand at once. */
    readonly vouchedFor: RegExp;
    readonly isOpenAtOnce: boolean;
    /** Its execution failed. */
    readonly failed: RegExp;
    /** Output about a message on its way that would be refused. */
    readonly foretold: Verdict;
    /** The first layer of what a message is refused with when it is executed by hand again. */
    readonly again: string;
    /** First line of output about unknown signatures, and the reason. */
    readonly wrongSignature: readonly [first: RegExp, cause: RegExp];
  };
  /** The most that it may ever cost, in gas. */
  readonly gas: {
    /** Of a message with tokens, where the OffRamp measures it. */
    readonly message: { readonly toHolder: bigint; readonly toNew: bigint };
    /** Of a broadcast: around all satellites and for each, and to two of them the first time and later. */
    readonly broadcast: {
      readonly base: bigint;
      readonly each: bigint;
      readonly first: bigint;
      readonly steady: bigint;
    };
    readonly ccipSend: bigint;
    readonly execute: { readonly toHolder: bigint; readonly toNew: bigint };
    /** Of proposals: around all destinations and for each, and of one that is sent again. */
    readonly propose: { readonly base: bigint; readonly each: bigint; readonly again: bigint };
    readonly sendWrapped: bigint;
  };
}

/** One block or more, or the safe head. */
const ANY_FINALITY = "0x00010001";

const EXPECTATIONS: Readonly<Record<CcipVersion, CcipExpectations>> = {
  "1.6": {
    poolReason: (reason) => reason,
    refusedByPool: ({ contracts }, reason) =>
      `TokenHandlingError(target: ${contracts.pool}) <- ${reason}`,
    stoppedByCurse: "takes, commits and executes",
    waitsFor: (destination) => `waits to be committed on ${destination}`,
    vouchedFor: (_, destination) => `committed on ${destination}, waits to be executed`,
    refusedByReceiver: (reason) => `ReceiverError() <- ${reason}`,
    dataTooLarge: (token) => `SourceTokenDataTooLarge(token: ${token})`,
    // There is no fee to pay, so nothing is tried.
    cursedSend: () => "CursedByRMN",
    refusesCursedCommits: true,
    skipsCursedExecutions: true,
    revertsWhenRepeated: false,
    tooLittleGas: "InvalidManualExecutionGasLimit(",
    manualExecutionDelays: [BigInt(MANUAL_EXECUTION_DELAY_SECONDS)],
    knowsChainId: ({ offRamp }) => offRamp,
    skipped: ({ sourceSelector, sequenceNumber }) => [sourceSelector, sequenceNumber],
    quotesWhenCursed: false,
    quotesWithoutRouter: true,
    withoutRouter: () => "MustBeCalledByRouter()",
    cursedEverywhere: (selector) => `CursedByRMN(chainSelector: ${selector})`,
    keepsArguments: true,
    measuresMessages: true,
    fastLane: [],
    // CCIP 1.6 has no such messages: a source does not even quote them.
    fastBroadcast: () => "InvalidExtraArgsTag()",
    verifiers: [{ count: 1, percentOfLane: 21n }],
    broadcastSize: 64,
    receiverGas: 3_000_000n,
    pricesGetStale: true,
    capsPoolGas: true,
    executedTogether: ["1.6", "1.6"],
    indexesIds: false,
    words: {
      sent: /It was sent \d+ s ago and is not committed on local-sat1 yet/,
      notVouchedFor: /is not committed on local-sat\d yet: wait for the DON/,
      vouchedFor: /allowed to everybody from \d{4}-\d\d-\d\dT[\d:]+Z on \(in (8 h|7 h 59 min)\)/,
      isOpenAtOnce: false,
      failed: /Its execution on local-\w+ failed at [^;]+; CCIP does not try again by itself\./,
      foretold: "waiting",
      again: "OffRamp: ExecutionError",
      // The commit reverts, and so does an execution: nothing is on chain.
      wrongSignature: [/is not committed on local-sat1 yet/, /commits within a second/],
    },
    gas: {
      broadcast: {
        base: 78_500n,
        each: 119_000n,
        first: 381_000n,
        steady: 310_000n,
      },
      ccipSend: 240_000n,
      message: { toHolder: 120_000n, toNew: 140_000n },
      execute: { toHolder: 200_000n, toNew: 220_000n },
      propose: { base: 75_000n, each: 181_000n, again: 222_000n },
      sendWrapped: 384_000n,
    },
  },
  "2.0": {
    // Of a failure 132 bytes are kept: 4 words and a selector around what a pool says, 3 around a receiver's.
    poolReason: (reason) => keepWords(reason, 0),
    refusedByPool: ({ contracts }, reason) =>
      `TokenHandlingError(target: ${contracts.token}) <- ${keepWords(reason, 0)}`,
    stoppedByCurse: "takes and executes",
    // Verifiers answer off chain.
    waitsFor: (destination) => `waits for its verifiers and to be executed on ${destination}`,
    vouchedFor: (source, destination) =>
      `final on ${source}, waits for its verifiers and to be executed on ${destination}`,
    refusedByReceiver: (reason) => `ReceiverError() <- ${keepWords(reason, 1)}`,
    dataTooLarge: (token, actual, most) =>
      `SourceTokenDataTooLarge(token: ${token}, actualLength: ${actual}, maxLength: ${most})`,
    // The router takes the tokens before the ramp looks at curses.
    cursedSend: (isPaused) => (isPaused ? "EnforcedPause" : "CursedByRMN"),
    refusesCursedCommits: false,
    skipsCursedExecutions: false,
    revertsWhenRepeated: true,
    tooLittleGas: "InvalidGasLimitOverride(",
    manualExecutionDelays: [],
    knowsChainId: (ccip) => ("committeeVerifier" in ccip ? ccip.committeeVerifier : ""),
    skipped: ({ messageId, sourceSelector, sequenceNumber }) => [
      messageId,
      sourceSelector,
      sequenceNumber,
    ],
    quotesWhenCursed: true,
    quotesWithoutRouter: false,
    withoutRouter: (selector) => `DestinationChainNotSupported(destChainSelector: ${selector})`,
    // It is quoted, so the router is asked to send, and looks at curses of everything itself.
    cursedEverywhere: () => "BadARMSignal()",
    keepsArguments: false,
    measuresMessages: false,
    fastLane: [
      ["committeeVerifier", "setAllowedFinalityConfig", () => [ANY_FINALITY]],
      [
        "executorImplementation",
        "setDynamicConfig",
        (feeAggregator) => [
          { feeAggregator, allowedFinalityConfig: ANY_FINALITY, ccvAllowlistEnabled: false },
        ],
      ],
    ],
    fastBroadcast: (finality) =>
      `failure: InvalidRequestedFinality(requestedFinality: ${finality}, allowedFinality: 0x00000000)`,
    verifiers: [
      { count: 1, percentOfLane: 38n },
      { count: 2, percentOfLane: 46n },
      { count: 4, percentOfLane: 63n },
    ],
    broadcastSize: 381,
    receiverGas: 2_790_000n,
    pricesGetStale: false,
    capsPoolGas: false,
    executedTogether: ["2.0"],
    indexesIds: true,
    words: {
      sent: /It was sent \d+ s ago and is not executed on local-sat1 yet\.\n  It is not verified/,
      notVouchedFor: /nothing was sent\.\nIt is not verified[^]* has not answered\./,
      vouchedFor: /It is verified: all verifiers that it needs have answered/,
      isOpenAtOnce: true,
      failed: /Its execution on local-\w+ failed at [^;]+; anybody may try again at once\./,
      foretold: "blocked",
      again: "OffRamp: TokenHandlingError",
      wrongSignature: [
        /Its execution on local-sat1 failed/,
        /results of the verifier 0x\w{40} are refused with UnauthorizedSigner/,
      ],
    },
    gas: {
      broadcast: { base: 100_000n, each: 234_000n, first: 667_000n, steady: 562_000n },
      ccipSend: 395_000n,
      message: { toHolder: 0n, toNew: 0n },
      execute: { toHolder: 240_000n, toNew: 260_000n },
      propose: { base: 95_000n, each: 310_000n, again: 371_000n },
      sendWrapped: 585_000n,
    },
  },
};

/** Expectations of the version of this run. */
export const EXPECTED = EXPECTATIONS[CCIP_VERSION];

/** Returns the expectations of a chosen version. */
export function expectedOf(version: CcipVersion): CcipExpectations {
  return EXPECTATIONS[version];
}

/** An error in one line, of whose arguments only the first words are left. */
function keepWords(reason: string, words: number): string {
  const [, name, list] = /^(\w+)\((.+)\)$/.exec(reason) ?? [];
  if (name === undefined || list === undefined) return reason;
  const args = list.split(", ");
  return args.length <= words ? reason : `${name}(${[...args.slice(0, words), "…"].join(", ")})`;
}
