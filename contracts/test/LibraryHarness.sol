// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {BroadcastCodec} from "../libraries/BroadcastCodec.sol";
import {IndexBand} from "../libraries/IndexBand.sol";
import {PoolDataCodec} from "../libraries/PoolDataCodec.sol";
import {ProposalCodec} from "../libraries/ProposalCodec.sol";
import {ShareMath} from "../libraries/ShareMath.sol";

/// @notice Lets tests call the internal libraries.
contract LibraryHarness {
  function toShares(uint256 amount, uint256 sharesPerToken) external pure returns (uint256) {
    return ShareMath.toShares(amount, sharesPerToken);
  }

  function toTokensDown(uint256 shares, uint256 sharesPerToken) external pure returns (uint256) {
    return ShareMath.toTokensDown(shares, sharesPerToken);
  }

  function balanceIncrease(uint256 held, uint256 shares, uint256 sharesPerToken) external pure returns (uint256) {
    return ShareMath.balanceIncrease(held, shares, sharesPerToken);
  }

  function encodePoolData(uint8 decimals, uint32 epoch, uint256 shares) external pure returns (bytes memory) {
    return PoolDataCodec.encode(decimals, epoch, shares);
  }

  function decodePoolData(
    bytes calldata data,
    uint8 expectedDecimals
  ) external pure returns (uint32 epoch, uint256 shares) {
    return PoolDataCodec.decode(data, expectedDecimals);
  }

  function encodeBroadcast(
    uint32 epoch,
    uint256 current,
    uint256 next,
    uint256 effectiveAt,
    uint56 sentAt
  ) external pure returns (bytes memory) {
    return BroadcastCodec.encode(epoch, current, next, effectiveAt, sentAt);
  }

  function decodeBroadcast(bytes calldata payload) external pure returns (BroadcastCodec.Broadcast memory) {
    return BroadcastCodec.decode(payload);
  }

  function encodeProposal(
    uint64 nonce,
    uint64 validUntil,
    ProposalCodec.Batch calldata batch
  ) external pure returns (bytes memory) {
    return ProposalCodec.encode(nonce, validUntil, batch);
  }

  function decodeProposal(
    bytes calldata payload
  ) external pure returns (uint64 nonce, uint64 validUntil, ProposalCodec.Batch memory batch) {
    return ProposalCodec.decode(payload);
  }

  function proposalId(uint64 nonce, ProposalCodec.Batch calldata batch) external pure returns (bytes32) {
    return ProposalCodec.idOf(nonce, batch);
  }

  function allowedSteps(IndexBand.Band calldata band, uint256 elapsed, uint256 epochs) external pure returns (uint256) {
    return IndexBand.allowedSteps(band, elapsed, epochs);
  }

  function nearestInBand(
    IndexBand.Band calldata band,
    uint256 from,
    uint256 index,
    uint256 steps
  ) external pure returns (uint256) {
    return IndexBand.nearest(band, from, index, steps);
  }
}
