// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IRebaseNotifier} from "../../../contracts/interfaces/IRebaseNotifier.sol";
import {RebaseNotifier} from "../../../contracts/listeners/RebaseNotifier.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {ListenerOfTests} from "../../../contracts/test/ListenerOfTests.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice Each listener is told of the index that counts, once, whatever the others do.
contract RebaseNotifierTest is TokenWorld {
  uint256 private constant COUNT = 4;

  RebaseToken private s_token;
  RebaseNotifier private s_notifier;
  ListenerOfTests[COUNT] private s_listeners;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(false);
    s_token.sync(1, 1e24, 1e24, 0);
    s_notifier = new RebaseNotifier(address(s_token), address(this));
    for (uint256 i = 0; i < COUNT; ++i) {
      s_listeners[i] = new ListenerOfTests();
      s_notifier.setListener(address(s_listeners[i]), 150_000);
    }
  }

  function testFuzz_K7_eachListenerIsToldOnce(uint256[4] memory behaviours, uint256[3] memory moves) external {
    for (uint256 i = 0; i < COUNT; ++i) s_listeners[i].setBehaviour(_behaviour(behaviours[i]));
    uint256[COUNT] memory calls;
    for (uint256 step = 0; step < moves.length; ++step) {
      (uint64 before, uint256 beforeIndex) = s_token.countingState();
      _move(moves[step]);
      (uint64 counting, uint256 k) = s_token.countingState();
      bool isNew = counting != before || k != beforeIndex;
      uint256 told = s_notifier.notify();
      uint256 expected = 0;
      for (uint256 i = 0; i < COUNT; ++i) {
        if (_fails(behaviours[i])) continue;
        if (isNew) {
          ++calls[i];
          ++expected;
        }
        VM.assertEq(s_listeners[i].s_calls(), calls[i], "calls of a listener");
        IRebaseNotifier.Listener memory state = s_notifier.getListener(address(s_listeners[i]));
        VM.assertEq(state.toldEpoch, counting, "the epoch it was told");
        VM.assertEq(state.toldSharesPerToken, k, "the index it was told");
      }
      VM.assertEq(told, expected, "listeners that were told");
      VM.assertEq(s_notifier.notify(), 0, "told a second time");
    }
  }

  /// @notice A listener that failed is tried again, by an upkeep after a delay that doubles up to a day, until it listens.
  function testFuzz_K16_failuresAreRetried(uint256 failures, uint256 next) external {
    failures = within(failures, 1, 13);
    s_listeners[0].setBehaviour(ListenerOfTests.Behaviour.Revert);
    s_token.sync(2, 1e24, index(next), 0);
    for (uint256 i = 0; i < failures; ++i) {
      s_notifier.performUpkeep("");
      uint256 delay = i < 11 ? 1 minutes << i : 1 days;
      if (delay > 1 days) delay = 1 days;
      IRebaseNotifier.Listener memory state = s_notifier.getListener(address(s_listeners[0]));
      VM.assertEq(state.retryAt, block.timestamp + delay, "the next try");
      VM.assertEq(state.failures, i + 1, "failures");
      VM.assertEq(state.toldEpoch, 1, "not told");
      VM.warp(block.timestamp + delay - 1);
      (bool isNeeded, ) = s_notifier.checkUpkeep("");
      VM.assertTrue(!isNeeded, "not before its time");
      VM.warp(block.timestamp + 1);
      (isNeeded, ) = s_notifier.checkUpkeep("");
      VM.assertTrue(isNeeded, "at its time");
    }
    s_listeners[0].setBehaviour(ListenerOfTests.Behaviour.Listen);
    s_notifier.performUpkeep("");
    VM.assertEq(s_listeners[0].s_calls(), 1, "calls that were not undone");
    VM.assertEq(s_notifier.getListener(address(s_listeners[0])).failures, 0, "failures afterwards");
  }

  /// @notice With the gas that it asks for each listener is called, however much the others burn.
  function testFuzz_K16_theGasItAsksForIsEnough(
    uint256[4] memory behaviours,
    uint32[4] memory limits,
    uint256 next
  ) external {
    for (uint256 i = 0; i < COUNT; ++i) {
      // All but the one that calls back, which spends its gas on others.
      behaviours[i] %= 4;
      s_listeners[i].setBehaviour(_behaviour(behaviours[i]));
      s_notifier.setListener(address(s_listeners[i]), uint32(within(limits[i], 100_000, 450_000)));
    }
    s_token.sync(2, 1e24, index(next), 0);
    s_notifier.notify{gas: s_notifier.getNotifyGas()}();
    for (uint256 i = 0; i < COUNT; ++i) {
      IRebaseNotifier.Listener memory state = s_notifier.getListener(address(s_listeners[i]));
      VM.assertTrue(_fails(behaviours[i]) ? state.failures == 1 : state.toldEpoch == 2, "called");
    }
  }

  /// @notice All listeners together have at most 2,000,000 gas, each at least 10,000.
  function testFuzz_K16_limitsStayWithinTheirSum(uint32 gasLimit, uint32 other) external {
    other = uint32(within(other, 10_000, 1_550_000));
    s_notifier.setListener(address(s_listeners[1]), other);
    uint256 max = 2_000_000 - other - 2 * 150_000;
    bool isAllowed = gasLimit >= 10_000 && gasLimit <= max;
    if (!isAllowed) {
      VM.expectRevert(
        abi.encodeWithSelector(IRebaseNotifier.ListenerGasOutOfBounds.selector, uint256(gasLimit), uint256(10_000), max)
      );
    }
    s_notifier.setListener(address(s_listeners[0]), gasLimit);
    if (isAllowed) VM.assertEq(s_notifier.getListener(address(s_listeners[0])).gasLimit, gasLimit, "its gas");
  }

  function testFuzz_G10_strangersRegisterNothing(address stranger, uint32 gasLimit) external {
    if (stranger == address(this)) return;
    bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
    VM.startPrank(stranger);
    VM.expectRevert(refusal);
    s_notifier.setListener(address(s_listeners[0]), gasLimit);
    VM.expectRevert(refusal);
    s_notifier.deleteListener(address(s_listeners[0]));
    VM.stopPrank();
  }

  /// @dev What a broadcast can bring: an index at once or later, after what counts here or after what counted at home; or time.
  function _move(uint256 seed) private {
    uint32 epoch = s_token.epoch() + 1;
    uint256 current = seed % 2 == 0 ? s_token.sharesPerToken() : index(seed >> 8);
    uint256 next = index(seed);
    if (seed % 3 == 0) s_token.sync(epoch, current, next, block.timestamp);
    else if (seed % 3 == 1) s_token.sync(epoch, current, next, block.timestamp + 1 + (seed % 1 days));
    else VM.warp(block.timestamp + (seed % 2 days));
  }

  function _behaviour(uint256 seed) private pure returns (ListenerOfTests.Behaviour) {
    return ListenerOfTests.Behaviour(seed % 5);
  }

  function _fails(uint256 seed) private pure returns (bool) {
    ListenerOfTests.Behaviour behaviour = _behaviour(seed);
    return behaviour != ListenerOfTests.Behaviour.Listen && behaviour != ListenerOfTests.Behaviour.NotifyAgain;
  }
}
