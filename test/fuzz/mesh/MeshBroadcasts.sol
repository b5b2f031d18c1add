// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRebaseNotifier} from "../../../contracts/interfaces/IRebaseNotifier.sol";
import {IRebaseReceiver} from "../../../contracts/interfaces/IRebaseReceiver.sol";
import {BroadcastCodec} from "../../../contracts/libraries/BroadcastCodec.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {ListenerOfTests} from "../../../contracts/test/ListenerOfTests.sol";
import {MeshActions} from "./MeshActions.sol";

/// @notice What becomes of broadcasts: they are taken over, held back, decided about, and told to listeners.
abstract contract MeshBroadcasts is MeshActions {
  // The lowest and the highest index that the clock allows a satellite since a person decided what it has.
  struct Reach {
    uint256 low;
    uint256 high;
    uint256 steps;
    uint256 since;
  }

  // An index state as messages carry it, and what else the satellite compares.
  struct Local {
    uint32 epoch;
    uint256 current;
    uint256 next;
    uint256 effectiveAt;
    uint8 generation;
    uint256 resyncedAt;
  }

  mapping(uint256 chain => Reach reach) private s_reaches;

  /// @notice Delivers any broadcast, for the first time or again: an old one changes nothing, and one that is newer is taken over
  /// whole, or held back.
  function deliverBroadcast(uint256 which) public {
    VM.assume(s_broadcasts.length != 0);
    IndexMessage memory message = s_broadcasts[which % s_broadcasts.length];
    _deliver(message.dest, message.data);
  }

  /// @notice Loses a broadcast for good.
  function dropBroadcast(uint256 which) external {
    VM.assume(s_broadcasts.length != 0);
    which %= s_broadcasts.length;
    s_broadcasts[which] = s_broadcasts[s_broadcasts.length - 1];
    s_broadcasts.pop();
  }

  /// @notice I20: whatever happened before, the newest broadcast makes a satellite equal to home at every second, with the owner's
  /// help if it is held back.
  function converge(uint256 which, uint256 at) external {
    uint256 chain = 1 + (which % 2);
    _deliverNewest(chain);
    if (keccak256(indexStateOf(chain)) != keccak256(indexStateOf(HOME))) _help(chain);
    VM.assertEq(indexStateOf(chain), indexStateOf(HOME), "the index of the satellite");
    VM.warp(block.timestamp + (at % 3 days));
    VM.assertEq(
      s_chains[chain].token.sharesPerToken(),
      s_chains[HOME].token.sharesPerToken(),
      "the index at the same second"
    );
  }

  /// @notice K9: the guardian rejects what is held back, the unpauser accepts it within the steps by hand, or the owner does. The
  /// newest broadcast arrives first if nothing is.
  function decide(uint256 which, uint256 how) external {
    uint256 chain = 1 + (which % 2);
    IRebaseReceiver receiver = s_chains[chain].receiver;
    if (receiver.getQuarantined().epoch == 0) _deliverNewest(chain);
    VM.warp(s_chains[chain].clock);
    IRebaseReceiver.Quarantined memory held = receiver.getQuarantined();
    if (held.epoch == 0 || held.isRejected) return;
    bytes memory before = indexStateOf(chain);
    VM.prank(
      how % 4 == 0
        ? CAROL
        : how % 4 == 1
          ? BOB
          : address(this)
    );
    if (how % 4 == 0) return receiver.reject(held.epoch, held.current, held.next, held.effectiveAt);
    try receiver.accept(held.epoch, held.current, held.next, held.effectiveAt) {
      _requireAccepted(chain, held);
    } catch {
      VM.assertTrue(how % 4 == 1, "only the unpauser is bound");
      VM.assertEq(indexStateOf(chain), before, "the index after a refusal");
    }
  }

  /// @notice K1, K4: home sends one false message; the admin then sets the satellite to what home has said before, and
  /// nothing that was sent until then has an effect any more.
  function attack(uint256 which, uint256 seed, uint256 next, uint256 delay) external {
    uint256 chain = 1 + (which % 2);
    RebaseToken token = s_chains[chain].token;
    VM.assume(token.epoch() != 0);
    VM.warp(s_chains[chain].clock);
    uint256 k = token.sharesPerToken();
    // Mostly about a step away, and now and then anywhere.
    next = seed % 4 == 0 ? index(next) : (k * (900_000 + (next % 200_000))) / 1e6;
    if (next < 1e18) next = 1e18;
    uint32 epoch = token.epoch() + 1 + uint32((seed >> 8) % 3);
    uint256 at = block.timestamp + (delay % 2 == 0 ? 0 : delay % 2 days);
    bytes memory data = BroadcastCodec.encode(epoch, k, next, at, uint56(block.timestamp));
    _deliver(chain, data);
    if (token.epoch() == epoch) return _resync(chain);
    IRebaseReceiver.Quarantined memory held = s_chains[chain].receiver.getQuarantined();
    if (held.epoch != epoch || held.current != k || held.next != next || held.effectiveAt != at) return;
    VM.prank(CAROL);
    s_chains[chain].receiver.reject(epoch, k, next, at);
    if (seed % 2 == 0) _resync(chain);
  }

  /// @notice K7: tells the listeners of what has begun to count, each once.
  function tell(uint256 chain) external {
    chain %= CHAINS;
    VM.warp(s_chains[chain].clock);
    ListenerOfTests listener = s_chains[chain].listener;
    IRebaseNotifier notifier = s_chains[chain].notifier;
    (uint64 counting, uint256 k) = s_chains[chain].token.countingState();
    IRebaseNotifier.Listener memory before = notifier.getListener(address(listener));
    bool isDue = k != 0 && (before.toldEpoch != counting || before.toldSharesPerToken != k);
    bool listens = listener.s_behaviour() == ListenerOfTests.Behaviour.Listen;
    uint256 calls = listener.s_calls();
    notifier.notify();
    VM.assertEq(listener.s_calls(), isDue && listens ? calls + 1 : calls, "calls of a listener");
    if (k != 0) _requireTold(chain);
  }

  /// @notice Lets a listener fail from now on, in some way, or listen again.
  function misbehave(uint256 chain, uint256 way) external {
    ListenerOfTests.Behaviour behaviour = ListenerOfTests.Behaviour(way % 2 == 0 ? 0 : (way >> 8) % 4);
    s_chains[chain % CHAINS].listener.setBehaviour(behaviour);
  }

  function _deliverNewest(uint256 chain) private on(HOME) {
    uint64[] memory selectors = new uint64[](1);
    selectors[0] = selectorOf(chain);
    s_broadcaster.broadcast{value: 1 ether}(selectors, address(0), type(uint256).max);
    deliverBroadcast(s_broadcasts.length - 1);
  }

  function _deliver(uint256 dest, bytes memory data) private {
    Chain storage chain = s_chains[dest];
    VM.warp(chain.clock);
    Local memory local = _localOf(dest);
    bytes memory before = indexStateOf(dest);
    Client.Any2EVMMessage memory arrived = arrivingMessage(selectorOf(HOME), abi.encode(address(s_broadcaster)), data);
    (bool success, , ) = chain.router.routeMessage(arrived, 5_000, 700_000, address(chain.receiver));
    VM.assertTrue(success, "K16: the execution");

    uint256 header = uint256(bytes32(data));
    uint32 sent = uint32(header >> 216);
    bool isOutdated = local.generation != 0 && uint56(header >> 104) <= local.resyncedAt;
    if (chain.token.epoch() == local.epoch) {
      VM.assertEq(indexStateOf(dest), before, "the index after a message that was not taken over");
      bool isHeldBack = chain.receiver.getQuarantined().epoch >= sent;
      VM.assertTrue(sent <= local.epoch || isOutdated || isHeldBack, "I29: a newer message that had no effect");
      return;
    }
    VM.assertTrue(sent > local.epoch && !isOutdated, "I21: an old message that was taken over");
    Local memory taken = _localOf(dest);
    VM.assertEq(taken.epoch, sent, "the epoch after a newer message");
    if (local.epoch == 0) _beginReach(dest, taken);
    _requireReachable(dest, taken.current);
    _requireReachable(dest, taken.next);
    _requireTold(dest);
  }

  /// @dev The owner accepts the newest broadcast if it is held back; else the admin sets what home says.
  function _help(uint256 chain) private {
    Local memory home = _localOf(HOME);
    IRebaseReceiver receiver = s_chains[chain].receiver;
    IRebaseReceiver.Quarantined memory held = receiver.getQuarantined();
    if (held.epoch == home.epoch && held.next == home.next && held.effectiveAt == home.effectiveAt) {
      receiver.accept(held.epoch, held.current, held.next, held.effectiveAt);
      return _requireAccepted(chain, held);
    }
    // Only what was held back before, or a clock ahead of home's at the last resync, keeps the newest from being held back or taken.
    (uint8 generation, uint256 resyncedAt) = s_chains[chain].token.generation();
    VM.assertTrue(
      held.epoch >= home.epoch || (generation != 0 && s_chains[HOME].clock <= resyncedAt),
      "I29: the newest message had no effect"
    );
    _resync(chain);
  }

  /// @dev K19: the admin sets a satellite to what home says, in a new generation; time passes until home is heard again.
  function _resync(uint256 chain) private {
    VM.warp(s_chains[chain].clock);
    Local memory home = _localOf(HOME);
    s_chains[chain].token.resync(home.epoch, home.current, home.next, home.effectiveAt);
    VM.assertEq(s_chains[chain].receiver.getQuarantined().epoch, 0, "nothing held back of a new generation");
    _beginReach(chain, home);
    uint256 now_ = s_chains[chain].clock;
    if (s_chains[HOME].clock <= now_) _warp(HOME, now_ + 1);
    VM.warp(s_chains[chain].clock);
  }

  function _requireAccepted(uint256 chain, IRebaseReceiver.Quarantined memory held) private {
    bytes memory accepted = abi.encode(held.epoch, held.current, held.next, held.effectiveAt);
    VM.assertEq(indexStateOf(chain), accepted, "the index after its acceptance");
    VM.assertEq(s_chains[chain].receiver.getQuarantined().epoch, 0, "nothing held back");
    _beginReach(chain, _localOf(chain));
    _requireTold(chain);
  }

  function _beginReach(uint256 chain, Local memory local) private {
    (uint256 low, uint256 high) = local.current < local.next
      ? (local.current, local.next)
      : (local.next, local.current);
    s_reaches[chain] = Reach(low, high, 0, s_chains[chain].clock);
  }

  /// @dev K1: by no more steps than one, those of the band at once, and one for each interval since.
  function _requireReachable(uint256 chain, uint256 k) private {
    Reach memory reach = s_reaches[chain];
    uint256 steps = 1 + STEPS + (s_chains[chain].clock - reach.since) / INTERVAL;
    for (; reach.steps < steps; ++reach.steps) {
      reach.low = (reach.low * 1e6) / (1e6 + GROWTH);
      if (reach.high < 1e30) reach.high = Math.ceilDiv(reach.high * 1e6, 1e6 - LOSS);
    }
    s_reaches[chain] = reach;
    VM.assertGe(k, reach.low, "the lowest index that the clock allows");
    VM.assertLe(k, reach.high, "the highest index that the clock allows");
  }

  /// @dev K7: whoever listens was told of what counts.
  function _requireTold(uint256 chain) private view {
    _requireTold(chain, address(s_chains[chain].feed));
    ListenerOfTests listener = s_chains[chain].listener;
    if (listener.s_behaviour() == ListenerOfTests.Behaviour.Listen) _requireTold(chain, address(listener));
  }

  function _requireTold(uint256 chain, address listener) private view {
    (uint64 counting, uint256 k) = s_chains[chain].token.countingState();
    IRebaseNotifier.Listener memory told = s_chains[chain].notifier.getListener(listener);
    VM.assertEq(told.toldEpoch, counting, "K7: the epoch that a listener was told");
    VM.assertEq(told.toldSharesPerToken, k, "K7: the index that a listener was told");
  }

  function _localOf(uint256 chain) private view returns (Local memory local) {
    (local.epoch, local.current, local.next, local.effectiveAt, local.generation, local.resyncedAt) = s_chains[chain]
      .token
      .syncState();
  }
}
