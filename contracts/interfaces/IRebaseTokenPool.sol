// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title IRebaseTokenPool
/// @notice What the rebase token's pool adds to CCIP's TokenPool.
/// @dev `lockOrBurn` (only the lane's OnRamp) burns the amount and sends the shares it was made of. `releaseOrMint` (only
/// the lane's OffRamp) mints those shares and returns the receiver's exact balance change. Rate limits count local token
/// units on both sides. The amount that the ramp names is not used on arrival: it was right at another index.
interface IRebaseTokenPool {
  /// @notice Shares left this chain.
  /// @param remoteChainSelector Where they go.
  /// @param epoch The epoch of this chain when they left.
  /// @param shares How many.
  event SharesSent(uint64 indexed remoteChainSelector, uint32 indexed epoch, uint256 shares);

  /// @notice Shares arrived on this chain.
  /// @param remoteChainSelector Where they come from.
  /// @param epoch The epoch of the source when they left it.
  /// @param shares How many.
  event SharesReceived(uint64 indexed remoteChainSelector, uint32 indexed epoch, uint256 shares);

  /// @notice The source knew a newer epoch than this chain does: this chain may be behind. Nothing changes by it.
  /// @param remoteChainSelector Where the shares come from.
  /// @param sourceEpoch The epoch of the source when the shares left it.
  /// @param localEpoch The epoch of this chain.
  event LocalEpochBehind(uint64 indexed remoteChainSelector, uint32 sourceEpoch, uint32 localEpoch);
}
