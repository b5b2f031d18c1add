// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {WrappedRebaseToken} from "../../../contracts/defi/WrappedRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice K17: ERC-4626 over shares, and what the wrapper holds for each wrapped unit.
contract WrappedRebaseTokenTest is TokenWorld {
  uint256 private constant UNIT = 1e24;
  // Leaves room for every product within the shares that can exist.
  uint256 private constant MOST = 1e55;

  RebaseToken private s_token;
  WrappedRebaseToken private s_wrapper;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(false);
    s_wrapper = new WrappedRebaseToken(address(s_token), "Wrapped", "WRBT");
    VM.prank(ALICE);
    s_token.approve(address(s_wrapper), type(uint256).max);
    VM.prank(BOB);
    s_token.approve(address(s_wrapper), type(uint256).max);
  }

  function testFuzz_K17_depositDoesWhatItsPreviewSays(uint256 kSeed, uint256 a, uint256 assets) external {
    uint256 k = _arrange(kSeed, a);
    assets = within(assets, 0, s_token.balanceOf(ALICE));
    uint256 preview = s_wrapper.previewDeposit(assets);
    uint256 balance = s_token.balanceOf(ALICE);
    uint256 held = s_token.sharesOf(address(s_wrapper));
    VM.prank(ALICE);
    uint256 wrapped = s_wrapper.deposit(assets, CAROL);
    VM.assertEq(wrapped, preview, "the preview");
    VM.assertEq(wrapped, (assets * k) / UNIT, "rounded down");
    VM.assertEq(s_wrapper.balanceOf(CAROL), wrapped, "wrapped units of the receiver");
    VM.assertEq(s_token.balanceOf(ALICE), balance - assets, "units that left");
    VM.assertEq(s_token.sharesOf(address(s_wrapper)), held + assets * k, "shares that came");
  }

  function testFuzz_K17_mintDoesWhatItsPreviewSays(uint256 kSeed, uint256 a, uint256 wrapped) external {
    uint256 k = _arrange(kSeed, a);
    uint256 balance = s_token.balanceOf(ALICE);
    wrapped = within(wrapped, 0, (balance * k) / UNIT);
    uint256 preview = s_wrapper.previewMint(wrapped);
    VM.prank(ALICE);
    uint256 assets = s_wrapper.mint(wrapped, CAROL);
    VM.assertEq(assets, preview, "the preview");
    VM.assertEq(assets, (wrapped * UNIT + k - 1) / k, "rounded up");
    VM.assertEq(s_wrapper.balanceOf(CAROL), wrapped, "wrapped units of the receiver");
    VM.assertEq(s_token.balanceOf(ALICE), balance - assets, "units that left");
  }

  function testFuzz_K17_withdrawDoesWhatItsPreviewSays(uint256 kSeed, uint256 a, uint256 assets) external {
    uint256 k = _wrapped(kSeed, a);
    assets = within(assets, 0, s_wrapper.maxWithdraw(ALICE));
    uint256 preview = s_wrapper.previewWithdraw(assets);
    uint256 held = s_wrapper.balanceOf(ALICE);
    uint256 before = s_token.balanceOf(CAROL);
    VM.prank(ALICE);
    uint256 wrapped = s_wrapper.withdraw(assets, CAROL, ALICE);
    VM.assertEq(wrapped, preview, "the preview");
    VM.assertEq(wrapped, (assets * k + UNIT - 1) / UNIT, "rounded up");
    VM.assertEq(s_wrapper.balanceOf(ALICE), held - wrapped, "wrapped units that were burned");
    VM.assertEq(s_token.balanceOf(CAROL), before + assets, "units that arrived");
  }

  function testFuzz_K17_redeemDoesWhatItsPreviewSays(uint256 kSeed, uint256 a, uint256 wrapped) external {
    uint256 k = _wrapped(kSeed, a);
    wrapped = within(wrapped, 0, s_wrapper.maxRedeem(ALICE));
    uint256 preview = s_wrapper.previewRedeem(wrapped);
    uint256 before = s_token.balanceOf(CAROL);
    VM.prank(ALICE);
    uint256 assets = s_wrapper.redeem(wrapped, CAROL, ALICE);
    VM.assertEq(assets, preview, "the preview");
    VM.assertEq(assets, (wrapped * UNIT) / k, "rounded down");
    VM.assertEq(s_token.balanceOf(CAROL), before + assets, "units that arrived");
  }

  /// @notice Nobody gains by going in and out, by whatever pair of functions.
  function testFuzz_K17_noRoundTripGains(uint256 kSeed, uint256 a, uint256 amount, uint256 way) external {
    _wrapped(kSeed, a);
    uint256 shares = s_token.sharesOf(BOB);
    VM.startPrank(BOB);
    if (way % 2 == 0) s_wrapper.deposit(within(amount, 0, s_token.balanceOf(BOB)), BOB);
    else s_wrapper.mint(within(amount, 0, s_wrapper.previewDeposit(s_token.balanceOf(BOB))), BOB);
    if (way % 3 == 0) s_wrapper.withdraw(s_wrapper.maxWithdraw(BOB), BOB, BOB);
    else if (way % 3 == 1) s_wrapper.redeem(s_wrapper.maxRedeem(BOB), BOB, BOB);
    else s_wrapper.unwrapShares(s_wrapper.balanceOf(BOB), BOB, BOB);
    VM.stopPrank();
    VM.assertLe(s_token.sharesOf(BOB), shares, "shares after the round trip");
  }

  /// @notice K17, I39: a wrapped unit is 1e24 shares, whatever the index does and whoever comes and goes.
  function testFuzz_K17_alwaysCoversEveryWrappedUnit(uint256[8] memory seeds) external {
    _arrange(seeds[0], seeds[1]);
    for (uint256 i = 2; i < seeds.length; ++i) {
      _act(seeds[i], i % 2 == 0 ? ALICE : BOB);
      if (seeds[i] % 5 == 0) s_token.sync(uint32(i + 1), s_token.sharesPerToken(), index(seeds[i]), 0);
      VM.assertGe(s_token.sharesOf(address(s_wrapper)), s_wrapper.totalSupply() * UNIT, "shares of the wrapper");
      VM.assertEq(s_wrapper.totalAssets(), (s_wrapper.totalSupply() * UNIT) / s_token.sharesPerToken(), "total assets");
    }
    _unwrapAll(ALICE);
    _unwrapAll(BOB);
    VM.assertEq(s_wrapper.totalSupply(), 0, "wrapped units that are left");
  }

  /// @notice A1, I15: a donation to the wrapper is worth nothing to anyone, and moves no rate.
  function testFuzz_I15_aDonationMovesNoRate(uint256 kSeed, uint256 a, uint256 gift, uint256 assets) external {
    _wrapped(kSeed, a);
    assets = within(assets, 0, MOST / 1e24);
    uint256 wrapped = s_wrapper.convertToShares(assets);
    uint256 back = s_wrapper.convertToAssets(assets);
    uint256 rate = s_wrapper.getRate();
    gift = within(gift, 0, s_token.sharesOf(BOB));
    VM.prank(BOB);
    s_token.transferShares(address(s_wrapper), gift);
    VM.assertEq(s_wrapper.convertToShares(assets), wrapped, "units to wrapped ones");
    VM.assertEq(s_wrapper.convertToAssets(assets), back, "wrapped units to others");
    VM.assertEq(s_wrapper.getRate(), rate, "the rate");
    VM.assertEq(rate, (1e18 * UNIT) / s_token.sharesPerToken(), "the rate");
  }

  /// @notice wrapShares and unwrapShares move exactly 1e24 shares for each unit, and spend an allowance.
  function testFuzz_K17_sharesWrapExactly(uint256 kSeed, uint256 a, uint256 wrapped, uint256 back) external {
    _arrange(kSeed, a);
    uint256 shares = s_token.sharesOf(ALICE);
    wrapped = within(wrapped, 0, shares / UNIT);
    back = within(back, 0, wrapped);
    VM.startPrank(ALICE);
    VM.assertEq(s_wrapper.wrapShares(wrapped, ALICE), wrapped * UNIT, "shares that went in");
    VM.assertEq(s_token.sharesOf(ALICE), shares - wrapped * UNIT, "shares that are left");
    s_wrapper.approve(BOB, back);
    VM.stopPrank();
    VM.startPrank(BOB);
    VM.assertEq(s_wrapper.unwrapShares(back, CAROL, ALICE), back * UNIT, "shares that came out");
    VM.assertEq(s_wrapper.allowance(ALICE, BOB), 0, "the allowance that is left");
    if (back < wrapped) {
      VM.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
      s_wrapper.unwrapShares(1, BOB, ALICE);
    }
    VM.stopPrank();
    VM.assertEq(s_wrapper.balanceOf(ALICE), wrapped - back, "wrapped units that are left");
  }

  /// @notice While the token is paused or unsynced the greatest amounts are zero, and no view reverts.
  function testFuzz_K17_nothingCanMoveWhilePaused(uint256 kSeed, uint256 a) external {
    _requireNothingMovable();
    _wrapped(kSeed, a);
    s_token.pause();
    _requireNothingMovable();
  }

  function _requireNothingMovable() private view {
    uint256 most =
      s_wrapper.maxDeposit(ALICE) +
        s_wrapper.maxMint(ALICE) +
        s_wrapper.maxWithdraw(ALICE) +
        s_wrapper.maxRedeem(ALICE);
    VM.assertEq(most, 0, "the greatest amounts");
    s_wrapper.totalAssets();
  }

  function _act(uint256 seed, address who) private {
    uint256 way = (seed >> 8) % 6;
    uint256 amount = uint256(keccak256(abi.encode(seed)));
    VM.startPrank(who);
    if (way == 0) s_wrapper.deposit(within(amount, 0, s_token.balanceOf(who)), who);
    else if (way == 1) s_wrapper.mint(within(amount, 0, s_wrapper.previewDeposit(s_token.balanceOf(who))), who);
    else if (way == 2) s_wrapper.withdraw(within(amount, 0, s_wrapper.maxWithdraw(who)), who, who);
    else if (way == 3) s_wrapper.redeem(within(amount, 0, s_wrapper.maxRedeem(who)), who, who);
    else if (way == 4) s_wrapper.wrapShares(within(amount, 0, s_token.sharesOf(who) / UNIT), who);
    else s_wrapper.unwrapShares(within(amount, 0, s_wrapper.balanceOf(who)), who, who);
    VM.stopPrank();
  }

  function _unwrapAll(address who) private {
    uint256 wrapped = s_wrapper.balanceOf(who);
    VM.prank(who);
    s_wrapper.unwrapShares(wrapped, who, who);
  }

  function _arrange(uint256 kSeed, uint256 a) private returns (uint256 k) {
    k = index(kSeed);
    s_token.sync(1, k, k, 0);
    s_token.bridgeMint(ALICE, within(a, 0, MOST));
    s_token.bridgeMint(BOB, within(uint256(keccak256(abi.encode(a))), 0, MOST));
  }

  /// @dev As above, and Alice has wrapped what she could; then the index moved.
  function _wrapped(uint256 kSeed, uint256 a) private returns (uint256 k) {
    _arrange(kSeed, a);
    uint256 wrapped = s_token.sharesOf(ALICE) / UNIT;
    VM.prank(ALICE);
    s_wrapper.wrapShares(wrapped, ALICE);
    k = index(uint256(keccak256(abi.encode(kSeed))));
    s_token.sync(2, k, k, 0);
  }
}
