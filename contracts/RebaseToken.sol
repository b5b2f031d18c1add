// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AccessControlDefaultAdminRulesUpgradeable} from "@openzeppelin/contracts-upgradeable/access/extensions/AccessControlDefaultAdminRulesUpgradeable.sol";
import {ERC20Upgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/ERC20Upgradeable.sol";
import {ERC20PermitUpgradeable} from "@openzeppelin/contracts-upgradeable/token/ERC20/extensions/ERC20PermitUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IRebaseToken} from "./interfaces/IRebaseToken.sol";
import {ShareMath} from "./libraries/ShareMath.sol";

/// @title RebaseToken
/// @notice An ERC-20 whose balances are shares divided by one index. The same contract is home or satellite.
contract RebaseToken is
  IRebaseToken,
  ERC20Upgradeable,
  ERC20PermitUpgradeable,
  AccessControlDefaultAdminRulesUpgradeable,
  UUPSUpgradeable
{
  /// @notice May mint and burn at home.
  bytes32 public constant ISSUER_ROLE = keccak256("ISSUER_ROLE");
  /// @notice May set the index: the controller at home, the receiver on a satellite.
  bytes32 public constant REBASER_ROLE = keccak256("REBASER_ROLE");
  /// @notice May move shares between chains: the token pool.
  bytes32 public constant BRIDGE_ROLE = keccak256("BRIDGE_ROLE");
  /// @notice May pause.
  bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");
  /// @notice May unpause.
  bytes32 public constant UNPAUSER_ROLE = keccak256("UNPAUSER_ROLE");

  /// @custom:storage-location erc7201:ccip-rebase-token.RebaseToken
  struct RebaseTokenStorage {
    // All that a transfer reads beside two balances.
    uint96 current;
    uint96 next;
    uint56 effectiveAt;
    bool paused;
    // Never zero after the first sync, so that a satellite's first receipt stays within the gas that CCIP gives a pool.
    uint208 totalShares;
    uint32 epoch;
    bool isHome;
    // The highest byte of this word is the generation: see _generation.
    // Home only: issued and not redeemed, on any chain or in flight.
    uint256 issuedShares;
    mapping(address account => uint256 shares) sharesOf;
    // Satellites only: when the admin last replaced what home had said.
    uint64 resyncedAt;
  }

  // keccak256(abi.encode(uint256(keccak256("ccip-rebase-token.RebaseToken")) - 1)) & ~bytes32(uint256(0xff))
  bytes32 private constant STORAGE_LOCATION = 0xc51fda6d373fd8e8b11a27891a443e48eeab55a040bcd7f4f33f908bfbbd2000;

  /// @custom:oz-upgrades-unsafe-allow constructor
  constructor() {
    _disableInitializers();
  }

  /// @notice Sets the proxy up, once. Home starts at epoch 1 with the genesis index, a satellite unsynced.
  /// @param name_ ERC-20 name, also of the permit domain.
  /// @param symbol_ ERC-20 symbol.
  /// @param isHome_ Whether this is the chain where the token is issued and rebased.
  /// @param admin The first default admin.
  /// @param adminDelay Seconds that a hand-over of the default admin takes.
  function initialize(
    string calldata name_,
    string calldata symbol_,
    bool isHome_,
    address admin,
    uint48 adminDelay
  ) external initializer {
    __ERC20_init(name_, symbol_);
    __ERC20Permit_init(name_);
    __AccessControlDefaultAdminRules_init(adminDelay, admin);

    if (isHome_) {
      _storage().isHome = true;
      _setIndex(1, ShareMath.GENESIS_SHARES_PER_TOKEN, ShareMath.GENESIS_SHARES_PER_TOKEN, 0);
    }
  }

  // ERC-20 over shares

  /// @notice The balance in token units: shares / sharesPerToken, rounded down. 0 while unsynced.
  function balanceOf(address account) public view override returns (uint256) {
    RebaseTokenStorage storage $ = _storage();
    uint256 k = _sharesPerToken($);
    return k == 0 ? 0 : ShareMath.toTokensDown($.sharesOf[account], k);
  }

  /// @notice The supply on this chain in token units: totalShares / sharesPerToken, rounded down. 0 while unsynced.
  function totalSupply() public view override returns (uint256) {
    RebaseTokenStorage storage $ = _storage();
    uint256 k = _sharesPerToken($);
    return k == 0 ? 0 : ShareMath.toTokensDown($.totalShares, k);
  }

  /// @dev Everything that ERC-20 moves passes here; what crosses chains or moves dust has its own way below.
  function _update(address from, address to, uint256 amount) internal override {
    RebaseTokenStorage storage $ = _storage();
    _moveTokens($, from, to, amount, _movableSharesPerToken($));
  }

  // The index

  /// @inheritdoc IRebaseToken
  function rebase(uint32 epoch_, uint256 next, uint256 effectiveAt) external onlyRole(REBASER_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    // Next to each other, they cost one read.
    (bool isHome_, uint32 epochBefore) = ($.isHome, $.epoch);
    if (!isHome_) revert NotHome();
    uint32 expected = epochBefore + 1;
    if (epoch_ != expected) revert UnexpectedEpoch(epoch_, expected);
    if (effectiveAt < block.timestamp) revert EffectiveAtOutOfBounds(effectiveAt, block.timestamp, type(uint56).max);

    _setIndex(epoch_, _sharesPerToken($), next, effectiveAt);
  }

  /// @inheritdoc IRebaseToken
  function sync(uint32 epoch_, uint256 current, uint256 next, uint256 effectiveAt) external onlyRole(REBASER_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    (bool isHome_, uint32 epochBefore) = ($.isHome, $.epoch);
    if (isHome_) revert NotSatellite();
    if (epoch_ <= epochBefore) revert StaleEpoch(epoch_, epochBefore);

    _setIndex(epoch_, current, next, effectiveAt);
  }

  /// @inheritdoc IRebaseToken
  function resync(
    uint32 epoch_,
    uint256 current,
    uint256 next,
    uint256 effectiveAt
  ) external onlyRole(DEFAULT_ADMIN_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    if ($.isHome) revert NotSatellite();
    if (epoch_ == 0) revert UnexpectedEpoch(epoch_, 1);
    uint8 generation_ = _generation($) + 1;
    _setGeneration($, generation_);
    $.resyncedAt = uint64(block.timestamp);

    emit Resynced(generation_, epoch_, $.epoch);
    _setIndex(epoch_, current, next, effectiveAt);
  }

  /// @inheritdoc IRebaseToken
  function generation() external view returns (uint8 generation_, uint256 resyncedAt) {
    RebaseTokenStorage storage $ = _storage();
    return (_generation($), $.resyncedAt);
  }

  /// @inheritdoc IRebaseToken
  function syncState()
    external
    view
    returns (uint32 epoch_, uint256 current, uint256 next, uint256 effectiveAt, uint8 generation_, uint256 resyncedAt)
  {
    RebaseTokenStorage storage $ = _storage();
    (epoch_, current, next, effectiveAt) = ($.epoch, $.current, $.next, $.effectiveAt);
    generation_ = _generation($);
    // Zero before the first, and then not worth a word of storage.
    if (generation_ != 0) resyncedAt = $.resyncedAt;
  }

  /// @inheritdoc IRebaseToken
  function countingState() external view returns (uint64 countingEpoch, uint256 k) {
    RebaseTokenStorage storage $ = _storage();
    bool isPending = block.timestamp < $.effectiveAt;
    // Epoch 0 is unsynced, and then effectiveAt is 0 too: a pending epoch is at least 1.
    uint32 counting = isPending ? $.epoch - 1 : $.epoch;
    return ((uint64(_generation($)) << 32) | counting, _sharesPerToken($));
  }

  /// @inheritdoc IRebaseToken
  function sharesPerToken() external view returns (uint256) {
    return _sharesPerToken(_storage());
  }

  /// @inheritdoc IRebaseToken
  function indexState() external view returns (uint32 epoch_, uint256 current, uint256 next, uint256 effectiveAt) {
    RebaseTokenStorage storage $ = _storage();
    return ($.epoch, $.current, $.next, $.effectiveAt);
  }

  /// @inheritdoc IRebaseToken
  function epoch() external view returns (uint32) {
    return _storage().epoch;
  }

  /// @inheritdoc IRebaseToken
  function pendingRebase() external view returns (bool pending, uint256 next, uint256 effectiveAt) {
    RebaseTokenStorage storage $ = _storage();
    if (block.timestamp < $.effectiveAt) return (true, $.next, $.effectiveAt);
  }

  /// @inheritdoc IRebaseToken
  function isHome() external view returns (bool) {
    return _storage().isHome;
  }

  // Shares

  /// @inheritdoc IRebaseToken
  function sharesOf(address account) external view returns (uint256) {
    return _storage().sharesOf[account];
  }

  /// @inheritdoc IRebaseToken
  function totalShares() external view returns (uint256) {
    return _storage().totalShares;
  }

  /// @inheritdoc IRebaseToken
  function toShares(uint256 amount) external view returns (uint256 shares) {
    return ShareMath.toShares(amount, _syncedSharesPerToken(_storage()));
  }

  /// @inheritdoc IRebaseToken
  function toTokens(uint256 shares) external view returns (uint256 amount) {
    return ShareMath.toTokensDown(shares, _syncedSharesPerToken(_storage()));
  }

  /// @inheritdoc IRebaseToken
  function transferShares(address to, uint256 shares) external returns (uint256 amount) {
    return _transferShares(_msgSender(), to, shares);
  }

  /// @inheritdoc IRebaseToken
  function transferSharesFrom(address from, address to, uint256 shares) external returns (uint256 amount) {
    // Rounded up, so that no allowance is worth more shares than the units it names.
    _spendAllowance(from, _msgSender(), Math.ceilDiv(shares, _movableSharesPerToken(_storage())));
    return _transferShares(from, to, shares);
  }

  // Issuing, at home

  /// @inheritdoc IRebaseToken
  function mint(address to, uint256 amount) external onlyRole(ISSUER_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    _requireHome($);
    if (to == address(0)) revert ERC20InvalidReceiver(to);
    uint256 k = _movableSharesPerToken($);
    uint256 shares = ShareMath.toShares(amount, k);
    uint256 issued = $.issuedShares;
    uint256 available = ShareMath.MAX_SHARES - issued;
    if (shares > available) revert SharesExceedRange(shares, available);

    $.issuedShares = issued + shares;
    _moveTokens($, address(0), to, amount, k);
  }

  /// @inheritdoc IRebaseToken
  function burn(address from, uint256 amount) external onlyRole(ISSUER_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    _requireHome($);
    if (from != _msgSender()) _spendAllowance(from, _msgSender(), amount);

    // No holder has more than totalShares <= issuedShares.
    $.issuedShares -= _moveTokens($, from, address(0), amount, _movableSharesPerToken($));
  }

  /// @inheritdoc IRebaseToken
  function issuedShares() external view returns (uint256) {
    RebaseTokenStorage storage $ = _storage();
    _requireHome($);
    return $.issuedShares;
  }

  /// @inheritdoc IRebaseToken
  function globalSupply() external view returns (uint256) {
    RebaseTokenStorage storage $ = _storage();
    _requireHome($);
    return ShareMath.toTokensDown($.issuedShares, _sharesPerToken($));
  }

  // Crossing chains

  /// @inheritdoc IRebaseToken
  function bridgeMint(
    address to,
    uint256 shares
  ) external onlyRole(BRIDGE_ROLE) returns (uint256 amount, uint32 epoch_) {
    if (to == address(0)) revert ERC20InvalidReceiver(to);
    RebaseTokenStorage storage $ = _storage();
    uint256 k = _movableSharesPerToken($);
    // Next to each other, they cost one read.
    uint256 total = $.totalShares;
    bool isHome_ = $.isHome;
    epoch_ = $.epoch;
    if (isHome_) {
      // totalShares <= issuedShares <= MAX_SHARES: mint raises both, burn lowers both, and only a return of what is outstanding,
      // bounded here, raises the first alone.
      uint256 outstanding = $.issuedShares - total;
      if (shares > outstanding) revert SharesExceedOutstanding(shares, outstanding);
    } else {
      uint256 available = ShareMath.MAX_SHARES - total;
      if (shares > available) revert SharesExceedRange(shares, available);
    }

    uint256 held = $.sharesOf[to];
    amount = ShareMath.balanceIncrease(held, shares, k);
    // held <= total, and total + shares <= MAX_SHARES = 2^208 - 1 by the bound above: neither wraps.
    unchecked {
      $.totalShares = uint208(total + shares);
      $.sharesOf[to] = held + shares;
    }

    emit Transfer(address(0), to, amount);
    emit TransferShares(address(0), to, shares);
  }

  /// @inheritdoc IRebaseToken
  function previewBridgeMint(address to, uint256 shares) external view returns (uint256 amount, uint32 epoch_) {
    RebaseTokenStorage storage $ = _storage();
    return (ShareMath.balanceIncrease($.sharesOf[to], shares, _syncedSharesPerToken($)), $.epoch);
  }

  /// @inheritdoc IRebaseToken
  function bridgeBurn(uint256 amount) external onlyRole(BRIDGE_ROLE) returns (uint256 shares, uint32 epoch_) {
    RebaseTokenStorage storage $ = _storage();
    shares = _moveTokens($, _msgSender(), address(0), amount, _movableSharesPerToken($));
    epoch_ = $.epoch;
  }

  /// @inheritdoc IRebaseToken
  function getCCIPAdmin() external view returns (address) {
    return defaultAdmin();
  }

  // Safety

  /// @inheritdoc IRebaseToken
  function pause() external onlyRole(GUARDIAN_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    if ($.paused) revert EnforcedPause();
    $.paused = true;
    emit Paused(_msgSender());
  }

  /// @inheritdoc IRebaseToken
  function unpause() external onlyRole(UNPAUSER_ROLE) {
    RebaseTokenStorage storage $ = _storage();
    if (!$.paused) revert ExpectedPause();
    $.paused = false;
    emit Unpaused(_msgSender());
  }

  /// @inheritdoc IRebaseToken
  function paused() external view returns (bool) {
    return _storage().paused;
  }

  /// @inheritdoc IRebaseToken
  function recoverShares(
    address from,
    address to,
    uint256 shares
  ) external onlyRole(DEFAULT_ADMIN_ROLE) returns (uint256 amount) {
    if (from != address(this) && !hasRole(BRIDGE_ROLE, from)) revert NotRecoverable(from);
    emit SharesRecovered(from, to, shares);
    return _transferShares(from, to, shares);
  }

  /// @dev An upgrade can change everything: it takes the default admin, a timelock.
  // solhint-disable-next-line no-empty-blocks
  function _authorizeUpgrade(address) internal override onlyRole(DEFAULT_ADMIN_ROLE) {}

  // Internals

  function _storage() private pure returns (RebaseTokenStorage storage $) {
    assembly {
      $.slot := STORAGE_LOCATION
    }
  }

  /// @dev The storage's first word, read once, where the compiler would read it field by field: from the lowest bit up
  /// current 96, next 96, effectiveAt 56, paused 8.
  function _indexWord(RebaseTokenStorage storage $) private view returns (uint256 word) {
    assembly {
      word := sload($.slot)
    }
  }

  /// @dev The index that counts. Each cast keeps exactly the bits of its field.
  function _countingIndex(uint256 word) private view returns (uint256 k) {
    k = block.timestamp < uint56(word >> 192) ? uint96(word) : uint96(word >> 96);
  }

  function _sharesPerToken(RebaseTokenStorage storage $) private view returns (uint256 k) {
    k = _countingIndex(_indexWord($));
  }

  function _syncedSharesPerToken(RebaseTokenStorage storage $) private view returns (uint256 k) {
    k = _sharesPerToken($);
    if (k == 0) revert Unsynced();
  }

  function _movableSharesPerToken(RebaseTokenStorage storage $) private view returns (uint256 k) {
    uint256 word = _indexWord($);
    if (word >> 248 != 0) revert EnforcedPause();
    k = _countingIndex(word);
    if (k == 0) revert Unsynced();
  }

  /// @dev How often the admin of a satellite has replaced what home had said. It lies in the byte that totalShares, epoch and
  /// isHome leave free in their word, which every message reads: a member of its own could only be appended, in another word.
  function _generation(RebaseTokenStorage storage $) private view returns (uint8 generation_) {
    assembly {
      generation_ := shr(248, sload(add($.slot, 1)))
    }
  }

  function _setGeneration(RebaseTokenStorage storage $, uint8 generation_) private {
    assembly {
      let slot := add($.slot, 1)
      sstore(slot, or(shr(8, shl(8, sload(slot))), shl(248, generation_)))
    }
  }

  function _requireHome(RebaseTokenStorage storage $) private view {
    if (!$.isHome) revert NotHome();
  }

  function _requireNotSelf(address to) private view {
    if (to == address(this)) revert ERC20InvalidReceiver(to);
  }

  function _setIndex(uint32 epoch_, uint256 current, uint256 next, uint256 effectiveAt) private {
    _requireWithinBounds(current);
    _requireWithinBounds(next);
    if (effectiveAt > type(uint56).max) revert EffectiveAtOutOfBounds(effectiveAt, 0, type(uint56).max);

    RebaseTokenStorage storage $ = _storage();
    // Both indexes are at most MAX_SHARES_PER_TOKEN = 2^96 - 1 and effectiveAt at most 2^56 - 1, checked above.
    $.current = uint96(current);
    $.next = uint96(next);
    $.effectiveAt = uint56(effectiveAt);
    $.epoch = epoch_;

    emit Rebased(epoch_, current, next, effectiveAt, $.totalShares);
  }

  function _requireWithinBounds(uint256 k) private pure {
    if (k < ShareMath.MIN_SHARES_PER_TOKEN || k > ShareMath.MAX_SHARES_PER_TOKEN) {
      revert SharesPerTokenOutOfBounds(k, ShareMath.MIN_SHARES_PER_TOKEN, ShareMath.MAX_SHARES_PER_TOKEN);
    }
  }

  function _transferShares(address from, address to, uint256 shares) private returns (uint256 amount) {
    if (to == address(0)) revert ERC20InvalidReceiver(to);
    _requireNotSelf(to);
    RebaseTokenStorage storage $ = _storage();
    uint256 k = _movableSharesPerToken($);
    uint256 held = $.sharesOf[from];
    if (held < shares) revert InsufficientShares(from, held, shares);

    unchecked {
      // Each account's shares are at most totalShares, and totalShares at most MAX_SHARES = 2^208 - 1: nothing wraps.
      $.sharesOf[from] = held - shares;
      // Read only now, for the receiver may be the sender: then nothing changes, and the event says so.
      uint256 heldByReceiver = $.sharesOf[to];
      if (from != to) amount = ShareMath.balanceIncrease(heldByReceiver, shares, k);
      $.sharesOf[to] = heldByReceiver + shares;
    }

    emit Transfer(from, to, amount);
    emit TransferShares(from, to, shares);
  }

  /// @dev Moves token units, or creates or destroys them; a caller that creates some has shown that the total has room.
  /// @param k The index, read once by the caller.
  function _moveTokens(
    RebaseTokenStorage storage $,
    address from,
    address to,
    uint256 amount,
    uint256 k
  ) private returns (uint256 shares) {
    _requireNotSelf(to);

    // Each account's shares are at most totalShares, and totalShares at most MAX_SHARES = 2^208 - 1: nothing wraps.
    unchecked {
      if (from == address(0)) {
        shares = ShareMath.toShares(amount, k);
        $.totalShares = uint208($.totalShares + shares);
      } else {
        uint256 held = $.sharesOf[from];
        uint256 balance = ShareMath.toTokensDown(held, k);
        if (balance < amount) revert ERC20InsufficientBalance(from, balance, amount);
        // amount <= floor(held / k), hence amount * k <= held.
        shares = amount * k;
        $.sharesOf[from] = held - shares;
      }

      if (to == address(0)) $.totalShares = uint208($.totalShares - shares);
      else $.sharesOf[to] += shares;
    }

    emit Transfer(from, to, amount);
    emit TransferShares(from, to, shares);
  }
}
