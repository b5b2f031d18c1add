// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseBroadcaster} from "../../../contracts/home/RebaseBroadcaster.sol";
import {IRebaseBroadcaster} from "../../../contracts/interfaces/IRebaseBroadcaster.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {HostileRouter} from "../../../contracts/test/HostileRouter.sol";
import {ICheatCodes} from "../shared/ICheatCodes.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice I31: lanes that fail in any way stop no other, and cost nothing.
contract RebaseBroadcasterTest is TokenWorld {
  uint64 private constant LANES = 6;
  address private constant LINK = address(0x117C);

  RebaseToken private s_token;
  HostileRouter private s_router;
  RebaseBroadcaster private s_broadcaster;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(true);
    s_router = new HostileRouter();
    s_broadcaster = new RebaseBroadcaster(address(s_token), address(s_router), LINK, address(this), 0);
    for (uint64 lane = 1; lane <= LANES; ++lane) s_broadcaster.setDestination(lane, address(uint160(lane)), 200_000);
    s_broadcaster.grantRole(s_broadcaster.TREASURY_SPENDER_ROLE(), BOB);
    VM.deal(ALICE, 1e30);
  }

  function testFuzz_I31_deadLanesCostNothing(uint256[6] memory seeds, uint256 extra, uint256 treasury) external {
    treasury = within(treasury, 0, 1e27);
    VM.deal(address(s_broadcaster), treasury);
    (uint256 owed, uint256 quoted) = _arrangeLanes(seeds);
    // What a lane asks for has to be there, also for one that then fails.
    extra = quoted - owed + within(extra, 0, 1e27);
    VM.recordLogs();
    VM.prank(ALICE);
    bytes32[] memory ids = s_broadcaster.broadcast{value: owed + extra}(_lanes(), address(0), type(uint256).max);
    VM.assertEq(ALICE.balance, 1e30 - owed, "what the payer paid");
    VM.assertEq(address(s_broadcaster).balance, treasury, "the treasury");
    VM.assertEq(address(s_router).balance, owed, "what the lanes got");
    _requireOutcomes(seeds, ids);
  }

  /// @notice The payer's fault undoes everything: too little value for the lanes that would take it.
  function testFuzz_I31_tooLittleValueSendsNothing(uint256[6] memory seeds, uint256 value) external {
    (uint256 owed, ) = _arrangeLanes(seeds);
    if (owed == 0) return;
    VM.deal(address(s_broadcaster), 1e24);
    value = within(value, 0, owed - 1);
    VM.prank(ALICE);
    VM.expectPartialRevert(IRebaseBroadcaster.InsufficientFee.selector);
    s_broadcaster.broadcast{value: value}(_lanes(), address(0), type(uint256).max);
    VM.assertEq(address(s_broadcaster).balance, 1e24, "the treasury");
  }

  /// @notice A lane whose fee is above what the caller allows in all is passed over, and the total never exceeds it.
  function testFuzz_I31_neverMoreThanTheMaximum(uint256[6] memory seeds, uint256 maxFee) external {
    (uint256 owed, uint256 quoted) = _arrangeLanes(seeds);
    maxFee = within(maxFee, 0, 2 * owed + 1);
    VM.prank(ALICE);
    s_broadcaster.broadcast{value: quoted}(_lanes(), address(0), maxFee);
    VM.assertLe(1e30 - ALICE.balance, maxFee, "what the payer paid");
    VM.assertEq(address(s_broadcaster).balance, 0, "what stays");
  }

  /// @notice K15: pending are the lanes that were not sent the epoch, or not for so long; after a broadcast only those that failed.
  function testFuzz_K15_pendingAreThoseThatFailed(uint256[6] memory seeds, uint256 wait, uint256 maxAge) external {
    (, uint256 quoted) = _arrangeLanes(seeds);
    VM.assertEq(s_broadcaster.getPendingDestinations(0, 0, 99).length, LANES, "pending at first");
    VM.prank(ALICE);
    (, , uint256 skipped) = s_broadcaster.broadcastPending{value: quoted}(address(0), type(uint256).max, 0);
    VM.assertEq(skipped, 0, "skipped at first");
    uint256 failed = 0;
    for (uint256 i = 0; i < LANES; ++i) if (!_isAlive(seeds[i])) ++failed;
    VM.assertEq(s_broadcaster.getPendingDestinations(0, 0, 99).length, failed, "pending afterwards");
    wait = within(wait, 0, 10 days);
    maxAge = within(maxAge, 1, 10 days);
    VM.warp(START + wait);
    VM.assertEq(s_broadcaster.getPendingDestinations(maxAge, 0, 99).length, wait > maxAge ? LANES : failed, "by age");
    s_token.rebase(2, 1e24, block.timestamp);
    VM.assertEq(s_broadcaster.getPendingDestinations(0, 0, 99).length, LANES, "pending in the next epoch");
  }

  /// @notice In a day of UTC the treasury's spender spends at most the budget, and what the budget covers is sent.
  function testFuzz_D20_theTreasurysBudgetBindsItsSpender(
    uint256[6] memory seeds,
    uint256 perDay,
    uint256[5] memory waits
  ) external {
    (uint256 owed, uint256 quoted) = _arrangeLanes(seeds);
    VM.deal(address(s_broadcaster), 1e30);
    perDay = within(perDay, 0, 3 * quoted);
    s_broadcaster.setTreasuryBudget(address(0), uint96(perDay));
    uint256 day = 0;
    uint256 spentOfDay = 0;
    for (uint256 i = 0; i < waits.length; ++i) {
      VM.warp(block.timestamp + within(waits[i], 0, 2 days));
      if (block.timestamp / 1 days != day) (day, spentOfDay) = (block.timestamp / 1 days, 0);
      (, uint256 left) = s_broadcaster.getTreasuryBudget(address(0));
      VM.assertEq(left, perDay - spentOfDay, "what is left");
      uint256 before = address(s_broadcaster).balance;
      VM.prank(BOB);
      s_broadcaster.broadcastFromTreasury(_lanes(), address(0), type(uint256).max);
      uint256 spent = before - address(s_broadcaster).balance;
      if (spentOfDay + quoted <= perDay) VM.assertEq(spent, owed, "what the budget covers");
      spentOfDay += spent;
      VM.assertLe(spentOfDay, perDay, "what was spent of a day's budget");
    }
  }

  function testFuzz_payersFaultsRevert(address feeToken, uint64 unknown, uint256 twice) external {
    uint64[] memory selectors = _lanes();
    if (feeToken != address(0) && feeToken != LINK) {
      VM.expectRevert(abi.encodeWithSelector(IRebaseBroadcaster.UnsupportedFeeToken.selector, feeToken));
      s_broadcaster.broadcast(selectors, feeToken, 0);
    }
    selectors[5] = selectors[twice % 5];
    VM.expectRevert(abi.encodeWithSelector(IRebaseBroadcaster.RepeatedDestination.selector, selectors[5]));
    s_broadcaster.broadcast(selectors, address(0), 0);
    if (unknown >= 1 && unknown <= LANES) unknown += LANES;
    selectors[5] = unknown;
    VM.expectRevert(abi.encodeWithSelector(IRebaseBroadcaster.UnknownDestination.selector, unknown));
    s_broadcaster.broadcast(selectors, address(0), 0);
    IRebaseBroadcaster.Payment memory payment = IRebaseBroadcaster.Payment(LINK, ALICE, 0, type(uint256).max);
    VM.expectRevert(abi.encodeWithSelector(IRebaseBroadcaster.OnlySelf.selector, address(this)));
    s_broadcaster.sendLane(1, "", payment);
  }

  function testFuzz_G10_strangersConfigureNothing(
    address stranger,
    uint256 pick,
    uint64 selector,
    uint256 amount
  ) external {
    if (stranger == address(this) || stranger == BOB || stranger == address(0)) return;
    VM.deal(address(s_broadcaster), 1 ether);
    bytes memory call = abi.encodeCall(IRebaseBroadcaster.setDestination, (selector, stranger, 200_000));
    if (pick % 7 == 1) call = abi.encodeCall(IRebaseBroadcaster.removeDestination, (1 + (selector % LANES)));
    if (pick % 7 == 2) call = abi.encodeCall(IRebaseBroadcaster.setRouter, (address(s_router)));
    if (pick % 7 == 3) call = abi.encodeCall(IRebaseBroadcaster.setTreasuryBudget, (address(0), 1));
    if (pick % 7 == 4)
      call = abi.encodeCall(IRebaseBroadcaster.withdraw, (address(0), payable(stranger), amount % 1 ether));
    if (pick % 7 == 5) call = abi.encodeCall(IRebaseBroadcaster.broadcastFromTreasury, (_lanes(), address(0), amount));
    if (pick % 7 == 6) call = abi.encodeCall(IRebaseBroadcaster.broadcastPendingFromTreasury, (address(0), amount, 0));
    requireRoleMissing(address(s_broadcaster), stranger, call);
  }

  /// @dev Gives each lane a fault and a fee.
  /// @return owed The fees of those that are alive.
  /// @return quoted The fees that are asked for.
  function _arrangeLanes(uint256[6] memory seeds) private returns (uint256 owed, uint256 quoted) {
    for (uint64 i = 0; i < LANES; ++i) {
      s_router.setFault(1 + i, HostileRouter.Fault(_fault(seeds[i])));
      uint256 fee = within(seeds[i] >> 8, 1, 1e24);
      s_router.setFee(1 + i, fee);
      if (_isAlive(seeds[i])) owed += fee;
      if (_fault(seeds[i]) != uint256(HostileRouter.Fault.RevertOnQuote)) quoted += fee;
    }
  }

  function _requireOutcomes(uint256[6] memory seeds, bytes32[] memory ids) private {
    ICheatCodes.Log[] memory logs = VM.getRecordedLogs();
    VM.assertEq(logs.length, LANES, "one event for each lane");
    for (uint64 i = 0; i < LANES; ++i) {
      bool alive = _isAlive(seeds[i]);
      IRebaseBroadcaster.Destination memory record = s_broadcaster.getDestination(1 + i);
      VM.assertTrue((ids[i] != 0) == alive, "the id of a message");
      VM.assertEq(record.lastMessageId, ids[i], "the id that is kept");
      VM.assertEq(record.lastEpoch, alive ? 1 : 0, "the epoch that is kept");
      VM.assertEq(record.lastSentAt, alive ? START : 0, "the time that is kept");
      bytes32 topic = alive ? IRebaseBroadcaster.BroadcastSent.selector : IRebaseBroadcaster.BroadcastFailed.selector;
      VM.assertEq(logs[i].topics[0], topic, "the event of a lane");
      VM.assertEq(uint256(logs[i].topics[1]), 1 + i, "its lane");
    }
  }

  /// @dev None in half of the cases; none that needs the spender's role.
  function _fault(uint256 seed) private pure returns (uint256) {
    return seed % 2 == 0 ? 0 : (seed >> 1) % 6;
  }

  function _isAlive(uint256 seed) private pure returns (bool) {
    return _fault(seed) == 0;
  }

  function _lanes() private pure returns (uint64[] memory selectors) {
    selectors = new uint64[](LANES);
    for (uint64 i = 0; i < LANES; ++i) selectors[i] = 1 + i;
  }
}
