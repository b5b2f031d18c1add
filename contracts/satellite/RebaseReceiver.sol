// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRebaseNotifier} from "../interfaces/IRebaseNotifier.sol";
import {IRebaseReceiver} from "../interfaces/IRebaseReceiver.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {BroadcastCodec} from "../libraries/BroadcastCodec.sol";
import {IndexBand} from "../libraries/IndexBand.sol";
import {NotifierCall} from "../libraries/NotifierCall.sol";
import {ShareMath} from "../libraries/ShareMath.sol";
import {PairedSource} from "../messaging/PairedSource.sol";
import {RoutedReceiver} from "../messaging/RoutedReceiver.sol";

/// @title RebaseReceiver
/// @notice Follows the one broadcaster it is paired with, keeps what is newest, and holds back what no honest home says.
contract RebaseReceiver is IRebaseReceiver, PairedSource, RoutedReceiver, ITypeAndVersion {
  using IndexBand for IndexBand.Band;

  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "RebaseReceiver 1.1.0";

  /// @notice The most epochs that a message may be ahead of a synced token: more than two years of daily rebases.
  uint32 public constant MAX_EPOCHS_AHEAD = 1_000;
  /// @notice The most seconds that a rebase may be pending.
  uint256 public constant MAX_EFFECTIVE_DELAY = 90 days;

  bytes32 private constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
  bytes32 private constant UNPAUSER_ROLE = keccak256("UNPAUSER_ROLE");

  IRebaseToken private immutable i_token;

  // The band, in the word of the router, which every message reads anyway.
  uint24 private s_maxGrowth;
  uint24 private s_maxLoss;
  uint32 private s_minInterval;
  uint8 private s_maxSteps;
  uint8 private s_maxStepsByHand;
  State private s_state;
  Quarantined private s_quarantined;
  IRebaseNotifier private s_notifier;

  // Everything that a message may change besides the quarantine, in one word.
  struct State {
    uint96 anchorSharesPerToken;
    uint32 anchorEpoch;
    uint40 anchorTime;
    // When home sent the newest state that was accepted, unix seconds.
    uint40 lastConfirmed;
    // The token's generation that the anchor and the quarantine belong to.
    uint8 generation;
    bool isQuarantined;
    bool hasNotifier;
  }

  // What the token says.
  struct Local {
    uint32 epoch;
    uint256 current;
    uint256 next;
    uint256 effectiveAt;
    uint8 generation;
    uint256 resyncedAt;
  }

  /// @param router CCIP's router on this chain, or NotARouter.
  /// @param token The token on this satellite, or NotSatelliteToken.
  /// @param owner_ Who may pair it and name its router.
  constructor(address router, address token, address owner_) RoutedReceiver(router, owner_) {
    if (IRebaseToken(token).isHome()) revert NotSatelliteToken(token);
    i_token = IRebaseToken(token);
    // The word of the state is never zero, so that the first sync, which CCIP gives a fixed gas, does not pay for a fresh one.
    s_state.anchorTime = uint40(block.timestamp);
  }

  /// @inheritdoc IRebaseReceiver
  function accept(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) external {
    Local memory local = _local();
    State memory state = _stateOf(local);
    Quarantined memory held = _requireQuarantined(state, epoch, current, next, effectiveAt);
    if (msg.sender != owner()) {
      _requireTokenRole(UNPAUSER_ROLE);
      if (held.isRejected) revert BroadcastWasRejected(epoch);
      IndexBand.Band memory band = _band();
      if (band.isSet()) _catchUp(band, state, local);
      if (!_isWithin(band, state, local, current, next, band.maxStepsByHand)) revert BeyondBandByHand(current, next);
    }

    _confirm(state, held.sentAt);
    _setAnchor(state, held.next, epoch, block.timestamp);
    state.isQuarantined = false;
    s_state = state;
    emit BroadcastAccepted(epoch, msg.sender);
    i_token.sync(epoch, current, next, effectiveAt);
    _notify(state);
  }

  /// @inheritdoc IRebaseReceiver
  function reject(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) external {
    _requireQuarantined(_stateOf(_local()), epoch, current, next, effectiveAt);
    if (msg.sender != owner()) _requireTokenRole(GUARDIAN_ROLE);
    s_quarantined.isRejected = true;
    emit BroadcastRejected(epoch, msg.sender);
  }

  /// @inheritdoc IRebaseReceiver
  function setBand(IndexBand.Band calldata band) external onlyOwner {
    if (!band.isValid()) revert InvalidBand(band);
    bool wasSet = s_maxSteps != 0;
    s_maxGrowth = band.maxGrowth;
    s_maxLoss = band.maxLoss;
    s_minInterval = band.minInterval;
    s_maxSteps = band.maxSteps;
    s_maxStepsByHand = band.maxStepsByHand;
    if (!wasSet) {
      // Without a band no anchor was kept.
      Local memory local = _local();
      State memory state = _stateOf(local);
      _setAnchor(state, _counting(local), local.epoch, block.timestamp);
      state.isQuarantined = false;
      s_state = state;
    }
    emit BandSet(band);
  }

  /// @inheritdoc IRebaseReceiver
  function setNotifier(address notifier) external onlyOwner {
    NotifierCall.requireFor(address(i_token), notifier);
    s_notifier = IRebaseNotifier(notifier);
    s_state.hasNotifier = notifier != address(0);
    emit NotifierSet(notifier);
  }

  /// @inheritdoc IRebaseReceiver
  function getToken() external view returns (address) {
    return address(i_token);
  }

  /// @inheritdoc IRebaseReceiver
  function getBand() external view returns (IndexBand.Band memory band, IndexBand.Anchor memory anchor) {
    band = _band();
    Local memory local = _local();
    State memory state = _stateOf(local);
    if (band.isSet()) _catchUp(band, state, local);
    return (band, _anchorOf(state));
  }

  /// @inheritdoc IRebaseReceiver
  function getNotifier() external view returns (address) {
    return address(s_notifier);
  }

  /// @inheritdoc IRebaseReceiver
  function getQuarantined() external view returns (Quarantined memory held) {
    if (_stateOf(_local()).isQuarantined) return s_quarantined;
  }

  /// @inheritdoc IRebaseReceiver
  function lastConfirmed() external view returns (uint256) {
    return _stateOf(_local()).lastConfirmed;
  }

  /// @inheritdoc IRebaseReceiver
  function isStale(uint256 maxAge) external view returns (bool) {
    State memory state = _stateOf(_local());
    // A confirmation is never from the future.
    return state.isQuarantined || block.timestamp - state.lastConfirmed > maxAge;
  }

  function _receive(Client.Any2EVMMessage calldata message) internal override {
    _requireSource(message.sourceChainSelector, message.sender);
    BroadcastCodec.Broadcast memory broadcast = BroadcastCodec.decode(message.data);
    bytes32 messageId = message.messageId;
    IndexBand.Band memory band = IndexBand.Band(s_maxGrowth, s_maxLoss, s_minInterval, s_maxSteps, s_maxStepsByHand);
    Local memory local = _local();
    State memory state = _stateOf(local);
    uint32 epoch = broadcast.epoch;

    if (local.generation != 0 && broadcast.sentAt <= local.resyncedAt) {
      emit BroadcastOutdated(epoch, broadcast.sentAt, messageId);
    } else if (epoch <= local.epoch) {
      _ignore(broadcast, messageId, local, state);
    } else if (!_isPlausible(broadcast, local.epoch)) {
      emit BroadcastDropped(epoch, broadcast.effectiveAt, messageId);
    } else if (local.epoch != 0 && band.isSet() && !_isAllowed(band, state, local, broadcast)) {
      _quarantine(broadcast, messageId, state);
    } else {
      _apply(broadcast, messageId, band, local, state);
    }
  }

  function _apply(
    BroadcastCodec.Broadcast memory broadcast,
    bytes32 messageId,
    IndexBand.Band memory band,
    Local memory local,
    State memory state
  ) private {
    uint32 epoch = broadcast.epoch;
    if (band.isSet()) {
      bool isPending = block.timestamp < broadcast.effectiveAt;
      if (local.epoch == 0) _setAnchor(state, isPending ? broadcast.current : broadcast.next, epoch, block.timestamp);
      else if (!isPending) _follow(band, state, broadcast.next, epoch, _clock(state));
    }
    if (state.isQuarantined && epoch >= s_quarantined.epoch) state.isQuarantined = false;
    _confirm(state, broadcast.sentAt);
    s_state = state;
    emit BroadcastApplied(epoch, local.epoch, messageId);
    i_token.sync(epoch, broadcast.current, broadcast.next, broadcast.effectiveAt);
    _notify(state);
  }

  function _ignore(
    BroadcastCodec.Broadcast memory broadcast,
    bytes32 messageId,
    Local memory local,
    State memory state
  ) private {
    if (broadcast.epoch < local.epoch) {
      emit BroadcastIgnored(broadcast.epoch, local.epoch, messageId);
    } else if (
      broadcast.current != local.current || broadcast.next != local.next || broadcast.effectiveAt != local.effectiveAt
    ) {
      emit BroadcastConflicted(broadcast.epoch, messageId);
    } else {
      _confirm(state, broadcast.sentAt);
      s_state = state;
      emit BroadcastIgnored(broadcast.epoch, local.epoch, messageId);
    }
  }

  function _quarantine(BroadcastCodec.Broadcast memory broadcast, bytes32 messageId, State memory state) private {
    Quarantined memory held;
    if (state.isQuarantined) held = s_quarantined;
    if (broadcast.epoch < held.epoch) {
      emit BroadcastIgnored(broadcast.epoch, held.epoch, messageId);
    } else if (broadcast.epoch > held.epoch) {
      s_quarantined = Quarantined({
        epoch: broadcast.epoch,
        effectiveAt: broadcast.effectiveAt,
        sentAt: broadcast.sentAt,
        // The clock of the band stands still from the first one on: nothing becomes allowed by waiting.
        // 40 bits of seconds last for 34,000 years.
        since: held.epoch == 0 || held.isRejected ? uint40(block.timestamp) : held.since,
        isRejected: false,
        current: broadcast.current,
        next: broadcast.next
      });
      state.isQuarantined = true;
      s_state = state;
      emit BroadcastQuarantined(broadcast.epoch, broadcast.current, broadcast.next, broadcast.effectiveAt, messageId);
    } else if (!_isSame(held, broadcast.current, broadcast.next, broadcast.effectiveAt)) {
      emit BroadcastConflicted(broadcast.epoch, messageId);
    } else {
      emit BroadcastIgnored(broadcast.epoch, held.epoch, messageId);
    }
  }

  function _notify(State memory state) private {
    if (state.hasNotifier && !NotifierCall.attempt(s_notifier)) emit NotificationFailed();
  }

  function _local() private view returns (Local memory local) {
    (local.epoch, local.current, local.next, local.effectiveAt, local.generation, local.resyncedAt) = i_token
      .syncState();
  }

  /// @dev The state; begun anew from what the admin has set, if the token is of another generation.
  function _stateOf(Local memory local) private view returns (State memory state) {
    state = s_state;
    if (state.generation != local.generation) _begin(state, local);
  }

  /// @dev Begins anew from what the admin has set in another generation.
  function _begin(State memory state, Local memory local) private view {
    state.generation = local.generation;
    state.isQuarantined = false;
    // What the admin has set is not what home has confirmed.
    state.lastConfirmed = 0;
    _setAnchor(state, _counting(local), local.epoch, local.resyncedAt);
  }

  /// @dev Whether a message can be from an honest home at all. One that cannot is dropped: a revert would keep it executable.
  function _isPlausible(BroadcastCodec.Broadcast memory broadcast, uint32 localEpoch) private view returns (bool) {
    // The epoch is newer than the local one.
    if (localEpoch != 0 && broadcast.epoch - localEpoch > MAX_EPOCHS_AHEAD) return false;
    if (broadcast.effectiveAt > block.timestamp + MAX_EFFECTIVE_DELAY) return false;
    return broadcast.current >= ShareMath.MIN_SHARES_PER_TOKEN && broadcast.next >= ShareMath.MIN_SHARES_PER_TOKEN;
  }

  function _isAllowed(
    IndexBand.Band memory band,
    State memory state,
    Local memory local,
    BroadcastCodec.Broadcast memory broadcast
  ) private view returns (bool) {
    // What is held back is for a person to decide, whatever the band would say by now.
    if (state.isQuarantined && broadcast.epoch == s_quarantined.epoch) return false;
    _catchUp(band, state, local);
    uint256 steps = band.allowedSteps(_clock(state) - state.anchorTime, broadcast.epoch - state.anchorEpoch);
    return _isWithin(band, state, local, broadcast.current, broadcast.next, steps);
  }

  /// @dev A return to an index that the token has is an honest cancellation, whenever it arrives.
  function _isWithin(
    IndexBand.Band memory band,
    State memory state,
    Local memory local,
    uint256 current,
    uint256 next,
    uint256 steps
  ) private pure returns (bool) {
    uint256 anchor = state.anchorSharesPerToken;
    return
      (current == local.next || current == local.current || band.nearest(anchor, current, steps) == current) &&
      (next == local.next || next == local.current || band.nearest(anchor, next, steps) == next);
  }

  /// @dev It stands still while a message waits for a decision, so that time applies nothing; a rejected one waits for none.
  function _clock(State memory state) private view returns (uint256) {
    if (!state.isQuarantined || s_quarantined.isRejected) return block.timestamp;
    return s_quarantined.since;
  }

  function _confirm(State memory state, uint256 sentAt) private view {
    // The smaller of two times fits what the block's time fits: 40 bits of seconds last for 34,000 years.
    state.lastConfirmed = uint40(Math.max(state.lastConfirmed, Math.min(sentAt, block.timestamp)));
  }

  function _setAnchor(State memory state, uint256 sharesPerToken, uint32 epoch, uint256 time) private pure {
    // An index has 96 bits, and a block's time fits 40 for 34,000 years.
    state.anchorSharesPerToken = uint96(sharesPerToken);
    state.anchorEpoch = epoch;
    state.anchorTime = uint40(time);
  }

  /// @dev Brings the anchor up to what counts by now. An index does not move it before it counts, for home may replace it; one
  /// that was pending when it was applied moves it as of its time.
  function _catchUp(IndexBand.Band memory band, State memory state, Local memory local) private view {
    uint256 counting = _counting(local);
    if (counting == state.anchorSharesPerToken) state.anchorEpoch = local.epoch;
    else if (counting == local.next)
      _follow(band, state, counting, local.epoch, Math.min(_clock(state), local.effectiveAt));
  }

  /// @dev Moves the anchor nearer to an index, by one step for each interval between its time and `clock`.
  function _follow(
    IndexBand.Band memory band,
    State memory state,
    uint256 index,
    uint32 epoch,
    uint256 clock
  ) private pure {
    if (clock <= state.anchorTime) return;
    uint256 intervals = (clock - state.anchorTime) / band.minInterval;
    if (intervals == 0) return;
    uint256 steps = intervals < band.maxSteps ? intervals : band.maxSteps;
    uint256 followed = band.nearest(state.anchorSharesPerToken, index, steps);
    // Between two indexes of 96 bits.
    state.anchorSharesPerToken = uint96(followed);
    unchecked {
      // Not after the clock, which has 40 bits for 34,000 years.
      state.anchorTime += uint40(intervals * band.minInterval);
      // An index that is still further away leaves the epochs between to count as missed; the epoch is at least 1.
      state.anchorEpoch = followed == index ? epoch : uint32(Math.min(state.anchorEpoch + steps, epoch - 1));
    }
  }

  function _counting(Local memory local) private view returns (uint256) {
    return block.timestamp < local.effectiveAt ? local.current : local.next;
  }

  function _anchorOf(State memory state) private pure returns (IndexBand.Anchor memory) {
    return IndexBand.Anchor(state.anchorSharesPerToken, state.anchorEpoch, state.anchorTime);
  }

  function _band() private view returns (IndexBand.Band memory) {
    return IndexBand.Band(s_maxGrowth, s_maxLoss, s_minInterval, s_maxSteps, s_maxStepsByHand);
  }

  function _isSame(
    Quarantined memory held,
    uint256 current,
    uint256 next,
    uint256 effectiveAt
  ) private pure returns (bool) {
    return held.current == current && held.next == next && held.effectiveAt == effectiveAt;
  }

  function _requireQuarantined(
    State memory state,
    uint32 epoch,
    uint256 current,
    uint256 next,
    uint256 effectiveAt
  ) private view returns (Quarantined memory held) {
    held = s_quarantined;
    if (!state.isQuarantined || held.epoch != epoch || !_isSame(held, current, next, effectiveAt)) {
      revert NotQuarantined(epoch, current, next, effectiveAt);
    }
  }

  function _requireTokenRole(bytes32 role) private view {
    if (!IAccessControl(address(i_token)).hasRole(role, msg.sender)) revert MissingTokenRole(msg.sender, role);
  }
}
