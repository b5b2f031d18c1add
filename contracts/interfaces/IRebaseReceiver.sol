// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title IRebaseReceiver
/// @notice Listens on a satellite for the home's broadcasts and hands the newest to the token.
/// @dev `ccipReceive` is for CCIP's router alone. It reverts, and the message stays executable by hand, with
/// UnexpectedSource for a wrong pair of selector and sender, and with the codec's errors for a payload it cannot read.
/// An old or equal epoch changes nothing and does not revert.
interface IRebaseReceiver {
  /// @notice The message does not come from the paired home and broadcaster.
  /// @param selector The source chain that the router named.
  /// @param sender The sender that the router named, as it came.
  error UnexpectedSource(uint64 selector, bytes sender);

  /// @notice A half of a pairing is zero.
  error ZeroValue();

  /// @notice The token is the home of its mesh: nobody broadcasts to it.
  error NotSatelliteToken(address token);

  /// @notice The token took the home's index state over.
  /// @param epoch The epoch it is at now.
  /// @param previousEpoch The epoch it was at: more than one below means that messages were lost or overtaken.
  /// @param messageId CCIP's id of the message.
  event BroadcastApplied(uint32 indexed epoch, uint32 previousEpoch, bytes32 indexed messageId);

  /// @notice The message brought nothing new.
  /// @param epoch The epoch in the message.
  /// @param currentEpoch The epoch of the token, equal or newer.
  /// @param messageId CCIP's id of the message.
  event BroadcastIgnored(uint32 indexed epoch, uint32 currentEpoch, bytes32 indexed messageId);

  /// @notice The message tells another index for the epoch that the token is at. An honest home never does.
  /// @param epoch The epoch.
  /// @param messageId CCIP's id of the message.
  event BroadcastConflicted(uint32 indexed epoch, bytes32 indexed messageId);

  /// @notice The pairing changed.
  /// @param selector CCIP selector of the home chain.
  /// @param broadcaster The broadcaster there.
  event SourceSet(uint64 indexed selector, address indexed broadcaster);

  /// @notice Pairs the receiver with the home's broadcaster. Only the owner. ZeroValue when either half is zero.
  /// @param selector CCIP selector of the home chain.
  /// @param broadcaster The broadcaster there.
  function setSource(uint64 selector, address broadcaster) external;

  /// @notice The pairing; zero until it is set, and then no message is taken.
  function getSource() external view returns (uint64 selector, address broadcaster);

  /// @notice The token on this satellite.
  function getToken() external view returns (address);
}
