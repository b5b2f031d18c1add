// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {TokenPool} from "@chainlink/contracts-ccip-releases/contracts/pools/TokenPool.sol";
import {IERC20} from "@openzeppelin/contracts@5.3.0/token/ERC20/IERC20.sol";

/// @notice The pool of a compromised satellite: it burns nothing, lets every finality pass and sends whatever it was told to.
contract ForgingTokenPool is TokenPool {
  bytes private s_forgery;

  constructor(
    address token,
    address rmnProxy,
    address router
  ) TokenPool(IERC20(token), 18, address(0), rmnProxy, router) {}

  function setForgery(bytes calldata destPoolData) external {
    s_forgery = destPoolData;
  }

  function lockOrBurn(
    Pool.LockOrBurnInV1 calldata lockOrBurnIn
  ) public view override returns (Pool.LockOrBurnOutV1 memory) {
    return
      Pool.LockOrBurnOutV1({
        destTokenAddress: getRemoteToken(lockOrBurnIn.remoteChainSelector),
        destPoolData: s_forgery
      });
  }

  function lockOrBurn(
    Pool.LockOrBurnInV1 calldata lockOrBurnIn,
    bytes4,
    bytes calldata
  ) public view override returns (Pool.LockOrBurnOutV1 memory, uint256) {
    return (lockOrBurn(lockOrBurnIn), lockOrBurnIn.amount);
  }
}
