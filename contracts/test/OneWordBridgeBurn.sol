// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseToken} from "../interfaces/IRebaseToken.sol";

/// @notice The token's implementation, but `bridgeBurn` returns the shares alone, as before pools of generation 2.
contract OneWordBridgeBurn {
  address private immutable i_implementation;

  constructor(address implementation) {
    i_implementation = implementation;
  }

  // It stands between a proxy and its implementation, and has to answer every call of the token.
  // solhint-disable-next-line no-complex-fallback, payable-fallback
  fallback() external {
    // solhint-disable-next-line avoid-low-level-calls
    (bool done, bytes memory answer) = i_implementation.delegatecall(msg.data);
    bool shortened = done && msg.sig == IRebaseToken.bridgeBurn.selector;
    assembly {
      if iszero(done) {
        revert(add(answer, 32), mload(answer))
      }
      if shortened {
        return(add(answer, 32), 32)
      }
      return(add(answer, 32), mload(answer))
    }
  }
}
