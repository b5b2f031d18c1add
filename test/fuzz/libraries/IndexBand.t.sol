// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IndexBand} from "../../../contracts/libraries/IndexBand.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {FuzzTest} from "../shared/FuzzTest.sol";

/// @notice The band: what it lets through, and that each of its steps is one of the fraction that it names.
contract IndexBandTest is FuzzTest {
  uint256 private constant MILLION = 1e6;

  /// @notice K8: what an honest home reaches within its bounds in so many rebases is within the band.
  function testFuzz_K8_anHonestHomeIsWithinTheBand(
    uint256 fromSeed,
    uint24 growth,
    uint24 loss,
    uint256[8] memory moves,
    uint256 count
  ) external pure {
    IndexBand.Band memory band = _band(growth, loss, 1, 32);
    uint256 from = index(fromSeed);
    uint256 k = from;
    count %= moves.length + 1;
    for (uint256 i = 0; i < count; ++i) {
      // The controller's factor, of 1e27, and its rounding up.
      uint256 factor = within(moves[i], 1e27 - uint256(band.maxLoss) * 1e21, 1e27 + uint256(band.maxGrowth) * 1e21);
      uint256 next = (k * 1e27 + factor - 1) / factor;
      if (next < ShareMath.MIN_SHARES_PER_TOKEN || next > ShareMath.MAX_SHARES_PER_TOKEN) break;
      k = next;
    }
    VM.assertEq(IndexBand.nearest(band, from, k, count), k, "the index of an honest home");
  }

  /// @notice K1: a step less than one unit beyond the fraction, in favour of home, and never short of it; no index beyond the steps.
  function testFuzz_K1_eachStepIsTheFraction(
    uint256 from,
    uint256 to,
    uint24 growth,
    uint24 loss,
    uint256 steps
  ) external pure {
    IndexBand.Band memory band = _band(growth, loss, 1, 32);
    (from, to) = (index(from), index(to));
    steps = within(steps, 0, 31);
    (uint256 low, uint256 high) = _bounds(band, from, steps);
    (uint256 lower, uint256 higher) = _bounds(band, from, steps + 1);
    uint256 factor = MILLION + band.maxGrowth;
    VM.assertLe(lower * factor, low * MILLION, "a gain is not short of its fraction");
    VM.assertLt(low * MILLION, (lower + 1) * factor, "a gain is less than a unit beyond");
    factor = MILLION - band.maxLoss;
    if (higher != type(uint96).max) VM.assertGe(higher * factor, high * MILLION, "a loss is not short of its fraction");
    VM.assertLt((higher == 0 ? 0 : higher - 1) * factor, high * MILLION, "a loss is less than a unit beyond");
    uint256 bound =
      to < lower
        ? lower
        : to > higher
          ? higher
          : to;
    VM.assertEq(IndexBand.nearest(band, from, to, steps + 1), bound, "the nearest index");
    VM.assertEq(IndexBand.nearest(band, from, to, 0), from, "without a step");
  }

  /// @dev The lowest and the highest index so many steps away.
  function _bounds(
    IndexBand.Band memory band,
    uint256 from,
    uint256 steps
  ) private pure returns (uint256 low, uint256 high) {
    return (IndexBand.nearest(band, from, 0, steps), IndexBand.nearest(band, from, type(uint96).max, steps));
  }

  function testFuzz_K1_stepsFollowTheClock(
    uint32 interval,
    uint8 maxSteps,
    uint40 elapsed,
    uint32 epochs
  ) external pure {
    IndexBand.Band memory band = _band(1, 1, interval, maxSteps);
    uint256 steps = IndexBand.allowedSteps(band, elapsed, epochs);
    uint256 byClock = uint256(elapsed) / band.minInterval + 1;
    VM.assertLe(steps, band.maxSteps, "at most those of the band");
    VM.assertLe(steps, epochs, "at most one an epoch");
    VM.assertLe(steps, byClock, "at most one an interval");
    VM.assertTrue(steps == band.maxSteps || steps == epochs || steps == byClock, "no fewer");
  }

  function testFuzz_onlyUsableBandsAreValid(IndexBand.Band memory band) external pure {
    bool isNone = band.maxSteps == 0 && band.maxStepsByHand == 0;
    bool isBand =
      band.maxSteps != 0 &&
        band.minInterval != 0 &&
        band.maxLoss < MILLION &&
        band.maxSteps <= band.maxStepsByHand &&
        band.maxStepsByHand <= 32;
    VM.assertTrue(IndexBand.isValid(band) == (isNone || isBand), "validity");
    VM.assertTrue(IndexBand.isSet(band) == (band.maxSteps != 0), "being set");
  }

  function _band(
    uint24 growth,
    uint24 loss,
    uint32 interval,
    uint8 maxSteps
  ) private pure returns (IndexBand.Band memory) {
    uint8 steps = uint8(within(maxSteps, 1, 32));
    return
      IndexBand.Band({
        maxGrowth: uint24(within(growth, 0, type(uint24).max)),
        maxLoss: uint24(within(loss, 0, MILLION - 1)),
        minInterval: uint32(within(interval, 1, type(uint32).max)),
        maxSteps: steps,
        maxStepsByHand: steps
      });
  }
}
