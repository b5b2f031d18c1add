// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ITypeAndVersion} from "@chainlink/contracts/src/v0.8/shared/interfaces/ITypeAndVersion.sol";
import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {IPairSyncer} from "../interfaces/IPairSyncer.sol";
import {IRebaseListener} from "../interfaces/IRebaseListener.sol";

interface IPair {
  function sync() external;
}

/// @title PairSyncer
/// @notice Brings the reserves of Uniswap-V2-style pairs up to their balances after a rebase.
contract PairSyncer is IPairSyncer, IRebaseListener, Ownable2Step, ITypeAndVersion {
  using EnumerableSet for EnumerableSet.AddressSet;

  /// @inheritdoc ITypeAndVersion
  string public constant override typeAndVersion = "PairSyncer 1.0.0";

  /// @notice The most gas of one pair: 1.5 times what a first `sync` was measured to need.
  uint256 public constant GAS_PER_PAIR = 120_000;

  // Gas to log what became of a pair.
  uint256 private constant GAS_AFTER_PAIR = 5_000;

  EnumerableSet.AddressSet private s_pairs;

  /// @param owner_ Who may register pairs.
  constructor(address owner_) Ownable(owner_) {}

  /// @inheritdoc IRebaseListener
  /// @dev Anyone may call it, for anyone may call `sync` of a pair.
  function onRebase(uint64 countingEpoch, uint256, uint256) external {
    uint256 count = s_pairs.length();
    for (uint256 i = 0; i < count; ++i) {
      address pair = s_pairs.at(i);
      // A call gets at most 63/64 of what is left. Less than its limit would make a sound pair fail.
      if (gasleft() < GAS_PER_PAIR + GAS_PER_PAIR / 63 + GAS_AFTER_PAIR) revert NotEnoughGas(gasleft(), count - i);
      try IPair(pair).sync{gas: GAS_PER_PAIR}() {
        emit PairSynced(pair, countingEpoch);
      } catch {
        emit PairSyncFailed(pair, countingEpoch);
      }
    }
  }

  /// @inheritdoc IPairSyncer
  function addPair(address pair) external onlyOwner {
    if (pair.code.length == 0) revert NotAContract(pair);
    if (!s_pairs.add(pair)) revert PairKnown(pair);
    emit PairAdded(pair);
  }

  /// @inheritdoc IPairSyncer
  function removePair(address pair) external onlyOwner {
    if (!s_pairs.remove(pair)) revert UnknownPair(pair);
    emit PairRemoved(pair);
  }

  /// @inheritdoc IPairSyncer
  function getPairs() external view returns (address[] memory) {
    return s_pairs.values();
  }
}
