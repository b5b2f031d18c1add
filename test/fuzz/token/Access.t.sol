// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IAccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice What somebody without a role can do to the token, at home and on a satellite.
contract AccessTest is TokenWorld {
  bytes32 private constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);

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
    bytes32 before = _stateOf(token);
    VM.prank(stranger);
    (bool done, bytes memory answer) = address(token).call(call);
    VM.assertTrue(!done, "refused");
    VM.assertEq(
      answer,
      abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, stranger, role),
      "the reason"
    );
    VM.assertEq(_stateOf(token), before, "the state of the token");
  }

  /// @notice I10: no call of a stranger changes anyone else's shares, the index, the roles or the code.
  function testFuzz_I10_noCallOfAStrangerTouchesOthers(uint256 pick, bool atHome, uint256[6] memory words) external {
    RebaseToken token = atHome ? s_home : s_satellite;
    for (uint256 i = 0; i < words.length; ++i) {
      uint256 kind = words[i] % 5;
      if (kind == 0) words[i] = uint160(ALICE);
      else if (kind == 1) words[i] = uint160(CAROL);
      else if (kind == 2) words[i] = words[i] >> 200;
    }
    bytes memory call = abi.encodePacked(_changing(pick), abi.encode(words));
    bytes32 before = _stateOf(token);
    VM.prank(CAROL);
    (bool done, ) = address(token).call(call);
    VM.assertEq(_stateOf(token), before, done ? "the state after a call that succeeded" : "the state after a revert");
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

  /// @dev Every function of the token that is not a view.
  function _changing(uint256 pick) private pure returns (bytes4) {
    bytes4[24] memory selectors = [
      IERC20.transfer.selector,
      IERC20.approve.selector,
      IERC20.transferFrom.selector,
      IERC20Permit.permit.selector,
      IRebaseToken.transferShares.selector,
      IRebaseToken.transferSharesFrom.selector,
      IRebaseToken.mint.selector,
      IRebaseToken.burn.selector,
      IRebaseToken.bridgeMint.selector,
      IRebaseToken.bridgeBurn.selector,
      IRebaseToken.rebase.selector,
      IRebaseToken.sync.selector,
      IRebaseToken.resync.selector,
      IRebaseToken.recoverShares.selector,
      IRebaseToken.pause.selector,
      IRebaseToken.unpause.selector,
      IAccessControl.grantRole.selector,
      IAccessControl.revokeRole.selector,
      IAccessControl.renounceRole.selector,
      UUPSUpgradeable.upgradeToAndCall.selector,
      RebaseToken.initialize.selector,
      IAccessControlDefaultAdminRules.beginDefaultAdminTransfer.selector,
      IAccessControlDefaultAdminRules.acceptDefaultAdminTransfer.selector,
      IAccessControlDefaultAdminRules.changeDefaultAdminDelay.selector
    ];
    return selectors[pick % selectors.length];
  }

  /// @dev Everything that a stranger could want to change.
  function _stateOf(RebaseToken token) private view returns (bytes32) {
    bytes memory state = syncStateOf(token);
    bytes memory admins = abi.encode(token.defaultAdmin(), token.defaultAdminDelay(), token.paused());
    bool hasNone =
      !token.hasRole(ISSUER_ROLE, CAROL) &&
        !token.hasRole(REBASER_ROLE, CAROL) &&
        !token.hasRole(BRIDGE_ROLE, CAROL) &&
        !token.hasRole(GUARDIAN_ROLE, CAROL) &&
        !token.hasRole(UNPAUSER_ROLE, CAROL);
    bytes32 code = VM.load(address(token), IMPLEMENTATION);
    uint256 allowance = token.allowance(ALICE, CAROL);
    return keccak256(abi.encode(state, admins, hasNone, code, allowance, holdingsOf(token)));
  }
}
