// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";

import {BroadcastCodec} from "../../../contracts/libraries/BroadcastCodec.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {RebaseReceiver} from "../../../contracts/satellite/RebaseReceiver.sol";
import {CcipWorld} from "../shared/CcipWorld.sol";

/// @notice A satellite with its receiver behind CCIP's router, and this contract as the ramp that brings messages.
abstract contract ReceiverWorld is CcipWorld {
  uint64 internal constant HOME_CHAIN = 1001;
  address internal constant BROADCASTER = address(0xB40ADCA57);

  Router internal s_router;
  RebaseToken internal s_token;
  RebaseReceiver internal s_receiver;

  function deploySatellite() internal {
    VM.warp(START);
    s_token = deployToken(false);
    s_router = deployRouter();
    openLane(s_router, HOME_CHAIN);
    s_receiver = new RebaseReceiver(address(s_router), address(s_token), address(this));
    s_receiver.setSource(HOME_CHAIN, BROADCASTER);
    s_token.grantRole(REBASER_ROLE, address(s_receiver));
  }

  function deliver(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt, uint256 sentAt) internal {
    bytes memory data = BroadcastCodec.encode(epoch, current, next, effectiveAt, uint56(sentAt));
    (bool success, ) = _execute(HOME_CHAIN, abi.encode(BROADCASTER), data);
    VM.assertTrue(success, "I21: the execution of a message");
  }

  function _execute(
    uint64 source,
    bytes memory sender,
    bytes memory data
  ) internal returns (bool success, bytes memory answer) {
    Client.Any2EVMMessage memory message = arrivingMessage(source, sender, data);
    (success, answer, ) = s_router.routeMessage(message, 5_000, 300_000, address(s_receiver));
  }

  function stateOf() internal view returns (bytes memory state) {
    (, state) = address(s_token).staticcall(abi.encodeCall(RebaseToken.indexState, ()));
  }
}
