import { expect } from "chai";
import { parseEther, toBeHex } from "ethers";
import { encodeAddress, executionState } from "ccip-localnet/protocol";

import type { MeshChain } from "../../lib/core/mesh/mesh";
import { inboundLimit } from "../../lib/core/mesh/limit";
import { EXPECTED } from "../shared/ccipExpectations";
import { corrupt, forge, forgedBytes, forgedWord } from "../shared/forgedMessages";
import { expectFailure, expectSuccess, failureOf, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { MAX_SHARES } from "../shared/indexes";
import { WORLD_NAME } from "../shared/world";

const AT_HOME = parseEther("1000000");
const ON_SAT1 = parseEther("60000");
const ON_SAT2 = parseEther("50000");

/** Holdings: Alice most at home, she and Bob some on satellites; Carol, who controls sat1, very little. */
async function tokensOutstanding(s: Scenario): Promise<void> {
  await s.mint("alice", AT_HOME);
  await s.give(s.sat1, "alice", ON_SAT1);
  await s.give(s.sat2, "bob", ON_SAT2);
  await s.give(s.sat1, "carol", 10n);
  await s.refillBuckets();
}

describe(`Attacks (${WORLD_NAME})`, () => {
  const scenario = useWorld(tokensOutstanding);

  describe("a compromised satellite", () => {
    for (const { claim, sharesOf } of [
      {
        claim: "one share more than is abroad",
        sharesOf: async (s: Scenario) => (await outstanding(s)) + 1n,
      },
      {
        claim: "all shares that were ever issued",
        sharesOf: (s: Scenario) => s.tokenOn(s.home).issuedShares(),
      },
      { claim: "as much as a word can say", sharesOf: () => Promise.resolve(MAX_SHARES) },
    ]) {
      it(`that claims ${claim} gets nothing out of home, with or without limits [C21, I24]`, async () => {
        const s = scenario();
        await s.setLimits(s.home, s.sat1, "unlimited");
        const route = { from: s.sat1, to: s.home };
        const before = await s.tokenOn(s.home).totalShares();
        const shares = await sharesOf(s);

        await forge(s, route, forgedWord({ shares }));
        expectFailure(
          await s.execute(route),
          refusedBy(
            s.home,
            `SharesExceedOutstanding(shares: ${shares}, outstanding: ${await outstanding(s)})`,
          ),
        );

        expect(await s.tokenOn(s.home).totalShares()).to.equal(before);
        expect(await s.sharesOf(s.home, "carol")).to.equal(0n);
        await expectContained(s);
      });
    }

    it("can take exactly the outstanding shares, the worst case: honest returns then fail [C21]", async () => {
      const s = scenario();
      const [toHome, honest] = [
        { from: s.sat1, to: s.home },
        { from: s.sat2, to: s.home },
      ];
      const loot = await outstanding(s);
      await forge(s, toHome, forgedWord({ shares: loot }));
      expectSuccess(await s.execute(toHome));

      expect(await s.sharesOf(s.home, "carol")).to.equal(loot);
      expect(await outstanding(s)).to.equal(0n);
      await expectContained(s);

      const { message } = await s.send(honest, "bob", ON_SAT2);
      await s.verify(honest);
      const returning = s.sharesIn(message);
      expectFailure(
        await s.execute(honest),
        refusedBy(s.home, `SharesExceedOutstanding(shares: ${returning}, outstanding: 0)`),
      );

      // Bob's tokens are not lost: they return home once as many shares are outstanding again.
      await s.refillBuckets();
      await s.send({ from: s.home, to: s.sat2 }, "alice", ON_SAT2);
      expectSuccess([await s.executeManually(honest, message.messageId)]);
      expect(await s.balanceOf(s.home, "bob")).to.equal(ON_SAT2);
      await expectContained(s);
    });

    it("can mint on another satellite up to the limit only; home is not affected", async () => {
      const s = scenario();
      const toSat2 = { from: s.sat1, to: s.sat2 };
      const { capacity } = inboundLimit(s.mesh.config);
      const index = await s.tokenOn(s.sat2).sharesPerToken();
      await forge(s, toSat2, forgedWord({ shares: (capacity + 1n) * index }));
      expectFailure(
        await s.execute(toSat2),
        refusedBy(
          s.sat2,
          `TokenMaxCapacityExceeded(capacity: ${capacity}, requested: ${capacity + 1n}, ` +
            `tokenAddress: ${s.sat2.contracts.token})`,
        ),
      );

      const claimed = (await outstanding(s)) + 1n;
      await forge(s, toSat2, forgedWord({ shares: claimed }));
      expectSuccess(await s.execute(toSat2));
      expect(await s.sharesOf(s.sat2, "carol")).to.equal(claimed);
      await expectContained(s);

      // Sold or sent on, they return home only as far as they were ever outstanding.
      await mined(s.tokenOn(s.sat2, "carol").transferShares(s.address("bob"), claimed));
      const everything = await s.balanceOf(s.sat2, "bob");
      await s.setLimits(s.sat2, s.home, "unlimited");
      await s.setLimits(s.home, s.sat2, "unlimited");
      const { message } = await s.send({ from: s.sat2, to: s.home }, "bob", everything);
      await s.verify({ from: s.sat2, to: s.home });
      expectFailure(
        await s.execute({ from: s.sat2, to: s.home }),
        refusedBy(
          s.home,
          `SharesExceedOutstanding(shares: ${s.sharesIn(message)}, outstanding: ${await outstanding(s)})`,
        ),
      );
      await expectContained(s);
    });

    it("is cut off by removing its pool: its claims stay refused, other satellites continue", async () => {
      const s = scenario();
      const route = { from: s.sat1, to: s.home };
      const { message } = await forge(s, route, forgedWord({ shares: await outstanding(s) }));
      const home = s.poolOn(s.home, await s.timelock(s.home));
      await mined(home.removeRemotePool(s.sat1.selector, encodeAddress(s.sat1.contracts.pool)));

      const refusal = refusedBy(s.home, unknownPool(s.sat1.contracts.pool));
      expectFailure(await s.execute(route), refusal);
      expect(await failureOf(s.executeManually(route, message.messageId))).to.contain(refusal);

      await s.send({ from: s.sat2, to: s.home }, "bob", ON_SAT2);
      expectSuccess(await s.deliver());
      expect(await s.balanceOf(s.home, "bob")).to.equal(ON_SAT2);
      await expectContained(s);
    });
  });

  describe("forged pool data [C6]", () => {
    for (const { title, data, refusal } of [
      { title: "no data", data: "0x", refusal: "InvalidPoolDataLength(length: 0)" },
      {
        title: "31 bytes",
        data: forgedBytes(31),
        refusal: "InvalidPoolDataLength(length: 31)",
      },
      {
        title: "33 bytes",
        data: forgedBytes(33),
        refusal: "InvalidPoolDataLength(length: 33)",
      },
      {
        title: "64 bytes",
        data: forgedBytes(64),
        refusal: "InvalidPoolDataLength(length: 64)",
      },
      {
        title: "version 0, an official pool's amount or decimals",
        data: toBeHex(18n, 32),
        refusal: "UnsupportedPoolDataVersion(version: 0)",
      },
      {
        title: "a version to come",
        data: forgedWord({ version: 2 }),
        refusal: "UnsupportedPoolDataVersion(version: 2)",
      },
      {
        title: "6 decimals",
        data: forgedWord({ decimals: 6 }),
        refusal: "UnexpectedPoolDataDecimals(actual: 6, expected: 18)",
      },
    ]) {
      it(`${title}: ${refusal}, at home and on a satellite, repeatedly`, async () => {
        const s = scenario();
        for (const to of [s.home, s.sat2]) {
          const route = { from: s.sat1, to };
          const before = await s.tokenOn(to).totalShares();
          const { message } = await forge(s, route, data);

          expectFailure(await s.execute(route), refusedBy(to, refusal));

          expect(await failureOf(s.executeManually(route, message.messageId))).to.contain(
            EXPECTED.poolReason(refusal),
          );
          expect(await executionState(s.ccipChain(to), message)).to.equal("failure");
          expect(await s.tokenOn(to).totalShares()).to.equal(before);
        }
        await expectContained(s);
      });
    }

    it("above 32 bytes does not leave unless CCIP has agreed to carry it [C7]", async () => {
      const s = scenario();
      const route = { from: s.sat1, to: s.home };
      await corrupt(s, s.sat1, forgedBytes(33));
      expect(await failureOf(s.send(route, "carol", 1n))).to.equal(
        EXPECTED.dataTooLarge(s.sat1.contracts.token, 33, 32),
      );
      await s.grant(route, { dataBytes: 33 });
      const { message } = await s.send(route, "carol", 1n);
      expect(message.tokens.map(({ extraData }) => extraData)).to.deep.equal([forgedBytes(33)]);
    });
  });
});

/** Reads the outstanding shares of home. */
async function outstanding(s: Scenario): Promise<bigint> {
  const token = s.tokenOn(s.home);
  return (await token.issuedShares()) - (await token.totalShares());
}

/** Home containment, and what is issued did not change by what anybody claims. */
async function expectContained(s: Scenario): Promise<void> {
  const token = s.tokenOn(s.home);
  const index = await token.sharesPerToken();
  const issued = await token.issuedShares();
  expect(issued).to.equal((AT_HOME + ON_SAT1 + ON_SAT2 + 10n) * index);
  expect(await token.totalShares()).to.be.at.most(issued);
}

function refusedBy(chain: MeshChain, reason: string): string {
  return EXPECTED.refusedByPool(chain, reason);
}

function unknownPool(pool: string): string {
  return `InvalidSourcePoolAddress(sourcePoolAddress: ${encodeAddress(pool)})`;
}
