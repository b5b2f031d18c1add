// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";
import {Client} from "@chainlink/contracts-ccip/contracts/libraries/Client.sol";

/// @notice A router whose lanes misbehave one by one, as no released router does.
contract HostileRouter is IRouterClient {
  enum Fault {
    None,
    RevertOnQuote,
    RevertOnSend,
    BurnAllGas,
    ReturnDataBomb,
    ZeroMessageId
  }

  uint256 public constant FEE = 1 ether;

  mapping(uint64 selector => Fault) public faults;

  error LaneBroken(uint64 selector);

  function setFault(uint64 selector, Fault fault) external {
    faults[selector] = fault;
  }

  function isChainSupported(uint64) external pure returns (bool) {
    return true;
  }

  function getFee(uint64 selector, Client.EVM2AnyMessage calldata) external view returns (uint256) {
    if (faults[selector] == Fault.RevertOnQuote) revert LaneBroken(selector);
    return FEE;
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
    return keccak256(abi.encode(selector, block.number));
  }
}
