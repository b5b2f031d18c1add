// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ProposalSender} from "../../../contracts/home/ProposalSender.sol";
import {IProposalSender} from "../../../contracts/interfaces/IProposalSender.sol";
import {ProposalCodec} from "../../../contracts/libraries/ProposalCodec.sol";
import {HostileRouter} from "../../../contracts/test/HostileRouter.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice What the sender numbers, pays and sends again, over lanes that fail in any way.
contract ProposalSenderTest is TokenWorld {
  uint64 private constant LANES = 3;
  uint256 private constant TREASURY = 1e26;

  HostileRouter private s_router;
  ProposalSender private s_sender;
  uint64[4] private s_nonces;

  function setUp() external {
    VM.warp(START);
    s_router = new HostileRouter();
    s_sender = new ProposalSender(address(s_router), address(0x117C), address(this), 0);
    for (uint64 lane = 1; lane <= LANES; ++lane) s_sender.setDestination(lane, _receiver(lane), 200_000);
    s_sender.grantRole(s_sender.TREASURY_SPENDER_ROLE(), BOB);
    VM.deal(address(s_sender), TREASURY);
    VM.deal(ALICE, TREASURY);
  }

  /// @notice K11: each lane has its own nonces, one after the other, whatever became of the message; fees stay within the maximum.
  function testFuzz_K11_noncesFollowEachOther(uint256[4] memory seeds, uint256[4] memory maxima) external {
    for (uint256 step = 0; step < seeds.length; ++step) {
      IProposalSender.Request[] memory requests = new IProposalSender.Request[](1 + (seeds[step] % LANES));
      for (uint64 i = 0; i < requests.length; ++i) {
        uint256 seed = uint256(keccak256(abi.encode(seeds[step], i)));
        uint64 lane = 1 + (((uint64(seeds[step] >> 192) % LANES) + i) % LANES);
        requests[i] = IProposalSender.Request(lane, uint64(seed % 30 days), _batch(seed));
        s_router.setFault(lane, HostileRouter.Fault(seed % 2 == 0 ? 0 : (seed >> 8) % 6));
        s_router.setFee(lane, within(seed >> 16, 1, 1e24));
      }
      uint256 maxFee = within(maxima[step], 0, 2e24);
      uint256 held = address(s_sender).balance;
      uint256 got = address(s_router).balance;
      uint64[] memory nonces = s_sender.propose(requests, address(0), maxFee);
      VM.assertLe(held - address(s_sender).balance, maxFee, "fees of a call");
      VM.assertEq(address(s_router).balance - got, held - address(s_sender).balance, "where they went");
      for (uint256 i = 0; i < requests.length; ++i) {
        uint64 lane = requests[i].selector;
        VM.assertEq(nonces[i], ++s_nonces[lane], "the nonce");
        bytes memory payload = _payload(nonces[i], requests[i].validFor, requests[i].batch);
        VM.assertEq(s_sender.getPayloadHash(lane, nonces[i]), keccak256(payload), "what is kept");
      }
    }
  }

  /// @notice K10: anyone sends again what was proposed, for its fee, and nothing else, and not after its end.
  function testFuzz_K10_onlyWhatWasProposedIsSentAgain(
    uint256 seed,
    uint64 other,
    uint256 fee,
    uint256 value,
    uint256 late
  ) external {
    uint64 validFor = uint64(seed % 30 days);
    bytes memory payload = _propose(2, seed, validFor);
    fee = within(fee, 1, 1e24);
    s_router.setFee(2, fee);
    if (other != 1) _requireUnknown(2, other, payload);
    _requireUnknown(1, 1, payload);
    _requireUnknown(2, 1, _payload(1, validFor, _batch(seed ^ 1)));
    _requireUnknown(2, 1, _payload(1, validFor + 1, _batch(seed)));

    VM.warp(START + validFor);
    value = within(value, fee, TREASURY);
    uint256 got = address(s_router).balance;
    VM.prank(ALICE);
    s_sender.resend{value: value}(2, 1, payload);
    VM.assertEq(ALICE.balance, TREASURY - fee, "what the payer paid");
    VM.assertEq(address(s_router).balance, got + fee, "what the lane got");

    VM.warp(START + uint256(validFor) + within(late, 1, 3650 days));
    VM.prank(ALICE);
    VM.expectRevert(abi.encodeWithSelector(IProposalSender.ProposalOutdated.selector, START + validFor));
    s_sender.resend{value: fee}(2, 1, payload);
  }

  /// @notice D17: a lane that fails, or costs more than the payer gives, reverts, and nothing is paid, whatever the treasury holds.
  function testFuzz_D17_aFailedResendCostsNothing(uint256 seed, uint256 fee, uint256 value) external {
    bytes memory payload = _propose(3, seed, 1 days);
    fee = within(fee, 1, 1e24);
    s_router.setFee(3, fee);
    bool isBroken = seed % 2 == 0;
    if (isBroken) s_router.setFault(3, HostileRouter.Fault(1 + ((seed >> 8) % 3)));
    value = within(value, 0, isBroken ? TREASURY : fee - 1);
    uint256 held = address(s_sender).balance;
    VM.prank(ALICE);
    VM.expectPartialRevert(IProposalSender.LaneFailed.selector);
    s_sender.resend{value: value}(3, 1, payload);
    VM.prank(BOB);
    VM.expectPartialRevert(IProposalSender.LaneFailed.selector);
    s_sender.resendFromTreasury(3, 1, payload, address(0), value);
    VM.assertEq(ALICE.balance, TREASURY, "what the payer has");
    VM.assertEq(address(s_sender).balance, held, "the treasury");
  }

  /// @notice K10: what was meant for one receiver is not sent to another.
  function testFuzz_K10_anotherReceiverGetsNothingOld(uint256 seed, address receiver, uint32 gasLimit) external {
    bytes memory payload = _propose(1, seed, 1 days);
    gasLimit = uint32(within(gasLimit, 150_000, 3_000_000));
    s_sender.setDestination(1, _receiver(1), gasLimit);
    VM.prank(BOB);
    s_sender.resendFromTreasury(1, 1, payload, address(0), type(uint256).max);
    if (receiver == _receiver(1) || receiver == address(0)) return;
    s_sender.setDestination(1, receiver, gasLimit);
    _requireUnknown(1, 1, payload);
    bytes memory next = _propose(1, seed, 1 days);
    VM.assertEq(s_sender.getDestination(1).lastNonce, 2, "the nonce goes on");
    VM.prank(BOB);
    s_sender.resendFromTreasury(1, 2, next, address(0), type(uint256).max);
    // Not even after the first receiver has come back.
    s_sender.setDestination(1, _receiver(1), gasLimit);
    _requireUnknown(1, 1, payload);
  }

  function testFuzz_G10_strangersSendNothing(address stranger, uint256 pick, uint256 amount) external {
    if (stranger == address(this) || stranger == BOB || stranger == address(0)) return;
    bytes memory payload = _propose(1, amount, 1 days);
    IProposalSender.Request[] memory requests = new IProposalSender.Request[](0);
    bytes memory call = abi.encodeCall(IProposalSender.propose, (requests, address(0), amount));
    if (pick % 5 == 1) call = abi.encodeCall(IProposalSender.setDestination, (1, stranger, 200_000));
    if (pick % 5 == 2) call = abi.encodeCall(IProposalSender.setRouter, (address(s_router)));
    if (pick % 5 == 3) {
      call = abi.encodeCall(IProposalSender.withdraw, (address(0), payable(stranger), amount % 1 ether));
    }
    if (pick % 5 == 4) {
      call = abi.encodeCall(IProposalSender.resendFromTreasury, (1, 1, payload, address(0), type(uint256).max));
    }
    requireRoleMissing(address(s_sender), stranger, call);
    if (stranger == address(s_sender)) return;
    VM.prank(stranger);
    VM.expectRevert(abi.encodeWithSelector(IProposalSender.OnlySelf.selector, stranger));
    s_sender.sendLane(1, payload, address(0), amount);
  }

  function _propose(uint64 lane, uint256 seed, uint64 validFor) private returns (bytes memory payload) {
    IProposalSender.Request[] memory requests = new IProposalSender.Request[](1);
    requests[0] = IProposalSender.Request(lane, validFor, _batch(seed));
    uint64[] memory nonces = s_sender.propose(requests, address(0), type(uint256).max);
    return _payload(nonces[0], validFor, requests[0].batch);
  }

  function _requireUnknown(uint64 lane, uint64 nonce, bytes memory payload) private {
    VM.expectRevert(abi.encodeWithSelector(IProposalSender.UnknownProposal.selector, lane, nonce));
    s_sender.resend(lane, nonce, payload);
  }

  function _payload(
    uint64 nonce,
    uint64 validFor,
    ProposalCodec.Batch memory batch
  ) private view returns (bytes memory) {
    return ProposalCodec.encode(nonce, uint64(block.timestamp) + validFor, batch);
  }

  function _batch(uint256 seed) private pure returns (ProposalCodec.Batch memory batch) {
    uint256 size = 1 + (seed % 3);
    (batch.targets, batch.values, batch.payloads) = (new address[](size), new uint256[](size), new bytes[](size));
    batch.payloads[0] = abi.encode(seed);
    (batch.salt, batch.delay) = (bytes32(seed), seed % 40 days);
  }

  function _receiver(uint64 lane) private pure returns (address) {
    return address(uint160(0x4ECE1000) + lane);
  }
}
