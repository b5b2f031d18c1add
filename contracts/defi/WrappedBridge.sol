// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {IWrappedBridge} from "../interfaces/IWrappedBridge.sol";
import {IWrappedRebaseToken} from "../interfaces/IWrappedRebaseToken.sol";
import {ShareMath} from "../libraries/ShareMath.sol";
import {RoutedReceiver} from "../messaging/RoutedReceiver.sol";

/// @title WrappedBridge
/// @notice Moves wrapped units between chains by the rebase token's pools.
contract WrappedBridge is IWrappedBridge, RoutedReceiver, ITypeAndVersion {
  using SafeERC20 for IERC20;

  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "WrappedBridge 1.0.0";

  /// @notice The least gas for `ccipReceive`.
  uint32 public constant MIN_GAS_LIMIT = 400_000;
  /// @notice The most gas for `ccipReceive` that CCIP sells.
  uint32 public constant MAX_GAS_LIMIT = 3_000_000;
  /// @notice The gas that must be left when a delivery begins: with less it reverts, and is executed again with more.
  /// @dev Where any account may execute a message with any gas, too little of it must not turn a wrapped arrival into a plain
  /// one. 1.5 times what a first delivery was measured to need.
  uint256 public constant MIN_DELIVERY_GAS = 300_000;

  uint256 private constant SHARES_PER_UNIT = ShareMath.GENESIS_SHARES_PER_TOKEN;

  IWrappedRebaseToken private immutable i_wrapper;
  IRebaseToken private immutable i_token;
  IERC20 private immutable i_link;

  mapping(uint64 selector => Remote remote) private s_remotes;
  mapping(address account => uint256 shares) private s_claimable;
  uint256 private s_totalClaimable;

  /// @param router CCIP's router on this chain, or NotARouter.
  /// @param wrapper The wrapper on this chain.
  /// @param link LINK on this chain.
  /// @param owner_ Who may name the other bridges.
  constructor(address router, address wrapper, address link, address owner_) RoutedReceiver(router, owner_) {
    if (link == address(0)) revert ZeroValue();
    address token = IWrappedRebaseToken(wrapper).asset();
    i_wrapper = IWrappedRebaseToken(wrapper);
    i_token = IRebaseToken(token);
    i_link = IERC20(link);
    // The wrapper takes shares of its caller alone.
    IERC20(token).forceApprove(wrapper, type(uint256).max);
  }

  // Sending

  /// @inheritdoc IWrappedBridge
  function send(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    uint256 minimum,
    address feeToken
  ) external payable returns (bytes32 messageId) {
    return _send(selector, receiver, wrapped, minimum, feeToken);
  }

  /// @inheritdoc IWrappedBridge
  function sendWithPermit(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    uint256 minimum,
    address feeToken,
    Permit calldata permit
  ) external payable returns (bytes32 messageId) {
    // Whoever saw the signature may have used it already: the allowance is what counts.
    try
      IERC20Permit(address(i_wrapper)).permit(
        msg.sender,
        address(this),
        wrapped,
        permit.deadline,
        permit.v,
        permit.r,
        permit.s
      )
    {} catch {} // solhint-disable-line no-empty-blocks
    return _send(selector, receiver, wrapped, minimum, feeToken);
  }

  /// @inheritdoc IWrappedBridge
  function quote(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    address feeToken
  ) external view returns (uint256 fee, uint256 arriving) {
    _requireFeeToken(feeToken);
    uint256 shares = ShareMath.toShares(wrapped, SHARES_PER_UNIT);
    uint256 amount = i_token.toTokens(shares);
    uint256 travelling = i_token.toShares(amount);
    arriving = travelling / SHARES_PER_UNIT;
    fee = IRouterClient(getRouter()).getFee(selector, _message(selector, receiver, amount, travelling, feeToken));
  }

  // What is kept here

  /// @inheritdoc IWrappedBridge
  function claim(address to) external returns (uint256 shares) {
    return _claim(msg.sender, to);
  }

  /// @inheritdoc IWrappedBridge
  function claimForBridge(uint64 selector, address to) external onlyOwner returns (uint256 shares) {
    address bridge = s_remotes[selector].bridge;
    if (bridge == address(0)) revert UnknownRemote(selector);
    return _claim(bridge, to);
  }

  /// @inheritdoc IWrappedBridge
  function recover(address token, address payable to) external onlyOwner returns (uint256 amount) {
    if (to == address(0)) revert ZeroValue();
    if (token == address(i_token)) amount = _unclaimedShares();
    else amount = token == address(0) ? address(this).balance : IERC20(token).balanceOf(address(this));
    emit Recovered(token, to, amount);
    if (token == address(i_token)) i_token.transferShares(to, amount);
    else if (token == address(0)) Address.sendValue(to, amount);
    else IERC20(token).safeTransfer(to, amount);
  }

  /// @inheritdoc IWrappedBridge
  function deliver(address receiver, uint256 shares) external returns (uint256 wrapped, uint256 rest) {
    if (msg.sender != address(this)) revert OnlySelf(msg.sender);
    wrapped = shares / SHARES_PER_UNIT;
    rest = shares % SHARES_PER_UNIT;
    i_wrapper.wrapShares(wrapped, receiver);
    if (rest != 0) i_token.transferShares(receiver, rest);
  }

  /// @inheritdoc IWrappedBridge
  function setRemote(uint64 selector, address bridge, uint32 gasLimit) external onlyOwner {
    if (selector == 0) revert ZeroValue();
    if (bridge != address(0) && (gasLimit < MIN_GAS_LIMIT || gasLimit > MAX_GAS_LIMIT)) {
      revert GasLimitOutOfBounds(gasLimit, MIN_GAS_LIMIT, MAX_GAS_LIMIT);
    }
    s_remotes[selector] = Remote(bridge, gasLimit);
    emit RemoteSet(selector, bridge, gasLimit);
  }

  /// @inheritdoc IWrappedBridge
  function claimable(address account) external view returns (uint256 shares) {
    return s_claimable[account];
  }

  /// @inheritdoc IWrappedBridge
  function getRemote(uint64 selector) external view returns (Remote memory) {
    return s_remotes[selector];
  }

  /// @inheritdoc IWrappedBridge
  function getWrapper() external view returns (address) {
    return address(i_wrapper);
  }

  /// @inheritdoc IWrappedBridge
  function getLink() external view returns (address) {
    return address(i_link);
  }

  function _send(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    uint256 minimum,
    address feeToken
  ) private returns (bytes32 messageId) {
    _requireFeeToken(feeToken);
    if (receiver == address(0)) revert ZeroValue();
    (uint256 amount, uint256 travelling) = _unwrap(wrapped);
    uint256 arriving = travelling / SHARES_PER_UNIT;
    if (arriving == 0) revert ZeroValue();
    if (arriving < minimum) revert BelowMinimum(arriving, minimum);

    IRouterClient router = IRouterClient(getRouter());
    Client.EVM2AnyMessage memory message = _message(selector, receiver, amount, travelling, feeToken);
    uint256 fee = router.getFee(selector, message);
    IERC20(address(i_token)).forceApprove(address(router), amount);
    if (feeToken == address(0)) {
      if (msg.value < fee) revert UnexpectedValue(msg.value, fee);
      messageId = router.ccipSend{value: fee}(selector, message);
    } else {
      if (msg.value != 0) revert UnexpectedValue(msg.value, 0);
      i_link.safeTransferFrom(msg.sender, address(this), fee);
      i_link.forceApprove(address(router), fee);
      messageId = router.ccipSend(selector, message);
    }
    emit WrappedSent(messageId, selector, msg.sender, receiver, wrapped, travelling);

    uint256 change = feeToken == address(0) ? msg.value - fee : 0;
    if (change == 0) return messageId;
    (bool taken, ) = msg.sender.call{value: change}("");
    if (!taken) revert RefundFailed(msg.sender, change);
  }

  /// @return amount Token units that lie here for CCIP to take.
  /// @return travelling The shares that they are made of; the rest went back to the caller.
  function _unwrap(uint256 wrapped) private returns (uint256 amount, uint256 travelling) {
    IERC20(address(i_wrapper)).safeTransferFrom(msg.sender, address(this), wrapped);
    uint256 shares = i_wrapper.unwrapShares(wrapped, address(this), address(this));
    amount = i_token.toTokens(shares);
    travelling = i_token.toShares(amount);
    // The units were rounded down: they are made of no more shares.
    uint256 rest = shares - travelling;
    if (rest != 0) i_token.transferShares(msg.sender, rest);
  }

  function _receive(Client.Any2EVMMessage calldata message) internal override {
    if (message.destTokenAmounts.length == 0) return;
    uint256 amount = _amountOf(message.destTokenAmounts);
    address sender = abi.decode(message.sender, (address));
    uint256 k = i_token.sharesPerToken();
    if (sender != s_remotes[message.sourceChainSelector].bridge) {
      if (amount == 0) return;
      // What it brought is at least this, by less than a unit.
      _keep(message.messageId, sender, Math.min((amount - 1) * k + 1, _unclaimedShares()));
      return;
    }

    (address receiver, address owner, uint256 shares) = abi.decode(message.data, (address, address, uint256));
    // The pool's amount is rounded by less than a unit either way: a paired bridge can say at most two units more than it brought,
    // and only of what merely lies here.
    shares = Math.min(Math.min(shares, (amount + 1) * k), _unclaimedShares());
    _deliver(message.messageId, receiver, owner, shares);
  }

  function _deliver(bytes32 messageId, address receiver, address owner, uint256 shares) private {
    if (gasleft() < MIN_DELIVERY_GAS) revert DeliveryGasTooLow(gasleft(), MIN_DELIVERY_GAS);
    // Nobody could take them out of any of these again.
    bool isLost = receiver == address(i_token) || receiver == address(i_wrapper) || receiver == address(this);
    if (!isLost) {
      try this.deliver(receiver, shares) returns (uint256 wrapped, uint256 rest) {
        emit WrappedReceived(messageId, receiver, wrapped, rest);
        return;
      } catch {} // solhint-disable-line no-empty-blocks
      try i_token.transferShares(receiver, shares) {
        emit PlainReceived(messageId, receiver, shares);
        return;
      } catch {} // solhint-disable-line no-empty-blocks
    }
    _keep(messageId, owner, shares);
  }

  function _claim(address account, address to) private returns (uint256 shares) {
    shares = s_claimable[account];
    if (shares == 0) revert NothingToClaim(account);
    delete s_claimable[account];
    s_totalClaimable -= shares;
    emit Claimed(account, to, shares);
    i_token.transferShares(to, shares);
  }

  function _keep(bytes32 messageId, address account, uint256 shares) private {
    s_claimable[account] += shares;
    s_totalClaimable += shares;
    emit ClaimAdded(messageId, account, shares);
  }

  /// @dev The units of the rebase token in a message. Anything else that came with it is for the owner to recover.
  function _amountOf(Client.EVMTokenAmount[] calldata tokens) private view returns (uint256 amount) {
    for (uint256 i = 0; i < tokens.length; ++i) {
      if (tokens[i].token == address(i_token)) amount += tokens[i].amount;
    }
  }

  function _unclaimedShares() private view returns (uint256) {
    // Only what lay here was ever kept.
    return i_token.sharesOf(address(this)) - s_totalClaimable;
  }

  function _message(
    uint64 selector,
    address receiver,
    uint256 amount,
    uint256 shares,
    address feeToken
  ) private view returns (Client.EVM2AnyMessage memory) {
    Remote memory remote = s_remotes[selector];
    if (remote.bridge == address(0)) revert UnknownRemote(selector);
    Client.EVMTokenAmount[] memory tokens = new Client.EVMTokenAmount[](1);
    tokens[0] = Client.EVMTokenAmount({token: address(i_token), amount: amount});
    return
      Client.EVM2AnyMessage({
        receiver: abi.encode(remote.bridge),
        data: abi.encode(receiver, msg.sender, shares),
        tokenAmounts: tokens,
        feeToken: feeToken,
        extraArgs: Client._argsToBytes(
          Client.GenericExtraArgsV2({gasLimit: remote.gasLimit, allowOutOfOrderExecution: true})
        )
      });
  }

  function _requireFeeToken(address feeToken) private view {
    if (feeToken != address(0) && feeToken != address(i_link)) revert UnsupportedFeeToken(feeToken);
  }
}
