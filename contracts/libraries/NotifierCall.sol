// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IRebaseNotifier} from "../interfaces/IRebaseNotifier.sol";

/// @title NotifierCall
/// @notice Calls a notifier at the end of the transaction that has set an index, which must stand whatever listeners do.
library NotifierCall {
  // Gas to end the transaction after the call.
  uint256 private constant GAS_AFTER = 10_000;

  /// @notice The notifier is for another token.
  /// @param notifier The notifier.
  error NotifierOfAnotherToken(address notifier);

  /// @notice Calls `notify` with all gas but what it takes to end the transaction.
  /// @return isDone False if too little gas is left, or the notifier reverted.
  function attempt(IRebaseNotifier notifier) internal returns (bool isDone) {
    if (gasleft() <= 2 * GAS_AFTER) return false;
    try notifier.notify{gas: gasleft() - GAS_AFTER}() {
      return true;
    } catch {
      return false;
    }
  }

  /// @notice Reverts with NotifierOfAnotherToken unless the notifier is for the token, or zero.
  function requireFor(address token, address notifier) internal view {
    if (notifier != address(0) && IRebaseNotifier(notifier).getToken() != token)
      revert NotifierOfAnotherToken(notifier);
  }
}
