// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {IPairedSource} from "../../../contracts/interfaces/IPairedSource.sol";
import {IProposalReceiver} from "../../../contracts/interfaces/IProposalReceiver.sol";
import {IRoutedReceiver} from "../../../contracts/interfaces/IRoutedReceiver.sol";
import {ProposalCodec} from "../../../contracts/libraries/ProposalCodec.sol";
import {ProposalReceiver} from "../../../contracts/satellite/ProposalReceiver.sol";
import {CcipWorld} from "../shared/CcipWorld.sol";

/// @notice K10: what home proposes to a satellite's timelock, in any order, often, late, cancelled.
contract ProposalReceiverTest is CcipWorld {
  uint64 private constant HOME_CHAIN = 1001;
  uint64 private constant OTHER_CHAIN = 2002;
  address private constant SENDER = address(0x5E4DE4);
  uint256 private constant MIN_DELAY = 1 days;
  uint256 private constant COUNT = 3;

  // What each proposal has to be.
  struct Expected {
    IProposalReceiver.ProposalState state;
    uint256 readyAt;
    bool isDone;
  }

  Router private s_router;
  TimelockController private s_timelock;
  ProposalReceiver private s_receiver;
  Expected[COUNT] private s_expected;
  // How often the timelock has run a proposal.
  mapping(uint256 nonce => uint256 count) private s_runs;

  function setUp() external {
    VM.warp(START);
    s_router = deployRouter();
    openLane(s_router, HOME_CHAIN);
    openLane(s_router, OTHER_CHAIN);
    s_timelock = new TimelockController(MIN_DELAY, new address[](0), new address[](1), address(this));
    s_receiver = new ProposalReceiver(address(s_router), payable(address(s_timelock)));
    s_timelock.grantRole(s_timelock.PROPOSER_ROLE(), address(s_receiver));
    s_timelock.grantRole(s_timelock.CANCELLER_ROLE(), address(s_receiver));
    s_timelock.grantRole(s_timelock.CANCELLER_ROLE(), CAROL);
    _pair(HOME_CHAIN);
  }

  /// @notice What the timelock runs: once for each proposal.
  function run(uint256 nonce) external {
    VM.assertEq(msg.sender, address(s_timelock), "the caller");
    ++s_runs[nonce];
  }

  /// @notice A proposal runs at most once: not before its time, not if it was cancelled, first arrived too late, or was not sent.
  function testFuzz_K10_aProposalRunsAtMostOnce(uint256[14] memory moves) external {
    for (uint256 i = 0; i < moves.length; ++i) {
      uint64 nonce = uint64(moves[i] % COUNT);
      Expected memory expected = s_expected[nonce];
      uint256 way = (moves[i] >> 8) % 8;
      if (way < 3) _arrive(nonce, expected);
      else if (way == 3) _cancel(nonce, expected);
      else if (way < 6) _run(nonce, expected);
      else VM.warp(block.timestamp + ((moves[i] >> 16) % 2 days));
      s_expected[nonce] = expected;
      (IProposalReceiver.ProposalState state, ) = s_receiver.getProposal(nonce);
      VM.assertTrue(state == expected.state, "the state of a proposal");
      VM.assertEq(s_runs[nonce], expected.isDone ? 1 : 0, "how often it ran");
    }
  }

  /// @notice The delay is the one asked for, at least the timelock's and at most thirty days.
  function testFuzz_K10_theDelayStaysWithinBounds(uint64 nonce, bytes32 salt, uint256 delay) external {
    delay = within(delay, 0, delay % 2 == 0 ? type(uint256).max : 60 days);
    ProposalCodec.Batch memory batch = _batch(nonce, salt, delay);
    _deliver(HOME_CHAIN, abi.encode(SENDER), ProposalCodec.encode(nonce, uint64(START), batch));
    bytes32 id = s_timelock.hashOperationBatch(
      batch.targets,
      batch.values,
      batch.payloads,
      0,
      keccak256(abi.encode(nonce, salt))
    );
    if (delay > 30 days) delay = 30 days;
    if (delay < MIN_DELAY) delay = MIN_DELAY;
    VM.assertEq(s_timelock.getTimestamp(id), START + delay, "when it may run");
    (, bytes32 kept) = s_receiver.getProposal(nonce);
    VM.assertEq(kept, id, "the id that is kept");
  }

  /// @notice D1, D2, D3: no other chain, sender or caller proposes.
  function testFuzz_D2_onlyThePairProposes(bytes calldata sender, uint64 source, address caller) external {
    bytes memory data = ProposalCodec.encode(1, type(uint64).max, _batch(1, 0, 0));
    if (source != HOME_CHAIN) {
      openLane(s_router, source);
      _requireUnheard(source, abi.encode(SENDER), data);
    }
    if (keccak256(sender) != keccak256(abi.encode(SENDER))) _requireUnheard(HOME_CHAIN, sender, data);
    _requireUnheard(HOME_CHAIN, abi.encodePacked(SENDER), data);
    if (caller == address(s_router) || caller == address(0)) return;
    VM.expectRevert(abi.encodeWithSelector(IRoutedReceiver.InvalidRouter.selector, caller));
    VM.prank(caller);
    s_receiver.ccipReceive(arrivingMessage(HOME_CHAIN, abi.encode(SENDER), data));
  }

  /// @notice A home that moved to another chain begins its nonces anew, and what the one before had proposed stays as it was.
  function testFuzz_K10_anotherHomeHasItsOwnNonces(uint64 nonce, bytes32 salt, bytes32 other) external {
    if (salt == other) return;
    _deliver(HOME_CHAIN, abi.encode(SENDER), ProposalCodec.encode(nonce, type(uint64).max, _batch(nonce, salt, 0)));
    (, bytes32 id) = s_receiver.getProposal(nonce);
    _pair(OTHER_CHAIN);
    bytes memory data = ProposalCodec.encode(nonce, type(uint64).max, _batch(nonce, other, 0));
    _requireUnheard(HOME_CHAIN, abi.encode(SENDER), data);
    _deliver(OTHER_CHAIN, abi.encode(SENDER), data);
    (, bytes32 next) = s_receiver.getProposal(nonce);
    VM.assertTrue(id != next && s_timelock.isOperationPending(next), "scheduled beside the one before");
    _pair(HOME_CHAIN);
    (, bytes32 kept) = s_receiver.getProposal(nonce);
    VM.assertEq(kept, id, "the one before");
  }

  function testFuzz_G10_strangersCancelNothing(address stranger, uint64 nonce) external {
    if (stranger == CAROL || stranger == address(s_receiver)) return;
    VM.startPrank(stranger);
    VM.expectRevert(abi.encodeWithSelector(IProposalReceiver.NotCanceller.selector, stranger));
    s_receiver.cancelProposal(nonce);
    if (stranger != address(s_timelock)) {
      VM.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
      s_receiver.setSource(OTHER_CHAIN, stranger);
    }
    VM.stopPrank();
  }

  /// @dev Valid until a day of its own after the start.
  function _arrive(uint64 nonce, Expected memory expected) private {
    uint256 validUntil = START + nonce * 1 days;
    ProposalCodec.Batch memory batch = _batch(nonce, 0, 0);
    _deliver(HOME_CHAIN, abi.encode(SENDER), ProposalCodec.encode(nonce, uint64(validUntil), batch));
    if (expected.state != IProposalReceiver.ProposalState.Unknown) return;
    if (block.timestamp > validUntil) {
      expected.state = IProposalReceiver.ProposalState.Expired;
    } else {
      expected.state = IProposalReceiver.ProposalState.Scheduled;
      expected.readyAt = block.timestamp + MIN_DELAY;
    }
  }

  function _cancel(uint64 nonce, Expected memory expected) private {
    bool isCancelled = expected.state == IProposalReceiver.ProposalState.Cancelled;
    if (isCancelled || expected.state == IProposalReceiver.ProposalState.Expired) {
      VM.expectRevert(abi.encodeWithSelector(IProposalReceiver.NothingToCancel.selector, nonce));
    } else if (expected.isDone) {
      VM.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
    } else {
      expected.state = IProposalReceiver.ProposalState.Cancelled;
    }
    VM.prank(CAROL);
    s_receiver.cancelProposal(nonce);
  }

  function _run(uint64 nonce, Expected memory expected) private {
    ProposalCodec.Batch memory batch = _batch(nonce, 0, 0);
    bool isReady =
      expected.state == IProposalReceiver.ProposalState.Scheduled &&
        !expected.isDone &&
        block.timestamp >= expected.readyAt;
    if (isReady) expected.isDone = true;
    else VM.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
    bytes32 salt = keccak256(abi.encode(nonce, bytes32(0)));
    VM.prank(ALICE);
    s_timelock.executeBatch(batch.targets, batch.values, batch.payloads, 0, salt);
  }

  function _pair(uint64 selector) private {
    VM.prank(address(s_timelock));
    s_receiver.setSource(selector, SENDER);
  }

  function _deliver(uint64 source, bytes memory sender, bytes memory data) private {
    (bool success, , ) = s_router.routeMessage(
      arrivingMessage(source, sender, data),
      5_000,
      1_000_000,
      address(s_receiver)
    );
    VM.assertTrue(success, "the execution");
  }

  function _requireUnheard(uint64 source, bytes memory sender, bytes memory data) private {
    (bool success, bytes memory answer, ) = s_router.routeMessage(
      arrivingMessage(source, sender, data),
      5_000,
      1_000_000,
      address(s_receiver)
    );
    VM.assertTrue(!success, "the execution");
    VM.assertTrue(bytes4(answer) == IPairedSource.UnexpectedSource.selector, "the reason");
  }

  function _batch(uint64 nonce, bytes32 salt, uint256 delay) private view returns (ProposalCodec.Batch memory batch) {
    (batch.targets, batch.values, batch.payloads) = (new address[](1), new uint256[](1), new bytes[](1));
    batch.targets[0] = address(this);
    batch.payloads[0] = abi.encodeCall(this.run, (nonce));
    (batch.salt, batch.delay) = (salt, delay);
  }
}
