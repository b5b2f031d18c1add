// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title ShareMath
/// @notice The arithmetic between shares and token units, with the index as a divisor.
/// @dev `sharesPerToken` is how many shares one token unit (1 wei) is made of. Because it is at least 1e18 and divides,
/// moving `v` units moves exactly `v * sharesPerToken` shares, and `floor((s ± v * k) / k) == floor(s / k) ± v` for every
/// `s`: balances change by exactly `v` at every index, whatever dust an account holds.
library ShareMath {
  /// @notice The index at home's genesis.
  uint256 internal constant GENESIS_SHARES_PER_TOKEN = 1e24;

  /// @notice The lowest index: a growth of 1e6 over genesis.
  uint256 internal constant MIN_SHARES_PER_TOKEN = 1e18;

  /// @notice The highest index: a shrinking to about 1 / 79,000 of genesis. It fits the 96 bits it is stored in.
  uint256 internal constant MAX_SHARES_PER_TOKEN = type(uint96).max;

  /// @notice The most shares that can exist: they fit the 208 bits of the token's total and of the pool's word.
  uint256 internal constant MAX_SHARES = type(uint208).max;

  /// @notice `amount` token units would be more shares than can exist.
  /// @param amount Token units (wei) asked for.
  /// @param sharesPerToken The index they were asked at.
  error AmountExceedsShareRange(uint256 amount, uint256 sharesPerToken);

  /// @notice The shares that `amount` token units are made of. Exact, nothing is rounded.
  /// @param amount Token units (wei).
  /// @param sharesPerToken The index, not zero.
  /// @return shares At most MAX_SHARES; reverts with AmountExceedsShareRange beyond.
  function toShares(uint256 amount, uint256 sharesPerToken) internal pure returns (uint256 shares) {
    if (amount > MAX_SHARES / sharesPerToken) revert AmountExceedsShareRange(amount, sharesPerToken);
    // amount <= floor(MAX_SHARES / k), hence amount * k <= MAX_SHARES < 2^256.
    unchecked {
      shares = amount * sharesPerToken;
    }
  }

  /// @notice The whole token units that `shares` are worth, rounded down.
  /// @param shares Shares.
  /// @param sharesPerToken The index, not zero.
  /// @return amount Token units (wei). Rounding down keeps the sum of balances at or below the total supply.
  function toTokensDown(uint256 shares, uint256 sharesPerToken) internal pure returns (uint256 amount) {
    amount = shares / sharesPerToken;
  }

  /// @notice By how much a balance rises when `shares` join the `held` shares of an account.
  /// @param held Shares the account holds before.
  /// @param shares Shares that join.
  /// @param sharesPerToken The index, not zero.
  /// @return amount Token units (wei): `floor(shares / k)`, or one more when the dust of both makes a whole unit.
  function balanceIncrease(
    uint256 held,
    uint256 shares,
    uint256 sharesPerToken
  ) internal pure returns (uint256 amount) {
    amount = (held + shares) / sharesPerToken - held / sharesPerToken;
  }
}
