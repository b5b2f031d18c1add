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

import {IProposalSender} from "../interfaces/IProposalSender.sol";
import {ProposalCodec} from "../libraries/ProposalCodec.sol";
import {RouterProbe} from "../libraries/RouterProbe.sol";

/// @title ProposalSender
/// @notice Carries what home's timelock decides to the timelocks of satellites.
contract ProposalSender is IProposalSender, AccessControlDefaultAdminRules, ITypeAndVersion {
  using SafeERC20 for IERC20;

  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "ProposalSender 1.0.0";

  /// @notice May send a proposal again at this contract's expense.
  bytes32 public constant TREASURY_SPENDER_ROLE = keccak256("TREASURY_SPENDER_ROLE");
  /// @notice May take money out.
  bytes32 public constant TREASURY_WITHDRAWER_ROLE = keccak256("TREASURY_WITHDRAWER_ROLE");

  /// @notice The least gas for `ccipReceive`: a batch of one short call.
  uint32 public constant MIN_GAS_LIMIT = 150_000;
  /// @notice The most gas for `ccipReceive` that CCIP sells.
  uint32 public constant MAX_GAS_LIMIT = 3_000_000;
  /// @notice The most gas that one lane may use here, so that a broken one leaves enough for the others.
  uint256 public constant LANE_GAS_LIMIT = 2_000_000;

  // What CallWithExactGas itself needs to find out that too little gas is left; Chainlink's own figure.
  uint16 private constant GAS_FOR_CALL_EXACT_CHECK = 5_000;
  // A selector and four words: enough for every error of CCIP, too little for a returndata bomb.
  uint16 private constant MAX_RETURN_BYTES = 4 + 4 * 32;

  IERC20 private immutable i_link;

  IRouterClient private s_router;
  mapping(uint64 selector => Destination destination) private s_destinations;
  mapping(uint64 selector => mapping(uint64 nonce => bytes32 payloadHash)) private s_payloadHashes;
  // The first nonce that was meant for the receiver of now; never 0 for a chain that was a destination.
  mapping(uint64 selector => uint64 nonce) private s_firstNonces;

  /// @param router CCIP's router at home, or NotARouter.
  /// @param link LINK at home.
  /// @param admin The first default admin.
  /// @param adminDelay Seconds that a hand-over of the default admin takes.
  constructor(
    address router,
    address link,
    address admin,
    uint48 adminDelay
  ) AccessControlDefaultAdminRules(adminDelay, admin) {
    if (link == address(0)) revert ZeroValue();
    i_link = IERC20(link);
    _setRouter(router);
  }

  /// @notice Pays for fees. Anyone may.
  receive() external payable {}

  /// @inheritdoc IProposalSender
  function propose(
    Request[] calldata requests,
    address feeToken,
    uint256 maxFee
  ) external onlyRole(DEFAULT_ADMIN_ROLE) returns (uint64[] memory nonces) {
    _requireFeeToken(feeToken);
    nonces = new uint64[](requests.length);
    for (uint256 i = 0; i < requests.length; ++i) {
      uint64 selector = requests[i].selector;
      bytes memory payload;
      (nonces[i], payload) = _create(requests[i]);
      (bytes32 messageId, uint256 fee, bytes memory reason) = _tryLane(selector, payload, feeToken, maxFee);
      if (messageId == 0) {
        emit ProposalFailed(selector, nonces[i], reason);
      } else {
        // The lane's frame has compared the fee with maxFee.
        maxFee -= fee;
        emit ProposalSent(selector, nonces[i], messageId, feeToken, fee);
      }
    }
  }

  /// @inheritdoc IProposalSender
  function resend(uint64 selector, uint64 nonce, bytes calldata payload) external payable returns (bytes32 messageId) {
    uint256 fee;
    (messageId, fee) = _resend(selector, nonce, payload, address(0), msg.value);
    uint256 change = msg.value - fee;
    if (change == 0) return messageId;
    (bool taken, ) = msg.sender.call{value: change}("");
    if (!taken) revert RefundFailed(msg.sender, change);
  }

  /// @inheritdoc IProposalSender
  function resendFromTreasury(
    uint64 selector,
    uint64 nonce,
    bytes calldata payload,
    address feeToken,
    uint256 maxFee
  ) external onlyRole(TREASURY_SPENDER_ROLE) returns (bytes32 messageId) {
    _requireFeeToken(feeToken);
    (messageId, ) = _resend(selector, nonce, payload, feeToken, maxFee);
  }

  /// @inheritdoc IProposalSender
  function sendLane(
    uint64 selector,
    bytes calldata payload,
    address feeToken,
    uint256 maxFee
  ) external returns (bytes32 messageId, uint256 fee) {
    if (msg.sender != address(this)) revert OnlySelf(msg.sender);
    IRouterClient router = s_router;
    Client.EVM2AnyMessage memory message = _message(selector, payload, feeToken);
    fee = router.getFee(selector, message);
    uint256 held = feeToken == address(0) ? address(this).balance : i_link.balanceOf(address(this));
    uint256 available = Math.min(held, maxFee);
    if (fee > available) revert FeeAboveMaximum(fee, available);
    if (feeToken == address(0)) {
      messageId = router.ccipSend{value: fee}(selector, message);
    } else {
      i_link.forceApprove(address(router), fee);
      messageId = router.ccipSend(selector, message);
    }
    // The fee was taken: without this it would not count against the maximum.
    if (messageId == 0) revert NoMessageId(selector);
  }

  /// @inheritdoc IProposalSender
  function quote(uint64 selector, bytes calldata payload, address feeToken) external view returns (uint256 fee) {
    _requireFeeToken(feeToken);
    _requireDestination(selector);
    return s_router.getFee(selector, _message(selector, payload, feeToken));
  }

  /// @inheritdoc IProposalSender
  function setDestination(uint64 selector, address receiver, uint32 gasLimit) external onlyRole(DEFAULT_ADMIN_ROLE) {
    if (selector == 0) revert ZeroValue();
    if (receiver != address(0) && (gasLimit < MIN_GAS_LIMIT || gasLimit > MAX_GAS_LIMIT)) {
      revert GasLimitOutOfBounds(gasLimit, MIN_GAS_LIMIT, MAX_GAS_LIMIT);
    }
    Destination storage destination = s_destinations[selector];
    // Another receiver knows no nonce: what was taken or cancelled at the one before would be scheduled there.
    if (destination.receiver != receiver) s_firstNonces[selector] = destination.lastNonce + 1;
    destination.receiver = receiver;
    destination.gasLimit = gasLimit;
    emit DestinationSet(selector, receiver, gasLimit);
  }

  /// @inheritdoc IProposalSender
  function setRouter(address router) external onlyRole(DEFAULT_ADMIN_ROLE) {
    _setRouter(router);
  }

  /// @inheritdoc IProposalSender
  function withdraw(address token, address payable to, uint256 amount) external onlyRole(TREASURY_WITHDRAWER_ROLE) {
    if (to == address(0)) revert ZeroValue();
    emit Withdrawn(token, to, amount);
    if (token == address(0)) Address.sendValue(to, amount);
    else IERC20(token).safeTransfer(to, amount);
  }

  /// @inheritdoc IProposalSender
  function getDestination(uint64 selector) external view returns (Destination memory) {
    return s_destinations[selector];
  }

  /// @inheritdoc IProposalSender
  function getPayloadHash(uint64 selector, uint64 nonce) external view returns (bytes32) {
    return s_payloadHashes[selector][nonce];
  }

  /// @inheritdoc IProposalSender
  function getRouter() external view returns (address) {
    return address(s_router);
  }

  /// @inheritdoc IProposalSender
  function getLink() external view returns (address) {
    return address(i_link);
  }

  function _create(Request calldata request) private returns (uint64 nonce, bytes memory payload) {
    ProposalCodec.Batch calldata batch = request.batch;
    uint64 selector = request.selector;
    Destination storage destination = _requireDestination(selector);
    uint256 size = batch.targets.length;
    if (size == 0 || batch.values.length != size || batch.payloads.length != size) {
      revert InvalidBatch(size, batch.values.length, batch.payloads.length);
    }

    nonce = ++destination.lastNonce;
    // A block's time stays far below 2^64, and a sum beyond it reverts.
    uint64 validUntil = uint64(block.timestamp) + request.validFor;
    payload = ProposalCodec.encode(nonce, validUntil, batch);
    s_payloadHashes[selector][nonce] = keccak256(payload);
    emit ProposalCreated(selector, nonce, ProposalCodec.idOf(nonce, batch), validUntil, payload);
  }

  function _resend(
    uint64 selector,
    uint64 nonce,
    bytes calldata payload,
    address feeToken,
    uint256 maxFee
  ) private returns (bytes32 messageId, uint256 fee) {
    _requireDestination(selector);
    if (nonce < s_firstNonces[selector] || s_payloadHashes[selector][nonce] != keccak256(payload)) {
      revert UnknownProposal(selector, nonce);
    }
    (, uint64 validUntil, ) = ProposalCodec.decode(payload);
    if (block.timestamp > validUntil) revert ProposalOutdated(validUntil);

    bytes memory reason;
    (messageId, fee, reason) = _tryLane(selector, payload, feeToken, maxFee);
    if (messageId == 0) revert LaneFailed(selector, reason);
    emit ProposalSent(selector, nonce, messageId, feeToken, fee);
  }

  /// @return messageId Zero if the lane failed; then `reason` holds the first bytes of its revert data.
  function _tryLane(
    uint64 selector,
    bytes memory payload,
    address feeToken,
    uint256 maxFee
  ) private returns (bytes32 messageId, uint256 fee, bytes memory reason) {
    (bool sent, bytes memory result, ) = CallWithExactGas._callWithExactGasSafeReturnData(
      abi.encodeCall(this.sendLane, (selector, payload, feeToken, maxFee)),
      address(this),
      LANE_GAS_LIMIT,
      GAS_FOR_CALL_EXACT_CHECK,
      MAX_RETURN_BYTES
    );
    if (!sent) return (0, 0, result);
    (messageId, fee) = abi.decode(result, (bytes32, uint256));
  }

  function _setRouter(address router) private {
    RouterProbe.requireRouter(router);
    emit RouterSet(router, address(s_router));
    s_router = IRouterClient(router);
  }

  function _message(
    uint64 selector,
    bytes calldata payload,
    address feeToken
  ) private view returns (Client.EVM2AnyMessage memory) {
    Destination storage destination = s_destinations[selector];
    return
      Client.EVM2AnyMessage({
        receiver: abi.encode(destination.receiver),
        data: payload,
        tokenAmounts: new Client.EVMTokenAmount[](0),
        feeToken: feeToken,
        // The timelocks keep the order where a batch names its predecessor.
        extraArgs: Client._argsToBytes(
          Client.GenericExtraArgsV2({gasLimit: destination.gasLimit, allowOutOfOrderExecution: true})
        )
      });
  }

  function _requireDestination(uint64 selector) private view returns (Destination storage destination) {
    destination = s_destinations[selector];
    if (destination.receiver == address(0)) revert UnknownDestination(selector);
  }

  function _requireFeeToken(address feeToken) private view {
    if (feeToken != address(0) && feeToken != address(i_link)) revert UnsupportedFeeToken(feeToken);
  }
}
