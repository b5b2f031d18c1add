// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRebaseNotifier
/// @notice Tells registered listeners of the index that counts, each in a call of its own.
/// @dev Any account may call `notify`: it can only repeat what the token says. A listener that fails, or for which too little
/// gas is left, holds up no other, and is called again later.
interface IRebaseNotifier {
  /// @notice A registered listener. One word of storage.
  /// @param toldEpoch The counting epoch that it was told last, or that counted at its registration.
  /// @param toldSharesPerToken The index that counted then, shares per token unit; 0 if the token was unsynced.
  /// @param gasLimit The gas of its call; 0 for an account that is no listener.
  /// @param retryAt Unix seconds before which an upkeep does not call it again; 0 unless its last call failed.
  /// @param failures Number of its calls that failed since the last success, 255 at most.
  struct Listener {
    uint64 toldEpoch;
    uint96 toldSharesPerToken;
    uint32 gasLimit;
    uint48 retryAt;
    uint8 failures;
  }

  /// @notice The listener has no code.
  /// @param listener The account.
  error NotAContract(address listener);

  /// @notice The account is not registered.
  /// @param listener The account.
  error UnknownListener(address listener);

  /// @notice A listener's gas is outside its bounds.
  /// @param gasLimit The gas asked for.
  /// @param min The least.
  /// @param max The most: what MAX_TOTAL_GAS leaves beside the other listeners.
  error ListenerGasOutOfBounds(uint256 gasLimit, uint256 min, uint256 max);

  /// @notice Emitted when a listener is registered, or its gas changes.
  /// @param listener The listener.
  /// @param gasLimit The gas of its call.
  event ListenerSet(address indexed listener, uint32 gasLimit);

  /// @notice Emitted when a listener is removed.
  /// @param listener The listener.
  event ListenerRemoved(address indexed listener);

  /// @notice Emitted when a listener was told of an index.
  /// @param listener The listener.
  /// @param countingEpoch The key of the index: see IRebaseToken.countingState.
  /// @param previousSharesPerToken Shares per token unit that it was told before.
  /// @param sharesPerToken Shares per token unit that it was told now.
  event ListenerNotified(
    address indexed listener,
    uint64 indexed countingEpoch,
    uint256 previousSharesPerToken,
    uint256 sharesPerToken
  );

  /// @notice Emitted when a listener's call reverted, or it has no code any more. It is called again by the next `notify`.
  /// @param listener The listener.
  /// @param countingEpoch The key of the index that it was not told.
  /// @param reason The first bytes of its revert data.
  event ListenerFailed(address indexed listener, uint64 indexed countingEpoch, bytes reason);

  /// @notice Emitted when too little gas was left to call a listener. It is called by the next `notify`.
  /// @param listener The listener.
  /// @param countingEpoch The key of the index that it was not told.
  event ListenerSkipped(address indexed listener, uint64 indexed countingEpoch);

  /// @notice Calls every listener that was not told of the index that counts in this block. Anyone may.
  /// @dev Never reverts for a listener. A caller that gives too little gas changes nothing but the log.
  /// @return told Number of listeners that took the call.
  function notify() external returns (uint256 told);

  /// @notice Registers a listener, or changes its gas. Only the owner. A new one counts as told of the present index, or of
  /// none while the token is unsynced.
  /// @param listener A contract, or NotAContract.
  /// @param gasLimit The gas of its call, within the bounds, or ListenerGasOutOfBounds.
  function setListener(address listener, uint32 gasLimit) external;

  /// @notice Removes a listener. Only the owner.
  /// @param listener A registered one, or UnknownListener.
  function deleteListener(address listener) external;

  /// @notice The listeners, in no order.
  function getListeners() external view returns (address[] memory);

  /// @notice A listener; all zero for an account that is none.
  /// @param listener The account.
  function getListener(address listener) external view returns (Listener memory);

  /// @notice The gas with which a call of `notify` has enough for every listener, whatever they use of theirs.
  function getNotifyGas() external view returns (uint256);

  /// @notice The token whose index is told.
  function getToken() external view returns (address);
}
