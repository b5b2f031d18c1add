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

/// @notice Every function of the token that is not a view, called by Carol, who has units and an allowance of Bob's, but no
/// role, with arguments that whoever has the role could use.
contract StrangersTest is TokenWorld {
  bytes32 private constant IMPLEMENTATION = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);
  bytes32 private constant INITIALIZED = 0xf0c57e16840df040f15088dc2f81fe391c3923bec73e23a9662efc9c199c6a00;
  uint256 private constant HOLDERS_FUNCTIONS = 6;
  uint256 private constant FUNCTIONS = 26;

  RebaseToken private immutable i_next = new RebaseToken();
  RebaseToken private s_home;
  RebaseToken private s_satellite;

  function setUp() external {
    VM.warp(START);
    s_home = deployToken(true);
    s_satellite = deployToken(false);
    s_satellite.sync(3, 1e24 + 7, 1e24 + 9, START + 1 days);
    s_home.mint(ALICE, 1e24 + 1);
    s_home.mint(BOB, 7e20);
    s_home.mint(CAROL, 2e20);
    s_home.mint(address(this), 1e20);
    s_satellite.bridgeMint(ALICE, 5e47 + 11);
    s_satellite.bridgeMint(BOB, 7e44 + 3);
    s_satellite.bridgeMint(CAROL, 2e44 + 5);
    s_satellite.bridgeMint(address(this), 1e44);
    _arrange(s_home);
    _arrange(s_satellite);
    VM.warp(START + 1);
  }

  /// @notice I10: no call of a stranger lowers anyone else's shares beyond an allowance, or changes the index, a role, a delay or the code.
  function testFuzz_I10_noCallOfAStrangerTouchesOthers(
    uint256 pick,
    bool atHome,
    bool isPaused,
    uint256[4] memory x
  ) external {
    RebaseToken token = atHome ? s_home : s_satellite;
    if (isPaused) token.pause();
    pick %= FUNCTIONS;
    bytes memory call = pick < HOLDERS_FUNCTIONS ? _holdersCall(pick, x) : _rolesCall(token, pick, x);
    bytes32 before = _stateOf(token);
    Holdings memory old = holdingsOf(token);
    uint256 allowed = token.allowance(BOB, CAROL);

    VM.prank(CAROL);
    (bool done, ) = address(token).call(call);

    VM.assertEq(_stateOf(token), before, done ? "the state after a call that succeeded" : "the state after a revert");
    VM.assertGe(token.sharesOf(address(this)), 1e44, "shares of the bridge");
    VM.assertGe(token.sharesOf(ALICE), old.aliceShares, "Alice's shares");
    VM.assertLe(token.allowance(BOB, CAROL), allowed, "Bob's allowance");
    uint256 spent = (allowed - token.allowance(BOB, CAROL)) * token.sharesPerToken();
    VM.assertGe(token.sharesOf(BOB) + spent, old.bobShares, "Bob's shares and what he allowed");
  }

  /// @dev The allowance, and what of the default admin's two steps can be accepted or taken back.
  function _arrange(RebaseToken token) private {
    VM.prank(ALICE);
    token.approve(BOB, 1e20);
    VM.prank(BOB);
    token.approve(CAROL, 1e20);
    token.beginDefaultAdminTransfer(BOB);
    token.changeDefaultAdminDelay(1 days);
  }

  function _holdersCall(uint256 pick, uint256[4] memory x) private view returns (bytes memory) {
    (address a, address b) = (_account(x[0]), _account(x[1]));
    uint256 amount = x[3] % 8 == 0 ? x[2] : within(x[2], 0, 1e20);
    uint256 shares = x[3] % 8 == 0 ? x[2] : within(x[2], 0, 1e44);
    if (pick == 0) return abi.encodeCall(IERC20.transfer, (a, amount));
    if (pick == 1) return abi.encodeCall(IERC20.approve, (a, amount));
    if (pick == 2) return abi.encodeCall(IERC20.transferFrom, (a, b, amount));
    if (pick == 3) return abi.encodeCall(IRebaseToken.transferShares, (a, shares));
    if (pick == 4) return abi.encodeCall(IRebaseToken.transferSharesFrom, (a, b, shares));
    // The signature of somebody, as about half of such values are.
    (uint8 v, bytes32 r, bytes32 s) = (uint8(27 + (x[3] % 2)), bytes32(x[2]), bytes32(x[3] >> 1));
    return abi.encodeCall(IERC20Permit.permit, (a, b, amount, block.timestamp, v, r, s));
  }

  function _rolesCall(RebaseToken token, uint256 pick, uint256[4] memory x) private view returns (bytes memory) {
    (address a, address b) = (_account(x[0]), _account(x[1]));
    uint256 amount = within(x[2], 0, 1e20);
    uint32 epoch = token.epoch() + 1;
    uint256 at = block.timestamp + (x[0] % 2) * (x[1] % 1 days);
    if (pick == 6) return abi.encodeCall(IRebaseToken.mint, (a, amount));
    if (pick == 7) return abi.encodeCall(IRebaseToken.burn, (a, amount));
    if (pick == 8) return abi.encodeCall(IRebaseToken.bridgeMint, (a, amount));
    if (pick == 9) return abi.encodeCall(IRebaseToken.bridgeBurn, (amount));
    if (pick == 10) return abi.encodeCall(IRebaseToken.rebase, (epoch, index(x[2]), at));
    if (pick == 11) return abi.encodeCall(IRebaseToken.sync, (epoch, index(x[2]), index(x[3]), at));
    if (pick == 12) return abi.encodeCall(IRebaseToken.resync, (epoch, index(x[2]), index(x[3]), at));
    if (pick == 13) return abi.encodeCall(IRebaseToken.recoverShares, (a, b, amount));
    if (pick == 14) return abi.encodeCall(IRebaseToken.pause, ());
    if (pick == 15) return abi.encodeCall(IRebaseToken.unpause, ());
    if (pick == 16) return abi.encodeCall(IAccessControl.grantRole, (_role(x[2]), a));
    if (pick == 17) return abi.encodeCall(IAccessControl.revokeRole, (_role(x[2]), a));
    if (pick == 18) return abi.encodeCall(IAccessControl.renounceRole, (_role(x[2]), a));
    if (pick == 19) return abi.encodeCall(UUPSUpgradeable.upgradeToAndCall, (address(i_next), ""));
    if (pick == 20) return abi.encodeCall(RebaseToken.initialize, ("Another", "ANO", x[0] % 2 == 0, CAROL, 0));
    if (pick == 21) return abi.encodeCall(IAccessControlDefaultAdminRules.beginDefaultAdminTransfer, (a));
    if (pick == 22) return abi.encodeCall(IAccessControlDefaultAdminRules.cancelDefaultAdminTransfer, ());
    if (pick == 23) return abi.encodeCall(IAccessControlDefaultAdminRules.acceptDefaultAdminTransfer, ());
    if (pick == 24)
      return abi.encodeCall(IAccessControlDefaultAdminRules.changeDefaultAdminDelay, (uint48(x[2] % 9 days)));
    return abi.encodeCall(IAccessControlDefaultAdminRules.rollbackDefaultAdminDelay, ());
  }

  /// @dev All that only those with a role may change, and what the others have signed or allowed.
  function _stateOf(RebaseToken token) private view returns (bytes32) {
    bytes memory said = abi.encode(syncStateOf(token), token.isHome(), token.paused(), token.name());
    bytes memory supply = abi.encode(token.totalShares(), token.isHome() ? token.issuedShares() : 0);
    bytes memory code = abi.encode(VM.load(address(token), IMPLEMENTATION), VM.load(address(token), INITIALIZED));
    return keccak256(bytes.concat(said, supply, code, _adminsOf(token), _rolesOf(token), _permissionsOf(token)));
  }

  function _adminsOf(RebaseToken token) private view returns (bytes memory) {
    (address admin, uint48 from) = token.pendingDefaultAdmin();
    (uint48 delay, uint48 delayFrom) = token.pendingDefaultAdminDelay();
    return abi.encode(admin, from, delay, delayFrom, token.defaultAdmin(), token.defaultAdminDelay());
  }

  function _permissionsOf(RebaseToken token) private view returns (bytes memory) {
    return
      abi.encode(
        token.allowance(ALICE, BOB),
        token.allowance(ALICE, CAROL),
        token.allowance(BOB, ALICE),
        token.nonces(ALICE),
        token.nonces(BOB)
      );
  }

  /// @dev The roles of every account, a bit each, and who grants them.
  function _rolesOf(RebaseToken token) private view returns (bytes memory) {
    uint256 roles = 0;
    bytes32[6] memory granting;
    for (uint256 i = 0; i < 6; ++i) {
      granting[i] = token.getRoleAdmin(_role(i));
      for (uint256 j = 0; j < 6; ++j) {
        if (token.hasRole(_role(i), _account(j))) roles |= 1 << (6 * i + j);
      }
    }
    return abi.encode(roles, granting);
  }

  function _role(uint256 pick) private pure returns (bytes32) {
    return [bytes32(0), ISSUER_ROLE, REBASER_ROLE, BRIDGE_ROLE, GUARDIAN_ROLE, UNPAUSER_ROLE][pick % 6];
  }

  function _account(uint256 pick) private view returns (address) {
    return [ALICE, BOB, CAROL, address(this), address(s_home), address(s_satellite)][pick % 6];
  }
}
