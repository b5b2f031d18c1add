// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";

import {IRebaseBroadcaster} from "../interfaces/IRebaseBroadcaster.sol";

/// @notice A router whose lanes misbehave one by one, as no released router does.
contract HostileRouter is IRouterClient {
  enum Fault {
    None,
    RevertOnQuote,
    RevertOnSend,
    BurnAllGas,
    ReturnDataBomb,
    ZeroMessageId,
    SpendAgain,
    SpendPendingAgain
  }

  /// @notice What a lane asks for unless it was told otherwise.
  uint256 public constant FEE = 1 ether;

  mapping(uint64 selector => Fault fault) public faults;
  mapping(uint64 selector => uint256 fee) public fees;
  mapping(uint64 selector => uint256 gas) public quoteGas;

  error LaneBroken(uint64 selector);

  function setFault(uint64 selector, Fault fault) external {
    faults[selector] = fault;
  }

  /// @notice Lets a lane ask for a fee; 0 for FEE.
  function setFee(uint64 selector, uint256 fee) external {
    fees[selector] = fee;
  }

  /// @notice Lets the quote of a lane burn so much gas.
  function setQuoteGas(uint64 selector, uint256 gas) external {
    quoteGas[selector] = gas;
  }

  function isChainSupported(uint64) external pure returns (bool) {
    return true;
  }

  function getFee(uint64 selector, Client.EVM2AnyMessage calldata) external view returns (uint256) {
    if (faults[selector] == Fault.RevertOnQuote) revert LaneBroken(selector);
    uint256 fee = fees[selector];
    uint256 burnt = quoteGas[selector];
    if (burnt > gasleft()) this.burn();
    if (burnt != 0) {
      try this.burn{gas: burnt}() {} catch {} // solhint-disable-line no-empty-blocks
    }
    return fee == 0 ? FEE : fee;
  }

  /// @notice Burns all of the gas that it is given.
  function burn() external pure {
    assembly {
      invalid()
    }
  }

  function ccipSend(uint64 selector, Client.EVM2AnyMessage calldata) external payable returns (bytes32) {
    Fault fault = faults[selector];
    if (fault == Fault.RevertOnSend) revert LaneBroken(selector);
    if (fault == Fault.BurnAllGas) {
      assembly {
        invalid()
      }
    }
    if (fault == Fault.ReturnDataBomb) {
      assembly {
        revert(0, 100000)
      }
    }
    if (fault == Fault.ZeroMessageId) return 0;
    // The router has the spender's role in the tests that ask for these.
    if (fault == Fault.SpendAgain) {
      uint64[] memory selectors = new uint64[](1);
      selectors[0] = selector;
      IRebaseBroadcaster(msg.sender).broadcastFromTreasury(selectors, address(0), type(uint256).max);
    }
    if (fault == Fault.SpendPendingAgain) {
      IRebaseBroadcaster(msg.sender).broadcastPendingFromTreasury(address(0), type(uint256).max, 0);
    }
    return keccak256(abi.encode(selector, block.number));
  }
}
