// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRebaseController
/// @notice Decides at home by how much balances grow or shrink, and from when on.
/// @dev Factors are in 1e27: 1e27 leaves balances as they are, 1.05e27 lets them grow by 5 %, 0.98e27 shrink by 2 %. The
/// new index is `ceil(current * 1e27 / factor)`: rounding it up rounds against the supply. Times are in unix seconds.
/// Every call that schedules something names the epoch that it creates, so that it takes effect at most once.
///
/// Example: at an index of 1e24 and epoch 1, rebase(1.05e27, 2) schedules ceil(1e24 * 1e27 / 1.05e27) = 952380952380952380952381.
interface IRebaseController {
  /// @notice What a rebase may do.
  /// @param minGrowthFactor The strongest loss of one rebase, in 1e27; above 0 and at most 1e27.
  /// @param maxGrowthFactor The strongest gain of one rebase, in 1e27; at least 1e27.
  /// @param minInterval Seconds between the moments at which two rebases of the operator count.
  /// @param delay Seconds from scheduling to counting; at most maxDelay. A gain never counts sooner.
  /// @param maxDelay The most seconds from scheduling to counting.
  struct Config {
    uint96 minGrowthFactor;
    uint96 maxGrowthFactor;
    uint32 minInterval;
    uint32 delay;
    uint32 maxDelay;
  }

  /// @notice The epoch that the call was to create exists already, or is not the next one: the call was sent twice,
  /// somebody else was faster, or it was executed too late. Read the token's epoch and decide anew.
  /// @param newEpoch The epoch that the call was to create.
  /// @param expected The token's epoch + 1.
  error UnexpectedEpoch(uint32 newEpoch, uint32 expected);

  /// @notice The factor is outside the bounds of one rebase.
  error GrowthFactorOutOfBounds(uint256 growthFactor, uint256 min, uint256 max);

  /// @notice The delay is above the most that is allowed.
  error DelayTooLong(uint256 delay, uint256 max);

  /// @notice A gain must wait for the configured delay at least; only a loss may count sooner.
  error DelayTooShort(uint256 delay, uint256 min);

  /// @notice The rebase would count too soon after the last one, or after a cancellation.
  /// @param effectiveAt When it would count.
  /// @param earliest When it may count.
  error IntervalNotElapsed(uint256 effectiveAt, uint256 earliest);

  /// @notice The operator waits until the pending rebase counts; the admin may replace or cancel it.
  error RebasePending(uint32 epoch, uint256 effectiveAt);

  /// @notice There is no pending rebase to replace or cancel.
  error NoRebasePending(uint32 epoch);

  /// @notice A configuration contradicts itself.
  error InvalidConfig(Config config);

  /// @notice The token is not the home of its mesh.
  error NotHomeToken(address token);

  /// @notice A rebase was scheduled.
  /// @param epoch Its number.
  /// @param growthFactor In 1e27.
  /// @param sharesPerToken The index from effectiveAt on.
  /// @param effectiveAt Unix seconds.
  event RebaseScheduled(uint32 indexed epoch, uint256 growthFactor, uint256 sharesPerToken, uint256 effectiveAt);

  /// @notice The pending rebase will never count. What takes its place is a new epoch.
  /// @param epoch The number of the one that fell.
  event RebaseReplaced(uint32 indexed epoch);

  /// @notice The configuration changed.
  event ConfigSet(Config config);

  /// @notice Emitted when the notifier changes.
  /// @param notifier The notifier; zero for none.
  event NotifierSet(address indexed notifier);

  /// @notice Emitted when the notifier could not be called after a rebase, for gas or because it reverted. Anyone may call it.
  event NotificationFailed();

  /// @notice Schedules a rebase after the configured delay. Only REBASE_OPERATOR_ROLE.
  /// @dev Reverts with UnexpectedEpoch, GrowthFactorOutOfBounds, IntervalNotElapsed, RebasePending. A factor so close to
  /// 1e27 that the rounded index stays the same is an epoch like any other.
  /// @param growthFactor In 1e27.
  /// @param newEpoch The epoch that this call creates: the token's epoch + 1, or UnexpectedEpoch.
  function rebase(uint256 growthFactor, uint32 newEpoch) external;

  /// @notice Schedules a rebase after a delay of the operator's choice: a loss may have to count at once.
  /// Only REBASE_OPERATOR_ROLE.
  /// @dev Reverts like `rebase`, and with DelayTooLong and DelayTooShort.
  /// @param growthFactor In 1e27.
  /// @param delay Seconds from now: 0 to maxDelay for a factor of at most 1e27, the configured delay to maxDelay for a gain.
  /// @param newEpoch The epoch that this call creates, as for `rebase`.
  function rebaseAfter(uint256 growthFactor, uint256 delay, uint32 newEpoch) external;

  /// @notice Puts another rebase in the place of the pending one. Only the default admin, bound by all but the interval.
  /// @dev Reverts with UnexpectedEpoch, NoRebasePending, GrowthFactorOutOfBounds, DelayTooLong, DelayTooShort.
  /// @param growthFactor In 1e27, applied to the index that counts now: the pending one never does.
  /// @param delay Seconds from now, as for `rebaseAfter`.
  /// @param newEpoch The epoch that this call creates: the pending one's + 1. A call that is executed late, when the
  /// rebase that it was meant for counts and another one is pending, reverts with UnexpectedEpoch.
  function replacePending(uint256 growthFactor, uint256 delay, uint32 newEpoch) external;

  /// @notice Cancels the pending rebase by a new epoch that changes nothing. Only the default admin.
  /// @dev Reverts with UnexpectedEpoch and NoRebasePending. The interval starts anew: otherwise an operator whose rebase
  /// was cancelled could schedule it again, or a loss that counts at once, in the next block. Whoever mistrusts the
  /// operator revokes its role first: in the same batch if that is certain to be executed before the pending rebase
  /// counts, else in one of its own, for a cancellation that comes too late reverts the whole batch.
  /// @param newEpoch The epoch that this call creates, as for `replacePending`.
  function cancelPending(uint32 newEpoch) external;

  /// @notice Sets what a rebase may do. Only the default admin. Reverts with InvalidConfig.
  function setConfig(Config calldata config) external;

  /// @notice What a rebase may do.
  function getConfig() external view returns (Config memory);

  /// @notice The index that a rebase by `growthFactor` would lead to from now: `ceil(sharesPerToken * 1e27 / factor)`.
  /// @param growthFactor In 1e27, not zero.
  function previewSharesPerToken(uint256 growthFactor) external view returns (uint256);

  /// @notice The earliest moment at which the operator's next rebase may count: the interval after the last one, or after
  /// the last cancellation if that was later. 0 before the first.
  function earliestEffectiveAt() external view returns (uint256);

  /// @notice When the newest rebase counts that was not cancelled, unix seconds. 0 before the first.
  function lastEffectiveAt() external view returns (uint256);

  /// @notice The token at home.
  function getToken() external view returns (address);

  /// @notice Names the notifier that is called after each rebase. Only the default admin. NotifierOfAnotherToken for a wrong
  /// one.
  /// @param notifier The notifier; zero for none.
  function setNotifier(address notifier) external;

  /// @notice The notifier; zero when there is none.
  function getNotifier() external view returns (address);
}
