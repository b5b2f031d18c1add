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
    setHandler(address(s_handler));
    exclude(s_handler.forwardFromRouter.selector);
  }

  /// @notice I22, I23, I24, I27: each share that was issued is on one chain or in flight, and is its owner's; I19, I20: each
  /// satellite says what home has said; K5, K6, K9: its feed answers what counts, as old as home's word, and what is held back is newer.
  function invariant_I22_noShareIsLostOrMade() external {
    uint256 chains = s_handler.CHAINS();
    uint256 total = s_handler.s_allInFlight();
    for (uint256 i = 0; i < chains; ++i) {
      RebaseToken token = s_handler.tokenOf(i);
      total += token.totalShares();
      _requireAnswer(i);
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
    uint32 held = s_handler.receiverOf(chain).getQuarantined().epoch;
    VM.assertTrue(held == 0 || held > epoch, "K9: the epoch of what is held back");
  }

  function _requireAnswer(uint256 chain) private {
    VM.warp(s_handler.clockOf(chain));
    (uint64 counting, uint256 k) = s_handler.tokenOf(chain).countingState();
    if (k == 0) return;
    (uint80 roundId, int256 answer, , uint256 updatedAt, ) = s_handler.feedOf(chain).latestRoundData();
    VM.assertEq(roundId, counting, "the round of the feed");
    VM.assertEq(uint256(answer), 1e42 / k, "the answer of the feed");
    // Home's own is always fresh, and a satellite's no fresher than home's clock when it sent.
    uint256 confirmed = chain == 0 ? block.timestamp : s_handler.receiverOf(chain).lastConfirmed();
    VM.assertEq(updatedAt, confirmed, "K6: the age of the answer");
    VM.assertLe(confirmed, block.timestamp, "K5: a confirmation from the future");
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
