import path from "node:path";

import { expect } from "chai";
import { Interface, parseEther } from "ethers";
import type { TransactionReceipt } from "ethers";
import { z } from "zod";
import { localAccount, sendAll } from "ccip-localnet";
import type { Delivery } from "ccip-localnet";
import { readOne, released, toRouterMessage } from "ccip-localnet/protocol";

import { growthFactor, sharesPerTokenAfter } from "../../lib/core/growth";
import { RebaseToken__factory } from "../../typechain-types";
import {
  addDestinations,
  approveLink,
  broadcastOver,
  giveLink,
  receiveGas,
  withUnsyncedSatellite,
} from "../shared/broadcasting";
import type { FeeToken } from "../shared/broadcasting";
import { EXPECTED } from "../shared/ccipExpectations";
import { CCIP_VERSION } from "../shared/ccipVersion";
import { gasOfCallsTo } from "../shared/callTrace";
import { GasSnapshot } from "../shared/gasSnapshot";
import { impersonate } from "../shared/impersonate";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Route, Scenario } from "../shared/scenario";
import { inProcessWorld } from "../shared/world";

/** Part of the calldata of a rebase, where zero bytes cost less: the same in every run, far away. */
const EFFECTIVE_AT = 0x77777777n;

const AMOUNT = parseEther("100");

const erc20Interface = new Interface([
  "function approve(address spender, uint256 amount)",
  "function transfer(address to, uint256 amount)",
]);

/** The measured transactions, and the most gas that each may cost. */
interface Measurement {
  readonly title: string;
  readonly neverAbove: bigint;
  readonly measure: (s: Scenario) => Promise<bigint>;
}

/** The OffRamp's view of messages, which that of CCIP 2.0 lacks. */
const MESSAGES: readonly Measurement[] = [
  ...[
    { receiver: "holds already", to: (s: Scenario) => s.address("bob"), most: "toHolder" as const },
    { receiver: "new", to: () => fresh(0), most: "toNew" as const },
  ].map(({ receiver, to, most }): Measurement => ({
    title: `message with tokens, as the OffRamp measures it, receiver ${receiver}`,
    neverAbove: EXPECTED.gas.message[most],
    measure: async (s) => (await arrive(s, to(s))).gasUsed,
  })),
  {
    title: "message with tokens, as the OffRamp measures it, first ever on the satellite",
    neverAbove: EXPECTED.gas.message.toNew,
    measure: async (s) => (await arrive(s, fresh(0), { from: s.home, to: s.sat2 })).gasUsed,
  },
];

const MEASUREMENTS: readonly Measurement[] = [
  {
    title: "transfer to somebody who holds already",
    neverAbove: 47_000n,
    measure: async (s) => (await transfer(s, s.address("bob"))).gasUsed,
  },
  {
    title: "transfer to somebody new",
    neverAbove: 64_000n,
    measure: async (s) => (await transfer(s, fresh(0))).gasUsed,
  },
  {
    title: "token.rebase",
    neverAbove: 46_000n,
    measure: rebaseGas,
  },
  ...(["used up", "that last"] as const).map((allowances): Measurement => ({
    title: `ccipSend of tokens, fee in LINK, allowances ${allowances}`,
    neverAbove: EXPECTED.gas.ccipSend,
    measure: async (s) => (await sendForLink(s, allowances)).gasUsed,
  })),
  {
    title: "pool.lockOrBurn, as the OnRamp calls it",
    neverAbove: 43_000n,
    measure: async (s) => {
      const { hash } = await sendForLink(s, "used up");
      return dearest(await gasOfCallsTo(hash, s.home.contracts.pool));
    },
  },
  {
    title: "pool.releaseOrMint, as the OffRamp calls it, receiver holds already",
    neverAbove: 50_000n,
    measure: async (s) => poolGas(s, await arrive(s, s.address("bob"))),
  },
  {
    title: "pool.releaseOrMint, as the OffRamp calls it, receiver new",
    neverAbove: 67_000n,
    measure: async (s) => poolGas(s, await arrive(s, fresh(0))),
  },
  ...(EXPECTED.measuresMessages ? MESSAGES : []),
  {
    title: "execute with one message of tokens, receiver holds already",
    neverAbove: EXPECTED.gas.execute.toHolder,
    measure: async (s) => executeGas(s, await arrive(s, s.address("bob"))),
  },
  {
    title: "execute with one message of tokens, receiver new",
    neverAbove: EXPECTED.gas.execute.toNew,
    measure: async (s) => executeGas(s, await arrive(s, fresh(0))),
  },
  {
    title: "receiver.ccipReceive, as the router calls it, first sync",
    neverAbove: 80_000n,
    measure: async (s) => syncGas(await withUnsyncedSatellite(s)),
  },
  {
    title: "receiver.ccipReceive, as the router calls it, later",
    neverAbove: 45_000n,
    measure: syncGas,
  },
  {
    title: "receiver.ccipReceive with a band, three epochs at once",
    neverAbove: 45_000n,
    measure: async (s) => {
      await setBand(s, 60_000);
      for (let i = 0; i < 2; i++) await s.rebaseHome("5");
      return syncGas(s);
    },
  },
  {
    title: "receiver.ccipReceive with a band, held back for the first time",
    // The broadcaster sells no less than 1.5 times this.
    neverAbove: 83_000n,
    measure: async (s) => {
      await setBand(s, 10_000);
      return syncGas(s);
    },
  },
  ...[1, 2, 15].flatMap((count) =>
    (["native", "LINK"] as const).map((feeToken): Measurement => ({
      title: `broadcast to ${count}, fee in ${feeToken}, steady`,
      neverAbove: EXPECTED.gas.broadcast.base + EXPECTED.gas.broadcast.each * BigInt(count),
      measure: async (s) => (await broadcastTo(s, count, feeToken, "named")).sent,
    })),
  ),
  ...[1, 15].map((count): Measurement => ({
    title: `broadcastPending to ${count}, fee in native, steady`,
    // Finding out which are pending reads two slots, one of which the lane reads anyway.
    neverAbove:
      EXPECTED.gas.broadcast.base + 3_000n + (EXPECTED.gas.broadcast.each + 2_500n) * BigInt(count),
    measure: async (s) => (await broadcastTo(s, count, "native", "pending")).sent,
  })),
  {
    title: "broadcastPending, 15 destinations, nothing to send",
    neverAbove: 125_000n,
    measure: async (s) => (await broadcastTo(s, 15, "native", "pending")).again,
  },
];

describe("Gas", () => {
  const snapshot = new GasSnapshot(path.join(__dirname, `__snapshots__/gas-${CCIP_VERSION}.json`));
  const scenario = useWorld(async (s) => {
    await s.mint("alice", parseEther("10000"));
    await s.mint("bob", parseEther("1"));
    await s.send({ from: s.home, to: s.sat1 }, "alice", AMOUNT, s.address("bob"));
    expectSuccess(await s.deliver());
    await s.refillBuckets();
  }, inProcessWorld);

  for (const { title, neverAbove, measure } of MEASUREMENTS) {
    it(`${title}: never above ${neverAbove.toLocaleString("en")}`, async () => {
      const gas = await measure(scenario());
      expect(gas).to.be.at.most(neverAbove);
      snapshot.check(title, gas);
    });
  }

  it("of token.rebase does not depend on the number of holders", async () => {
    const s = scenario();
    for (let i = 0; i < 25; i++) await transfer(s, fresh(i));
    snapshot.check("token.rebase", await rebaseGas(s));
  });

  it("has no snapshot figure that is not measured", () => {
    const measured = MEASUREMENTS.map(({ title }) => title);
    expect(snapshot.names.filter((name) => !measured.includes(name))).to.deep.equal([]);
  });
});

function transfer(s: Scenario, to: string): Promise<TransactionReceipt> {
  return mined(s.tokenOn(s.home, "alice").transfer(to, AMOUNT));
}

/** A rebase of the token alone, as the controller calls it, in the steady state. */
async function rebaseGas(s: Scenario): Promise<bigint> {
  await s.rebase("5", []);
  const { provider } = s.ccipChain(s.home);
  const token = RebaseToken__factory.connect(
    s.home.contracts.token,
    await impersonate(provider, s.home.contracts.controller),
  );
  const next = sharesPerTokenAfter(await token.sharesPerToken(), growthFactor("5"));
  const { gasUsed } = await mined(token.rebase((await token.epoch()) + 1n, next, EFFECTIVE_AT));
  return gasUsed;
}

/** Alice sends tokens from home and pays in LINK, with allowances for this message or for many. */
async function sendForLink(
  s: Scenario,
  allowances: "used up" | "that last",
): Promise<TransactionReceipt> {
  const { ccip, owner } = s.ccipChain(s.home);
  const { token } = s.home.contracts;
  const { selector } = s.sat1;
  const message = toRouterMessage({
    receiver: s.address("bob"),
    tokens: [{ token, amount: AMOUNT }],
    feeToken: ccip.link,
  });
  const router = released("router");
  const fee = await readOne(
    s.home.provider,
    { address: ccip.router, interface: router.interface },
    "getFee",
    [selector, message],
    z.bigint(),
  );
  const erc20 = (to: string, name: "approve" | "transfer", account: string, amount: bigint) => ({
    label: `${name} ${amount} of ${to}`,
    to,
    data: erc20Interface.encodeFunctionData(name, [account, amount]),
  });
  const times = allowances === "that last" ? 2n : 1n;
  const approvals = [
    erc20(ccip.link, "approve", ccip.router, times * fee),
    erc20(token, "approve", ccip.router, times * AMOUNT),
  ];
  const send = {
    label: "ccipSend",
    to: ccip.router,
    data: router.interface.encodeFunctionData("ccipSend", [selector, message]),
  };
  await sendAll(owner, [erc20(ccip.link, "transfer", s.address("alice"), 10n * fee)]);
  // The first fee in LINK fills a slot that later ones only change: the second message counts.
  const alice = s.signer(s.home, "alice");
  const receipts = await sendAll(alice, [...approvals, send, ...approvals, send]);
  const last = receipts.at(-1);
  if (!last) throw new Error("Transactions were sent and gave no receipts.");
  return last;
}

/** A broadcast over so many lanes, on each of which one has left before, and the same call once more. */
async function broadcastTo(
  s: Scenario,
  count: number,
  feeToken: FeeToken,
  destinations: "named" | "pending",
): Promise<{ sent: bigint; again: bigint }> {
  const selectors = await addDestinations(s, count);
  if (destinations === "pending") {
    const admin = s.broadcaster(await s.timelock(s.home));
    for (const { selector } of s.mesh.satellites) await mined(admin.removeDestination(selector));
  }
  await giveLink(s);
  await approveLink(s, parseEther("100"));
  return broadcastOver(s, selectors, feeToken, destinations);
}

/** Bounds the steps of the second satellite, of which three are allowed after three seconds. */
async function setBand(s: Scenario, maxGrowth: number): Promise<void> {
  const receiver = s.receiverOn(s.sat2, await s.timelock(s.sat2));
  const steps = { maxLoss: 60_000, minInterval: 1, maxSteps: 3, maxStepsByHand: 10 };
  await mined(receiver.setBand({ maxGrowth, ...steps }));
}

/** A rebase that is broadcast to the second satellite. */
async function syncGas(s: Scenario): Promise<bigint> {
  await s.rebaseHome("5");
  await s.broadcastAll([s.sat2]);
  const deliveries = await s.deliver();
  expectSuccess(deliveries);
  const [delivery] = deliveries;
  if (!delivery) throw new Error("Nothing was delivered.");
  return receiveGas(s.sat2, delivery);
}

/** A message with tokens, to a satellite where others arrived before unless another way is named. */
async function arrive(
  s: Scenario,
  receiver: string,
  route: Route = { from: s.home, to: s.sat1 },
): Promise<Delivery> {
  await s.send(route, "alice", AMOUNT, receiver);
  await s.verify(route);
  const deliveries = await s.execute(route);
  expectSuccess(deliveries);
  const [delivery] = deliveries;
  if (!delivery) throw new Error("Nothing was delivered.");
  return delivery;
}

async function poolGas(s: Scenario, { transactionHash }: Delivery): Promise<bigint> {
  return dearest(await gasOfCallsTo(transactionHash, s.sat1.contracts.pool));
}

async function executeGas(s: Scenario, { transactionHash }: Delivery): Promise<bigint> {
  const receipt = await s.sat1.provider.getTransactionReceipt(transactionHash);
  if (!receipt) throw new Error(`${transactionHash} was not mined.`);
  return receipt.gasUsed;
}

/** Before a ramp calls a pool to move tokens it asks for its interfaces, which costs less. */
function dearest(calls: readonly number[]): bigint {
  return BigInt(Math.max(...calls));
}

/** An account that has never held the token. */
function fresh(i: number): string {
  return localAccount(2_000 + i).address;
}
