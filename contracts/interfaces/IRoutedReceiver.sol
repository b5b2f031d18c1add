// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRoutedReceiver
/// @notice Takes messages from CCIP's router on its chain, also while CCIP replaces it.
/// @dev `ccipReceive` is for that router, and for the one before it until that is dropped; InvalidRouter for anybody else. What
/// it reverts with leaves the message executable by hand.
///
/// Only messages that have waited for full finality arrive: an OffRamp 2.0 executes a faster one only at a receiver that
/// answers `IAny2EVMMessageReceiverV2` and allows it there. This one does not answer it, on purpose: a reorg at the source
/// must not leave anything here that the source never had. The verifiers are those that the lane requires of everybody.
interface IRoutedReceiver {
  /// @notice The caller is none of the routers that messages are taken from.
  /// @param router The caller.
  error InvalidRouter(address router);

  /// @notice The router is the one that is trusted already: setting it again would drop the previous one unnoticed.
  /// @param router The router of now.
  error RouterUnchanged(address router);

  /// @notice There is no previous router to drop.
  error NoPreviousRouter();

  /// @notice Messages are taken from another router of CCIP.
  /// @param router The router of now.
  /// @param previousRouter The one before, from which messages are still taken; zero at deployment.
  event RouterSet(address indexed router, address indexed previousRouter);

  /// @notice Messages are no longer taken from the router before the present one.
  /// @param previousRouter The router that was dropped.
  event PreviousRouterDropped(address indexed previousRouter);

  /// @notice Names CCIP's router on this chain. Only the owner. NotARouter for what does not answer as a router,
  /// RouterUnchanged for the router of now.
  /// @dev An OffRamp hands a message over through the router that CCIP has set for its lane when it is executed, whenever it
  /// was sent, and CCIP moves lanes one by one. So messages are taken from the router before this one too, until
  /// `dropPreviousRouter`: the new router may be named before or after CCIP uses it. The one before that is dropped. Whoever
  /// controls a trusted router can forge any message.
  /// @param router CCIP's router on this chain.
  function setRouter(address router) external;

  /// @notice Takes messages from the present router alone. Only the owner. NoPreviousRouter when there is none.
  /// @dev To be called when CCIP has moved the lane. What still comes through the previous router fails with InvalidRouter
  /// and loses nothing: the message is executed once the router is named again.
  function dropPreviousRouter() external;

  /// @notice CCIP's router on this chain.
  function getRouter() external view returns (address);

  /// @notice The router from which messages are taken besides; zero when there is none.
  function getPreviousRouter() external view returns (address);
}
