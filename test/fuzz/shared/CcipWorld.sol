// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {RateLimiter} from "@chainlink/contracts-ccip-releases/contracts/libraries/RateLimiter.sol";
import {TokenPool} from "@chainlink/contracts-ccip-releases/contracts/pools/TokenPool.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";
import {WETH9} from "@chainlink/local/src/shared/WETH9.sol";

import {TokenWorld} from "./TokenWorld.sol";

/// @notice CCIP's own router, with this contract as every ramp behind it and as the network that curses lanes.
abstract contract CcipWorld is TokenWorld {
  bool internal s_isCursed;
  WETH9 internal immutable i_wrappedNative = new WETH9();

  function isCursed() external view returns (bool) {
    return s_isCursed;
  }

  function isCursed(bytes16) external view returns (bool) {
    return s_isCursed;
  }

  function deployRouter() internal returns (Router) {
    return new Router(address(i_wrappedNative), address(this));
  }

  function openLane(Router router, uint64 selector) internal {
    Router.OnRamp[] memory onRamps = new Router.OnRamp[](1);
    onRamps[0] = Router.OnRamp(selector, address(this));
    Router.OffRamp[] memory offRamps = new Router.OffRamp[](1);
    offRamps[0] = Router.OffRamp(selector, address(this));
    router.applyRampUpdates(onRamps, new Router.OffRamp[](0), offRamps);
  }

  function connect(TokenPool pool, uint64 selector, address remotePool, address remoteToken) internal {
    RateLimiter.Config memory unlimited = RateLimiter.Config(false, 0, 0);
    TokenPool.ChainUpdate[] memory updates = new TokenPool.ChainUpdate[](1);
    bytes[] memory pools = new bytes[](1);
    pools[0] = abi.encode(remotePool);
    updates[0] = TokenPool.ChainUpdate(selector, pools, abi.encode(remoteToken), unlimited, unlimited);
    pool.applyChainUpdates(new uint64[](0), updates);
  }

  function limit(TokenPool pool, uint64 selector, bool isFast, uint128 capacity) internal {
    TokenPool.RateLimitConfigArgs[] memory limits = new TokenPool.RateLimitConfigArgs[](1);
    RateLimiter.Config memory config = RateLimiter.Config(true, capacity, capacity);
    limits[0] = TokenPool.RateLimitConfigArgs(selector, isFast, config, config);
    pool.setRateLimitConfig(limits);
  }

  /// @notice What every ramp here asks for a message, in either fee token.
  function getFee(uint64, Client.EVM2AnyMessage calldata message) external pure returns (uint256) {
    return 1e9 + message.data.length;
  }

  function leaving(uint64 selector, address token, uint256 amount) internal pure returns (Pool.LockOrBurnInV1 memory) {
    return Pool.LockOrBurnInV1(abi.encode(BOB), selector, ALICE, amount, token);
  }

  /// @notice Shares that arrive, as the ramp asks the pool of `token` for them.
  function arriving(
    uint64 source,
    address sourcePool,
    address token,
    address receiver,
    bytes memory data
  ) internal pure returns (Pool.ReleaseOrMintInV1 memory) {
    return Pool.ReleaseOrMintInV1(abi.encode(ALICE), source, receiver, 0, token, abi.encode(sourcePool), data, "");
  }

  /// @notice A message as it arrives, without tokens.
  function arrivingMessage(
    uint64 source,
    bytes memory sender,
    bytes memory data
  ) internal pure returns (Client.Any2EVMMessage memory) {
    return Client.Any2EVMMessage(keccak256(data), source, sender, data, new Client.EVMTokenAmount[](0));
  }
}
