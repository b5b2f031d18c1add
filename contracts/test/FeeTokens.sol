// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// The two tokens that CCIP's fees are paid in. CCIP's releases ship no bytecode for them, so they
// are compiled from Chainlink Local's sources.
// solhint-disable no-unused-import
import {LinkToken} from "@chainlink/local/src/shared/LinkToken.sol";
import {WETH9} from "@chainlink/local/src/shared/WETH9.sol";
