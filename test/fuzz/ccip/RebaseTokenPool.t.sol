// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IPoolV2} from "@chainlink/contracts-ccip-releases/contracts/interfaces/IPoolV2.sol";
import {FinalityCodec} from "@chainlink/contracts-ccip-releases/contracts/libraries/FinalityCodec.sol";
import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {RateLimiter} from "@chainlink/contracts-ccip-releases/contracts/libraries/RateLimiter.sol";
import {TokenPool} from "@chainlink/contracts-ccip-releases/contracts/pools/TokenPool.sol";
import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";

import {RebaseTokenPool} from "../../../contracts/ccip/RebaseTokenPool.sol";
import {IRebaseTokenPool} from "../../../contracts/interfaces/IRebaseTokenPool.sol";
import {PoolDataCodec} from "../../../contracts/libraries/PoolDataCodec.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {CcipWorld} from "../shared/CcipWorld.sol";
import {ICheatCodes} from "../shared/ICheatCodes.sol";

/// @notice The pool of a satellite behind CCIP's router: this contract is its ramp.
contract RebaseTokenPoolTest is CcipWorld {
  uint64 private constant REMOTE = 2002;
  uint64 private constant UNKNOWN = 3003;
  uint32 private constant EPOCH = 7;
  address private constant REMOTE_POOL = address(0x2000002);
  address private constant REMOTE_TOKEN = address(0x2000001);

  RebaseToken private s_token;
  RebaseTokenPool private s_pool;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(false);
    Router router = deployRouter();
    openLane(router, REMOTE);
    openLane(router, UNKNOWN);
    s_pool = new RebaseTokenPool(address(s_token), address(this), address(router));
    s_token.grantRole(BRIDGE_ROLE, address(s_pool));
    connect(s_pool, REMOTE, REMOTE_POOL, REMOTE_TOKEN);
  }

  /// @notice I33, C26: the shares of the units that came leave, in the word that travels; what lay there before stays.
  function testFuzz_I33_lockOrBurnSendsTheShares(uint256 kSeed, uint256 donated, uint256 amount, bool isV2) external {
    uint256 k = _arrange(kSeed, donated);
    donated = s_token.sharesOf(address(s_pool));
    amount = within(amount, 0, s_token.balanceOf(ALICE));
    VM.prank(ALICE);
    s_token.transfer(address(s_pool), amount);
    uint256 total = s_token.totalShares();

    Pool.LockOrBurnInV1 memory input = leaving(REMOTE, address(s_token), amount);
    Pool.LockOrBurnOutV1 memory output;
    uint256 sent = amount;
    if (isV2) (output, sent) = s_pool.lockOrBurn(input, bytes4(0), "");
    else output = s_pool.lockOrBurn(input);

    VM.assertEq(sent, amount, "the amount that is reported");
    VM.assertEq(output.destTokenAddress, abi.encode(REMOTE_TOKEN), "the remote token");
    VM.assertEq(output.destPoolData, abi.encode(_word(1, 18, EPOCH, amount * k)), "the word that travels");
    VM.assertEq(s_token.sharesOf(address(s_pool)), donated, "shares that lay on the pool");
    VM.assertEq(s_token.totalShares(), total - amount * k, "total shares");
  }

  /// @notice C9, C8, I25: what is returned is the receiver's balance change, whatever amount the ramp names.
  function testFuzz_I25_releaseOrMintReturnsTheBalanceChange(
    uint256 kSeed,
    uint256 shares,
    uint256 named,
    uint32 epoch,
    bool isV2
  ) external {
    _arrange(kSeed, 0);
    shares = within(shares, 0, ShareMath.MAX_SHARES - s_token.totalShares());
    uint256 before = s_token.balanceOf(BOB);
    uint256 held = s_token.sharesOf(BOB);
    Pool.ReleaseOrMintInV1 memory input = _arriving(abi.encode(_word(1, 18, epoch, shares)));
    input.sourceDenominatedAmount = named;
    VM.recordLogs();
    uint256 amount =
      isV2 ? s_pool.releaseOrMint(input, bytes4(0)).destinationAmount : s_pool.releaseOrMint(input).destinationAmount;
    _requireArrivalLogs(amount, epoch);
    VM.assertEq(s_token.balanceOf(BOB) - before, amount, "the balance change");
    VM.assertEq(s_token.sharesOf(BOB), held + shares, "shares of the receiver");
  }

  /// @notice C6: data of any other length, version or decimals has an error of its own, and nothing is minted.
  function testFuzz_C6_otherDataIsRefused(uint256 word, bytes calldata other) external {
    _arrange(word, 0);
    if (other.length != 32) {
      VM.expectRevert(abi.encodeWithSelector(PoolDataCodec.InvalidPoolDataLength.selector, other.length));
      s_pool.releaseOrMint(_arriving(other));
    }
    uint8 version = uint8(word >> 248);
    uint8 decimals = uint8(word >> 240);
    if (version != 1) {
      VM.expectRevert(abi.encodeWithSelector(PoolDataCodec.UnsupportedPoolDataVersion.selector, version));
      s_pool.releaseOrMint(_arriving(abi.encode(word)));
    }
    if (decimals != 18) {
      VM.expectRevert(abi.encodeWithSelector(PoolDataCodec.UnexpectedPoolDataDecimals.selector, decimals, uint8(18)));
      s_pool.releaseOrMint(_arriving(abi.encode((word & ((1 << 248) - 1)) | (1 << 248))));
    }
  }

  /// @notice C1, C3, C4, C5: the ramp, the chain, the source pool and the token have to be those of the lane.
  function testFuzz_C4_onlyTheLaneCanMint(
    address caller,
    bytes calldata source,
    address token,
    uint256 shares
  ) external {
    _arrange(shares, 0);
    Pool.ReleaseOrMintInV1 memory input = _arriving(abi.encode(_word(1, 18, EPOCH, shares % 1e40)));
    uint256 total = s_token.totalShares();
    if (caller != address(this)) {
      VM.expectRevert(abi.encodeWithSelector(TokenPool.CallerIsNotARampOnRouter.selector, caller));
      VM.prank(caller);
      s_pool.releaseOrMint(input);
    }
    if (keccak256(source) != keccak256(abi.encode(REMOTE_POOL))) {
      input.sourcePoolAddress = source;
      VM.expectRevert(abi.encodeWithSelector(TokenPool.InvalidSourcePoolAddress.selector, source));
      s_pool.releaseOrMint(input);
    }
    input.sourcePoolAddress = abi.encodePacked(REMOTE_POOL);
    VM.expectRevert(abi.encodeWithSelector(TokenPool.InvalidSourcePoolAddress.selector, input.sourcePoolAddress));
    s_pool.releaseOrMint(input);
    input.sourcePoolAddress = abi.encode(REMOTE_POOL);
    if (token != address(s_token)) {
      input.localToken = token;
      VM.expectRevert(abi.encodeWithSelector(TokenPool.InvalidToken.selector, token));
      s_pool.releaseOrMint(input);
      input.localToken = address(s_token);
    }
    input.remoteChainSelector = UNKNOWN;
    VM.expectRevert(abi.encodeWithSelector(TokenPool.ChainNotAllowed.selector, UNKNOWN));
    s_pool.releaseOrMint(input);
    VM.assertEq(s_token.totalShares(), total, "total shares");
  }

  function testFuzz_C1_onlyTheLaneCanBurn(address caller, address token, uint256 amount) external {
    _arrange(amount, type(uint256).max);
    if (caller != address(this)) {
      VM.expectRevert(abi.encodeWithSelector(TokenPool.CallerIsNotARampOnRouter.selector, caller));
      VM.prank(caller);
      s_pool.lockOrBurn(leaving(REMOTE, address(s_token), amount));
    }
    if (token != address(s_token)) {
      VM.expectRevert(abi.encodeWithSelector(TokenPool.InvalidToken.selector, token));
      s_pool.lockOrBurn(leaving(REMOTE, token, amount));
    }
    VM.expectRevert(abi.encodeWithSelector(TokenPool.ChainNotAllowed.selector, UNKNOWN));
    s_pool.lockOrBurn(leaving(UNKNOWN, address(s_token), amount));
  }

  /// @notice C18: over a cursed lane nothing leaves and nothing arrives.
  function testFuzz_C18_aCurseStopsTheLane(uint256 amount, uint256 shares) external {
    _arrange(amount, type(uint256).max);
    s_isCursed = true;
    amount = within(amount, 0, s_token.balanceOf(address(s_pool)));
    VM.expectRevert(TokenPool.CursedByRMN.selector);
    s_pool.lockOrBurn(leaving(REMOTE, address(s_token), amount));
    VM.expectRevert(TokenPool.CursedByRMN.selector);
    s_pool.releaseOrMint(_arriving(abi.encode(_word(1, 18, EPOCH, shares % 1e40))));
  }

  /// @notice C14: limits count units: what the receiver's balance gains, and what the sender's loses.
  function testFuzz_C14_limitsCountUnits(uint256 kSeed, uint256 capacity, uint256 amount, uint256 out) external {
    uint256 k = _arrange(kSeed, type(uint256).max);
    capacity = within(capacity, 1, type(uint112).max);
    limit(s_pool, REMOTE, false, uint128(capacity));
    VM.warp(START + 1);
    uint256 room = (ShareMath.MAX_SHARES - s_token.totalShares()) / k;
    amount = within(amount, 0, room < 2 * capacity ? room : 2 * capacity);
    Pool.ReleaseOrMintInV1 memory input = _arriving(abi.encode(_word(1, 18, EPOCH, amount * k)));
    if (amount > capacity) {
      VM.expectPartialRevert(RateLimiter.TokenMaxCapacityExceeded.selector);
      s_pool.releaseOrMint(input);
    } else {
      s_pool.releaseOrMint(input);
      (, RateLimiter.TokenBucket memory inbound) = s_pool.getCurrentRateLimiterState(REMOTE, false);
      VM.assertEq(inbound.tokens, capacity - amount, "what is left of the inbound limit");
    }
    uint256 lying = s_token.balanceOf(address(s_pool));
    out = within(out, 0, lying < 2 * capacity ? lying : 2 * capacity);
    if (out > capacity) VM.expectPartialRevert(RateLimiter.TokenMaxCapacityExceeded.selector);
    s_pool.lockOrBurn(leaving(REMOTE, address(s_token), out));
    if (out > capacity) return;
    (RateLimiter.TokenBucket memory outbound, ) = s_pool.getCurrentRateLimiterState(REMOTE, false);
    VM.assertEq(outbound.tokens, capacity - out, "what is left of the outbound limit");
  }

  /// @notice K14: no fast transfer over a lane without a limit of its own for them, in either direction, whatever the pool allows.
  function testFuzz_K14_fastTransfersNeedALimit(uint32 request, uint32 allowed, bool isDepth, uint256 shares) external {
    s_token.bridgeMint(address(s_pool), _arrange(shares, 0));
    bytes4 finality =
      isDepth ? bytes4(uint32(within(request, 1, type(uint16).max))) : bytes4(uint32(1 << (16 + (request % 16))));
    // The pool allows the request, and any number of others.
    if (isDepth) allowed = ((allowed >> 16) << 16) | uint32(within(allowed, 1, uint32(finality)));
    else allowed |= uint32(finality);
    s_pool.setAllowedFinalityConfig(bytes4(allowed));
    _requireNoFastTransfer(finality);
    limit(s_pool, REMOTE, true, 1e18);
    s_pool.getFee(address(s_token), REMOTE, 1, address(0), finality, "");
    s_pool.lockOrBurn(leaving(REMOTE, address(s_token), 1), finality, "");
    s_pool.releaseOrMint(_arriving(abi.encode(_word(1, 18, EPOCH, 1))), finality);
    s_pool.setAllowedFinalityConfig(0);
    _requireNoFastTransfer(finality);
  }

  function _requireNoFastTransfer(bytes4 finality) private {
    bytes memory refusal = abi.encodeWithSelector(
      FinalityCodec.InvalidRequestedFinality.selector,
      finality,
      FinalityCodec.WAIT_FOR_FINALITY_FLAG
    );
    VM.expectRevert(refusal);
    s_pool.getFee(address(s_token), REMOTE, 1, address(0), finality, "");
    VM.expectRevert(refusal);
    s_pool.lockOrBurn(leaving(REMOTE, address(s_token), 1), finality, "");
    VM.expectRevert(refusal);
    s_pool.releaseOrMint(_arriving(abi.encode(_word(1, 18, EPOCH, 1))), finality);
  }

  /// @notice K13: the verifiers that a lane requires do not depend on the pool's data, and keep the lane's own.
  function testFuzz_K13_verifiersDoNotReadTheData(
    address[] memory verifiers,
    bytes calldata data,
    bool inbound
  ) external {
    IPoolV2.MessageDirection direction = inbound ? IPoolV2.MessageDirection.Inbound : IPoolV2.MessageDirection.Outbound;
    uint256 count = verifiers.length % 6;
    assembly ("memory-safe") {
      mstore(verifiers, count)
    }
    for (uint256 i = 0; i < count; ++i) {
      // One behind the other: none is zero or repeated.
      verifiers[i] = address(uint160(i + 1) + (uint160(verifiers[i]) >> 8) * 256);
    }
    s_pool.setVerifiers(REMOTE, direction, verifiers);
    address[] memory required = s_pool.getRequiredCCVs(address(0), REMOTE, 1, bytes4(0), data, direction);
    VM.assertEq(required.length, count == 0 ? 0 : count + 1, "verifiers");
    for (uint256 i = 0; i < count; ++i) VM.assertEq(required[i], verifiers[i], "a verifier");
    if (count > 0) VM.assertEq(required[count], address(0), "the lane's own verifiers");
  }

  function testFuzz_poolsOwnFunctionsRefuseStrangers(address stranger, address[] memory accounts) external {
    if (stranger == address(this)) return;
    VM.startPrank(stranger);
    VM.assertTrue(
      !_isDone(abi.encodeCall(IRebaseTokenPool.setVerifiers, (REMOTE, IPoolV2.MessageDirection.Inbound, accounts))),
      "verifiers"
    );
    VM.assertTrue(!_isDone(abi.encodeCall(TokenPool.setDynamicConfig, (stranger, stranger, stranger))), "router");
    VM.assertTrue(!_isDone(abi.encodeCall(TokenPool.addRemotePool, (REMOTE, abi.encode(stranger)))), "remote pool");
    VM.assertTrue(!_isDone(abi.encodeCall(TokenPool.setAllowedFinalityConfig, (bytes4(uint32(1))))), "finality");
    VM.stopPrank();
  }

  function _arrange(uint256 kSeed, uint256 donated) private returns (uint256 k) {
    k = index(kSeed);
    syncTo(s_token, EPOCH, k, uint256(keccak256(abi.encode(kSeed))));
    uint256 seed = uint256(keccak256(abi.encode(kSeed, donated)));
    s_token.bridgeMint(ALICE, within(seed, 0, ShareMath.MAX_SHARES / 4));
    s_token.bridgeMint(BOB, within(seed >> 7, 0, ShareMath.MAX_SHARES / 4));
    s_token.bridgeMint(address(s_pool), within(donated, 0, ShareMath.MAX_SHARES / 4));
  }

  function _arriving(bytes memory data) private view returns (Pool.ReleaseOrMintInV1 memory) {
    return arriving(REMOTE, REMOTE_POOL, address(s_token), BOB, data);
  }

  function _requireArrivalLogs(uint256 amount, uint32 epoch) private {
    ICheatCodes.Log[] memory logs = VM.getRecordedLogs();
    // Transfer, TransferShares, InboundRateLimitConsumed, ReleasedOrMinted, and one more from a source that is ahead.
    VM.assertEq(logs.length, epoch > EPOCH ? 5 : 4, "events of an arrival");
    VM.assertEq(logs[3].topics[0], TokenPool.ReleasedOrMinted.selector, "the pool's event");
    VM.assertEq(logs[3].data, abi.encode(address(s_token), address(this), BOB, amount), "its values");
    if (epoch <= EPOCH) return;
    VM.assertEq(logs[4].topics[0], IRebaseTokenPool.LocalEpochBehind.selector, "the event of a chain that is behind");
    VM.assertEq(logs[4].data, abi.encode(epoch, EPOCH), "the epochs");
  }

  function _isDone(bytes memory call) private returns (bool done) {
    (done, ) = address(s_pool).call(call);
  }

  function _word(uint256 version, uint256 decimals, uint256 epoch, uint256 shares) private pure returns (uint256) {
    return (version << 248) | (decimals << 240) | (epoch << 208) | shares;
  }
}
