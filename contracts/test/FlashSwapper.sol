// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

interface IFlashPair {
  function swap(uint256 amount0Out, uint256 amount1Out, address to, bytes calldata data) external;
}

/// @notice Takes a flash swap from a Uniswap V2 pair, makes a call inside its callback, and returns nothing.
contract FlashSwapper {
  error TriggerFailed();

  address private s_target;
  bytes private s_call;

  function swap(address pair, uint256 amount0, uint256 amount1, address target, bytes calldata call) external {
    s_target = target;
    s_call = call;
    IFlashPair(pair).swap(amount0, amount1, address(this), "0x01");
  }

  function uniswapV2Call(address, uint256, uint256, bytes calldata) external {
    (bool done, ) = s_target.call(s_call); // solhint-disable-line avoid-low-level-calls
    if (!done) revert TriggerFailed();
  }
}
