// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseReceiver} from "../../../contracts/interfaces/IRebaseReceiver.sol";
import {IndexBand} from "../../../contracts/libraries/IndexBand.sol";
import {ReceiverWorld} from "./ReceiverWorld.sol";

/// @notice A receiver with a band: what a home that an attacker controls can do to it, and who decides about what is held back.
contract BreakerTest is ReceiverWorld {
  uint256 private constant MILLION = 1e6;
  uint32 private constant INTERVAL = 1 days;
  uint8 private constant STEPS = 3;

  function setUp() external {
    deploySatellite();
    // 5 % up and down a day, at most three steps at once, six by hand.
    s_receiver.setBand(IndexBand.Band(50_000, 50_000, INTERVAL, STEPS, 6));
    deliver(1, 1e24, 1e24, START, START);
  }

  /// @notice K1: whatever a hostile home says, and however often, the index moves by no more than the steps that the clock allows.
  function testFuzz_K1_aHostileHomeIsBoundByTheClock(uint256[8] memory seeds) external {
    uint256 elapsed = 0;
    uint32 epoch = 1;
    for (uint256 i = 0; i < seeds.length; ++i) {
      uint256 seed = uint256(keccak256(abi.encode(seeds[i])));
      uint256 wait = seeds[i] % 3 == 0 ? 0 : seed % (12 hours);
      elapsed += wait;
      VM.warp(block.timestamp + wait);
      epoch += uint32(1 + ((seed >> 8) % 3));
      uint256 k = s_token.sharesPerToken();
      // Mostly about a step away, and now and then anywhere.
      uint256 next = seeds[i] % 5 == 0 ? index(seed) : (k * (940_000 + ((seed >> 16) % 120_000))) / MILLION;
      uint256 current = seeds[i] % 7 == 0 ? next : k;
      uint256 at = seeds[i] % 2 == 0 ? block.timestamp : block.timestamp + (seed % 5 days);
      deliver(epoch, current, next, at, block.timestamp);
      if (s_receiver.getQuarantined().epoch != 0) {
        _resume();
        epoch = s_token.epoch();
      }
      _requireReachable(1 + STEPS + elapsed / INTERVAL, s_token.sharesPerToken());
    }
  }

  /// @notice K8: a home that keeps to the bounds, one step an interval, is never held back, whatever is lost on the way.
  function testFuzz_K8_anHonestHomeIsNotHeldBack(uint256[8] memory seeds) external {
    uint256 k = 1e24;
    uint32 epoch = 1;
    for (uint256 i = 0; i < seeds.length; ++i) {
      uint256 seed = uint256(keccak256(abi.encode(seeds[i])));
      VM.warp(block.timestamp + INTERVAL + (seed % 3 hours));
      uint256 factor = within(seed, 0.95e27, 1.05e27);
      uint256 next = (k * 1e27 + factor - 1) / factor;
      ++epoch;
      // At most two in a row are lost, which three steps allow for.
      if (seeds[i] % 3 != 0 || i % 3 == 2) {
        deliver(epoch, k, next, block.timestamp, block.timestamp);
        VM.assertEq(s_token.epoch(), epoch, "taken over");
        VM.assertEq(s_receiver.getQuarantined().epoch, 0, "not held back");
      }
      k = next;
    }
  }

  /// @notice K9: what is held back is accepted by its four values, and changes nothing before; a rejected one is the owner's alone.
  function testFuzz_K9_whatIsHeldBackWaitsForADecision(
    uint256 nextSeed,
    uint56 delay,
    uint32 other,
    uint256 k,
    uint256 repeats
  ) external {
    uint256 next = index(nextSeed);
    if (next > 0.9e24 && next < 1.1e24) next = 2e24;
    uint256 at = START + (delay % 30 days);
    deliver(5, 1e24, next, at, START);
    VM.assertEq(s_token.epoch(), 1, "the epoch");
    // Neither time nor repetition applies it.
    for (uint256 i = 0; i < repeats % 4; ++i) {
      VM.warp(block.timestamp + 10 days);
      deliver(5, 1e24, next, at, block.timestamp);
    }
    VM.assertEq(s_token.epoch(), 1, "the epoch after repetitions");
    if (other != 5) _requireNotQuarantined(other, 1e24, next, at);
    if (k != 1e24) _requireNotQuarantined(5, k, next, at);
    if (k != next) _requireNotQuarantined(5, 1e24, k, at);
    _requireNotQuarantined(5, 1e24, next, at + 1);

    VM.prank(ALICE);
    VM.expectRevert(abi.encodeWithSelector(IRebaseReceiver.MissingTokenRole.selector, ALICE, UNPAUSER_ROLE));
    s_receiver.accept(5, 1e24, next, at);
    VM.prank(ALICE);
    VM.expectRevert(abi.encodeWithSelector(IRebaseReceiver.MissingTokenRole.selector, ALICE, GUARDIAN_ROLE));
    s_receiver.reject(5, 1e24, next, at);
    s_receiver.accept(5, 1e24, next, at);
    VM.assertEq(stateOf(), abi.encode(5, 1e24, next, at), "the index after its acceptance");
    VM.assertEq(s_receiver.getQuarantined().epoch, 0, "nothing held back");
  }

  /// @notice By hand the unpauser accepts no more than the steps of the band, and nothing that was rejected; the owner everything.
  function testFuzz_K9_theUnpauserIsBoundToo(uint256 percent, bool isRejected) external {
    percent = within(percent, 106, 400);
    uint256 next = (1e24 * percent) / 100;
    // Bound by the epochs too, of which there are enough.
    deliver(9, 1e24, next, START, START);
    if (s_token.epoch() == 9) return;
    s_token.grantRole(UNPAUSER_ROLE, BOB);
    s_token.grantRole(GUARDIAN_ROLE, CAROL);
    if (isRejected) {
      VM.prank(CAROL);
      s_receiver.reject(9, 1e24, next, START);
    }
    uint256 highest = 1e24;
    for (uint256 i = 0; i < 6; ++i) highest = (highest * MILLION + 949_999) / 950_000;
    bytes memory refusal;
    if (isRejected) refusal = abi.encodeWithSelector(IRebaseReceiver.BroadcastWasRejected.selector, uint32(9));
    else if (next > highest) {
      refusal = abi.encodeWithSelector(IRebaseReceiver.BeyondBandByHand.selector, uint256(1e24), next);
    }
    if (refusal.length != 0) VM.expectRevert(refusal);
    VM.prank(BOB);
    s_receiver.accept(9, 1e24, next, START);
    if (refusal.length != 0) s_receiver.accept(9, 1e24, next, START);
    VM.assertEq(s_token.sharesPerToken(), next, "the index after its acceptance");
  }

  function testFuzz_strangersSetNoBand(address stranger, IndexBand.Band memory band) external {
    if (stranger == address(this)) return;
    VM.startPrank(stranger);
    VM.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
    s_receiver.setBand(band);
    VM.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
    s_receiver.setSource(1, stranger);
    VM.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
    s_receiver.setRouter(stranger);
    VM.stopPrank();
    VM.assertEq(s_receiver.getRouter(), address(s_router), "the router");
  }

  /// @dev What is held back stands still until home says something within the band under a newer epoch, as a person would see to.
  function _resume() private {
    uint32 epoch = s_receiver.getQuarantined().epoch + 1;
    (, uint256 current, uint256 next, uint256 at) = s_token.indexState();
    deliver(epoch, current, next, at, block.timestamp);
    VM.assertEq(s_receiver.getQuarantined().epoch, 0, "superseded by an honest message");
  }

  function _requireNotQuarantined(uint32 epoch, uint256 current, uint256 next, uint256 at) private {
    VM.expectRevert(abi.encodeWithSelector(IRebaseReceiver.NotQuarantined.selector, epoch, current, next, at));
    s_receiver.accept(epoch, current, next, at);
  }

  function _requireReachable(uint256 steps, uint256 k) private pure {
    (uint256 low, uint256 high) = (1e24, 1e24);
    for (uint256 i = 0; i < steps; ++i) {
      low = (low * MILLION) / 1_050_000;
      high = (high * MILLION + 949_999) / 950_000;
    }
    VM.assertGe(k, low, "the lowest index that the clock allows");
    VM.assertLe(k, high, "the highest index that the clock allows");
  }
}
