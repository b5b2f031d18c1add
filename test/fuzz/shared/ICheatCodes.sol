// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @notice The part of forge's cheat codes that these tests use.
interface ICheatCodes {
  /// @notice An event as it was recorded.
  struct Log {
    bytes32[] topics;
    bytes data;
    address emitter;
  }

  function warp(uint256 timestamp) external;
  function chainId(uint256 id) external;
  function deal(address account, uint256 balance) external;
  function prank(address sender) external;
  function startPrank(address sender) external;
  function stopPrank() external;
  function store(address target, bytes32 slot, bytes32 value) external;
  function load(address target, bytes32 slot) external view returns (bytes32);
  function readFile(string calldata path) external view returns (string memory data);
  function expectRevert(bytes4 selector) external;
  function expectRevert(bytes calldata reason) external;
  function expectPartialRevert(bytes4 selector) external;
  function recordLogs() external;
  function getRecordedLogs() external returns (Log[] memory logs);
  function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);
  function parseBytes(string calldata text) external pure returns (bytes memory);
  function addr(uint256 privateKey) external pure returns (address);
  function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

  /// @dev A fuzzed call that it refuses is not counted as one that was made.
  function assume(bool condition) external pure;
  function assertTrue(bool condition, string calldata message) external pure;
  function assertEq(uint256 left, uint256 right, string calldata message) external pure;
  function assertEq(address left, address right, string calldata message) external pure;
  function assertEq(bytes32 left, bytes32 right, string calldata message) external pure;
  function assertEq(bytes calldata left, bytes calldata right, string calldata message) external pure;
  function assertLe(uint256 left, uint256 right, string calldata message) external pure;
  function assertGe(uint256 left, uint256 right, string calldata message) external pure;
  function assertLt(uint256 left, uint256 right, string calldata message) external pure;
}
