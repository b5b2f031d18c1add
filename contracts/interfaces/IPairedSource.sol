// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IPairedSource
/// @notice Knows the one sender on another chain whose messages are taken.
interface IPairedSource {
  /// @notice The message does not come from the paired chain and sender.
  /// @param selector The source chain that the router named.
  /// @param sender The sender that the router named, as it came.
  error UnexpectedSource(uint64 selector, bytes sender);

  /// @notice A half of a pairing is zero.
  error ZeroValue();

  /// @notice The pairing changed.
  /// @param selector CCIP selector of its chain.
  /// @param sender The sender there.
  event SourceSet(uint64 indexed selector, address indexed sender);

  /// @notice Pairs the receiver with a sender on another chain. Only the owner. ZeroValue when either half is zero.
  /// @param selector CCIP selector of its chain.
  /// @param sender The sender there.
  function setSource(uint64 selector, address sender) external;

  /// @notice The pairing; zero until it is set, and then no message is taken.
  function getSource() external view returns (uint64 selector, address sender);
}
