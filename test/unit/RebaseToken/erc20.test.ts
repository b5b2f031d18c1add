import { expect } from "chai";

import { ERC20Permit__factory, RebaseToken__factory } from "../../../typechain-types";
import { shouldBehaveLikeERC20 } from "../../shared/behaviours/erc20";
import type { ERC20World } from "../../shared/behaviours/erc20";
import { loadFixture } from "../../shared/fixture";
import { DUSTS, GENESIS_INDEX, GROWN_INDEX, INDEXES, SHRUNK_INDEX } from "../../shared/indexes";
import {
  fillDust,
  homeFixture,
  rebaseNow,
  satelliteFixture,
  scheduleIndex,
} from "../../shared/tokenFixture";
import type { TokenWorld } from "../../shared/tokenFixture";

const METADATA = { name: "Rebase Token", symbol: "RBT", decimals: 18n, refusesItself: true };

/** The people of a token world in the parts of an ERC-20. The issuer holds what is left over. */
async function asERC20({ token, alice, bob, carol, issuer }: TokenWorld): Promise<ERC20World> {
  const erc20 = ERC20Permit__factory.connect(await token.getAddress(), alice);
  return { token: erc20, holder: alice, otherHolder: bob, newcomer: carol, spender: issuer };
}

describe("RebaseToken: ERC-20", () => {
  for (const { title, sharesPerToken } of INDEXES) {
    for (const dust of DUSTS) {
      const fixture = async (): Promise<ERC20World> => {
        const world = await loadFixture(homeFixture);
        const { token, issuer, alice, bob } = world;
        await token.connect(issuer).mint(issuer, 10n ** 18n);
        await rebaseNow(world, sharesPerToken);
        for (const holder of [alice, bob]) {
          await fillDust(token, issuer, holder, dust.of(sharesPerToken));
        }
        return asERC20(world);
      };

      describe(`at ${title}, ${dust.title}`, () => {
        it("starts with the index and dust of its title", async () => {
          const { token: erc20, holder, otherHolder } = await loadFixture(fixture);
          const token = RebaseToken__factory.connect(await erc20.getAddress(), holder);
          expect(await token.sharesPerToken()).to.equal(sharesPerToken);
          for (const account of [holder, otherHolder]) {
            const shares = await token.sharesOf(account);
            expect(shares % sharesPerToken).to.equal(dust.of(sharesPerToken));
          }
        });

        shouldBehaveLikeERC20(fixture, METADATA);
      });
    }
  }

  const otherFixtures: readonly { title: string; fixture: () => Promise<ERC20World> }[] = [
    {
      title: "on a satellite",
      fixture: async function satelliteERC20Fixture() {
        const world = await satelliteFixture();
        await world.token.connect(world.alice).transfer(world.issuer, 10n ** 18n);
        return asERC20(world);
      },
    },
    {
      title: "while a rebase is pending",
      fixture: async function pendingERC20Fixture() {
        const world = await homeFixture();
        await scheduleIndex(world, GROWN_INDEX);
        return asERC20(world);
      },
    },
  ];
  for (const { title, fixture } of otherFixtures) {
    describe(title, () => shouldBehaveLikeERC20(fixture, METADATA));
  }

  describe("allowances across a rebase", () => {
    for (const next of [GROWN_INDEX, SHRUNK_INDEX]) {
      const direction = next < GENESIS_INDEX ? "positive" : "negative";
      it(`stay in token units over a ${direction} one [B1, E3, I11]`, async () => {
        const world = await loadFixture(homeFixture);
        const { token, alice, bob, carol } = world;
        await token.connect(alice).approve(carol, 100n);
        await rebaseNow(world, next);
        expect(await token.allowance(alice, carol)).to.equal(100n);

        await token.connect(carol).transferFrom(alice, bob, 100n);
        expect(await token.allowance(alice, carol)).to.equal(0n);
        await expect(token.connect(carol).transferFrom(alice, bob, 1n))
          .to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance")
          .withArgs(carol.address, 0n, 1n);
      });
    }
  });
});
