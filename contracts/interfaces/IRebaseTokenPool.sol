// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

/// @title IRebaseTokenPool
/// @notice What the rebase token's pool adds to CCIP's TokenPool.
/// @dev `lockOrBurn` (only the lane's OnRamp) burns the amount and sends the shares it was made of. `releaseOrMint` (only
/// the lane's OffRamp) mints those shares and returns the receiver's exact balance change. Rate limits count local token
/// units on both sides. How many shares moved is in the token's TransferShares event of the same transaction. The amount
/// that the ramp names is not used on arrival: it was right at another index.
interface IRebaseTokenPool {
  /// @notice The source knew a newer epoch than this chain does: this chain may be behind. Nothing changes by it.
  /// @param remoteChainSelector Where the shares come from.
  /// @param sourceEpoch The epoch of the source when the shares left it.
  /// @param localEpoch The epoch of this chain.
  event LocalEpochBehind(uint64 indexed remoteChainSelector, uint32 sourceEpoch, uint32 localEpoch);
}
