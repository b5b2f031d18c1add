// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";

import {RebaseController} from "../../../contracts/home/RebaseController.sol";
import {IRebaseController} from "../../../contracts/interfaces/IRebaseController.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice What the operator and the admin of the controller can do, whatever they ask for.
contract RebaseControllerTest is TokenWorld {
  uint256 private constant UNCHANGED = 1e27;
  address private constant OPERATOR = address(0x09E7A704);

  RebaseToken private s_token;
  RebaseController private s_controller;

  function setUp() external {
    VM.warp(START);
    s_token = deployToken(true);
    s_controller = new RebaseController(address(s_token), _config(0, 0, 0, 0, 0), address(this), 0);
    s_controller.grantRole(s_controller.REBASE_OPERATOR_ROLE(), OPERATOR);
    s_token.grantRole(REBASER_ROLE, address(s_controller));
  }

  /// @notice I17, I18: a rebase is scheduled exactly if its epoch, factor and delay are within the bounds.
  function testFuzz_I18_onlyWithinTheBounds(uint256[5] memory c, uint256 factor, uint256 delay, uint32 epoch) external {
    IRebaseController.Config memory config = _config(c[0], c[1], c[2], c[3], c[4]);
    s_controller.setConfig(config);
    factor = within(factor, 0, 3e27);
    delay = within(delay, 0, uint256(config.maxDelay) + 1 days);
    if (epoch % 4 != 0) epoch = 2;
    bytes memory refusal;
    if (epoch != 2) {
      refusal = abi.encodeWithSelector(IRebaseController.UnexpectedEpoch.selector, epoch, uint32(2));
    } else if (delay > config.maxDelay) {
      refusal = abi.encodeWithSelector(IRebaseController.DelayTooLong.selector, delay, config.maxDelay);
    } else if (factor > UNCHANGED && delay < config.delay) {
      refusal = abi.encodeWithSelector(IRebaseController.DelayTooShort.selector, delay, config.delay);
    } else if (factor < config.minGrowthFactor || factor > config.maxGrowthFactor) {
      refusal = abi.encodeWithSelector(
        IRebaseController.GrowthFactorOutOfBounds.selector,
        factor,
        config.minGrowthFactor,
        config.maxGrowthFactor
      );
    }
    if (refusal.length != 0) VM.expectRevert(refusal);
    VM.prank(OPERATOR);
    s_controller.rebaseAfter(factor, delay, epoch);
    if (refusal.length == 0) _requireScheduled(2, factor, START + delay);
    else VM.assertEq(s_token.epoch(), 1, "the epoch after a refusal");
  }

  /// @notice Rounds against the supply: the index is up to one too high, and never too low.
  function testFuzz_I18_theIndexIsRoundedUp(uint256 kSeed, uint256 factor, uint256 shares) external {
    uint256 k = index(kSeed);
    s_token.rebase(2, k, block.timestamp);
    factor = within(factor, 1, type(uint96).max);
    uint256 next = s_controller.previewSharesPerToken(factor);
    VM.assertGe(next * factor, k * UNCHANGED, "not below the exact one");
    VM.assertLt((next - 1) * factor, k * UNCHANGED, "by less than one");
    if (factor > UNCHANGED) return;
    // A factor that shrinks raises no balance.
    shares = shareCount(shares);
    VM.assertLe(shares / next, shares / k, "the balance after a loss");
  }

  /// @notice I17: between two rebases of the operator lies the interval, whatever is pending or was cancelled.
  function testFuzz_I17_theIntervalBindsTheOperator(
    uint256 interval,
    uint256 first,
    uint256 wait,
    uint256 delay,
    uint256 mode
  ) external {
    interval = within(interval, 1, 30 days);
    IRebaseController.Config memory config = IRebaseController.Config(0.5e27, 2e27, uint32(interval), 0, 60 days);
    s_controller.setConfig(config);
    first = within(first, 1, 3 days);
    VM.prank(OPERATOR);
    s_controller.rebaseAfter(UNCHANGED + 1, first, 2);

    uint32 epoch = 3;
    uint256 counted = START + first;
    if (mode % 3 == 0) {
      VM.warp(START + within(wait, 0, first - 1));
      VM.prank(OPERATOR);
      VM.expectRevert(abi.encodeWithSelector(IRebaseController.RebasePending.selector, uint32(2), counted));
      s_controller.rebaseAfter(UNCHANGED, 0, 3);
      s_controller.cancelPending(3);
      (epoch, counted) = (4, block.timestamp);
      VM.assertEq(s_token.sharesPerToken(), 1e24, "the index after the cancellation");
    } else {
      VM.warp(counted + within(wait, 0, 2 * interval));
    }
    delay = within(delay, 0, 2 * interval > 60 days ? 60 days : 2 * interval);
    bool isEarly = block.timestamp + delay < counted + interval;
    VM.assertEq(s_controller.earliestEffectiveAt(), counted + interval, "the earliest time");
    if (isEarly) {
      VM.expectRevert(
        abi.encodeWithSelector(
          IRebaseController.IntervalNotElapsed.selector,
          block.timestamp + delay,
          counted + interval
        )
      );
    }
    VM.prank(OPERATOR);
    s_controller.rebaseAfter(UNCHANGED, delay, epoch);
    if (!isEarly) VM.assertEq(s_controller.lastEffectiveAt(), block.timestamp + delay, "the newest time");
  }

  /// @notice A replacement counts instead of the pending rebase, within the same bounds, from the index that counts.
  function testFuzz_theAdminReplacesWhatIsPending(uint256 first, uint256 factor, uint256 delay, uint256 wait) external {
    s_controller.setConfig(IRebaseController.Config(0.5e27, 2e27, 1 days, 0, 60 days));
    first = within(first, 1, 60 days);
    delay = within(delay, 0, 60 days);
    factor = within(factor, 0.5e27, 2e27);
    VM.prank(OPERATOR);
    s_controller.rebaseAfter(1.5e27, first, 2);
    VM.warp(START + within(wait, 0, first - 1));
    s_controller.replacePending(factor, delay, 3);
    _requireScheduled(3, factor, block.timestamp + delay);
    VM.warp(START + 121 days);
    VM.assertEq(s_token.sharesPerToken(), (1e24 * UNCHANGED + factor - 1) / factor, "the index that counts");
  }

  /// @notice What is not pending can neither be replaced nor cancelled.
  function testFuzz_nothingPendingNothingReplaced(uint256 factor, uint256 delay) external {
    VM.expectRevert(abi.encodeWithSelector(IRebaseController.NoRebasePending.selector, uint32(1)));
    s_controller.replacePending(factor, delay, 2);
    VM.expectRevert(abi.encodeWithSelector(IRebaseController.NoRebasePending.selector, uint32(1)));
    s_controller.cancelPending(2);
  }

  function testFuzz_G10_strangersDecideNothing(address stranger, uint256 factor, uint256 delay, uint256 pick) external {
    if (stranger == address(this) || stranger == OPERATOR || stranger == address(0)) return;
    bytes32 role = s_controller.REBASE_OPERATOR_ROLE();
    bytes memory call =
      pick % 2 == 0
        ? abi.encodeCall(IRebaseController.rebase, (factor, 2))
        : abi.encodeCall(IRebaseController.rebaseAfter, (factor, delay, 2));
    if (pick % 5 > 1) {
      // The operator is a stranger to what is the admin's.
      if (pick % 2 == 0) stranger = OPERATOR;
      role = bytes32(0);
      call = abi.encodeCall(IRebaseController.cancelPending, (2));
      if (pick % 5 == 2) call = abi.encodeCall(IRebaseController.replacePending, (factor, delay, 2));
      if (pick % 5 == 3) call = abi.encodeCall(IRebaseController.setConfig, (_config(0, 0, 0, 0, 0)));
    }
    VM.prank(stranger);
    (bool done, bytes memory answer) = address(s_controller).call(call);
    VM.assertTrue(!done, "refused");
    bytes memory refusal = abi.encodeWithSelector(
      IAccessControl.AccessControlUnauthorizedAccount.selector,
      stranger,
      role
    );
    VM.assertEq(answer, refusal, "the reason");
  }

  function testFuzz_I18_noConfigurationWithoutBounds(IRebaseController.Config memory config) external {
    bool isValid =
      config.minGrowthFactor > 0 &&
        config.minGrowthFactor <= UNCHANGED &&
        config.maxGrowthFactor >= UNCHANGED &&
        config.delay <= config.maxDelay;
    if (!isValid) VM.expectRevert(abi.encodeWithSelector(IRebaseController.InvalidConfig.selector, config));
    s_controller.setConfig(config);
    if (isValid) VM.assertEq(abi.encode(s_controller.getConfig()), abi.encode(config), "the configuration");
  }

  function _requireScheduled(uint32 epoch, uint256 factor, uint256 at) private view {
    (, bytes memory state) = address(s_token).staticcall(abi.encodeCall(RebaseToken.indexState, ()));
    uint256 next = (1e24 * UNCHANGED + factor - 1) / factor;
    VM.assertEq(state, abi.encode(epoch, 1e24, next, at), "the schedule");
    VM.assertEq(s_controller.lastEffectiveAt(), at, "the time that the controller keeps");
  }

  function _config(
    uint256 min,
    uint256 max,
    uint256 interval,
    uint256 delay,
    uint256 maxDelay
  ) private pure returns (IRebaseController.Config memory config) {
    config.minGrowthFactor = uint96(within(min, 2e22, UNCHANGED));
    config.maxGrowthFactor = uint96(within(max, UNCHANGED, 2e27));
    config.minInterval = uint32(within(interval, 0, type(uint32).max));
    config.maxDelay = uint32(within(maxDelay, 0, type(uint32).max));
    config.delay = uint32(within(delay, 0, config.maxDelay));
  }
}
