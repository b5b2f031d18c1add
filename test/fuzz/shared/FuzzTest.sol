// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {ICheatCodes} from "./ICheatCodes.sol";

/// @notice What every property needs: forge's cheat codes, and inputs whose sizes differ in magnitude.
abstract contract FuzzTest {
  ICheatCodes internal constant VM = ICheatCodes(address(uint160(uint256(keccak256("hevm cheat code")))));

  /// @notice A value in the range: each length in bits is equally likely, and so are both ends now and then.
  /// @param seed Any value.
  /// @param min The least value.
  /// @param max The greatest value, at least `min`.
  function within(uint256 seed, uint256 min, uint256 max) internal pure returns (uint256) {
    if (seed >= min && seed <= max) return seed;
    uint256 choice = uint256(keccak256(abi.encode(seed)));
    if (choice % 16 == 0) return min;
    if (choice % 16 == 1) return max;
    uint256 size = max - min;
    uint256 distance = (seed ^ (choice >> 8)) >> (choice & 0xff);
    if (distance > size) distance = size == type(uint256).max ? distance : distance % (size + 1);
    return choice & 0x1000 == 0 ? min + distance : max - distance;
  }

  /// @notice An index that the token can have.
  function index(uint256 seed) internal pure returns (uint256) {
    return within(seed, ShareMath.MIN_SHARES_PER_TOKEN, ShareMath.MAX_SHARES_PER_TOKEN);
  }

  /// @notice A number of shares that can exist.
  function shareCount(uint256 seed) internal pure returns (uint256) {
    return within(seed, 0, ShareMath.MAX_SHARES);
  }
}
