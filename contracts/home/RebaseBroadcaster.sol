// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {CallWithExactGas} from "@chainlink/contracts/src/v0.8/shared/call/CallWithExactGas.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {AccessControlDefaultAdminRules} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IRebaseBroadcaster} from "../interfaces/IRebaseBroadcaster.sol";
import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {BroadcastCodec} from "../libraries/BroadcastCodec.sol";
import {RouterProbe} from "../libraries/RouterProbe.sol";

/// @title RebaseBroadcaster
/// @notice Tells satellites the home's index state. Its own balance is a treasury apart from what callers pay with.
contract RebaseBroadcaster is IRebaseBroadcaster, AccessControlDefaultAdminRules, ITypeAndVersion {
  using EnumerableSet for EnumerableSet.UintSet;
  using SafeERC20 for IERC20;

  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "RebaseBroadcaster 1.0.0";

  /// @notice May broadcast at the treasury's expense.
  bytes32 public constant TREASURY_SPENDER_ROLE = keccak256("TREASURY_SPENDER_ROLE");
  /// @notice May take money out of the treasury.
  bytes32 public constant TREASURY_WITHDRAWER_ROLE = keccak256("TREASURY_WITHDRAWER_ROLE");

  /// @notice The least gas for `ccipReceive`: 1.5 times what a first sync, or the first message held back, was measured to need.
  uint24 public constant MIN_GAS_LIMIT = 125_000;
  /// @notice The most gas for `ccipReceive` that CCIP sells.
  uint24 public constant MAX_GAS_LIMIT = 3_000_000;
  /// @notice The most gas that one lane may use here, so that a broken one leaves enough for the others.
  /// @dev A first broadcast for LINK takes 206,000 in CCIP 1.6; in 2.0 it takes 376,000, and 83,000 more for each verifier
  /// that the lane requires beyond the first: four leave more than a third of the limit. Fifteen lanes that
  /// use all of it stay below the 16,777,216 that Ethereum allows a transaction (EIP-7825).
  uint256 public constant LANE_GAS_LIMIT = 1_000_000;

  // The most that fees of one call may come to, in wei of the fee token: 79 billion tokens, the width in which CCIP itself
  // counts juels. A lane that asks for more is broken.
  uint256 private constant MAX_FEE = type(uint96).max;

  // What CallWithExactGas itself needs to find out that too little gas is left; Chainlink's own figure.
  uint16 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;
  // A selector and four words: enough for every error of CCIP, too little for a returndata bomb.
  uint16 private constant MAX_RETURN_BYTES = 4 + 4 * 32;

  IRebaseToken private immutable i_token;
  IERC20 private immutable i_link;

  IRouterClient private s_router;
  EnumerableSet.UintSet private s_selectors;
  mapping(uint64 selector => Destination destination) private s_destinations;

  // What the treasury's spender may spend of a fee token on one day, and how much of it was spent on `day`.
  struct TreasuryBudget {
    uint96 perDay;
    uint96 spent;
    uint32 day;
  }

  mapping(address feeToken => TreasuryBudget budget) private s_treasuryBudgets;

  /// @param token The token at home, or NotHomeToken.
  /// @param router CCIP's router at home, or NotARouter.
  /// @param link LINK at home.
  /// @param admin The first default admin.
  /// @param adminDelay Seconds that a hand-over of the default admin takes.
  constructor(
    address token,
    address router,
    address link,
    address admin,
    uint48 adminDelay
  ) AccessControlDefaultAdminRules(adminDelay, admin) {
    if (link == address(0)) revert ZeroValue();
    if (!IRebaseToken(token).isHome()) revert NotHomeToken(token);
    i_token = IRebaseToken(token);
    i_link = IERC20(link);
    _setRouter(router);
  }

  /// @notice Pays into the treasury. Anyone may.
  receive() external payable {}

  // Broadcasting

  /// @inheritdoc IRebaseBroadcaster
  function broadcast(
    uint64[] calldata selectors,
    address feeToken,
    uint256 maxFee
  ) external payable returns (bytes32[] memory messageIds) {
    Payment memory payment = _callerPayment(feeToken, maxFee);
    messageIds = _broadcast(selectors, payment);
    _refund(payment);
  }

  /// @inheritdoc IRebaseBroadcaster
  function broadcastFromTreasury(
    uint64[] calldata selectors,
    address feeToken,
    uint256 maxFee
  ) external onlyRole(TREASURY_SPENDER_ROLE) returns (bytes32[] memory messageIds) {
    (Payment memory payment, uint256 budget) = _treasuryPayment(feeToken, maxFee);
    messageIds = _broadcast(selectors, payment);
    _recordSpent(payment, budget);
  }

  /// @inheritdoc IRebaseBroadcaster
  function broadcastPending(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge
  ) external payable returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped) {
    return broadcastPendingRange(feeToken, maxFee, maxAge, 0, type(uint256).max);
  }

  /// @inheritdoc IRebaseBroadcaster
  function broadcastPendingRange(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) public payable returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped) {
    Payment memory payment = _callerPayment(feeToken, maxFee);
    (selectors, messageIds, skipped) = _broadcastPending(payment, maxAge, offset, limit);
    _refund(payment);
  }

  /// @inheritdoc IRebaseBroadcaster
  function broadcastPendingFromTreasury(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge
  ) external returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped) {
    return broadcastPendingRangeFromTreasury(feeToken, maxFee, maxAge, 0, type(uint256).max);
  }

  /// @inheritdoc IRebaseBroadcaster
  function broadcastPendingRangeFromTreasury(
    address feeToken,
    uint256 maxFee,
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  )
    public
    onlyRole(TREASURY_SPENDER_ROLE)
    returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped)
  {
    (Payment memory payment, uint256 budget) = _treasuryPayment(feeToken, maxFee);
    (selectors, messageIds, skipped) = _broadcastPending(payment, maxAge, offset, limit);
    _recordSpent(payment, budget);
  }

  /// @inheritdoc IRebaseBroadcaster
  function sendLane(
    uint64 selector,
    bytes calldata payload,
    Payment calldata payment
  ) external returns (uint256 fee, uint256 available, bytes32 messageId) {
    if (msg.sender != address(this)) revert OnlySelf(msg.sender);

    address feeToken = payment.feeToken;
    IRouterClient router = s_router;
    Client.EVM2AnyMessage memory message = _message(s_destinations[selector], payload, feeToken);
    fee = router.getFee(selector, message);
    if (fee > payment.maxFee) revert FeeAboveMaximum(fee, payment.maxFee);

    if (feeToken == address(0)) {
      available = payment.value;
      if (fee > available) return (fee, available, 0);
      messageId = router.ccipSend{value: fee}(selector, message);
    } else {
      if (!_collectLink(payment.payer, fee)) {
        available = _availableLink(payment.payer);
        // With means enough, LINK itself refused: what is not paid must not pass for sent.
        if (fee <= available) revert SafeERC20.SafeERC20FailedOperation(address(i_link));
        return (fee, available, 0);
      }
      available = fee;
      // One juel more than the router takes: an allowance that never falls to zero costs a fraction of one that does. What
      // a router leaves of it was charged and not spent, and ends with the next lane or with setRouter.
      i_link.forceApprove(address(router), fee + 1);
      messageId = router.ccipSend(selector, message);
    }
    if (messageId == 0) revert NoMessageId(selector);
  }

  /// @inheritdoc IRebaseBroadcaster
  // solhint-disable-next-line gas-calldata-parameters
  function quote(
    uint64[] memory selectors,
    address feeToken
  ) external view returns (uint256 total, uint256[] memory fees) {
    _requireFeeToken(feeToken);
    (, bytes memory payload) = _encodedState();
    IRouterClient router = s_router;

    fees = new uint256[](selectors.length);
    for (uint256 i = 0; i < selectors.length; ++i) {
      uint64 selector = _newDestination(selectors, i);
      Client.EVM2AnyMessage memory message = _message(s_destinations[selector], payload, feeToken);
      try router.getFee{gas: LANE_GAS_LIMIT}(selector, message) returns (uint256 fee) {
        // A broadcast would pass over this lane too.
        if (fee > MAX_FEE) continue;
        fees[i] = fee;
        // Each fee is below 2^96, and a list of 2^160 selectors fits no block.
        total += fee;
      } catch {} // solhint-disable-line no-empty-blocks
    }
  }

  // Configuration

  /// @inheritdoc IRebaseBroadcaster
  function setDestination(uint64 selector, address receiver, uint24 gasLimit) external onlyRole(DEFAULT_ADMIN_ROLE) {
    if (selector == 0 || receiver == address(0)) revert ZeroValue();
    if (gasLimit < MIN_GAS_LIMIT || gasLimit > MAX_GAS_LIMIT) {
      revert GasLimitOutOfBounds(gasLimit, MIN_GAS_LIMIT, MAX_GAS_LIMIT);
    }

    s_selectors.add(selector);
    // What was sent to another receiver, or with another gas limit, has to be sent again.
    delete s_destinations[selector];
    Destination storage destination = s_destinations[selector];
    destination.receiver = receiver;
    destination.gasLimit = gasLimit;

    emit DestinationSet(selector, receiver, gasLimit);
  }

  /// @inheritdoc IRebaseBroadcaster
  function removeDestination(uint64 selector) external onlyRole(DEFAULT_ADMIN_ROLE) {
    if (!s_selectors.remove(selector)) revert UnknownDestination(selector);
    delete s_destinations[selector];
    emit DestinationRemoved(selector);
  }

  /// @inheritdoc IRebaseBroadcaster
  function setRouter(address router) external onlyRole(DEFAULT_ADMIN_ROLE) {
    address previousRouter = address(s_router);
    _setRouter(router);
    i_link.forceApprove(previousRouter, 0);
  }

  /// @inheritdoc IRebaseBroadcaster
  function setTreasuryBudget(address feeToken, uint96 perDay) external onlyRole(DEFAULT_ADMIN_ROLE) {
    _requireFeeToken(feeToken);
    s_treasuryBudgets[feeToken].perDay = perDay;
    emit TreasuryBudgetSet(feeToken, perDay);
  }

  /// @inheritdoc IRebaseBroadcaster
  function withdraw(address token, address payable to, uint256 amount) external onlyRole(TREASURY_WITHDRAWER_ROLE) {
    if (to == address(0)) revert ZeroValue();
    emit TreasuryWithdrawn(token, to, amount);
    if (token == address(0)) Address.sendValue(to, amount);
    else IERC20(token).safeTransfer(to, amount);
  }

  /// @inheritdoc IRebaseBroadcaster
  function getDestinations() external view returns (uint64[] memory selectors) {
    uint256[] memory values = s_selectors.values();
    selectors = new uint64[](values.length);
    for (uint256 i = 0; i < values.length; ++i) {
      // Only uint64 selectors are ever added.
      selectors[i] = uint64(values[i]);
    }
  }

  /// @inheritdoc IRebaseBroadcaster
  function getDestination(uint64 selector) external view returns (Destination memory) {
    return s_destinations[selector];
  }

  /// @inheritdoc IRebaseBroadcaster
  function getPendingDestinations(
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) external view returns (uint64[] memory selectors) {
    (selectors, ) = _pendingDestinations(i_token.epoch(), maxAge, offset, limit);
  }

  /// @inheritdoc IRebaseBroadcaster
  function getTreasuryBudget(address feeToken) external view returns (uint256 perDay, uint256 left) {
    TreasuryBudget storage budget = s_treasuryBudgets[feeToken];
    perDay = budget.perDay;
    (, left) = _spentToday(budget);
  }

  /// @inheritdoc IRebaseBroadcaster
  function getToken() external view returns (address) {
    return address(i_token);
  }

  /// @inheritdoc IRebaseBroadcaster
  function getRouter() external view returns (address) {
    return address(s_router);
  }

  /// @inheritdoc IRebaseBroadcaster
  function getLink() external view returns (address) {
    return address(i_link);
  }

  // Internals

  function _setRouter(address router) private {
    RouterProbe.requireRouter(router);
    emit RouterSet(router, address(s_router));
    s_router = IRouterClient(router);
  }

  function _callerPayment(address feeToken, uint256 maxFee) private view returns (Payment memory payment) {
    if (feeToken != address(0) && msg.value != 0) revert UnexpectedValue(msg.value);
    payment.feeToken = feeToken;
    payment.payer = msg.sender;
    payment.value = msg.value;
    payment.maxFee = Math.min(maxFee, MAX_FEE);
  }

  /// @dev Returns what the lanes left of the value sent; it was lowered by each native fee and never below zero.
  function _refund(Payment memory payment) private {
    if (payment.value == 0) return;
    (bool taken, ) = msg.sender.call{value: payment.value}("");
    if (!taken) revert RefundFailed(msg.sender, payment.value);
  }

  /// @return payment What the treasury may spend in this call.
  /// @return budget What it has spent today and may spend in this call, together.
  function _treasuryPayment(
    address feeToken,
    uint256 maxFee
  ) private view returns (Payment memory payment, uint256 budget) {
    (uint256 spent, uint256 left) = _spentToday(s_treasuryBudgets[feeToken]);
    payment.feeToken = feeToken;
    payment.payer = address(this);
    payment.value = address(this).balance;
    payment.maxFee = Math.min(maxFee, left);
    // Both are below 2^96.
    budget = spent + payment.maxFee;
  }

  /// @dev Nobody who was called meanwhile could spend from the same budget: a lane has LANE_GAS_LIMIT, and each lane of a
  /// broadcast demands more to be there. What was spent is at most left, and spent + left at most the larger of spent
  /// and perDay, both uint96.
  function _recordSpent(Payment memory payment, uint256 budget) private {
    TreasuryBudget storage treasuryBudget = s_treasuryBudgets[payment.feeToken];
    treasuryBudget.day = _today();
    treasuryBudget.spent = uint96(budget - payment.maxFee);
  }

  /// @dev Lowers `payment.maxFee` by every fee, and `payment.value` by every native one.
  function _broadcast(uint64[] memory selectors, Payment memory payment) private returns (bytes32[] memory messageIds) {
    _requireFeeToken(payment.feeToken);
    (uint32 epoch, bytes memory payload) = _encodedState();

    messageIds = new bytes32[](selectors.length);
    for (uint256 i = 0; i < selectors.length; ++i) {
      messageIds[i] = _tryLane(_newDestination(selectors, i), epoch, payload, payment);
    }
  }

  /// @dev Lowers `payment` as `_broadcast` does. Which destinations are pending is settled before the first lane is called.
  function _broadcastPending(
    Payment memory payment,
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) private returns (uint64[] memory selectors, bytes32[] memory messageIds, uint256 skipped) {
    _requireFeeToken(payment.feeToken);
    (uint32 epoch, bytes memory payload) = _encodedState();
    (selectors, skipped) = _pendingDestinations(epoch, maxAge, offset, limit);

    messageIds = new bytes32[](selectors.length);
    for (uint256 i = 0; i < selectors.length; ++i) {
      messageIds[i] = _tryLane(selectors[i], epoch, payload, payment);
    }
  }

  function _tryLane(
    uint64 selector,
    uint32 epoch,
    bytes memory payload,
    Payment memory payment
  ) private returns (bytes32 messageId) {
    (bool sent, bytes memory result, ) = CallWithExactGas._callWithExactGasSafeReturnData(
      abi.encodeCall(this.sendLane, (selector, payload, payment)),
      address(this),
      LANE_GAS_LIMIT,
      GAS_FOR_CALL_EXACT_CHECK,
      MAX_RETURN_BYTES
    );
    if (!sent) {
      emit BroadcastFailed(selector, epoch, result);
      return 0;
    }

    uint256 fee;
    uint256 available;
    (fee, available, messageId) = abi.decode(result, (uint256, uint256, bytes32));
    if (fee > available) revert InsufficientFee(selector, fee, available);
    // The lane's frame compared the fee with both before it was spent.
    unchecked {
      payment.maxFee -= fee;
      if (payment.feeToken == address(0)) payment.value -= fee;
    }

    _recordSent(selector, epoch, messageId);
    emit BroadcastSent(selector, messageId, epoch, payment.feeToken, fee);
  }

  function _recordSent(uint64 selector, uint32 epoch, bytes32 messageId) private {
    Destination storage destination = s_destinations[selector];
    destination.lastEpoch = epoch;
    // 40 bits of seconds last for 34,000 years.
    destination.lastSentAt = uint40(block.timestamp);
    destination.lastMessageId = messageId;
  }

  /// @return selectors The destinations in the range that were sent no message of `epoch`, or none for longer than `maxAge`.
  /// @return skipped How many others are in the range.
  function _pendingDestinations(
    uint32 epoch,
    uint256 maxAge,
    uint256 offset,
    uint256 limit
  ) private view returns (uint64[] memory selectors, uint256 skipped) {
    uint256 first = Math.min(offset, s_selectors.length());
    uint256 size = Math.min(limit, s_selectors.length() - first);
    selectors = new uint64[](size);
    uint256 found = 0;
    for (uint256 i = 0; i < size; ++i) {
      // Only uint64 selectors are ever added.
      uint64 selector = uint64(s_selectors.at(first + i));
      Destination storage destination = s_destinations[selector];
      // A record is never from the future.
      bool outdated = maxAge != 0 && block.timestamp - destination.lastSentAt > maxAge;
      if (destination.lastEpoch < epoch || outdated) selectors[found++] = selector;
    }
    skipped = size - found;
    // Cuts the array to what was found, which is at most its length.
    assembly ("memory-safe") {
      mstore(selectors, found)
    }
  }

  function _encodedState() private view returns (uint32 epoch, bytes memory payload) {
    uint256 current;
    uint256 next;
    uint256 effectiveAt;
    (epoch, current, next, effectiveAt) = i_token.indexState();
    // A block's time fits 56 bits for two billion years.
    payload = BroadcastCodec.encode(epoch, current, next, effectiveAt, uint56(block.timestamp));
  }

  function _message(
    Destination storage destination,
    bytes memory payload,
    address feeToken
  ) private view returns (Client.EVM2AnyMessage memory) {
    // Next to each other, they cost one read.
    (address receiver, uint24 gasLimit) = (destination.receiver, destination.gasLimit);
    return
      Client.EVM2AnyMessage({
        receiver: abi.encode(receiver),
        data: payload,
        tokenAmounts: new Client.EVMTokenAmount[](0),
        feeToken: feeToken,
        // Some lanes demand out-of-order execution, and messages that carry the whole state need no order.
        extraArgs: Client._argsToBytes(Client.GenericExtraArgsV2({gasLimit: gasLimit, allowOutOfOrderExecution: true}))
      });
  }

  function _requireFeeToken(address feeToken) private view {
    if (feeToken != address(0) && feeToken != address(i_link)) revert UnsupportedFeeToken(feeToken);
  }

  /// @dev The selector at an index, of a destination that is not named before it. The selectors are in memory, where
  /// comparing each with all before it costs a third of what it costs in calldata, which is checked at each read.
  function _newDestination(uint64[] memory selectors, uint256 index) private view returns (uint64 selector) {
    selector = selectors[index];
    if (s_destinations[selector].receiver == address(0)) revert UnknownDestination(selector);
    for (uint256 j = 0; j < index; ++j) {
      if (selectors[j] == selector) revert RepeatedDestination(selector);
    }
  }

  /// @dev Whether the fee lies here now: taken from the payer, or found in the treasury.
  function _collectLink(address payer, uint256 fee) private returns (bool) {
    if (payer == address(this)) return fee <= i_link.balanceOf(address(this));
    return i_link.trySafeTransferFrom(payer, address(this), fee);
  }

  /// @dev What of the payer's LINK can be spent here; the treasury needs nobody's allowance.
  function _availableLink(address payer) private view returns (uint256) {
    uint256 balance = i_link.balanceOf(payer);
    if (payer == address(this)) return balance;
    return Math.min(balance, i_link.allowance(payer, address(this)));
  }

  function _spentToday(TreasuryBudget storage budget) private view returns (uint256 spent, uint256 left) {
    spent = budget.day == _today() ? budget.spent : 0;
    left = Math.saturatingSub(budget.perDay, spent);
  }

  function _today() private view returns (uint32) {
    // 32 bits of days last for 11 million years.
    return uint32(block.timestamp / 1 days);
  }
}
