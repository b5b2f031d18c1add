// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {InvariantTest} from "../shared/InvariantTest.sol";
import {MeshHandler} from "./MeshHandler.sol";

/// @notice Three chains whose messages wait, overtake each other, repeat and get lost.
contract MeshInvariants is InvariantTest {
  MeshHandler private s_handler;

  function setUp() external {
    s_handler = new MeshHandler();
    bytes4[] memory selectors = new bytes4[](14);
    selectors[0] = MeshHandler.mint.selector;
    selectors[1] = MeshHandler.redeem.selector;
    selectors[2] = MeshHandler.rebase.selector;
    selectors[3] = MeshHandler.replaceOrCancel.selector;
    selectors[4] = MeshHandler.broadcast.selector;
    selectors[5] = MeshHandler.transfer.selector;
    selectors[6] = MeshHandler.transferShares.selector;
    selectors[7] = MeshHandler.send.selector;
    selectors[8] = MeshHandler.deliverTransfer.selector;
    selectors[9] = MeshHandler.deliverBroadcast.selector;
    selectors[10] = MeshHandler.dropBroadcast.selector;
    selectors[11] = MeshHandler.converge.selector;
    selectors[12] = MeshHandler.pass.selector;
    selectors[13] = MeshHandler.passOn.selector;
    setHandler(address(s_handler), selectors);
  }

  /// @notice I22, I23, I24, I27: each share that was issued is on one chain or in flight, and is its owner's; I19, I20: each
  /// satellite says what home has said.
  function invariant_I22_noShareIsLostOrMade() external view {
    uint256 chains = s_handler.CHAINS();
    uint256 total = s_handler.s_allInFlight();
    for (uint256 i = 0; i < chains; ++i) {
      RebaseToken token = s_handler.tokenOf(i);
      total += token.totalShares();
      if (i == 0) continue;
      VM.assertEq(token.totalShares(), uint256(s_handler.s_arrived(i)), "I23: shares of a satellite");
      _requirePublished(i);
    }
    RebaseToken home = s_handler.tokenOf(0);
    VM.assertEq(total, s_handler.s_issued(), "I22: shares everywhere");
    VM.assertEq(home.issuedShares(), s_handler.s_issued(), "issued shares");
    VM.assertLe(home.totalShares(), home.issuedShares(), "I24: shares at home");
    _requireOwned(chains);
  }

  function _requirePublished(uint256 chain) private view {
    uint32 epoch = s_handler.tokenOf(chain).epoch();
    VM.assertLe(epoch, s_handler.tokenOf(0).epoch(), "I20: the epoch of a satellite");
    if (epoch == 0) return;
    bytes32 state = keccak256(s_handler.indexStateOf(chain));
    VM.assertEq(state, s_handler.s_published(epoch), "I19: the index of a satellite");
  }

  function _requireOwned(uint256 chains) private view {
    uint256 actors = s_handler.ACTORS();
    for (uint256 i = 0; i < actors; ++i) {
      address owner = s_handler.actor(i);
      uint256 shares = s_handler.s_inFlight(owner);
      for (uint256 chain = 0; chain < chains; ++chain) shares += s_handler.tokenOf(chain).sharesOf(owner);
      VM.assertEq(shares, s_handler.s_owned(owner), "I27: shares of an owner, wherever they are");
    }
  }
}
