// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPoolV1} from "@chainlink/contracts-ccip/contracts/interfaces/IPool.sol";
import {Pool} from "@chainlink/contracts-ccip/contracts/libraries/Pool.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Stands where an OffRamp stands: measures what it lets a pool use, and goes on when a pool refuses.
contract ThreeCallProbe {
  event Measured(uint256 gasUsed, uint256 destinationAmount, uint256 balanceChange);
  event Refused(bytes reason);

  function releaseOrMint(IPoolV1 pool, IERC20 token, Pool.ReleaseOrMintInV1 calldata input) external {
    uint256 gasBefore = gasleft();
    uint256 balanceBefore = token.balanceOf(input.receiver);
    uint256 amount = pool.releaseOrMint(input).destinationAmount;
    uint256 balanceAfter = token.balanceOf(input.receiver);
    emit Measured(gasBefore - gasleft(), amount, balanceAfter - balanceBefore);
  }

  function attempt(IPoolV1 pool, Pool.ReleaseOrMintInV1 calldata input) external {
    try pool.releaseOrMint(input) {
      return;
    } catch (bytes memory reason) {
      emit Refused(reason);
    }
  }
}
