// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @notice Makes many holders of a token in one transaction.
contract HolderMaker {
  using SafeERC20 for IERC20;

  /// @notice Transfers one unit from this contract to each of the accounts first, first + 1, ... first + count - 1.
  function make(IERC20 token, uint160 first, uint160 count) external {
    for (uint160 account = first; account < first + count; ++account) {
      token.safeTransfer(address(account), 1);
    }
  }
}
