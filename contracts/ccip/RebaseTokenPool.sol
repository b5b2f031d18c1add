// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAdvancedPoolHooks} from "@chainlink/contracts-ccip-releases/contracts/interfaces/IAdvancedPoolHooks.sol";
import {CCVConfigValidation} from "@chainlink/contracts-ccip-releases/contracts/libraries/CCVConfigValidation.sol";
import {FeeTokenHandler} from "@chainlink/contracts-ccip-releases/contracts/libraries/FeeTokenHandler.sol";
import {FinalityCodec} from "@chainlink/contracts-ccip-releases/contracts/libraries/FinalityCodec.sol";
import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {RateLimiter} from "@chainlink/contracts-ccip-releases/contracts/libraries/RateLimiter.sol";
import {TokenPool} from "@chainlink/contracts-ccip-releases/contracts/pools/TokenPool.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {IERC20} from "@openzeppelin/contracts@5.3.0/token/ERC20/IERC20.sol";

import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {IRebaseTokenPool} from "../interfaces/IRebaseTokenPool.sol";
import {PoolDataCodec} from "../libraries/PoolDataCodec.sol";

/// @title RebaseTokenPool
/// @notice Moves a rebase token between chains by its shares, so that a rebase on the way costs nobody anything.
contract RebaseTokenPool is IRebaseTokenPool, TokenPool, ITypeAndVersion {
  /// @inheritdoc ITypeAndVersion
  /// @dev Chainlink's tools choose the functions they call by this number: 2.0.0 are those of TokenPool 2.0.0.
  string public constant override typeAndVersion = "RebaseTokenPool 2.0.0";

  uint8 private constant DECIMALS = 18;

  mapping(uint64 remoteChainSelector => mapping(MessageDirection direction => address[] verifiers)) private s_verifiers;

  /// @param token The rebase token on this chain; InvalidDecimalArgs unless it has 18 decimals.
  /// @param rmnProxy CCIP's RMN proxy on this chain.
  /// @param router CCIP's router on this chain.
  constructor(
    address token,
    address rmnProxy,
    address router
  ) TokenPool(IERC20(token), DECIMALS, address(0), rmnProxy, router) {}

  // Tokens that leave

  /// @inheritdoc TokenPool
  function lockOrBurn(
    Pool.LockOrBurnInV1 calldata lockOrBurnIn,
    bytes4 requestedFinalityConfig,
    bytes calldata tokenArgs
  ) public override returns (Pool.LockOrBurnOutV1 memory, uint256 destTokenAmount) {
    _requireFinalityAllowed(
      requestedFinalityConfig,
      s_fastFinalityOutboundRateLimiterConfig,
      lockOrBurnIn.remoteChainSelector
    );
    _validateLockOrBurn(lockOrBurnIn, requestedFinalityConfig, tokenArgs, 0);
    return (_burn(lockOrBurnIn), lockOrBurnIn.amount);
  }

  /// @inheritdoc TokenPool
  function lockOrBurn(Pool.LockOrBurnInV1 calldata lockOrBurnIn) public override returns (Pool.LockOrBurnOutV1 memory) {
    _validateLockOrBurn(lockOrBurnIn, FinalityCodec.WAIT_FOR_FINALITY_FLAG, "", 0);
    return _burn(lockOrBurnIn);
  }

  function _burn(Pool.LockOrBurnInV1 calldata lockOrBurnIn) private returns (Pool.LockOrBurnOutV1 memory) {
    // A field of calldata is checked at each read: one read for all.
    (uint64 selector, uint256 amount) = (lockOrBurnIn.remoteChainSelector, lockOrBurnIn.amount);
    IRebaseToken token = _token();
    (uint256 shares, uint32 epoch) = token.bridgeBurn(amount);
    _recordLeaving(selector, shares);

    emit LockedOrBurned({remoteChainSelector: selector, token: address(token), sender: msg.sender, amount: amount});

    return
      Pool.LockOrBurnOutV1({
        destTokenAddress: getRemoteToken(selector),
        destPoolData: PoolDataCodec.encode(DECIMALS, epoch, shares)
      });
  }

  // Shares that arrive

  /// @inheritdoc TokenPool
  function releaseOrMint(
    Pool.ReleaseOrMintInV1 calldata releaseOrMintIn,
    bytes4 requestedFinalityConfig
  ) public override returns (Pool.ReleaseOrMintOutV1 memory) {
    IRebaseToken token = _token();
    // A field of calldata is checked at each read: one read for all.
    (uint64 selector, address receiver) = (releaseOrMintIn.remoteChainSelector, releaseOrMintIn.receiver);
    (uint32 sourceEpoch, uint256 shares) = PoolDataCodec.decode(releaseOrMintIn.sourcePoolData, DECIMALS);
    _requireFinalityAllowed(requestedFinalityConfig, s_fastFinalityInboundRateLimiterConfig, selector);
    _recordArriving(selector, shares);
    // The limit counts the balance change, which the token knows when it has minted. It calls nobody, and whatever is
    // refused below undoes it.
    (uint256 amount, uint32 localEpoch) = token.bridgeMint(receiver, shares);
    _validateReleaseOrMint(releaseOrMintIn, amount, requestedFinalityConfig);

    emit ReleasedOrMinted({
      remoteChainSelector: selector,
      token: address(token),
      sender: msg.sender,
      recipient: receiver,
      amount: amount
    });
    if (sourceEpoch > localEpoch) emit LocalEpochBehind(selector, sourceEpoch, localEpoch);

    return Pool.ReleaseOrMintOutV1({destinationAmount: amount});
  }

  // Finality

  /// @inheritdoc TokenPool
  /// @dev Refuses what `lockOrBurn` would refuse, and leaves the fee to CCIP.
  function getFee(
    address,
    uint64 destChainSelector,
    uint256,
    address,
    bytes4 requestedFinalityConfig,
    bytes calldata
  ) external view override returns (uint256, uint32, uint32, uint16, bool) {
    _requireFinalityAllowed(requestedFinalityConfig, s_fastFinalityOutboundRateLimiterConfig, destChainSelector);
    return (0, 0, 0, 0, false);
  }

  /// @dev A lane without an enabled limit of its own for fast transfers takes none, rather than count them in the limit
  /// of the others as TokenPool does.
  function _requireFinalityAllowed(
    bytes4 requested,
    mapping(uint64 remoteChainSelector => RateLimiter.TokenBucket) storage s_buckets,
    uint64 remoteChainSelector
  ) private view {
    if (requested == FinalityCodec.WAIT_FOR_FINALITY_FLAG) return;
    FinalityCodec._ensureRequestedFinalityAllowed(
      requested,
      s_buckets[remoteChainSelector].isEnabled ? s_allowedFinalityConfig : FinalityCodec.WAIT_FOR_FINALITY_FLAG
    );
  }

  // Verifiers

  /// @inheritdoc IRebaseTokenPool
  function setVerifiers(
    uint64 remoteChainSelector,
    MessageDirection direction,
    address[] calldata verifiers
  ) external onlyOwner {
    if (!isSupportedChain(remoteChainSelector)) revert NonExistentChain(remoteChainSelector);
    for (uint256 i = 0; i < verifiers.length; ++i) {
      if (verifiers[i] == address(0)) revert ZeroVerifier();
    }
    CCVConfigValidation._assertNoDuplicates(verifiers);

    s_verifiers[remoteChainSelector][direction] = verifiers;
    emit VerifiersSet(remoteChainSelector, direction, verifiers);
  }

  /// @inheritdoc IRebaseTokenPool
  function getVerifiers(
    uint64 remoteChainSelector,
    MessageDirection direction
  ) external view returns (address[] memory verifiers) {
    return s_verifiers[remoteChainSelector][direction];
  }

  /// @inheritdoc TokenPool
  /// @dev Does not look at the pool's data, which TokenPool would read as decimals.
  function getRequiredCCVs(
    address,
    uint64 remoteChainSelector,
    uint256,
    bytes4,
    bytes calldata,
    MessageDirection direction
  ) public view override returns (address[] memory requiredCCVs) {
    address[] storage s_added = s_verifiers[remoteChainSelector][direction];
    uint256 count = s_added.length;
    // None means the lane's default verifiers to CCIP, and so does a zero address among others.
    if (count == 0) return requiredCCVs;
    requiredCCVs = new address[](count + 1);
    for (uint256 i = 0; i < count; ++i) {
      requiredCCVs[i] = s_added[i];
    }
  }

  // What this pool refuses

  /// @inheritdoc TokenPool
  function applyTokenTransferFeeConfigUpdates(
    TokenTransferFeeConfigArgs[] calldata,
    uint64[] calldata
  ) external pure override {
    revert PoolFeesNotSupported();
  }

  /// @inheritdoc TokenPool
  /// @dev CCIP 2.0 pays its own fee for a token transfer to the pool, in the token the sender paid with; that can be
  /// withdrawn. The pool's token cannot.
  function withdrawFeeTokens(address[] calldata feeTokens, address recipient) external override {
    if (msg.sender != owner() && msg.sender != s_feeAdmin) revert CallerIsNotOwnerOrFeeAdmin(msg.sender);
    for (uint256 i = 0; i < feeTokens.length; ++i) {
      if (isSupportedToken(feeTokens[i])) revert TokenNotWithdrawable(feeTokens[i]);
    }
    FeeTokenHandler._withdrawFeeTokens(feeTokens, recipient);
  }

  /// @inheritdoc TokenPool
  function updateAdvancedPoolHooks(IAdvancedPoolHooks newHook) public pure override {
    revert PoolHooksNotSupported(address(newHook));
  }

  // solhint-disable no-empty-blocks
  /// @dev For a pool that counts: shares leave over a lane.
  function _recordLeaving(uint64 remoteChainSelector, uint256 shares) internal virtual {}

  /// @dev For a pool that counts: shares arrive over a lane, before they are minted.
  function _recordArriving(uint64 remoteChainSelector, uint256 shares) internal virtual {}

  /// @inheritdoc TokenPool
  function _preflightCheck(Pool.LockOrBurnInV1 calldata, bytes4, bytes memory, uint256) internal override {}

  /// @inheritdoc TokenPool
  function _postflightCheck(Pool.ReleaseOrMintInV1 calldata, uint256, bytes4) internal override {}
  // solhint-enable no-empty-blocks

  function _token() private view returns (IRebaseToken) {
    return IRebaseToken(address(i_token));
  }
}
