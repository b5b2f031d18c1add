// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IndexBand} from "../../../contracts/libraries/IndexBand.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {FuzzTest} from "../shared/FuzzTest.sol";

/// @notice The band, against one that multiplies step by step in fractions.
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

  /// @notice K1: nothing beyond the steps: a bound differs from the exact one by at most one a step, in favour of home. So it lies
  /// between both indexes, and more steps are never worse.
  function testFuzz_K1_noIndexBeyondTheSteps(
    uint256 from,
    uint256 to,
    uint24 growth,
    uint24 loss,
    uint256 steps
  ) external pure {
    IndexBand.Band memory band = _band(growth, loss, 1, 32);
    (from, to) = (index(from), index(to));
    steps = within(steps, 0, 32);
    uint256 bound = IndexBand.nearest(band, from, to, steps);
    (uint256 low, uint256 high) = (from, from);
    for (uint256 i = 0; i < steps; ++i) {
      low = (low * MILLION) / (MILLION + band.maxGrowth);
      high = (high * MILLION + (MILLION - band.maxLoss) - 1) / (MILLION - band.maxLoss);
      if (high > type(uint128).max) high = type(uint128).max;
    }
    VM.assertEq(
      bound,
      to < low
        ? low
        : to > high
          ? high
          : to,
      "the nearest index"
    );
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
