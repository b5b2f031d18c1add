// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAny2EVMMessageReceiver} from "@chainlink/contracts-ccip/contracts/interfaces/IAny2EVMMessageReceiver.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IRebaseReceiver} from "../interfaces/IRebaseReceiver.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {BroadcastCodec} from "../libraries/BroadcastCodec.sol";
import {RouterProbe} from "../libraries/RouterProbe.sol";

/// @title RebaseReceiver
/// @notice Follows the one broadcaster it is paired with, and keeps what is newest, not what arrived last.
/// @dev Not a CCIPReceiver of Chainlink, whose router is fixed for good.
contract RebaseReceiver is IRebaseReceiver, IAny2EVMMessageReceiver, IERC165, Ownable2Step, ITypeAndVersion {
  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "RebaseReceiver 1.0.0";

  IRebaseToken private immutable i_token;

  // Both halves of the pairing lie in one slot: a message reads that and the router's.
  address private s_broadcaster;
  uint64 private s_sourceSelector;
  address private s_router;
  address private s_previousRouter;

  /// @param router CCIP's router on this chain, or NotARouter.
  /// @param token The token on this satellite, or NotSatelliteToken.
  /// @param owner_ Who may pair it and name its router.
  constructor(address router, address token, address owner_) Ownable(owner_) {
    if (IRebaseToken(token).isHome()) revert NotSatelliteToken(token);
    i_token = IRebaseToken(token);
    _setRouter(router);
  }

  /// @inheritdoc IAny2EVMMessageReceiver
  function ccipReceive(Client.Any2EVMMessage calldata message) external {
    if (msg.sender != s_router && msg.sender != s_previousRouter) revert InvalidRouter(msg.sender);
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

  /// @inheritdoc IERC165
  function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
    return interfaceId == type(IAny2EVMMessageReceiver).interfaceId || interfaceId == type(IERC165).interfaceId;
  }

  /// @inheritdoc IRebaseReceiver
  function setSource(uint64 selector, address broadcaster) external onlyOwner {
    if (selector == 0 || broadcaster == address(0)) revert ZeroValue();
    s_sourceSelector = selector;
    s_broadcaster = broadcaster;
    emit SourceSet(selector, broadcaster);
  }

  /// @inheritdoc IRebaseReceiver
  function setRouter(address router) external onlyOwner {
    if (router == s_router) revert RouterUnchanged(router);
    _setRouter(router);
  }

  /// @inheritdoc IRebaseReceiver
  function dropPreviousRouter() external onlyOwner {
    address previousRouter = s_previousRouter;
    if (previousRouter == address(0)) revert NoPreviousRouter();
    delete s_previousRouter;
    emit PreviousRouterDropped(previousRouter);
  }

  /// @inheritdoc IRebaseReceiver
  function getRouter() external view returns (address) {
    return s_router;
  }

  /// @inheritdoc IRebaseReceiver
  function getPreviousRouter() external view returns (address) {
    return s_previousRouter;
  }

  /// @inheritdoc IRebaseReceiver
  function getSource() external view returns (uint64 selector, address broadcaster) {
    return (s_sourceSelector, s_broadcaster);
  }

  /// @inheritdoc IRebaseReceiver
  function getToken() external view returns (address) {
    return address(i_token);
  }

  function _setRouter(address router) private {
    RouterProbe.requireRouter(router);
    address previousRouter = s_router;
    s_router = router;
    s_previousRouter = previousRouter;
    emit RouterSet(router, previousRouter);
  }

  function _requireSource(uint64 selector, bytes calldata sender) private view {
    address broadcaster = s_broadcaster;
    bool paired =
      broadcaster != address(0) &&
        selector == s_sourceSelector &&
        sender.length == 32 &&
        abi.decode(sender, (uint256)) == uint256(uint160(broadcaster));
    if (!paired) revert UnexpectedSource(selector, sender);
  }
}
