// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAny2EVMMessageReceiver} from "@chainlink/contracts-ccip/contracts/interfaces/IAny2EVMMessageReceiver.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IRoutedReceiver} from "../interfaces/IRoutedReceiver.sol";
import {RouterProbe} from "../libraries/RouterProbe.sol";

/// @title RoutedReceiver
/// @notice What every receiver of messages does before it asks who sent them.
/// @dev Not a CCIPReceiver of Chainlink, whose router is fixed for good.
abstract contract RoutedReceiver is IRoutedReceiver, IAny2EVMMessageReceiver, IERC165, Ownable2Step {
  address private s_previousRouter;
  // The last one: what a contract keeps first lies beside it in the same word, if it fits 96 bits.
  address private s_router;

  /// @param router CCIP's router on this chain, or NotARouter.
  /// @param owner_ Who may name its router.
  constructor(address router, address owner_) Ownable(owner_) {
    _setRouter(router);
  }

  /// @inheritdoc IAny2EVMMessageReceiver
  function ccipReceive(Client.Any2EVMMessage calldata message) external {
    if (msg.sender != s_router && msg.sender != s_previousRouter) revert InvalidRouter(msg.sender);
    _receive(message);
  }

  /// @inheritdoc IRoutedReceiver
  function setRouter(address router) external onlyOwner {
    if (router == s_router) revert RouterUnchanged(router);
    _setRouter(router);
  }

  /// @inheritdoc IRoutedReceiver
  function dropPreviousRouter() external onlyOwner {
    address previousRouter = s_previousRouter;
    if (previousRouter == address(0)) revert NoPreviousRouter();
    delete s_previousRouter;
    emit PreviousRouterDropped(previousRouter);
  }

  /// @inheritdoc IRoutedReceiver
  function getRouter() public view returns (address) {
    return s_router;
  }

  /// @inheritdoc IRoutedReceiver
  function getPreviousRouter() external view returns (address) {
    return s_previousRouter;
  }

  /// @inheritdoc IERC165
  function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
    return interfaceId == type(IAny2EVMMessageReceiver).interfaceId || interfaceId == type(IERC165).interfaceId;
  }

  /// @dev Called for a message that came through a router of CCIP, from whomever.
  function _receive(Client.Any2EVMMessage calldata message) internal virtual;

  function _setRouter(address router) private {
    RouterProbe.requireRouter(router);
    address previousRouter = s_router;
    s_router = router;
    s_previousRouter = previousRouter;
    emit RouterSet(router, previousRouter);
  }
}
