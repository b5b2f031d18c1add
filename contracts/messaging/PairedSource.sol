// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IPairedSource} from "../interfaces/IPairedSource.sol";

/// @title PairedSource
/// @notice The pairing of a receiver with one sender on one other chain.
abstract contract PairedSource is IPairedSource, Ownable2Step {
  // Both halves lie in one word.
  address private s_sender;
  uint64 private s_sourceSelector;

  /// @inheritdoc IPairedSource
  function setSource(uint64 selector, address sender) external onlyOwner {
    if (selector == 0 || sender == address(0)) revert ZeroValue();
    s_sourceSelector = selector;
    s_sender = sender;
    emit SourceSet(selector, sender);
  }

  /// @inheritdoc IPairedSource
  function getSource() public view returns (uint64 selector, address sender) {
    return (s_sourceSelector, s_sender);
  }

  function _requireSource(uint64 selector, bytes calldata sender) internal view {
    address paired = s_sender;
    bool isPaired =
      paired != address(0) &&
        selector == s_sourceSelector &&
        sender.length == 32 &&
        abi.decode(sender, (uint256)) == uint256(uint160(paired));
    if (!isPaired) revert UnexpectedSource(selector, sender);
  }
}
