// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {LibraryHarness} from "../../../contracts/test/LibraryHarness.sol";
import {FuzzTest} from "../shared/FuzzTest.sol";

contract ShareMathTest is FuzzTest {
  LibraryHarness private immutable i_library = new LibraryHarness();

  /// @notice I7: units become shares and the same units again.
  function testFuzz_I7_unitsSurviveTheRoundTrip(uint256 amountSeed, uint256 indexSeed) external pure {
    uint256 k = index(indexSeed);
    uint256 amount = within(amountSeed, 0, ShareMath.MAX_SHARES / k);
    uint256 shares = ShareMath.toShares(amount, k);
    VM.assertEq(ShareMath.toTokensDown(shares, k), amount, "units after the round trip");
    VM.assertLe(shares, ShareMath.MAX_SHARES, "shares of the units");
    VM.assertEq(shares / k, amount, "no product wraps");
    VM.assertEq(shares % k, 0, "units are made of whole indexes");
  }

  /// @notice A7: more units than can exist have an error of their own, whatever their number.
  function testFuzz_A7_tooManyUnitsAreRefused(uint256 amountSeed, uint256 indexSeed) external {
    uint256 k = index(indexSeed);
    uint256 amount = within(amountSeed, ShareMath.MAX_SHARES / k + 1, type(uint256).max);
    VM.expectRevert(abi.encodeWithSelector(ShareMath.AmountExceedsShareRange.selector, amount, k));
    i_library.toShares(amount, k);
  }

  /// @notice I3: moving units changes floor(s / k) by exactly these units, whatever dust the account holds.
  function testFuzz_I3_unitsMoveExactly(uint256 heldSeed, uint256 amountSeed, uint256 indexSeed) external pure {
    uint256 k = index(indexSeed);
    uint256 held = shareCount(heldSeed);
    uint256 balance = ShareMath.toTokensDown(held, k);
    uint256 amount = within(amountSeed, 0, balance);
    uint256 shares = ShareMath.toShares(amount, k);
    VM.assertLe(shares, held, "shares of units that the account has");
    VM.assertEq(ShareMath.toTokensDown(held - shares, k), balance - amount, "the balance after the units left");
    VM.assertEq(ShareMath.balanceIncrease(held - shares, shares, k), amount, "the increase when they return");
  }

  /// @notice I6: the increase is the difference of two balances: floor(shares / k), or one more.
  function testFuzz_I6_increaseIsTheDifference(uint256 heldSeed, uint256 sharesSeed, uint256 indexSeed) external pure {
    uint256 k = index(indexSeed);
    uint256 held = shareCount(heldSeed);
    uint256 shares = within(sharesSeed, 0, ShareMath.MAX_SHARES - held);
    uint256 increase = ShareMath.balanceIncrease(held, shares, k);
    uint256 before = ShareMath.toTokensDown(held, k);
    VM.assertEq(before + increase, ShareMath.toTokensDown(held + shares, k), "the balance afterwards");
    uint256 floor = shares / k;
    VM.assertGe(increase, floor, "the increase");
    VM.assertLe(increase, floor + 1, "the increase");
  }

  /// @notice A10: what is rounded away is never paid out: the parts' units are at most those of the whole.
  function testFuzz_A10_partsAreWorthAtMostTheWhole(uint256 a, uint256 b, uint256 indexSeed) external pure {
    uint256 k = index(indexSeed);
    a = shareCount(a);
    b = within(b, 0, ShareMath.MAX_SHARES - a);
    uint256 parts = ShareMath.toTokensDown(a, k) + ShareMath.toTokensDown(b, k);
    uint256 whole = ShareMath.toTokensDown(a + b, k);
    VM.assertLe(parts, whole, "units of the parts");
    VM.assertLe(whole, parts + 1, "units of the whole");
  }

  /// @notice I13: a lower index never lowers what shares are worth.
  function testFuzz_I13_aLowerIndexIsNeverWorthLess(uint256 sharesSeed, uint256 one, uint256 other) external pure {
    uint256 shares = shareCount(sharesSeed);
    (uint256 low, uint256 high) = (index(one), index(other));
    if (low > high) (low, high) = (high, low);
    VM.assertGe(ShareMath.toTokensDown(shares, low), ShareMath.toTokensDown(shares, high), "units at the lower index");
  }
}
