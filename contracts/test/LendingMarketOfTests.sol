// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AggregatorV3Interface} from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice A market that lends a dollar against wrapped units, priced by the rate feed: one token unit is one dollar.
contract LendingMarketOfTests {
  error StaleRate(uint256 updatedAt, uint256 maxAge);
  error Undercollateralised(uint256 debt, uint256 allowed);
  error Healthy(uint256 debt, uint256 allowed);

  uint256 public constant LOAN_TO_VALUE_PERCENT = 80;
  uint256 public constant MAX_AGE = 1 days;

  IERC20 private immutable i_collateral;
  IERC20 private immutable i_dollar;
  AggregatorV3Interface private immutable i_feed;

  mapping(address account => uint256 collateral) public collateralOf;
  mapping(address account => uint256 debt) public debtOf;

  constructor(address collateral, address dollar, address feed) {
    i_collateral = IERC20(collateral);
    i_dollar = IERC20(dollar);
    i_feed = AggregatorV3Interface(feed);
  }

  function supply(uint256 amount) external {
    collateralOf[msg.sender] += amount;
    i_collateral.transferFrom(msg.sender, address(this), amount);
  }

  function borrow(uint256 amount) external {
    debtOf[msg.sender] += amount;
    uint256 allowed = limitOf(msg.sender);
    if (debtOf[msg.sender] > allowed) revert Undercollateralised(debtOf[msg.sender], allowed);
    i_dollar.transfer(msg.sender, amount);
  }

  function liquidate(address account) external {
    uint256 allowed = limitOf(account);
    uint256 debt = debtOf[account];
    if (debt <= allowed) revert Healthy(debt, allowed);
    delete debtOf[account];
    uint256 seized = collateralOf[account];
    delete collateralOf[account];
    i_dollar.transferFrom(msg.sender, address(this), debt);
    i_collateral.transfer(msg.sender, seized);
  }

  function limitOf(address account) public view returns (uint256) {
    (, int256 rate, , uint256 updatedAt, ) = i_feed.latestRoundData();
    if (block.timestamp - updatedAt > MAX_AGE) revert StaleRate(updatedAt, MAX_AGE);
    return (collateralOf[account] * uint256(rate) * LOAN_TO_VALUE_PERCENT) / (100 * 1e18);
  }
}
