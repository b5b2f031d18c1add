// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice Movements of shares on a satellite, from any holdings at any index.
contract MovementsTest is TokenWorld {
  uint32 private constant EPOCH = 7;

  RebaseToken private s_token;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(false);
  }

  function testFuzz_I3_transferMovesUnitsExactly(uint256 kSeed, uint256 a, uint256 b, uint256 amount) external {
    (uint256 k, Holdings memory held) = _arrange(kSeed, a, b);
    amount = within(amount, 0, held.alice);
    VM.recordLogs();
    VM.prank(ALICE);
    s_token.transfer(BOB, amount);
    requireMovement(ALICE, BOB, amount, amount * k);
    _requireMoved(held, amount, amount * k);
  }

  function testFuzz_I3_transferFromSpendsUnits(uint256 kSeed, uint256 a, uint256 amount, uint256 allowance) external {
    (uint256 k, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    amount = within(amount, 0, held.alice);
    allowance = within(allowance, amount, type(uint256).max);
    VM.prank(ALICE);
    s_token.approve(CAROL, allowance);
    VM.recordLogs();
    VM.prank(CAROL);
    s_token.transferFrom(ALICE, BOB, amount);
    requireMovement(ALICE, BOB, amount, amount * k);
    _requireMoved(held, amount, amount * k);
    uint256 left = allowance == type(uint256).max ? allowance : allowance - amount;
    VM.assertEq(s_token.allowance(ALICE, CAROL), left, "the allowance that is left");
  }

  function testFuzz_I10_noMoreThanTheAllowance(uint256 kSeed, uint256 a, uint256 amount, uint256 allowance) external {
    (, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    if (held.alice == 0) return;
    amount = within(amount, 1, held.alice);
    allowance = within(allowance, 0, amount - 1);
    VM.prank(ALICE);
    s_token.approve(CAROL, allowance);
    VM.prank(CAROL);
    VM.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, CAROL, allowance, amount));
    s_token.transferFrom(ALICE, BOB, amount);
  }

  function testFuzz_A7_moreThanTheBalanceIsRefused(uint256 kSeed, uint256 a, uint256 amount) external {
    (, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    amount = within(amount, held.alice + 1, type(uint256).max);
    bytes memory refusal = abi.encodeWithSelector(
      IERC20Errors.ERC20InsufficientBalance.selector,
      ALICE,
      held.alice,
      amount
    );
    VM.prank(ALICE);
    VM.expectRevert(refusal);
    s_token.transfer(BOB, amount);
  }

  function testFuzz_I4_toOneselfNothingMoves(uint256 kSeed, uint256 a, uint256 amount, uint256 shares) external {
    (uint256 k, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    amount = within(amount, 0, held.alice);
    shares = within(shares, 0, held.aliceShares);
    VM.startPrank(ALICE);
    VM.recordLogs();
    s_token.transfer(ALICE, amount);
    requireMovement(ALICE, ALICE, amount, amount * k);
    VM.recordLogs();
    VM.assertEq(s_token.transferShares(ALICE, shares), 0, "units that moved");
    requireMovement(ALICE, ALICE, 0, shares);
    VM.stopPrank();
    requireSame(held, holdingsOf(s_token));
  }

  function testFuzz_A12_everythingCanBeSent(uint256 kSeed, uint256 a) external {
    (uint256 k, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    VM.startPrank(ALICE);
    s_token.transfer(BOB, held.alice);
    VM.assertLt(s_token.sharesOf(ALICE), k, "the dust that is left");
    s_token.transferShares(BOB, s_token.sharesOf(ALICE));
    VM.stopPrank();
    VM.assertEq(s_token.sharesOf(ALICE), 0, "shares that are left");
    VM.assertEq(s_token.sharesOf(BOB), held.aliceShares + held.bobShares, "shares of the receiver");
  }

  function testFuzz_I6_sharesMoveExactly(uint256 kSeed, uint256 a, uint256 b, uint256 shares) external {
    (, Holdings memory held) = _arrange(kSeed, a, b);
    shares = within(shares, 0, held.aliceShares);
    VM.recordLogs();
    VM.prank(ALICE);
    uint256 amount = s_token.transferShares(BOB, shares);
    requireMovement(ALICE, BOB, amount, shares);
    Holdings memory left = holdingsOf(s_token);
    VM.assertEq(left.aliceShares, held.aliceShares - shares, "shares of the sender");
    VM.assertEq(left.bobShares, held.bobShares + shares, "shares of the receiver");
    VM.assertEq(left.bob, held.bob + amount, "balance of the receiver");
    VM.assertEq(left.totalShares, held.totalShares, "total shares");
    VM.assertEq(left.carolShares, held.carolShares, "shares of a third party");
  }

  function testFuzz_I6_moreSharesThanHeldAreRefused(uint256 kSeed, uint256 a, uint256 shares) external {
    (, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    shares = within(shares, held.aliceShares + 1, type(uint256).max);
    VM.prank(ALICE);
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.InsufficientShares.selector, ALICE, held.aliceShares, shares));
    s_token.transferShares(BOB, shares);
  }

  /// @notice I8, A6: shares cost the allowance of the units they are part of, rounded up: at least one.
  function testFuzz_I8_sharesCostTheirUnitsRoundedUp(uint256 kSeed, uint256 a, uint256 shares) external {
    (uint256 k, Holdings memory held) = _arrange(kSeed, a, a >> 1);
    shares = within(shares, 0, held.aliceShares);
    uint256 cost = shares / k + (shares % k == 0 ? 0 : 1);
    if (cost > 0) {
      VM.prank(ALICE);
      s_token.approve(CAROL, cost - 1);
      VM.prank(CAROL);
      VM.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, CAROL, cost - 1, cost));
      s_token.transferSharesFrom(ALICE, BOB, shares);
    }
    VM.prank(ALICE);
    s_token.approve(CAROL, cost);
    VM.prank(CAROL);
    s_token.transferSharesFrom(ALICE, BOB, shares);
    VM.assertEq(s_token.allowance(ALICE, CAROL), 0, "the allowance that is left");
    VM.assertEq(s_token.sharesOf(BOB), held.bobShares + shares, "shares of the receiver");
  }

  /// @notice I6: what arrives raises the balance by what is returned, whatever dust the receiver holds.
  function testFuzz_I6_bridgeMintReturnsTheIncrease(uint256 kSeed, uint256 a, uint256 b, uint256 shares) external {
    (, Holdings memory held) = _arrange(kSeed, a, b);
    shares = within(shares, 0, ShareMath.MAX_SHARES - held.totalShares);
    (uint256 foretold, uint32 foretoldEpoch) = s_token.previewBridgeMint(BOB, shares);
    VM.recordLogs();
    (uint256 amount, uint32 epoch) = s_token.bridgeMint(BOB, shares);
    requireMovement(address(0), BOB, amount, shares);
    VM.assertEq(foretold, amount, "the preview");
    VM.assertEq(epoch, EPOCH, "the epoch");
    VM.assertEq(foretoldEpoch, EPOCH, "the epoch of the preview");
    Holdings memory left = holdingsOf(s_token);
    VM.assertEq(left.bob, held.bob + amount, "balance of the receiver");
    VM.assertEq(left.bobShares, held.bobShares + shares, "shares of the receiver");
    VM.assertEq(left.totalShares, held.totalShares + shares, "total shares");
    VM.assertEq(left.aliceShares, held.aliceShares, "shares of a third party");
  }

  function testFuzz_A7_moreSharesThanCanExistAreRefused(uint256 kSeed, uint256 a, uint256 b, uint256 shares) external {
    (, Holdings memory held) = _arrange(kSeed, a, b);
    uint256 available = ShareMath.MAX_SHARES - held.totalShares;
    shares = within(shares, available + 1, type(uint256).max);
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.SharesExceedRange.selector, shares, available));
    s_token.bridgeMint(BOB, shares);
  }

  /// @notice I5, C26: the pool burns the units that it is told to, of its own.
  function testFuzz_I5_bridgeBurnTakesUnits(uint256 kSeed, uint256 a, uint256 pool, uint256 amount) external {
    (uint256 k, ) = _arrange(kSeed, a, a >> 1);
    pool = within(pool, 0, ShareMath.MAX_SHARES - s_token.totalShares());
    s_token.bridgeMint(address(this), pool);
    Holdings memory held = holdingsOf(s_token);
    amount = within(amount, 0, s_token.balanceOf(address(this)));
    VM.recordLogs();
    (uint256 shares, uint32 epoch) = s_token.bridgeBurn(amount);
    requireMovement(address(this), address(0), amount, shares);
    VM.assertEq(shares, amount * k, "shares that left");
    VM.assertEq(epoch, EPOCH, "the epoch");
    VM.assertEq(s_token.sharesOf(address(this)), pool - shares, "shares of the pool");
    VM.assertEq(s_token.totalShares(), held.totalShares - shares, "total shares");
    VM.assertEq(s_token.sharesOf(ALICE), held.aliceShares, "shares of a third party");
  }

  /// @notice I2, A10: the supply is that of the total shares, and no less than the sum of balances.
  function testFuzz_I2_theSupplyCoversAllBalances(uint256 kSeed, uint256 a, uint256 b) external {
    (uint256 k, Holdings memory held) = _arrange(kSeed, a, b);
    uint256 sum = held.alice + held.bob + held.carol;
    VM.assertEq(held.supply, held.totalShares / k, "the supply");
    VM.assertEq(held.totalShares, held.aliceShares + held.bobShares + held.carolShares, "total shares");
    VM.assertLe(sum, held.supply, "the sum of balances");
    VM.assertLt(held.supply, sum + 3, "the supply");
  }

  /// @dev Alice and Bob with any shares, Carol with what is left of them, at an index that counts.
  function _arrange(uint256 kSeed, uint256 a, uint256 b) private returns (uint256 k, Holdings memory held) {
    k = index(kSeed);
    syncTo(s_token, EPOCH, k, uint256(keccak256(abi.encode(kSeed))));
    a = shareCount(a);
    b = within(b, 0, ShareMath.MAX_SHARES - a);
    s_token.bridgeMint(ALICE, a);
    s_token.bridgeMint(BOB, b);
    s_token.bridgeMint(CAROL, (ShareMath.MAX_SHARES - a - b) >> (kSeed % 200));
    held = holdingsOf(s_token);
  }

  function _requireMoved(Holdings memory held, uint256 amount, uint256 shares) private view {
    held.aliceShares -= shares;
    held.bobShares += shares;
    held.alice -= amount;
    held.bob += amount;
    requireSame(held, holdingsOf(s_token));
  }
}
