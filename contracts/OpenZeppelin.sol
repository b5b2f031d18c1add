// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// Compiled from OpenZeppelin's sources so that deployments carry the bytecode of this project's pinned compiler.
// solhint-disable no-unused-import
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
