// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {ICheatCodes} from "../shared/ICheatCodes.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice The index at home and on a satellite: who counts when, and what it does to balances.
contract IndexTest is TokenWorld {
  RebaseToken private s_home;
  RebaseToken private s_satellite;

  function setUp() external {
    VM.warp(START);
    s_home = deployToken(true);
    s_satellite = deployToken(false);
  }

  /// @notice I13, I12: a higher index raises no balance, a lower one lowers none, and no shares change.
  function testFuzz_I13_balancesFollowTheIndex(uint256 a, uint256 b, uint256 one, uint256 other) external {
    (one, other) = (index(one), index(other));
    s_satellite.sync(1, one, one, 0);
    a = shareCount(a);
    s_satellite.bridgeMint(ALICE, a);
    s_satellite.bridgeMint(BOB, within(b, 0, ShareMath.MAX_SHARES - a));
    Holdings memory old = holdingsOf(s_satellite);
    s_satellite.sync(2, one, other, 0);
    Holdings memory held = holdingsOf(s_satellite);
    VM.assertEq(held.aliceShares, old.aliceShares, "shares");
    VM.assertEq(held.bobShares, old.bobShares, "shares");
    VM.assertEq(held.totalShares, old.totalShares, "total shares");
    VM.assertEq(held.alice, held.aliceShares / other, "the balance");
    VM.assertEq(held.supply, held.totalShares / other, "the supply");
    if (other >= one) VM.assertLe(held.alice, old.alice, "after a loss");
    if (other <= one) VM.assertGe(held.alice, old.alice, "after a gain");
    if (held.aliceShares >= held.bobShares) VM.assertGe(held.alice, held.bob, "the order of balances");
  }

  /// @notice I11: allowances are in units, whatever the index does.
  function testFuzz_I11_allowancesStay(uint256 allowance, uint256 next, uint256 delay) external {
    VM.prank(ALICE);
    s_home.approve(BOB, allowance);
    delay = within(delay, 0, 365 days);
    s_home.rebase(2, index(next), block.timestamp + delay);
    VM.assertEq(s_home.allowance(ALICE, BOB), allowance, "while it is pending");
    VM.warp(block.timestamp + delay);
    VM.assertEq(s_home.allowance(ALICE, BOB), allowance, "when it counts");
  }

  /// @notice A rebase counts from its second on, and not before.
  function testFuzz_aRebaseCountsFromItsSecondOn(uint256 first, uint256 next, uint256 delay, uint256 at) external {
    (first, next) = (index(first), index(next));
    s_home.rebase(2, first, block.timestamp);
    delay = within(delay, 0, 3650 days);
    VM.recordLogs();
    s_home.rebase(3, next, START + delay);
    _requireRebased(3, first, next, START + delay, 0);
    at = within(at, 0, 2 * delay + 1);
    VM.warp(START + at);
    bool pending = at < delay;
    VM.assertEq(s_home.sharesPerToken(), pending ? first : next, "the index");
    _requireCounting(pending ? 2 : 3);
    _requirePending(pending, next, START + delay);
  }

  /// @notice A rebase that replaces a pending one starts from the index that counts; the replaced one never counts.
  function testFuzz_aReplacedRebaseNeverCounts(uint256 replaced, uint256 next, uint256 delay, uint256 at) external {
    (replaced, next) = (index(replaced), index(next));
    delay = within(delay, 1, 365 days);
    s_home.rebase(2, replaced, START + delay);
    VM.warp(START + within(at, 0, delay - 1));
    s_home.rebase(3, next, block.timestamp + 1);
    VM.assertEq(s_home.sharesPerToken(), ShareMath.GENESIS_SHARES_PER_TOKEN, "before");
    VM.warp(block.timestamp + 1);
    VM.assertEq(s_home.sharesPerToken(), next, "after");
    VM.warp(START + 2 * delay);
    VM.assertEq(s_home.sharesPerToken(), next, "after the replaced one's time");
  }

  function testFuzz_I14_anIndexOutOfBoundsIsRefused(uint256 seed, uint256 good, bool isCurrent) external {
    uint256 bad =
      seed % 2 == 0
        ? within(seed, 0, ShareMath.MIN_SHARES_PER_TOKEN - 1)
        : within(seed, ShareMath.MAX_SHARES_PER_TOKEN + 1, type(uint256).max);
    good = index(good);
    bytes memory refusal = abi.encodeWithSelector(
      IRebaseToken.SharesPerTokenOutOfBounds.selector,
      bad,
      ShareMath.MIN_SHARES_PER_TOKEN,
      ShareMath.MAX_SHARES_PER_TOKEN
    );
    VM.expectRevert(refusal);
    s_home.rebase(2, bad, block.timestamp);
    VM.expectRevert(refusal);
    s_satellite.sync(1, isCurrent ? bad : good, isCurrent ? good : bad, 0);
    VM.expectRevert(refusal);
    s_satellite.resync(1, isCurrent ? bad : good, isCurrent ? good : bad, 0);
  }

  function testFuzz_I17_homeTakesOnlyTheNextEpoch(uint32 epoch, uint256 next) external {
    next = index(next);
    if (epoch == 2) epoch = 3;
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.UnexpectedEpoch.selector, epoch, uint32(2)));
    s_home.rebase(epoch, next, block.timestamp);
    s_home.rebase(2, next, block.timestamp);
    VM.assertEq(s_home.epoch(), 2, "the epoch");
  }

  function testFuzz_I21_aSatelliteTakesOnlyNewerEpochs(uint32 epoch, uint32 stale, uint256 k) external {
    epoch = uint32(within(epoch, 1, type(uint32).max));
    stale = uint32(within(stale, 0, epoch));
    k = index(k);
    s_satellite.sync(epoch, k, k, 0);
    uint256 other = index(k + 1);
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.StaleEpoch.selector, stale, epoch));
    s_satellite.sync(stale, other, other, 0);
    VM.assertEq(s_satellite.sharesPerToken(), k, "the index");
  }

  /// @notice I19, A8: what a satellite is told it says, word for word, in its event too.
  function testFuzz_I19_aSatelliteKeepsWhatItIsTold(
    uint32 epoch,
    uint256 current,
    uint256 next,
    uint56 effectiveAt,
    uint256 a
  ) external {
    (current, next) = (index(current), index(next));
    s_satellite.sync(1, current, current, 0);
    a = shareCount(a);
    s_satellite.bridgeMint(ALICE, a);
    epoch = uint32(within(epoch, 2, type(uint32).max));
    VM.recordLogs();
    s_satellite.sync(epoch, current, next, effectiveAt);
    _requireRebased(epoch, current, next, effectiveAt, a);
    _requireState(epoch, current, next, effectiveAt, 0);
    VM.assertEq(s_satellite.totalShares(), a, "total shares");
    VM.assertTrue(!s_satellite.paused(), "not paused");
  }

  function testFuzz_I17_noTimeInThePast(uint256 effectiveAt, uint256 next) external {
    next = index(next);
    uint256 past = within(effectiveAt, 0, block.timestamp - 1);
    VM.expectRevert(
      abi.encodeWithSelector(
        IRebaseToken.EffectiveAtOutOfBounds.selector,
        past,
        block.timestamp,
        uint256(type(uint56).max)
      )
    );
    s_home.rebase(2, next, past);
    uint256 beyond = within(effectiveAt, uint256(type(uint56).max) + 1, type(uint256).max);
    VM.expectRevert(
      abi.encodeWithSelector(IRebaseToken.EffectiveAtOutOfBounds.selector, beyond, 0, uint256(type(uint56).max))
    );
    s_home.rebase(2, next, beyond);
  }

  /// @notice K19: the admin of a satellite replaces everything that was said, at a lower epoch too, and leaves all shares.
  function testFuzz_K19_resyncReplacesEverything(
    uint32 epoch,
    uint32 later,
    uint256 k,
    uint256 next,
    uint256 a
  ) external {
    (k, next) = (index(k), index(next));
    s_satellite.sync(uint32(within(epoch, 1, type(uint32).max)), k, k, 0);
    a = shareCount(a);
    s_satellite.bridgeMint(ALICE, a);
    later = uint32(within(later, 1, type(uint32).max));
    VM.warp(START + (a % 365 days));
    s_satellite.resync(later, k, next, block.timestamp + 5);
    _requireState(later, k, next, block.timestamp + 5, 1);
    (, bytes memory generation) = address(s_satellite).staticcall(abi.encodeCall(IRebaseToken.generation, ()));
    VM.assertEq(generation, abi.encode(1, block.timestamp), "the generation and its time");
    VM.assertEq(s_satellite.totalShares(), a, "total shares");
    VM.assertEq(s_satellite.sharesOf(ALICE), a, "shares");
    VM.expectRevert(IRebaseToken.NotSatellite.selector);
    s_home.resync(later, k, next, 0);
  }

  /// @notice While unsynced everything reads zero, and no shares move.
  function testFuzz_A14_unsyncedNothingMoves(uint256 amount, uint256 shares) external {
    VM.assertEq(s_satellite.balanceOf(ALICE) + s_satellite.totalSupply() + s_satellite.sharesPerToken(), 0, "zero");
    VM.expectRevert(IRebaseToken.Unsynced.selector);
    s_satellite.bridgeMint(ALICE, shares);
    VM.expectRevert(IRebaseToken.Unsynced.selector);
    s_satellite.bridgeBurn(amount);
    VM.expectRevert(IRebaseToken.Unsynced.selector);
    s_satellite.transfer(ALICE, amount);
    VM.expectRevert(IRebaseToken.Unsynced.selector);
    s_satellite.transferShares(ALICE, shares);
    VM.expectRevert(IRebaseToken.Unsynced.selector);
    s_satellite.toShares(amount);
  }

  function _requireCounting(uint256 epoch) private view {
    (uint64 counting, uint256 k) = s_home.countingState();
    VM.assertEq(k, s_home.sharesPerToken(), "the counting index");
    VM.assertEq(counting, epoch, "the counting epoch");
  }

  function _requirePending(bool expected, uint256 next, uint256 at) private view {
    (bool pending, uint256 pendingNext, uint256 effectiveAt) = s_home.pendingRebase();
    VM.assertTrue(pending == expected, "pending");
    VM.assertEq(pendingNext, expected ? next : 0, "the pending index");
    VM.assertEq(effectiveAt, expected ? at : 0, "its time");
  }

  function _requireRebased(uint32 epoch, uint256 current, uint256 next, uint256 at, uint256 total) private {
    ICheatCodes.Log[] memory logs = VM.getRecordedLogs();
    VM.assertEq(logs.length, 1, "events of an index");
    VM.assertEq(logs[0].topics[0], IRebaseToken.Rebased.selector, "the event");
    VM.assertEq(uint256(logs[0].topics[1]), epoch, "its epoch");
    VM.assertEq(logs[0].data, abi.encode(current, next, at, total), "its values");
  }

  function _requireState(uint32 epoch, uint256 current, uint256 next, uint256 at, uint8 generation) private view {
    uint256 resyncedAt = generation == 0 ? 0 : block.timestamp;
    VM.assertEq(
      syncStateOf(s_satellite),
      abi.encode(epoch, current, next, at, generation, resyncedAt),
      "the sync state"
    );
    (, bytes memory state) = address(s_satellite).staticcall(abi.encodeCall(IRebaseToken.indexState, ()));
    VM.assertEq(state, abi.encode(epoch, current, next, at), "the index state");
    VM.assertEq(s_satellite.sharesPerToken(), block.timestamp < at ? current : next, "the index");
  }
}
