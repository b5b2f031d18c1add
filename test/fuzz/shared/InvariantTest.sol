// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FuzzTest} from "./FuzzTest.sol";

/// @notice Tells forge to call every function of one handler that changes state, but what only other contracts call.
abstract contract InvariantTest is FuzzTest {
  /// @notice The functions of a contract, as forge asks for them.
  struct FuzzSelector {
    address addr;
    bytes4[] selectors;
  }

  address private s_handler;
  bytes4[] private s_excluded;

  function targetContracts() external view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = s_handler;
  }

  function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
    excluded = new FuzzSelector[](1);
    excluded[0] = FuzzSelector(s_handler, s_excluded);
  }

  function setHandler(address handler) internal {
    s_handler = handler;
  }

  function exclude(bytes4 selector) internal {
    s_excluded.push(selector);
  }
}
