import path from "node:path";

import { expect } from "chai";
import { ZeroAddress, parseEther } from "ethers";
import type { TransactionReceipt } from "ethers";
import { localAccount } from "ccip-localnet";

import type { MeshChain, SatelliteChain } from "../../lib/core/mesh/mesh";
import { gasOfCallsTo } from "../shared/callTrace";
import { EXPECTED } from "../shared/ccipExpectations";
import { CCIP_VERSION } from "../shared/ccipVersion";
import { GasSnapshot } from "../shared/gasSnapshot";
import { batchFor, deployGovernance } from "../shared/proposing";
import type { Governance } from "../shared/proposing";
import { expectSuccess, mined, useWorld } from "../shared/scenario";
import type { Scenario } from "../shared/scenario";
import { fixNextBlockTime } from "../shared/tokenFixture";
import { inProcessWorld } from "../shared/world";
import { deployWrapping, wrappingOn } from "../shared/wrapping";
import type { Wrapping } from "../shared/wrapping";

const WEEK = 604_800n;
/** The state of a proposal. */
const SCHEDULED = 1n;
/** Part of the calldata of a proposal that is sent again, where zero bytes cost less: the same in every run. */
const VALID_UNTIL = 0x7777_7777_7777_7777n;
/** Leaves a rest of shares at an index that is odd. */
const WRAPPED = parseEther("10") + 7n;

interface Measurement {
  readonly title: string;
  readonly neverAbove: bigint;
  readonly measure: (s: Scenario) => Promise<bigint>;
}

describe("Gas of the optional contracts", () => {
  const file = `__snapshots__/optional-gas-${CCIP_VERSION}.json`;
  const snapshot = new GasSnapshot(path.join(__dirname, file));
  let governance: Governance;
  let wrappings: ReadonlyMap<MeshChain, Wrapping>;
  // Each has been used before, at an index that is odd.
  const scenario = useWorld(async (s) => {
    governance = await deployGovernance(s);
    wrappings = await deployWrapping(s);
    await s.rebase("3.7");
    await propose(s, s.mesh.satellites, WEEK);
    await sendWrapped(s, s.address("bob"));
    expectSuccess(await s.deliver());
    await s.refillBuckets();
  }, inProcessWorld);

  /** One short call for each of these satellites, paid for by the sender. */
  async function propose(
    s: Scenario,
    satellites: readonly SatelliteChain[],
    validFor: bigint,
  ): Promise<TransactionReceipt> {
    const requests = satellites.map((satellite) => {
      const { targets, values, payloads, ...batch } = batchFor(satellite);
      const lists = { targets: [...targets], values: [...values], payloads: [...payloads] };
      return { selector: satellite.selector, validFor, batch: { ...batch, ...lists } };
    });
    const sender = governance.sender.connect(await s.timelock(s.home));
    return mined(sender.propose(requests, ZeroAddress, parseEther("10")));
  }

  async function resend(s: Scenario): Promise<bigint> {
    const now = await fixNextBlockTime();
    const { logs } = await propose(s, [s.sat1], VALID_UNTIL - now);
    const { interface: abi } = governance.sender;
    const payload = logs
      .map((log) => abi.parseLog(log))
      .flatMap((event) => (event?.name === "ProposalCreated" ? [String(event.args.payload)] : []))
      .join();
    const sender = governance.sender.connect(s.signer(s.home, "thirdParty"));
    const fee = await sender.quote(s.sat1.selector, payload, ZeroAddress);
    const value = fee + parseEther("1");
    const { gasUsed } = await mined(sender.resend(s.sat1.selector, 2n, payload, { value }));
    return gasUsed;
  }

  async function sendWrapped(s: Scenario, receiver: string): Promise<bigint> {
    const bridge = wrappingOn(wrappings, s.home).bridge.connect(s.signer(s.home, "alice"));
    const [fee] = await bridge.quote(s.sat1.selector, receiver, WRAPPED, ZeroAddress);
    const value = fee + parseEther("1");
    const { gasUsed } = await mined(
      bridge.send(s.sat1.selector, receiver, WRAPPED, 0n, ZeroAddress, { value }),
    );
    return gasUsed;
  }

  async function wrappedArrival(s: Scenario, receiver: string): Promise<bigint> {
    const { bridge, wrapper } = wrappingOn(wrappings, s.sat1);
    const before = await wrapper.balanceOf(receiver);
    await sendWrapped(s, receiver);
    const gas = await arrivalAt(s, await bridge.getAddress());
    expect((await wrapper.balanceOf(receiver)) - before).to.be.within(WRAPPED - 2n, WRAPPED);
    return gas;
  }

  const { propose: most, sendWrapped: mostWrapped } = EXPECTED.gas;
  const measurements: readonly Measurement[] = [
    ...[1, 2].map((count): Measurement => ({
      title: `proposalSender.propose to ${count}, one short call each, fee in native`,
      neverAbove: most.base + most.each * BigInt(count),
      measure: async (s) => (await propose(s, s.mesh.satellites.slice(0, count), WEEK)).gasUsed,
    })),
    {
      title: "proposalSender.resend of one short call, change comes back",
      neverAbove: most.again,
      measure: resend,
    },
    {
      title: "proposalReceiver.ccipReceive of one short call, as the router calls it",
      neverAbove: 108_000n,
      measure: async (s) => {
        await propose(s, [s.sat1], WEEK);
        const receiver = governance.receivers.get(s.sat1);
        if (!receiver) throw new Error(`No receiver was deployed on ${s.sat1.name}.`);
        const gas = await arrivalAt(s, await receiver.getAddress());
        expect((await receiver.getProposal(2n)).state).to.equal(SCHEDULED);
        return gas;
      },
    },
    {
      title: "wrappedBridge.send, fee in native, change comes back",
      neverAbove: mostWrapped,
      measure: (s) => sendWrapped(s, s.address("bob")),
    },
    {
      title: "wrappedBridge.ccipReceive, as the router calls it, receiver holds already",
      neverAbove: 64_000n,
      measure: (s) => wrappedArrival(s, s.address("bob")),
    },
    {
      title: "wrappedBridge.ccipReceive, as the router calls it, receiver new",
      neverAbove: 102_000n,
      measure: (s) => wrappedArrival(s, localAccount(2_000).address),
    },
  ];

  for (const { title, neverAbove, measure } of measurements) {
    it(`${title}: never above ${neverAbove.toLocaleString("en")}`, async () => {
      const gas = await measure(scenario());
      snapshot.check(title, gas);
      expect(gas).to.be.at.most(neverAbove);
    });
  }

  it("has no snapshot figure that is not measured", () => {
    const measured = measurements.map(({ title }) => title);
    expect(snapshot.names.filter((name) => !measured.includes(name))).to.deep.equal([]);
  });
});

/** The dearest call to a contract of the first satellite by what arrives there next: ERC-165 questions cost less. */
async function arrivalAt(s: Scenario, contract: string): Promise<bigint> {
  const route = { from: s.home, to: s.sat1 };
  await s.verify(route);
  const deliveries = await s.execute(route);
  expectSuccess(deliveries);
  const [delivery] = deliveries;
  if (!delivery) throw new Error("Nothing was delivered.");
  return BigInt(Math.max(...(await gasOfCallsTo(delivery.transactionHash, contract))));
}
