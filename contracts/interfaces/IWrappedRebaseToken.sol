// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";

/// @title IWrappedRebaseToken
/// @notice A token whose balances a rebase does not change: one wrapped unit is 1e24 shares of the rebase token, on every
/// chain and for ever. Its value in token units grows with the index.
/// @dev ERC-20 with ERC-2612 permit, and an ERC-4626 vault whose asset is the rebase token and whose "shares" are the wrapped
/// units. It is priced by the token's index alone, so a donation changes nothing. The four functions of ERC-4626 move whole
/// token units, and round in favour of the vault: less than one wrapped unit, 1e24 / sharesPerToken token units, stays behind
/// of a deposit or a withdrawal, less than one token unit of a mint or a redemption. `wrapShares` and `unwrapShares` move
/// shares exactly.
///
/// While the token is unsynced or paused every `max` function returns 0. While it is unsynced the conversions and previews
/// revert with the token's Unsynced.
interface IWrappedRebaseToken is IERC4626 {
  /// @notice Wraps shares of the caller, exactly. Anyone may. Spends the caller's allowance of token units, rounded up.
  /// @param wrapped Wrapped units; 1e24 shares each.
  /// @param receiver Who receives them.
  /// @return shares The shares of the rebase token that were taken.
  function wrapShares(uint256 wrapped, address receiver) external returns (uint256 shares);

  /// @notice Unwraps into shares, exactly. The owner, or who has an allowance of wrapped units.
  /// @param wrapped Wrapped units; 1e24 shares each.
  /// @param receiver Who receives the shares; neither zero nor the token.
  /// @param owner Whose wrapped units.
  /// @return shares The shares of the rebase token that were sent.
  function unwrapShares(uint256 wrapped, address receiver, address owner) external returns (uint256 shares);

  /// @notice Token units for 1e18 wrapped units, 18 decimals, rounded down: as Balancer's and Curve's rate providers answer.
  /// Reverts with Unsynced.
  function getRate() external view returns (uint256);
}
