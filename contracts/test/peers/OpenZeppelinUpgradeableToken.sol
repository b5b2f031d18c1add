// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC20PermitUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";

/// @notice OpenZeppelin's ERC20Upgradeable with permit, to be measured behind a proxy. Anyone may mint: no gas goes
/// into permissions.
contract OpenZeppelinUpgradeableToken is ERC20PermitUpgradeable {
  function initialize() external initializer {
    __ERC20_init("Peer", "PEER");
    __ERC20Permit_init("Peer");
  }

  function mint(address to, uint256 amount) external {
    _mint(to, amount);
  }

  function burn(uint256 amount) external {
    _burn(msg.sender, amount);
  }
}
