// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {Pool} from "@chainlink/contracts-ccip/contracts/libraries/Pool.sol";
import {TokenPool} from "@chainlink/contracts-ccip/contracts/pools/TokenPool.sol";
import {IERC20} from "@openzeppelin/contracts@4.8.3/token/ERC20/IERC20.sol";

/// @notice The pool of a compromised satellite: it burns nothing and sends whatever it was told to.
contract ForgingTokenPool is TokenPool {
  bytes private s_forgery;

  constructor(
    address token,
    address rmnProxy,
    address router
  ) TokenPool(IERC20(token), 18, new address[](0), rmnProxy, router) {}

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
}
