// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title BroadcastCodec
/// @notice The home's whole index state in two words: `version(8) | epoch(32) | effectiveAt(56) | sentAt(56) | zero(104)`
/// and `zero(64) | current(96) | next(96)`.
/// @dev A message carries the state, never a change of it: whichever message arrives last is enough. Version 1, which has
/// zeros where `sentAt` is, is still read.
library BroadcastCodec {
  /// @notice The version this codec writes. It reads version 1 too.
  uint8 internal constant VERSION = 2;

  /// @notice The length of an encoded broadcast in bytes.
  uint256 internal constant LENGTH = 64;

  uint256 private constant VERSION_SHIFT = 248;
  uint256 private constant EPOCH_SHIFT = 216;
  uint256 private constant EFFECTIVE_AT_SHIFT = 160;
  uint256 private constant SENT_AT_SHIFT = 104;
  uint256 private constant CURRENT_SHIFT = 96;
  uint8 private constant VERSION_WITHOUT_TIME = 1;

  /// @notice What a message says.
  /// @param epoch The number of the rebase.
  /// @param effectiveAt Unix seconds.
  /// @param sentAt Home's block time when it was sent, unix seconds; 0 in version 1.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  struct Broadcast {
    uint32 epoch;
    uint56 effectiveAt;
    uint56 sentAt;
    uint96 current;
    uint96 next;
  }

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
  /// @param sentAt Unix seconds of home's block, at most 56 bits.
  /// @return payload 64 bytes.
  function encode(
    uint32 epoch,
    uint256 current,
    uint256 next,
    uint256 effectiveAt,
    uint56 sentAt
  ) internal pure returns (bytes memory payload) {
    if (current > type(uint96).max || next > type(uint96).max || effectiveAt > type(uint56).max) {
      revert BroadcastValueTooLarge(current, next, effectiveAt);
    }
    uint256 header = (uint256(VERSION) << VERSION_SHIFT) | (uint256(epoch) << EPOCH_SHIFT);
    header |= (effectiveAt << EFFECTIVE_AT_SHIFT) | (uint256(sentAt) << SENT_AT_SHIFT);
    payload = abi.encode(header, (current << CURRENT_SHIFT) | next);
  }

  /// @notice Unpacks an index state and refuses whatever no version of `encode` could have written.
  /// @param payload The two words.
  function decode(bytes calldata payload) internal pure returns (Broadcast memory broadcast) {
    if (payload.length != LENGTH) revert InvalidBroadcastLength(payload.length);
    (uint256 header, uint256 body) = abi.decode(payload, (uint256, uint256));
    // Each cast keeps exactly the bits of its field; the unused ones are shown to be zero below.
    uint8 version = uint8(header >> VERSION_SHIFT);
    if (version != VERSION && version != VERSION_WITHOUT_TIME) revert UnsupportedBroadcastVersion(version);
    uint256 unused = version == VERSION ? uint104(header) : uint160(header);
    if (unused != 0 || body >> 192 != 0) revert InvalidBroadcastPadding(header, body);
    broadcast.epoch = uint32(header >> EPOCH_SHIFT);
    broadcast.effectiveAt = uint56(header >> EFFECTIVE_AT_SHIFT);
    broadcast.sentAt = uint56(header >> SENT_AT_SHIFT);
    broadcast.current = uint96(body >> CURRENT_SHIFT);
    broadcast.next = uint96(body);
  }
}
