// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IPairedSource} from "./IPairedSource.sol";
import {IRoutedReceiver} from "./IRoutedReceiver.sol";
import {IndexBand} from "../libraries/IndexBand.sol";

/// @title IRebaseReceiver
/// @notice Listens on a satellite for the home's broadcasts and hands the newest to the token.
/// @dev A payload that cannot be read reverts with the codec's errors. Any other message ends with success and one event, so
/// that none stays executable by hand: outdated by a new generation of the token, old or equal epoch, dropped because no
/// honest home sends it, held back because it is outside of the band, or applied; in this order.
interface IRebaseReceiver is IPairedSource, IRoutedReceiver {
  /// @notice The token is the home of its mesh: nobody broadcasts to it.
  /// @param token The token.
  error NotSatelliteToken(address token);

  /// @notice A message that is held back. Two words of storage; all zero when there is none.
  /// @param epoch Its epoch.
  /// @param effectiveAt Unix seconds.
  /// @param sentAt Home's time when it was sent, unix seconds; 0 in version 1 of the payload.
  /// @param since This chain's time when a message was first held back, unix seconds. Newer ones that replace it keep it: the
  /// clock of the band stands still from then on, until one is applied, accepted or rejected.
  /// @param isRejected True if the guardian has rejected it: only the owner may accept it then.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  struct Quarantined {
    uint32 epoch;
    uint56 effectiveAt;
    uint56 sentAt;
    uint40 since;
    bool isRejected;
    uint96 current;
    uint96 next;
  }

  /// @notice The band cannot be kept: no interval, a loss of everything, or steps by hand below the steps or above 32.
  /// @param band The band.
  error InvalidBand(IndexBand.Band band);

  /// @notice No message with these values is held back.
  /// @param epoch The epoch named.
  /// @param current The index named.
  /// @param next The next index named.
  /// @param effectiveAt The time named.
  error NotQuarantined(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt);

  /// @notice The guardian has rejected the message: only the owner may accept it.
  /// @param epoch Its epoch.
  error BroadcastWasRejected(uint32 epoch);

  /// @notice The index is further away than the unpauser may accept: only the owner may.
  /// @param current The index in the message.
  /// @param next The next index in the message.
  error BeyondBandByHand(uint256 current, uint256 next);

  /// @notice The caller lacks a role on the token, and is not the owner.
  /// @param account The caller.
  /// @param role The role.
  error MissingTokenRole(address account, bytes32 role);

  /// @notice Emitted when an index outside the band is held back. The token goes on with the index it has.
  /// @param epoch The epoch in the message.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  /// @param effectiveAt Unix seconds.
  /// @param messageId CCIP's id of the message.
  event BroadcastQuarantined(
    uint32 indexed epoch,
    uint256 current,
    uint256 next,
    uint256 effectiveAt,
    bytes32 indexed messageId
  );

  /// @notice Emitted when a message that was held back is applied.
  /// @param epoch Its epoch.
  /// @param account The account that accepted it.
  event BroadcastAccepted(uint32 indexed epoch, address indexed account);

  /// @notice Emitted when a message that is held back is rejected.
  /// @param epoch Its epoch.
  /// @param account The account that rejected it.
  event BroadcastRejected(uint32 indexed epoch, address indexed account);

  /// @notice Emitted when a message is dropped that no honest home sends: an epoch or a time too far ahead, or an index that
  /// the token refuses.
  /// @param epoch The epoch in the message.
  /// @param effectiveAt Unix seconds.
  /// @param messageId CCIP's id of the message.
  event BroadcastDropped(uint32 indexed epoch, uint256 effectiveAt, bytes32 indexed messageId);

  /// @notice Emitted when a message is dropped that was sent before the token's admin began a new generation.
  /// @param epoch The epoch in the message.
  /// @param sentAt Home's time when it was sent, unix seconds.
  /// @param messageId CCIP's id of the message.
  event BroadcastOutdated(uint32 indexed epoch, uint256 sentAt, bytes32 indexed messageId);

  /// @notice Emitted when the band changes.
  /// @param band The band.
  event BandSet(IndexBand.Band band);

  /// @notice Emitted when the notifier changes.
  /// @param notifier The notifier; zero for none.
  event NotifierSet(address indexed notifier);

  /// @notice Emitted when the notifier could not be called after a sync, for gas or because it reverted. Anyone may call it.
  event NotificationFailed();

  /// @notice The token took the home's index state over.
  /// @param epoch The epoch it is at now.
  /// @param previousEpoch The epoch it was at: more than one below means that messages were lost or overtaken.
  /// @param messageId CCIP's id of the message.
  event BroadcastApplied(uint32 indexed epoch, uint32 previousEpoch, bytes32 indexed messageId);

  /// @notice The message brought nothing new.
  /// @param epoch The epoch in the message.
  /// @param currentEpoch The epoch of the token, equal or newer.
  /// @param messageId CCIP's id of the message.
  event BroadcastIgnored(uint32 indexed epoch, uint32 currentEpoch, bytes32 indexed messageId);

  /// @notice The message tells another index for the epoch that the token is at. An honest home never does.
  /// @param epoch The epoch.
  /// @param messageId CCIP's id of the message.
  event BroadcastConflicted(uint32 indexed epoch, bytes32 indexed messageId);

  /// @notice Sets the bounds of what a message may say. Only the owner. InvalidBand when it cannot be kept; all zero for none.
  /// @dev The first band measures from the index of this moment. It must be at least as wide as the bounds of the controller
  /// at home, and be widened before them.
  /// @param band The band.
  function setBand(IndexBand.Band calldata band) external;

  /// @notice Names the notifier that is called after each sync. Only the owner. NotifierOfAnotherToken for a wrong one.
  /// @dev The gas limit of this chain's destination at home has to include `getNotifyGas` of the notifier.
  /// @param notifier The notifier; zero for none.
  function setNotifier(address notifier) external;

  /// @notice Applies the message that is held back. The unpauser of the token may, within the steps by hand and unless the
  /// guardian has rejected it; the owner always. NotQuarantined unless all values are those that are held back, so that
  /// nobody swaps them meanwhile.
  /// @param epoch Its epoch.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  /// @param effectiveAt Unix seconds.
  function accept(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) external;

  /// @notice Rejects the message that is held back. The guardian of the token or the owner may. It is kept, so that it does
  /// not come back, until a newer epoch is held back or applied; only the owner may accept it then. NotQuarantined unless all
  /// values are those that are held back.
  /// @param epoch Its epoch.
  /// @param current Shares per token unit before effectiveAt.
  /// @param next Shares per token unit from effectiveAt on.
  /// @param effectiveAt Unix seconds.
  function reject(uint32 epoch, uint256 current, uint256 next, uint256 effectiveAt) external;

  /// @notice The band, and the index it is measured from.
  function getBand() external view returns (IndexBand.Band memory band, IndexBand.Anchor memory anchor);

  /// @notice The message that is held back; all zero when there is none.
  function getQuarantined() external view returns (Quarantined memory);

  /// @notice The notifier; zero when there is none.
  function getNotifier() external view returns (address);

  /// @notice When home sent the newest state that was accepted, by home's clock and never later than this chain's, unix
  /// seconds. An old, conflicting or quarantined message confirms nothing.
  function lastConfirmed() external view returns (uint256);

  /// @notice Whether home has confirmed nothing for longer than `maxAge` seconds, or a newer message is held back, also a
  /// rejected one.
  /// @param maxAge Seconds.
  function isStale(uint256 maxAge) external view returns (bool);

  /// @notice The token on this satellite.
  function getToken() external view returns (address);
}
