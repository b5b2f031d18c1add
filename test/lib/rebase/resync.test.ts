import { expect } from "chai";
import { id } from "ethers";

import { resyncReceiver } from "../../../lib/cli/receiver/decide";
import type { ResyncOptions } from "../../../lib/cli/receiver/decide";
import { contractAt } from "../../../lib/core/abis";
import { compareMesh } from "../../../lib/mesh/check";
import type { OperatorContext } from "../../../lib/mesh/operator";
import { keep } from "../../../lib/rebase/keeper";
import { readStatus } from "../../../lib/rebase/status";
import { bandedMesh, deceive, hostileBroadcast } from "../../shared/bandedMesh";
import { indexOf, verdictOn } from "../../shared/broadcasting";
import { contextOf, keeperOptions, pass } from "../../shared/keeper";
import { passTime } from "../../shared/meshFixture";
import type { Scenario } from "../../shared/scenario";

const SAT1 = "local-sat1";
const DAY = 86_400;

describe("A satellite whose home or lane was taken over", () => {
  it("is brought back by a proposal to its timelock, and drops what was sent before", async () => {
    const s = await bandedMesh();
    await poison(s);
    const [found] = (await compareMesh(s.mesh)).differences;
    expect(found?.id).to.equal("local-sat1/token/epoch");
    expect(found?.recovery).to.include(
      '"npx hardhat receiver resync --chain local-sat1 --mesh local"',
    );
    expect((await statusOf(s)).syncStatus).to.equal("diverged");
    // With an epoch that is higher still, and not executed before the recovery.
    const late = await hostileBroadcast(s, s.sat1, { epoch: 9n });

    const first = await resync(s, {}, contextOf(s));
    expect(first.result.sent).to.equal(1);
    expect(first.text).to.include("waits for the delay of the timelock, until");
    await pass(s, 61);
    const last = await resync(s, {}, contextOf(s));
    expect(last.result).to.deep.equal({ sent: 1, open: [] });
    expect(last.text).to.include("local-sat1 is in generation 1");
    expect(await indexOf(s, s.sat1)).to.deep.equal(await indexOf(s, s.home));
    expect(await statusOf(s)).to.include({ syncStatus: "synced", generation: 1n });

    const route = { from: s.home, to: s.sat1 };
    await s.verify(route);
    const [delivery] = await s.execute(route);
    expect(delivery?.messageId).to.equal(late.messageId);
    if (delivery) expect((await verdictOn(s.sat1, delivery))[0]).to.equal("BroadcastOutdated");
    expect((await compareMesh(s.mesh)).differences).to.be.empty;

    await s.rebase("1");
    expect(await statusOf(s)).to.include({ syncStatus: "synced", epoch: 2n });
    expect((await compareMesh(s.mesh)).differences).to.be.empty;
  });

  it("is left alone once it has home's index in a new generation, unless another is asked for", async () => {
    const s = await bandedMesh();
    await poison(s);
    await resync(s);
    expect((await resync(s)).text).to.include("in generation 1: nothing to do");
    expect((await resync(s, { again: true })).result).to.deep.equal({ sent: 2, open: [] });
    expect((await statusOf(s)).generation).to.equal(2n);
  });

  it("takes the proposed index although home has rebased since, and the keeper brings the newest", async () => {
    const s = await bandedMesh();
    await poison(s);
    await resync(s, {}, contextOf(s));
    // Sent before the new generation begins, and therefore dropped.
    await s.rebase("1", [s.sat2]);
    await s.broadcastAll([s.sat1]);
    await s.deliver();
    await resync(s, {}, contextOf(s));
    expect(await statusOf(s)).to.include({ syncStatus: "stale", epoch: 1n, generation: 1n });

    await pass(s, 3_600);
    const { options, events } = keeperOptions(s, { policy: undefined });
    expect((await keep(contextOf(s), options)).exitCode).to.equal(0);
    expect(events.filter(({ event }) => event === "broadcast-sent")).to.have.length(1);
    expect(await statusOf(s)).to.include({ syncStatus: "synced", epoch: 2n });
  });

  const none = `0x${"00".repeat(32)}`;
  for (const [what, epoch, atHome, salt] of [
    ["a newer one", 7n, 1n, none],
    ["an older one", 1n, 2n, none],
    [
      "one of its epoch, proposed as by the step",
      1n,
      1n,
      id("local-sat1/token/resync generation 1 0"),
    ],
  ] as const) {
    it(`is not brought to an index that home does not have, ${what}: a proposal for it has to be cancelled`, async () => {
      const s = await bandedMesh();
      await poison(s);
      for (let at = 1n; at < atHome; at++) await s.rebaseHome("1");
      const { operations } = s.mesh.config.roles;
      const timelock = contractAt.timelock(
        s.sat1.contracts.timelock,
        await contextOf(s).signerFor(s.sat1, operations),
      );
      const { current } = await indexOf(s, s.home);
      const data = s
        .tokenOn(s.sat1)
        .interface.encodeFunctionData("resync", [epoch, current, current / 2n, 0n]);
      const { token } = s.sat1.contracts;
      await (await timelock.scheduleBatch([token], [0n], [data], none, salt, DAY)).wait();
      await expect(resync(s)).to.be.rejectedWith(
        new RegExp(
          `^The proposal 0x\\w{64} to the timelock of local-sat1 would set epoch ${epoch} with an index that home, at epoch ${atHome}, does not have: `,
        ),
      );
    });
  }
});

/** A hostile home, or a lane that was taken over, tells the satellite an index inside of its band. */
async function poison(s: Scenario): Promise<void> {
  const { current } = await indexOf(s, s.sat1);
  const next = (current * 100n) / 105n;
  await deceive(s, s.sat1, { epoch: 5n, current: next, next });
  expect((await indexOf(s, s.sat1)).epoch).to.equal(5n);
}

async function statusOf(s: Scenario) {
  const { satellites } = await readStatus(s.mesh);
  const found = satellites.find(({ chain }) => chain === SAT1);
  if (!found) throw new Error(`${SAT1} has no status.`);
  return found;
}

/** Runs the task; without a context, the delay of the timelock passes. */
async function resync(
  s: Scenario,
  options: Partial<ResyncOptions> = {},
  context: OperatorContext = contextOf(s, { passTime: (steps) => passTime(s, steps) }),
) {
  const lines: string[] = [];
  const add = (text: string) => void lines.push(text);
  const result = await resyncReceiver(
    context,
    {
      chain: s.sat1,
      again: false,
      json: false,
      wait: false,
      confirm: () => Promise.resolve(),
      ...options,
    },
    { stdout: add, log: add },
  );
  return { result, text: lines.join("\n") };
}
