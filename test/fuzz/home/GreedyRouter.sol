// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {LinkToken} from "@chainlink/local/src/shared/LinkToken.sol";

/// @notice A router that takes as much LINK of whoever sends as it is told, where it can.
contract GreedyRouter {
  LinkToken private immutable i_link;

  mapping(uint64 selector => uint256 fee) public s_fees;
  mapping(uint64 selector => uint256 amount) public s_wants;
  mapping(uint64 selector => bool isBroken) public s_isBroken;

  error LaneBroken(uint64 selector);

  constructor(LinkToken link) {
    i_link = link;
  }

  function setLane(uint64 selector, uint256 fee, uint256 wants, bool isBroken) external {
    (s_fees[selector], s_wants[selector], s_isBroken[selector]) = (fee, wants, isBroken);
  }

  function ccipSend(uint64 selector, Client.EVM2AnyMessage calldata) external returns (bytes32) {
    take(msg.sender, s_wants[selector]);
    if (s_isBroken[selector]) revert LaneBroken(selector);
    return keccak256(abi.encode(selector));
  }

  function getFee(uint64 selector, Client.EVM2AnyMessage calldata) external view returns (uint256) {
    return s_fees[selector];
  }

  /// @notice Takes what it wants, or else all that it may.
  function take(address from, uint256 wants) public returns (uint256 amount) {
    uint256 allowed = i_link.allowance(from, address(this));
    uint256 held = i_link.balanceOf(from);
    amount = wants;
    if (amount > allowed) amount = allowed;
    if (amount > held) amount = held;
    i_link.transferFrom(from, address(this), amount);
  }

  function isChainSupported(uint64) external pure returns (bool) {
    return true;
  }
}
