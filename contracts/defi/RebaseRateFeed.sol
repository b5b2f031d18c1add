// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

import {IRebaseListener} from "../interfaces/IRebaseListener.sol";
import {IRebaseRateFeed} from "../interfaces/IRebaseRateFeed.sol";
import {IRebaseReceiver} from "../interfaces/IRebaseReceiver.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {ShareMath} from "../libraries/ShareMath.sol";

/// @title RebaseRateFeed
/// @notice Answers the growth index from the token's state. As a listener it keeps the rounds that it is told of.
contract RebaseRateFeed is IRebaseRateFeed, IRebaseListener {
  // A round that was recorded, in one word.
  struct Round {
    uint96 sharesPerToken;
    uint64 startedAt;
    uint64 updatedAt;
  }

  uint256 private constant ONE = 1e18;

  IRebaseToken private immutable i_token;
  // Zero at home.
  IRebaseReceiver private immutable i_receiver;

  mapping(uint80 roundId => Round round) private s_rounds;

  /// @param token The token on this chain.
  /// @param receiver Its receiver on a satellite, zero at home; ReceiverMismatch or ReceiverOfAnotherToken otherwise.
  constructor(address token, address receiver) {
    if (IRebaseToken(token).isHome() != (receiver == address(0))) revert ReceiverMismatch();
    if (receiver != address(0) && IRebaseReceiver(receiver).getToken() != token) {
      revert ReceiverOfAnotherToken(receiver);
    }
    i_token = IRebaseToken(token);
    i_receiver = IRebaseReceiver(receiver);
  }

  /// @inheritdoc IRebaseListener
  /// @dev Reads the token and not what it is told, so anyone may call it.
  function onRebase(uint64, uint256, uint256) external {
    _record();
  }

  /// @inheritdoc IRebaseRateFeed
  function record() external {
    _record();
  }

  /// @inheritdoc IRebaseRateFeed
  function getToken() external view returns (address) {
    return address(i_token);
  }

  /// @inheritdoc IRebaseRateFeed
  function getReceiver() external view returns (address) {
    return address(i_receiver);
  }

  /// @inheritdoc AggregatorV3Interface
  function latestRoundData()
    external
    view
    returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
  {
    Round memory round;
    (roundId, round) = _latest();
    return (roundId, _answer(round.sharesPerToken), round.startedAt, round.updatedAt, roundId);
  }

  /// @inheritdoc AggregatorV3Interface
  function getRoundData(
    uint80 roundId
  )
    external
    view
    returns (uint80 roundId_, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
  {
    (uint80 latest, Round memory round) = _latest();
    if (roundId != latest) round = s_rounds[roundId];
    if (round.sharesPerToken == 0) revert NoDataPresent(roundId);
    return (roundId, _answer(round.sharesPerToken), round.startedAt, round.updatedAt, roundId);
  }

  /// @inheritdoc AggregatorV3Interface
  function decimals() external pure returns (uint8) {
    return 18;
  }

  /// @inheritdoc AggregatorV3Interface
  function description() external pure returns (string memory) {
    return "Growth index";
  }

  /// @inheritdoc AggregatorV3Interface
  function version() external pure returns (uint256) {
    return 1;
  }

  function _record() private {
    (uint80 roundId, Round memory round) = _latest();
    // A rebase that home replaced before its time, and that counted here meanwhile, leaves another index under its epoch.
    if (s_rounds[roundId].sharesPerToken == round.sharesPerToken) return;
    s_rounds[roundId] = round;
    emit RoundRecorded(_answer(round.sharesPerToken), roundId, round.startedAt);
  }

  function _latest() private view returns (uint80 roundId, Round memory round) {
    (uint64 countingEpoch, uint256 k) = i_token.countingState();
    if (k == 0) revert IRebaseToken.Unsynced();
    roundId = countingEpoch;
    (, , , uint256 effectiveAt) = i_token.indexState();
    Round storage recorded = s_rounds[roundId];
    uint256 recordedAt = recorded.sharesPerToken == k ? recorded.startedAt : 0;
    uint256 updatedAt = address(i_receiver) == address(0) ? block.timestamp : i_receiver.lastConfirmed();
    // While another index is pending, when this one began to count is known only if it was recorded. An index has 96 bits
    // and a time that has passed 64.
    uint256 startedAt = effectiveAt <= block.timestamp ? effectiveAt : recordedAt;
    round = Round(uint96(k), uint64(startedAt), uint64(updatedAt));
  }

  function _answer(uint256 sharesPerToken) private pure returns (int256) {
    // 1e24 * 1e18 / 1e18 at most: far below 2^255.
    return int256((ShareMath.GENESIS_SHARES_PER_TOKEN * ONE) / sharesPerToken);
  }
}
