// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IRouterClient} from "@chainlink/contracts-ccip/contracts/interfaces/IRouterClient.sol";

/// @title RouterProbe
/// @notice Tells a CCIP router from an address that was pasted by mistake: a ramp, a token, a wallet, or the router of
/// another chain.
library RouterProbe {
  /// @notice The address does not answer as a CCIP router does: it has no code, is zero, or is another contract.
  /// @param account The address that was given.
  error NotARouter(address account);

  /// @notice Reverts with NotARouter unless the account answers `isChainSupported`.
  /// @param account The account to ask.
  function requireRouter(address account) internal view {
    // A call to an account without code succeeds with an empty answer, which is none either.
    (bool answered, bytes memory answer) = account.staticcall(abi.encodeCall(IRouterClient.isChainSupported, (0)));
    if (!answered || answer.length != 32) revert NotARouter(account);
  }
}
