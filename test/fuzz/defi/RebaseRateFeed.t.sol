// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseRateFeed} from "../../../contracts/defi/RebaseRateFeed.sol";
import {IRebaseRateFeed} from "../../../contracts/interfaces/IRebaseRateFeed.sol";
import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {ReceiverWorld} from "../satellite/ReceiverWorld.sol";

/// @notice The feed of a satellite, and that of a home, against the index and rounds that the test keeps itself.
contract RebaseRateFeedTest is ReceiverWorld {
  // An index that was recorded under a round, and since when it counts: zero if that was not known then.
  struct Round {
    uint256 index;
    uint256 startedAt;
    uint256 updatedAt;
  }

  RebaseRateFeed private s_feed;
  mapping(uint80 roundId => Round round) private s_rounds;

  function setUp() external {
    deploySatellite();
    s_feed = new RebaseRateFeed(address(s_token), address(s_receiver));
  }

  /// @notice K6, K7: the answer is that of the index that counts, in the round of its epoch, as old as home's last confirmation;
  /// a round that was recorded keeps its answer until another index counts under it.
  function testFuzz_K6_answersWhatCounts(uint256[8] memory moves) external {
    VM.expectRevert(IRebaseToken.Unsynced.selector);
    s_feed.latestRoundData();
    deliver(1, 1e24, 1e24, START, START);
    for (uint256 i = 0; i < moves.length; ++i) {
      _move(moves[i]);
      if ((moves[i] >> 8) % 3 == 0) _record();
      _requireLatest();
    }
    (uint64 latest, ) = s_token.countingState();
    for (uint80 roundId = 0; roundId <= moves.length + 2; ++roundId) {
      if (roundId != latest) _requireRound(roundId, s_rounds[roundId]);
    }
  }

  /// @notice At home an answer is always fresh.
  function testFuzz_K6_homeIsAlwaysFresh(uint256 next, uint256 delay, uint256 wait) external {
    RebaseToken token = deployToken(true);
    RebaseRateFeed feed = new RebaseRateFeed(address(token), address(0));
    next = index(next);
    delay %= 3 days;
    token.rebase(2, next, START + delay);
    VM.warp(START + (wait % 6 days));
    bool counts = block.timestamp >= START + delay;
    (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, ) = feed.latestRoundData();
    VM.assertEq(uint256(answer), 1e42 / (counts ? next : 1e24), "the answer");
    VM.assertEq(roundId, counts ? 2 : 1, "the round");
    VM.assertEq(startedAt, counts ? START + delay : 0, "since when");
    VM.assertEq(updatedAt, block.timestamp, "the age");
  }

  /// @notice K7: a new generation has rounds above those of all before.
  function testFuzz_K7_aNewGenerationHasHigherRounds(uint32 epoch, uint32 other, uint256 k, uint256 next) external {
    epoch = uint32(within(epoch, 1, type(uint32).max));
    other = uint32(within(other, 1, type(uint32).max));
    deliver(epoch, index(k), index(k), START, START);
    s_feed.record();
    (uint80 before, int256 recorded, , , ) = s_feed.latestRoundData();
    s_token.resync(other, index(next), index(next), 0);
    (uint80 roundId, int256 answer, , uint256 updatedAt, ) = s_feed.latestRoundData();
    VM.assertLt(before, roundId, "the round");
    VM.assertEq(uint256(answer), 1e42 / index(next), "the answer");
    VM.assertEq(updatedAt, 0, "nothing that home has confirmed");
    (, answer, , , ) = s_feed.getRoundData(before);
    VM.assertEq(uint256(answer), uint256(recorded), "the round before");
  }

  /// @dev What a broadcast can bring, in or out of order, or time.
  function _move(uint256 seed) private {
    uint32 epoch = s_token.epoch() + 1 + uint32(seed % 2);
    uint256 next = index(seed >> 16);
    uint256 current = seed % 5 == 0 ? next : s_token.sharesPerToken();
    if (seed % 3 == 0) VM.warp(block.timestamp + (seed % 2 days));
    else if (seed % 3 == 1) deliver(epoch, current, next, block.timestamp - (seed % 1 days), block.timestamp);
    else deliver(epoch, current, next, block.timestamp + (seed % 1 days), block.timestamp - (seed % 1 hours));
  }

  function _record() private {
    s_feed.record();
    (uint64 roundId, uint256 k) = s_token.countingState();
    if (s_rounds[roundId].index != k) s_rounds[roundId] = Round(k, _startedAt(), s_receiver.lastConfirmed());
  }

  function _requireLatest() private view {
    (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound) = s_feed
      .latestRoundData();
    (uint64 counting, uint256 k) = s_token.countingState();
    VM.assertEq(roundId, counting, "the round");
    VM.assertEq(answeredInRound, counting, "the round of the answer");
    VM.assertEq(uint256(answer), 1e42 / k, "the answer");
    VM.assertEq(updatedAt, s_receiver.lastConfirmed(), "the age");
    uint256 known = s_rounds[roundId].index == k ? s_rounds[roundId].startedAt : 0;
    VM.assertEq(startedAt, _startedAt() == 0 ? known : _startedAt(), "since when");
  }

  function _requireRound(uint80 roundId, Round memory expected) private view {
    try s_feed.getRoundData(roundId) returns (
      uint80 id,
      int256 answer,
      uint256 startedAt,
      uint256 updatedAt,
      uint80 in_
    ) {
      VM.assertTrue(expected.index != 0, "a round that was recorded");
      VM.assertEq(uint256(answer), 1e42 / expected.index, "the answer of a round");
      VM.assertEq(startedAt, expected.startedAt, "since when it counted");
      VM.assertEq(updatedAt, expected.updatedAt, "its age");
      VM.assertTrue(id == roundId && in_ == roundId, "its number");
    } catch (bytes memory reason) {
      VM.assertEq(expected.index, 0, "a round that was not recorded");
      VM.assertEq(reason, abi.encodeWithSelector(IRebaseRateFeed.NoDataPresent.selector, roundId), "the reason");
    }
  }

  /// @dev When the index that counts came into effect; zero while another one is pending.
  function _startedAt() private view returns (uint256) {
    (, , , uint256 effectiveAt) = s_token.indexState();
    return effectiveAt <= block.timestamp ? effectiveAt : 0;
  }
}
