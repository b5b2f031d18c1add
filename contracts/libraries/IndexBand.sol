// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

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

  /// @notice The steps that an epoch may be away from the anchor at a time.
  /// @param epoch Newer than the anchor's.
  /// @param time Unix seconds, not before the anchor's.
  function allowedSteps(
    Band memory band,
    Anchor memory anchor,
    uint32 epoch,
    uint256 time
  ) internal pure returns (uint256) {
    uint256 byClock = 1 + (time - anchor.time) / band.minInterval;
    return Math.min(Math.min(byClock, epoch - anchor.epoch), band.maxSteps);
  }

  /// @notice The lowest and the highest index that are `steps` away from the anchor.
  /// @dev Home rounds its index up at each rebase, so the highest is rounded up at each step too, and the lowest down.
  /// An index has 96 bits and a factor 25: nothing wraps.
  function bounds(
    Band memory band,
    uint256 sharesPerToken,
    uint256 steps
  ) internal pure returns (uint256 lowest, uint256 highest) {
    (lowest, highest) = (sharesPerToken, sharesPerToken);
    for (uint256 i = 0; i < steps; ++i) {
      lowest = (lowest * MILLION) / (MILLION + band.maxGrowth);
      highest = Math.min(Math.ceilDiv(highest * MILLION, MILLION - band.maxLoss), type(uint96).max);
    }
  }

  /// @notice The anchor after an index was accepted: nearer to it by one step for each interval that has passed.
  /// @param sharesPerToken The index that was accepted.
  /// @param epoch Its epoch, newer than the anchor's.
  /// @param time Unix seconds, not before the anchor's.
  function follow(
    Band memory band,
    Anchor memory anchor,
    uint256 sharesPerToken,
    uint32 epoch,
    uint256 time
  ) internal pure returns (Anchor memory) {
    uint256 intervals = (time - anchor.time) / band.minInterval;
    if (intervals == 0) return anchor;
    uint256 steps = Math.min(intervals, band.maxSteps);
    (uint256 lowest, uint256 highest) = bounds(band, anchor.sharesPerToken, steps);
    uint256 followed = Math.min(Math.max(sharesPerToken, lowest), highest);
    // An index that is still further away leaves the epochs between to count as missed.
    uint32 followedEpoch =
      followed == sharesPerToken
        ? epoch // At most maxSteps more than the anchor's, and below `epoch`, which has 32 bits.
        : uint32(Math.min(anchor.epoch + steps, epoch - 1));
    // Between two indexes of 96 bits; a time has 40 bits for 34,000 years.
    return Anchor(uint96(followed), followedEpoch, uint40(anchor.time + intervals * band.minInterval));
  }
}
