// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title PoolDataCodec
/// @notice The one word that travels with a token transfer: `version(8) | decimals(8) | epoch(32) | shares(208)`.
/// @dev 32 bytes are what CCIP carries for every token by default, so no lane needs a special agreement.
library PoolDataCodec {
  /// @notice The version this codec writes and the only one it reads.
  uint8 internal constant VERSION = 1;

  /// @notice The length of the encoded word in bytes.
  uint256 internal constant LENGTH = 32;

  uint256 private constant VERSION_SHIFT = 248;
  uint256 private constant DECIMALS_SHIFT = 240;
  uint256 private constant EPOCH_SHIFT = 208;

  /// @notice The data is not exactly one word.
  /// @param length The length received, in bytes.
  error InvalidPoolDataLength(uint256 length);

  /// @notice The data was written by a codec this pool does not know.
  /// @param version The version received.
  error UnsupportedPoolDataVersion(uint8 version);

  /// @notice The source token counts in other units than the local one.
  /// @param actual The decimals received.
  /// @param expected The decimals of the local token.
  error UnexpectedPoolDataDecimals(uint8 actual, uint8 expected);

  /// @notice The shares do not fit the 208 bits of the word.
  /// @param shares The shares to send.
  error PoolDataSharesTooLarge(uint256 shares);

  /// @notice Packs a transfer.
  /// @param decimals_ Decimals of the source token.
  /// @param epoch Epoch of the source token when the shares left it.
  /// @param shares Shares that travel, at most 2^208 - 1.
  /// @return data 32 bytes.
  function encode(uint8 decimals_, uint32 epoch, uint256 shares) internal pure returns (bytes memory data) {
    if (shares > type(uint208).max) revert PoolDataSharesTooLarge(shares);
    data = abi.encode(
      (uint256(VERSION) << VERSION_SHIFT) |
        (uint256(decimals_) << DECIMALS_SHIFT) |
        (uint256(epoch) << EPOCH_SHIFT) |
        shares
    );
  }

  /// @notice Unpacks a transfer and refuses whatever `encode` could not have written.
  /// @param data The word.
  /// @param expectedDecimals Decimals of the local token.
  /// @return epoch Epoch of the source token when the shares left it.
  /// @return shares Shares that travel, at most 2^208 - 1.
  function decode(bytes calldata data, uint8 expectedDecimals) internal pure returns (uint32 epoch, uint256 shares) {
    if (data.length != LENGTH) revert InvalidPoolDataLength(data.length);
    uint256 word = uint256(bytes32(data));
    // Each cast keeps exactly the bits of its field: 256 - 248 = 8, the next 8, the next 32 and the lowest 208.
    uint8 version = uint8(word >> VERSION_SHIFT);
    if (version != VERSION) revert UnsupportedPoolDataVersion(version);
    uint8 decimals_ = uint8(word >> DECIMALS_SHIFT);
    if (decimals_ != expectedDecimals) revert UnexpectedPoolDataDecimals(decimals_, expectedDecimals);
    epoch = uint32(word >> EPOCH_SHIFT);
    shares = uint208(word);
  }
}
