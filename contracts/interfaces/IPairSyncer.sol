// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IPairSyncer
/// @notice Keeps a list of Uniswap-V2-style pairs that hold the rebase token, and syncs them after a rebase.
/// @dev It cannot protect a pair whose lock is held: whoever can make an index count inside a flash swap of the pair takes
/// the growth of its reserve. A pair of the wrapped token has no growth to take.
interface IPairSyncer {
  /// @notice The pair has no code.
  /// @param pair The account.
  error NotAContract(address pair);

  /// @notice The pair is registered already.
  /// @param pair The pair.
  error PairKnown(address pair);

  /// @notice The pair is not registered.
  /// @param pair The account.
  error UnknownPair(address pair);

  /// @notice The call has too little gas for the pairs: the listener's gas limit at the notifier is GAS_PER_PAIR for each pair,
  /// and some more.
  /// @param left The gas left.
  /// @param pairs Number of pairs not synced yet.
  error NotEnoughGas(uint256 left, uint256 pairs);

  /// @notice Emitted when a pair is registered.
  /// @param pair The pair.
  event PairAdded(address indexed pair);

  /// @notice Emitted when a pair is removed.
  /// @param pair The pair.
  event PairRemoved(address indexed pair);

  /// @notice Emitted when the reserves of a pair were brought up to its balances.
  /// @param pair The pair.
  /// @param countingEpoch The epoch that counted: see IRebaseToken.countingState.
  event PairSynced(address indexed pair, uint64 indexed countingEpoch);

  /// @notice Emitted when a pair's `sync` failed; the others go on. Anyone may call it later.
  /// @param pair The pair.
  /// @param countingEpoch The epoch that counted.
  event PairSyncFailed(address indexed pair, uint64 indexed countingEpoch);

  /// @notice Registers a pair. Only the owner. NotAContract without code, PairKnown twice.
  /// @param pair The pair.
  function addPair(address pair) external;

  /// @notice Removes a pair. Only the owner. UnknownPair when it is not registered.
  /// @param pair The pair.
  function removePair(address pair) external;

  /// @notice The pairs, in no order.
  function getPairs() external view returns (address[] memory);
}
