import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/signers";
import { time } from "@nomicfoundation/hardhat-network-helpers";
import { expect } from "chai";
import {
  MaxUint256,
  ZeroAddress,
  concat,
  dataSlice,
  parseEther,
  toBeHex,
  zeroPadValue,
} from "ethers";
import type { ContractTransactionResponse, FunctionFragment } from "ethers";
import fc from "fast-check";
import { deployContract } from "ccip-localnet";
import { released } from "ccip-localnet/protocol";

import {
  IPoolV1__factory,
  RebaseTokenPool__factory,
  ThreeCallProbe__factory,
} from "../../../typechain-types";
import { gasOfCalls } from "../../shared/callTrace";
import { IS_INSTRUMENTED, loadFixture } from "../../shared/fixture";
import { MAX_INDEX, MAX_SHARES, MIN_INDEX, ODD_INDEX } from "../../shared/indexes";
import {
  FOREIGN_SELECTOR,
  HELD,
  INBOUND,
  OTHER,
  OUTBOUND,
  REMOTE,
  SATELLITE_EPOCH,
  UNLIMITED,
  homePoolFixture,
  lockOrBurnInput,
  poolData,
  poolV1,
  receiveShares,
  releaseOrMintInput,
  satellitePoolFixture,
  sendOut,
  setLimits,
  unsyncedPoolFixture,
  warmBeforeThePool,
} from "../../shared/poolFixture";
import type { PoolWorld } from "../../shared/poolFixture";
import type { Pool } from "../../../typechain-types/contracts/ccip/RebaseTokenPool";
import { propertyRuns } from "../../shared/propertyRuns";
import { shouldAllowExactly } from "../../shared/rolesTable";
import type { FunctionRow, RolesWorld } from "../../shared/rolesTable";
import { ROLES, fixNextBlockTime } from "../../shared/tokenFixture";

const ONE = parseEther("1");

/** The default finality of a transfer. */
const FULL_FINALITY = "0x00000000";

/** The functions that ramps call: of CCIP 1.6, and of CCIP 2.0. */
const LOCK_OR_BURN = [
  "lockOrBurn((bytes,uint64,address,uint256,address))",
  "lockOrBurn((bytes,uint64,address,uint256,address),bytes4,bytes)",
] as const;
const RELEASE_OR_MINT = [
  "releaseOrMint((bytes,uint64,address,uint256,address,bytes,bytes,bytes))",
  "releaseOrMint((bytes,uint64,address,uint256,address,bytes,bytes,bytes),bytes4)",
] as const;

/** Both kinds of chain, for what must hold on either. */
const CHAINS = [
  { chain: "home", fixture: homePoolFixture },
  { chain: "a satellite", fixture: satellitePoolFixture },
] as const;

describe("RebaseTokenPool", () => {
  describe("construction", () => {
    it("sets the token, the RMN proxy and the router, full finality alone and no hooks", async () => {
      const { pool, token, router, rmnProxy, admin, rateLimitAdmin } =
        await loadFixture(homePoolFixture);
      expect(await pool.getToken()).to.equal(await token.getAddress());
      expect(await pool.getTokenDecimals()).to.equal(18n);
      expect(await pool.getRmnProxy()).to.equal(rmnProxy);
      expect(await pool.owner()).to.equal(admin.address);
      expect(await pool.getDynamicConfig()).to.deep.equal([
        await router.getAddress(),
        rateLimitAdmin.address,
        ZeroAddress,
      ]);
      expect(await pool.getAllowedFinalityConfig()).to.equal("0x00000000");
      expect(await pool.getAdvancedPoolHooks()).to.equal(ZeroAddress);
      expect(await pool.typeAndVersion()).to.equal("RebaseTokenPool 2.0.0");
    });

    for (const decimals of [6, 17, 19]) {
      it(`refuses a token of ${decimals} decimals [B10]`, async () => {
        const { pool, router, rmnProxy, admin } = await loadFixture(homePoolFixture);
        const token = await deployContract(admin, released("burnMintToken"), [
          "Token",
          "TKN",
          decimals,
          0,
          0,
          admin.address,
        ]);
        await expect(new RebaseTokenPool__factory(admin).deploy(token, rmnProxy, router))
          .to.be.revertedWithCustomError(pool, "InvalidDecimalArgs")
          .withArgs(18, decimals);
      });
    }

    for (const missing of [0, 1, 2]) {
      it(`refuses a missing ${["token", "RMN proxy", "router"][missing]} [H2]`, async () => {
        const { pool, token, router, rmnProxy, admin } = await loadFixture(homePoolFixture);
        const [a = "", b = "", c = ""] = [token, rmnProxy, router].map((address, i) =>
          i === missing ? ZeroAddress : address,
        );
        await expect(
          new RebaseTokenPool__factory(admin).deploy(a, b, c),
        ).to.be.revertedWithCustomError(pool, "ZeroAddressInvalid");
      });
    }
  });

  describe("interface detection by CCIP", () => {
    const poolV1 = IPoolV1__factory.createInterface();
    const iPoolV1 = poolV1.fragments
      .filter((fragment): fragment is FunctionFragment => fragment.type === "function")
      .filter(({ name }) => name !== "supportsInterface")
      .reduce((sum, { selector }) => sum ^ BigInt(selector), 0n);
    const interfaces: [interfaceId: string, what: string, supported: boolean][] = [
      ["0xaff2afbf", "CCIP_POOL_V1", true],
      [toBeHex(iPoolV1, 4), "IPoolV1", true],
      ["0x01ffc9a7", "IERC165", true],
      ["0xffffffff", "no interface at all", false],
    ];
    for (const [interfaceId, what, supported] of interfaces) {
      it(`${supported ? "supports" : "does not support"} ${what} within 30,000 gas [C27, I28]`, async () => {
        const { pool } = await loadFixture(homePoolFixture);
        const answer = pool.supportsInterface(interfaceId, { gasLimit: 30_000 + 21_500 });
        expect(await answer).to.equal(supported);
      });
    }

    it("supports its token and its chains only", async () => {
      const { pool, token, router } = await loadFixture(homePoolFixture);
      expect(await pool.isSupportedToken(token)).to.equal(true);
      expect(await pool.isSupportedToken(router)).to.equal(false);
      expect(await pool.getSupportedChains()).to.deep.equal([REMOTE.selector, OTHER.selector]);
      expect(await pool.isSupportedChain(FOREIGN_SELECTOR)).to.equal(false);
    });
  });

  for (const { chain, fixture } of CHAINS) {
    describe(`tokens that leave ${chain}`, () => {
      it("are burned, and their shares are sent in one word with the epoch", async () => {
        const world = await loadFixture(fixture);
        const { token, pool, holder, onRamp } = world;
        const amount = 123n * ONE + 1n;
        const [epoch, sharesPerToken, supply] = await Promise.all([
          token.epoch(),
          token.sharesPerToken(),
          token.totalSupply(),
        ]);
        const shares = amount * sharesPerToken;
        await token.connect(holder).transfer(pool, amount);
        const input = await lockOrBurnInput(world, { amount });

        expect(await poolV1(pool, onRamp).lockOrBurn.staticCall(input)).to.deep.equal([
          zeroPadValue(REMOTE.token, 32),
          poolData({ shares, epoch }),
        ]);
        await expect(poolV1(pool, onRamp).lockOrBurn(input))
          .to.emit(pool, "LockedOrBurned")
          .withArgs(REMOTE.selector, await token.getAddress(), onRamp.address, amount)
          .and.to.emit(pool, "OutboundRateLimitConsumed")
          .withArgs(REMOTE.selector, await token.getAddress(), amount)
          .and.to.emit(token, "TransferShares")
          .withArgs(await pool.getAddress(), ZeroAddress, shares);
        expect(await token.sharesOf(pool)).to.equal(0n);
        expect(await token.totalSupply()).to.equal(supply - amount);
      });

      it("are addressed to the remote token as configured, whatever its length", async () => {
        const world = await loadFixture(fixture);
        const { token, pool, holder, onRamp } = world;
        for (const remoteToken of ["0x01", REMOTE.token, `0x${"ab".repeat(64)}`]) {
          await pool.applyChainUpdates(
            [REMOTE.selector],
            [
              {
                remoteChainSelector: REMOTE.selector,
                remotePoolAddresses: [],
                remoteTokenAddress: remoteToken,
                outboundRateLimiterConfig: OUTBOUND,
                inboundRateLimiterConfig: INBOUND,
              },
            ],
          );
          await token.connect(holder).transfer(pool, ONE);
          const output = await poolV1(pool, onRamp).lockOrBurn.staticCall(
            await lockOrBurnInput(world),
          );
          expect(output.destTokenAddress).to.equal(remoteToken.toLowerCase());
        }
      });

      it("are those of the message: what was donated to the pool stays [C26, I33]", async () => {
        const world = await loadFixture(fixture);
        const { token, pool, holder, thirdParty } = world;
        await token.connect(holder).transfer(thirdParty, ONE);
        const donated = (await token.sharesOf(thirdParty)) - 1n;
        await token.connect(thirdParty).transferShares(pool, donated);

        await sendOut(world, 5n * ONE);
        expect(await token.sharesOf(pool)).to.equal(donated);
        await token.recoverShares(pool, thirdParty, donated);
        expect(await token.sharesOf(pool)).to.equal(0n);
      });

      it("must be held by the pool", async () => {
        const world = await loadFixture(fixture);
        const { token, pool, onRamp } = world;
        await expect(poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world)))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientBalance")
          .withArgs(await pool.getAddress(), 0, ONE);
      });

      it("may belong to any sender [C25]", async () => {
        const world = await loadFixture(fixture);
        const { token, pool, holder, thirdParty, onRamp } = world;
        await token.connect(holder).transfer(pool, ONE);
        const input = await lockOrBurnInput(world, { originalSender: thirdParty.address });
        await expect(poolV1(pool, onRamp).lockOrBurn(input)).to.emit(pool, "LockedOrBurned");
      });
    });

    describe(`shares that arrive on ${chain}`, () => {
      /** Enough outstanding shares for every test here. */
      async function receivingFixture(): Promise<PoolWorld> {
        const world = await fixture();
        await sendOut(world, 1_000n * ONE);
        return world;
      }

      it("are minted, and the receiver's balance change is returned", async () => {
        const world = await loadFixture(receivingFixture);
        const { token, pool, receiver, offRamp } = world;
        const [epoch, sharesPerToken] = await Promise.all([token.epoch(), token.sharesPerToken()]);
        const shares = 7n * ONE * sharesPerToken + sharesPerToken - 1n;
        const input = await releaseOrMintInput(world, {
          sourcePoolData: poolData({ shares, epoch }),
        });
        expect(await poolV1(pool, offRamp).releaseOrMint.staticCall(input)).to.deep.equal([
          7n * ONE,
        ]);
        await expect(poolV1(pool, offRamp).releaseOrMint(input))
          .to.emit(pool, "ReleasedOrMinted")
          .withArgs(
            REMOTE.selector,
            await token.getAddress(),
            offRamp.address,
            receiver.address,
            7n * ONE,
          )
          .and.to.emit(pool, "InboundRateLimitConsumed")
          .withArgs(REMOTE.selector, await token.getAddress(), 7n * ONE)
          .and.to.emit(token, "Transfer")
          .withArgs(ZeroAddress, receiver.address, 7n * ONE)
          .and.to.emit(token, "TransferShares")
          .withArgs(ZeroAddress, receiver.address, shares);
        expect(await token.sharesOf(receiver)).to.equal(shares);
        expect(await token.balanceOf(receiver)).to.equal(7n * ONE);
      });

      it("complete a unit together with the receiver's dust, and the unit is returned too [C9]", async () => {
        const world = await loadFixture(receivingFixture);
        const { token, receiver } = world;
        const sharesPerToken = await token.sharesPerToken();
        await receiveShares(world, 3n * sharesPerToken + (sharesPerToken - 1n));
        expect(await token.balanceOf(receiver)).to.equal(3n);
        expect(await returned(world, 4n * sharesPerToken + 1n)).to.equal(5n);
        await receiveShares(world, 4n * sharesPerToken + 1n);
        expect(await token.balanceOf(receiver)).to.equal(8n);
      });

      for (const shares of [0n, 1n]) {
        it(`are ${shares}, worth nothing, and do not fail`, async () => {
          const world = await loadFixture(receivingFixture);
          const { token, receiver } = world;
          expect(await returned(world, shares)).to.equal(0n);
          await receiveShares(world, shares);
          expect(await token.sharesOf(receiver)).to.equal(shares);
        });
      }

      for (const named of [0n, 1n, ONE, MaxUint256]) {
        it(`determine the minted amount, not the amount of ${named} in the message [C8]`, async () => {
          const world = await loadFixture(receivingFixture);
          const shares = 5n * ONE * (await world.token.sharesPerToken());
          const change = { sourceDenominatedAmount: named };
          expect(await returned(world, shares, change)).to.equal(5n * ONE);
        });
      }

      for (const offset of [-1n, 0n, 1n, 1_000n]) {
        const newer = offset > 0n;
        it(`of epoch ${signed(offset)} ${newer ? "report" : "do not report"} that the chain is stale`, async () => {
          const world = await loadFixture(receivingFixture);
          const { token, pool, rebaser } = world;
          if (await token.isHome()) {
            await token
              .connect(rebaser)
              .rebase(2, await token.sharesPerToken(), (await time.latest()) + 10);
          }
          const before = await token.indexState();
          const epoch = before.epoch_ + offset;
          const arrival = await receiveShares(world, 1n, {
            sourcePoolData: poolData({ shares: 1n, epoch }),
          });
          if (newer) {
            await expect(arrival)
              .to.emit(pool, "LocalEpochBehind")
              .withArgs(REMOTE.selector, epoch, before.epoch_);
          } else {
            await expect(arrival).not.to.emit(pool, "LocalEpochBehind");
          }
          await expect(arrival)
            .to.emit(token, "TransferShares")
            .withArgs(ZeroAddress, world.receiver.address, 1);
          expect(await token.indexState()).to.deep.equal([...before]);
        });
      }

      it("cannot go to the zero address", async () => {
        const world = await loadFixture(receivingFixture);
        await expect(receiveShares(world, 1n, { receiver: ZeroAddress }))
          .to.be.revertedWithCustomError(world.token, "ERC20InvalidReceiver")
          .withArgs(ZeroAddress);
      });

      for (const place of ["pool", "token"] as const) {
        it(`can go to the ${place}, from where the admin recovers them [B12, C11]`, async () => {
          const world = await loadFixture(receivingFixture);
          const { token, thirdParty } = world;
          const address = await world[place].getAddress();
          const shares = 2n * (await token.sharesPerToken());
          await receiveShares(world, shares, { receiver: address });
          expect(await token.balanceOf(address)).to.equal(2n);
          await token.recoverShares(address, thirdParty, shares);
          expect(await token.balanceOf(thirdParty)).to.equal(2n);
        });
      }

      it("always give exactly what is returned, at every index and on any dust [C9, I6]", async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.bigInt(MIN_INDEX, chain === "home" ? 2n * 10n ** 24n : MAX_INDEX),
            fc.bigInt(0n, 5n * 10n ** 44n),
            fc.bigInt(0n, 5n * 10n ** 44n),
            async (index, held, arriving) => {
              const world = await loadFixture(receivingFixture);
              const { token, pool, rebaser, receiver } = world;
              await setLimits(pool, { outbound: UNLIMITED, inbound: UNLIMITED });
              await receiveShares(world, held);
              if (await token.isHome()) {
                await token.connect(rebaser).rebase(2, index, await fixNextBlockTime());
              } else {
                await token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, index, index, 0);
              }

              const before = await token.balanceOf(receiver);
              const amount = await returned(world, arriving);
              const arrival = await receiveShares(world, arriving);
              expect((await token.balanceOf(receiver)) - before).to.equal(amount);
              expect(amount).to.equal((held + arriving) / index - held / index);
              await expect(arrival)
                .to.emit(token, "Transfer")
                .withArgs(ZeroAddress, receiver.address, amount);
            },
          ),
          propertyRuns(25),
        );
      });

      describe("are refused for their pool data", () => {
        it("of any length between 0 and 96 bytes but 32 [C6]", async () => {
          const world = await loadFixture(receivingFixture);
          const { pool } = world;
          const bytes = concat(Array.from({ length: 3 }, () => poolData({ shares: 1n })));
          for (let length = 0; length <= 96; length++) {
            const arrival = receiveShares(world, 0n, {
              sourcePoolData: dataSlice(bytes, 0, length),
            });
            if (length === 32) {
              await expect(arrival).to.emit(pool, "ReleasedOrMinted");
            } else {
              await expect(arrival)
                .to.be.revertedWithCustomError(pool, "InvalidPoolDataLength")
                .withArgs(length);
            }
          }
        });

        for (const version of [0n, 2n, 255n]) {
          it(`of version ${version} [C6]`, async () => {
            const world = await loadFixture(receivingFixture);
            const sourcePoolData = poolData({ shares: 1n, version });
            await expect(receiveShares(world, 0n, { sourcePoolData }))
              .to.be.revertedWithCustomError(world.pool, "UnsupportedPoolDataVersion")
              .withArgs(version);
          });
        }

        for (const decimals of [0n, 6n, 17n, 19n, 255n]) {
          it(`of ${decimals} decimals [B10, C6]`, async () => {
            const world = await loadFixture(receivingFixture);
            const sourcePoolData = poolData({ shares: 1n, decimals });
            await expect(receiveShares(world, 0n, { sourcePoolData }))
              .to.be.revertedWithCustomError(world.pool, "UnexpectedPoolDataDecimals")
              .withArgs(decimals, 18);
          });
        }

        for (const decimals of [0n, 6n, 18n]) {
          it(`written by CCIP's own pool for ${decimals} decimals [C22]`, async () => {
            const world = await loadFixture(receivingFixture);
            await expect(receiveShares(world, 0n, { sourcePoolData: toBeHex(decimals, 32) }))
              .to.be.revertedWithCustomError(world.pool, "UnsupportedPoolDataVersion")
              .withArgs(0);
          });
        }
      });

      describe("are refused from a wrong pool [C4]", () => {
        const sources: [what: string, sourcePoolAddress: string][] = [
          ["none at all", "0x"],
          ["another address", zeroPadValue(REMOTE.token, 32)],
          ["the pool of another chain", zeroPadValue(OTHER.pool, 32)],
          ["the right address in 20 bytes", REMOTE.pool],
          ["another address in 20 bytes", REMOTE.token],
          ["the right address and a byte more", concat([zeroPadValue(REMOTE.pool, 32), "0x00"])],
        ];
        for (const [what, sourcePoolAddress] of sources) {
          it(what, async () => {
            const world = await loadFixture(receivingFixture);
            await expect(receiveShares(world, 1n, { sourcePoolAddress }))
              .to.be.revertedWithCustomError(world.pool, "InvalidSourcePoolAddress")
              .withArgs(sourcePoolAddress.toLowerCase());
          });
        }

        it("until it is added, and again once it is removed", async () => {
          const world = await loadFixture(receivingFixture);
          const { pool } = world;
          const sourcePoolAddress = zeroPadValue(REMOTE.token, 32);
          await pool.addRemotePool(REMOTE.selector, sourcePoolAddress);
          await receiveShares(world, 1n, { sourcePoolAddress });
          await receiveShares(world, 1n);
          await pool.removeRemotePool(REMOTE.selector, sourcePoolAddress);
          await expect(
            receiveShares(world, 1n, { sourcePoolAddress }),
          ).to.be.revertedWithCustomError(pool, "InvalidSourcePoolAddress");
        });
      });
    });
  }

  describe("shares that return home", () => {
    it("never exceed the outstanding shares, and all of those may return [C8, C21, I24]", async () => {
      const world = await loadFixture(homePoolFixture);
      const { token } = world;
      await expect(receiveShares(world, 1n))
        .to.be.revertedWithCustomError(token, "SharesExceedOutstanding")
        .withArgs(1, 0);

      await sendOut(world, 3n * ONE);
      const outstanding = 3n * ONE * (await token.sharesPerToken());
      await expect(receiveShares(world, outstanding + 1n))
        .to.be.revertedWithCustomError(token, "SharesExceedOutstanding")
        .withArgs(outstanding + 1n, outstanding);
      await receiveShares(world, outstanding - 1n);
      await expect(receiveShares(world, 2n))
        .to.be.revertedWithCustomError(token, "SharesExceedOutstanding")
        .withArgs(2, 1);
      await receiveShares(world, 1n);
      expect(await token.totalShares()).to.equal(await token.issuedShares());
    });

    it("are worth more than at departure when balances grew meanwhile", async () => {
      const world = await loadFixture(homePoolFixture);
      const { token, rebaser, receiver } = world;
      await sendOut(world, 3n * ONE);
      const outstanding = 3n * ONE * (await token.sharesPerToken());
      await token.connect(rebaser).rebase(2, 10n ** 24n / 2n, await fixNextBlockTime());
      await receiveShares(world, outstanding);
      expect(await token.balanceOf(receiver)).to.equal(6n * ONE);
    });
  });

  describe("shares that arrive on a satellite", () => {
    it("are accepted up to the largest share count", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { token, pool } = world;
      await setLimits(pool, { outbound: UNLIMITED, inbound: UNLIMITED });
      const room = MAX_SHARES - (await token.totalShares());
      await expect(receiveShares(world, room + 1n))
        .to.be.revertedWithCustomError(token, "SharesExceedRange")
        .withArgs(room + 1n, room);
      await receiveShares(world, room);
      expect(await token.totalShares()).to.equal(MAX_SHARES);
    });

    it("wait for the first broadcast, and so do departing tokens", async () => {
      const world = await loadFixture(unsyncedPoolFixture);
      const { token, pool, onRamp, rebaser, receiver } = world;
      await expect(receiveShares(world, ODD_INDEX)).to.be.revertedWithCustomError(
        token,
        "Unsynced",
      );
      await expect(
        poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world)),
      ).to.be.revertedWithCustomError(token, "Unsynced");

      await token.connect(rebaser).sync(1, ODD_INDEX, ODD_INDEX, 0);
      await receiveShares(world, ODD_INDEX);
      expect(await token.balanceOf(receiver)).to.equal(1n);
    });
  });

  describe("access by ramps", () => {
    const everybodyBut = (
      world: PoolWorld,
      ramp: HardhatEthersSigner,
    ): readonly HardhatEthersSigner[] =>
      [
        world.admin,
        world.thirdParty,
        world.onRamp,
        world.offRamp,
        world.otherOnRamp,
        world.otherOffRamp,
      ].filter(({ address }) => address !== ramp.address);

    it("only the lane's OnRamp sends [C1, C2]", async () => {
      const world = await loadFixture(homePoolFixture);
      const { token, pool, holder } = world;
      await token.connect(holder).transfer(pool, ONE);
      for (const [selector, ramp] of [
        [REMOTE.selector, world.onRamp],
        [OTHER.selector, world.otherOnRamp],
      ] as const) {
        const input = await lockOrBurnInput(world, { remoteChainSelector: selector });
        for (const caller of everybodyBut(world, ramp)) {
          await expect(poolV1(pool, caller).lockOrBurn(input))
            .to.be.revertedWithCustomError(pool, "CallerIsNotARampOnRouter")
            .withArgs(caller.address);
        }
        await expect(poolV1(pool, ramp).lockOrBurn.staticCall(input)).not.to.be.reverted;
      }
    });

    it("only the lane's OffRamp delivers [C1, C2]", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { pool } = world;
      for (const [remote, ramp] of [
        [REMOTE, world.offRamp],
        [OTHER, world.otherOffRamp],
      ] as const) {
        const input = await releaseOrMintInput(world, {
          remoteChainSelector: remote.selector,
          sourcePoolAddress: zeroPadValue(remote.pool, 32),
        });
        for (const caller of everybodyBut(world, ramp)) {
          await expect(poolV1(pool, caller).releaseOrMint(input))
            .to.be.revertedWithCustomError(pool, "CallerIsNotARampOnRouter")
            .withArgs(caller.address);
        }
        await expect(poolV1(pool, ramp).releaseOrMint.staticCall(input)).not.to.be.reverted;
      }
    });

    it("a ramp that the router no longer names is refused", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { pool, router, onRamp, offRamp, thirdParty } = world;
      await router.getFunction("applyRampUpdates")(
        [[REMOTE.selector, thirdParty.address]],
        [[REMOTE.selector, offRamp.address]],
        [],
      );
      await expect(receiveShares(world, 1n))
        .to.be.revertedWithCustomError(pool, "CallerIsNotARampOnRouter")
        .withArgs(offRamp.address);
      await expect(sendOut(world, ONE))
        .to.be.revertedWithCustomError(pool, "CallerIsNotARampOnRouter")
        .withArgs(onRamp.address);
    });

    it("a chain that the pool does not know is refused, although CCIP serves it [C3]", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { pool, onRamp, offRamp } = world;
      const change = { remoteChainSelector: FOREIGN_SELECTOR };
      await expect(poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world, change)))
        .to.be.revertedWithCustomError(pool, "ChainNotAllowed")
        .withArgs(FOREIGN_SELECTOR);
      await expect(poolV1(pool, offRamp).releaseOrMint(await releaseOrMintInput(world, change)))
        .to.be.revertedWithCustomError(pool, "ChainNotAllowed")
        .withArgs(FOREIGN_SELECTOR);
    });

    it("another token is refused [C5]", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { pool, onRamp, offRamp, thirdParty } = world;
      const change = { localToken: thirdParty.address };
      await expect(poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world, change)))
        .to.be.revertedWithCustomError(pool, "InvalidToken")
        .withArgs(thirdParty.address);
      await expect(poolV1(pool, offRamp).releaseOrMint(await releaseOrMintInput(world, change)))
        .to.be.revertedWithCustomError(pool, "InvalidToken")
        .withArgs(thirdParty.address);
    });

    for (const [what, subject] of [
      ["lane", toBeHex(REMOTE.selector, 16)],
      ["chain", "0x01000000000000000000000000000001"],
    ] as const) {
      it(`nothing passes while the RMN curses the ${what}, and everything passes afterwards [C18]`, async () => {
        const world = await loadFixture(satellitePoolFixture);
        const { token, pool, rmnRemote, onRamp } = world;
        await rmnRemote.getFunction("curse(bytes16)")(subject);
        await expect(receiveShares(world, 1n)).to.be.revertedWithCustomError(pool, "CursedByRMN");
        await expect(sendOut(world, ONE)).to.be.revertedWithCustomError(pool, "CursedByRMN");

        await rmnRemote.getFunction("uncurse(bytes16)")(subject);
        await receiveShares(world, 1n);
        expect(await token.balanceOf(pool)).to.equal(ONE);
        await poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world));
      });
    }

    it("the lanes beside a cursed one stay open", async () => {
      const world = await loadFixture(satellitePoolFixture);
      await world.rmnRemote.getFunction("curse(bytes16)")(toBeHex(OTHER.selector, 16));
      await receiveShares(world, 1n);
      await sendOut(world, ONE);
    });

    it("nothing passes while the token is paused, and everything passes afterwards", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { token, pool, admin, holder, onRamp } = world;
      await token.grantRole(ROLES.guardian, admin);
      await token.grantRole(ROLES.unpauser, admin);
      await token.connect(holder).transfer(pool, ONE);
      await token.pause();
      const send = async (): Promise<ContractTransactionResponse> =>
        poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world));
      await expect(receiveShares(world, 1n)).to.be.revertedWithCustomError(token, "EnforcedPause");
      await expect(send()).to.be.revertedWithCustomError(token, "EnforcedPause");
      await token.unpause();
      await receiveShares(world, 1n);
      await send();
    });
  });

  describe("rate limits, in tokens", () => {
    /** A satellite whose pool has been given all that it may be asked to burn. */
    async function tokensOnPoolFixture(): Promise<PoolWorld> {
      const world = await satellitePoolFixture();
      const { token, pool, holder } = world;
      await token.connect(holder).transfer(pool, HELD);
      return world;
    }

    const directions = [
      {
        direction: "outbound",
        ...OUTBOUND,
        move: async (world: PoolWorld, amount: bigint): Promise<ContractTransactionResponse> =>
          poolV1(world.pool, world.onRamp).lockOrBurn(await lockOrBurnInput(world, { amount })),
        tokensLeft: async ({ pool }: PoolWorld, selector: bigint) =>
          (await pool.getCurrentRateLimiterState(selector, false))[0].tokens,
      },
      {
        direction: "inbound",
        ...INBOUND,
        move: (world: PoolWorld, amount: bigint) => receiveShares(world, amount * ODD_INDEX),
        tokensLeft: async ({ pool }: PoolWorld, selector: bigint) =>
          (await pool.getCurrentRateLimiterState(selector, false))[1].tokens,
      },
    ];

    for (const { direction, capacity, rate, move, tokensLeft } of directions) {
      it(`${direction}: a message is at most the capacity`, async () => {
        const world = await loadFixture(tokensOnPoolFixture);
        await expect(move(world, capacity + 1n))
          .to.be.revertedWithCustomError(world.pool, "TokenMaxCapacityExceeded")
          .withArgs(capacity, capacity + 1n, await world.token.getAddress());
        await move(world, capacity);
        expect(await tokensLeft(world, REMOTE.selector)).to.equal(0n);
      });

      it(`${direction}: the bucket refills at the rate`, async () => {
        const world = await loadFixture(tokensOnPoolFixture);
        await move(world, capacity);
        const emptied = await time.latest();

        await time.setNextBlockTimestamp(emptied + 4);
        await expect(move(world, 10n * rate))
          .to.be.revertedWithCustomError(world.pool, "TokenRateLimitReached")
          .withArgs(6, 4n * rate, await world.token.getAddress());
        await time.setNextBlockTimestamp(emptied + 10);
        await move(world, 10n * rate);
        expect(await tokensLeft(world, REMOTE.selector)).to.equal(0n);
      });

      it(`${direction}: a lane does not use up another's`, async () => {
        const world = await loadFixture(tokensOnPoolFixture);
        await move(world, capacity);
        expect(await tokensLeft(world, OTHER.selector)).to.equal(capacity);
      });

      it(`${direction}: switched off means unlimited`, async () => {
        const world = await loadFixture(tokensOnPoolFixture);
        await setLimits(world.pool, { outbound: UNLIMITED, inbound: UNLIMITED });
        await move(world, HELD);
      });
    }

    for (const [what, limit, error] of [
      [
        "whose rate is above its capacity",
        { isEnabled: true, capacity: 5n, rate: 6n },
        "InvalidRateLimitRate",
      ],
      [
        "that is off and has a capacity",
        { isEnabled: false, capacity: 5n, rate: 0n },
        "DisabledNonZeroRateLimit",
      ],
      [
        "that is off and has a rate",
        { isEnabled: false, capacity: 0n, rate: 5n },
        "DisabledNonZeroRateLimit",
      ],
    ] as const) {
      it(`cannot be one ${what}, in either direction and for either finality [C17]`, async () => {
        const { pool } = await loadFixture(satellitePoolFixture);
        for (const fast of [false, true]) {
          for (const [outbound, inbound] of [
            [limit, UNLIMITED],
            [UNLIMITED, limit],
          ] as const) {
            await expect(
              pool.setRateLimitConfig([[REMOTE.selector, fast, outbound, inbound]] as never),
            )
              .to.be.revertedWithCustomError(pool, error)
              .withArgs([limit.isEnabled, limit.capacity, limit.rate]);
          }
        }
      });
    }

    it("let no more leave in any time than the capacity and what the rate adds [I32]", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.bigInt(1n, 60n), fc.bigInt(1n, OUTBOUND.capacity)), {
            minLength: 8,
            maxLength: 14,
          }),
          async (steps) => {
            const world = await loadFixture(tokensOnPoolFixture);
            const left: { at: bigint; amount: bigint }[] = [];
            for (const [pause, amount] of steps) {
              const at = BigInt(await time.latest()) + pause;
              await time.setNextBlockTimestamp(at);
              const input = await lockOrBurnInput(world, { amount });
              const sending = poolV1(world.pool, world.onRamp).lockOrBurn(input);
              const sent = await sending.then(
                () => true,
                () => false,
              );
              if (sent) left.push({ at, amount });
              else {
                await expect(sending).to.be.revertedWithCustomError(
                  world.pool,
                  "TokenRateLimitReached",
                );
              }
            }
            // The bucket is full at first, and no amount is above its capacity.
            expect(left[0]?.amount, "the first one leaves").to.equal(steps[0]?.[1]);
            for (const [i, first] of left.entries()) {
              let sum = 0n;
              for (const { at, amount } of left.slice(i)) {
                sum += amount;
                expect(sum <= OUTBOUND.capacity + OUTBOUND.rate * (at - first.at)).to.equal(true);
              }
            }
          },
        ),
        propertyRuns(12),
      );
    });

    it("are not consumed by reverted calls", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { token, pool, onRamp } = world;
      await expect(
        poolV1(pool, onRamp).lockOrBurn(await lockOrBurnInput(world)),
      ).to.be.revertedWithCustomError(token, "ERC20InsufficientBalance");
      await expect(
        receiveShares(world, ODD_INDEX, { receiver: ZeroAddress }),
      ).to.be.revertedWithCustomError(token, "ERC20InvalidReceiver");
      for (const { capacity, tokensLeft } of directions) {
        expect(await tokensLeft(world, REMOTE.selector)).to.equal(capacity);
      }
    });

    it("inbound: the same shares consume less after balances shrank, and more are let in [C14, E3]", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { token, pool, rebaser } = world;
      const shrunk = ODD_INDEX * 2n;
      await token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, shrunk, shrunk, 0);
      await receiveShares(world, INBOUND.capacity * ODD_INDEX);
      const [, { tokens }] = await pool.getCurrentRateLimiterState(REMOTE.selector, false);
      expect(tokens).to.equal(INBOUND.capacity / 2n);
    });

    it("inbound: the same shares consume more after balances grew [C14]", async () => {
      const world = await loadFixture(satellitePoolFixture);
      const { token, pool, rebaser } = world;
      const grown = ODD_INDEX / 2n;
      await token.connect(rebaser).sync(SATELLITE_EPOCH + 1n, grown, grown, 0);
      const shares = INBOUND.capacity * ODD_INDEX;
      await expect(receiveShares(world, shares))
        .to.be.revertedWithCustomError(pool, "TokenMaxCapacityExceeded")
        .withArgs(INBOUND.capacity, shares / grown, await token.getAddress());
    });
  });

  describe("shares that are refused once they are minted, by a check that needs their amount or comes with it", () => {
    const refusals: {
      what: string;
      error: string;
      change?: Partial<Pool.ReleaseOrMintInV1Struct>;
      prepare?: (world: PoolWorld) => Promise<unknown>;
    }[] = [
      {
        what: "above the capacity",
        error: "TokenMaxCapacityExceeded",
        change: { sourcePoolData: poolData({ shares: (INBOUND.capacity + 1n) * ODD_INDEX }) },
      },
      {
        what: "from a wrong pool",
        error: "InvalidSourcePoolAddress",
        change: { sourcePoolAddress: zeroPadValue(OTHER.pool, 32) },
      },
      { what: "of another token", error: "InvalidToken", change: { localToken: OTHER.token } },
      {
        what: "from another lane than the ramp's",
        error: "CallerIsNotARampOnRouter",
        change: { remoteChainSelector: OTHER.selector },
      },
      {
        what: "from an unknown chain",
        error: "ChainNotAllowed",
        change: { remoteChainSelector: FOREIGN_SELECTOR },
      },
      {
        what: "from a cursed lane",
        error: "CursedByRMN",
        prepare: ({ rmnRemote }) =>
          rmnRemote.getFunction("curse(bytes16)")(toBeHex(REMOTE.selector, 16)),
      },
    ];
    for (const { what, error, change, prepare } of refusals) {
      it(`leave nothing behind when the ramp goes on: ${what}`, async () => {
        const world = await loadFixture(satellitePoolFixture);
        const { token, pool, router, admin, receiver } = world;
        const probe = await new ThreeCallProbe__factory(admin).deploy();
        await router.getFunction("applyRampUpdates")(
          [],
          [],
          [[REMOTE.selector, await probe.getAddress()]],
        );
        await prepare?.(world);
        const totalBefore = await token.totalShares();
        const attempt = await probe.attempt(pool, await releaseOrMintInput(world, change));

        const receipt = await attempt.wait();
        const logs = (receipt?.logs ?? []).map((log) => probe.interface.parseLog(log));
        expect(logs.map((log) => log?.name)).to.deep.equal(["Refused"]);
        expect(pool.interface.parseError(logs[0]?.args.reason as string)?.name).to.equal(error);
        expect(await token.sharesOf(receiver)).to.equal(0n);
        expect(await token.totalShares()).to.equal(totalBefore);
        const [, { tokens }] = await pool.getCurrentRateLimiterState(REMOTE.selector, false);
        expect(tokens).to.equal(INBOUND.capacity);
      });
    }
  });

  describe("permissions", () => {
    type Actor =
      | "owner"
      | "next owner"
      | "rate limit admin"
      | "fee admin"
      | "OnRamp"
      | "OffRamp"
      | "thirdParty";
    type World = PoolWorld & RolesWorld<Actor>;

    async function rolesFixture(): Promise<World> {
      const world = await satellitePoolFixture();
      const { pool, token, router, admin, holder, rateLimitAdmin } = world;
      const { receiver: feeAdmin, onRamp, offRamp, thirdParty } = world;
      await pool.setDynamicConfig(router, rateLimitAdmin, feeAdmin);
      await pool.transferOwnership(holder);
      await token.connect(holder).transfer(pool, ONE);
      return {
        ...world,
        contract: pool,
        actors: {
          owner: admin,
          "next owner": holder,
          "rate limit admin": rateLimitAdmin,
          "fee admin": feeAdmin,
          OnRamp: onRamp,
          OffRamp: offRamp,
          thirdParty,
        },
      };
    }

    const byOwner: Pick<FunctionRow<Actor, World>, "allowed" | "refusal"> = {
      allowed: ["owner"],
      refusal: () => ["OnlyCallableByOwner"],
    };
    const notARamp = (caller: string): readonly [string, string] => [
      "CallerIsNotARampOnRouter",
      caller,
    ];
    const secondPool = zeroPadValue(REMOTE.token, 32);

    async function inputsFixture(): Promise<World & Inputs> {
      const world = await rolesFixture();
      return {
        ...world,
        lockOrBurn: await lockOrBurnInput(world),
        releaseOrMint: await releaseOrMintInput(world),
      };
    }
    interface Inputs {
      lockOrBurn: Awaited<ReturnType<typeof lockOrBurnInput>>;
      releaseOrMint: Awaited<ReturnType<typeof releaseOrMintInput>>;
    }

    shouldAllowExactly<Actor, World & Inputs>(
      RebaseTokenPool__factory.createInterface(),
      inputsFixture,
      {
        [LOCK_OR_BURN[0]]: {
          allowed: ["OnRamp"],
          args: (_, world) => [world.lockOrBurn],
          refusal: notARamp,
        },
        [LOCK_OR_BURN[1]]: {
          allowed: ["OnRamp"],
          args: (_, world) => [world.lockOrBurn, FULL_FINALITY, "0x"],
          refusal: notARamp,
        },
        [RELEASE_OR_MINT[0]]: {
          allowed: ["OffRamp"],
          args: (_, world) => [world.releaseOrMint],
          refusal: notARamp,
        },
        [RELEASE_OR_MINT[1]]: {
          allowed: ["OffRamp"],
          args: (_, world) => [world.releaseOrMint, FULL_FINALITY],
          refusal: notARamp,
        },
        applyChainUpdates: { ...byOwner, args: () => [[OTHER.selector], []] },
        addRemotePool: { ...byOwner, args: () => [REMOTE.selector, secondPool] },
        removeRemotePool: {
          ...byOwner,
          args: () => [REMOTE.selector, zeroPadValue(REMOTE.pool, 32)],
        },
        setDynamicConfig: { ...byOwner, args: (caller) => [caller, caller, caller] },
        setAllowedFinalityConfig: { ...byOwner, args: () => ["0x00000001"] },
        setVerifiers: { ...byOwner, args: (caller) => [REMOTE.selector, 1, [caller]] },
        setRateLimitConfig: {
          allowed: ["owner", "rate limit admin"],
          args: () => [[[REMOTE.selector, false, UNLIMITED, UNLIMITED]]],
          refusal: (caller) => ["Unauthorized", caller],
        },
        withdrawFeeTokens: {
          allowed: ["owner", "fee admin"],
          args: (caller) => [[], caller],
          refusal: (caller) => ["CallerIsNotOwnerOrFeeAdmin", caller],
        },
        transferOwnership: {
          ...byOwner,
          args: (_, { thirdParty }) => [thirdParty.address],
        },
        acceptOwnership: { allowed: ["next owner"], refusal: () => ["MustBeProposedOwner"] },
      },
    );
  });

  describe("the gas that CCIP gives a pool: balanceOf, releaseOrMint, balanceOf", () => {
    const MOST_GAS = 82_000;

    const worlds: {
      what: string;
      fixture: () => Promise<PoolWorld>;
      epoch: bigint;
      total: number;
    }[] = [
      {
        what: "the first receipt ever on a satellite just synced",
        fixture: justSyncedFixture,
        epoch: 1n,
        total: 75_727,
      },
      {
        // It emits an event, which costs more.
        what: "the first receipt ever, whose source knew a newer epoch",
        fixture: justSyncedFixture,
        epoch: 2n,
        total: 77_460,
      },
      {
        what: "a first receipt at home, with outstanding shares",
        fixture: outstandingSharesFixture,
        epoch: 1n,
        total: 77_837,
      },
    ];
    for (const { what, fixture, epoch, total } of worlds) {
      it(`is enough for ${what}, by a fresh receiver [C12, I28]`, async () => {
        const world = await loadFixture(fixture);
        const { token, pool, router, admin } = world;
        const probe = await new ThreeCallProbe__factory(admin).deploy();
        await router.getFunction("applyRampUpdates")(
          [],
          [],
          [[REMOTE.selector, await probe.getAddress()]],
        );
        const shares = 100n * ONE * (await token.sharesPerToken()) + 1n;
        const input = await releaseOrMintInput(world, {
          sourcePoolData: poolData({ shares, epoch }),
        });
        const accessList = await warmBeforeThePool(world);
        const receipt = probe.releaseOrMint(pool, token, input, { accessList });
        await expect(receipt)
          .to.emit(probe, "Measured")
          .withArgs(() => true, 100n * ONE, 100n * ONE);
        const behind = expect(receipt);
        if (epoch > 1n)
          await behind.to.emit(pool, "LocalEpochBehind").withArgs(REMOTE.selector, 2, 1);
        else await behind.not.to.emit(pool, "LocalEpochBehind");

        if (IS_INSTRUMENTED) return;
        const gas = await gasOfCalls((await receipt).hash);
        expect(gas).to.have.length(3);
        expect(gas.reduce((sum, used) => sum + used, 0)).to.equal(total);
        expect(total).to.be.at.most(MOST_GAS);
      });
    }

    async function justSyncedFixture(): Promise<PoolWorld> {
      const world = await unsyncedPoolFixture();
      await world.token.connect(world.rebaser).sync(1, ODD_INDEX, ODD_INDEX, 0);
      return world;
    }

    async function outstandingSharesFixture(): Promise<PoolWorld> {
      const world = await homePoolFixture();
      await sendOut(world, 500n * ONE);
      return world;
    }
  });
});

/** Returns the amount that the pool would report to the OffRamp for these shares. */
async function returned(
  world: PoolWorld,
  shares: bigint,
  change: Parameters<typeof releaseOrMintInput>[1] = {},
): Promise<bigint> {
  const { pool, offRamp } = world;
  const sourcePoolData = poolData({ shares });
  const input = await releaseOrMintInput(world, { sourcePoolData, ...change });
  const { destinationAmount } = await poolV1(pool, offRamp).releaseOrMint.staticCall(input);
  return destinationAmount;
}

function signed(offset: bigint): string {
  if (offset === 0n) return "the chain itself";
  return offset > 0n ? `${offset} after the chain's` : `${-offset} before the chain's`;
}
