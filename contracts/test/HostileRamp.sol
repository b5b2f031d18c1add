// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IRebaseBroadcaster} from "../interfaces/IRebaseBroadcaster.sol";

/// @notice An OnRamp that an attacker controls, which CCIP's own router asks for fees and hands messages to.
contract HostileRamp {
  /// @notice What the ramp does, all of it zero at first.
  /// @param fee What it asks for.
  /// @param surcharge What it asks for beyond that once the router may take the broadcaster's LINK.
  /// @param quoteGas Gas that each of its quotes burns.
  /// @param victim Whose LINK it tries to spend when it is handed a message; nobody's if zero.
  struct Conduct {
    uint256 fee;
    uint256 surcharge;
    uint256 quoteGas;
    address victim;
  }

  Conduct public conduct;

  IRebaseBroadcaster private immutable i_broadcaster;

  constructor(IRebaseBroadcaster broadcaster) {
    i_broadcaster = broadcaster;
  }

  function setConduct(Conduct calldata newConduct) external {
    conduct = newConduct;
  }

  function getFee(uint64, Client.EVM2AnyMessage calldata) external view returns (uint256 fee) {
    fee = conduct.fee;
    // Between two broadcasts the router is left with one juel.
    if (conduct.surcharge != 0) {
      IERC20 link = IERC20(i_broadcaster.getLink());
      if (link.allowance(address(i_broadcaster), i_broadcaster.getRouter()) > 1) fee += conduct.surcharge;
    }
    if (conduct.quoteGas != 0) {
      try this.burn{gas: conduct.quoteGas}() {} catch {} // solhint-disable-line no-empty-blocks
    }
  }

  /// @notice Burns all of the gas that it is given.
  function burn() external pure {
    assembly {
      invalid()
    }
  }

  function forwardFromRouter(
    uint64 selector,
    Client.EVM2AnyMessage calldata message,
    uint256,
    address
  ) external returns (bytes32) {
    address victim = conduct.victim;
    if (victim != address(0)) {
      IRebaseBroadcaster.Payment memory payment = IRebaseBroadcaster.Payment({
        feeToken: i_broadcaster.getLink(),
        payer: victim,
        value: 0,
        maxFee: type(uint256).max
      });
      i_broadcaster.sendLane(selector, message.data, payment);
    }
    return keccak256(abi.encode(selector, block.number));
  }
}
