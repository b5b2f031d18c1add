// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title ProposalCodec
/// @notice A batch for a timelock on another chain, as a message carries it.
library ProposalCodec {
  /// @notice The version this codec writes and the only one it reads.
  uint8 internal constant VERSION = 1;

  /// @notice The payload was written by a codec this receiver does not know.
  /// @param version The version received.
  error UnsupportedProposalVersion(uint8 version);

  /// @notice A batch of calls, and what a timelock needs to schedule it.
  /// @param targets Who is called, in order.
  /// @param values Native value of each call, wei of the receiving chain.
  /// @param payloads Calldata of each call.
  /// @param predecessor The id of the operation that must be done before, or zero.
  /// @param salt Any value. `saltOf` mixes the nonce into it, so that equal batches have ids of their own.
  /// @param delay Seconds from the scheduling to the execution; the receiving timelock's minimum if that is longer.
  struct Batch {
    address[] targets;
    uint256[] values;
    bytes[] payloads;
    bytes32 predecessor;
    bytes32 salt;
    uint256 delay;
  }

  /// @notice Packs a proposal.
  /// @param nonce The sender's number of it for the receiving chain.
  /// @param validUntil Unix seconds after which it is not scheduled any more.
  /// @param batch The batch.
  function encode(uint64 nonce, uint64 validUntil, Batch memory batch) internal pure returns (bytes memory payload) {
    return abi.encode(VERSION, nonce, validUntil, batch);
  }

  /// @notice Unpacks a proposal; reverts for what `encode` could not have written.
  /// @param payload The message's data.
  function decode(bytes memory payload) internal pure returns (uint64 nonce, uint64 validUntil, Batch memory batch) {
    uint8 version = abi.decode(payload, (uint8));
    if (version != VERSION) revert UnsupportedProposalVersion(version);
    (, nonce, validUntil, batch) = abi.decode(payload, (uint8, uint64, uint64, Batch));
  }

  /// @notice The salt that the timelock sees.
  /// @param nonce The sender's number of the proposal for the receiving chain.
  /// @param salt The salt of the batch.
  function saltOf(uint64 nonce, bytes32 salt) internal pure returns (bytes32) {
    return keccak256(abi.encode(nonce, salt));
  }

  /// @notice The id that OpenZeppelin's TimelockController gives the operation.
  /// @param nonce The sender's number of the proposal for the receiving chain.
  /// @param batch The batch.
  function idOf(uint64 nonce, Batch memory batch) internal pure returns (bytes32) {
    return
      keccak256(abi.encode(batch.targets, batch.values, batch.payloads, batch.predecessor, saltOf(nonce, batch.salt)));
  }
}
