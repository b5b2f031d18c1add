// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {IRebaseToken} from "../../../contracts/interfaces/IRebaseToken.sol";
import {ShareMath} from "../../../contracts/libraries/ShareMath.sol";
import {RebaseToken} from "../../../contracts/RebaseToken.sol";
import {TokenWorld} from "../shared/TokenWorld.sol";

/// @notice Does to one home token whatever its holders and roles can do, and counts shares of its own beside it.
/// @dev Each function moves shares as ERC-20 and the design say, in variables that the token has no part in.
contract TokenHandler is TokenWorld {
  uint256 public constant ACTORS = 5;

  RebaseToken public immutable i_token;

  // What the shares of each account, their total and what is issued have to be; and what has left through the pool.
  mapping(address account => uint256 shares) public s_shares;
  uint256 public s_total;
  uint256 public s_issued;
  uint256 public s_outstanding;
  // The index: what counted before `s_effectiveAt`, and from then on.
  uint256 public s_current = ShareMath.GENESIS_SHARES_PER_TOKEN;
  uint256 public s_next = ShareMath.GENESIS_SHARES_PER_TOKEN;
  uint256 public s_effectiveAt;
  uint256 public s_epoch = 1;

  uint256 public s_now = START;

  constructor() {
    VM.warp(START);
    i_token = deployToken(true);
    for (uint256 i = 0; i < ACTORS; ++i) {
      mint(i, (i + 1) * 1e21 + i);
    }
  }

  modifier onClock() {
    VM.warp(s_now);
    _;
  }

  function mint(uint256 to, uint256 amount) public onClock {
    uint256 k = sharesPerToken();
    uint256 available = (ShareMath.MAX_SHARES - s_issued) / k;
    // Most are far smaller than what can exist, so that the room lasts.
    amount = within(amount, 0, amount % 8 == 0 ? available : available / 1e6);
    i_token.mint(actor(to), amount);
    s_issued += amount * k;
    _move(address(0), actor(to), amount * k);
  }

  function burn(uint256 from, uint256 amount) external onClock {
    amount = within(amount, 0, balanceOf(actor(from)));
    VM.prank(actor(from));
    i_token.approve(address(this), amount);
    i_token.burn(actor(from), amount);
    s_issued -= amount * sharesPerToken();
    _move(actor(from), address(0), amount * sharesPerToken());
  }

  function transfer(uint256 from, uint256 to, uint256 amount) external onClock {
    amount = within(amount, 0, balanceOf(actor(from)));
    uint256 received = i_token.balanceOf(actor(to));
    VM.prank(actor(from));
    i_token.transfer(actor(to), amount);
    _move(actor(from), actor(to), amount * sharesPerToken());
    if (actor(from) != actor(to)) VM.assertEq(i_token.balanceOf(actor(to)), received + amount, "units that arrived");
  }

  function transferFrom(uint256 from, uint256 to, uint256 spender, uint256 amount) external onClock {
    amount = within(amount, 0, balanceOf(actor(from)));
    VM.prank(actor(from));
    i_token.approve(actor(spender), amount);
    VM.prank(actor(spender));
    i_token.transferFrom(actor(from), actor(to), amount);
    _move(actor(from), actor(to), amount * sharesPerToken());
  }

  function transferShares(uint256 from, uint256 to, uint256 shares) external onClock {
    shares = within(shares, 0, s_shares[actor(from)]);
    VM.prank(actor(from));
    i_token.transferShares(actor(to), shares);
    _move(actor(from), actor(to), shares);
  }

  function transferSharesFrom(uint256 from, uint256 to, uint256 spender, uint256 shares) external onClock {
    shares = within(shares, 0, s_shares[actor(from)]);
    uint256 k = sharesPerToken();
    VM.prank(actor(from));
    i_token.approve(actor(spender), (shares + k - 1) / k);
    VM.prank(actor(spender));
    i_token.transferSharesFrom(actor(from), actor(to), shares);
    _move(actor(from), actor(to), shares);
  }

  /// @notice Sends units abroad, as the pool does; what was donated to the pool stays there.
  function leave(uint256 from, uint256 amount) external onClock {
    amount = within(amount, 0, balanceOf(actor(from)));
    VM.prank(actor(from));
    i_token.transfer(address(this), amount);
    (uint256 shares, ) = i_token.bridgeBurn(amount);
    VM.assertEq(shares, amount * sharesPerToken(), "shares that leave");
    s_outstanding += shares;
    _move(actor(from), address(0), shares);
  }

  function comeHome(uint256 to, uint256 shares) external onClock {
    shares = within(shares, 0, s_outstanding);
    uint256 before = i_token.balanceOf(actor(to));
    (uint256 amount, ) = i_token.bridgeMint(actor(to), shares);
    VM.assertEq(i_token.balanceOf(actor(to)), before + amount, "the balance change that the pool reports");
    s_outstanding -= shares;
    _move(address(0), actor(to), shares);
  }

  function forge(uint256 to, uint256 shares) external onClock {
    shares = within(shares, s_outstanding + 1, type(uint256).max);
    VM.expectRevert(abi.encodeWithSelector(IRebaseToken.SharesExceedOutstanding.selector, shares, s_outstanding));
    i_token.bridgeMint(actor(to), shares);
  }

  function donate(uint256 from, uint256 amount) external onClock {
    amount = within(amount, 0, balanceOf(actor(from)));
    VM.prank(actor(from));
    i_token.transfer(address(this), amount);
    _move(actor(from), address(this), amount * sharesPerToken());
  }

  function recover(uint256 to, uint256 shares) external onClock {
    shares = within(shares, 0, s_shares[address(this)]);
    i_token.recoverShares(address(this), actor(to), shares);
    _move(address(this), actor(to), shares);
  }

  /// @notice Rebases at once or later, and replaces what is pending.
  function rebase(uint256 next, uint256 delay) external onClock {
    // Mostly by a few per cent, now and then to anywhere.
    uint256 k = sharesPerToken();
    next = next % 8 == 0 ? index(next) : k - k / 20 + (next % (k / 10));
    if (next < ShareMath.MIN_SHARES_PER_TOKEN || next > ShareMath.MAX_SHARES_PER_TOKEN) next = index(next);
    s_effectiveAt = s_now + (delay % 2 == 0 ? 0 : delay % 3 days);
    (s_current, s_next) = (k, next);
    i_token.rebase(uint32(++s_epoch), next, s_effectiveAt);
  }

  function pass(uint256 time) external {
    s_now += time % 2 days;
    VM.warp(s_now);
  }

  function pauseAndResume(uint256 from, uint256 to) external onClock {
    i_token.pause();
    VM.prank(actor(from));
    VM.expectRevert(IRebaseToken.EnforcedPause.selector);
    i_token.transfer(actor(to), 0);
    i_token.unpause();
  }

  function actor(uint256 seed) public pure returns (address) {
    return address(uint160(0xACC0000 + (seed % ACTORS)));
  }

  function sharesPerToken() public view returns (uint256) {
    return s_now < s_effectiveAt ? s_current : s_next;
  }

  function balanceOf(address account) public view returns (uint256) {
    return s_shares[account] / sharesPerToken();
  }

  function _move(address from, address to, uint256 shares) private {
    if (from == address(0)) s_total += shares;
    else s_shares[from] -= shares;
    if (to == address(0)) s_total -= shares;
    else s_shares[to] += shares;
  }
}
