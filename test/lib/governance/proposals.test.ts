import { expect } from "chai";
import { ZeroAddress, ZeroHash, id, parseEther } from "ethers";
import { setBalance } from "@nomicfoundation/hardhat-network-helpers";
import { curse } from "ccip-localnet";

import { localMesh } from "../../../config/meshes/local";
import { actOnProposal } from "../../../lib/cli/proposals/act";
import type { ProposalAction } from "../../../lib/cli/proposals/act";
import { showProposals } from "../../../lib/cli/proposals/show";
import { executedBatch, operationId } from "../../../lib/ccip/proposalData";
import { abi, contractAt } from "../../../lib/core/abis";
import { withFeeMargin } from "../../../lib/core/feeMargin";
import { listenerGasOn } from "../../../lib/core/mesh/listeners";
import type { MeshChain, SatelliteChain } from "../../../lib/core/mesh/mesh";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { examineMessage } from "../../../lib/diagnostics/diagnose";
import type { DoctorReport } from "../../../lib/diagnostics/diagnose";
import { findAll } from "../../../lib/diagnostics/find";
import {
  prepareCancellation,
  prepareExecution,
  prepareResend,
} from "../../../lib/governance/actions";
import { readProposals } from "../../../lib/governance/proposals";
import { readHomeProposals } from "../../../lib/mesh/components/timelock/homeProposals";
import { proposeThroughTimelocks } from "../../../lib/mesh/components/timelock/proposals";
import type { Operation } from "../../../lib/mesh/components/timelock/operations";
import { proposeData, requestsOf } from "../../../lib/mesh/components/timelock/requests";
import type { Request } from "../../../lib/mesh/components/timelock/requests";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { readPlan } from "../../../lib/mesh/read";
import { readMesh } from "../../../lib/mesh/state";
import { openSteps } from "../../../lib/mesh/step";
import type { Step } from "../../../lib/mesh/step";
import { call, change, stepOn } from "../../../lib/mesh/stepBuilders";
import { pinLatest } from "../../../lib/rpc/pinned";
import { ProposalReceiver__factory } from "../../../typechain-types";
import { apply, passTimeAlone } from "../../shared/meshFixture";
import { contextAt, silent } from "../../shared/operatorContext";
import { deployRouter } from "../../shared/routers";
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

  /** @param absent name of a chain that does not answer. */
  async function show(s: Scenario, absent = "") {
    const { context: whole, output, printed } = operator(s);
    const context = silent(whole, absent);
    const options = { chains: context.mesh.satellites, json: false };
    const { stuck, unread } = await showProposals(context, options, output);
    return { text: printed.join("\n"), stuck, unread: [...unread.keys()] };
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

  /** A request that asks a satellite for another delay of its timelock, after another operation. */
  function requestTo(
    { selector, contracts }: SatelliteChain,
    delay: bigint,
    predecessor: string,
  ): Request {
    const payloads = [abi.timelock.encodeFunctionData("updateDelay", [delay])];
    const batch = { targets: [contracts.timelock], values: [0n], payloads };
    return {
      selector,
      validFor: 604_800n,
      batch: { ...batch, predecessor, salt: ZeroHash, delay: 0n },
    };
  }

  /** Returns the requests that a plan has home's timelock send. */
  function proposedBy(s: Scenario, steps: readonly Step[]): Request[] {
    const { proposalSender = "" } = s.home.contracts;
    const propose = steps.find((one) => one.id.startsWith("local-home/timelock/propose for"));
    const [targets, values, payloads] = abi.timelock.decodeFunctionData(
      "scheduleBatch",
      propose?.call.data ?? "0x",
    ) as unknown as [string[], bigint[], string[]];
    const calls = targets.map((target, i) => {
      return { target, value: values[i] ?? 0n, data: payloads[i] ?? "0x" };
    });
    return requestsOf({ calls }, proposalSender);
  }

  /** Proposes as home's timelock would after its delay. @returns the id of the operation. */
  async function propose(s: Scenario, request: Request): Promise<string> {
    const { proposalSender: to = "" } = s.home.contracts;
    const value = parseEther("1");
    await mined(s.signer(s.home, "deployer").sendTransaction({ to, value }));
    const timelock = await s.timelock(s.home);
    await mined(timelock.sendTransaction({ to, data: proposeData([request], value) }));
    const all = await readHomeProposals(s.home, await pinLatest(s.home.name, s.home.provider));
    return all.at(-1)?.id ?? "";
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
    const { context } = operator(s);
    const { maxFee, transaction, underWay } = await prepareResend(context, s.sat1, 1n);
    const { proposalSender = "" } = s.home.contracts;
    const sender = contractAt.proposalSender(proposalSender, s.home.provider);
    const fee = await sender.quote(s.sat1.selector, refused?.payload ?? "0x", ZeroAddress);
    expect([maxFee, transaction.value]).to.deep.equal([withFeeMargin(fee), withFeeMargin(fee)]);
    expect(underWay).to.equal(undefined);
    const { underWay: onItsWay } = await prepareResend(context, s.sat2, 1n);
    expect(await messagesTo(s, s.sat2)).to.deep.equal([onItsWay]);
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
    const { account } = await prepareCancellation(operator(s).context, s.sat1, 1n);
    expect(account).to.equal(s.address("guardian"));
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

  it("is shown as far as chains answer, and is cancelled without home; with home, an unknown nonce is asked about", async () => {
    const s = scenario();
    await sendAll(s);
    const withoutHome = await show(s, "local-home");
    expect(withoutHome.unread).to.deep.equal(["local-home"]);
    expect(withoutHome.text).to.include(
      "cannot tell what home has proposed until local-home is read",
    );
    const withoutOne = await show(s, "local-sat1");
    expect(withoutOne.unread).to.deep.equal(["local-sat1"]);
    expect(withoutOne.text).not.to.include("local-sat1  proposal 1");
    expect(withoutOne.text).to.include("local-sat2  proposal 1: on its way");

    await propose(s, requestTo(s.sat2, 90n, ZeroHash));
    const { context, output } = operator(s);
    const questions: string[] = [];
    const cancel = (at: OperatorContext, nonce: bigint) => {
      const confirm = (question: string) => Promise.resolve(void questions.push(question));
      const options = { action: "cancel", chain: s.sat1, nonce, confirm, json: false } as const;
      return actOnProposal(at, options, output);
    };
    await cancel(silent(context, "local-home"), 5n);
    await cancel(context, 6n);
    await cancel(context, 2n);
    await cancel(context, 1n);
    expect(questions).to.deep.equal([
      "Cancel proposal 5 for local-sat1?",
      ...[6, 2].map(
        (nonce) =>
          `Cancel proposal ${nonce} for local-sat1, though home has not made it: the nonce is blocked for whatever home proposes under it?`,
      ),
      "Cancel proposal 1 for local-sat1?",
    ]);
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
    await expectRefusal(act(s, "cancel", s.sat1), "came too late and was not scheduled");
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
    // Whom a timelock lets execute as anyone, it does not let cancel.
    const owner = contractAt.timelock(s.sat1.contracts.timelock, await s.timelock(s.sat1));
    for (const role of ["EXECUTOR_ROLE", "CANCELLER_ROLE"]) {
      await mined(owner.grantRole(id(role), ZeroAddress));
    }
    const anyone = s.address("thirdParty");
    expect((await prepareExecution(context, s.sat1, 1n, anyone)).account).to.equal(anyone);
    await expectRefusal(
      act(s, "cancel", s.sat1, 1n, anyone),
      "lacks CANCELLER_ROLE of the timelock on local-sat1: it is held by",
    );
    for (const role of ["EXECUTOR_ROLE", "CANCELLER_ROLE"]) {
      await mined(owner.revokeRole(id(role), ZeroAddress));
    }
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

  it("that failed on arrival holds nothing up once a later one has arrived", async () => {
    const s = scenario();
    await sendAll(s);
    const { timelock, proposalReceiver = "" } = s.sat1.contracts;
    const owner = contractAt.timelock(timelock, await s.timelock(s.sat1));
    await mined(owner.revokeRole(id("PROPOSER_ROLE"), proposalReceiver));
    await s.deliver();
    await mined(owner.grantRole(id("PROPOSER_ROLE"), proposalReceiver));
    expect(await statusOf(s, s.sat1)).to.include({ kind: "waiting", cause: "repair" });
    await propose(s, requestTo(s.sat1, 90n, ZeroHash));
    await s.deliver();
    await finish(s);
  });

  it("is made again once its effect has been undone", async () => {
    const s = scenario();
    await finish(s);
    const { timelock } = s.sat1.contracts;
    await mined(contractAt.timelock(timelock, await s.timelock(s.sat1)).updateDelay(60));
    await finish(s);
  });

  it("that went to a receiver which was replaced is proposed again to the new one", async () => {
    const s = scenario();
    await sendAll(s);
    const { timelock, proposalReceiver: former = "" } = s.sat1.contracts;
    const owner = contractAt.timelock(timelock, await s.timelock(s.sat1));
    await mined(owner.revokeRole(id("PROPOSER_ROLE"), former));
    await s.deliver();
    const deployer = s.signer(s.sat1, "deployer");
    const { router } = s.sat1.ccip;
    const deployed = await new ProposalReceiver__factory(deployer).deploy(router, timelock);
    const proposalReceiver = await deployed.getAddress();
    const admin = await s.timelock(s.sat1);
    const { selector, contracts } = s.home;
    const { proposalSender = "" } = contracts;
    await mined(deployed.connect(admin).setSource(selector, proposalSender));
    await mined(owner.grantRole(id("PROPOSER_ROLE"), proposalReceiver));
    const sender = contractAt.proposalSender(proposalSender, await s.timelock(s.home));
    await mined(sender.setDestination(s.sat1.selector, proposalReceiver, 500_000));
    const satellites = s.mesh.satellites.map((chain) =>
      chain.name === s.sat1.name
        ? { ...chain, contracts: { ...chain.contracts, proposalReceiver } }
        : chain,
    );
    const world = { ...s, mesh: { ...s.mesh, satellites } };
    const { context, output, printed } = contextAt(world, anotherDelay(s.chains.length));
    const whileWaiting = (steps: readonly Step[]) => forward(s, steps);
    const { open } = await apply({ ...world, mesh: context.mesh }, { whileWaiting });
    expect(open.map(({ id: name }) => name)).to.deep.equal([]);
    await showProposals(context, { chains: satellites, json: false }, output);
    expect(printed[0])
      .to.include("local-sat1  proposal 1: sent to a receiver that was replaced")
      .and.to.include("local-sat1  proposal 2: executed");
  });

  it("that a receiver had scheduled before it was replaced stays scheduled", async () => {
    const s = scenario();
    await sendAll(s);
    await s.deliver();
    const { timelock } = s.sat1.contracts;
    const factory = new ProposalReceiver__factory(s.signer(s.sat1, "deployer"));
    const proposalReceiver = await (
      await factory.deploy(s.sat1.ccip.router, timelock)
    ).getAddress();
    const sat1 = { ...s.sat1, contracts: { ...s.sat1.contracts, proposalReceiver } };
    const { made } = await readProposals(operator(s).context, [sat1]);
    expect(made.map(({ status }) => status.kind)).to.deep.equal(["scheduled"]);
  });

  it("is paid for with a margin, and may take twice the fee by the time it is sent", async () => {
    const s = scenario();
    const { steps } = await readPlan(operator(s).context.mesh);
    const callOf = (beginning: string) => steps.find((one) => one.id.startsWith(beginning))?.call;
    const { data = "0x" } = callOf("local-home/timelock/propose for satellites") ?? {};
    const [, , [payload]] = abi.timelock.decodeFunctionData("scheduleBatch", data);
    const [, , maxFee] = abi.proposalSender.decodeFunctionData("propose", String(payload));
    expect(callOf("local-home/proposals/fees")?.value).to.equal(withFeeMargin(maxFee / 2n));
  });

  it("that two operations of home's timelock would send is sent by the one that is due first, and paid for whatever the fees become", async () => {
    const s = scenario();
    const { timelock, proposalSender: to = "" } = s.home.contracts;
    const request = requestTo(s.sat1, 90n, ZeroHash);
    const data = proposeData([request], parseEther("1"));
    const operations = contractAt.timelock(timelock, s.signer(s.home, "operations"));
    for (const [name, delay] of [
      ["later", 80n],
      ["sooner", 70n],
    ] as const) {
      await mined(operations.scheduleBatch([to], [0n], [data], ZeroHash, id(name), delay));
    }
    const { steps } = await readPlan(operator(s).context.mesh);
    const step = steps.find(({ id: name }) => name === "local-sat1/timelock/delay");
    const sooner: Operation["batch"] = [[to], [0n], [data], ZeroHash, id("sooner")];
    const until = await operations.getTimestamp(operationId(sooner));
    expect(step?.status).to.include({ kind: "waiting", until });
    const { batch } = request;
    expect(step?.call.data).to.equal(
      abi.timelock.encodeFunctionData("executeBatch", executedBatch({ nonce: 1n, batch })),
    );
    const sent: string[] = [];
    const { mesh } = operator(s).context;
    let isRaised = false;
    const { open } = await apply(
      { ...s, mesh },
      {
        onSent: ({ id: name }) => sent.push(name.replace(/( [0-9a-f]{8})+$/, "")),
        whileWaiting: async (waiting) => {
          // Fees that rose since they were paid for: the money does not suffice any more.
          if (!isRaised) await setBalance(to, (await s.home.provider.getBalance(to)) / 2n);
          isRaised = true;
          return forward(s, waiting);
        },
      },
    );
    expect(open.map(({ id: name }) => name)).to.deep.equal([]);
    const ofHome = sent.filter((name) => name.startsWith("local-home/proposals/"));
    expect(ofHome).to.deep.equal([
      "local-home/proposals/fees",
      "local-home/proposals/fees",
      "local-home/proposals/send",
      "local-home/proposals/send",
    ]);
    expect((await show(s)).text).not.to.include("local-sat1  proposal 2");
  });

  it("that comes after another is executed under the next nonce", async () => {
    const s = scenario();
    await propose(s, requestTo(s.sat1, 80n, ZeroHash));
    const { steps } = await readPlan(operator(s).context.mesh);
    for (const [chain, nonce] of [
      [s.sat1, 2n],
      [s.sat2, 1n],
    ] as const) {
      const request = proposedBy(s, steps).find(({ selector }) => selector === chain.selector);
      const step = steps.find(({ id: name }) => name === `${chain.name}/timelock/delay`);
      if (!request || !step) return expect.fail("It is planned for both satellites.");
      const { batch } = request;
      expect(step.call.data).to.equal(
        abi.timelock.encodeFunctionData("executeBatch", executedBatch({ nonce, batch })),
      );
    }
  });

  it("that an operation of a single call would make, which executeBatch cannot execute, is made by another operation", async () => {
    const s = scenario();
    const { timelock, proposalSender: to = "" } = s.home.contracts;
    const operations = contractAt.timelock(timelock, s.signer(s.home, "operations"));
    const data = proposeData([requestTo(s.sat1, 90n, ZeroHash)], parseEther("1"));
    await mined(operations.schedule(to, 0n, data, ZeroHash, ZeroHash, 70n));
    const { steps } = await readPlan(operator(s).context.mesh);
    expect(proposedBy(s, steps).map(({ selector }) => selector)).to.deep.equal(
      s.mesh.satellites.map(({ selector }) => selector),
    );
  });

  it("that CCIP refuses to carry waits with CCIP's reason", async () => {
    const s = scenario();
    const { mesh } = operator(s).context;
    const { timelock } = s.sat1.contracts;
    const large = stepOn(s.sat1, "timelock/large", {
      title: "make a large call",
      changes: [change("call", "none", "large")],
      call: call(timelock, "the timelock", timelock, `0x${"00".repeat(60_000)}`),
    });
    const [planned] = await proposeThroughTimelocks(mesh, await readMesh(mesh), [large]);
    expect(planned?.status)
      .to.have.property("reason")
      .that.matches(/no fee is quoted \(.*TooLarge.*\); governance "local"/)
      .and.not.includes("the lane is down");
  });

  it("is not made over a lane that is cursed at home, even where CCIP quotes a fee", async () => {
    const s = scenario();
    await curse(s.lane({ from: s.home, to: s.sat1 }), "source");
    const { steps } = await readPlan(operator(s).context.mesh);
    expect(proposedBy(s, steps).map(({ selector }) => selector)).to.deep.equal([s.sat2.selector]);
    const step = steps.find(({ id: name }) => name === "local-sat1/timelock/delay");
    expect(step?.status)
      .to.have.property("reason")
      .that.includes('the lane is down; governance "local" in the mesh file proposes');
  });

  it("changes nothing at the receiver that takes it, which the satellite's own proposers do", async () => {
    const s = scenario();
    const { timelock, proposalReceiver = "" } = s.sat1.contracts;
    const owned = contractAt.proposalReceiver(proposalReceiver, await s.timelock(s.sat1));
    const other = await deployRouter(s, s.sat1, "no ramps");
    for (const router of [other.address, s.sat1.ccip.router]) await mined(owned.setRouter(router));
    const { steps } = await readPlan(operator(s).context.mesh);
    const targets = proposedBy(s, steps).flatMap(({ batch }) => batch.targets);
    expect(targets).to.deep.equal(s.mesh.satellites.map(({ contracts }) => contracts.timelock));
    const step = steps.find(
      ({ id: name }) => name === "local-sat1/proposal receiver/previous router",
    );
    expect(step?.call.to).to.equal(timelock);
    await finish(s);
    expect(await owned.getPreviousRouter()).to.equal(ZeroAddress);
  });

  it("whose predecessor can still be executed is not to be cancelled", async () => {
    const s = scenario();
    const { timelock } = s.sat1.contracts;
    const updateDelay = (delay: bigint) => abi.timelock.encodeFunctionData("updateDelay", [delay]);
    const schedule = async (chain: MeshChain, batch: Operation["batch"]) =>
      mined(
        contractAt
          .timelock(chain.contracts.timelock, s.signer(chain, "operations"))
          .scheduleBatch(...batch, 60n),
      );
    const local: Operation["batch"] = [[timelock], [0n], [updateDelay(70n)], ZeroHash, id("local")];
    await schedule(s.sat1, local);
    // The second proposal waits for the third, which home's timelock has not sent yet.
    const later = requestTo(s.sat1, 75n, ZeroHash);
    const { proposalSender: to = "" } = s.home.contracts;
    await schedule(s.home, [[to], [0n], [proposeData([later], 1n)], ZeroHash, id("later")]);
    // Each satellite has nonces of its own.
    for (const delay of [81n, 82n, 83n, 84n]) await propose(s, requestTo(s.sat2, delay, ZeroHash));
    await propose(s, requestTo(s.sat1, 90n, operationId(local)));
    await propose(s, requestTo(s.sat1, 91n, operationId(executedBatch({ nonce: 4n, ...later }))));
    await propose(s, requestTo(s.sat1, 92n, id("unknown")));
    await s.deliver();
    await s.waitUntil(BigInt(await s.now()) + 120n);
    const seen = [];
    for (const messageId of await messagesTo(s, s.sat1)) {
      const { what, remedies } = (await diagnose(s, messageId)).diagnosis;
      const [{ command = "", note = "" } = {}] = remedies;
      seen.push([what.slice(what.indexOf("before it")), `${command} ${note}`.trim()]);
    }
    expect(seen.map(([what]) => what)).to.deep.equal([
      "before it, which is not done.",
      "before it, which home's timelock has not sent.",
      "before it, which was not proposed there, or was cancelled: propose it, or cancel this one and propose both again.",
    ]);
    expect(seen[0]?.[1]).to.equal(
      `first execute operation ${operationId(local)} at the timelock of local-sat1, as an executor`,
    );
    expect(seen[1]?.[1]).to.include("npx hardhat mesh apply --mesh local sends the one before it");
    expect(seen[2]?.[1]).to.include("proposals cancel --chain local-sat1 --nonce 3");
    expect(seen[2]?.[1]).to.include(`unless operation ${id("unknown")} is still proposed there`);
  });

  it("whose predecessor was cancelled can never be executed, and says so", async () => {
    const s = scenario();
    const first = await propose(s, requestTo(s.sat1, 70n, ZeroHash));
    await propose(s, requestTo(s.sat1, 90n, first));
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
