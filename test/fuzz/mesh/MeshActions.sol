// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";

import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {MeshWorld} from "./MeshWorld.sol";

/// @notice What holders and operators do to a mesh. Shares are counted beside the tokens, by owner and over all chains.
abstract contract MeshActions is MeshWorld {
  uint256 public constant ACTORS = 4;

  // Shares that an actor owns, wherever they are.
  mapping(address actor => uint256 shares) public s_owned;
  uint256 public s_issued;
  // Shares that an actor has in flight, of `s_owned`; and all of them together.
  mapping(address actor => uint256 shares) public s_inFlight;
  uint256 public s_allInFlight;
  // Shares that were minted on a chain by its pool, less those that were burned by it.
  mapping(uint256 chain => int256 shares) public s_arrived;
  // What home has said under each epoch.
  mapping(uint32 epoch => bytes32 stateHash) public s_published;

  constructor() {
    VM.warp(START);
    deployMesh();
    VM.deal(address(this), 1e30);
    _publish();
    for (uint256 i = 0; i < ACTORS; ++i) {
      mint(i, 1e24 + i);
      for (uint256 chain = 0; chain < CHAINS; ++chain) {
        VM.prank(actor(i));
        s_chains[chain].token.approve(address(s_chains[chain].router), type(uint256).max);
      }
    }
  }

  // Home

  function mint(uint256 to, uint256 amount) public on(HOME) {
    RebaseToken token = s_chains[HOME].token;
    amount = within(amount, 0, 1e30);
    token.mint(actor(to), amount);
    _own(actor(to), amount * token.sharesPerToken());
  }

  function redeem(uint256 from, uint256 amount) external on(HOME) {
    RebaseToken token = s_chains[HOME].token;
    amount = within(amount, 0, token.balanceOf(actor(from)));
    uint256 shares = amount * token.sharesPerToken();
    VM.prank(actor(from));
    token.approve(address(this), amount);
    token.burn(actor(from), amount);
    s_owned[actor(from)] -= shares;
    s_issued -= shares;
  }

  function rebase(uint256 factor, uint256 delay) external on(HOME) {
    (bool pending, , uint256 effectiveAt) = s_chains[HOME].token.pendingRebase();
    if (pending) _warp(HOME, effectiveAt);
    uint256 earliest = s_controller.earliestEffectiveAt();
    delay = within(delay, 10 minutes, 2 days);
    if (block.timestamp + delay < earliest) _warp(HOME, earliest);
    s_controller.rebaseAfter(_factor(factor), delay, s_chains[HOME].token.epoch() + 1);
    _publish();
  }

  function replaceOrCancel(uint256 factor, uint256 delay) external on(HOME) {
    (bool pending, , ) = s_chains[HOME].token.pendingRebase();
    VM.assume(pending);
    uint32 epoch = s_chains[HOME].token.epoch() + 1;
    if (factor % 3 == 0) s_controller.cancelPending(epoch);
    else s_controller.replacePending(_factor(factor), within(delay, 10 minutes, 2 days), epoch);
    _publish();
  }

  function broadcast(uint256 which) external on(HOME) {
    uint64[] memory selectors = new uint64[](which % 3 == 0 ? 2 : 1);
    selectors[0] = selectorOf(1 + (which % 2));
    if (selectors.length == 2) selectors[1] = selectorOf(2 - (which % 2));
    uint256 sent = s_broadcasts.length;
    s_broadcaster.broadcast{value: 1 ether}(selectors, address(0), type(uint256).max);
    VM.assertEq(s_broadcasts.length, sent + selectors.length, "messages that were sent");
    VM.assertEq(address(s_broadcaster).balance, 0, "what stays with the broadcaster");
  }

  // Holders

  function transfer(uint256 chain, uint256 from, uint256 to, uint256 amount) external {
    (chain, from) = _holding(chain, from);
    RebaseToken token = s_chains[chain].token;
    VM.warp(s_chains[chain].clock);
    amount = within(amount, 0, token.balanceOf(actor(from)));
    uint256 shares = amount * token.sharesPerToken();
    VM.prank(actor(from));
    token.transfer(actor(to), amount);
    _give(actor(from), actor(to), shares);
  }

  function transferShares(uint256 chain, uint256 from, uint256 to, uint256 shares) external {
    (chain, from) = _holding(chain, from);
    VM.warp(s_chains[chain].clock);
    shares = within(shares, 0, s_chains[chain].token.sharesOf(actor(from)));
    VM.prank(actor(from));
    s_chains[chain].token.transferShares(actor(to), shares);
    _give(actor(from), actor(to), shares);
  }

  function send(uint256 chain, uint256 hop, uint256 from, uint256 amount) external {
    (chain, from) = _holding(chain, from);
    VM.warp(s_chains[chain].clock);
    uint256 balance = s_chains[chain].token.balanceOf(actor(from));
    VM.assume(balance != 0);
    amount = within(amount, 1, balance);
    uint256 dest = (chain + 1 + (hop % 2)) % CHAINS;
    uint256 shares = amount * s_chains[chain].token.sharesPerToken();

    Client.EVMTokenAmount[] memory amounts = new Client.EVMTokenAmount[](1);
    amounts[0] = Client.EVMTokenAmount(address(s_chains[chain].token), amount);
    Client.EVM2AnyMessage memory message = Client.EVM2AnyMessage(abi.encode(actor(from)), "", amounts, address(0), "");
    VM.deal(actor(from), 1 ether);
    VM.prank(actor(from));
    s_chains[chain].router.ccipSend{value: 1 ether}(selectorOf(dest), message);
    VM.assertEq(s_transfers[s_transfers.length - 1].shares, shares, "shares that travel");
    s_arrived[chain] -= int256(shares);
    s_inFlight[actor(from)] += shares;
    s_allInFlight += shares;
  }

  /// @notice Takes the change that native fees leave.
  receive() external payable {}

  function actor(uint256 seed) public pure returns (address) {
    return address(uint160(0xACC0000 + (seed % ACTORS)));
  }

  function _own(address owner, uint256 shares) internal {
    s_owned[owner] += shares;
    s_issued += shares;
  }

  function _give(address from, address to, uint256 shares) internal {
    s_owned[from] -= shares;
    s_owned[to] += shares;
  }

  function _publish() internal {
    s_published[s_chains[HOME].token.epoch()] = keccak256(indexStateOf(HOME));
  }

  /// @dev Lets as much time pass on all chains as brings one of them to a time.
  function _warp(uint256 chain, uint256 time) internal {
    uint256 clock = s_chains[chain].clock;
    for (uint256 i = 0; i < CHAINS && time > clock; ++i) s_chains[i].clock += time - clock;
    VM.warp(s_chains[chain].clock);
  }

  function _factor(uint256 seed) internal view returns (uint256) {
    uint256 k = s_chains[HOME].token.sharesPerToken();
    // Back towards the middle when it has come far, so that neither bound of the index stops the sequence.
    if (k < 1e22) return within(seed, 0.8e27, 1e27);
    if (k > 1e26) return within(seed, 1e27, 1.3e27);
    return within(seed, 0.8e27, 1.3e27);
  }

  /// @dev The chain and the actor that were asked for, or the next ones that hold shares.
  function _holding(uint256 chain, uint256 from) internal view returns (uint256, uint256) {
    (chain, from) = (chain % CHAINS, from % ACTORS);
    for (uint256 i = 0; i < CHAINS * ACTORS; ++i) {
      if (s_chains[chain].token.sharesOf(actor(from)) != 0) return (chain, from);
      from = (from + 1) % ACTORS;
      if (from == 0) chain = (chain + 1) % CHAINS;
    }
    VM.assume(false);
    return (chain, from);
  }
}
