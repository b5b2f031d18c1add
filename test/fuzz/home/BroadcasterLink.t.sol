// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LinkToken} from "@chainlink/local/src/shared/LinkToken.sol";

import {RebaseBroadcaster} from "../../../contracts/home/RebaseBroadcaster.sol";
import {IRebaseBroadcaster} from "../../../contracts/interfaces/IRebaseBroadcaster.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {HostileRouter} from "../../../contracts/test/HostileRouter.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";
import {GreedyRouter} from "./GreedyRouter.sol";

/// @notice D19, I31: whatever the router takes, the payer pays the fees of what was sent, and the treasury a juel a lane.
contract BroadcasterLinkTest is TokenWorld {
  uint64 private constant LANES = 5;
  uint256 private constant TREASURY = 1e24;

  LinkToken private immutable i_link = new LinkToken();

  GreedyRouter private s_router;
  RebaseBroadcaster private s_broadcaster;
  // The fees of the lanes that work, and how many there are.
  uint256 private s_owed;
  uint256 private s_alive;

  function setUp() external {
    VM.warp(START);
    RebaseToken token = deployToken(true);
    s_router = new GreedyRouter(i_link);
    s_broadcaster = new RebaseBroadcaster(address(token), address(s_router), address(i_link), address(this), 0);
    for (uint64 lane = 1; lane <= LANES; ++lane) s_broadcaster.setDestination(lane, address(uint160(lane)), 200_000);
    s_broadcaster.grantRole(s_broadcaster.TREASURY_SPENDER_ROLE(), BOB);
    i_link.transfer(address(s_broadcaster), TREASURY);
    i_link.transfer(ALICE, 1e26);
    VM.prank(ALICE);
    i_link.approve(address(s_broadcaster), type(uint256).max);
  }

  function testFuzz_D19_thePayerPaysTheFeesAlone(uint256[5] memory seeds, uint256 later) external {
    _arrangeLanes(seeds);
    VM.prank(ALICE);
    bytes32[] memory ids = s_broadcaster.broadcast(_lanes(), address(i_link), type(uint256).max);
    for (uint64 i = 0; i < LANES; ++i) VM.assertTrue((ids[i] == 0) == s_router.s_isBroken(1 + i), "what was sent");
    VM.assertEq(i_link.balanceOf(ALICE), 1e26 - s_owed, "LINK of the payer");
    _requireTreasury(TREASURY, later);
  }

  /// @notice D20: the treasury pays the same fees, of the budget of its day.
  function testFuzz_D20_theTreasuryPaysWithinItsBudget(uint256[5] memory seeds, uint96 perDay, uint256 later) external {
    _arrangeLanes(seeds);
    s_broadcaster.setTreasuryBudget(address(i_link), perDay);
    VM.prank(BOB);
    bytes32[] memory ids = s_broadcaster.broadcastFromTreasury(_lanes(), address(i_link), type(uint256).max);
    (s_owed, s_alive) = (0, 0);
    for (uint64 i = 0; i < LANES; ++i) {
      if (ids[i] == 0) continue;
      s_owed += s_router.s_fees(1 + i);
      ++s_alive;
    }
    VM.assertLe(s_owed, perDay, "fees of the day");
    (, uint256 left) = s_broadcaster.getTreasuryBudget(address(i_link));
    VM.assertEq(left, perDay - s_owed, "what is left of the budget");
    VM.assertEq(i_link.balanceOf(ALICE), 1e26, "LINK of everybody else");
    _requireTreasury(TREASURY - s_owed, later);
  }

  /// @notice D17: a payer that lacks means pays nothing, whatever the treasury holds.
  function testFuzz_D17_withoutMeansNothingIsPaid(uint256[5] memory seeds, uint256 allowed, bool isPoor) external {
    _arrangeLanes(seeds);
    if (s_owed == 0) return;
    allowed = within(allowed, 0, s_owed - 1);
    VM.startPrank(ALICE);
    if (isPoor) i_link.transfer(CAROL, 1e26 - allowed);
    else i_link.approve(address(s_broadcaster), allowed);
    uint256 held = i_link.balanceOf(ALICE);
    VM.expectPartialRevert(IRebaseBroadcaster.InsufficientFee.selector);
    s_broadcaster.broadcast(_lanes(), address(i_link), type(uint256).max);
    VM.stopPrank();
    VM.assertEq(i_link.balanceOf(ALICE), held, "LINK of the payer");
    VM.assertEq(i_link.balanceOf(address(s_broadcaster)), TREASURY, "LINK of the treasury");
  }

  /// @dev Fees of the lanes; what the router wants is nothing, the fee, a juel more, or everything; some lanes take and revert.
  function _arrangeLanes(uint256[5] memory seeds) private {
    for (uint64 i = 0; i < LANES; ++i) {
      uint256 fee = within(seeds[i] >> 8, 0, 1e23);
      uint256 wants =
        seeds[i] % 3 == 0
          ? fee
          : seeds[i] % 3 == 1
            ? type(uint256).max
            : within(seeds[i], 0, fee);
      bool isBroken = (seeds[i] >> 4) % 4 == 0;
      s_router.setLane(1 + i, fee, wants, isBroken);
      if (isBroken) continue;
      s_owed += fee;
      ++s_alive;
    }
  }

  /// @dev The treasury lost at most a juel for each lane, also to what the router may still take; nothing after its replacement.
  function _requireTreasury(uint256 before, uint256 later) private {
    if (later % 2 == 0) s_router.take(address(s_broadcaster), type(uint256).max);
    VM.assertGe(i_link.balanceOf(address(s_broadcaster)) + s_alive, before, "LINK of the treasury");
    VM.assertLe(i_link.balanceOf(address(s_router)), s_owed + s_alive, "LINK of the router");
    uint256 left = i_link.balanceOf(address(s_broadcaster));
    s_broadcaster.setRouter(address(new HostileRouter()));
    s_router.take(address(s_broadcaster), type(uint256).max);
    VM.assertEq(i_link.balanceOf(address(s_broadcaster)), left, "LINK after the router was replaced");
  }

  function _lanes() private pure returns (uint64[] memory selectors) {
    selectors = new uint64[](LANES);
    for (uint64 i = 0; i < LANES; ++i) selectors[i] = 1 + i;
  }
}
