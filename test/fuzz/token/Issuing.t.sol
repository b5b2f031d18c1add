// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice Issuing, redeeming and returning shares at home.
contract IssuingTest is TokenWorld {
  RebaseToken private s_token;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(true);
  }

  function testFuzz_I5_mintIssuesUnitsExactly(uint256 kSeed, uint256 first, uint256 amount) external {
    uint256 k = _arrange(kSeed, first);
    uint256 issued = s_token.issuedShares();
    Holdings memory held = holdingsOf(s_token);
    amount = within(amount, 0, (ShareMath.MAX_SHARES - issued) / k);
    VM.recordLogs();
    s_token.mint(BOB, amount);
    requireMovement(address(0), BOB, amount, amount * k);
    held.bob += amount;
    held.bobShares += amount * k;
    held.totalShares += amount * k;
    held.supply += amount;
    requireSame(held, holdingsOf(s_token));
    VM.assertEq(s_token.issuedShares(), issued + amount * k, "issued shares");
    VM.assertEq(s_token.globalSupply(), (issued + amount * k) / k, "the global supply");
  }

  function testFuzz_A7_moreThanCanExistIsNotIssued(uint256 kSeed, uint256 first, uint256 amount) external {
    uint256 k = _arrange(kSeed, first);
    uint256 issued = s_token.issuedShares();
    amount = within(amount, (ShareMath.MAX_SHARES - issued) / k + 1, type(uint256).max);
    bytes memory refusal =
      amount > ShareMath.MAX_SHARES / k
        ? abi.encodeWithSelector(ShareMath.AmountExceedsShareRange.selector, amount, k)
        : abi.encodeWithSelector(IRebaseToken.SharesExceedRange.selector, amount * k, ShareMath.MAX_SHARES - issued);
    VM.expectRevert(refusal);
    s_token.mint(BOB, amount);
  }

  function testFuzz_I5_burnRedeemsUnitsExactly(uint256 kSeed, uint256 first, uint256 amount, uint256 more) external {
    uint256 k = _arrange(kSeed, first);
    Holdings memory held = holdingsOf(s_token);
    uint256 issued = s_token.issuedShares();
    amount = within(amount, 0, held.alice);
    more = within(more, 0, type(uint128).max);
    VM.prank(ALICE);
    s_token.approve(address(this), amount + more);
    VM.recordLogs();
    s_token.burn(ALICE, amount);
    requireMovement(ALICE, address(0), amount, amount * k);
    held.alice -= amount;
    held.aliceShares -= amount * k;
    held.totalShares -= amount * k;
    held.supply -= amount;
    requireSame(held, holdingsOf(s_token));
    VM.assertEq(s_token.issuedShares(), issued - amount * k, "issued shares");
    VM.assertEq(s_token.allowance(ALICE, address(this)), more, "the allowance that is left");
  }

  /// @notice I10: the issuer burns nobody's units without an allowance.
  function testFuzz_I10_burnSpendsAnAllowance(
    uint256 kSeed,
    uint256 first,
    uint256 amount,
    uint256 allowance
  ) external {
    _arrange(kSeed, first);
    uint256 balance = s_token.balanceOf(ALICE);
    if (balance == 0) return;
    amount = within(amount, 1, balance);
    allowance = within(allowance, 0, amount - 1);
    VM.prank(ALICE);
    s_token.approve(address(this), allowance);
    VM.expectRevert(
      abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, address(this), allowance, amount)
    );
    s_token.burn(ALICE, amount);
  }

  /// @notice I24, C21: no more comes home than is outstanding, and that much does, at any index.
  function testFuzz_I24_noMoreComesHomeThanLeft(uint256 kSeed, uint256 out, uint256 back, uint256 forged) external {
    uint256 k = _arrange(kSeed, type(uint256).max / 3);
    out = within(out, 0, s_token.balanceOf(ALICE));
    VM.prank(ALICE);
    s_token.transfer(address(this), out);
    (uint256 outstanding, ) = s_token.bridgeBurn(out);
    VM.assertEq(outstanding, out * k, "shares that left");
    uint256 issued = s_token.issuedShares();
    s_token.rebase(3, index(back), block.timestamp);

    forged = within(forged, outstanding + 1, type(uint256).max);
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.SharesExceedOutstanding.selector, forged, outstanding));
    s_token.bridgeMint(BOB, forged);
    back = within(back, 0, outstanding);
    s_token.bridgeMint(BOB, back);
    VM.assertEq(s_token.sharesOf(BOB), back, "shares that came home");
    VM.assertEq(s_token.issuedShares(), issued, "issued shares");
    VM.assertEq(issued - s_token.totalShares(), outstanding - back, "shares that are still out");
  }

  /// @notice A2, A1: whoever mints first and donates takes nothing from those who hold units, nor from those who mint later.
  function testFuzz_A1_aDonationChangesNoOtherBalance(
    uint256 kSeed,
    uint256 first,
    uint256 held,
    uint256 gift,
    uint256 later
  ) external {
    uint256 k = _arrange(kSeed, first);
    s_token.mint(BOB, within(held, 0, (ShareMath.MAX_SHARES - s_token.issuedShares()) / k));
    Holdings memory expected = holdingsOf(s_token);
    gift = within(gift, 0, expected.alice);
    VM.prank(ALICE);
    s_token.transfer(address(this), gift);
    expected.aliceShares -= gift * k;
    expected.alice -= gift;
    requireSame(holdingsOf(s_token), expected);
    VM.assertEq(s_token.sharesPerToken(), k, "the index");
    later = within(later, 0, (ShareMath.MAX_SHARES - s_token.issuedShares()) / k);
    s_token.mint(CAROL, later);
    VM.assertEq(s_token.balanceOf(CAROL), later, "the balance of who came later");
  }

  /// @notice Only what lies on the token or the pool can be recovered, to the share.
  function testFuzz_recoverSharesTakesFromThePoolAlone(uint256 kSeed, uint256 lost, uint256 shares) external {
    _arrange(kSeed, type(uint256).max / 3);
    lost = within(lost, 0, s_token.sharesOf(ALICE));
    VM.prank(ALICE);
    s_token.transferShares(address(this), lost);
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.NotRecoverable.selector, ALICE));
    s_token.recoverShares(ALICE, BOB, 0);
    shares = within(shares, 0, lost);
    s_token.recoverShares(address(this), BOB, shares);
    VM.assertEq(s_token.sharesOf(BOB), shares, "shares that were recovered");
    VM.assertEq(s_token.sharesOf(address(this)), lost - shares, "shares that are left");
  }

  /// @dev Alice with units issued at another index, and dust, at an index that counts.
  function _arrange(uint256 kSeed, uint256 first) private returns (uint256 k) {
    k = index(kSeed);
    s_token.mint(ALICE, within(first, 0, ShareMath.MAX_SHARES / ShareMath.GENESIS_SHARES_PER_TOKEN));
    s_token.rebase(2, k, block.timestamp);
  }
}
