// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice The roles and the pause of the token, at home and on a satellite.
contract AccessTest is TokenWorld {
  RebaseToken private s_home;
  RebaseToken private s_satellite;

  function setUp() external {
    VM.warp(START);
    s_home = deployToken(true);
    s_home.mint(ALICE, 1e24 + 1);
    s_home.mint(BOB, 7);
    s_satellite = deployToken(false);
    s_satellite.sync(3, 1e24 + 7, 1e24 + 9, START + 1 days);
    s_satellite.bridgeMint(ALICE, 5e47 + 11);
    s_satellite.bridgeMint(BOB, 3);
  }

  /// @notice G10: each function of a role refuses whoever does not have it, whatever is asked.
  function testFuzz_G10_functionsOfRolesRefuseStrangers(
    address stranger,
    uint256 pick,
    bool atHome,
    uint256[4] memory x
  ) external {
    if (stranger == address(this) || stranger == address(0)) return;
    (bytes memory call, bytes32 role) = _privileged(pick, x);
    RebaseToken token = atHome ? s_home : s_satellite;
    VM.prank(stranger);
    (bool done, bytes memory answer) = address(token).call(call);
    VM.assertTrue(!done, "refused");
    VM.assertEq(
      answer,
      abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, role),
      "the reason"
    );
  }

  /// @notice B11: while it is paused no shares move, in any way, and the index still does.
  function testFuzz_B11_pausedNothingMoves(uint256 amount, uint256 shares, uint256 next) external {
    s_home.pause();
    bytes4 paused = IRebaseToken.EnforcedPause.selector;
    VM.expectRevert(paused);
    s_home.mint(ALICE, amount % 1e30);
    VM.prank(ALICE);
    s_home.approve(address(this), type(uint256).max);
    VM.expectRevert(paused);
    s_home.burn(ALICE, amount);
    VM.expectRevert(paused);
    s_home.bridgeMint(ALICE, shares);
    VM.expectRevert(paused);
    s_home.bridgeBurn(amount);
    VM.startPrank(ALICE);
    VM.expectRevert(paused);
    s_home.transfer(BOB, amount);
    VM.expectRevert(paused);
    s_home.transferShares(BOB, within(shares, 0, 1e48));
    VM.stopPrank();
    VM.expectRevert(paused);
    s_home.transferFrom(ALICE, BOB, amount);
    VM.expectRevert(paused);
    s_home.transferSharesFrom(ALICE, BOB, shares);
    s_home.rebase(2, index(next), block.timestamp);
    VM.assertTrue(s_home.paused(), "still paused");
    s_home.unpause();
    uint256 balance = s_home.balanceOf(ALICE);
    VM.prank(ALICE);
    s_home.transfer(BOB, balance);
  }

  function _privileged(uint256 pick, uint256[4] memory x) private view returns (bytes memory call, bytes32 role) {
    address a = address(uint160(x[0]));
    pick %= 11;
    if (pick == 0) return (abi.encodeCall(IRebaseToken.mint, (a, x[1])), ISSUER_ROLE);
    if (pick == 1) return (abi.encodeCall(IRebaseToken.burn, (a, x[1])), ISSUER_ROLE);
    if (pick == 2) return (abi.encodeCall(IRebaseToken.rebase, (uint32(x[0]), x[1], x[2])), REBASER_ROLE);
    if (pick == 3) return (abi.encodeCall(IRebaseToken.sync, (uint32(x[0]), x[1], x[2], x[3])), REBASER_ROLE);
    if (pick == 4) return (abi.encodeCall(IRebaseToken.bridgeMint, (a, x[1])), BRIDGE_ROLE);
    if (pick == 5) return (abi.encodeCall(IRebaseToken.bridgeBurn, (x[1])), BRIDGE_ROLE);
    if (pick == 6) return (abi.encodeCall(IRebaseToken.pause, ()), GUARDIAN_ROLE);
    if (pick == 7) return (abi.encodeCall(IRebaseToken.unpause, ()), UNPAUSER_ROLE);
    if (pick == 8) return (abi.encodeCall(IRebaseToken.resync, (uint32(x[0]), x[1], x[2], x[3])), bytes32(0));
    if (pick == 9) return (abi.encodeCall(IRebaseToken.recoverShares, (a, BOB, x[1])), bytes32(0));
    return (abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (address(s_satellite), "")), bytes32(0));
  }
}
