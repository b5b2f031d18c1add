// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {FuzzTest} from "./FuzzTest.sol";

/// @notice Tells forge which functions of one handler to call, and nothing else.
abstract contract InvariantTest is FuzzTest {
  /// @notice The functions of a contract, as forge asks for them.
  struct FuzzSelector {
    address addr;
    bytes4[] selectors;
  }

  address private s_handler;
  bytes4[] private s_selectors;

  function targetContracts() external view returns (address[] memory targets) {
    targets = new address[](1);
    targets[0] = s_handler;
  }

  function targetSelectors() external view returns (FuzzSelector[] memory targets) {
    targets = new FuzzSelector[](1);
    targets[0] = FuzzSelector(s_handler, s_selectors);
  }

  function setHandler(address handler, bytes4[] memory selectors) internal {
    s_handler = handler;
    s_selectors = selectors;
  }
}
