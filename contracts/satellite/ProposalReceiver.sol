// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IProposalReceiver} from "../interfaces/IProposalReceiver.sol";
import {ProposalCodec} from "../libraries/ProposalCodec.sol";
import {PairedSource} from "../messaging/PairedSource.sol";
import {RoutedReceiver} from "../messaging/RoutedReceiver.sol";

/// @title ProposalReceiver
/// @notice Schedules at the local timelock what the home's ProposalSender sends.
contract ProposalReceiver is IProposalReceiver, PairedSource, RoutedReceiver, ITypeAndVersion {
  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "ProposalReceiver 1.0.0";

  /// @notice The most seconds that home may ask a proposal to wait, beyond which it waits no longer.
  uint256 public constant MAX_DELAY = 30 days;

  bytes32 private constant CANCELLER_ROLE = keccak256("CANCELLER_ROLE");

  TimelockController private immutable i_timelock;

  struct Proposal {
    ProposalState state;
    bytes32 id;
  }

  // A home that moves to another chain may have a sender of the same address there, whose nonces begin anew.
  mapping(uint64 sourceSelector => mapping(address sender => mapping(uint64 nonce => Proposal))) private s_proposals;

  /// @param router CCIP's router on this chain, or NotARouter.
  /// @param timelock The timelock whose proposer this is, and the owner.
  constructor(address router, address payable timelock) RoutedReceiver(router, timelock) {
    i_timelock = TimelockController(timelock);
  }

  /// @inheritdoc IProposalReceiver
  function cancelProposal(uint64 nonce) external {
    if (!i_timelock.hasRole(CANCELLER_ROLE, msg.sender)) revert NotCanceller(msg.sender);
    Proposal storage proposal = _pairedProposal(nonce);
    ProposalState state = proposal.state;
    if (state == ProposalState.Cancelled || state == ProposalState.Expired) revert NothingToCancel(nonce);

    bytes32 id = proposal.id;
    proposal.state = ProposalState.Cancelled;
    emit ProposalCancelled(nonce, id);
    // Who may cancel there may have done so already.
    if (state == ProposalState.Scheduled && (i_timelock.isOperationPending(id) || i_timelock.isOperationDone(id))) {
      i_timelock.cancel(id);
    }
  }

  /// @inheritdoc IProposalReceiver
  function getProposal(uint64 nonce) external view returns (ProposalState state, bytes32 id) {
    Proposal storage proposal = _pairedProposal(nonce);
    return (proposal.state, proposal.id);
  }

  /// @inheritdoc IProposalReceiver
  function getTimelock() external view returns (address) {
    return address(i_timelock);
  }

  function _receive(Client.Any2EVMMessage calldata message) internal override {
    _requireSource(message.sourceChainSelector, message.sender);
    (uint64 nonce, uint64 validUntil, ProposalCodec.Batch memory batch) = ProposalCodec.decode(message.data);
    Proposal storage proposal = _pairedProposal(nonce);
    if (proposal.state != ProposalState.Unknown) {
      emit ProposalIgnored(nonce, message.messageId);
      return;
    }
    if (block.timestamp > validUntil) {
      proposal.state = ProposalState.Expired;
      emit ProposalExpired(nonce, validUntil, message.messageId);
      return;
    }

    bytes32 id = ProposalCodec.idOf(nonce, batch);
    uint256 delay = Math.max(Math.min(batch.delay, MAX_DELAY), i_timelock.getMinDelay());
    proposal.state = ProposalState.Scheduled;
    proposal.id = id;
    emit ProposalScheduled(nonce, id, delay, message.messageId);
    i_timelock.scheduleBatch(
      batch.targets,
      batch.values,
      batch.payloads,
      batch.predecessor,
      ProposalCodec.saltOf(nonce, batch.salt),
      delay
    );
  }

  /// @dev What arrives is from the paired source too: _requireSource has shown it.
  function _pairedProposal(uint64 nonce) private view returns (Proposal storage) {
    (uint64 selector, address sender) = getSource();
    return s_proposals[selector][sender][nonce];
  }
}
