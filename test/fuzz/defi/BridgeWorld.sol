// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {IPoolV1} from "@chainlink/contracts-ccip/contracts/interfaces/IPool.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";
import {LinkToken} from "@chainlink/local/src/shared/LinkToken.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {RebaseTokenPool} from "../../../contracts/ccip/RebaseTokenPool.sol";
import {WrappedBridge} from "../../../contracts/defi/WrappedBridge.sol";
import {WrappedRebaseToken} from "../../../contracts/defi/WrappedRebaseToken.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {CcipWorld} from "../shared/CcipWorld.sol";

/// @notice Two chains with a wrapped bridge each, and this contract as the ramps between them.
abstract contract BridgeWorld is CcipWorld {
  uint256 internal constant UNIT = 1e24;
  uint64 internal constant HERE = 1001;
  uint64 internal constant THERE = 2002;
  // A lane without a bridge at its other end.
  uint64 internal constant ELSEWHERE = 3003;

  struct Side {
    Router router;
    RebaseToken token;
    RebaseTokenPool pool;
    WrappedRebaseToken wrapper;
    WrappedBridge bridge;
  }

  struct Sent {
    address sender;
    address receiver;
    bytes data;
    bytes poolData;
  }

  LinkToken internal immutable i_link = new LinkToken();

  Side internal s_here;
  Side internal s_there;
  Sent internal s_sent;

  function deployBridges() internal {
    VM.warp(START);
    _deploy(s_here);
    _deploy(s_there);
    _connect(s_here, THERE, s_there);
    _connect(s_there, HERE, s_here);
    _connect(s_there, ELSEWHERE, s_here);
    s_here.bridge.setRemote(THERE, address(s_there.bridge), 400_000);
    s_there.bridge.setRemote(HERE, address(s_here.bridge), 400_000);
  }

  function _deploy(Side storage side) private {
    side.token = deployToken(false);
    side.router = deployRouter();
    side.pool = new RebaseTokenPool(address(side.token), address(this), address(side.router));
    side.token.grantRole(BRIDGE_ROLE, address(side.pool));
    side.wrapper = new WrappedRebaseToken(address(side.token), "Wrapped", "WRBT");
    side.bridge = new WrappedBridge(address(side.router), address(side.wrapper), address(i_link), address(this));
  }

  function _connect(Side storage side, uint64 selector, Side storage other) private {
    openLane(side.router, selector);
    connect(side.pool, selector, address(other.pool), address(other.token));
  }

  // What a ramp answers to the router

  function getPoolBySourceToken(uint64, IERC20) external view returns (IPoolV1) {
    return IPoolV1(address(s_here.pool));
  }

  function forwardFromRouter(
    uint64 selector,
    Client.EVM2AnyMessage calldata message,
    uint256,
    address sender
  ) external returns (bytes32) {
    Pool.LockOrBurnInV1 memory input = leaving(selector, address(s_here.token), message.tokenAmounts[0].amount);
    bytes memory poolData = s_here.pool.lockOrBurn(input).destPoolData;
    s_sent = Sent(sender, abi.decode(message.receiver, (address)), message.data, poolData);
    return keccak256(message.data);
  }

  // Arrivals

  /// @notice Mints what a transfer brings for the other bridge, as the ramp does before it delivers.
  function bring(uint64 source, bytes memory poolData) internal returns (uint256 amount) {
    Side storage side = s_there;
    return
      side
        .pool
        .releaseOrMint(arriving(source, address(s_here.pool), address(side.token), address(side.bridge), poolData))
        .destinationAmount;
  }

  function hand(
    uint64 source,
    address sender,
    uint256 amount,
    bytes memory data,
    uint256 gasLimit
  ) internal returns (bool success) {
    Client.Any2EVMMessage memory message = arrivingMessage(source, abi.encode(sender), data);
    message.destTokenAmounts = new Client.EVMTokenAmount[](1);
    message.destTokenAmounts[0] = Client.EVMTokenAmount(address(s_there.token), amount);
    (success, , ) = s_there.router.routeMessage(message, 5_000, gasLimit, address(s_there.bridge));
  }

  /// @notice Brings so many shares, and hands over a message that says so many are for a receiver, else for the owner.
  function arrive(
    uint64 source,
    address sender,
    uint256 brought,
    address receiver,
    address owner,
    uint256 said
  ) internal returns (uint256 amount) {
    amount = bring(source, poolWord(brought));
    VM.assertTrue(hand(source, sender, amount, abi.encode(receiver, owner, said), 400_000), "the execution");
  }

  function poolWord(uint256 shares) internal pure returns (bytes memory) {
    return abi.encode((uint256(1) << 248) | (uint256(18) << 240) | shares);
  }
}
