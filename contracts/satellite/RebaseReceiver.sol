// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {CCIPReceiver} from "@chainlink/contracts-ccip/contracts/applications/CCIPReceiver.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IRebaseReceiver} from "../interfaces/IRebaseReceiver.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {BroadcastCodec} from "../libraries/BroadcastCodec.sol";

/// @title RebaseReceiver
/// @notice Follows the one broadcaster it is paired with, and keeps what is newest, not what arrived last.
contract RebaseReceiver is IRebaseReceiver, CCIPReceiver, Ownable2Step, ITypeAndVersion {
  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "RebaseReceiver 1.0.0";

  IRebaseToken private immutable i_token;

  uint64 private s_sourceSelector;
  address private s_broadcaster;

  /// @param router CCIP's router on this chain.
  /// @param token The token on this satellite, or NotSatelliteToken.
  /// @param owner_ Who may pair it.
  constructor(address router, address token, address owner_) CCIPReceiver(router) Ownable(owner_) {
    if (IRebaseToken(token).isHome()) revert NotSatelliteToken(token);
    i_token = IRebaseToken(token);
  }

  /// @inheritdoc IRebaseReceiver
  function setSource(uint64 selector, address broadcaster) external onlyOwner {
    if (selector == 0 || broadcaster == address(0)) revert ZeroValue();
    s_sourceSelector = selector;
    s_broadcaster = broadcaster;
    emit SourceSet(selector, broadcaster);
  }

  /// @inheritdoc IRebaseReceiver
  function getSource() external view returns (uint64 selector, address broadcaster) {
    return (s_sourceSelector, s_broadcaster);
  }

  /// @inheritdoc IRebaseReceiver
  function getToken() external view returns (address) {
    return address(i_token);
  }

  /// @dev Only reached through `ccipReceive`, which takes nobody but the router.
  function _ccipReceive(Client.Any2EVMMessage memory message) internal override {
    _requireSource(message.sourceChainSelector, message.sender);
    (uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) = BroadcastCodec.decode(message.data);

    (uint32 localEpoch, uint256 localCurrent, uint256 localNext, uint256 localEffectiveAt) = i_token.indexState();
    if (epoch > localEpoch) {
      emit BroadcastApplied(epoch, localEpoch, message.messageId);
      i_token.sync(epoch, current, next, effectiveAt);
      return;
    }

    bool same = current == localCurrent && next == localNext && effectiveAt == localEffectiveAt;
    if (epoch == localEpoch && !same) emit BroadcastConflicted(epoch, message.messageId);
    else emit BroadcastIgnored(epoch, localEpoch, message.messageId);
  }

  function _requireSource(uint64 selector, bytes memory sender) private view {
    address broadcaster = s_broadcaster;
    bool paired =
      broadcaster != address(0) &&
        selector == s_sourceSelector &&
        sender.length == 32 &&
        abi.decode(sender, (uint256)) == uint256(uint160(broadcaster));
    if (!paired) revert UnexpectedSource(selector, sender);
  }
}
