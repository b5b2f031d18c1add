import { expect } from "chai";
import { MaxUint256, ZeroAddress, ZeroHash, parseEther } from "ethers";
import { call, sendAll } from "ccip-localnet";

import { HostileRamp__factory } from "../../typechain-types";
import type { HostileRamp } from "../../typechain-types";
import {
  BROADCAST_GAS,
  approveLink,
  feeTokenOf,
  feesOf,
  giveLink,
  lanesIn,
  link,
  balancesOf,
} from "../shared/broadcasting";
import type { FeeToken, LaneOutcome } from "../shared/broadcasting";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const ONE = parseEther("1");
const TREASURY = parseEther("200");

/** The width in which CCIP counts juels: no sound lane asks for as much. */
const ABSURD = 2n ** 96n;

/** The payer of a broadcast, and the fee token. */
type Payment = FeeToken | "LINK of the treasury";
const PAYMENTS: readonly Payment[] = ["native", "LINK", "LINK of the treasury"];

type Conduct = Parameters<HostileRamp["setConduct"]>[0];

describe(`A lane with a hostile OnRamp behind CCIP's own router (${WORLD_NAME})`, () => {
  let ramp: HostileRamp;
  let sound: Readonly<Record<FeeToken, bigint>>;

  const scenario = useWorld(async (s) => {
    const { broadcaster } = s.home.contracts;
    await giveLink(s, s.address("thirdParty"), TREASURY);
    await giveLink(s, broadcaster, TREASURY);
    await mined(s.signer(s.home, "alice").sendTransaction({ to: broadcaster, value: TREASURY }));
    await approveLink(s, MaxUint256);
    await s.rebaseHome("5");
    const [native, inLink] = await Promise.all([feesOf(s, "native"), feesOf(s, "LINK")]);
    sound = { native: native[1] ?? 0n, LINK: inLink[1] ?? 0n };

    const deployer = s.signer(s.home, "thirdParty");
    ramp = await new HostileRamp__factory(deployer).deploy(broadcaster);
    await ramp.waitForDeployment();
    const lane = { destChainSelector: s.sat1.selector, onRamp: await ramp.getAddress() };
    const { ccip, owner } = s.ccipChain(s.home);
    await sendAll(owner, [call(ccip, "router", "applyRampUpdates", [[lane], [], []])]);
  });

  const ask = async (conduct: Partial<Conduct>): Promise<void> => {
    const nothing = { fee: ONE, surcharge: 0n, quoteGas: 0n, victim: ZeroAddress };
    await mined(ramp.setConduct({ ...nothing, ...conduct }));
  };

  for (const payment of PAYMENTS) {
    it(`delays and charges no other lane, however much gas its quote burns (${payment})`, async () => {
      const s = scenario();
      // LINK moves at its dearest into an account that has none.
      if (payment === "LINK") {
        const { link: token } = s.ccipChain(s.home).ccip;
        await mined(s.broadcaster("operations").withdraw(token, s.address("alice"), TREASURY));
      }
      const outcomes = new Set<string>();
      for (let quoteGas = 400_000n; quoteGas < 1_000_000n; quoteGas += stepAfter(quoteGas)) {
        await ask({ quoteGas });
        outcomes.add((await rehearse(s, payment)).join());
      }
      expect([...outcomes]).to.deep.equal(["true,true", "false,true"]);
    });
  }

  for (const feeToken of ["native", "LINK"] as const) {
    it(`is paid no more than the caller allows, in ${feeToken}, whatever else it could take`, async () => {
      const s = scenario();
      await ask({ fee: 90n * ONE });
      const maxFee = 2n * sound[feeToken];
      const { lanes, paid } = await send(s, feeToken, maxFee, 95n * ONE);
      expect(lanes).to.deep.equal([
        failed(s, `FeeAboveMaximum(fee: ${90n * ONE}, left: ${maxFee})`),
        served(s, feeToken, sound[feeToken]),
      ]);
      expect(paid[feeToken]).to.equal(sound[feeToken]);
    });

    for (const fee of [ABSURD, MaxUint256]) {
      it(`that charges ${fee} leaves the quotes of the other lanes unchanged, in ${feeToken}`, async () => {
        const s = scenario();
        await ask({ fee });
        const selectors = s.mesh.satellites.map(({ selector }) => selector);
        expect(await s.broadcaster().quote(selectors, feeTokenOf(s, feeToken))).to.deep.equal([
          sound[feeToken],
          [0n, sound[feeToken]],
        ]);
        const { lanes, paid } = await send(s, feeToken, MaxUint256, sound[feeToken]);
        expect(lanes).to.deep.equal([
          failed(s, `FeeAboveMaximum(fee: ${fee}, left: ${ABSURD - 1n})`),
          served(s, feeToken, sound[feeToken]),
        ]);
        expect(paid[feeToken]).to.equal(sound[feeToken]);
      });
    }
  }

  /** The fee that the ramp asks for beyond its quote, and whether the message is sent with it. */
  const surcharges: [surcharge: bigint, served: boolean][] = [
    [1n, true],
    [2n, false],
    [ONE, false],
  ];
  for (const [surcharge, isServed] of surcharges) {
    it(`that charges ${surcharge} more once it may take LINK gets ${isServed ? "that juel of the treasury" : "nothing"}`, async () => {
      const s = scenario();
      await ask({ surcharge });
      const treasury = await balancesOf(s, s.home.contracts.broadcaster);
      const { lanes, paid } = await send(s, "LINK", 2n * ONE);
      expect(lanes.map((outcome) => "fee" in outcome)).to.deep.equal([isServed, true]);
      expect(paid.LINK).to.equal(sound.LINK + (isServed ? ONE : 0n));
      const after = await balancesOf(s, s.home.contracts.broadcaster);
      expect(treasury.LINK - after.LINK).to.equal(isServed ? surcharge : 0n);
    });
  }

  it("cannot spend a third party's allowance when it receives a message", async () => {
    const s = scenario();
    const victim = s.address("thirdParty");
    await ask({ victim });
    const payer = s.signer(s.home, "bob");
    await giveLink(s, await payer.getAddress(), 10n * ONE);
    await mined(link(s).connect(payer).approve(s.home.contracts.broadcaster, MaxUint256));
    const before = await balancesOf(s, victim);
    const receipt = await mined(
      s
        .broadcaster(payer)
        .broadcast([s.sat1.selector], feeTokenOf(s, "LINK"), 5n * ONE, { gasLimit: BROADCAST_GAS }),
    );
    expect(lanesIn(s, receipt)).to.deep.equal([
      failed(s, `OnlySelf(caller: ${await ramp.getAddress()})`),
    ]);
    expect(await balancesOf(s, victim)).to.deep.equal(before);
  });

  it("takes at most the day's budget from the treasury, in any number of broadcasts", async () => {
    const s = scenario();
    const [perDay] = await s.broadcaster().getTreasuryBudget(feeTokenOf(s, "LINK"));
    expect(perDay).to.be.below(TREASURY);
    for (const fee of [TREASURY, perDay + 1n, perDay - ONE, ONE, ONE, ONE]) {
      await ask({ fee });
      await mined(
        s
          .broadcaster("treasurySpender")
          .broadcastFromTreasury([s.sat1.selector], feeTokenOf(s, "LINK"), MaxUint256, {
            gasLimit: BROADCAST_GAS,
          }),
      );
    }
    const { LINK } = await balancesOf(s, s.home.contracts.broadcaster);
    expect(TREASURY - LINK).to.equal(perDay);
  });

  it("cannot stop the other satellite from receiving home's index", async () => {
    const s = scenario();
    await ask({ fee: MaxUint256, quoteGas: 990_000n });
    await send(s, "LINK", MaxUint256);
    expectSuccess(await s.deliver());
    expect(await s.tokenOn(s.sat2).epoch()).to.equal(2n);
    expect(await s.tokenOn(s.sat1).epoch()).to.equal(1n);
  });
});

/** Small where a quote leaves about as much gas as it takes to collect a fee in LINK. */
function stepAfter(quoteGas: bigint): bigint {
  return quoteGas >= 860_000n && quoteGas < 960_000n ? 2_000n : 10_000n;
}

/** Returns whether each lane would be served by a broadcast that allows ten tokens of fees. */
async function rehearse(s: Scenario, payment: Payment): Promise<boolean[]> {
  const selectors = s.mesh.satellites.map(({ selector }) => selector);
  const gas = { gasLimit: BROADCAST_GAS };
  const maxFee = 10n * ONE;
  const messageIds =
    payment === "LINK of the treasury"
      ? await s
          .broadcaster("treasurySpender")
          .broadcastFromTreasury.staticCall(selectors, feeTokenOf(s, "LINK"), maxFee, gas)
      : await s
          .broadcaster("thirdParty")
          .broadcast.staticCall(selectors, feeTokenOf(s, payment), maxFee, {
            ...gas,
            value: payment === "native" ? maxFee : 0n,
          });
  return messageIds.map((messageId) => messageId !== ZeroHash);
}

/** Broadcasts to both satellites as the third party; in native with a value. */
async function send(s: Scenario, feeToken: FeeToken, maxFee: bigint, value = 0n) {
  const selectors = s.mesh.satellites.map(({ selector }) => selector);
  const payer = s.address("thirdParty");
  const before = await balancesOf(s, payer);
  const receipt = await mined(
    s.broadcaster("thirdParty").broadcast(selectors, feeTokenOf(s, feeToken), maxFee, {
      value: feeToken === "native" ? value : 0n,
      gasLimit: BROADCAST_GAS,
    }),
  );
  const after = await balancesOf(s, payer);
  return {
    lanes: lanesIn(s, receipt),
    paid: {
      native: before.native - after.native - receipt.gasUsed * receipt.gasPrice,
      LINK: before.LINK - after.LINK,
    },
  };
}

function failed(s: Scenario, reason: string): LaneOutcome {
  return { chain: s.sat1.name, epoch: 2n, reason };
}

function served(s: Scenario, feeToken: FeeToken, fee: bigint): LaneOutcome {
  return { chain: s.sat2.name, epoch: 2n, feeToken: feeTokenOf(s, feeToken), fee };
}
