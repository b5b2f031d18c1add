// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {MeshBroadcasts} from "./MeshBroadcasts.sol";

/// @notice All that the fuzzer can do to a mesh: beside holders, operators and broadcasts, transfers arrive and clocks run apart.
contract MeshHandler is MeshBroadcasts {
  // CCIP

  /// @notice Delivers any transfer. What reaches a satellite before its first broadcast fails, and stays to be tried again.
  function deliverTransfer(uint256 which) external {
    VM.assume(s_transfers.length != 0);
    uint256 last = s_transfers.length - 1;
    which %= s_transfers.length;
    TokenMessage memory message = s_transfers[which];
    Chain storage chain = s_chains[message.dest];
    VM.warp(chain.clock);
    Pool.ReleaseOrMintInV1 memory input = _arriving(message);
    if (chain.token.epoch() == 0) {
      VM.expectRevert(IRebaseToken.Unsynced.selector);
      chain.pool.releaseOrMint(input);
      return;
    }
    uint256 before = chain.token.balanceOf(message.receiver);
    uint256 amount = chain.pool.releaseOrMint(input).destinationAmount;
    VM.assertEq(chain.token.balanceOf(message.receiver), before + amount, "the balance change that is reported");
    s_arrived[message.dest] += int256(message.shares);
    s_inFlight[message.receiver] -= message.shares;
    s_allInFlight -= message.shares;
    s_transfers[which] = s_transfers[last];
    s_transfers.pop();
  }

  // Clocks

  function pass(uint256 time) external {
    for (uint256 i = 0; i < CHAINS; ++i) s_chains[i].clock += time % 6 hours;
  }

  function passOn(uint256 chain, uint256 time) external {
    s_chains[chain % CHAINS].clock += time % 20 minutes;
  }

  function _arriving(TokenMessage memory message) private view returns (Pool.ReleaseOrMintInV1 memory) {
    return
      arriving(
        selectorOf(message.source),
        address(s_chains[message.source].pool),
        address(s_chains[message.dest].token),
        message.receiver,
        message.data
      );
  }
}
