// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip/contracts/libraries/Pool.sol";
import {TokenPool} from "@chainlink/contracts-ccip/contracts/pools/TokenPool.sol";
import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {IERC20} from "@openzeppelin/contracts@4.8.3/token/ERC20/IERC20.sol";

import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {PoolDataCodec} from "../libraries/PoolDataCodec.sol";

/// @title RebaseTokenPoolV1
/// @notice The pool of generation 1, on TokenPool 1.6: what a mesh has whose pools are to be replaced.
contract RebaseTokenPoolV1 is TokenPool, ITypeAndVersion {
  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "RebaseTokenPool 1.0.0";

  event LocalEpochBehind(uint64 indexed remoteChainSelector, uint32 sourceEpoch, uint32 localEpoch);

  uint8 private constant DECIMALS = 18;

  /// @param token The rebase token on this chain; InvalidDecimalArgs unless it has 18 decimals.
  /// @param rmnProxy CCIP's RMN proxy on this chain.
  /// @param router CCIP's router on this chain.
  constructor(
    address token,
    address rmnProxy,
    address router
  ) TokenPool(IERC20(token), DECIMALS, new address[](0), rmnProxy, router) {}

  /// @inheritdoc TokenPool
  function lockOrBurn(Pool.LockOrBurnInV1 calldata lockOrBurnIn) public override returns (Pool.LockOrBurnOutV1 memory) {
    _validateLockOrBurn(lockOrBurnIn);

    IRebaseToken token = _token();
    (uint256 shares, uint32 epoch) = token.bridgeBurn(lockOrBurnIn.amount);

    emit LockedOrBurned({
      remoteChainSelector: lockOrBurnIn.remoteChainSelector,
      token: address(token),
      sender: msg.sender,
      amount: lockOrBurnIn.amount
    });

    return
      Pool.LockOrBurnOutV1({
        destTokenAddress: getRemoteToken(lockOrBurnIn.remoteChainSelector),
        destPoolData: PoolDataCodec.encode(DECIMALS, epoch, shares)
      });
  }

  /// @inheritdoc TokenPool
  function releaseOrMint(
    Pool.ReleaseOrMintInV1 calldata releaseOrMintIn
  ) public override returns (Pool.ReleaseOrMintOutV1 memory) {
    IRebaseToken token = _token();
    (uint32 sourceEpoch, uint256 shares) = PoolDataCodec.decode(releaseOrMintIn.sourcePoolData, DECIMALS);
    (uint256 expected, uint32 localEpoch) = token.previewBridgeMint(releaseOrMintIn.receiver, shares);
    _validateReleaseOrMint(releaseOrMintIn, expected);

    // The same shares join the same holder at the same index as in the preview, so this is the amount that was limited.
    (uint256 amount, ) = token.bridgeMint(releaseOrMintIn.receiver, shares);

    emit ReleasedOrMinted({
      remoteChainSelector: releaseOrMintIn.remoteChainSelector,
      token: address(token),
      sender: msg.sender,
      recipient: releaseOrMintIn.receiver,
      amount: amount
    });
    if (sourceEpoch > localEpoch) {
      emit LocalEpochBehind(releaseOrMintIn.remoteChainSelector, sourceEpoch, localEpoch);
    }

    return Pool.ReleaseOrMintOutV1({destinationAmount: amount});
  }

  function _token() private view returns (IRebaseToken) {
    return IRebaseToken(address(i_token));
  }
}
