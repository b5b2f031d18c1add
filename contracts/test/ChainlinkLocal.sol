// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

// Chainlink Local's simulator, for tests of messages without tokens.
// solhint-disable no-unused-import
import {CCIPLocalSimulator} from "@chainlink/local/src/ccip/CCIPLocalSimulator.sol";
