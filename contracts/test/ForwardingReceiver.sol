// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {CCIPReceiver} from "@chainlink/contracts-ccip/contracts/applications/CCIPReceiver.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A receiver that passes half of what arrives on to the address in the message's data.
contract ForwardingReceiver is CCIPReceiver {
  constructor(address router) CCIPReceiver(router) {}

  function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
    Client.EVMTokenAmount memory arrived = message.destTokenAmounts[0];
    IERC20(arrived.token).transfer(abi.decode(message.data, (address)), arrived.amount / 2);
  }
}
