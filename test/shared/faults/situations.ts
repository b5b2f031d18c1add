import { parseEther } from "ethers";
import { now } from "ccip-localnet";

import { localMesh } from "../../../config/meshes/local";
import { wrapTokens } from "../../../lib/cli/token/wrap";
import type { MeshChain } from "../../../lib/core/mesh/mesh";
import { parseMesh } from "../../../lib/core/mesh/parse";
import type { MeshInput } from "../../../lib/core/mesh/schema";
import { readPlan } from "../../../lib/mesh/read";
import { openSteps } from "../../../lib/mesh/step";
import { apply, passTimeAlone } from "../meshFixture";
import { expectSuccess, mined } from "../scenario";
import type { Scenario } from "../scenario";

/** Brings about what every task starts from: Alice holds tokens and wrapped units on every chain, and one rebase has been. */
export async function holdings(s: Scenario): Promise<void> {
  await s.mint("alice", parseEther("300000"));
  await s.give(s.sat1, "alice", parseEther("1000"));
  await s.refillBuckets();
  await s.rebase("3.7");
  const context = {
    mesh: s.mesh,
    signerFor: (chain: MeshChain) => Promise.resolve(s.signer(chain, "alice")),
    sendOptions: () => ({}),
  };
  const options = { chain: "local-home", amount: "100", account: s.address("alice") };
  const asked = { ...options, json: false, confirm: () => Promise.resolve(), again: false };
  await wrapTokens(
    context,
    { ...asked, action: "wrap", wrapped: true },
    { stdout: () => undefined, log: () => undefined },
  );
}

/** Schedules a rebase at home. */
export async function scheduled(s: Scenario): Promise<void> {
  await s.rebaseHome("5");
}

/** Lets the interval between two rebases pass. */
export async function dueSoon(s: Scenario): Promise<void> {
  await s.waitUntil(BigInt(await now(s.chains)) + 86_400n);
}

/** Lets a transfer fail while its destination is paused. @returns its message id. */
export async function failedTransfer(s: Scenario): Promise<string> {
  const lane = { from: s.home, to: s.sat1 };
  await mined(s.tokenOn(s.sat1, "guardian").pause());
  const { message } = await s.send(lane, "alice", parseEther("7"));
  await s.verify(lane);
  await s.execute(lane);
  await mined(s.tokenOn(s.sat1, "operations").unpause());
  return message.messageId;
}

/** A mesh file that is governed from home, and asks for another delay of each timelock. */
export const anotherDelay = (governance: "home" | "local") => (): Partial<MeshInput> => ({
  governance,
  admin: { ...localMesh().admin, timelockDelay: 90 },
});

const governedFromHome = ({ mesh }: Scenario): Scenario["mesh"] => ({
  ...mesh,
  config: parseMesh({ ...localMesh(), ...anotherDelay("home")() }),
});

/** Has home propose another delay to each satellite, or to none that is cursed meanwhile; nothing is delivered. */
export async function propose(s: Scenario, isRefused = false): Promise<void> {
  const lane = { from: s.home, to: s.sat1 };
  await apply(
    { ...s, mesh: governedFromHome(s) },
    {
      whileWaiting: async (steps) => {
        const isSent = steps.some(
          ({ status }) => status.kind === "waiting" && status.until === undefined,
        );
        const isHomes = !isSent && (await passTimeAlone(s, steps));
        // Only now: a cursed lane is not proposed to.
        if (isHomes && isRefused) await s.curse(lane);
        return isHomes;
      },
    },
  );
  if (isRefused) await s.uncurse(lane);
}

/** Delivers what home proposes, and lets the delay of each satellite pass. */
export async function proposedAndDue(s: Scenario): Promise<void> {
  await propose(s);
  expectSuccess(await s.deliver());
  await passTimeAlone(s, openSteps((await readPlan(governedFromHome(s))).steps));
}
