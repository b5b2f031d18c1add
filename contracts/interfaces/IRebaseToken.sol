// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title IRebaseToken
/// @notice What a rebase token adds to ERC-20, ERC-2612 and role-based access.
/// @dev Units: `amount` is in token units (wei, 18 decimals), `shares` in shares, `sharesPerToken`, `current` and `next` in
/// shares per token unit, times in unix seconds. A balance is `shares / sharesPerToken`, rounded down. A rebase changes
/// nobody's shares. Moving `amount` units moves exactly `amount * sharesPerToken` shares, so a balance changes by
/// exactly `amount`.
///
/// Example: at an index of 1e24, 100 tokens are 100e18 * 1e24 = 1e44 shares. A rebase of +5 % sets the index to
/// ceil(1e24 / 1.05) = 952380952380952380952381; the same 1e44 shares then are 104.999999999999999999 tokens. Sending all
/// of them leaves 1e44 - 104999999999999999999 * 952380952380952380952381 shares of dust: less than one unit.
interface IRebaseToken {
  // Errors

  /// @notice Shares are moved, or valued, on a satellite that no broadcast has reached yet.
  error Unsynced();

  /// @notice The token is paused: no shares move until it is unpaused.
  error EnforcedPause();

  /// @notice The token is not paused.
  error ExpectedPause();

  /// @notice The function exists on the home chain only.
  error NotHome();

  /// @notice The function exists on satellites only.
  error NotSatellite();

  /// @notice Home counts epochs up by one.
  /// @param epoch The epoch asked for.
  /// @param expected The only epoch that home would take.
  error UnexpectedEpoch(uint32 epoch, uint32 expected);

  /// @notice A satellite takes newer epochs only.
  /// @param epoch The epoch received.
  /// @param current The epoch the satellite is at.
  error StaleEpoch(uint32 epoch, uint32 current);

  /// @notice An index is outside its bounds.
  /// @param sharesPerToken The index asked for.
  /// @param min The lowest index.
  /// @param max The highest index.
  error SharesPerTokenOutOfBounds(uint256 sharesPerToken, uint256 min, uint256 max);

  /// @notice A time is in the past, or beyond what the token can store.
  /// @param effectiveAt The time asked for.
  /// @param min The earliest time.
  /// @param max The latest time.
  error EffectiveAtOutOfBounds(uint256 effectiveAt, uint256 min, uint256 max);

  /// @notice An account has fewer shares than it should give.
  /// @param account The account.
  /// @param held The shares it has.
  /// @param needed The shares it should give.
  error InsufficientShares(address account, uint256 held, uint256 needed);

  /// @notice More shares would come home than are outstanding. A satellite or a lane claims what was never sent to it.
  /// @param shares The shares that want to come home.
  /// @param outstanding The shares that left home and have not come back.
  error SharesExceedOutstanding(uint256 shares, uint256 outstanding);

  /// @notice More shares would exist than the token can count.
  /// @param shares The shares to be created.
  /// @param available The shares that could be.
  error SharesExceedRange(uint256 shares, uint256 available);

  /// @notice Only what lies on the token itself or on a pool can be recovered.
  /// @param account The account named.
  error NotRecoverable(address account);

  // Events

  /// @notice An index was set: at home by a rebase, on a satellite by a sync.
  /// @param epoch The number of the rebase.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  /// @param effectiveAt Unix seconds.
  /// @param totalShares The shares on this chain, whom the rebase leaves as they are.
  event Rebased(uint32 indexed epoch, uint256 current, uint256 next, uint256 effectiveAt, uint256 totalShares);

  /// @notice The admin replaced the index state of a satellite whose home was taken over.
  /// @param generation The number of replacements, this one included.
  /// @param epoch The epoch the token is at now, older, equal or newer.
  /// @param previousEpoch The epoch it was at.
  event Resynced(uint8 indexed generation, uint32 epoch, uint32 previousEpoch);

  /// @notice Shares moved. It follows every ERC-20 `Transfer`, whose value is the change of the receiver's balance.
  /// @dev With `bridgeMint`, `transferShares` and `recoverShares` the sender's balance or the total supply may change by
  /// one unit more or less than `Transfer` says, for dust may complete or break a whole unit on either side. A transfer to
  /// oneself changes nothing, and is logged with the amount asked for, as ERC-20 does.
  /// @param from Who gave, the zero address for a mint.
  /// @param to Who received, the zero address for a burn.
  /// @param shares How many.
  event TransferShares(address indexed from, address indexed to, uint256 shares);

  /// @notice The admin moved shares that lay on the token or on a pool.
  /// @param from Where they lay.
  /// @param to Who received them.
  /// @param shares How many.
  event SharesRecovered(address indexed from, address indexed to, uint256 shares);

  /// @notice Movements stopped.
  /// @param account Who stopped them.
  event Paused(address account);

  /// @notice Movements go on.
  /// @param account Who let them.
  event Unpaused(address account);

  // The index

  /// @notice Sets the index of the next epoch at home. A pending one is replaced: `current` stays, it never counts.
  /// @dev Only REBASER_ROLE, only at home, also while paused. Cancelling a pending rebase is a new epoch with
  /// `next == sharesPerToken()`.
  /// @param epoch Exactly the token's epoch + 1, or UnexpectedEpoch.
  /// @param next Shares per token unit from effectiveAt on, within the bounds, or SharesPerTokenOutOfBounds.
  /// @param effectiveAt Unix seconds, not before this block, or EffectiveAtOutOfBounds.
  function rebase(uint32 epoch, uint256 next, uint256 effectiveAt) external;

  /// @notice Takes over the home's whole index state on a satellite.
  /// @dev Only REBASER_ROLE (the receiver), only on a satellite, also while paused. Epochs may be skipped.
  /// @param epoch Newer than the token's, or StaleEpoch.
  /// @param current Shares per token unit before effectiveAt, within the bounds.
  /// @param next Shares per token unit from effectiveAt on, within the bounds.
  /// @param effectiveAt Unix seconds, past or future.
  function sync(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) external;

  /// @notice Replaces the index state of a satellite, also by an older epoch, and begins a new generation. Only the default
  /// admin, only on a satellite, also while paused.
  /// @dev For a home that was taken over: an epoch rises only within a generation, and the receiver drops every message that
  /// was sent at or before this block's time. NotSatellite at home; 255 times at most, then it panics.
  /// @param epoch The epoch that the state belongs to, not zero, or UnexpectedEpoch.
  /// @param current Shares per token unit before effectiveAt, within the bounds, or SharesPerTokenOutOfBounds.
  /// @param next Shares per token unit from effectiveAt on, within the bounds.
  /// @param effectiveAt Unix seconds, past or future.
  function resync(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) external;

  /// @notice How often `resync` has replaced the index state, and when last. Both 0 at home.
  /// @return generation_ Number of replacements.
  /// @return resyncedAt Unix seconds; 0 before the first.
  function generation() external view returns (uint8 generation_, uint256 resyncedAt);

  /// @notice What `indexState` and `generation` answer, in one call: a receiver asks for both with each message.
  /// @return epoch The number of the rebase; 0 while unsynced.
  /// @return current Shares per token unit before effectiveAt.
  /// @return next Shares per token unit from effectiveAt on.
  /// @return effectiveAt Unix seconds.
  /// @return generation_ Number of replacements.
  /// @return resyncedAt Unix seconds; 0 before the first.
  function syncState()
    external
    view
    returns (uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt, uint8 generation_, uint256 resyncedAt);

  /// @notice The index that counts in this block, and a key that differs whenever another epoch counts.
  /// @return countingEpoch `generation << 32 | epoch`: the epoch once it is effective, the one before while it is pending. To
  /// be compared with `!=`, for a new generation may go back.
  /// @return k Shares per token unit; 0 while unsynced.
  function countingState() external view returns (uint64 countingEpoch, uint256 k);

  /// @notice The index that counts in this block: `next` from effectiveAt on, `current` before. 0 while unsynced.
  function sharesPerToken() external view returns (uint256);

  /// @notice The whole index state, as home broadcasts it. All zero while unsynced.
  /// @return epoch The number of the rebase; genesis is 1.
  /// @return current Shares per token unit before effectiveAt.
  /// @return next Shares per token unit from effectiveAt on.
  /// @return effectiveAt Unix seconds.
  function indexState() external view returns (uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt);

  /// @notice The number of the newest rebase this chain knows: 1 at home's genesis, 0 on an unsynced satellite.
  function epoch() external view returns (uint32);

  /// @notice The rebase that is scheduled and does not count yet.
  /// @dev Issuers price it in, or halt primary issuance while it lasts: minting at par before a known rise earns it.
  /// @return pending Whether there is one; the other values are zero otherwise.
  /// @return next Shares per token unit from effectiveAt on.
  /// @return effectiveAt Unix seconds.
  function pendingRebase() external view returns (bool pending, uint256 next, uint256 effectiveAt);

  /// @notice Whether this is the chain where the token is issued and rebased.
  function isHome() external view returns (bool);

  // Shares

  /// @notice The shares of an account. Only movements change them.
  /// @param account The account.
  function sharesOf(address account) external view returns (uint256);

  /// @notice The sum of all shares on this chain.
  function totalShares() external view returns (uint256);

  /// @notice The shares that `amount` token units are made of now. Exact. Reverts with Unsynced, AmountExceedsShareRange.
  /// @param amount Token units (wei).
  function toShares(uint256 amount) external view returns (uint256 shares);

  /// @notice The token units that `shares` are worth now, rounded down. Reverts with Unsynced.
  /// @param shares Shares.
  function toTokens(uint256 shares) external view returns (uint256 amount);

  /// @notice Moves shares of the caller, dust included. Anyone may.
  /// @param to The receiver; neither zero nor the token, or ERC20InvalidReceiver.
  /// @param shares How many, or InsufficientShares.
  /// @return amount The receiver's balance change in token units; the caller's may be one unit more or less.
  function transferShares(address to, uint256 shares) external returns (uint256 amount);

  /// @notice Moves shares of another account, dust included, and spends the caller's allowance of the token units that they
  /// are worth, rounded up.
  /// @param from Whose shares.
  /// @param to The receiver; neither zero nor the token, or ERC20InvalidReceiver.
  /// @param shares How many, or InsufficientShares; ERC20InsufficientAllowance beyond the allowance.
  /// @return amount The receiver's balance change in token units; that of `from` may be one unit more or less.
  function transferSharesFrom(address from, address to, uint256 shares) external returns (uint256 amount);

  // Issuing, at home

  /// @notice Issues token units. Only ISSUER_ROLE, only at home.
  /// @param to The receiver; neither zero nor the token.
  /// @param amount Token units; AmountExceedsShareRange or SharesExceedRange beyond what can be counted.
  function mint(address to, uint256 amount) external;

  /// @notice Redeems token units. Only ISSUER_ROLE, only at home. Spends allowance when `from` is not the caller.
  /// @param from Whose units.
  /// @param amount Token units, at most the balance.
  function burn(address from, uint256 amount) external;

  /// @notice The shares ever issued and not redeemed, wherever they are now. Only at home.
  function issuedShares() external view returns (uint256);

  /// @notice The supply over all chains in token units, rounded down. Only at home.
  function globalSupply() external view returns (uint256);

  // Crossing chains

  /// @notice Creates shares that arrived from another chain. Only BRIDGE_ROLE (the pool).
  /// @dev Refuses no receiver but zero: funds that cannot arrive are lost funds. At home, never more than is outstanding,
  /// or SharesExceedOutstanding.
  /// @param to The receiver.
  /// @param shares How many.
  /// @return amount The receiver's balance change in token units.
  /// @return epoch_ The number of the newest rebase this chain knows, so that a pool needs no second call.
  function bridgeMint(address to, uint256 shares) external returns (uint256 amount, uint32 epoch_);

  /// @notice What `bridgeMint` would return in this block if it took the shares, and what this chain knows. Reverts with
  /// Unsynced.
  /// @param to The receiver.
  /// @param shares How many, at most 2^208 - 1; whether there is room for them is not looked at, nor whether the token is
  /// paused or the receiver is zero.
  /// @return amount The receiver's balance change in token units.
  /// @return epoch_ The number of the newest rebase this chain knows.
  function previewBridgeMint(address to, uint256 shares) external view returns (uint256 amount, uint32 epoch_);

  /// @notice Destroys token units of the caller that leave for another chain. Only BRIDGE_ROLE (the pool).
  /// @param amount Token units, at most the caller's balance.
  /// @return shares The shares that travel: exactly `amount * sharesPerToken()`.
  /// @return epoch_ The number of the newest rebase this chain knows, so that a pool needs no second call.
  function bridgeBurn(uint256 amount) external returns (uint256 shares, uint32 epoch_);

  /// @notice The account that may register this token in CCIP's TokenAdminRegistry: the default admin.
  function getCCIPAdmin() external view returns (address);

  // Safety

  /// @notice Stops every movement of shares, never a rebase or a sync. Only GUARDIAN_ROLE.
  /// @dev A CCIP message that arrives meanwhile fails and can be executed by anyone later.
  function pause() external;

  /// @notice Lets shares move again. Only UNPAUSER_ROLE.
  function unpause() external;

  /// @notice Whether shares are stopped.
  function paused() external view returns (bool);

  /// @notice Moves shares that lie on the token itself or on an account with BRIDGE_ROLE. Only the default admin.
  /// @param from The token or a pool, or NotRecoverable: recover before a pool loses its role.
  /// @param to The receiver; neither zero nor the token.
  /// @param shares How many, or InsufficientShares.
  /// @return amount The receiver's balance change in token units.
  function recoverShares(address from, address to, uint256 shares) external returns (uint256 amount);
}
