// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {InvariantTest} from "../shared/InvariantTest.sol";
import {TokenHandler} from "./TokenHandler.sol";

/// @notice The token alone, at home, against shares that the handler counts.
contract TokenInvariants is InvariantTest {
  TokenHandler private s_handler;

  function setUp() external {
    s_handler = new TokenHandler();
    setHandler(address(s_handler));
  }

  /// @notice I1, I2, I9, I14, I24: each account has the shares it should have, their sum is the total, and the supply covers all.
  function invariant_I1_theTokenKeepsEveryShare() external {
    VM.warp(s_handler.s_now());
    RebaseToken token = s_handler.i_token();
    uint256 k = s_handler.sharesPerToken();
    VM.assertEq(token.sharesPerToken(), k, "the index");
    VM.assertEq(token.epoch(), s_handler.s_epoch(), "the epoch");

    uint256 actors = s_handler.ACTORS();
    uint256 shares = 0;
    uint256 balances = 0;
    for (uint256 i = 0; i <= actors; ++i) {
      address account = i == actors ? address(s_handler) : s_handler.actor(i);
      uint256 held = token.sharesOf(account);
      VM.assertEq(held, s_handler.s_shares(account), "shares of an account");
      VM.assertEq(token.balanceOf(account), held / k, "the balance of an account");
      shares += held;
      balances += held / k;
    }
    VM.assertEq(token.totalShares(), shares, "the sum of shares");
    VM.assertEq(shares, s_handler.s_total(), "total shares");
    VM.assertEq(token.totalSupply(), shares / k, "the supply");
    VM.assertLe(balances, shares / k, "the sum of balances");
    VM.assertLt(shares / k, balances + actors + 1, "the supply");
    VM.assertEq(token.issuedShares(), s_handler.s_issued(), "issued shares");
    VM.assertEq(token.issuedShares() - shares, s_handler.s_outstanding(), "shares abroad");
    VM.assertLe(token.issuedShares(), type(uint208).max, "issued shares");
  }
}
