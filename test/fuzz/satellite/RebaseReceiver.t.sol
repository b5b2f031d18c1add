// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";

import {IPairedSource} from "../../../contracts/interfaces/IPairedSource.sol";
import {IRebaseReceiver} from "../../../contracts/interfaces/IRebaseReceiver.sol";
import {IRoutedReceiver} from "../../../contracts/interfaces/IRoutedReceiver.sol";
import {BroadcastCodec} from "../../../contracts/libraries/BroadcastCodec.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {ICheatCodes} from "../shared/ICheatCodes.sol";
import {ReceiverWorld} from "./ReceiverWorld.sol";

/// @notice A receiver without a band: what it takes over, from whom, in any order.
contract RebaseReceiverTest is ReceiverWorld {
  uint256 private constant EPOCHS = 6;

  // What home said under each epoch, from 1 on.
  struct Said {
    uint256 current;
    uint256 next;
    uint256 effectiveAt;
  }

  function setUp() external {
    deploySatellite();
  }

  /// @notice I19, I20, I21: in any order, with repetitions and losses, the satellite has what home said last of what arrived.
  function testFuzz_I20_theNewestStateWins(uint256[6] memory seeds, uint256[8] memory order) external {
    Said[] memory history = _history(seeds);
    uint32 newest = 0;
    for (uint256 i = 0; i < order.length; ++i) {
      uint32 epoch = uint32(1 + (order[i] % EPOCHS));
      Said memory said = history[epoch - 1];
      VM.recordLogs();
      deliver(epoch, said.current, said.next, said.effectiveAt, START + epoch);
      bool isNew = epoch > newest;
      _requireEvent(isNew ? IRebaseReceiver.BroadcastApplied.selector : IRebaseReceiver.BroadcastIgnored.selector);
      if (isNew) newest = epoch;
      Said memory last = history[newest - 1];
      VM.assertEq(
        stateOf(),
        abi.encode(newest, last.current, last.next, last.effectiveAt),
        "the index of the satellite"
      );
    }
  }

  /// @notice D6: the same epoch with another state changes nothing and is told.
  function testFuzz_D6_aContradictionChangesNothing(uint32 epoch, uint256 one, uint256 other, uint8 field) external {
    epoch = uint32(within(epoch, 1, type(uint32).max));
    (one, other) = (index(one), index(other));
    if (one == other) other = one == ShareMath.MIN_SHARES_PER_TOKEN ? one + 1 : one - 1;
    deliver(epoch, one, one, START, START);
    bytes memory state = stateOf();
    VM.recordLogs();
    if (field % 3 == 0) deliver(epoch, other, one, START, START + 9);
    else if (field % 3 == 1) deliver(epoch, one, other, START, START + 9);
    else deliver(epoch, one, one, START + 1, START + 9);
    _requireEvent(IRebaseReceiver.BroadcastConflicted.selector);
    VM.assertEq(stateOf(), state, "the index");
    VM.assertEq(s_receiver.lastConfirmed(), START, "what home has confirmed");
  }

  /// @notice D1, D2, D3: no other chain, sender or caller is heard.
  function testFuzz_D2_onlyThePairIsHeard(bytes calldata sender, uint64 source, address caller, uint256 k) external {
    k = index(k);
    bytes memory data = BroadcastCodec.encode(1, k, k, 0, uint56(START));
    if (source != HOME_CHAIN) {
      openLane(s_router, source);
      _requireUnheard(source, abi.encode(BROADCASTER), data);
    }
    if (keccak256(sender) != keccak256(abi.encode(BROADCASTER))) _requireUnheard(HOME_CHAIN, sender, data);
    _requireUnheard(HOME_CHAIN, abi.encodePacked(BROADCASTER), data);
    // The address with other bits above it.
    _requireUnheard(HOME_CHAIN, abi.encode(((1 + uint256(source)) << 160) | uint160(BROADCASTER)), data);
    // Nobody sends from the zero address, which is the previous router while there is none.
    if (caller == address(s_router) || caller == address(0)) return;
    Client.Any2EVMMessage memory message;
    (message.sourceChainSelector, message.sender, message.data) = (HOME_CHAIN, abi.encode(BROADCASTER), data);
    VM.expectRevert(abi.encodeWithSelector(IRoutedReceiver.InvalidRouter.selector, caller));
    VM.prank(caller);
    s_receiver.ccipReceive(message);
    VM.assertEq(s_token.epoch(), 0, "the epoch");
  }

  /// @notice D8: what no broadcaster wrote reverts, and stays to be executed again.
  function testFuzz_D8_otherPayloadsRevert(bytes calldata data) external {
    bool isBroadcast = data.length == 64 && (data[0] == 0x01 || data[0] == 0x02);
    if (isBroadcast) return;
    (bool success, bytes memory answer) = _execute(HOME_CHAIN, abi.encode(BROADCASTER), data);
    VM.assertTrue(!success, "the execution");
    bytes memory reason =
      data.length != 64
        ? abi.encodeWithSelector(BroadcastCodec.InvalidBroadcastLength.selector, data.length)
        : abi.encodeWithSelector(BroadcastCodec.UnsupportedBroadcastVersion.selector, uint8(data[0]));
    VM.assertEq(answer, reason, "the reason");
  }

  /// @notice What no honest home says is dropped with success: an index below the lowest, a time or an epoch far ahead.
  function testFuzz_K1_whatNoHomeSaysIsDropped(uint32 epoch, uint256 k, uint256 bad, uint256 far, uint8 kind) external {
    k = index(k);
    epoch = uint32(within(epoch, 1, type(uint32).max - 1001));
    deliver(epoch, k, k, START, START);
    bytes memory state = stateOf();
    bad = within(bad, 0, ShareMath.MIN_SHARES_PER_TOKEN - 1);
    VM.recordLogs();
    if (kind % 4 == 0) deliver(epoch + 1, bad, k, START, START);
    else if (kind % 4 == 1) deliver(epoch + 1, k, bad, START, START);
    else if (kind % 4 == 2) {
      deliver(epoch + 1, k, k, within(far, START + 90 days + 1, type(uint56).max), START);
    } else {
      deliver(uint32(within(far, uint256(epoch) + 1001, type(uint32).max)), k, k, START, START);
    }
    _requireEvent(IRebaseReceiver.BroadcastDropped.selector);
    VM.assertEq(stateOf(), state, "the index");
  }

  /// @notice K5: the newest time at which home confirmed the state, never from the future.
  function testFuzz_K5_confirmationsAreNeverFromTheFuture(uint56[4] memory sentAt, uint256 k) external {
    k = index(k);
    uint256 expected = 0;
    for (uint256 i = 0; i < sentAt.length; ++i) {
      uint256 sent = sentAt[i] % 2 == 0 ? within(sentAt[i], START - 1 days, START + 1 days) : sentAt[i];
      deliver(1, k, k, START, sent);
      uint256 confirmed = sent < START ? sent : START;
      if (confirmed > expected) expected = confirmed;
      VM.assertEq(s_receiver.lastConfirmed(), expected, "the last confirmation");
    }
    VM.assertTrue(s_receiver.isStale(0) == (expected < START), "whether it is stale");
  }

  /// @notice K4: what home had said before the admin replaced it stays without effect, whatever its epoch.
  function testFuzz_K4_messagesFromBeforeAResyncAreOutdated(
    uint32 epoch,
    uint256 k,
    uint256 other,
    uint256 sentAt
  ) external {
    (k, other) = (index(k), index(other));
    deliver(9, k, k, START, START);
    s_token.resync(3, other, other, 0);
    VM.assertEq(s_receiver.lastConfirmed(), 0, "nothing confirmed of a new generation");
    bytes memory state = stateOf();
    epoch = uint32(within(epoch, 4, 900));
    VM.recordLogs();
    deliver(epoch, k, k, START, within(sentAt, 0, START));
    _requireEvent(IRebaseReceiver.BroadcastOutdated.selector);
    VM.assertEq(stateOf(), state, "the index");
    deliver(epoch, k, k, START, START + 1);
    VM.assertEq(s_token.epoch(), epoch, "the epoch of a message from afterwards");
  }

  function _requireUnheard(uint64 source, bytes memory sender, bytes memory data) private {
    (bool success, bytes memory answer) = _execute(source, sender, data);
    VM.assertTrue(!success, "the execution");
    // The router hands on no more than a selector and four words of a reason.
    VM.assertTrue(bytes4(answer) == IPairedSource.UnexpectedSource.selector, "the reason");
    VM.assertEq(s_token.epoch(), 0, "the epoch");
  }

  function _requireEvent(bytes32 topic) private {
    ICheatCodes.Log[] memory logs = VM.getRecordedLogs();
    uint256 found = 0;
    for (uint256 i = 0; i < logs.length; ++i) {
      if (logs[i].emitter == address(s_receiver) && logs[i].topics[0] == topic) ++found;
    }
    VM.assertEq(found, 1, "the event of the receiver");
  }

  /// @dev Each epoch starts from the index before it, or replaces a pending one.
  function _history(uint256[6] memory seeds) private pure returns (Said[] memory history) {
    history = new Said[](EPOCHS);
    uint256 k = ShareMath.GENESIS_SHARES_PER_TOKEN;
    for (uint256 i = 0; i < EPOCHS; ++i) {
      uint256 next = index(seeds[i]);
      history[i] = Said(k, next, START + (seeds[i] % 30 days));
      if (seeds[i] % 3 != 0) k = next;
    }
  }
}
