// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {RebaseToken} from "../RebaseToken.sol";

/// @notice A later version of the token, for upgrade tests.
contract RebaseTokenNext is RebaseToken {
  /// @custom:storage-location erc7201:ccip-rebase-token.RebaseTokenNext
  struct RebaseTokenNextStorage {
    uint256 answer;
  }

  // keccak256(abi.encode(uint256(keccak256("ccip-rebase-token.RebaseTokenNext")) - 1)) & ~bytes32(uint256(0xff))
  bytes32 private constant NEXT_STORAGE_LOCATION = 0x0daba3c00e1497db85c945fbd501e4ad5448bc5fff25638f24e8587ba15d7900;

  function initializeNext(uint256 value) external reinitializer(2) {
    _next().answer = value;
  }

  function answer() external view returns (uint256) {
    return _next().answer;
  }

  function _next() private pure returns (RebaseTokenNextStorage storage $) {
    assembly {
      $.slot := NEXT_STORAGE_LOCATION
    }
  }
}
