// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";

import {ContainedRebaseTokenPool} from "../../../contracts/ccip/ContainedRebaseTokenPool.sol";
import {IContainedTokenPool} from "../../../contracts/interfaces/IContainedTokenPool.sol";
import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {CcipWorld} from "../shared/CcipWorld.sol";

/// @notice K12: over a contained lane no more comes home than went out, whatever the satellite says.
contract ContainedRebaseTokenPoolTest is CcipWorld {
  uint64 private constant CONTAINED = 2002;
  uint64 private constant FREE = 3003;
  address private constant REMOTE_POOL = address(0x2000002);

  RebaseToken private s_token;
  Router private s_router;
  ContainedRebaseTokenPool private s_pool;
  // Shares that went out over each lane and did not come back.
  mapping(uint64 selector => uint256 shares) private s_out;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(true);
    s_token.mint(ALICE, 1e30);
    s_router = deployRouter();
    openLane(s_router, CONTAINED);
    openLane(s_router, FREE);
    s_pool = _deployPool();
    s_pool.contain(CONTAINED, 0);
  }

  function testFuzz_K12_noMoreComesBackThanWentOut(uint256[7] memory moves) external {
    for (uint256 i = 0; i < moves.length; ++i) {
      uint64 selector = moves[i] % 3 == 0 ? FREE : CONTAINED;
      uint256 seed = uint256(keccak256(abi.encode(moves[i])));
      if ((moves[i] >> 4) % 2 == 0) _leave(selector, seed);
      else _return(selector, seed);
      if ((moves[i] >> 8) % 6 == 0) s_token.rebase(s_token.epoch() + 1, 1e23 + (seed % 1e25), block.timestamp);
      _requireCounted(s_pool);
    }
    // The next pool takes the count over.
    ContainedRebaseTokenPool next = _deployPool();
    uint64[] memory selectors = new uint64[](2);
    (selectors[0], selectors[1]) = (CONTAINED, FREE);
    next.adopt(address(s_pool), selectors);
    _requireCounted(next);
  }

  function testFuzz_K12_theOwnersFigureCounts(uint256 outstanding, uint256 shares) external {
    s_pool.contain(FREE, within(outstanding, 0, 1e54));
    outstanding = s_pool.getContainment(FREE).outstanding;
    VM.expectRevert(abi.encodeWithSelector(IContainedTokenPool.LaneContained.selector, FREE));
    s_pool.contain(FREE, 0);
    s_out[FREE] = outstanding;
    _leaveUnits(FREE, 1e30);
    shares = within(shares, outstanding + 1e54 + 1, type(uint208).max);
    VM.expectRevert(
      abi.encodeWithSelector(IContainedTokenPool.SharesExceedLane.selector, FREE, shares, outstanding + 1e54)
    );
    s_pool.releaseOrMint(_arriving(FREE, shares));
    s_pool.release(FREE);
    VM.assertTrue(!s_pool.getContainment(FREE).isContained, "released");
    VM.expectPartialRevert(IRebaseToken.SharesExceedOutstanding.selector);
    s_pool.releaseOrMint(_arriving(FREE, shares));
  }

  function testFuzz_K12_onlyTheOwnerContains(address stranger, uint64 selector, uint256 figure) external {
    if (stranger == address(this)) return;
    uint64[] memory selectors = new uint64[](1);
    selectors[0] = selector;
    bytes4 refusal = bytes4(keccak256("OnlyCallableByOwner()"));
    VM.startPrank(stranger);
    VM.expectRevert(refusal);
    s_pool.contain(selector, figure);
    VM.expectRevert(refusal);
    s_pool.release(selector);
    VM.expectRevert(refusal);
    s_pool.adopt(stranger, selectors);
    VM.stopPrank();
  }

  function _leave(uint64 selector, uint256 seed) private {
    uint256 balance = s_token.balanceOf(ALICE);
    if (balance > 1) _leaveUnits(selector, within(seed, 0, balance / 2));
  }

  function _leaveUnits(uint64 selector, uint256 amount) private {
    VM.prank(ALICE);
    s_token.transfer(address(s_pool), amount);
    s_pool.lockOrBurn(leaving(selector, address(s_token), amount));
    s_out[selector] += amount * s_token.sharesPerToken();
  }

  /// @dev What was out, or more: a satellite can say anything.
  function _return(uint64 selector, uint256 seed) private {
    uint256 outstanding = s_token.issuedShares() - s_token.totalShares();
    uint256 shares = within(seed, 0, seed % 4 == 0 ? type(uint208).max : s_out[selector]);
    Pool.ReleaseOrMintInV1 memory input = _arriving(selector, shares);
    bool isLaneExceeded = selector == CONTAINED && shares > s_out[selector];
    bool isHomeExceeded = shares > outstanding;
    if (isLaneExceeded) {
      VM.expectRevert(
        abi.encodeWithSelector(IContainedTokenPool.SharesExceedLane.selector, selector, shares, s_out[selector])
      );
    } else if (isHomeExceeded) {
      VM.expectRevert(abi.encodeWithSelector(IRebaseToken.SharesExceedOutstanding.selector, shares, outstanding));
    }
    s_pool.releaseOrMint(input);
    if (isLaneExceeded || isHomeExceeded) return;
    // Over the free lane more can come than went, at the expense of what is out elsewhere.
    s_out[selector] = shares > s_out[selector] ? 0 : s_out[selector] - shares;
  }

  function _requireCounted(ContainedRebaseTokenPool pool) private view {
    IContainedTokenPool.Containment memory containment = pool.getContainment(CONTAINED);
    VM.assertTrue(containment.isContained, "contained");
    VM.assertEq(containment.outstanding, s_out[CONTAINED], "shares that are out over the lane");
    VM.assertTrue(!pool.getContainment(FREE).isContained, "not contained");
  }

  function _deployPool() private returns (ContainedRebaseTokenPool pool) {
    pool = new ContainedRebaseTokenPool(address(s_token), address(this), address(s_router));
    s_token.grantRole(BRIDGE_ROLE, address(pool));
    connect(pool, CONTAINED, REMOTE_POOL, address(s_token));
    connect(pool, FREE, REMOTE_POOL, address(s_token));
  }

  function _arriving(uint64 selector, uint256 shares) private view returns (Pool.ReleaseOrMintInV1 memory) {
    bytes memory data = abi.encode((uint256(1) << 248) | (uint256(18) << 240) | shares);
    return arriving(selector, REMOTE_POOL, address(s_token), BOB, data);
  }
}
