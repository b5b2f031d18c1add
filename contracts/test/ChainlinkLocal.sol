// SPDX-License-Identifier: MIT
pragma solidity 0.8.26;

// Chainlink Local's simulator for message tests; its WETH9 is also the wrapped native of the local network.
import {CCIPLocalSimulator} from "@chainlink/local/src/ccip/CCIPLocalSimulator.sol";
