// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRebaseToken} from "../interfaces/IRebaseToken.sol";
import {IWrappedRebaseToken} from "../interfaces/IWrappedRebaseToken.sol";
import {ShareMath} from "../libraries/ShareMath.sol";

/// @title WrappedRebaseToken
/// @notice The form of the rebase token that pools and lending markets hold.
/// @dev It holds at least 1e24 shares for each wrapped unit: a deposit of `v` units brings `v * k` shares and mints
/// `floor(v * k / 1e24)`, a withdrawal of `v` burns `ceil(v * k / 1e24)`, and likewise for `mint` and `redeem`. Nobody owns it
/// and nothing about it can be changed.
contract WrappedRebaseToken is IWrappedRebaseToken, ERC4626, ERC20Permit {
  /// @notice Shares of the rebase token in one wrapped unit.
  uint256 public constant SHARES_PER_UNIT = ShareMath.GENESIS_SHARES_PER_TOKEN;

  uint256 private constant ONE = 1e18;

  IRebaseToken private immutable i_token;

  /// @param token The rebase token on this chain.
  /// @param name_ ERC-20 name, also of the permit domain.
  /// @param symbol_ ERC-20 symbol.
  constructor(
    address token,
    string memory name_,
    string memory symbol_
  ) ERC20(name_, symbol_) ERC20Permit(name_) ERC4626(IERC20(token)) {
    // Refuses what is no token of this kind.
    IRebaseToken(token).sharesPerToken();
    i_token = IRebaseToken(token);
  }

  /// @inheritdoc IWrappedRebaseToken
  function wrapShares(uint256 wrapped, address receiver) external returns (uint256 shares) {
    shares = _sharesOf(wrapped);
    _mint(receiver, wrapped);
    i_token.transferSharesFrom(_msgSender(), address(this), shares);
  }

  /// @inheritdoc IWrappedRebaseToken
  function unwrapShares(uint256 wrapped, address receiver, address owner) external returns (uint256 shares) {
    if (_msgSender() != owner) _spendAllowance(owner, _msgSender(), wrapped);
    shares = _sharesOf(wrapped);
    _burn(owner, wrapped);
    i_token.transferShares(receiver, shares);
  }

  /// @inheritdoc IWrappedRebaseToken
  function getRate() external view returns (uint256) {
    return _convertToAssets(ONE, Math.Rounding.Floor);
  }

  /// @inheritdoc IERC20Metadata
  function decimals() public view override(ERC20, ERC4626, IERC20Metadata) returns (uint8) {
    return ERC4626.decimals();
  }

  /// @inheritdoc IERC4626
  function totalAssets() public view override(ERC4626, IERC4626) returns (uint256) {
    // Never reverts, as ERC-4626 demands: nothing was wrapped while the token is unsynced.
    uint256 wrapped = totalSupply();
    return wrapped == 0 ? 0 : _convertToAssets(wrapped, Math.Rounding.Floor);
  }

  /// @inheritdoc IERC4626
  function maxDeposit(address) public view override(ERC4626, IERC4626) returns (uint256) {
    return _isMovable() ? ShareMath.MAX_SHARES / i_token.sharesPerToken() : 0;
  }

  /// @inheritdoc IERC4626
  function maxMint(address) public view override(ERC4626, IERC4626) returns (uint256) {
    // The units that are taken are up to an index of shares more than what is minted.
    return _isMovable() ? (ShareMath.MAX_SHARES - ShareMath.MAX_SHARES_PER_TOKEN) / SHARES_PER_UNIT : 0;
  }

  /// @inheritdoc IERC4626
  function maxWithdraw(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
    return _isMovable() ? super.maxWithdraw(owner) : 0;
  }

  /// @inheritdoc IERC4626
  function maxRedeem(address owner) public view override(ERC4626, IERC4626) returns (uint256) {
    return _isMovable() ? super.maxRedeem(owner) : 0;
  }

  function _convertToShares(uint256 assets, Math.Rounding rounding) internal view override returns (uint256) {
    return Math.mulDiv(assets, _syncedSharesPerToken(), SHARES_PER_UNIT, rounding);
  }

  function _convertToAssets(uint256 wrapped, Math.Rounding rounding) internal view override returns (uint256) {
    return Math.mulDiv(wrapped, SHARES_PER_UNIT, _syncedSharesPerToken(), rounding);
  }

  /// @dev Refuses more than can exist, in the token's words, before it multiplies.
  function _sharesOf(uint256 wrapped) private pure returns (uint256) {
    return ShareMath.toShares(wrapped, SHARES_PER_UNIT);
  }

  function _syncedSharesPerToken() private view returns (uint256 k) {
    k = i_token.sharesPerToken();
    if (k == 0) revert IRebaseToken.Unsynced();
  }

  function _isMovable() private view returns (bool) {
    return !i_token.paused() && i_token.sharesPerToken() != 0;
  }
}
