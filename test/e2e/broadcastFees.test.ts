import { expect } from "chai";
import { MaxUint256, ZeroAddress, id, parseEther } from "ethers";
import type { TransactionReceipt } from "ethers";
import type { PriceUpdates } from "ccip-localnet/protocol";

import {
  BROADCAST_GAS,
  approveLink,
  feeTokenOf,
  feesOf,
  giveLink,
  indexOf,
  link,
  pay,
  balancesOf,
} from "../shared/broadcasting";
import type { FeeToken, Balances } from "../shared/broadcasting";
import { expectSuccess, failureOf, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const FEE_TOKENS: readonly FeeToken[] = ["native", "LINK"];
const TREASURY = parseEther("5");

describe(`Paying for a broadcast (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await giveLink(s);
    await s.rebaseHome("5");
  });

  describe("by the caller", () => {
    /** Allowances beyond the quote, of which nothing may be taken. */
    const spares: { feeToken: FeeToken; spare: bigint }[] = [
      { feeToken: "native", spare: 0n },
      { feeToken: "native", spare: 1n },
      { feeToken: "native", spare: parseEther("1") },
      { feeToken: "LINK", spare: 0n },
      { feeToken: "LINK", spare: 1n },
      { feeToken: "LINK", spare: parseEther("1") },
    ];
    for (const { feeToken, spare } of spares) {
      it(`takes exactly the fees from the quote in ${feeToken} plus ${spare} wei [D18, I31]`, async () => {
        const s = scenario();
        await fillTreasury(s);
        const fees = await feesOf(s, feeToken);
        const total = sum(fees);
        const treasury = await treasuryOf(s);
        const offered = total + spare;
        if (feeToken === "LINK") await approveLink(s, offered);

        const { paid, lanes, messages } = await pay(s, feeToken, {
          value: feeToken === "native" ? offered : 0n,
        });
        expect(paid).to.deep.equal(treasuryBalance(feeToken, total));
        expect(lanes).to.deep.equal(
          s.mesh.satellites.map(({ name }, i) => ({
            chain: name,
            epoch: 2n,
            feeToken: feeTokenOf(s, feeToken),
            fee: fees[i],
          })),
        );
        expect(messages.map(({ feeAmount }) => feeAmount)).to.deep.equal([...fees]);
        expect(fees.every((fee) => fee > 0n)).to.equal(true);
        await expectNothingLeftBehind(s, treasury);
        if (feeToken === "LINK") {
          const { broadcaster } = s.home.contracts;
          expect(await link(s).allowance(s.address("thirdParty"), broadcaster)).to.equal(spare);
        }
        expectSuccess(await s.deliver());
        for (const chain of s.mesh.satellites) {
          expect(await indexOf(s, chain)).to.deep.equal(await indexOf(s, s.home));
        }
      });
    }

    const shortages: {
      what: string;
      feeToken: FeeToken;
      lack: (s: Scenario, total: bigint) => Promise<void>;
    }[] = [
      {
        what: "1 wei of value",
        feeToken: "native",
        lack: () => Promise.resolve(),
      },
      {
        what: "1 juel of allowance",
        feeToken: "LINK",
        lack: (s, total) => approveLink(s, total - 1n),
      },
      {
        what: "1 juel of LINK",
        feeToken: "LINK",
        lack: async (s, total) => {
          await approveLink(s, MaxUint256);
          const has = await link(s).balanceOf(s.address("thirdParty"));
          await mined(link(s).transfer(s.address("alice"), has - total + 1n));
        },
      },
    ];
    for (const { what, feeToken, lack } of shortages) {
      it(`reverts as a whole when ${what} does not cover the second lane, whatever the treasury holds [D17]`, async () => {
        const s = scenario();
        await fillTreasury(s);
        const fees = await feesOf(s, feeToken);
        const total = sum(fees);
        await lack(s, total);
        const before = await stateOfPayment(s);
        const value = feeToken === "native" ? total - 1n : 0n;

        await expect(pay(s, feeToken, { value }))
          .to.be.revertedWithCustomError(s.broadcaster(), "InsufficientFee")
          .withArgs(s.sat2.selector, fees[1], (fees[1] ?? 0n) - 1n);
        expect(await stateOfPayment(s)).to.deep.equal(before);
        expect(await s.deliver()).to.be.empty;
      });
    }

    it("reverts as a whole without an allowance, naming the first lane", async () => {
      const s = scenario();
      const [fee] = await feesOf(s, "LINK");
      await expect(pay(s, "LINK"))
        .to.be.revertedWithCustomError(s.broadcaster(), "InsufficientFee")
        .withArgs(s.sat1.selector, fee, 0);
    });

    it("refuses native value when paying in LINK", async () => {
      const s = scenario();
      await approveLink(s, MaxUint256);
      await expect(pay(s, "LINK", { value: 1n }))
        .to.be.revertedWithCustomError(s.broadcaster(), "UnexpectedValue")
        .withArgs(1);
    });

    it("refuses wrapped native, which the router itself would accept", async () => {
      const s = scenario();
      const { weth } = s.ccipChain(s.home).ccip;
      await expect(s.broadcaster("thirdParty").broadcast([s.sat1.selector], weth, 1))
        .to.be.revertedWithCustomError(s.broadcaster(), "UnsupportedFeeToken")
        .withArgs(weth);
    });
  });

  describe("with a fee ceiling", () => {
    /** The ceiling beside what is quoted for both lanes, and for each lane what it lacks then; nothing where it is served. */
    const ceilings: {
      what: string;
      ceiling: (fees: readonly bigint[]) => bigint;
      left: readonly (((fees: readonly bigint[]) => bigint) | undefined)[];
    }[] = [
      { what: "of the quote", ceiling: sum, left: [undefined, undefined] },
      {
        what: "1 wei below the quote",
        ceiling: (fees) => sum(fees) - 1n,
        left: [undefined, ([, second = 0n]) => second - 1n],
      },
      {
        what: "of the first fee",
        ceiling: ([first = 0n]) => first,
        left: [undefined, () => 0n],
      },
      {
        what: "1 wei below the first fee",
        ceiling: ([first = 0n]) => first - 1n,
        left: [([first = 0n]) => first - 1n, ([first = 0n]) => first - 1n],
      },
      { what: "of nothing", ceiling: () => 0n, left: [() => 0n, () => 0n] },
    ];
    for (const feeToken of FEE_TOKENS) {
      for (const { what, ceiling, left } of ceilings) {
        const served = left.filter((lacks) => !lacks).length;
        it(`${what} in ${feeToken}: ${served} of two lanes are served, the others cost nothing`, async () => {
          const s = scenario();
          const fees = await feesOf(s, feeToken);
          if (feeToken === "LINK") await approveLink(s, MaxUint256);
          const { paid, lanes } = await pay(s, feeToken, { maxFee: ceiling(fees) });
          expect(lanes.map((lane) => ("reason" in lane ? lane.reason : lane.fee))).to.deep.equal(
            fees.map((fee, i) => {
              const lacks = left[i];
              return lacks ? `FeeAboveMaximum(fee: ${fee}, left: ${lacks(fees)})` : fee;
            }),
          );
          expect(paid).to.deep.equal(treasuryBalance(feeToken, sum(fees.slice(0, served))));
        });
      }
    }

    it("at the quote before a price rise: the more expensive lane is skipped [D17]", async () => {
      const s = scenario();
      const quoted = await feesOf(s, "native");
      await s.ccip.reportPrices(s.ccipChain(s.home), {
        gas: [{ destinationSelector: s.sat2.selector, usdPerUnitGas: 2n * USD_PER_UNIT_GAS }],
      });
      const [first = 0n, second] = await feesOf(s, "native");
      const { paid, lanes } = await pay(s, "native", { maxFee: sum(quoted) });
      expect(lanes.map((lane) => ("reason" in lane ? lane.reason : lane.fee))).to.deep.equal([
        first,
        `FeeAboveMaximum(fee: ${second}, left: ${quoted[1]})`,
      ]);
      expect(paid).to.deep.equal(treasuryBalance("native", first));
    });
  });

  describe("when prices change between the quote and the send", () => {
    /** Price reports of the DON in between, and the change of the second lane's fee. */
    const moves: { what: string; feeToken: FeeToken; prices: (s: Scenario) => PriceUpdates }[] = [
      {
        what: "the gas of the second satellite",
        feeToken: "native",
        prices: ({ sat2 }) => ({
          gas: [{ destinationSelector: sat2.selector, usdPerUnitGas: 2n * USD_PER_UNIT_GAS }],
        }),
      },
      {
        what: "LINK, downwards",
        feeToken: "LINK",
        prices: (s) => ({
          tokens: [{ token: s.ccipChain(s.home).ccip.link, usdPerToken: parseEther("7.5") }],
        }),
      },
    ];
    for (const { what, feeToken, prices } of moves) {
      it(`reverts as a whole for a payer of the old quote (${what}), and charges the new fee next time [D17]`, async () => {
        const s = scenario();
        const quoted = await feesOf(s, feeToken);
        await s.ccip.reportPrices(s.ccipChain(s.home), prices(s));
        const fees = await feesOf(s, feeToken);
        expect(sum(fees) > sum(quoted)).to.equal(true);

        if (feeToken === "LINK") await approveLink(s, sum(quoted));
        const value = feeToken === "native" ? sum(quoted) : 0n;
        await expect(pay(s, feeToken, { value }))
          .to.be.revertedWithCustomError(s.broadcaster(), "InsufficientFee")
          .withArgs(s.sat2.selector, fees[1], sum(quoted) - (fees[0] ?? 0n));

        if (feeToken === "LINK") await approveLink(s, sum(fees));
        expect((await pay(s, feeToken)).paid).to.deep.equal(treasuryBalance(feeToken, sum(fees)));
      });
    }

    it("refunds the difference when a fee has fallen [D18]", async () => {
      const s = scenario();
      const quoted = sum(await feesOf(s, "native"));
      await s.ccip.reportPrices(s.ccipChain(s.home), {
        gas: s.mesh.satellites.map(({ selector }) => ({
          destinationSelector: selector,
          usdPerUnitGas: USD_PER_UNIT_GAS / 2n,
        })),
      });
      const fees = sum(await feesOf(s, "native"));
      expect(fees < quoted).to.equal(true);
      const { paid } = await pay(s, "native", { value: quoted });
      expect(paid).to.deep.equal(treasuryBalance("native", fees));
    });
  });

  describe("from the treasury", () => {
    for (const feeToken of FEE_TOKENS) {
      it(`spends exactly the fees in ${feeToken}; the sender pays only gas`, async () => {
        const s = scenario();
        await fillTreasury(s);
        const fees = sum(await feesOf(s, feeToken));
        const spender = await balancesOf(s, s.address("treasurySpender"));
        const receipt = await fromTreasury(s, feeToken);

        const treasury = await treasuryOf(s);
        expect(treasury).to.deep.equal({
          native: TREASURY - treasuryBalance(feeToken, fees).native,
          LINK: TREASURY - treasuryBalance(feeToken, fees).LINK,
        });
        const after = await balancesOf(s, s.address("treasurySpender"));
        expect(spender.native - after.native).to.equal(receipt.gasUsed * receipt.gasPrice);
        expect(await routerAllowance(s)).to.be.at.most(1n);
        expectSuccess(await s.deliver());
        for (const chain of s.mesh.satellites) {
          expect(await s.tokenOn(chain).epoch()).to.equal(2n);
        }
      });

      it(`reverts as a whole when its ${feeToken} covers one lane and lacks 1 wei for the second`, async () => {
        const s = scenario();
        const fees = await feesOf(s, feeToken);
        await fillTreasury(s, sum(fees) - 1n);
        const before = await stateOfPayment(s);
        await expect(fromTreasury(s, feeToken))
          .to.be.revertedWithCustomError(s.broadcaster(), "InsufficientFee")
          .withArgs(s.sat2.selector, fees[1], (fees[1] ?? 0n) - 1n);
        expect(await stateOfPayment(s)).to.deep.equal(before);
      });
    }

    it("is spent only by the spender, and withdrawn only by the withdrawer", async () => {
      const s = scenario();
      await fillTreasury(s);
      const broadcaster = s.broadcaster("thirdParty");
      expect(
        await failureOf(broadcaster.broadcastFromTreasury([s.sat1.selector], ZeroAddress, 1)),
      ).to.equal(unauthorized(s.address("thirdParty"), "TREASURY_SPENDER_ROLE"));
      const { link: linkAddress } = s.ccipChain(s.home).ccip;
      const alice = s.address("alice");
      for (const account of ["thirdParty", "treasurySpender"] as const) {
        expect(await failureOf(s.broadcaster(account).withdraw(linkAddress, alice, 1))).to.equal(
          unauthorized(s.address(account), "TREASURY_WITHDRAWER_ROLE"),
        );
      }
      const before = await balancesOf(s, alice);
      const operations = s.broadcaster("operations");
      await mined(operations.withdraw(linkAddress, alice, TREASURY));
      await mined(operations.withdraw(ZeroAddress, alice, TREASURY));
      expect(await balancesOf(s, alice)).to.deep.equal({
        native: before.native + TREASURY,
        LINK: before.LINK + TREASURY,
      });
      expect(await treasuryOf(s)).to.deep.equal({ native: 0n, LINK: 0n });
    });
  });
});

/** USD with 18 decimals per unit of gas that the local lanes start with. */
const USD_PER_UNIT_GAS = 3_000n * 10n ** 9n;

function sum(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}

function treasuryBalance(feeToken: FeeToken, amount: bigint): Balances {
  return feeToken === "native" ? { native: amount, LINK: 0n } : { native: 0n, LINK: amount };
}

function treasuryOf(s: Scenario): Promise<Balances> {
  return balancesOf(s, s.home.contracts.broadcaster);
}

async function fillTreasury(s: Scenario, amount = TREASURY): Promise<void> {
  const { broadcaster } = s.home.contracts;
  await giveLink(s, broadcaster, amount);
  const response = await s
    .signer(s.home, "alice")
    .sendTransaction({ to: broadcaster, value: amount });
  await response.wait();
  expect(await treasuryOf(s)).to.deep.equal({ native: amount, LINK: amount });
}

async function fromTreasury(s: Scenario, feeToken: FeeToken): Promise<TransactionReceipt> {
  const selectors = s.mesh.satellites.map(({ selector }) => selector);
  const { broadcastFromTreasury } = s.broadcaster("treasurySpender");
  const args = [selectors, feeTokenOf(s, feeToken), TREASURY, { gasLimit: BROADCAST_GAS }] as const;
  await broadcastFromTreasury.staticCall(...args);
  return mined(broadcastFromTreasury(...args));
}

function routerAllowance(s: Scenario): Promise<bigint> {
  return link(s).allowance(s.home.contracts.broadcaster, s.ccipChain(s.home).ccip.router);
}

/** All that a broadcast that is refused must leave as it was. */
async function stateOfPayment(s: Scenario) {
  const [treasury, thirdParty, allowance, destinations] = await Promise.all([
    treasuryOf(s),
    link(s).balanceOf(s.address("thirdParty")),
    link(s).allowance(s.address("thirdParty"), s.home.contracts.broadcaster),
    Promise.all(s.mesh.satellites.map(({ selector }) => s.broadcaster().getDestination(selector))),
  ]);
  return { treasury, thirdParty, allowance, destinations };
}

/** The treasury is whole, and the router may take no more than the one juel that keeps its allowance alive. */
async function expectNothingLeftBehind(s: Scenario, treasury: Balances): Promise<void> {
  expect(await treasuryOf(s)).to.deep.equal(treasury);
  expect(await routerAllowance(s)).to.be.at.most(1n);
}

function unauthorized(account: string, role: string): string {
  return `AccessControlUnauthorizedAccount(account: ${account}, neededRole: ${id(role)})`;
}
