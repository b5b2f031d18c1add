// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseListener} from "../interfaces/IRebaseListener.sol";
import {IRebaseNotifier} from "../interfaces/IRebaseNotifier.sol";

/// @notice A listener that behaves as a test tells it.
contract ListenerOfTests is IRebaseListener {
  enum Behaviour {
    Listen,
    Revert,
    BurnGas,
    ReturnBomb,
    NotifyAgain
  }

  error ListenerRefused(uint256 code);

  event Heard(uint64 countingEpoch, uint256 previousSharesPerToken, uint256 sharesPerToken, uint256 gasGiven);

  Behaviour public s_behaviour;
  uint256 public s_calls;

  function setBehaviour(Behaviour behaviour) external {
    s_behaviour = behaviour;
  }

  function onRebase(uint64 countingEpoch, uint256 previousSharesPerToken, uint256 sharesPerToken) external {
    uint256 gasGiven = gasleft();
    ++s_calls;
    emit Heard(countingEpoch, previousSharesPerToken, sharesPerToken, gasGiven);
    Behaviour behaviour = s_behaviour;
    if (behaviour == Behaviour.Revert) revert ListenerRefused(7);
    if (behaviour == Behaviour.NotifyAgain) IRebaseNotifier(msg.sender).notify();
    if (behaviour == Behaviour.BurnGas) {
      assembly {
        invalid()
      }
    }
    if (behaviour == Behaviour.ReturnBomb) {
      assembly {
        revert(0, 50000)
      }
    }
  }
}
