// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice A pair that does not sync.
contract BrokenPair {
  uint256 private immutable i_way;

  error Locked();

  constructor(uint256 way) {
    i_way = way % 3;
  }

  function sync() external view {
    if (i_way == 0) revert Locked();
    if (i_way == 1) {
      assembly {
        invalid()
      }
    }
    assembly {
      revert(0, 50000)
    }
  }
}
