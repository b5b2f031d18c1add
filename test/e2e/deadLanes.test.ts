import { expect } from "chai";
import { MaxUint256, ZeroAddress, parseEther, toBeHex } from "ethers";
import { z } from "zod";
import { call, connectLane, curse, sendAll, uncurse } from "ccip-localnet";
import { readAll, readOne, releasedOf } from "ccip-localnet/protocol";

import {
  approveLink,
  feeTokenOf,
  feesOf,
  fromHome,
  giveLink,
  indexOf,
  link,
  pay,
  balancesOf,
} from "../shared/broadcasting";
import type { FeeToken, LaneOutcome } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { expectSuccess, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { WORLD_NAME } from "../shared/world";

const FEE_TOKENS: readonly FeeToken[] = ["native", "LINK"];
const TREASURY = parseEther("5");

/** One way in which CCIP stops taking messages for the first satellite. */
interface Fault {
  readonly what: string;
  /** True if the router still quotes a fee for the lane. */
  readonly quoted: boolean;
  readonly inject: (s: Scenario) => Promise<void>;
  readonly reason: (s: Scenario) => string;
  readonly fix: (s: Scenario) => Promise<void>;
}

const STALE_PRICE: Fault = {
  what: "has a stale gas price",
  quoted: false,
  inject: async (s) => {
    await changeDestination(s, { gasPriceStalenessThreshold: 3_600 });
    await s.waitUntil(BigInt(await s.now()) + 7_200n);
  },
  reason: (s) => `StaleGasPrice(destChainSelector: ${s.sat1.selector}, threshold: 3600, `,
  fix: (s) =>
    s.ccip.reportPrices(s.ccipChain(s.home), {
      gas: [{ destinationSelector: s.sat1.selector, usdPerUnitGas: 3_000n * 10n ** 9n }],
    }),
};

const FAULTS: readonly Fault[] = [
  {
    what: "is cursed at home",
    quoted: EXPECTED.quotesWhenCursed,
    inject: (s) => curse(lane(s), "source"),
    reason: (s) => `CursedByRMN(chainSelector: ${s.sat1.selector})`,
    fix: (s) => uncurse(lane(s), "source"),
  },
  {
    what: "is unknown to the router",
    quoted: false,
    inject: (s) =>
      configure(s, "router", "applyRampUpdates", [
        [{ destChainSelector: s.sat1.selector, onRamp: ZeroAddress }],
        [],
        [],
      ]),
    reason: (s) => `UnsupportedDestinationChain(destChainSelector: ${s.sat1.selector})`,
    fix: reconnect,
  },
  {
    what: "is switched off in the fee quoter",
    quoted: false,
    inject: (s) => changeDestination(s, { isEnabled: false }),
    reason: (s) => `DestinationChainNotEnabled(destChainSelector: ${s.sat1.selector})`,
    fix: reconnect,
  },
  {
    what: "takes less gas than the receiver is given",
    quoted: false,
    inject: (s) => changeDestination(s, { maxPerMsgGasLimit: 149_999, defaultTxGasLimit: 100_000 }),
    reason: () => "MessageGasLimitTooHigh()",
    fix: reconnect,
  },
  {
    what: "takes shorter messages only",
    quoted: false,
    inject: (s) => changeDestination(s, { maxDataBytes: 63 }),
    reason: () => `MessageTooLarge(maxSize: 63, actualSize: ${EXPECTED.broadcastSize})`,
    fix: reconnect,
  },
  ...(EXPECTED.pricesGetStale ? [STALE_PRICE] : []),
  {
    what: "has a ramp that takes nothing from the router",
    quoted: EXPECTED.quotesWithoutRouter,
    inject: (s) => changeRamp(s, { router: ZeroAddress }),
    reason: (s) => EXPECTED.withoutRouter(s.sat1.selector),
    fix: reconnect,
  },
  {
    what: "is quoted, and takes messages from others only",
    quoted: true,
    inject: admitOthersOnly,
    reason: (s) => `SenderNotAllowed(sender: ${s.home.contracts.broadcaster})`,
    fix: reconnect,
  },
];

describe(`A dead lane (${WORLD_NAME})`, () => {
  const scenario = useWorld(async (s) => {
    await giveLink(s);
    await giveLink(s, s.home.contracts.broadcaster, TREASURY);
    const payIn = { to: s.home.contracts.broadcaster, value: TREASURY };
    await (await s.signer(s.home, "alice").sendTransaction(payIn)).wait();
  });

  for (const { what, quoted, inject, reason, fix } of FAULTS) {
    for (const feeToken of FEE_TOKENS) {
      it(`that ${what} costs nothing, delays no other lane, and recovers (${feeToken}) [D15, D19, I31]`, async () => {
        const s = scenario();
        await s.rebaseHome("5");
        const sound = await feesOf(s, feeToken);
        const record = await s.broadcaster().getDestination(s.sat1.selector);
        await inject(s);
        const fees = await feesOf(s, feeToken);
        expect(fees).to.deep.equal(quoted ? sound : [0n, sound[1]]);

        // The payer quoted while the lane was working.
        const offered = sound.reduce((a, b) => a + b, 0n);
        const treasury = await balancesOf(s, s.home.contracts.broadcaster);
        await approveLink(s, offered);
        const { lanes, paid, messages } = await pay(s, feeToken, {
          value: feeToken === "native" ? offered : 0n,
        });

        expectLanes(lanes, [
          { chain: s.sat1.name, epoch: 2n, reason: reason(s) },
          { chain: s.sat2.name, epoch: 2n, feeToken: feeTokenOf(s, feeToken), fee: sound[1] ?? 0n },
        ]);
        expect(paid[feeToken], "paid").to.equal(sound[1]);
        expect(paid[feeToken === "native" ? "LINK" : "native"], "paid in the other").to.equal(0n);
        expect(messages).to.have.length(1);
        expect(await balancesOf(s, s.home.contracts.broadcaster)).to.deep.equal(treasury);
        await expectAllowances(s, feeToken === "LINK" ? (sound[0] ?? 0n) : offered);
        expect(await s.broadcaster().getDestination(s.sat1.selector)).to.deep.equal(record);

        expectSuccess(await s.deliver());
        expect(await epochsOf(s)).to.deep.equal([2n, 1n, 2n]);

        await fix(s);
        await approveLink(s, MaxUint256);
        const healed = await pay(s, feeToken, { to: [s.sat1] });
        expect(healed.messages).to.have.length(1);
        expectSuccess(await s.deliver());
        expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
      });
    }
  }

  for (const dead of ["the first", "the second"] as const) {
    it(`leaves the other lane working when ${dead} is cursed at both ends [D15]`, async () => {
      const s = scenario();
      const [gone, alive] = dead === "the first" ? [s.sat1, s.sat2] : [s.sat2, s.sat1];
      await s.rebaseHome("-2");
      await s.curse(fromHome(s, gone));
      const { lanes } = await pay(s, "native");
      expect(lanes.map((outcome) => [outcome.chain, "fee" in outcome])).to.deep.equal([
        [s.sat1.name, s.sat1 === alive],
        [s.sat2.name, s.sat2 === alive],
      ]);
      expectSuccess(await s.deliver());
      expect(await s.tokenOn(alive).epoch()).to.equal(2n);
      expect(await s.tokenOn(gone).epoch()).to.equal(1n);

      await s.uncurse(fromHome(s, gone));
      await pay(s, "native", { to: [gone] });
      expectSuccess(await s.deliver());
      expect(await indexOf(s, gone)).to.deep.equal(await indexOf(s, s.home));
    });
  }

  it("that fails with a message in flight delivers it after recovery", async () => {
    const s = scenario();
    await s.rebaseHome("5");
    await pay(s, "native");
    await curse(lane(s), "destination");
    expectSuccess(await s.deliver());
    expect(await epochsOf(s)).to.deep.equal([2n, 1n, 2n]);

    await uncurse(lane(s), "destination");
    expectSuccess(await s.deliver());
    expect(await epochsOf(s)).to.deep.equal([2n, 2n, 2n]);
  });

  for (const feeToken of FEE_TOKENS) {
    it(`costs nothing in ${feeToken} when all lanes are dead`, async () => {
      const s = scenario();
      const sound = await feesOf(s, feeToken);
      const treasury = await balancesOf(s, s.home.contracts.broadcaster);
      await approveLink(s, MaxUint256);
      await curseEverything(s);
      await s.rebaseHome("5");
      expect(await feesOf(s, feeToken)).to.deep.equal(EXPECTED.quotesWhenCursed ? sound : [0n, 0n]);
      const { lanes, paid, messages } = await pay(s, feeToken, {
        value: feeToken === "native" ? sound.reduce((a, b) => a + b, 0n) : 0n,
      });
      expectLanes(
        lanes,
        s.mesh.satellites.map(({ name, selector }) => ({
          chain: name,
          epoch: 2n,
          reason: EXPECTED.cursedEverywhere(selector),
        })),
      );
      expect(paid).to.deep.equal({ native: 0n, LINK: 0n });
      expect(messages).to.be.empty;
      expect(await balancesOf(s, s.home.contracts.broadcaster)).to.deep.equal(treasury);
    });
  }

  it("does not stop a rebase, even when all lanes are dead", async () => {
    const s = scenario();
    await curseEverything(s);
    const before = await s.tokenOn(s.home).sharesPerToken();
    for (const percent of ["5", "-2"]) await s.waitUntil(await s.rebaseHome(percent));
    expect(await s.tokenOn(s.home).epoch()).to.equal(3n);
    expect(await s.tokenOn(s.home).sharesPerToken()).not.to.equal(before);
    expect(await epochsOf(s)).to.deep.equal([3n, 1n, 1n]);
  });

  it("does not excuse a payer who pays too little for the working lanes", async () => {
    const s = scenario();
    await curse(lane(s), "source");
    const [, fee] = await feesOf(s, "native");
    // A dead lane that quotes a fee is offered it first.
    const { selector } = EXPECTED.quotesWhenCursed ? s.sat1 : s.sat2;
    await expect(pay(s, "native", { value: (fee ?? 0n) - 1n }))
      .to.be.revertedWithCustomError(s.broadcaster(), "InsufficientFee")
      .withArgs(selector, fee, (fee ?? 0n) - 1n);
  });

  it("costs the treasury nothing either", async () => {
    const s = scenario();
    await curse(lane(s), "source");
    const [, fee] = await feesOf(s, "native");
    const selectors = s.mesh.satellites.map(({ selector }) => selector);
    const spender = s.broadcaster("treasurySpender");
    const overrides = { gasLimit: 3_000_000n };
    await (await spender.broadcastFromTreasury(selectors, ZeroAddress, TREASURY, overrides)).wait();
    expect(await balancesOf(s, s.home.contracts.broadcaster)).to.deep.equal({
      native: TREASURY - (fee ?? 0n),
      LINK: TREASURY,
    });
  });
});

function lane(s: Scenario) {
  return s.lane(fromHome(s, s.sat1));
}

/** Every chain at once, by the subject that RMN keeps for it. */
function curseEverything(s: Scenario): Promise<void> {
  return configure(s, "rmnRemote", "curse(bytes16)", [toBeHex((1n << 120n) + 1n, 16)]);
}

/** CCIP's owner changes a contract at home. */
async function configure(
  s: Scenario,
  contract: Parameters<typeof call>[1],
  name: string,
  args: readonly unknown[],
): Promise<void> {
  const { owner, ccip } = s.ccipChain(s.home);
  await sendAll(owner, [call(ccip, contract, name, args)]);
}

/** Changes what the fee quoter knows of the first satellite. */
async function changeDestination(s: Scenario, change: Record<string, unknown>): Promise<void> {
  const { provider, ccip } = s.ccipChain(s.home);
  const config = await readOne(
    provider,
    { address: ccip.feeQuoter, interface: releasedOf("feeQuoter", ccip.version).interface },
    "getDestChainConfig",
    [s.sat1.selector],
    z.record(z.string(), z.unknown()),
  );
  await configure(s, "feeQuoter", "applyDestChainConfigUpdates", [
    [{ destChainSelector: s.sat1.selector, destChainConfig: { ...config, ...change } }],
  ]);
}

/** Changes what the ramp of home knows of the first satellite. */
async function changeRamp(
  s: Scenario,
  change: { readonly router?: string; readonly allowlistEnabled?: boolean },
): Promise<void> {
  const { provider, ccip } = s.ccipChain(s.home);
  const config = await readAll(
    provider,
    { address: ccip.onRamp, interface: releasedOf("onRamp", ccip.version).interface },
    "getDestChainConfig",
    [s.sat1.selector],
    z.record(z.string(), z.unknown()),
  );
  // CCIP 2.0 returns one struct, 1.6 its fields.
  const [only] = Object.values(config);
  const fields = typeof only === "object" && Object.keys(config).length === 1 ? only : config;
  await configure(s, "onRamp", "applyDestChainConfigUpdates", [
    [{ ...fields, destChainSelector: s.sat1.selector, ...change }],
  ]);
}

/** Has home take messages to the first satellite from an empty list of senders: CCIP 2.0 asks its verifier. */
async function admitOthersOnly(s: Scenario): Promise<void> {
  const { ccip } = s.ccipChain(s.home);
  if (ccip.version === "1.6") return changeRamp(s, { allowlistEnabled: true });
  const remote = {
    router: ccip.router,
    remoteChainSelector: s.sat1.selector,
    allowlistEnabled: true,
    feeUSDCents: 5,
    gasForVerification: 50_000,
    payloadSizeBytes: 134,
  };
  return configure(s, "committeeVerifier", "applyRemoteChainConfigUpdates", [[remote]]);
}

/** Reopens the lane to the first satellite with its former configuration. */
async function reconnect(s: Scenario): Promise<void> {
  await connectLane(s.ccipChain(s.home), s.ccipChain(s.sat1));
}

function expectLanes(lanes: readonly LaneOutcome[], expected: readonly LaneOutcome[]): void {
  expect(lanes.map(({ chain }) => chain)).to.deep.equal(expected.map(({ chain }) => chain));
  expected.forEach((wanted, i) => {
    const found = lanes[i];
    if ("reason" in wanted && found && "reason" in found) {
      // A time, such as that of a stale price, is not known in advance.
      expect(found.reason.startsWith(wanted.reason), `${found.reason} / ${wanted.reason}`).to.equal(
        true,
      );
      expect(found.epoch).to.equal(wanted.epoch);
    } else {
      expect(found).to.deep.equal(wanted);
    }
  });
}

/** The router may take no more of the broadcaster than the juel that it keeps, and the broadcaster this much of the payer. */
async function expectAllowances(s: Scenario, left: bigint): Promise<void> {
  const { broadcaster } = s.home.contracts;
  const { router } = s.ccipChain(s.home).ccip;
  expect(await link(s).allowance(broadcaster, router), "the router's allowance").to.be.at.most(1n);
  expect(await link(s).allowance(s.address("thirdParty"), broadcaster)).to.equal(left);
}

function epochsOf(s: Scenario): Promise<bigint[]> {
  return Promise.all(s.all.map((chain) => s.tokenOn(chain).epoch()));
}
