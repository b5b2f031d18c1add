import { expect } from "chai";
import { ZeroAddress, ZeroHash, id, parseEther } from "ethers";

import { localMesh } from "../../../config/meshes/local";
import { actOnProposal } from "../../../lib/cli/proposals/act";
import type { ProposalAction } from "../../../lib/cli/proposals/act";
import { showProposals } from "../../../lib/cli/proposals/show";
import { abi, contractAt } from "../../../lib/core/abis";
import { listenerGasOn } from "../../../lib/core/mesh/listeners";
import type { SatelliteChain } from "../../../lib/core/mesh/mesh";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { examineMessage } from "../../../lib/diagnostics/diagnose";
import type { DoctorReport } from "../../../lib/diagnostics/diagnose";
import { findAll } from "../../../lib/diagnostics/find";
import { prepareExecution } from "../../../lib/governance/actions";
import { readHomeProposals } from "../../../lib/mesh/components/timelock/homeProposals";
import { proposeThroughTimelocks } from "../../../lib/mesh/components/timelock/proposals";
import { readPlan } from "../../../lib/mesh/read";
import { readMesh } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import type { Step } from "../../../lib/mesh/step";
import { call, change, stepOn } from "../../../lib/mesh/stepBuilders";
import { pinLatest } from "../../../lib/rpc/pinned";
import { apply, passTimeAlone } from "../../shared/meshFixture";
import { contextAt } from "../../shared/operatorContext";
import { mined, useWorld } from "../../shared/scenario";
import type { Scenario } from "../../shared/scenario";
import { completeWorld } from "../../shared/world";

/** A mesh file that is governed from home, and asks for another delay of each timelock. */
function anotherDelay(chainCount: number): Partial<MeshInput> {
  const mesh = localMesh(chainCount);
  return { ...mesh, governance: "home", admin: { ...mesh.admin, timelockDelay: 90 } };
}

describe("A proposal of home", () => {
  const scenario = useWorld(undefined, completeWorld);

  /** The context of an operator of that mesh, and what its tasks print. */
  const operator = (s: Scenario) => contextAt(s, anotherDelay(s.chains.length));

  /** Applies the plan until home has sent its proposals; none is delivered. */
  async function sendAll(s: Scenario): Promise<void> {
    const { mesh } = operator(s).context;
    await apply({ ...s, mesh }, { whileWaiting: (steps) => passHomesDelay(s, steps) });
  }

  /** Returns the status of the step of a satellite. */
  async function statusOf(s: Scenario, satellite: SatelliteChain): Promise<Step["status"]> {
    const { steps } = await readPlan(operator(s).context.mesh);
    const step = openSteps(steps).find(
      ({ id: name }) => name === `${satellite.name}/timelock/delay`,
    );
    return step?.status ?? { kind: "done" };
  }

  async function show(s: Scenario): Promise<{ readonly text: string; readonly stuck: number }> {
    const { context, output, printed } = operator(s);
    const options = { chains: context.mesh.satellites, json: false };
    const { stuck } = await showProposals(context, options, output);
    return { text: printed.join("\n"), stuck };
  }

  async function act(
    s: Scenario,
    action: ProposalAction,
    chain: SatelliteChain,
    nonce = 1n,
    account?: string,
  ): Promise<void> {
    const { context, output } = operator(s);
    const confirm = () => Promise.resolve();
    await actOnProposal(context, { action, chain, nonce, account, confirm, json: false }, output);
  }

  async function diagnose(s: Scenario, messageId: string): Promise<DoctorReport> {
    const { mesh } = operator(s).context;
    const [found] = await findAll(mesh, messageId);
    if (!found) throw new Error(`Message ${messageId} was not found.`);
    return examineMessage(mesh, found, s.ccip);
  }

  /** The messages with proposals for a satellite, oldest first. */
  async function messagesTo(s: Scenario, satellite: SatelliteChain): Promise<string[]> {
    const all = await readHomeProposals(s.home, await pinLatest(s.home.name, s.home.provider));
    return all
      .filter(({ selector }) => selector === satellite.selector)
      .flatMap(({ sent }) => sent.map(({ messageId }) => messageId));
  }

  /** Lets time pass and messages arrive until nothing is left to do. */
  async function finish(s: Scenario): Promise<void> {
    const { mesh } = operator(s).context;
    const { open } = await apply({ ...s, mesh }, { whileWaiting: (steps) => forward(s, steps) });
    expect(open.map(({ id: name }) => name)).to.deep.equal([]);
    for (const { contracts, provider } of s.all) {
      expect(await contractAt.timelock(contracts.timelock, provider).getMinDelay()).to.equal(90n);
    }
  }

  it("that CCIP does not take is named with the command that sends it again", async () => {
    const s = scenario();
    const { mesh } = operator(s).context;
    const lane = { from: s.home, to: s.sat1 };
    await apply(
      { ...s, mesh },
      {
        whileWaiting: async (steps) => {
          const isHomes = await passHomesDelay(s, steps);
          if (isHomes) await s.curse(lane);
          return isHomes;
        },
      },
    );
    const status = await statusOf(s, s.sat1);
    expect(status).to.include({ kind: "waiting", cause: "repair" });
    expect(status).to.have.property("reason").that.includes("CursedByRMN");
    expect(status)
      .to.have.property("reason")
      .that.includes("npx hardhat proposals resend --chain local-sat1 --nonce 1 --mesh local");
    expect(await statusOf(s, s.sat2))
      .to.have.property("reason")
      .that.includes("CCIP to deliver");
    const { text, stuck } = await show(s);
    expect(stuck).to.equal(1);
    expect(text).to.include("local-sat1  proposal 1: not sent (");
    expect(text).to.include("local-sat2  proposal 1: on its way");
    expect(text).to.include("timelock.updateDelay(90)");

    const [refused] = (
      await readHomeProposals(s.home, await pinLatest(s.home.name, s.home.provider))
    ).filter(({ selector }) => selector === s.sat1.selector);
    const { mesh: known } = operator(s).context;
    const ofTransaction = async () => {
      const found = await findAll(known, refused?.transactionHash ?? "");
      const reports = await Promise.all(found.map((one) => examineMessage(known, one, s.ccip)));
      return reports.find(({ kind }) => kind === "refused proposal")?.diagnosis;
    };
    expect((await ofTransaction())?.remedies.at(-1)).to.have.property(
      "command",
      "npx hardhat proposals resend --chain local-sat1 --nonce 1 --mesh local",
    );

    await s.uncurse(lane);
    await act(s, "resend", s.sat1);
    expect(await ofTransaction()).to.have.property("verdict", "superseded");
    expect((await show(s)).text).to.include("local-sat1  proposal 1: on its way");
    await finish(s);
    await expectRefusal(act(s, "resend", s.sat1), "has arrived: nothing has to be sent again");
    await expectRefusal(act(s, "execute", s.sat1), "it was executed already");
    await expectRefusal(
      act(s, "cancel", s.sat1),
      "was executed already: a new proposal has to undo it",
    );
  });

  it("that the guardian cancels before it arrives is not scheduled, and is proposed again", async () => {
    const s = scenario();
    await sendAll(s);
    await act(s, "cancel", s.sat1);
    await expectRefusal(act(s, "cancel", s.sat1), "was cancelled already");
    await expectRefusal(
      act(s, "cancel", s.sat2, 1n, s.address("thirdParty")),
      "lacks CANCELLER_ROLE of the timelock on local-sat2: it is held by",
    );
    const [messageId = ""] = await messagesTo(s, s.sat1);
    await s.deliver();
    const { diagnosis } = await diagnose(s, messageId);
    expect(diagnosis.verdict).to.equal("without effect");
    expect(diagnosis.what).to.include("was cancelled there");
    await expectRefusal(act(s, "resend", s.sat1), "its receiver takes no nonce twice");
    await finish(s);
    const { text } = await show(s);
    expect(text).to.include("local-sat1  proposal 1: cancelled");
    expect(text).to.include("local-sat1  proposal 2: executed");
  });

  it("that comes too late is not scheduled, and is proposed again", async () => {
    const s = scenario();
    await sendAll(s);
    const [messageId = ""] = await messagesTo(s, s.sat1);
    await s.waitUntil(BigInt(await s.now()) + 604_801n);
    expect((await diagnose(s, messageId)).diagnosis.what).to.include("proposal 1 has expired");
    await s.deliver();
    const { diagnosis } = await diagnose(s, messageId);
    expect(diagnosis.verdict).to.equal("without effect");
    expect(diagnosis.what).to.include("came too late");
    await expectRefusal(act(s, "resend", s.sat1), "would not be scheduled: propose it again");
    await finish(s);
  });

  it("that is due is executed by an executor, and not before", async () => {
    const s = scenario();
    await sendAll(s);
    await expectRefusal(act(s, "execute", s.sat1), "it has not been scheduled there yet");
    await expectRefusal(
      act(s, "execute", s.sat1, 7n),
      "--nonce 7 is no proposal of home for local-sat1: name one of 1",
    );
    const [messageId = ""] = await messagesTo(s, s.sat1);
    expect((await diagnose(s, messageId)).diagnosis.verdict).to.equal("waiting");
    await s.deliver();
    const scheduled = (await diagnose(s, messageId)).diagnosis;
    expect(scheduled.verdict).to.equal("executed");
    expect(scheduled.what).to.include("is scheduled there until");
    await expectRefusal(act(s, "execute", s.sat1), "it waits for the delay of the timelock until");
    const status = await statusOf(s, s.sat1);
    await s.waitUntil(status.kind === "waiting" ? (status.until ?? 0n) : 0n);
    await expectRefusal(
      act(s, "execute", s.sat1, 1n, s.address("thirdParty")),
      "lacks EXECUTOR_ROLE of the timelock on local-sat1: it is held by",
    );
    const { context } = operator(s);
    const prepared = await prepareExecution(context, s.sat1, 1n);
    expect(prepared.transaction.optionalGas).to.equal(
      listenerGasOn(context.mesh.config, s.sat1.name),
    );
    await act(s, "execute", s.sat1);
    expect(await statusOf(s, s.sat1)).to.deep.equal({ kind: "done" });
    expect((await diagnose(s, messageId)).diagnosis.what).to.include("has been executed there");
  });

  it("is executed with the gas for the listeners that its step asks for", async () => {
    const s = scenario();
    const { mesh } = operator(s).context;
    const { timelock } = s.sat1.contracts;
    const data = abi.timelock.encodeFunctionData("updateDelay", [90]);
    const step = stepOn(s.sat1, "timelock/delay", {
      title: "set the delay",
      changes: [change("delay", "60 s", "90 s")],
      call: { ...call(timelock, "the timelock", timelock, data), optionalGas: 7n },
    });
    const planned = async () => {
      const steps = await proposeThroughTimelocks(mesh, await readMesh(mesh), [step]);
      return steps.find(({ id: name }) => name === step.id)?.call;
    };
    const isExecuted = { to: timelock, as: "EXECUTOR_ROLE of the timelock", optionalGas: 7n };
    expect(await planned()).to.include(isExecuted);
    await sendAll(s);
    expect(await planned()).to.include(isExecuted);
  });

  it("that the timelock refuses fails on arrival, with the reason and the repair", async () => {
    const s = scenario();
    await sendAll(s);
    const [messageId = ""] = await messagesTo(s, s.sat1);
    const { timelock, proposalReceiver = "" } = s.sat1.contracts;
    const owner = contractAt.timelock(timelock, await s.timelock(s.sat1));
    await mined(owner.revokeRole(id("PROPOSER_ROLE"), proposalReceiver));
    await s.deliver();
    const report = await diagnose(s, messageId);
    expect(report.diagnosis.verdict).to.equal("blocked");
    expect(report.diagnosis.why.join(" ")).to.include("lacks PROPOSER_ROLE on local-sat1");
    expect(report.diagnosis.remedies.map(({ command }) => command)).to.deep.equal([
      "npx hardhat mesh apply --mesh local",
      `npx hardhat message execute ${messageId} --mesh local`,
    ]);
    expect((await show(s)).text).to.include("local-sat1  proposal 1: failed on arrival (");

    await mined(owner.grantRole(id("PROPOSER_ROLE"), proposalReceiver));
    await s.executeManually({ from: s.home, to: s.sat1 }, messageId);
    await finish(s);
  });

  it("whose predecessor was cancelled can never be executed, and says so", async () => {
    const s = scenario();
    const { selector, contracts } = s.sat1;
    const sender = contractAt.proposalSender(
      s.home.contracts.proposalSender ?? "",
      await s.timelock(s.home),
    );
    await mined(
      s.signer(s.home, "deployer").sendTransaction({ to: sender, value: parseEther("1") }),
    );
    const propose = async (delay: bigint, predecessor: string) => {
      const payload = abi.timelock.encodeFunctionData("updateDelay", [delay]);
      const batch = {
        targets: [contracts.timelock],
        values: [0n],
        payloads: [payload],
        predecessor,
        salt: ZeroHash,
        delay: 0n,
      };
      const request = { selector, validFor: 604_800n, batch };
      await mined(sender.propose([request], ZeroAddress, parseEther("1")));
      const all = await readHomeProposals(s.home, await pinLatest(s.home.name, s.home.provider));
      return all.at(-1)?.id ?? "";
    };
    const first = await propose(70n, ZeroHash);
    await propose(90n, first);
    await s.deliver();
    await act(s, "cancel", s.sat1, 1n);
    const { text, stuck } = await show(s);
    expect(stuck).to.equal(1);
    expect(text).to.include("proposal 2: waits for proposal 1 before it, which was cancelled");
    expect(await statusOf(s, s.sat1))
      .to.have.property("reason")
      .that.includes("which was cancelled");
    const [, messageId = ""] = await messagesTo(s, s.sat1);
    const { diagnosis } = await diagnose(s, messageId);
    expect(diagnosis.verdict).to.equal("blocked");
    expect(diagnosis.what).to.include("proposal 1 before it, which was cancelled");
    expect(diagnosis.remedies.map(({ command }) => command)).to.deep.equal([
      "npx hardhat proposals cancel --chain local-sat1 --nonce 2 --mesh local",
      "npx hardhat mesh apply --mesh local",
    ]);
    await act(s, "cancel", s.sat1, 2n);
    await finish(s);
  });

  it("that was proposed on the satellite itself before is carried on there", async () => {
    const s = scenario();
    const { context } = contextAt(s, { ...anotherDelay(s.chains.length), governance: "local" });
    await apply({ ...s, mesh: context.mesh }, { whileWaiting: () => Promise.resolve(false) });
    const { steps } = await readPlan(operator(s).context.mesh);
    expect(openSteps(steps).map(({ id: name }) => name)).to.deep.equal(
      s.all.map(({ name }) => `${name}/timelock/delay`),
    );
    await finish(s);
    expect((await show(s)).text).to.include("home has proposed nothing");
  });
});

/** Lets the delay of home's timelock pass; stops as soon as a proposal is on its way. */
async function passHomesDelay(s: Scenario, steps: readonly Step[]): Promise<boolean> {
  const isSent = steps.some(
    ({ status }) => status.kind === "waiting" && status.until === undefined,
  );
  return !isSent && passTimeAlone(s, steps);
}

/** Lets time pass, or else messages arrive. */
async function forward(s: Scenario, steps: readonly Step[]): Promise<boolean> {
  const delivered = await s.deliver();
  return delivered.length > 0 || passTimeAlone(s, steps);
}

async function expectRefusal(action: Promise<unknown>, text: string): Promise<void> {
  try {
    await action;
  } catch (error) {
    expect(error).to.have.property("message").that.includes(text);
    return;
  }
  expect.fail("It should have been refused.");
}
