// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20} from "solady/src/tokens/ERC20.sol";

/// @notice Solady's ERC20, to be measured. Anyone may mint: no gas goes into permissions.
contract SoladyToken is ERC20 {
  function mint(address to, uint256 amount) external {
    _mint(to, amount);
  }

  function burn(uint256 amount) external {
    _burn(msg.sender, amount);
  }

  /// @inheritdoc ERC20
  function name() public pure override returns (string memory) {
    return "Peer";
  }

  /// @inheritdoc ERC20
  function symbol() public pure override returns (string memory) {
    return "PEER";
  }
}
