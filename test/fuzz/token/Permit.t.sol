// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice I16: a permit is valid once, for its chain and its token.
contract PermitTest is TokenWorld {
  bytes32 private constant PERMIT = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
  );
  uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

  struct Signed {
    address owner;
    uint256 value;
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
  }

  RebaseToken private s_token;
  RebaseToken private s_other;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(true);
    s_other = deployToken(false);
  }

  function testFuzz_I16_aPermitIsValidOnce(uint256 key, uint256 value, uint256 deadline) external {
    Signed memory signed = _sign(key, value, deadline);
    _submit(s_token, signed);
    VM.assertEq(s_token.allowance(signed.owner, BOB), value, "the allowance");
    VM.assertEq(s_token.nonces(signed.owner), 1, "the nonce");
    VM.assertTrue(!_isTaken(s_token, signed), "not a second time");
  }

  function testFuzz_B7_aPermitIsForItsTokenAndChain(uint256 key, uint256 value, uint64 chain) external {
    Signed memory signed = _sign(key, value, type(uint256).max);
    VM.assertTrue(!_isTaken(s_other, signed), "not by another token");
    uint256 here = block.chainid;
    if (chain == here || chain == 0) ++chain;
    VM.chainId(chain);
    VM.assertTrue(!_isTaken(s_token, signed), "not on another chain");
    VM.chainId(here);
    VM.assertTrue(_isTaken(s_token, signed), "on its own");
  }

  /// @notice B8: neither another value, an expired one, nor the same signature with the other s.
  function testFuzz_B8_noOtherPermitIsTaken(uint256 key, uint256 value, uint256 other, uint256 late) external {
    Signed memory signed = _sign(key, value, START);
    if (other != value) {
      signed.value = other;
      VM.assertTrue(!_isTaken(s_token, signed), "not for another value");
      signed.value = value;
    }
    (bytes32 s, uint8 v) = (signed.s, signed.v);
    (signed.s, signed.v) = (bytes32(ORDER - uint256(s)), v ^ 7);
    VM.assertTrue(!_isTaken(s_token, signed), "not malleable");
    (signed.s, signed.v) = (s, v);
    VM.warp(START + within(late, 1, 3650 days));
    VM.assertTrue(!_isTaken(s_token, signed), "not after its deadline");
    VM.warp(START);
    VM.assertTrue(_isTaken(s_token, signed), "in time");
  }

  function _sign(uint256 key, uint256 value, uint256 deadline) private view returns (Signed memory signed) {
    key = within(key, 1, ORDER - 1);
    signed.owner = VM.addr(key);
    (signed.value, signed.deadline) = (value, within(deadline, START, type(uint256).max));
    bytes32 message = keccak256(abi.encode(PERMIT, signed.owner, BOB, value, 0, signed.deadline));
    bytes32 digest = keccak256(abi.encodePacked("\x19\x01", s_token.DOMAIN_SEPARATOR(), message));
    (signed.v, signed.r, signed.s) = VM.sign(key, digest);
  }

  function _submit(RebaseToken token, Signed memory signed) private {
    token.permit(signed.owner, BOB, signed.value, signed.deadline, signed.v, signed.r, signed.s);
  }

  function _isTaken(RebaseToken token, Signed memory signed) private returns (bool) {
    try token.permit(signed.owner, BOB, signed.value, signed.deadline, signed.v, signed.r, signed.s) {
      return true;
    } catch {
      return false;
    }
  }
}
