import { expect } from "chai";
import { ZeroAddress, getAddress, hexlify, parseEther, randomBytes, toBeHex } from "ethers";
import type { ContractTransactionResponse } from "ethers";
import { deployContract } from "ccip-localnet";
import { released } from "ccip-localnet/protocol";

import { POOL_V2_INTERFACE } from "../../../lib/mesh/components/pool/contract";
import { IPoolV2__factory } from "../../../typechain-types";
import { loadFixture } from "../../shared/fixture";
import { ODD_INDEX } from "../../shared/indexes";
import {
  FOREIGN_SELECTOR,
  INBOUND,
  OTHER,
  OUTBOUND,
  REMOTE,
  UNLIMITED,
  homePoolFixture,
  lockOrBurnInput,
  poolData,
  poolV1,
  poolV2,
  releaseOrMintInput,
  satellitePoolFixture,
  sendOut,
  setLimits,
} from "../../shared/poolFixture";
import type { PoolWorld } from "../../shared/poolFixture";

const ONE = parseEther("1");

/** Finality as CCIP 2.0 encodes it: a number of blocks, the `safe` tag, or nothing for full finality. */
const FULL = "0x00000000";
const SAFE = "0x00010000";
const blocks = (count: number) => toBeHex(count, 4);
const SAFE_OR_10_BLOCKS = "0x0001000a";

/** Limits of fast transfers: lower than those of the others. */
const FAST = { isEnabled: true, capacity: parseEther("10"), rate: parseEther("0.1") };

const [OUTWARD, INWARD] = [0, 1] as const;

describe("RebaseTokenPool, of generation 2", () => {
  it("supports IPoolV2 within 30,000 gas [C27]", async () => {
    const { pool } = await loadFixture(homePoolFixture);
    const functions: string[] = [];
    IPoolV2__factory.createInterface().forEachFunction(({ name, selector }) => {
      if (name !== "supportsInterface") functions.push(selector);
    });
    const id = toBeHex(
      functions.reduce((sum, selector) => sum ^ BigInt(selector), 0n),
      4,
    );
    expect(id).to.equal(POOL_V2_INTERFACE);
    expect(await pool.supportsInterface(id, { gasLimit: 51_500 })).to.equal(true);
  });

  describe("called by ramps of CCIP 2.0, with full finality", () => {
    it("burns and returns the same as for those of 1.6, and the whole amount", async () => {
      const world = await loadFixture(homePoolFixture);
      const { token, pool, holder, onRamp } = world;
      const amount = 123n * ONE + 1n;
      await token.connect(holder).transfer(pool, amount);
      const input = await lockOrBurnInput(world, { amount });
      const output = await poolV1(pool, onRamp).lockOrBurn.staticCall(input);
      const v2 = poolV2(pool, onRamp);
      for (const tokenArgs of ["0x", "0x1234", hexlify(randomBytes(96))]) {
        const answer = await v2.lockOrBurn.staticCall(input, FULL, tokenArgs);
        expect(answer).to.deep.equal([[...output], amount]);
      }
      await expect(v2.lockOrBurn(input, FULL, "0x"))
        .to.emit(pool, "LockedOrBurned")
        .withArgs(REMOTE.selector, await token.getAddress(), onRamp.address, amount)
        .and.to.emit(pool, "OutboundRateLimitConsumed")
        .withArgs(REMOTE.selector, await token.getAddress(), amount);
      expect(await token.sharesOf(pool)).to.equal(0n);
    });

    it("mints and returns the same as for those of 1.6", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { token, pool, offRamp, receiver } = world;
      const shares = 7n * ONE * ODD_INDEX + ODD_INDEX - 1n;
      const input = await releaseOrMintInput(world, { sourcePoolData: poolData({ shares }) });
      const output = await poolV1(pool, offRamp).releaseOrMint.staticCall(input);
      const v2 = poolV2(pool, offRamp);
      expect(await v2.releaseOrMint.staticCall(input, FULL)).to.deep.equal([...output]);
      await expect(v2.releaseOrMint(input, FULL))
        .to.emit(pool, "ReleasedOrMinted")
        .and.to.emit(pool, "InboundRateLimitConsumed");
      expect(await token.sharesOf(receiver)).to.equal(shares);
    });
  });

  describe("finality", () => {
    const cases: {
      what: string;
      pool: string;
      lane: "limited" | "without a limit of its own";
      requested: string;
      allowed: boolean;
    }[] = [
      {
        what: "the safe tag at first",
        pool: FULL,
        lane: "limited",
        requested: SAFE,
        allowed: false,
      },
      {
        what: "the largest number of blocks at first",
        pool: FULL,
        lane: "limited",
        requested: blocks(65_535),
        allowed: false,
      },
      {
        what: "the safe tag where that is allowed",
        pool: SAFE,
        lane: "limited",
        requested: SAFE,
        allowed: true,
      },
      {
        what: "the largest number of blocks where the safe tag is allowed",
        pool: SAFE,
        lane: "limited",
        requested: blocks(65_535),
        allowed: false,
      },
      {
        what: "as many blocks as are allowed",
        pool: blocks(10),
        lane: "limited",
        requested: blocks(10),
        allowed: true,
      },
      {
        what: "more blocks than are allowed",
        pool: blocks(10),
        lane: "limited",
        requested: blocks(11),
        allowed: true,
      },
      {
        what: "fewer blocks than are allowed",
        pool: blocks(10),
        lane: "limited",
        requested: blocks(9),
        allowed: false,
      },
      {
        what: "the safe tag where that or blocks are allowed",
        pool: SAFE_OR_10_BLOCKS,
        lane: "limited",
        requested: SAFE,
        allowed: true,
      },
      {
        what: "an unknown flag",
        pool: SAFE_OR_10_BLOCKS,
        lane: "limited",
        requested: "0x00020000",
        allowed: false,
      },
      {
        what: "the safe tag on a lane without a limit of its own",
        pool: SAFE,
        lane: "without a limit of its own",
        requested: SAFE,
        allowed: false,
      },
      {
        what: "enough blocks on such a lane",
        pool: blocks(1),
        lane: "without a limit of its own",
        requested: blocks(10),
        allowed: false,
      },
    ];
    for (const { what, pool: setting, lane, requested, allowed } of cases) {
      it(`${allowed ? "allows" : "refuses"} ${what}: in a quote, outbound and inbound`, async () => {
        const world = await loadFixture(fastFixture);
        const { token, pool, onRamp, offRamp } = world;
        await pool.setAllowedFinalityConfig(setting);
        if (lane === "limited")
          await setLimits(pool, { outbound: FAST, inbound: FAST, fast: true });
        const address = await token.getAddress();
        const calls: (() => Promise<unknown>)[] = [
          () => pool.getFee(address, REMOTE.selector, ONE, address, requested, "0x"),
          () => leave(world, requested),
          () => arrive(world, requested),
        ];
        for (const call of calls) {
          if (allowed) {
            await expect(call()).not.to.be.reverted;
          } else {
            await expect(call())
              .to.be.revertedWithCustomError(pool, "InvalidRequestedFinality")
              .withArgs(requested, lane === "limited" ? setting : FULL);
          }
        }
        // What waits for full finality never asks.
        expect(
          await poolV2(pool, onRamp).lockOrBurn.staticCall(
            await lockOrBurnInput(world),
            FULL,
            "0x",
          ),
        ).to.have.length(2);
        expect(
          await poolV2(pool, offRamp).releaseOrMint.staticCall(
            await releaseOrMintInput(world),
            FULL,
          ),
        ).to.have.length(1);
      });
    }

    it("refuses two modes at once, even when both are allowed", async () => {
      const world = await loadFixture(fastFixture);
      const { pool } = world;
      await pool.setAllowedFinalityConfig(SAFE_OR_10_BLOCKS);
      await setLimits(pool, { outbound: FAST, inbound: FAST, fast: true });
      for (const call of [leave, arrive]) {
        await expect(call(world, SAFE_OR_10_BLOCKS))
          .to.be.revertedWithCustomError(pool, "RequestedFinalityCanOnlyHaveOneMode")
          .withArgs(SAFE_OR_10_BLOCKS);
      }
    });

    it("refuses an arrival until the owner allows its finality and the lane has a limit for it, then accepts the same message [K14]", async () => {
      const world = await loadFixture(fastFixture);
      const { token, pool, receiver } = world;
      await expect(arrive(world, SAFE))
        .to.be.revertedWithCustomError(pool, "InvalidRequestedFinality")
        .withArgs(SAFE, FULL);
      expect(await token.sharesOf(receiver)).to.equal(0n);
      await pool.setAllowedFinalityConfig(SAFE);
      await expect(arrive(world, SAFE)).to.be.revertedWithCustomError(
        pool,
        "InvalidRequestedFinality",
      );
      await setLimits(pool, { outbound: FAST, inbound: FAST, fast: true });
      await arrive(world, SAFE);
      expect(await token.balanceOf(receiver)).to.equal(ONE);
      await setLimits(pool, { outbound: UNLIMITED, inbound: UNLIMITED, fast: true });
      await expect(arrive(world, SAFE)).to.be.revertedWithCustomError(
        pool,
        "InvalidRequestedFinality",
      );
    });

    it("counts fast transfers in separate buckets, which never exceed their capacity", async () => {
      const world = await loadFixture(fastFixture);
      const { token, pool } = world;
      await pool.setAllowedFinalityConfig(SAFE);
      await setLimits(pool, { outbound: FAST, inbound: FAST, fast: true });
      await leave(world, SAFE, 4n * ONE);
      await arrive(world, SAFE, 3n * ONE);
      const tokensIn = async (fast: boolean) =>
        (await pool.getCurrentRateLimiterState(REMOTE.selector, fast)).map(({ tokens }) => tokens);
      const [outward = 0n, inward = 0n] = await tokensIn(true);
      expect(outward).to.be.within(6n * ONE, 7n * ONE);
      expect(inward).to.be.within(7n * ONE, 8n * ONE);
      expect(await tokensIn(false)).to.deep.equal([OUTBOUND.capacity, INBOUND.capacity]);
      for (const call of [leave, arrive]) {
        await expect(call(world, SAFE, 11n * ONE))
          .to.be.revertedWithCustomError(pool, "TokenMaxCapacityExceeded")
          .withArgs(FAST.capacity, 11n * ONE, await token.getAddress());
      }
    });

    it("applies to a single lane: another lane of the same pool stays with full finality", async () => {
      const world = await loadFixture(fastFixture);
      const { pool, otherOnRamp } = world;
      await pool.setAllowedFinalityConfig(SAFE);
      await setLimits(pool, { outbound: FAST, inbound: FAST, fast: true });
      const input = await lockOrBurnInput(world, { remoteChainSelector: OTHER.selector });
      await expect(poolV2(pool, otherOnRamp).lockOrBurn(input, SAFE, "0x"))
        .to.be.revertedWithCustomError(pool, "InvalidRequestedFinality")
        .withArgs(SAFE, FULL);
    });

    it("lets the rate limit admin, who can refill a bucket by setting it, open every lane once the owner has allowed one", async () => {
      const world = await loadFixture(fastFixture);
      const { pool, rateLimitAdmin, otherOnRamp } = world;
      const byAdmin = pool.connect(rateLimitAdmin);
      const leaveForOther = async () =>
        poolV2(pool, otherOnRamp).lockOrBurn(
          await lockOrBurnInput(world, { remoteChainSelector: OTHER.selector }),
          SAFE,
          "0x",
        );
      const open = { outbound: FAST, inbound: FAST, fast: true };
      await setLimits(byAdmin, open);
      await expect(leave(world, SAFE)).to.be.revertedWithCustomError(
        pool,
        "InvalidRequestedFinality",
      );
      await expect(byAdmin.setAllowedFinalityConfig(SAFE)).to.be.revertedWithCustomError(
        pool,
        "OnlyCallableByOwner",
      );

      await pool.setAllowedFinalityConfig(SAFE);
      for (let i = 0; i < 3; i++) {
        await leave(world, SAFE, FAST.capacity);
        await expect(leave(world, SAFE, FAST.capacity)).to.be.revertedWithCustomError(
          pool,
          "TokenRateLimitReached",
        );
        await setLimits(byAdmin, open);
      }
      await expect(leaveForOther()).to.be.revertedWithCustomError(pool, "InvalidRequestedFinality");
      await setLimits(byAdmin, { ...open, selector: OTHER.selector });
      await leaveForOther();
    });

    /** A satellite whose pool has tokens to burn. */
    async function fastFixture(): Promise<PoolWorld> {
      const world = await satellitePoolFixture();
      await world.token.connect(world.holder).transfer(world.pool, 100n * ONE);
      return world;
    }

    async function leave(
      world: PoolWorld,
      finality: string,
      amount = ONE,
    ): Promise<ContractTransactionResponse> {
      const input = await lockOrBurnInput(world, { amount });
      return poolV2(world.pool, world.onRamp).lockOrBurn(input, finality, "0x");
    }

    async function arrive(
      world: PoolWorld,
      finality: string,
      amount = ONE,
    ): Promise<ContractTransactionResponse> {
      const sourcePoolData = poolData({ shares: amount * ODD_INDEX });
      const input = await releaseOrMintInput(world, { sourcePoolData });
      return poolV2(world.pool, world.offRamp).releaseOrMint(input, finality);
    }
  });

  describe("fees", () => {
    const fee = {
      destChainSelector: REMOTE.selector,
      tokenTransferFeeConfig: {
        destGasOverhead: 1,
        destBytesOverhead: 32,
        finalityFeeUSDCents: 100,
        fastFinalityFeeUSDCents: 100,
        finalityTransferFeeBps: 50,
        fastFinalityTransferFeeBps: 50,
        isEnabled: true,
      },
    };

    it("cannot be set by anyone, and none is returned", async () => {
      const { pool, token, admin, rateLimitAdmin, thirdParty } = await loadFixture(homePoolFixture);
      for (const caller of [admin, rateLimitAdmin, thirdParty]) {
        await expect(
          pool.connect(caller).applyTokenTransferFeeConfigUpdates([fee], []),
        ).to.be.revertedWithCustomError(pool, "PoolFeesNotSupported");
      }
      expect(await pool.getFee(token, REMOTE.selector, ONE, ZeroAddress, FULL, "0x")).to.deep.equal(
        [0n, 0n, 0n, 0n, false],
      );
      const config = await pool.getTokenTransferFeeConfig(token, REMOTE.selector, FULL, "0x");
      expect(config.isEnabled).to.equal(false);
    });

    it("that CCIP pays to the pool are withdrawn by the owner or the fee admin, but the token never is", async () => {
      const { pool, token, router, admin, holder, receiver, rateLimitAdmin } =
        await loadFixture(homePoolFixture);
      const link = await deployContract(admin, released("burnMintToken"), [
        "ChainLink Token",
        "LINK",
        18,
        0,
        5n * ONE,
        admin.address,
      ]);
      const linkToken = token.attach(link) as typeof token;
      await linkToken.connect(admin).transfer(pool, 3n * ONE);
      await token.connect(holder).transfer(pool, 2n * ONE);
      await pool.setDynamicConfig(router, rateLimitAdmin, receiver);
      for (const caller of [admin, receiver]) {
        for (const tokens of [[token], [link, token], [token, link]]) {
          await expect(pool.connect(caller).withdrawFeeTokens(tokens, receiver))
            .to.be.revertedWithCustomError(pool, "TokenNotWithdrawable")
            .withArgs(await token.getAddress());
        }
      }
      await pool.connect(receiver).withdrawFeeTokens([link], receiver);
      expect(await linkToken.balanceOf(receiver)).to.equal(3n * ONE);
      expect(await token.balanceOf(pool)).to.equal(2n * ONE);
      await expect(pool.withdrawFeeTokens([link], ZeroAddress)).to.be.revertedWithCustomError(
        pool,
        "ZeroAddressNotAllowed",
      );
    });
  });

  describe("hooks", () => {
    it("cannot be set by anyone, not even to none [K13]", async () => {
      const { pool, admin, thirdParty } = await loadFixture(homePoolFixture);
      for (const [caller, hooks] of [
        [admin, thirdParty.address],
        [admin, ZeroAddress],
        [thirdParty, thirdParty.address],
      ] as const) {
        await expect(pool.connect(caller).updateAdvancedPoolHooks(hooks))
          .to.be.revertedWithCustomError(pool, "PoolHooksNotSupported")
          .withArgs(hooks);
      }
    });
  });

  describe("verifiers", () => {
    const first = getAddress(`0x${"a1".repeat(20)}`);
    const second = getAddress(`0x${"b2".repeat(20)}`);

    const required = (
      { pool, token }: PoolWorld,
      direction: 0 | 1,
      data = poolData({ shares: 1n }),
    ): Promise<string[]> =>
      pool.getRequiredCCVs(token, REMOTE.selector, ONE, FULL, data, direction);

    it("are the lane's defaults at first: none is returned, whatever the pool's data [C22, K13]", async () => {
      const world = await loadFixture(satellitePoolFixture);
      for (const data of [
        "0x",
        poolData({ shares: 1n }),
        hexlify(randomBytes(33)),
        toBeHex(6, 32),
      ]) {
        for (const direction of [OUTWARD, INWARD] as const) {
          expect(await required(world, direction, data)).to.deep.equal([]);
        }
      }
    });

    it("are added in one direction to the defaults, which CCIP represents as the zero address", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { pool } = world;
      await expect(pool.setVerifiers(REMOTE.selector, INWARD, [first, second]))
        .to.emit(pool, "VerifiersSet")
        .withArgs(REMOTE.selector, INWARD, [first, second]);
      expect(await pool.getVerifiers(REMOTE.selector, INWARD)).to.deep.equal([first, second]);
      expect(await required(world, OUTWARD)).to.deep.equal([]);
      const named = [...(await required(world, INWARD))];
      expect([...named].sort()).to.deep.equal([ZeroAddress, first, second]);
      expect(await pool.getVerifiers(OTHER.selector, INWARD)).to.deep.equal([]);

      await pool.setVerifiers(REMOTE.selector, INWARD, [second]);
      expect(await pool.getVerifiers(REMOTE.selector, INWARD)).to.deep.equal([second]);
      await pool.setVerifiers(REMOTE.selector, INWARD, []);
      expect(await required(world, INWARD)).to.deep.equal([]);
    });

    const refused: {
      readonly what: string;
      readonly verifiers: string[];
      readonly error: string;
      readonly args: readonly string[];
    }[] = [
      {
        what: "the zero address first",
        verifiers: [ZeroAddress, first],
        error: "ZeroVerifier",
        args: [],
      },
      {
        what: "the zero address last",
        verifiers: [first, ZeroAddress],
        error: "ZeroVerifier",
        args: [],
      },
      {
        what: "one twice",
        verifiers: [first, second, first],
        error: "DuplicateCCVNotAllowed",
        args: [first],
      },
    ];
    for (const { what, verifiers, error, args } of refused) {
      it(`refuse ${what}`, async () => {
        const { pool } = await loadFixture(satellitePoolFixture);
        await expect(pool.setVerifiers(REMOTE.selector, INWARD, verifiers))
          .to.be.revertedWithCustomError(pool, error)
          .withArgs(...args);
      });
    }

    it("refuse a chain that the pool does not know", async () => {
      const { pool } = await loadFixture(satellitePoolFixture);
      await expect(pool.setVerifiers(FOREIGN_SELECTOR, INWARD, [first]))
        .to.be.revertedWithCustomError(pool, "NonExistentChain")
        .withArgs(FOREIGN_SELECTOR);
    });

    it("survive a removal of the chain", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { pool } = world;
      await pool.setVerifiers(REMOTE.selector, INWARD, [first]);
      await pool.applyChainUpdates([REMOTE.selector], []);
      expect(await pool.isSupportedChain(REMOTE.selector)).to.equal(false);
      expect(await pool.getVerifiers(REMOTE.selector, INWARD)).to.deep.equal([first]);
      expect([...(await required(world, INWARD))].sort()).to.deep.equal([ZeroAddress, first]);
    });

    it("do not affect ramps of CCIP 1.6", async () => {
      const world = await loadFixture(homePoolFixture);
      await world.pool.setVerifiers(REMOTE.selector, OUTWARD, [first]);
      await sendOut(world, ONE);
    });
  });
});
