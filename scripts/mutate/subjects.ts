/** A contract or library of ours, and what shows whether a fault in it is seen. */
export interface Subject {
  readonly name: string;
  readonly source: string;
  /** The contracts that carry its code and that its tests deploy. */
  readonly targets: readonly string[];
  /** Files and folders of tests, quick ones first. Gas and sizes, which every change moves, are not among them. */
  readonly tests: readonly string[];
}

const HARNESS = "contracts/test/LibraryHarness.sol:LibraryHarness";
const TOKEN = "contracts/RebaseToken.sol:RebaseToken";
const RECEIVER = "contracts/satellite/RebaseReceiver.sol:RebaseReceiver";
const BROADCASTER = "contracts/home/RebaseBroadcaster.sol:RebaseBroadcaster";
const CONTROLLER = "contracts/home/RebaseController.sol:RebaseController";
const PROPOSAL_RECEIVER = "contracts/satellite/ProposalReceiver.sol:ProposalReceiver";
const PROPOSAL_SENDER = "contracts/home/ProposalSender.sol:ProposalSender";
const WRAPPED_BRIDGE = "contracts/defi/WrappedBridge.sol:WrappedBridge";
const POOL = "contracts/ccip/RebaseTokenPool.sol:RebaseTokenPool";
const CONTAINED_POOL = "contracts/ccip/ContainedRebaseTokenPool.sol:ContainedRebaseTokenPool";

const RECEIVER_TESTS = [
  "test/unit/satellite/RebaseReceiver.test.ts",
  "test/unit/satellite/heldBack.test.ts",
  "test/unit/satellite/boundaries.test.ts",
  "test/unit/satellite/circuitBreaker.test.ts",
  "test/unit/satellite/notification.test.ts",
  "test/unit/satellite/bandModel.test.ts",
];

/** Everything of ours that runs on a chain, the largest risk first. */
export const SUBJECTS: readonly Subject[] = [
  {
    name: "RebaseToken",
    source: "contracts/RebaseToken.sol",
    targets: [TOKEN],
    tests: [
      "test/unit/RebaseToken/shares.test.ts",
      "test/unit/RebaseToken/bridging.test.ts",
      "test/unit/RebaseToken/issuing.test.ts",
      "test/unit/RebaseToken/resync.test.ts",
      "test/unit/RebaseToken/index.test.ts",
      "test/unit/RebaseToken/pause.test.ts",
      "test/unit/RebaseToken/roles.test.ts",
      "test/unit/RebaseToken/permit.test.ts",
      "test/unit/RebaseToken/upgrade.test.ts",
      "test/unit/RebaseToken/erc20.test.ts",
      "test/unit/RebaseToken/properties.test.ts",
    ],
  },
  {
    name: "RebaseTokenPool",
    source: "contracts/ccip/RebaseTokenPool.sol",
    targets: [POOL, CONTAINED_POOL],
    tests: [
      "test/unit/ccip/RebaseTokenPool.test.ts",
      "test/unit/ccip/poolOfGeneration2.test.ts",
      "test/unit/ccip/ContainedRebaseTokenPool.test.ts",
    ],
  },
  {
    name: "RebaseReceiver",
    source: "contracts/satellite/RebaseReceiver.sol",
    targets: [RECEIVER],
    tests: RECEIVER_TESTS,
  },
  {
    name: "RebaseController",
    source: "contracts/home/RebaseController.sol",
    targets: [CONTROLLER],
    tests: ["test/unit/home/RebaseController.test.ts", "test/unit/home/notification.test.ts"],
  },
  {
    name: "RebaseBroadcaster",
    source: "contracts/home/RebaseBroadcaster.sol",
    targets: [BROADCASTER],
    tests: ["test/unit/home/RebaseBroadcaster.test.ts", "test/unit/home/broadcastPending.test.ts"],
  },
  {
    name: "IndexBand",
    source: "contracts/libraries/IndexBand.sol",
    targets: [HARNESS, RECEIVER],
    tests: [
      "test/unit/libraries/IndexBand.test.ts",
      "test/lib/core/arithmetic.test.ts",
      "test/unit/satellite/boundaries.test.ts",
      "test/unit/satellite/circuitBreaker.test.ts",
    ],
  },
  {
    name: "ShareMath",
    source: "contracts/libraries/ShareMath.sol",
    targets: [HARNESS, TOKEN],
    tests: [
      "test/unit/libraries/ShareMath.test.ts",
      "test/unit/RebaseToken/shares.test.ts",
      "test/unit/RebaseToken/bridging.test.ts",
      "test/unit/RebaseToken/index.test.ts",
    ],
  },
  {
    name: "BroadcastCodec",
    source: "contracts/libraries/BroadcastCodec.sol",
    targets: [HARNESS],
    tests: ["test/unit/libraries/BroadcastCodec.test.ts"],
  },
  {
    name: "PoolDataCodec",
    source: "contracts/libraries/PoolDataCodec.sol",
    targets: [HARNESS],
    tests: ["test/unit/libraries/PoolDataCodec.test.ts"],
  },
  {
    name: "ProposalCodec",
    source: "contracts/libraries/ProposalCodec.sol",
    targets: [HARNESS, PROPOSAL_RECEIVER, PROPOSAL_SENDER],
    tests: ["test/lib/ccip/codecs.test.ts", "test/unit/satellite/ProposalReceiver.test.ts"],
  },
  {
    name: "WrappedRebaseToken",
    source: "contracts/defi/WrappedRebaseToken.sol",
    targets: ["contracts/defi/WrappedRebaseToken.sol:WrappedRebaseToken"],
    tests: ["test/unit/defi/WrappedRebaseToken.test.ts"],
  },
  {
    name: "WrappedBridge",
    source: "contracts/defi/WrappedBridge.sol",
    targets: [WRAPPED_BRIDGE],
    tests: [
      "test/unit/defi/WrappedBridge.test.ts",
      "test/unit/defi/wrappedBridgeSending.test.ts",
      "test/unit/defi/wrappedBridgeDelivery.test.ts",
      "test/e2e/wrappedBridge.test.ts",
      "test/e2e/outOfOrder.test.ts",
    ],
  },
  {
    name: "ProposalReceiver",
    source: "contracts/satellite/ProposalReceiver.sol",
    targets: [PROPOSAL_RECEIVER],
    tests: [
      "test/unit/satellite/ProposalReceiver.test.ts",
      "test/unit/satellite/proposalCancelling.test.ts",
      "test/e2e/proposals.test.ts",
    ],
  },
  {
    name: "ProposalSender",
    source: "contracts/home/ProposalSender.sol",
    targets: [PROPOSAL_SENDER],
    tests: [
      "test/unit/home/ProposalSender.test.ts",
      "test/unit/home/proposalResending.test.ts",
      "test/unit/home/proposalSenderSettings.test.ts",
      "test/e2e/proposals.test.ts",
      "test/e2e/outOfOrder.test.ts",
    ],
  },
  {
    name: "RebaseNotifier",
    source: "contracts/listeners/RebaseNotifier.sol",
    targets: ["contracts/listeners/RebaseNotifier.sol:RebaseNotifier"],
    tests: ["test/unit/listeners/RebaseNotifier.test.ts"],
  },
  {
    name: "PairSyncer",
    source: "contracts/listeners/PairSyncer.sol",
    targets: ["contracts/listeners/PairSyncer.sol:PairSyncer"],
    tests: ["test/unit/listeners/PairSyncer.test.ts"],
  },
  {
    name: "ContainedRebaseTokenPool",
    source: "contracts/ccip/ContainedRebaseTokenPool.sol",
    targets: [CONTAINED_POOL],
    tests: ["test/unit/ccip/ContainedRebaseTokenPool.test.ts"],
  },
  {
    name: "RebaseRateFeed",
    source: "contracts/defi/RebaseRateFeed.sol",
    targets: ["contracts/defi/RebaseRateFeed.sol:RebaseRateFeed"],
    tests: ["test/unit/defi/RebaseRateFeed.test.ts"],
  },
  {
    name: "PairedSource",
    source: "contracts/messaging/PairedSource.sol",
    targets: [RECEIVER],
    tests: RECEIVER_TESTS,
  },
  {
    name: "RoutedReceiver",
    source: "contracts/messaging/RoutedReceiver.sol",
    targets: [RECEIVER],
    tests: RECEIVER_TESTS,
  },
  {
    name: "NotifierCall",
    source: "contracts/libraries/NotifierCall.sol",
    targets: [CONTROLLER, RECEIVER],
    tests: ["test/unit/home/notification.test.ts", "test/unit/satellite/notification.test.ts"],
  },
  {
    name: "RouterProbe",
    source: "contracts/libraries/RouterProbe.sol",
    targets: [RECEIVER, BROADCASTER],
    tests: [
      "test/unit/satellite/RebaseReceiver.test.ts",
      "test/unit/home/RebaseBroadcaster.test.ts",
    ],
  },
];
