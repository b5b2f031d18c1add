// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRebaseListener
/// @notice Implemented by a contract that acts when the index that counts on its chain changes.
interface IRebaseListener {
  /// @notice Called by the RebaseNotifier after another index began to count, at most once per counting epoch that the
  /// listener was successfully told.
  /// @dev It must check its caller if it acts on the values. A revert is caught, logged, and the call is repeated later.
  /// Indexes may be skipped: two calls may be many rebases apart, and the index may be what it was.
  /// @param countingEpoch `generation << 32 | epoch`, compared with `!=`: see IRebaseToken.countingState.
  /// @param previousSharesPerToken Shares per token unit that this listener was told last, or at its registration.
  /// @param sharesPerToken Shares per token unit that count now.
  function onRebase(uint64 countingEpoch, uint256 previousSharesPerToken, uint256 sharesPerToken) external;
}
