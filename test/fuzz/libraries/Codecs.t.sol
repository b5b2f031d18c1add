// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BroadcastCodec} from "../../../contracts/libraries/BroadcastCodec.sol";
import {PoolDataCodec} from "../../../contracts/libraries/PoolDataCodec.sol";
import {ProposalCodec} from "../../../contracts/libraries/ProposalCodec.sol";
import {LibraryHarness} from "../../../contracts/test/LibraryHarness.sol";
import {FuzzTest} from "../shared/FuzzTest.sol";

/// @notice What each codec writes it reads again, and it reads nothing else.
contract CodecsTest is FuzzTest {
  LibraryHarness private immutable i_library = new LibraryHarness();

  function testFuzz_poolDataSurvivesTheRoundTrip(uint8 decimals, uint32 epoch, uint208 shares) external view {
    bytes memory data = i_library.encodePoolData(decimals, epoch, shares);
    VM.assertEq(data.length, 32, "its length");
    (uint32 readEpoch, uint256 readShares) = i_library.decodePoolData(data, decimals);
    VM.assertEq(abi.encode(readEpoch, readShares), abi.encode(epoch, shares), "what is read");
  }

  function testFuzz_tooManySharesAreNotWritten(uint256 shares) external {
    shares = within(shares, uint256(type(uint208).max) + 1, type(uint256).max);
    VM.expectRevert(abi.encodeWithSelector(PoolDataCodec.PoolDataSharesTooLarge.selector, shares));
    i_library.encodePoolData(18, 1, shares);
  }

  /// @notice C6: whatever is read was written: any 32 bytes are refused, or are what the codec writes for what it read.
  function testFuzz_C6_poolDataReadsOnlyItsOwn(uint256 word, uint8 decimals) external view {
    if (word % 2 == 0) word = (word & ((1 << 240) - 1)) | (1 << 248) | (uint256(decimals) << 240);
    try i_library.decodePoolData(abi.encode(word), decimals) returns (uint32 epoch, uint256 shares) {
      VM.assertEq(i_library.encodePoolData(decimals, epoch, shares), abi.encode(word), "written again");
    } catch {
      VM.assertTrue(word >> 248 != 1 || uint8(word >> 240) != decimals, "a word of its own is read");
    }
  }

  function testFuzz_D8_broadcastSurvivesTheRoundTrip(
    uint32 epoch,
    uint96 current,
    uint96 next,
    uint56 effectiveAt,
    uint56 sentAt
  ) external view {
    bytes memory payload = i_library.encodeBroadcast(epoch, current, next, effectiveAt, sentAt);
    VM.assertEq(payload.length, 64, "its length");
    BroadcastCodec.Broadcast memory broadcast = i_library.decodeBroadcast(payload);
    VM.assertEq(
      abi.encode(broadcast),
      abi.encode(BroadcastCodec.Broadcast(epoch, effectiveAt, sentAt, current, next)),
      "what is read"
    );
  }

  function testFuzz_tooLargeValuesAreNotWritten(uint256 current, uint256 next, uint256 at, uint256 pick) external {
    current = within(
      current,
      pick % 3 == 0 ? uint256(1) << 96 : 0,
      pick % 3 == 0 ? type(uint256).max : type(uint96).max
    );
    next = within(next, pick % 3 == 1 ? uint256(1) << 96 : 0, pick % 3 == 1 ? type(uint256).max : type(uint96).max);
    at = within(at, pick % 3 == 2 ? uint256(1) << 56 : 0, pick % 3 == 2 ? type(uint256).max : type(uint56).max);
    VM.expectRevert(abi.encodeWithSelector(BroadcastCodec.BroadcastValueTooLarge.selector, current, next, at));
    i_library.encodeBroadcast(1, current, next, at, 0);
  }

  /// @notice D8, G12: other lengths, versions and unused bits have an error of their own, and the version before is read.
  function testFuzz_D8_otherBroadcastsAreRefused(uint256 head, uint256 body, bytes calldata other) external {
    if (other.length != 64) {
      VM.expectRevert(abi.encodeWithSelector(BroadcastCodec.InvalidBroadcastLength.selector, other.length));
      i_library.decodeBroadcast(other);
    }
    uint8 version = uint8(head >> 248);
    if (version != 1 && version != 2) {
      VM.expectRevert(abi.encodeWithSelector(BroadcastCodec.UnsupportedBroadcastVersion.selector, version));
      i_library.decodeBroadcast(abi.encode(head, body));
    }
    // Version 2, half of them with bits beyond its fields; then version 1, whose time is unused.
    head = _withVersion(head, 2);
    if (body % 2 == 0) (head, body) = ((head >> 104) << 104, (body << 64) >> 64);
    if (uint104(head) != 0 || body >> 192 != 0) _expectPadding(head, body);
    BroadcastCodec.Broadcast memory read = i_library.decodeBroadcast(abi.encode(head, body));
    if (body % 2 == 0) _requireFields(read, head, body, uint56(head >> 104));
    head = _withVersion(head, 1);
    if (uint160(head) != 0 || body >> 192 != 0) _expectPadding(head, body);
    i_library.decodeBroadcast(abi.encode(head, body));
    head = (head >> 160) << 160;
    body = (body << 64) >> 64;
    _requireFields(i_library.decodeBroadcast(abi.encode(head, body)), head, body, 0);
  }

  function _requireFields(
    BroadcastCodec.Broadcast memory read,
    uint256 head,
    uint256 body,
    uint56 sentAt
  ) private pure {
    VM.assertEq(read.epoch, uint32(head >> 216), "the epoch");
    VM.assertEq(read.effectiveAt, uint56(head >> 160), "the time");
    VM.assertEq(read.sentAt, sentAt, "the time of sending");
    VM.assertEq(read.current, uint96(body >> 96), "the current index");
    VM.assertEq(read.next, uint96(body), "the next index");
  }

  function _expectPadding(uint256 head, uint256 body) private {
    VM.expectRevert(abi.encodeWithSelector(BroadcastCodec.InvalidBroadcastPadding.selector, head, body));
  }

  function _withVersion(uint256 head, uint256 version) private pure returns (uint256) {
    return ((head << 8) >> 8) | (version << 248);
  }

  function testFuzz_proposalsSurviveTheRoundTrip(
    uint64 nonce,
    uint64 validUntil,
    ProposalCodec.Batch memory batch
  ) external pure {
    bytes memory payload = ProposalCodec.encode(nonce, validUntil, batch);
    (uint64 readNonce, uint64 readUntil, ProposalCodec.Batch memory read) = ProposalCodec.decode(payload);
    VM.assertEq(abi.encode(readNonce, readUntil, read), abi.encode(nonce, validUntil, batch), "what is read");
    VM.assertEq(ProposalCodec.idOf(nonce, read), ProposalCodec.idOf(nonce, batch), "its id");
  }

  /// @notice K10: equal batches with different nonces, and batches that differ in anything but their delay, have different ids.
  function testFuzz_K10_eachProposalHasItsOwnId(
    uint64 nonce,
    uint64 other,
    ProposalCodec.Batch memory batch,
    uint256 pick
  ) external pure {
    bytes32 id = ProposalCodec.idOf(nonce, batch);
    VM.assertTrue((nonce == other) == (id == ProposalCodec.idOf(other, batch)), "by nonce");
    _changeField(batch, pick % 5, pick / 5);
    VM.assertTrue(id != ProposalCodec.idOf(nonce, batch), "by field");
  }

  /// @dev Changes one bit, or one element, of a field: a list without an element gets one.
  function _changeField(ProposalCodec.Batch memory batch, uint256 field, uint256 at) private pure {
    if (field == 0) batch.salt ^= bytes32(uint256(1));
    else if (field == 1) batch.predecessor ^= bytes32(uint256(1));
    else if (field == 2 && batch.targets.length == 0) batch.targets = new address[](1);
    else if (field == 2) {
      at %= batch.targets.length;
      batch.targets[at] = address(uint160(batch.targets[at]) ^ 1);
    } else if (field == 3 && batch.values.length == 0) batch.values = new uint256[](1);
    else if (field == 3) batch.values[at % batch.values.length] ^= 1;
    else if (batch.payloads.length == 0) batch.payloads = new bytes[](1);
    else {
      at %= batch.payloads.length;
      batch.payloads[at] = abi.encodePacked(batch.payloads[at], uint8(0));
    }
  }
}
