// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IWrappedBridge} from "../../../contracts/interfaces/IWrappedBridge.sol";
import {BridgeWorld} from "./BridgeWorld.sol";

/// @notice K18: wrapped units that arrive, whoever sends them and whatever the message says.
contract WrappedArrivalTest is BridgeWorld {
  address private constant DAVE = address(0xDA5E);
  // Leaves room for several arrivals within the shares that can exist.
  uint256 private constant MOST = 1e61;

  uint256 private s_k;

  function setUp() external {
    deployBridges();
  }

  /// @notice What cannot be delivered is the owner's, whole, and once; the bridge's owner cannot recover it.
  function testFuzz_K18_aFailedDeliveryIsClaimedOnce(uint256 kSeed, uint256[4] memory seeds, uint256 gift) external {
    _arrange(kSeed, gift);
    gift = s_there.token.sharesOf(address(s_there.bridge));
    uint256 expected = 0;
    for (uint256 i = 0; i < seeds.length; ++i) {
      uint256 shares = within(seeds[i], 1, MOST);
      uint256 amount = arrive(HERE, address(s_here.bridge), shares, _lost(seeds[i]), CAROL, shares);
      // A unit more would be somebody else's.
      VM.assertLe(amount, shares / s_k + 1, "the amount that is reported");
      expected += shares;
      VM.assertEq(s_there.bridge.claimable(CAROL), expected, "shares to claim");
    }
    VM.assertEq(s_there.bridge.recover(address(s_there.token), payable(DAVE)), gift, "shares that are recovered");
    VM.startPrank(CAROL);
    VM.assertEq(s_there.bridge.claim(BOB), expected, "shares that are claimed");
    VM.assertEq(s_there.token.sharesOf(BOB), expected, "shares of the receiver");
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.NothingToClaim.selector, CAROL));
    s_there.bridge.claim(CAROL);
    VM.stopPrank();
    VM.assertEq(s_there.token.sharesOf(address(s_there.bridge)), 0, "shares that stay with the bridge");
  }

  /// @notice What another sender or lane brings is kept for that sender, by less than a unit too little, and for nobody else.
  function testFuzz_K18_anUnpairedSenderKeepsItsShares(
    uint256 kSeed,
    uint256 shares,
    address sender,
    bool isOtherLane
  ) external {
    _arrange(kSeed, 0);
    if (sender == address(0) || sender == address(s_there.bridge) || sender == address(s_there.token)) return;
    if (isOtherLane) sender = address(s_here.bridge);
    else if (sender == address(s_here.bridge)) return;
    shares = within(shares, 1, MOST);
    uint256 amount = arrive(isOtherLane ? ELSEWHERE : HERE, sender, shares, BOB, BOB, type(uint256).max);
    VM.assertEq(s_there.token.sharesOf(BOB) + s_there.wrapper.balanceOf(BOB), 0, "what the named receiver has");
    uint256 kept = s_there.bridge.claimable(sender);
    VM.assertLe(kept, shares, "no more than it brought");
    if (amount == 0) return;
    VM.assertLt(shares, kept + 2 * s_k, "less by less than two units");
    VM.startPrank(sender);
    VM.assertEq(s_there.bridge.claim(DAVE), kept, "shares that are claimed");
    VM.expectRevert(abi.encodeWithSelector(IWrappedBridge.NothingToClaim.selector, sender));
    s_there.bridge.claim(DAVE);
    VM.stopPrank();
    VM.assertEq(s_there.token.sharesOf(DAVE), kept, "shares of the receiver");
  }

  /// @notice A paired bridge that lies takes what it brought and what merely lies here, and no claim.
  function testFuzz_K18_aHostileBridgeTakesNoClaim(
    uint256 kSeed,
    uint256 claimed,
    uint256 gift,
    uint256 brought,
    uint256 said
  ) external {
    _arrange(kSeed, gift);
    gift = s_there.token.sharesOf(address(s_there.bridge));
    claimed = within(claimed, 1, MOST);
    arrive(HERE, address(s_here.bridge), claimed, address(s_there.token), CAROL, claimed);
    brought = within(brought, 0, MOST);
    said = within(said, 0, type(uint256).max);
    uint256 amount = arrive(HERE, address(s_here.bridge), brought, BOB, CAROL, said);
    uint256 taken = s_there.token.sharesOf(BOB) + s_there.wrapper.balanceOf(BOB) * UNIT;
    VM.assertLe(taken, said, "no more than it says");
    VM.assertLe(taken, brought + gift, "no more than it brought and what lay here");
    VM.assertLe(taken, (amount + 1) * s_k, "no more than a unit above its amount");
    if (said <= brought) VM.assertEq(taken, said, "all that an honest bridge says");
    _requireClaim(claimed);
  }

  /// @notice D4: a message that is handed over again brings nothing, whatever amount it names.
  function testFuzz_D4_aRepeatedMessageBringsNothing(uint256 kSeed, uint256 claimed, uint256 shares) external {
    _arrange(kSeed, 0);
    claimed = within(claimed, 1, MOST);
    shares = within(shares, 1, MOST);
    arrive(HERE, address(s_here.bridge), claimed, address(s_there.token), CAROL, claimed);
    uint256 amount = arrive(HERE, address(s_here.bridge), shares, BOB, CAROL, shares);
    uint256 wrapped = s_there.wrapper.balanceOf(BOB);
    hand(HERE, address(s_here.bridge), amount, abi.encode(BOB, CAROL, shares), 400_000);
    hand(ELSEWHERE, address(s_here.bridge), amount, abi.encode(BOB, CAROL, shares), 400_000);
    VM.assertEq(s_there.wrapper.balanceOf(BOB), wrapped, "wrapped units of the receiver");
    VM.assertEq(s_there.token.sharesOf(BOB) + wrapped * UNIT, shares, "shares of the receiver");
    VM.assertEq(s_there.bridge.claimable(address(s_here.bridge)), 0, "shares of the sender");
    _requireClaim(claimed);
  }

  /// @notice D10: with whatever gas, a delivery is wrapped or did not happen, and then happens with more.
  function testFuzz_D10_littleGasDeliversWrappedOrNothing(uint256 kSeed, uint256 shares, uint256 gasLimit) external {
    _arrange(kSeed, 0);
    shares = within(shares, UNIT, MOST);
    gasLimit = 20_000 + (gasLimit % 400_000);
    uint256 amount = bring(HERE, poolWord(shares));
    bytes memory data = abi.encode(BOB, CAROL, shares);
    bool isDone = hand(HERE, address(s_here.bridge), amount, data, gasLimit);
    if (!isDone) {
      VM.assertEq(s_there.token.sharesOf(address(s_there.bridge)), shares, "shares that wait");
      VM.assertLt(gasLimit, 350_000, "the gas that was too little");
      VM.assertTrue(hand(HERE, address(s_here.bridge), amount, data, 400_000), "the execution with more");
    }
    VM.assertEq(s_there.wrapper.balanceOf(BOB), shares / UNIT, "wrapped units that arrive");
    VM.assertEq(s_there.token.sharesOf(BOB), shares % UNIT, "shares that arrive plain");
    VM.assertEq(s_there.bridge.claimable(CAROL), 0, "shares to claim");
  }

  /// @dev An index that counts, and shares that somebody sent the bridge.
  function _arrange(uint256 kSeed, uint256 gift) private {
    s_k = index(kSeed);
    syncTo(s_there.token, 1, s_k, kSeed >> 8);
    s_there.token.bridgeMint(address(s_there.bridge), within(gift, 0, gift % 2 == 0 ? 0 : MOST));
  }

  function _requireClaim(uint256 shares) private {
    VM.assertEq(s_there.bridge.claimable(CAROL), shares, "shares to claim");
    VM.prank(CAROL);
    VM.assertEq(s_there.bridge.claim(DAVE), shares, "shares that are claimed");
  }

  /// @dev A receiver that nobody could take them out of, or that the token refuses.
  function _lost(uint256 seed) private view returns (address) {
    if (seed % 4 == 0) return address(0);
    if (seed % 4 == 1) return address(s_there.token);
    return seed % 4 == 2 ? address(s_there.wrapper) : address(s_there.bridge);
  }
}
