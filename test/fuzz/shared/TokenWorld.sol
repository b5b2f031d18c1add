// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {FuzzTest} from "./FuzzTest.sol";
import {ICheatCodes} from "./ICheatCodes.sol";

/// @notice A token behind its proxy, whose roles the test itself has, and holders.
abstract contract TokenWorld is FuzzTest {
  address internal constant ALICE = address(0xA11CE);
  address internal constant BOB = address(0xB0B0B);
  address internal constant CAROL = address(0xCA401);

  bytes32 internal constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
  bytes32 internal constant REBASER_ROLE = keccak256("REBASER_ROLE");
  bytes32 internal constant BRIDGE_ROLE = keccak256("BRIDGE_ROLE");
  bytes32 internal constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
  bytes32 internal constant UNPAUSER_ROLE = keccak256("UNPAUSER_ROLE");

  uint256 internal constant START = 1_800_000_000;

  /// @notice All that a movement of shares may change.
  struct Holdings {
    uint256 aliceShares;
    uint256 bobShares;
    uint256 carolShares;
    uint256 alice;
    uint256 bob;
    uint256 carol;
    uint256 totalShares;
    uint256 supply;
  }

  function deployToken(bool isHome) internal returns (RebaseToken token) {
    bytes memory setUpCall = abi.encodeCall(RebaseToken.initialize, ("Rebase Token", "RBT", isHome, address(this), 0));
    token = RebaseToken(address(new ERC1967Proxy(address(new RebaseToken()), setUpCall)));
    token.grantRole(ISSUER_ROLE, address(this));
    token.grantRole(REBASER_ROLE, address(this));
    token.grantRole(BRIDGE_ROLE, address(this));
    token.grantRole(GUARDIAN_ROLE, address(this));
    token.grantRole(UNPAUSER_ROLE, address(this));
  }

  /// @notice Syncs a satellite so that an index counts: nothing pending, with another one pending, or just come into effect.
  function syncTo(RebaseToken token, uint32 epoch, uint256 k, uint256 seed) internal {
    uint256 other = index(uint256(keccak256(abi.encode(seed, "other"))));
    if (seed % 3 == 0) token.sync(epoch, k, k, 0);
    else if (seed % 3 == 1) token.sync(epoch, k, other, block.timestamp + 1 + (seed % 1 days));
    else token.sync(epoch, other, k, block.timestamp - (seed % 2));
  }

  /// @notice All that the token says of its index and generation, encoded.
  function syncStateOf(RebaseToken token) internal view returns (bytes memory state) {
    (, state) = address(token).staticcall(abi.encodeCall(IRebaseToken.syncState, ()));
  }

  function holdingsOf(RebaseToken token) internal view returns (Holdings memory holdings) {
    holdings.aliceShares = token.sharesOf(ALICE);
    holdings.bobShares = token.sharesOf(BOB);
    holdings.carolShares = token.sharesOf(CAROL);
    holdings.alice = token.balanceOf(ALICE);
    holdings.bob = token.balanceOf(BOB);
    holdings.carol = token.balanceOf(CAROL);
    holdings.totalShares = token.totalShares();
    holdings.supply = token.totalSupply();
  }

  /// @notice A stranger lacks the role for a call.
  function requireRoleMissing(address target, address stranger, bytes memory call) internal {
    VM.prank(stranger);
    (bool done, bytes memory answer) = target.call(call);
    VM.assertTrue(!done, "refused");
    VM.assertTrue(bytes4(answer) == IAccessControl.AccessControlUnauthorizedAccount.selector, "the reason");
  }

  function requireSame(Holdings memory left, Holdings memory right) internal pure {
    VM.assertEq(keccak256(abi.encode(left)), keccak256(abi.encode(right)), "holdings");
  }

  /// @notice The recorded events are those of one movement: in units, then in shares.
  function requireMovement(address from, address to, uint256 amount, uint256 shares) internal {
    ICheatCodes.Log[] memory logs = VM.getRecordedLogs();
    VM.assertEq(logs.length, 2, "events of a movement");
    requireLog(logs[0], IERC20.Transfer.selector, from, to, amount);
    requireLog(logs[1], IRebaseToken.TransferShares.selector, from, to, shares);
  }

  function requireLog(ICheatCodes.Log memory log, bytes32 topic, address from, address to, uint256 value) private pure {
    VM.assertEq(log.topics[0], topic, "the event");
    VM.assertEq(log.topics[1], bytes32(uint256(uint160(from))), "from");
    VM.assertEq(log.topics[2], bytes32(uint256(uint160(to))), "to");
    VM.assertEq(abi.decode(log.data, (uint256)), value, "the value of the event");
  }
}
