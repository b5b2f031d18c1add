// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IPairedSource} from "./IPairedSource.sol";
import {IRoutedReceiver} from "./IRoutedReceiver.sol";

/// @title IProposalReceiver
/// @notice A proposer of the local timelock: schedules what home proposes, and can execute nothing.
/// @dev Every proposal waits for the timelock's own delay at least, and can be cancelled there meanwhile: a compromised lane
/// can propose, be seen and be cancelled. A proposal is taken once by its nonce. One that is known, cancelled or too old ends
/// with success and an event, so that no failed message of it can be executed later; only one that cannot be read or that the
/// timelock refuses reverts, and may be executed again while it is valid.
interface IProposalReceiver is IPairedSource, IRoutedReceiver {
  /// @notice What became of a nonce.
  enum ProposalState {
    Unknown,
    Scheduled,
    Cancelled,
    Expired
  }

  /// @notice The caller has no CANCELLER_ROLE on the timelock.
  /// @param account The caller.
  error NotCanceller(address account);

  /// @notice The nonce was cancelled or has expired: there is nothing to cancel.
  /// @param nonce The nonce.
  error NothingToCancel(uint64 nonce);

  /// @notice Emitted when a proposal of home is scheduled.
  /// @param nonce Home's nonce of it for this chain.
  /// @param id The timelock's id of the operation.
  /// @param delay Seconds until it may be executed.
  /// @param messageId CCIP's id of the message.
  event ProposalScheduled(uint64 indexed nonce, bytes32 indexed id, uint256 delay, bytes32 indexed messageId);

  /// @notice Emitted when a proposal arrives again, or after it was cancelled.
  /// @param nonce Its nonce.
  /// @param messageId CCIP's id of the message.
  event ProposalIgnored(uint64 indexed nonce, bytes32 indexed messageId);

  /// @notice Emitted when a proposal arrives too late to be scheduled.
  /// @param nonce Its nonce.
  /// @param validUntil Unix seconds.
  /// @param messageId CCIP's id of the message.
  event ProposalExpired(uint64 indexed nonce, uint256 validUntil, bytes32 indexed messageId);

  /// @notice Emitted when a nonce is cancelled, before or after its proposal has arrived.
  /// @param nonce The nonce.
  /// @param id The timelock's id of the operation that was cancelled; zero if it had not arrived.
  event ProposalCancelled(uint64 indexed nonce, bytes32 indexed id);

  /// @notice Cancels a proposal by its nonce, also one that has not arrived yet. Only who may cancel at the timelock, or
  /// NotCanceller. NothingToCancel for a nonce that was cancelled or has expired.
  /// @dev Reverts with the timelock's error when it was executed. A nonce counts for the chain and the sender that are paired.
  /// @param nonce Home's nonce of it for this chain.
  function cancelProposal(uint64 nonce) external;

  /// @notice What became of a nonce of the paired sender.
  /// @param nonce The nonce.
  /// @return state Unknown before it arrives.
  /// @return id The timelock's id of the operation, zero if none was scheduled.
  function getProposal(uint64 nonce) external view returns (ProposalState state, bytes32 id);

  /// @notice The timelock that proposals are scheduled at.
  function getTimelock() external view returns (address);
}
