// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IndexBand
/// @notice How far an index may have moved since an anchor, by the clock.
/// @dev A step is the most that one rebase may move the index. The steps allowed since the anchor are one, one more for each
/// interval that has passed since, at most `maxSteps`, and at most one for each epoch since the anchor's. The anchor follows
/// the index by at most one step for each interval, so a burst of messages cannot carry it along.
library IndexBand {
  /// @notice What bounds the index, in 96 bits; all zero for no bounds.
  /// @param maxGrowth The most that balances grow in a step, in millionths.
  /// @param maxLoss The most that balances shrink in a step, in millionths, below one million.
  /// @param minInterval Seconds after which another step is allowed.
  /// @param maxSteps The most steps allowed at once.
  /// @param maxStepsByHand The most steps that the unpauser may accept; more is for the owner.
  struct Band {
    uint24 maxGrowth;
    uint24 maxLoss;
    uint32 minInterval;
    uint8 maxSteps;
    uint8 maxStepsByHand;
  }

  /// @notice An index that was accepted, and from when.
  /// @param sharesPerToken The index.
  /// @param epoch Its epoch.
  /// @param time Unix seconds.
  struct Anchor {
    uint96 sharesPerToken;
    uint32 epoch;
    uint40 time;
  }

  /// @notice The most steps that a band may allow: each takes a loop.
  uint8 internal constant MAX_STEPS = 32;

  uint256 private constant MILLION = 1e6;

  /// @notice Whether there are bounds at all.
  function isSet(Band memory band) internal pure returns (bool) {
    return band.maxSteps != 0;
  }

  /// @notice Whether a band can be kept, or is none.
  function isValid(Band memory band) internal pure returns (bool) {
    if (band.maxSteps == 0) return band.maxStepsByHand == 0;
    return
      band.minInterval != 0 &&
      band.maxLoss < MILLION &&
      band.maxStepsByHand >= band.maxSteps &&
      band.maxStepsByHand <= MAX_STEPS;
  }

  /// @notice The steps that an index may be away from the anchor.
  /// @param elapsed Seconds since the anchor's time.
  /// @param epochs Epochs since the anchor's.
  function allowedSteps(Band memory band, uint256 elapsed, uint256 epochs) internal pure returns (uint256 steps) {
    // A time has 40 bits: one more does not wrap.
    unchecked {
      steps = 1 + elapsed / band.minInterval;
    }
    if (steps > epochs) steps = epochs;
    if (steps > band.maxSteps) steps = band.maxSteps;
  }

  /// @notice The index nearest to `index` that is at most `steps` away from `from`: the index itself if it is within the band.
  /// @dev Home rounds its index up at each rebase, so the highest is rounded up at each step too, and the lowest down.
  /// @param from An index.
  /// @param index Another one.
  /// @param steps Number of steps.
  function nearest(Band memory band, uint256 from, uint256 index, uint256 steps) internal pure returns (uint256 bound) {
    bound = from;
    // An index has 96 bits and a factor 25, and a bound is multiplied only while it is on this side of the index: nothing
    // wraps. A loss is below a million, so the divisor is not zero.
    unchecked {
      if (index < from) {
        uint256 factor = MILLION + band.maxGrowth;
        for (; steps != 0 && bound > index; --steps) bound = (bound * MILLION) / factor;
        return bound > index ? bound : index;
      }
      uint256 divisor = MILLION - band.maxLoss;
      for (; steps != 0 && bound < index; --steps) bound = (bound * MILLION + divisor - 1) / divisor;
      return bound < index ? bound : index;
    }
  }
}
