// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IPoolV2} from "@chainlink/contracts-ccip-releases/contracts/interfaces/IPoolV2.sol";

/// @title IRebaseTokenPool
/// @notice What the rebase token's pool adds to CCIP's TokenPool 2.0.0, and what it refuses of it.
/// @dev `lockOrBurn` (only the lane's OnRamp) burns the amount and sends the shares it was made of. `releaseOrMint` (only
/// the lane's OffRamp) mints those shares and returns the receiver's exact balance change. Both exist in the form of CCIP
/// 1.6 and in that of CCIP 2.0, so one pool serves both. Rate limits count local token units on both sides. How many
/// shares moved is in the token's TransferShares event of the same transaction. The amount that the ramp names is not
/// used on arrival: it was right at another index.
///
/// Finality: a transfer that waits for less than full finality is allowed where the owner has set an allowed finality
/// (`setAllowedFinalityConfig`) and the lane has a limit of its own for such transfers (`setRateLimitConfig` with
/// `fastFinality`), enabled in that direction. `lockOrBurn`, `getFee` and, unlike in TokenPool, `releaseOrMint` revert
/// with InvalidRequestedFinality otherwise. What was refused on arrival can be executed by anybody once it is allowed.
///
/// Fees: the pool takes none. `applyTokenTransferFeeConfigUpdates` reverts with PoolFeesNotSupported.
///
/// Hooks: the pool calls none. `updateAdvancedPoolHooks` reverts with PoolHooksNotSupported.
interface IRebaseTokenPool {
  /// @notice The pool takes no fee of its own, neither in US cents nor in tokens.
  error PoolFeesNotSupported();

  /// @notice The pool calls no hooks.
  /// @param hooks The contract that was to be called.
  error PoolHooksNotSupported(address hooks);

  /// @notice The pool's own token is not a fee: what lies on the pool is recovered by the token's admin.
  /// @param token The token.
  error TokenNotWithdrawable(address token);

  /// @notice A verifier is the zero address, which means the lane's default verifiers to CCIP. Those are always required.
  error ZeroVerifier();

  /// @notice Emitted when the source of an arrival knew a newer epoch than this chain does: this chain may be behind.
  /// Nothing changes by it.
  /// @param remoteChainSelector The chain that the shares come from.
  /// @param sourceEpoch The epoch of the source when the shares left it.
  /// @param localEpoch The epoch of this chain.
  event LocalEpochBehind(uint64 indexed remoteChainSelector, uint32 sourceEpoch, uint32 localEpoch);

  /// @notice Emitted when the verifiers of a lane are set.
  /// @param remoteChainSelector The chain at the other end.
  /// @param direction 0 for what leaves to that chain, 1 for what arrives from it.
  /// @param verifiers All that are required beside the lane's default verifiers.
  event VerifiersSet(
    uint64 indexed remoteChainSelector,
    IPoolV2.MessageDirection indexed direction,
    address[] verifiers
  );

  /// @notice Sets the verifiers that a transfer needs beside the lane's default verifiers, which are always required. Only
  /// the owner. Of no effect on lanes of CCIP 1.6.
  /// @dev Reverts with NonExistentChain, ZeroVerifier and CCVConfigValidation's DuplicateCCVNotAllowed. They outlive a
  /// removal of the chain. A message carries the results of the verifiers that were required when it left: add a verifier
  /// at the source first, wait until what left without it has arrived, then require it at the destination; remove it in
  /// the opposite order. What cannot be executed for a missing verifier can be once the destination no longer requires it.
  /// @param remoteChainSelector The chain at the other end.
  /// @param direction 0 for what leaves to that chain, 1 for what arrives from it.
  /// @param verifiers All that are required, as CCIP's ramps on this chain name them (their resolvers).
  function setVerifiers(
    uint64 remoteChainSelector,
    IPoolV2.MessageDirection direction,
    address[] calldata verifiers
  ) external;

  /// @notice Returns the verifiers that a transfer needs beside the lane's default verifiers.
  /// @param remoteChainSelector The chain at the other end.
  /// @param direction 0 for what leaves to that chain, 1 for what arrives from it.
  function getVerifiers(
    uint64 remoteChainSelector,
    IPoolV2.MessageDirection direction
  ) external view returns (address[] memory verifiers);
}
