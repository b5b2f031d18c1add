// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Pool} from "@chainlink/contracts-ccip-releases/contracts/libraries/Pool.sol";
import {IPoolV1} from "@chainlink/contracts-ccip/contracts/interfaces/IPool.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {Router} from "@chainlink/contracts-ccip/contracts/Router.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {RebaseTokenPool} from "../../../contracts/ccip/RebaseTokenPool.sol";
import {RebaseRateFeed} from "../../../contracts/defi/RebaseRateFeed.sol";
import {RebaseBroadcaster} from "../../../contracts/home/RebaseBroadcaster.sol";
import {RebaseController} from "../../../contracts/home/RebaseController.sol";
import {IRebaseController} from "../../../contracts/interfaces/IRebaseController.sol";
import {IndexBand} from "../../../contracts/libraries/IndexBand.sol";
import {RebaseNotifier} from "../../../contracts/listeners/RebaseNotifier.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {RebaseReceiver} from "../../../contracts/satellite/RebaseReceiver.sol";
import {ListenerOfTests} from "../../../contracts/test/ListenerOfTests.sol";
import {CcipWorld} from "../shared/CcipWorld.sol";

/// @notice Three chains in one EVM: a home and two satellites, each with CCIP's router, a pool, listeners and a clock of its own;
/// the satellites' band is narrower than home's bounds, so that an honest home too is held back now and then. This contract is the ramps between them: what is sent lies here
/// until somebody delivers it.
abstract contract MeshWorld is CcipWorld {
  uint256 public constant CHAINS = 3;
  uint256 internal constant HOME = 0;
  uint32 internal constant INTERVAL = 1 hours;
  uint8 internal constant STEPS = 1;
  // In millionths, a step.
  uint24 internal constant GROWTH = 100_000;
  uint24 internal constant LOSS = 80_000;

  struct Chain {
    Router router;
    RebaseToken token;
    RebaseTokenPool pool;
    RebaseReceiver receiver;
    RebaseNotifier notifier;
    RebaseRateFeed feed;
    ListenerOfTests listener;
    // Unix seconds: the clock of each chain only rises.
    uint256 clock;
  }

  struct TokenMessage {
    uint256 source;
    uint256 dest;
    address receiver;
    uint256 shares;
    bytes data;
  }

  struct IndexMessage {
    uint256 dest;
    bytes data;
  }

  Chain[CHAINS] internal s_chains;
  RebaseController public s_controller;
  RebaseBroadcaster public s_broadcaster;

  // Sent and not delivered; a broadcast stays after its delivery, to be delivered again.
  TokenMessage[] public s_transfers;
  IndexMessage[] public s_broadcasts;

  function deployMesh() internal {
    for (uint256 i = 0; i < CHAINS; ++i) {
      Chain storage chain = s_chains[i];
      chain.clock = START + i * 7 minutes;
      chain.token = deployToken(i == HOME);
      chain.router = deployRouter();
      chain.pool = new RebaseTokenPool(address(chain.token), address(this), address(chain.router));
      chain.token.grantRole(BRIDGE_ROLE, address(chain.pool));
      for (uint256 j = 0; j < CHAINS; ++j) {
        if (i != j) openLane(chain.router, selectorOf(j));
      }
    }
    for (uint256 i = 0; i < CHAINS; ++i) {
      for (uint256 j = 0; j < CHAINS; ++j) {
        if (i == j) continue;
        connect(s_chains[i].pool, selectorOf(j), address(s_chains[j].pool), address(s_chains[j].token));
      }
    }
    _deployRebases();
  }

  function _deployRebases() private {
    RebaseToken home = s_chains[HOME].token;
    IRebaseController.Config memory config = IRebaseController.Config(0.8e27, 1.3e27, INTERVAL, 10 minutes, 2 days);
    s_controller = new RebaseController(address(home), config, address(this), 0);
    s_controller.grantRole(s_controller.REBASE_OPERATOR_ROLE(), address(this));
    home.revokeRole(REBASER_ROLE, address(this));
    home.grantRole(REBASER_ROLE, address(s_controller));
    s_controller.setNotifier(address(_deployListeners(HOME)));

    s_broadcaster = new RebaseBroadcaster(
      address(home),
      address(s_chains[HOME].router),
      address(i_wrappedNative),
      address(this),
      0
    );
    for (uint256 i = 1; i < CHAINS; ++i) {
      Chain storage chain = s_chains[i];
      chain.receiver = new RebaseReceiver(address(chain.router), address(chain.token), address(this));
      chain.receiver.setSource(selectorOf(HOME), address(s_broadcaster));
      chain.token.revokeRole(REBASER_ROLE, address(this));
      chain.token.grantRole(REBASER_ROLE, address(chain.receiver));
      chain.token.grantRole(UNPAUSER_ROLE, BOB);
      chain.token.grantRole(GUARDIAN_ROLE, CAROL);
      chain.receiver.setBand(IndexBand.Band(GROWTH, LOSS, INTERVAL, STEPS, 3));
      chain.receiver.setNotifier(address(_deployListeners(i)));
      s_broadcaster.setDestination(selectorOf(i), address(chain.receiver), 700_000);
    }
  }

  function _deployListeners(uint256 i) private returns (RebaseNotifier notifier) {
    Chain storage chain = s_chains[i];
    notifier = chain.notifier = new RebaseNotifier(address(chain.token), address(this));
    chain.feed = new RebaseRateFeed(address(chain.token), address(chain.receiver));
    chain.listener = new ListenerOfTests();
    notifier.setListener(address(chain.listener), 150_000);
    notifier.setListener(address(chain.feed), 150_000);
  }

  // What a ramp answers to the router

  function getPoolBySourceToken(uint64, IERC20) external view returns (IPoolV1) {
    return IPoolV1(address(s_chains[_chainOf(msg.sender)].pool));
  }

  function forwardFromRouter(
    uint64 selector,
    Client.EVM2AnyMessage calldata message,
    uint256,
    address sender
  ) external returns (bytes32) {
    uint256 source = _chainOf(msg.sender);
    uint256 dest = selector - selectorOf(HOME);
    address receiver = abi.decode(message.receiver, (address));
    if (message.tokenAmounts.length == 0) {
      VM.assertEq(sender, address(s_broadcaster), "the sender of a message without tokens");
      s_broadcasts.push(IndexMessage(dest, message.data));
      return keccak256(abi.encode(dest, s_broadcasts.length));
    }
    _burn(source, dest, sender, receiver, message.tokenAmounts[0].amount);
    return keccak256(abi.encode(source, dest, s_transfers.length, receiver));
  }

  function _burn(uint256 source, uint256 dest, address sender, address receiver, uint256 amount) private {
    Chain storage chain = s_chains[source];
    uint256 total = chain.token.totalShares();
    bytes memory data = chain
      .pool
      .lockOrBurn(Pool.LockOrBurnInV1(abi.encode(receiver), selectorOf(dest), sender, amount, address(chain.token)))
      .destPoolData;
    uint256 shares = total - chain.token.totalShares();
    s_transfers.push(TokenMessage(source, dest, receiver, shares, data));
  }

  // Time

  modifier on(uint256 chain) {
    VM.warp(s_chains[chain].clock);
    _;
  }

  // Reading

  function selectorOf(uint256 chain) public pure returns (uint64) {
    return uint64(1001 + chain);
  }

  function tokenOf(uint256 chain) public view returns (RebaseToken) {
    return s_chains[chain].token;
  }

  function receiverOf(uint256 chain) public view returns (RebaseReceiver) {
    return s_chains[chain].receiver;
  }

  function feedOf(uint256 chain) public view returns (RebaseRateFeed) {
    return s_chains[chain].feed;
  }

  function clockOf(uint256 chain) public view returns (uint256) {
    return s_chains[chain].clock;
  }

  function indexStateOf(uint256 chain) public view returns (bytes memory state) {
    (, state) = address(s_chains[chain].token).staticcall(abi.encodeCall(RebaseToken.indexState, ()));
  }

  function _chainOf(address router) private view returns (uint256 chain) {
    while (address(s_chains[chain].router) != router) ++chain;
  }
}
