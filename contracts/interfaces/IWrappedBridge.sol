// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IRoutedReceiver} from "./IRoutedReceiver.sol";

/// @title IWrappedBridge
/// @notice Sends wrapped units to another chain in one message: unwraps them, sends the rebase token over CCIP, and wraps
/// what arrives.
/// @dev CCIP carries whole token units. Of the 1e24 shares of each wrapped unit, less than one token unit in all stays with
/// the sender as shares, and of what travels less than one wrapped unit reaches the receiver as shares. Together at most
/// `sharesPerToken / 1e24` wrapped units, rounded up, are not wrapped again; nothing is lost.
///
/// What cannot be wrapped reaches the receiver as the rebase token; what cannot be sent to it either is kept for the sender to
/// claim on the destination. Tokens from a sender that is no bridge of this mesh are kept for that sender.
interface IWrappedBridge is IRoutedReceiver {
  /// @notice The bridge of another chain.
  /// @param bridge Its address there.
  /// @param gasLimit Gas for `ccipReceive`.
  struct Remote {
    address bridge;
    uint32 gasLimit;
  }

  /// @notice A signature of the wrapper's permit, for the wrapped units that are sent.
  /// @param deadline Unix seconds until which it is valid.
  /// @param v Its recovery id.
  /// @param r Its first half.
  /// @param s Its second half.
  struct Permit {
    uint256 deadline;
    uint8 v;
    bytes32 r;
    bytes32 s;
  }

  /// @notice An amount, an account, a selector or a contract is zero.
  error ZeroValue();

  /// @notice No bridge is known on the chain.
  /// @param selector CCIP selector.
  error UnknownRemote(uint64 selector);

  /// @notice The gas limit is outside its bounds.
  /// @param gasLimit The gas asked for.
  /// @param min The least.
  /// @param max The most that CCIP sells.
  error GasLimitOutOfBounds(uint32 gasLimit, uint32 min, uint32 max);

  /// @notice Fewer wrapped units would arrive than the caller demands.
  /// @param wrapped Wrapped units that would arrive.
  /// @param minimum Wrapped units demanded.
  error BelowMinimum(uint256 wrapped, uint256 minimum);

  /// @notice Fees are paid in native or in LINK.
  /// @param feeToken The token asked for.
  error UnsupportedFeeToken(address feeToken);

  /// @notice The value does not cover the fee, or there is one though the fee is paid in LINK.
  /// @param value Wei that came with the call.
  /// @param fee Wei of native that are needed.
  error UnexpectedValue(uint256 value, uint256 fee);

  /// @notice The caller did not take its change.
  /// @param account The caller.
  /// @param amount Wei.
  error RefundFailed(address account, uint256 amount);

  /// @notice The account has nothing to claim.
  /// @param account The account.
  error NothingToClaim(address account);

  /// @notice Only the contract itself calls this.
  /// @param account The caller.
  error OnlySelf(address account);

  /// @notice Too little gas is left to wrap what arrived: the message is to be executed again with more.
  /// @param left The gas left.
  /// @param needed The gas needed.
  error DeliveryGasTooLow(uint256 left, uint256 needed);

  /// @notice Emitted when wrapped units are sent.
  /// @param messageId CCIP's id of the message.
  /// @param selector CCIP selector of the destination.
  /// @param sender Who sent them.
  /// @param receiver Who is to receive them there.
  /// @param wrapped Wrapped units that left the sender.
  /// @param shares Shares that travel.
  event WrappedSent(
    bytes32 indexed messageId,
    uint64 indexed selector,
    address indexed sender,
    address receiver,
    uint256 wrapped,
    uint256 shares
  );

  /// @notice Emitted when what arrived was wrapped for the receiver.
  /// @param messageId CCIP's id of the message.
  /// @param receiver Who received it.
  /// @param wrapped Wrapped units.
  /// @param shares Shares that were left over and sent along, below 1e24.
  event WrappedReceived(bytes32 indexed messageId, address indexed receiver, uint256 wrapped, uint256 shares);

  /// @notice Emitted when what arrived could not be wrapped, and the receiver got the rebase token.
  /// @param messageId CCIP's id of the message.
  /// @param receiver Who received it.
  /// @param shares Shares.
  event PlainReceived(bytes32 indexed messageId, address indexed receiver, uint256 shares);

  /// @notice Emitted when what arrived is kept for an account to claim.
  /// @param messageId CCIP's id of the message.
  /// @param account Who may claim it.
  /// @param shares Shares.
  event ClaimAdded(bytes32 indexed messageId, address indexed account, uint256 shares);

  /// @notice Emitted when an account claims what was kept for it.
  /// @param account The account.
  /// @param to Who received the shares.
  /// @param shares Shares.
  event Claimed(address indexed account, address indexed to, uint256 shares);

  /// @notice Emitted when the bridge of another chain is set; zero when it is removed.
  /// @param selector CCIP selector.
  /// @param bridge Its address there.
  /// @param gasLimit Gas for `ccipReceive`.
  event RemoteSet(uint64 indexed selector, address indexed bridge, uint32 gasLimit);

  /// @notice Emitted when what merely lies here is taken out.
  /// @param token The token.
  /// @param to Who received it.
  /// @param amount Shares of the rebase token, units of any other; wei for native.
  event Recovered(address indexed token, address indexed to, uint256 amount);

  /// @notice Sends wrapped units of the caller, who has allowed them. Anyone may.
  /// @param selector CCIP selector of the destination, or UnknownRemote.
  /// @param receiver Who receives them there, not zero.
  /// @param wrapped Wrapped units.
  /// @param minimum The least wrapped units that must arrive, or BelowMinimum.
  /// @param feeToken Zero for native, what is not needed of the value is given back; or LINK, which the caller has allowed.
  /// @return messageId CCIP's id of the message.
  function send(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    uint256 minimum,
    address feeToken
  ) external payable returns (bytes32 messageId);

  /// @notice Sends as `send` does, with an allowance by signature. A signature that was used already does no harm.
  /// @param selector CCIP selector of the destination, or UnknownRemote.
  /// @param receiver Who receives them there, not zero.
  /// @param wrapped Wrapped units, and the allowance that the signature gives.
  /// @param minimum The least wrapped units that must arrive, or BelowMinimum.
  /// @param feeToken As in `send`.
  /// @param permit The signature of the caller.
  /// @return messageId CCIP's id of the message.
  function sendWithPermit(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    uint256 minimum,
    address feeToken,
    Permit calldata permit
  ) external payable returns (bytes32 messageId);

  /// @notice Wraps shares that lie here for a receiver, in a call of its own so that its failure undoes nothing else. Only the
  /// contract itself.
  /// @param receiver Who receives them.
  /// @param shares Shares that arrived.
  /// @return wrapped Wrapped units.
  /// @return rest Shares that were sent along, below 1e24.
  function deliver(address receiver, uint256 shares) external returns (uint256 wrapped, uint256 rest);

  /// @notice Claims shares that were kept for the caller, or NothingToClaim.
  /// @param to Who receives them; neither zero nor the token.
  /// @return shares The shares.
  function claim(address to) external returns (uint256 shares);

  /// @notice Releases what was kept for the bridge of another chain, which cannot claim here: it came before that bridge was
  /// named by `setRemote`. Only the owner. UnknownRemote, or NothingToClaim.
  /// @dev The message names who is to have it: see WrappedSent at the source.
  /// @param selector CCIP selector of that chain.
  /// @param to Who receives the shares; neither zero nor the token.
  /// @return shares The shares.
  function claimForBridge(uint64 selector, address to) external returns (uint256 shares);

  /// @notice What sending would cost the caller, and what would arrive at the present index.
  /// @param selector CCIP selector of the destination.
  /// @param receiver Who receives them there.
  /// @param wrapped Wrapped units.
  /// @param feeToken Zero for native, or LINK.
  /// @return fee Wei of the fee token.
  /// @return arriving Wrapped units that arrive.
  function quote(
    uint64 selector,
    address receiver,
    uint256 wrapped,
    address feeToken
  ) external view returns (uint256 fee, uint256 arriving);

  /// @notice Sets the bridge of another chain. Only the owner. A bridge of zero removes it.
  /// @param selector CCIP selector.
  /// @param bridge Its address there.
  /// @param gasLimit Gas for `ccipReceive`.
  function setRemote(uint64 selector, address bridge, uint32 gasLimit) external;

  /// @notice Takes out what merely lies here, and nothing that is kept for a claim. Only the owner.
  /// @param token The token; zero for native.
  /// @param to Who receives it.
  /// @return amount Shares of the rebase token, units of any other; wei for native.
  function recover(address token, address payable to) external returns (uint256 amount);

  /// @notice Shares that are kept for an account.
  /// @param account The account.
  function claimable(address account) external view returns (uint256 shares);

  /// @notice The bridge of another chain; zero when there is none.
  /// @param selector CCIP selector.
  function getRemote(uint64 selector) external view returns (Remote memory);

  /// @notice The wrapper on this chain.
  function getWrapper() external view returns (address);

  /// @notice LINK on this chain.
  function getLink() external view returns (address);
}
