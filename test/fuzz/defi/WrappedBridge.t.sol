// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IWrappedBridge} from "../../../contracts/interfaces/IWrappedBridge.sol";
import {BridgeWorld} from "./BridgeWorld.sol";

/// @notice Wrapped units that leave: what they are made of travels, and the rest comes back.
contract WrappedBridgeTest is BridgeWorld {
  function setUp() external {
    deployBridges();
    VM.deal(ALICE, 1e24);
    i_link.transfer(ALICE, 1e24);
    VM.startPrank(ALICE);
    i_link.approve(address(s_here.bridge), type(uint256).max);
    s_here.token.approve(address(s_here.wrapper), type(uint256).max);
    s_here.wrapper.approve(address(s_here.bridge), type(uint256).max);
    VM.stopPrank();
  }

  /// @notice K18: the shares that leave one side are those that arrive at the other, and the rest is the sender's.
  function testFuzz_K18_sharesInAreSharesOut(uint256 kSeed, uint256 held, uint256 wrapped, uint256 other) external {
    (uint256 k, uint256 total) = _arrange(kSeed, held);
    wrapped = within(wrapped, 0, s_here.wrapper.balanceOf(ALICE));
    uint256 travelling = ((wrapped * UNIT) / k) * k;
    VM.assume(travelling >= UNIT);
    (uint256 fee, uint256 quoted) = s_here.bridge.quote(THERE, BOB, wrapped, address(0));
    VM.assertEq(quoted, travelling / UNIT, "the wrapped units that the quote names");

    VM.prank(ALICE);
    s_here.bridge.send{value: fee + (other % 1e18)}(THERE, BOB, wrapped, quoted, address(0));
    VM.assertEq(ALICE.balance, 1e24 - fee, "the change");
    VM.assertEq(s_here.token.totalShares(), total - travelling, "shares that are left");
    VM.assertEq(
      s_here.token.sharesOf(ALICE) + s_here.wrapper.totalSupply() * UNIT,
      total - travelling,
      "shares of the sender"
    );
    VM.assertEq(s_here.token.sharesOf(address(s_here.bridge)), 0, "shares that stay with the bridge");
    VM.assertEq(s_sent.data, abi.encode(BOB, ALICE, travelling), "what the message says");
    VM.assertEq(s_sent.receiver, address(s_there.bridge), "where it goes");

    syncTo(s_there.token, 9, index(other), other);
    uint256 amount = bring(HERE, s_sent.poolData);
    VM.assertTrue(hand(HERE, s_sent.sender, amount, s_sent.data, 400_000), "the execution");
    VM.assertEq(s_there.wrapper.balanceOf(BOB), quoted, "wrapped units that arrive");
    VM.assertEq(s_there.token.sharesOf(BOB), travelling % UNIT, "shares that arrive plain");
    VM.assertEq(s_there.token.sharesOf(address(s_there.wrapper)), quoted * UNIT, "shares behind the wrapped units");
    VM.assertEq(s_there.token.totalShares(), travelling, "shares of the other side");
  }

  /// @notice D17: LINK is taken for the fee and not beyond it, and no value with it.
  function testFuzz_D17_linkPaysTheFeeAlone(uint256 kSeed, uint256 held, uint256 wrapped, uint256 value) external {
    _arrange(kSeed, held);
    wrapped = within(wrapped, 0, s_here.wrapper.balanceOf(ALICE));
    (uint256 fee, uint256 quoted) = s_here.bridge.quote(THERE, BOB, wrapped, address(i_link));
    VM.assume(quoted != 0);
    value = within(value, 1, 1e18);
    VM.prank(ALICE);
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.UnexpectedValue.selector, value, 0));
    s_here.bridge.send{value: value}(THERE, BOB, wrapped, 0, address(i_link));
    VM.prank(ALICE);
    s_here.bridge.send(THERE, BOB, wrapped, 0, address(i_link));
    VM.assertEq(i_link.balanceOf(ALICE), 1e24 - fee, "LINK of the sender");
    VM.assertEq(i_link.balanceOf(address(s_here.bridge)), 0, "LINK that stays with the bridge");
    VM.assertEq(i_link.allowance(address(s_here.bridge), address(s_here.router)), 0, "what the router may still take");
  }

  /// @notice Nothing leaves for less than the sender's minimum, for nobody, over an unknown lane, or for too little value.
  function testFuzz_K18_theSendersFaultsRevert(uint256 kSeed, uint256 held, uint256 wrapped, uint256 more) external {
    (, uint256 total) = _arrange(kSeed, held);
    wrapped = within(wrapped, 0, s_here.wrapper.balanceOf(ALICE));
    (uint256 fee, uint256 quoted) = s_here.bridge.quote(THERE, BOB, wrapped, address(0));
    VM.assume(quoted != 0);
    uint256 minimum = within(more, quoted + 1, type(uint256).max);
    VM.startPrank(ALICE);
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.BelowMinimum.selector, quoted, minimum));
    s_here.bridge.send{value: fee}(THERE, BOB, wrapped, minimum, address(0));
    VM.expectRevert(IWrappedBridge.ZeroValue.selector);
    s_here.bridge.send{value: fee}(THERE, address(0), wrapped, 0, address(0));
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.UnknownRemote.selector, ELSEWHERE));
    s_here.bridge.send{value: fee}(ELSEWHERE, BOB, wrapped, 0, address(0));
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.UnexpectedValue.selector, more % fee, fee));
    s_here.bridge.send{value: more % fee}(THERE, BOB, wrapped, 0, address(0));
    VM.stopPrank();
    VM.assertEq(s_here.token.totalShares(), total, "shares of this side");
  }

  function testFuzz_G10_strangersConfigureNothing(address stranger, uint64 selector, uint256 shares) external {
    if (stranger == address(this)) return;
    bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
    VM.startPrank(stranger);
    VM.expectRevert(refusal);
    s_here.bridge.setRemote(selector, stranger, 400_000);
    VM.expectRevert(refusal);
    s_here.bridge.recover(address(i_link), payable(stranger));
    VM.expectRevert(refusal);
    s_here.bridge.claimForBridge(THERE, stranger);
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.NothingToClaim.selector, stranger));
    s_here.bridge.claim(stranger);
    if (stranger != address(s_here.bridge)) {
      VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.OnlySelf.selector, stranger));
      s_here.bridge.deliver(stranger, shares);
    }
    VM.stopPrank();
  }

  /// @dev Alice has wrapped what she could of any shares; then the index moved.
  function _arrange(uint256 kSeed, uint256 held) private returns (uint256 k, uint256 total) {
    syncTo(s_here.token, 1, 1e24, kSeed);
    total = shareCount(held);
    s_here.token.bridgeMint(ALICE, total);
    VM.prank(ALICE);
    s_here.wrapper.wrapShares(total / UNIT, ALICE);
    k = index(kSeed);
    syncTo(s_here.token, 2, k, kSeed >> 8);
  }
}
