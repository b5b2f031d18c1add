// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AutomationCompatibleInterface} from "@chainlink/contracts/src/v0.8/automation/interfaces/AutomationCompatibleInterface.sol";
import {CallWithExactGas} from "@chainlink/contracts/src/v0.8/shared/call/CallWithExactGas.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IRebaseListener} from "../interfaces/IRebaseListener.sol";
import {IRebaseNotifier} from "../interfaces/IRebaseNotifier.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";

/// @title RebaseNotifier
/// @notice Tells listeners of the index that counts, by the token's state alone: whoever calls it changes nothing else.
contract RebaseNotifier is IRebaseNotifier, AutomationCompatibleInterface, Ownable2Step, ITypeAndVersion {
  using EnumerableSet for EnumerableSet.AddressSet;

  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "RebaseNotifier 1.0.0";

  /// @notice The least gas of a listener.
  uint32 public constant MIN_LISTENER_GAS = 10_000;
  /// @notice The most gas of all listeners together. `getNotifyGas` adds what each takes besides its call, and that sum has to fit
  /// beside a receiver's own gas into the 3,000,000 that CCIP sells.
  uint32 public constant MAX_TOTAL_GAS = 2_000_000;
  /// @notice Seconds that an upkeep waits after a first failure; they double with each further one.
  uint256 public constant FIRST_RETRY_DELAY = 1 minutes;
  /// @notice The most seconds that an upkeep waits.
  uint256 public constant MAX_RETRY_DELAY = 1 days;

  // Gas that a listener takes besides its call: its word read and written, the log, and the revert data.
  uint256 private constant GAS_PER_LISTENER = 25_000;
  // Gas of `notify` besides its listeners: 36,300 was measured around a single one, with nothing warm.
  uint256 private constant GAS_AROUND = 40_000;
  // Gas to log that a listener is skipped, and to look at it.
  uint256 private constant GAS_TO_SKIP = 10_000;
  // What CallWithExactGas itself needs to find out that too little gas is left; Chainlink's own figure.
  uint16 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;
  // A selector and four words: enough for a reason, too little for a returndata bomb.
  uint16 private constant MAX_RETURN_BYTES = 4 + 4 * 32;

  IRebaseToken private immutable i_token;

  EnumerableSet.AddressSet private s_listeners;
  mapping(address listener => Listener state) private s_states;
  uint32 private s_totalGas;

  /// @param token The token on this chain.
  /// @param owner_ Who may register listeners.
  constructor(address token, address owner_) Ownable(owner_) {
    // Refuses what is no token of this kind.
    IRebaseToken(token).countingState();
    i_token = IRebaseToken(token);
  }

  /// @inheritdoc IRebaseNotifier
  function notify() external returns (uint256 told) {
    return _notify(false);
  }

  /// @notice Calls the listeners that were not told and are due. Anyone may: what it does is what `notify` does, less the
  /// listeners whose last call failed a short time ago.
  function performUpkeep(bytes calldata) external {
    _notify(true);
  }

  /// @notice Answers whether `performUpkeep` has a listener to call.
  /// @return upkeepNeeded True if a listener was not told of the index that counts, and is not waiting after a failure.
  /// @return performData Nothing.
  function checkUpkeep(bytes calldata) external view returns (bool upkeepNeeded, bytes memory performData) {
    (uint64 countingEpoch, uint256 k) = i_token.countingState();
    uint256 count = s_listeners.length();
    for (uint256 i = 0; i < count && !upkeepNeeded; ++i) {
      upkeepNeeded = _isDue(s_states[s_listeners.at(i)], countingEpoch, k, true);
    }
    return (upkeepNeeded, "");
  }

  /// @inheritdoc IRebaseNotifier
  function setListener(address listener, uint32 gasLimit) external onlyOwner {
    if (listener.code.length == 0) revert NotAContract(listener);
    Listener storage state = s_states[listener];
    // The sum of all limits holds this one's.
    uint32 others = s_totalGas - state.gasLimit;
    uint32 max = MAX_TOTAL_GAS - others;
    if (gasLimit < MIN_LISTENER_GAS || gasLimit > max) revert ListenerGasOutOfBounds(gasLimit, MIN_LISTENER_GAS, max);

    if (s_listeners.add(listener)) {
      (uint64 countingEpoch, uint256 k) = i_token.countingState();
      state.toldEpoch = countingEpoch;
      // An index has 96 bits.
      state.toldSharesPerToken = uint96(k);
    }
    state.gasLimit = gasLimit;
    s_totalGas = others + gasLimit;
    emit ListenerSet(listener, gasLimit);
  }

  /// @inheritdoc IRebaseNotifier
  function deleteListener(address listener) external onlyOwner {
    if (!s_listeners.remove(listener)) revert UnknownListener(listener);
    s_totalGas -= s_states[listener].gasLimit;
    delete s_states[listener];
    emit ListenerRemoved(listener);
  }

  /// @inheritdoc IRebaseNotifier
  function getListeners() external view returns (address[] memory) {
    return s_listeners.values();
  }

  /// @inheritdoc IRebaseNotifier
  function getListener(address listener) external view returns (Listener memory) {
    return s_states[listener];
  }

  /// @inheritdoc IRebaseNotifier
  function getNotifyGas() external view returns (uint256) {
    // The last listener is called with 63/64 of what is left then: a 63rd of the largest limit covers every one.
    uint256 total = s_totalGas;
    return GAS_AROUND + s_listeners.length() * GAS_PER_LISTENER + total + total / 63;
  }

  /// @inheritdoc IRebaseNotifier
  function getToken() external view returns (address) {
    return address(i_token);
  }

  /// @param dueOnly Whether listeners are left out whose last call failed a short time ago.
  function _notify(bool dueOnly) private returns (uint256 told) {
    address[] memory listeners = s_listeners.values();
    for (uint256 i = 0; i < listeners.length; ++i) {
      // Read anew each time: the listener before may have changed the index, and removed listeners.
      (uint64 countingEpoch, uint256 k) = i_token.countingState();
      address listener = listeners[i];
      Listener memory state = s_states[listener];
      if (state.gasLimit == 0 || !_isDue(state, countingEpoch, k, dueOnly)) continue;
      if (gasleft() < _gasToCall(state.gasLimit, listeners.length - i)) {
        emit ListenerSkipped(listener, countingEpoch);
      } else if (_call(listener, state, countingEpoch, k)) {
        ++told;
      }
    }
  }

  /// @dev Marks before the call, so that a listener that calls `notify` is not called again.
  function _call(
    address listener,
    Listener memory state,
    uint64 countingEpoch,
    uint256 k
  ) private returns (bool isTold) {
    // An index has 96 bits.
    s_states[listener] = Listener(countingEpoch, uint96(k), state.gasLimit, 0, 0);

    bytes memory payload = abi.encodeCall(IRebaseListener.onRebase, (countingEpoch, state.toldSharesPerToken, k));
    bytes memory reason;
    // A listener that destroyed itself would make CallWithExactGas revert.
    if (listener.code.length != 0) {
      (isTold, reason, ) = CallWithExactGas._callWithExactGasSafeReturnData(
        payload,
        listener,
        state.gasLimit,
        GAS_FOR_CALL_EXACT_CHECK,
        MAX_RETURN_BYTES
      );
    }
    if (isTold) {
      emit ListenerNotified(listener, countingEpoch, state.toldSharesPerToken, k);
    } else {
      // What the listener did has been undone, calls of this contract included: the mark is the one set above.
      uint256 delay = Math.min(FIRST_RETRY_DELAY << Math.min(state.failures, 32), MAX_RETRY_DELAY);
      // A block's time plus a day stays far below 2^48.
      state.retryAt = uint48(block.timestamp + delay);
      if (state.failures < type(uint8).max) ++state.failures;
      s_states[listener] = state;
      emit ListenerFailed(listener, countingEpoch, reason);
    }
  }

  /// @dev A rebase that home replaced before its time, and that counted here meanwhile, leaves another index under its epoch.
  /// While the token is unsynced, its epoch and its index are zero, as they are known then.
  function _isDue(Listener memory state, uint64 countingEpoch, uint256 k, bool dueOnly) private view returns (bool) {
    bool isTold = state.toldEpoch == countingEpoch && state.toldSharesPerToken == k;
    return !isTold && (!dueOnly || block.timestamp >= state.retryAt);
  }

  /// @dev The call keeps a 64th of the gas back, and so much remains after it that it and the rest can be logged.
  function _gasToCall(uint256 gasLimit, uint256 remaining) private pure returns (uint256) {
    return gasLimit + gasLimit / 63 + GAS_FOR_CALL_EXACT_CHECK + GAS_PER_LISTENER + remaining * GAS_TO_SKIP;
  }
}
