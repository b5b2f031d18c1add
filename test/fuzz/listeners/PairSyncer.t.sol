// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LinkToken} from "@chainlink/local/src/shared/LinkToken.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IPairSyncer} from "../../../contracts/interfaces/IPairSyncer.sol";
import {PairSyncer} from "../../../contracts/listeners/PairSyncer.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {ICheatCodes} from "../shared/ICheatCodes.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";
import {BrokenPair} from "./BrokenPair.sol";

interface IUniswapV2Pair {
  function initialize(address token0, address token1) external;
  function getReserves() external view returns (uint112 reserve0, uint112 reserve1, uint32 timestamp);
}

/// @notice The pairs that Uniswap deployed, beside some that do not sync.
contract PairSyncerTest is TokenWorld {
  uint256 private constant COUNT = 4;

  RebaseToken private s_token;
  PairSyncer private s_syncer;
  address[COUNT] private s_sound;
  address[COUNT] private s_broken;
  // Those that are registered; zero for one that does not sync.
  address[COUNT] private s_pairs;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(false);
    s_token.sync(1, 1e24, 1e24, 0);
    s_syncer = new PairSyncer(address(this));
    LinkToken other = new LinkToken();
    string memory artifact = VM.readFile("node_modules/@uniswap/v2-core/build/UniswapV2Pair.json");
    bytes memory code = VM.parseBytes(VM.parseJsonString(artifact, ".bytecode"));
    for (uint256 i = 0; i < COUNT; ++i) {
      s_broken[i] = address(new BrokenPair(i));
      address pair;
      assembly {
        pair := create(0, add(code, 32), mload(code))
      }
      IUniswapV2Pair(pair).initialize(address(s_token), address(other));
      s_sound[i] = pair;
    }
  }

  /// @notice K2: after the call each pair's reserve is its balance, whatever other pairs do; what failed has an event.
  function testFuzz_K2_reservesFollowTheIndex(uint256[4] memory seeds, uint256 next, uint64 epoch) external {
    _addPairs(seeds);
    s_token.sync(2, 1e24, index(next), 0);
    VM.recordLogs();
    s_syncer.onRebase(epoch, 0, 0);
    ICheatCodes.Log[] memory logs = VM.getRecordedLogs();
    address[] memory pairs = s_syncer.getPairs();
    uint256 found = 0;
    for (uint256 i = 0; i < logs.length; ++i) {
      if (logs[i].emitter != address(s_syncer)) continue;
      bool isSynced = _requireReserve(s_pairs[found]);
      VM.assertEq(
        logs[i].topics[0],
        isSynced ? IPairSyncer.PairSynced.selector : IPairSyncer.PairSyncFailed.selector,
        "the event of a pair"
      );
      VM.assertEq(address(uint160(uint256(logs[i].topics[1]))), pairs[found++], "the pair");
      VM.assertEq(uint256(logs[i].topics[2]), epoch, "the epoch");
    }
    VM.assertEq(found, COUNT, "one event for each pair");
  }

  /// @notice K16: with too little gas it reverts as a whole; no sound pair fails for want of it.
  function testFuzz_K16_littleGasFailsNoSoundPair(uint256[4] memory seeds, uint256 next, uint256 gasGiven) external {
    _addPairs(seeds);
    // At which every balance fits a reserve.
    s_token.sync(2, 1e24, 1e24 + (next % 1e27), 0);
    gasGiven = within(gasGiven, 20_000, 900_000);
    try s_syncer.onRebase{gas: gasGiven}(2, 0, 0) {
      for (uint256 i = 0; i < COUNT; ++i) {
        if (s_pairs[i] != address(0)) VM.assertTrue(_requireReserve(s_pairs[i]), "a sound pair");
      }
    } catch (bytes memory reason) {
      VM.assertTrue(reason.length == 0 || bytes4(reason) == IPairSyncer.NotEnoughGas.selector, "the reason");
      VM.assertLt(gasGiven, 650_000, "the gas that was too little");
    }
  }

  function testFuzz_strangersRegisterNoPair(address stranger, address pair) external {
    if (stranger == address(this)) return;
    bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, stranger);
    VM.startPrank(stranger);
    VM.expectRevert(refusal);
    s_syncer.addPair(pair);
    VM.expectRevert(refusal);
    s_syncer.removePair(pair);
    VM.stopPrank();
  }

  /// @dev Two of three are Uniswap's, with any shares and the reserve that goes with them, as far as it fits.
  function _addPairs(uint256[4] memory seeds) private {
    for (uint256 i = 0; i < COUNT; ++i) {
      bool isSound = seeds[i] % 3 != 0;
      s_syncer.addPair(isSound ? s_sound[i] : s_broken[i]);
      if (!isSound) continue;
      // Up to twice what fits a reserve at the lowest index.
      s_token.bridgeMint(s_sound[i], within(seeds[i] >> 8, 0, (uint256(type(uint112).max) * 2e18)));
      s_pairs[i] = s_sound[i];
    }
    s_syncer.onRebase(1, 0, 0);
  }

  /// @dev Whether the pair is one that can sync; if so, its reserve is its balance.
  function _requireReserve(address pair) private view returns (bool) {
    if (pair == address(0)) return false;
    uint256 balance = s_token.balanceOf(pair);
    if (balance > type(uint112).max) return false;
    (uint112 reserve, , ) = IUniswapV2Pair(pair).getReserves();
    VM.assertEq(reserve, balance, "the reserve");
    return true;
  }
}
