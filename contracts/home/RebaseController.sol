// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRebaseController} from "../interfaces/IRebaseController.sol";
import {IRebaseNotifier} from "../interfaces/IRebaseNotifier.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {NotifierCall} from "../libraries/NotifierCall.sol";

/// @title RebaseController
/// @notice Decides the index at home, within bounds that bind whoever holds the operator's key.
contract RebaseController is IRebaseController, AccessControlDefaultAdminRules {
  /// @notice May schedule one rebase within the bounds per interval.
  bytes32 public constant REBASE_OPERATOR_ROLE = keccak256("REBASE_OPERATOR_ROLE");

  /// @notice The factor that leaves balances as they are.
  uint256 public constant UNCHANGED = 1e27;

  IRebaseToken private immutable i_token;

  Config private s_config;

  // When the newest rebase counts, and the one before it, to which a cancelled one gives way.
  uint64 private s_lastEffectiveAt;
  uint64 private s_previousEffectiveAt;
  // When the newest cancellation was mined: the interval runs from there too.
  uint64 private s_cancelledAt;

  IRebaseNotifier private s_notifier;

  /// @param token The token at home, or NotHomeToken.
  /// @param config What a rebase may do.
  /// @param admin The first default admin.
  /// @param adminDelay Seconds that a hand-over of the default admin takes.
  constructor(
    address token,
    Config memory config,
    address admin,
    uint48 adminDelay
  ) AccessControlDefaultAdminRules(adminDelay, admin) {
    if (!IRebaseToken(token).isHome()) revert NotHomeToken(token);
    i_token = IRebaseToken(token);
    _setConfig(config);
  }

  /// @inheritdoc IRebaseController
  function rebase(uint256 growthFactor, uint32 newEpoch) external onlyRole(REBASE_OPERATOR_ROLE) {
    _rebaseByOperator(growthFactor, s_config.delay, newEpoch);
  }

  /// @inheritdoc IRebaseController
  function rebaseAfter(uint256 growthFactor, uint256 delay, uint32 newEpoch) external onlyRole(REBASE_OPERATOR_ROLE) {
    _rebaseByOperator(growthFactor, delay, newEpoch);
  }

  /// @inheritdoc IRebaseController
  function replacePending(uint256 growthFactor, uint256 delay, uint32 newEpoch) external onlyRole(DEFAULT_ADMIN_ROLE) {
    uint32 replaced = _requirePending(newEpoch);
    uint256 effectiveAt = _effectiveAt(growthFactor, delay);

    s_lastEffectiveAt = uint64(effectiveAt);

    emit RebaseReplaced(replaced);
    _schedule(growthFactor, effectiveAt, newEpoch);
  }

  /// @inheritdoc IRebaseController
  function cancelPending(uint32 newEpoch) external onlyRole(DEFAULT_ADMIN_ROLE) {
    uint32 replaced = _requirePending(newEpoch);

    s_lastEffectiveAt = s_previousEffectiveAt;
    s_cancelledAt = uint64(block.timestamp);

    emit RebaseReplaced(replaced);
    _schedule(UNCHANGED, block.timestamp, newEpoch);
  }

  /// @inheritdoc IRebaseController
  function setConfig(Config calldata config) external onlyRole(DEFAULT_ADMIN_ROLE) {
    _setConfig(config);
  }

  /// @inheritdoc IRebaseController
  function setNotifier(address notifier) external onlyRole(DEFAULT_ADMIN_ROLE) {
    NotifierCall.requireFor(address(i_token), notifier);
    s_notifier = IRebaseNotifier(notifier);
    emit NotifierSet(notifier);
  }

  /// @inheritdoc IRebaseController
  function getNotifier() external view returns (address) {
    return address(s_notifier);
  }

  /// @inheritdoc IRebaseController
  function getConfig() external view returns (Config memory) {
    return s_config;
  }

  /// @inheritdoc IRebaseController
  function previewSharesPerToken(uint256 growthFactor) public view returns (uint256) {
    // sharesPerToken < 2^96 and UNCHANGED < 2^90: the product fits 2^186.
    return Math.ceilDiv(i_token.sharesPerToken() * UNCHANGED, growthFactor);
  }

  /// @inheritdoc IRebaseController
  function earliestEffectiveAt() public view returns (uint256) {
    uint256 last = Math.max(s_lastEffectiveAt, s_cancelledAt);
    return last == 0 ? 0 : last + s_config.minInterval;
  }

  /// @inheritdoc IRebaseController
  function lastEffectiveAt() external view returns (uint256) {
    return s_lastEffectiveAt;
  }

  /// @inheritdoc IRebaseController
  function getToken() external view returns (address) {
    return address(i_token);
  }

  function _rebaseByOperator(uint256 growthFactor, uint256 delay, uint32 newEpoch) private {
    uint32 epoch = _requireNext(newEpoch);
    (bool pending, , uint256 pendingEffectiveAt) = i_token.pendingRebase();
    if (pending) revert RebasePending(epoch, pendingEffectiveAt);
    uint256 effectiveAt = _effectiveAt(growthFactor, delay);
    uint256 earliest = earliestEffectiveAt();
    if (effectiveAt < earliest) revert IntervalNotElapsed(effectiveAt, earliest);

    s_previousEffectiveAt = s_lastEffectiveAt;
    // A block's time plus at most 2^32 seconds stays far below 2^64.
    s_lastEffectiveAt = uint64(effectiveAt);

    _schedule(growthFactor, effectiveAt, newEpoch);
  }

  function _schedule(uint256 growthFactor, uint256 effectiveAt, uint32 newEpoch) private {
    (uint256 min, uint256 max) = (s_config.minGrowthFactor, s_config.maxGrowthFactor);
    if (growthFactor < min || growthFactor > max) revert GrowthFactorOutOfBounds(growthFactor, min, max);
    uint256 next = previewSharesPerToken(growthFactor);

    emit RebaseScheduled(newEpoch, growthFactor, next, effectiveAt);

    i_token.rebase(newEpoch, next, effectiveAt);
    _notify();
  }

  /// @dev A rebase that is pending makes the epoch before it count, of which listeners are told too.
  function _notify() private {
    IRebaseNotifier notifier = s_notifier;
    if (address(notifier) == address(0)) return;
    if (!NotifierCall.attempt(notifier)) emit NotificationFailed();
  }

  /// @dev A gain waits, so that the admin can cancel it before it counts; a loss may have to count at once.
  function _effectiveAt(uint256 growthFactor, uint256 delay) private view returns (uint256) {
    if (delay > s_config.maxDelay) revert DelayTooLong(delay, s_config.maxDelay);
    if (growthFactor > UNCHANGED && delay < s_config.delay) revert DelayTooShort(delay, s_config.delay);
    return block.timestamp + delay;
  }

  /// @dev The first check of each call: whoever is late learns that its epoch exists, whatever else stands in the way.
  function _requireNext(uint32 newEpoch) private view returns (uint32 epoch) {
    epoch = i_token.epoch();
    if (newEpoch != epoch + 1) revert UnexpectedEpoch(newEpoch, epoch + 1);
  }

  function _requirePending(uint32 newEpoch) private view returns (uint32 epoch) {
    epoch = _requireNext(newEpoch);
    (bool pending, , ) = i_token.pendingRebase();
    if (!pending) revert NoRebasePending(epoch);
  }

  function _setConfig(Config memory config) private {
    if (
      config.minGrowthFactor == 0 ||
      config.minGrowthFactor > UNCHANGED ||
      config.maxGrowthFactor < UNCHANGED ||
      config.delay > config.maxDelay
    ) revert InvalidConfig(config);

    s_config = config;
    emit ConfigSet(config);
  }
}
