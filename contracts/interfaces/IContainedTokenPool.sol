// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IContainedTokenPool
/// @notice A home's pool that mints over a contained lane no more than left over it.
/// @dev For meshes in which satellites are connected with home only: then a forged satellite can take no more out of home than
/// went to it, and not what went to others. Where satellites are connected with each other, shares come home over another lane
/// than they left by, and honest returns would fail: a lane must not be contained there.
interface IContainedTokenPool {
  /// @notice What is counted of a lane.
  /// @param isContained True if the lane is counted and bounded.
  /// @param outstanding Shares that left over it and have not come back.
  struct Containment {
    bool isContained;
    uint256 outstanding;
  }

  /// @notice More shares would come home over a lane than left by it.
  /// @param remoteChainSelector CCIP selector of the other chain.
  /// @param shares The shares that would come home.
  /// @param outstanding The shares that may.
  error SharesExceedLane(uint64 remoteChainSelector, uint256 shares, uint256 outstanding);

  /// @notice Only a pool at home contains lanes: a satellite does not know what was issued.
  error NotHomePool();

  /// @notice The lane is contained already: its count would be lost.
  /// @param remoteChainSelector CCIP selector of the other chain.
  error LaneContained(uint64 remoteChainSelector);

  /// @notice The pool named is this one.
  error SamePool();

  /// @notice Emitted when a lane is contained, or no longer.
  /// @param remoteChainSelector CCIP selector of the other chain.
  /// @param isContained True if it is bounded from now on.
  /// @param outstanding Shares that may come home over it.
  event ContainmentSet(uint64 indexed remoteChainSelector, bool isContained, uint256 outstanding);

  /// @notice Begins to bound a lane. Only the owner. LaneContained twice, NonExistentChain for a lane that the pool does not
  /// have.
  /// @dev Before the first transfer `outstanding` is 0; later it is an audited figure, set while the lane is closed and
  /// nothing is on its way.
  /// @param remoteChainSelector CCIP selector of the other chain.
  /// @param outstanding Shares that are on the other chain.
  function contain(uint64 remoteChainSelector, uint256 outstanding) external;

  /// @notice Ends the bound of a lane, and forgets its count. Only the owner. To be called before satellites are connected with
  /// each other, and again nothing changes.
  /// @param remoteChainSelector CCIP selector of the other chain.
  function release(uint64 remoteChainSelector) external;

  /// @notice Takes over the counts of the pool that this one replaces, in the same batch that names this one in the registry.
  /// Only the owner. Lanes that were not contained there are passed over. LaneContained for a lane that is counted here
  /// already, SamePool for this pool.
  /// @param previousPool The pool that is replaced.
  /// @param remoteChainSelectors CCIP selectors of the other chains.
  function adopt(address previousPool, uint64[] calldata remoteChainSelectors) external;

  /// @notice What is counted of a lane; all zero for one that is not contained.
  /// @param remoteChainSelector CCIP selector of the other chain.
  function getContainment(uint64 remoteChainSelector) external view returns (Containment memory);
}
