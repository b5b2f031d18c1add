// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRebaseReceiver
/// @notice Listens on a satellite for the home's broadcasts and hands the newest to the token.
/// @dev `ccipReceive` is for CCIP's router, and for the one before it until that is dropped. It reverts, and the message
/// stays executable by hand, with InvalidRouter for anybody else, with UnexpectedSource for a wrong pair of selector and
/// sender, and with the codec's errors for a payload it cannot read. An old or equal epoch changes nothing and does not
/// revert.
///
/// Only messages that have waited for full finality arrive: an OffRamp 2.0 executes a faster one only at a receiver that
/// answers `IAny2EVMMessageReceiverV2` and allows it there. This one does not answer it, on purpose: a reorg at home must
/// not leave an index on a satellite that home never had. The verifiers are those that the lane requires of everybody.
interface IRebaseReceiver {
  /// @notice The message does not come from the paired home and broadcaster.
  /// @param selector The source chain that the router named.
  /// @param sender The sender that the router named, as it came.
  error UnexpectedSource(uint64 selector, bytes sender);

  /// @notice The caller is none of the routers that messages are taken from.
  /// @param router The caller.
  error InvalidRouter(address router);

  /// @notice A half of a pairing is zero.
  error ZeroValue();

  /// @notice The token is the home of its mesh: nobody broadcasts to it.
  error NotSatelliteToken(address token);

  /// @notice The router is the one that is trusted already: setting it again would drop the previous one unnoticed.
  /// @param router The router of now.
  error RouterUnchanged(address router);

  /// @notice There is no previous router to drop.
  error NoPreviousRouter();

  /// @notice The token took the home's index state over.
  /// @param epoch The epoch it is at now.
  /// @param previousEpoch The epoch it was at: more than one below means that messages were lost or overtaken.
  /// @param messageId CCIP's id of the message.
  event BroadcastApplied(uint32 indexed epoch, uint32 previousEpoch, bytes32 indexed messageId);

  /// @notice The message brought nothing new.
  /// @param epoch The epoch in the message.
  /// @param currentEpoch The epoch of the token, equal or newer.
  /// @param messageId CCIP's id of the message.
  event BroadcastIgnored(uint32 indexed epoch, uint32 currentEpoch, bytes32 indexed messageId);

  /// @notice The message tells another index for the epoch that the token is at. An honest home never does.
  /// @param epoch The epoch.
  /// @param messageId CCIP's id of the message.
  event BroadcastConflicted(uint32 indexed epoch, bytes32 indexed messageId);

  /// @notice The pairing changed.
  /// @param selector CCIP selector of the home chain.
  /// @param broadcaster The broadcaster there.
  event SourceSet(uint64 indexed selector, address indexed broadcaster);

  /// @notice Messages are taken from another router of CCIP.
  /// @param router The router of now.
  /// @param previousRouter The one before, from which messages are still taken; zero at deployment.
  event RouterSet(address indexed router, address indexed previousRouter);

  /// @notice Messages are no longer taken from the router before the present one.
  /// @param previousRouter The router that was dropped.
  event PreviousRouterDropped(address indexed previousRouter);

  /// @notice Pairs the receiver with the home's broadcaster. Only the owner. ZeroValue when either half is zero.
  /// @param selector CCIP selector of the home chain.
  /// @param broadcaster The broadcaster there.
  function setSource(uint64 selector, address broadcaster) external;

  /// @notice Names CCIP's router on this chain. Only the owner. NotARouter for what does not answer as a router,
  /// RouterUnchanged for the router of now.
  /// @dev An OffRamp hands a message over through the router that CCIP has set for its lane when it is executed, whenever it
  /// was sent, and CCIP moves lanes one by one. So messages are taken from the router before this one too, until
  /// `dropPreviousRouter`: the new router may be named before or after CCIP uses it. The one before that is dropped. Whoever
  /// controls a trusted router can forge any broadcast.
  /// @param router CCIP's router on this chain.
  function setRouter(address router) external;

  /// @notice Takes messages from the present router alone. Only the owner. NoPreviousRouter when there is none.
  /// @dev To be called when CCIP has moved the lane. What still comes through the previous router fails with InvalidRouter
  /// and loses nothing: a newer broadcast says more, and the message is executed once the router is named again.
  function dropPreviousRouter() external;

  /// @notice CCIP's router on this chain.
  function getRouter() external view returns (address);

  /// @notice The router from which messages are taken besides; zero when there is none.
  function getPreviousRouter() external view returns (address);

  /// @notice The pairing; zero until it is set, and then no message is taken.
  function getSource() external view returns (uint64 selector, address broadcaster);

  /// @notice The token on this satellite.
  function getToken() external view returns (address);
}
