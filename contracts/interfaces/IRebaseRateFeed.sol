// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title IRebaseRateFeed
/// @notice The growth index as a Chainlink price feed: token units that one unit of genesis is worth, 18 decimals.
/// @dev A round is an index that counted: its id is the token's counting epoch, and ids may be skipped. `startedAt` is when the
/// index began to count; 0 if nobody recorded it before another index was scheduled. `updatedAt` is when home last confirmed
/// the newest state, on a satellite, and the block's time at home; of an earlier round, as it was when that was recorded. A
/// consumer that refuses an old `updatedAt` does not act for longer than that on an index whose cancellation was lost on its
/// way. A pending index is never answered before its time. `latestRoundData` and `record` revert with the token's Unsynced
/// before the first sync.
interface IRebaseRateFeed is AggregatorV3Interface {
  /// @notice The round is not known here: its index never counted on this chain, or nobody recorded it.
  /// @param roundId The round asked for.
  error NoDataPresent(uint80 roundId);

  /// @notice The receiver is for another token.
  /// @param receiver The receiver.
  error ReceiverOfAnotherToken(address receiver);

  /// @notice A satellite's feed needs the receiver, and home has none.
  error ReceiverMismatch();

  /// @notice Emitted when a round is recorded.
  /// @param answer The growth index, 18 decimals.
  /// @param roundId The round.
  /// @param startedAt Unix seconds.
  event RoundRecorded(int256 indexed answer, uint80 indexed roundId, uint256 startedAt);

  /// @notice Records the index that counts now, so that it can be asked for later. Anyone may; again changes nothing.
  function record() external;

  /// @notice The rebase token on this chain.
  function getToken() external view returns (address);

  /// @notice The token's receiver on a satellite; zero at home.
  function getReceiver() external view returns (address);
}
