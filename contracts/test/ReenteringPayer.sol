// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseBroadcaster} from "../interfaces/IRebaseBroadcaster.sol";

/// @notice A payer that broadcasts again with the change that it is sent back, once.
contract ReenteringPayer {
  uint256 public skippedAgain;
  uint256 public sentAgain;
  bool private s_entered;

  // What it is there for: to call back from the refund.
  // solhint-disable-next-line no-complex-fallback
  receive() external payable {
    if (s_entered) return;
    s_entered = true;
    (uint64[] memory selectors, , uint256 skipped) = IRebaseBroadcaster(msg.sender).broadcastPending{value: msg.value}(
      address(0),
      type(uint256).max,
      0
    );
    (sentAgain, skippedAgain) = (selectors.length, skipped);
  }

  function broadcastPending(IRebaseBroadcaster broadcaster) external payable {
    broadcaster.broadcastPending{value: msg.value}(address(0), type(uint256).max, 0);
  }
}
