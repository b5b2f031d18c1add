// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ProposalCodec} from "../libraries/ProposalCodec.sol";

/// @title IProposalSender
/// @notice Sends batches of calls from home's timelock to the timelocks of satellites.
/// @dev Only the default admin, home's timelock, proposes. Each proposal for a chain has a nonce, and its id at the other
/// timelock is known here. A lane that fails stops no other; what was not sent, or not executed there, is sent again by its
/// nonce. Fees of a proposal come from what lies on the contract; anyone may pay for sending one again.
interface IProposalSender {
  /// @notice A chain that proposals go to.
  /// @param receiver The ProposalReceiver there.
  /// @param gasLimit Gas for `ccipReceive`: it grows with the batch.
  /// @param lastNonce The nonce of the newest proposal, 0 before the first.
  struct Destination {
    address receiver;
    uint32 gasLimit;
    uint64 lastNonce;
  }

  /// @notice A batch for one chain.
  /// @param selector CCIP selector of the chain.
  /// @param validFor Seconds from now after which the receiver does not schedule it any more.
  /// @param batch The calls, and how its timelock is to schedule them.
  struct Request {
    uint64 selector;
    uint64 validFor;
    ProposalCodec.Batch batch;
  }

  /// @notice A selector, a receiver, an account or LINK is zero.
  error ZeroValue();

  /// @notice The chain is no destination.
  /// @param selector CCIP selector.
  error UnknownDestination(uint64 selector);

  /// @notice The gas limit is outside its bounds.
  /// @param gasLimit The gas asked for.
  /// @param min The least.
  /// @param max The most that CCIP sells.
  error GasLimitOutOfBounds(uint32 gasLimit, uint32 min, uint32 max);

  /// @notice A batch without calls, or with lists of different lengths: no timelock takes it.
  /// @param targets Number of targets.
  /// @param values Number of values.
  /// @param payloads Number of payloads.
  error InvalidBatch(uint256 targets, uint256 values, uint256 payloads);

  /// @notice The payload is not that of the nonce, or it was proposed for a receiver that was replaced since.
  /// @param selector CCIP selector.
  /// @param nonce The nonce.
  error UnknownProposal(uint64 selector, uint64 nonce);

  /// @notice The receiver would not schedule the proposal any more.
  /// @param validUntil Unix seconds.
  error ProposalOutdated(uint256 validUntil);

  /// @notice Fees are paid in native or in LINK.
  /// @param feeToken The token asked for.
  error UnsupportedFeeToken(address feeToken);

  /// @notice A lane asks for more than the call may still spend.
  /// @param fee The fee, wei of the fee token.
  /// @param available What is left.
  error FeeAboveMaximum(uint256 fee, uint256 available);

  /// @notice A lane failed, where only one was to be sent to.
  /// @param selector CCIP selector.
  /// @param reason The first bytes of its revert data.
  error LaneFailed(uint64 selector, bytes reason);

  /// @notice The caller did not take its change.
  /// @param account The caller.
  /// @param amount Wei.
  error RefundFailed(address account, uint256 amount);

  /// @notice Only the contract itself calls this.
  /// @param account The caller.
  error OnlySelf(address account);

  /// @notice The router took the message and named no id: the lane's fault.
  /// @param selector CCIP selector.
  error NoMessageId(uint64 selector);

  /// @notice Emitted for each proposal, sent or not. The payload is what `resend` takes.
  /// @param selector CCIP selector.
  /// @param nonce Its nonce.
  /// @param id The id of the operation at the timelock there.
  /// @param validUntil Unix seconds after which it is not scheduled any more.
  /// @param payload The message's data.
  event ProposalCreated(
    uint64 indexed selector,
    uint64 indexed nonce,
    bytes32 indexed id,
    uint256 validUntil,
    bytes payload
  );

  /// @notice Emitted when a proposal is sent, for the first time or again.
  /// @param selector CCIP selector.
  /// @param nonce Its nonce.
  /// @param messageId CCIP's id of the message.
  /// @param feeToken Zero for native.
  /// @param fee Wei of the fee token.
  event ProposalSent(
    uint64 indexed selector,
    uint64 indexed nonce,
    bytes32 indexed messageId,
    address feeToken,
    uint256 fee
  );

  /// @notice Emitted when a lane failed. Nothing was charged for it; the proposal can be sent again.
  /// @param selector CCIP selector.
  /// @param nonce Its nonce.
  /// @param reason The first bytes of the lane's revert data.
  event ProposalFailed(uint64 indexed selector, uint64 indexed nonce, bytes reason);

  /// @notice Emitted when a destination is set.
  /// @param selector CCIP selector.
  /// @param receiver The ProposalReceiver there; zero when it was removed.
  /// @param gasLimit Gas for `ccipReceive`.
  event DestinationSet(uint64 indexed selector, address indexed receiver, uint32 gasLimit);

  /// @notice Emitted when CCIP's router changes.
  /// @param router The router of now.
  /// @param previousRouter The one before.
  event RouterSet(address indexed router, address indexed previousRouter);

  /// @notice Emitted when money is taken out.
  /// @param token Zero for native.
  /// @param to Who received it.
  /// @param amount Wei of the token.
  event Withdrawn(address indexed token, address indexed to, uint256 amount);

  /// @notice Proposes one batch or more, at this contract's expense. Only the default admin.
  /// @dev Reverts for what the caller can mend: UnknownDestination, InvalidBatch, UnsupportedFeeToken. A lane that fails, its
  /// fee above what is left included, emits ProposalFailed and the others go on.
  /// @param requests The batches.
  /// @param feeToken Zero for native, or LINK.
  /// @param maxFee The most that all fees together may come to, wei of the fee token.
  /// @return nonces The nonces, in the order of the requests.
  function propose(
    Request[] calldata requests,
    address feeToken,
    uint256 maxFee
  ) external returns (uint64[] memory nonces);

  /// @notice Sends a proposal again for native, at the caller's expense. Anyone may; the receiver takes it once.
  /// @dev UnknownProposal for a payload that was never proposed, ProposalOutdated when it is too late, LaneFailed when it
  /// cannot be sent. What is not needed of the value is given back.
  /// @param selector CCIP selector.
  /// @param nonce Its nonce.
  /// @param payload The payload from ProposalCreated.
  /// @return messageId CCIP's id of the message.
  function resend(uint64 selector, uint64 nonce, bytes calldata payload) external payable returns (bytes32 messageId);

  /// @notice Sends a proposal again at this contract's expense. Only TREASURY_SPENDER_ROLE. Errors as `resend`.
  /// @param selector CCIP selector.
  /// @param nonce Its nonce.
  /// @param payload The payload from ProposalCreated.
  /// @param feeToken Zero for native, or LINK.
  /// @param maxFee The most that the fee may be, wei of the fee token.
  /// @return messageId CCIP's id of the message.
  function resendFromTreasury(
    uint64 selector,
    uint64 nonce,
    bytes calldata payload,
    address feeToken,
    uint256 maxFee
  ) external returns (bytes32 messageId);

  /// @notice What sending a payload would cost now.
  /// @param selector CCIP selector of a destination.
  /// @param payload The message's data.
  /// @param feeToken Zero for native, or LINK.
  /// @return fee Wei of the fee token.
  function quote(uint64 selector, bytes calldata payload, address feeToken) external view returns (uint256 fee);

  /// @notice Sends to one lane, in a call of its own so that its failure undoes nothing else. Only the contract itself.
  function sendLane(
    uint64 selector,
    bytes calldata payload,
    address feeToken,
    uint256 maxFee
  ) external returns (bytes32 messageId, uint256 fee);

  /// @notice Sets where proposals for a chain go. Only the default admin. A receiver of zero removes it; nonces go on.
  /// @param selector CCIP selector.
  /// @param receiver The ProposalReceiver there.
  /// @param gasLimit Gas for `ccipReceive`.
  function setDestination(uint64 selector, address receiver, uint32 gasLimit) external;

  /// @notice Names CCIP's router at home. Only the default admin. NotARouter for what does not answer as one.
  /// @param router CCIP's router.
  function setRouter(address router) external;

  /// @notice Takes money out. Only TREASURY_WITHDRAWER_ROLE.
  /// @param token Zero for native.
  /// @param to Who receives it.
  /// @param amount Wei of the token.
  function withdraw(address token, address payable to, uint256 amount) external;

  /// @notice A destination; all zero for a chain that was never one.
  function getDestination(uint64 selector) external view returns (Destination memory);

  /// @notice The hash of a proposal's payload; zero for a nonce that was not given.
  function getPayloadHash(uint64 selector, uint64 nonce) external view returns (bytes32);

  /// @notice CCIP's router at home.
  function getRouter() external view returns (address);

  /// @notice LINK at home.
  function getLink() external view returns (address);
}
