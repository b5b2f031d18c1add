// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title BroadcastCodec
/// @notice The home's whole index state in two words: `version(8) | epoch(32) | effectiveAt(56) | zero(160)` and
/// `zero(64) | current(96) | next(96)`.
/// @dev A message carries the state, never a change of it: whichever message arrives last is enough.
library BroadcastCodec {
  /// @notice The version this codec writes and the only one it reads.
  uint8 internal constant VERSION = 1;

  /// @notice The length of an encoded broadcast in bytes.
  uint256 internal constant LENGTH = 64;

  uint256 private constant VERSION_SHIFT = 248;
  uint256 private constant EPOCH_SHIFT = 216;
  uint256 private constant EFFECTIVE_AT_SHIFT = 160;
  uint256 private constant CURRENT_SHIFT = 96;

  /// @notice The payload is not two words.
  /// @param length The length received, in bytes.
  error InvalidBroadcastLength(uint256 length);

  /// @notice The payload was written by a codec this receiver does not know.
  /// @param version The version received.
  error UnsupportedBroadcastVersion(uint8 version);

  /// @notice Bits that the version leaves unused are set.
  /// @param header The first word.
  /// @param body The second word.
  error InvalidBroadcastPadding(uint256 header, uint256 body);

  /// @notice A value does not fit its field.
  /// @param current Shares per token unit before effectiveAt, 96 bits.
  /// @param next Shares per token unit from effectiveAt on, 96 bits.
  /// @param effectiveAt Unix seconds, 56 bits.
  error BroadcastValueTooLarge(uint256 current, uint256 next, uint256 effectiveAt);

  /// @notice Packs the home's index state.
  /// @param epoch The number of the rebase.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  /// @param effectiveAt Unix seconds.
  /// @return payload 64 bytes.
  function encode(
    uint32 epoch,
    uint256 current,
    uint256 next,
    uint256 effectiveAt
  ) internal pure returns (bytes memory payload) {
    if (current > type(uint96).max || next > type(uint96).max || effectiveAt > type(uint56).max) {
      revert BroadcastValueTooLarge(current, next, effectiveAt);
    }
    payload = abi.encode(
      (uint256(VERSION) << VERSION_SHIFT) | (uint256(epoch) << EPOCH_SHIFT) | (effectiveAt << EFFECTIVE_AT_SHIFT),
      (current << CURRENT_SHIFT) | next
    );
  }

  /// @notice Unpacks an index state and refuses whatever `encode` could not have written.
  /// @param payload The two words.
  /// @return epoch The number of the rebase.
  /// @return current Shares per token unit before effectiveAt.
  /// @return next Shares per token unit from effectiveAt on.
  /// @return effectiveAt Unix seconds.
  function decode(
    bytes memory payload
  ) internal pure returns (uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) {
    if (payload.length != LENGTH) revert InvalidBroadcastLength(payload.length);
    (uint256 header, uint256 body) = abi.decode(payload, (uint256, uint256));
    // Each cast keeps exactly the bits of its field; the unused ones are shown to be zero below.
    uint8 version = uint8(header >> VERSION_SHIFT);
    if (version != VERSION) revert UnsupportedBroadcastVersion(version);
    if (uint160(header) != 0 || body >> 192 != 0) revert InvalidBroadcastPadding(header, body);
    epoch = uint32(header >> EPOCH_SHIFT);
    effectiveAt = uint56(header >> EFFECTIVE_AT_SHIFT);
    current = body >> CURRENT_SHIFT;
    next = uint96(body);
  }
}
