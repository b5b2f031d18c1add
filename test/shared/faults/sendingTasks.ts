import { bridgeTokens } from "../../../lib/cli/bridge/send";
import type { SendTaskOptions } from "../../../lib/cli/bridge/send";
import { setLimits } from "../../../lib/cli/limits/set";
import { applyPlan } from "../../../lib/cli/mesh/apply";
import { executeMessage } from "../../../lib/cli/message/execute";
import { notifyChains } from "../../../lib/cli/notifier/notify";
import { actOnProposal } from "../../../lib/cli/proposals/act";
import type { ProposalAction } from "../../../lib/cli/proposals/act";
import { broadcastNewest } from "../../../lib/cli/rebase/broadcast";
import { executeRebase } from "../../../lib/cli/rebase/execute";
import { changePending } from "../../../lib/cli/rebase/pending";
import { decideQuarantine, resyncReceiver } from "../../../lib/cli/receiver/decide";
import { mintTokens } from "../../../lib/cli/token/mint";
import { pauseTokens } from "../../../lib/cli/token/pause";
import { wrapTokens } from "../../../lib/cli/token/wrap";
import type { WrapOptions } from "../../../lib/cli/token/wrap";
import { growthFactor } from "../../../lib/core/growth";
import { chainsOf } from "../../../lib/core/mesh/mesh";
import type { SatelliteChain } from "../../../lib/core/mesh/mesh";
import { paymentByName } from "../../../lib/core/payment";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { keep } from "../../../lib/rebase/keeper";
import { missRebases } from "../bandedMesh";
import { keeperOptions, pollOptionsOf } from "../keeper";
import { withNewPools } from "../newPools";
import { mined } from "../scenario";
import type { Scenario } from "../scenario";

import type { Run, SendingTask } from "./sendingTask";
import {
  anotherDelay,
  dueSoon,
  failedTransfer,
  propose,
  proposedAndDue,
  scheduled,
} from "./situations";

const ASKED = { json: false, confirm: () => Promise.resolve() };
const LAG = { attempts: 12, pauseMs: 1, maxPauseMs: 4 };
const SAT1 = "local-sat1";

function satelliteIn({ mesh }: OperatorContext): SatelliteChain {
  const [satellite] = mesh.satellites;
  if (!satellite) throw new Error("The mesh has no satellite.");
  return satellite;
}

const pausing = (action: "pause" | "unpause"): Pick<SendingTask, "run"> => ({
  run: async ({ context, output }) => {
    const chains = chainsOf(context.mesh).map((chain) => ({ name: chain.name, chain }));
    const at = { ...context, ...context.mesh, chains };
    const outcomes = await pauseTokens(at, action, ASKED, output);
    return outcomes.every(({ status }) => status !== "failed");
  },
});

const bridging = (change: Partial<SendTaskOptions>): Pick<SendingTask, "run"> => ({
  run: async ({ s, context, output }) => {
    await bridgeTokens(
      context,
      {
        ...ASKED,
        from: "local-home",
        to: SAT1,
        amount: "10",
        account: s.address("alice"),
        feeToken: "native",
        noWait: true,
        again: false,
        lag: LAG,
        ...change,
      },
      output,
    );
    return true;
  },
});

const wrapping = (change: Partial<WrapOptions>): Pick<SendingTask, "run"> => ({
  run: async ({ s, context, output }) => {
    const account = s.address("alice");
    const options = { action: "wrap", chain: "local-home", amount: "10", wrapped: false } as const;
    const asked = { ...ASKED, again: false, lag: LAG };
    await wrapTokens(context, { ...asked, ...options, account, ...change }, output);
    return true;
  },
});

const broadcasting = ({ s }: Run) => ({
  ...ASKED,
  payment: paymentByName("native"),
  follow: true,
  pollOptions: { ...pollOptionsOf(s).pollOptions, backoffMs: 1 },
});

const deciding = (decision: "accept" | "reject"): Pick<SendingTask, "given" | "run"> => ({
  given: async (s) => (await missRebases(s, 5)).messageId,
  run: async ({ context, output }) => {
    const options = { ...ASKED, chain: satelliteIn(context), decision, wait: false };
    return (await decideQuarantine(context, options, output)).open.length === 0;
  },
});

const proposing = (
  action: ProposalAction,
  given: (s: Scenario) => Promise<void>,
): Omit<SendingTask, "task"> => ({
  file: anotherDelay("home"),
  given,
  run: async ({ context, output }) => {
    const chain = satelliteIn(context);
    await actOnProposal(context, { ...ASKED, action, chain, nonce: 1n }, output);
    return true;
  },
});

const applying = (only?: "pool"): Pick<SendingTask, "atOnce" | "run"> => ({
  atOnce: true,
  run: async ({ context, output }) => {
    const { parsePart } = await import("../../../lib/mesh/selection");
    const part = parsePart(only);
    const options = { ...ASKED, allowDestructive: false, wait: false, only: part };
    return (await applyPlan(context, options, output)).open.length === 0;
  },
});

/** Every task that sends transactions to the chains of a mesh. */
export const SENDING_TASKS: readonly SendingTask[] = [
  {
    task: "token mint",
    run: async ({ s, context, output }) => {
      const to = s.address("bob");
      const issue = { to, amount: "12.5", again: false, whilePending: false };
      await mintTokens(context, { ...ASKED, ...issue, lag: LAG }, output);
      return true;
    },
  },
  { task: "token pause", ...pausing("pause") },
  {
    task: "token unpause",
    given: async (s) => {
      for (const chain of s.all) await mined(s.tokenOn(chain, "guardian").pause());
    },
    ...pausing("unpause"),
  },
  { task: "bridge send", ...bridging({}) },
  {
    task: "bridge send",
    how: "--wrapped",
    ...bridging({ wrapped: true }),
  },
  { task: "wrap", ...wrapping({}) },
  { task: "wrap", how: "--wrapped", ...wrapping({ wrapped: true }) },
  { task: "unwrap", ...wrapping({ action: "unwrap", wrapped: true }) },
  {
    task: "rebase execute",
    given: dueSoon,
    run: async (at) => {
      const options = { ...broadcasting(at), growthFactor: growthFactor("1.5"), epoch: 3n };
      return (await executeRebase(at.context, options, at.output)).synced;
    },
  },
  {
    task: "rebase cancel",
    given: scheduled,
    run: async ({ context, output }) =>
      (await changePending(context, { ...ASKED, wait: false }, output)).open.length === 0,
  },
  {
    task: "rebase replace",
    given: scheduled,
    run: async ({ context, output }) => {
      const request = { growthFactor: growthFactor("-1") };
      const options = { ...ASKED, wait: false, request };
      return (await changePending(context, options, output)).open.length === 0;
    },
  },
  {
    task: "rebase broadcast",
    given: scheduled,
    run: async (at) =>
      (await broadcastNewest(at.context, { ...broadcasting(at), all: false }, at.output)).synced,
  },
  {
    task: "rebase keep",
    given: dueSoon,
    run: async (at) => {
      const { pollOptions } = broadcasting(at);
      const onEvent = (event: object) =>
        at.output.log(
          JSON.stringify(event, (_, value: unknown) =>
            typeof value === "bigint" ? String(value) : value,
          ),
        );
      const { options } = keeperOptions(at.s, { pollOptions, onEvent });
      return (await keep(at.context, options)).exitCode === 0;
    },
  },
  { task: "mesh apply", long: true, file: anotherDelay("local"), ...applying() },
  {
    task: "pool replace",
    how: "the steps of the plan",
    long: true,
    given: async (s) => (await withNewPools(s, SAT1)).mesh,
    ...applying("pool"),
  },
  {
    task: "limits set",
    long: true,
    run: async ({ context, output }) => {
      const lane = { from: "local-home", to: SAT1, capacity: "5000", rate: "5" };
      const options = { ...ASKED, ...lane, unlimited: false, closed: false, wait: false };
      const set = { ...options, allowDestructive: false };
      return (await setLimits(context, set, output)).open.length === 0;
    },
  },
  {
    task: "message execute",
    given: failedTransfer,
    run: async ({ context, output, found }) => {
      const results = await executeMessage(context, found, ASKED, output);
      return results.every(({ outcome }) => outcome !== "failed");
    },
  },
  {
    task: "notifier notify",
    given: (s) => s.rebase("5"),
    run: async ({ context, output }) => {
      const options = { ...ASKED, chains: chainsOf(context.mesh) };
      const outcomes = await notifyChains(context, options, output);
      return outcomes.every(({ status }) => status !== "failed");
    },
  },
  { task: "receiver accept", ...deciding("accept") },
  { task: "receiver reject", ...deciding("reject") },
  {
    task: "receiver resync",
    run: async ({ context, output }) => {
      const options = { ...ASKED, chain: satelliteIn(context), again: false, wait: false };
      return (await resyncReceiver(context, options, output)).open.length === 0;
    },
  },
  { task: "proposals resend", ...proposing("resend", (s) => propose(s, true)) },
  { task: "proposals execute", ...proposing("execute", proposedAndDue) },
  { task: "proposals cancel", ...proposing("cancel", propose) },
];

/** Tasks that send, and are not in the table, with the reason. */
export const NOT_IN_TABLE: Readonly<Record<string, string>> = {
  deploy: "hardhat-deploy sends, in a process of its own: test/tasks/deploy.test.ts",
  "token upgrade": "deploys as deploy does, and applies a part of the plan as mesh apply does",
};
