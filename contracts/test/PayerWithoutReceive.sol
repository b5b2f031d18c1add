// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseBroadcaster} from "../interfaces/IRebaseBroadcaster.sol";

/// @notice A payer that takes no native change back.
contract PayerWithoutReceive {
  function broadcast(IRebaseBroadcaster broadcaster, uint64[] calldata selectors, address feeToken) external payable {
    broadcaster.broadcast{value: msg.value}(selectors, feeToken, msg.value);
  }
}
