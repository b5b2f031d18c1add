// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRebaseBroadcaster
/// @notice Tells satellites the home's index state over CCIP. Whoever pays may: it can only tell the truth.
/// @dev Fees are in wei of the fee token: `address(0)` for native, LINK's address for LINK, nothing else. A lane's fault
/// (no fee, one above the most that the caller allows, the router reverts, the chain is cursed) is an event, costs no fee,
/// and the other lanes go on. The payer's fault reverts the whole call.
interface IRebaseBroadcaster {
  /// @notice What the broadcaster knows of a satellite.
  /// @param receiver Its RebaseReceiver.
  /// @param gasLimit Gas for `ccipReceive` there.
  /// @param lastEpoch The epoch sent last, 0 if none. Sent is not synced: read the satellite's epoch.
  /// @param lastSentAt When, in unix seconds.
  /// @param lastMessageId CCIP's id of that message.
  struct Destination {
    address receiver;
    uint24 gasLimit;
    uint32 lastEpoch;
    uint40 lastSentAt;
    bytes32 lastMessageId;
  }

  /// @notice Who pays a broadcast, and from what.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param payer Whose LINK is taken; the broadcaster itself for the treasury.
  /// @param value Native that may still be spent, in wei.
  /// @param maxFee What the fees may still come to, in wei of the fee token.
  struct Payment {
    address feeToken;
    address payer;
    uint256 value;
    uint256 maxFee;
  }

  /// @notice The selector is not among the destinations.
  error UnknownDestination(uint64 selector);

  /// @notice The selector stands twice in one call.
  error RepeatedDestination(uint64 selector);

  /// @notice Fees are paid in native or LINK.
  error UnsupportedFeeToken(address feeToken);

  /// @notice The payer's value, balance or allowance does not cover the next lane's fee.
  /// @param selector The lane.
  /// @param fee What it costs, in wei of the fee token.
  /// @param available What is left of the value sent, or the lower of balance and allowance.
  error InsufficientFee(uint64 selector, uint256 fee, uint256 available);

  /// @notice The lane asks for more than is left of the caller's `maxFee`, or of the treasury's budget of the day: the
  /// lane's fault, it is the reason in BroadcastFailed.
  /// @param fee What the lane costs, in wei of the fee token.
  /// @param left What the fees of this call may still come to.
  error FeeAboveMaximum(uint256 fee, uint256 left);

  /// @notice Native value was sent to a call that is paid in LINK.
  error UnexpectedValue(uint256 value);

  /// @notice The payer did not take its change back. Send the exact fee, or pay in LINK: a lane that fails between quote
  /// and send leaves change even then.
  error RefundFailed(address payer, uint256 amount);

  /// @notice The gas limit is outside what a first sync needs and what CCIP allows.
  error GasLimitOutOfBounds(uint256 gasLimit, uint256 min, uint256 max);

  /// @notice An address or a selector is zero.
  error ZeroValue();

  /// @notice The function is for the contract itself.
  error OnlySelf(address caller);

  /// @notice The router took the message and named no id: the lane's fault.
  error NoMessageId(uint64 selector);

  /// @notice The token is not the home of its mesh.
  error NotHomeToken(address token);

  /// @notice The transaction has too little gas left to give the next lane its LANE_GAS_LIMIT. Send it with more.
  error NotEnoughGasForCall();

  /// @notice A broadcast left for a satellite.
  /// @param selector The lane.
  /// @param messageId CCIP's id of the message.
  /// @param epoch The epoch it tells.
  /// @param feeToken What the fee was paid in.
  /// @param fee In wei of the fee token.
  event BroadcastSent(
    uint64 indexed selector,
    bytes32 indexed messageId,
    uint32 indexed epoch,
    address feeToken,
    uint256 fee
  );

  /// @notice A lane did not take the broadcast. Nothing was charged for it.
  /// @param selector The lane.
  /// @param epoch The epoch that it did not get.
  /// @param reason The first 132 bytes of what it reverted with; empty when it ran out of its gas.
  event BroadcastFailed(uint64 indexed selector, uint32 indexed epoch, bytes reason);

  /// @notice A satellite was added or changed.
  event DestinationSet(uint64 indexed selector, address indexed receiver, uint24 gasLimit);

  /// @notice A satellite was removed.
  event DestinationRemoved(uint64 indexed selector);

  /// @notice Broadcasts leave through another router of CCIP.
  /// @param router The router of now.
  /// @param previousRouter The one before; zero at deployment.
  event RouterSet(address indexed router, address indexed previousRouter);

  /// @notice What the treasury's spender may spend in a day changed.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param perDay In wei of the fee token.
  event TreasuryBudgetSet(address indexed feeToken, uint256 perDay);

  /// @notice Money was taken out of the treasury.
  event TreasuryWithdrawn(address indexed token, address indexed to, uint256 amount);

  /// @notice Sends the index state to each destination; the caller pays. Anyone may.
  /// @dev Paid in native, the call needs the sum of the fees as value and sends the rest back. Paid in LINK, it needs an
  /// allowance, of which each lane takes exactly its fee. Lanes are served in the order of the selectors: what an
  /// expensive one takes of `maxFee` is missing for those behind it, so leave out, or name last, a lane whose quote is out
  /// of the ordinary. Reverts with UnknownDestination, RepeatedDestination, UnsupportedFeeToken, InsufficientFee,
  /// UnexpectedValue, RefundFailed. Each lane must have LANE_GAS_LIMIT to itself.
  /// @param selectors The destinations.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param maxFee The most that the fees of this call may come to together, in wei of the fee token: what was quoted, and
  /// a margin. A lane that asks for more than is left of it is passed over with FeeAboveMaximum. Above 2^96 - 1 it means
  /// 2^96 - 1, which no sound lane asks for.
  /// @return messageIds CCIP's ids in the order of the selectors, zero for a lane that failed.
  function broadcast(
    uint64[] calldata selectors,
    address feeToken,
    uint256 maxFee
  ) external payable returns (bytes32[] memory messageIds);

  /// @notice The same, paid from the contract's own balance. Only TREASURY_SPENDER_ROLE, within the budget of the day.
  /// @dev A lane that does not fit the budget any more is passed over with FeeAboveMaximum.
  /// @param selectors The destinations.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param maxFee The most that the fees of this call may come to together, in wei of the fee token.
  /// @return messageIds CCIP's ids in the order of the selectors, zero for a lane that failed.
  function broadcastFromTreasury(
    uint64[] calldata selectors,
    address feeToken,
    uint256 maxFee
  ) external returns (bytes32[] memory messageIds);

  /// @notice Sends the index state to every pending destination; the caller pays. Anyone may. A destination is pending when
  /// it was sent no message of the token's epoch, or none for longer than `maxAge`. Pending means not sent, not "not
  /// synced": whether a satellite has the epoch is read there, and a message that failed there is sent again by `broadcast`,
  /// or by this function once `setDestination` has cleared the record.
  /// @dev Called twice, the second call sends nothing. Pays, isolates faults and reverts as `broadcast` does. The order is
  /// that of `getDestinations`; what an expensive lane takes of `maxFee` is missing for those behind it.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param maxFee The most that the fees of this call may come to together, in wei of the fee token.
  /// @param maxAge Seconds after which a destination is sent the same epoch once more; 0: never.
  /// @return selectors The destinations that were pending, in the order of `getDestinations`.
  /// @return messageIds CCIP's ids in the order of the selectors, zero for a lane that failed.
  /// @return skipped How many destinations were not pending.
  function broadcastPending(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge
  ) external payable returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped);

  /// @notice The same for a range of `getDestinations`, when all of them do not fit one transaction.
  /// @dev The order is fixed within one call. `removeDestination` moves the last destination to the place of the one that
  /// it removes: when that happens between two calls, a range that was done may hold a destination that was not reached.
  /// Start again at 0 then; what was sent is skipped.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param maxFee The most that the fees of this call may come to together, in wei of the fee token.
  /// @param maxAge Seconds after which a destination is sent the same epoch once more; 0: never.
  /// @param offset Where the range starts; beyond the last destination it is empty.
  /// @param limit How many destinations to look at, pending or not.
  /// @return selectors The destinations that were pending, in the order of `getDestinations`.
  /// @return messageIds CCIP's ids in the order of the selectors, zero for a lane that failed.
  /// @return skipped How many destinations of the range were not pending.
  function broadcastPendingRange(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) external payable returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped);

  /// @notice `broadcastPending`, paid from the contract's own balance. Only TREASURY_SPENDER_ROLE, within the budget of
  /// the day.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param maxFee The most that the fees of this call may come to together, in wei of the fee token.
  /// @param maxAge Seconds after which a destination is sent the same epoch once more; 0: never.
  /// @return selectors The destinations that were pending, in the order of `getDestinations`.
  /// @return messageIds CCIP's ids in the order of the selectors, zero for a lane that failed.
  /// @return skipped How many destinations were not pending.
  function broadcastPendingFromTreasury(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge
  ) external returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped);

  /// @notice `broadcastPendingRange`, paid from the contract's own balance. Only TREASURY_SPENDER_ROLE, within the budget
  /// of the day.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param maxFee The most that the fees of this call may come to together, in wei of the fee token.
  /// @param maxAge Seconds after which a destination is sent the same epoch once more; 0: never.
  /// @param offset Where the range starts; beyond the last destination it is empty.
  /// @param limit How many destinations to look at, pending or not.
  /// @return selectors The destinations that were pending, in the order of `getDestinations`.
  /// @return messageIds CCIP's ids in the order of the selectors, zero for a lane that failed.
  /// @return skipped How many destinations were not pending.
  function broadcastPendingRangeFromTreasury(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) external returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped);

  /// @notice Quotes, charges and sends one lane in a frame of its own, which a fault of the lane undoes whole.
  /// @dev Only this contract, or OnlySelf. Whatever reverts in here is the lane's fault; what the payer lacks is returned.
  /// @param selector The lane.
  /// @param payload The encoded index state.
  /// @param payment Who pays, from what, and the most that it may cost, or FeeAboveMaximum.
  /// @return fee What the lane costs, in wei of the fee token.
  /// @return available What the payer could spend; if the fee is above it, nothing was sent.
  /// @return messageId CCIP's id of the message.
  function sendLane(
    uint64 selector,
    bytes calldata payload,
    Payment calldata payment
  ) external returns (uint256 fee, uint256 available, bytes32 messageId);

  /// @notice What a broadcast costs in this block.
  /// @dev A fee does not say that the lane takes messages: CCIP 2.0 quotes for a cursed lane too. Curses are RMN's to tell.
  /// @param selectors The destinations; UnknownDestination otherwise.
  /// @param feeToken `address(0)` for native, or LINK; UnsupportedFeeToken otherwise.
  /// @return total The sum of the fees, in wei of the fee token.
  /// @return fees The fee of each lane; 0 for a lane that gives none now, or asks for 2^96 and more: a broadcast would pass
  /// over it.
  function quote(
    uint64[] calldata selectors,
    address feeToken
  ) external view returns (uint256 total, uint256[] memory fees);

  /// @notice Adds a satellite, or changes its receiver or gas limit. Only the default admin.
  /// @dev Clears the record of what was sent, also when only the gas limit changes or nothing does: a message that failed
  /// for its gas is pending again.
  /// @param selector CCIP selector of the satellite.
  /// @param receiver Its RebaseReceiver.
  /// @param gasLimit Gas for `ccipReceive`, between MIN_GAS_LIMIT and MAX_GAS_LIMIT.
  function setDestination(uint64 selector, address receiver, uint24 gasLimit) external;

  /// @notice Removes a satellite. Only the default admin. UnknownDestination if it is none.
  function removeDestination(uint64 selector) external;

  /// @notice Names CCIP's router at home. Only the default admin. NotARouter for what does not answer as a router.
  /// @dev Nothing is on its way inside a router: what left through the one before arrives. Once CCIP has moved a lane to
  /// another router, broadcasts through the old one fail with BroadcastFailed, although CCIP 2.0 still quotes fees for them.
  /// The allowance of LINK to the router before, one juel after a broadcast paid in LINK, is taken back.
  /// @param router CCIP's router at home.
  function setRouter(address router) external;

  /// @notice Sets what the treasury's spender may spend of a fee token between midnight and midnight, UTC. Only the default
  /// admin. 0, as it starts: nothing. UnsupportedFeeToken for any but native and LINK.
  /// @dev A lower one counts at once, also for what was spent today. Around midnight two days' budgets may be spent in a row.
  /// @param feeToken `address(0)` for native, or LINK.
  /// @param perDay In wei of the fee token.
  function setTreasuryBudget(address feeToken, uint96 perDay) external;

  /// @notice Takes money out of the treasury. Only TREASURY_WITHDRAWER_ROLE.
  /// @param token `address(0)` for native, or any ERC-20.
  /// @param to Who receives it.
  /// @param amount In wei of the token.
  function withdraw(address token, address payable to, uint256 amount) external;

  /// @notice The selectors of all destinations. Adding appends; removing one moves the last one to its place.
  function getDestinations() external view returns (uint64[] memory);

  /// @notice What is known of one destination; all zero if it is none.
  function getDestination(uint64 selector) external view returns (Destination memory);

  /// @notice The destinations in a range that `broadcastPendingRange` would send to now: quote these.
  /// @param maxAge Seconds after which a destination is sent the same epoch once more; 0: never.
  /// @param offset Where the range starts.
  /// @param limit How many destinations to look at; the largest number for all.
  function getPendingDestinations(
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) external view returns (uint64[] memory selectors);

  /// @notice What the treasury's spender may spend of a fee token in a day.
  /// @param feeToken `address(0)` for native, or LINK; zeros for any other.
  /// @return perDay In wei of the fee token.
  /// @return left What is left of it until the next midnight, UTC.
  function getTreasuryBudget(address feeToken) external view returns (uint256 perDay, uint256 left);

  /// @notice The token at home.
  function getToken() external view returns (address);

  /// @notice CCIP's router at home.
  function getRouter() external view returns (address);

  /// @notice LINK at home.
  function getLink() external view returns (address);
}
