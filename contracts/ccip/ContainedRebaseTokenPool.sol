// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IContainedTokenPool} from "../interfaces/IContainedTokenPool.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {RebaseTokenPool} from "./RebaseTokenPool.sol";

/// @title ContainedRebaseTokenPool
/// @notice The pool of a home whose satellites are connected with it alone.
contract ContainedRebaseTokenPool is IContainedTokenPool, RebaseTokenPool {
  // `outstanding * 2 + 1` of a contained lane, 0 of any other: a word that is read and written as a whole.
  mapping(uint64 remoteChainSelector => uint256 count) private s_counts;

  /// @param token The rebase token at home, or NotHomePool.
  /// @param rmnProxy CCIP's RMN proxy on this chain.
  /// @param router CCIP's router on this chain.
  constructor(address token, address rmnProxy, address router) RebaseTokenPool(token, rmnProxy, router) {
    if (!IRebaseToken(token).isHome()) revert NotHomePool();
  }

  /// @inheritdoc IContainedTokenPool
  function contain(uint64 remoteChainSelector, uint256 outstanding) external onlyOwner {
    _contain(remoteChainSelector, outstanding);
  }

  /// @inheritdoc IContainedTokenPool
  function release(uint64 remoteChainSelector) external onlyOwner {
    delete s_counts[remoteChainSelector];
    emit ContainmentSet(remoteChainSelector, false, 0);
  }

  /// @inheritdoc IContainedTokenPool
  function adopt(address previousPool, uint64[] calldata remoteChainSelectors) external onlyOwner {
    if (previousPool == address(this)) revert SamePool();
    for (uint256 i = 0; i < remoteChainSelectors.length; ++i) {
      uint64 selector = remoteChainSelectors[i];
      Containment memory containment = IContainedTokenPool(previousPool).getContainment(selector);
      if (containment.isContained) _contain(selector, containment.outstanding);
    }
  }

  /// @inheritdoc IContainedTokenPool
  function getContainment(uint64 remoteChainSelector) external view returns (Containment memory) {
    uint256 count = s_counts[remoteChainSelector];
    return Containment(count != 0, count >> 1);
  }

  function _contain(uint64 remoteChainSelector, uint256 outstanding) private {
    if (!isSupportedChain(remoteChainSelector)) revert NonExistentChain(remoteChainSelector);
    if (s_counts[remoteChainSelector] != 0) revert LaneContained(remoteChainSelector);
    s_counts[remoteChainSelector] = outstanding * 2 + 1;
    emit ContainmentSet(remoteChainSelector, true, outstanding);
  }

  /// @dev A figure of the owner's that leaves no room makes it revert, rather than wrap.
  function _recordLeaving(uint64 remoteChainSelector, uint256 shares) internal override {
    uint256 count = s_counts[remoteChainSelector];
    if (count != 0) s_counts[remoteChainSelector] = count + shares * 2;
  }

  function _recordArriving(uint64 remoteChainSelector, uint256 shares) internal override {
    uint256 count = s_counts[remoteChainSelector];
    if (count == 0) return;
    if (shares > count >> 1) revert SharesExceedLane(remoteChainSelector, shares, count >> 1);
    // The shares are at most half of the count.
    unchecked {
      s_counts[remoteChainSelector] = count - shares * 2;
    }
  }
}
